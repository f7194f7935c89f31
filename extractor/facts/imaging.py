"""Which images a sentence speaks of: film or CT, which regions, and whether a modality is part of this report."""

from __future__ import annotations

import re

from extractor.facts import roles
from extractor.facts.title import Title, letter_regions, regions_of
from extractor.measures import Level
from extractor.outline import Sentence, once
from extractor.patterns import pattern
from extractor.records import REGIONS

_REGION_OF_LETTER = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "lumbar"}
# Levels at the edge of a region: alone they make no second region.
_BORDER = frozenset(
    {"C7-T1", "T12-L1", "T11-T12", "T12", "L1", "T1", "C7", "T1-T2", "T11", "T11-L1", "T12-L2", "T2", "T10-T11"}
)
CT_DONE = pattern("imaging.ct_done")
_ELSEWHERE_CT = pattern("imaging.elsewhere_ct")
_FLOW_ONLY = pattern("imaging.flow_only")


_THROUGH = pattern("imaging.through")


@once
def named_regions(sentence: Sentence) -> frozenset[str]:
    """The regions that a sentence names in words."""
    named = {
        region
        for cue in (*sentence.all("region", "whole_spine"), *letter_regions(sentence))
        for region in regions_of(cue)
    }
    through = _THROUGH.search(sentence.text) if named else None
    if through:
        named.update(REGIONS if through["top"][0] in "cC" else REGIONS[1:])
    return frozenset(named)


@once
def leveled_regions(sentence: Sentence) -> frozenset[str]:
    """The regions of the levels that a sentence names; border levels alone give none."""
    return frozenset(region for level in sentence.levels for region in _level_regions(level))


def _level_regions(level: Level) -> set[str]:
    """The regions in which a level or range lies; its overlap into the neighbour region does not count."""
    if level.name in _BORDER:
        return set()
    upper, _, lower = level.name.partition("-")
    if not lower or upper[0] == lower[0]:
        return {_REGION_OF_LETTER[upper[0]]}
    regions = {_REGION_OF_LETTER[upper[0]], _REGION_OF_LETTER[lower[0]]}
    if upper[0] == "C" and lower[0] in "LS":
        regions.add("thoracic")
    if upper in ("C6", "C7"):
        regions.discard("cervical")
    if upper[0] == "T" and int(upper[1:]) >= 10:
        regions.discard("thoracic")
    if lower in ("T1", "T2", "T3"):
        regions.discard("thoracic")
    if lower in ("L1", "L2"):
        regions.discard("lumbar")
    return regions


_ORDER = [f"{letter}{n}" for letter, last in (("C", 7), ("T", 12), ("L", 5), ("S", 5)) for n in range(1, last + 1)]
_HALF = {"C": 4, "T": 6, "L": 3}


def covered(level: Level) -> set[str]:
    """The regions of which a range ("C1-T2") takes in at least half."""
    upper, _, lower = level.name.partition("-")
    if upper not in _ORDER or lower not in _ORDER:
        return set()
    within = [name[0] for name in _ORDER[_ORDER.index(upper) : _ORDER.index(lower) + 1]]
    return {_REGION_OF_LETTER[letter] for letter, half in _HALF.items() if within.count(letter) >= half}


def modality_of(sentence: Sentence, before: str | None) -> str | None:
    """The modality that a sentence speaks of; `before` is that of the sentence before it in running text."""
    block = sentence.block.modality
    if not sentence.has("film", "myelogram", "ct", "ct_myelogram", "ct_reading", "mr", "mr_myelogram"):
        return block or before
    film = sentence.has("film", "myelogram")
    ct = sentence.has("ct", "ct_myelogram") or (sentence.has("ct_reading") and not film)
    if block == "mr" or (sentence.has("mr", "mr_myelogram") and not film and not ct):
        return "mr"
    if block in ("film", "ct"):
        other = "ct" if block == "film" else "film"
        return (
            other
            if (ct if block == "film" else film and not ct)
            and sentence.has("reading_verb")
            and sentence.block.section != "technique"
            and opens_with(sentence, other)
            else block
        )
    if film and ct:
        return "both"
    if ct:
        return "ct"
    if film:
        return "film"
    return block or before


def flow_only(sentence: Sentence) -> bool:
    """Whether contrast is only said to run somewhere; that images and reads nothing."""
    if not sentence.has("flow") or not _FLOW_ONLY.search(sentence.text):
        return False
    said = {c.value for c in sentence.all("concept") if c.value != "contrast_block" or c.assertion == "present"}
    return (
        not said
        and not sentence.has("view")
        and not re.search(r"\b(?:films?|images?|radiographs?) (?:were|was|of|in)\b", sentence.text, re.IGNORECASE)
    )


