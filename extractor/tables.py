"""The only reader of `extractor/data`: strict, cached, and handing out immutable records."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from extractor.codebook import CodingTables
from extractor.codebook_build import SCHEMAS, build_tables
from extractor.errors import TableError
from extractor.rows import FLAG, TEXT, WHOLE, Phrases, Row, Schema, rows_from_csv, rows_from_toml

DATA = files("extractor").joinpath("data")


def read_rows(name: str, schema: Schema, *, data: Traversable = DATA) -> tuple[Row, ...]:
    """The rows of a CSV file of `data`, checked against the schema.

    Raises `TableError` ("file:line: what") as `rows_from_csv` does, and where the file cannot be read.
    """
    return rows_from_csv(_text(name, data), name, schema)


def read_tables(name: str, schemas: Mapping[str, Schema | Phrases], *, data: Traversable = DATA) -> Mapping[str, Any]:
    """The tables of a TOML file of `data`: rows for a `Schema`, label = texts for `Phrases`; all must be there.

    Raises `TableError` ("file:line: what") as `rows_from_toml` does, and where the file cannot be read.
    """
    return rows_from_toml(_text(name, data), name, schemas)


def load_coding_tables(data: Traversable = DATA) -> CodingTables:
    """The coding tables of a directory in the form of `extractor/data`; raises `TableError`."""
    rows = {}
    for name, schemas in SCHEMAS.items():
        if name.endswith(".csv"):
            rows[name] = {"": read_rows(name, schemas[""], data=data)}
        else:
            rows[name] = dict(read_tables(name, schemas, data=data))
    return build_tables(rows)


@cache
def coding_tables() -> CodingTables:
    """The coding tables that ship in the package, read once."""
    return load_coding_tables()


def _text(name: str, data: Traversable) -> str:
    try:
        return data.joinpath(name).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise TableError(f"{name}:{error.object[: error.start].count(10) + 1}: not valid UTF-8") from None
    except OSError:
        raise TableError(f"{name}:1: the file cannot be read") from None


_PAIR = Schema({"concept": TEXT, "subject": TEXT, "predicate": TEXT, "gap": WHOLE}, {"denies": FLAG})
_SCOPE = Schema({"category": TEXT, "direction": TEXT, "tokens": WHOLE})
_WORD_TABLES: Mapping[str, Mapping[str, Schema | Phrases]] = {
    "lexicon.toml": {"protects": Phrases(), "spelling": Phrases(), "cue": Phrases(), "valued": Phrases(depth=2)},
    "findings.toml": {
        "concept": Phrases(), "film_concept": Phrases(), "subject": Phrases(), "predicate": Phrases(),
        "severity": Phrases(), "side": Phrases(), "pair": _PAIR,
    },
    "context.toml": {"rules": Phrases(depth=2), "scope": _SCOPE},
    "sections.toml": {
        "section": Phrases(), "phrase": Phrases(), "filler": Phrases(), "line": Phrases(),
        "modality": Phrases(), "region": Phrases(),
    },
    "patterns.toml": {"words": Phrases(), "starts": Phrases(), "forms": Phrases()},
    "variants.toml": {
        "heading": Phrases(), "slip": Phrases(), "number": Phrases(), "swap": Phrases(depth=2), "sentence": Phrases(),
        "names": Phrases(), "words": Phrases(),
    },
}  # fmt: skip


@cache
def word_tables(name: str, data: Traversable = DATA) -> Mapping[str, Any]:
    """The tables of a file with the words of radiologists, as `read_tables` gives them; raises `TableError`."""
    return read_tables(name, _WORD_TABLES[name], data=data)
