"""A report in headings and sentences, and the words by which an edit sees what a sentence tells."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from extractor import lexicon, sentences
from extractor.corpus import AnnotatedReport
from extractor.sections import blocks
from extractor.tables import word_tables

STUDIES = ("myelogram", "ct_intrathecal")
READ = ("findings", "impression")
_PAST = ("history", "comparison")
_LABEL_EDGE = " \t\r\n:-"

# The text of a variant and the facts that change with it; None where an edit does not apply.
Edited = tuple[str, Mapping[str, Any]] | None
Edit = Callable[[AnnotatedReport, random.Random], Edited]


@dataclass(frozen=True, slots=True)
class Piece:
    """A heading or a sentence with the white space behind it; pieces of one `block` stand under one heading."""

    text: str
    block: int
    section: str
    modality: str | None
    regions: tuple[str, ...]
    heading: bool = False

    @property
    def gap(self) -> str:
        """The white space behind it."""
        return self.text[len(self.text.rstrip()) :]

    @property
    def past(self) -> bool:
        """Whether it tells of what was before."""
        return self.section in _PAST

    @property
    def label(self) -> str:
        """The words of a heading, in small letters."""
        return self.text.strip(_LABEL_EDGE).lower()

    def has(self, *families: str) -> bool:
        """Whether a word of one of the families stands in it."""
        return any(words(family).search(self.text) for family in families)

    def renamed(self, label: str) -> str:
        """A heading with other words, in the same letter case."""
        old = self.text.strip(_LABEL_EDGE)
        return self.text.replace(old, cased(old, label))


@lru_cache(maxsize=4)
def pieces(text: str) -> tuple[Piece, ...]:
    """The whole text in pieces, in order."""
    found = []
    lines = sentences.lines_of(text)
    for number, block in enumerate(blocks(text, lexicon.load().headings)):
        content = block.heading.content if block.heading else block.start
        starts = [start for start, _ in sentences.split(text, content, block.end, lines)]
        if block.heading:
            found.append((block.start, number, block, True))
        found += [(start, number, block, False) for start in starts]
    starts = [0, *(start for start, *_ in found[1:]), len(text)]
    return tuple(
        Piece(text[start:end], number, block.section, block.modality, block.regions, heading)
        for start, end, (_, number, block, heading) in zip(starts, starts[1:], found, strict=False)
    )


def joined(some: Iterable[Piece]) -> str:
    """Pieces as text."""
    return "".join(piece.text for piece in some)


def kept(some: Iterable[Piece], keep: Callable[[Piece], bool]) -> list[Piece]:
    """The pieces to keep, without the headings under which nothing is left; lines still end where they ended."""
    before = tuple(some)
    full, left = ({p.block for p in part if not p.heading} for part in (before, filter(keep, before)))
    after: list[Piece] = []
    for piece in before:
        if keep(piece) and not (piece.heading and piece.block in full - left):
            after.append(piece)
        elif after and "\n" in piece.gap and "\n" not in after[-1].gap:
            after[-1] = replace(after[-1], text=after[-1].text.rstrip() + piece.gap)
    return after


def of_today(some: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces that are not about the past."""
    return (piece for piece in some if not piece.past)


def quoted(report: AnnotatedReport, text: str, *fields: str) -> bool:
    """Whether the evidence for the fields (without fields: all of it) still stands in a text."""
    evidence = report.gold["evidence"]
    return all(quote in text for field in fields or evidence for quote in evidence.get(field, ()))


def table(name: str) -> Mapping[str, Any]:
    """A table of `data/variants.toml`."""
    found: Mapping[str, Any] = word_tables("variants.toml")[name]
    return found


@cache
def words(family: str) -> re.Pattern[str]:
    """A family of words as one pattern."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(table('words')[family])})(?!\w)", re.IGNORECASE)


def sentence(family: str, chance: random.Random) -> str:
    """One of the sentences that can be put in, with its names filled in."""
    names = {slot: chance.choice(found) for slot, found in table("names").items()}
    told: str = chance.choice(table("sentence")[family])
    return told.format(**names)


def cased(old: str, new: str) -> str:
    """A word in the letter case of the word that it replaces."""
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new
