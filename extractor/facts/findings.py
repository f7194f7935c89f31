"""Findings of the closed list: concept, level, side, severity, assertion, and the words that say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from extractor.facts import roles
from extractor.lexicon import Pair
from extractor.measures import Level
from extractor.outline import Block, Cue, Outline, Sentence
from extractor.patterns import pattern
from extractor.records import Finding

_SECTIONS = ("findings", "impression", "other", "addendum")
# Ruled out for the whole study, not for the level that was named before
_GLOBAL_ABSENT = frozenset(
    {
        "contrast_block",
        "intradural_mass",
        "intramedullary_lesion",
        "csf_leak",
        "arachnoiditis",
        "infection",
        "vascular_malformation",
        "scoliosis",
        "cord_atrophy",
        "low_conus",
        "extradural_mass",
        "fracture",
        "metastasis",
        "spondylolisthesis",
        "pseudomeningocele",
        "thecal_sac_indentation",
    }
)
# Told as one stretch of segments ("laminectomy at L4, L5 and S1" is L4-S1)
_STRETCHED = frozenset({"postoperative_change", "scoliosis", "vascular_malformation", "arachnoiditis"})
_REFERENCE = pattern("findings.reference")
_ROOT_FOLLOWS = pattern("findings.root_follows")
_LIST_JOIN = pattern("findings.list_join")
_RANGE_JOIN = re.compile(r"\s*(?:to|through|thru|down to|up to|-|–|until)\s*", re.IGNORECASE)
_THIS_LEVEL = pattern("findings.this_level")


@dataclass(slots=True)
class _Mention:
    concept: str
    start: int
    end: int
    assertion: str


def read_findings(outline: Outline, pairs: tuple[Pair, ...]) -> tuple[Finding, ...]:
    """One finding for each concept, level and assertion of FINDINGS, IMPRESSION or their free-text equivalent."""
    found: dict[tuple[str, str | None, str], Finding] = {}
    block: Block | None = None
    row: list[str] = []
    said: list[str] = []
    modality: str | None = None
    for s in outline.sentences:
        if s.section not in _SECTIONS:
            continue
        if s.block is not block:
            block, said = s.block, []
            modality = block.modality
            row = _row_levels(s, s.levels) if block.level else []
        modality = _modality(s, modality)
        if _tells_procedure(s):
            continue
        for mention in _mentions(s, pairs, on_film=modality != "ct"):
            assertion = _assertion(s, mention)
            if assertion is None:
                continue
            for level in _levels_of(outline, s, mention, s.levels, row, said):
                _keep(found, _finding(outline, s, mention, level, assertion))
        named = [v.name for v in s.levels if "-" in v.name and not _names_root(outline.plain, v)]
        said = named[-1:] or said
    return tuple(found.values())


def _keep(found: dict[tuple[str, str | None, str], Finding], finding: Finding) -> None:
    """Join what FINDINGS and IMPRESSION say of the same thing."""
    key = (finding.concept, finding.level, finding.assertion)
    old = found.get(key)
    found[key] = (
        finding
        if old is None
        else replace(old, side=old.side or finding.side, severity=old.severity or finding.severity)
    )


def _modality(s: Sentence, before: str | None) -> str | None:
    if s.block.modality in ("film", "ct"):
        return s.block.modality
    if s.has("ct", "ct_myelogram", "ct_reading"):
        return "ct"
    return "film" if s.has("film", "myelogram") else before


def _tells_procedure(s: Sentence) -> bool:
    """Whether the sentence tells the procedure or the history, not the images."""
    if not s.has("concept", "film_concept", "predicate", "subject"):
        return True
    if s.section == "other":
        return (
            s.has("needle", "consent", "agent", "planned_study")
            or (s.has("injection_verb") and s.has("contrast_noun"))
            or not roles.is_reading(s)
        )
    return s.has("needle") and s.has("injection_verb", "puncture", "consent")


def _assertion(s: Sentence, mention: _Mention) -> str | None:
    """How the mention stands; None where it is only planned, looked for, or names a place."""
    if mention.assertion == "planned":
        return None
    if mention.concept == "postoperative_change" and (
        mention.assertion == "absent"
        or _REFERENCE.search(s.text[max(0, mention.start - s.start - 34) : mention.start - s.start])
    ):
        return None
    if s.past and s.section not in ("impression", "findings") and mention.assertion in ("present", "possible"):
        return "historical"
    return mention.assertion


def _mentions(s: Sentence, pairs: tuple[Pair, ...], *, on_film: bool) -> list[_Mention]:
    out: list[_Mention] = []
    consumed: set[tuple[int, int]] = set()
    content = s.block.heading.content if s.block.heading and s.start == s.block.heading.start else s.start
    told = [c for c in s.cues if c.start >= content or s.block.level]
    subjects = [c for c in told if c.label == "subject"]
    concepts = [c for c in told if c.label == "concept"]
    predicates = [c for c in told if c.label == "predicate" and not _inside(c, concepts)]
    if on_film:
        concepts += [
            c
            for c in told
            if c.label == "film_concept" and not any(o.start <= c.start and c.end <= o.end for o in concepts)
        ]
    if subjects and predicates:
        named = {c.value for c in subjects}
        said = {c.value for c in predicates}
        for pair in pairs:
            if pair.subject not in named or pair.predicate not in said:
                continue
            hit = _pair(s, pair, subjects, predicates)
            if (
                hit is None
                or _covered(pair, hit, concepts)
                or (pair.denies and any(m.concept == pair.concept for m in out))
            ):
                continue
            assertion = _pair_assertion(*hit, pair.denies)
            if assertion is not None:
                consumed.add((hit[1].start, hit[1].end))
                out.append(_Mention(pair.concept, min(c.start for c in hit), max(c.end for c in hit), assertion))
    for c in concepts:
        bare = c.token_end - c.token_start == 1 and (c.start, c.end) in consumed
        if bare and (c.value == "spinal_stenosis" or c.label == "film_concept"):
            continue
        if c.value == "intradural_mass" and any(o.value == "vascular_malformation" for o in concepts):
            continue
        out.append(_Mention(c.value, c.start, c.end, c.assertion))
    return sorted(out, key=lambda m: m.start)


def _inside(predicate: Cue, concepts: Iterable[Cue]) -> bool:
    """Whether a predicate is but a part of a phrase with another meaning (the stenosis of "foraminal stenosis")."""
    return predicate.value == "stenosed" and any(
        c.value == "foraminal_stenosis" and c.start <= predicate.start and predicate.end <= c.end for c in concepts
    )


def _covered(pair: Pair, hit: tuple[Cue, Cue], concepts: Iterable[Cue]) -> bool:
    """Whether a phrase that names the concept stands there already."""
    start, end = min(c.start for c in hit), max(c.end for c in hit)
    return any(c.value == pair.concept and c.start < end and c.end > start for c in concepts)


def _pair(s: Sentence, pair: Pair, subjects: list[Cue], predicates: list[Cue]) -> tuple[Cue, Cue] | None:
    best: tuple[int, Cue, Cue] | None = None
    for subject in subjects:
        if subject.value != pair.subject:
            continue
        for predicate in predicates:
            gap = max(subject.token_start - predicate.token_end, predicate.token_start - subject.token_end)
            if predicate.value != pair.predicate or gap < 0 or gap > pair.gap:
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
        return None if negated and not predicate_negates(predicate) else "absent"
    if negated:
        return "absent"
    for doubt in ("historical", "possible", "planned"):
        if doubt in (subject.assertion, predicate.assertion):
            return doubt
    return "present"


def predicate_negates(predicate: Cue) -> bool:
    """Whether the predicate itself carries the negation ("not enlarged")."""
    return predicate.value == "cord_normal"


def _row_levels(s: Sentence, here: Sequence[Level]) -> list[str]:
    """The level or levels that label a row ("L3-4:", "C2-C3 to C4-C5:")."""
    label_end = s.block.heading.content if s.block.heading else s.end
    labels = [v for v in here if v.start < label_end] or here[:1]
    return _joined(s, labels) if labels else [s.block.level or ""]


def _levels_of(
    outline: Outline, s: Sentence, mention: _Mention, here: Sequence[Level], row: list[str], said: list[str]
) -> list[str | None]:
    """The levels that a mention speaks of: those of its clause, else of its row or the sentence before, or none."""
    free = [v for v in here if not _names_root(outline.plain, v)]
    if mention.assertion == "absent":
        free = [v for v in free if not _BEYOND.search(outline.plain, max(0, v.start - 24), v.start)]
    if mention.concept == "spondylolisthesis":
        slips = list(_slips(s, free))
        if slips:
            return [*slips]
    after = [v for v in free if v.start >= mention.end]
    before = [v for v in free if v.end <= mention.start]
    if after and _leads_to(s, mention.end, after[0].start):
        return _listed(s, after, mention)
    inside = [v for v in free if mention.start <= v.start < mention.end]
    if inside:
        return _listed(s, inside, mention)
    if before and not _cut_off(s, before[-1], mention):
        heads = s.block.level is not None and bool(s.block.heading) and before[-1].start < s.block.heading.content  # type: ignore[union-attr]
        return list(row) if heads and row else _listed_back(s, before, mention)
    if row and not (mention.assertion == "absent" and mention.concept in _GLOBAL_ABSENT and not _labelled(s)):
        return list(row)
    if row:
        return [None]
    if after and not before and mention.assertion != "absent" and after[0].start - mention.end < 60:
        return _listed(s, after, mention)
    if (
        said
        and not free
        and (mention.assertion != "absent" or _THIS_LEVEL.search(s.text))
        and mention.concept not in _STRETCHED
    ):
        return list(said)
    return [None]


_SLIPS_ON = pattern("findings.slips_on")


def _slips(s: Sentence, found: list[Level]) -> Iterable[str]:
    """The interspaces of "L4 on L5": a slip is at the interspace between the two bodies."""
    for upper, lower in pairwise(found):
        between = s.text[upper.end - s.start : lower.start - s.start]
        if "-" not in upper.name and "-" not in lower.name and _SLIPS_ON.fullmatch(between):
            yield f"{upper.name}-{lower.name}"


def _labelled(s: Sentence) -> bool:
    """Whether the sentence is the one that its row's level labels; what follows may speak of the whole study."""
    return s.block.heading is not None and s.start == s.block.heading.start


