"""The risk dial: per code, the confidence above which the share of wrong proposals stays under what a site tolerates.

For each code, proposals of a reviewed sample are ordered by confidence. From the surest downward, the bound on the
share of wrong ones among all that are at least as sure is tested again and again, and the first failure ends it
(fixed-sequence testing: Angelopoulos et al., "Learn then Test", 2021). The bound is the exact one-sided binomial one
of Clopper and Pearson (Biometrika 26, 1934). So with the chosen level of trust, the error among what passes is at most
the one asked for, as long as reports come as those of the sample did.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from scipy.stats import beta

from extractor.errors import UsageError

# The proposal of no code at all has its own threshold under this name.
NO_CODE = "none"
TRUST = 0.95
_RIGHT = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One proposal of a reviewed sample: code (`NO_CODE` where none was proposed), its confidence, whether right."""

    code: str
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """What the sample allows for one code: `at` is the least confidence that passes, None where nothing may.

    `bound` is the upper confidence bound of the share of errors among the `passing` of `examples` that would pass.
    """

    code: str
    at: float | None
    examples: int
    passing: int
    bound: float


@dataclass(frozen=True, slots=True)
class RiskDial:
    """Thresholds of all codes for one tolerated share of errors."""

    max_error: float
    thresholds: Mapping[str, Threshold]

    def passes(self, code: str, confidence: float) -> bool:
        """Whether a proposal may go through without a human."""
        threshold = self.thresholds.get(code)
        return threshold is not None and threshold.at is not None and confidence >= threshold.at

    def needed(self) -> int:
        """How many examples, all of them right, the least sample has that allows anything to pass."""
        n = 1
        while upper_bound(0, n) > self.max_error:
            n += 1
        return n


def dial(sample: Iterable[Outcome], max_error: float) -> RiskDial:
    """Thresholds for a tolerated share of errors. Raises `UsageError` where it lies not between 0 and 1."""
    if not 0 < max_error < 1:
        raise UsageError("the tolerated error must lie between 0 and 1, such as 0.02 for 2 %")
    by_code: dict[str, list[Outcome]] = {}
    for outcome in sample:
        by_code.setdefault(outcome.code, []).append(outcome)
    return RiskDial(max_error, {code: _threshold(code, found, max_error) for code, found in sorted(by_code.items())})


def read_sample(path: Path) -> tuple[Outcome, ...]:
    """A site's own reviewed sample: CSV with the columns code (or "none"), confidence in [0, 1], right (true, false).

    Raises `UsageError` (file and line) where it is none, so that no promise rests on half a sample.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise UsageError(f"{path}: cannot be read as CSV in UTF-8") from None
    return tuple(_outcome(path, line, row) for line, row in enumerate(rows, start=2))


def _outcome(path: Path, line: int, row: Mapping[str, str | None]) -> Outcome:
    code, right = (row.get("code") or "").strip(), (row.get("right") or "").strip().lower()
    try:
        confidence = float(row.get("confidence") or "")
    except ValueError:
        confidence = -1.0
    if not code or right not in _RIGHT or not 0 <= confidence <= 1:
        raise UsageError(f"{path}:{line}: needs a code or none, a confidence between 0 and 1, and right: true or false")
    return Outcome(code, confidence, _RIGHT[right])


def upper_bound(wrong: int, n: int, trust: float = TRUST) -> float:
    """The one-sided Clopper–Pearson upper bound of a share of which `wrong` of `n` were seen."""
    return 1.0 if wrong >= n else float(beta.ppf(trust, wrong + 1, n - wrong))


def _threshold(code: str, outcomes: list[Outcome], max_error: float) -> Threshold:
    ordered = sorted(outcomes, key=lambda outcome: -outcome.confidence)
    at, passing, bound, n, wrong = None, 0, 1.0, 0, 0
    for confidence, tied in groupby(ordered, key=lambda outcome: outcome.confidence):
        for outcome in tied:
            n += 1
            wrong += not outcome.right
        if upper_bound(0, n) > max_error:
            continue  # too few yet for any bound to hold
        found = upper_bound(wrong, n)
        if found > max_error:
            break
        at, passing, bound = confidence, n, found
    return Threshold(code, at, len(outcomes), passing, bound)
