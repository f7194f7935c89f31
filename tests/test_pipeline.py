"""The spaCy components: in a pipeline of their own, and in anybody's."""

from __future__ import annotations

import json
from importlib.metadata import entry_points

import medspacy
import pytest
import spacy
from spacy.language import Language

from extractor import pipeline
from extractor.reader import Extractor
from extractor.records import Reading
from extractor.tables import word_tables
from tests.conftest import ROOT

# medSpaCy's own matcher warns as long as it has no rules.
pytestmark = pytest.mark.filterwarnings("ignore:.*W036")
CORPORA = sorted((ROOT / "corpora").glob("*.jsonl"))
FIRST = [json.loads(path.read_text(encoding="utf-8").splitlines()[0])["text"] for path in CORPORA]
EMOJI = (
    "EXAM: LUMBAR MYELOGRAM\n\nHISTORY: \U0001f9b4 e\u0301 pain.\n\nFINDINGS: Ventral defect\nat L4-5; 22\u00a0gauge."
)


def sentencizer() -> Language:
    """spaCy's own English tokenizer and sentences."""
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    return nlp


# Pipelines of other people, with their own tokenizers and components.
FOREIGN = {
    "spacy": sentencizer,
    "medspacy": medspacy.load,
    "medspacy, no sentences": lambda: medspacy.load(medspacy_enable=["medspacy_tokenizer", "medspacy_target_matcher"]),
    "german": lambda: spacy.blank("de"),
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
def test_the_reader_reads_the_same_in_any_pipeline(engine: Extractor, make: type[Language]) -> None:
    """`nlp.add_pipe("myelogram_reader")` leaves in `doc._.myelogram` what the engine gives."""
    nlp = make()
    nlp.add_pipe("myelogram_reader")
    for text in [*FIRST, EMOJI]:
        doc = nlp(text)
        assert isinstance(doc._.myelogram, Reading)
        assert doc._.myelogram == engine.read(text)
        assert doc.text == text


@pytest.mark.parametrize("make", [pipeline.build, *FOREIGN.values()], ids=["own", *FOREIGN])
def test_evidence_is_left_as_spans(make: type[Language]) -> None:
    """Each span of the reading is a span of the document, labelled with its field, over whole tokens."""
    nlp = make()
    if "myelogram_reader" not in nlp.pipe_names:
        nlp.add_pipe("myelogram_reader")
    doc = nlp(EMOJI)
    fields = [(field, one) for field, found in doc._.myelogram.spans.items() for one in found]
    assert len(doc.spans["myelogram"]) == len(fields)
    for span, (field, one) in zip(doc.spans["myelogram"], fields, strict=True):
        assert span.label_ == field
        assert span.start_char <= one.start < one.end <= span.end_char


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_a_document_without_words_is_read_as_no_study(text: str) -> None:
    """What `Extractor.read` refuses passes through a pipeline, so that one empty text does not end a stream."""
    nlp = spacy.blank("en")
    nlp.add_pipe("myelogram_reader")
    reading = nlp(text)._.myelogram
    assert (reading.facts.study, reading.codes) == ("other", ())


def test_spans_can_be_left_out() -> None:
    """Who wants the reading alone says so."""
    nlp = spacy.blank("en")
    nlp.add_pipe("myelogram_reader", config={"spans": False})
    doc = nlp(EMOJI)
    assert doc._.myelogram is not None
    assert "myelogram" not in doc.spans


def test_the_own_pipeline_has_the_registered_components() -> None:
    """`build` strings together the factories that the package announces to spaCy."""
    nlp = pipeline.build()
    announced = {
        point.name: point.value
        for point in entry_points(group="spacy_factories")
        if point.value.startswith("extractor.")
    }
    assert tuple(nlp.pipe_names) == pipeline.COMPONENTS
    assert all(Language.has_factory(name) for name in pipeline.COMPONENTS)
    assert set(announced) <= set(pipeline.COMPONENTS)


def test_the_own_pipeline_reads_as_the_engine(engine: Extractor) -> None:
    """Both are the same components."""
    nlp = pipeline.build()
    assert [doc._.myelogram for doc in nlp.pipe(FIRST)] == list(engine.read_many(FIRST))


def test_without_reader_the_report_is_laid_out_only() -> None:
    """The outline is there, the reading is not."""
    doc = pipeline.build(reader=False)(EMOJI)
    assert doc._.myelogram is None
    assert [sentence.section for sentence in doc._.myelogram_outline.sentences] == ["exam", "history", "findings"]


def test_tokens_are_the_text() -> None:
    """Tokens put together again give the report, whatever its white space and signs."""
    doc = pipeline.build(reader=False)(f"\n\n {EMOJI}\r\n\t_cross-\ntable_\u2028")
    assert "".join(token.text_with_ws for token in doc) == doc.text


@pytest.mark.parametrize("written", ["cross-table", "cross table", "Cross\ntable", "cross\r\n   table", "CROSS TABLE"])
def test_hyphens_and_line_ends_do_not_part_a_phrase(written: str) -> None:
    """A phrase of the tables is found across wrapped lines and joining hyphens."""
    outline = pipeline.build(reader=False)(f"A {written} lateral film was obtained.")._.myelogram_outline
    assert [cue.value for s in outline.sentences for cue in s.all("view")] == ["cross_table_lateral"]


def test_rules_of_others_do_not_change_the_reading(engine: Extractor) -> None:
    """Targets that a pipeline adds for itself stay beside the reading."""
    nlp = medspacy.load(medspacy_enable=["medspacy_tokenizer", "medspacy_target_matcher"])
    nlp.get_pipe("medspacy_target_matcher").add([medspacy.target_matcher.TargetRule("defect", "FINDING")])
    nlp.add_pipe("myelogram_reader")
    doc = nlp(EMOJI)
    assert [ent.text for ent in doc.ents] == ["defect"]
    assert doc._.myelogram == engine.read(EMOJI)


def test_every_label_is_read_or_protects() -> None:
    """No words stand in the lexicon for nobody: code names each label, or it keeps its words from other labels."""
    words = word_tables("lexicon.toml")
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "extractor").rglob("*.py"))
    labels = {*words["cue"], *words["valued"]} - set(words["protects"]["labels"])
    assert sorted(label for label in labels if f'"{label}"' not in code) == []


def test_memory_does_not_grow_with_an_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of words the pipeline is built anew, words of earlier reports go, and the reading is the same."""
    extractor = Extractor.load()
    first = extractor.read("LUMBAR MYELOGRAM by Zanzibarius.")
    assert "Zanzibarius" in extractor._nlp.vocab.strings
    monkeypatch.setattr("extractor.reader.MOST_WORDS", 10)
    assert extractor.read("LUMBAR MYELOGRAM by Zanzibarius.").to_dict() == first.to_dict()
    extractor.read("MRI")
    assert "Zanzibarius" not in extractor._nlp.vocab.strings
