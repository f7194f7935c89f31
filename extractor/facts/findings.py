"""Findings of the closed list: concept, level, side, severity, assertion, and the words that say it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from extractor.facts import roles
from extractor.lexicon import Pair
from extractor.measures import Level, levels
from extractor.outline import Cue, Outline, Sentence
from extractor.records import Finding

_CLAUSE = re.compile(r"[;,.]|\b(?:and|with|but|while|which|where)\b")
_ROOT_ABOVE = {"C": {1: "C0"}, "L": {}, "S": {}}


@dataclass(slots=True)
class _Mention:
    concept: str
    start: int
    end: int
    assertion: str


def read_findings(outline: Outline, pairs: tuple[Pair, ...]) -> tuple[Finding, ...]:
    """One finding for each concept, level and assertion of FINDINGS, IMPRESSION or their free-text equivalent."""
    found: dict[tuple[str, str | None, str], Finding] = {}
    row: tuple[object, list[Level]] = (None, [])
    for s in outline.sentences:
        if s.section not in ("findings", "impression", "other", "addendum", "technique"):
            continue
        here = levels(outline.plain, s.start, s.end)
        if s.block is not row[0]:
            row = (s.block, here if s.block.level else [])
        if not s.has("concept", "predicate", "subject") or _administrative(s):
            continue
        past = roles.is_past(s) and s.section != "impression"
        mentions = _mentions(s, pairs)
        for mention in mentions:
            assertion = "historical" if past and mention.assertion in ("present", "possible") else mention.assertion
            if assertion in ("planned",):
                continue
            for level in _levels_of(s, mention, here, row[1], mentions):
                finding = _finding(outline, s, mention, level, assertion)
                key = (finding.concept, finding.level, finding.assertion)
                old = found.get(key)
                found[key] = finding if old is None else replace(old, side=old.side or finding.side, severity=old.severity or finding.severity)
    return tuple(found.values())


def _administrative(s: Sentence) -> bool:
    """Whether the sentence tells the procedure, not its images."""
    if s.section in ("technique", "other") and s.has("needle", "consent", "prep", "injection_verb") and not s.block.modality:
        return True
    return s.section == "technique" and not s.block.modality and not s.has("concept")


def _mentions(s: Sentence, pairs: tuple[Pair, ...]) -> list[_Mention]:
    out: list[_Mention] = []
    consumed: set[tuple[int, int]] = set()
    subjects = [c for c in s.cues if c.label == "subject"]
    predicates = [c for c in s.cues if c.label == "predicate"]
    concepts = [c for c in s.cues if c.label == "concept"]
    if subjects and predicates:
        for pair in pairs:
            hit = _pair(s, pair, subjects, predicates)
            if hit is None:
                continue
            subject, predicate = hit
            if any(c.value == pair.concept and c.start < max(subject.end, predicate.end) and c.end > min(subject.start, predicate.start) for c in concepts):
                continue
            if pair.denies and any(m.concept == pair.concept for m in out):
                continue
            assertion = _pair_assertion(subject, predicate, pair.denies)
            if assertion is None:
                continue
            consumed.add((predicate.start, predicate.end))
            out.append(_Mention(pair.concept, min(subject.start, predicate.start), max(subject.end, predicate.end), assertion))
    for c in concepts:
        bare = c.token_end - c.token_start == 1 and (c.start, c.end) in consumed
        if bare and c.value == "spinal_stenosis":
            continue
        out.append(_Mention(c.value, c.start, c.end, c.assertion))
    out.sort(key=lambda m: m.start)
    return out


def _pair(s: Sentence, pair: Pair, subjects: list[Cue], predicates: list[Cue]) -> tuple[Cue, Cue] | None:
    best: tuple[int, Cue, Cue] | None = None
    for subject in subjects:
        if subject.value != pair.subject:
            continue
        for predicate in predicates:
            if predicate.value != pair.predicate:
                continue
            gap = max(subject.token_start - predicate.token_end, predicate.token_start - subject.token_end)
            if gap < 0 or gap > pair.gap:
                continue
            between = s.text[min(subject.end, predicate.end) - s.start : max(subject.start, predicate.start) - s.start]
            if ";" in between or ". " in between:
                continue
            gap += 6 * between.count(",")
            if best is None or gap < best[0]:
                best = (gap, subject, predicate)
    return None if best is None or best[0] > pair.gap + 6 else (best[1], best[2])


def _pair_assertion(subject: Cue, predicate: Cue, denies: bool) -> str | None:
    negated = "absent" in (subject.assertion, predicate.assertion)
    if denies:
        return None if negated else "absent"
    if negated:
        return "absent"
    for doubt in ("historical", "possible", "planned"):
        if doubt in (subject.assertion, predicate.assertion):
            return doubt
    return "present"


def _levels_of(s: Sentence, mention: _Mention, here: list[Level], row: list[Level], mentions: list[_Mention]) -> list[str | None]:
    """The levels that a mention speaks of: those of its clause, else of its row, else none."""
    if not here:
        return [v.name for v in row] or [None]
    discs = [v for v in here if "-" in v.name] or here
    before = [v for v in discs if v.end <= mention.start]
    after = [v for v in discs if v.start >= mention.end]
    tail = s.text[mention.end - s.start : (after[0].start - s.start)] if after else ""
    if after and len(tail) < 45 and not re.search(r"[;.:]|,\s*(?!C|T|L|on|at)|\b(?:but|with|which)\b", tail) and re.search(r"\b(?:at|of|in|on|from)\b|^[\s(,]*$", tail):
        return _listed(s, after or discs)
    if before:
        if s.block.level and before[0].start - s.start < 12:
            nearest = before[-1]
            between = s.text[nearest.end - s.start : mention.start - s.start]
            if nearest is not before[0] and ";" not in between:
                return _listed_back(s, before)
            return _listed(s, [v for v in before if v.start - s.start < 40])[:4]
        return _listed_back(s, before)
    if row:
        return [v.name for v in row]
    return _listed(s, after or discs)


def _listed(s: Sentence, found: list[Level]) -> list[str | None]:
    """A level and those that follow it in one enumeration ("C4-5, C5-6 and C6-7")."""
    names: list[str | None] = [found[0].name]
    for previous, level in zip(found, found[1:], strict=False):
        between = s.text[previous.end - s.start : level.start - s.start].lower()
        if not re.fullmatch(r"\s*(?:,|and|&|/|, and|\+|as well as|or|,? to)?\s*(?:at )?", between):
            break
        names.append(level.name)
    return names


def _listed_back(s: Sentence, found: list[Level]) -> list[str | None]:
    names: list[str | None] = [found[-1].name]
    for previous, level in zip(found[-2::-1], found[:0:-1], strict=False):
        between = s.text[previous.end - s.start : level.start - s.start].lower()
        if not re.fullmatch(r"\s*(?:,|and|&|/|, and|\+|as well as|or)?\s*(?:at )?", between):
            break
        names.insert(0, previous.name)
    return names


def _finding(outline: Outline, s: Sentence, mention: _Mention, level: str | None, assertion: str) -> Finding:
    start, end = mention.start, mention.end
    side = _nearest(s, "side", start, end)
    severity = _nearest(s, "severity", start, end)
    return Finding(mention.concept, level, side, severity, assertion, outline.plain[start:end], start, end)


def _nearest(s: Sentence, label: str, start: int, end: int) -> str | None:
    """The value of the nearest cue of a label within the mention's clause."""
    best: tuple[int, str] | None = None
    for cue in s.all(label):
        gap = start - cue.end if cue.end <= start else cue.start - end if cue.start >= end else 0
        between = s.text[min(cue.end, end) - s.start : max(cue.start, start) - s.start]
        if gap > 40 or re.search(r"[;.]|,\s", between):
            continue
        cost = gap + (12 if cue.start >= end else 0)
        if best is None or cost < best[0]:
            best = (cost, cue.value)
    return best[1] if best else None
