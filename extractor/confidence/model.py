"""A trained confidence model: fact models, calibrations, the domain, and the sample that the risk dial draws on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extractor.codebook import RuleSet
from extractor.coding import CodeSet
from extractor.confidence.calibration import CodeCalibration, SetCalibration
from extractor.confidence.domain import Domain
from extractor.confidence.fact_models import FactModels
from extractor.confidence.features import ReportFeatures
from extractor.confidence.risk import Outcome
from extractor.confidence.summation import (
    INTRATHECAL,
    Case,
    FactProbabilities,
    cases,
    code_probabilities,
    code_set_probabilities,
)

CodeName = tuple[str, tuple[str, ...]]

# A code set takes the place of the rules' only if it is this probable, and this many times as probable as theirs.
OVERRULES_FROM = 0.5
OVERRULES_BY = 3.0


@dataclass(frozen=True, slots=True)
class ConfidenceModel:
    """Everything that turns features into confidence. `version` names the training run; `sample` is out of fold."""

    facts: FactModels
    sets: SetCalibration
    codes: CodeCalibration
    domain: Domain
    sample: tuple[Outcome, ...]
    version: str

    def assess(self, reports: Sequence[tuple[ReportFeatures, RuleSet]]) -> list[Assessment]:
        """Judge some reports, each under the rules of its date of service; many at once are cheaper than one by one."""
        judged = self.facts.judge([features for features, _ in reports])
        return [
            self._assessment(features, facts, rules) for (features, rules), facts in zip(reports, judged, strict=True)
        ]

    def _assessment(self, features: ReportFeatures, facts: FactProbabilities, rules: RuleSet) -> Assessment:
        found = cases(facts, features.decided, rules)
        odds = calibrated(code_set_probabilities(found), self.sets, self.codes)
        return Assessment(facts, found, odds, self.domain.outside(features))


@dataclass(frozen=True, slots=True)
class Odds:
    """Calibrated probabilities of code sets, the most probable first, and of codes."""

    sets: Mapping[CodeSet, float]
    codes: Mapping[CodeName, float]

    def of_set(self, codes: CodeSet) -> float:
        """The confidence of a code set: never above that of its least certain code."""
        return min([self.sets.get(codes, 0.0), *(self.codes.get(code, 0.0) for code in codes)])

    def choose(self, proposed: CodeSet, study: str) -> CodeSet:
        """The code set to propose: that of the rules, unless another is far more probable.

        A report whose `study` has no contrast in the thecal sac, as the rules see it, gets no code by probability
        alone: there a wrong code would be one among many notes that are no myelogram, and a human is asked instead.
        """
        best, p = next(iter(self.sets.items()))
        if study not in INTRATHECAL:
            return proposed
        return best if p >= max(OVERRULES_FROM, OVERRULES_BY * self.sets.get(proposed, 0.0)) else proposed


def calibrated(sets: Mapping[CodeSet, float], of_sets: SetCalibration, of_codes: CodeCalibration) -> Odds:
    """Summed probabilities of code sets made to mean what they say."""
    found = of_sets.apply(sets)
    return Odds(found, {code: of_codes.apply(code[0], p) for code, p in code_probabilities(found).items()})


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a model makes of one report: its facts, the cases that were summed, and the odds of codes.

    `outside` says that the text is unlike those that the model was trained on.
    """

    facts: FactProbabilities
    cases: Sequence[Case]
    odds: Odds
    outside: bool
