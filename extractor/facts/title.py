"""What the examination title orders: studies, and for films and CT the regions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extractor.facts import roles
from extractor.outline import Cue, Outline, Sentence
from extractor.patterns import pattern
from extractor.records import REGIONS

_STUDIES = (
    "myelogram",
    "ct_myelogram",
    "ct",
    "mr",
    "mr_myelogram",
    "discogram",
    "epidurogram",
    "cisternogram",
    "lumbar_puncture",
    "other_procedure",
    "radionuclide",
)
_COMBINED = {
    "cervical_lumbar": ("cervical", "lumbar"),
    "cervical_thoracic": ("cervical", "thoracic"),
    "thoracic_lumbar": ("thoracic", "lumbar"),
}


@dataclass(slots=True)
class Title:
    """Studies named in the title (cue labels), and the regions named beside films and CT."""

    studies: set[str] = field(default_factory=set)
    film_regions: set[str] = field(default_factory=set)
    ct_regions: set[str] = field(default_factory=set)
    sentences: list[Sentence] = field(default_factory=list)

    @property
    def myelogram(self) -> bool:
        """Whether a myelogram with films is named."""
        return "myelogram" in self.studies

    @property
    def ct(self) -> bool:
        """Whether a CT is named."""
        return not self.studies.isdisjoint(("ct", "ct_myelogram"))

    @property
    def regions(self) -> set[str]:
        """The regions of both."""
        return self.film_regions | self.ct_regions


def regions_of(cue: Cue) -> tuple[str, ...]:
    """The regions that a region or whole-spine cue names."""
    if cue.label == "whole_spine":
        return REGIONS
    return _COMBINED.get(cue.value, (cue.value,))


@dataclass(slots=True)
class _Group:
    study: str | None = None
    regions: list[Cue] = field(default_factory=list)


def read_title(outline: Outline) -> Title:
    """The title's studies and regions; an empty title has none."""
    title = Title(sentences=_ordered(outline.within("exam")))
    groups: list[_Group] = []
    for sentence in title.sentences:
        groups.extend(_groups(sentence, outline.plain))
    for group in groups:
        if group.study:
            title.studies.add(group.study)
        named = {region for cue in group.regions for region in regions_of(cue)}
        if group.study in ("ct", "ct_myelogram"):
            title.ct_regions |= named
        elif group.study in ("myelogram", None):
            title.film_regions |= named
    for sentence in title.sentences:
        if any("myelo" in cue_text(outline, cue) for cue in sentence.all("whole_spine")):
            title.studies.add("myelogram")
    if title.ct and not title.myelogram and not title.ct_regions:
        title.ct_regions, title.film_regions = title.film_regions, set()
    return title


_PLANNED_LABEL = pattern("title.planned_label")


def _ordered(sentences: list[Sentence]) -> list[Sentence]:
    """The title's sentences without a later one that only says what was put off."""
    return [
        s
        for i, s in enumerate(sentences)
        if (s.has("image_verb") or _PLANNED_LABEL.match(s.text) or not roles.is_planned(s))
        and not (i and (s.has("cancelled") or (s.past and s.has("outside_study", "other_physician"))))
    ]


def cue_text(outline: Outline, cue: Cue) -> str:
    """The words of a cue, in lower case."""
    return outline.plain[cue.start : cue.end].lower()


def _groups(sentence: Sentence, text: str) -> list[_Group]:
    """Runs of regions around each study word; a region directly before "myelogram" belongs to it."""
    groups = [_Group()]
    cues = [*sentence.all("region", "whole_spine", *_STUDIES), *letter_regions(sentence)]
    for cue in sorted(cues, key=lambda c: c.start):
        if cue.assertion != "present" or _aside(sentence, cue):
            continue
        if cue.label in ("region", "whole_spine"):
            groups[-1].regions.append(cue)
            continue
        if cue.label == "myelogram" and groups[-1].study == "ct" and _one_phrase(text, groups[-1], cue):
            groups[-1].study = "ct_myelogram"
            continue
        if cue.label == "ct" and groups[-1].study == "myelogram" and _joined(text, cue):
            groups[-1].study = "ct_myelogram"
            continue
        if groups[-1].study is not None:
            moved = _before(groups[-1], cue, text) if cue.label == "myelogram" else []
            groups.append(_Group(regions=moved))
        groups[-1].study = cue.label
    return groups


def _joined(text: str, cue: Cue) -> bool:
    """Whether "CT" only qualifies the word before it ("myelogram, CT guided")."""
    return text[cue.end : cue.end + 8].strip().lower().startswith("guid")


_LETTER = re.compile(
    r"(?P<letter>[CTL])(?<![A-Za-z0-9.&/-][CTL])(?:[- ]?(?:sp|spine))?(?=[ ]?(?:[,/+&;:)]|and\b|spine|sp\b"
    r"|only|after|post|w/|$))"
)
_REGION_OF_LETTER = {"C": "cervical", "T": "thoracic", "L": "lumbar"}


def letter_regions(sentence: Sentence) -> list[Cue]:
    """Regions written as single capitals ("CT C, T, L SPINE", "films of C and T")."""
    if not sentence.has("myelogram", "ct", "ct_myelogram", "film", "view", "image"):
        return []
    found = []
    for m in _LETTER.finditer(sentence.text):
        start = sentence.start + m.start()
        found.append(Cue("region", _REGION_OF_LETTER[m["letter"]], start, start + 1, 0, 0))
    return found


def _aside(sentence: Sentence, cue: Cue) -> bool:
    """Whether the clause around a cue speaks of another time ("films only; CT already obtained elsewhere")."""
    at = cue.start - sentence.start
    left = max(sentence.text.rfind(mark, 0, at) for mark in ";(") + 1
    rights = [found for mark in ";)" if (found := sentence.text.find(mark, at)) != -1]
    right = min(rights, default=len(sentence.text))
    return any(left <= c.start - sentence.start < right for c in sentence.all("outside_study", "cancelled")) and (
        left > 0 or right < len(sentence.text)
    )


def _one_phrase(text: str, group: _Group, cue: Cue) -> bool:
    """Whether only region words stand between "CT" and "myelogram" ("CT lumbar myelogram")."""
    if not group.regions:
        return False
    first, last = group.regions[0], group.regions[-1]
    between = text[first.start : last.end] + text[last.end : cue.start]
    return not re.search(
        r"\band\b(?!\s+(?:lumbar|thoracic|cervical))|[;/+|]|\bspine\b|\bwith\b|\n", between, re.IGNORECASE
    )


def _before(group: _Group, cue: Cue, text: str) -> list[Cue]:
    """The regions that stand directly before a study word, taken from the group before it."""
    moved: list[Cue] = []
    edge = cue.start
    while group.regions:
        last = group.regions[-1]
        between = text[last.end : edge].strip().lower()
        if between not in ("", "and", ",", "/", "&", "+", "spine", ", and", "-"):
            break
        if moved and between == "":
            break
        moved.insert(0, group.regions.pop())
        edge = last.start
    return moved
