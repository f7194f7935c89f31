"""Case files: what is marked in a sentence is what the engine reads out of it, with those words as evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date

import pytest

from extractor.reader import Extractor
from extractor.records import ASSERTIONS, REGIONS, Contrast, Finding, Reading
from extractor.tables import DATA, coding_tables, word_tables
from tests.markup import FOLDER, Case, Expected, MarkupError, cases, parse

CONCEPTS = tuple(word_tables("findings.toml")["concept"])
SIDES = ("left", "right", "bilateral")
SEVERITIES = ("mild", "mild_moderate", "moderate", "moderate_severe", "severe")
ROUTES = ("intrathecal", "intravenous", "epidural", "subdural", "intradiscal", "other")
# These two say how a report is laid out, which test_sections.py looks at.
LAYOUT = ("sections.txt", "sentences.txt")
FILES = sorted(path.name for path in FOLDER.glob("*.txt") if path.name not in LAYOUT)
CASES = [case for name in FILES for case in cases(name)]
# Fields of a reading that stand inside another record, and the keys of their spans where these differ.
NESTED = {
    "by": "injection", "route": "injection", "level": "injection", "needle_gauge": "injection", "guidance": "injection",
    "total": "images", "views": "images",
    "position": "details", "csf_return": "details", "opening_pressure_cmh2o": "details", "table_tilt": "details",
    "sedation": "details", "site_of_service": "details", "permanent_images": "details", "operator": "details",
    "interpreter": "details",
}  # fmt: skip
SPANS = {"by": "injection", "total": "images", "views": "images"}
# Fields whose one value is words of the report.
QUOTED = ("operator", "interpreter", "table_tilt")
REGIONAL = {"myelo_regions": "myelo_region", "ct_regions": "ct_region"}


@pytest.mark.parametrize("case", CASES, ids=[case.place for case in CASES])
def test_case(engine: Extractor, case: Case) -> None:
    """Every field holds what is marked, and nothing else; the marked words are among its evidence."""
    reading = next(engine.read_many([case.report]))
    assert list(differences(reading, case)) == []


def differences(reading: Reading, case: Case) -> Iterator[str]:
    """One line for each field that is not as expected, and for each expectation without its evidence."""
    wanted = [one for field in case.fields for one in (CONCEPTS if field == "findings" else (field,))]
    for field in dict.fromkeys(wanted):
        expected = sorted(value for one in case.of(field) for value in meant(one))
        found = sorted(said(reading, field))
        if found != expected:
            yield f"{field}: read {found}, expected {expected}"
            continue
        for one in case.of(field):
            if one.start >= 0 and not any(is_evidence(reading, one, value) for value in meant(one)):
                yield f"{field}: no evidence in {case.words(one)!r}"


def meant(one: Expected) -> list[str]:
    """The values of an expectation in the form of `said`."""
    if one.field in CONCEPTS:
        return list(_findings(one))
    if one.field == "contrast":
        return [_contrast(one.values)]
    if one.field in QUOTED:
        return [" ".join(one.values)]
    return list(one.values)


def _findings(one: Expected) -> Iterator[str]:
    """One finding for each level that is named."""
    rest = [value for value in one.values if value not in (*ASSERTIONS, *SIDES, *SEVERITIES)]
    kinds = [_only(one.values, known) for known in (ASSERTIONS, SIDES, SEVERITIES)]
    for level in rest or ["-"]:
        yield f"{one.field} {level} {kinds[1] or '-'} {kinds[2] or '-'} {kinds[0] or 'present'}"


def _only(values: tuple[str, ...], known: tuple[str, ...]) -> str | None:
    return next((value for value in values if value in known), None)


def _contrast(values: tuple[str, ...]) -> str:
    """Agent, brand, concentration, volume and route; intrathecal where no route is named."""
    agents = {agent.generic for agent in coding_tables().agents}
    brands = {agent.brand for agent in coding_tables().agents}
    parts = [
        next((value for value in values if value in agents), "-"),
        next((value for value in values if value in brands), "-"),
        next((value for value in values if value.replace(".", "").isdigit()), "-"),
        next((value for value in values if value.endswith("mL")), "-"),
        _only(values, (*ROUTES, "unknown")) or "intrathecal",
    ]
    assert len(set(values)) == len([part for part in parts if part in values]), f"no contrast: {values}"
    return " ".join(parts)


def said(reading: Reading, field: str) -> list[str]:
    """What a reading says of a field, one text a value; nothing where it says nothing."""
    if field in CONCEPTS:
        return [_finding(found) for found in reading.findings if found.concept == field]
    if field == "contrast":
        return [_poured(given) for given in reading.facts.contrast]
    if field == "codes":
        return ["-".join((code.code, *code.modifiers)) for code in reading.codes]
    holder = getattr(reading.facts, NESTED[field]) if field in NESTED else reading.facts
    value = getattr(holder, field)
    return [_text(one) for one in value] if isinstance(value, tuple) else [_text(value)] if value is not None else []


def _finding(found: Finding) -> str:
    return f"{found.concept} {found.level or '-'} {found.side or '-'} {found.severity or '-'} {found.assertion}"


def _poured(given: Contrast) -> str:
    amount = None if given.volume_ml is None else f"{given.volume_ml:g}mL"
    values = (given.agent, given.brand, given.concentration, amount, given.route or "unknown")
    return " ".join("-" if value is None else _text(value) for value in values)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def is_evidence(reading: Reading, one: Expected, value: str) -> bool:
    """Whether the marked words lie on a span of their field, or on the quote of their finding."""
    if one.field in CONCEPTS:
        spans = [(found.start, found.end) for found in reading.findings if _finding(found) == value]
    else:
        key = f"{REGIONAL[one.field]}:{value}" if one.field in REGIONAL else SPANS.get(one.field, one.field)
        spans = [(span.start, span.end) for span in reading.spans.get(key, ())]
    return any(start < one.end and one.start < end for start, end in spans)


# ---- nothing of the closed lists without its case

AGENTS = coding_tables().agents
SCHEMA = json.loads(DATA.joinpath("reading.schema.json").read_text(encoding="utf-8"))
LEXICON = word_tables("lexicon.toml")
# An operation that was never done is no finding.
NO_FINDINGS = [("postoperative_change", "absent")]


def marked(field: str) -> set[str]:
    """All values that some case expects of a field."""
    return {value for case in CASES for one in case.of(field) for value in one.values}


@pytest.mark.parametrize("assertion", ["present", "absent", "possible"])
@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_concept_has_cases(concept: str, assertion: str) -> None:
    """Each concept is found, ruled out and doubted in some sentence of findings.txt."""
    found = [value for case in cases("findings.txt") for one in case.of(concept) for value in meant(one)]
    assert any(value.endswith(f" {assertion}") for value in found) != ((concept, assertion) in NO_FINDINGS)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_concept_has_several_wordings(concept: str) -> None:
    """Each concept is written in at least three ways."""
    wordings = {case.words(one).lower() for case in cases("findings.txt") for one in case.of(concept)}
    assert len(wordings) >= 3


@pytest.mark.parametrize("value", [*SIDES, *SEVERITIES, "historical"])
def test_every_qualifier_has_a_case(value: str) -> None:
    """Each side, severity and assertion stands with some finding."""
    assert any(value in one.values for case in CASES for concept in CONCEPTS for one in case.of(concept))


@pytest.mark.parametrize("name", sorted({agent.generic for agent in AGENTS} | {a.brand for a in AGENTS if a.brand}))
def test_every_agent_and_brand_has_a_case(name: str) -> None:
    """Each contrast agent and each of its brands is read out of a sentence of agents.txt."""
    generic = {agent.generic for agent in AGENTS}
    entries = [meant(one)[0].split() for case in cases("agents.txt") for one in case.of("contrast")]
    assert any(name in entry and (name not in generic or entry[1] == "-") for entry in entries)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("field", ["title_regions", "myelo_regions", "ct_regions"])
def test_every_region_has_a_case(field: str, region: str) -> None:
    """Each region is ordered by a title, filmed, and read on CT in some case of regions.txt."""
    assert region in {value for case in cases("regions.txt") for one in case.of(field) for value in one.values}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("views", LEXICON["valued"]["view"]),
        ("position", LEXICON["valued"]["position"]),
        ("sedation", LEXICON["valued"]["sedation"]),
        ("site_of_service", LEXICON["valued"]["site"]),
        ("csf_return", LEXICON["valued"]["csf_appearance"]),
        ("study", SCHEMA["properties"]["study"]["enum"]),
        ("status", SCHEMA["properties"]["status"]["enum"]),
        ("by", ["reporting", "other"]),
        ("route", ["lumbar", "c1_c2", "cisternal", "existing_access"]),
        ("guidance", ["fluoroscopy", "ct", "none"]),
        ("complications", ["none", "present"]),
    ],
)
def test_every_value_has_a_case(field: str, values: list[str]) -> None:
    """Each value of a closed list is expected somewhere."""
    assert set(values) <= marked(field)


@pytest.mark.parametrize("code", sorted(coding_tables().codes))
def test_every_code_has_a_case(code: str) -> None:
    """Each code that a report can bring is brought by one of studies.txt, and no other."""
    brought = [value for case in cases("studies.txt") for one in case.of("codes") for value in one.values]
    proposed = {value.partition("-")[0] for value in brought}
    assert code in proposed


def test_every_field_is_in_the_readme() -> None:
    """The fields that the cases use are those that README.md explains."""
    explained = set(re.findall(r"`(\w+)`", (FOLDER / "README.md").read_text(encoding="utf-8")))
    assert {one.field for case in CASES for one in case.expected} - set(CONCEPTS) <= explained


# ---- the form of the files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("A case of nothing.", "t:1: nothing is expected"),
        ("% chek findings", "t:1: unknown directive"),
        ("% frame without a place", "t:1: unknown directive"),
        ("% check findings\n<<<\nEXAM", "t: the last block is not closed"),
        ("[words|two-part word]", "t:1: 'two-part' is no field"),
    ],
)
def test_a_file_that_is_not_in_the_form_is_refused(content: str, message: str) -> None:
    """A slip in a case file is an error with file and line, not a case that tests nothing."""
    with pytest.raises(MarkupError, match=f"^{re.escape(message)}$"):
        list(parse(content, "t"))


def test_marks_give_the_report_and_the_bounds_of_their_words() -> None:
    """Brackets and expectations are cut out, frame and line breaks are put in, boxes of a form stay."""
    [case] = parse("% frame A: {}!\n[ ] no [x] a\\n[b c|study other; total 2] => on 2012-05-14; codes", "t")
    assert case.report.text == "A: [ ] no [x] a\nb c!"
    assert case.report.service_date == date(2012, 5, 14)
    assert [(one.field, one.values, case.words(one)) for one in case.expected] == [
        ("study", ("other",), "b c"),
        ("total", ("2",), "b c"),
        ("codes", (), ""),
    ]
