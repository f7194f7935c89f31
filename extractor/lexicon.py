"""The words of radiologists as medspaCy rules: targets, context modifiers and finding patterns, read from tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from medspacy.context import ConTextRule
from medspacy.target_matcher import TargetRule

from extractor import tables
from extractor.sections import HeadingWords

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


def _cue_rules(table: Mapping[str, Any]) -> Iterable[TargetRule]:
    for label, phrases in table["cue"].items():
        yield from (_rule(label, "", phrase) for phrase in phrases)
    for label, values in table["valued"].items():
        for value, phrases in values.items():
            yield from (_rule(label, value, phrase) for phrase in phrases)


def _finding_rules(table: Mapping[str, Any]) -> Iterable[TargetRule]:
    for label in ("subject", "predicate", "severity", "side"):
        for value, phrases in table[label].items():
            yield from (_rule(label, value, phrase) for phrase in phrases)
    for concept, entry in table["concept"].items():
        yield from (_rule("concept", concept, phrase) for phrase in entry["phrases"])


def _pairs(table: Mapping[str, Any]) -> Iterable[Pair]:
    for concept, entry in table["concept"].items():
        for key, denies in (("pairs", False), ("denied_by", True)):
            for pair in entry.get(key, ()):
                yield Pair(concept, pair["subject"], pair["predicate"], pair["gap"], denies)


def _context_rules(table: Mapping[str, Any]) -> Iterable[ConTextRule]:
    for category, directions in table.items():
        for direction, entry in directions.items():
            for phrase in entry["phrases"]:
                yield ConTextRule(literal=phrase, category=category, direction=direction, max_scope=entry.get("max_scope"))


def _agent_rules() -> Iterable[TargetRule]:
    for agent in tables.contrast_agents():
        for word in agent.words:
            yield _rule("agent", f"{agent.agent}|{agent.brand or ''}", word)


def _heading_words(table: Mapping[str, Any]) -> HeadingWords:
    sections = _FrozenDict({name: frozenset(words) for name, words in table["section"].items()})
    phrases = tuple((phrase, name) for name, found in table["phrase"].items() for phrase in found)
    return HeadingWords(sections, phrases, frozenset(table["filler"]["words"]), frozenset(table["line"]["openers"]))


class _FrozenDict(dict[str, frozenset[str]]):
    """A dict that may be part of a cache key."""

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


@lru_cache(maxsize=1)
def load() -> Lexicon:
    """The lexicon that ships in the package. Raises `TableError` with file and line where a table is malformed."""
    words = tables.lexicon_table()
    findings = tables.findings_table()
    return Lexicon(
        rules=(*_cue_rules(words), *_finding_rules(findings), *_agent_rules()),
        context=tuple(_context_rules(tables.context_table())),
        pairs=tuple(_pairs(findings)),
        protects=frozenset(words["protects"]),
        spelling=words["spelling"],
        headings=_heading_words(tables.sections_table()),
    )
