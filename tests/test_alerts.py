"""Alerts, contrast supply, missing documentation and what a human should see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.coding import code
from extractor.records import REGIONS, Alert, Coding, Contrast, Details, Facts, Images, Injection
from extractor.review import review_ids
from extractor.tables import coding_tables

TABLES = coding_tables()
OMNIPAQUE = Contrast("iohexol", "Omnipaque", 300.0, 10.0, "intrathecal")
COMPLETE = Facts(
    study="myelogram",
    status="completed",
    injection=Injection("reporting", "lumbar", "L3-L4", 22, "fluoroscopy"),
    interpretation=True,
    contrast=(OMNIPAQUE,),
    myelo_regions=("lumbar",),
    ct_regions=("lumbar",),
    images=Images(6, ("AP", "lateral")),
    fluoro_minutes=1.5,
    dose_mgy=40.0,
    complications="none",
    title_regions=("lumbar",),
    details=Details(csf_return="clear", permanent_images=True, operator="A", interpreter="A"),
)
FAILED = replace(
    COMPLETE, status="discontinued", interpretation=False, myelo_regions=(), ct_regions=(), images=Images(), contrast=()
)
PUNCTURE = replace(
    COMPLETE,
    study="lumbar_puncture",
    injection=Injection("none", "lumbar", guidance="fluoroscopy"),
    contrast=(),
    interpretation=False,
    csf_withdrawal="diagnostic",
)


def coded(facts: Facts, **call: Any) -> Coding:
    """What coding makes of the facts."""
    return code(facts, tables=TABLES, **call)


def kinds(facts: Facts, **call: Any) -> list[str]:
    """The kinds of alerts."""
    return [alert.kind for alert in coded(facts, **call).alerts]


def intrathecal(**values: Any) -> Facts:
    """The complete report with another contrast."""
    return replace(COMPLETE, contrast=(replace(Contrast(route="intrathecal"), **values),))


def ids(facts: Facts) -> tuple[str, ...]:
    """The ids of the review reasons; the sentences are theirs."""
    coding = coded(facts)
    found = review_ids(facts, coding.codes, TABLES)
    assert coding.review_reasons == tuple(TABLES.reviews[name].sentence for name in found)
    return found


def test_a_complete_report_brings_no_warning() -> None:
    """Nothing is missing, nothing to warn of, nothing for a human."""
    coding = coded(COMPLETE)
    assert (coding.alerts, coding.review_reasons, coding.pairs, coding.supplies) == ((), (), (), ())
    assert [item.missing for item in coding.codes] == [(), ()]


# ---- alerts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("concentration", "volume", "warned"),
    [(180.0, 17.0, False), (180.0, 17.1, True), (240.0, 12.5, False), (300.0, 10.2, False), (300.0, 10.3, True)],
)
def test_iodine_mass_is_held_against_the_ceiling(concentration: float, volume: float, warned: bool) -> None:
    """3,060 mg are allowed, more are not; the label's own maxima pass."""
    facts = intrathecal(agent="iohexol", brand="Omnipaque", concentration=concentration, volume_ml=volume)
    assert ("iodine_mass" in kinds(facts)) is warned


def test_iodine_mass_is_summed_over_injections() -> None:
    """Two aliquots count together; what went in elsewhere does not count."""
    twice = replace(COMPLETE, contrast=(OMNIPAQUE, replace(OMNIPAQUE, volume_ml=2.0)))
    assert coded(twice).alerts == (
        Alert(
            "iodine_mass",
            "3600 mg of iodine were given intrathecally; the label's ceiling for adults is 3060 mg.",
            ("contrast",),
        ),
    )
    beside = replace(OMNIPAQUE, volume_ml=100.0, route="intravenous", concentration=350.0)
    assert kinds(replace(COMPLETE, contrast=(OMNIPAQUE, beside))) == []


def test_without_a_volume_there_is_no_mass() -> None:
    """A mass is not invented."""
    assert kinds(intrathecal(agent="iohexol", brand="Omnipaque", concentration=300.0)) == []


