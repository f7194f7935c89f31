"""Headings of a radiology report: labels made of known words, at the start of lines and inside them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from extractor.measures import LEVEL, ROW_LEVEL, normal_level
from extractor.outline import Heading
from extractor.patterns import pattern
from extractor.records import REGIONS
from extractor.wording import Wording

# What may stand before a label: an HL7 segment's fields, a clock time, bullets, numbers, "STEP 2 -"
_BULLET = re.compile(
    r"(?:(?:OBX|NTE)(?:\|[^|\r\n]{0,60}){4}\|)?(?:\\[HNF]\\)?"
    r"(?:\d{1,2}:\d{2}(?:-\d{1,2}:\d{2})?[ ]+)?"
    r"[ \t>*#•·|=~]*(?:[-–—]{1,3} ?)?(?:\(?(?:\d{1,2}|[A-Za-z])[.)\]][ \t]+)?[ \t]*"
    r"(?:(?i:step|part|phase|stage)[ ]?(?:\d|[IVX]{1,3}|[A-D])[ ]?(?:[-–—:.)|]{1,2}[ \t]+|of \d[ ]?[-–—:.)][ \t]+))?"
)
_WORD = re.compile(r"[^\W\d_]+(?:['/.-][^\W\d_]+)*|\d+")
_POST_CT = pattern("headings.post_ct")
_CT_PHASE = pattern("headings.ct_phase")


class Meaning(NamedTuple):
    """What a word of a label says: its section as a place in the order of precedence, modalities and regions."""

    rank: int | None
    modalities: frozenset[str]
    regions: frozenset[str]


@dataclass(frozen=True, eq=False)
class HeadingWords:
    """The heading vocabulary: words of sections in order of precedence, of modalities ("film", "ct", "mr") and regions.

    `phrases` give a section to several words, `filler` are known words without meaning, `openers` begin a line.
    """

    sections: Mapping[str, frozenset[str]]
    modalities: Mapping[str, frozenset[str]]
    regions: Mapping[str, frozenset[str]]
    phrases: tuple[tuple[str, str], ...]
    filler: frozenset[str]
    openers: frozenset[str]

    @cached_property
    def meanings(self) -> Mapping[str, Meaning]:
        """Every known word with all that it says."""
        tables = (self.sections, self.modalities, self.regions)
        return {word: self._meaning(word) for word in self.filler.union(*(w for t in tables for w in t.values()))}

    def phrase_in(self, label: str) -> tuple[str, str | None]:
        """The first phrase in the order of the table that a label in lower case holds, and its section."""
        return next(((phrase, name) for phrase, name in self.phrases if phrase in label), ("", None))

    def _meaning(self, word: str) -> Meaning:
        ranks = (rank for rank, words in enumerate(self.sections.values()) if word in words)
        modalities = frozenset(name for name, words in self.modalities.items() if word in words) | _films(word)
        regions = frozenset(name for name, words in self.regions.items() if word in words)
        return Meaning(next(ranks, None), modalities, regions)

    def meaning(self, word: str) -> Meaning | None:
        """What a word in lower case says; None if it is strange to headings."""
        known = self.meanings.get(word)
        if known is None and (word.isdigit() or _films(word)):
            return Meaning(None, _films(word), frozenset())
        return known


def _films(word: str) -> frozenset[str]:
    """The modality of "myelogram" and of all that is made of it."""
    return frozenset(["film"] if word.startswith("myelo") else [])


class Label(NamedTuple):
    """What the words of a label say: a section or None, modality, regions, and how many words are strange."""

    section: str | None
    modality: str | None
    regions: tuple[str, ...]
    strange: int
    words: int


_NO_LABEL = Label(None, None, (), 0, 0)


def read_label(label: str, words: HeadingWords, *, most_strange: int = sys.maxsize) -> Label:
    """The meaning of a heading's words; one of no words if more than `most_strange` are strange."""
    label = LEVEL.sub(" ", label)
    regions: set[str] = set()
    modalities: set[str] = set()
    ranks: list[int] = []
    strange = count = 0
    lowered = label.lower()
    phrase, told = words.phrase_in(lowered)
    spoken = phrase.split()
    for match in _WORD.finditer(label):
        count += 1
        word = match.group().lower()
        meaning = words.meaning(word)
        if meaning is None:
            strange += word not in spoken
            if strange > most_strange:
                return _NO_LABEL
            continue
        regions |= meaning.regions
        modalities |= meaning.modalities
        if meaning.rank is not None:
            ranks.append(meaning.rank)
    section = told or ([*words.sections][min(ranks)] if ranks else None)
    modality = _modality(label, modalities)
    if section == "fields" and _ENTRY.search(lowered):
        modality, regions = None, set()
    if section in ("fields", "other") and (regions or modality in ("film", "ct", "both")):
        section = None
    if "junction" in lowered:
        regions.clear()
    if _UPPER_BACK.search(lowered):
        regions = (regions - {"lumbar"}) | {"thoracic"}
    ordered = tuple(r for r in REGIONS if r in regions) if regions else ()
    return Label(section, modality, ordered, strange, count)


