"""Headings inside running text: labels before a colon, in capitals, or behind the end of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extractor.labels import LETTER_REGION, HeadingWords, Label, is_heading, most_strange_words, read_label
from extractor.outline import Heading

# What stands before a label inside a line; transcribed notes glue labels with ".,"
_ENDS_BEFORE_LABEL = (". ", "; ", "  ", "? ", ") ", "] ", "\t ", "| ", ".,")
# A line of more code points than this is a text whose line ends were lost
_FLAT = 400


def inline_headings(text: str, start: int, end: int, words: HeadingWords, *, lower: bool) -> Iterator[Heading]:
    """Labels inside a line: the known words before a colon, after the end of a sentence or in capitals.

    `lower` says that the report has no capitals.
    """
    at = text.find(":", start, end)
    while at != -1:
        back = max(start, at - 60)
        window = text[back:at]
        if window.rfind("[") <= window.rfind("]"):  # else a macro's name, not a label
            heading = _after_sentence(text, window, at, (start, end), words, lower=lower)
            heading = heading or _opener_before(window, at, words, lower=lower)
            if heading:
                yield heading
        at = text.find(":", at + 1, end)


def _after_sentence(
    text: str, window: str, at: int, line: tuple[int, int], words: HeadingWords, *, lower: bool
) -> Heading | None:
    """The label between the end of a sentence, or a word in small letters, and the colon at the end of a window."""
    cut = max(window.rfind(mark) for mark in _ENDS_BEFORE_LABEL)
    candidate = window[cut + 1 :].strip(" \t,") if cut >= 0 else ""
    if not candidate:
        candidate = _capitals_before(window)
    if not candidate or not (candidate[0].isupper() or lower) or candidate[-1].isdigit():
        return None
    label = read_label(candidate, words, most_strange=most_strange_words(strict=lower))
    # "Unenhanced CT:" among the lines that became one
    phase = label.modality and label.words < 4 and candidate.endswith("CT") and line[1] - line[0] > 250
    if (
        is_heading(label, strict=lower)
        and (label.section or label.strange == 0 or phase)
        and (len(candidate) > 2 or label.modality or LETTER_REGION.match(text, at - len(candidate), line[1]))
    ):
        first = at - len(window) + window.rfind(candidate)
        titled = title_before(candidate, label, words, opens=False)
        if titled:
            first += titled
            label = read_label(text[first:at], words)
        return Heading(
            first, first + len(text[first:at].rstrip()), at + 1, label.section or "", label.modality, label.regions
        )
    return None


_SECTIONS = ("history", "comparison", "technique", "findings", "impression", "addendum")
_BESIDE_NO_STUDY = ("history", "comparison", "attestation")


def title_before(label: str, said: Label, words: HeadingWords, *, opens: bool) -> int:
    """Where in a label its heading begins: behind the title of a study in "LUMBAR MYELOGRAM CLINICAL HISTORY".

    `said` is what all its words say. `opens` says that the label opens the report, where "LUMBAR MYELOGRAM TECHNIQUE"
    is a title and a heading too.
    """
    if not said.modality or not (said.section in _BESIDE_NO_STUDY or (opens and said.section in _SECTIONS)):
        return 0
    starts = [m.start() for m in _LABEL_WORD.finditer(label)]
    for start in starts[-3:]:
        own = read_label(label[start:], words)
        if start and own.section == said.section and not (own.modality or own.regions or own.strange):
            return start
    return 0


_LABEL_WORD = re.compile(r"\S+")


def _opening_words(window: str, words: HeadingWords) -> str:
    """The longest run of words at the end of a window that opens a section by itself."""
    starts = [m.start() for m in _LABEL_WORD.finditer(window)]
    for start in starts[-3:]:
        if window[start:].lower() in words.openers:
            return window[start:]
    return ""


def _opener_before(window: str, at: int, words: HeadingWords, *, lower: bool) -> Heading | None:
    """A section word right before the colon at the end of a window, whatever stands before it ("… L4-5 Findings:")."""
    own = _opening_words(window.rstrip(), words)
    if not own or not (own[0].isupper() or lower):
        return None
    label = read_label(own, words)
    first = at - len(window) + len(window.rstrip()) - len(own)
    return Heading(first, first + len(own), at + 1, label.section or "", label.modality, label.regions)


def _capitals_before(window: str) -> str:
    """The run of capitalised words that ends a window, as in "… L3-4 FINDINGS"."""
    kept: list[str] = []
    for word in reversed(window.split()):
        if not (word.isupper() and len(word) > 1 and any(c.isalpha() for c in word)):
            break
        kept.append(word)
    return " ".join(reversed(kept))


_SHOUTED = re.compile(
    r"(?:CLINICAL (?:HISTORY|INDICATION|INFORMATION|DATA|DETAILS)|HISTORY|INDICATIONS?|TECHNIQUE|PROCEDURE"
    r"|FINDINGS|IMPRESSION|CONCLUSION|COMPARISON|ADDENDUM|OPINION)\b(?=\s+[A-Z0-9][a-z0-9]?)"
)


def shouted_headings(text: str, words: HeadingWords, *, flat: bool) -> Iterator[Heading]:
    """Section words in capitals without a colon, in text that is not all capitals.

    In a `flat` text, whose line ends were lost, they need no end of a sentence before them, nor behind one capitals.
    """
    if flat:
        yield from _behind_sentence(text, words)
        yield from filter(None, (bracketed(match, words) for match in BRACKETED.finditer(text)))
    found = [*_SHOUTED.finditer(text)]
    sample = text[:4000]
    if not (found or flat) or sum(map(str.isupper, sample)) > 0.6 * sum(map(str.isalpha, sample)):
        return
    if flat:
        yield from _in_capitals(text, words)
        return
    for match in found:
        before = text[max(0, match.start() - 8) : match.start()].rstrip(" \t")[-1:]
        if before in ("", ".", "\n", "\r", ";"):
            label = read_label(match.group(), words)
            yield Heading(match.start(), match.end(), match.end(), label.section or "", label.modality, label.regions)


_CAPITALS = re.compile(
    r"(?<![A-Z\d] )\b(?:[CTL] )?[A-Z][A-Z/&-]+(?: [A-Z/&-]{2,}){0,5}(?= (?:[A-Z][a-z\d]|[A-Z\d] |\d|- ))"
)


def _in_capitals(text: str, words: HeadingWords) -> Iterator[Heading]:
    """Runs of capitals that are a label and go over into other words ("… fusion. CT LUMBAR SPINE The sac …")."""
    for match in _CAPITALS.finditer(text):
        run = match.group()
        label = read_label(run, words, most_strange=0)
        first = title_before(run, label, words, opens=match.start() == 0)
        label = read_label(run[first:], words) if first else label
        if not is_heading(label, strict=True) or label.modality == "mr":
            continue
        if label.section in _SECTIONS or (label.modality and label.words > 1 and match.start() > 0):
            start, content = match.start() + first, match.end() + 2 * text.startswith(" -", match.end())
            yield Heading(start, match.end(), content, label.section or "", label.modality, label.regions)


# A label in brackets or braces before what it opens: "[Findings] Ventral defect", "<IMPRESSION> ..."
BRACKETED = re.compile(
    r"[\[{<]{1,2}[ ]?([A-Z][A-Za-z /&-]{1,40}?)[ ]?[\]}>]{1,2}:?(?:[ \t]+(?=[A-Z0-9(\[\"])|[ \t]*$)", re.MULTILINE
)


def bracketed(match: re.Match[str] | None, words: HeadingWords) -> Heading | None:
    """The heading of a label in brackets."""
    label = read_label(match[1], words) if match else None
    if match and label and is_heading(label, strict=True) and (label.section or label.modality):
        return Heading(match.start(), match.end(1), match.end(), label.section or "", label.modality, label.regions)
    return None


_STANDING = re.compile(r"(?<=[.?!>] )[A-Z][\w/–-]{1,20}(?: [\w/–-]{1,20}){0,3}(?P<mark>\. | [-–:] | )(?=[A-Z\d(])")


def _behind_sentence(text: str, words: HeadingWords) -> Iterator[Heading]:
    """Labels between two sentences: with a full stop of their own, or a section word before a capital."""
    for match in _STANDING.finditer(text):
        run = match.group().rstrip(" .:–-")
        end = match.start() + len(run)
        if run.startswith("No"):
            continue
        if match["mark"] == " " and run.lower() not in words.openers:
            run = run.split()[0]
            end = match.start() + len(run)
            if run.lower() not in words.openers or not text[end + 1 : end + 2].isalnum():
                continue
        label = read_label(run, words, most_strange=0)
        if is_heading(label, strict=True) and (label.section in _SECTIONS or label.modality in ("film", "ct")):
            yield Heading(match.start(), end, end + 1, label.section or "", label.modality, label.regions)


def is_flat(widths: Sequence[int]) -> bool:
    """Whether a text whose lines have so many code points has lost its line ends."""
    return max(widths, default=0) > max(_FLAT, 0.6 * sum(widths))
