"""Annotated reports: read from JSON Lines, held against the annotation guideline, faults named by file and line."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from extractor.errors import UsageError
from extractor.gold import STUDY_AND_CODES_ONLY, GoldLine

# Faults of a single value: the report can be scored, the value just cannot be met.
VALUE_FAULTS = (
    "literal_error",
    "string_pattern_mismatch",
    "greater_than",
    "greater_than_equal",
    "int_type",
    "int_from_float",
    "float_type",
    "bool_type",
)


@dataclass(frozen=True, slots=True)
class AnnotatedReport:
    """One report with its gold (plain values in the form of the guideline) and the place where it stands."""

    path: Path
    line: int
    report_id: str
    style: str
    text: str
    gold: Mapping[str, Any]

    @property
    def author(self) -> str:
        """One file, one author: the stem of the file name."""
        return self.path.stem

    @property
    def scored_whole(self) -> bool:
        """Whether the guideline scores every field of this report, not the study and the codes alone."""
        return self.gold["study"] not in STUDY_AND_CODES_ONLY


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of a corpus: where, in which field, and what; never the text of a report.

    A fault in a value leaves its report in, which is scored against the gold as it stands. A line that cannot be
    scored is `left_out`.
    """

    path: Path
    line: int
    field: str
    message: str
    left_out: bool = False

    def __str__(self) -> str:
        words = f"{self.message}; the line is left out" if self.left_out else self.message
        return ": ".join(part for part in (f"{self.path}:{self.line}", self.field, words) if part)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The reports of some files that can be scored, and every fault that was found."""

    reports: tuple[AnnotatedReport, ...]
    problems: tuple[Problem, ...] = ()


def load(paths: Iterable[Path | str]) -> Corpus:
    """Read corpora: files, or folders whose `*.jsonl` are read in order of name; a file named twice is read once.

    Raises `UsageError` where a path cannot be read or a folder holds no corpus; what is wrong with single lines
    is listed in the result.
    """
    reports: list[AnnotatedReport] = []
    problems: list[Problem] = []
    for path in corpus_files(paths):
        known: dict[str, int] = {}
        for line, raw in _lines(path):
            faults, value = _parse(path, line, raw)
            problems += faults
            if not any(fault.left_out for fault in faults):
                report = AnnotatedReport(path, line, value["id"], value.get("style", ""), value["text"], value["gold"])
                problems += _faults(report, known)
                reports.append(report)
    return Corpus(tuple(reports), tuple(problems))


def corpus_files(paths: Iterable[Path | str]) -> list[Path]:
    """The files behind paths, each once, in the order given. Raises `UsageError` where there is none."""
    files: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"{path}: no .jsonl file in this folder")
        files += inside
    return list({path.resolve(): path for path in reversed(files)}.values())[::-1]


def quotes(gold: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every quote of a gold with the field that it stands in."""
    for number, finding in enumerate(gold["findings"]):
        yield f"gold.findings.{number}.quote", finding["quote"]
    for field, found in gold["evidence"].items():
        for number, quote in enumerate(found):
            yield f"gold.evidence.{field}.{number}", quote


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not blank, counted from 1."""
    try:
        with path.open("rb") as stream:
            for number, raw in enumerate(stream, start=1):
                if raw.strip():
                    yield number, raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or 'cannot be read'}") from None


def _parse(path: Path, line: int, raw: bytes) -> tuple[list[Problem], Any]:
    """One line as plain values, with the faults of its form."""
    try:
        value = json.loads(raw.decode("utf-8"))
        GoldLine.model_validate(value)
    except UnicodeDecodeError as error:
        return [Problem(path, line, "", f"not UTF-8 (byte {error.start + 1} of the line)", left_out=True)], None
    except json.JSONDecodeError as error:
        return [Problem(path, line, "", f"not JSON (column {error.colno})", left_out=True)], None
    except ValidationError as error:
        if not isinstance(value, dict):
            return [Problem(path, line, "", "not a JSON object", left_out=True)], None
        return [Problem(path, line, _place(f["loc"]), f["msg"], left_out=_fatal(f)) for f in error.errors()], value
    return [], value


def _fatal(fault: ErrorDetails) -> bool:
    """Whether a report with this fault cannot be scored: something is missing or of another shape."""
    if fault["type"] == "extra_forbidden":
        return False
    return fault["type"] not in VALUE_FAULTS or isinstance(fault["input"], list | dict)


def _faults(report: AnnotatedReport, known: dict[str, int]) -> Iterator[Problem]:
    """What the form alone cannot see. `known` maps the ids of this file to their lines and is added to."""
    gold = report.gold
    for field, quote in quotes(gold):
        if not quote or quote not in report.text:
            yield Problem(report.path, report.line, field, "the quote does not occur in the text")
    lists = {
        "myelo_regions": gold["myelo_regions"],
        "ct_regions": gold["ct_regions"],
        "images.views": gold["images"]["views"],
        "codes": [code["code"] for code in gold["codes"]],
        "findings": [" ".join(str(f[key]) for key in ("concept", "level", "assertion")) for f in gold["findings"]],
    }
    for name, values in lists.items():
        if twice := _repeated(values):
            yield Problem(report.path, report.line, f"gold.{name}", f"{twice} stands twice")
    if report.report_id in known:
        yield Problem(report.path, report.line, "id", f"the same id as line {known[report.report_id]}")
    known.setdefault(report.report_id, report.line)


def _repeated(values: Sequence[str]) -> str:
    """The first value that stands twice, or nothing."""
    return next((value for value, n in Counter(values).items() if n > 1), "")


def _place(location: tuple[int | str, ...]) -> str:
    """A field in dots. A key that the form does not know could hold anything, so a strange one is not repeated."""
    parts = (str(part) for part in location if part != "[key]")
    return ".".join(part if re.fullmatch(r"[\w:-]{1,40}", part) else "(key)" for part in parts)