def _modality(label: str, named: set[str]) -> str | None:
    """The modality of a label whose words name some; "CT post myelogram" is CT alone."""
    if "mr" in named:
        return "mr"
    if {"film", "ct"} <= named:
        return "ct" if _POST_CT.search(label) and not _JOINED.search(label) else "both"
    if named:
        return "film" if "film" in named else "ct"
    return "ct" if _CT_PHASE.search(label) else None


_JOINED = re.compile(r"\band\b|/|&|\+|,", re.IGNORECASE)
_UPPER_BACK = Wording(r"\b(?:upper|mid|middle)(?: and \w+)? back\b")
_ENTRY = re.compile(r"\b(?:access|route|puncture|approach|needle|entry)\b")


def _is_heading(label: Label, *, strict: bool) -> bool:
    if not label.words or label.words > 12:
        return False
    meant = label.section is not None or label.modality is not None or bool(label.regions)
    return meant and label.strange <= min(_most_strange(strict=strict), 2 if label.words > 5 else 1)


def _most_strange(*, strict: bool) -> int:
    """How many words of a heading may be strange at most."""
    return 0 if strict else 2


# Line ends of text and of HL7 version 2 fields. Not a set of characters, because a search leaps to plain ones
LINE_END = re.compile(r"\r\n|\r(?!\n)|\n|\v|\f|\x1c|\x1d|\x1e|\x85|\u2028|\u2029|\\\.br\\")


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Bounds of the lines, without their ends."""
    start = 0
    for ending in LINE_END.finditer(text):
        yield start, ending.start()
        start = ending.end()
    if start < len(text):
        yield start, len(text)


def _line_heading(text: str, start: int, end: int, words: HeadingWords, *, lettered: bool) -> Heading | None:
    at = _BULLET.match(text, start, end).end()  # type: ignore[union-attr]
    if at >= end or text[at].islower() or text[at : at + 3].lower() == "no ":
        return None
    boxed = _BRACKETED.match(text, at, end)
    if boxed:
        label = read_label(boxed[1], words)
        if _is_heading(label, strict=True) and (label.section or label.modality):
            return Heading(at, boxed.end(1), boxed.end(), label.section or "", label.modality, label.regions)
    row = ROW_LEVEL.match(text, at, end)
    if row and not _goes_on(text, start):
        level = normal_level(row.group("level"))
        if level:
            return Heading(at, row.end("level"), row.end(), "", None, (), level)
    alone = normal_level(text[at:end]) if end - at < 12 and LEVEL.fullmatch(text[at:end].rstrip()) else None
    if alone and not _goes_on(text, start):
        return Heading(at, end, end, "", None, (), alone)
    for label_end, content, strict in _label_ends(text, at, end):
        written, most_strange = text[at:label_end], _most_strange(strict=strict)
        label = read_label(written.strip(), words, most_strange=most_strange)
        if "(" in written and not _is_heading(label, strict=strict):
            label = read_label(_PARENTHESIS.sub(" ", written).strip(), words, most_strange=most_strange)
        if not _is_heading(label, strict=strict):
            label = _before_comma(written, words) or label
        if _is_heading(label, strict=strict) and (
            label_end - at > 2
            or label.modality
            or (label.section == "history" and text[label_end] == ":")
            or (lettered and _LETTER_DASH.match(text, at, end))
            or _LETTER_REGION.match(text, at, end)
        ):
            section, modality = label.section or "", label.modality
            if section == "fields" and _FLUOROSCOPY.match(text, at) and not text[content:end].strip()[:1].isdigit():
                section, modality = "", "film"
            return Heading(at, label_end, content, section, modality, label.regions, bare=content == end)
    named = _NAMED_MODALITY.match(text, at, end)
    if named:
        label = read_label(named.group(1), words)
        return Heading(at, named.end(1), named.end(), "", label.modality, label.regions, bare=True)
    return _opener(text, at, end, words)


# A label in brackets or braces before what it opens: "[Findings] Ventral defect", "<IMPRESSION> ..."
_BRACKETED = re.compile(
    r"[\[{<]{1,2}[ ]?([A-Z][A-Za-z /&-]{1,40}?)[ ]?[\]}>]{1,2}:?(?:[ \t]+(?=[A-Z0-9(\[\"])|[ \t]*$)", re.MULTILINE
)


_LETTER_DASH = re.compile(r"(?P<letter>[CTLR])[ ]?[-–—=][ ]")


def _lettered(text: str) -> bool:
    """Whether lines begin with letters of two regions and a dash ("C - …", "L - …"); beside an R the L is a side."""
    begun = (_LETTER_DASH.match(text, start) for start, _ in lines(text))
    letters = {m["letter"] for m in begun if m}
    return len(letters) > 1 and "R" not in letters


def _before_comma(written: str, words: HeadingWords) -> Label | None:
    """The modality and regions that open a label which goes on with its settings ("CT lumbar spine, 1 mm slices")."""
    first, comma, settings = written.partition(",")
    settled = comma and _SETTINGS.search(settings) and ". " not in settings
    label = read_label(first.strip(), words) if settled else None
    return label if label and label.modality and not label.section and _is_heading(label, strict=True) else None


_SETTINGS = pattern("headings.settings")
_PARENTHESIS = re.compile(r"\([^()]*\)")
_LETTER_REGION = pattern("headings.letter_region")
# Words that make a short run-in label before a full stop a heading ("CERVICAL FILMS. …"); "Consent signed." is none
_RUN_IN = pattern("headings.run_in")
_FLUOROSCOPY = re.compile(r"fluoro\w*\b", re.IGNORECASE)
# "CT C-spine after the above, skull base to T1 -": a line that begins with its modality and ends in a colon or dash
_NAMED_MODALITY = re.compile(
    r"((?:post[- ]?myelogra\w+ )?(?:CT|Computed tomography|Myelogra\w+|Radiographs"
    r"|Films)\b[^.:;\n]{0,100}?)[ ]?(?:[:–—]|-)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_UNFINISHED = pattern("headings.unfinished")


def _goes_on(text: str, start: int) -> bool:
    """Whether the line before was cut in the middle of a sentence."""
    return bool(_UNFINISHED.search(text[max(0, start - 40) : start].rstrip()))


_TWO_SENTENCES = re.compile(r", [^.:]{0,60}[a-z]{4,}\. [A-Z]")


def _label_ends(text: str, at: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Candidate ends of a label that starts at `at`: (end of label, start of content, all words must be known)."""
    window = text[at : min(end, at + 120)]
    colon = window.find(":")
    if (colon > 80 and "(" not in window[:colon]) or _TWO_SENTENCES.search(window, 0, max(colon, 0)):
        colon = -1
    if colon > 0 and not (window[colon - 1].isdigit() and window[colon + 1 : colon + 2].isdigit()):
        yield at + colon, at + colon + 1, False
    for mark in (" - ", " -- ", " – ", " — ", "\t", " | ", "|", " / ", " = "):
        dash = window.find(mark)
        if 0 < dash < (20 if mark in (" / ", " = ") else 60):
            yield at + dash, at + dash + len(mark), True
    gap = window.find("  ")  # columns
    if 1 < gap < 40 and not window[gap:].lstrip()[:1].islower() and not any(map(str.isdigit, window[:gap])):
        yield at + gap, at + gap + 2, True
    stop = window.find(". ")
    if 0 < stop < 70 and _RUN_IN.search(window[:stop]):
        yield at + stop, at + stop + 1, True
    if end - at <= 90:
        bare = text[at:end].rstrip(" \t-=_*:.;")
        if bare and not text[at:end].rstrip().endswith((",", ";")):
            yield at + len(bare), end, True


