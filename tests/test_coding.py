"""Codes: the decision table against the gold, one case for every code, and what must hold for any facts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from extractor.codebook import CONDITIONS
from extractor.coding import Case, Deciding, case, code, code_set, deciding, fired
from extractor.errors import UsageError
from extractor.records import REGIONS, Code, Contrast, Facts, Injection
from extractor.tables import coding_tables

CORPORA = Path(__file__).parent.parent / "corpora"
TABLES = coding_tables()
TODAY = TABLES.on(None)
IOHEXOL = Contrast("iohexol", "Omnipaque", 300.0, 10.0, "intrathecal")
MYELOGRAM = Facts(
    study="myelogram",
    status="completed",
    injection=Injection("reporting", "lumbar", "L3-L4", 22, "fluoroscopy"),
    interpretation=True,
    contrast=(IOHEXOL,),
    myelo_regions=("lumbar",),
)
PUNCTURE = Facts(study="lumbar_puncture", status="completed", injection=Injection("none", "lumbar"))
FAILED = replace(MYELOGRAM, status="discontinued", interpretation=False, myelo_regions=(), contrast=())


def codes(facts: Facts, day: date | None = None) -> list[str]:
    """Codes with their modifiers, as one writes them: 62284-53."""
    return ["-".join((number, *modifiers)) for number, modifiers in code_set(deciding(facts), TABLES.on(day))]


def changed(facts: Facts, **values: Any) -> Facts:
    """Facts with other values; `by`, `route` and `guidance` go into the injection."""
    injection = {key: values.pop(key) for key in ("by", "route", "guidance") if key in values}
    return replace(facts, injection=replace(facts.injection, **injection), **values)


# ---- the gold ------------------------------------------------------------------------------------------------

# Regions that the text plans, where the gold's facts cannot say it: read from title or request.
PLANNED = {
    "d1-013": REGIONS,
    "d1-019": REGIONS,
    "d1-031": ("lumbar",),
    "d2-009": ("cervical", "lumbar"),
    "d2-031": ("cervical",),
    "d3-032": ("thoracic", "lumbar"),
    "d4-009": ("lumbar",),
    "d4-011": ("cervical", "lumbar"),
    "d4-012": ("thoracic",),
    "d4-026": ("thoracic", "lumbar"),
}
THERAPEUTIC = ("d1-033", "d5-030")
CHEMOTHERAPY = ("d5-014",)


def reports() -> Iterator[Any]:
    """The development reports: id, gold."""
    for name in ("d1", "d2", "d3", "d4", "d5"):
        for line in (CORPORA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            report = json.loads(line)
            yield pytest.param(report["id"], report["gold"], id=report["id"])


def gold_facts(report_id: str, gold: dict[str, Any]) -> Facts:
    """The gold's facts, with what it cannot say filled in."""
    return Facts(
        study=gold["study"],
        status=gold["status"],
        injection=Injection(**gold["injection"]),
        interpretation=gold["interpretation"],
        contrast=tuple(Contrast(**contrast) for contrast in gold["contrast"]),
        myelo_regions=tuple(gold["myelo_regions"]),
        ct_regions=tuple(gold["ct_regions"]),
        ct_precontrast=gold.get("ct_precontrast", False),
        title_regions=PLANNED.get(report_id, ()),
        csf_withdrawal="therapeutic" if report_id in THERAPEUTIC else None,
        flags=("intrathecal_chemotherapy",) if report_id in CHEMOTHERAPY else (),
    )


@pytest.mark.parametrize(("report_id", "gold"), list(reports()))
def test_gold_facts_give_gold_codes(report_id: str, gold: dict[str, Any]) -> None:
    """The table gives the codes that the annotators gave."""
    expected = {"-".join((item["code"], *item["modifiers"])) for item in gold["codes"]}
    assert set(codes(gold_facts(report_id, gold))) == expected


def test_all_development_reports_are_there() -> None:
    """None of the 184 reports is left out of the test above."""
    assert len(list(reports())) == 184


# ---- every code and every rule ---------------------------------------------------------------------------------

