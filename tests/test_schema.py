"""The JSON form of a reading holds to the schema that the package ships."""

from __future__ import annotations

import csv
import json
from importlib import resources

import jsonschema
import pytest

from extractor.reader import Extractor
from extractor.records import Coding, Facts, Reading, Report
from tests.conftest import DEMO, ROOT
from tests.test_outputs import FULL

SCHEMA = json.loads(resources.files("extractor").joinpath("data/reading.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
CORPORA = sorted((ROOT / "corpora").glob("**/*.jsonl"))


def faults(reading: Reading) -> list[str]:
    """Where a reading breaks the schema, through JSON and back."""
    return [error.json_path for error in VALIDATOR.iter_errors(json.loads(json.dumps(reading.to_dict())))]


def test_the_schema_is_one() -> None:
    """The file is a schema of the draft that it names."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("reading", [FULL, Reading(Report("x"), Facts(), (), Coding())], ids=["full", "empty"])
def test_a_reading_by_hand_holds_to_the_schema(reading: Reading) -> None:
    """The records themselves have the form, whatever the engine makes of them."""
    assert faults(reading) == []


def test_every_key_of_a_reading_is_in_the_schema() -> None:
    """A key that is added to a reading is added to the schema too."""
    assert set(FULL.to_dict()) == set(SCHEMA["required"])
    assert set(SCHEMA["properties"]) == {*SCHEMA["required"], "ct_precontrast"}


def test_a_wrong_value_breaks_the_schema() -> None:
    """The schema tells a wrong value from a right one."""
    assert faults(Reading(Report("x"), Facts(study="angiogram"), (), Coding())) == ["$.study"]


def test_readings_of_the_demo_archive_hold_to_the_schema(engine: Extractor) -> None:
    """What `explain --json` prints for a demo report has the form."""
    with (DEMO / "reports.csv").open(encoding="utf-8", newline="") as handle:
        texts = [row["report_text"] for row in csv.DictReader(handle)]
    assert [faults(reading) for reading in engine.read_many(texts)] == [[]] * len(texts)


@pytest.mark.parametrize("corpus", CORPORA, ids=[path.stem for path in CORPORA])
def test_readings_of_the_corpora_hold_to_the_schema(engine: Extractor, corpus: object) -> None:
    """So has what it prints for every report of the corpora."""
    lines = corpus.read_text(encoding="utf-8").splitlines()  # type: ignore[attr-defined]
    texts = [json.loads(line)["text"] for line in lines if line.strip()]
    assert {fault for reading in engine.read_many(texts) for fault in faults(reading)} == set()
