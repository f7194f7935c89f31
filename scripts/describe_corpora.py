"""Write the count tables of the data card: `python scripts/describe_corpora.py`.

`myelocode evaluate --describe corpora` prints the same tables.
"""

from __future__ import annotations

from pathlib import Path

from extractor.corpus import load
from extractor.evaluation_tables import describe

CORPORA = Path(__file__).resolve().parent.parent / "corpora"
CARD = CORPORA / "README.md"
BEGIN, END = "<!-- counts: written by scripts/describe_corpora.py -->\n", "<!-- end of counts -->\n"


def counted(card: str, corpora: Path = CORPORA) -> str:
    """The card with its count tables made anew."""
    head, rest = card.split(BEGIN)
    tail = rest.split(END)[1]
    body = "\n".join(table.markdown() for table in describe(load([corpora]).reports))
    return f"{head}{BEGIN}\n{body}\n{END}{tail}"


if __name__ == "__main__":
    CARD.write_text(counted(CARD.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {CARD}")
