"""Which study a body tells of: contrast put in the thecal sac, by whom soever, and what is read after it."""

from __future__ import annotations

import re

from extractor.facts import roles
from extractor.facts.regions import RegionReading
from extractor.facts.title import Title
from extractor.measures import gauges
from extractor.outline import Cue, Outline, Sentence, once
from extractor.patterns import pattern


@once
def contrast_sentences(outline: Outline) -> list[Sentence]:
    """The sentences that put contrast in during the study of this report."""
    return [s for s in roles.told_now(outline) if s.section != "impression" and _puts_contrast_in(s)]


def _puts_contrast_in(s: Sentence) -> bool:
    by_agent = (
        s.has("agent")
        and (
            s.has("injection_verb", "intrathecal")
            or s.section in ("technique", "other", "addendum")
            or not s.has("concept", "subject", "ct", "ct_reading")
        )
        and any(not _denied(s, c) for c in s.all("agent"))
    )
    if not (by_agent or (s.has("contrast_noun") and s.has("injection_verb"))):
        return False
    if s.has("no_contrast_given") or roles.is_planned(s) or roles.tells_residue(s) or _IN_GENERAL.search(s.text):
        return False
    return not any(c.assertion == "absent" for c in s.all("injection_verb"))


# What is told of the procedure as such, of a plan or of someone else's report
_IN_GENERAL = pattern("study.in_general")
_NO = re.compile(r"\b(?:no|not|nor|nil|never|without)\s+(?:any )?$", re.IGNORECASE)


def _denied(s: Sentence, cue: Cue) -> bool:
    return bool(_NO.search(s.text[: cue.start - s.start]))


def reads_under_label(s: Sentence) -> bool:
    """Whether images are read under a heading that names their modality."""
    return s.section == "findings" and s.block.modality in ("film", "ct", "both") and roles.is_reading(s)


_OTHER_TARGET = pattern("study.other_target")


def told_study(
    outline: Outline, title: Title, body: list[Sentence], given: list[Sentence], regions: RegionReading
) -> str:
    """The study of a report whose title names none."""
    for study in ("epidurogram", "discogram"):
        if any(c.assertion == "present" for s in body for c in s.all(study)):
            return study
    given = [s for s in given if s.has("intrathecal") or not _OTHER_TARGET.search(s.text)]
    strange = any(map(_another_procedure, [*body, *outline.within("exam")]))
    if given and not strange and mentions_myelogram(body):
        return "myelogram"
    if given and any(
        s.has("intrathecal") and s.has("contrast_noun", "agent", "injection_verb") for s in title.sentences
    ):
        return "ct_intrathecal" if any(s.has("ct_guidance") for s in outline.sentences) else "myelogram"
    if given and not strange and (any(map(enters_sac, body)) or _outlined(body, regions)):
        if _announced(outline) or regions.film:
            return "myelogram"
        if regions.ct:
            return "ct_intrathecal"
    if any(s.has("intrathecal") for s in given) and any(s.has("ct") for s in body):
        return "ct_intrathecal"
    if not strange and any(map(reads_under_label, body)) and any(map(_given_elsewhere, outline.sentences)):
        return "myelogram" if regions.film else "ct_intrathecal"
    if any(s.has("lumbar_puncture") and s.has("needle", "csf_return", "fluoro_guidance", "csf_sent") for s in body):
        return "lumbar_puncture"
    return "other"


def enters_sac(s: Sentence) -> bool:
    """Whether the account has a needle in the thecal sac, what comes back through it, or contrast put there."""
    if s.section in ("findings", "impression"):
        return False
    if s.has("csf_return", "c1_c2_route", "cisternal_route") or any(
        c.assertion == "present" for c in s.all("lumbar_puncture")
    ):
        return True
    gives = s.has("needle", "puncture", "injection_verb", "agent", "contrast_noun") or any(True for _ in gauges(s.text))
    return gives and (s.has("intrathecal") or (any(v.name[0] == "L" for v in s.levels) and not s.has("ct_reading")))


_FILLED = frozenset({"sac", "column", "root", "cord", "cauda"})


def _outlined(body: list[Sentence], regions: RegionReading) -> bool:
    """Whether a needle went in, and the images show what lies in the sac."""
    needled = any(
        s.section not in ("findings", "impression")
        and (s.has("needle", "puncture") or any(True for _ in gauges(s.text)))
        for s in body
    )
    return (
        needled
        and bool(regions.film or regions.ct)
        and any(roles.is_reading(s) and (s.has("film_concept") or s.values("subject") & _FILLED) for s in body)
    )


def _given_elsewhere(s: Sentence) -> bool:
    """Whether the sentence tells that somebody else has put contrast in the sac for this study."""
    if s.past or s.section in ("comparison", "impression") or roles.is_planned(s):
        return False
    if s.section == "technique" and _comes_from_myelogram(s):
        return True
    gives = s.has("agent", "contrast_noun") and s.has("injection_verb", "puncture", "intrathecal")
    into = s.has("intrathecal", "lumbar_puncture", "c1_c2_route") or any(v.name[0] == "L" for v in s.levels)
    return gives and into and s.has("other_physician", "not_me", "other_report")


def _another_procedure(s: Sentence) -> bool:
    """Whether the sentence tells that something else was done, or that contrast went elsewhere."""
    if s.has("misplaced") and s.has("agent", "injection_verb"):
        return True
    if s.section == "impression" or roles.is_planned(s) or s.has("consent"):
        return False
    return any(c.assertion == "present" for c in s.all("other_procedure"))


_NO_INTRATHECAL = pattern("study.no_intrathecal")
_WITH_CONTRAST = pattern("study.with_contrast")


def arrived_with_contrast(body: list[Sentence]) -> bool:
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


def mentions_myelogram(body: list[Sentence]) -> bool:
    """Whether a sentence of the body names a myelogram that was not only planned."""
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