def opens_with(sentence: Sentence, modality: str) -> bool:
    """Whether the sentence begins with the modality ("CT of the lumbar spine shows …" under a myelogram heading)."""
    labels = ("ct", "ct_myelogram") if modality == "ct" else ("film", "myelogram")
    cue = sentence.first(*labels)
    return cue is not None and cue.start - sentence.start < 25


# What is read on films: contrast shows it by its outline
_OUTLINED = frozenset({"column", "root"})
# A line of a form that says who reads the images
_NO_FILMS = pattern("imaging.no_films")
_FILMS_UNREAD = pattern("imaging.films_unread")
_SPINE_REGION = re.compile(r"cervical|thoracic|lumbar|dorsal|neck|upper|lower", re.IGNORECASE)


def film_done(body: list[Sentence], title: Title) -> bool:
    """Whether myelographic images are part of this report."""
    headed = any(s.block.modality in ("film", "both") and s.has("concept", "normal_statement") for s in body)
    for s in body:
        no = _NO_FILMS.search(s.text) or _FILMS_UNREAD.search(s.text)
        if (
            no
            and s.section != "impression"
            and not s.levels
            and not s.has("concept", "normal_statement")
            and not s.has("region")
            and not _SPINE_REGION.search(no.group())
            and not re.search(r"\bct\b", no.group(), re.IGNORECASE)
        ):
            return False
    if title.myelogram or headed:
        return True
    for s in body:
        if s.section == "impression" or s.has(
            "other_physician", "other_report", "outside_study", "needle_only", "film_negated"
        ):
            continue
        if s.has("image_verb", "view") and any(c.assertion == "present" for c in s.all("film")):
            return True
        if len(s.values("view")) > 1 and s.has("image", "image_verb", "film"):
            return True
        shown = opens_with(s, "film") and s.has("myelogram")
        if shown and s.has("concept", "film_concept") and s.section != "technique" and not roles.is_past(s):
            return True
    return False


def ct_done(body: list[Sentence], title: Title) -> bool:
    """Whether CT after contrast is part of this report."""
    if title.ct:
        return True
    for s in body:
        if (
            s.section == "impression"
            or s.has("ct_guidance", "outside_study", "film_negated", "cancelled", "reduced", "planned_study")
            or _ELSEWHERE_CT.search(s.text)
        ):
            continue
        if s.block.modality in ("ct", "both") and s.section == "findings":
            return True
        if s.section == "findings" and len(s.text) < 80 and opens_with(s, "ct") and s.has("region"):
            return True
        if (
            s.has("ct", "ct_myelogram")
            and (CT_DONE.search(s.text) or s.has("image_verb", "ct_reading", "reading_verb", "concept"))
            and (any(c.assertion == "present" for c in s.all("ct", "ct_myelogram")) or _read_on_ct(s))
        ):
            return True
    return False


def _read_on_ct(s: Sentence) -> bool:
    """Whether levels are read on a CT that the sentence opens with ("On CT, L1-2 to L3-4 are negative")."""
    return bool(s.levels) and opens_with(s, "ct") and s.has("reading_verb", "normal_statement")


def presumed(body: list[Sentence]) -> tuple[bool, bool]:
    """Whether films and CT are part of a report that names neither: what is read on one of them shows which it was."""
    read = [s for s in body if s.section != "impression" and not s.has("mr", "mr_myelogram", "ct_guidance")]
    scanned = any(
        s.has("ct_reading") and not s.has("outside_study", "precontrast", "planned_study", "ct", "concept")
        for s in read
    )
    if scanned:
        return False, True
    unfilmed = any(_NO_FILMS.search(s.text) or _FILMS_UNREAD.search(s.text) for s in body)
    shown = any(roles.is_reading(s) and (s.has("film_concept") or s.values("subject") & _OUTLINED) for s in read)
    return shown and not unfilmed, False


def is_topic(s: Sentence) -> bool:
    """Whether a modality is what the sentence sets out from, not an aside at its end ("… no loosening on CT")."""
    if s.block.modality:
        return True
    cue = s.first("ct", "ct_myelogram", "ct_reading", "film", "myelogram")
    return cue is None or cue.start - s.start < 45 or not roles.is_reading(s)
