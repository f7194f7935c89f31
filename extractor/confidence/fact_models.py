"""From features to calibrated probabilities of each deciding fact: a linear model a fact, one shared by all regions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from extractor.confidence.features import REGION_ROWS, ReportFeatures
from extractor.confidence.summation import Distribution, FactProbabilities
from extractor.records import REGIONS

REPORT_FACTS = ("study", "status", "by", "route", "read")
# A value with fewer training reports than this is rare: its probability is held down, and the reading says so.
RARE = 5
# What a value that no training report had is given where the rules say it.
UNSEEN = 0.5


@dataclass(frozen=True, slots=True)
class FactModels:
    """The models of all facts. `seen` counts the training reports of each value of each fact."""

    report_vectorizer: DictVectorizer
    region_vectorizer: DictVectorizer
    facts: Mapping[str, LogisticRegression]
    region: LogisticRegression
    seen: Mapping[str, Mapping[str, int]]

    def judge(self, reports: Sequence[ReportFeatures]) -> list[FactProbabilities]:
        """What the models think of some reports, in order; many at once are much cheaper than one by one."""
        if not reports:
            return []
        matrix = self.report_vectorizer.transform([one.report for one in reports])
        judged = {fact: self._distributions(fact, matrix, reports) for fact in REPORT_FACTS}
        rows = self.region_vectorizer.transform([row for one in reports for row in one.regions])
        regions = self.region.predict_proba(rows)[:, 1].reshape(len(reports), len(REGION_ROWS)).tolist()
        return [
            FactProbabilities(
                **{fact: judged[fact][i] for fact in REPORT_FACTS},
                film=tuple(regions[i][: len(REGIONS)]),
                ct=tuple(regions[i][len(REGIONS) :]),
            )
            for i in range(len(reports))
        ]

    def _distributions(
        self, fact: str, matrix: NDArray[np.float64], reports: Iterable[ReportFeatures]
    ) -> list[Distribution]:
        model = self.facts[fact]
        classes = model.classes_.tolist()
        seen = self.seen[fact]
        return [
            _held_down(dict(zip(classes, row, strict=True)), rule_value(fact, one), seen)
            for row, one in zip(model.predict_proba(matrix).tolist(), reports, strict=True)
        ]


def rule_value(fact: str, features: ReportFeatures) -> str:
    """What the rules have for a fact, in the words of `FactProbabilities`."""
    decided = features.decided
    if fact == "read":
        return "yes" if decided.interpretation else "no"
    return str(getattr(decided, fact))


def _held_down(found: dict[str, float], said: str, seen: Mapping[str, int]) -> Distribution:
    """Probabilities with those of rare values made smaller, and room for a value that the models do not know."""
    shrunk = {value: p * min(1.0, (seen.get(value, 0) + 1) / (RARE + 1)) for value, p in found.items()}
    if said not in found and said != "none":
        rest = sum(shrunk.values()) or 1.0
        return {said: UNSEEN, **{value: p / rest * (1 - UNSEEN) for value, p in shrunk.items()}}
    kept = sum(shrunk.values())
    return {value: p / kept for value, p in shrunk.items()}
