"""The one engine behind every door: text in, `Reading` out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from spacy.language import Language

from extractor import pipeline
from extractor.errors import ReportError
from extractor.reading import reading_of
from extractor.records import Reading, Report

# spaCy keeps every new word of a text in its vocabulary; beyond this many the pipeline is built anew, so that neither
# memory grows with an archive nor the words of long gone reports stay in the process.
MOST_WORDS = 100_000


_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")


class Extractor:
    """Reads reports. Load it once; what it reads of one report never depends on another."""

    def __init__(self, nlp: Language) -> None:
        self._nlp = nlp

    @classmethod
    def load(cls) -> Extractor:
        """An extractor with the tables that ship in the package. Raises `TableError` where one is malformed."""
        return cls(pipeline.build(reader=False))

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
        return self._reading(Report(text, report_id, service_date, place_of_service, component))

    def read_many(self, reports: Iterable[Report | str]) -> Iterator[Reading]:
        """Read a stream of reports, in order, one at a time in memory; the same readings and errors as `read` gives."""
        for report in reports:
            yield self._reading(report if isinstance(report, Report) else Report(report))

    def _reading(self, report: Report) -> Reading:
        if not isinstance(report.text, str):
            raise ReportError("no_text", "the report has no text")
        if not report.text.strip():
            raise ReportError("empty", "the text is empty")
        if bad := _HALF_CHARACTER.search(report.text):
            raise ReportError("encoding", f"the text holds half a character at {bad.start()}: it was decoded wrongly")
        if len(self._nlp.vocab.strings) > MOST_WORDS:
            self._nlp = pipeline.build(reader=False)
        return reading_of(self._nlp(report.text)._.myelogram_outline, report)
