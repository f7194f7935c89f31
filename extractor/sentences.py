"""Sentences and table rows of a block, whatever wrapped its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from extractor.headings import lines
from extractor.measures import ROW_LEVEL

# Each alternative begins with a plain character: a search then leaps from one such character to the next
_BREAK = re.compile(
    r"\.(?<=[a-z]{3}\.)(?=[A-Z][a-z])|\.[)\"'\]]?(?=\s)|\?[)\"'\]]?(?=\s)|![)\"'\]]?(?=\s)|\r\n|\n|\r|\\\.br\\"
    r"|\|(?<=[ ]\|)[ ]|\^"
)
_ITEM = re.compile(r"[ \t]*(?:[-–—*•·#>]|\(?\d{1,2}[.)][ \t]|\([a-z]\)|[a-z][.)][ \t])")
_BOXED = re.compile(r"\[[ xX]?\]|\([ xX]\) |☐|□|☒|☑")
_ABBREVIATIONS = frozenset(
    (
        "fluoro screen dr mr mrs ms vs approx no st ga cc ml min sec in hr hrs mg incl e.g i.e a.m p.m m.d "
        "d.o pt bilat mod sev lat fig nos ca cm mm mgy gy prof sr jr dept obl ant post ltd al c.c etc r.p.a int hx "
        "wk wks mo yr yrs"
    ).split()
)
_MAX_SENTENCE = 1500


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a report: the start of each by its end, the end of each by its start, and the longest's length."""

    starts: dict[int, int]
    ends: dict[int, int]
    width: int


def lines_of(text: str) -> Lines:
    """The lines of a report, without their ends."""
    ends = dict(lines(text))
    return Lines({end: start for start, end in ends.items()}, ends, max((e - s for s, e in ends.items()), default=0))


def split(text: str, start: int, end: int, lines: Lines, *, lower: bool = False) -> Iterator[tuple[int, int]]:
    """Bounds of the sentences in `text[start:end]`, without surrounding white space.

    `lines` are those of the whole text: a line much shorter than the longest was ended on purpose. `lower` says that
    the report has no capitals, so that none is to be expected behind a full stop.
    A stretch without any end is cut every 1,500 code points, so that nothing downstream sees an endless sentence.
    """
    at = start
    for match in _BREAK.finditer(text, start, end):
        mark = match.group()
        stop = match.start() if mark[0] in "\r\n\\|^" else match.end()
        if mark[0] == ".":
            ended = _period_ends(text, match.start(), match.end(), end, lower=lower)
        elif mark[0] in "\r\n\\":
            ended = _newline_ends(text, match.start(), match.end(), end, lines)
        elif mark[0] in "|^":  # between the fields of one long line; elsewhere the cells of a table
            ended = lines.width > 250
        else:
            ended = True
        if ended:
            yield from _pieces(text, at, stop)
            at = match.end()
    yield from _pieces(text, at, end)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    stretch = text[start:end].rstrip()
    end = start + len(stretch)
    start = end - len(stretch.lstrip())
    while end - start > _MAX_SENTENCE:
        cut = text.rfind(" ", start + 1, start + _MAX_SENTENCE)
        cut = cut if cut > start else start + _MAX_SENTENCE
        yield start, cut
        start = cut + (text[cut] == " ")
    if any(map(str.isalnum, text[start:end])):
        yield start, end


def _period_ends(text: str, dot: int, after: int, end: int, *, lower: bool) -> bool:
    word_start = dot
    while word_start > 0 and dot - word_start < 12 and (text[word_start - 1].isalpha() or text[word_start - 1] == "."):
        word_start -= 1
    word = text[word_start:dot]
    if text.startswith("....", max(0, dot - 3)):  # dots that lead from a label to its value
        return False
    following = text[after : min(end, after + 40)].lstrip()[:1]
    if not following:
        return True
    if len(word) == 1 and word.isupper():
        return False
    if not word and _enumerates(text, dot):
        return False
    if word.lower() in _ABBREVIATIONS:
        units = word.lower() in {
            "ml",
            "cc",
            "min",
            "sec",
            "mgy",
            "gy",
            "cm",
            "mm",
            "etc",
            "ga",
            "ca",
            "post",
            "int",
            "hr",
            "hrs",
            "in",
            "st",
            "no",
        }
        return units and following.isupper() and word.lower() not in {"no", "st", "ga"}
    if following.islower():
        return len(word) > 3 or (lower and len(word) != 1)
    return True


def _enumerates(text: str, dot: int) -> bool:
    """Whether the digits before a full stop number an item of a list."""
    at = dot
    while at > 0 and dot - at < 3 and text[at - 1].isdigit():
        at -= 1
    if not 1 <= dot - at <= 2:
        return False
    before = text[max(0, at - 6) : at].rstrip(" \t")
    return not before or before[-1] in "\n\r.:;"


def _newline_ends(text: str, at: int, after: int, end: int, lines: Lines) -> bool:
    line = text[max(lines.starts[at], at - 400) : at].rstrip()
    following = text[after : min(end, lines.ends.get(after, end), after + 200)]
    bare = following.strip()
    if not bare or not line:
        return True
    if line[-1] in ".:;?!" and not bare[0].islower():
        return True
    if _ITEM.match(following) or ROW_LEVEL.match(following.lstrip(" \t-*•")):
        return True
    if _BOXED.search(line) or _BOXED.search(following):
        return True
    if bare[0].islower():
        return False
    return len(line) < 0.62 * lines.width or lines.width > 160
