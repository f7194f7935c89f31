"""What the README says is true: its commands print what it shows, its Python runs, its links lead somewhere."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from scripts.update_readme import QUIET, SHOWN, run, with_output
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("corpora/**/*.md")]


def test_commands_print_what_the_readme_shows() -> None:
    """Each command is run, one after the other in one folder; `make readme` writes what they print now."""
    assert len(SHOWN.findall(README)) >= 4
    assert with_output(README) == README


@pytest.mark.parametrize("body", QUIET.findall(README))
def test_commands_without_shown_output_succeed(body: str, tmp_path: Path) -> None:
    """Commands whose output the README leaves out are run too."""
    (tmp_path / "corpora").symlink_to(ROOT / "corpora")
    code, printed = run(body, tmp_path)
    assert code == 0, printed


def test_the_python_of_the_readme_runs() -> None:
    """The session in the README gives the values that it shows."""
    found = doctest.testfile(str(ROOT / "README.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted >= 5
    assert found.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    """Links to files of the project name files that are there."""
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []
