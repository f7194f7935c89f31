"""Nothing of a report reaches standard error, a log, a traceback or the error file; its id does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extractor import score
from extractor.reader import Extractor
from tests.conftest import DEMO, ROOT, Call

CANARY = "Quetzalcoatlus"
REPORT = (DEMO / "texts" / "lumbar_root_sleeve.txt").read_text(encoding="utf-8")
# The word in every part of a report, in sentences that the rules look at, and cut in two by a line end.
PLANTED = (
    f"{CANARY} {REPORT} {CANARY}: 22 gauge {CANARY} needle at L2-L3 by Dr. {CANARY}. 10 mL of {CANARY} 300 was given. "
    f"Disc herniation at {CANARY} L4-L5.\nADDENDUM: {CANARY} is corrected. {CANARY.upper()}"
)
LOUD = (
    "import logging, sys, warnings; logging.basicConfig(level=1); warnings.simplefilter('always'); "
    "from extractor.cli import main; main()"
)


def loud(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, with every log and warning turned on."""
    return subprocess.run(
        [sys.executable, "-c", LOUD, *map(str, arguments)],
        input=stdin,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LOGURU_LEVEL": "TRACE"},
        capture_output=True,
        check=False,
    )


def silent(*said: bytes | str) -> bool:
    """Whether none of these holds the planted word, in any case or cut short."""
    joined = "".join(one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in said)
    return CANARY[:8].lower() not in joined.lower()


def bad_inputs(folder: Path) -> list[Path]:
    """One file of each kind, with good rows and every kind of bad row, each holding the planted word."""
    escaped = json.dumps(PLANTED)
    made = {
        "a.csv": f'report_id,text,exam_date\nID-1,"{PLANTED}",\nID-2,{CANARY}\nID-3,a,b,{CANARY}\n'
        f'ID-4,"{CANARY}"{CANARY},\nID-5,x,{CANARY}\nID-6,"{CANARY} never closed,\n',
        "b.jsonl": f'{{"report_id": "ID-7", "text": {escaped}}}\n{{"text": "{CANARY}\n["{CANARY}"]\n'
        f'{{"report_id": "ID-8", "text": {{"words": "{CANARY}"}}}}\n'
        f'{{"report_id": "ID-9", "text": "x", "service_date": "{CANARY}"}}\n'
        f'{{"report_id": "ID-10", "text": "x", "place_of_service": "{CANARY}"}}\n'
        f'{{"report_id": "ID-11", "text": "{CANARY} \\ud800"}}\n',
        "texts/one.txt": PLANTED,
        "texts/long.txt": CANARY * 1000,
    }
    for name, content in made.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "texts" / "latin.txt").write_bytes(f"{CANARY} gr\u00f6\u00dfer".encode("cp1252"))
    (folder / "texts" / "binary.txt").write_bytes(CANARY.encode() + bytes(range(32)))
    broken = pa.array([PLANTED.encode(), f"{CANARY} \u00f6".encode("cp1252")]).view(pa.string())
    pq.write_table(pa.table({"text": broken}), folder / "c.parquet")
    return [folder / "a.csv", folder / "b.jsonl", folder / "texts", folder / "c.parquet"]


def test_scoring_tells_nothing_of_the_reports(tmp_path: Path) -> None:
    """Good and bad rows of every kind of input: standard error, standard output and the error file hold no text."""
    inputs = bad_inputs(tmp_path)
    done = loud("score", *inputs, "--out", tmp_path / "out.csv", "--max-chars", "9000", "--show", "9")
    errors = (tmp_path / "out.errors.csv").read_text(encoding="utf-8")
    assert done.returncode == 1
    assert silent(done.stderr, done.stdout, errors)
    assert all(report_id in errors for report_id in ("ID-8", "ID-9", "ID-10", "ID-11", "latin", "long", "binary"))


@pytest.mark.parametrize("name", ["h.csv", "h.jsonl"])
def test_a_table_without_column_names_is_not_shown(tmp_path: Path, name: str) -> None:
    """Where the first row is a report, the complaint about the column does not quote it."""
    row = f"17,{CANARY} was seen. Normal.\n" if name == "h.csv" else json.dumps({PLANTED: "text"})
    (tmp_path / name).write_text(row, encoding="utf-8")
    done = loud("score", tmp_path / name, "--out", tmp_path / "out.csv")
    assert done.returncode == 2
    assert silent(done.stderr, done.stdout)


def test_explaining_fails_without_quoting(tmp_path: Path) -> None:
    """A report that cannot be read is refused without a word of it."""
    done = loud("explain", "-", stdin=f"{CANARY} gr\u00f6\u00dfer".encode("cp1252"))
    assert done.returncode == 2
    assert silent(done.stderr, done.stdout)


def test_explaining_logs_nothing() -> None:
    """Standard error stays empty while a report is shown."""
    done = loud("explain", "-", stdin=PLANTED.encode())
    assert done.returncode == 0
    assert silent(done.stderr)


def fail(text: str, **given: object) -> None:
    """An engine that fails as libraries do: with the report in its message, chained to another that holds it too."""
    try:
        raise KeyError(text)
    except KeyError as error:
        raise ValueError(f"could not read {text!r}") from error


def test_a_fault_of_the_engine_is_told_without_its_message(
    myelocode: Callable[..., Call], engine: Extractor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The error row names the kind of exception and the line that raised it, and the other rows are scored."""
    whole = engine.read_many
    monkeypatch.setattr(
        engine,
        "read_many",
        lambda reports: fail(reports[0].text) if CANARY in reports[0].text else whole(reports),
        raising=False,
    )
    stdin = "".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in (("A", PLANTED), ("B", "plain")))
    call = myelocode("score", "-", "--out", "a.csv", stdin=stdin.encode())
    errors = (tmp_path / "a.errors.csv").read_text(encoding="utf-8")
    assert call.code == 1
    assert silent(call.err, call.out, errors)
    assert "A,internal,the reader failed on this report (ValueError at test_privacy.py:" in errors
    assert "1 scored, 1 failed" in call.err


@pytest.mark.parametrize("command", [["score", "-", "--out", "a.csv"], ["explain", "-"]])
def test_a_fault_of_the_program_is_told_without_its_message(
    myelocode: Callable[..., Call], engine: Extractor, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """An exception that nothing expects ends the call in one line with its kind and place, and no traceback."""
    monkeypatch.setattr(engine, "read", fail, raising=False)
    monkeypatch.setattr(engine, "read_many", fail, raising=False)
    monkeypatch.setattr(score, "read_row", lambda row, extractor: fail(row.report.text))
    text = PLANTED if command[0] == "explain" else json.dumps({"text": PLANTED})
    call = myelocode(*command, stdin=text.encode())
    assert call.code == 70
    assert silent(call.err, call.out)
    assert "ValueError at test_privacy.py:" in call.err
    assert len(call.err.splitlines()) <= 2


def test_errors_of_a_reading_carry_no_context(engine: Extractor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exception that a caller of the library sees is not chained to one that quotes the report."""
    from extractor.errors import ReportError
    from extractor.inputs import Row
    from extractor.records import Report

    monkeypatch.setattr(engine, "read", fail, raising=False)
    with pytest.raises(ReportError) as raised:
        score.read_row(Row("a", 1, None, Report(PLANTED)), engine)
    assert raised.value.__context__ is None
    assert raised.value.__cause__ is None