CT = changed(MYELOGRAM, study="ct_intrathecal", myelo_regions=())
CASES: list[tuple[Facts, list[str]]] = [
    (changed(MYELOGRAM, myelo_regions=("cervical",)), ["62302"]),
    (changed(MYELOGRAM, myelo_regions=("thoracic",)), ["62303"]),
    (MYELOGRAM, ["62304"]),
    (changed(MYELOGRAM, myelo_regions=("cervical", "lumbar")), ["62305"]),
    (changed(MYELOGRAM, myelo_regions=REGIONS), ["62305"]),
    (changed(MYELOGRAM, route=None), ["62304"]),
    (changed(MYELOGRAM, interpretation=False, myelo_regions=()), ["62284"]),
    (changed(MYELOGRAM, route="c1_c2", interpretation=False, myelo_regions=()), ["61055"]),
    (changed(MYELOGRAM, by="other", myelo_regions=("cervical",)), ["72240"]),
    (changed(MYELOGRAM, by="other", myelo_regions=("thoracic",)), ["72255"]),
    (changed(MYELOGRAM, by="other"), ["72265"]),
    (changed(MYELOGRAM, by="other", route=None), ["72265"]),
    (changed(MYELOGRAM, by="other", route="c1_c2"), ["72265"]),
    (changed(MYELOGRAM, by="none", route=None), ["72265"]),
    (changed(MYELOGRAM, by="other", myelo_regions=("thoracic", "lumbar")), ["72270"]),
    (changed(MYELOGRAM, by="other", interpretation=False, myelo_regions=()), []),
    (changed(MYELOGRAM, route="c1_c2", myelo_regions=("cervical",)), ["61055", "72240"]),
    (changed(MYELOGRAM, route="cisternal", myelo_regions=("cervical", "thoracic")), ["61055", "72270"]),
    (changed(MYELOGRAM, route="existing_access"), ["72265"]),
    (changed(MYELOGRAM, route="existing_access", interpretation=False, myelo_regions=()), []),
    (changed(MYELOGRAM, flags=("posterior_fossa",)), ["62304"]),
    (changed(MYELOGRAM, flags=("posterior_fossa",), myelo_regions=()), ["70010", "62284"]),
    (changed(MYELOGRAM, flags=("posterior_fossa",), myelo_regions=(), route="c1_c2"), ["70010", "61055"]),
    (changed(MYELOGRAM, flags=("posterior_fossa",), myelo_regions=(), route="existing_access"), ["70010"]),
    (changed(MYELOGRAM, flags=("posterior_fossa",), myelo_regions=(), by="other"), ["70010"]),
    (changed(MYELOGRAM, ct_regions=("lumbar",)), ["62304", "72132"]),
    (changed(MYELOGRAM, ct_regions=REGIONS), ["62304", "72126", "72129", "72132"]),
    (changed(MYELOGRAM, ct_regions=REGIONS, ct_precontrast=True), ["62304", "72127", "72130", "72133"]),
    (changed(FAILED, interpretation=True, ct_regions=REGIONS), ["62284-53", "72125", "72128", "72131"]),
    (changed(CT, ct_regions=("cervical",)), ["62284", "72126"]),
    (changed(CT, ct_regions=("thoracic",), route="c1_c2"), ["61055", "72129"]),
    (changed(CT, ct_regions=("lumbar",), by="other"), ["72132"]),
    (changed(CT, ct_regions=("lumbar",), route="existing_access"), ["72132"]),
    (changed(MYELOGRAM, study="cisternogram", myelo_regions=()), ["70015", "62284"]),
    (changed(MYELOGRAM, study="cisternogram", myelo_regions=(), route="c1_c2"), ["70015", "61055"]),
    (changed(MYELOGRAM, study="cisternogram", myelo_regions=(), route="existing_access"), ["70015"]),
    (changed(MYELOGRAM, study="cisternogram", myelo_regions=(), by="other"), ["70015"]),
    (changed(MYELOGRAM, study="cisternogram", interpretation=False), ["62284"]),
    (changed(MYELOGRAM, study="cisternogram", interpretation=False, route="cisternal"), ["61055"]),
    (changed(MYELOGRAM, study="cisternogram", interpretation=False, route="existing_access"), []),
    (changed(MYELOGRAM, study="cisternogram", interpretation=False, by="other"), []),
    (changed(FAILED, study="cisternogram"), ["62284-53"]),
    (changed(FAILED, study="cisternogram", route="cisternal"), ["61055-53"]),
    (changed(FAILED, study="cisternogram", route="existing_access"), []),
    (changed(FAILED, study="cisternogram", by="other"), []),
    (PUNCTURE, ["62270"]),
    (changed(PUNCTURE, guidance="none", csf_withdrawal="diagnostic"), ["62270"]),
    (changed(PUNCTURE, csf_withdrawal="therapeutic"), ["62272"]),
    (changed(PUNCTURE, guidance="fluoroscopy"), ["62328"]),
    (changed(PUNCTURE, guidance="ct", csf_withdrawal="therapeutic"), ["62329"]),
    (changed(PUNCTURE, status="discontinued"), ["62270-53"]),
    (changed(PUNCTURE, status="discontinued", csf_withdrawal="therapeutic"), ["62272-53"]),
    (changed(PUNCTURE, status="discontinued", guidance="ct"), ["62328-53"]),
    (
        changed(PUNCTURE, status="discontinued", guidance="fluoroscopy", csf_withdrawal="therapeutic"),
        ["62329-53"],
    ),
    (changed(PUNCTURE, guidance="fluoroscopy", flags=("intrathecal_chemotherapy",)), []),
    (changed(PUNCTURE, route="existing_access"), []),
    (changed(PUNCTURE, status="none"), []),
    (FAILED, ["62284-53"]),
    (changed(FAILED, title_regions=("cervical",)), ["62284-53"]),
    (changed(FAILED, route="c1_c2"), ["61055-53"]),
    (changed(FAILED, route="existing_access"), []),
    (changed(FAILED, by="other"), []),
    (changed(FAILED, contrast=(IOHEXOL,)), ["62284-53"]),
    (changed(FAILED, contrast=(IOHEXOL,), title_regions=("cervical",)), ["62302-53"]),
    (changed(FAILED, contrast=(IOHEXOL,), title_regions=REGIONS), ["62305-53"]),
    (changed(FAILED, contrast=(replace(IOHEXOL, route="subdural"),), title_regions=("lumbar",)), ["62304-53"]),
    (changed(FAILED, contrast=(replace(IOHEXOL, route="intravenous"),), title_regions=("lumbar",)), ["62284-53"]),
    (changed(FAILED, contrast=(IOHEXOL,), route="cisternal", title_regions=("cervical",)), ["61055-53"]),
    (changed(FAILED, study="ct_intrathecal", contrast=(IOHEXOL,), title_regions=("lumbar",)), ["62284-53"]),
    (changed(FAILED, contrast=(IOHEXOL,), interpretation=True, ct_regions=("lumbar",)), ["62284", "72132"]),
    (
        changed(FAILED, contrast=(IOHEXOL,), interpretation=True, ct_regions=("cervical",), route="c1_c2"),
        ["61055", "72126"],
    ),
    (changed(MYELOGRAM, status="reduced"), ["62304"]),
    (changed(MYELOGRAM, status="reduced", title_regions=("cervical", "lumbar")), ["62304"]),
    (changed(MYELOGRAM, status="reduced", myelo_regions=("thoracic", "lumbar"), title_regions=REGIONS), ["62305"]),
    (changed(MYELOGRAM, status="reduced", title_regions=("lumbar",)), ["62304-52"]),
    (changed(MYELOGRAM, status="reduced", title_regions=("lumbar",), flags=("region_not_done",)), ["62304"]),
    (changed(MYELOGRAM, status="discontinued", title_regions=("lumbar",)), ["62304-52"]),
    (changed(MYELOGRAM, status="reduced", title_regions=("lumbar",), by="other"), ["72265-52"]),
    (changed(MYELOGRAM, status="reduced", title_regions=("lumbar",), route="c1_c2"), ["61055", "72265-52"]),
    (changed(MYELOGRAM, status="reduced", title_regions=("lumbar",), route="existing_access"), ["72265-52"]),
    (changed(MYELOGRAM, status="none"), []),
    (changed(MYELOGRAM, study="other"), []),
    (changed(MYELOGRAM, study="mr_myelogram"), []),
    (changed(MYELOGRAM, study="discogram"), []),
    (changed(MYELOGRAM, study="epidurogram"), []),
]
EARLIER: list[tuple[Facts, date, list[str]]] = [
    (MYELOGRAM, date(2015, 1, 1), ["62304"]),
    (MYELOGRAM, date(2014, 12, 31), ["62284", "72265"]),
    (changed(MYELOGRAM, myelo_regions=REGIONS, ct_regions=("lumbar",)), date(1998, 5, 1), ["62284", "72270", "72132"]),
    (
        changed(MYELOGRAM, status="reduced", title_regions=("lumbar",)),
        date(2010, 1, 1),
        ["62284", "72265-52"],
    ),
    (changed(MYELOGRAM, route="c1_c2"), date(2010, 1, 1), ["61055", "72265"]),
    (changed(FAILED, contrast=(IOHEXOL,), title_regions=("lumbar",)), date(2010, 1, 1), ["62284-53"]),
    (changed(PUNCTURE, guidance="ct"), date(2020, 1, 1), ["62328"]),
    (changed(PUNCTURE, guidance="ct"), date(2019, 12, 31), ["62270"]),
    (changed(PUNCTURE, guidance="ct", csf_withdrawal="therapeutic"), date(2019, 12, 31), ["62272"]),
    (changed(PUNCTURE, guidance="ct", status="discontinued"), date(2016, 1, 1), ["62270-53"]),
    (
        changed(PUNCTURE, guidance="ct", status="discontinued", csf_withdrawal="therapeutic"),
        date(2016, 1, 1),
        ["62272-53"],
    ),
]


