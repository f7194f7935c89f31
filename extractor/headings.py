"""Headings of a radiology report: labels made of known words, at the start of lines and inside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from extractor.measures import LEVEL, ROW_LEVEL, normal_level
from extractor.outline import Heading
from extractor.patterns import pattern

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


@dataclass(frozen=True, slots=True)
class Label:
    """What the words of a label say: a section or None, modality, regions, and how many words are strange."""

    section: str | None
    modality: str | None
    regions: tuple[str, ...]
    strange: int
    words: int


def read_label(label: str, words: HeadingWords) -> Label:
    """The meaning of a heading's words."""
    label = LEVEL.sub(" ", label)
    tokens = [w.lower() for w in _WORD.findall(label)]
    regions: set[str] = set()
    section: str | None = None
    film = ct = mr = False
    strange = 0
    ranks = list(words.sections)
    lowered = label.lower()
    phrase, told = next(((phrase, name) for phrase, name in words.phrases if phrase in lowered), ("", None))
    spoken = phrase.split()
    for token in tokens:
        known = token.isdigit() or token in words.filler or token in spoken
        meant = {region for region, named in words.regions.items() if token in named}
        regions |= meant
        film = film or token in words.modalities["film"] or token.startswith("myelo")
        ct = ct or token in words.modalities["ct"]
        mr = mr or token in words.modalities["mr"]
        known = (
            known
            or bool(meant)
            or any(token in named for named in words.modalities.values())
            or token.startswith("myelo")
        )
        for name in ranks:
            if token in words.sections[name]:
                known = True
                if section is None or ranks.index(name) < ranks.index(section):
                    section = name
        strange += not known
    section = told or section
    modality = "mr" if mr else ("both" if film and ct else "film" if film else "ct" if ct else None)
    if modality == "both" and _POST_CT.search(label) and not re.search(r"\band\b|/|&|\+|,", label, re.I):
        modality = "ct"
    if modality is None and _CT_PHASE.search(label):
        modality = "ct"
    if section == "fields" and _ENTRY.search(lowered):
        modality, regions = None, set()
    if section in ("fields", "other") and (regions or modality in ("film", "ct", "both")):
        section = None
    if "junction" in lowered:
        regions.clear()
    if re.search(r"\b(?:upper|mid|middle)(?: and \w+)? back\b", lowered):
        regions = (regions - {"lumbar"}) | {"thoracic"}
    ordered = tuple(r for r in ("cervical", "thoracic", "lumbar") if r in regions)
    return Label(section, modality, ordered, strange, len(tokens))


_ENTRY = re.compile(r"\b(?:access|route|puncture|approach|needle|entry)\b")


def _is_heading(label: Label, *, strict: bool) -> bool:
    if not label.words or label.words > 12:
        return False
    meant = label.section is not None or label.modality is not None or bool(label.regions)
    if strict:
        return meant and label.strange == 0
    return meant and label.strange <= (2 if label.words > 5 else 1)


# Line ends of text and of HL7 version 2 fields
LINE_END = re.compile(r"\r\n|\r(?!\n)|[\n\v\f\x1c\x1d\x1e\x85\u2028\u2029]|\\\.br\\")


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
        label = read_label(text[at:label_end].strip(), words)
        if not _is_heading(label, strict=strict):
            label = read_label(_PARENTHESIS.sub(" ", text[at:label_end]).strip(), words)
        if not _is_heading(label, strict=strict):
            label = _before_comma(text[at:label_end], words) or label
        if _is_heading(label, strict=strict) and (
            label_end - at > 2
            or label.modality
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
            label = read_label(candidate, words)
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
    r"\b(?:CLINICAL (?:HISTORY|INDICATION|INFORMATION)|HISTORY|INDICATIONS?|TECHNIQUE|PROCEDURE"
    r"|FINDINGS|IMPRESSION|CONCLUSION|COMPARISON|ADDENDUM|OPINION)\b(?=\s+[A-Z0-9][a-z0-9]?)"
)


def _shouted_headings(text: str, words: HeadingWords) -> Iterator[Heading]:
    """Capitalised section words without a colon, in text that is not all capitals."""
    sample = text[:4000]
    if sum(map(str.isupper, sample)) > 0.6 * sum(map(str.isalpha, sample)):
        return
    for match in _SHOUTED.finditer(text):
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