def _opener(text: str, at: int, end: int, words: HeadingWords) -> Heading | None:
    parts = text[at : min(end, at + 60)].split(maxsplit=3)
    for count in (3, 2, 1):
        if len(parts) <= count:
            continue
        phrase = " ".join(parts[:count]).lower()
        following = parts[count][0]
        if (
            phrase in words.openers
            and (following.isupper() or following.isdigit() or following in "([")
            and parts[0][0].isupper()
        ):
            stop = at
            for part in parts[:count]:
                stop = text.index(part, stop) + len(part)
            label = read_label(phrase, words)
            return Heading(at, stop, stop, label.section or "", label.modality, label.regions)
    return None


# What stands before a label inside a line; transcribed notes glue labels with ".,"
_ENDS_BEFORE_LABEL = (". ", "; ", "  ", "? ", ") ", "\t ", "| ", ".,")


def _inline_headings(text: str, start: int, end: int, words: HeadingWords) -> Iterator[Heading]:
    """Labels inside a line: the known words before a colon, after the end of a sentence or in capitals."""
    at = text.find(":", start, end)
    while at != -1:
        back = max(start, at - 60)
        window = text[back:at]
        cut = max(window.rfind(mark) for mark in _ENDS_BEFORE_LABEL)
        candidate = window[cut + 1 :].strip(" \t,") if cut >= 0 else ""
        if not candidate:
            candidate = _capitals_before(window)
        if candidate and candidate[0].isupper() and not candidate[-1].isdigit():
            label = read_label(candidate, words, most_strange=_most_strange(strict=False))
            if window.rfind("[") > window.rfind("]"):  # a macro's name, not a label
                at = text.find(":", at + 1, end)
                continue
            if (
                _is_heading(label, strict=False)
                and (label.section or label.strange == 0)
                and (len(candidate) > 2 or label.modality or _LETTER_REGION.match(text, at - len(candidate), end))
            ):
                first = at - len(window) + window.rfind(candidate)
                yield Heading(first, first + len(candidate), at + 1, label.section or "", label.modality, label.regions)
        at = text.find(":", at + 1, end)


