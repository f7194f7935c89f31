"""What the commands have in common: exit codes, options, and how they speak to the user."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extractor.errors import ReportError, UsageError

if TYPE_CHECKING:
    from extractor.intake import Defaults

DONE, SOME_FAILED, UNUSABLE, FAULT, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 70, 130, 141

Encoding = Annotated[str, typer.Option(help="Encoding of text; a byte-order mark overrides it.")]
MaxChars = Annotated[int, typer.Option(min=1, help="Longest text that is read, in characters.")]
PlaceOfService = Annotated[
    str | None, typer.Option(metavar="CODE", help="CMS place of service, where no column gives one: 11, 22, …")
]
Component = Annotated[
    str | None, typer.Option(metavar="NAME", help="professional (26) or technical (TC), where billing is by component.")
]
Model = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Confidence model in place of the shipped one, as train wrote it.")
]
Confidence = Annotated[
    bool,
    typer.Option("--confidence/--no-confidence", help="Without it the rules alone decide, and no model is loaded."),
]
MaxError = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Share of wrong codes that is tolerated without review: 0.02 for 2 %."),
]
Reviewed = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="With --max-error: your reviewed sample, a CSV with code, confidence and right."),
]
COMPONENTS = ("professional", "technical")


def say(message: str) -> None:
    """One line on standard error."""
    typer.echo(f"myelocode: {message}", err=True)


def defaults(encoding: str, max_chars: int, place_of_service: str | None, component: str | None) -> Defaults:
    """What holds for every report of a call; raises `UsageError` for a value that means nothing."""
    from extractor import intake
    from extractor.readers import check_encoding

    if component not in (None, *COMPONENTS):
        raise UsageError(f"--component {component}: give professional or technical")
    try:
        place = intake.place_of_service(place_of_service)
    except ReportError as error:
        raise UsageError(f"--place-of-service {place_of_service}: {error}") from None
    return intake.Defaults(max_chars, place, component, check_encoding(encoding))


def day(written: str | None) -> date | None:
    """A date of service from the command line; raises `UsageError` for what is none."""
    from extractor import intake

    try:
        return intake.service_date(written)
    except ReportError as error:
        raise UsageError(f"--service-date {written}: {error}") from None
