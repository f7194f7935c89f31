"""Quantities as radiologists write them: numbers in words, levels, volumes, gauges, durations, doses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.measures import (
    Quantity,
    concentrations,
    daps_gycm2,
    doses_mgy,
    durations_minutes,
    gauges,
    levels,
    normal_level,
    number,
    percent_concentration,
    volumes_ml,
)

ONES = "one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
IN_WORDS = [*ONES, *TEENS, "twenty", *(f"twenty-{one}" for one in ONES)]
# Every interspace from C1-C2 to S1-S2: the letters and numbers of the vertebra above and of that below.
VERTEBRAE = [
    *(("C", n) for n in range(1, 8)),
    *(("T", n) for n in range(1, 13)),
    *(("L", n) for n in range(1, 6)),
    ("S", 1),
]
INTERSPACES = list(pairwise(VERTEBRAE))
SPELLINGS = {
    "full": "{A}{a}-{B}{b}",
    "full with a slash": "{A}{a}/{B}{b}",
    "spaced hyphen": "{A}{a} - {B}{b}",
    "dash": "{A}{a}\u2013{B}{b}",
    "to": "{A}{a} to {B}{b}",
    "space": "{A}{a} {B}{b}",
    "letters apart": "{A} {a}-{B} {b}",
    "lower case": "{l}{a}-{m}{b}",
    "between": "between {A}{a} and {B}{b}",
}
# Without the second letter, where both vertebrae are of one region.
SHORT = {
    "short": "{A}{a}-{b}",
    "short with a slash": "{A}{a}/{b}",
    "short with a backslash": "{A}{a}\\{b}",
    "short with a space": "{A}{a} {b}",
    "short with the letter apart": "{A} {a}-{b}",
    "short, between": "between {A}{a} and {b}",
    "in words": "{A} {aw} {bw}",
    "in words with a hyphen": "{A} {aw}-{bw}",
}


def spell(above: tuple[str, int], below: tuple[str, int], spelling: str) -> str:
    """One interspace in one spelling."""
    (upper, a), (lower, b) = above, below
    words = {"aw": IN_WORDS[a - 1], "bw": IN_WORDS[b - 1], "l": upper.lower(), "m": lower.lower()}
    return spelling.format(A=upper, B=lower, a=a, b=b, **words)


def values(found: Iterable[Quantity]) -> list[float]:
    """The numbers of the quantities."""
    return [one.value for one in found]


@pytest.mark.parametrize("n", range(1, 30))
def test_numbers_in_words(n: int) -> None:
    """A number is the same in words, capitals, digits, with a hyphen or without."""
    word = IN_WORDS[n - 1]
    assert number(word) == number(word.upper()) == number(word.replace("-", " ")) == number(str(n)) == n


@pytest.mark.parametrize(("word", "value"), [("3,5", 3.5), ("1.5", 1.5), (" 12 ", 12), ("thirty", 30), ("fifty", 50)])
def test_other_numbers(word: str, value: float) -> None:
    """Decimals with a point or a comma, tens."""
    assert number(word) == value


@pytest.mark.parametrize("word", ["", "some", "twelve-ish", "x", "1.2.3"])
def test_what_is_no_number(word: str) -> None:
    """Other words are no number, and no error."""
    assert number(word) is None


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize(("above", "below"), INTERSPACES, ids=lambda v: f"{v[0]}{v[1]}")
def test_levels_in_every_spelling(above: tuple[str, int], below: tuple[str, int], spelling: str) -> None:
    """An interspace is the same level however it is written."""
    text = f"A defect at {spell(above, below, spelling)} is seen."
    assert [(one.name, one.adjacent) for one in levels(text)] == [(f"{above[0]}{above[1]}-{below[0]}{below[1]}", True)]


@pytest.mark.parametrize("spelling", SHORT.values(), ids=SHORT)
@pytest.mark.parametrize(
    ("above", "below"), [pair for pair in INTERSPACES if pair[0][0] == pair[1][0]], ids=lambda v: f"{v[0]}{v[1]}"
)
def test_levels_in_every_short_spelling(above: tuple[str, int], below: tuple[str, int], spelling: str) -> None:
    """The second vertebra goes without its letter."""
    text = f"A defect at {spell(above, below, spelling)} is seen."
    assert [(one.name, one.adjacent) for one in levels(text)] == [(f"{above[0]}{above[1]}-{below[0]}{below[1]}", True)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("D8-9", ["T8-T9"]),
        ("C7-D1", ["C7-T1"]),
        ("L5-6", ["L5-L6"]),
        ("L6-S1", ["L6-S1"]),
        ("T12 and L1", ["T12", "L1"]),
        ("L3-S1", ["L3-S1"]),
        ("C3 through C6", ["C3-C6"]),
        ("C4-5, C5-6 and C6-7", ["C4-C5", "C5-C6", "C6-C7"]),
        ("the second lumbar interspace", ["L2-L3"]),
        ("the 5th lumbar interspace", ["L5-S1"]),
        ("first cervical interspace", ["C1-C2"]),
        ("L4-\n5", ["L4-L5"]),
        ("L3 22 gauge needle", ["L3"]),
        ("L4 5 mL", ["L4"]),
        ("L4-5 12 mL", ["L4-L5"]),
        ("L2 3 images", ["L2"]),
        ("L5/S1", ["L5-S1"]),
    ],
)
def test_levels_among_other_words(text: str, names: list[str]) -> None:
    """Ranges, lists, ordinals, sixth lumbar vertebrae, and numbers that are no part of a level."""
    assert [one.name for one in levels(text)] == names


@pytest.mark.parametrize("text", ["C9", "L7-8", "S7", "CT 3", "vitamin B12", "HCL5", "X3-4", "L0-1"])
def test_what_is_no_level(text: str) -> None:
    """Vertebrae that nobody has, and letters of other words, are no levels."""
    assert levels(text) == []
    assert normal_level(text) is None


@given(st.text(max_size=30), st.sampled_from(INTERSPACES), st.sampled_from([*SPELLINGS.values()]), st.text(max_size=30))
def test_levels_keep_their_place(
    before: str, pair: tuple[tuple[str, int], tuple[str, int]], spelling: str, after: str
) -> None:
    """Whatever stands around it: bounds lie inside the text, in order, and a level reads the same by itself."""
    text = f"{before} {spell(*pair, spelling)} {after}"
    found = levels(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)


@pytest.mark.parametrize(
    ("text", "ml"),
    [
        ("12 mL", 12), ("12ml", 12), ("12 cc", 12), ("12cc.", 12), ("12 mls", 12), ("12 ccs", 12), ("12 cc's", 12),
        ("12 c.c.", 12),
        ("12 m.l.", 12), ("12 milliliters", 12), ("12 millilitres", 12), ("12 cubic centimeters", 12), ("12-mL", 12),
        ("12.5 mL", 12.5), ("12,5 ml", 12.5), ("0.5 mL", 0.5), ("ten cc", 10), ("Twelve mL", 12),
        ("twenty-two ml", 22),
        ("12 see see", 12),
    ],
)  # fmt: skip
def test_volumes(text: str, ml: float) -> None:
    """One volume in the units of any decade, with its bounds."""
    [found] = volumes_ml(f"A total of {text} was injected.")
    assert found.value == ml
    assert f"A total of {text} was injected."[found.start : found.end] in text


@pytest.mark.parametrize(
    "text", ["10-12 cc", "10 to 12 mL", "180 mg/mL", "300 mgI/mL", "5 mL/min", "2 mL per minute", "12 mm", "mL"]
)
def test_what_is_no_volume(text: str) -> None:
    """Ranges have no single value; concentrations and rates are no volumes."""
    assert values(volumes_ml(text)) == []


@pytest.mark.parametrize("unit", ["gauge", "gage", "G", "g", "ga", "ga."])
@pytest.mark.parametrize("n", [18, 20, 22, 23, 24, 25, 26, 27])
def test_gauges(n: int, unit: str) -> None:
    """Needle gauges in digits and in words, with a space, a hyphen or neither."""
    assert values(gauges(f"a {n} {unit} needle")) == values(gauges(f"a {n}{unit} needle")) == [n]
    assert values(gauges(f"a {n}-{unit} needle")) == values(gauges(f"a {IN_WORDS[n - 1]} {unit} needle")) == [n]


@pytest.mark.parametrize(("text", "n"), [("#22 needle", 22), ("No. 20 needle", 20), ("22 gague", 22), ("25 guage", 25)])
def test_gauges_in_other_words(text: str, n: int) -> None:
    """A number sign, and slips."""
    assert values(gauges(text)) == [n]


@pytest.mark.parametrize("text", ["12 gauge", "22 grams", "22 mg", "22 images", "gauge"])
def test_what_is_no_gauge(text: str) -> None:
    """Sizes that no spinal needle has, and other units."""
    assert values(gauges(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "300 mg/mL", "300 mgI/mL", "300 mg I/mL", "300 mg iodine/mL", "300 mg of iodine per mL", "300 mg I per cc",
        "300 milligrams of iodine per milliliter", "300 mgI",
    ],
)  # fmt: skip
def test_concentrations(text: str) -> None:
    """mg of iodine per mL, with the unit written in any way."""
    assert values(concentrations(text)) == [300]


@pytest.mark.parametrize(
    ("text", "strength"), [("41%", 200), (" (61%)", 300), ("61.2 %", 300), ("26%", 128), ("1%", None), ("", None)]
)
def test_percentages(text: str, strength: float | None) -> None:
    """The percentages that vials of iopamidol carry; that of a local anesthetic is none of them."""
    assert percent_concentration(text) == strength


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2.1 minutes", 2.1), ("2.1 min", 2.1), ("2.1 mins.", 2.1), ("0.9m", 0.9), ("2,1 minutes", 2.1),
        ("two minutes", 2),
        ("two and a half minutes", 2.5), ("2 and one-half minutes", 2.5), ("54 sec", 0.9), ("108 seconds", 1.8),
        ("108 s", 1.8),
        ("1:48", 1.8), ("0:48", 0.8), ("01:48 min", 1.8),
    ],
)  # fmt: skip
def test_durations(text: str, minutes: float) -> None:
    """Decimal minutes out of minutes, seconds or a clock."""
    assert values(durations_minutes(f"Fluoroscopy time {text}")) == [minutes]


@pytest.mark.parametrize(
    "form",
    ["{m} min {s} s", "{m} minutes {s} seconds", "{m} min, {s} sec", "{m} minutes and {s} seconds", "{m}:{s:02d}"],
)
@given(m=st.integers(1, 29), s=st.integers(1, 59))
def test_minutes_and_seconds(form: str, m: int, s: int) -> None:
    """Minutes and seconds add up, in any form."""
    assert values(durations_minutes(f"FT {form.format(m=m, s=s)}")) == [round(m + s / 60, 2)]


@pytest.mark.parametrize("text", ["10:30 am", "at 10:30 hrs", "1.2 hours", "minutes", "mL"])
def test_what_is_no_duration(text: str) -> None:
    """The time of day and hours are none."""
    assert values(durations_minutes(text)) == []


@pytest.mark.parametrize(
    ("text", "mgy"),
    [
        ("48 mGy", 48), ("48mGy", 48), ("48.5 mGy", 48.5), ("35,6 mGy", 35.6), ("1,250 mGy", 1250),
        ("1,250.5 mGy", 1250.5),
        ("0.048 Gy", 48), ("2 Gray", 2000), ("48 milligray", 48),
    ],
)  # fmt: skip
def test_doses(text: str, mgy: float) -> None:
    """Air kerma in mGy, and no dose-area product."""
    assert values(doses_mgy(f"Air kerma {text}.")) == [mgy]
    assert values(daps_gycm2(f"Air kerma {text}.")) == []


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("12.5 Gy\u00b7cm2", 12.5), ("12.5 Gy cm2", 12.5), ("12.5 Gy*cm^2", 12.5), ("12.5 Gycm\u00b2", 12.5),
        ("12.5 Gy-cm2", 12.5),
        ("845 cGy cm2", 8.45), ("845 cGy\u00b7cm\u00b2", 8.45), ("1250 mGy cm2", 1.25),
        ("1250 mGy\u00b7cm\u00b2", 1.25), ("36 dGy cm2", 3.6),
        ("520 uGy m2", 5.2), ("520 \u00b5Gy\u00b7m\u00b2", 5.2), ("520 \u03bcGym2", 5.2), ("520 microGy m2", 5.2),
        ("410 uGy*m^2", 4.1),
    ],
)  # fmt: skip
def test_dose_area_products(text: str, product: float) -> None:
    """Gy cm2 out of the units of any maker, and no air kerma."""
    assert values(daps_gycm2(f"DAP {text}.")) == [pytest.approx(product)]
    assert values(doses_mgy(f"DAP {text}.")) == []


MEASURES = [volumes_ml, gauges, concentrations, durations_minutes, doses_mgy, daps_gycm2]
UNITS = "mL cc gauge G min sec mGy Gy Gy\u00b7cm2 mgI/mL : / . , - and one twenty-two 22 1:48 0.5".split()


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
@given(text=st.lists(st.one_of(st.sampled_from(UNITS), st.text(max_size=3)), max_size=20).map(" ".join))
def test_quantities_keep_their_place(measure: Callable[[str], Iterable[Quantity]], text: str) -> None:
    """In any text: no error, bounds inside it and in order, and never a negative value."""
    found = list(measure(text))
    assert all(0 <= one.start < one.end <= len(text) and one.value >= 0 for one in found)
    assert all(one.end <= following.start for one, following in pairwise(found))