@pytest.mark.parametrize(
    ("agent", "brand", "concentration", "expected"),
    [
        ("iohexol", "Omnipaque", 180.0, []),
        ("iohexol", "Omnipaque", None, []),
        ("iohexol", "Omnipaque", 140.0, ["not_labelled"]),
        ("iohexol", "Omnipaque", 350.0, ["concentration", "not_labelled"]),
        ("iohexol", None, 240.0, []),
        ("iohexol", None, 350.0, ["concentration", "not_labelled"]),
        ("iopamidol", "Isovue-M", 200.0, []),
        ("iopamidol", "Isovue-M", 300.0, []),
        ("iopamidol", "Isovue", 300.0, ["not_labelled"]),
        ("iopamidol", "Isovue", None, ["not_labelled"]),
        ("iopamidol", None, 300.0, []),
        ("iopamidol", None, 370.0, ["concentration", "not_labelled"]),
        (None, "Isovue", 300.0, ["not_labelled"]),
        ("iodixanol", "Visipaque", 270.0, ["not_labelled"]),
        ("ioversol", "Optiray", 320.0, ["concentration", "not_labelled"]),
        ("iopromide", "Ultravist", 300.0, ["not_labelled"]),
        ("diatrizoate", "Hypaque", None, ["not_labelled"]),
        ("diatrizoate", "Renografin", None, ["not_labelled"]),
        ("iothalamate", "Conray", None, ["not_labelled"]),
        ("ioxaglate", "Hexabrix", None, ["not_labelled"]),
        ("metrizamide", "Amipaque", 170.0, []),
        ("iophendylate", "Pantopaque", None, []),
        ("gadobutrol", "Gadavist", None, ["gadolinium_intrathecal"]),
        ("gadolinium", None, None, ["gadolinium_intrathecal"]),
        ("unheard of", None, None, []),
        (None, None, None, []),
    ],
)
def test_agents_are_held_against_their_label(
    agent: str | None, brand: str | None, concentration: float | None, expected: list[str]
) -> None:
    """What is not labelled for the thecal sac is said, whether the text names brand or agent."""
    assert kinds(intrathecal(agent=agent, brand=brand, concentration=concentration)) == expected


@pytest.mark.parametrize("route", ["intravenous", "intradiscal", "epidural", "subdural", "other", None])
def test_agents_elsewhere_are_nobodys_alarm(route: str | None) -> None:
    """Only what was given intrathecally is held against the intrathecal label."""
    visipaque = Contrast("iodixanol", "Visipaque", 320.0, 100.0, route)
    assert kinds(replace(COMPLETE, contrast=(OMNIPAQUE, visipaque))) == []


def test_the_label_counts_whatever_the_study() -> None:
    """Gadolinium for MR given intrathecally is no study of ours, and still a warning."""
    facts = replace(intrathecal(agent="gadobutrol"), study="other", status="none")
    assert (kinds(facts), ids(facts)) == (["gadolinium_intrathecal"], ("intrathecal_gadolinium",))


def test_every_brand_is_judged_as_its_row_says() -> None:
    """Each agent and brand of the table, alone and intrathecal, is warned of exactly where its row allows nothing."""
    for agent in TABLES.agents:
        warned = {"not_labelled", "gadolinium_intrathecal"} & set(
            kinds(intrathecal(agent=agent.generic, brand=agent.brand))
        )
        assert bool(warned) is not (bool(agent.intrathecal) or agent.any_concentration), agent


@pytest.mark.parametrize(
    ("day", "values", "expected"),
    [
        (None, {}, ["no_dose_index"]),
        (date(2023, 1, 1), {}, ["no_dose_index"]),
        (date(2022, 12, 31), {}, []),
        (date(2022, 12, 31), {"fluoro_minutes": None}, ["no_dose_or_time"]),
        (date(2022, 12, 31), {"images": Images()}, ["no_dose_or_time"]),
        (date(2016, 12, 31), {"fluoro_minutes": None}, []),
        (None, {"dap_gycm2": 3.0}, []),
        (None, {"dose_mgy": 3.0}, []),
        (None, {"injection": Injection("other")}, ["no_dose_index"]),
        (None, {"interpretation": False, "myelo_regions": ()}, []),
        (None, {"study": "ct_intrathecal", "myelo_regions": ()}, []),
    ],
)
def test_dose_index_by_year_and_code(day: date | None, values: dict[str, Any], expected: list[str]) -> None:
    """Only codes of the measure ask for an index; until 2022 time and images did, before 2017 nothing."""
    assert kinds(replace(COMPLETE, **{"dose_mgy": None, **values}), service_date=day) == expected


