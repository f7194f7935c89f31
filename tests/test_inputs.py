"""Files of every kind as rows: what is guessed, what is read, and what becomes of rows that are no reports."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import ReportError, UsageError
from extractor.inputs import Options, Row, check, find_sources, read_rows
from extractor.intake import GUESSES, Defaults, Wanted, choose_columns, place_of_service, service_date
from extractor.readers import guess_delimiter, unique_names


def rows(*inputs: Path | str, **given: object) -> list[Row]:
    """All rows of some inputs, after the checks that the command makes."""
    options = Options(**given)  # type: ignore[arg-type]
    sources = find_sources([str(name) for name in inputs], options)
    check(sources, options)
    return [row for source in sources for row in read_rows(source, options)]


def texts(found: list[Row]) -> list[str | None]:
    """The text of each row, None for an error row."""
    return [row.report.text if row.report else None for row in found]


def reasons(found: list[Row]) -> list[str | None]:
    """The reason code of each row, None for a report."""
    return [row.error.reason if row.error else None for row in found]


def write(path: Path, content: str | bytes) -> Path:
    """A file with this content, its folders made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# ---- folders and text files


def test_a_folder_is_read_recursively_in_the_order_of_names(tmp_path: Path) -> None:
    """Each text file below a folder is a report, its id the path below the folder without the ending."""
    for name in ("b.txt", "a/2.txt", "a/1.TXT", "a/.hidden.txt", "_SUCCESS", ".git/x.txt"):
        write(tmp_path / name, f"text of {name}")
    found = rows(tmp_path)
    assert [row.report_id for row in found] == ["b", "a/1", "a/2"]
    assert texts(found) == ["text of b.txt", "text of a/1.TXT", "text of a/2.txt"]
    assert {row.number for row in found} == {1}


def test_a_folder_of_tables_is_read_table_by_table(tmp_path: Path) -> None:
    """A folder without text files is the archive of its tables."""
    write(tmp_path / "part-0.csv", "id,text\n1,one\n")
    write(tmp_path / "part-1.jsonl", '{"id": 2, "text": "two"}\n')
    assert texts(rows(tmp_path)) == ["one", "two"]


def test_files_that_are_left_out_are_counted(tmp_path: Path) -> None:
    """A folder with text files is read for these alone, and says how many others it holds."""
    for name in ("a.txt", "b.pdf", "index.csv"):
        write(tmp_path / name, "x")
    notices: list[str] = []
    assert len(rows(tmp_path, notice=notices.append)) == 1
    assert notices == [f"{tmp_path}: 2 other files in the folder are left out"]


def test_text_is_kept_as_given(tmp_path: Path) -> None:
    """Line ends, blanks and signs of every kind reach the engine unchanged; a byte-order mark does not."""
    text = "  FINDINGS:\r\nL4-5 \U0001f9e0 e\u0301\r\n\r\n"
    path = write(tmp_path / "a.txt", codecs.BOM_UTF8 + text.encode())
    assert texts(rows(path)) == [text]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_the_encoding(tmp_path: Path, encoding: str) -> None:
    """Files that say their encoding are read in it, whatever the option says."""
    path = write(tmp_path / "a.txt", "Befund: größer".encode(encoding))
    assert texts(rows(path, defaults=Defaults(encoding="cp1252"))) == ["Befund: größer"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        ("größer".encode("cp1252"), "encoding"),
        (bytes(range(256)) * 8, "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "binary"),
        (b"x" * 101, "too_long"),
        (b"x" * 4001, "too_long"),
    ],
)
def test_a_file_that_is_no_report_is_an_error_row(tmp_path: Path, content: bytes, reason: str) -> None:
    """What cannot be read is an error of its row, and the next file is read."""
    write(tmp_path / "a.txt", content)
    write(tmp_path / "b.txt", "a report")
    found = rows(tmp_path, defaults=Defaults(max_chars=100 if reason == "too_long" else 10_000))
    assert reasons(found) == [reason, None]
    assert [row.report_id for row in found] == ["a", "b"]


def test_a_dangling_link_is_an_error_row(tmp_path: Path) -> None:
    """A name without a file behind it is counted, not skipped."""
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone")
    write(tmp_path / "b.txt", "a report")
    assert reasons(rows(tmp_path)) == ["unreadable", None]


