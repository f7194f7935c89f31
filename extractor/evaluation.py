"""Readings of many reports held against gold: sums, intervals, groups, confusions, and how fast they were read."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from extractor.comparison import FIELDS, Compared, compare
from extractor.corpus import AnnotatedReport
from extractor.errors import ReportError
from extractor.metrics import FIGURES, Tally, covered, fraction, interval, total
from extractor.records import Reading


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure that is shown first: which measure, over which reports, and the share that it must reach."""

    label: str
    measure: str
    figure: str
    goal: float | None = None
    whole_only: bool = False


HEADLINES = (
    Headline("code set exact", "codes", "accuracy", 0.95),
    Headline("code set exact, in scope", "codes", "accuracy", 0.95, whole_only=True),
    Headline("study", "study", "accuracy", 0.97),
    Headline("myelo regions exact", "myelo_regions", "accuracy", 0.95),
    Headline("CT regions exact", "ct_regions", "accuracy", 0.95),
    Headline("injection level F1", "injection.level", "f1", 0.95),
    Headline("agent F1", "contrast.agent", "f1", 0.95),
    Headline("concentration F1", "contrast.concentration", "f1", 0.95),
    Headline("volume F1", "contrast.volume_ml", "f1", 0.95),
    Headline("image total F1", "images.total", "f1", 0.95),
    Headline("findings F1", "findings", "f1", 0.80),
    Headline("evidence found", "evidence", "accuracy", 0.90),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One report, judged. `failure` is the reason code where it could not be read: then it counts as read empty."""

    report: AnnotatedReport
    compared: tuple[Compared, ...]
    marked: int = 0
    failure: str | None = None

    def tally(self, measure: str) -> Tally:
        """The counts of a measure; zeros where it is not scored in this report."""
        return next((c.tally for c in self.compared if c.measure == measure), Tally())

    def wrong(self) -> tuple[Compared, ...]:
        """The fields that are not right, in the order of `FIELDS`."""
        return tuple(c for c in self.compared if c.wrong and c.measure in FIELDS)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All reports, judged, and how long the reading took (without loading and without scoring)."""

    judged: tuple[Judged, ...]
    seconds: float

    @property
    def characters(self) -> int:
        """The length of all texts, in code points."""
        return sum(len(one.report.text) for one in self.judged)


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline with its value, its bootstrap interval over reports, and the count that it rests on."""

    headline: Headline
    value: float | None
    bounds: tuple[float, float] | None
    n: int


@dataclass(frozen=True, slots=True)
class Spread:
    """A headline group by group: `(value, n)` of each, their unweighted mean, and the group that does worst."""

    headline: Headline
    groups: Mapping[str, tuple[float | None, int]]
    mean: float | None
    worst: str | None


def evaluate(reports: Iterable[AnnotatedReport], read: Callable[[str], Reading]) -> Evaluation:
    """Read every report and judge the readings. A report that cannot be read is judged as read empty."""
    reports = tuple(reports)
    started = time.perf_counter()
    readings = [_read(report.text, read) for report in reports]
    seconds = time.perf_counter() - started
    return Evaluation(tuple(judge(a, b) for a, b in zip(reports, readings, strict=True)), seconds)


def judge(report: AnnotatedReport, reading: Reading | str) -> Judged:
    """Hold one reading (or the reason why there is none) against its gold."""
    failure = reading if isinstance(reading, str) else None
    got: Mapping[str, Any] = {} if isinstance(reading, str) else reading.to_dict()
    return Judged(report, tuple(compare(report, got)), covered(_offsets(got)), failure)


def totals(judged: Iterable[Judged]) -> dict[str, Tally]:
    """The sum of every measure over reports."""
    sums: dict[str, Tally] = {}
    for one in judged:
        for compared in one.compared:
            sums[compared.measure] = sums.get(compared.measure, Tally()) + compared.tally
    return sums


def in_scope(judged: Iterable[Judged]) -> tuple[Judged, ...]:
    """The reports whose gold study is scored field by field."""
    return tuple(one for one in judged if one.report.scored_whole)


def figure(headline: Headline, judged: Sequence[Judged], *, bounds: bool = True) -> Figure:
    """A headline over some reports, with or without its interval."""
    chosen = in_scope(judged) if headline.whole_only else judged
    tallies = [one.tally(headline.measure) for one in chosen]
    whole = total(tallies)
    value: float | None = getattr(whole, headline.figure)
    parts = [fraction(tally, headline.figure) for tally in tallies]
    return Figure(headline, value, interval(parts) if bounds else None, whole.support(headline.figure))


def grouped(judged: Iterable[Judged], by: str) -> dict[str, tuple[Judged, ...]]:
    """The reports by `author` or by `style`, in order of name."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault(one.report.author if by == "author" else one.report.style, []).append(one)
    return {name: tuple(groups[name]) for name in sorted(groups)}


def headlines(fields: Sequence[str] = FIELDS) -> tuple[Headline, ...]:
    """The figures to show first: `HEADLINES` for all fields, else the share of reports that have each field exact."""
    return HEADLINES if tuple(fields) == FIELDS else tuple(Headline(field, field, "accuracy") for field in fields)


def spreads(judged: Iterable[Judged], by: str, *, fields: Sequence[str] = FIELDS) -> tuple[Spread, ...]:
    """Each headline group by group: what a new author may expect is nearer the worst group than the pooled figure."""
    groups = grouped(judged, by)
    return tuple(_spread(headline, groups) for headline in headlines(fields))


def confusion(judged: Iterable[Judged], measure: str) -> dict[tuple[str, str], int]:
    """How often a gold value was read as which value, the most frequent first."""
    found = Counter((str(c.gold), str(c.got)) for one in judged for c in one.compared if c.measure == measure)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def as_values(
    evaluation: Evaluation,
    *,
    by: str | None = None,
    errors: bool = False,
    show_text: bool = False,
    fields: Sequence[str] = FIELDS,
) -> dict[str, Any]:
    """An evaluation as plain values, ready for JSON; it holds report text only with `show_text`.

    `measures` and `errors` are cut down to `fields` and their parts.
    """
    judged = evaluation.judged
    values: dict[str, Any] = {
        "reports": len(judged),
        "in_scope": len(in_scope(judged)),
        "unread": {one.report.report_id: one.failure for one in judged if one.failure},
        "reading": reading_values(evaluation),
        "headline": {h.label: _figure_values(figure(h, judged)) for h in headlines(fields)},
        "measures": {name: _tally_values(t) for name, t in totals(judged).items() if of_fields(name, fields)},
        "codes_in_scope": {
            name: _tally_values(t) for name, t in totals(in_scope(judged)).items() if of_fields(name, ("codes",))
        },
        "confusion": {
            field: [{"gold": a, "got": b, "reports": n} for (a, b), n in confusion(judged, field).items()]
            for field in ("study", "codes")
        },
    }
    if by:
        values["by"] = {
            by: {spread.headline.label: _spread_values(spread) for spread in spreads(judged, by, fields=fields)}
        }
    if errors:
        values["errors"] = [_error(one, c, show_text) for one in judged for c in one.wrong() if c.measure in fields]
    return values


def of_fields(measure: str, fields: Sequence[str]) -> bool:
    """Whether a measure is one of some fields or a part of one."""
    return measure.partition(":")[0] in fields


def reading_values(evaluation: Evaluation) -> dict[str, float]:
    """How fast the reports were read (one process, reading alone), and how much of their text was marked."""
    seconds = max(evaluation.seconds, 1e-9)
    return {
        "seconds": round(evaluation.seconds, 3),
        "reports_per_second": round(len(evaluation.judged) / seconds, 1),
        "characters_per_second": round(evaluation.characters / seconds),
        "marked_share": round(sum(one.marked for one in evaluation.judged) / max(evaluation.characters, 1), 3),
    }


def _tally_values(tally: Tally) -> dict[str, Any]:
    return {**{name: getattr(tally, name) for name in FIGURES}, **asdict(tally)}


def _figure_values(found: Figure) -> dict[str, Any]:
    low, high = found.bounds or (None, None)
    return {"value": found.value, "low": low, "high": high, "n": found.n, "goal": found.headline.goal}


def _spread_values(spread: Spread) -> dict[str, Any]:
    groups = {name: {"value": value, "n": n} for name, (value, n) in spread.groups.items()}
    return {"mean": spread.mean, "worst": spread.worst, "groups": groups}


def _error(one: Judged, wrong: Compared, show_text: bool) -> dict[str, Any]:
    where = {"author": one.report.author, "report": one.report.report_id}
    values = {**where, "field": wrong.measure, "gold": wrong.gold, "got": wrong.got}
    return {**values, "quotes": list(wrong.quotes)} if show_text else values


def _read(text: str, read: Callable[[str], Reading]) -> Reading | str:
    try:
        return read(text)
    except ReportError as error:
        return error.reason


def _spread(headline: Headline, groups: Mapping[str, tuple[Judged, ...]]) -> Spread:
    figures = {name: figure(headline, judged, bounds=False) for name, judged in groups.items()}
    known = {name: found.value for name, found in figures.items() if found.value is not None}
    return Spread(
        headline,
        {name: (found.value, found.n) for name, found in figures.items()},
        fmean(known.values()) if known else None,
        min(known, key=lambda name: (known[name], -figures[name].n, name)) if known else None,
    )


def _offsets(got: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """Every stretch that the reading marks, whatever the field."""
    for spans in got.get("spans", {}).values():
        yield from ((span["start"], span["end"]) for span in spans)
