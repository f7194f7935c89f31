"""Training and the model on disk: the same bytes, a card that tells, and no trust in a file that was changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import skops.io

from extractor.confidence import store
from extractor.errors import ModelError
from extractor.reader import Extractor
from tests.conftest import ROOT, Call

Run = Callable[..., Call]
CORPORA = ROOT / "corpora"
SHIPPED = ROOT / "models" / store.SHIPPED


@pytest.fixture(scope="module")
def corpus_slice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four authors with a dozen reports each, and some notes."""
    folder = tmp_path_factory.mktemp("slice")
    for name in ("d3", "d4", "d5", "e3"):
        lines = (CORPORA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / f"{name}.jsonl").write_text("".join(lines[::4]), encoding="utf-8")
    (folder / "notes").mkdir()
    lines = (CORPORA / "notes" / "b.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "notes" / "b.jsonl").write_text("".join(lines[:10]), encoding="utf-8")
    return folder


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped model where a test may spoil it."""
    folder = tmp_path / "model"
    folder.mkdir()
    for path in SHIPPED.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_training_twice_gives_the_same_bytes(myelocode: Run, corpus_slice: Path, tmp_path: Path) -> None:
    """The command that builds the shipped model builds one from a slice, twice alike, and readings take it."""
    for name in ("a", "b"):
        out = tmp_path / name / "model"
        call = myelocode("train", corpus_slice, "--notes", corpus_slice / "notes", "--out", out, "--quiet")
        assert call.code == 0, call.err
        assert "of code sets right" in call.err
    first, second = (tmp_path / name / "model" for name in ("a", "b"))
    for name in (store.MODEL, store.CARD, "card.md"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    card = json.loads((first / store.CARD).read_text(encoding="utf-8"))
    assert set(card["reports"]) == {"d3.jsonl", "d4.jsonl", "d5.jsonl", "e3.jsonl"}
    assert sum(card["variants"].values()) > card["scores"]["reports"]
    model = store.load(first)
    assert model.facts.seen["study"] == card["values"]["study"]
    again = myelocode("train", corpus_slice, "--out", first)
    assert (again.code, "--force" in again.err) == (2, True)


def test_the_shipped_card_describes_the_shipped_model() -> None:
    """Checksum, reports and scores are those of the model; it was made from the corpora as they are, but the sealed."""
    card = json.loads((SHIPPED / store.CARD).read_text(encoding="utf-8"))
    assert store.load(SHIPPED).version == store.shipped().version
    files = {path.name: path for path in CORPORA.glob("*.jsonl")}
    assert set(card["reports"]) == set(files)
    assert not {path.name for path in (CORPORA / "sealed").iterdir()} & set(card["reports"])
    assert card["scores"]["code_set_right"] >= card["scores"]["code_set_right_rules"]
    assert (SHIPPED / "card.md").read_text(encoding="utf-8").startswith("# Model card: myelogram-1")


def test_a_changed_model_is_refused(copied: Path) -> None:
    """One byte more, and the file is not what the card describes."""
    (copied / store.MODEL).write_bytes((copied / store.MODEL).read_bytes() + b"\0")
    with pytest.raises(ModelError, match="not the file that"):
        store.load(copied)


@pytest.mark.parametrize("spoil", ["{", "[]", "{}"])
def test_a_damaged_card_is_refused(copied: Path, spoil: str) -> None:
    """A card that is no card is a model that nobody vouches for."""
    (copied / store.CARD).write_text(spoil, encoding="utf-8")
    with pytest.raises(ModelError):
        store.load(copied)


def test_a_folder_without_model_is_refused(myelocode: Run, corpus_slice: Path, tmp_path: Path) -> None:
    """The command says in one line what is missing and how to get it."""
    call = myelocode("evaluate", corpus_slice / "d3.jsonl", "--model", tmp_path)
    assert call.code == 2
    assert call.err == f"myelocode: {tmp_path}: no model.skops with its card.json; build them with myelocode train\n"


class Stranger:
    """A type that no model has."""


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"form": store.FORM, "x": Stranger()}, "not trusted"),
        ({"form": 0}, "another version"),
        ([1], "another version"),
    ],
)
def test_strange_contents_are_refused(parts: Any, message: str) -> None:
    """Types beyond the trusted ones, other forms and other things are named and refused."""
    with pytest.raises(ModelError, match=message):
        store.unpacked(skops.io.dumps(parts), version="x")


def test_no_archive_is_no_model() -> None:
    """Any other bytes are refused."""
    with pytest.raises(ModelError, match="damaged"):
        store.unpacked(b"PK nonsense", version="x")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("notes.jsonl", '{"id": 1}\n', "notes.jsonl:1: not a JSON object with id and text"),
        ("notes.jsonl", "{}\n{", "notes.jsonl:1: not a JSON object with id and text"),
    ],
)
def test_bad_notes_are_told_by_line(
    myelocode: Run, corpus_slice: Path, tmp_path: Path, name: str, content: str, message: str
) -> None:
    """A line of notes without id or text stops the training, and nothing is written."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    call = myelocode("train", corpus_slice, "--notes", tmp_path / name, "--out", tmp_path / "model")
    assert (call.code, message in call.err) == (2, True)
    assert not (tmp_path / "model").exists()


def test_two_authors_are_too_few(myelocode: Run, corpus_slice: Path, tmp_path: Path) -> None:
    """Authors are held apart, so there must be some."""
    call = myelocode("train", corpus_slice / "d3.jsonl", corpus_slice / "d4.jsonl", "--out", tmp_path / "model")
    assert (call.code, "at least 3 authors" in call.err) == (2, True)


def test_confidence_is_judged_apart_beside_baselines(myelocode: Run, corpus_slice: Path, tmp_path: Path) -> None:
    """`evaluate --apart` gives the figures of all four models, and draws them."""
    call = myelocode("evaluate", corpus_slice, "--apart", "--json", "-", "--plots", tmp_path / "plots")
    assert call.code == 0, call.err
    found = json.loads(call.out)
    assert [*found] == ["fact models, summed", "rules, one constant", "TF-IDF, linear", "gradient boosting", "problems"]
    assert all(found[name]["scores"]["reports"] == 38 for name in [*found][:4])
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["reliability.svg", "risk-coverage.svg"]


def test_evaluate_shows_the_confidence_of_a_model(engine: Extractor, myelocode: Run, corpus_slice: Path) -> None:
    """Without --apart the shipped model is held against the reports."""
    call = myelocode("evaluate", corpus_slice / "d3.jsonl")
    assert "Confidence by code" in call.out
    assert "ECE of codes" in call.out