@pytest.mark.parametrize(("facts", "expected"), CASES)
def test_facts_give_codes(facts: Facts, expected: list[str]) -> None:
    """One case after the other of the decision table and its fine points."""
    assert codes(facts) == expected


@pytest.mark.parametrize(("facts", "day", "expected"), EARLIER)
def test_the_date_of_service_chooses_the_rules(facts: Facts, day: date, expected: list[str]) -> None:
    """Codes that did not exist on that day are not proposed; the components of their day are."""
    assert codes(facts, day) == expected


def test_every_code_and_every_rule_has_a_case() -> None:
    """A code or a rule without a case above is a code or a rule without a test."""
    asked = [(facts, None) for facts, _ in CASES] + [(facts, day) for facts, day, _ in EARLIER]
    given_codes = {number.split("-")[0] for facts, day in asked for number in codes(facts, day)}
    rules = {rule.rule_id for facts, day in asked for rule in fired(case(deciding(facts)), TABLES.on(day))}
    assert given_codes == set(TABLES.codes)
    assert rules == {rule.rule_id for rule in TABLES.rules}


# ---- explained -------------------------------------------------------------------------------------------------


def test_a_code_says_why() -> None:
    """A proposed code carries its rule, its reason in words, its sources and the fields that decided."""
    facts = changed(MYELOGRAM, myelo_regions=("cervical", "lumbar"), ct_regions=("lumbar",))
    myelogram, ct = code(facts, tables=TABLES).codes
    assert (myelogram.code, myelogram.rule, myelogram.source) == ("62305", "bundled", "R1, R5, guideline")
    assert "cervical and lumbar myelogram" in myelogram.reason
    assert myelogram.facts == (
        "study", "status", "injection", "route", "region:cervical", "region:lumbar",
    )  # fmt: skip
    assert (ct.code, ct.rule) == ("72132", "ct-with")
    assert "lumbar spine" in ct.reason
    assert "ct_region:lumbar" in ct.facts


