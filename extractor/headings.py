"""Headings of a radiology report: labels made of known words, at the start of lines and inside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.labels import LETTER_REGION, HeadingWords, Label, is_heading, most_strange_words, read_label
from extractor.measures import LEVEL, ROW_LEVEL, normal_level
from extractor.outline import Heading
from extractor.patterns import pattern
from extractor.run_in import BRACKETED, bracketed, inline_headings, is_flat, shouted_headings, title_before

# What may stand before a label: an HL7 segment's fields, a clock time, bullets, numbers, "STEP 2 -"
_BULLET = re.compile(
    r"(?:(?:OBX|NTE)(?:\|[^|\r\n]{0,60}){4}\|)?(?:\\[HNF]\\)?"
    r"(?:\d{1,2}:\d{2}(?:-\d{1,2}:\d{2})?[ ]+)?"
    r"[ \t>*#•·|=~]*(?:[-–—]{1,3} ?)?(?:\(?(?:\d{1,2}|[A-Za-z])[.)\]][ \t]+)?[ \t]*"
    r"(?:(?i:step|part|phase|stage)[ ]?(?:\d|[IVX]{1,3}|[A-D])[ ]?(?:[-–—:.)|]{1,2}[ \t]+|of \d[ ]?[-–—:.)][ \t]+))?"
)
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


def _line_heading(
    text: str, start: int, end: int, words: HeadingWords, *, lettered: bool, lower: bool
) -> Heading | None:
    at = _BULLET.match(text, start, end).end()  # type: ignore[union-attr]
    if at >= end or (text[at].islower() and not lower) or text[at : at + 3].lower() == "no ":
        return None
    boxed = bracketed(BRACKETED.match(text, at, end), words)
    if boxed:
        return boxed
    row = ROW_LEVEL.match(text, at, end)
    if row and not _goes_on(text, start):
        level = normal_level(row.group("level"))
        if level:
            return Heading(at, row.end("level"), row.end(), "", None, (), level)
    alone = normal_level(text[at:end]) if end - at < 12 and LEVEL.fullmatch(text[at:end].rstrip()) else None
    if alone and not _goes_on(text, start):
        return Heading(at, end, end, "", None, (), alone)
    # without capitals, a word at the start of a line may as well stand in the middle of a sentence
    begun = lower and text[max(0, start - 40) : start].rstrip(" \t\r\n")[-1:] not in (*".:;?!)]-=*", "")
    for label_end, content, all_known in _label_ends(text, at, end):
        opened = text[label_end : label_end + 1] == ":"
        strict = all_known or (lower and not (opened and not text[content:end].strip()))
        if lower and not opened and (begun or (content < end and text[label_end] != ".")):
            continue
        written, most_strange = text[at:label_end], most_strange_words(strict=strict)
        label = read_label(written.strip(), words, most_strange=most_strange)
        if "(" in written and not is_heading(label, strict=strict):
            label = read_label(_PARENTHESIS.sub(" ", written).strip(), words, most_strange=most_strange)
        if not is_heading(label, strict=strict):
            label = _before_comma(written, words) or label
        if is_heading(label, strict=strict) and (
            label_end - at > 2
            or label.modality
            or (label.section == "history" and text[label_end] == ":")
            or (lettered and _LETTER_DASH.match(text, at, end))
            or LETTER_REGION.match(text, at, end)
        ):
            section, modality = label.section or "", label.modality
            if section == "fields" and _FLUOROSCOPY.match(text, at) and not text[content:end].strip()[:1].isdigit():
                section, modality = "", "film"
            titled = title_before(written, label, words, opens=not text[:at].strip()) if label.modality else 0
            if titled:
                label = read_label(written[titled:], words)
                section, modality = label.section or "", label.modality
            return Heading(at + titled, label_end, content, section, modality, label.regions, bare=content == end)
    named = _NAMED_MODALITY.match(text, at, end)
    if named:
        label = read_label(named.group(1), words)
        return Heading(at, named.end(1), named.end(), "", label.modality, label.regions, bare=True)
    return _opener(text, at, end, words)


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
    return label if label and label.modality and not label.section and is_heading(label, strict=True) else None


_SETTINGS = pattern("headings.settings")
_PARENTHESIS = re.compile(r"\([^()]*\)")
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


def without_capitals(text: str) -> bool:
    """Whether a report is written in small letters throughout."""
    return sum(map(str.isupper, text)) * 50 < sum(map(str.islower, text))


_CAPITALISED = re.compile(r"\b[A-Z][a-z]")


def _in_small_letters(text: str) -> bool:
    """Whether neither sentences nor labels begin with a capital, though levels may ("tap at L3-4, clear csf")."""
    if len(_CAPITALISED.findall(text, 0, 400)) > 6:
        return False
    small = sum(map(str.islower, text))
    return sum(map(str.isupper, text)) * 20 < small and len(_CAPITALISED.findall(text)) * 500 < small


def headings(text: str, words: HeadingWords) -> list[Heading]:
    """All headings of a report, in order, none overlapping another."""
    found: list[Heading] = []
    lettered, lower = _lettered(text), _in_small_letters(text)
    widths: list[int] = []
    for start, end in lines(text):
        widths.append(len(text[start:end].strip()))
        heading = _line_heading(text, start, end, words, lettered=lettered, lower=lower)
        rest = start
        if heading:
            found.append(heading)
            rest = heading.content
        if end - rest > 12:
            found.extend(inline_headings(text, rest, end, words, lower=lower))
    flat = is_flat(widths)
    found.extend(shouted_headings(text, words, flat=flat))
    found.sort(key=lambda h: h.start)
    kept: list[Heading] = []
    for heading in found:
        if flat and not kept and not heading.section and text[heading.end : heading.end + 1] == " ":
            continue  # a title in capitals
        if not kept or heading.start >= kept[-1].content:
            kept.append(heading)
    return kept
