"""An evaluation, or a corpus, as tables of words: for the terminal and for the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.table import Table as RichTable
from rich.text import Text

from extractor.comparison import FIELDS, Compared, code_set_words
from extractor.corpus import AnnotatedReport
from extractor.evaluation import (
    Evaluation,
    Figure,
    Judged,
    Spread,
    confusion,
    figure,
    grouped,
    headlines,
    in_scope,
    reading_values,
    spreads,
    totals,
)
from extractor.metrics import FIGURES, Tally

FINDINGS = {
    "findings": "concept, level, assertion",
    "findings:without_level": "concept, assertion",
    "findings:side": "side, where the finding is right",
    "findings:severity": "severity, where the finding is right",
}

KINDS = ("missed", "made up", "another value")


@dataclass(frozen=True, slots=True)
class Table:
    """A title, column heads and rows of words; the first `left` columns stand flush left, the others right."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1

    def rich(self) -> RichTable:
        """For the terminal. Words are shown as they are, never read as markup."""
        table = RichTable(title=self.title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for number, head in enumerate(self.header):
            table.add_column(head, justify="left" if number < self.left else "right", overflow="fold")
        for row in self.rows:
            table.add_row(*map(Text, row))
        return table

    def markdown(self) -> str:
        """For a page: a heading line and a pipe table."""
        rules = ["---" if number < self.left else "---:" for number in range(len(self.header))]
        lines = [self.header, tuple(rules), *self.rows]
        body = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        return f"### {self.title}\n\n{body}\n"


def tables(evaluation: Evaluation, *, by: str | None = None, fields: Sequence[str] = FIELDS) -> list[Table]:
    """Everything that an evaluation says about some fields; with `by`, author by author or style by style."""
    judged = evaluation.judged
    sums = totals(judged)
    chosen: dict[str, list[Table]] = {
        "study": [confusion_table(judged, "study")],
        "myelo_regions": [parts_table(sums, "myelo_regions:", "Regions on film", "region")],
        "ct_regions": [parts_table(sums, "ct_regions:", "Regions on CT", "region")],
        "codes": [codes_table(judged), parts_table(sums, "codes:code=", "Codes", "code"),
                  confusion_table(judged, "codes")],
        "findings": [findings_table(sums), parts_table(sums, "findings:concept=", "Concepts", "concept")],
        "evidence": [evidence_table(sums)],
    }  # fmt: skip
    shown = [
        headline_table(judged, fields),
        fields_table(sums, fields),
        *(table for field in fields for table in chosen.get(field, ())),
    ]
    if by:
        found = spreads(judged, by, fields=fields)
        shown += [spread_table(found), groups_table(found, judged, by)]
    return [table for table in [*shown, errors_by_kind(judged, fields), reading_table(evaluation)] if table.rows]


def headline_table(judged: Sequence[Judged], fields: Sequence[str] = FIELDS) -> Table:
    """The figures that count, each with its 95 % bootstrap interval over reports, its count and its goal."""
    rows = tuple(_headline_row(figure(headline, judged)) for headline in headlines(fields))
    return Table("Headline figures", ("figure", "value", "95 % interval", "n", "goal", "reached"), rows)


def fields_table(sums: Mapping[str, Tally], fields: Sequence[str]) -> Table:
    """Accuracy over reports, and precision, recall and F1 over the values that are there to be found."""
    rows = tuple((name, *_all_figures(sums[name])) for name in fields if name in sums and name != "evidence")
    return Table("Fields", ("field", "exact", "reports", "precision", "recall", "F1", "values"), rows)


def codes_table(judged: Sequence[Judged]) -> Table:
    """Exact code sets with and without modifiers, over all reports and over those in scope."""
    rows = tuple(
        (reports, words, *_all_figures(totals(chosen).get(measure, Tally())))
        for reports, chosen in (("all", judged), ("in scope", in_scope(judged)))
        for measure, words in (("codes", "with modifiers"), ("codes:without_modifiers", "without"))
    )
    header = ("over reports", "codes", "exact", "reports", "precision", "recall", "F1", "codes in gold")
    return Table("Code sets", header, rows, left=2)


def parts_table(sums: Mapping[str, Tally], prefix: str, title: str, head: str) -> Table:
    """Precision, recall and F1 of the parts of a field: each code, concept or region."""
    rows = tuple(
        (name.removeprefix(prefix), *_figures(sums[name], "precision", "recall", "f1"), str(sums[name].values))
        for name in sorted(sums)
        if name.startswith(prefix)
    )
    return Table(title, (head, "precision", "recall", "F1", "in gold"), rows)


def confusion_table(judged: Sequence[Judged], field: str) -> Table:
    """What was read in place of what, the most frequent first; right answers are left out."""
    pairs = confusion(judged, field).items()
    rows = tuple((gold, got, str(n)) for (gold, got), n in pairs if gold != got)
    return Table(f"Confusion: {field}", ("gold", "got", "reports"), rows, left=2)


def findings_table(sums: Mapping[str, Tally]) -> Table:
    """Findings with and without their level; side and severity where the finding itself is right."""
    rows = tuple(
        (words, *_figures(sums[name], "precision", "recall", "f1", "accuracy"), str(sums[name].values or sums[name].n))
        for name, words in FINDINGS.items()
        if name in sums
    )
    return Table("Findings", ("by", "precision", "recall", "F1", "exact", "n"), rows)


def evidence_table(sums: Mapping[str, Tally]) -> Table:
    """The share of gold quotes that a span of the same field touches."""
    names = sorted(name for name in sums if name.partition(":")[0] == "evidence")
    rows = tuple(
        (name.partition(":")[2] or "all fields", *_figures(sums[name], "accuracy"), str(sums[name].n)) for name in names
    )
    return Table("Evidence quotes", ("field", "found", "quotes"), rows)


def reading_table(evaluation: Evaluation) -> Table:
    """How fast it went, and how much of the text was marked (marking everything would find every quote)."""
    values = reading_values(evaluation)
    row = (
        str(len(evaluation.judged)),
        f"{values['seconds']:.1f}",
        f"{values['reports_per_second']:.0f}",
        f"{values['characters_per_second']:.0f}",
        _words(values["marked_share"]),
    )
    header = ("reports", "seconds", "reports/s", "characters/s", "share of text marked")
    return Table("Reading", header, (row,) if evaluation.judged else (), left=0)


def spread_table(found: Sequence[Spread]) -> Table:
    """Each headline: the unweighted mean of the groups, and the worst group by name."""
    rows = tuple(
        (s.headline.label, _words(s.mean), str(len(s.groups)), s.worst or "-", *_value_and_n(s, s.worst)) for s in found
    )
    return Table("Mean and worst group", ("figure", "mean", "groups", "worst group", "value", "n"), rows)


def groups_table(found: Sequence[Spread], judged: Sequence[Judged], by: str) -> Table:
    """One row a group, the worst code sets first; one column a headline, with its count in brackets."""
    sizes = {name: len(group) for name, group in grouped(judged, by).items()}
    names = sorted(sizes, key=lambda name: (found[0].groups[name][0] or 0.0, name))
    rows = tuple(
        (name, str(sizes[name]), *("{} ({})".format(*_value_and_n(spread, name)) for spread in found)) for name in names
    )
    return Table(f"By {by}", (by, "reports", *(spread.headline.label for spread in found)), rows)


def errors_table(judged: Iterable[Judged], *, fields: Sequence[str] = FIELDS, show_text: bool = False) -> Table:
    """Report by report the fields that are wrong, gold beside got; the gold quotes only where text may be shown."""
    rows = tuple(
        (one.report.report_id, wrong.measure, _listed(wrong.gold), _listed(wrong.got))
        + ((_listed(" ".join(quote.split()) for quote in wrong.quotes),) if show_text else ())
        for one in judged
        for wrong in one.wrong()
        if wrong.measure in fields
    )
    header = ("report", "field", "gold", "got", "quotes") if show_text else ("report", "field", "gold", "got")
    return Table("Errors", header, rows, left=len(header))


def errors_by_kind(judged: Iterable[Judged], fields: Sequence[str] = FIELDS) -> Table:
    """How many reports have which field wrong, and in how: missed, made up, or another value."""
    kinds = Counter((wrong.measure, _kind(wrong)) for one in judged for wrong in one.wrong())
    rows = tuple((field, *(str(kinds[field, kind]) for kind in KINDS)) for field in fields if _any(kinds, field))
    return Table("Errors by kind", ("field, reports with", *KINDS), rows)


def describe(reports: Sequence[AnnotatedReport]) -> list[Table]:
    """What corpora hold: size and length by author, counts by study and by code set, the styles of each author."""
    authors = sorted({report.author for report in reports})
    by_author = {author: [report for report in reports if report.author == author] for author in authors}
    files = tuple(_file_row(author, of_author) for author, of_author in by_author.items())
    styles = tuple((author, _styles(of_author)) for author, of_author in by_author.items())
    studies = Counter((report.gold["study"], report.author) for report in reports)
    codes = Counter((code_set_words(report.gold["codes"]), report.author) for report in reports)
    return [
        Table("Files", ("author", "reports", "in scope", "findings", "words: least", "median", "most"), files),
        _cross("Reports by study", "study", studies, authors),
        _cross("Reports by code set", "codes", codes, authors),
        Table("Styles", ("author", "styles, with their reports where there are several"), styles, left=2),
    ]


def _file_row(author: str, reports: Sequence[AnnotatedReport]) -> tuple[str, ...]:
    lengths = sorted(len(report.text.split()) for report in reports)
    scored = sum(report.scored_whole for report in reports)
    findings = sum(len(report.gold["findings"]) for report in reports)
    counts = (len(reports), scored, findings, lengths[0], lengths[len(lengths) // 2], lengths[-1])
    return (author, *map(str, counts))


def _styles(reports: Sequence[AnnotatedReport]) -> str:
    counts = sorted(Counter(report.style for report in reports).items())
    return "; ".join(style if n == 1 else f"{style} ({n})" for style, n in counts)


def _cross(title: str, head: str, counts: Mapping[tuple[str, str], int], authors: Sequence[str]) -> Table:
    """Counts with one row a value, the most frequent first, and one column an author."""
    sums: Counter[str] = Counter()
    for (value, _), n in counts.items():
        sums[value] += n
    rows = tuple(
        (value, str(n), *(str(counts.get((value, author), 0)) for author in authors))
        for value, n in sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    )
    return Table(title, (head, "all", *authors), rows)


def _headline_row(found: Figure) -> tuple[str, ...]:
    bounds = " - ".join(map(_words, found.bounds)) if found.bounds else "-"
    goal = found.headline.goal
    reached = "-" if found.value is None or goal is None else "yes" if found.value >= goal else "no"
    return (found.headline.label, _words(found.value), bounds, str(found.n), _words(goal), reached)


def _all_figures(tally: Tally) -> tuple[str, ...]:
    return (_words(tally.accuracy), str(tally.n), *_figures(tally, *FIGURES[1:]), str(tally.values))


def _figures(tally: Tally, *figures: str) -> tuple[str, ...]:
    return tuple(_words(getattr(tally, name)) for name in figures)


def _value_and_n(spread: Spread, name: str | None) -> tuple[str, str]:
    value, n = spread.groups[name] if name is not None else (None, 0)
    return _words(value), str(n)


def _words(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _kind(wrong: Compared) -> str:
    """What is wrong with a field: only misses, only inventions, or both at once."""
    missed, made_up = wrong.tally.fn > 0, wrong.tally.fp > 0
    return KINDS[0] if missed and not made_up else KINDS[1] if made_up and not missed else KINDS[2]


def _any(kinds: Mapping[tuple[str, str], int], field: str) -> bool:
    return any((field, kind) in kinds for kind in KINDS)


def _listed(value: Any) -> str:
    """A gold or read value in words."""
    if value is None or isinstance(value, str | int | float):
        return "-" if value is None else str(value)
    return "; ".join(_listed(part) for part in value) or "-"
