"""What the fact models look at: pure functions from a report that was read to named numbers."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from extractor.coding import Deciding, deciding
from extractor.facts.imaging import leveled_regions, named_regions
from extractor.facts.regions import RegionEvidence
from extractor.outline import Outline, Sentence
from extractor.reading import FactReading
from extractor.records import REGIONS, Span

MODALITIES = ("film", "ct")
# The rows of the model of regions, in this order.
REGION_ROWS = tuple((modality, region) for modality in MODALITIES for region in REGIONS)

Features = dict[str, float]

# What the rules decided speaks louder than a mention, and a word more softly: a feature's size is how little the
# penalty of the models holds it down.
_RULE = 4.0
_SAID = 0.3

# Cues and the words that they hang on: how near they come to each other in a sentence.
_ANCHORED = (
    ("injection_verb", "other_physician"),
    ("injection_verb", "agent"),
    ("needle", "puncture"),
    ("myelogram", "outside_study"),
    ("myelogram", "planned_study"),
    ("discontinued", "myelogram"),
    ("ct", "interpretation_elsewhere"),
)
# Where the words stand that a fact hangs on.
_WORDS = {
    "study": ("study",),
    "injection": ("injection", "route"),
    "status": ("status",),
}
_WORD = re.compile(r"[^\W\d_]+")
_MOST_SENTENCES = 2
_MOST_WORDS = 25


class ReportFeatures(NamedTuple):
    """All that confidence knows of a report: features of the whole, of each of `REGION_ROWS`, and how strange it is.

    `decided` are the deciding facts as the rules have them, `words` its distinct words in lower case; `length` counts
    all words, `mentions` all cues.
    """

    report: Features
    regions: tuple[Features, ...]
    decided: Deciding
    words: frozenset[str]
    length: int
    mentions: int


def features_of(outline: Outline, read: FactReading) -> ReportFeatures:
    """Everything about one report."""
    words = _WORD.findall(outline.text.lower())
    return ReportFeatures(
        report_features(outline, read),
        tuple(region_features(outline, read)),
        deciding(read.facts),
        frozenset(words),
        len(words),
        sum(len(s.cues) for s in outline.sentences),
    )


def report_features(outline: Outline, read: FactReading) -> Features:
    """Features of the facts that hold for the whole report: study, status, who injected, route, images read.

    Counts are log(1 + n); shares and nearness lie in [0, 1]. A name tells its kind before the colon.
    """
    features = {
        f"mention: {label} in {section}, {assertion}": math.log1p(n)
        for (label, section, assertion), n in _mentions(outline).items()
    }
    features.update(_evidence_places(read.spans))
    features.update(_rule_values(read))
    features.update(_style(outline))
    features.update(_nearness(outline.sentences))
    for fact, fields in _WORDS.items():
        features.update(_words(fact, [span for field in fields for span in read.spans.get(field, ())]))
    return features


def region_features(outline: Outline, read: FactReading) -> list[Features]:
    """Features of each row of `REGION_ROWS`: whether that region was imaged in that modality and read."""
    named = _regions_named(outline)
    tables = {"film": read.regions.film_evidence, "ct": read.regions.ct_evidence}
    shared = {modality: _of_modality(read, modality) for modality in MODALITIES}
    return [
        {
            **shared[modality],
            **_evidence(tables[modality][region]),
            **_beside(tables["ct" if modality == "film" else "film"][region]),
            **named.get(region, {}),
            **_of_region(read, modality, region),
        }
        for modality, region in REGION_ROWS
    ]


def _mentions(outline: Outline) -> Counter[tuple[str, str, str]]:
    """How many cues there are by label, section (or the past), and assertion."""
    return Counter(
        (cue.label, "past" if s.past else s.section, cue.assertion) for s in outline.sentences for cue in s.cues
    )


def _evidence_places(spans: Mapping[str, Sequence[Span]]) -> Iterator[tuple[str, float]]:
    for field in ("study", "status", "injection", "route", "guidance", "interpretation", "contrast"):
        for section, n in Counter(span.section for span in spans.get(field, ())).items():
            yield f"evidence: {field} in {section}", math.log1p(n)


def _rule_values(read: FactReading) -> Iterator[tuple[str, float]]:
    facts, title = read.facts, read.title
    values = {
        "study": facts.study,
        "status": facts.status,
        "by": facts.injection.by,
        "route": facts.injection.route,
        "read": facts.interpretation,
        "guidance": facts.injection.guidance,
        "films": len(facts.myelo_regions),
        "ct": len(facts.ct_regions),
        "contrast": min(len(facts.contrast), 3),
        "contrast route": facts.contrast[0].route if facts.contrast else None,
    }
    for name, value in values.items():
        yield f"rule: {name}={value}", _RULE
    named = sorted(title.studies) or ["none"]
    for study in named:
        yield f"title: {study}", 1.0
        yield f"title: {study}, rule: study={facts.study}", 1.0
    yield f"rule: by={facts.injection.by}, read={facts.interpretation}", _RULE
    yield f"rule: films={bool(facts.myelo_regions)}, ct={bool(facts.ct_regions)}", _RULE
    yield f"title: regions={min(len(title.regions), 3)}", 1.0
    for flag in facts.flags:
        yield f"flag: {flag}", 1.0


def _style(outline: Outline) -> Iterator[tuple[str, float]]:
    words, sentences = outline.text.split(), outline.sentences
    sections = {s.section for s in sentences}
    yield "style: words", math.log1p(len(words)) / 8
    yield "style: capitals", sum(map(str.isupper, words)) / max(1, len(words))
    yield "style: sentences", math.log1p(len(sentences)) / 5
    yield "style: headings", math.log1p(sum(block.heading is not None for block in outline.blocks)) / 4
    for section in sections:
        yield f"style: has {section}", 1.0


def _nearness(sentences: Iterable[Sentence]) -> Features:
    """For pairs of cues in a sentence, 1 where they touch, falling with the tokens between them."""
    found: Features = {}
    for s in sentences:
        for a, b in _ANCHORED:
            if a in s.labels and b in s.labels:
                places = [(cue.token_start, other.token_start) for cue in s.all(a) for other in s.all(b)]
                near = 1 / (1 + min(abs(i - j) for i, j in places))
                name = f"near: {a} and {b}"
                found[name] = max(near, found.get(name, 0.0))
    return found


def _words(fact: str, spans: Sequence[Span]) -> Iterator[tuple[str, float]]:
    """Words and pairs of words of the sentences that a fact hangs on."""
    for span in spans[:_MOST_SENTENCES]:
        words = _WORD.findall(span.quote.lower())[:_MOST_WORDS]
        for word in words:
            yield f"word: {fact} {word}", _SAID
        for first, second in pairwise(words):
            yield f"word: {fact} {first} {second}", _SAID


_SUPPORT = ("imaged", "headed", "named", "leveled", "unnamed", "aside", "headings", "denied")


def _evidence(evidence: RegionEvidence) -> Features:
    """What speaks for and against a region in its own modality."""
    features = {"own: ordered": float(evidence.ordered)}
    for name in _SUPPORT:
        if spans := getattr(evidence, name):
            features[f"own: {name}"] = math.log1p(len(spans))
            features[f"own: {name} at all"] = 1.0
    if not evidence.read:
        features["own: nothing read"] = 1.0
    return features


def _beside(evidence: RegionEvidence) -> Features:
    """What speaks for the region in the other modality, in short."""
    return {
        "other modality: ordered": float(evidence.ordered),
        "other modality: imaged": math.log1p(len(evidence.imaged)),
        "other modality: read": math.log1p(len(evidence.read)),
        "other modality: denied": float(bool(evidence.denied)),
    }


def _regions_named(outline: Outline) -> dict[str, Features]:
    """How often each region is named, or reached by a level, in each section."""
    counts: dict[str, Counter[str]] = {region: Counter() for region in REGIONS}
    for s in outline.sentences:
        section = "past" if s.past else s.section
        for region in named_regions(s):
            counts[region][f"named in {section}"] += 1
        for region in leveled_regions(s):
            counts[region][f"level in {section}"] += 1
    return {region: {f"text: {name}": math.log1p(n) for name, n in found.items()} for region, found in counts.items()}


def _of_modality(read: FactReading, modality: str) -> Features:
    """What holds for all regions of a modality."""
    facts, title = read.facts, read.title
    features = {
        f"rule: {modality} study={facts.study}": 1.0,
        f"rule: {modality} read={facts.interpretation}": 1.0,
        f"rule: {modality} status={facts.status}": 1.0,
        f"title: names a myelogram={title.myelogram}, a CT={title.ct}, {modality}": 1.0,
    }
    features.update({f"flag: {flag}, {modality}": 1.0 for flag in facts.flags})
    if read.regions.elsewhere:
        features[f"reading left to others, {modality}"] = 1.0
    return features


def _of_region(read: FactReading, modality: str, region: str) -> Features:
    """What title and rules say of one region in one modality."""
    facts, title = read.facts, read.title
    film = modality == "film"
    own, other = (facts.myelo_regions, facts.ct_regions) if film else (facts.ct_regions, facts.myelo_regions)
    ordered = title.film_regions if film else title.ct_regions
    said = region in own
    return {
        f"rule: {modality}={said}": 1.0,
        f"rule: {modality}={said}, other modality={region in other}": 1.0,
        f"rule: {modality} regions={len(own)}, here={said}": 1.0,
        f"rule: other modality regions={len(other)}": 1.0,
        f"title: {modality} regions={len(ordered)}, here={region in ordered}": 1.0,
        f"region: {region}": 1.0,
    }