def test_the_dose_alert_names_its_codes() -> None:
    """The codes of the measure stand in the message, those outside it do not."""
    (alert,) = coded(replace(COMPLETE, dose_mgy=None)).alerts
    assert "(62304)" in alert.message


def test_title_against_body() -> None:
    """Regions ordered and not read, and regions read and not ordered; CT counts as read."""
    facts = replace(COMPLETE, title_regions=("cervical", "thoracic"))
    unread, unordered = coded(facts).alerts
    assert (unread.kind, unordered.kind) == ("title_not_in_body", "body_not_in_title")
    assert "cervical and thoracic" in unread.message
    assert "lumbar" in unordered.message
    assert ids(facts) == ("title_not_in_body", "body_not_in_title")
    assert kinds(replace(COMPLETE, ct_regions=("lumbar", "thoracic"), title_regions=("lumbar", "thoracic"))) == []


def test_no_title_is_no_difference() -> None:
    """A report without a title, and one without images read, are not held against each other."""
    assert kinds(replace(COMPLETE, title_regions=())) == []
    assert kinds(replace(FAILED, title_regions=("cervical",))) == []


def test_images_that_were_not_kept() -> None:
    """A text that says that no image was kept is an alert; a silent one lacks documentation."""
    assert kinds(replace(COMPLETE, details=replace(COMPLETE.details, permanent_images=False))) == ["no_images_kept"]
    assert kinds(replace(COMPLETE, details=replace(COMPLETE.details, permanent_images=None))) == []


def test_every_kind_of_alert_has_a_case_here() -> None:
    """All messages of the table can be filled in."""
    details = replace(COMPLETE.details, permanent_images=False)
    wrong = Contrast("iodixanol", "Visipaque", 320.0, 20.0, "intrathecal")
    gadolinium = Contrast("gadobutrol", None, None, 1.0, "intrathecal")
    facts = replace(COMPLETE, dose_mgy=None, contrast=(wrong, gadolinium), title_regions=("cervical",), details=details)
    old = replace(facts, fluoro_minutes=None)
    found = {*coded(facts).alerts, *coded(old, service_date=date(2020, 1, 1)).alerts}
    assert {alert.kind for alert in found} == set(TABLES.alerts)
    assert not [alert for alert in found if "{" in alert.message]


# ---- supply ----------------------------------------------------------------------------------------------------


def units(facts: Facts, **call: Any) -> dict[str, int]:
    """Supply codes and units in an office."""
    return {item.code: item.units for item in coded(facts, **{"place_of_service": "11", **call}).supplies}


@pytest.mark.parametrize(
    ("brand", "agent", "concentration", "volume", "expected"),
    [
        ("Omnipaque", "iohexol", 180.0, 10.0, {"Q9965": 10}),
        ("Omnipaque", "iohexol", 240.0, 12.5, {"Q9966": 13}),
        ("Omnipaque", "iohexol", 300.0, 10.1, {"Q9967": 11}),
        ("Isovue-M", "iopamidol", 200.0, 15.0, {"Q9966": 15}),
        (None, "iopamidol", 300.0, 0.5, {"Q9967": 1}),
        ("Omnipaque", "iohexol", None, 10.0, {}),
        ("Omnipaque", "iohexol", 300.0, None, {}),
        (None, None, 300.0, 10.0, {}),
        ("Conray", "iothalamate", 282.0, 10.0, {}),
        ("Gadavist", "gadobutrol", 200.0, 10.0, {}),
    ],
)
def test_an_office_bills_contrast_by_the_whole_ml(
    brand: str | None, agent: str | None, concentration: float | None, volume: float | None, expected: dict[str, int]
) -> None:
    """The band follows from the concentration, the units from the volume, rounded up."""
    facts = intrathecal(agent=agent, brand=brand, concentration=concentration, volume_ml=volume)
    assert units(facts) == expected


def test_volumes_of_one_band_are_added_before_rounding() -> None:
    """0.1 and 0.2 mL, thirty times, are 9 mL, not 60 units and not 10 by a slip of arithmetic."""
    aliquots = tuple(replace(OMNIPAQUE, volume_ml=volume) for volume in (0.1, 0.2) * 30)
    assert units(replace(COMPLETE, contrast=aliquots)) == {"Q9967": 9}