def test_a_modifier_names_the_title_among_its_facts() -> None:
    """What was planned decides 52 and the code of a stopped study, so it is named."""
    reduced = code(changed(MYELOGRAM, status="reduced", title_regions=("lumbar",)), tables=TABLES).codes[0]
    stopped = code(changed(FAILED, contrast=(IOHEXOL,), title_regions=("lumbar",)), tables=TABLES).codes[0]
    assert "title_regions" in reduced.facts
    assert "title_regions" in stopped.facts
    assert "lumbar myelogram, discontinued" in stopped.reason


@pytest.mark.parametrize(
    ("place", "component", "expected"),
    [
        (None, None, ["61055", "72240", "72126"]),
        ("11", None, ["61055", "72240", "72126"]),
        ("22", None, ["61055", "72240-26", "72126-26"]),
        ("19", None, ["61055", "72240-26", "72126-26"]),
        ("21", None, ["61055", "72240-26", "72126-26"]),
        ("23", None, ["61055", "72240-26", "72126-26"]),
        ("24", None, ["61055", "72240-26", "72126-26"]),
        ("49", None, ["61055", "72240", "72126"]),
        (None, "professional", ["61055", "72240-26", "72126-26"]),
        ("11", "professional", ["61055", "72240-26", "72126-26"]),
        ("22", "technical", ["61055", "72240-TC", "72126-TC"]),
    ],
)
def test_components_by_place_or_caller(place: str | None, component: str | None, expected: list[str]) -> None:
    """26 or TC only where place or caller says so, and only on codes that have the components."""
    facts = changed(MYELOGRAM, route="c1_c2", myelo_regions=("cervical",), ct_regions=("cervical",))
    found = code(facts, tables=TABLES, place_of_service=place, component=component).codes
    assert ["-".join((item.code, *item.modifiers)) for item in found] == expected