def _leads_to(s: Sentence, end: int, level: int) -> bool:
    """Whether the words between a mention and a level that follows tie them together."""
    tail = s.text[end - s.start : level - s.start]
    if len(tail) > 48 or re.search(
        r"[;.:]|,\s*(?!C\d|T\d|L\d|on|at|worst|greatest|largest)|\b(?:but|with|which|while)\b", tail
    ):
        return False
    return bool(
        re.search(r"\b(?:at|of|in|on|from|between|opposite|behind|above|below|for|throughout|levels?)\b", tail)
        or re.fullmatch(r"[\s(,]*(?:left|right|bilaterally)?[\s(,]*", tail)
    )


def _cut_off(s: Sentence, level: Level, mention: _Mention) -> bool:
    """Whether a negative statement for the whole study only follows a level ("…at C6-7; no intradural defect")."""
    between = s.text[level.end - s.start : mention.start - s.start]
    if mention.assertion == "absent" and mention.concept in _GLOBAL_ABSENT:
        return bool(re.search(r"[;,]|\b(?:and|without|but)\b", between))
    return False


_ROOT_BEFORE = re.compile(r"\b(?:root sleeves?|sleeves|roots|nerves|rootlets|pouches)\s+(?:of |from )?$", re.IGNORECASE)
# "No block above T9" is said of all the rest, not of T9
_BEYOND = re.compile(
    r"\b(?:above|below|beyond|caudal to|cranial to|cephalad to|elsewhere than)\s*(?:the )?$", re.IGNORECASE
)


