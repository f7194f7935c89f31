"""The one engine behind every door: text in, `Reading` out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from extractor.records import Coding, Facts, Reading, Report


class Extractor:
    """Reads reports. Load it once; it holds no state between reports."""

    @classmethod
    def load(cls) -> Extractor:
        """An extractor with the tables that ship in the package."""
        return cls()

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

        Raises `ReportError` (reason code and sentence, never report text) where the text cannot be read.
        """
        return self._reading(Report(text, report_id, service_date, place_of_service, component))

    def read_many(self, reports: Iterable[Report | str]) -> Iterator[Reading]:
        """Read a stream of reports, in order, one at a time in memory; the same readings as `read` gives."""
        for report in reports:
            yield self._reading(report if isinstance(report, Report) else Report(report))

    def _reading(self, report: Report) -> Reading:
        return Reading(report, Facts(), (), Coding())
