"""The command line: what it prints and writes, how it ends, and that no row is lost on the way."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.main import get_command

from extractor import __version__, score
from extractor.cli import app
from extractor.reader import Extractor
from extractor.records import Reading, Report
from tests.conftest import DEMO, ROOT, Call

Run = Callable[..., Call]


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def lines(*texts: str | None) -> bytes:
    """JSON Lines with these texts, ids from 1."""
    return "".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(texts, 1)).encode()


# ---- score


def test_the_demo_archive_is_scored(myelocode: Run, tmp_path: Path) -> None:
    """Every report of the demo archive ends in the table, in order, and nothing in the errors."""
    call = myelocode("score", DEMO / "reports.csv", "--out", "scored.parquet", "--evidence", "evidence.csv")
    assert call.code == 0
    table = pq.read_table(tmp_path / "scored.parquet")
    assert table["report_id"].to_pylist() == [f"DEMO-{n:03}" for n in range(1, 21)]
    assert read_csv(tmp_path / "scored.errors.csv") == []
    assert {row["report_id"] for row in read_csv(tmp_path / "evidence.csv")} <= set(table["report_id"].to_pylist())
    assert call.out == ""
    assert "20 rows read, 20 scored, 0 failed" in call.err


def test_the_demo_folder_is_scored(myelocode: Run, tmp_path: Path) -> None:
    """A folder of text files gives one row a file."""
    assert myelocode("score", DEMO / "texts", "--out", "scored.csv").code == 0
    assert [row["report_id"] for row in read_csv(tmp_path / "scored.csv")] == [
        "cervical_two_levels", "lumbar_root_sleeve", "2024/clinic_letter", "2024/injection_only",
    ]  # fmt: skip


def test_formats_agree(myelocode: Run, tmp_path: Path) -> None:
    """CSV, JSON Lines and Parquet say the same codes for the same rows."""
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        assert myelocode("score", DEMO / "reports.csv", "--out", name, "--errors", f"{name}.errors.csv").code == 0
    flat = [row["codes"] for row in read_csv(tmp_path / "a.csv")]
    objects = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    parquet = pq.read_table(tmp_path / "a.parquet").to_pylist()
    for rows in (objects, parquet):
        assert [";".join("-".join((c["code"], *c["modifiers"])) for c in row["codes"]) for row in rows] == flat


def test_every_row_ends_in_the_table_or_the_errors(myelocode: Run, tmp_path: Path) -> None:
    """Bad rows go to the errors with their number, id and reason; the others are scored in their order."""
    call = myelocode("score", "-", "--out", "a.csv", stdin=lines("one", None, "three", " ", "five") + b"nonsense\n")
    assert call.code == 1
    assert [row["row"] for row in read_csv(tmp_path / "a.csv")] == ["1", "3", "5"]
    errors = read_csv(tmp_path / "a.errors.csv")
    assert [(row["row"], row["report_id"], row["reason"]) for row in errors] == [
        ("2", "2", "no_text"), ("4", "4", "empty"), ("6", "", "malformed_json"),
    ]  # fmt: skip
    assert "6 rows read, 3 scored, 3 failed" in call.err
    assert "see a.errors.csv" in call.err


def test_repeated_ids_are_scored_and_marked(myelocode: Run, tmp_path: Path) -> None:
    """A repeated id loses no report; the later rows are marked, and the summary tells."""
    stdin = b'{"id": 7, "text": "a"}\n{"id": "7", "text": "b"}\n{"text": "c"}\n{"text": "d"}\n'
    call = myelocode("score", "-", "--out", "a.csv", stdin=stdin)
    assert call.code == 0
    assert [row["duplicate_id"] for row in read_csv(tmp_path / "a.csv")] == ["false", "true", "false", "false"]
    assert "1 rows repeat the id of an earlier one" in call.err


def test_a_long_text_is_an_error_of_its_row(myelocode: Run, tmp_path: Path) -> None:
    """A text of five megabytes is refused unless the limit is raised, and the row after it is read."""
    call = myelocode("score", "-", "--out", "a.csv", stdin=lines("x" * 5_000_000, "short"))
    assert call.code == 1
    assert [row["reason"] for row in read_csv(tmp_path / "a.errors.csv")] == ["too_long"]
    assert [row["row"] for row in read_csv(tmp_path / "a.csv")] == ["2"]


def test_guesses_are_told(myelocode: Run) -> None:
    """Standard error says which column serves what, of those that nobody named."""
    call = myelocode("score", DEMO / "reports.csv", "--out", "a.csv", "--id-column", "accession")
    assert "text from column 'report_text', service date from column 'exam_date'" in call.err
    assert "'accession'" not in call.err


def test_quiet_says_nothing(myelocode: Run) -> None:
    """With --quiet a run without faults is silent."""
    call = myelocode("score", DEMO / "reports.csv", "--out", "a.csv", "--quiet")
    assert (call.code, call.out, call.err) == (0, "", "")


def test_a_hyphen_writes_json_lines(myelocode: Run, tmp_path: Path) -> None:
    """`--out -` writes to standard output, tells errors on standard error, and leaves no file."""
    call = myelocode("score", "-", "--out", "-", stdin=lines("one", ""))
    assert [json.loads(line)["report_id"] for line in call.out.splitlines()] == ["1"]
    assert "<stdin>, row 2: the text is empty" in call.err
    assert list(tmp_path.iterdir()) == []


def test_show_prints_a_table(myelocode: Run) -> None:
    """`--show` prints the first reports, one line each."""
    call = myelocode("score", DEMO / "reports.csv", "--out", "a.csv", "--show", "3")
    assert re.findall(r"DEMO-\d+", call.out) == ["DEMO-001", "DEMO-002", "DEMO-003"]


def test_place_of_service_and_component_reach_the_engine(myelocode: Run, tmp_path: Path) -> None:
    """What the call says of all reports stands in their rows; a column goes before it."""
    stdin = b'{"text": "a", "pos": "22"}\n{"text": "b"}\n'
    myelocode("score", "-", "--out", "a.csv", "--place-of-service", "11", "--component", "professional", stdin=stdin)
    rows = read_csv(tmp_path / "a.csv")
    assert [row["place_of_service"] for row in rows] == ["22", "11"]
    assert {row["component"] for row in rows} == {"professional"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "a.csv"], "INPUT"),
        (["in.csv"], "--out"),
        (["gone.csv", "--out", "a.csv"], "gone.csv: there is no such file or folder"),
        (["in.csv", "--out", "a.xls"], "a.xls: an output ends in"),
        (["in.csv", "--out", "in.csv", "--force"], "in.csv: this is an input"),
        (["in.csv", "--out", "there.csv"], "--force"),
        (["in.csv", "--out", "no/a.csv"], "there is no folder no"),
        (["in.csv", "--out", "a.csv", "--evidence", "./a.csv"], "same name"),
        (["in.csv", "--out", "a.csv", "--text-column", "words"], "there is no column 'words' (columns: id, text)"),
        (["in.csv", "--out", "a.csv", "--encoding", "klingon"], "there is no such encoding"),
        (["in.csv", "--out", "a.csv", "--delimiter", "::"], "--delimiter"),
        (["in.csv", "--out", "a.csv", "--component", "both"], "professional or technical"),
        (["in.csv", "--out", "a.csv", "--place-of-service", "office"], "two-digit"),
        (["in.csv", "--out", "-", "--show", "3"], "choose one"),
        (["-", "-", "--out", "a.csv"], "twice"),
        (["in.csv", "--out", "a.csv", "--max-chars", "0"], "--max-chars"),
        (["in.csv", "--out", "a.csv", "--colour"], "--colour"),
    ],
)
def test_an_unusable_call_says_why_in_one_line(myelocode: Run, tmp_path: Path, arguments: list[str], says: str) -> None:
    """The exit code is 2, the line says what is wrong, and nothing is written."""
    (tmp_path / "in.csv").write_text("id,text\n1,one\n", encoding="utf-8")
    (tmp_path / "there.csv").write_text("keep", encoding="utf-8")
    call = myelocode("score", *arguments)
    assert call.code == 2
    assert says in call.err
    assert len(call.err.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "there.csv"]
    assert (tmp_path / "there.csv").read_text(encoding="utf-8") == "keep"


def test_force_replaces_outputs(myelocode: Run, tmp_path: Path) -> None:
    """With --force the table and the errors of an earlier run are replaced."""
    for stdin in (lines("one", ""), lines("one", "two")):
        myelocode("score", "-", "--out", "a.csv", "--force", stdin=stdin)
    assert len(read_csv(tmp_path / "a.csv")) == 2
    assert read_csv(tmp_path / "a.errors.csv") == []


def test_a_full_disk_ends_the_call_in_one_line(myelocode: Run) -> None:
    """Where nothing can be written the call says so, without a traceback."""
    call = myelocode("score", "-", "--out", "-", "--errors", "/dev/full/errors.csv", stdin=lines("one"))
    assert call.code == 2
    assert len(call.err.splitlines()) == 1


def test_an_interrupt_keeps_what_was_scored(
    myelocode: Run, engine: Extractor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """After Ctrl-C the batches so far are in a readable file under its temporary name, and the call says so."""
    whole = engine.read_many

    def read_many(reports: Sequence[Report]) -> Iterator[Reading]:
        if any(report.text == "stop" for report in reports):
            raise KeyboardInterrupt
        return whole(reports)

    monkeypatch.setattr(engine, "read_many", read_many, raising=False)
    monkeypatch.setattr(score, "BATCH", 2)
    call = myelocode("score", "-", "--out", "a.parquet", stdin=lines("one", "two", "stop", "four"))
    assert call.code == 130
    assert "2 scored rows are in a.parquet.part" in call.err
    assert pq.read_table(tmp_path / "a.parquet.part")["row"].to_pylist() == [1, 2]
    assert not (tmp_path / "a.parquet").exists()


# ---- processes: what only a real terminal, pipe or signal shows


def python(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
    """`myelocode` as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "extractor", *arguments]
    return subprocess.Popen(command, env=environment, **options)  # type: ignore[call-overload, no-any-return]