def _names_root(text: str, level: Level) -> bool:
    """Whether a vertebra's name means its nerve root ("the left C7 root sleeve")."""
    if "-" not in level.name and _ROOT_FOLLOWS.match(text, level.end):
        return True
    return not ("-" in level.name and level.adjacent) and bool(
        _ROOT_BEFORE.search(text, max(0, level.start - 30), level.start)
    )


def _listed(s: Sentence, found: list[Level], mention: _Mention) -> list[str | None]:
    """A level and those that follow it in one enumeration ("C4-5, C5-6 and C6-7")."""
    run = [found[0]]
    for level in found[1:]:
        between = s.text[run[-1].end - s.start : level.start - s.start]
        if not (_LIST_JOIN.fullmatch(between) or _RANGE_JOIN.fullmatch(between)):
            break
        run.append(level)
    return _named(s, run, mention)


def _listed_back(s: Sentence, found: list[Level], mention: _Mention) -> list[str | None]:
    run = [found[-1]]
    for level in found[-2::-1]:
        between = s.text[level.end - s.start : run[0].start - s.start]
        if not (_LIST_JOIN.fullmatch(between) or _RANGE_JOIN.fullmatch(between)):
            break
        run.insert(0, level)
    return _named(s, run, mention)


def _named(s: Sentence, run: list[Level], mention: _Mention) -> list[str | None]:
    listed = mention.concept == "postoperative_change" and all("-" in v.name and v.adjacent for v in run)
    if len(run) > 1 and mention.concept in _STRETCHED and not listed:
        return [_span_name(run[0], run[-1])]
    return [*_joined(s, run)]


