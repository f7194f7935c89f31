"""Corpora: what is read, what is refused, and that a refusal never repeats a report."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extractor.comparison import FIELDS, compare
from extractor.corpus import corpus_files, load
from extractor.errors import UsageError
from extractor.gold_codes import disagreements
from extractor.tables import coding_tables

CORPORA = Path(__file__).parent.parent / "corpora"
TEXT = "LUMBAR MYELOGRAM. Zaphod: 22 gauge needle at L3-4. 12 cc Omnipaque 180. L4-5 disc bulge."
GOLD: dict[str, Any] = {
    "study": "myelogram",
    "status": "completed",
    "injection": {"by": "reporting", "route": "lumbar", "level": "L3-L4", "needle_gauge": 22, "guidance": None},
    "interpretation": True,
    "contrast": [
        {"agent": "iohexol", "brand": "Omnipaque", "concentration": 180, "volume_ml": 12, "route": "intrathecal"}
    ],
    "myelo_regions": ["lumbar"],
    "ct_regions": [],
    "images": {"total": None, "views": []},
    "fluoro_minutes": None,
    "dose_mgy": None,
    "complications": None,
    "findings": [
        {
            "concept": "disc_bulge",
            "level": "L4-L5",
            "side": None,
            "severity": None,
            "assertion": "present",
            "quote": "L4-5 disc bulge",
        }
    ],
    "codes": [{"code": "62304", "modifiers": []}],
    "evidence": {"level": ["needle at L3-4"]},
    "why": "Lumbar injection and reading.",
}


def line(**changes: Any) -> dict[str, Any]:
    """A faultless line, with some keys of the gold changed."""
    gold = {**copy.deepcopy(GOLD), **changes}
    return {"id": "r1", "style": "terse", "text": TEXT, "gold": gold}


def write(path: Path, *lines: dict[str, Any]) -> Path:
    """Lines as a corpus file."""
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return path


def test_a_faultless_line_is_read_as_it_stands(tmp_path: Path) -> None:
    """Text and gold come through untouched, with file and line."""
    corpus = load([write(tmp_path / "anna.jsonl", line())])
    assert corpus.problems == ()
    report = corpus.reports[0]
    assert (report.text, report.gold) == (TEXT, GOLD)
    assert (report.report_id, report.author, report.style, report.line) == ("r1", "anna", "terse", 1)


@pytest.mark.parametrize(
    ("study", "whole"), [("myelogram", True), ("ct_intrathecal", True), ("cisternogram", True), ("other", False)]
)
def test_scope_follows_the_gold_study(tmp_path: Path, study: str, whole: bool) -> None:
    """Outside the scope only study and codes are scored."""
    assert load([write(tmp_path / "a.jsonl", line(study=study))]).reports[0].scored_whole is whole


def _without(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda one: one["gold"].pop(key)


def _set(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(one: dict[str, Any]) -> None:
        place: Any = one
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


LEFT_OUT = "; the line is left out"
FAULTS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "missing key": (_without("status"), "gold.status: Field required" + LEFT_OUT),
    "one value for a list": (
        _set("gold", "codes", value="62304"),
        "gold.codes: Input should be a valid list" + LEFT_OUT,
    ),
    "list for one value": (_set("gold", "status", value=["none"]), "gold.status: Input should be 'completed'"),
    "no text": (_set("text", value=""), "text: String should have at least 1 character" + LEFT_OUT),
    "no id": (_set("id", value=None), "id: Input should be a valid string" + LEFT_OUT),
    "unknown key": (_set("gold", "stauts", value="none"), "gold.stauts: Extra inputs are not permitted"),
    "strange key": (_set("gold", TEXT, value=1), "gold.(key): Extra inputs are not permitted"),
    "value outside the list": (_set("gold", "study", value="Zaphod"), "gold.study: Input should be 'myelogram'"),
    "level written short": (_set("gold", "injection", "level", value="L3-4"), "gold.injection.level: String should"),
    "number in words": (_set("gold", "contrast", 0, "volume_ml", value="Zaphod"), "gold.contrast.0.volume_ml: Input"),
    "true for a number": (_set("gold", "images", "total", value=True), "gold.images.total: Input should be a valid"),
    "precontrast false": (_set("gold", "ct_precontrast", value=False), "gold.ct_precontrast: Input should be True"),
    "unknown evidence field": (_set("gold", "evidence", "volume", value=[]), "gold.evidence.volume: Input should be"),
    "finding quote not in text": (
        _set("gold", "findings", 0, "quote", value="Zaphod bulge"),
        "gold.findings.0.quote: the quote does not occur in the text",
    ),
    "evidence quote not in text": (
        _set("gold", "evidence", "level", value=["needle at L3-4", "Zaphod at"]),
        "gold.evidence.level.1: the quote does not occur in the text",
    ),
    "empty quote": (_set("gold", "findings", 0, "quote", value=""), "gold.findings.0.quote: the quote does not"),
    "region twice": (_set("gold", "ct_regions", value=["lumbar", "lumbar"]), "gold.ct_regions: lumbar stands twice"),
    "finding twice": (
        _set("gold", "findings", value=[GOLD["findings"][0], {**GOLD["findings"][0], "side": "left"}]),
        "gold.findings: disc_bulge L4-L5 present stands twice",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_names_file_line_and_field_and_no_text(tmp_path: Path, fault: str) -> None:
    """The report stays in if it can be scored; the others do in any case; no value of the report is repeated."""
    change, expected = FAULTS[fault]
    broken = {**line(), "id": "r2"}
    change(broken)
    path = write(tmp_path / "a.jsonl", line(), broken, {**line(), "id": "r3"})
    corpus = load([path])
    (problem,) = corpus.problems
    assert str(problem).startswith(f"{path}:2: {expected}")
    assert "Zaphod" not in str(problem)
    kept = [] if problem.left_out else ["r2"]
    assert [report.report_id for report in corpus.reports] == ["r1", *kept, "r3"]
    assert problem.left_out == str(problem).endswith(LEFT_OUT)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_report_that_stays_in_can_be_scored(tmp_path: Path, fault: str) -> None:
    """Whatever is wrong with its values, holding it against a reading does not fail."""
    broken = line()
    FAULTS[fault][0](broken)
    for report in load([write(tmp_path / "a.jsonl", broken)]).reports:
        assert len(list(compare(report, GOLD))) > len(FIELDS)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"id" "r1"}\n', "not JSON (column 7)"),
        (b'"Zaphod"\n', "not a JSON object"),
        (b'{"id": "\xff"}\n', "not UTF-8 (byte 9 of the line)"),
    ],
)
def test_a_line_that_is_no_json_is_named(tmp_path: Path, raw: bytes, message: str) -> None:
    """Broken JSON, a bare value and a foreign encoding each get their line and nothing of their content."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n" + raw)
    assert [str(problem) for problem in load([path]).problems] == [f"{path}:2: {message}{LEFT_OUT}"]


