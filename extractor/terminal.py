"""What a person sees on a terminal: a report with its evidence in colour, tables of readings, a progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from rich.console import Console, Group
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from extractor.columns import code_label, shown
from extractor.highlight import segments
from extractor.inputs import Row, Source
from extractor.records import Contrast, Limit, Reading, Span
from extractor.score import Scored

# What a colour stands for, and the fields that have it; a field ends where its colon or its dot begins.
COLOURS = {
    "study": ("bold", ("study", "title_regions")),
    "injection": ("green", ("injection", "route", "needle_gauge", "guidance")),
    "level": ("bold cyan", ("level",)),
    "contrast": ("magenta", ("contrast",)),
    "images": ("blue", ("images", "views", "fluoro_minutes", "dose_mgy", "dap_gycm2")),
    "regions": ("yellow", ("myelo_region", "ct_region", "region", "ct_precontrast")),
    "status": ("red", ("status", "complications")),
    "findings": ("underline", ("finding",)),
    "details": ("italic", ()),
}
_GROUPS = {field: group for group, (_, fields) in COLOURS.items() for field in fields}
_QUOTE_LENGTH = 60
# Control characters steer a terminal; C0 ones are shown by their pictures, C1 ones as unknown.
_CONTROLS = {code: 0x2400 + code for code in range(32) if code not in (9, 10, 13)}
_CONTROLS |= {0x0D: 0x20, 0x7F: 0x2421}
_CONTROLS |= dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)


def harmless(text: str) -> str:
    """Text of the same length without the characters that steer a terminal."""
    return text.translate(_CONTROLS)


def group_of(field: str) -> str:
    """The group of evidence that a field belongs to: `regions` for `myelo_region:lumbar`."""
    return _GROUPS.get(field.partition(":")[0].partition(".")[0], "details")


def marked_text(text: str, spans: Iterable[tuple[int, int, str]]) -> Text:
    """The report with its evidence in colour; where spans overlap, the shortest gives the colour."""
    longest_first = sorted(spans, key=lambda span: span[0] - span[1])
    marked = Text()
    for segment in segments(len(text), longest_first):
        style = COLOURS[group_of(segment.labels[-1])][0] if segment.labels else ""
        marked.append(harmless(text[segment.start : segment.end]), style)
    return marked


def quotes(spans: Sequence[Span], *, limit: int = 1) -> str:
    """The words of some spans, shortened, with the sections that they stand in."""
    different = list({(span.quote, span.section): span for span in spans}.values())
    parts = [f"“{_short(span.quote)}” ({span.section})" for span in different[:limit]]
    more = len(different) - limit
    return "; ".join(parts) + (f"; {more} more" if more > 0 else "")


def _short(quote: str) -> str:
    line = " ".join(harmless(quote).split())
    return line if len(line) <= _QUOTE_LENGTH else line[: _QUOTE_LENGTH - 1] + "…"


def show_reading(reading: Reading, meanings: Mapping[str, str], console: Console | None = None) -> None:
    """Print a report: its text with the evidence, codes with `meanings` and reasons, remarks, facts, findings."""
    console = console or Console(highlight=False)
    spans = [(span.start, span.end, field) for field, found in reading.spans.items() for span in found]
    spans += [(finding.start, finding.end, f"finding:{finding.concept}") for finding in reading.findings]
    console.print(_heading("Report", reading.report.report_id))
    console.print(marked_text(reading.report.text.rstrip(), spans))
    console.print(_legend([field for _, _, field in spans]))
    for title, part in (
        ("Codes", _codes(reading, meanings)),
        ("For a human", _remarks(reading)),
        ("Facts", _facts(reading)),
        ("Findings", _findings(reading)),
    ):
        if part is not None:
            console.print(_heading(title))
            console.print(part)


def _heading(title: str, detail: str | None = None) -> Rule:
    return Rule(Text(f"{title} {harmless(detail)}" if detail else title, "bold"), align="left", style="dim")


def _legend(fields: Sequence[str]) -> Text:
    there = {group_of(field) for field in fields}
    legend = Text("\n").append("Evidence:", "dim")
    for group in [group for group in COLOURS if group in there] or ["none"]:
        legend.append("  ").append(group, COLOURS[group][0] if group in COLOURS else "")
    return legend


def _grid(*widths: int | None) -> Table:
    """A table without lines, its columns at most this wide."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for width in widths:
        table.add_column(max_width=width, overflow="fold")
    return table


