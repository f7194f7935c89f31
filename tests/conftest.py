"""What the tests share: one loaded engine, the command line in this process, and no skips where nothing may skip."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from extractor import cli
from extractor.reader import Extractor

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "corpora" / "demo"


@pytest.fixture(scope="session")
def engine() -> Extractor:
    """The real engine, loaded once for all tests."""
    return Extractor.load()


@dataclass(frozen=True)
class Call:
    """What a call of the command line ended with."""

    code: int
    out: str
    err: str


@pytest.fixture
def myelocode(
    engine: Extractor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Call]:
    """Calls the command line in an empty folder, with the engine that is loaded already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Extractor, "load", classmethod(lambda cls, **_: engine))

    def call(*arguments: str | Path, stdin: bytes = b"") -> Call:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            with pytest.raises(SystemExit) as ended:
                cli.main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Call(ended.value.code, captured.out, captured.err)

    return call


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may skip (MYELOCODE_NO_SKIPS), a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("MYELOCODE_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("MYELOCODE_NO_SKIPS is set and tests were skipped", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
