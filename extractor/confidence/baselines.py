"""What confidence must beat: the rules with one constant, a text classifier, and boosting, all on the same folds."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from scipy.sparse import hstack
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from extractor.coding import CodeSet
from extractor.confidence.examples import Example, folds
from extractor.confidence.features import REGION_ROWS, Features
from extractor.confidence.forecasts import Forecast, forecast
from extractor.confidence.learning import FOLDS, Judgement
from extractor.confidence.model import Odds

Distributions = list[dict[CodeSet, float]]
# Fits on some judgements and gives a distribution over code sets for each of some others.
Baseline = Callable[[Sequence[Judgement], Sequence[Judgement]], Distributions]


def constant(learned: Sequence[Judgement], asked: Sequence[Judgement]) -> Distributions:
    """The rules' code set with the share that is right of those learned from; the rest goes to all other known sets."""
    known = {one.example.codes for one in learned}
    right = sum(one.proposed == one.example.codes for one in learned) / len(learned)
    found = []
    for one in asked:
        others = known - {one.proposed}
        found.append({one.proposed: right, **dict.fromkeys(sorted(others), (1 - right) / len(others))})
    return found


def text_classifier(texts: Mapping[str, str]) -> Baseline:
    """TF-IDF of words and pairs of words, and a multinomial linear model over code sets; `texts` by report id."""

    def judge(learned: Sequence[Judgement], asked: Sequence[Judgement]) -> Distributions:
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True)
        matrix = vectorizer.fit_transform([texts[one.example.report_id] for one in learned])
        model = LogisticRegression(C=10.0, max_iter=300)
        return _classified(
            model, matrix, learned, vectorizer.transform([texts[one.example.report_id] for one in asked])
        )

    return judge


def boosting(learned: Sequence[Judgement], asked: Sequence[Judgement]) -> Distributions:
    """Gradient boosting over code sets, on the features of the fact models."""
    reports = _frequent([_shared(one.example) for one in learned])
    regions = _frequent([_rows(one.example) for one in learned])

    def table(found: Sequence[Judgement]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        parts = (
            reports.transform([_shared(one.example) for one in found]),
            regions.transform([_rows(one.example) for one in found]),
        )
        dense: np.ndarray[tuple[int, int], np.dtype[np.float64]] = hstack(parts).toarray()
        return dense

    model = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=6, min_samples_leaf=8, max_bins=8, l2_regularization=5.0, random_state=0
    )
    return _classified(model, table(learned), learned, table(asked))


def baseline_forecasts(judgements: Sequence[Judgement], baseline: Baseline) -> list[Forecast]:
    """Forecasts of a baseline for the unvaried reports, each fitted without the author, learned from unvaried ones."""
    unvaried = [one for one in judgements if not one.example.varied]
    found: dict[int, Forecast] = {}
    for fold in folds([one.example for one in unvaried], most=FOLDS):
        learned = [one for one in unvaried if one.example.group not in fold]
        held = [i for i, one in enumerate(unvaried) if one.example.group in fold]
        for i, sets in zip(held, baseline(learned, [unvaried[i] for i in held]), strict=True):
            ordered = dict(sorted(sets.items(), key=lambda item: (-item[1], item[0])))
            found[i] = forecast(unvaried[i], _odds(ordered), next(iter(ordered)))
    return [found[i] for i in range(len(unvaried))]


def _frequent(rows: Sequence[Features]) -> DictVectorizer:
    """A vectorizer of the features that one report in fifty has: trees over all of them take hours."""
    counts = Counter(name for row in rows for name in row)
    names = sorted(name for name, n in counts.items() if n * 50 >= len(rows))
    return DictVectorizer().fit([dict.fromkeys(names, 0.0)])


def _odds(sets: Mapping[CodeSet, float]) -> Odds:
    codes: dict[tuple[str, tuple[str, ...]], float] = {}
    for found, p in sets.items():
        for code in found:
            codes[code] = codes.get(code, 0.0) + p
    return Odds(sets, codes)


def _classified(model: object, matrix: object, learned: Sequence[Judgement], asked: object) -> Distributions:
    known = sorted({one.example.codes for one in learned})
    numbers = {codes: number for number, codes in enumerate(known)}
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # many code sets are rare, and scikit-learn asks whether they are meant
        model.fit(matrix, [numbers[one.example.codes] for one in learned])  # type: ignore[attr-defined]
    return [dict(zip(known, map(float, row), strict=True)) for row in model.predict_proba(asked)]  # type: ignore[attr-defined]


def _shared(example: Example) -> Features:
    """The features of the whole report, without single words: a tree finds nothing in so many."""
    return {name: value for name, value in example.features.report.items() if not name.startswith("word: ")}


def _rows(example: Example) -> Features:
    return dict(_named_rows(example))


def _named_rows(example: Example) -> Iterator[tuple[str, float]]:
    for (modality, region), row in zip(REGION_ROWS, example.features.regions, strict=True):
        for name, value in row.items():
            yield f"{modality} {region}: {name}", value
