"""Confidence held against gold, as tables of words and as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from extractor.codebook import RuleSet
from extractor.coding import code_set
from extractor.confidence.baselines import baseline_forecasts, boosting, constant, text_classifier
from extractor.confidence.examples import Example
from extractor.confidence.forecasts import Forecast, forecasts, proposal
from extractor.confidence.learning import Judgement
from extractor.confidence.model import ConfidenceModel
from extractor.confidence.scores import code_scores, group_scores, reliability_rows, scores
from extractor.evaluation_tables import Table

OURS = "fact models, summed"
FIGURES = {
    "code_set_right": "code set right",
    "log_loss": "log loss",
    "brier": "Brier score",
    "ece_codes": "ECE of codes",
    "aurc": "AURC",
    "coverage_at_99": "myelograms passing at 99 %",
    "mean_confidence": "mean confidence",
}


def forecasts_of(model: ConfidenceModel, examples: Sequence[Example], rules: RuleSet) -> list[Forecast]:
    """Forecasts by a trained model, for reports that it should not have learned from."""
    assessed = model.assess([(example.features, rules) for example in examples])
    return [
        proposal(
            Judgement(example, tuple(sorted(code_set(example.features.decided, rules))), found.odds.sets), found.odds
        )
        for example, found in zip(examples, assessed, strict=True)
    ]


def compared(judgements: Sequence[Judgement], texts: Mapping[str, str]) -> dict[str, list[Forecast]]:
    """Forecasts of confidence and of each baseline on the same folds; `texts` by report id."""
    return {
        OURS: [one for one in forecasts(judgements) if not one.varied],
        "rules, one constant": baseline_forecasts(judgements, constant),
        "TF-IDF, linear": baseline_forecasts(judgements, text_classifier(texts)),
        "gradient boosting": baseline_forecasts(judgements, boosting),
    }


def confidence_tables(found: Sequence[Forecast]) -> list[Table]:
    """The figures of one model, its codes, its bins of like confidence, and its authors."""
    return [
        figures_table({"confidence": found}),
        codes_table(found),
        reliability_table(found),
        groups_table(found),
    ]


def figures_table(named: Mapping[str, Sequence[Forecast]]) -> Table:
    """The figures of several models beside each other, with the bootstrap interval of the calibration error."""
    values = {name: scores(found) for name, found in named.items()}
    rows = [(words, *(_cell(values[name][figure]) for name in named)) for figure, words in FIGURES.items()]
    rows.append(("ECE of codes, 95 % interval", *(_span(values[name]["ece_codes_interval"]) for name in named)))
    rows.append(("reports", *(str(values[name]["reports"]) for name in named)))
    return Table("Confidence", ("figure", *named), tuple(rows))


def codes_table(found: Iterable[Forecast]) -> Table:
    """Each code: how often proposed, how sure, how often right."""
    rows = tuple(
        (row["code"], str(row["proposals"]), *(_cell(row[name]) for name in ("mean_confidence", "right", "gap", "ece")))
        for row in code_scores(list(found))
    )
    return Table("Confidence by code", ("code", "proposals", "mean confidence", "right", "gap", "ECE"), rows)


def reliability_table(found: Iterable[Forecast]) -> Table:
    """Codes in bins of equal size by confidence."""
    rows = tuple(
        (str(row["proposals"]), _cell(row["mean_confidence"]), _cell(row["right"]))
        for row in reliability_rows(list(found))
    )
    return Table("Reliability of codes", ("proposals", "mean confidence", "right"), rows, left=0)


def groups_table(found: Iterable[Forecast]) -> Table:
    """Each author: right by confidence and by the rules alone, mean confidence, log loss."""
    names = ("code_set_right", "code_set_right_rules", "mean_confidence", "log_loss")
    rows = tuple(
        (group, str(values["reports"]), *(_cell(values[name]) for name in names))
        for group, values in group_scores(list(found)).items()
    )
    head = ("author", "reports", "code set right", "by the rules", "mean confidence", "log loss")
    return Table("Confidence by author", head, rows)


def as_values(named: Mapping[str, Sequence[Forecast]]) -> dict[str, Any]:
    """The figures of several models as plain values, ready for JSON."""
    return {
        name: {"scores": scores(found), "codes": code_scores(found), "authors": group_scores(found)}
        for name, found in named.items()
    }


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _span(bounds: Sequence[float] | None) -> str:
    return f"{bounds[0]:.3f}–{bounds[1]:.3f}" if bounds else "–"
