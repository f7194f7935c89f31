"""How a report is laid out: headings, sections, modalities, regions, table rows and sentences."""

from __future__ import annotations

import pytest
from spacy.language import Language

from extractor import pipeline
from extractor.labels import read_label
from extractor.lexicon import load
from extractor.outline import Outline, Sentence
from extractor.records import SECTIONS
from extractor.sections import blocks
from tests.markup import Case, cases

PLACED = cases("sections.txt")
SPLIT = cases("sentences.txt")
WORDS = load().headings


@pytest.fixture(scope="module")
def nlp() -> Language:
    """The pipeline that lays a report out and does not read it."""
    return pipeline.build(reader=False)


def laid_out(nlp: Language, text: str) -> Outline:
    """The outline of a report."""
    outline = nlp(text)._.myelogram_outline
    assert isinstance(outline, Outline)
    return outline


def sentence_at(outline: Outline, at: int) -> Sentence:
    """The sentence in which an offset lies."""
    return next(s for s in outline.sentences if s.start <= at < s.end)


def stands_in(sentence: Sentence, field: str) -> list[str]:
    """What a sentence's block says of a field, in the words of the case files."""
    block = sentence.block
    value = {"section": block.section, "modality": block.modality, "regions": block.regions, "row": block.level}[field]
    return list(value) if isinstance(value, tuple) else [value or "-"]


@pytest.mark.parametrize("case", PLACED, ids=[case.place for case in PLACED])
def test_words_stand_in_their_section(nlp: Language, case: Case) -> None:
    """Each marked stretch lies under the heading that the mark says."""
    outline = laid_out(nlp, case.report.text)

    for one in case.expected:
        assert stands_in(sentence_at(outline, one.start), one.field) == [*one.values], case.words(one)


@pytest.mark.parametrize("case", SPLIT, ids=[case.place for case in SPLIT])
def test_sentences_end_where_they_end(nlp: Language, case: Case) -> None:
    """The marked stretches are the report's sentences from the first of them on."""
    outline = laid_out(nlp, case.report.text)
    first = case.expected[0].start
    found = [(s.start, s.end) for s in outline.sentences if s.start >= first]
    assert found == [(one.start, one.end) for one in case.expected]


@pytest.mark.parametrize("case", [*PLACED, *SPLIT], ids=[case.place for case in [*PLACED, *SPLIT]])
def test_an_outline_covers_the_report_once(nlp: Language, case: Case) -> None:
    """Blocks follow each other without a gap, sentences never overlap, and each quotes its own stretch."""
    text = case.report.text
    outline = laid_out(nlp, text)
    edges = [(block.start, block.end) for block in outline.blocks]
    assert [start for start, _ in edges[1:]] == [end for _, end in edges[:-1]]
    assert (edges[0][0], edges[-1][1]) == (0, len(text))
    ends = [0, *(s.end for s in outline.sentences)]
    assert all(before <= s.start < s.end for before, s in zip(ends, outline.sentences, strict=False))
    assert all(text[s.start : s.end] == s.text for s in outline.sentences)


def test_every_section_has_a_case() -> None:
    """Each section that a block can have is marked in sections.txt."""
    marked = {value for case in PLACED for one in case.of("section") for value in one.values}
    assert marked == set(SECTIONS)


@pytest.mark.parametrize(
    ("label", "section", "modality", "regions"),
    [
        ("FINDINGS", "findings", None, ()),
        ("CT LUMBAR SPINE", None, "ct", ("lumbar",)),
        ("Post-myelogram CT findings", "findings", "ct", ()),
        ("Myelogram and CT findings", "findings", "both", ()),
        ("LUMBAR MYELOGRAM", None, "film", ("lumbar",)),
        ("Cervical and thoracic spine", None, None, ("cervical", "thoracic")),
        ("MRI", None, "mr", ()),
        ("Clinical indication", "history", None, ()),
        ("Cervicothoracic junction", "anatomy", None, ()),
    ],
)
def test_a_heading_says_section_modality_and_regions(
    label: str, section: str | None, modality: str | None, regions: tuple[str, ...]
) -> None:
    """The words of a heading are read together."""
    read = read_label(label, WORDS)
    assert (read.section, read.modality, read.regions) == (section, modality, regions)


@pytest.mark.parametrize("label", ["The patient", "Omnipaque 180", "Ventral defect"])
def test_other_words_are_no_heading(label: str) -> None:
    """A label of words that the table does not know has no section."""
    assert read_label(label, WORDS).section is None


@pytest.mark.parametrize("text", ["", " ", "\n\n", ":", "...", "\r\n:\r\n"])
def test_blocks_of_nothing(text: str) -> None:
    """Text without words has at most one block."""
    assert len(blocks(text, WORDS)) <= 1
