"""Write docs/evaluation.md: `python scripts/evaluate_docs.py`.

Every figure there is one that `myelocode evaluate` prints, under the command that stands above it. The speed of reading
is left out: it belongs to a machine, and `scripts/bench_reader.py` measures it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from extractor.corpus import AnnotatedReport, load
from extractor.evaluation import evaluate
from extractor.evaluation_tables import tables
from extractor.reader import Extractor

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "evaluation.md"
# Files, whether confidence may overrule the rules, and what the set is. The models learned from all but the sealed.
SETS = {
    "Sealed authors": (
        "sealed/*.jsonl",
        True,
        "No text of these was held against its reading, no rule was made from them and no model learned from them: the "
        "nearest to a new archive. With confidence, as a user reads them.",
    ),
    "Sealed authors, by the rules alone": ("sealed/*.jsonl", False, "The same without the confidence model."),
    "Authors kept from the rules": (
        "[q-v]?.jsonl",
        False,
        "No rule was made from these; the confidence model learned from them, so the rules alone are judged.",
    ),
    "Development": (
        "d?.jsonl",
        False,
        "The rules were written while looking at these reports: this shows what they can do.",
    ),
    "Later authors": (
        "[e-il-p]?.jsonl",
        False,
        "Written afterwards; the rules were then widened by what failed here, so this is no forecast either.",
    ),
}
HEAD = """# Evaluation

Written by `python scripts/evaluate_docs.py`. What the corpora are, and what they are not, stands in
[corpora/README.md](../corpora/README.md); what each field means, in [corpora/ANNOTATION.md](../corpora/ANNOTATION.md).

- **exact**: the share of reports in which the whole field is right. **precision, recall, F1** count the values that are
  there to be found: null and false are nothing to find, a wrong value is a false positive and a false negative.
- Numbers agree within 0.05 (minutes, mGy, mL, mg iodine per mL). Contrast entries are paired one to one, the two most
  alike first, and counted value by value. Findings count once for each concept, level and assertion.
- **evidence found**: the share of gold quotes that a span of the same field touches, wherever the quote stands.
- Study and codes count in every report, the other fields where the gold study is a myelogram, a CT with intrathecal
  contrast or a cisternogram ("in scope").
- Intervals: 2000 bootstrap draws of whole reports, seeded. They speak of other reports by the same authors; how much
  authors differ is in the tables by author. The goal is what the project set itself on the development reports.
"""


def page(root: Path = ROOT) -> str:
    """The whole page, from the corpora under a project folder."""
    parts = [HEAD]
    for title, (pattern, confidence, words) in SETS.items():
        reports = load(sorted((root / "corpora").glob(pattern))).reports
        option = "" if confidence else " --no-confidence"
        parts.append(f"## {title}\n\n{words}\n\n    myelocode evaluate corpora/{pattern} --by author{option}\n")
        parts += _tables(reports, confidence=confidence)
    return "\n".join(parts)


def _tables(reports: Sequence[AnnotatedReport], *, confidence: bool) -> list[str]:
    evaluation = evaluate(reports, Extractor.load(confidence=confidence).read)
    return [table.markdown() for table in tables(evaluation, by="author") if table.title != "Reading"]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
