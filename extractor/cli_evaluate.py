"""The command `evaluate`: corpora in, figures out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from extractor.comparison import FIELDS
from extractor.corpus import load
from extractor.errors import UsageError
from extractor.evaluation import as_values
from extractor.evaluation import evaluate as run
from extractor.evaluation_tables import Table, describe, errors_table, tables
from extractor.reader import Extractor

# A pipe has no width of its own; this one holds every table but those by group without folding.
PIPE_WIDTH = 200


class Group(StrEnum):
    """How reports are taken apart; `author` is the stem of the file name."""

    AUTHOR = "author"
    STYLE = "style"


def evaluate(
    corpora: Annotated[list[Path], typer.Argument(metavar="CORPUS...", help="Annotated reports: .jsonl or folders.")],
    json_out: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write JSON to a file, or to standard output with -.")
    ] = None,
    by: Annotated[Group | None, typer.Option(help="Add each group apart, their mean and the worst one.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="List the fields that are wrong, report by report.")] = False,
    show_text: Annotated[bool, typer.Option("--show-text", help="Show quotes (report text) in the errors.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="Only this field, or all fields under this name.")
    ] = None,
    described: Annotated[bool, typer.Option("--describe", help="Count what the corpora hold; read nothing.")] = False,
) -> None:
    """Read annotated reports and say how much is right, field by field and code by code."""
    try:
        fields = chosen_fields(only or ())
        corpus = load(corpora)
    except UsageError as error:
        _say(str(error))
        raise typer.Exit(2) from None
    for problem in corpus.problems:
        _say(str(problem))
    left_out = any(problem.left_out for problem in corpus.problems)
    if not corpus.reports:
        _say("no report can be scored")
        raise typer.Exit(2)
    if described:
        _show(describe(corpus.reports))
        raise typer.Exit(1 if left_out else 0)
    evaluation = run(corpus.reports, Extractor.load().read)
    group = by.value if by else None
    if json_out:
        values = as_values(evaluation, by=group, errors=errors, show_text=show_text, fields=fields)
        _write(json_out, {**values, "problems": [str(problem) for problem in corpus.problems]})
    if json_out != "-":
        listed = [errors_table(evaluation.judged, fields=fields, show_text=show_text)] if errors else []
        _show([*tables(evaluation, by=group, fields=fields), *listed])
    unread = [one for one in evaluation.judged if one.failure]
    for one in unread:
        _say(f"{one.report.path}:{one.report.line}: not read: {one.failure}")
    raise typer.Exit(1 if unread or left_out else 0)


def chosen_fields(only: Sequence[str]) -> tuple[str, ...]:
    """The fields under some names (`injection` means `injection.by`, `injection.route`, …); all where none is given.

    Raises `UsageError` where a name is no field.
    """
    for name in only:
        if not any(_under(field, name) for field in FIELDS):
            raise UsageError(f"{name}: no such field; there are {', '.join(FIELDS)}")
    return tuple(field for field in FIELDS if not only or any(_under(field, name) for name in only))


def _under(field: str, name: str) -> bool:
    return field == name or field.startswith(f"{name}.")


def _show(shown: Sequence[Table]) -> None:
    console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH)
    for table in shown:
        console.print(table.rich())


def _write(target: str, values: Mapping[str, Any]) -> None:
    """Write JSON to a file or to standard output. Exits with 2 where the file cannot be written."""
    text = json.dumps(values, ensure_ascii=False, indent=2) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        _say(f"{target}: {error.strerror or 'cannot be written'}")
        raise typer.Exit(2) from None


def _say(message: str) -> None:
    typer.echo(message, err=True)
