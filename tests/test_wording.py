"""Patterns that are tried only where their words stand find what they would find anywhere."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from extractor import tables
from extractor.patterns import pattern
from extractor.wording import Wording

FAMILIES = [name for families in tables.word_tables("patterns.toml").values() for name in families]


@pytest.mark.parametrize(
    ("expression", "needs"),
    [
        (r"\b(?:dry tap|unsuccessful\w*)\b", {("dry tap", "unsuccessful")}),
        (r"comps?|complication", {("comp",)}),
        (r"\bno (?:film|image)s?\b", {("no ",), ("film", "image")}),
        (r"(?:scar){1,2} tissue", {("scar",), (" tissue",)}),
        (r"(?:old)? myelogram", {(" myelogram",)}),
        (r"films?(?! of)(?= \w)", {("film",)}),
        (r"\d{1,2}|minutes", set()),
    ],
)
def test_what_a_pattern_cannot_do_without(expression: str, needs: set[tuple[str, ...]]) -> None:
    """One word of each group stands in whatever matches; what may be left out, or only stands behind it, is none."""
    assert set(Wording(expression).needs) == needs


@pytest.mark.parametrize("name", FAMILIES)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_match_is_missed(name: str, data: st.DataObject) -> None:
    """Whatever a family of the table may match, its words stand in it."""
    found = data.draw(st.from_regex(pattern(name).expression))
    assume(re.search(pattern(name).expression, found, re.IGNORECASE))  # what is drawn may break a negative lookahead
    assert pattern(name).search(found)
    assert pattern(name).search_in(found, 0, len(found))
    assert [*pattern(name).finditer(found)]


def test_letters_of_other_alphabets() -> None:
    """The words are looked for in all letters that the pattern takes for theirs, such as a long s or a dotless i."""
    letter = re.compile("[a-z]", re.IGNORECASE)
    others = [c for c in map(chr, range(128, sys.maxunicode + 1)) if letter.match(c)]
    assert len(others) >= 4
    for other in others:
        plain = next(c for c in "iks" if re.match(c, other, re.IGNORECASE))
        assert Wording(f"a{plain}b").search(f"A{other}B")