def test_an_id_that_stands_twice_in_a_file_is_told(tmp_path: Path) -> None:
    """Both reports are scored; another author may use the id again."""
    first, second = write(tmp_path / "a.jsonl", line(), line()), write(tmp_path / "b.jsonl", line())
    corpus = load([first, second])
    assert [str(problem) for problem in corpus.problems] == [f"{first}:2: id: the same id as line 1"]
    assert [report.author for report in corpus.reports] == ["a", "a", "b"]


def test_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    """What an editor on Windows saves is a corpus too."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(line()).encode() + b"\r\n")
    assert len(load([path]).reports) == 1


def test_folders_are_read_in_order_and_a_file_once(tmp_path: Path) -> None:
    """A folder stands for its .jsonl files; naming one of them again changes nothing."""
    b, a = write(tmp_path / "b.jsonl", line()), write(tmp_path / "a.jsonl", line())
    (tmp_path / "README.md").write_text("no corpus")
    assert corpus_files([tmp_path, b]) == [a, b]


def test_a_path_that_leads_nowhere_is_an_unusable_call(tmp_path: Path) -> None:
    """A missing file and a folder without corpora are told apart from faults in a line."""
    with pytest.raises(UsageError, match="No such file"):
        load([tmp_path / "none.jsonl"])
    with pytest.raises(UsageError, match=r"no \.jsonl file"):
        load([tmp_path])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, None),
        ({"ct_regions": ["lumbar"]}, "gold.codes: 62304, but the decision table gives 62304 + 72132"),
        ({"codes": []}, "gold.codes: none, but the decision table gives 62304"),
        ({"status": "reduced", "codes": [{"code": "62304", "modifiers": ["52"]}]}, None),
        ({"status": "stopped", "codes": []}, None),
    ],
)
def test_gold_codes_follow_from_gold_facts(tmp_path: Path, changes: dict[str, Any], message: str | None) -> None:
    """What the gold leaves open (the regions planned) may speak for its codes; a faulty fact is told once only."""
    path = write(tmp_path / "a.jsonl", line(**changes))
    found = [str(problem) for problem in disagreements(load([path]), coding_tables().on(None))]
    assert found == ([f"{path}:1: {message}"] if message else [])


def test_the_projects_corpora_have_no_fault() -> None:
    """Form, quotes and codes of every annotated report are as the guideline says, and no text stands twice."""
    corpus = load([CORPORA])
    assert [str(problem) for problem in corpus.problems] == []
    assert [str(problem) for problem in disagreements(corpus, coding_tables().on(None))] == []
    texts = [" ".join(report.text.split()) for report in corpus.reports]
    assert len(set(texts)) == len(texts)
    assert len({report.report_id for report in corpus.reports}) == len(texts)
