"""Annotated reports to a confidence model: the same reports, seed and versions give the same bytes."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from extractor.codebook import RuleSet
from extractor.confidence.domain import fit_domain
from extractor.confidence.examples import Example, ExampleReader
from extractor.confidence.forecasts import Forecast, forecasts
from extractor.confidence.learning import FOLDS, Judgement, calibrate, fit, judge_apart
from extractor.confidence.model import ConfidenceModel
from extractor.corpus import AnnotatedReport
from extractor.errors import UsageError
from extractor.variants import variants

# Variants of one report weigh this much together; the report itself weighs 1.
VARIED_WEIGHT = 2.0
MOST_VARIANTS = 12
LEAST_AUTHORS = 3

# Called with what is done now, and how many steps of how many are over.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Note:
    """A text that is known to be no myelogram; `group` is its author."""

    note_id: str
    group: str
    text: str


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with what it was judged by: forecasts of all examples by models that had not seen the author."""

    model: ConfidenceModel
    examples: tuple[Example, ...]
    judgements: tuple[Judgement, ...]
    forecasts: tuple[Forecast, ...]


def train(
    reports: Sequence[AnnotatedReport],
    notes: Sequence[Note],
    rules: RuleSet,
    *,
    version: str,
    seed: int = 0,
    progress: Progress = lambda *_: None,
) -> Trained:
    """A confidence model from annotated reports and from notes that are no myelograms.

    Raises `UsageError` where the reports have too few authors or kinds to learn from.
    """
    if len({report.author for report in reports}) < LEAST_AUTHORS:
        raise UsageError(f"train needs reports of at least {LEAST_AUTHORS} authors: one .jsonl file is one author")
    examples = examples_of(reports, notes, rules, seed=seed, progress=progress)
    judgements = judged_apart(examples, rules, progress)
    progress("fitting the models", 0, 1)
    sets, codes = calibrate(judgements)
    found = forecasts(judgements)
    model = ConfidenceModel(
        fit(examples),
        sets,
        codes,
        fit_domain([(one.group, one.features) for one in examples if not one.varied]),
        tuple(outcome for one in found if not one.varied for outcome in one.codes),
        version,
    )
    progress("fitting the models", 1, 1)
    return Trained(model, tuple(examples), tuple(judgements), tuple(found))


def judged_apart(examples: Sequence[Example], rules: RuleSet, progress: Progress) -> list[Judgement]:
    """Judgements by models without the author. Raises `UsageError` where a fact has one value only."""
    steps = iter(range(1, FOLDS + 1))
    progress("judging each author by the others", 0, FOLDS)
    try:
        return judge_apart(
            examples, rules, done=lambda: progress("judging each author by the others", next(steps), FOLDS)
        )
    except ValueError as error:
        raise UsageError(f"train needs reports that differ in '{error}'; give it more of them") from None


def examples_of(
    reports: Sequence[AnnotatedReport],
    notes: Sequence[Note],
    rules: RuleSet,
    *,
    seed: int = 0,
    progress: Progress = lambda *_: None,
) -> list[Example]:
    """The reports, their variants, and the notes, read: variants follow their report."""
    reader = ExampleReader()
    examples = []
    for done, report in enumerate(reports, start=1):
        varied = _chosen(report, rules, seed)
        examples.append(reader.annotated(report))
        examples += [reader.annotated(one, varied=True, weight=VARIED_WEIGHT / len(varied)) for one in varied]
        progress("reading reports and variants", done, len(reports))
    examples += [reader.note(note.note_id, note.group, note.text, rules) for note in notes]
    return examples


def _chosen(report: AnnotatedReport, rules: RuleSet, seed: int) -> list[AnnotatedReport]:
    """At most `MOST_VARIANTS` of the variants, by lot, in their order."""
    found = list(variants(report, rules=rules, seed=seed))
    lot = random.Random(f"{seed} {report.author} {report.report_id}")  # noqa: S311 - it guards no secret
    kept = sorted(lot.sample(range(len(found)), min(MOST_VARIANTS, len(found))))
    return [found[i] for i in kept]


def load_notes(paths: Iterable[Path]) -> list[Note]:
    """Notes of JSON Lines files or of folders of them, an object with id and text a line. Raises `UsageError`."""
    return [note for path in paths for file in _files(path) for note in _notes(file)]


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.jsonl")) if path.is_dir() else [path]


def _notes(file: Path) -> Iterator[Note]:
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{file}: cannot be read as UTF-8 text") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            yield Note(str(values["id"]), f"notes/{file.stem}", str(values["text"]))
        except (ValueError, KeyError, TypeError):
            raise UsageError(f"{file}:{number}: not a JSON object with id and text") from None


def variant_kinds(examples: Iterable[Example]) -> dict[str, int]:
    """How many variants of each kind were learned from."""
    return dict(sorted(Counter(one.report_id.rpartition("+")[2] for one in examples if one.varied).items()))
