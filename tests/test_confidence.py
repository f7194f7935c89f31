"""Confidence in readings: by the shipped model, on real texts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from extractor.confidence import store
from extractor.confidence.judging import Judge
from extractor.errors import ReportError, UsageError
from extractor.pipeline import build
from extractor.reader import Extractor
from extractor.records import Reading, Report
from tests.conftest import ROOT
from tests.test_notes import MYELOGRAM_CODES, NOTES

LUMBAR = """LUMBAR MYELOGRAM

TECHNIQUE: Under fluoroscopic guidance a 22 gauge needle was placed at L3-4. 12 mL of Omnipaque 180 was injected
into the thecal sac. AP, lateral and oblique films were obtained.

FINDINGS: Ventral extradural defect at L4-5. The lumbar roots fill.

IMPRESSION: L4-5 disc herniation."""
SHY = LUMBAR.replace("AP, lateral", "The contrast was run up to the thoracic region. AP, lateral").replace(
    "The lumbar roots fill.", "The lumbar roots fill. The lower thoracic cord may be slightly flattened."
)
RECIPE = "Preheat the oven. Mix two cups of flour with butter and sugar, beat in three eggs and bake for forty minutes."
SPANISH = (
    "Mielografía lumbar: se realizó punción lumbar a nivel L3-L4 con aguja 22G. Se inyectaron 10 ml de contraste. "
    "Se obtuvieron proyecciones AP y lateral. Se observa estenosis del canal en L4-L5. Conclusión: estenosis lumbar."
)


@pytest.fixture(scope="module")
def readings(engine: Extractor) -> list[Reading]:
    """Every report of two authors, read in one stream."""
    lines = [line for name in ("d1", "e3") for line in (ROOT / "corpora" / f"{name}.jsonl").read_text().splitlines()]
    return list(engine.read_many(json.loads(line)["text"] for line in lines))


def probabilities(reading: Reading) -> Iterator[float]:
    """Every probability that a reading carries."""
    yield reading.confidence or 0.0
    yield from (code.confidence or 0.0 for code in reading.codes)
    yield from (one.confidence for one in reading.alternatives)
    for limit in reading.limits:
        yield limit.confidence
        yield from (doubt.probability for doubt in limit.doubts)
        yield from () if limit.nearest is None else (limit.nearest.confidence,)


def test_every_probability_is_one(readings: list[Reading]) -> None:
    """All are finite and in [0, 1]."""
    assert all(math.isfinite(p) and 0 <= p <= 1 for reading in readings for p in probabilities(reading))


def test_a_set_is_never_surer_than_its_codes(readings: list[Reading]) -> None:
    """The confidence of the code set is at most that of each code."""
    assert all(
        (reading.confidence or 0.0) <= (code.confidence or 0.0) for reading in readings for code in reading.codes
    )


def test_every_code_has_its_limit(readings: list[Reading]) -> None:
    """Limits come in the order of the codes, with their confidence and a nearest set without the code."""
    for reading in readings:
        assert [limit.code for limit in reading.limits] == [code.code for code in reading.codes]
        for limit, code in zip(reading.limits, reading.codes, strict=True):
            assert limit.confidence == code.confidence
            assert limit.nearest is None or (limit.code, limit.modifiers) not in limit.nearest.codes


def test_doubts_name_evidence_that_is_there(readings: list[Reading]) -> None:
    """The fields of a doubt are keys of the spans."""
    doubts = [doubt for reading in readings for limit in reading.limits for doubt in limit.doubts]
    assert doubts
    for reading in readings:
        assert all(field in reading.spans for limit in reading.limits for d in limit.doubts for field in d.fields)


def test_a_batch_reads_as_one_by_one(engine: Extractor, readings: list[Reading]) -> None:
    """What is read of a report, confidence too, does not hang on those beside it."""
    assert [engine.read(reading.report.text) for reading in readings[:20]] == readings[:20]


def test_a_plain_report_is_sure(engine: Extractor) -> None:
    """Films of one region, injected and read by one, have a high confidence and need no review for want of it."""
    reading = engine.read(LUMBAR)
    assert [code.code for code in reading.codes] == ["62304"]
    assert (reading.confidence or 0.0) > 0.9


def test_a_region_in_doubt_holds_the_code_down(engine: Extractor) -> None:
    """A second region that is half imaged and half read is named as what holds 62304 down, and leads to 62305."""
    plain, shy = engine.read(LUMBAR), engine.read(SHY)
    assert (shy.confidence or 0.0) < (plain.confidence or 0.0)
    doubts = {doubt.fact for limit in shy.limits for doubt in limit.doubts}
    assert "film thoracic" in doubts
    other = {"62304": "62305", "62305": "62304"}[shy.codes[0].code]
    assert any(other in dict(one.codes) and "thoracic" in one.sentence for one in shy.alternatives)


@pytest.mark.parametrize("text", [RECIPE, SPANISH, LUMBAR * 120], ids=["recipe", "Spanish", "very long"])
def test_a_text_out_of_domain_gets_no_code(engine: Extractor, text: str) -> None:
    """No code, no confidence, and a human is asked."""
    reading = engine.read(text)
    assert (reading.codes, reading.confidence) == ((), 0.0)
    assert any(reason.startswith("Out of domain") for reason in reading.coding.review_reasons)


@pytest.mark.parametrize("text", ["x", "?", "1 2 3", "Lumbar", "word " * 3000])
def test_a_text_of_nothing_is_judged_too(engine: Extractor, text: str) -> None:
    """Texts without section, sentence or fact end in a reading with probabilities."""
    assert all(0 <= p <= 1 for p in probabilities(engine.read(text)))


def test_two_injections_are_judged(engine: Extractor) -> None:
    """A report with a lumbar and a C1-C2 injection has a confidence, and what holds it down."""
    text = LUMBAR.replace("AP, lateral", "A second injection of 5 mL was made at C1-C2. AP, lateral")
    reading = engine.read(text)
    assert reading.codes
    assert all(0 < (code.confidence or 0.0) < 1 for code in reading.codes)


def test_a_rare_value_is_held_down_and_called_rare(engine: Extractor) -> None:
    """Where training had fewer than five reports of a value, its probability is smaller and its doubt says so."""
    model = store.shipped()
    few = {**model.facts.seen, "route": {**model.facts.seen["route"], "c1_c2": 0}}
    scarce = replace(model, facts=replace(model.facts, seen=few))
    text = LUMBAR.replace("placed at L3-4", "placed at C1-2 from a lateral approach").replace("LUMBAR", "CERVICAL")
    nlp = build(reader=False)
    usual, rare = (Judge(one).read([(nlp(text)._.myelogram_outline, Report(text))])[0] for one in (model, scarce))
    assert usual.facts.injection.route == "c1_c2"
    assert (rare.confidence or 0.0) < (usual.confidence or 0.0)
    doubts = [doubt for limit in rare.limits for doubt in limit.doubts if doubt.fact == "route"]
    assert doubts
    assert all(doubt.rare and "rare" in doubt.sentence for doubt in doubts)


def test_no_note_has_a_likely_code_of_a_myelogram(engine: Extractor) -> None:
    """Notes that are no myelograms get none, and no alternative of one half or more."""
    for reading in engine.read_many(Report(note["text"], note["id"]) for note in NOTES):
        assert not MYELOGRAM_CODES & {code.code for code in reading.codes}, reading.report.report_id
        for one in reading.alternatives:
            assert one.confidence < 0.5 or not MYELOGRAM_CODES & set(dict(one.codes)), reading.report.report_id


def test_the_date_of_service_changes_the_codes_not_the_facts(engine: Extractor) -> None:
    """Before 2015 the component codes carry the confidence."""
    reading = engine.read(LUMBAR, service_date=date(2012, 6, 19))
    assert [code.code for code in reading.codes] == ["62284", "72265"]
    assert all((code.confidence or 0.0) > 0.8 for code in reading.codes)


def test_a_modifier_of_the_place_does_not_matter(engine: Extractor) -> None:
    """26 is on the bill, not in the text: confidence stays."""
    text = (ROOT / "corpora" / "d1.jsonl").read_text(encoding="utf-8").splitlines()[3]
    plain, billed = (engine.read(json.loads(text)["text"], place_of_service=place) for place in (None, "22"))
    assert [code.confidence for code in plain.codes] == [code.confidence for code in billed.codes]


def test_without_confidence_the_rules_alone_decide() -> None:
    """No probability anywhere, and no model is named."""
    reading = Extractor.load(confidence=False).read(LUMBAR)
    assert reading.confidence is None
    assert [code.confidence for code in reading.codes] == [None]
    assert (reading.limits, reading.alternatives, "model" in reading.versions) == ((), (), False)


@pytest.mark.parametrize(
    "wrong", [{"confidence": False, "max_error": 0.02}, {"confidence": False, "model": ROOT}, {"reviewed": ROOT}]
)
def test_options_that_rule_each_other_out_are_refused(wrong: dict[str, Any]) -> None:
    """Nothing that was asked for is silently left out."""
    with pytest.raises(UsageError):
        Extractor.load(**wrong)


def test_the_model_is_named(engine: Extractor) -> None:
    """A reading says which model judged it."""
    assert engine.read(LUMBAR).versions["model"].startswith("myelogram-")


def test_the_dial_asks_for_review() -> None:
    """With a tolerated error of one in a thousand no code has examples enough, so everything is reviewed."""
    strict = Extractor.load(max_error=0.001)
    assert strict.dial is not None
    assert strict.read(LUMBAR).needs_review
    assert not Extractor.load(max_error=0.1).read(LUMBAR).needs_review


def test_readings_before_a_bad_report_are_given(engine: Extractor) -> None:
    """A report that cannot be read does not take those before it along."""
    stream = engine.read_many([LUMBAR, " ", LUMBAR])
    assert next(stream).confidence is not None
    with pytest.raises(ReportError):
        next(stream)
    with pytest.raises(UsageError):
        next(engine.read_many([Report(LUMBAR, component="both")]))
