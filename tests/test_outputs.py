"""Tables as they are written: formats, types, temporary names, formulas, and the page that documents the columns."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.columns import (
    ERRORS,
    EVIDENCE,
    FLAT,
    NESTED,
    PLACE,
    Column,
    evidence_rows,
    flat_row,
    nested_row,
    sentences,
    shown,
)
from extractor.errors import UsageError
from extractor.outputs import Output, output_kind, safe_cell
from extractor.records import (
    Alert,
    Code,
    CodePair,
    Coding,
    Contrast,
    Details,
    Facts,
    Finding,
    Images,
    Injection,
    Reading,
    Report,
    Span,
    Supply,
)
from tests.conftest import ROOT

TEXT = "12 mL of Omnipaque 180 at L2-L3"
FULL = Reading(
    Report(TEXT, "A1", date(2025, 3, 4), "11", "professional"),
    Facts(
        study="myelogram",
        status="completed",
        injection=Injection("reporting", "lumbar", "L2-L3", 22, "fluoroscopy"),
        interpretation=True,
        contrast=(
            Contrast("iohexol", "Omnipaque", 180.0, 12.0, "intrathecal"),
            Contrast(None, None, None, 1.5, "epidural"),
        ),
        myelo_regions=("thoracic", "lumbar"),
        ct_regions=("lumbar",),
        images=Images(6, ("AP", "lateral")),
        fluoro_minutes=1.8,
        dose_mgy=31.0,
        flags=("extrathecal_contrast",),
        details=Details(permanent_images=True, opening_pressure_cmh2o=17.0),
    ),
    (
        Finding("disc_herniation", "L4-L5", "left", "severe", "present", "L2-L3", 26, 31),
        Finding("arachnoiditis", None, None, None, "absent", "12 mL", 0, 5),
    ),
    Coding(
        codes=(
            Code("62305", (), "bundled", "why", "R1", ("level",), ("No volume is given.",)),
            Code("72132", ("52",), "ct", "why", "R2", (), ("No volume is given.", "No plane is given.")),
        ),
        pairs=(CodePair("62305", "72132", True, "59", "why"),),
        supplies=(Supply("Q9965", 12, "why"),),
        alerts=(Alert("iodine_mass", "Too much.", ("contrast.volume_ml",)),),
        review_reasons=("Contrast went astray.", "Look at the title."),
    ),
    {"level": (Span(26, 31, "L2-L3", "technique"),), "contrast": (Span(0, 22, "12 mL of Omnipaque 180", "technique"),)},
)


def written(tmp_path: Path, name: str, rows: list[dict[str, object]], columns: tuple[Column, ...]) -> Path:
    """An output file with these rows, under its own name."""
    output = Output(str(tmp_path / name), columns, io.StringIO())
    for row in rows:
        output.write(row)
    output.close()
    output.commit()
    return tmp_path / name


def test_flat_cells_join_what_is_many() -> None:
    """A flat row holds lists as text, parted by semicolons, in the order of the reading."""
    row = flat_row(FULL)
    assert row["codes"] == "62305;72132-52"
    assert row["rules"] == "bundled;ct"
    assert row["missing_documentation"] == "No volume is given. | No plane is given."
    assert row["contrast_agent"] == "iohexol;"
    assert row["contrast_volume_ml"] == "12;1.5"
    assert row["myelo_regions"] == "thoracic;lumbar"
    assert row["findings"] == "disc_herniation|L4-L5|left|severe|present;arachnoiditis||||absent"
    assert (row["ncci_pairs"], row["supplies"], row["alerts"]) == ("62305>72132", "Q9965*12", "iodine_mass")
    assert (row["needs_review"], row["review_reasons"]) == (True, "Contrast went astray. | Look at the title.")
    assert row["opening_pressure_cmh2o"] == 17.0


def test_flat_cells_of_an_empty_reading_are_none() -> None:
    """Where there is nothing, a cell is empty, not an empty list."""
    row = flat_row(Reading(Report("x"), Facts(), (), Coding()))
    assert {name for name, value in row.items() if value is not None} == {
        "study", "status", "injection_by", "interpretation", "ct_precontrast", "needs_review",
    }  # fmt: skip


def test_parquet_holds_nested_types(tmp_path: Path) -> None:
    """Codes, contrast and findings are lists of records, with typed numbers and dates."""
    path = written(tmp_path, "a.parquet", [nested_row(FULL)], NESTED)
    row = pq.read_table(path).to_pylist()[0]
    assert row == nested_row(FULL)
    assert row["service_date"] == date(2025, 3, 4)
    assert row["codes"][1]["modifiers"] == ["52"]
    assert row["contrast"][0]["concentration_mgi_ml"] == 180.0


def test_parquet_without_rows_has_the_columns(tmp_path: Path) -> None:
    """An empty table can be joined with others."""
    assert pq.read_schema(written(tmp_path, "a.parquet", [], NESTED)).names == [column.name for column in NESTED]


def test_parquet_is_written_in_row_groups(tmp_path: Path) -> None:
    """Rows are handed on before the end, so that memory does not grow with the archive."""
    path = written(tmp_path, "a.parquet", [{"report_id": str(n)} for n in range(5000)], NESTED)
    assert pq.ParquetFile(path).num_row_groups == 2
    assert pq.read_table(path)["report_id"].to_pylist() == [str(n) for n in range(5000)]


def test_json_lines_hold_the_nested_row(tmp_path: Path) -> None:
    """JSON Lines hold what Parquet holds, with dates as text."""
    line = written(tmp_path, "a.jsonl", [nested_row(FULL)], NESTED).read_text(encoding="utf-8")
    assert json.loads(line) == {**nested_row(FULL), "service_date": "2025-03-04"}


def test_csv_reads_back(tmp_path: Path) -> None:
    """CSV has a header and reads back as text."""
    path = written(tmp_path, "a.csv", [flat_row(FULL)], FLAT)
    with path.open(encoding="utf-8", newline="") as handle:
        row = next(csv.DictReader(handle))
    assert list(row) == [column.name for column in FLAT]
    assert (row["fluoro_minutes"], row["dose_mgy"], row["ct_precontrast"]) == ("1.8", "31", "false")
    assert (row["csf_withdrawal"], row["service_date"]) == ("", "2025-03-04")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path, start: str) -> None:
    """A cell that a spreadsheet would run begins with an apostrophe."""
    path = written(tmp_path, "a.csv", [{"report_id": start + "cmd|' /C calc'!A0"}], FLAT[:1])
    with path.open(encoding="utf-8", newline="") as handle:
        assert list(csv.reader(handle))[1] == ["'" + start + "cmd|' /C calc'!A0"]


@given(st.text() | st.integers(0) | st.floats(0, allow_nan=False, allow_infinity=False) | st.booleans() | st.none())
def test_safe_cells_never_begin_as_formulas(value: object) -> None:
    """Whatever a value is, its cell does not begin with a sign that starts a formula."""
    assert safe_cell(value)[:1] not in set("=+-@\t\r\n＝＋－＠")


def test_a_file_gets_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    """Until it is committed, an output stands under a temporary name."""
    output = Output(str(tmp_path / "a.csv"), FLAT, io.StringIO())
    output.write(flat_row(FULL))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv.part"]
    output.close()
    output.commit()
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_discarded_file_leaves_nothing(tmp_path: Path) -> None:
    """A failed run leaves no temporary file behind."""
    Output(str(tmp_path / "a.parquet"), NESTED, io.StringIO()).discard()
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """The message names the file and the reason."""
    with pytest.raises(UsageError, match=r"missing/a\.csv: the file cannot be written: No such file"):
        Output(str(tmp_path / "missing" / "a.csv"), FLAT, io.StringIO())


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.csv.gz"])
def test_an_unknown_ending_is_refused(name: str) -> None:
    """The ending chooses the format, so it must be a known one."""
    with pytest.raises(UsageError, match=r"ends in \.csv, \.jsonl or \.parquet"):
        output_kind(name)


def test_evidence_has_a_row_for_each_span_and_finding() -> None:
    """Spans come by field, then the findings by concept; every quote is the text between its offsets."""
    rows = list(evidence_rows(FULL))
    assert [row["field"] for row in rows] == ["level", "contrast", "finding:disc_herniation", "finding:arachnoiditis"]
    assert all(TEXT[row["start"] : row["end"]] == row["quote"] for row in rows)
    assert rows[3]["assertion"] == "absent"


def test_sentences_stand_once() -> None:
    """Two codes may lack the same thing; one sentence says it."""
    assert sentences(["a.", "b.", "a."]) == "a. | b."


@pytest.mark.parametrize(("value", "cell"), [(180.0, "180"), (0.9, "0.9"), (True, "true"), (6, "6"), ("x", "x")])
def test_values_are_shown_plainly(value: object, cell: str) -> None:
    """Figures have no decimals that say nothing."""
    assert shown(value) == cell


# ---- the page that documents the columns


def documented(heading: str) -> dict[str, tuple[str, str]]:
    """The table under a heading of docs/outputs.md: kind and meaning, by column name."""
    page = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\| `([a-z0-9_]+)` \| ([^|]*?) \| (.*?) \|$", section, re.MULTILINE)
    return {name: (kind, about) for name, kind, about in cells}


def kind_in_words(column: Column) -> str:
    """The kind of a column as the page names it."""
    if column.kind == "records":
        return "records of " + ", ".join(f"`{field.name}`" for field in column.fields)
    return {"strings": "list of strings"}.get(column.kind, column.kind)


@pytest.mark.parametrize(
    ("heading", "columns"),
    [
        ("Columns that every table begins with", PLACE),
        ("One row a report: CSV", FLAT),
        ("One row a report: JSON Lines and Parquet", NESTED),
        ("One row a span of evidence", EVIDENCE),
        ("Errors", ERRORS),
    ],
)
def test_every_column_is_documented(heading: str, columns: tuple[Column, ...]) -> None:
    """The page names the columns in their order, with kind and meaning, and no other."""
    flat = "CSV" in heading
    expected = {
        column.name: (
            "string" if flat and column.kind == "strings" else kind_in_words(column),
            column.about.replace("|", "\\|"),
        )
        for column in columns
    }
    assert list(documented(heading).items()) == list(expected.items())


def test_every_reason_is_documented() -> None:
    """The page explains each reason code that the package raises, and no other."""
    page = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z_]+)` \| [^|]+ \|$", page, re.MULTILINE))
    package = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "extractor").rglob("*.py"))
    assert explained == set(re.findall(r'ReportError\(\s*"([a-z_]+)"', package))