def test_astray_counts_and_intravenous_does_not() -> None:
    """Contrast that went epidurally was given; intravenous contrast belongs to another examination."""
    astray = replace(OMNIPAQUE, volume_ml=3.0, route="epidural")
    vein = replace(OMNIPAQUE, volume_ml=100.0, route="intravenous")
    assert units(replace(COMPLETE, contrast=(astray, OMNIPAQUE, vein))) == {"Q9967": 13}


@pytest.mark.parametrize(
    ("values", "call"),
    [
        ({}, {"place_of_service": "22"}),
        ({}, {"place_of_service": None}),
        ({}, {"component": "professional"}),
        ({}, {"service_date": date(2007, 12, 31)}),
        ({"injection": Injection("other", "lumbar")}, {}),
        ({"study": "epidurogram"}, {}),
    ],
)
def test_nobody_else_bills_contrast(values: dict[str, Any], call: dict[str, Any]) -> None:
    """No supply outside the office, without the technical part, before the codes, or for another's injection."""
    assert units(replace(COMPLETE, **values), **call) == {}


@given(st.lists(st.floats(0.1, 20.0), min_size=1, max_size=5))
def test_units_cover_the_volume(volumes: list[float]) -> None:
    """Units are never fewer than the mL given, and less than one more."""
    contrast = tuple(replace(OMNIPAQUE, volume_ml=volume) for volume in volumes)
    (found,) = units(replace(COMPLETE, contrast=contrast)).values()
    assert sum(volumes) - 0.001 <= found < sum(volumes) + 1.001


# ---- missing documentation ---------------------------------------------------------------------------------------

NO_DETAILS = Details()
LACKING: list[tuple[str, Facts]] = [
    ("route", replace(COMPLETE, injection=Injection("reporting", None, "L3-L4"))),
    ("level", replace(COMPLETE, injection=Injection("reporting", "lumbar"))),
    ("agent", intrathecal(concentration=300.0, volume_ml=10.0)),
    ("concentration", intrathecal(agent="iohexol", volume_ml=10.0)),
    ("volume", intrathecal(agent="iohexol", concentration=300.0)),
    ("intrathecal", replace(COMPLETE, contrast=())),
    ("csf_return", replace(COMPLETE, details=NO_DETAILS)),
    ("views", replace(COMPLETE, images=Images(6))),
    ("permanent_images", replace(COMPLETE, details=NO_DETAILS)),
    ("guidance_images", replace(PUNCTURE, details=NO_DETAILS)),
    ("guidance", replace(PUNCTURE, injection=Injection("none", "lumbar"))),
    ("purpose", replace(PUNCTURE, csf_withdrawal=None)),
    ("operator", replace(COMPLETE, details=NO_DETAILS)),
    ("injector", replace(COMPLETE, injection=Injection("other", "lumbar"), details=NO_DETAILS)),
    ("interpreter", replace(COMPLETE, details=NO_DETAILS)),
    ("region_findings", replace(COMPLETE, myelo_regions=(), ct_regions=())),
    ("complications", replace(COMPLETE, complications=None)),
    ("dose_index", replace(COMPLETE, dose_mgy=None)),
    ("film_findings", replace(COMPLETE, injection=Injection("other"), flags=("film_findings_not_separate",))),
    ("ct_technique", replace(COMPLETE, flags=("ct_technique_missing",))),
    ("ct_findings", replace(COMPLETE, flags=("ct_findings_not_separate",))),
    ("precontrast_reason", replace(COMPLETE, ct_precontrast=True, flags=("precontrast_reason_missing",))),
    ("stop_reason", replace(FAILED, flags=("stop_reason_missing",))),
]


@pytest.mark.parametrize(("element", "facts"), LACKING)
def test_what_is_not_documented_is_said(element: str, facts: Facts) -> None:
    """The sentence stands beside each code that requires the element, and beside no other."""
    (row,) = (row for row in TABLES.elements if row.element_id == element)
    codes = coded(facts).codes
    assert [item.code for item in codes if row.sentence in item.missing] == [
        item.code for item in codes if item.code in row.codes
    ]
    assert {item.code for item in codes} & row.codes


