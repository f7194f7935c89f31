"""What the caller names, as a stream of rows: folders, text files, CSV, JSON Lines, Parquet, standard input."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from extractor.errors import ReportError, UsageError
from extractor.intake import Cells, Columns, Defaults, Wanted, choose_columns, identifier, to_report
from extractor.readers import RawRow, csv_rows, json_rows, parquet_rows, text_cells
from extractor.records import Report

STDIN = "-"
KINDS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "json", ".ndjson": "json", ".json": "json",
         ".parquet": "parquet", ".pq": "parquet", ".txt": "text"}  # fmt: skip
_READABLE = "a folder, .txt, .csv, .tsv, .jsonl, .parquet, or - for JSON Lines on standard input"


@dataclass(frozen=True, slots=True)
class Options:
    """How to read the inputs of one call; `notice` is told in one line what was guessed."""

    wanted: Wanted = field(default_factory=Wanted)
    defaults: Defaults = field(default_factory=Defaults)
    delimiter: str | None = None
    notice: Callable[[str], object] = str


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of rows: a file, a folder of text files, or standard input (no path); `size` in bytes."""

    name: str
    kind: str
    path: Path | None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a source: the report in it, or the error that keeps it from being one; `position` in bytes."""

    source: str
    number: int
    report_id: str | None
    report: Report | None
    error: ReportError | None = None
    position: int = 0


def find_sources(inputs: Sequence[str], options: Options) -> list[Source]:
    """The sources behind the names that the caller gave; raises `UsageError` for one that cannot be read."""
    return [source for name in inputs for source in _find(name, options.notice)]


def _find(name: str, notice: Callable[[str], object]) -> Iterator[Source]:
    path = Path(name)
    if name == STDIN:
        yield Source("<stdin>", "json", None)
    elif path.is_dir():
        yield from _find_in_folder(path, notice)
    elif not path.exists():
        raise UsageError(f"{name}: there is no such file or folder")
    elif (kind := kind_of(path)) is None:
        raise UsageError(f"{name}: a file of this ending is not read; give {_READABLE}")
    else:
        yield Source(clean(name), kind, path, path.stat().st_size)


def kind_of(path: Path) -> str | None:
    """The kind of a file by the ending of its name, `.gz` aside; None for one that is not read."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if suffixes[-1:] != [".gz"]:
        return KINDS.get(suffixes[-1]) if suffixes else None
    kind = KINDS.get(suffixes[0])
    return kind if kind in ("csv", "tsv", "json") else None


def _find_in_folder(folder: Path, notice: Callable[[str], object]) -> Iterator[Source]:
    # A folder of text files is one archive, whatever lies beside them; else it is a folder of tables.
    texts = others = size = 0
    tables: list[Path] = []
    for path in walk(folder):
        kind = kind_of(path)
        if kind == "text":
            texts += 1
            size += path.stat().st_size if path.is_file() else 0
        elif kind is None:
            others += 1
        else:
            tables.append(path)
    name = clean(str(folder))
    if not texts and not tables:
        raise UsageError(f"{name}: the folder holds nothing that can be read; give {_READABLE}")
    left = others + (len(tables) if texts else 0)
    if left:
        notice(f"{name}: {left} other files in the folder are left out")
    if texts:
        yield Source(name, "text", folder, size)
    else:
        yield from (Source(clean(str(path)), kind_of(path) or "", path, path.stat().st_size) for path in tables)


def walk(folder: Path) -> Iterator[Path]:
    """The files below a folder in the order of their names, without hidden ones and the marks that writers leave."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        yield from (Path(root, name) for name in sorted(files) if not name.startswith((".", "_")))


def clean(name: str) -> str:
    """A file name that every output can hold, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "replace")


def check(sources: Sequence[Source], options: Options) -> None:
    """Open each table once, so that a wrong column ends the call (`UsageError`) before any work is done."""
    quiet = Options(options.wanted, options.defaults, options.delimiter)
    for source in sources:
        if source.path is not None and source.kind != "text":
            next(_raw_rows(source, quiet), None)


def read_rows(source: Source, options: Options) -> Iterator[Row]:
    """Every row of a source, in order, one at a time; a row that is no report carries its error."""
    number = 0
    try:
        for name, raw in _raw_rows(source, options):
            number = raw.number
            yield _row(name, raw, options.defaults)
    except UsageError:
        raise
    except Exception as error:  # whatever a decoder raises may quote what it could not decode
        message = f"the file cannot be read beyond this row ({type(error).__name__})"
        yield Row(source.name, number + 1, None, None, ReportError("unreadable", message), source.size)


def _row(name: str, raw: RawRow, defaults: Defaults) -> Row:
    report_id = identifier(raw.cells.id)
    if raw.error:
        return Row(name, raw.number, report_id, None, raw.error, raw.position)
    try:
        return Row(name, raw.number, report_id, to_report(raw.cells, defaults), None, raw.position)
    except ReportError as error:
        return Row(name, raw.number, report_id, None, error, raw.position)


def _raw_rows(source: Source, options: Options) -> Iterator[tuple[str, RawRow]]:
    if source.kind == "text":
        assert source.path is not None
        return _text_rows(source.path, options.defaults)
    return ((source.name, raw) for raw in _table_rows(source, options))


def _text_rows(path: Path, defaults: Defaults) -> Iterator[tuple[str, RawRow]]:
    files = walk(path) if path.is_dir() else [path]
    position = 0
    for file in files:
        if kind_of(file) != "text":
            continue
        name = clean(str(file.relative_to(path).with_suffix("") if file != path else file.stem))
        try:
            cells = text_cells(file, name=name, encoding=defaults.encoding, max_chars=defaults.max_chars)
            position += file.stat().st_size
            raw = RawRow(1, cells, position)
        except ReportError as error:
            raw = RawRow(1, Cells(id=name), position, error)
        yield clean(str(file)), raw


def _table_rows(source: Source, options: Options) -> Iterator[RawRow]:
    encoding = options.defaults.encoding

    def choose(present: Sequence[str]) -> Columns:
        columns = choose_columns(present, options.wanted, where=source.name)
        if columns.guessed:
            options.notice(f"{source.name}: {columns.describe()}")
        return columns

    if source.kind == "json":
        return json_rows(source.path, where=source.name, choose=choose, encoding=encoding)
    assert source.path is not None
    if source.kind == "parquet":
        return parquet_rows(source.path, where=source.name, choose=choose, encoding=encoding)
    delimiter = options.delimiter or ("\t" if source.kind == "tsv" else None)
    return csv_rows(source.path, where=source.name, choose=choose, encoding=encoding, delimiter=delimiter)
