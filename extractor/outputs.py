"""Tables written as a stream: CSV, JSON Lines and Parquet by ending, under a temporary name until they are whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

from extractor.columns import Column, shown
from extractor.errors import UsageError

STDOUT = "-"
PART = ".part"
_KINDS = {".csv": "csv", ".jsonl": "json", ".ndjson": "json", ".parquet": "parquet", ".pq": "parquet"}
# A spreadsheet takes a cell that begins like this for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BATCH_ROWS = 4096


class Writer(Protocol):
    """Takes rows as mappings from column name to value."""

    def write(self, row: Mapping[str, Any]) -> None:
        """Add one row."""

    def close(self) -> None:
        """Write what is still held and let go of the file."""


def output_kind(name: str) -> str:
    """`csv`, `json` or `parquet`, by the ending of a file name; raises `UsageError` for any other."""
    if name == STDOUT:
        return "json"
    kind = _KINDS.get(Path(name).suffix.lower())
    if kind is None:
        raise UsageError(f"{name}: an output ends in .csv, .jsonl or .parquet, or is - for standard output")
    return kind


class Output:
    """One output file: rows go to a name ending in `.part`, `commit` gives it its own."""

    def __init__(self, name: str, columns: Sequence[Column], stdout: IO[str] | None) -> None:
        self.name = name
        self.path = None if name == STDOUT else Path(name)
        self.part = Path(name + PART) if self.path else None
        try:
            self._writer = _open(output_kind(name), columns, self.part, stdout)
        except OSError as error:
            raise UsageError(f"{name}: the file cannot be written: {error.strerror}") from None
        self.rows = 0

    def write(self, row: Mapping[str, Any]) -> None:
        """Add one row."""
        self._writer.write(row)
        self.rows += 1

    def close(self) -> None:
        """Finish the file under its temporary name."""
        self._writer.close()

    def commit(self) -> None:
        """Give the finished file its own name."""
        if self.part is not None and self.path is not None:
            self.part.replace(self.path)

    def discard(self) -> None:
        """Let go of the file and remove it under its temporary name, whatever state it is in."""
        with suppress(Exception):
            self._writer.close()
        if self.part is not None:
            self.part.unlink(missing_ok=True)


def _open(kind: str, columns: Sequence[Column], part: Path | None, stdout: IO[str] | None) -> Writer:
    if part is None:
        if stdout is None:
            raise UsageError("standard output is closed: give the output a name")
        return JsonWriter(stdout, owned=False)
    if kind == "parquet":
        return ParquetWriter(part, columns)
    handle = part.open("w", encoding="utf-8", newline="")
    return CsvWriter(handle, columns) if kind == "csv" else JsonWriter(handle)


class CsvWriter:
    """CSV in UTF-8 with a header, as RFC 4180 has it, with cells made safe (`safe_cell`)."""

    def __init__(self, handle: IO[str], columns: Sequence[Column]) -> None:
        self._handle = handle
        self._names = [column.name for column in columns]
        self._csv = csv.writer(handle)
        self._csv.writerow(self._names)

    def write(self, row: Mapping[str, Any]) -> None:
        """Add one row."""
        self._csv.writerow([safe_cell(row.get(name)) for name in self._names])

    def close(self) -> None:
        """Close the file."""
        self._handle.close()


def safe_cell(value: Any) -> str:
    """A value as a CSV cell that no spreadsheet takes for a formula; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return shown(value)


class JsonWriter:
    """JSON Lines in UTF-8, one object a row; dates as 2026-11-20."""

    def __init__(self, handle: IO[str], *, owned: bool = True) -> None:
        self._handle = handle
        self._owned = owned

    def write(self, row: Mapping[str, Any]) -> None:
        """Add one row."""
        self._handle.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")

    def close(self) -> None:
        """Close the file, unless it is standard output."""
        self._handle.close() if self._owned else self._handle.flush()


class ParquetWriter:
    """Parquet with nested types, a few thousand rows a row group."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        import pyarrow.parquet as pq

        self._schema = arrow_schema(columns)
        self._file = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Mapping[str, Any]] = []

    def write(self, row: Mapping[str, Any]) -> None:
        """Add one row."""
        self._rows.append(row)
        if len(self._rows) >= _BATCH_ROWS:
            self._flush()

    def close(self) -> None:
        """Write the last rows and the footer."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []


def arrow_schema(columns: Sequence[Column]) -> Any:
    """The Arrow schema of some columns."""
    import pyarrow as pa

    kinds = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "strings": pa.list_(pa.string()),
    }
    return pa.schema(
        [
            (
                column.name,
                pa.list_(pa.struct([(field.name, kinds[field.kind]) for field in column.fields]))
                if column.kind == "records"
                else kinds[column.kind],
            )
            for column in columns
        ]
    )
