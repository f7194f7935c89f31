"""The card of a confidence model: what it was made from, what it can do, and where it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from extractor import __version__
from extractor.confidence.fact_models import RARE
from extractor.confidence.forecasts import Forecast
from extractor.confidence.scores import code_scores, group_scores, scores
from extractor.confidence.training import Trained, variant_kinds
from extractor.tables import DATA

LIBRARIES = ("numpy", "scipy", "scikit-learn", "skops", "spacy", "medspacy")
LIMITS = (
    "The reports are synthetic, with rare circumstances far more frequent than in practice: an archive has its own "
    "shares, and so its own calibration. Calibrate the risk dial on reviewed reports of the site before relying on it.",
    "Rules were written while looking at some of these reports, so the rules look better on them than on new authors.",
    "English reports only. A text with few known words, few cues, or of unusual length is called out of domain.",
    f"Values of facts with fewer than {RARE} training reports are held down and called rare.",
    "Guidance, the plan of a discontinued study, CT before contrast and the purpose of a puncture are taken as read: "
    "the rules' word on them is not doubted.",
)


def card(trained: Trained, data: bytes, *, name: str, files: Iterable[Path], notes: Iterable[Path]) -> dict[str, Any]:
    """The card as plain values; the same model and inputs give the same card."""
    models = trained.model.facts
    varied = [one for one in trained.forecasts if one.varied]
    noted = [one for one in trained.forecasts if one.group.startswith("notes/")]
    reports = [one for one in trained.forecasts if not (one.varied or one.group.startswith("notes/"))]
    return {
        "name": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "made_by": "myelocode train",
        "version": __version__,
        "libraries": {library: version(library) for library in LIBRARIES},
        "tables": {
            path.name: _digest(path.read_bytes()) for path in sorted(Path(str(DATA)).iterdir()) if path.is_file()
        },
        "reports": {path.name: _digest(path.read_bytes()) for path in files},
        "notes": {path.name: _digest(path.read_bytes()) for path in notes},
        "variants": variant_kinds(trained.examples),
        "values": {fact: dict(counts) for fact, counts in models.seen.items()},
        "calibration": {
            "exponent": trained.model.sets.exponent,
            "unlisted": trained.model.sets.unlisted,
            "code_slope": trained.model.codes.slope,
            "code_intercept": trained.model.codes.intercept,
            "code_offsets": dict(trained.model.codes.offsets or {}),
        },
        "scores": rounded(scores(reports)),
        "scores_by_code": [rounded(row) for row in code_scores(reports)],
        "scores_by_author": {group: rounded(found) for group, found in group_scores(reports).items()},
        "scores_variants": rounded(scores(varied, bounds=False)),
        "scores_by_kind_of_variant": [rounded(row) for row in _kinds(varied)],
        "scores_notes": rounded(scores(noted, bounds=False)) if noted else None,
        "limits": list(LIMITS),
        "features": {
            "report": models.report_vectorizer.feature_names_,
            "region": models.region_vectorizer.feature_names_,
        },
    }


def markdown(card: Mapping[str, Any]) -> str:
    """The card for a reader."""
    found = card["scores"]
    found_varied = card["scores_variants"]
    low, high = found["ece_codes_interval"] or (None, None)
    lines = [
        f"# Model card: {card['name']}",
        "",
        "Calibrated probabilities of the facts that decide codes, for Myelocode: a linear model for each fact "
        "(study, status, who injected, route, images read), one shared by films and CT of the three regions, and "
        "calibrations of code sets and codes. Written by `myelocode train`; `card.json` has all features too.",
        "",
        f"- model file: sha256 `{card['sha256']}`; Myelocode {card['version']}",
        f"- libraries: {', '.join(f'{name} {number}' for name, number in card['libraries'].items())}",
        f"- learned from {found['reports']} reports in {len(card['reports'])} files (one file, one author), "
        f"{sum(card['variants'].values())} variants made from them, and "
        f"{card['scores_notes']['reports'] if card['scores_notes'] else 0} notes that are no myelograms",
        f"- features: {len(card['features']['report'])} of the report, {len(card['features']['region'])} of a region",
        "",
        "## Scores",
        "",
        "On the unvaried reports, by models and calibrations that had seen neither the author nor any variant.",
        "",
        "| | |",
        "|---|---:|",
        f"| code set right | {found['code_set_right']:.3f} |",
        f"| the same by the rules alone | {found['code_set_right_rules']:.3f} |",
        f"| log loss of the code set | {found['log_loss']:.3f} |",
        f"| Brier score of the code set | {found['brier']:.3f} |",
        f"| calibration error of codes (ECE, equal mass) | {found['ece_codes']:.3f}"
        + (f" ({low:.3f}–{high:.3f})" if low is not None and high is not None else "")
        + " |",
        f"| area under risk and coverage | {found['aurc']:.4f} |",
        f"| share of {found['myelograms']} myelogram reports that pass at 99 % precision "
        f"| {found['coverage_at_99'] or 0:.3f} |",
        "",
        "## Codes",
        "",
        *_table(card["scores_by_code"], ("code", "proposals", "mean_confidence", "right", "gap", "ece")),
        "",
        "## Authors",
        "",
        *_table(
            [{"author": group, **values} for group, values in card["scores_by_author"].items()],
            ("author", "reports", "code_set_right", "code_set_right_rules", "mean_confidence", "log_loss"),
        ),
        "",
        "## Variants",
        "",
        f"{found_varied['reports']} variants, judged by models that had not seen their author: "
        f"{found_varied['code_set_right']:.3f} of code sets right (rules {found_varied['code_set_right_rules']:.3f}), "
        f"mean confidence {found_varied['mean_confidence']:.3f}, calibration error {found_varied['ece_codes']:.3f}.",
        "",
        *_table(card["scores_by_kind_of_variant"], ("kind", "reports", "code_set_right", "code_set_right_rules")),
        "",
        "## Limits",
        "",
        *(f"- {limit}" for limit in card["limits"]),
        "",
        "## Data",
        "",
        *(f"- `{file}` {digest}" for part in ("reports", "notes") for file, digest in card[part].items()),
        "",
    ]
    return "\n".join(lines)


def _kinds(varied: Iterable[Forecast]) -> Iterator[dict[str, Any]]:
    """The figures of each kind of variant, in order of name."""
    by_kind: dict[str, list[Forecast]] = {}
    for one in varied:
        by_kind.setdefault(one.report_id.rpartition("+")[2], []).append(one)
    for kind in sorted(by_kind):
        yield {"kind": kind, **scores(by_kind[kind], bounds=False)}


def rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Figures to four places, so that a card is the same on machines that differ in the last bits."""
    return {name: _round(value) for name, value in values.items()}


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    return [_round(one) for one in value] if isinstance(value, list) else value


def _table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    head = [f"| {' | '.join(name.replace('_', ' ') for name in names)} |", f"|---|{'---:|' * (len(names) - 1)}"]
    return head + [f"| {' | '.join(_cell(row[name]) for name in names)} |" for row in rows]


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