def test_the_component_stands_before_52() -> None:
    """A reading that was cut short in a hospital has both modifiers."""
    facts = changed(MYELOGRAM, by="other", status="reduced", title_regions=("lumbar",))
    assert code(facts, tables=TABLES, place_of_service="22").codes[0].modifiers == ("26", "52")


@pytest.mark.parametrize("place", ["", "1", "111", "ab", "²²"])
def test_a_place_that_is_none_is_refused(place: str) -> None:
    """A place of service has two digits; anything else would silently lose a modifier."""
    with pytest.raises(UsageError):
        code(MYELOGRAM, tables=TABLES, place_of_service=place)


def test_a_component_that_is_none_is_refused() -> None:
    """There are two components."""
    with pytest.raises(UsageError):
        code(MYELOGRAM, tables=TABLES, component="26")


def test_unknown_flags_and_values_are_refused() -> None:
    """A flag or a value that the tables do not know is a slip of the reader, not a fact."""
    with pytest.raises(ValueError, match="unknown flags: odd"):
        code(replace(MYELOGRAM, flags=("odd",)), tables=TABLES)
    with pytest.raises(ValueError, match="does not know"):
        code(changed(MYELOGRAM, route="thoracic"), tables=TABLES)


def test_a_date_with_a_time_is_a_date() -> None:
    """A caller's timestamp is taken by its day."""
    day = datetime(2014, 12, 31, 23, 59)
    assert [item.code for item in code(MYELOGRAM, tables=TABLES, service_date=day).codes] == ["62284", "72265"]


def test_films_and_ct_of_one_region_meet_an_edit() -> None:
    """A reading code beside CT of the same region needs XU, said on the pair and never put on the code."""
    coding = code(changed(MYELOGRAM, by="other", ct_regions=("cervical", "lumbar")), tables=TABLES)
    (pair,) = coding.pairs
    assert (pair.column1, pair.column2, pair.modifier_allowed, pair.modifier) == ("72132", "72265", True, "XU")
    assert "59" in pair.reason
    assert all(item.modifiers == () for item in coding.codes)


def test_several_regions_of_film_meet_any_ct() -> None:
    """The reading code for several regions meets an edit with the CT of each."""
    facts = changed(MYELOGRAM, by="other", myelo_regions=REGIONS, ct_regions=REGIONS)
    assert [(pair.column1, pair.column2) for pair in code(facts, tables=TABLES).pairs] == [
        ("72126", "72270"),
        ("72129", "72270"),
        ("72132", "72270"),
    ]