def _facts(reading: Reading) -> Table:
    table = _grid(18, 30, None)
    for name, value, fields in fact_lines(reading):
        spans = [span for field in fields for span in reading.spans.get(field, ())]
        table.add_row(Text(name, "dim"), Text(harmless(value), "bold"), Text(quotes(spans), "dim"))
    return table


def fact_lines(reading: Reading) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Each fact that the text gives: its name, its value in words, and the fields whose spans support it."""
    facts, details = reading.facts, reading.facts.details
    injection = facts.injection
    lines: list[tuple[str, Any, tuple[str, ...]]] = [
        ("study", facts.study, ("study",)),
        ("status", facts.status, ("status",)),
        ("injection by", injection.by, ("injection",)),
        ("route", injection.route, ("route",)),
        ("level", injection.level, ("level",)),
        ("needle", injection.needle_gauge and f"{injection.needle_gauge} gauge", ("needle_gauge",)),
        ("guidance", injection.guidance, ("guidance",)),
        *(("contrast", contrast_words(contrast), ("contrast",)) for contrast in facts.contrast),
        ("images read", "yes" if facts.interpretation else "no", ("interpretation",)),
        *(("myelography of", region, (f"myelo_region:{region}",)) for region in facts.myelo_regions),
        *(("CT of", region, (f"ct_region:{region}",)) for region in facts.ct_regions),
        ("CT before contrast", "yes" if facts.ct_precontrast else None, ("ct_precontrast",)),
        ("images", facts.images.total, ("images",)),
        ("views", ", ".join(facts.images.views), ("views",)),
        ("fluoroscopy time", facts.fluoro_minutes and f"{shown(facts.fluoro_minutes)} min", ("fluoro_minutes",)),
        ("air kerma", facts.dose_mgy and f"{shown(facts.dose_mgy)} mGy", ("dose_mgy",)),
        ("dose-area product", facts.dap_gycm2 and f"{shown(facts.dap_gycm2)} Gy·cm²", ("dap_gycm2",)),
        ("complications", facts.complications, ("complications",)),
        ("fluid taken", facts.csf_withdrawal, ("csf_withdrawal",)),
        ("title orders", ", ".join(facts.title_regions), ("title_regions",)),
    ]
    lines += [
        (name.replace("_cmh2o", " (cm H2O)").replace("_", " "), getattr(details, name), (name.removesuffix("_cmh2o"),))
        for name in details.__dataclass_fields__
    ]
    return [(name, shown(value), fields) for name, value, fields in lines if value not in (None, "")]


def contrast_words(contrast: Contrast) -> str:
    """One injection of contrast in words: `iohexol (Omnipaque) 180 mg I/mL, 12 mL, intrathecal`."""
    agent = contrast.agent or "agent not stated"
    name = f"{agent} ({contrast.brand})" if contrast.brand else agent
    strength = f"{name} {shown(contrast.concentration)} mg I/mL" if contrast.concentration else name
    volume = f"{shown(contrast.volume_ml)} mL" if contrast.volume_ml else "volume not stated"
    return ", ".join(part for part in (strength, volume, contrast.route) if part)


def _findings(reading: Reading) -> Table | None:
    if not reading.findings:
        return None
    table = _grid(10, 34, 7, None)
    for finding in reading.findings:
        about = " ".join(part.replace("_", " ") for part in (finding.severity, finding.side) if part)
        table.add_row(
            Text(finding.assertion, "bold" if finding.assertion == "present" else "dim"),
            Text(finding.concept.replace("_", " ") + (f", {about}" if about else "")),
            finding.level or "",
            Text(f"“{_short(finding.quote)}”", "dim"),
        )
    return table


def _codes(reading: Reading, meanings: Mapping[str, str]) -> Table:
    table = _grid(11, None)
    for code, limit in zip_longest(reading.codes, reading.limits):
        lines = [
            Text(meanings.get(code.code, code.reason), "bold"),
            Text(code.reason),
            Text(f"rule {code.rule}, from {', '.join(code.facts)}; sources {code.source}", "dim"),
            *(Text(f"not documented: {sentence}", "yellow") for sentence in code.missing),
            *(_confidence(limit) if limit else ()),
        ]
        table.add_row(Text(code_label(code), "bold green"), Group(*lines))
    for supply in reading.coding.supplies:
        table.add_row(Text(supply.code, "bold green"), Text(f"{supply.units} units. {supply.reason}"))
    for pair in reading.coding.pairs:
        need = f"needs {pair.modifier or 'a modifier'}" if pair.modifier_allowed else "no modifier helps"
        table.add_row(f"{pair.column1} {pair.column2}", Text(f"NCCI edit, {need}. {pair.reason}"))
    if not table.rows:
        table.add_row("none", "")
    return table


def _confidence(limit: Limit) -> list[Text]:
    """The confidence of a code, and what holds it down."""
    first, *others = limit.sentences or ("nothing speaks against it",)
    lines = [Text(f"confidence {limit.confidence:.2f}; {first}", "cyan")]
    return lines + [Text(f"  {sentence}", "cyan") for sentence in others]


def _remarks(reading: Reading) -> Table | None:
    table = _grid(9, None)
    for alert in reading.coding.alerts:
        table.add_row(Text("alert", "red"), alert.message)
    for doubt in reading.overruled:
        table.add_row(Text("overruled", "yellow"), f"The rules have: {doubt.sentence}")
    for reason in reading.coding.review_reasons:
        table.add_row(Text("review", "yellow"), reason)
    return table if table.rows else None


def readings_table(scored: Sequence[Scored], console: Console | None = None) -> None:
    """Print scored rows as a table, one line each: codes and the facts that decide them."""
    console = console or Console(highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("report", "study", "injection", "films", "CT", "codes", "sure", ""):
        table.add_column(name, overflow="fold")
    for one in scored:
        name = harmless(one.row.report_id or f"row {one.row.number}")
        failed = ("not read", one.error.reason if one.error else "", "", "", "", "", "")
        table.add_row(name, *(_cells(one.reading) if one.reading else failed))
    console.print(table)


def _cells(reading: Reading) -> tuple[str, ...]:
    facts = reading.facts
    others = " by other" if facts.injection.by == "other" else ""
    return (
        facts.study if facts.status in ("completed", "none") else f"{facts.study}, {facts.status}",
        f"{facts.injection.route or ''}{others}".strip(),
        initials(facts.myelo_regions),
        initials(facts.ct_regions),
        " ".join(map(code_label, reading.codes)) or "none",
        "" if reading.confidence is None else f"{reading.confidence:.2f}",
        "review" if reading.needs_review else "",
    )


def initials(regions: Sequence[str]) -> str:
    """Regions as C, T and L."""
    return "".join(region[0].upper() for region in regions)


class ScoreProgress:
    """A progress bar over the bytes of some sources, on a terminal only."""

    def __init__(self, *, quiet: bool = False) -> None:
        columns = (TextColumn("{task.fields[rows]} rows"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        shy = quiet or not sys.stderr.isatty()
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=shy)
        self._rows = 0

    def __enter__(self) -> ScoreProgress:
        self._bar.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._bar.stop()

    def follow(self, sources: Sequence[Source], rows_of: Callable[[Source], Iterable[Row]]) -> Iterator[Row]:
        """The rows of the sources, one source after the other, while the bar moves along."""
        known = all(source.path is not None for source in sources)
        task = self._bar.add_task("", total=sum(source.size for source in sources) if known else None, rows=0)
        done = 0
        for source in sources:
            for row in rows_of(source):
                self._rows += 1
                self._bar.update(task, completed=done + row.position, rows=self._rows)
                yield row
            done += source.size


class StepProgress:
    """A progress bar over the steps of a long piece of work, on a terminal only."""

    def __init__(self, *, quiet: bool = False) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        shy = quiet or not sys.stderr.isatty()
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=shy)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> StepProgress:
        self._bar.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._bar.stop()

    def step(self, name: str, done: int, total: int) -> None:
        """Show how far the piece of work of this name has come; a new name begins a new bar."""
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(name, total=total)
        self._bar.update(self._tasks[name], completed=done, total=total)
