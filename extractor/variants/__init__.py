"""Annotated reports told otherwise: edits that keep their codes and edits that change them, each with its gold."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from extractor.codebook import RuleSet
from extractor.coding import code_set
from extractor.comparison import code_set_words
from extractor.corpus import AnnotatedReport
from extractor.gold import GoldLine
from extractor.gold_codes import possible_facts, table_codes
from extractor.variants.flipping import FLIPPING
from extractor.variants.preserving import PRESERVING

# A variant is for the facts that decide codes. What else a gold holds would have to follow every word of the text.
_NO_DETAILS: Mapping[str, Any] = {
    "images": {"total": None, "views": []},
    "fluoro_minutes": None,
    "dose_mgy": None,
    "complications": None,
    "findings": [],
    "evidence": {},
}


def variants(report: AnnotatedReport, *, rules: RuleSet, seed: int = 0) -> Iterator[AnnotatedReport]:
    """The report told otherwise, once for each kind of edit that applies, with the ids "<id of the report>+<kind>".

    Equal reports and seeds give equal variants. Their codes are such as the decision table gives, and where an edit
    changes facts, the only such; findings, images and evidence are left empty.
    """
    for kind, edit in {**PRESERVING, **FLIPPING}.items():
        made = edit(report, _chance(report, kind, seed))
        if made is None or made[0] == report.text:
            continue
        text, changes = made
        gold = _gold(report.gold, changes, rules)
        if gold and _has_form(report, text, gold):
            yield replace(report, report_id=f"{report.report_id}+{kind}", text=text, gold=gold)


def _chance(report: AnnotatedReport, kind: str, seed: int) -> random.Random:
    """Chance of its own for each report and kind, so that neither order nor other kinds matter."""
    digest = hashlib.sha256(f"{seed}|{report.author}|{report.report_id}|{kind}".encode()).digest()
    return random.Random(digest)  # noqa: S311 - it varies texts and guards no secret


def _gold(parent: Mapping[str, Any], changes: Mapping[str, Any], rules: RuleSet) -> dict[str, Any] | None:
    """The gold of a variant, or None where the decision table leaves its codes open."""
    gold = {**parent, **_NO_DETAILS, **changes}
    if not gold["ct_regions"]:
        gold.pop("ct_precontrast", None)
    if not changes:
        return gold if code_set_words(gold["codes"]) in table_codes(gold, rules) else None
    possible = {code_set(facts, rules) for facts in possible_facts(gold)}
    if len(possible) > 1:
        return None
    codes = [{"code": code, "modifiers": list(modifiers)} for code, modifiers in possible.pop()]
    return {**gold, "codes": codes, "why": ""}


def _has_form(report: AnnotatedReport, text: str, gold: Mapping[str, Any]) -> bool:
    try:
        GoldLine.model_validate({"id": report.report_id, "style": report.style, "text": text, "gold": gold})
    except ValidationError:
        return False
    return True
