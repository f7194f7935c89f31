"""Tokens that survive wrapped lines: white space and joining hyphens hang on the word before them.

`thecal\\nsac`, `cross-table` and `cross table` become the same two tokens under `NORM`, so a literal phrase in a
table matches all of them, while `doc.text` stays the text as given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spacy.attrs import LENGTH, NORM
from spacy.tokens import Doc
from spacy.vocab import Vocab

_TOKEN = re.compile(r"[^\W\d_]+(?:-(?=[^\W\d_]))?\s*|\d+(?:\.\d+)?\s*|[^\w\s]\s*|_+\s*|\s+|.", re.DOTALL)


_TEXT = "myelogram_text"


class ReportTokenizer:
    """Tokenizer for a spaCy `Language`; `spelling` maps a lower-case word to the word that the tables use."""

    def __init__(self, vocab: Vocab, spelling: Mapping[str, str]) -> None:
        self.vocab = vocab
        self.spelling = dict(spelling)
        vocab.lex_attr_getters[NORM] = self.norm  # type: ignore[attr-defined]

    def norm(self, word: str) -> str:
        """The word as tables know it: no white space or joining hyphen, lower case, usual spelling."""
        bare = word.strip()
        if len(bare) > 1:
            bare = bare.rstrip("-")
        bare = bare.lower().replace("\u2019", "'").replace("\u2013", "-").replace("\u2014", "-")
        return self.spelling.get(bare, bare)

    def __call__(self, text: str) -> Doc:
        """The tokens of a text; `doc.text` is the text."""
        words = _TOKEN.findall(text)
        return Doc(self.vocab, words=words, spaces=[False] * len(words), user_data={_TEXT: (len(words), text)})

    def pipe(self, texts: Iterable[str]) -> Iterable[Doc]:
        """Tokenize a stream of texts."""
        return map(self, texts)

    # The vocabulary and the tables are rebuilt by `pipeline.build`, so there is nothing of its own to store.
    def to_bytes(self, **_: Any) -> bytes:
        """Nothing."""
        return b""

    def from_bytes(self, _: bytes, **__: Any) -> ReportTokenizer:
        """Itself."""
        return self

    def to_disk(self, _: Path | str, **__: Any) -> None:
        """Write nothing."""

    def from_disk(self, _: Path | str, **__: Any) -> ReportTokenizer:
        """Itself."""
        return self


def text_of(doc: Doc) -> str:
    """The text of a report; `doc.text` would put it together again from its tokens, which takes long."""
    count, text = doc.user_data.get(_TEXT, (-1, ""))
    return text if count == len(doc) else doc.text  # documents can be joined


def token_offsets(doc: Doc) -> list[int]:
    """Start of each token in code points, and the end of the text as a last entry."""
    return [0, *doc.to_array(LENGTH).cumsum().tolist()]
