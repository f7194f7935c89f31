"""Which regions were imaged and read: on film, and on CT after intrathecal contrast."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from extractor.facts import roles
from extractor.facts.title import Title, regions_of
from extractor.measures import Level, levels
from extractor.outline import Outline, Sentence
from extractor.records import REGIONS, Span

_REGION_OF_LETTER = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "lumbar"}
_BORDER = {"C7-T1", "T12-L1", "T11-T12", "T12", "L1", "T1", "C7", "T1-T2", "T11", "T11-L1", "T12-L2"}
_SCAN_RANGE = re.compile(r"\b(?:from|through|to|cover|include|down|up)\b", re.IGNORECASE)
_DONE_CT = re.compile(
    r"\b(?:(?:sent|taken|transferred|brought|moved|transported|wheeled|went|conveyed|escorted|returned|proceeded|directly|on|then|over)\s+(?:\w+\s+){0,3}?to\s+(?:the\s+)?ct|ct\s+(?:scan\s+|scanning\s+|imaging\s+)?(?:of|was|were|followed|follows|performed|obtained|done|images|then|through|from|sections|slices|after))",
    re.IGNORECASE,
)


@dataclass(slots=True)
class RegionEvidence:
    """What speaks for and against one region of one modality."""

    ordered: bool = False
    imaged: list[Span] = field(default_factory=list)
    named: list[Span] = field(default_factory=list)
    leveled: list[Span] = field(default_factory=list)
    unnamed: list[Span] = field(default_factory=list)
    denied: list[Span] = field(default_factory=list)

    @property
    def read(self) -> list[Span]:
        return [*self.named, *self.leveled, *self.unnamed]


@dataclass(slots=True)
class RegionReading:
    """The regions that count for films and for CT, with the evidence of all, and whether CT before contrast was read."""

    film: tuple[str, ...]
    ct: tuple[str, ...]
    film_evidence: dict[str, RegionEvidence]
    ct_evidence: dict[str, RegionEvidence]
    precontrast: list[Span]
    ct_done: bool
    film_read: bool
    ct_read: bool


def sentence_regions(sentence: Sentence, found: list[Level]) -> tuple[set[str], set[str], bool]:
    """Regions that a sentence names in words, regions of its levels, and whether these are border levels only."""
    named = {region for cue in sentence.all("region", "whole_spine") for region in regions_of(cue)}
    inner = {_REGION_OF_LETTER[letter] for level in found if level.name not in _BORDER for letter in level.letters}
    outer = {_REGION_OF_LETTER[letter] for level in found for letter in level.letters}
    return named, inner or outer, not inner and bool(outer)


def modality_of(sentence: Sentence, before: str | None) -> str | None:
    """The modality that a sentence speaks of; `before` is that of the sentence before it in running text."""
    film = sentence.has("film", "myelogram")
    ct = sentence.has("ct", "ct_myelogram") or (sentence.has("ct_reading") and not film)
    block = sentence.block.modality
    if block == "mr" or (sentence.has("mr") and not film and not ct):
        return "mr"
    if film and ct:
        return "both" if block in (None, "both") else block
    if ct:
        return "ct"
    if film and block != "ct":
        return "film"
    return block or before


def read_regions(outline: Outline, title: Title) -> RegionReading:
    """Decide the regions of films and CT from title, technique and what is read."""
    film = {region: RegionEvidence(ordered=region in title.film_regions) for region in REGIONS}
    ct = {region: RegionEvidence(ordered=region in title.ct_regions) for region in REGIONS}
    body = roles.told_now(outline)
    ct_done = _note_technique(body, title, film, ct)
    film_done = _film_done(body, title)
    precontrast: list[Span] = []
    _note_readings(body, title, film, ct, ct_done, film_done)
    film_counted = _count(film, title.film_regions or title.ct_regions)
    ct_counted = _count(ct, title.ct_regions) if ct_done else ()
    for sentence in body:
        if sentence.has("precontrast") and sentence.has("ct", "ct_myelogram", "ct_reading", "precontrast"):
            precontrast.append(sentence.span())
    return RegionReading(film_counted, ct_counted, film, ct, precontrast, ct_done, bool(film_counted), bool(ct_counted))


def _film_done(body: list[Sentence], title: Title) -> bool:
    """Whether myelographic images are part of this report at all."""
    if title.myelogram:
        return True
    return any(s.has("film") and s.has("image_verb") and not s.has("film_negated", "needle_only") for s in body) or any(s.block.modality in ("film", "both") for s in body)


def _note_technique(body: list[Sentence], title: Title, film: dict[str, RegionEvidence], ct: dict[str, RegionEvidence]) -> bool:
    """Note which regions were imaged or expressly not; returns whether CT after contrast is part of the report."""
    ct_done = title.ct
    for sentence in body:
        if sentence.block.modality in ("ct", "both") and sentence.section in ("findings", "technique", "impression"):
            ct_done = True
        if not roles.is_procedure(sentence):
            continue
        says_ct = sentence.has("ct", "ct_myelogram", "ct_reading")
        says_film = sentence.has("film", "view") or (sentence.has("image") and not says_ct)
        named, leveled, _ = sentence_regions(sentence, [])
        if says_ct and not sentence.has("ct_guidance") and (_DONE_CT.search(sentence.text) or sentence.has("image_verb", "ct_reading")):
            ct_done = True
        for region in named:
            if sentence.has("film_negated", "needle_only") and (says_film or not says_ct):
                film[region].denied.append(sentence.span("absent"))
            elif says_film and not says_ct:
                film[region].imaged.append(sentence.span())
            elif says_ct and not says_film:
                ct[region].imaged.append(sentence.span())
            elif says_ct and says_film:
                film[region].imaged.append(sentence.span())
    return ct_done


def _note_readings(body: list[Sentence], title: Title, film: dict[str, RegionEvidence], ct: dict[str, RegionEvidence], ct_done: bool, film_done: bool) -> None:
    """Attribute each reading sentence to regions and modalities."""
    before: str | None = None
    block = None
    row_regions: set[str] = set()
    for sentence in body:
        if sentence.block is not block:
            block = sentence.block
            if block.modality or block.section == "impression":
                before = None
        modality = modality_of(sentence, before)
        if not block.modality:
            before = modality if block.section != "impression" else None
        if not roles.is_reading(sentence) or modality == "mr":
            continue
        found = levels(sentence.text)
        named, leveled, border = sentence_regions(sentence, found)
        context = set(block.regions)
        if sentence.section == "impression":
            continue
        tables = _tables(modality, film, ct, ct_done, film_done)
        span = sentence.span()
        flow_only = sentence.has("flow") and not sentence.has("concept", "normal_statement", "subject")
        for table, ordered in tables:
            if flow_only:
                continue
            if context:
                for region in context:
                    table[region].named.append(span)
            elif named:
                for region in named:
                    table[region].named.append(span)
            elif leveled and not border:
                for region in leveled:
                    table[region].leveled.append(span)
            elif not leveled:
                sole = [r for r in REGIONS if table[r].ordered or table[r].imaged]
                if len(sole) == 1:
                    table[sole[0]].unnamed.append(span)


def _tables(modality: str | None, film: dict[str, RegionEvidence], ct: dict[str, RegionEvidence], ct_done: bool, film_done: bool) -> list[tuple[dict[str, RegionEvidence], bool]]:
    if modality == "film":
        return [(film, True)]
    if modality == "ct":
        return [(ct, True)]
    out = []
    if film_done:
        out.append((film, True))
    if ct_done:
        out.append((ct, True))
    return out


def _count(evidence: dict[str, RegionEvidence], ordered: set[str]) -> tuple[str, ...]:
    counted = []
    for region in REGIONS:
        e = evidence[region]
        if e.denied and not e.named:
            continue
        expected = e.ordered or e.imaged
        if e.named or (e.leveled and (expected or not any(evidence[r].ordered or evidence[r].imaged for r in REGIONS))) or (e.unnamed and expected):
            counted.append(region)
    return tuple(counted)
