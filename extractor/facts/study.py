"""What the report documents, and how far the study went."""

from __future__ import annotations

from extractor.facts import roles
from extractor.facts.body import (
    arrived_with_contrast,
    contrast_sentences,
    enters_sac,
    mentions_myelogram,
    reads_under_label,
    told_study,
)
from extractor.facts.regions import RegionReading
from extractor.facts.title import Title, regions_of
from extractor.measures import gauges
from extractor.outline import Outline, Sentence
from extractor.patterns import pattern
from extractor.records import REGIONS, Span
from extractor.wording import Wording

_STOP = pattern("study.stop")


def read_study(outline: Outline, title: Title, regions: RegionReading) -> tuple[str, list[Span]]:
    """Classify the report from its title and from what its body tells."""
    body = roles.told_now(outline)
    given = contrast_sentences(outline)
    spans = [s.span() for s in title.sentences][:3] or [s.span() for s in given[:1]]
    spans = spans or [s.span() for s in body if s.has("lumbar_puncture", "puncture", "needle")][:1]
    if _other_document(outline, title) or (
        title.studies.isdisjoint(("myelogram", "epidurogram", "discogram"))
        and any(_NO_MYELOGRAM.search(s.text) for s in body)
    ):
        return "other", spans
    kind = _titled(title, body, given, regions) or told_study(outline, title, body, given, regions)
    if kind == "cisternogram" and not given and any(s.has("no_contrast_given") for s in body):
        return "other", spans
    if kind in ("myelogram", "ct_intrathecal"):
        if _called_off(title, body, given) or not _took_place(body, given, regions):
            return "other", [s.span() for s in body if s.has("cancelled")][:2] or spans
        kind = _film_or_ct(title, regions, kind)
        procedure_only = kind == "myelogram" and not (title.myelogram or regions.film or regions.ct)
        if procedure_only and not gave_up(outline, regions) and _for_ct_alone(title, body):
            kind = "ct_intrathecal"
    return kind, spans


_NO_MYELOGRAM = pattern("study.no_myelogram")


def _other_document(outline: Outline, title: Title) -> bool:
    """Whether this is a note, letter, consent form or laboratory report instead of a report of a study."""
    blood = sum(s.has("haematology") for s in outline.sentences)
    if blood >= 2 and not any(s.has("needle") and s.has("intrathecal") for s in outline.sentences):
        return True
    if any(
        _opens_document(s) and not s.has("consent", "prep")
        for s in outline.sentences[:3]
        if s.section in ("exam", "other", "technique") and len(s.text) < 140
    ):
        return True
    punctured = any(
        s.has("needle") and s.has("puncture", "injection_verb", "fluoro_guidance", "intrathecal")
        for s in roles.told_now(outline)
    )
    clinical = sum(1 for s in outline.sentences for _ in s.all("clinical_note"))
    imaged = sum(map(reads_under_label, outline.sentences)) > 1
    most = 1 if title.studies or punctured or imaged else 0
    if clinical > most or sum(s.text.startswith(("Q.", "Q:")) for s in outline.sentences) > 1:
        return True
    documented = title.studies or punctured or imaged
    return not documented and any(s.has("note_language") for s in outline.sentences[:12])


def _opens_document(s: Sentence) -> bool:
    """Whether a sentence calls the text a note or letter, instead of naming one in passing."""
    return any(s.section == "exam" or cue.start - s.start < 25 for cue in s.all("other_document"))


def _titled(title: Title, body: list[Sentence], given: list[Sentence], regions: RegionReading) -> str | None:
    """The study that the title names; None if it names none."""
    studies = title.studies
    if any(s.has("chemotherapy") for s in title.sentences) and not title.myelogram:
        return "lumbar_puncture"
    intrathecal = any(s.has("intrathecal") for s in given)
    if "mr_myelogram" in studies and not title.myelogram:
        return "other" if given else "mr_myelogram"
    if "radionuclide" in studies:
        return "other"
    if "cisternogram" in studies and not title.myelogram:
        return "cisternogram"
    if title.myelogram:
        return "myelogram"
    for study in ("discogram", "epidurogram"):
        if study in studies:
            return study
    if "ct_myelogram" in studies:
        return "ct_intrathecal"
    if "other_procedure" in studies:
        return "other"
    if "ct" in studies and (_title_says_intrathecal(title) or intrathecal or arrived_with_contrast(body)):
        return "ct_intrathecal"
    if "lumbar_puncture" in studies:
        read_here = bool(regions.film or regions.ct)
        return "myelogram" if given and ((intrathecal and mentions_myelogram(body)) or read_here) else "lumbar_puncture"
    iodinated = [s for s in given if not any(c.value.startswith("gado") for c in s.all("agent"))]
    given_here = iodinated and any(map(enters_sac, body)) and not any(s.has("no_contrast_given") for s in body)
    if studies & {"mr", "ct"} and not given_here:
        return "other"
    return None


def _title_says_intrathecal(title: Title) -> bool:
    return any(
        s.has("intrathecal", "post_myelogram", "myelogram") or "intrathecal" in s.text.lower() for s in title.sentences
    )


_NOT_DONE = pattern("study.not_done")


