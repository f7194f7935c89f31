"""Segments of a text under overlapping spans."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from extractor.highlight import Segment, segments


def test_overlapping_spans_share_a_segment() -> None:
    """Where two spans overlap, the segment carries both labels."""
    assert segments(10, [(2, 6, "a"), (4, 8, "b")]) == [
        Segment(0, 2), Segment(2, 4, ("a",)), Segment(4, 6, ("a", "b")), Segment(6, 8, ("b",)), Segment(8, 10),
    ]  # fmt: skip


def test_text_without_spans_is_one_segment() -> None:
    """Plain text stays in one piece, and no text is no piece."""
    assert segments(5, []) == [Segment(0, 5)]
    assert segments(0, [(0, 3, "a")]) == []


spans = st.lists(st.tuples(st.integers(-3, 33), st.integers(-3, 33), st.sampled_from("abc")))


@given(st.integers(0, 30), spans)
def test_segments_cover_the_text_and_know_their_spans(length: int, found: list[tuple[int, int, str]]) -> None:
    """Segments follow each other from end to end; at each character the labels are those of the spans over it."""
    cut = segments(length, found)
    assert [place for segment in cut for place in range(segment.start, segment.end)] == list(range(length))
    for segment in cut:
        assert segment.start < segment.end
        for place in range(segment.start, segment.end):
            assert set(segment.labels) == {label for start, end, label in found if start <= place < end}
