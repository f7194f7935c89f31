"""One file of any kind as rows, read as a stream: the text of a file, the rows of CSV, JSON Lines and Parquet."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from extractor.errors import ReportError, UsageError
from extractor.intake import Cells, Columns

MAX_LINE = 64 * 1024 * 1024
_BATCH_ROWS = 256
_HEAD_LINES = 100
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PAR1": "Parquet",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
}

Choose = Callable[[Sequence[str]], Columns]


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as its file holds it: its number from 1, its cells or what is wrong with it, the bytes read so far."""

    number: int
    cells: Cells
    position: int = 0
    error: ReportError | None = None


def _mark(error: UnicodeError) -> tuple[str, int]:
    # Half a surrogate pair cannot come out of decoding otherwise, so it shows which rows were undecodable.
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff" * (error.end - error.start), error.end


codecs.register_error("myelocode-mark", _mark)


def check_encoding(encoding: str) -> str:
    """The encoding, if Python knows it; raises `UsageError` otherwise."""
    try:
        "".encode(encoding)
        return encoding
    except (LookupError, TypeError):
        raise UsageError(f"--encoding {encoding}: there is no such encoding; try utf-8, cp1252 or latin-1") from None


def decode(data: bytes, encoding: str) -> str:
    """Bytes as text, without a byte-order mark; what cannot be decoded is marked for `intake.readable` to find."""
    known = next((name for bom, name in _BOMS if data.startswith(bom)), encoding)
    return data.decode(known, errors="myelocode-mark")


def text_cells(path: Path, *, name: str, encoding: str, max_chars: int) -> Cells:
    """The text of a file, which is one report; raises `ReportError` where it cannot be had."""
    try:
        if not path.is_file():
            raise ReportError("unreadable", "this is no regular file, or it cannot be opened")
        if (size := path.stat().st_size) > 4 * max_chars:
            message = f"the file has {size} bytes, the limit is {max_chars} characters (--max-chars)"
            raise ReportError("too_long", message)
        return Cells(text=decode(path.read_bytes(), encoding), id=name)
    except OSError as error:
        raise ReportError("unreadable", f"the file cannot be read: {error.strerror}") from None


@contextmanager
def opened(path: Path | None) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """A file, or standard input, as its raw stream (whose position is progress) and its unpacked one."""
    if path is None:
        if sys.stdin is None:
            raise UsageError("standard input is closed: give a file, or JSON Lines on standard input")
        yield sys.stdin.buffer, sys.stdin.buffer
        return
    with path.open("rb") as raw:
        yield raw, cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if path.suffix.lower() == ".gz" else raw


def refuse_binary(start: bytes, where: str) -> None:
    """Raise `UsageError` where a file begins as no text file does."""
    kind = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
    if kind is None and b"\x00" in start and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        control = sum(byte < 9 or 13 < byte < 32 for byte in start)
        kind = "binary" if control * 10 > len(start) else None
    if kind is not None:
        raise UsageError(f"{where}: the file is {kind}, not the text that its name promises")


class _Lines:
    """The lines of a text stream; `cut` says that one was longer than anything a row can be, and was cut."""

    def __init__(self, handle: IO[str]) -> None:
        self.handle = handle
        self.number = 0
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        while line := self.handle.readline(MAX_LINE):
            self.number += 1
            if len(line) == MAX_LINE and not line.endswith(("\n", "\r")):
                self.cut = True
                while (rest := self.handle.readline(MAX_LINE)) and not rest.endswith(("\n", "\r")):
                    pass
            yield line


def csv_rows(path: Path, *, where: str, choose: Choose, encoding: str, delimiter: str | None) -> Iterator[RawRow]:
    """The rows of a CSV or TSV file with a header; a row that is not as long as the header is an error row."""
    with opened(path) as (raw, unpacked):
        start: bytes = unpacked.peek(4096)[:4096]  # type: ignore[attr-defined]
        refuse_binary(start, where)
        known = next((name for bom, name in _BOMS if start.startswith(bom)), encoding)
        lines = _Lines(io.TextIOWrapper(unpacked, encoding=known, errors="myelocode-mark", newline=""))
        first = next(iter(lines), "")
        csv.field_size_limit(MAX_LINE)
        reader = csv.reader(chain([first], lines), delimiter=delimiter or guess_delimiter(first), strict=True)
        header = unique_names(_next_row(reader, lines, 0)[1] or [])
        if not header:
            raise UsageError(f"{where}: the file does not begin with a row that names the columns")
        places = {role: header.index(name) for role, name in choose(header).roles().items()}
        number = 0
        while True:
            error, row = _next_row(reader, lines, len(header))
            if row is None:
                return
            if row or error:
                number += 1
                cells = Cells() if error else Cells(**{role: row[place] for role, place in places.items()})
                yield RawRow(number, cells, raw.tell(), error)


