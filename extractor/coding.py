"""Facts to codes by the decision table: pure, cheap enough to be summed over many fact combinations, and explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from extractor.alerts import alerts, supplies
from extractor.codebook import CodingTables, Given, Rule, RuleSet
from extractor.documentation import missing
from extractor.errors import UsageError
from extractor.records import REGIONS, Code, CodePair, Coding, Facts
from extractor.review import review_reasons

FACILITIES = ("19", "21", "22", "23", "24")
OFFICE = "11"
COMPONENT_MODIFIERS = {"professional": "26", "technical": "TC"}

CodeSet = tuple[tuple[str, tuple[str, ...]], ...]


class Deciding(NamedTuple):
    """The facts on which codes depend, and nothing else; hashable, so that equal combinations are decided once.

    Values and their meaning are those of `Facts`. `contrast_given` is whether any contrast went in by needle or
    device, at whatever place; `planned` are the regions of the title.
    """

    study: str = "other"
    status: str = "none"
    by: str = "none"
    route: str | None = None
    guidance: str | None = None
    interpretation: bool = False
    myelo_regions: tuple[str, ...] = ()
    ct_regions: tuple[str, ...] = ()
    ct_precontrast: bool = False
    csf_withdrawal: str | None = None
    contrast_given: bool = False
    planned: tuple[str, ...] = ()
    posterior_fossa: bool = False
    chemotherapy: bool = False
    region_not_done: bool = False


class Case(NamedTuple):
    """Deciding facts in the words of the decision table: the first fifteen are its conditions, in their order."""

    study: str
    status: str
    injector: str
    route: str
    guidance: str
    read: str
    films: str
    ct: str
    extent: str
    contrast: str
    planned: str
    precontrast: str
    purpose: str
    posterior_fossa: str
    chemotherapy: str
    film_regions: tuple[str, ...]
    ct_regions: tuple[str, ...]
    planned_regions: tuple[str, ...]


# Under which name of `Reading.spans` the evidence of a condition stands; regions come with their names.
_FIELDS = {
    "injector": "injection",
    "read": "interpretation",
    "extent": "title_regions",
    "planned": "title_regions",
    "precontrast": "ct_precontrast",
    "purpose": "csf_withdrawal",
    "posterior_fossa": "flags",
    "chemotherapy": "flags",
}


def deciding(facts: Facts) -> Deciding:
    """The deciding part of the facts."""
    injection = facts.injection
    return Deciding(
        facts.study,
        facts.status,
        injection.by,
        injection.route,
        injection.guidance,
        facts.interpretation,
        _ordered(facts.myelo_regions),
        _ordered(facts.ct_regions),
        facts.ct_precontrast,
        facts.csf_withdrawal,
        any(contrast.route != "intravenous" for contrast in facts.contrast),
        _ordered(facts.title_regions),
        "posterior_fossa" in facts.flags,
        "intrathecal_chemotherapy" in facts.flags,
        "region_not_done" in facts.flags,
    )


@lru_cache(maxsize=1 << 16)
def code_set(facts: Deciding, rules: RuleSet) -> CodeSet:
    """The codes that the rules give, each with its modifiers 52 or 53, in the order of the decision table.

    `rules` are those of a date of service: `tables.on(service_date)`. Raises `ValueError` where a fact has a value that
    the table does not know.
    """
    return tuple((code, modifiers) for code, modifiers, _, _ in _fire(case(facts), rules))


def code(
    facts: Facts,
    *,
    tables: CodingTables,
    service_date: date | None = None,
    place_of_service: str | None = None,
    component: str | None = None,
) -> Coding:
    """Codes with their reasons, edits between them, contrast supply, alerts, and what a human should see.

    Without `service_date` the rules of today hold. `place_of_service` is a two-digit CMS code; "19" and "21" to "24"
    put 26 on codes with a professional and a technical component, "11" brings the contrast supply. `component`,
    "professional" or "technical", puts 26 or TC on them wherever it was. Raises `UsageError` for other values of
    either, `ValueError` for facts or flags that the tables do not know.
    """
    check_call(place_of_service, component)
    unknown = set(facts.flags) - tables.flags
    if unknown:
        raise ValueError(f"unknown flags: {', '.join(sorted(unknown))}")
    day = service_date.date() if isinstance(service_date, datetime) else service_date
    billed = COMPONENT_MODIFIERS.get(component or "") or ("26" if place_of_service in FACILITIES else None)
    codes = tuple(_codes(facts, tables, day, billed))
    return Coding(
        codes,
        pairs(codes, tables=tables, service_date=day),
        supplies(facts, codes, tables, day) if place_of_service == OFFICE and component != "professional" else (),
        alerts(facts, codes, tables, day),
        review_reasons(facts, codes, tables),
    )


def pairs(codes: Iterable[Code], *, tables: CodingTables, service_date: date | None = None) -> tuple[CodePair, ...]:
    """The NCCI edits between codes, in the order of their file, which holds one quarter and no history."""
    proposed = {code.code for code in codes}
    return tuple(
        CodePair(edit.column1, edit.column2, edit.modifier is not None, edit.modifier, edit.sentence)
        for edit in tables.edits
        if edit.column1 in proposed and edit.column2 in proposed and edit.period.holds(service_date)
    )


def case(facts: Deciding) -> Case:
    """Deciding facts in the words of the table, with what cannot matter levelled."""
    study, status, read = facts.study, facts.status, facts.interpretation
    begun = status != "none"
    films = _ordered(facts.myelo_regions) if study == "myelogram" and read and begun else ()
    ct = _ordered(facts.ct_regions) if read and begun else ()
    stopped = status == "discontinued" and not films
    planned = _ordered(facts.planned) if stopped and study == "myelogram" else ()
    fossa = facts.posterior_fossa and study == "myelogram" and read and not films and not stopped
    return Case(
        study,
        status,
        facts.by,
        facts.route or "unstated",
        facts.guidance or "unstated",
        _yes(read),
        _count(films),
        "some" if ct else "none",
        _extent(facts, films),
        "out" if stopped and not facts.contrast_given else "in",
        _count(planned),
        _yes(facts.ct_precontrast),
        facts.csf_withdrawal or "unstated",
        _yes(fossa),
        _yes(facts.chemotherapy),
        films,
        ct,
        planned,
    )


@lru_cache(maxsize=1 << 16)
def fired(case: Case, rules: RuleSet) -> tuple[Rule, ...]:
    """The rules that hold for a case; the table is built so that one of part "study" and at most one "ct" do."""
    return tuple(
        rule
        for part in ("study", "ct")
        for rule in rules.rules.get((part, case.study), ())
        if all(case[place] in allowed for place, allowed in rule.when)
    )


def _extent(facts: Deciding, films: tuple[str, ...]) -> str:
    if not films or facts.status not in ("reduced", "discontinued"):
        return "full"
    whole_plan = bool(facts.planned) and set(facts.planned) <= set(films)
    return "partial" if whole_plan and not facts.region_not_done else "lesser"


def _fire(case: Case, rules: RuleSet) -> Iterator[tuple[str, tuple[str, ...], str | None, Rule]]:
    """Code, modifiers, region of a code of one region, and rule, for all that the case brings."""
    held = fired(case, rules)
    if not held or held[0].part != "study":
        raise ValueError("a fact has a value that the decision table does not know")
    for rule in held:
        for given in rule.gives:
            modifiers = (given.modifier,) if given.modifier else ()
            for found, region in _choose(given, case, rules):
                yield found, modifiers, region, rule


def _choose(given: Given, case: Case, rules: RuleSet) -> Iterator[tuple[str, str | None]]:
    if given.chooser is None:
        yield given.what, None
        return
    family = rules.families[given.what]
    regions = {"films": case.film_regions, "ct": case.ct_regions, "planned": case.planned_regions}[given.chooser]
    if "several" in family and len(regions) > 1:
        yield family["several"], None
    else:
        for region in regions:
            yield family[region], region


def _codes(facts: Facts, tables: CodingTables, day: date | None, billed: str | None) -> Iterator[Code]:
    known = case(deciding(facts))
    for found, modifiers, region, rule in _fire(known, tables.on(day)):
        if billed and tables.codes[found].pctc == "1":
            modifiers = (billed, *modifiers)
        reason = rule.reason.format(
            films=_words(known.film_regions), planned=_words(known.planned_regions), region=region or ""
        )
        yield Code(
            found,
            modifiers,
            rule.rule_id,
            reason,
            ", ".join(rule.source),
            tuple(dict.fromkeys(_fields(rule, known, region))),
            missing(facts, found, modifiers, tables, day),
        )


def _fields(rule: Rule, case: Case, region: str | None) -> Iterator[str]:
    for name in rule.asks:
        if name == "films":
            yield from (f"region:{region}" for region in case.film_regions)
        elif name == "ct":
            yield from (f"ct_region:{found}" for found in case.ct_regions if rule.part == "study" or found == region)
        elif name == "extent" and case.extent == "full":
            continue
        elif name not in ("posterior_fossa", "chemotherapy") or getattr(case, name) == "yes":
            yield _FIELDS.get(name, name)


def check_call(place_of_service: str | None, component: str | None) -> None:
    """Raise `UsageError` where a place of service or a component is none that `code` knows."""
    if place_of_service is not None and not (
        len(place_of_service) == 2 and place_of_service.isascii() and place_of_service.isdigit()
    ):
        raise UsageError("place of service must be a CMS code of two digits")
    if component is not None and component not in COMPONENT_MODIFIERS:
        raise UsageError("component must be professional or technical")


def _ordered(regions: Iterable[str]) -> tuple[str, ...]:
    return tuple(region for region in REGIONS if region in regions)


def _words(regions: tuple[str, ...]) -> str:
    return " and ".join(regions) if len(regions) < 3 else f"{', '.join(regions[:-1])} and {regions[-1]}"


def _count(regions: tuple[str, ...]) -> str:
    return ("none", "one", "several", "several")[len(regions)]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
