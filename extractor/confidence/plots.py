"""Reliability and risk against coverage as SVG plots; needs the extra `plots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from extractor.confidence.forecasts import Forecast, reliability, risk_coverage
from extractor.confidence.risk import NO_CODE
from extractor.errors import UsageError

# One dark and one light page must both show the lines.
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "myelocode",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_LINES = ("-", "--", "-.", ":")
RELIABILITY, RISK_COVERAGE = "reliability.svg", "risk-coverage.svg"


def write_plots(named: Mapping[str, Sequence[Forecast]], folder: Path) -> list[Path]:
    """Write both plots of some models into a folder, which is made; the same forecasts give the same files.

    Raises `UsageError` where matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("plots need matplotlib: install myelocode[plots]") from None
    folder.mkdir(parents=True, exist_ok=True)
    drawings = {RELIABILITY: _reliability, RISK_COVERAGE: _risk_coverage}
    with mpl.rc_context(_STYLE):
        for name, draw in drawings.items():
            figure = Figure(figsize=(5.2, 4.2), layout="constrained")
            draw(figure.subplots(), named)
            figure.savefig(folder / name, metadata={"Date": None})
    return [folder / name for name in drawings]


def _reliability(axes: Any, named: Mapping[str, Sequence[Forecast]]) -> None:
    axes.plot([0, 1], [0, 1], color="gray", linewidth=1, label="confidence = share right")
    lowest = 1.0
    for (name, found), line in zip(named.items(), _LINES, strict=False):
        bins = reliability(outcome for one in found for outcome in one.codes if outcome.code != NO_CODE)
        axes.plot([one.confidence for one in bins], [one.right for one in bins], line, marker="o", label=name)
        if name == next(iter(named)):  # what is not the first one's corner is left out: it is what the plot is about
            lowest = min((min(one.confidence, one.right) for one in bins), default=0.0)
    least = max(0.0, lowest - 0.1)
    axes.set(xlabel="mean confidence of proposed codes", ylabel="share right", xlim=(least, 1.005), ylim=(least, 1.005))
    axes.legend(loc="lower right", fontsize="small")


def _risk_coverage(axes: Any, named: Mapping[str, Sequence[Forecast]]) -> None:
    for (name, found), line in zip(named.items(), _LINES, strict=False):
        coverage, risk = risk_coverage(found)
        axes.plot(coverage, risk, line, label=name)
    axes.axhline(0.01, color="gray", linewidth=1, label="1 % wrong")
    axes.set(
        xlabel="coverage: share of reports, the surest first", ylabel="risk: share of wrong code sets", xlim=(0, 1)
    )
    axes.set_ylim(bottom=0)
    axes.legend(loc="best", fontsize="small")
