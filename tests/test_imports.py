"""The parts of the package lie on each other: imports go downward only, and each part stays small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

# From the bottom to the top: a module imports only what stands before it.
ORDER = """
    wording records errors measures highlight
    rows codebook codebook_build tables patterns
    alerts documentation review coding
    outline tokens labels run_in headings sections sentences lexicon
    facts facts.roles facts.title facts.imaging facts.circumstances facts.contrast
    facts.details facts.exposure facts.findings
    facts.images facts.operator facts.guidance facts.injection facts.regions facts.body facts.study
    reading
    confidence confidence.features confidence.summation confidence.fact_models confidence.calibration
    confidence.domain confidence.risk confidence.model confidence.explanation confidence.judging confidence.store
    pipeline reader
    columns frames outputs intake readers inputs score terminal
    gold corpus metrics comparison gold_codes variants.pieces variants.preserving variants.flipping variants
    evaluation evaluation_tables
    confidence.examples confidence.learning confidence.forecasts confidence.scores confidence.baselines
    confidence.training confidence.card confidence.report confidence.plots
    cli_options cli_apart cli_score cli_explain cli_evaluate cli_train cli __main__
""".split()
NETWORK = {"asyncio", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "urllib", "urllib3"}
PACKAGE = ROOT / "extractor"


def module_name(path: Path) -> str:
    """`facts.title` for extractor/facts/title.py, `facts` for the package's own file."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(names: Iterator[str]) -> set[str]:
    """Those of the names that are modules of the package, as the order names them."""
    return {name.removeprefix("extractor.") for name in names} & set(PATHS)


def test_every_module_has_its_place() -> None:
    """The order names each module once, and no other."""
    assert sorted(ORDER) == sorted(name for name in PATHS if name)


@pytest.mark.parametrize("name", ORDER)
def test_imports_go_downward(name: str) -> None:
    """A module imports only modules that stand before it."""
    assert own(imported(PATHS[name])) <= {*ORDER[: ORDER.index(name)]}


@pytest.mark.parametrize("name", PATHS)
def test_no_module_reaches_for_the_network(name: str) -> None:
    """Reports stay on the machine: nothing in the package opens a connection."""
    assert not {module.partition(".")[0] for module in imported(PATHS[name])} & NETWORK


@pytest.mark.parametrize("name", PATHS)
def test_no_module_grows_beyond_reading(name: str) -> None:
    """A module has at most 400 lines and opens with a sentence that says what it is for."""
    source = PATHS[name].read_text(encoding="utf-8")
    assert source.count("\n") <= 400
    assert ast.get_docstring(ast.parse(source)), "the module opens with one sentence"
