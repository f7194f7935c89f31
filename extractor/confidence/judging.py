"""A reading with its confidence: which code set is proposed, how sure it is, why not surer, and who should look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from extractor import tables
from extractor.coding import CodeSet, Deciding, code_set
from extractor.confidence.explanation import PLACES, Explainer
from extractor.confidence.features import features_of
from extractor.confidence.model import Assessment, ConfidenceModel
from extractor.confidence.risk import NO_CODE, RiskDial
from extractor.outline import Outline
from extractor.reading import FactReading, coded, read_facts, region_spans
from extractor.records import Code, Coding, Facts, Reading, Report

_REGION_FIELDS = ("region:", "myelo_region:", "ct_region:")
# Below this confidence of the code set a human should look.
LOW = 0.8


class Judge(NamedTuple):
    """A confidence model, and the risk that a site tolerates, if it said one."""

    model: ConfidenceModel
    dial: RiskDial | None = None

    def read(self, reports: Sequence[tuple[Outline, Report]]) -> list[Reading]:
        """The readings of some laid-out reports, in order, with confidence; many at once cost less than one by one."""
        read = [read_facts(outline) for outline, _ in reports]
        rules = [tables.coding_tables().on(report.service_date) for _, report in reports]
        features = [features_of(outline, one) for (outline, _), one in zip(reports, read, strict=True)]
        assessed = self.model.assess(list(zip(features, rules, strict=True)))
        return [
            self._reading(report, one, feature.decided, assessment, proposed=_ordered(code_set(feature.decided, rule)))
            for (_, report), one, feature, rule, assessment in zip(
                reports, read, features, rules, assessed, strict=True
            )
        ]

    def _reading(
        self, report: Report, read: FactReading, decided: Deciding, assessment: Assessment, *, proposed: CodeSet
    ) -> Reading:
        if assessment.outside:
            return _without_codes(coded(report, read, read.facts), self.model.version)
        codes = assessment.odds.choose(proposed, decided.study)
        chosen = decided if codes == proposed else _likeliest(assessment, codes)
        explainer = Explainer(assessment, chosen, read.spans, self.model.facts.seen)
        reading = coded(report, read if chosen == decided else _overruled(read, chosen), _with(read.facts, chosen))
        own = tuple(
            replace(code, confidence=round(assessment.odds.codes.get(_name(code), 0.0), PLACES))
            for code in reading.codes
        )
        reading = replace(
            reading,
            coding=replace(reading.coding, codes=own),
            versions={**reading.versions, "model": self.model.version},
            confidence=round(assessment.odds.of_set(codes), PLACES),
            alternatives=explainer.alternatives(codes),
            limits=tuple(explainer.limit(_name(code)) for code in own),
            overruled=explainer.changes(decided) if chosen != decided else (),
        )
        return _reviewed(reading, tuple(_reasons(reading, self.dial)))


def _likeliest(assessment: Assessment, codes: CodeSet) -> Deciding:
    """The most probable facts that lead to a code set."""
    return max((case for case in assessment.cases if case.codes == codes), key=lambda case: case.probability).facts


def _overruled(read: FactReading, chosen: Deciding) -> FactReading:
    """The evidence for other regions than those of the rules."""
    kept = {field: spans for field, spans in read.spans.items() if not field.startswith(_REGION_FIELDS)}
    regions = region_spans(read.regions, chosen.myelo_regions, chosen.ct_regions)
    return read._replace(spans=kept | {field: tuple(dict.fromkeys(spans)) for field, spans in regions.items() if spans})


def _with(facts: Facts, chosen: Deciding) -> Facts:
    """The facts with the deciding ones as chosen."""
    return replace(
        facts,
        study=chosen.study,
        status=chosen.status,
        injection=replace(facts.injection, by=chosen.by, route=chosen.route),
        interpretation=chosen.interpretation,
        myelo_regions=chosen.myelo_regions,
        ct_regions=chosen.ct_regions,
        ct_precontrast=chosen.ct_precontrast,
    )


def _reasons(reading: Reading, dial: RiskDial | None) -> Iterator[str]:
    """The ids of the review table that follow from the confidence."""
    if reading.overruled:
        yield "overruled"
    if (reading.confidence or 0.0) < LOW:
        yield "low_confidence"
    if dial is not None and not passes(reading, dial):
        yield "above_tolerated_error"


def passes(reading: Reading, dial: RiskDial) -> bool:
    """Whether every proposed code, or the proposal of none, is sure enough for the error that a site tolerates."""
    if not reading.codes:
        return dial.passes(NO_CODE, reading.confidence or 0.0)
    return all(dial.passes(code.code, code.confidence or 0.0) for code in reading.codes)


def _without_codes(reading: Reading, version: str) -> Reading:
    """The reading of a text unlike any that the model knows: no codes, no confidence, and a human asked."""
    emptied = replace(reading, coding=Coding((), (), (), (), ()), confidence=0.0)
    return _reviewed(replace(emptied, versions={**reading.versions, "model": version}), ("out_of_domain",))


def _reviewed(reading: Reading, reasons: Sequence[str]) -> Reading:
    sentences = tuple(tables.coding_tables().reviews[name].sentence for name in reasons)
    coding = replace(reading.coding, review_reasons=(*reading.coding.review_reasons, *sentences))
    return replace(reading, coding=coding)


def _name(code: Code) -> tuple[str, tuple[str, ...]]:
    """A code with the modifiers that the facts give it, without those of the place of service."""
    return code.code, tuple(modifier for modifier in code.modifiers if modifier not in ("26", "TC"))


def _ordered(codes: CodeSet) -> CodeSet:
    return tuple(sorted(codes))
