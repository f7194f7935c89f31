"""Reads the case files: reports with the expectation inside the sentence, in the form of tests/cases/README.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from extractor.records import Report

FOLDER = Path(__file__).parent / "cases"
_MARK = re.compile(r"\[(?P<words>[^\[\]|]+)\|(?P<says>[^\[\]|]+)\]")
_OPENS, _CLOSES, _STATES = "<<<", ">>>", " => "


class MarkupError(Exception):
    """A case file that is not in the form; the message begins with file and line."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a field should hold, and the words of the report that should be its evidence (none: -1)."""

    field: str
    values: tuple[str, ...]
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Case:
    """One report with what should be read out of it; fields of `check` that nothing is expected of are empty."""

    place: str
    report: Report
    expected: tuple[Expected, ...]
    check: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields to compare, each once."""
        return tuple(dict.fromkeys((*self.check, *(one.field for one in self.expected))))

    def of(self, field: str) -> tuple[Expected, ...]:
        """What is expected of one field."""
        return tuple(one for one in self.expected if one.field == field)

    def words(self, one: Expected) -> str:
        """The words that carry an expectation."""
        return self.report.text[one.start : one.end]


@dataclass(frozen=True, slots=True)
class _Setting:
    """What holds from a directive on: the frame around a case, and the fields that are compared."""

    frame: str = "{}"
    check: tuple[str, ...] = ()


def cases(name: str) -> list[Case]:
    """The cases of a file of tests/cases; raises `MarkupError` where it is not in the form."""
    return list(parse((FOLDER / name).read_text(encoding="utf-8"), name))


def parse(content: str, name: str) -> Iterator[Case]:
    """The cases of a file's content."""
    setting = _Setting()
    block: list[str] | None = None
    for number, line in enumerate(content.splitlines(), start=1):
        place = f"{name}:{number}"
        if block is not None and line.startswith(_CLOSES):
            yield _case(place, "\n".join(block), line.removeprefix(_CLOSES), setting)
            block = None
        elif block is not None:
            block.append(line)
        elif line.startswith(_OPENS):
            block = []
        elif line.startswith("% "):
            setting = _directed(setting, line[2:], place)
        elif line.strip() and not line.startswith("#"):
            text, _, states = line.partition(_STATES)
            yield _case(place, text.replace("\\n", "\n"), states, setting)
    if block is not None:
        raise MarkupError(f"{name}: the last block is not closed")


def _directed(setting: _Setting, directive: str, place: str) -> _Setting:
    word, _, rest = directive.partition(" ")
    if word == "frame" and rest.count("{}") == 1:
        return replace(setting, frame=rest.replace("\\n", "\n"))
    if word == "check":
        return replace(setting, check=tuple(rest.split()))
    raise MarkupError(f"{place}: unknown directive")


def _case(place: str, marked: str, states: str, setting: _Setting) -> Case:
    before, _, after = setting.frame.partition("{}")
    plain, expected = _unmark(marked, len(before), place)
    stated = list(_expectations(states, place)) if states.strip() else []
    days = [date.fromisoformat(one.values[0]) for one in stated if one.field == "on"]
    expected += [one for one in stated if one.field != "on"]
    if not expected and not setting.check:
        raise MarkupError(f"{place}: nothing is expected")
    report = Report(before + plain + after, service_date=days[0] if days else None)
    return Case(place, report, tuple(expected), setting.check)


def _unmark(marked: str, offset: int, place: str) -> tuple[str, list[Expected]]:
    """The report without its marks, and the marks with the bounds of their words, moved by `offset`."""
    plain, at, found = "", 0, []
    for mark in _MARK.finditer(marked):
        plain += marked[at : mark.start()]
        start = len(plain) + offset
        plain += mark["words"]
        at = mark.end()
        found += [replace(one, start=start, end=len(plain) + offset) for one in _expectations(mark["says"], place)]
    return plain + marked[at:], found


def _expectations(says: str, place: str) -> Iterator[Expected]:
    for one in says.split(";"):
        field, *values = one.split()
        if not field.replace("_", "").replace(".", "").isalnum():
            raise MarkupError(f"{place}: '{field}' is no field")
        yield Expected(field, tuple(values))
