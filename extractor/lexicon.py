"""The words of radiologists as medspaCy rules: targets, context modifiers and finding patterns, read from tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from medspacy.context import ConTextRule
from medspacy.target_matcher import TargetRule

from extractor import tables
from extractor.labels import HeadingWords
from extractor.rows import Row

ASSERTION_OF_CATEGORY = {
    "NEGATED_EXISTENCE": "absent",
    "POSSIBLE_EXISTENCE": "possible",
    "HISTORICAL": "historical",
    "HYPOTHETICAL": "planned",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A subject and a predicate that make (or, if `denies`, rule out) a concept at most `gap` tokens apart."""

    concept: str
    subject: str
    predicate: str
    gap: int
    denies: bool


@dataclass(frozen=True)
class Lexicon:
    """All phrase tables. `rules` have the cue's label as category and its value in `metadata["value"]`."""

    rules: tuple[TargetRule, ...]
    context: tuple[ConTextRule, ...]
    pairs: tuple[Pair, ...]
    protects: frozenset[str]
    spelling: Mapping[str, str]
    headings: HeadingWords


def _rule(label: str, value: str, literal: str) -> TargetRule:
    return TargetRule(literal=literal, category=label, metadata={"value": value})


def _cue_rules(words: Mapping[str, Any]) -> Iterable[TargetRule]:
    for label, phrases in words["cue"].items():
        yield from (_rule(label, "", phrase) for phrase in phrases)
    for label, values in words["valued"].items():
        for value, phrases in values.items():
            yield from (_rule(label, value, phrase) for phrase in phrases)


def _finding_rules(findings: Mapping[str, Any]) -> Iterable[TargetRule]:
    for label in ("concept", "film_concept", "subject", "predicate", "severity", "side"):
        for value, phrases in findings[label].items():
            yield from (_rule(label, value, phrase) for phrase in phrases)


def _agent_rules() -> Iterable[TargetRule]:
    for agent in tables.coding_tables().agents:
        for word in agent.written:
            yield _rule("agent", f"{agent.generic}|{agent.brand or ''}", word)


def _pairs(rows: Iterable[Row]) -> Iterable[Pair]:
    for row in rows:
        yield Pair(row["concept"], row["subject"], row["predicate"], row["gap"], row.get("denies", False))


def _context_rules(context: Mapping[str, Any]) -> Iterable[ConTextRule]:
    scopes = {(row["category"], row["direction"]): row["tokens"] for row in context["scope"]}
    for category, directions in context["rules"].items():
        for direction, phrases in directions.items():
            for phrase in phrases:
                yield ConTextRule(phrase, category, direction=direction, max_scope=scopes.get((category, direction)))


def _heading_words(table: Mapping[str, Any]) -> HeadingWords:
    def sets(name: str) -> Mapping[str, frozenset[str]]:
        return {label: frozenset(words) for label, words in table[name].items()}

    return HeadingWords(
        sections=sets("section"),
        modalities=sets("modality"),
        regions=sets("region"),
        phrases=tuple((phrase, name) for name, found in table["phrase"].items() for phrase in found),
        filler=frozenset(table["filler"]["words"]),
        openers=frozenset(table["line"]["openers"]),
    )


@lru_cache(maxsize=1)
def load() -> Lexicon:
    """The lexicon that ships in the package. Raises `TableError` with file and line where a table is malformed."""
    words = tables.word_tables("lexicon.toml")
    findings = tables.word_tables("findings.toml")
    return Lexicon(
        rules=(*_cue_rules(words), *_finding_rules(findings), *_agent_rules()),
        context=tuple(_context_rules(tables.word_tables("context.toml"))),
        pairs=tuple(_pairs(findings["pair"])),
        protects=frozenset(words["protects"]["labels"]),
        spelling={slip: usual for usual, slips in words["spelling"].items() for slip in slips},
        headings=_heading_words(tables.word_tables("sections.toml")),
    )
