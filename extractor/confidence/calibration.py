"""Probabilities made to mean what they say: of code sets by their spread, of codes class by class."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from extractor.coding import CodeSet

# Nothing read off a text is surer than this.
MOST = 0.999
LEAST = 1e-4
# How far a code may move from what holds for all codes: the inverse penalty of its own offset.
_OWN_FREEDOM = 0.5


@dataclass(frozen=True, slots=True)
class SetCalibration:
    """`exponent` sharpens or flattens the distribution over code sets; `unlisted` is kept for sets that it lacks."""

    exponent: float = 1.0
    unlisted: float = 0.0

    def apply(self, sets: Mapping[CodeSet, float]) -> dict[CodeSet, float]:
        """The calibrated distribution in the same order; its sum is 1 less `unlisted`."""
        powers = {codes: p**self.exponent for codes, p in sets.items()}
        whole = sum(powers.values())
        return {codes: min(MOST, (1 - self.unlisted) * p / whole) for codes, p in powers.items()}


def fit_sets(
    distributions: Sequence[Mapping[CodeSet, float]], right: Sequence[CodeSet], weights: Sequence[float]
) -> SetCalibration:
    """The calibration under which the right code sets have the least log loss, on distributions from outside."""
    packed = [
        (np.array(list(sets.values())), list(sets).index(r) if r in sets else -1)
        for sets, r in zip(distributions, right, strict=True)
    ]

    def loss(parameters: Sequence[float]) -> float:
        exponent, unlisted = _parameters(parameters)
        total = 0.0
        for (values, at), weight in zip(packed, weights, strict=True):
            powers = values**exponent
            p = (1 - unlisted) * powers[at] / powers.sum() if at >= 0 else unlisted
            total -= weight * math.log(max(p, LEAST))
        return total / sum(weights)

    best = minimize(loss, [0.0, -3.0], method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7, "maxiter": 400})
    exponent, unlisted = _parameters(best.x)
    return SetCalibration(round(exponent, 6), round(unlisted, 6))


def _parameters(free: Sequence[float]) -> tuple[float, float]:
    """Exponent and unlisted share from parameters without bounds, kept within what a calibration can mean."""
    return math.exp(min(max(free[0], -3.0), 3.0)), 1 / (1 + math.exp(-min(max(free[1], -9.0), 9.0)))


@dataclass(frozen=True, slots=True)
class CodeCalibration:
    """A logistic curve for all codes with an offset for each code that has examples (its modifiers left aside)."""

    slope: float = 1.0
    intercept: float = 0.0
    offsets: Mapping[str, float] | None = None

    def apply(self, code: str, p: float) -> float:
        """The calibrated probability of a code with the summed probability p."""
        x = self.slope * _logit(p) + self.intercept + (self.offsets or {}).get(code, 0.0)
        return min(MOST, 1 / (1 + math.exp(-x)))


def fit_codes(
    codes: Sequence[str], probabilities: Sequence[float], right: Sequence[bool], weights: Sequence[float]
) -> CodeCalibration:
    """The calibration of proposed codes with probabilities from outside; nothing is learned from one outcome alone."""
    if len(set(right)) < 2:
        return CodeCalibration()
    names = sorted(set(codes))
    table = np.zeros((len(codes), 1 + len(names)))
    table[:, 0] = [_logit(p) for p in probabilities]
    for row, code in enumerate(codes):
        table[row, 1 + names.index(code)] = math.sqrt(_OWN_FREEDOM)
    model = LogisticRegression(C=1.0, max_iter=1000).fit(table, list(right), sample_weight=list(weights))
    slope, *own = (float(value) for value in model.coef_[0])
    offsets = {name: round(value * math.sqrt(_OWN_FREEDOM), 6) for name, value in zip(names, own, strict=True)}
    return CodeCalibration(round(slope, 6), round(float(model.intercept_[0]), 6), offsets)


def _logit(p: float) -> float:
    p = min(max(p, LEAST), 1 - LEAST)
    return math.log(p / (1 - p))
