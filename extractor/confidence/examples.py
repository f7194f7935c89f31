"""Annotated reports as examples to learn from: what the rules make of them, and what is true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from extractor import pipeline
from extractor.codebook import RuleSet
from extractor.coding import CodeSet, code_set
from extractor.confidence.features import REGION_ROWS, ReportFeatures, features_of
from extractor.confidence.summation import INTRATHECAL
from extractor.corpus import AnnotatedReport
from extractor.reading import read_facts


@dataclass(frozen=True, slots=True)
class Example:
    """One report to learn from.

    `group` is the author: reports of one group, and all their variants, are never parted between learning and
    judging. `truth` holds the value of each fact of the whole report, `regions` what is true of each of `REGION_ROWS`.
    `varied` tells variants made by code from reports that somebody wrote.
    """

    report_id: str
    group: str
    style: str
    features: ReportFeatures
    truth: Mapping[str, str]
    regions: tuple[bool, ...]
    codes: CodeSet
    varied: bool = False
    weight: float = 1.0

    @property
    def intrathecal(self) -> bool:
        """Whether contrast was in the thecal sac, so that all facts have a meaning."""
        return self.truth["study"] in INTRATHECAL


class ExampleReader:
    """Reads reports into features, without coding them."""

    def __init__(self) -> None:
        self._nlp = pipeline.build(reader=False)

    def features(self, text: str) -> ReportFeatures:
        """The features of one report."""
        outline = self._nlp(text)._.myelogram_outline
        return features_of(outline, read_facts(outline))

    def annotated(self, report: AnnotatedReport, *, varied: bool = False, weight: float = 1.0) -> Example:
        """An annotated report as an example."""
        gold = report.gold
        return Example(
            report.report_id,
            report.author,
            report.style,
            self.features(report.text),
            _truth(gold),
            tuple(region in gold[_LISTS[modality]] for modality, region in REGION_ROWS),
            tuple(sorted((code["code"], tuple(code["modifiers"])) for code in gold["codes"])),
            varied,
            weight,
        )

    def note(self, note_id: str, group: str, text: str, rules: RuleSet) -> Example:
        """A text that is known to be no myelogram: any other study that the rules see in it stands."""
        features = self.features(text)
        study = features.decided.study
        known = features.decided._replace(study="other") if study in INTRATHECAL else features.decided
        truth = {"study": known.study, "status": "none", "by": "none", "route": "None", "read": "no"}
        codes = tuple(sorted(code_set(known, rules)))
        return Example(note_id, group, "note", features, truth, (False,) * len(REGION_ROWS), codes)


_LISTS = {"film": "myelo_regions", "ct": "ct_regions"}


def _truth(gold: Mapping[str, Any]) -> dict[str, str]:
    injection = gold["injection"]
    return {
        "study": gold["study"],
        "status": gold["status"],
        "by": injection["by"],
        "route": str(injection["route"]),
        "read": "yes" if gold["interpretation"] else "no",
    }


def folds(examples: Iterable[Example], *, most: int) -> list[frozenset[str]]:
    """The groups, dealt out to at most `most` folds of like size; the same groups, the same folds."""
    sizes: dict[str, int] = {}
    for example in examples:
        sizes[example.group] = sizes.get(example.group, 0) + (not example.varied)
    dealt: list[list[str]] = [[] for _ in range(min(most, len(sizes)))]
    for group in sorted(sizes, key=lambda name: (-sizes[name], name)):
        min(dealt, key=lambda fold: sum(sizes[name] for name in fold)).append(group)
    return [frozenset(fold) for fold in dealt]
