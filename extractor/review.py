"""Circumstances of a report that a human should see before its codes are used."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.alerts import MYELOGRAPHIC, gadolinium_intrathecal, title_differences
from extractor.codebook import CodingTables
from extractor.records import Code, Facts


def review_reasons(facts: Facts, codes: tuple[Code, ...], tables: CodingTables) -> tuple[str, ...]:
    """One plain sentence for each circumstance that a human should see, in the order of the table."""
    return tuple(tables.reviews[name].sentence for name in review_ids(facts, codes, tables))


def review_ids(facts: Facts, codes: tuple[Code, ...], tables: CodingTables) -> tuple[str, ...]:
    """The ids behind `review_reasons`: what the reader flagged, and what follows from facts and codes."""
    found = {*facts.flags, *_general(facts, codes, tables)}
    if facts.study in MYELOGRAPHIC:
        found.update(_injection(facts, codes))
        found.update(_regions(facts, codes))
        found.update(_stopped(facts, codes))
    return tuple(name for name in tables.reviews if name in found)


def _general(facts: Facts, codes: tuple[Code, ...], tables: CodingTables) -> Iterator[str]:
    if gadolinium_intrathecal(facts, tables):
        yield "intrathecal_gadolinium"
    if facts.study == "cisternogram":
        yield "cisternogram"
    if facts.study == "lumbar_puncture" and codes and facts.csf_withdrawal is None:
        yield "purpose_not_documented"
    if facts.study in MYELOGRAPHIC and facts.status != "none" and not codes:
        yield "nothing_codable"


def _injection(facts: Facts, codes: tuple[Code, ...]) -> Iterator[str]:
    injection = facts.injection
    own = injection.by == "reporting" and bool(codes)
    if injection.route == "existing_access":
        yield "existing_access"
    if own and injection.route is None:
        yield "route_not_documented"
    if injection.by == "none" and codes:
        yield "injection_not_documented"
    if injection.guidance == "ct" and any(code.code in ("62284", "61055") for code in codes):
        yield "ct_guidance"
    if any(contrast.route in ("epidural", "subdural") for contrast in facts.contrast):
        yield "extrathecal_contrast"


def _regions(facts: Facts, codes: tuple[Code, ...]) -> Iterator[str]:
    unread, unordered = title_differences(facts)
    if unread and facts.status == "completed":
        yield "title_not_in_body"
    if unordered:
        yield "body_not_in_title"
    if "posterior_fossa" in facts.flags or facts.study == "cisternogram":
        return
    if codes and facts.interpretation and not facts.myelo_regions and not facts.ct_regions:
        yield "no_region_read"


def _stopped(facts: Facts, codes: tuple[Code, ...]) -> Iterator[str]:
    rules = {code.rule for code in codes}
    if any("52" in code.modifiers for code in codes):
        yield "reduced_service"
    elif facts.status == "reduced" and not facts.title_regions and "region_not_done" not in facts.flags:
        yield "reduced_plan_unknown"
    if "stopped-plan-unknown" in rules:
        yield "stopped_plan_unknown"
    if "ct-without" in rules:
        yield "ct_after_failed_puncture"
    if facts.status == "discontinued" and any(contrast.route != "intravenous" for contrast in facts.contrast):
        yield "discontinued_after_contrast"
