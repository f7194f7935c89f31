"""Regular expressions over report text, tried only where a word stands that they cannot do without."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Iterator
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

# Letters that `re.IGNORECASE` takes for an i or an s, and `str.lower` does not
_FOLD = str.maketrans("İıſ", "iis")
_EVERYWHERE = frozenset([""])
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT)


class Wording:
    """A pattern that ignores letter case; searching it is cheap where the text has none of its words.

    `needs` are literal words in lower case, one of which stands in whatever the pattern matches; only the empty word,
    which stands everywhere, if the pattern has no such words.
    """

    __slots__ = ("_pattern", "fullmatch", "match", "needs")

    def __init__(self, expression: str, flags: int = 0) -> None:
        self._pattern = re.compile(expression, re.IGNORECASE | flags)
        self.match = self._pattern.match
        self.fullmatch = self._pattern.fullmatch
        needs = _needs(parser.parse(expression, re.IGNORECASE | flags))
        self.needs = tuple(sorted(need for need in needs if not any(word in need for word in needs - {need})))

    def search(self, text: str) -> re.Match[str] | None:
        """The first match in the text."""
        folded = _fold(text)
        for need in self.needs:
            if need in folded:
                return self._pattern.search(text)
        return None

    def search_in(self, text: str, start: int, end: int) -> re.Match[str] | None:
        """The first match in `text[start:end]`."""
        return self._pattern.search(text, start, end) if self._may_stand(text[start:end]) else None

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        """All matches in `text[start:end]`."""
        return self._pattern.finditer(text, start, end) if self._may_stand(text[start:end]) else iter(())

    def _may_stand(self, text: str) -> bool:
        folded = _fold(text)
        return any(need in folded for need in self.needs)


def _fold(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_FOLD).lower()


def _needs(parsed: Iterable[tuple[Any, Any]]) -> frozenset[str]:
    """The rarest set of words of which each match of a parsed expression holds one."""
    found = [_EVERYWHERE]
    word = ""
    for kind, value in [*parsed, (None, None)]:
        if kind is ops.LITERAL:
            word += chr(value).lower()
            continue
        if word:
            found.append(frozenset([word]))
            word = ""
        if kind is ops.SUBPATTERN:
            found.append(_needs(value[-1]))
        elif kind in _REPEATS and value[0] > 0:
            found.append(_needs(value[2]))
        elif kind is ops.BRANCH:
            found.append(frozenset().union(*map(_needs, value[1])))
    return min(found, key=_commonness)


def _commonness(words: frozenset[str]) -> float:
    """How often one of the words may be met: short words stand in many texts, digits and signs in few."""
    return sum(math.prod(0.1 if c.isalpha() or c.isspace() else 0.01 for c in word) for word in words)
