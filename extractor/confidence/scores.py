"""The figures of some forecasts, as the model card and `myelocode evaluate` show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from extractor.confidence.forecasts import (
    Forecast,
    area_under_risk_coverage,
    brier_score,
    by_code,
    calibration_error,
    coverage_at,
    gap,
    interval,
    log_loss,
    reliability,
)
from extractor.confidence.risk import NO_CODE

PRECISION = 0.99
# A code is judged by itself from this many proposals on.
ENOUGH = 15


def scores(found: Sequence[Forecast], *, bounds: bool = True) -> dict[str, Any]:
    """Every figure by name. Shares lie in [0, 1]; `coverage_at_99` counts myelogram reports alone.

    `ece_codes` is over all proposed codes, `worst_code_gap` the greatest gap of confidence and share right of a code
    with at least `ENOUGH` proposals; `bounds` adds the bootstrap interval of the calibration error.
    """
    proposals = [outcome for one in found for outcome in one.codes]
    codes = [outcome for outcome in proposals if outcome.code != NO_CODE]
    myelograms = [one for one in found if one.myelogram]
    gaps = {code: gap(own) for code, own in by_code(found).items() if len(own) >= ENOUGH and code != NO_CODE}
    worst = max(gaps, key=lambda code: abs(gaps[code]), default=None)
    return {
        "reports": len(found),
        "code_set_right": _mean([one.right for one in found]),
        "code_set_right_rules": _mean([one.rules_right for one in found]),
        "mean_confidence": _mean([one.confidence for one in found]),
        "log_loss": log_loss(found),
        "brier": brier_score(found),
        "ece_codes": calibration_error(codes) if codes else None,
        "ece_codes_interval": list(interval([one for one in found if one.codes])) if bounds and codes else None,
        "aurc": area_under_risk_coverage(found),
        "myelograms": len(myelograms),
        "coverage_at_99": coverage_at(myelograms, PRECISION) if myelograms else None,
        "worst_code": worst,
        "worst_code_gap": gaps[worst] if worst else None,
    }


def code_scores(found: Sequence[Forecast]) -> list[dict[str, Any]]:
    """One row a code, and one for the proposal of none: proposals, mean confidence, share right, calibration error."""
    return [
        {
            "code": code,
            "proposals": len(own),
            "mean_confidence": _mean([one.confidence for one in own]),
            "right": _mean([one.right for one in own]),
            "gap": gap(own),
            "ece": calibration_error(own),
        }
        for code, own in by_code(found).items()
    ]


def group_scores(found: Sequence[Forecast]) -> dict[str, dict[str, Any]]:
    """The figures of each author, in order of name."""
    groups = sorted({one.group for one in found})
    return {group: scores([one for one in found if one.group == group], bounds=False) for group in groups}


def reliability_rows(found: Sequence[Forecast]) -> list[dict[str, Any]]:
    """Proposed codes in bins of like confidence."""
    bins = reliability(outcome for one in found for outcome in one.codes if outcome.code != NO_CODE)
    return [{"proposals": one.n, "mean_confidence": one.confidence, "right": one.right} for one in bins]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
