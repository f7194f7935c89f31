"""Variants of annotated reports: the same every time, with codes that the decision table gives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from extractor.corpus import AnnotatedReport, Corpus, load
from extractor.gold_codes import disagreements
from extractor.tables import coding_tables
from extractor.variants import FLIPPING, PRESERVING, variants
from extractor.variants.pieces import joined, pieces
from tests.conftest import ROOT

RULES = coding_tables().on(None)
DECIDING = ("study", "status", "injection", "interpretation", "contrast", "myelo_regions", "ct_regions", "codes")


def kind(variant: AnnotatedReport) -> str:
    """The edit that made a variant."""
    return variant.report_id.rpartition("+")[2]


@pytest.fixture(scope="module")
def parents() -> Mapping[str, AnnotatedReport]:
    """The annotated reports of five authors, by id."""
    return {r.report_id: r for r in load(ROOT / "corpora" / f"d{number}.jsonl" for number in range(1, 6)).reports}


@pytest.fixture(scope="module")
def made(parents: Mapping[str, AnnotatedReport]) -> list[tuple[AnnotatedReport, AnnotatedReport]]:
    """Every variant of these reports with its parent."""
    return [(parent, variant) for parent in parents.values() for variant in variants(parent, rules=RULES)]


Made = list[tuple[AnnotatedReport, AnnotatedReport]]


def test_equal_reports_and_seeds_give_equal_variants(parents: Mapping[str, AnnotatedReport], made: Made) -> None:
    """Neither the order of the reports nor what was made before matters."""
    again = [variant for parent in reversed(parents.values()) for variant in variants(parent, rules=RULES)]
    assert {v.report_id: v.text for v in again} == {v.report_id: v.text for _, v in made}


def test_another_seed_gives_other_variants(parents: Mapping[str, AnnotatedReport]) -> None:
    """The seed chooses among the sentences and slips."""
    parent = next(iter(parents.values()))
    texts = [{v.text for v in variants(parent, rules=RULES, seed=seed)} for seed in (0, 1)]
    assert texts[0] != texts[1]


def test_a_variant_belongs_to_the_author_of_its_parent(made: Made) -> None:
    """Who measures author by author finds a variant where its parent is."""
    assert all(
        (v.author, v.line, v.style, v.report_id) == (p.author, p.line, p.style, f"{p.report_id}+{kind(v)}")
        for p, v in made
    )


def test_every_kind_occurs(made: Made) -> None:
    """No edit is so careful that it never applies."""
    assert {kind(variant) for _, variant in made} == {*PRESERVING, *FLIPPING}


def test_preserving_edits_keep_every_deciding_fact(made: Made) -> None:
    """Only the words change."""
    for parent, variant in made:
        if kind(variant) in PRESERVING:
            assert {key: variant.gold[key] for key in DECIDING} == {key: parent.gold[key] for key in DECIDING}


def test_flipping_edits_change_a_deciding_fact(made: Made) -> None:
    """What an edit of this group does is to be seen in the gold."""
    for parent, variant in made:
        if kind(variant) in FLIPPING:
            assert any(variant.gold[key] != parent.gold[key] for key in DECIDING), variant.report_id


def test_every_code_set_is_one_of_the_decision_table(made: Made) -> None:
    """The form of the gold holds and its codes follow from its facts."""
    assert list(disagreements(Corpus(tuple(variant for _, variant in made)), RULES)) == []


def test_the_text_is_another_one(made: Made) -> None:
    """A variant that says the same in the same words teaches nothing."""
    assert all(variant.text.strip() and variant.text != parent.text for parent, variant in made)


def test_pieces_are_the_whole_text(parents: Mapping[str, AnnotatedReport]) -> None:
    """Nothing of a report is lost between headings and sentences."""
    assert all(joined(pieces(parent.text)) == parent.text for parent in parents.values())


REPORT = """LUMBAR MYELOGRAM

HISTORY: Left leg pain.

TECHNIQUE: A 22 gauge needle was placed at L3-4 under fluoroscopy. 10 mL of Omnipaque 300 was injected. AP and lateral
films of the lumbar spine were taken.

FINDINGS: Ventral defect at L4-5. Root sleeves fill.

IMPRESSION: Bulge at L4-5.
"""
GOLD: dict[str, Any] = {
    "study": "myelogram",
    "status": "completed",
    "injection": {
        "by": "reporting",
        "route": "lumbar",
        "level": "L3-L4",
        "needle_gauge": 22,
        "guidance": "fluoroscopy",
    },
    "interpretation": True,
    "contrast": [
        {"agent": "iohexol", "brand": "Omnipaque", "concentration": 300, "volume_ml": 10, "route": "intrathecal"}
    ],
    "myelo_regions": ["lumbar"],
    "ct_regions": [],
    "images": {"total": None, "views": ["AP", "lateral"]},
    "fluoro_minutes": None,
    "dose_mgy": None,
    "complications": None,
    "findings": [],
    "codes": [{"code": "62304", "modifiers": []}],
    "evidence": {
        "injection": ["A 22 gauge needle was placed at L3-4 under fluoroscopy"],
        "region:lumbar": ["Ventral defect at L4-5"],
    },
}


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("region_swapped", "62302", "Ventral defect at C5-6"),
        ("injected_by_other", "72265", "Left leg pain"),
        ("injected_elsewhere", "72265", "films of the lumbar spine"),
        ("injected_high", "61055+72265", "C1"),
        ("injected_by_access", "72265", "existing"),
        ("reading_deleted", "62284", "10 mL of Omnipaque 300"),
        ("stopped", "62284-53", "contrast"),
    ],
)
def test_a_flipped_report_has_the_codes_of_what_it_tells(name: str, code: str, told: str) -> None:
    """One small report, told otherwise."""
    report = AnnotatedReport(Path("one.jsonl"), 1, "one", "", REPORT, GOLD)
    variant = next(v for v in variants(report, rules=RULES) if kind(v) == name)
    assert "+".join("-".join((c["code"], *c["modifiers"])) for c in variant.gold["codes"]) == code
    assert told in variant.text
