"""What the report documents, and how far the study went."""

from __future__ import annotations

import re

from extractor.facts import roles
from extractor.facts.regions import RegionReading
from extractor.facts.title import Title, regions_of
from extractor.measures import gauges
from extractor.outline import Cue, Outline, Sentence, once
from extractor.patterns import pattern
from extractor.records import REGIONS, Span
from extractor.wording import Wording

_STOP = pattern("study.stop")


@once
def contrast_sentences(outline: Outline) -> list[Sentence]:
    """The sentences that put contrast in during the study of this report."""
    return [s for s in roles.told_now(outline) if s.section != "impression" and _puts_contrast_in(s)]


def _puts_contrast_in(s: Sentence) -> bool:
    by_agent = (
        s.has("agent")
        and (s.has("injection_verb", "intrathecal") or s.section in ("technique", "other", "addendum"))
        and any(not _denied(s, c) for c in s.all("agent"))
    )
    if not (by_agent or (s.has("contrast_noun") and s.has("injection_verb"))):
        return False
    if s.has("no_contrast_given") or roles.is_planned(s) or roles.tells_residue(s):
        return False
    return not any(c.assertion == "absent" for c in s.all("injection_verb"))


_NO = re.compile(r"\b(?:no|not|nor|nil|never|without)\s+(?:any )?$", re.IGNORECASE)


def _denied(s: Sentence, cue: Cue) -> bool:
    return bool(_NO.search(s.text[: cue.start - s.start]))


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
    kind = _titled(title, body, given, regions) or _told(outline, title, body, given, regions)
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
    most = 1 if title.studies or punctured else 0
    if clinical > most or sum(s.text.startswith(("Q.", "Q:")) for s in outline.sentences) > 1:
        return True
    return not title.studies and not punctured and any(s.has("note_language") for s in outline.sentences[:12])


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
    if "ct" in studies and (_title_says_intrathecal(title) or intrathecal or _arrived_with_contrast(body)):
        return "ct_intrathecal"
    if "lumbar_puncture" in studies:
        read_here = bool(regions.film or regions.ct)
        return (
            "myelogram" if given and ((intrathecal and _mentions_myelogram(body)) or read_here) else "lumbar_puncture"
        )
    if "other_procedure" in studies:
        return "other"
    iodinated = [s for s in given if not any(c.value.startswith("gado") for c in s.all("agent"))]
    given_here = iodinated and any(map(_enters_sac, body)) and not any(s.has("no_contrast_given") for s in body)
    if studies & {"mr", "ct"} and not given_here:
        return "other"
    return None


_OTHER_TARGET = pattern("study.other_target")


def _told(outline: Outline, title: Title, body: list[Sentence], given: list[Sentence], regions: RegionReading) -> str:
    """The study of a report whose title names none."""
    for study in ("epidurogram", "discogram"):
        if any(c.assertion == "present" for s in body for c in s.all(study)):
            return study
    given = [s for s in given if s.has("intrathecal") or not _OTHER_TARGET.search(s.text)]
    strange = any(map(_another_procedure, [*body, *outline.within("exam")]))
    if given and not strange and _mentions_myelogram(body):
        return "myelogram"
    if given and any(
        s.has("intrathecal") and s.has("contrast_noun", "agent", "injection_verb") for s in title.sentences
    ):
        return "ct_intrathecal" if any(s.has("ct_guidance") for s in outline.sentences) else "myelogram"
    if given and not strange and any(map(_enters_sac, body)):
        if _announced(outline) or regions.film:
            return "myelogram"
        if regions.ct:
            return "ct_intrathecal"
    if any(s.has("intrathecal") for s in given) and any(s.has("ct") for s in body):
        return "ct_intrathecal"
    if any(s.has("lumbar_puncture") and s.has("needle", "csf_return", "fluoro_guidance", "csf_sent") for s in body):
        return "lumbar_puncture"
    return "other"


def _enters_sac(s: Sentence) -> bool:
    """Whether the account has a needle in the thecal sac, what comes back through it, or contrast put there."""
    if s.section in ("findings", "impression"):
        return False
    if s.has("csf_return", "c1_c2_route", "cisternal_route") or any(
        c.assertion == "present" for c in s.all("lumbar_puncture")
    ):
        return True
    gives = s.has("needle", "puncture", "injection_verb", "agent", "contrast_noun") or any(True for _ in gauges(s.text))
    return gives and (s.has("intrathecal") or (any(v.name[0] == "L" for v in s.levels) and not s.has("ct_reading")))


def _another_procedure(s: Sentence) -> bool:
    """Whether the sentence tells that something else was done, or that contrast went elsewhere."""
    if s.has("misplaced") and s.has("agent", "injection_verb"):
        return True
    if s.section == "impression" or roles.is_planned(s) or s.has("consent"):
        return False
    return any(c.assertion == "present" for c in s.all("other_procedure"))


def _title_says_intrathecal(title: Title) -> bool:
    return any(
        s.has("intrathecal", "post_myelogram", "myelogram") or "intrathecal" in s.text.lower() for s in title.sentences
    )


_NO_INTRATHECAL = pattern("study.no_intrathecal")
_WITH_CONTRAST = pattern("study.with_contrast")


def _arrived_with_contrast(body: list[Sentence]) -> bool:
    """Whether the text has contrast in the thecal sac without telling an injection of its own."""
    if any(_NO_INTRATHECAL.search(s.text) for s in body):
        return False
    if any(_comes_from_myelogram(s) for s in body):
        return True
    return any(
        s.has("intrathecal")
        and s.has("contrast_noun", "agent")
        and _WITH_CONTRAST.search(s.text)
        and not re.search(r"residual|retained|remote", s.text, re.IGNORECASE)
        for s in body
    )


def _comes_from_myelogram(s: Sentence) -> bool:
    """Whether a scan was made after the myelogram of the day, or the report of its injection is referred to."""
    if s.section in ("impression", "findings") or roles.is_planned(s):
        return False
    if s.has("post_myelogram") and s.has("ct", "ct_reading", "image_verb"):
        return True
    return (
        s.has("other_report")
        and s.has("myelogram")
        and s.has("injection_verb", "puncture", "lumbar_puncture", "intrathecal")
    )


def _mentions_myelogram(body: list[Sentence]) -> bool:
    return any(_names_myelogram(s) and not roles.is_planned(s) for s in body)


_CAME_FOR = re.compile(
    r"\b(?:I|we) performed\b|\bfor (?:(?:her|his|a|the|an) )?(?:\w+ ){0,2}myelo(?!\w* (?:in|of|from))", re.IGNORECASE
)


def _announced(outline: Outline) -> bool:
    """Whether title or history say that the patient came for a myelogram."""
    said = [*outline.within("exam", "history"), *outline.sentences[:2]]
    return any(_names_myelogram(s) and (not s.past or _CAME_FOR.search(s.text)) for s in said)


def _names_myelogram(s: Sentence) -> bool:
    return any(
        cue.assertion not in ("absent", "planned") for cue in s.all("myelogram", "ct_myelogram", "post_myelogram")
    )


def _called_off(title: Title, body: list[Sentence], given: list[Sentence]) -> bool:
    """Whether title or conclusion say that nothing was done, and nothing tells of a needle or of contrast."""
    told = [*title.sentences, *(s for s in body if s.section == "impression")]
    if given or not any(s.has("cancelled") and (s.has("myelogram", "ct_myelogram") or len(s.text) < 40) for s in told):
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