def test_bundled_codes_meet_no_edit_with_ct() -> None:
    """One physician's myelogram and CT go together without a modifier."""
    assert code(changed(MYELOGRAM, ct_regions=REGIONS), tables=TABLES).pairs == ()


def test_edits_of_today_are_not_put_on_old_reports() -> None:
    """The table holds one quarter; before its edits began none are shown."""
    assert code(changed(MYELOGRAM, ct_regions=REGIONS), tables=TABLES, service_date=date(2012, 1, 1)).pairs == ()


# ---- what must hold for any facts ------------------------------------------------------------------------------

regions = st.sets(st.sampled_from(REGIONS)).map(lambda found: tuple(sorted(found, key=REGIONS.index)))
days = st.none() | st.dates(date(1990, 1, 1), date(2035, 1, 1))
any_facts = st.builds(
    Deciding,
    study=st.sampled_from(CONDITIONS["study"]),
    status=st.sampled_from(CONDITIONS["status"]),
    by=st.sampled_from(CONDITIONS["injector"]),
    route=st.sampled_from(("lumbar", "c1_c2", "cisternal", "existing_access", None)),
    guidance=st.sampled_from(("fluoroscopy", "ct", "none", None)),
    interpretation=st.booleans(),
    myelo_regions=regions,
    ct_regions=regions,
    ct_precontrast=st.booleans(),
    csf_withdrawal=st.sampled_from(("diagnostic", "therapeutic", None)),
    contrast_given=st.booleans(),
    planned=regions,
    posterior_fossa=st.booleans(),
    chemotherapy=st.booleans(),
    region_not_done=st.booleans(),
)
BUNDLED = {"62302", "62303", "62304", "62305"}
READING = {"72240", "72255", "72265", "72270"}
WORTH = {"62305": 2, "72270": 2, **dict.fromkeys(("62302", "62303", "62304", "72240", "72255", "72265"), 1)}


def numbers(facts: Deciding, day: date | None = None) -> list[str]:
    """The codes without modifiers."""
    return [number for number, _ in code_set(facts, TABLES.on(day))]


def all_cases() -> set[Case]:
    """Every case that facts can make, with one region or two standing for all choices of regions."""
    some = ((), ("lumbar",), ("cervical", "lumbar"))
    both, no, none, unstated = (False, True), (False,), ((),), (None,)
    routes = ("lumbar", "c1_c2", "cisternal", "existing_access", None)
    guided, purposes = ("fluoroscopy", "ct", "none", None), ("diagnostic", "therapeutic", None)
    axes = (CONDITIONS["status"], CONDITIONS["injector"], routes)
    images = (unstated, both, some, some, both, unstated, both, some, both, no, both)
    fluid = (guided, both, none, none, no, purposes, both, none, both, both, no)
    contrast_studies = itertools.product(CONDITIONS["study"], *axes, *images)
    punctures = itertools.product(("lumbar_puncture",), *axes, *fluid)
    return {case(Deciding(*values)) for values in itertools.chain(contrast_studies, punctures)}


def test_exactly_one_study_rule_fires_for_every_case() -> None:
    """The table has no gap and no overlap, in any era; CT adds one rule at most."""
    for era in TABLES.eras:
        for found in all_cases():
            parts = [rule.part for rule in fired(found, era)]
            assert parts in (["study"], ["study", "ct"]), found


@given(any_facts, days)
def test_bundled_codes_stand_without_their_components(facts: Deciding, day: date | None) -> None:
    """62302 to 62305 hold injection, reading and puncture, and there is never more than one of them."""
    found = set(numbers(facts, day))
    if found & BUNDLED:
        assert len(found & BUNDLED) == 1
        assert not found & (READING | {"62284", "61055", "62270", "62272", "62328", "62329", "70010", "70015"})