def _next_row(reader: Iterator[list[str]], lines: _Lines, width: int) -> tuple[ReportError | None, list[str] | None]:
    begun = lines.number + 1
    lines.cut = False
    try:
        row = next(reader, None)
    except csv.Error:
        message = f"the quotation marks of the row beginning at line {begun} do not match"
        return ReportError("malformed_row", message), []
    if lines.cut:
        return ReportError("malformed_row", f"line {begun} is longer than {MAX_LINE} characters"), []
    if row and width and len(row) != width:
        message = f"the row beginning at line {begun} has {len(row)} cells, the header has {width}"
        return ReportError("ragged_row", message), []
    return None, row


def guess_delimiter(header: str) -> str:
    """The sign that stands most often in a header line, outside of quotation marks."""
    bare = "".join(header.split('"')[::2])
    return max(",\t;|", key=bare.count)


def unique_names(header: Sequence[str]) -> list[str]:
    """Column names without outer blanks; a second `ID` becomes `ID.2`."""
    seen: Counter[str] = Counter()
    names = []
    for cell in header:
        name = cell.strip("\ufeff \t\r\n")
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return names


def json_rows(path: Path | None, *, where: str, choose: Choose, encoding: str) -> Iterator[RawRow]:
    """The objects of a JSON Lines file, one a line; the number of a row is that of its line.

    The columns are chosen among the keys of the first hundred lines.
    """
    with opened(path) as (raw, stream):
        lines = _numbered(stream)
        head = list(islice(lines, _HEAD_LINES))
        if head:
            refuse_binary(head[0][1][:4096], where)
            if head[0][1].lstrip(codecs.BOM_UTF8 + b" \t").startswith(b"["):
                raise UsageError(f"{where}: this is one JSON array; give JSON Lines, one object a line (jq -c '.[]')")
        keys = dict.fromkeys(key for _, line in head for key in _json_object(line, encoding)[0])
        columns = choose(list(keys)) if keys else None
        for number, line in chain(head, lines):
            found, error = _json_object(line, encoding)
            columns = columns or (choose(list(found)) if found else None)
            cells = Cells(**{role: found.get(name) for role, name in columns.roles().items()}) if columns else Cells()
            yield RawRow(number, cells, raw.tell() if raw.seekable() else 0, error)


def _numbered(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            line = b"too long"
        if line.strip():
            yield number, line


def _json_object(line: bytes, encoding: str) -> tuple[dict[str, Any], ReportError | None]:
    try:
        value = json.loads(decode(line, encoding))
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value, None
    return {}, ReportError("malformed_json", "the line is no JSON object")


def parquet_rows(path: Path, *, where: str, choose: Choose, encoding: str) -> Iterator[RawRow]:
    """The rows of a Parquet file, a record batch at a time; text may be stored as strings or as bytes."""
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    size = path.stat().st_size
    try:
        file = pq.ParquetFile(path)
    except (ArrowException, OSError):
        raise UsageError(f"{where}: the file is no Parquet file, or was cut short") from None
    with file:
        roles = choose(file.schema_arrow.names).roles()
        number = 0
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(dict.fromkeys(roles.values()))):
            values = [_values(batch.column(name), encoding) for name in roles.values()]
            for row in zip(*values, strict=True):
                number += 1
                cells = Cells(**dict(zip(roles, row, strict=True)))
                yield RawRow(number, cells, size * number // file.metadata.num_rows)


def _values(column: Any, encoding: str) -> list[Any]:
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_string(column.type) or types.is_large_string(column.type):
        # One string that is not UTF-8 would make the conversion of its whole batch fail.
        column, encoding = column.cast(pa.large_binary()), "utf-8"
    return [decode(value, encoding) if isinstance(value, bytes) else value for value in column.to_pylist()]