def _called_off(title: Title, body: list[Sentence], given: list[Sentence]) -> bool:
    """Whether title or conclusion say that nothing was done, and nothing tells of a needle or of contrast."""
    told = [*title.sentences, *(s for s in body if s.section == "impression")]
    off = any(s.has("cancelled") and (s.has("myelogram", "ct_myelogram") or len(s.text) < 40) for s in told)
    if given or not (off or any(_NOT_DONE.search(s.text) for s in title.sentences)):
        return False
    return not any(
        s.has("needle", "puncture", "lumbar_puncture")
        and (
            s.has("fluoro_guidance", "csf_return", "discontinued", "local_anaesthetic")
            or any(True for _ in gauges(s.text))
        )
        for s in body
    )


def _for_ct_alone(title: Title, body: list[Sentence]) -> bool:
    """Whether the contrast of a procedure note was put in for CT, and no films were meant."""
    told = [*title.sentences, *body]
    if not any(s.has("ct", "ct_myelogram") for s in told):
        return False
    if any(_NO_FILMS.search(s.text) or _CT_ALONE.search(s.text) for s in told):
        return True
    filmed = any(
        c.assertion in ("present", "planned")
        for s in told
        if not s.has("needle_only", "needle")
        for c in s.all("film", "myelogram")
    )
    return any(s.has("ct_myelogram") for s in told) and not filmed


def _took_place(body: list[Sentence], given: list[Sentence], regions: RegionReading) -> bool:
    """Whether at least a needle went in, or images of contrast are read."""
    if given and any(s.has("existing_access") for s in given):
        return True
    if (regions.film or regions.ct) and not any(s.has("cancelled") and _NO_NEEDLE.search(s.text) for s in body):
        return True
    if any(_NO_NEEDLE.search(s.text) for s in body):
        return False
    return bool(given) or any(
        s.has("needle", "puncture") and not s.has("cancelled", "planned_study", "consent") for s in body
    )


_NO_FILMS = pattern("imaging.no_films")
_CT_ALONE = pattern("study.ct_alone")
_NO_NEEDLE = pattern("study.no_needle")


def _film_or_ct(title: Title, regions: RegionReading, kind: str) -> str:
    """A myelogram has films, or was meant to; CT alone after contrast is the other."""
    if regions.film or (regions.scanned_plain and title.myelogram):
        return "myelogram"
    if kind == "myelogram" and title.myelogram and not regions.ct:
        return "myelogram"
    return "ct_intrathecal" if regions.ct or kind == "ct_intrathecal" else "myelogram"


_UNREADABLE = pattern("study.unreadable")
_INABILITY = pattern("study.inability")


def gave_up(outline: Outline, regions: RegionReading) -> list[Span]:
    """The words that say that the study was stopped with nothing to read, if it was."""
    body = roles.told_now(outline)
    contrast = contrast_sentences(outline)
    untold = not contrast and regions.scanned_plain  # a dry puncture, then CT without contrast
    stops = [
        s
        for s in [*outline.within("exam"), *body]
        if (_STOP.search(s.text) or (s.has("discontinued") and (s.section in ("exam", "impression") or untold)))
        and not s.has("consent")
    ]
    if not stops:
        return []
    nothing_in = untold or (any(s.has("no_contrast_given") for s in body) and not contrast)
    unread = any(_UNREADABLE.search(s.text) and not _names(s, list(REGIONS)) for s in body) and not regions.ct
    if nothing_in or unread or not (regions.film or regions.ct or regions.elsewhere):
        return [s.span() for s in stops]
    return []


_POOR_IMAGES = pattern("study.poor_images")
_KEPT_OUT = pattern("study.kept_out")


def read_status(outline: Outline, title: Title, regions: RegionReading) -> tuple[str, list[Span]]:
    """Completed or reduced, with the words that say so; without films there is nothing that could be reduced."""
    if not regions.film:
        return "completed", []
    body = roles.told_now(outline)
    left_out = [region for region in title.film_regions if region not in regions.film]
    told = [
        s
        for s in body
        if s.has("film", "image", "reduced", "film_negated", "view", "myelogram", "flow")
        and _names(s, left_out)
        and _INABILITY.search(s.text)
    ]
    if left_out and told:
        return "reduced", [s.span() for s in told]
    missed = [r for r in REGIONS if r not in regions.film]
    kept_out = [s for s in body if _KEPT_OUT.search(s.text) and _names(s, missed) and not s.has("needle", "puncture")]
    if kept_out:
        return "reduced", [s.span() for s in kept_out]
    limited = [s for s in body if _LIMITED_STUDY.search(s.text) and not _POOR_IMAGES.search(s.text)]
    if limited or _limited_title(title):
        return "reduced", [s.span() for s in (limited or title.sentences)]
    return "completed", []


def _names(s: Sentence, left_out: list[str]) -> bool:
    return any(region in left_out for cue in s.all("region", "whole_spine") for region in regions_of(cue))


_LIMITED = Wording(r"(?<!not )\b(?:limited|incomplete|reduced|curtailed)\b")
_LIMITED_STUDY = Wording(
    r"\b(?:study|examination|exam|procedure|myelogram)\b[^.]{0,30}(?<!not )\b(?:limited"
    r"|incomplete|reduced|curtailed|abbreviated)\b|(?<!not )\b(?:limited|incomplete|reduced"
    r"|curtailed)\b[^.]{0,20}\b(?:study|examination|myelogram)\b"
)


def _limited_title(title: Title) -> bool:
    return any(_LIMITED.search(s.text) for s in title.sentences)
