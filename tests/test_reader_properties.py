"""What holds of every reading, whatever the report: offsets, repetition, line ends, any text at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import cycle
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.errors import ReportError
from extractor.reader import Extractor
from extractor.records import Finding, Reading, Report, Span
from extractor.tables import DATA
from tests.conftest import ROOT

VALIDATOR = jsonschema.Draft202012Validator(
    json.loads(DATA.joinpath("reading.schema.json").read_text(encoding="utf-8"))
)
SPACES = [" ", "\n", "\r\n\r\n", "\t \n \n", "\u00a0", "\x0c"]
BASE = """EXAM: LUMBAR MYELOGRAM WITH CT

HISTORY: {}Left leg pain.

TECHNIQUE: Under fluoroscopic guidance a 22 gauge needle was placed in the
thecal sac at L3-4. 12 mL of Omnipaque 180 was injected. Four AP and two lateral
images were obtained. Fluoroscopy time 1 min 48 s, 22 mGy. No complications.

MYELOGRAM: Ventral extradural defect at L4-5. No block.

CT LUMBAR SPINE:
L4-5: Disc bulge with moderate canal stenosis.

IMPRESSION: Stenosis at L4-5."""
# Pieces that the rules look at, to be strung together in any order with anything between.
PIECES = """\
LUMBAR MYELOGRAM|FINDINGS:|IMPRESSION:|ADDENDUM:|HISTORY:|TECHNIQUE|CT CERVICAL SPINE:|L4-5:|L5-S1
C1-C2 puncture|T12-|between L3 and L4|22 gauge needle|10 mL of Omnipaque 180|was injected intrathecally
Isovue-M|(300|no|without|possible|thecal sac|cannot be excluded|disc herniation|cord compression|is indented
foramina are patent|four AP|two lateral films|a total of|twelve|images|x 15|Fluoroscopy time|1:48|48 mGy
Gy cm2|no complications|headache|Dr. Smith of Neurosurgery|by the neurosurgeon|[ ]|[x]|was terminated
could not|the procedure|(|)|. |: |; | - |1. |  |\t""".replace("\n", "|").split("|")
REPORT_LIKE = st.lists(
    st.one_of(st.sampled_from([*PIECES, "\n", "\r\n", "\n\n", "\r", "|"]), st.text(max_size=4)), max_size=40
).map(" ".join)
# Characters that take two UTF-16 units, several code points to a sign, or no width at all.
NOISE = st.text("\U0001f9b4\U0001f468\u200d\u2695\ufe0fe\u0301\u0308\u05d0\u200f\u3000\u00df\u0130\ufb01 ", max_size=12)


@pytest.fixture(scope="module")
def readings(engine: Extractor) -> Mapping[str, Reading]:
    """All reports of the corpora by id, each read once."""
    corpora = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "corpora").glob("*.jsonl"))]
    reports = [json.loads(line) for corpus in corpora for line in corpus.split("\n") if line.strip()]
    return {report["id"]: engine.read(report["text"]) for report in reports}


def misquoted(reading: Reading) -> list[str]:
    """The quotes that do not stand where their offsets say."""
    text = reading.report.text
    quotes: list[Finding | Span] = [*reading.findings, *(span for found in reading.spans.values() for span in found)]
    return [q.quote for q in quotes if not (0 <= q.start < q.end <= len(text) and text[q.start : q.end] == q.quote)]


def content(reading: Reading) -> dict[str, Any]:
    """What was read, without the text, its place in it, and how sure it is."""
    findings = [replace(found, start=0, end=0, quote="") for found in reading.findings]
    coding = replace(reading.coding, codes=tuple(replace(code, confidence=None) for code in reading.codes))
    return {"facts": reading.facts, "findings": findings, "coding": coding, "fields": list(reading.spans)}


def places(reading: Reading) -> list[tuple[str, int, int]]:
    """Where the evidence of each field stands."""
    found = [(field, one.start, one.end) for field, spans in reading.spans.items() for one in spans]
    return [*found, *((one.concept, one.start, one.end) for one in reading.findings)]


def assert_holds(reading: Reading) -> None:
    """The reading quotes its text and has the form of the schema."""
    assert misquoted(reading) == []
    assert [fault.json_path for fault in VALIDATOR.iter_errors(json.loads(json.dumps(reading.to_dict())))] == []


# ---- every report of the corpora


def test_every_quote_stands_where_its_offsets_say(readings: Mapping[str, Reading]) -> None:
    """`text[start:end] == quote` for every span and every finding."""
    assert {name for name, reading in readings.items() if misquoted(reading)} == set()


def test_many_are_read_as_one(readings: Mapping[str, Reading]) -> None:
    """`read_many` of a new engine gives, for texts and records from last to first, what `read` gave one by one."""
    expected = [*readings.values()][::-1]
    texts = [reading.report.text for reading in expected]
    mixed = [text if at % 2 else Report(text) for at, text in enumerate(texts)]
    assert list(Extractor.load().read_many(mixed)) == expected


def test_white_space_at_the_end_changes_nothing(engine: Extractor, readings: Mapping[str, Reading]) -> None:
    """Facts, findings, codes and every offset stay, whatever white space ends the text."""
    differing = []
    for space, (name, known) in zip(cycle(SPACES), readings.items(), strict=False):
        padded = engine.read(known.report.text + space)
        if (content(padded), places(padded), padded.limits) != (content(known), places(known), known.limits):
            differing.append(name)
    assert differing == []


def test_line_ends_change_nothing(engine: Extractor, readings: Mapping[str, Reading]) -> None:
    """With CRLF for LF the same is read, and offsets move by the line ends before them."""
    differing = []
    for name, known in readings.items():
        text = known.report.text
        if "\r" in text:
            continue
        crlf = engine.read(text.replace("\n", "\r\n"))
        moved = [
            (field, at + text.count("\n", 0, at), end + text.count("\n", 0, end)) for field, at, end in places(known)
        ]
        if (content(crlf), places(crlf), crlf.limits) != (content(known), moved, known.limits) or misquoted(crlf):
            differing.append(name)
    assert differing == []


# ---- any text


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(REPORT_LIKE, st.text(min_size=1, max_size=200)))
def test_any_text_is_read(engine: Extractor, text: str) -> None:
    """No text is an error but an empty one; each gives a reading that holds together, twice the same."""
    if not text.strip():
        with pytest.raises(ReportError, match="the text is empty"):
            engine.read(text)
        return
    reading = engine.read(text)
    assert_holds(reading)
    assert engine.read(text) == reading


@settings(max_examples=60, deadline=None)
@given(noise=NOISE)
def test_signs_before_the_evidence_move_it(engine: Extractor, noise: str) -> None:
    """Emoji, combining marks and signs without width in the history shift offsets by their code points and no more."""
    plain, noisy = engine.read(BASE.format("")), engine.read(BASE.format(noise))
    at = BASE.index("{}")
    moved = [(field, start + len(noise), end + len(noise)) for field, start, end in places(plain) if start >= at]
    assert content(noisy) == content(plain)
    assert [place for place in places(noisy) if place[1] >= at] == moved
    assert misquoted(noisy) == []


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(1, len(BASE)), upper=st.booleans())
def test_a_report_may_end_anywhere(engine: Extractor, cut: int, upper: bool) -> None:
    """A report that was cut off, in capitals or not, is read as far as it goes."""
    text = BASE[:cut].upper() if upper else BASE[:cut]
    assert_holds(engine.read(text))


def test_a_text_of_megabytes_is_read(engine: Extractor) -> None:
    """There is no length at which reading ends in an error."""
    reading = engine.read(BASE.format("") + " " * 1_200_000 + "\n\nADDENDUM: None.")
    assert [code.code for code in reading.codes] == ["62304", "72132"]


def test_half_a_character_is_an_error_without_text(engine: Extractor) -> None:
    """A lone surrogate, as broken decoders leave it, is a `ReportError`, which never holds words of the report."""
    with pytest.raises(ReportError):
        engine.read("LUMBAR MYELOGRAM \ud83e")


def test_line_ends_of_hl7_change_no_code(engine: Extractor, readings: Mapping[str, Reading]) -> None:
    """The line ends of an HL7 text segment are line ends."""
    for name, known in list(readings.items())[::3]:
        text = known.report.text
        if "\r" not in text:
            hl7 = engine.read(text.replace("\n", "\\.br\\"))
            assert [code.code for code in hl7.codes] == [code.code for code in known.codes], name


def test_every_code_leads_to_its_evidence(readings: Mapping[str, Reading]) -> None:
    """The facts that a code names are keys of the spans; only what a report says by its silence has none."""
    silent = {"status", "ct_precontrast", "contrast", "interpretation", "title_regions", "csf_withdrawal", "guidance"}
    blind = [
        (name, code.code, fact)
        for name, reading in readings.items()
        for code in reading.codes
        for fact in code.facts
        if fact not in silent and not reading.overruled and not reading.spans.get(fact)
    ]
    assert blind == []
