"""The one engine behind every door: text in, `Reading` out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from spacy.language import Language

from extractor import pipeline
from extractor.coding import check_call
from extractor.confidence import store
from extractor.confidence.judging import Judge
from extractor.confidence.risk import RiskDial, dial, read_sample
from extractor.errors import ReportError, UsageError
from extractor.outline import Outline
from extractor.reading import reading_of
from extractor.records import Reading, Report

# spaCy keeps every new word of a text in its vocabulary; beyond this many the pipeline is built anew, so that neither
# memory grows with an archive nor the words of long gone reports stay in the process.
MOST_WORDS = 100_000

# Reports that are judged together: the models cost little more for many than for one.
BATCH = 64

_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")


class Extractor:
    """Reads reports. Load it once; what it reads of one report never depends on another."""

    def __init__(self, nlp: Language, judge: Judge | None = None) -> None:
        self._nlp = nlp
        self._judge = judge

    @classmethod
    def load(
        cls,
        *,
        confidence: bool = True,
        model: Path | None = None,
        max_error: float | None = None,
        reviewed: Path | None = None,
    ) -> Extractor:
        """An extractor with the tables and the confidence model that ship in the package.

        `model` is a folder that `myelocode train` wrote, in place of the shipped one. With `confidence=False` readings
        carry no confidence and nothing is overruled. `max_error` is the share of wrong proposals that a site tolerates
        (0.02 is 2 %): readings with a code that is not sure enough for it get a review reason. Its thresholds come from
        the sample of the model, or from a site's own in the CSV file `reviewed` (`confidence.risk.read_sample`).
        Raises `TableError` or `ModelError` where tables or model are malformed, `UsageError` where `max_error` is no
        share, `reviewed` no sample, or one is given that another rules out.
        """
        if reviewed and max_error is None:
            raise UsageError("a reviewed sample serves a tolerated error: give max_error (--max-error) too")
        if not confidence:
            if model or max_error is not None:
                raise UsageError("without confidence there is neither a model nor a tolerated error: leave them out")
            return cls(pipeline.build(reader=False))
        trained = store.load(model) if model else store.shipped()
        sample = read_sample(reviewed) if reviewed else trained.sample
        turned = None if max_error is None else dial(sample, max_error)
        return cls(pipeline.build(reader=False), Judge(trained, turned))

    @property
    def dial(self) -> RiskDial | None:
        """The thresholds behind `max_error`, code by code."""
        return self._judge.dial if self._judge else None

    def read(
        self,
        text: str,
        *,
        report_id: str | None = None,
        service_date: date | None = None,
        place_of_service: str | None = None,
        component: str | None = None,
    ) -> Reading:
        """Read one report.

        `place_of_service` is the two-digit CMS code, `component` "professional" or "technical".
        Raises `ReportError` (reason code and sentence, never report text) where there is no text to read, and
        `UsageError` for a place of service or component that does not exist.
        """
        return next(self.read_many([Report(text, report_id, service_date, place_of_service, component)]))

    def read_many(self, reports: Iterable[Report | str]) -> Iterator[Reading]:
        """Read a stream of reports, in order, a batch at a time in memory; the same readings and errors as `read`.

        The readings of the reports before one that cannot be read are given before its error is raised.
        """
        laid_out: list[tuple[Outline, Report]] = []
        for given in reports:
            report = given if isinstance(given, Report) else Report(given)
            try:
                laid_out.append((self._outline(report), report))
            except (ReportError, UsageError):
                yield from self._readings(laid_out)
                raise
            if len(laid_out) == BATCH:
                yield from self._readings(laid_out)
                laid_out = []
        yield from self._readings(laid_out)

    def _readings(self, laid_out: list[tuple[Outline, Report]]) -> Iterator[Reading]:
        if self._judge is not None:
            return iter(self._judge.read(laid_out))
        return (reading_of(outline, report) for outline, report in laid_out)

    def _outline(self, report: Report) -> Outline:
        if not isinstance(report.text, str):
            raise ReportError("no_text", "the report has no text")
        if not report.text.strip():
            raise ReportError("empty", "the text is empty")
        if bad := _HALF_CHARACTER.search(report.text):
            raise ReportError("encoding", f"the text holds half a character at {bad.start()}: it was decoded wrongly")
        check_call(report.place_of_service, report.component)
        if len(self._nlp.vocab.strings) > MOST_WORDS:
            self._nlp = pipeline.build(reader=False)
        outline: Outline = self._nlp(report.text)._.myelogram_outline
        return outline
