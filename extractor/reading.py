"""A laid-out report becomes a `Reading`: facts, findings, codes, and the spans behind them."""

from __future__ import annotations

from collections.abc import Mapping

from extractor import lexicon
from extractor.facts.contrast import read_contrast
from extractor.facts.details import read_complications, read_details
from extractor.facts.exposure import read_exposure
from extractor.facts.findings import read_findings
from extractor.facts.images import read_images
from extractor.facts.injection import read_injection
from extractor.facts.regions import read_regions
from extractor.facts.study import gave_up, read_status, read_study
from extractor.facts.title import read_title
from extractor.outline import Outline
from extractor.records import Coding, Facts, Finding, Reading, Report, Span

INTRATHECAL_STUDIES = ("myelogram", "ct_intrathecal", "cisternogram")


def reading_of(outline: Outline, report: Report | None = None) -> Reading:
    """Read a laid-out report; without `report` the text is all that is known of it."""
    report = report or Report(outline.text)
    facts, findings, spans = read_facts(outline)
    return Reading(report, facts, findings, Coding(), spans)


def read_facts(outline: Outline) -> tuple[Facts, tuple[Finding, ...], Mapping[str, tuple[Span, ...]]]:
    """All facts and findings of a report, with the spans behind each field."""
    title = read_title(outline)
    regions = read_regions(outline, title)
    study, study_spans = read_study(outline, title, regions)
    intrathecal = study in INTRATHECAL_STUDIES
    contrast, contrast_spans = read_contrast(outline, default_route="intrathecal" if intrathecal else None)
    injected = read_injection(outline, contrast_in=intrathecal)
    film, ct = (regions.film, regions.ct) if intrathecal else ((), ())
    status, status_spans = "none" if study in ("other", "mr_myelogram") else "completed", []
    stopped = gave_up(outline, regions) if status == "completed" else []
    if stopped:
        status, status_spans, film, ct = "discontinued", stopped, (), ()
    elif intrathecal:
        status, status_spans = read_status(outline, title, regions)
    images, image_spans = read_images(outline)
    exposure = read_exposure(outline)
    complications, complication_spans = read_complications(outline)
    details, detail_spans = read_details(outline)
    findings = read_findings(outline, lexicon.load().pairs)
    interpretation = bool(film or ct) or (study == "cisternogram" and not regions.elsewhere)
    spans: dict[str, list[Span]] = {"study": study_spans, "status": status_spans, "contrast": contrast_spans, "complications": complication_spans, **injected.spans, **image_spans, **exposure.spans, **detail_spans}
    for region in film:
        spans[f"myelo_region:{region}"] = regions.film_evidence[region].read[:6]
    for region in ct:
        spans[f"ct_region:{region}"] = regions.ct_evidence[region].read[:6]
    for region in dict.fromkeys((*film, *ct)):
        spans[f"region:{region}"] = [*spans.get(f"myelo_region:{region}", ()), *spans.get(f"ct_region:{region}", ())]
    facts = Facts(
        study=study,
        status=status,
        injection=injected.injection,
        interpretation=interpretation,
        contrast=contrast,
        myelo_regions=film,
        ct_regions=ct,
        ct_precontrast=bool(regions.precontrast and ct),
        images=images,
        fluoro_minutes=exposure.fluoro_minutes,
        dose_mgy=exposure.dose_mgy,
        dap_gycm2=exposure.dap_gycm2,
        complications=complications,
        title_regions=tuple(sorted(title.regions)),
        flags=tuple(injected.flags),
        details=details,
    )
    return facts, findings, {field: tuple(dict.fromkeys(found)) for field, found in spans.items() if found}
