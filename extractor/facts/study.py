"""What the report documents, and how far the study went."""

from __future__ import annotations

import re

from extractor.facts import roles
from extractor.facts.regions import RegionReading
from extractor.facts.title import Title, regions_of
from extractor.outline import Outline, Sentence
from extractor.records import Span

_STOP = re.compile(r"\b(?:terminated|aborted|abandoned|discontinued|unsuccessful|given up|halted|called off|(?:was|procedure) stopped|not (?:be )?completed|elected (?:not )?to|curtailed|could not be (?:completed|performed|entered))\b", re.IGNORECASE)


def contrast_sentences(outline: Outline) -> list[Sentence]:
    """The sentences that put contrast in during the study of this report."""
    out = []
    for s in roles.told_now(outline):
        if s.section == "impression" or s.has("no_contrast_given") or roles.is_planned(s):
            continue
        given = s.has("agent") and (s.has("injection_verb", "intrathecal") or s.section in ("technique", "other", "addendum"))
        noun = s.has("contrast_noun") and s.has("injection_verb") and s.has("intrathecal", "needle", "puncture", "contrast_noun")
        if given or noun:
            out.append(s)
    return out


def needle_in(outline: Outline) -> bool:
    """Whether a needle was put in during the study of this report."""
    return any(s.has("needle", "puncture") and not s.has("cancelled") for s in roles.told_now(outline) if s.section != "impression")


def read_study(outline: Outline, title: Title, regions: RegionReading) -> tuple[str, list[Span]]:
    """Classify the report from its title and from what its body tells."""
    body = roles.told_now(outline)
    given = contrast_sentences(outline)
    cancelled = [s for s in body if s.has("cancelled")]
    spans = [s.span() for s in title.sentences][:3] or [s.span() for s in given[:1]]
    other = _other_study(outline, title, given, body)
    if other:
        return other, spans
    if cancelled and not given and _never_started(body):
        return "other", [s.span() for s in cancelled[:2]]
    if "cisternogram" in title.studies and not regions.film:
        return "cisternogram", spans
    return ("ct_intrathecal" if not regions.film and _ct_alone(outline, title, regions) else "myelogram"), spans


def _ct_alone(outline: Outline, title: Title, regions: RegionReading) -> bool:
    """Whether the plan was CT alone: no myelographic images in title or text."""
    if regions.ct_read:
        return True
    return "myelogram" not in title.studies and (title.ct or any(s.has("ct_guidance") for s in roles.told_now(outline)))


def _never_started(body: list[Sentence]) -> bool:
    return not any(s.has("needle") and s.has("puncture", "injection_verb") and not s.has("cancelled", "no_contrast_given") for s in body if s.section != "impression") or any(
        re.search(r"\b(?:no needle|before any needle|prior to needle|before needle)\b", s.text, re.IGNORECASE) for s in body
    )


def _other_study(outline: Outline, title: Title, given: list[Sentence], body: list[Sentence]) -> str | None:
    """The study if it is none of the intrathecal contrast studies, else None."""
    studies = title.studies
    document = [s for s in outline.sentences[:6] if s.has("other_document") and not s.has("myelogram")]
    if any(s.has("haematology") for s in outline.sentences[:12]) and sum(s.has("haematology") for s in outline.sentences) >= 2:
        return "other"
    intrathecal = [s for s in given if s.has("intrathecal", "agent", "contrast_noun")]
    spine_contrast = bool(intrathecal) and (title.myelogram or title.ct or "cisternogram" in studies or _text_is_myelogram(body))
    if "mr_myelogram" in studies and not title.myelogram:
        return "other" if intrathecal else "mr_myelogram"
    if "discogram" in studies and not title.myelogram:
        return "discogram"
    if "epidurogram" in studies and not title.myelogram:
        return "epidurogram"
    if "radionuclide" in studies:
        return "other"
    if "other_procedure" in studies and not title.myelogram and "ct_myelogram" not in studies:
        return "other"
    if "mr" in studies and not title.myelogram and not title.ct:
        return "other"
    if document and not title.myelogram:
        return "other"
    if "lumbar_puncture" in studies and not title.myelogram and not spine_contrast:
        return "lumbar_puncture"
    if not studies and not spine_contrast:
        return "lumbar_puncture" if _text_is_puncture(body) else "other"
    if not title.myelogram and "ct_myelogram" not in studies and "cisternogram" not in studies:
        if not intrathecal and not _intrathecal_ct(outline):
            return "lumbar_puncture" if "lumbar_puncture" in studies else "other"
        if not any(s.has("intrathecal") for s in outline.sentences if not roles.is_past(s)):
            return "other"
    if title.myelogram and not given and not needle_in(outline) and not any(roles.is_reading(s) for s in body):
        return "other"
    return None


def _intrathecal_ct(outline: Outline) -> bool:
    text_sentences = [s for s in outline.sentences if s.section in (*roles.BODY, "exam")]
    return any(s.has("intrathecal") and s.has("contrast_noun") and not s.has("no_contrast_given") and "no " not in s.text.lower()[:40] for s in text_sentences)


def _text_is_myelogram(body: list[Sentence]) -> bool:
    return any(s.has("myelogram", "ct_myelogram") and not roles.is_planned(s) for s in body)


def _text_is_puncture(body: list[Sentence]) -> bool:
    return any(s.has("lumbar_puncture") and s.has("needle", "csf_return", "fluoro_guidance") for s in body)


def read_status(outline: Outline, title: Title, regions: RegionReading, *, contrast_in: bool) -> tuple[str, list[Span]]:
    """Completed, reduced or discontinued, with the words that say so."""
    body = roles.told_now(outline)
    if not regions.film and not regions.ct:
        stops = [s for s in body if _STOP.search(s.text) and not s.has("consent")]
        if stops:
            return "discontinued", [s.span() for s in stops]
    left_out = [region for region in title.film_regions if region not in regions.film]
    told = [s for s in body if s.has("reduced", "film_negated") and (_names(s, left_out) or _says_limited(s))]
    if regions.film and told and (left_out or _says_limited(told[0])):
        return "reduced", [s.span() for s in told]
    if regions.film and _limited_title(title):
        return "reduced", [s.span() for s in title.sentences]
    return "completed", []


def _names(s: Sentence, left_out: list[str]) -> bool:
    return any(region in left_out for cue in s.all("region", "whole_spine") for region in regions_of(cue))


def _says_limited(s: Sentence) -> bool:
    return bool(re.search(r"\b(?:study|examination|exam|procedure|myelogram)\b[^.]{0,30}\b(?:limited|incomplete|reduced|curtailed|abbreviated)\b|\b(?:limited|incomplete|reduced|curtailed)\b[^.]{0,20}\b(?:study|examination|myelogram)\b", s.text, re.IGNORECASE))


def _limited_title(title: Title) -> bool:
    return any(re.search(r"\b(?:limited|incomplete|reduced|curtailed)\b", s.text, re.IGNORECASE) for s in title.sentences)
