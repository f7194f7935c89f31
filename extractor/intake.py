"""From the cells of a row to a `Report`: which columns to take, and what keeps a row from being read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from extractor.errors import ReportError, UsageError
from extractor.records import Report

# The names that archives use, best first; compared in lower case, with one underscore for every run of other signs.
GUESSES: dict[str, tuple[str, ...]] = {
    "text": (
        "report_text", "note_text", "text", "report", "report_body", "full_text", "full_report", "radiology_report",
        "report_content", "note", "body", "content", "document", "document_text", "narrative", "transcription",
        "findings", "impression",
    ),
    "id": (
        "report_id", "note_id", "accession", "accession_number", "accession_no", "accession_num", "acc_num",
        "document_id", "doc_id", "exam_id", "study_id", "order_id", "order_proc_id", "id",
    ),
    "service_date": (
        "service_date", "date_of_service", "dos", "exam_date", "study_date", "procedure_date", "examination_date",
        "report_date", "note_date",
    ),
    "place_of_service": ("place_of_service", "place_of_service_code", "pos", "pos_code"),
}  # fmt: skip

_DATE_FORMS = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%m/%d/%y", "%d-%b-%Y", "%d-%b-%y")
_TIME = re.compile(r"[T ]\d{1,2}:\d\d.*$")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f]")
_COLUMN_NAME = re.compile(r"[^\W\d][\w.:/#()-]*( [\w.:/#()-]+){0,4}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller said about columns; None is to be guessed, "none" is to be done without."""

    text: str | None = None
    id: str | None = None
    service_date: str | None = None
    place_of_service: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one source, by role; `guessed` names the roles that nobody set."""

    text: str
    id: str | None = None
    service_date: str | None = None
    place_of_service: str | None = None
    guessed: tuple[str, ...] = ()

    def roles(self) -> dict[str, str]:
        """The columns that there are, by the field of `Cells` that they fill."""
        return {role: name for role in GUESSES if (name := getattr(self, role)) is not None}

    def describe(self) -> str:
        """One line for the user: which column serves what, of those that were guessed."""
        return ", ".join(f"{role.replace('_', ' ')} from column {getattr(self, role)!r}" for role in self.guessed)


@dataclass(frozen=True, slots=True)
class Cells:
    """What a row holds in the four columns, as its source gives it."""

    text: Any = None
    id: Any = None
    service_date: Any = None
    place_of_service: Any = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for every report of a call: its limit in characters, and what rows may leave open."""

    max_chars: int = 1_000_000
    place_of_service: str | None = None
    component: str | None = None
    encoding: str = "utf-8"


def choose_columns(present: Sequence[str], wanted: Wanted, *, where: str) -> Columns:
    """The columns of `where` to read; raises `UsageError` with those that there are if the text is not among them."""
    chosen: dict[str, str | None] = {}
    guessed = []
    for role, guesses in GUESSES.items():
        name = getattr(wanted, role)
        chosen[role] = _named(name, present, role, where) if name else _guess(present, guesses)
        if chosen[role] and not name:
            guessed.append(role)
    text = chosen.pop("text")
    if text is None:
        raise UsageError(
            f"{where}: no column of a known name holds the report text ({_listed(present)}): name it with --text-column"
        )
    return Columns(text=text, guessed=tuple(guessed), **chosen)


def _guess(present: Sequence[str], guesses: Sequence[str]) -> str | None:
    by_name = {re.sub(r"[\W_]+", "_", name).strip("_").lower(): name for name in reversed(present)}
    return next((by_name[guess] for guess in guesses if guess in by_name), None)


def _named(name: str, present: Sequence[str], role: str, where: str) -> str | None:
    if name == "none" and role != "text":
        return None
    if name in present:
        return name
    folded = [column for column in present if column.strip().lower() == name.strip().lower()]
    if len(folded) == 1:
        return folded[0]
    option = "--" + role.replace("_", "-") + "-column"
    raise UsageError(f"{where}: there is no column {name!r} ({_listed(present)}): correct {option}")


def _listed(present: Sequence[str]) -> str:
    # A file without a header has a report in its first row, which must not reach the terminal.
    if all(len(name) <= 40 and _COLUMN_NAME.fullmatch(name.strip()) for name in present):
        return "columns: " + ", ".join(present)
    return "the first row does not look like column names"


def to_report(cells: Cells, defaults: Defaults) -> Report:
    """The report of a row; raises `ReportError` with one of the reasons of `docs/outputs.md`."""
    return Report(
        text=readable(cells.text, defaults),
        report_id=identifier(cells.id),
        service_date=service_date(cells.service_date),
        place_of_service=place_of_service(cells.place_of_service) or defaults.place_of_service,
        component=defaults.component,
    )


def readable(text: Any, defaults: Defaults) -> str:
    """The text itself, if it is one that can be read."""
    if text is None or text != text:  # a missing value may come as NaN
        raise ReportError("no_text", "the row has no text")
    if not isinstance(text, str):
        raise ReportError("no_text", "the value in the text column is not text")
    if not text.strip("\ufeff \t\r\n\f\v\u00a0\x00"):
        raise ReportError("empty", "the text is empty")
    if len(text) > defaults.max_chars:
        raise ReportError(
            "too_long",
            f"the text has {len(text)} characters, the limit is {defaults.max_chars} (--max-chars)",
        )
    if len(_CONTROL.findall(text)) * 50 > len(text):
        raise ReportError("binary", "this is no text but binary data")
    if bad := _HALF_CHARACTER.search(text):
        raise ReportError(
            "encoding",
            f"the text is not {defaults.encoding} (first at character {bad.start()}): try another --encoding",
        )
    return text


def identifier(value: Any) -> str | None:
    """An id as a string that every output can hold; None where there is none."""
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _HALF_CHARACTER.sub("\ufffd", str(value)).strip() or None


def service_date(value: Any) -> date | None:
    """A date of service from a date, a timestamp or one of the usual spellings; None where there is none."""
    if isinstance(value, datetime):
        return value.date() if value == value else None
    if isinstance(value, date):
        return value
    written = identifier(value)
    if written is None:
        return None
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(_TIME.sub("", written), form).date()
        except ValueError:
            continue
    raise ReportError("service_date", "the date of service is none that is known, such as 2026-11-20 or 11/20/2026")


def place_of_service(value: Any) -> str | None:
    """A two-digit place-of-service code; None where there is none."""
    written = identifier(value)
    if written is None:
        return None
    if re.fullmatch(r"[0-9]{1,2}", written):
        return written.zfill(2)
    raise ReportError("place_of_service", "the place of service is no two-digit code, such as 11 or 22")
