"""What the words of a heading say: the section, the modality and the regions of a label."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from extractor.measures import LEVEL
from extractor.patterns import pattern
from extractor.records import REGIONS
from extractor.wording import Wording

_WORD = re.compile(r"[^\W\d_]+(?:['/.-][^\W\d_]+)*|\d+")
LETTER_REGION = pattern("headings.letter_region")
_POST_CT = pattern("headings.post_ct")
_CT_PHASE = pattern("headings.ct_phase")


class Meaning(NamedTuple):
    """What a word of a label says: its section as a place in the order of precedence, modalities and regions."""

    rank: int | None
    modalities: frozenset[str]
    regions: frozenset[str]


@dataclass(frozen=True, eq=False)
class HeadingWords:
    """The heading vocabulary: words of sections in order of precedence, of modalities ("film", "ct", "mr") and regions.

    `phrases` give a section to several words, `filler` are known words without meaning, `openers` begin a line.
    """

    sections: Mapping[str, frozenset[str]]
    modalities: Mapping[str, frozenset[str]]
    regions: Mapping[str, frozenset[str]]
    phrases: tuple[tuple[str, str], ...]
    filler: frozenset[str]
    openers: frozenset[str]

    @cached_property
    def meanings(self) -> Mapping[str, Meaning]:
        """Every known word with all that it says."""
        tables = (self.sections, self.modalities, self.regions)
        return {word: self._meaning(word) for word in self.filler.union(*(w for t in tables for w in t.values()))}

    def phrase_in(self, label: str) -> tuple[str, str | None]:
        """The first phrase in the order of the table that a label in lower case holds, and its section."""
        return next(((phrase, name) for phrase, name in self.phrases if phrase in label), ("", None))

    def _meaning(self, word: str) -> Meaning:
        ranks = (rank for rank, words in enumerate(self.sections.values()) if word in words)
        modalities = frozenset(name for name, words in self.modalities.items() if word in words) | _films(word)
        regions = frozenset(name for name, words in self.regions.items() if word in words)
        return Meaning(next(ranks, None), modalities, regions)

    def meaning(self, word: str) -> Meaning | None:
        """What a word in lower case says; None if it is strange to headings."""
        known = self.meanings.get(word)
        if known is None and (word.isdigit() or _films(word)):
            return Meaning(None, _films(word), frozenset())
        return known


def _films(word: str) -> frozenset[str]:
    """The modality of "myelogram" and of all that is made of it."""
    return frozenset(["film"] if word.startswith("myelo") else [])


class Label(NamedTuple):
    """What the words of a label say: a section or None, modality, regions, and how many words are strange."""

    section: str | None
    modality: str | None
    regions: tuple[str, ...]
    strange: int
    words: int


_NO_LABEL = Label(None, None, (), 0, 0)


def read_label(label: str, words: HeadingWords, *, most_strange: int = sys.maxsize) -> Label:
    """The meaning of a heading's words; one of no words if more than `most_strange` are strange."""
    label = LEVEL.sub(" ", label)
    regions: set[str] = set()
    modalities: set[str] = set()
    ranks: list[int] = []
    strange = count = 0
    lowered = label.lower()
    phrase, told = words.phrase_in(lowered)
    spoken = phrase.split()
    for match in _WORD.finditer(label):
        count += 1
        word = match.group().lower()
        meaning = words.meaning(word)
        if meaning is None:
            strange += word not in spoken
            if strange > most_strange:
                return _NO_LABEL
            continue
        regions |= meaning.regions
        modalities |= meaning.modalities
        if meaning.rank is not None:
            ranks.append(meaning.rank)
    section = told or ([*words.sections][min(ranks)] if ranks else None)
    modality = _modality(label, modalities)
    if section == "fields" and _ENTRY.search(lowered):
        modality, regions = None, set()
    if section in ("fields", "other") and (regions or modality in ("film", "ct", "both")):
        section = None
    if "junction" in lowered:
        regions.clear()
    if _UPPER_BACK.search(lowered):
        regions = (regions - {"lumbar"}) | {"thoracic"}
    ordered = tuple(r for r in REGIONS if r in regions) if regions else ()
    return Label(section, modality, ordered, strange, count)


def _modality(label: str, named: set[str]) -> str | None:
    """The modality of a label whose words name some; "CT post myelogram" is CT alone."""
    if "mr" in named:
        return "mr"
    if {"film", "ct"} <= named:
        return "ct" if _POST_CT.search(label) and not _JOINED.search(label) else "both"
    if named:
        return "film" if "film" in named else "ct"
    return "ct" if _CT_PHASE.search(label) else None


_JOINED = re.compile(r"\band\b|/|&|\+|,", re.IGNORECASE)
_UPPER_BACK = Wording(r"\b(?:upper|mid|middle)(?: and \w+)? back\b")
_ENTRY = re.compile(r"\b(?:access|route|puncture|approach|needle|entry)\b")


def is_heading(label: Label, *, strict: bool) -> bool:
    """Whether a label says something and holds few strange words; where `strict`, none."""
    if not label.words or label.words > 12:
        return False
    meant = label.section is not None or label.modality is not None or bool(label.regions)
    return meant and label.strange <= min(most_strange_words(strict=strict), 2 if label.words > 5 else 1)


def most_strange_words(*, strict: bool) -> int:
    """How many words of a heading may be strange at most."""
    return 0 if strict else 2