def test_a_broken_pipe_is_no_fault() -> None:
    """A reader that has enough ends the call without a word."""
    with python("score", str(DEMO / "reports.csv"), "--out", "-", "--quiet", stdout=-1, stderr=-1) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_a_killed_run_leaves_no_half_file(tmp_path: Path) -> None:
    """The name of the output appears only when the file is whole."""
    with python("score", "-", "--out", str(tmp_path / "a.csv"), stdin=-1, stderr=-1) as process:
        assert process.stdin is not None
        process.stdin.write(lines(*["one"] * 200))
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not (tmp_path / "a.csv.part").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()
    assert not (tmp_path / "a.csv").exists()


def test_help_is_fast() -> None:
    """Help and version do not load the engine, pandas or Arrow."""
    code = (
        "import sys\nfrom extractor.cli import _run\n_run(['--help'])\n_run(['score', '--help'])\n"
        "sys.exit(any(name in sys.modules for name in ('spacy', 'pandas', 'pyarrow', 'numpy')))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False).returncode == 0
    )


# ---- explain


REPORT = (DEMO / "texts" / "lumbar_root_sleeve.txt").read_text(encoding="utf-8")


def test_explain_shows_the_report_whole(myelocode: Run) -> None:
    """The report stands in the output word for word, then facts and codes."""
    call = myelocode("explain", DEMO / "texts" / "lumbar_root_sleeve.txt")
    assert call.code == 0
    assert "".join(REPORT.split()) in "".join(call.out.split())
    assert all(heading in call.out for heading in ("Report lumbar_root_sleeve", "Facts", "Codes"))
    assert "\x1b" not in call.out


