"""`evaluate --apart`: how good confidence is on authors that it has not learned from, beside what it must beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.cli_options import say

if TYPE_CHECKING:
    from extractor.confidence.forecasts import Forecast
    from extractor.corpus import AnnotatedReport
    from extractor.evaluation_tables import Table


def apart(reports: Sequence[AnnotatedReport], notes: Sequence[Path]) -> Mapping[str, list[Forecast]]:
    """Forecasts of confidence and of the baselines, each learned anew without the author (8 folds of authors)."""
    from extractor.confidence.report import compared
    from extractor.confidence.training import examples_of, judged_apart, load_notes
    from extractor.tables import coding_tables
    from extractor.terminal import StepProgress

    rules = coding_tables().on(None)
    known = load_notes(notes)
    with StepProgress() as bar:
        examples = examples_of(reports, known, rules, progress=bar.step)
        judgements = judged_apart(examples, rules, bar.step)
    texts = {report.report_id: report.text for report in reports} | {note.note_id: note.text for note in known}
    found = compared(judgements, texts)
    return {name: [one for one in own if not one.group.startswith("notes/")] for name, own in found.items()}


def forecasts_with(reports: Sequence[AnnotatedReport], model: Path | None) -> list[Forecast]:
    """Forecasts by the shipped model, or another; honest only for reports that it has not learned from."""
    from extractor.confidence import store
    from extractor.confidence.examples import ExampleReader
    from extractor.confidence.report import forecasts_of
    from extractor.tables import coding_tables

    reader = ExampleReader()
    trained = store.load(model) if model else store.shipped()
    return forecasts_of(trained, [reader.annotated(report) for report in reports], coding_tables().on(None))


def apart_tables(found: Mapping[str, list[Forecast]]) -> list[Table]:
    """All models beside each other, then the details of confidence itself."""
    from extractor.confidence.report import OURS, confidence_tables, figures_table

    return [figures_table(found), *confidence_tables(found[OURS])[1:]]


def plot(found: Mapping[str, list[Forecast]], folder: Path) -> None:
    """Write the plots and say where they are."""
    from extractor.confidence.plots import write_plots

    say("written: " + ", ".join(map(str, write_plots(found, folder))))
