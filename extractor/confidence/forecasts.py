"""Confidence held against what was right: log loss, Brier score, calibration error, risk against coverage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from extractor.coding import CodeSet
from extractor.confidence.calibration import LEAST
from extractor.confidence.learning import Judgement, calibrate_apart
from extractor.confidence.model import Odds, calibrated
from extractor.confidence.risk import NO_CODE, Outcome

# As many bins of equal size as ECE is taken over, fewer where there are not this many proposals in each.
BINS, LEAST_IN_BIN = 10, 5
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Forecast:
    """One report: the confidence in the proposed code set and codes, and what was right.

    `gold` is the probability that the right code set was given, `brier` the squared distance of all code sets'
    probabilities from the truth (0 to 2), `rules_right` whether the rules alone had it.
    """

    report_id: str
    group: str
    varied: bool
    myelogram: bool
    confidence: float
    right: bool
    rules_right: bool
    gold: float
    brier: float
    codes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """Proposals of like confidence: how many, their mean confidence, the share that is right."""

    n: int
    confidence: float
    right: float


def forecasts(judgements: Sequence[Judgement]) -> list[Forecast]:
    """Forecasts in the order of the judgements; neither models nor calibrations have seen their authors."""
    return [
        proposal(one, calibrated(one.sets, *calibrations))
        for one, calibrations in zip(judgements, calibrate_apart(judgements), strict=True)
    ]


def proposal(one: Judgement, odds: Odds) -> Forecast:
    """The forecast of the code set that a reading would propose."""
    return forecast(one, odds, odds.choose(one.proposed, one.example.features.decided.study))


def forecast(one: Judgement, odds: Odds, codes: CodeSet) -> Forecast:
    """A code set with the odds that it was chosen by, held against the truth."""
    truth = one.example.codes
    gold = odds.sets.get(truth, 0.0)
    return Forecast(
        one.example.report_id,
        one.example.group,
        one.example.varied,
        one.example.intrathecal,
        odds.of_set(codes),
        codes == truth,
        one.proposed == truth,
        gold,
        sum(p * p for p in odds.sets.values()) - 2 * gold + 1,
        outcomes(codes, odds, truth),
    )


def outcomes(codes: CodeSet, odds: Odds, truth: CodeSet) -> tuple[Outcome, ...]:
    """Each proposed code as an outcome, or the proposal of none."""
    if not codes:
        return (Outcome(NO_CODE, odds.of_set(codes), codes == truth),)
    return tuple(Outcome(code[0], odds.codes.get(code, 0.0), code in truth) for code in codes)


def log_loss(found: Sequence[Forecast]) -> float:
    """The mean of -log of the probability of the right code set, that probability taken as no less than 0.0001."""
    return float(np.mean([-np.log(max(one.gold, LEAST)) for one in found]))


def brier_score(found: Sequence[Forecast]) -> float:
    """The mean squared distance of the probabilities from the truth: 0 is perfect, 2 the worst."""
    return float(np.mean([one.brier for one in found]))


def reliability(proposals: Iterable[Outcome]) -> list[Bin]:
    """Proposals in bins of equal size, from the least sure to the surest."""
    ordered = sorted(proposals, key=lambda outcome: outcome.confidence)
    bins = max(1, min(BINS, len(ordered) // LEAST_IN_BIN))
    parts = np.array_split(np.array([(one.confidence, one.right) for one in ordered], dtype=float), bins)
    return [Bin(len(part), float(part[:, 0].mean()), float(part[:, 1].mean())) for part in parts if len(part)]


def calibration_error(proposals: Iterable[Outcome]) -> float:
    """Expected calibration error over bins of equal size (ECE, equal mass): the mean gap of confidence and truth."""
    bins = reliability(proposals)
    return sum(one.n * abs(one.confidence - one.right) for one in bins) / sum(one.n for one in bins)


def gap(proposals: Sequence[Outcome]) -> float:
    """Mean confidence less the share right: above 0 is overconfident."""
    return float(np.mean([one.confidence for one in proposals]) - np.mean([one.right for one in proposals]))


def by_code(found: Iterable[Forecast]) -> dict[str, list[Outcome]]:
    """All proposals by code, in order of code."""
    proposals = sorted((outcome for one in found for outcome in one.codes), key=lambda outcome: outcome.code)
    return {code: list(own) for code, own in groupby(proposals, key=lambda outcome: outcome.code)}


def risk_coverage(found: Sequence[Forecast]) -> tuple[Array, Array]:
    """Coverage (share of reports, the surest first) and risk (share of wrong code sets among them).

    Reports of equal confidence enter together, as a threshold would let them.
    """
    ordered = sorted(found, key=lambda one: -one.confidence)
    wrong = np.cumsum([not one.right for one in ordered])
    n = np.arange(1, len(ordered) + 1)
    last = np.array(
        [i + 1 == len(ordered) or ordered[i + 1].confidence < one.confidence for i, one in enumerate(ordered)]
    )
    return n[last] / len(ordered), (wrong / n)[last]


def area_under_risk_coverage(found: Sequence[Forecast]) -> float:
    """The mean risk over all coverages (AURC): 0 is perfect."""
    coverage, risk = risk_coverage(found)
    return float(np.sum(risk * np.diff(coverage, prepend=0.0)))


def coverage_at(found: Sequence[Forecast], precision: float) -> float:
    """The greatest share of reports that passes while at least `precision` of their code sets are right."""
    coverage, risk = risk_coverage(found)
    enough = coverage[risk <= 1 - precision + 1e-12]
    return float(enough.max()) if len(enough) else 0.0


def interval(found: Sequence[Forecast], rounds: int = 500, seed: int = 20150101) -> tuple[float, float]:
    """A 95 % bootstrap interval of the calibration error of codes: whole reports drawn with replacement."""
    rng = np.random.default_rng(seed)
    draws = (rng.integers(len(found), size=len(found)) for _ in range(rounds))
    errors = [calibration_error(outcome for i in draw for outcome in found[i].codes) for draw in draws]
    low, high = np.quantile(errors, [0.025, 0.975])
    return float(low), float(high)
