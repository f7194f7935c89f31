"""Rows in, scored rows and errors out: a batch in memory at a time, and every row in exactly one of the two."""

from __future__ import annotations

import hashlib
import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from extractor.columns import ERRORS, EVIDENCE, FLAT, NESTED, PLACE, code_label, evidence_rows, flat_row, nested_row
from extractor.errors import ReportError, UsageError
from extractor.inputs import Row
from extractor.outputs import STDOUT, Output, output_kind
from extractor.reader import BATCH, Extractor
from extractor.records import Reading


@dataclass(frozen=True, slots=True)
class Scored:
    """A row with its reading or with the reason why it has none."""

    row: Row
    reading: Reading | None = None
    error: ReportError | None = None
    duplicate_id: bool = False


@dataclass(slots=True)
class Tally:
    """What a run has seen so far."""

    read: int = 0
    scored: int = 0
    failed: int = 0
    myelograms: int = 0
    review: int = 0
    duplicates: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, scored: Scored) -> None:
        """Count one row."""
        self.read += 1
        self.duplicates += scored.duplicate_id
        if scored.error is not None:
            self.failed += 1
            self.reasons[scored.error.reason] += 1
        if scored.reading is not None:
            self.scored += 1
            self.myelograms += scored.reading.facts.study == "myelogram"
            self.review += scored.reading.needs_review
            self.codes.update(code_label(code) for code in scored.reading.codes)


class SeenIds:
    """Remembers ids by their digest in a temporary file, so that memory does not grow with the archive."""

    def __init__(self) -> None:
        self._store = sqlite3.connect("", isolation_level=None)
        self._store.execute("create table seen (digest blob primary key) without rowid")
        self._store.execute("begin")

    def again(self, report_id: str | None) -> bool:
        """Whether this id was asked for before; a missing id never was."""
        if report_id is None:
            return False
        digest = hashlib.blake2b(report_id.encode(), digest_size=16).digest()
        return self._store.execute("insert or ignore into seen values (?)", (digest,)).rowcount == 0

    def close(self) -> None:
        """Let go of the temporary file."""
        self._store.close()


def score_rows(rows: Iterable[Row], extractor: Extractor) -> Iterator[Scored]:
    """Read the report of each row, in order; whatever goes wrong with one becomes its error and stops no other."""
    with closing(SeenIds()) as seen:
        for batch in _batches(rows, BATCH):
            for row, result in zip(batch, read_rows_together(batch, extractor), strict=True):
                again = seen.again(row.report_id)
                if isinstance(result, ReportError):
                    yield Scored(row, None, result, again)
                else:
                    yield Scored(row, result, None, again)


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """The rows in lists; where reading them fails, those before come first."""
    batch: list[Row] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == size:
                yield batch
                batch = []
    except Exception:
        yield batch
        raise
    yield batch


def read_rows_together(rows: Sequence[Row], extractor: Extractor) -> list[Reading | ReportError]:
    """The reading of each row's report, or why there is none; one by one only where the batch as a whole fails."""
    reports = [row.report for row in rows if row.report is not None]
    if len(reports) == len(rows):
        with suppress(Exception):  # whichever report it is, it is found below
            return list(extractor.read_many(reports))
    return [_reading_or_error(row, extractor) for row in rows]


def _reading_or_error(row: Row, extractor: Extractor) -> Reading | ReportError:
    try:
        return read_row(row, extractor)
    except ReportError as error:
        return error


def read_row(row: Row, extractor: Extractor) -> Reading:
    """The reading of a row's report; raises `ReportError`, also for a fault of the program itself."""
    if row.report is None:
        raise row.error or ReportError("no_text", "the row has no text")
    report = row.report
    try:
        return extractor.read(
            report.text,
            report_id=report.report_id,
            service_date=report.service_date,
            place_of_service=report.place_of_service,
            component=report.component,
        )
    except ReportError:
        raise
    except Exception as error:  # its message may quote the report, so only its kind and place are told
        message = f"the reader failed on this report ({fault(error)}); please tell the maintainers"
    raise ReportError("internal", message)


def fault(error: BaseException) -> str:
    """The kind of an unexpected exception and the line that raised it: all that can be told without report text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + place


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where scored rows go; without an errors file they are only counted and told."""

    table: Output
    evidence: Output | None
    errors: Output | None
    flat: bool

    def all(self) -> list[Output]:
        """The outputs in the order in which they get their names: the table last, as the sign that all is there."""
        return [output for output in (self.evidence, self.errors, self.table) if output is not None]

    def write(self, scored: Scored) -> None:
        """Send one row to the table and the evidence, or to the errors."""
        place = {"source": scored.row.source, "row": scored.row.number, "duplicate_id": scored.duplicate_id}
        if scored.reading is not None:
            to_row = flat_row if self.flat else nested_row
            self.table.write({**place, **to_row(scored.reading)})
            for row in evidence_rows(scored.reading) if self.evidence is not None else ():
                self.evidence.write({**place, **row})  # type: ignore[union-attr]
        elif self.errors is not None:
            self.errors.write({**place, **error_row(scored)})


def error_row(scored: Scored) -> dict[str, Any]:
    """The error of a row, by column name."""
    error = scored.error
    return {
        "report_id": scored.row.report_id,
        "reason": error.reason if error else None,
        "message": str(error) if error else None,
    }


@contextmanager
def open_outputs(table: str, evidence: str | None, errors: str | None, stdout: IO[str] | None) -> Iterator[Outputs]:
    """Open the outputs under temporary names and name them at the end.

    After an interrupt the files stay, whole, under their temporary names; after any other exception they are removed.
    """
    begun: list[Output] = []

    def begin(name: str, columns: tuple[Any, ...]) -> Output:
        begun.append(Output(name, columns, stdout))
        return begun[-1]

    flat = output_kind(table) == "csv"
    try:
        outputs = Outputs(
            begin(table, (*PLACE, *(FLAT if flat else NESTED))),
            begin(evidence, (*PLACE, *EVIDENCE)) if evidence else None,
            begin(errors, (*PLACE, *ERRORS)) if errors else None,
            flat,
        )
        yield outputs
        for output in outputs.all():
            output.close()
        for output in outputs.all():
            output.commit()
    except KeyboardInterrupt:
        for output in begun:
            output.close()
        raise
    except BaseException:
        for output in begun:
            output.discard()
        raise


def check_outputs(names: Iterable[str], inputs: Iterable[Path], *, force: bool) -> None:
    """Raise `UsageError` where two outputs are one file, an output is an input, or a file would be lost."""
    paths = [Path(name) for name in names if name != STDOUT]
    if len({path.resolve() for path in paths}) < len(paths):
        raise UsageError("two outputs have the same name: give each its own")
    taken = {path.resolve() for path in inputs}
    for path in paths:
        if path.resolve() in taken:
            raise UsageError(f"{path}: this is an input; give the output another name")
        if path.is_dir():
            raise UsageError(f"{path}: this is a folder; give the name of a file")
        if not path.parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.parent}; create it first")
        if path.exists() and not force:
            raise UsageError(f"{path}: the file exists; give another name, or --force to replace it")


def run(
    rows: Iterable[Row], extractor: Extractor, outputs: Outputs, *, tally: Tally, watch: Callable[[Scored], None]
) -> None:
    """Score rows into the outputs; `tally` counts as it goes, and `watch` sees each row once it is written."""
    for scored in score_rows(rows, extractor):
        outputs.write(scored)
        tally.add(scored)
        watch(scored)
