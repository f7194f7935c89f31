"""Wordings too free for a literal phrase: regular expressions read from `data/patterns.toml`."""

from __future__ import annotations

import re
from functools import cache

from extractor import tables
from extractor.errors import TableError
from extractor.wording import Wording

_SHAPES = {"words": r"\b(?:{})\b", "starts": r"\b(?:{})", "forms": "{}"}


@cache
def pattern(name: str) -> Wording:
    """The family of wordings with a name in the table ("injection.failed"), as one pattern.

    Raises `TableError` where an alternative is no regular expression, `KeyError` where there is no such family.
    """
    for table, families in tables.word_tables("patterns.toml").items():
        if name in families:
            try:
                return Wording(_SHAPES[table].format("|".join(families[name])))
            except re.error as error:
                raise TableError(f"patterns.toml:1: {name} is no regular expression: {error.msg}") from None
    raise KeyError(name)