@given(any_facts, days)
def test_no_code_twice_and_no_forbidden_pair(facts: Deciding, day: date | None) -> None:
    """Each code is proposed once, and never two that no modifier can part."""
    found = numbers(facts, day)
    assert len(found) == len(set(found))
    forbidden = {(edit.column1, edit.column2) for edit in TABLES.edits if edit.modifier is None}
    assert not forbidden & set(itertools.permutations(found, 2))


@given(any_facts, days)
def test_codes_exist_on_their_day(facts: Deciding, day: date | None) -> None:
    """No code is proposed for a day before it existed."""
    assert all(TABLES.codes[number].period.holds(day) for number in numbers(facts, day))


@given(any_facts, days, st.sampled_from(REGIONS))
def test_one_more_film_region_is_never_worth_less(facts: Deciding, day: date | None, region: str) -> None:
    """Reading one region more never lowers the number of regions that the codes stand for."""
    assume(facts.status != "discontinued" or facts.myelo_regions)  # else the codes stand for the plan
    more = facts._replace(myelo_regions=tuple(sorted({*facts.myelo_regions, region}, key=REGIONS.index)))
    worth = [sum(WORTH.get(number, 0) for number in numbers(one, day)) for one in (facts, more)]
    assert worth[0] <= worth[1]


@given(any_facts, days, st.sampled_from(REGIONS))
def test_one_more_ct_region_is_never_worth_less(facts: Deciding, day: date | None, region: str) -> None:
    """Reading CT of one region more never takes a CT code away."""
    more = facts._replace(ct_regions=tuple(sorted({*facts.ct_regions, region}, key=REGIONS.index)))
    fewer, found = ({n for n in numbers(one, day) if n.startswith("721")} for one in (facts, more))
    assert fewer <= found


@given(any_facts, days)
def test_the_order_of_regions_does_not_matter(facts: Deciding, day: date | None) -> None:
    """The same facts in another order are the same facts."""
    turned = facts._replace(
        myelo_regions=facts.myelo_regions[::-1], ct_regions=facts.ct_regions[::-1], planned=facts.planned[::-1]
    )
    assert code_set(turned, TABLES.on(day)) == code_set(facts, TABLES.on(day))


@given(any_facts, days)
def test_53_and_52_only_where_less_was_done(facts: Deciding, day: date | None) -> None:
    """53 needs a discontinued study, 52 a reduced or discontinued one, and CT has neither."""
    for number, modifiers in code_set(facts, TABLES.on(day)):
        if modifiers:
            assert facts.status in {"53": ("discontinued",), "52": ("reduced", "discontinued")}[modifiers[0]]
            assert not number.startswith("721")


@given(any_facts, days)
def test_explained_codes_are_the_code_set(facts: Deciding, day: date | None) -> None:
    """The explanation never proposes anything else than the cheap evaluation does."""
    flags = {
        "posterior_fossa": facts.posterior_fossa,
        "intrathecal_chemotherapy": facts.chemotherapy,
        "region_not_done": facts.region_not_done,
    }
    whole = Facts(
        study=facts.study,
        status=facts.status,
        injection=Injection(facts.by, facts.route, guidance=facts.guidance),
        interpretation=facts.interpretation,
        contrast=(IOHEXOL,) if facts.contrast_given else (),
        myelo_regions=facts.myelo_regions,
        ct_regions=facts.ct_regions,
        ct_precontrast=facts.ct_precontrast,
        title_regions=facts.planned,
        csf_withdrawal=facts.csf_withdrawal,
        flags=tuple(name for name, is_set in flags.items() if is_set),
    )
    assert deciding(whole) == facts
    explained: tuple[Code, ...] = code(whole, tables=TABLES, service_date=day).codes
    assert tuple((item.code, item.modifiers) for item in explained) == code_set(facts, TABLES.on(day))
    assert all(item.reason and item.source and item.facts and "{" not in item.reason for item in explained)


def test_today_is_the_latest_era() -> None:
    """Without a date of service the rules of the newest era hold."""
    assert TABLES.on(None) is TABLES.on(date(2035, 1, 1)) is TODAY
    assert TABLES.on(date(2016, 1, 1)) is TABLES.on(date(2019, 12, 31))
