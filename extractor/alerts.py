"""Warnings about dose, agents and documentation, and the contrast supply of an office."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import date

from extractor.codebook import Agent, CodingTables
from extractor.records import REGIONS, Alert, Code, Contrast, Facts, Supply

MYELOGRAPHIC = ("myelogram", "ct_intrathecal", "cisternogram")
_SUPPLIED = ("intrathecal", "subdural", "epidural")


def alerts(facts: Facts, codes: Iterable[Code], tables: CodingTables, day: date | None) -> tuple[Alert, ...]:
    """Warnings in the order of the table's kinds, each kind and product once; their messages carry no report text."""
    found = (*_contrast_alerts(facts, tables), *_dose_alerts(facts, tuple(codes), tables, day), *_title_alerts(facts))
    order = list(tables.alerts)
    return tuple(
        Alert(kind, tables.alerts[kind].message.format(**values), tables.alerts[kind].fields)
        for kind, values in sorted(found, key=lambda item: order.index(item[0]))
    )


def supplies(facts: Facts, codes: Iterable[Code], tables: CodingTables, day: date | None) -> tuple[Supply, ...]:
    """Contrast supply that an office bills beside its own injection: one unit a mL.

    The volumes of one code are added, then rounded up to a whole mL, as Medicare asks for doses that are no multiple of
    the unit. Agents that are not nonionic, and injections without agent, concentration or volume, bring nothing.
    """
    if facts.injection.by != "reporting" or facts.study not in MYELOGRAPHIC or not tuple(codes):
        return ()
    volumes: dict[str, float] = {}
    for contrast in facts.contrast:
        code = _supply_code(contrast, tables, day)
        if code and contrast.volume_ml:
            volumes[code] = volumes.get(code, 0.0) + contrast.volume_ml
    return tuple(
        Supply(code, math.ceil(round(volume, 3)), f"{_number(volume)} mL given; one unit a mL, rounded up.")
        for code, volume in sorted(volumes.items())
    )


def title_differences(facts: Facts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Regions that the title orders and of which nothing is read, and regions read that the title does not order.

    Both are empty where there is no title, or nothing was read.
    """
    read = {*facts.myelo_regions, *facts.ct_regions}
    if not read or not facts.title_regions or facts.study not in MYELOGRAPHIC:
        return (), ()
    ordered = set(facts.title_regions)
    return (
        tuple(region for region in REGIONS if region in ordered - read),
        tuple(region for region in REGIONS if region in read - ordered),
    )


def find_agent(contrast: Contrast, tables: CodingTables) -> Agent | None:
    """What the tables know of a contrast: by its brand, else by its generic name."""
    for agent in tables.agents:
        if contrast.brand is not None and agent.brand is not None and agent.brand.lower() == contrast.brand.lower():
            return agent
    for agent in tables.agents:
        if agent.brand is None and agent.generic == (contrast.agent or "").lower():
            return agent
    return None


def gadolinium_intrathecal(facts: Facts, tables: CodingTables) -> bool:
    """Whether a gadolinium agent went into the thecal sac."""
    given = (find_agent(contrast, tables) for contrast in facts.contrast if contrast.route == "intrathecal")
    return any(agent is not None and agent.kind == "gadolinium" for agent in given)


Found = tuple[str, dict[str, str]]


def _contrast_alerts(facts: Facts, tables: CodingTables) -> Iterator[Found]:
    mass = 0.0
    products: set[tuple[str, str]] = set()
    strengths: set[float] = set()
    for contrast in facts.contrast:
        if contrast.route != "intrathecal":
            continue
        agent = find_agent(contrast, tables)
        if agent:
            products.update(_product_alerts(contrast, agent))
        if contrast.concentration and (agent is None or agent.kind in ("nonionic", "ionic")):
            strengths.add(contrast.concentration)
            mass += contrast.concentration * (contrast.volume_ml or 0.0)
    limit = tables.limits["iodine_mass_mg"]
    if round(mass, 3) > limit:
        yield "iodine_mass", {"mass": _number(mass), "limit": _number(limit)}
    strongest = tables.limits["concentration_mg_per_ml"]
    for strength in sorted(strengths):
        if strength > strongest:
            yield "concentration", {"concentration": _number(strength), "limit": _number(strongest)}
    for kind, product in sorted(products):
        yield kind, {"product": product}


def _product_alerts(contrast: Contrast, agent: Agent) -> Iterator[tuple[str, str]]:
    name = agent.brand or agent.generic.capitalize()
    if agent.kind == "gadolinium":
        yield "gadolinium_intrathecal", name
    elif not agent.intrathecal and not agent.any_concentration:
        yield "not_labelled", name
    elif contrast.concentration and agent.intrathecal and contrast.concentration not in agent.intrathecal:
        yield "not_labelled", f"{name} {_number(contrast.concentration)}"


def _dose_alerts(facts: Facts, codes: tuple[Code, ...], tables: CodingTables, day: date | None) -> Iterator[Found]:
    measured = " ".join(code.code for code in codes if tables.codes[code.code].mips_145)
    if not measured:
        return
    if facts.details.permanent_images is False:
        yield "no_images_kept", {"codes": measured}
    if facts.dose_mgy is not None or facts.dap_gycm2 is not None:
        return
    timed = facts.fluoro_minutes is not None and facts.images.total is not None
    for kind, lacking in (("no_dose_index", True), ("no_dose_or_time", not timed)):
        if lacking and tables.alerts[kind].period.holds(day):
            yield kind, {"codes": measured}


def _title_alerts(facts: Facts) -> Iterator[Found]:
    unread, unordered = title_differences(facts)
    if unread:
        yield "title_not_in_body", {"regions": " and ".join(unread)}
    if unordered:
        yield "body_not_in_title", {"regions": " and ".join(unordered)}


def _supply_code(contrast: Contrast, tables: CodingTables, day: date | None) -> str | None:
    agent = find_agent(contrast, tables)
    if agent is None or agent.kind != "nonionic" or contrast.route not in _SUPPLIED or not contrast.concentration:
        return None
    for band in tables.supplies:
        if band.start <= contrast.concentration < band.end and band.period.holds(day):
            return band.code
    return None


def _number(value: float) -> str:
    return f"{round(value, 3):g}" if abs(value) < 1e5 else str(round(value))
