"""Writes the tables into docs/codes.md, between its markers; with --check only says whether they are up to date."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from extractor.codebook import CONDITIONS, CodingTables, Given, Period, Rule  # noqa: E402
from extractor.tables import coding_tables  # noqa: E402

PAGE = ROOT / "docs" / "codes.md"


def blocks(tables: CodingTables) -> Mapping[str, str]:
    """The generated tables of the page, by the name in their markers."""
    return {
        "codes": table(
            ("code", "what it is, in our words", "26/TC", "MIPS 145", "dates of service", "sources"),
            (
                (c.code, c.meaning, "yes" if c.pctc == "1" else "never", "yes" if c.mips_145 else "no", dates(c.period),
                 ", ".join(c.source))
                for c in tables.codes.values()
            ),
        ),
        "rules": table(
            ("rule", "when", "gives", "dates of service", "sources"),
            (
                (f"`{r.rule_id}`", when(r), " + ".join(map(given, r.gives)) or "nothing", dates(r.period),
                 ", ".join(r.source))
                for r in tables.rules
            ),
        ),
        "review": table(
            ("id", "set by", "sentence", "sources"),
            ((f"`{r.review_id}`", r.set_by, r.sentence, ", ".join(r.source)) for r in tables.reviews.values()),
        ),
        "documentation": table(
            ("element", "codes", "sentence"),
            ((f"`{e.element_id}`", " ".join(sorted(e.codes)), e.sentence) for e in tables.elements),
        ),
        "alerts": table(
            ("kind", "message", "dates of service", "sources"),
            ((f"`{a.kind}`", a.message, dates(a.period), ", ".join(a.source)) for a in tables.alerts.values()),
        ),
        "edits": table(
            ("column 1 over column 2", "modifier", "why"),
            (
                (", ".join(f"{one} > {two}" for one, two in pairs), modifier, sentence)
                for (modifier, sentence), pairs in edits(tables).items()
            ),
        ),
        "agents": table(
            ("agent", "brand", "class", "made (mg I/mL)", "intrathecal by label"),
            (
                (a.generic, a.brand or "", a.kind, numbers(a.concentrations),
                 "as made" if a.any_concentration else numbers(a.intrathecal) or "no")
                for a in sorted(tables.agents, key=lambda agent: (agent.kind != "nonionic", agent.generic))
            ),
        ),
        "sources": table(("id", "what"), tables.sources.items()),
    }  # fmt: skip


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(row)} |" for row in (tuple(head), *rows)]
    lines.insert(1, "|" + "---|" * (lines[0].count("|") - 1))
    return "\n".join(lines)


def dates(period: Period) -> str:
    """The dates of service in words."""
    parts = [f"from {period.start}" if period.start else "", f"to {period.end}" if period.end else ""]
    return " ".join(filter(None, parts)) or "all"


def when(rule: Rule) -> str:
    """The conditions of a rule in words."""
    names = list(CONDITIONS)
    return "; ".join(
        f"{names[place]} {'/'.join(value for value in CONDITIONS[names[place]] if value in allowed)}"
        for place, allowed in rule.when
    )


def given(part: Given) -> str:
    """What a rule gives, in the form of the data file."""
    return part.what + (f"({part.chooser})" if part.chooser else "") + (f"-{part.modifier}" if part.modifier else "")


def edits(tables: CodingTables) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The pairs under each modifier and reason."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for edit in tables.edits:
        found.setdefault((edit.modifier or "never", edit.sentence), []).append((edit.column1, edit.column2))
    return found


def numbers(values: Iterable[float]) -> str:
    """Numbers in one cell."""
    return ", ".join(f"{value:g}" for value in values)


def filled(page: str, tables: CodingTables) -> str:
    """The page with its generated tables as the data has them."""
    for name, block in blocks(tables).items():
        start, end = f"<!-- {name} -->\n", f"\n<!-- end {name} -->"
        before, rest = page.split(start)
        page = before + start + block + end + rest.split(end)[1]
    return page


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8")
    after = filled(before, coding_tables())
    if "--check" not in sys.argv:
        PAGE.write_text(after, encoding="utf-8")
    elif before != after:
        sys.exit("docs/codes.md is behind the data: run scripts/write_codes_page.py")
