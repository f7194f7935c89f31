"""Counts and what follows from them: accuracy, precision, recall, F1, pairing, overlap, intervals."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 0.05
FIGURES = ("accuracy", "precision", "recall", "f1")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one measure; tallies of several reports add up.

    `right` of `n` cases are exactly right. `tp`, `fp` and `fn` count values that are there to be found: a wrong
    value is a false positive and a false negative. A figure whose denominator is 0 is None.
    """

    n: int = 0
    right: int = 0
    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.n + other.n, self.right + other.right, self.tp + other.tp, self.fp + other.fp, self.fn + other.fn
        )

    @property
    def accuracy(self) -> float | None:
        """Cases that are exactly right."""
        return ratio(*fraction(self, "accuracy"))

    @property
    def precision(self) -> float | None:
        """Of the values given, those that are in the gold."""
        return ratio(*fraction(self, "precision"))

    @property
    def recall(self) -> float | None:
        """Of the values in the gold, those that were given."""
        return ratio(*fraction(self, "recall"))

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        return ratio(*fraction(self, "f1"))

    @property
    def values(self) -> int:
        """How many values the gold holds."""
        return self.tp + self.fn

    def support(self, figure: str) -> int:
        """The count that belongs beside a figure: cases for accuracy, gold values for the others."""
        return self.n if figure == "accuracy" else self.values


def fraction(tally: Tally, figure: str) -> tuple[int, int]:
    """Numerator and denominator of a figure, so that sums over reports can be resampled.

    Raises `KeyError` where the figure is none of `FIGURES`.
    """
    return {
        "accuracy": (tally.right, tally.n),
        "precision": (tally.tp, tally.tp + tally.fp),
        "recall": (tally.tp, tally.tp + tally.fn),
        "f1": (2 * tally.tp, 2 * tally.tp + tally.fp + tally.fn),
    }[figure]


def ratio(numerator: float, denominator: float) -> float | None:
    """The quotient, or None where there is nothing to divide by."""
    return numerator / denominator if denominator else None


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum of tallies."""
    return sum(tallies, Tally())


def same(gold: Any, got: Any) -> bool:
    """Whether two values agree: numbers within `TOLERANCE`, everything else exactly."""
    if _number(gold) and _number(got):
        return bool(abs(gold - got) <= TOLERANCE + 1e-9)
    return bool(gold == got)


def tally_value(gold: Any, got: Any) -> Tally:
    """One value against one value; None and False are nothing to find."""
    right = same(gold, got)
    hit = right and _there(gold)
    return Tally(1, int(right), int(hit), int(_there(got) and not hit), int(_there(gold) and not hit))


def tally_set(gold: Iterable[Hashable], got: Iterable[Hashable]) -> Tally:
    """One set against one set: exactly right or not, and the elements hit, added and missed."""
    wanted, given = frozenset(gold), frozenset(got)
    return Tally(1, int(wanted == given), len(wanted & given), len(given - wanted), len(wanted - given))


def tally_pairs(pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], key: str) -> Tally:
    """One value of paired records (see `pair`) as one case: right when it agrees in every pair."""
    found = total(tally_value(gold.get(key), got.get(key)) for gold, got in pairs)
    return Tally(1, int(found.right == found.n), found.tp, found.fp, found.fn)


def pair(
    gold: Sequence[Mapping[str, Any]], got: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Pair records one to one, the two most alike first; a record without a partner is paired with `{}`."""
    likeness = {(i, j): _likeness(a, b, keys) for i, a in enumerate(gold) for j, b in enumerate(got)}
    pairs: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
    left, right = set(range(len(gold))), set(range(len(got)))
    for i, j in sorted(likeness, key=lambda place: (-likeness[place], place)):
        if i in left and j in right:
            pairs.append((gold[i], got[j]))
            left.remove(i)
            right.remove(j)
    return [*pairs, *((gold[i], {}) for i in sorted(left)), *(({}, got[j]) for j in sorted(right))]


def occurrences(quote: str, text: str) -> list[tuple[int, int]]:
    """Half-open offsets of every place where a quote stands in a text; none for an empty quote."""
    found: list[tuple[int, int]] = []
    start = text.find(quote) if quote else -1
    while start >= 0:
        found.append((start, start + len(quote)))
        start = text.find(quote, start + 1)
    return found


def touched(quote: str, text: str, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether a span shares at least one character with any occurrence of a quote."""
    places = occurrences(quote, text)
    return any(start < end_ and start_ < end for start, end in spans for start_, end_ in places)


def covered(spans: Iterable[tuple[int, int]]) -> int:
    """How many characters lie under at least one span."""
    characters, reached = 0, 0
    for start, end in sorted(spans):
        characters += max(0, end - max(start, reached))
        reached = max(reached, end)
    return characters


def interval(
    fractions: Sequence[tuple[float, float]], *, rounds: int = 2000, level: float = 0.95, seed: int = 20150101
) -> tuple[float, float] | None:
    """A bootstrap confidence interval for the ratio of two sums over reports.

    `fractions` holds one (numerator, denominator) a report; whole reports are drawn with replacement, since the
    values inside a report hang together. None where no draw has a denominator. The same seed, the same interval.
    """
    if not any(denominator for _, denominator in fractions):
        return None
    numerators, denominators = np.array(fractions, dtype=float).T
    draws = _draws(len(fractions), rounds, seed)
    tops, bottoms = draws @ numerators, draws @ denominators
    values = tops[bottoms > 0] / bottoms[bottoms > 0]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@lru_cache(maxsize=4)
def _draws(n: int, rounds: int, seed: int) -> NDArray[np.int64]:
    """How often each of n reports is drawn in each round; figures over the same reports share their draws."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=rounds)


def _likeness(gold: Mapping[str, Any], got: Mapping[str, Any], keys: Sequence[str]) -> float:
    """Equal values weigh 1, shared nulls only break ties."""
    equal = [key for key in keys if same(gold.get(key), got.get(key))]
    return sum(1.0 if _there(gold.get(key)) else 0.01 for key in equal)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _there(value: Any) -> bool:
    return value is not None and value is not False
