"""What a sentence does in the report: names the study, tells the past, tells the procedure, or reads images."""

from __future__ import annotations

import re

from extractor.outline import Outline, Sentence

BODY = ("technique", "findings", "impression", "other", "addendum")
_PROCEDURE_CUES = ("needle", "consent", "prep", "tilt", "local_anaesthetic", "fluoro_guidance", "ct_guidance")
_PAST_STUDY = ("myelogram", "ct_myelogram", "ct", "mr", "lumbar_puncture", "discogram", "epidurogram", "other_procedure")
_YEAR = re.compile(r"\b(?:in|of|from|dated|since|on)\s+(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s+)?(?:\d{1,2}[/.-]){0,2}(?:19|20)\d{2}\b|\b(?:myelogram|ct|mri|study)\s+(?:19|20)\d{2}\b", re.IGNORECASE)


def is_past(sentence: Sentence) -> bool:
    """Whether the sentence tells of another, earlier study or procedure."""
    if sentence.section in ("history", "comparison"):
        return True
    if not sentence.has(*_PAST_STUDY):
        return False
    return sentence.has("outside_study") and not sentence.has("needle", "injection_verb", "volume") or bool(_YEAR.search(sentence.text))


def is_planned(sentence: Sentence) -> bool:
    """Whether the sentence asks for or plans a study instead of telling one."""
    return sentence.has("planned_study") and not sentence.has("needle") and sentence.has(*_PAST_STUDY)


def is_procedure(sentence: Sentence) -> bool:
    """Whether the sentence tells what was done to the patient or how images were made."""
    if sentence.section == "technique":
        return True
    if sentence.section not in BODY:
        return False
    if sentence.has(*_PROCEDURE_CUES):
        return True
    if sentence.has("injection_verb") and sentence.has("contrast_noun", "agent", "intrathecal"):
        return True
    return sentence.has("film", "image") and sentence.has("image_verb") and not sentence.has("concept", "normal_statement")


def is_reading(sentence: Sentence) -> bool:
    """Whether the sentence says something about what images show."""
    if sentence.section not in ("findings", "impression", "other", "technique", "addendum"):
        return False
    if sentence.section == "technique" and not sentence.has("concept"):
        return False
    if not sentence.has("concept", "normal_statement", "subject", "reading_verb", "predicate"):
        return False
    if sentence.section in ("findings", "impression"):
        return not (sentence.has("needle") and sentence.has("injection_verb"))
    return not is_procedure(sentence) or sentence.has("concept")


def title(outline: Outline) -> list[Sentence]:
    """The sentences of the examination title."""
    return outline.within("exam")


def told_now(outline: Outline) -> list[Sentence]:
    """The sentences that may tell the study of this report: all but history, comparison and signatures."""
    return [s for s in outline.sentences if s.section in BODY and not is_past(s)]
