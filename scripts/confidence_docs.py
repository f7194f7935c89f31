"""Write docs/confidence.md and its plots: `python scripts/confidence_docs.py`, some minutes.

Every figure is one that `myelocode evaluate` prints, under the command that stands above it.
"""

from __future__ import annotations

from pathlib import Path

from extractor.cli_apart import apart, apart_tables, forecasts_with
from extractor.confidence.plots import write_plots
from extractor.confidence.report import confidence_tables
from extractor.corpus import load

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGE = DOCS / "confidence.md"
BEGIN = "<!-- figures: written by scripts/confidence_docs.py -->\n"


def figures(root: Path = ROOT) -> str:
    """The part of the page that is measured; the plots are written beside it."""
    corpora = root / "corpora"
    found = apart(load([corpora]).reports, [corpora / "notes"])
    write_plots(found, DOCS)
    parts = [
        "## On authors that were not learned from\n",
        "Eight folds of authors: models, calibrations and baselines are learned without the authors that they judge, "
        "and without any variant of their reports. Only reports that somebody wrote are judged.\n",
        "    myelocode evaluate corpora --notes corpora/notes --apart --plots docs\n",
        "![Reliability: mean confidence of codes against the share that is right](reliability.svg)\n",
        "![Risk against coverage](risk-coverage.svg)\n",
        *(table.markdown() for table in apart_tables(found)),
        "## On the sealed authors\n",
        "By the shipped model, which has not seen them; nobody has looked at these reports beside their reading.\n",
        "    myelocode evaluate corpora/sealed\n",
        *(table.markdown() for table in confidence_tables(forecasts_with(load([corpora / "sealed"]).reports, None))),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    head = PAGE.read_text(encoding="utf-8").split(BEGIN)[0]
    PAGE.write_text(f"{head}{BEGIN}\n{figures()}", encoding="utf-8")
    print(f"wrote {PAGE}")
