"""Fluoroscopy time in minutes, air kerma in mGy, dose-area product in Gy·cm²."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from extractor.measures import Quantity, daps_gycm2, doses_mgy, durations_minutes
from extractor.outline import Outline, Sentence
from extractor.records import Span

_OWN = ("technique", "findings", "other", "impression", "exam", "addendum", "attestation")
_NOT_FLUORO = re.compile(r"\b(?:minutes|mins?|hours?)\s+(?:later|after|of bed|post|before|delay\w*|wait\w*|upright|and the|to|in|observation)|bed ?rest|observ\w+|recover\w*|monitor\w*|delay\w*|later|repeat ct|wait\w*|sedation|discuss\w*|spent|counsel\w*|slowly|over \w+ minutes|over about", re.IGNORECASE)


@dataclass(slots=True)
class Exposure:
    """Radiation figures of the report and their spans by field."""

    fluoro_minutes: float | None
    dose_mgy: float | None
    dap_gycm2: float | None
    spans: dict[str, list[Span]]


def read_exposure(outline: Outline) -> Exposure:
    """The radiation figures; None where the report gives none."""
    spans: dict[str, list[Span]] = {}
    minutes = _first(outline, "fluoro_minutes", "fluoro_time", durations_minutes, spans, _is_fluoro_time)
    dose = _first(outline, "dose_mgy", "", doses_mgy, spans, _is_air_kerma)
    dap = _first(outline, "dap_gycm2", "", daps_gycm2, spans, lambda s, q: True)
    return Exposure(minutes, dose, dap, spans)


def _first(outline: Outline, field: str, label: str, measure: Callable[[str, int, int], Iterator[Quantity]], spans: dict[str, list[Span]], fits: Callable[[Sentence, Quantity], bool]) -> float | None:
    for s in outline.sentences:
        if s.section not in _OWN or (label and not s.has(label)):
            continue
        for q in measure(outline.plain, s.start, s.end):
            if fits(s, q):
                spans[field] = [outline.quote(q.start, q.end, s.section)]
                return q.value
    return None


def _is_fluoro_time(s: Sentence, q: Quantity) -> bool:
    """A duration beside a fluoroscopy word, not the time of the day, a delay or an observation."""
    near = [c for c in s.all("fluoro_time") if -40 <= c.start - q.end <= 25 or 0 <= q.start - c.end <= 45]
    if not near:
        return False
    clause = s.text[max(0, q.start - s.start - 30) : q.end - s.start + 18]
    words = {s.text[c.start - s.start : c.end - s.start].lower() for c in near}
    if words <= {"time"} and not re.search(r"fluoro|screen|beam|x-?ray", s.text, re.IGNORECASE):
        return False
    return not _NOT_FLUORO.search(clause)


def _is_air_kerma(s: Sentence, q: Quantity) -> bool:
    """A dose in mGy that is no CT dose index and no dose-length product."""
    before = s.text[max(0, q.start - s.start - 40) : q.start - s.start].lower()
    after = s.text[q.end - s.start : q.end - s.start + 12].lower()
    if re.search(r"ctdi\s?(?:vol)?[^a-z]*$|dlp[^a-z]*$|ctdi\w*\s+(?:of|was|is|=|:)?\s*$", before):
        return False
    return not re.match(r"\s*[-·*.x×]?\s*cm", after)
