"""A laid-out report becomes a `Reading`: facts, findings, codes, and the spans behind them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from extractor import __version__, lexicon, tables
from extractor.coding import code
from extractor.facts import roles
from extractor.facts.circumstances import (
    csf_withdrawal,
    documentation_flags,
    flags,
    names_posterior_fossa,
)
from extractor.facts.contrast import read_contrast, wrong_place
from extractor.facts.details import read_complications, read_details
from extractor.facts.exposure import read_exposure
from extractor.facts.findings import read_findings
from extractor.facts.images import read_images
from extractor.facts.injection import read_injection
from extractor.facts.regions import RegionReading, read_regions
from extractor.facts.study import gave_up, read_status, read_study
from extractor.facts.title import Title, read_title
from extractor.outline import Outline
from extractor.records import Facts, Finding, Reading, Report, Span

INTRATHECAL_STUDIES = ("myelogram", "ct_intrathecal", "cisternogram")
Spans = dict[str, list[Span]]


class FactReading(NamedTuple):
    """What the rules make of a laid-out report, and what they decided the regions from."""

    facts: Facts
    findings: tuple[Finding, ...]
    spans: Mapping[str, tuple[Span, ...]]
    title: Title
    regions: RegionReading


def reading_of(outline: Outline, report: Report | None = None) -> Reading:
    """Read a laid-out report; without `report` its text is all that is known of it."""
    report = report or Report(outline.text)
    read = read_facts(outline)
    return coded(report, read, read.facts)


def coded(report: Report, read: FactReading, facts: Facts) -> Reading:
    """The reading of a report for its facts, which are those read, or others where they are overruled."""
    coding = code(
        facts,
        tables=tables.coding_tables(),
        service_date=report.service_date,
        place_of_service=report.place_of_service,
        component=report.component,
    )
    return Reading(report, facts, read.findings, coding, read.spans, versions())


@lru_cache(maxsize=1)
def versions() -> Mapping[str, str]:
    """Versions of the program and of the form of its readings."""
    return MappingProxyType({"myelocode": __version__, "reading": "1"})


def read_facts(outline: Outline) -> FactReading:
    """All facts and findings of a report, with the spans behind each field."""
    title = read_title(outline)
    regions = read_regions(outline, title)
    study, study_spans = read_study(outline, title, regions)
    intrathecal = study in INTRATHECAL_STUDIES
    status, status_spans = _status(outline, title, regions, study)
    astray, astray_spans = wrong_place(outline) if intrathecal and status == "discontinued" else (None, [])
    contrast, contrast_spans = read_contrast(outline, default_route=astray or ("intrathecal" if intrathecal else None))
    injected = read_injection(outline, contrast_in=intrathecal, stopped=status == "discontinued")
    read = intrathecal and status != "discontinued"
    film = regions.film if read else ()
    # a study given up before the contrast may still have had its CT, without
    ct = regions.ct if intrathecal and (read or regions.scanned_plain) else ()
    images, image_spans = read_images(outline)
    exposure = read_exposure(outline)
    complications, complication_spans = read_complications(outline)
    if contrast and astray and complications is None:
        complications, complication_spans = "present", astray_spans
    details, detail_spans = read_details(outline)
    findings = read_findings(outline, lexicon.load().pairs)
    withdrawal, withdrawal_spans = csf_withdrawal(outline, title) if study == "lumbar_puncture" else (None, [])
    left_out = bool(title.film_regions - set(film))
    without_region = study == "cisternogram" or names_posterior_fossa(title)
    unread = read and not without_region and not (film or ct or regions.elsewhere)
    open_region = unread or (left_out and bool(film) and status == "completed" and not regions.elsewhere)
    looked = any(roles.is_reading(s) for s in roles.told_now(outline))
    facts = Facts(
        study=study,
        status=status,
        injection=injected.injection,
        interpretation=bool(film or ct) or (without_region and read and looked and not regions.elsewhere),
        contrast=contrast,
        myelo_regions=film,
        ct_regions=ct,
        ct_precontrast=bool(regions.precontrast and ct),
        images=images,
        fluoro_minutes=exposure.fluoro_minutes,
        dose_mgy=exposure.dose_mgy,
        dap_gycm2=exposure.dap_gycm2,
        complications=complications,
        title_regions=tuple(r for r in ("cervical", "thoracic", "lumbar") if r in title.regions),
        csf_withdrawal=withdrawal,
        flags=(
            *injected.flags,
            *flags(outline, title, study=study, status=status, left_out=left_out, level=injected.injection.level),
            *(["region_unclear"] if open_region else ()),
            *documentation_flags(
                outline,
                film=film,
                ct=ct,
                precontrast=regions.precontrast,
                stopped=status_spans if status != "completed" else [],
            ),
        ),
        details=details,
    )
    spans: Spans = {
        "study": study_spans,
        "status": status_spans,
        **injected.spans,
        "contrast": contrast_spans,
        **region_spans(regions, film, ct),
        "title_regions": [s.span() for s in title.sentences] if title.regions else [],
        "ct_precontrast": regions.precontrast if ct else [],
        "interpretation": _first_readings(regions, film, ct) or regions.elsewhere,
        "complications": complication_spans,
        "csf_withdrawal": withdrawal_spans,
        **image_spans,
        **exposure.spans,
        **detail_spans,
    }
    found = {field: tuple(dict.fromkeys(spans)) for field, spans in spans.items() if spans}
    return FactReading(facts, findings, found, title, regions)


def _first_readings(regions: RegionReading, film: tuple[str, ...], ct: tuple[str, ...]) -> list[Span]:
    """For each region that counts, the first words that read its images."""
    read = [regions.film_evidence[r].read for r in film] + [regions.ct_evidence[r].read for r in ct]
    return [spans[0] for spans in read if spans]


def _status(outline: Outline, title: Title, regions: RegionReading, study: str) -> tuple[str, list[Span]]:
    if study in ("other", "mr_myelogram"):
        return "none", []
    stopped = gave_up(outline, regions)
    if stopped:
        return "discontinued", stopped
    if study in INTRATHECAL_STUDIES:
        return read_status(outline, title, regions)
    return "completed", []


def region_spans(regions: RegionReading, film: tuple[str, ...], ct: tuple[str, ...]) -> Spans:
    """Evidence of the regions that count: of films, of CT, and of both together under "region:<name>"."""
    spans: Spans = {}
    for region in film:
        spans[f"myelo_region:{region}"] = regions.film_evidence[region].spans
    for region in ct:
        spans[f"ct_region:{region}"] = regions.ct_evidence[region].spans
    for region in dict.fromkeys((*film, *ct)):
        spans[f"region:{region}"] = [*spans.get(f"myelo_region:{region}", ()), *spans.get(f"ct_region:{region}", ())]
    return spans
