"""Readings as pandas tables: one row a report, or one row a span of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from extractor.columns import EVIDENCE, FLAT, Column, evidence_rows, flat_row
from extractor.records import Reading

_DTYPES = {"string": "string", "strings": "string", "integer": "Int64", "number": "Float64", "boolean": "boolean"}


def to_frame(readings: Iterable[Reading]) -> pd.DataFrame:
    """One row a reading, in order: the flat columns of `docs/outputs.md`, missing values as `pandas.NA`."""
    return _frame([flat_row(reading) for reading in readings], FLAT)


def to_evidence_frame(readings: Iterable[Reading]) -> pd.DataFrame:
    """One row a span of evidence: `start` and `end` count code points of the report's text."""
    return _frame([row for reading in readings for row in evidence_rows(reading)], EVIDENCE)


def _frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> pd.DataFrame:
    def series(column: Column) -> Any:
        values = [row[column.name] for row in rows]
        if column.kind == "date":
            return pd.Series(values, dtype="datetime64[s]")
        return pd.Series(values, dtype=_DTYPES[column.kind])

    return pd.DataFrame({column.name: series(column) for column in columns})
