"""Golden readings: whole readings of five reports, kept as files; `python -m tests.test_golden` writes them anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from extractor.reader import Extractor

FOLDER = Path(__file__).parent / "golden"
# What is given beside the text of each report.
REPORTS: dict[str, dict[str, Any]] = {
    "lumbar_and_ct": {"report_id": "G-1", "place_of_service": "11"},
    "neurosurgeon_injected": {"report_id": "G-2", "component": "professional"},
    "stopped": {"report_id": "G-3"},
    "c1_c2_in_2009": {"report_id": "G-4", "service_date": date(2009, 6, 2)},
    "mri_that_mentions_one": {"report_id": "G-5"},
}


def written(engine: Extractor, name: str) -> str:
    """The reading of a report as its file holds it: one line a value, a finding, a code, or a field of spans."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    reading = engine.read(text, **REPORTS[name]).to_dict()
    del reading["versions"]
    return "{\n" + ",\n".join(_lines(reading)) + "\n}\n"


def _lines(reading: dict[str, Any]) -> Iterator[str]:
    for key, value in reading.items():
        label = f" {json.dumps(key)}: "
        if value and key in ("evidence", "spans"):
            inner = [f"  {json.dumps(name)}: {_line(found)}" for name, found in value.items()]
            yield f"{label}{{\n" + ",\n".join(inner) + "\n }"
        elif value and isinstance(value, list) and isinstance(value[0], dict):
            yield f"{label}[\n" + ",\n".join(f"  {_line(one)}" for one in value) + "\n ]"
        else:
            yield f"{label}{_line(value)}"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("name", REPORTS)
def test_golden_reading(engine: Extractor, name: str) -> None:
    """A report reads as it did when its file was written (see tests/golden/README.md)."""
    kept = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert written(engine, name).splitlines() == kept.splitlines()
    json.loads(kept)


def test_every_golden_report_is_read() -> None:
    """The folder holds a report and a reading for each name, and no other."""
    assert sorted(path.name for path in FOLDER.glob("*.*")) == sorted(
        ["README.md", *(f"{name}{ending}" for name in REPORTS for ending in (".txt", ".json"))]
    )


if __name__ == "__main__":
    loaded = Extractor.load()
    for each in REPORTS:
        (FOLDER / f"{each}.json").write_text(written(loaded, each), encoding="utf-8")