def test_every_element_has_a_case() -> None:
    """An element without a case above is an element without a test."""
    assert {element for element, _ in LACKING} == {row.element_id for row in TABLES.elements}


def test_what_a_stopped_study_cannot_have_is_not_asked_for() -> None:
    """A study that was stopped before contrast has no level, agent, views or kept images to document."""
    (item,) = coded(replace(FAILED, injection=Injection("reporting", "lumbar"), details=NO_DETAILS)).codes
    assert item.missing == ("The physician who placed the needle is not named.",)


def test_the_dose_index_is_not_asked_of_old_reports() -> None:
    """Before the measure existed nothing is missing."""
    facts = replace(COMPLETE, dose_mgy=None)
    assert coded(facts, service_date=date(2016, 1, 1)).codes[0].missing == ()


# ---- what a human should see --------------------------------------------------------------------------------------

SEEN: list[tuple[str, Facts]] = [
    ("existing_access", replace(COMPLETE, injection=Injection("reporting", "existing_access"))),
    ("cisternogram", replace(COMPLETE, study="cisternogram")),
    ("intrathecal_gadolinium", intrathecal(agent="gadobutrol")),
    ("extrathecal_contrast", replace(COMPLETE, contrast=(OMNIPAQUE, replace(OMNIPAQUE, route="subdural")))),
    ("discontinued_after_contrast", replace(FAILED, contrast=(OMNIPAQUE,))),
    ("stopped_plan_unknown", replace(FAILED, contrast=(OMNIPAQUE,), title_regions=())),
    ("ct_after_failed_puncture", replace(FAILED, interpretation=True, ct_regions=("lumbar",))),
    ("reduced_service", replace(COMPLETE, status="reduced")),
    ("reduced_plan_unknown", replace(COMPLETE, status="reduced", title_regions=())),
    ("title_not_in_body", replace(COMPLETE, title_regions=("cervical", "lumbar"))),
    ("body_not_in_title", replace(COMPLETE, myelo_regions=REGIONS)),
    ("route_not_documented", replace(COMPLETE, injection=Injection("reporting"))),
    ("injection_not_documented", replace(COMPLETE, injection=Injection("none"))),
    ("no_region_read", replace(COMPLETE, myelo_regions=(), ct_regions=())),
    ("purpose_not_documented", replace(PUNCTURE, csf_withdrawal=None)),
    (
        "ct_guidance",
        replace(COMPLETE, study="ct_intrathecal", injection=Injection("reporting", "lumbar", guidance="ct")),
    ),
    ("nothing_codable", replace(FAILED, injection=Injection("other", "lumbar"))),
]


@pytest.mark.parametrize(("reason", "facts"), SEEN)
def test_what_follows_from_the_facts_is_shown_to_a_human(reason: str, facts: Facts) -> None:
    """Each circumstance that facts and codes show is among the review reasons."""
    assert reason in ids(facts)


@pytest.mark.parametrize("flag", sorted(name for name, row in TABLES.reviews.items() if row.set_by == "reader"))
def test_what_the_reader_flags_is_shown_to_a_human(flag: str) -> None:
    """A circumstance that the reader flags is passed on."""
    assert flag in ids(replace(COMPLETE, flags=(flag,)))


def test_flags_of_documentation_are_no_review_reasons() -> None:
    """A flag that only says what is not documented sends nothing to a human."""
    assert ids(replace(COMPLETE, flags=("ct_technique_missing",))) == ()


def test_every_review_reason_has_a_case() -> None:
    """A derived reason without a case above is a reason without a test."""
    assert {reason for reason, _ in SEEN} == {name for name, row in TABLES.reviews.items() if row.set_by == "facts"}


def test_a_planned_region_left_out_is_no_contradiction() -> None:
    """A reduced study explains its title; only a completed one is at odds with it."""
    assert "title_not_in_body" not in ids(replace(COMPLETE, status="reduced", title_regions=REGIONS))


def test_a_posterior_fossa_study_needs_no_region() -> None:
    """The posterior fossa read alone does not lack a region of the spine."""
    facts = replace(COMPLETE, myelo_regions=(), ct_regions=(), flags=("posterior_fossa",))
    assert ids(facts) == ("posterior_fossa",)
    assert all("no region" not in sentence for item in coded(facts).codes for sentence in item.missing)
