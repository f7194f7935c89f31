"""Calibration, its figures, and the risk dial, on numbers that are worked out by hand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.confidence.calibration import CodeCalibration, SetCalibration, fit_codes, fit_sets
from extractor.confidence.forecasts import (
    Forecast,
    area_under_risk_coverage,
    calibration_error,
    coverage_at,
    log_loss,
    reliability,
    risk_coverage,
)
from extractor.confidence.model import Odds, calibrated
from extractor.confidence.plots import write_plots
from extractor.confidence.risk import Outcome, dial, read_sample, upper_bound
from extractor.confidence.scores import scores
from extractor.errors import UsageError

A, B = (("62304", ()),), (("62305", ()),)


def outcomes(*found: tuple[float, bool], code: str = "62304") -> list[Outcome]:
    """Proposals of one code."""
    return [Outcome(code, confidence, right) for confidence, right in found]


def report(confidence: float, right: bool, *, gold: float | None = None) -> Forecast:
    """A forecast of one report with one code."""
    p = confidence if gold is None else gold
    return Forecast(
        "r", "a", False, True, confidence, right, right, p, (1 - p) ** 2, (Outcome("62304", confidence, right),)
    )


# ---- calibration


def test_overconfident_sets_are_flattened() -> None:
    """Sets that are right in 7 of 10 cases at 0.9 come down to about 0.7."""
    sets = [{A: 0.9, B: 0.1}] * 100
    right = [A] * 70 + [B] * 30
    fitted = fit_sets(sets, right, [1.0] * 100)
    assert fitted.apply(sets[0])[A] == pytest.approx(0.7, abs=0.02)


def test_sets_that_nobody_thought_of_are_kept_room_for() -> None:
    """Where one report in five has a code set that the distribution lacks, no set gets more than 0.8."""
    fitted = fit_sets([{A: 1.0}] * 100, [A] * 80 + [B] * 20, [1.0] * 100)
    assert fitted.unlisted == pytest.approx(0.2, abs=0.02)


def test_a_bad_code_does_not_hide_behind_good_ones() -> None:
    """Two codes of equal probability and unlike truth get unlike confidence."""
    codes = ["62304"] * 100 + ["62284"] * 100
    fitted = fit_codes(codes, [0.9] * 200, [True] * 97 + [False] * 3 + [True] * 60 + [False] * 40, [1.0] * 200)
    assert fitted.apply("62304", 0.9) - fitted.apply("62284", 0.9) > 0.2
    assert fitted.apply("62284", 0.9) == pytest.approx(0.6, abs=0.08)


def test_one_outcome_teaches_nothing() -> None:
    """Where all proposals are right there is nothing to calibrate on, and probabilities stay."""
    fitted = fit_codes(["62304"] * 5, [0.9] * 5, [True] * 5, [1.0] * 5)
    assert fitted.apply("62304", 0.9) == pytest.approx(0.9)


@given(
    p=st.lists(st.floats(0.001, 1), min_size=2, max_size=2),
    exponent=st.floats(0.3, 3),
    unlisted=st.floats(0, 0.5),
    slope=st.floats(0.2, 3),
)
def test_calibrated_odds_hold_together(p: list[float], exponent: float, unlisted: float, slope: float) -> None:
    """Probabilities stay finite and in [0, 1], their order stays, and a set is never surer than its codes."""
    sets = dict(zip((A, B), sorted((x / sum(p) for x in p), reverse=True), strict=True))
    odds = calibrated(sets, SetCalibration(exponent, unlisted), CodeCalibration(slope, 0.0, {"62304": 0.3}))
    values = list(odds.sets.values())
    assert values == sorted(values, reverse=True)
    assert sum(values) <= 1 + 1e-9
    assert all(0 <= q <= 1 for q in [*values, *odds.codes.values()])
    assert all(odds.of_set(codes) <= odds.codes[codes[0]] for codes in sets)


def test_the_rules_are_overruled_by_far_more_probable_codes_only() -> None:
    """Another code set is proposed from 0.5 on, if it is three times as probable as that of the rules."""
    assert Odds({A: 0.7, B: 0.2}, {}).choose(B, "myelogram") == A
    assert Odds({A: 0.55, B: 0.4}, {}).choose(B, "myelogram") == B
    assert Odds({A: 0.45, B: 0.05}, {}).choose(B, "myelogram") == B
    assert Odds({A: 0.99, B: 0.01}, {}).choose((), "other") == ()


# ---- figures


def test_calibration_error_is_the_mean_gap_of_bins() -> None:
    """Ten proposals at 0.6, half of them right, and ten at 0.9, all right: the gaps are 0.1 and 0.1."""
    found = outcomes(*[(0.6, i % 2 == 0) for i in range(10)], *[(0.9, True)] * 10)
    assert calibration_error(found) == pytest.approx(0.1)
    assert sum(one.n for one in reliability(found)) == 20


def test_risk_rises_as_less_sure_reports_pass() -> None:
    """Of four reports the surest three are right: risk is 0 up to three quarters, a quarter at the end."""
    found = [report(0.9, True), report(0.8, True), report(0.7, True), report(0.6, False)]
    coverage, risk = risk_coverage(found)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert risk.tolist() == [0, 0, 0, 0.25]
    assert area_under_risk_coverage(found) == pytest.approx(0.0625)
    assert coverage_at(found, 0.99) == 0.75


def test_reports_of_equal_confidence_pass_together() -> None:
    """A constant confidence has one coverage, all, and the overall risk."""
    found = [report(0.9, True), report(0.9, False)]
    assert area_under_risk_coverage(found) == pytest.approx(0.5)
    assert coverage_at(found, 0.99) == 0.0


def test_log_loss_is_of_the_right_code_set() -> None:
    """-log(0.5), and a code set that was thought impossible costs -log(0.0001)."""
    assert log_loss([report(0.9, True, gold=0.5)]) == pytest.approx(0.6931, abs=1e-4)
    assert log_loss([report(0.9, False, gold=0.0)]) == pytest.approx(9.2103, abs=1e-4)


def test_scores_name_the_code_that_is_furthest_off() -> None:
    """A code with fifteen proposals or more whose confidence and truth part is named with its gap."""
    found = [report(0.9, i % 2 == 0) for i in range(20)]
    assert scores(found)["worst_code"] == "62304"
    assert scores(found)["worst_code_gap"] == pytest.approx(0.4)


def test_the_same_forecasts_give_the_same_plots(tmp_path: Path) -> None:
    """Both plots are written as SVG, twice the same bytes."""
    pytest.importorskip("matplotlib")
    chance = random.Random(7)
    found = {"confidence": [report(q, chance.random() < q) for q in (chance.random() for _ in range(60))]}
    first, second = (write_plots(found, tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert all(path.read_text(encoding="utf-8").rstrip().endswith("</svg>") for path in first)


# ---- the risk dial


@pytest.mark.parametrize(
    ("wrong", "n", "bound"), [(0, 149, 0.0199), (0, 59, 0.0495), (1, 20, 0.2161), (5, 5, 1.0), (0, 0, 1.0)]
)
def test_the_bound_is_that_of_clopper_and_pearson(wrong: int, n: int, bound: float) -> None:
    """Values of published tables, one-sided 95 %."""
    assert upper_bound(wrong, n) == pytest.approx(bound, abs=2e-4)


def test_too_few_examples_never_pass() -> None:
    """Fifty right proposals are no promise of 2 %, and the dial says how many would be."""
    turned = dial(outcomes(*[(0.99, True)] * 50), 0.02)
    assert not turned.passes("62304", 0.999)
    assert turned.thresholds["62304"].at is None
    assert turned.needed() == 149


def test_the_threshold_stops_before_the_errors() -> None:
    """Two hundred right ones above 0.9 pass, the wrong ones below keep the threshold there."""
    sample = outcomes(*[(0.95, True)] * 200, *[(0.8, False)] * 20, *[(0.7, True)] * 1000)
    turned = dial(sample, 0.02)
    assert turned.thresholds["62304"].at == 0.95
    assert turned.passes("62304", 0.95)
    assert not turned.passes("62304", 0.94)


def test_a_site_brings_its_own_sample(tmp_path: Path) -> None:
    """A CSV of reviewed proposals gives the thresholds; a line that is none is named."""
    path = tmp_path / "reviewed.csv"
    path.write_text("code,confidence,right\n" + "62304,0.97,true\nnone,0.9,No\n" * 100, encoding="utf-8")
    turned = dial(read_sample(path), 0.05)
    assert turned.passes("62304", 0.97)
    assert not turned.passes("none", 0.99)
    path.write_text("code,confidence,right\n62304,0.97,true\n62304,97,true\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"reviewed\.csv:3: needs a code"):
        read_sample(path)
    with pytest.raises(UsageError, match="cannot be read as CSV"):
        read_sample(tmp_path / "missing.csv")


def test_an_unknown_code_never_passes() -> None:
    """A code that the sample lacks is refused."""
    assert not dial(outcomes(*[(0.99, True)] * 500), 0.02).passes("72255", 1.0)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2.0])
def test_a_tolerated_error_is_a_share(share: float) -> None:
    """Percentages and nonsense are refused with what is meant."""
    with pytest.raises(UsageError, match=r"0\.02 for 2 %"):
        dial([], share)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=300),
    st.sampled_from([0.02, 0.05, 0.2]),
)
def test_what_passes_keeps_its_promise_on_the_sample(found: list[tuple[float, bool]], tolerated: float) -> None:
    """Whatever the sample, the bound of what passes is at most the tolerated error."""
    turned = dial(outcomes(*found), tolerated)
    passing = [right for confidence, right in found if turned.passes("62304", confidence)]
    if passing:
        assert upper_bound(passing.count(False), len(passing)) <= tolerated
