"""The confidence model on disk: a skops file beside its card, checked before anything in it is believed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import skops.io

import extractor
from extractor.confidence.calibration import CodeCalibration, SetCalibration
from extractor.confidence.domain import Domain
from extractor.confidence.fact_models import FactModels
from extractor.confidence.model import ConfidenceModel
from extractor.confidence.risk import Outcome
from extractor.errors import ModelError

MODEL, CARD = "model.skops", "card.json"
# Raised whenever a feature, or the form of the file, changes its meaning.
FORM = 1
# What skops may build beyond what it trusts by itself: nothing.
TRUSTED: tuple[str, ...] = ()
SHIPPED = "myelogram-1"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def packed(model: ConfidenceModel) -> bytes:
    """The model as a skops file; the same model gives the same bytes."""
    return _canonical(
        skops.io.dumps(
            {
                "form": FORM,
                "report_vectorizer": model.facts.report_vectorizer,
                "region_vectorizer": model.facts.region_vectorizer,
                "facts": dict(model.facts.facts),
                "region": model.facts.region,
                "seen": {fact: dict(counts) for fact, counts in model.facts.seen.items()},
                "sets": [model.sets.exponent, model.sets.unlisted],
                "codes": [model.codes.slope, model.codes.intercept, dict(model.codes.offsets or {})],
                "vocabulary": sorted(model.domain.vocabulary),
                "domain": [model.domain.least_known, model.domain.least_mentions, model.domain.most_words],
                "sample": [[outcome.code, outcome.confidence, outcome.right] for outcome in model.sample],
            }
        )
    )


def unpacked(data: bytes, *, version: str) -> ConfidenceModel:
    """The model in a skops file. Raises `ModelError` where it is none, or holds types that are not trusted."""
    try:
        strange = set(skops.io.get_untrusted_types(data=data)) - {*TRUSTED}
    except Exception:  # whatever a damaged archive makes skops raise
        raise ModelError(f"{MODEL}: not a model file, or a damaged one; build it again with myelocode train") from None
    if strange:
        raise ModelError(f"{MODEL}: refused, it holds types that are not trusted: {', '.join(sorted(strange))}")
    parts = skops.io.loads(data, trusted=list(TRUSTED))
    if not isinstance(parts, dict) or parts.get("form") != FORM:
        raise ModelError(f"{MODEL}: made for another version of Myelocode; build it again with myelocode train")
    return ConfidenceModel(
        FactModels(
            parts["report_vectorizer"], parts["region_vectorizer"], parts["facts"], parts["region"], parts["seen"]
        ),
        SetCalibration(*parts["sets"]),
        CodeCalibration(*parts["codes"]),
        Domain(frozenset(parts["vocabulary"]), *parts["domain"]),
        tuple(Outcome(*outcome) for outcome in parts["sample"]),
        version,
    )


def load(folder: Path) -> ConfidenceModel:
    """The model in a folder that `myelocode train` wrote.

    Raises `ModelError` where files are missing, or the model is not that of the card, or of another form.
    """
    try:
        data = (folder / MODEL).read_bytes()
        card: Mapping[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ModelError(f"{folder}: no {MODEL} with its {CARD}; build them with myelocode train") from None
    if not isinstance(card, dict) or card.get("sha256") != hashlib.sha256(data).hexdigest():
        raise ModelError(f"{folder}: {MODEL} is not the file that {CARD} describes; restore it, or train again")
    return unpacked(data, version=f"{folder.name} {card['sha256'][:12]}")


@cache
def shipped() -> ConfidenceModel:
    """The model that ships with the package, loaded once; raises `ModelError` as `load` does."""
    package = Path(extractor.__file__).parent
    inside = package / "models" / SHIPPED
    return load(inside if inside.is_dir() else package.parent / "models" / SHIPPED)


def _canonical(data: bytes) -> bytes:
    """A skops file with neither addresses of memory nor times in it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    schema = json.loads(members.pop("schema.json"))
    ids: dict[int, int] = {}
    files: dict[str, str] = {}
    _renumber(schema, ids, files)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        texts = {files[name]: content for name, content in members.items()}
        texts["schema.json"] = json.dumps(schema, indent=None, sort_keys=True).encode()
        for name in sorted(texts):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, texts[name])
    return target.getvalue()


def _renumber(node: Any, ids: dict[int, int], files: dict[str, str]) -> None:
    """Number objects and files in the order in which they stand."""
    for child in node if isinstance(node, list) else node.values() if isinstance(node, dict) else ():
        _renumber(child, ids, files)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("__id__"), int):
        node["__id__"] = ids.setdefault(node["__id__"], len(ids) + 1)
    if isinstance(node.get("file"), str):
        node["file"] = files.setdefault(node["file"], f"{len(files) + 1}.npy")
