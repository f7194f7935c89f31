"""What a sentence does in the report: names the study, tells the past, tells the procedure, or reads images."""

from __future__ import annotations

import re

from extractor.measures import gauges
from extractor.outline import Cue, Outline, Sentence, once
from extractor.patterns import pattern

BODY = ("technique", "findings", "impression", "other", "addendum")
STUDIES = ("myelogram", "ct_myelogram", "ct", "mr", "lumbar_puncture", "discogram", "epidurogram", "other_procedure")
_PROCEDURE_CUES = ("needle", "consent", "prep", "tilt", "local_anaesthetic", "fluoro_guidance", "ct_guidance")
_YEAR = pattern("roles.year")
# A change since an earlier study, told in the reading of this one
_COMPARES = pattern("roles.compares")
_AGO = pattern("roles.ago")
_EARLIER = pattern("roles.earlier_myelogram")
_WILL_BE = re.compile(r"\bwill be (?:read|reported|interpreted|dictated)\b", re.IGNORECASE)
_RESIDUE = pattern("roles.residue")
_BEGINS = pattern("roles.begins")


def tells_past(sentence: Sentence) -> bool:
    """Whether the words tell of another, earlier study or procedure."""
    if not sentence.has(*STUDIES) or (
        sentence.section in ("findings", "impression")
        and sentence.has("concept", "subject")
        and _COMPARES.search(sentence.text)
    ):
        return False
    if _YEAR.search(sentence.text) or _EARLIER.search(sentence.text):
        return True
    if not sentence.has("needle", "agent") and _AGO.search(sentence.text):
        return True
    if not sentence.has("outside_study") or sentence.has("needle", "injection_verb") or _WILL_BE.search(sentence.text):
        return False
    punctured = sentence.has("lumbar_puncture", "puncture")
    return any(_near(sentence, cue) not in ("mr", "ct") if punctured else True for cue in sentence.all("outside_study"))


@once
def tells_residue(sentence: Sentence) -> bool:
    """Whether the contrast that is named is left over from an earlier study."""
    return bool(_RESIDUE.search(sentence.text))


def _near(sentence: Sentence, past: Cue) -> str:
    """The label of the study word nearest to a word of the past."""
    return min((min(abs(c.start - past.end), abs(past.start - c.end)), c.label) for c in sentence.all(*STUDIES))[1]


def is_past(sentence: Sentence) -> bool:
    """Whether section or words put the sentence before this study."""
    return sentence.section in ("history", "comparison") or sentence.past


@once
def is_planned(sentence: Sentence) -> bool:
    """Whether the sentence asks for or plans a study instead of telling one."""
    return sentence.has("planned_study") and not sentence.has("needle", "agent") and sentence.has(*STUDIES)


_NAMED_IN_TITLES = (*(study for study in STUDIES if study != "lumbar_puncture"), "mr_myelogram", "cisternogram")


def begins_account(sentence: Sentence) -> bool:
    """Whether words at the top tell of a puncture ("L3-4 tap, 22g, 12 ml Omnipaque 180") and name no study."""
    if sentence.has(*_NAMED_IN_TITLES, "radionuclide", "chemotherapy", "post_myelogram"):
        return False
    if sentence.has("agent") or (sentence.levels and any(True for _ in gauges(sentence.text))):
        return True
    return sentence.has("needle", "puncture") and bool(sentence.levels or sentence.has("csf_return", "contrast_noun"))


def begins_procedure(sentence: Sentence) -> bool:
    """Whether the sentence can only belong to the account of this procedure."""
    if sentence.past:
        return False
    if _BEGINS.search(sentence.text):
        return True
    if sentence.has("needle") and sentence.has("puncture", "fluoro_guidance", "injection_verb", "prep", "intrathecal"):
        return True
    sized = sentence.has("needle") and any(True for _ in gauges(sentence.text))
    if (sized or (sentence.levels and sentence.has("fluoro_guidance"))) and not sentence.has(
        "no_guidance", "outside_study", "discontinued", "concept"
    ):
        return True
    return (sentence.has("lumbar_puncture", "puncture") and sentence.has("fluoro_guidance", "needle")) or (
        sentence.has("agent") and sentence.has("injection_verb") and not sentence.has("outside_study", "planned_study")
    )


