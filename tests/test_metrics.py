"""Counting: figures worked out by hand, and what must hold for any counts."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.metrics import (
    FIGURES,
    Tally,
    covered,
    fraction,
    interval,
    occurrences,
    pair,
    same,
    tally_pairs,
    tally_set,
    tally_value,
    total,
    touched,
)

COUNTS = st.builds(Tally, *[st.integers(0, 50)] * 5)


def test_figures_follow_from_counts() -> None:
    """8 of 10 right, 6 hits, 2 too many, 4 missed: precision 6/8, recall 6/10, F1 12/18."""
    tally = Tally(n=10, right=8, tp=6, fp=2, fn=4)
    assert [getattr(tally, name) for name in FIGURES] == [0.8, 0.75, 0.6, pytest.approx(2 / 3)]
    assert (tally.support("accuracy"), tally.support("f1")) == (10, 10)


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_of_nothing_is_none(figure: str) -> None:
    """Without a denominator there is no figure, and above all no perfect one."""
    assert getattr(Tally(), figure) is None


@pytest.mark.parametrize(
    ("gold", "got", "expected"),
    [
        ("L2-L3", "L2-L3", Tally(1, 1, tp=1)),
        ("L2-L3", "L3-L4", Tally(1, 0, fp=1, fn=1)),
        ("L2-L3", None, Tally(1, 0, fn=1)),
        (None, "L2-L3", Tally(1, 0, fp=1)),
        (None, None, Tally(1, 1)),
        (False, False, Tally(1, 1)),
        (True, False, Tally(1, 0, fn=1)),
        (0, 0, Tally(1, 1, tp=1)),
        (1, True, Tally(1, 1, tp=1)),
    ],
)
def test_a_value_is_hit_wrong_missed_or_made_up(gold: object, got: object, expected: Tally) -> None:
    """Null and false are nothing to find; a wrong value is a false positive and a false negative; 0 is a value."""
    assert tally_value(gold, got) == expected


@pytest.mark.parametrize(
    ("gold", "got", "agree"),
    [(1.5, 1.55, True), (1.5, 1.56, False), (12, 12.0, True), ("12", 12, False), (None, 0, False), (None, None, True)],
)
def test_numbers_agree_within_the_tolerance(gold: object, got: object, agree: bool) -> None:
    """Numbers agree within 0.05, both ends included; nothing else is blurred."""
    assert same(gold, got) is agree
    assert same(got, gold) is agree


def test_a_set_counts_its_elements() -> None:
    """One of two hit, one added: not exact, one hit, one too many, one missed."""
    assert tally_set(["cervical", "lumbar"], ["lumbar", "thoracic"]) == Tally(1, 0, tp=1, fp=1, fn=1)
    assert tally_set([], []) == Tally(1, 1)


def test_records_are_paired_by_likeness_not_by_order() -> None:
    """Two injections told in another order are all right."""
    gold = [{"agent": "iohexol", "ml": 10}, {"agent": "iopamidol", "ml": 5}]
    pairs = pair(gold, gold[::-1], ("agent", "ml"))
    assert tally_pairs(pairs, "agent") == Tally(1, 1, tp=2)
    assert tally_pairs(pairs, "ml") == Tally(1, 1, tp=2)


def test_a_record_without_a_partner_is_missed_or_made_up() -> None:
    """The aliquot that was not read is a miss of each value that it has; its null is none."""
    pairs = pair([{"ml": 10, "brand": None}, {"ml": 5, "brand": None}], [{"ml": 5, "brand": "Omnipaque"}], ("ml",))
    assert pairs == [({"ml": 5, "brand": None}, {"ml": 5, "brand": "Omnipaque"}), ({"ml": 10, "brand": None}, {})]
    assert tally_pairs(pairs, "ml") == Tally(1, 0, tp=1, fn=1)
    assert tally_pairs(pairs, "brand") == Tally(1, 0, fp=1)


def test_a_quote_is_looked_for_wherever_it_stands() -> None:
    """Every occurrence counts, overlapping ones too; one shared character is a touch, a shared border is none."""
    text = "L3-L4 then L3-L4"
    assert occurrences("L3-L4", text) == [(0, 5), (11, 16)]
    assert occurrences("aa", "aaa") == [(0, 2), (1, 3)]
    assert occurrences("", text) == []
    assert touched("L3-L4", text, [(15, 40)])
    assert not touched("L3-L4", text, [(5, 11)])


def test_covered_characters_count_once() -> None:
    """Spans inside and across each other cover each character once."""
    assert covered([(0, 10), (2, 4), (8, 12), (20, 21), (0, 10)]) == 13
    assert covered([]) == 0


def test_interval_is_seeded_and_holds_the_value() -> None:
    """60 of 100: the same interval twice, around 0.6, about 1.96 standard errors (0.049) to each side."""
    parts = [(1, 1)] * 60 + [(0, 1)] * 40
    low, high = interval(parts) or (0.0, 0.0)
    assert (low, high) == interval(parts)
    assert low == pytest.approx(0.504, abs=0.02)
    assert high == pytest.approx(0.696, abs=0.02)


def test_interval_of_nothing_is_none() -> None:
    """No reports, or none with a denominator, give no interval."""
    assert interval([]) is None
    assert interval([(0, 0), (0, 0)]) is None


def test_interval_of_a_perfect_figure_is_a_point() -> None:
    """When every report is right, no draw is wrong."""
    assert interval([(2, 2), (5, 5)]) == (1.0, 1.0)


@given(COUNTS, COUNTS)
def test_sums_of_fractions_are_fractions_of_sums(one: Tally, other: Tally) -> None:
    """A figure can be resampled report by report: numerators and denominators add up."""
    for figure in FIGURES:
        parts = zip(fraction(one, figure), fraction(other, figure), strict=True)
        assert tuple(map(sum, parts)) == fraction(total([one, other]), figure)


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_f1_of_a_set_lies_between_precision_and_recall(gold: set[int], got: set[int]) -> None:
    """F1 is the harmonic mean of the other two, exactly, and exchanging the sides exchanges them."""
    tally, turned = tally_set(gold, got), tally_set(got, gold)
    assert (tally.precision, tally.recall, tally.f1) == (turned.recall, turned.precision, turned.f1)
    if gold & got:
        p, r = (Fraction(*fraction(tally, name)) for name in ("precision", "recall"))
        assert Fraction(*fraction(tally, "f1")) == 2 * p * r / (p + r)


@given(st.lists(st.sampled_from("abc"), max_size=4), st.lists(st.sampled_from("abc"), max_size=4))
def test_every_record_is_paired_once(gold: list[str], got: list[str]) -> None:
    """Pairing loses and repeats nothing, and hits as many single values as the two multisets share."""
    pairs = pair([{"v": v} for v in gold], [{"v": v} for v in got], ("v",))
    assert sorted(a["v"] for a, _ in pairs if a) == sorted(gold)
    assert sorted(b["v"] for _, b in pairs if b) == sorted(got)
    assert tally_pairs(pairs, "v").tp == sum(min(gold.count(v), got.count(v)) for v in "abc")
