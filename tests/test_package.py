"""The frame of the project: entry points, versions, constraints, licence, and the targets that the README names."""

from __future__ import annotations

import importlib
import re
import tomllib
from importlib import resources

import pytest
import spacy

import extractor
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FACTORIES = PROJECT["entry-points"]["spacy_factories"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", [*PROJECT["scripts"].values(), *FACTORIES.values()])
def test_every_entry_point_leads_to_a_function(target: str) -> None:
    """What the installed package promises is there."""
    module, _, name = target.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("name", FACTORIES)
def test_every_factory_has_its_name(name: str) -> None:
    """spaCy knows each component by the name of its entry point."""
    importlib.import_module(FACTORIES[name].partition(":")[0])
    assert spacy.blank("en").add_pipe(name) is not None


def test_the_public_names_are_there() -> None:
    """`from extractor import …` gives every public name, and complains of any other."""
    assert all(getattr(extractor, name) is not None for name in extractor.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = extractor.no_such_name


@pytest.mark.parametrize("name", ["reading.schema.json", "codes.csv", "lexicon.toml"])
def test_data_files_are_inside_the_package(name: str) -> None:
    """The installed package finds its data beside its code."""
    assert resources.files("extractor").joinpath("data", name).is_file()


def test_every_direct_requirement_has_a_tested_version() -> None:
    """The constraints pin whatever the project asks for by name, and name no address."""
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(line for extra in extras.values() for line in extra)]
    asked = {re.split(r"[^\w-]", line)[0].lower() for line in lines} - {PROJECT["name"]}
    pinned = set(re.findall(r"^([a-z0-9-]+)==", CONSTRAINTS, re.MULTILINE))
    assert asked <= pinned
    assert "://" not in CONSTRAINTS


def test_the_readme_names_make_targets_that_exist() -> None:
    """The two commands of the README, and all that the guide for contributors names, are targets."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    assert {"score", "test"} <= set(re.findall(r"^make ([a-z]+)", pages, re.MULTILINE)) <= targets


def test_the_continuous_integration_runs_the_command_of_the_readme() -> None:
    """What is tested there is what a user would run."""
    assert re.search(
        r"^MYELOCODE_NO_SKIPS=1 make test$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE
    )