@once
def is_procedure(sentence: Sentence) -> bool:
    """Whether the sentence tells what was done to the patient or how images were made."""
    if sentence.section == "technique":
        return True
    if sentence.section not in BODY:
        return False
    if (
        sentence.has("concept")
        and sentence.section in ("findings", "impression")
        and not sentence.has("needle", "injection_verb", "agent")
    ):
        return False
    if sentence.has(*_PROCEDURE_CUES):
        return True
    if sentence.has("injection_verb") and sentence.has("contrast_noun", "agent", "intrathecal"):
        return True
    if sentence.has("film") and sentence.has("view") and not sentence.has("concept", "normal_statement"):
        return True
    return (
        sentence.has("film", "image", "view", "ct")
        and sentence.has("image_verb")
        and not sentence.has("concept", "normal_statement")
    )


_ANATOMY = frozenset({"column", "sac", "root", "cord", "canal", "foramen", "cauda", "conus", "disc"})


@once
def is_reading(sentence: Sentence) -> bool:
    """Whether the sentence says something about what images show."""
    if sentence.section in ("findings", "impression"):
        if not sentence.has("concept", "film_concept", "normal_statement", "subject", "reading_verb", "predicate"):
            return False
        return not (sentence.has("needle") and sentence.has("injection_verb", "puncture"))
    if sentence.section not in ("other", "addendum") or sentence.has("needle", "consent", "agent", "local_anaesthetic"):
        return False
    if sentence.has("csf_return", "csf_appearance") and not sentence.has("concept"):
        return False
    if sentence.has("concept", "film_concept") or sentence.values("subject") & _ANATOMY:
        return not (sentence.has("injection_verb") and sentence.has("contrast_noun"))
    return sentence.has("normal_statement", "reading_verb", "predicate") and not is_procedure(sentence)


_ACCOUNT_CUES = (
    "needle",
    "puncture",
    "agent",
    "injection_verb",
    "consent",
    "prep",
    "local_anaesthetic",
    "csf_return",
    "tilt",
)
# What an account of a puncture names because it was in the way
_OBSTACLES = frozenset({"postoperative_change", "fracture", "scoliosis", "spondylosis", "facet_arthropathy"})


def reads_in_account(sentence: Sentence) -> bool:
    """Whether the account of the procedure goes on to what the images show, in a report without other findings."""
    if sentence.section != "technique" or sentence.has(*_ACCOUNT_CUES, "complication_none", "planned_study"):
        return False
    if sentence.has("film_concept") or sentence.values("concept") - _OBSTACLES:
        return True
    return bool(sentence.values("subject") & _ANATOMY) and sentence.has("normal_statement", "reading_verb")


_SIGNATURE = pattern("roles.signature")
_OWN_READER = re.compile(r"\b(?:undersigned|attending|myself|I|(?:to|for|by) (?:us|me|our))\b")


_READ_HERE = pattern("roles.read_here")


_ANOTHERS_DICTATION = pattern("roles.anothers_dictation")


@once
def reads_elsewhere(sentence: Sentence) -> bool:
    """Whether the sentence leaves the reading of this study's images to somebody else."""
    if sentence.has("not_read_here") and not is_past(sentence):
        return True
    leaves = any(c.assertion in ("present", "planned") for c in sentence.all("interpretation_elsewhere"))
    if (
        not (leaves or _ANOTHERS_DICTATION.search(sentence.text))
        or is_past(sentence)
        or _SIGNATURE.match(sentence.text)
    ):
        return False
    return not _OWN_READER.search(sentence.text) and not _READ_HERE.search(sentence.text)


@once
def told_now(outline: Outline) -> list[Sentence]:
    """The sentences that may tell the study of this report: all but title, history, comparison and signatures."""
    return [s for s in outline.sentences if s.section in BODY and not is_past(s)]
