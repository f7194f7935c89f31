"""Fluoroscopy time in minutes, air kerma in mGy, dose-area product in Gy·cm²."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from extractor.measures import Quantity, daps_gycm2, doses_mgy, durations_minutes
from extractor.outline import Outline, Sentence
from extractor.patterns import pattern
from extractor.records import Span
from extractor.wording import Wording

_OWN = ("technique", "findings", "other", "impression", "exam", "addendum", "attestation")
_NOT_FLUORO = pattern("exposure.not_fluoro")

_UNITLESS = pattern("exposure.unitless")


@dataclass(slots=True)
class Exposure:
    """Radiation figures of the report and their spans by field."""

    fluoro_minutes: float | None
    dose_mgy: float | None
    dap_gycm2: float | None
    spans: dict[str, list[Span]]


_UNIT = Wording(r"min|sec|gy|gray")


def read_exposure(outline: Outline) -> Exposure:
    """The radiation figures; None where the report gives none."""
    told = [s for s in outline.sentences if s.section in _OWN and (s.has("fluoro_time") or _UNIT.search(s.text))]
    spans: dict[str, list[Span]] = {}
    minutes = _note(outline, "fluoro_minutes", _fluoroscopy_time(outline, told), spans)
    dose = _note(outline, "dose_mgy", _first(outline, told, doses_mgy, _is_air_kerma), spans)
    dap = _note(outline, "dap_gycm2", _first(outline, told, daps_gycm2, lambda *_: True), spans)
    return Exposure(minutes, dose, dap, spans)


def _note(
    outline: Outline, field: str, found: tuple[Quantity, Sentence] | None, spans: dict[str, list[Span]]
) -> float | None:
    if found is None:
        return None
    quantity, s = found
    spans[field] = [outline.quote(quantity.start, quantity.end, s.section)]
    return quantity.value


def _first(
    outline: Outline,
    told: list[Sentence],
    measure: Callable[[str, int, int], Iterator[Quantity]],
    fits: Callable[[Sentence, Quantity], bool],
) -> tuple[Quantity, Sentence] | None:
    return next(((q, s) for s in told for q in measure(outline.plain, s.start, s.end) if fits(s, q)), None)


def _fluoroscopy_time(outline: Outline, told: list[Sentence]) -> tuple[Quantity, Sentence] | None:
    """The duration nearest to a fluoroscopy word; else one that stands beside a dose or alone in its sentence."""
    best: tuple[int, Quantity, Sentence] | None = None
    loose: tuple[Quantity, Sentence] | None = None
    for s in told:
        bare = _UNITLESS.search(s.text)
        durations = list(durations_minutes(outline.plain, s.start, s.end))
        if bare and not durations:
            durations = [Quantity(float(bare["n"]), s.start + bare.start("n"), s.start + bare.end("n"))]
        for q in durations:
            distance = _distance(s, q)
            if distance is not None and (best is None or distance < best[0]) and not (best and best[2] is not s):
                best = (distance, q, s)
            elif loose is None and _beside_dose(s, q):
                loose = (q, s)
    return (best[1], best[2]) if best else loose


def _distance(s: Sentence, q: Quantity) -> int | None:
    """Code points between a duration and the fluoroscopy word that it belongs to; None if there is none."""
    near = [c for c in s.all("fluoro_time") if -3 <= c.start - q.end <= 25 or 0 <= q.start - c.end <= 45]
    clause = s.text[max(0, q.start - s.start - 30) : q.end - s.start + 18]
    if not near or _NOT_FLUORO.search(clause):
        return None
    words = {s.text[c.start - s.start : c.end - s.start].lower() for c in near}
    if (
        words <= {"time"}
        and not re.search(r"fluoro|screen|beam|x-?ray|mGy", s.text, re.IGNORECASE)
        and len(s.text) > 30
    ):
        return None
    return min(max(c.start - q.end, q.start - c.end, 0) for c in near)


def _beside_dose(s: Sentence, q: Quantity) -> bool:
    """Whether a duration stands next to a dose, or makes up its whole sentence ("1.2 min, 17 mGy")."""
    after = s.text[q.end - s.start : q.end - s.start + 22]
    before = s.text[max(0, q.start - s.start - 22) : q.start - s.start]
    if re.search(r"\bm?Gy\b", after) or re.search(r"\bm?Gy\b", before):
        return True
    return len(s.text.strip(" .-*•")) <= q.end - q.start + 6 and s.section in ("technique", "other", "findings")


def _is_air_kerma(s: Sentence, q: Quantity) -> bool:
    """A dose in mGy that is no CT dose index and no dose-length product."""
    before = s.text[max(0, q.start - s.start - 40) : q.start - s.start].lower()
    after = s.text[q.end - s.start : q.end - s.start + 14].lower()
    if re.match(r"\s*\(?(?:ctdi|dlp)", after) or (
        re.search(r"ctdi|dlp", before) and not re.search(r"kerma|fluoro|dose|ak\b", before.rsplit("ctdi", 1)[-1])
    ):
        return False
    return not re.match(r"\s*[-·*.x×]?\s*cm", after)
