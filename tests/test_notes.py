"""Notes that are no report of a myelogram, however much they tell of one, get no code of one."""

from __future__ import annotations

import json

import pytest

from extractor.reader import Extractor
from tests.conftest import ROOT

# Synthetic, written for this project: operations that quote a myelogram, consents, letters, reviews of records, orders,
# punctures and injections with contrast elsewhere.
FILES = sorted((ROOT / "corpora" / "notes").glob("*.jsonl"))
NOTES = [json.loads(line) for file in FILES for line in file.read_text(encoding="utf-8").splitlines()]
MYELOGRAM_CODES = frozenset(
    [
        *("62302", "62303", "62304", "62305", "62284", "61055", "72240", "72255", "72265", "72270"),
        *("72126", "72127", "72129", "72130", "72132", "72133", "70010", "70015"),
    ]
)


@pytest.mark.parametrize("note", NOTES, ids=[note["id"] for note in NOTES])
def test_no_code_of_a_myelogram(engine: Extractor, note: dict[str, str]) -> None:
    """Not one of the codes of a myelogram or of a CT with intrathecal contrast."""
    assert not MYELOGRAM_CODES & {code.code for code in engine.read(note["text"]).codes}