def _joined(s: Sentence, run: Sequence[Level]) -> list[str]:
    """Names of enumerated levels; "A to B" is one stretch."""
    names: list[str] = []
    previous: Level | None = None
    for level in run:
        between = s.text[previous.end - s.start : level.start - s.start] if previous else ""
        if previous and _RANGE_JOIN.fullmatch(between):
            names[-1] = _span_name(previous, level)
        else:
            names.append(level.name)
        previous = level
    return names


def _span_name(first: Level, last: Level) -> str:
    return f"{first.name.split('-')[0]}-{last.name.split('-')[-1]}"


def _finding(outline: Outline, s: Sentence, mention: _Mention, level: str | None, assertion: str) -> Finding:
    start, end = mention.start, mention.end
    return Finding(
        mention.concept,
        level,
        _nearest(s, "side", start, end),
        _nearest(s, "severity", start, end),
        assertion,
        outline.text[start:end],
        start,
        end,
    )


def _sides_another(s: Sentence, side: Cue, start: int, end: int) -> bool:
    """Whether a side stands directly before another thing ("a disc bulge and bilateral facet arthropathy")."""
    owned = {c.start for c in s.all("concept", "subject") if 0 <= c.start - side.end <= 2}
    return bool(owned) and not any(start <= at < end for at in owned)


_CLAUSE_END = re.compile(r"[;.]|,\s")


def _nearest(s: Sentence, label: str, start: int, end: int) -> str | None:
    """The value of the nearest cue of a label within the mention's clause."""
    best: tuple[int, str] | None = None
    for cue in s.all(label):
        gap = start - cue.end if cue.end <= start else cue.start - end if cue.start >= end else 0
        between = s.text[min(cue.end, end) - s.start : max(cue.start, start) - s.start]
        if label == "side" and _sides_another(s, cue, start, end):
            continue
        if gap > 40 or _CLAUSE_END.search(between):
            continue
        cost = gap + (12 if cue.start >= end else 0)
        if best is None or cost < best[0]:
            best = (cost, cue.value)
    return best[1] if best else None
