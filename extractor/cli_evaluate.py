"""The command `evaluate`: corpora in, figures out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from extractor.cli_options import DONE, SOME_FAILED, Confidence, Model, say
from extractor.errors import UsageError

if TYPE_CHECKING:
    from extractor.evaluation_tables import Table

# A pipe has no width of its own; this one holds every table without folding its figures.
PIPE_WIDTH = 200


class Group(StrEnum):
    """How reports are taken apart; an author is the stem of a file name."""

    author = "author"
    style = "style"


def evaluate(
    corpora: Annotated[list[Path], typer.Argument(metavar="CORPUS...", help="Annotated reports: .jsonl or folders.")],
    json_out: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Also write JSON; - prints JSON alone.")
    ] = None,
    by: Annotated[Group | None, typer.Option(help="Add each group apart, their mean and the worst.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="List what is wrong, report by report.")] = False,
    show_text: Annotated[bool, typer.Option("--show-text", help="With --errors: show quotes of the reports.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="Only this field, or all under its name (injection).")
    ] = None,
    described: Annotated[bool, typer.Option("--describe", help="Count what the corpora hold; read nothing.")] = False,
    learned_apart: Annotated[
        bool, typer.Option("--apart", help="Judge confidence alone, learned anew without each author, and baselines.")
    ] = False,
    notes: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="With --apart: notes that are no myelograms.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw reliability and risk against coverage as SVG.")
    ] = None,
    model: Model = None,
    confidence: Confidence = True,
) -> None:
    """Read annotated reports and say how much of them is right, field by field and code by code."""
    from extractor.cli_apart import apart, apart_tables, forecasts_with, plot
    from extractor.confidence.report import as_values as forecast_values
    from extractor.confidence.report import confidence_tables
    from extractor.corpus import load
    from extractor.evaluation import as_values
    from extractor.evaluation import evaluate as run
    from extractor.evaluation_tables import describe, errors_table, tables
    from extractor.gold_codes import disagreements
    from extractor.reader import Extractor
    from extractor.tables import coding_tables

    fields = chosen_fields(only or ())
    corpus = load(corpora)
    problems = [*corpus.problems, *disagreements(corpus, coding_tables().on(None))]
    for problem in problems:
        say(str(problem))
    if not corpus.reports:
        raise UsageError("no report can be scored")
    failed = any(problem.left_out for problem in corpus.problems)
    if described:
        _show(describe(corpus.reports))
        raise typer.Exit(SOME_FAILED if failed else DONE)
    told = [str(problem) for problem in problems]
    if learned_apart:
        forecasts = apart(corpus.reports, notes or ())
        _give(json_out, {**forecast_values(forecasts), "problems": told}, apart_tables(forecasts))
        if plots:
            plot(forecasts, plots)
        raise typer.Exit(SOME_FAILED if failed else DONE)
    evaluation = run(corpus.reports, Extractor.load(confidence=confidence, model=model).read)
    group = by.value if by else None
    values = {**as_values(evaluation, by=group, errors=errors, show_text=show_text, fields=fields), "problems": told}
    listed = [errors_table(evaluation.judged, fields=fields, show_text=show_text)] if errors else []
    shown = [*tables(evaluation, by=group, fields=fields), *listed]
    if confidence and not only:
        judged = {"confidence": forecasts_with(corpus.reports, model)}
        values["confidence"] = forecast_values(judged)["confidence"]
        shown += confidence_tables(judged["confidence"])
        if plots:
            plot(judged, plots)
    _give(json_out, values, shown)
    unread = [one for one in evaluation.judged if one.failure]
    for one in unread:
        say(f"{one.report.path}:{one.report.line}: not read: {one.failure}")
    raise typer.Exit(SOME_FAILED if unread or failed else DONE)


def chosen_fields(only: Sequence[str]) -> tuple[str, ...]:
    """The fields under some names (`injection` means `injection.by`, `injection.route`, …); all where none is given.

    Raises `UsageError` where a name is no field.
    """
    from extractor.comparison import FIELDS

    for name in only:
        if not any(_under(field, name) for field in FIELDS):
            raise UsageError(f"--only {name}: no such field; there are {', '.join(FIELDS)}")
    return tuple(field for field in FIELDS if not only or any(_under(field, name) for name in only))


def _under(field: str, name: str) -> bool:
    return field == name or field.startswith(f"{name}.")


def _give(json_out: str | None, values: Mapping[str, Any], shown: Sequence[Table]) -> None:
    """Values as JSON where they are asked for, tables unless standard output is the JSON's."""
    if json_out:
        _write(json_out, values)
    if json_out != "-":
        _show(shown)


def _show(shown: Sequence[Table]) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH)
    for table in shown:
        console.print(table.rich())


def _write(target: str, values: Mapping[str, Any]) -> None:
    text = json.dumps(values, ensure_ascii=False, indent=2) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")