def test_explain_prints_json(myelocode: Run, engine: Extractor) -> None:
    """`--json` prints the reading as `Reading.to_dict` gives it."""
    call = myelocode("explain", "-", "--json", stdin=REPORT.encode())
    assert json.loads(call.out) == json.loads(json.dumps(engine.read(REPORT).to_dict()))


def test_explain_takes_the_date_of_service(myelocode: Run) -> None:
    """The date of service chooses the rules: before 2015 the component codes stood alone."""
    codes = {}
    for day in ("2014-12-31", "2015-01-01"):
        reading = json.loads(myelocode("explain", "-", "--json", "--service-date", day, stdin=REPORT.encode()).out)
        codes[day] = {code["code"] for code in reading["codes"]}
    assert codes == {"2014-12-31": {"62284", "72265"}, "2015-01-01": {"62304"}}


@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (["gone.txt"], b"", "gone.txt: there is no such file"),
        (["."], b"", "score reads folders and tables"),
        ([str(DEMO / "reports.csv")], b"", "score reads folders and tables"),
        (["-"], b" \n", "-: the text is empty"),
        (["-"], b"gr\xf6\xdfer", "another --encoding"),
        (["-", "--service-date", "soon"], b"text", "--service-date soon"),
        (["-", "--max-chars", "3"], b"text", "the limit is 3"),
    ],
)
def test_explain_says_why_it_cannot(myelocode: Run, arguments: list[str], stdin: bytes, says: str) -> None:
    """A report that cannot be read ends the call with exit code 2 and one line."""
    call = myelocode("explain", *arguments, stdin=stdin)
    assert (call.code, call.out) == (2, "")
    assert says in call.err
    assert len(call.err.splitlines()) == 1


# ---- the frame of all commands


def test_a_call_without_a_command_shows_the_help(myelocode: Run) -> None:
    """Whoever calls the bare command sees what there is."""
    call = myelocode()
    assert call.code == 2
    assert "Commands:" in call.out


def test_version(myelocode: Run) -> None:
    """`--version` prints name and version."""
    assert myelocode("--version").out == f"myelocode {__version__}\n"


def test_every_command_and_option_has_help() -> None:
    """No command or option goes without a sentence."""
    command = get_command(app)
    assert set(command.commands) >= {"score", "explain", "evaluate", "train"}  # type: ignore[attr-defined]
    for name, subcommand in command.commands.items():  # type: ignore[attr-defined]
        assert subcommand.help, name
        assert all(getattr(parameter, "help", None) for parameter in subcommand.params), name


def test_every_command_is_in_the_readme() -> None:
    """The README shows each command at work."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"myelocode {name}" in readme for name in get_command(app).commands)  # type: ignore[attr-defined]
