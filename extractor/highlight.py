"""Which stretches of a text are evidence, and of what: overlapping spans as segments that follow each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the text, half-open in code points, and the labels of all spans that cover it (none: plain text)."""

    start: int
    end: int
    labels: tuple[str, ...] = ()


def segments(length: int, spans: Iterable[tuple[int, int, str]]) -> list[Segment]:
    """Cut a text of `length` code points at every border of a span.

    The segments cover the text without a gap or an overlap. A label stands once in a segment.
    Spans that are empty or reach outside of the text count only as far as they cover it.
    """
    begins: dict[int, list[str]] = {}
    ends: dict[int, list[str]] = {}
    for start, end, label in spans:
        start, end = max(start, 0), min(end, length)
        if start < end:
            begins.setdefault(start, []).append(label)
            ends.setdefault(end, []).append(label)
    cuts = sorted({0, length} | begins.keys() | ends.keys())
    open_labels: list[str] = []
    found = []
    for start, end in pairwise(cuts):
        for label in ends.get(start, ()):
            open_labels.remove(label)
        open_labels += begins.get(start, ())
        found.append(Segment(start, end, tuple(dict.fromkeys(open_labels))))
    return found
