"""What a person sees: evidence in colour, overlaps, pipes without colour, reports that try to steer the terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from extractor.inputs import Row
from extractor.records import Coding, Contrast, Facts, Images, Injection, Reading, Report, Span
from extractor.score import Scored
from extractor.terminal import COLOURS, contrast_words, group_of, harmless, marked_text, readings_table, show_reading
from tests.test_outputs import FULL, TEXT


def printed(reading: Reading, width: int = 80, **options: object) -> str:
    """What `explain` prints of a reading on a console of this width."""
    console = Console(file=io.StringIO(), width=width, highlight=False, **options)  # type: ignore[arg-type]
    show_reading(reading, {"62305": "Our words for it"}, console)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_evidence_is_coloured_by_what_it_proves() -> None:
    """The text comes back whole, its evidence in the colours of the legend."""
    marked = marked_text(TEXT, [(0, 22, "contrast"), (26, 31, "level")])
    assert marked.plain == TEXT
    assert [(span.start, span.end, span.style) for span in marked.spans] == [
        (0, 22, COLOURS["contrast"][0]), (26, 31, COLOURS["level"][0]),
    ]  # fmt: skip


def test_the_shortest_span_gives_the_colour() -> None:
    """A level inside the sentence of the injection is seen as a level."""
    marked = marked_text(TEXT, [(26, 31, "level"), (0, 31, "injection"), (0, 5, "injection")])
    assert [str(span.style) for span in marked.spans][-1] == COLOURS["level"][0]
    assert marked.plain == TEXT


@pytest.mark.parametrize("width", [40, 80, 120])
def test_everything_is_said_at_every_width(width: int) -> None:
    """Report, codes, reasons, missing documentation, alerts, review reasons, facts and findings are all there."""
    said = " ".join(printed(FULL, width).split())
    for words in (
        "62305", "72132-52", "Our words for it", "rule bundled", "not documented", "Q9965", "59", "alert",
        "review", "L2-L3", "22 gauge", "6", "1.8 min", "31 mGy", "absent", "herniation",
    ):  # fmt: skip
        assert words in said
    assert max(map(len, printed(FULL, width).splitlines())) <= width


def test_no_colour_where_none_is_wanted() -> None:
    """Into a pipe nothing but text is written; NO_COLOR takes the colours away on a terminal too."""
    assert "\x1b" not in printed(FULL)
    assert "\x1b[" in printed(FULL, force_terminal=True)
    assert "\x1b[35m" in printed(FULL, force_terminal=True, no_color=False)
    assert "\x1b[35m" not in printed(FULL, force_terminal=True, no_color=True)


def test_a_report_cannot_steer_the_terminal() -> None:
    """Escape sequences of a report are shown, not sent, and rich's own marks are taken as text."""
    hostile = "a\x1b[31mred\x07\x9b2J\r\n[bold]x[/bold] \u202egnirts"
    reading = Reading(Report(hostile, "id\x1b[2J"), Facts(), (), Coding())
    said = printed(reading)
    assert not set("\x1b\x07\x9b\u202e\r") & set(said)
    assert "[bold]x[/bold]" in said


def test_harmless_text_keeps_its_length() -> None:
    """Offsets still fit after control characters are replaced."""
    every = "".join(map(chr, range(0x2100)))
    assert len(harmless(every)) == len(every)
    assert harmless("tab\tand line\n") == "tab\tand line\n"


def test_every_group_of_fields_has_a_colour() -> None:
    """Fields with a region or a part belong to their group; all others are details."""
    assert group_of("myelo_region:lumbar") == "regions"
    assert group_of("contrast.volume_ml") == "contrast"
    assert group_of("table_tilt") == "details"


def test_missing_parts_of_a_contrast_injection_are_said() -> None:
    """Where the text does not give agent or volume, the words say so."""
    assert contrast_words(Contrast(route="intrathecal")) == "agent not stated, volume not stated, intrathecal"
    assert (
        contrast_words(Contrast("iohexol", "Omnipaque", 180.0, 12.5, None))
        == "iohexol (Omnipaque) 180 mg I/mL, 12.5 mL"
    )


def test_a_fact_is_shown_with_its_words() -> None:
    """The words behind a fact stand in its line, shortened, with their section and how many more there are."""
    long = "x" * 100
    spans = {"images": (Span(0, 100, long, "technique"), Span(3, 9, "y" * 6, "findings"))}
    facts = Facts(injection=Injection("reporting"), images=Images(6))
    said = " ".join(printed(replace(FULL, facts=facts, spans=spans), 160).split())
    assert f"images 6 “{'x' * 59}…” (technique); 1 more" in said


def test_the_table_of_readings_has_a_line_for_each() -> None:
    """Read and unread rows are both listed, by id or by row."""
    console = Console(file=io.StringIO(), width=120)
    from extractor.errors import ReportError

    rows = [
        Scored(Row("a.csv", 1, "A1", None), FULL),
        Scored(Row("a.csv", 2, None, None), None, ReportError("empty", "the text is empty")),
    ]
    readings_table(rows, console)
    lines = [line.split() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert lines[1] == ["A1", "myelogram", "lumbar", "TL", "L", "62305", "72132-52", "review"]
    assert lines[2] == ["row", "2", "not", "read", "empty"]
