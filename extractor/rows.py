"""Strict rows from CSV and TOML text: every fault becomes a `TableError` that names file, line and what is wrong."""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import Any

from extractor.errors import TableError

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value must be: `check` returns it in its final form, or None where it does not fit.

    Text cells of a CSV go through `parse` first; values of a TOML file are typed already.
    """

    name: str
    check: Callable[[Any], Any]
    parse: Callable[[str], Any] = str


def choice(*allowed: str) -> Kind:
    """One of a closed list of words."""
    return Kind("one of " + ", ".join(allowed), lambda value: value if value in allowed else None)


def choices(*allowed: str) -> Kind:
    """A list, not empty, of words of a closed list."""
    name = "a list out of " + ", ".join(allowed)
    return Kind(name, lambda value: _list(value, lambda item: item if item in allowed else None) or None, _split)


def matching(pattern: str, name: str) -> Kind:
    """A text that a pattern covers whole; `name` says in words what is expected."""
    known = re.compile(pattern)
    return Kind(name, lambda value: value if isinstance(value, str) and known.fullmatch(value) else None)


def _list(value: Any, check: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    if not isinstance(value, list):
        return None
    checked = tuple(check(item) for item in value)
    return None if None in checked or len(set(checked)) < len(checked) else checked


def _split(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";")]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value and value == value.strip() else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable else None


def _parse_flag(cell: str) -> bool | str:
    return {"yes": True, "no": False}.get(cell, cell)


# Lists hold no item twice; in a CSV cell their items stand apart by semicolons, and a flag is yes or no.
TEXT = Kind("a text without blanks around it", _text)
TEXTS = Kind("a list of texts, none twice", lambda value: _list(value, _text))
WHOLE = Kind("a whole number", _whole, int)
NUMBER = Kind("a number", _number, float)
NUMBERS = Kind("a list of numbers, none twice", lambda value: _list(value, _number))
FLAG = Kind("true or false", lambda value: value if isinstance(value, bool) else None, _parse_flag)
DATE = Kind("a date (YYYY-MM-DD)", lambda value: value if type(value) is date else None, date.fromisoformat)


@dataclass(frozen=True, slots=True)
class Schema:
    """Keys that a row must have, keys that it may have, and keys whose value no two rows may share."""

    required: Mapping[str, Kind]
    optional: Mapping[str, Kind] = field(default_factory=dict)
    unique: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrases:
    """A TOML table of label = [texts]; with `depth` 2 a table of such tables. No text stands twice under one label."""

    depth: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One checked row: its values, and the place that an error about them names."""

    values: Mapping[str, Any]
    file: str
    line: int

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default` where an optional key is left out."""
        return self.values.get(key, default)

    def error(self, what: str) -> TableError:
        """A `TableError` about this row, to be raised by whoever sees more than one row can show."""
        return TableError(f"{self.file}:{self.line}: {what}")


def rows_from_csv(text: str, file: str, schema: Schema) -> tuple[Row, ...]:
    """The rows of a CSV text with a header line; an empty cell of an optional column counts as left out.

    Raises `TableError` for unknown, missing or doubled columns, short or long rows, and values that do not fit.
    """
    lines = csv.reader(io.StringIO(text), strict=True)
    rows = []
    try:
        header = next(lines, [])
        if len(set(header)) < len(header):
            raise TableError(f"{file}:1: a column stands twice")
        _check_keys(header, schema, f"{file}:1", "column")
        for cells in lines:
            where = f"{file}:{lines.line_num}"
            if len(cells) != len(header):
                raise TableError(f"{where}: {len(cells)} cells where the header has {len(header)}")
            given = {key: cell for key, cell in zip(header, cells, strict=True) if cell}
            rows.append(Row(_checked(given, schema, partial(_same, where), parse=True), file, lines.line_num))
    except csv.Error as error:
        raise TableError(f"{file}:{lines.line_num}: {error}") from None
    _check_unique(rows, schema)
    return tuple(rows)


def rows_from_toml(text: str, file: str, schemas: Mapping[str, Schema | Phrases]) -> Mapping[str, Any]:
    """The tables of a TOML text by name: a tuple of rows for a `Schema`, a mapping of texts for `Phrases`.

    A `Schema` describes an array of tables (`[[rule]]`), `Phrases` a table of label = [texts].
    Raises `TableError` for TOML that does not parse, unknown or missing tables or keys, and values that do not fit.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = line[1] if line else str(text.count("\n") + 1)
        raise TableError(f"{file}:{place}: not valid TOML") from None
    for name in content:
        if name not in schemas:
            raise TableError(f"{file}:{_line_of(text, name)}: unknown table '{name}'")
    return MappingProxyType({name: _table(content, name, schema, text, file) for name, schema in schemas.items()})


def _table(content: Mapping[str, Any], name: str, schema: Schema | Phrases, text: str, file: str) -> Any:
    if name not in content:
        raise TableError(f"{file}:1: table '{name}' is missing")
    value = content[name]
    if isinstance(schema, Phrases):
        return _phrases(value, schema.depth, name, text, file)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise TableError(f"{file}:{_line_of(text, name)}: '{name}' must be an array of tables ([[{name}]])")
    starts = list(_header_lines(text, name))
    if len(starts) != len(value):
        raise TableError(f"{file}:{_line_of(text, name)}: write each entry of '{name}' under its own [[{name}]]")
    rows = []
    for item, start in zip(value, starts, strict=True):
        rows.append(Row(_checked(item, schema, partial(_place, text, file, start)), file, start))
    _check_unique(rows, schema)
    return tuple(rows)


def _same(where: str, _key: str | None) -> str:
    return where


def _place(text: str, file: str, start: int, key: str | None) -> str:
    return f"{file}:{start if key is None else _key_line(text, key, start)}"


def _phrases(value: Any, depth: int, name: str, text: str, file: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TableError(f"{file}:{_line_of(text, name)}: '{name}' must be a table of label = [texts]")
    if depth > 1:
        found = {label: _phrases(inner, depth - 1, f"{name}.{label}", text, file) for label, inner in value.items()}
        return MappingProxyType(found)
    start = _line_of(text, name)
    texts = {label: TEXTS.check(items) for label, items in value.items()}
    for label, items in texts.items():
        if not items:
            raise TableError(f"{file}:{_key_line(text, label, start)}: '{label}' must be {TEXTS.name}")
    return MappingProxyType(texts)


def _check_keys(given: Any, schema: Schema, where: str, word: str) -> None:
    for key in given:
        if key not in schema.required and key not in schema.optional:
            raise TableError(f"{where}: unknown {word} '{key}'")
    for key in schema.required:
        if key not in given:
            raise TableError(f"{where}: {word} '{key}' is missing")


def _checked(
    given: Mapping[str, Any], schema: Schema, where: Callable[[str | None], str], *, parse: bool = False
) -> Mapping[str, Any]:
    for key in given:
        if key not in schema.required and key not in schema.optional:
            raise TableError(f"{where(key)}: unknown key '{key}'")
    _check_keys(given, schema, where(None), "key")
    values = {}
    for key, value in given.items():
        kind = schema.required.get(key) or schema.optional[key]
        values[key] = _value(kind, value, parse)
        if values[key] is None:
            raise TableError(f"{where(key)}: '{key}' must be {kind.name}")
    return MappingProxyType(values)


def _value(kind: Kind, value: Any, parse: bool) -> Any:
    if not parse:
        return kind.check(value)
    try:
        return kind.check(kind.parse(value))
    except ValueError:
        return None


def _check_unique(rows: list[Row], schema: Schema) -> None:
    for key in schema.unique:
        first: dict[Any, int] = {}
        for row in rows:
            value = row.get(key)
            if value is not None and first.setdefault(value, row.line) != row.line:
                raise row.error(f"{key} '{value}' stands in line {first[value]} already")


def _header_lines(text: str, name: str) -> Iterator[int]:
    header = re.compile(rf"\s*\[\[\s*{re.escape(name)}\s*\]\]")
    return (number for number, line in enumerate(text.splitlines(), 1) if header.match(line))


def _line_of(text: str, name: str) -> int:
    header = re.compile(rf"\s*(\[\[?\s*{re.escape(name)}\b|{re.escape(name)}\s*=)")
    return next((number for number, line in enumerate(text.splitlines(), 1) if header.match(line)), 1)


def _key_line(text: str, key: str, start: int) -> int:
    """The line of `key` in the entry whose header stands in line `start`; that line itself if it is not found."""
    assignment = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    for number, line in enumerate(text.splitlines()[start:], start + 1):
        if line.lstrip().startswith("["):
            break
        if assignment.match(line):
            return number
    return start
