"""Where nothing may skip, a skipped test fails the run; elsewhere it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize(("forbidden", "code"), [("1", 1), ("", 0)])
@pytest.mark.parametrize("where", ["def test_one():\n    pytest.skip('no browser')", "pytest.importorskip('no_such')"])
def test_a_skip_fails_where_none_is_allowed(tmp_path: Path, where: str, forbidden: str, code: int) -> None:
    """The hook of the suite's conftest counts skips of tests and of whole modules."""
    (tmp_path / "test_it.py").write_text(f"import pytest\n{where}\ndef test_two():\n    pass\n", encoding="utf-8")
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-c", os.devnull]
    done = subprocess.run(
        [*pytest_here, "--rootdir", tmp_path, tmp_path],
        cwd=ROOT,
        env={**os.environ, "MYELOCODE_NO_SKIPS": forbidden},
        capture_output=True,
        check=False,
    )
    assert b"skipped" in done.stdout
    # A module that is skipped whole leaves no test behind, which pytest has a code of its own for.
    assert done.returncode == (5 if "importorskip" in where and not forbidden else code), done.stdout