def test_another_encoding_can_be_named(tmp_path: Path) -> None:
    """With its encoding named, a file that is not UTF-8 is read."""
    path = write(tmp_path / "a.txt", "größer".encode("cp1252"))
    assert texts(rows(path, defaults=Defaults(encoding="cp1252"))) == ["größer"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.csv", None, "there is no such file"),
        ("a.xlsx", b"PK\x03\x04", "a file of this ending is not read"),
        ("a.csv", b"PK\x03\x04" + bytes(50), "zip"),
        ("a.csv", b"", "does not begin with a row that names the columns"),
        ("a.csv", b"id,note\n", "--text-column"),
        ("a.jsonl", b"PAR1", "Parquet"),
        ("a.json", b'[{"text": "x"}]', "JSON array"),
        ("a.jsonl", b'{"x": 1}', "--text-column"),
        ("a.parquet", b"PAR1 cut short", "no Parquet file"),
    ],
)
def test_an_input_that_cannot_be_used_is_refused_before_any_work(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    """The message names the input and what is wrong with it."""
    if content is not None:
        write(tmp_path / name, content.replace(b"note", b"remarks"))
    with pytest.raises(UsageError, match=says) as raised:
        rows(tmp_path / name)
    assert name in str(raised.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """A folder with nothing to read is a mistake of the call."""
    write(tmp_path / "a.pdf", "x")
    with pytest.raises(UsageError, match="nothing that can be read"):
        rows(tmp_path)


# ---- CSV


def test_csv_cells_may_hold_anything(tmp_path: Path) -> None:
    """Delimiters, quotation marks and line ends inside quotation marks belong to the text."""
    path = write(tmp_path / "a.csv", 'id,text\r\n7,"one, ""two""\r\nthree"\r\n8,plain\r\n')
    found = rows(path)
    assert texts(found) == ['one, "two"\r\nthree', "plain"]
    assert [row.report_id for row in found] == ["7", "8"]
    assert [row.number for row in found] == [1, 2]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_guessed_from_the_header(tmp_path: Path, sign: str) -> None:
    """The commonest delimiters are found without being named."""
    path = write(tmp_path / "a.csv", f'id{sign}text{sign}"a,b"\n1{sign}one{sign}x\n')
    assert texts(rows(path)) == ["one"]


def test_a_delimiter_inside_quotation_marks_is_not_counted() -> None:
    """A column name may hold commas."""
    assert guess_delimiter('"a,b,c,d";text\n') == ";"


def test_bad_rows_are_errors_and_the_others_are_read(tmp_path: Path) -> None:
    """Ragged rows, open quotation marks, undecodable and empty cells: each is an error of its own row."""
    content = 'id,text\n1,good\n2\n3,a,b\n4,"open"x\n5,\n\n6,gr\xf6\xdfer\n7,good too\n'.encode("latin-1")
    found = rows(write(tmp_path / "a.csv", content))
    assert reasons(found) == [None, "ragged_row", "ragged_row", "malformed_row", "empty", "encoding", None]
    assert [row.report_id for row in found] == ["1", None, None, None, "5", "6", "7"]


def test_a_quotation_mark_that_is_never_closed_is_an_error(tmp_path: Path) -> None:
    """A row that the end of the file cuts off is not taken for a report."""
    found = rows(write(tmp_path / "a.csv", 'id,text\n1,good\n2,"never closed\n3,swallowed\n'))
    assert reasons(found) == [None, "malformed_row"]


def test_a_long_cell_is_no_fault_of_the_row(tmp_path: Path) -> None:
    """Cells beyond the default limit of the csv module are read."""
    assert texts(rows(write(tmp_path / "a.csv", "id,text\n1," + "x" * 200_000 + "\n"))) == ["x" * 200_000]


def test_stray_nul_bytes_are_read(tmp_path: Path) -> None:
    """A single NUL in a report is no reason to lose it."""
    text = "L4-L5 \x00 " + "normal " * 30
    assert texts(rows(write(tmp_path / "a.csv", f"id,text\n1,{text}\n"))) == [text]


def test_compressed_tables_are_read(tmp_path: Path) -> None:
    """CSV and JSON Lines may be gzipped."""
    write(tmp_path / "a.csv.gz", gzip.compress(b"id,text\n1,one\n"))
    write(tmp_path / "b.jsonl.gz", gzip.compress(b'{"text": "two"}\n'))
    assert texts(rows(tmp_path)) == ["one", "two"]


def test_a_compressed_table_that_was_cut_short_ends_in_an_error_row(tmp_path: Path) -> None:
    """What could be unpacked is read, and the rest is told."""
    import random

    noise = random.Random(0)
    lines = "".join(f"{n},{noise.random()} {noise.random()}\n" for n in range(20_000))
    path = write(tmp_path / "a.csv.gz", gzip.compress(b"id,text\n" + lines.encode())[:-1000])
    found = rows(path)
    assert reasons(found)[-1] == "unreadable"
    assert len(found) > 1000
    assert not any(reasons(found)[:-1])


def test_the_second_column_of_a_name_gets_a_number() -> None:
    """Joined tables repeat names; the first column keeps its own."""
    assert unique_names(["\ufeffID ", "text", "ID"]) == ["ID", "text", "ID.2"]


# ---- JSON Lines


def test_json_lines_are_read_with_numbers_of_lines(tmp_path: Path) -> None:
    """Blank lines are no rows, and the number of a row is that of its line."""
    content = '{"note_text": "one", "note_id": 5}\n\n{"note_text": "two", "note_id": 6.0}\r\n'
    found = rows(write(tmp_path / "a.jsonl", content))
    assert texts(found) == ["one", "two"]
    assert [(row.number, row.report_id) for row in found] == [(1, "5"), (3, "6")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": 1, "text": "cut', "malformed_json"),
        ('["text"]', "malformed_json"),
        ("[" * 100_000, "malformed_json"),
        ('{"id": 1, "text": null}', "no_text"),
        ('{"id": 1}', "no_text"),
        ('{"id": 1, "text": 5}', "no_text"),
        ('{"id": 1, "text": NaN}', "no_text"),
        ('{"id": 1, "text": ""}', "empty"),
        ('{"id": 1, "text": "half \\ud800"}', "encoding"),
        ('{"id": 1, "text": "x", "service_date": "soon"}', "service_date"),
        ('{"id": 1, "text": "x", "place_of_service": "office"}', "place_of_service"),
    ],
)
def test_a_bad_line_is_an_error_row(tmp_path: Path, line: str, reason: str) -> None:
    """Each bad line is an error of its own, and the lines around it are read."""
    good = '{"id": 0, "text": "good", "service_date": null, "place_of_service": null}'
    found = rows(write(tmp_path / "a.jsonl", f"{good}\n{line}\n{good}\n"))
    assert reasons(found) == [None, reason, None]


def test_undecodable_lines_are_errors_of_their_own(tmp_path: Path) -> None:
    """One line in another encoding spoils no other."""
    content = b'{"text": "good"}\n' + '{"text": "größer"}\n'.encode("cp1252") + b'{"text": "good"}\n'
    assert reasons(rows(write(tmp_path / "a.jsonl", content))) == [None, "encoding", None]


def test_columns_may_appear_after_the_first_line(tmp_path: Path) -> None:
    """A key that the first object leaves out is found in the next ones."""
    found = rows(write(tmp_path / "a.jsonl", '{"text": "one"}\n{"text": "two", "note_id": "n2"}\n'))
    assert [row.report_id for row in found] == [None, "n2"]


def test_standard_input_is_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hyphen reads JSON Lines from a pipe."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "one"}\n{"text": "two"}\n')))
    found = rows("-")
    assert texts(found) == ["one", "two"]
    assert found[0].source == "<stdin>"


def test_a_closed_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was started without one gets a sentence, not a fault."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="standard input is closed"):
        rows("-")


# ---- Parquet


def parquet(path: Path, **columns: object) -> Path:
    """A Parquet file with these columns, in small row groups."""
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return path


def test_parquet_is_read_with_typed_columns(tmp_path: Path) -> None:
    """Ids may be numbers, dates dates or timestamps, texts strings, bytes or dictionaries."""
    path = parquet(
        tmp_path / "a.parquet",
        accession=pa.array([1, 2, None]),
        exam_date=pa.array([datetime(2014, 5, 6, 7), None, datetime(2020, 1, 2)], pa.timestamp("ms")),
        pos=pa.array([11, 22, None]),
        report_text=pa.array(["one", "two", None]).dictionary_encode(),
    )
    found = rows(path)
    assert [row.report_id for row in found] == ["1", "2", None]
    assert reasons(found) == [None, None, "no_text"]
    assert found[0].report is not None
    assert found[0].report.service_date == date(2014, 5, 6)
    assert found[0].report.place_of_service == "11"


def test_one_broken_string_of_a_parquet_file_is_one_error(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 inside a string column spoil their own row only."""
    broken = pa.array([b"good", "größer".encode("cp1252"), b"good"]).view(pa.string())
    assert reasons(rows(parquet(tmp_path / "a.parquet", text=broken))) == [None, "encoding", None]


def test_bytes_in_parquet_are_decoded(tmp_path: Path) -> None:
    """A binary column is read in the encoding that the call names."""
    path = parquet(tmp_path / "a.parquet", text=pa.array(["größer".encode("cp1252")], pa.binary()))
    assert texts(rows(path, defaults=Defaults(encoding="cp1252"))) == ["größer"]


# ---- columns and cells


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, names in GUESSES.items() for name in names])
def test_every_known_name_of_a_column_is_found(role: str, name: str) -> None:
    """Names are found in any case, with blanks, hyphens or underscores."""
    written = name.replace("_", " ").title()
    present = [written] if role == "text" else ["text", written]
    assert getattr(choose_columns(present, Wanted(), where="a.csv"), role) == written


def test_the_better_name_wins() -> None:
    """The whole report is taken before one of its sections, and a report's id before an accession number."""
    columns = choose_columns(["impression", "accession", "report_text", "report_id"], Wanted(), where="a.csv")
    assert (columns.text, columns.id) == ("report_text", "report_id")


def test_named_columns_are_taken_and_none_does_without() -> None:
    """The caller's word goes before any guess."""
    columns = choose_columns(["text", "id", "Other"], Wanted(text="other", id="none"), where="a.csv")
    assert (columns.text, columns.id, columns.guessed) == ("Other", None, ())


def test_a_wrong_column_is_told_with_those_that_there_are() -> None:
    """The message says what to do."""
    with pytest.raises(UsageError, match=r"a\.csv: there is no column 'txt' \(columns: text, id\).*--text-column"):
        choose_columns(["text", "id"], Wanted(text="txt"), where="a.csv")


def test_a_file_without_a_header_does_not_show_its_first_row() -> None:
    """The first row of a file without a header is a report, and stays out of the message."""
    with pytest.raises(UsageError, match="does not look like column names") as raised:
        choose_columns(["17", "LUMBAR MYELOGRAM: the patient was placed prone."], Wanted(), where="a.csv")
    assert "prone" not in str(raised.value)


@pytest.mark.parametrize(
    "written",
    ["2014-05-06", "20140506", "05/06/2014", "5/6/14", "06-MAY-2014", "6-May-14", "2014-05-06T23:59:00Z",
     "2014-05-06 10:00", " 05/06/2014 0:00 ", 20140506, 20140506.0, date(2014, 5, 6), datetime(2014, 5, 6, 9)],
)  # fmt: skip
def test_dates_of_service_are_read_in_the_usual_spellings(written: object) -> None:
    """Archives spell dates in many ways."""
    assert service_date(written) == date(2014, 5, 6)


@pytest.mark.parametrize("missing", [None, "", "  ", float("nan")])
def test_a_missing_date_is_none(missing: object) -> None:
    """Without a date the rules of today hold."""
    assert service_date(missing) is None
    assert place_of_service(missing) is None


@pytest.mark.parametrize("written", ["99/99/2014", "yesterday", "2014", True])
def test_an_unknown_date_is_an_error(written: object) -> None:
    """A date that cannot be read must not choose today's rules in silence, and its text is not repeated."""
    with pytest.raises(ReportError) as raised:
        service_date(written)
    assert raised.value.reason == "service_date"
    assert str(written) not in str(raised.value)


@pytest.mark.parametrize(("written", "code"), [("11", "11"), (11, "11"), (11.0, "11"), ("2", "02")])
def test_place_of_service_is_two_digits(written: object, code: str) -> None:
    """Spreadsheets drop leading zeros and add decimals."""
    assert place_of_service(written) == code


cell = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


@given(st.lists(cell, min_size=1, max_size=8))
def test_every_object_of_json_lines_is_one_row(cells: list[str]) -> None:
    """Whatever the texts hold, no row is lost or joined, and texts come back as they are."""
    with tempfile.TemporaryDirectory() as folder:
        content = "".join(json.dumps({"text": text}) + "\n" for text in cells)
        found = rows(write(Path(folder, "a.jsonl"), content))
    assert len(found) == len(cells)
    assert all(row.report is None or row.report.text == text for row, text in zip(found, cells, strict=True))
    assert all((row.report is None) != (row.error is None) for row in found)
