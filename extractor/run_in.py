"""Headings inside running text: labels before a colon, in capitals, or behind the end of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.labels import LETTER_REGION, HeadingWords, is_heading, most_strange_words, read_label
from extractor.outline import Heading

# What stands before a label inside a line; transcribed notes glue labels with ".,"
_ENDS_BEFORE_LABEL = (". ", "; ", "  ", "? ", ") ", "\t ", "| ", ".,")


def inline_headings(text: str, start: int, end: int, words: HeadingWords) -> Iterator[Heading]:
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
            label = read_label(candidate, words, most_strange=most_strange_words(strict=False))
            if window.rfind("[") > window.rfind("]"):  # a macro's name, not a label
                at = text.find(":", at + 1, end)
                continue
            if (
                is_heading(label, strict=False)
                and (label.section or label.strange == 0)
                and (len(candidate) > 2 or label.modality or LETTER_REGION.match(text, at - len(candidate), end))
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


def shouted_headings(text: str, words: HeadingWords) -> Iterator[Heading]:
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