def _capitals_before(window: str) -> str:
    """The run of capitalised words that ends a window, as in "… L3-4 FINDINGS"."""
    kept: list[str] = []
    for word in reversed(window.split()):
        if not (word.isupper() and len(word) > 1 and any(c.isalpha() for c in word)):
            break
        kept.append(word)
    return " ".join(reversed(kept))


_SHOUTED = re.compile(
    r"(?:CLINICAL (?:HISTORY|INDICATION|INFORMATION)|HISTORY|INDICATIONS?|TECHNIQUE|PROCEDURE"
    r"|FINDINGS|IMPRESSION|CONCLUSION|COMPARISON|ADDENDUM|OPINION)\b(?=\s+[A-Z0-9][a-z0-9]?)"
)


def _shouted_headings(text: str, words: HeadingWords) -> Iterator[Heading]:
    """Capitalised section words without a colon, in text that is not all capitals."""
    found = [*_SHOUTED.finditer(text)]
    sample = text[:4000]
    if not found or sum(map(str.isupper, sample)) > 0.6 * sum(map(str.isalpha, sample)):
        return
    for match in found:
        before = text[max(0, match.start() - 8) : match.start()].rstrip(" \t")[-1:]
        if before in ("", ".", "\n", "\r", ";"):
            label = read_label(match.group(), words)
            yield Heading(match.start(), match.end(), match.end(), label.section or "", label.modality, label.regions)


def headings(text: str, words: HeadingWords) -> list[Heading]:
    """All headings of a report, in order, none overlapping another."""
    found: list[Heading] = []
    lettered = _lettered(text)
    for start, end in lines(text):
        heading = _line_heading(text, start, end, words, lettered=lettered)
        rest = start
        if heading:
            found.append(heading)
            rest = heading.content
        if end - rest > 12:
            found.extend(_inline_headings(text, rest, end, words))
    found.extend(_shouted_headings(text, words))
    found.sort(key=lambda h: h.start)
    kept: list[Heading] = []
    for heading in found:
        if not kept or heading.start >= kept[-1].content:
            kept.append(heading)
    return kept
