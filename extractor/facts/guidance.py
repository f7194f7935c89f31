"""Under which guidance the needle went in."""

from __future__ import annotations

import re

from extractor.facts import roles
from extractor.measures import gauges
from extractor.outline import Outline, Sentence
from extractor.patterns import pattern
from extractor.records import Span

_HYPOTHETICAL = pattern("injection.hypothetical_route")
_BY = re.compile(
    r"\b(?:under|using|with|by|via|through|intermittent|continuous|and|guidance|the|screened|confirmed|guided)"
    r"\s*[:=]?\s*(?:\w+\s+)?$"
)
# Fluoroscopy's time, dose and pictures say nothing of guidance
_NOT_GUIDING = re.compile(
    r"\s*(?:time|:|-|\d|=|was \d|dose|images?\b|spot|film|run|view|table|suite|room|\(|total"
    r"|one|two|three|four|for \d)"
)


def read_guidance(outline: Outline, told: list[Sentence], spans: dict[str, list[Span]]) -> str | None:
    """The guidance ("ct", "fluoroscopy"; "none" where it is denied) or None; its words go to `spans["guidance"]`."""
    seen = set(told)
    others = [
        s for s in outline.sentences if s.section in ("technique", "other") and s not in seen and not roles.is_past(s)
    ]
    places = [*told, *others, *outline.within("exam")]
    for label, value in (("ct_guidance", "ct"), ("fluoro_guidance", "fluoroscopy"), ("no_guidance", "none")):
        for s in places:
            for cue in s.all(label):
                if label == "no_guidance" and not s.has("puncture", "needle", "lumbar_puncture") and not s.levels:
                    continue
                if label == "fluoro_guidance" and not _guides(outline, s, cue.start, cue.end):
                    continue
                told_of = s.has("needle", "agent", "injection_verb") and label == "fluoro_guidance"
                if label != "no_guidance" and not told_of and (roles.is_planned(s) or _HYPOTHETICAL.search(s.text)):
                    continue
                spans["guidance"] = [outline.quote(cue.start, cue.end, s.section)]
                return value
    return None


def _guides(outline: Outline, s: Sentence, start: int, end: int) -> bool:
    """Whether fluoroscopy guides here; a fluoroscopy time alone says nothing."""
    after = outline.plain[end : end + 16].lower()
    before = outline.plain[max(s.start, start - 24) : start].lower()
    if re.search(r"\b(?:no|not|without)\s+(?:\w+\s+){0,4}$", before) or re.match(
        r"\s*(?:\w+\s+)?(?:table|suite|room|images?)\b", after
    ):
        return False
    if re.search(r"guid|control|observ|monitor|vision", outline.plain[start:end], re.IGNORECASE):
        return True
    by = _BY.search(before)
    if _NOT_GUIDING.match(after) and not by:
        return False
    return (
        s.has("needle", "puncture", "lumbar_puncture", "prep", "injection_verb", "intrathecal", "agent", "myelogram")
        or bool(by)
        or any(True for _ in gauges(s.text))
    )
