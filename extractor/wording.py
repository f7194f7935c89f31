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
# Groups that are met more often than this are not worth looking for
_COMMON = 0.05
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT)


class Wording:
    """A pattern that ignores letter case; searching it is cheap where the text has none of its words.

    `needs` are groups of literal words in lower case: in whatever the pattern matches stands one word of each group.
    """

    __slots__ = ("_pattern", "expression", "fullmatch", "match", "needs")

    def __init__(self, expression: str, flags: int = 0) -> None:
        self._pattern = re.compile(expression, re.IGNORECASE | flags)
        self.expression = expression
        self.match = self._pattern.match
        self.fullmatch = self._pattern.fullmatch
        groups = sorted(_needs(parser.parse(expression, re.IGNORECASE | flags)), key=_commonness)
        self.needs = tuple(tuple(sorted(_shortest(group))) for group in groups if _commonness(group) < _COMMON)

    def search(self, text: str) -> re.Match[str] | None:
        """The first match in the text."""
        return self._pattern.search(text) if self._may_stand(text) else None

    def search_in(self, text: str, start: int, end: int) -> re.Match[str] | None:
        """The first match in `text[start:end]`."""
        return self._pattern.search(text, start, end) if self._may_stand(text[start:end]) else None

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        """All matches in `text[start:end]`."""
        return self._pattern.finditer(text, start, end) if self._may_stand(text[start:end]) else iter(())

    def _may_stand(self, text: str) -> bool:
        folded = text.lower() if text.isascii() else text.translate(_FOLD).lower()
        for group in self.needs:
            for word in group:
                if word in folded:
                    break
            else:
                return False
        return True


def _needs(parsed: Iterable[tuple[Any, Any]]) -> list[frozenset[str]]:
    """The groups of words of which each match of a parsed expression holds one."""
    found: list[frozenset[str]] = []
    word = ""
    for kind, value in [*parsed, (None, None)]:
        if kind is ops.LITERAL:
            word += chr(value).lower()
            continue
        if word:
            found.append(frozenset([word]))
            word = ""
        if kind is ops.SUBPATTERN:
            found += _needs(value[-1])
        elif kind in _REPEATS and value[0] > 0:
            found += _needs(value[2])
        elif kind is ops.BRANCH:
            rarest = [min(_needs(branch), key=_commonness, default=_EVERYWHERE) for branch in value[1]]
            found.append(frozenset().union(*rarest))
    return found


def _commonness(words: frozenset[str]) -> float:
    """How often one of the words may be met: short words stand in many texts, digits and signs in few."""
    return sum(math.prod(0.1 if c.isalpha() or c.isspace() else 0.01 for c in word) for word in words)


def _shortest(words: frozenset[str]) -> Iterator[str]:
    """The words without those that hold another one."""
    return (word for word in words if not any(other in word for other in words - {word}))
