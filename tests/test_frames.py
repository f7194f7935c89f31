"""Readings as pandas tables: one row a report, one row a span."""

from __future__ import annotations

import pandas as pd

from extractor import to_evidence_frame, to_frame
from extractor.columns import EVIDENCE, FLAT
from extractor.records import Coding, Facts, Reading, Report
from tests.test_outputs import FULL, TEXT

EMPTY = Reading(Report("x"), Facts(), (), Coding())


def test_a_frame_has_one_row_a_reading() -> None:
    """Rows stand in the order of the readings, columns in the order of the documentation."""
    frame = to_frame([FULL, EMPTY])
    assert list(frame.columns) == [column.name for column in FLAT]
    assert frame["codes"].tolist() == ["62305;72132-52", pd.NA]
    assert frame["study"].tolist() == ["myelogram", "other"]


def test_columns_have_types_that_count() -> None:
    """Numbers, booleans and dates are such, with missing values among them."""
    frame = to_frame([FULL, EMPTY])
    assert frame["needle_gauge"].sum() == 22
    assert frame["fluoro_minutes"].mean() == 1.8
    assert frame["needs_review"].sum() == 1
    assert frame["service_date"].dt.year.tolist()[0] == 2025
    assert frame["needle_gauge"].isna().tolist() == [False, True]


def test_the_frame_holds_the_earliest_dates() -> None:
    """Databases write the year 1 for a date that nobody knows; it is no reason to fail."""
    from datetime import date

    frame = to_frame([Reading(Report("x", service_date=date(1, 1, 1)), Facts(), (), Coding())])
    assert frame["service_date"].dt.year.tolist() == [1]


def test_frames_of_nothing_have_columns() -> None:
    """No readings give empty tables of the same columns and types."""
    assert to_frame([]).dtypes.to_dict() == to_frame([FULL]).dtypes.to_dict()
    assert to_evidence_frame([]).dtypes.to_dict() == to_evidence_frame([FULL]).dtypes.to_dict()


def test_evidence_frame_has_one_row_a_span() -> None:
    """Offsets are whole numbers that slice the text to the quote."""
    frame = to_evidence_frame([EMPTY, FULL])
    assert list(frame.columns) == [column.name for column in EVIDENCE]
    assert len(frame) == 4
    assert all(TEXT[row.start : row.end] == row.quote for row in frame.itertuples())
