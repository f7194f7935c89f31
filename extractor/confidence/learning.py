"""Examples to models: features that several authors share, a penalised linear model a fact, calibration out of fold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from extractor.codebook import RuleSet
from extractor.coding import CodeSet, code_set
from extractor.confidence.calibration import CodeCalibration, SetCalibration, fit_codes, fit_sets
from extractor.confidence.examples import Example, folds
from extractor.confidence.fact_models import REPORT_FACTS, FactModels
from extractor.confidence.features import REGION_ROWS, Features
from extractor.confidence.summation import cases, code_probabilities, code_set_probabilities

# Words that fewer authors use tell the author, not the fact.
LEAST_AUTHORS = 3
# The inverse penalty of the models, chosen by log loss with authors held apart.
FREEDOM = 0.3
FOLDS = 8
# Codes less probable than this teach the calibration of codes nothing but how unlikely the unlikely is.
LEAST_LEARNED = 0.05


@dataclass(frozen=True, slots=True)
class Judgement:
    """What models that have not seen an author make of one of their reports, before calibration.

    `proposed` is the code set of the rules, `sets` are summed probabilities.
    """

    example: Example
    proposed: CodeSet
    sets: Mapping[CodeSet, float]


def fit(examples: Sequence[Example]) -> FactModels:
    """Models of all facts. Raises `ValueError` where a fact has fewer than two values to tell apart."""
    reports = _vectorizer((example.features.report, example.group) for example in examples)
    matrix = reports.transform([example.features.report for example in examples])
    facts, seen = {}, {}
    for fact in REPORT_FACTS:
        chosen = [i for i, example in enumerate(examples) if fact == "study" or example.intrathecal]
        values = [examples[i].truth[fact] for i in chosen]
        if len(set(values)) < 2:
            raise ValueError(fact)
        facts[fact] = _model().fit(matrix[chosen], values, [examples[i].weight for i in chosen])
        seen[fact] = dict(
            sorted(Counter(v for v, i in zip(values, chosen, strict=True) if not examples[i].varied).items())
        )
    read = [example for example in examples if example.intrathecal and example.truth["read"] == "yes"]
    regions = _vectorizer((row, example.group) for example in read for row in example.features.regions)
    rows = regions.transform([row for example in read for row in example.features.regions])
    weights = [example.weight for example in read for _ in REGION_ROWS]
    region = _model().fit(rows, [there for example in read for there in example.regions], weights)
    return FactModels(reports, regions, facts, region, seen)


def judge_apart(
    examples: Sequence[Example], rules: RuleSet, *, done: Callable[[], None] = lambda: None
) -> list[Judgement]:
    """Every example judged by models that were fitted without its author, in the order of the examples."""
    found: dict[int, Judgement] = {}
    for fold in folds(examples, most=FOLDS):
        models = fit([example for example in examples if example.group not in fold])
        held = [i for i, example in enumerate(examples) if example.group in fold]
        for i, probabilities in zip(held, models.judge([examples[i].features for i in held]), strict=True):
            decided = examples[i].features.decided
            sets = code_set_probabilities(cases(probabilities, decided, rules))
            found[i] = Judgement(examples[i], tuple(sorted(code_set(decided, rules))), sets)
        done()
    return [found[i] for i in range(len(examples))]


def calibrate(judgements: Sequence[Judgement]) -> tuple[SetCalibration, CodeCalibration]:
    """The calibrations of code sets and of codes, learned from judgements by models that had not seen the author."""
    weights = [one.example.weight for one in judgements]
    sets = fit_sets([one.sets for one in judgements], [one.example.codes for one in judgements], weights)
    rows = [
        (code, p, (code, modifiers) in one.example.codes, weight)
        for one, weight in zip(judgements, weights, strict=True)
        for (code, modifiers), p in code_probabilities(sets.apply(one.sets)).items()
        if p >= LEAST_LEARNED
    ]
    codes, probabilities, right, row_weights = (list(column) for column in zip(*rows, strict=True))
    return sets, fit_codes(codes, probabilities, right, row_weights)


def calibrate_apart(judgements: Sequence[Judgement]) -> list[tuple[SetCalibration, CodeCalibration]]:
    """For each judgement calibrations that had not seen its author either."""
    found: dict[int, tuple[SetCalibration, CodeCalibration]] = {}
    for fold in folds([one.example for one in judgements], most=FOLDS):
        fitted = calibrate([one for one in judgements if one.example.group not in fold])
        found |= {i: fitted for i, one in enumerate(judgements) if one.example.group in fold}
    return [found[i] for i in range(len(judgements))]


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _model() -> LogisticRegression:
    return LogisticRegression(C=FREEDOM, max_iter=2000)


def _vectorizer(rows: Iterable[tuple[Features, str]]) -> DictVectorizer:
    """A vectorizer of the features that enough authors have, in order of name."""
    authors: dict[str, set[str]] = defaultdict(set)
    for features, group in rows:
        for name in features:
            authors[name].add(group)
    needed = min(LEAST_AUTHORS, len(set().union(*authors.values())))
    names = [name for name, groups in sorted(authors.items()) if len(groups) >= needed]
    return DictVectorizer().fit([dict.fromkeys(names, 0.0)])
