"""The command `score`: reports in files in, a table of codes out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extractor.cli_options import (
    DONE,
    INTERRUPTED,
    SOME_FAILED,
    Component,
    Confidence,
    Encoding,
    MaxChars,
    MaxError,
    Model,
    PlaceOfService,
    Reviewed,
    defaults,
    say,
)
from extractor.errors import UsageError

if TYPE_CHECKING:
    from extractor.confidence.risk import RiskDial
    from extractor.score import Tally


def score(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Folders, .txt, .csv, .tsv, .jsonl, .parquet; - reads JSON Lines."),
    ],
    out: Annotated[str, typer.Option(metavar="FILE", help="Table to write: .csv, .jsonl, .parquet, or -.")],
    evidence: Annotated[str | None, typer.Option(metavar="FILE", help="Also write one row a span of evidence.")] = None,
    errors: Annotated[
        str | None, typer.Option(metavar="FILE", help="Rows that were not scored, and why.  [default: beside OUT]")
    ] = None,
    text_column: Annotated[str | None, typer.Option(metavar="NAME", help="Column of the report text.")] = None,
    id_column: Annotated[str | None, typer.Option(metavar="NAME", help="Column of the report id.")] = None,
    service_date_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of the date of service, which chooses the rules.")
    ] = None,
    place_of_service_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column of the place of service.")
    ] = None,
    place_of_service: PlaceOfService = None,
    component: Component = None,
    max_error: MaxError = None,
    reviewed: Reviewed = None,
    model: Model = None,
    confidence: Confidence = True,
    delimiter: Annotated[str | None, typer.Option(metavar="SIGN", help="Between the cells of a CSV row.")] = None,
    encoding: Encoding = "utf-8",
    max_chars: MaxChars = 1_000_000,
    show: Annotated[int, typer.Option(min=0, metavar="N", help="Print the first N reports as a table.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace outputs that exist.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No guesses, no progress, no summary.")] = False,
) -> None:
    """Score reports into a table, one row a report. Columns are guessed; NAME "none" does without one."""
    from extractor.inputs import STDIN, Options, check, find_sources, read_rows
    from extractor.intake import Wanted
    from extractor.outputs import STDOUT
    from extractor.reader import Extractor
    from extractor.score import Scored, Tally, check_outputs, open_outputs, run
    from extractor.terminal import ScoreProgress, readings_table

    if show and out == STDOUT:
        raise UsageError("--show and --out - both write to standard output: choose one")
    options = Options(
        Wanted(text_column, id_column, service_date_column, place_of_service_column),
        defaults(encoding, max_chars, place_of_service, component),
        _one_sign(delimiter),
        str if quiet else say,
    )
    if inputs.count(STDIN) > 1:
        raise UsageError("- stands twice among the inputs: standard input can be read once")
    sources = find_sources(inputs, options)
    errors = errors or (None if out == STDOUT else str(Path(out).with_suffix(".errors.csv")))
    names = [name for name in (out, evidence, errors) if name is not None]
    check_outputs(names, [source.path for source in sources if source.path], force=force)
    check(sources, options)
    extractor = Extractor.load(confidence=confidence, model=model, max_error=max_error, reviewed=reviewed)
    tally, shown = Tally(), list[Scored]()
    try:
        with open_outputs(out, evidence, errors, sys.stdout) as outputs, ScoreProgress(quiet=quiet) as progress:

            def watch(scored: Scored) -> None:
                if scored.error is not None and errors is None:
                    say(f"{scored.row.source}, row {scored.row.number}: {scored.error}")
                if len(shown) < show:
                    shown.append(scored)

            rows = progress.follow(sources, lambda source: read_rows(source, options))
            run(rows, extractor, outputs, tally=tally, watch=watch)
    except KeyboardInterrupt:
        say(f"interrupted: {tally.scored} scored rows are in {', '.join(f'{n}.part' for n in names if n != STDOUT)}")
        raise typer.Exit(INTERRUPTED) from None
    if show:
        readings_table(shown)
    if not quiet:
        _summary(tally, [name for name in names if name != STDOUT], errors)
        if extractor.dial is not None:
            _passed(tally, extractor.dial)
    raise typer.Exit(SOME_FAILED if tally.failed else DONE)


def _one_sign(delimiter: str | None) -> str | None:
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise UsageError(f"--delimiter {delimiter!r}: give one sign, such as , or ; or tab")
    return delimiter


def _summary(tally: Tally, names: list[str], errors: str | None) -> None:
    say(f"{tally.read} rows read, {tally.scored} scored, {tally.failed} failed")
    say(f"{tally.myelograms} myelograms, {tally.review} reports for a human to review")
    if tally.codes:
        say("codes: " + ", ".join(f"{code} {count}" for code, count in sorted(tally.codes.items())))
    if tally.duplicates:
        say(f"{tally.duplicates} rows repeat the id of an earlier one: all are scored, duplicate_id marks them")
    if tally.failed:
        reasons = ", ".join(f"{reason} {count}" for reason, count in tally.reasons.most_common())
        say(f"failed: {reasons}" + (f"; see {errors}" if errors else ""))
    if tally.reasons["encoding"]:
        say("rows that cannot be decoded often are cp1252: try --encoding cp1252")
    if names:
        say("written: " + ", ".join(names))


def _passed(tally: Tally, dial: RiskDial) -> None:
    """How many reports pass the risk dial, and which codes never do."""
    say(
        f"tolerated error {dial.max_error:g}: {tally.scored - tally.review} of {tally.scored} reports "
        "pass without review (Clopper-Pearson bound of each code at 95 %)"
    )
    refused = [
        f"{code} ({threshold.examples} examples)" for code, threshold in dial.thresholds.items() if threshold.at is None
    ]
    if refused:
        say(f"never pass, for want of {dial.needed()} right examples or for their errors: {', '.join(refused)}")
