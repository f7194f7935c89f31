"""The command `explain`: one report in, its evidence, facts, codes and reasons on the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extractor.cli_options import (
    Component,
    Confidence,
    Encoding,
    MaxChars,
    MaxError,
    Model,
    PlaceOfService,
    Reviewed,
    day,
    defaults,
)
from extractor.errors import ReportError, UsageError

if TYPE_CHECKING:
    from extractor.intake import Cells, Defaults


def explain(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A report as text; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the reading as JSON.")] = False,
    service_date: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date of service, which chooses the rules.")
    ] = None,
    place_of_service: PlaceOfService = None,
    component: Component = None,
    max_error: MaxError = None,
    reviewed: Reviewed = None,
    model: Model = None,
    confidence: Confidence = True,
    encoding: Encoding = "utf-8",
    max_chars: MaxChars = 1_000_000,
) -> None:
    """Show one report with its evidence, facts and codes, and why."""
    from extractor.intake import readable
    from extractor.reader import Extractor
    from extractor.tables import coding_tables
    from extractor.terminal import show_reading

    given = defaults(encoding, max_chars, place_of_service, component)
    try:
        cells = _cells(file, given)
        reading = Extractor.load(confidence=confidence, model=model, max_error=max_error, reviewed=reviewed).read(
            readable(cells.text, given),
            report_id=cells.id,
            service_date=day(service_date),
            place_of_service=given.place_of_service,
            component=component,
        )
    except ReportError as error:
        raise UsageError(f"{file}: {error}") from None
    if as_json:
        typer.echo(json.dumps(reading.to_dict(), ensure_ascii=False, indent=2))
    else:
        show_reading(reading, {info.code: info.meaning for info in coding_tables().codes.values()})


def _cells(file: str, given: Defaults) -> Cells:
    from extractor.inputs import STDIN, clean, kind_of
    from extractor.intake import Cells
    from extractor.readers import decode, opened, text_cells

    if file == STDIN:
        with opened(None) as (stdin, _):
            return Cells(text=decode(stdin.read(4 * given.max_chars + 4), given.encoding))
    path = Path(file)
    if not path.exists():
        raise UsageError(f"{file}: there is no such file")
    if path.is_dir() or kind_of(path) not in (None, "text"):
        raise UsageError(f"{file}: explain reads one report as text; score reads folders and tables")
    return text_cells(path, name=clean(path.stem), encoding=given.encoding, max_chars=given.max_chars)
