"""Edits after which a coder gives other codes: the facts change with the words, and what stays must not contradict."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from extractor.corpus import AnnotatedReport, quotes
from extractor.records import REGIONS
from extractor.variants.pieces import (
    READ,
    STUDIES,
    Edit,
    Edited,
    Piece,
    cased,
    joined,
    kept,
    of_today,
    pieces,
    quoted,
    sentence,
    table,
    words,
)

NO_READING: Mapping[str, Any] = {"interpretation": False, "myelo_regions": [], "ct_regions": []}
SOME_CONTRAST = [{"agent": None, "brand": None, "concentration": None, "volume_ml": None, "route": "intrathecal"}]


def _whole(report: AnnotatedReport, *studies: str) -> bool:
    """Whether a report tells of a whole study with at most one injection, reads it, and takes nothing back later."""
    gold, found = report.gold, pieces(report.text)
    past = joined(piece for piece in found if piece.past)
    plain = not any(piece.section == "addendum" for piece in found)
    known = not any(quote in past for _, quote in quotes(gold) if len(quote) > 15)  # else the layout is not understood
    done = gold["status"] == "completed" and gold["interpretation"] and len(gold["contrast"]) <= 1
    return done and plain and known and gold["study"] in (studies or STUDIES)


def _any(some: Iterable[Piece], *families: str) -> bool:
    return any(piece.has(*families) for piece in of_today(some))


def _left(report: AnnotatedReport, text: str, field: str) -> bool:
    """Whether some of the evidence for a field still stands in a text."""
    return any(quote in text for quote in report.gold["evidence"].get(field, ()))


def _sooner(piece: Piece) -> Piece:
    """A piece without the words that only date something by the injection ("30 minutes after injection")."""
    return replace(piece, text=words("after_injection").sub(" ", piece.text))


def _tells_injection(piece: Piece) -> bool:
    if piece.section == "other":
        return _sooner(piece).has("injection") and not piece.has("reading")
    return piece.section == "technique" and _sooner(piece).has("injection")


# ---- who injected, and by which route ------------------------------------------------------------------------


def _injection(before: str, family: str, **told: Any) -> Edit:
    """The sentences about the injection by `before` give way to one that tells of another injection."""

    def edit(report: AnnotatedReport, chance: random.Random) -> Edited:
        known = report.gold["injection"]
        if not _whole(report) or (known["by"], known["route"]) != (before, "lumbar"):
            return None
        text = _retold(report, sentence(family, chance))
        injection = {"by": "reporting", "route": "lumbar", "level": None, "needle_gauge": None, "guidance": None}
        return None if text is None else (text, {"injection": {**injection, **told}, "contrast": SOME_CONTRAST})

    return edit


def _retold(report: AnnotatedReport, told: str) -> str | None:
    """The report with its injection told in one sentence; None where anything else tells of it or of its physician."""
    found = pieces(report.text)
    foreign = report.gold["injection"]["by"] == "other"
    if foreign:
        found = _retitled(found, _title(report.gold))
    gone = [
        p for p in found if _tells_injection(p) or (foreign and p.section in ("technique", "other") and p.has("others"))
    ]
    place = next((piece for piece in gone if not piece.heading), None)
    rest = [_sooner(piece) for piece in found if piece not in gone]
    shown = any(_sooner(piece).has("views", "ct") for piece in gone)
    told_twice = _any(rest, "needle", "doers") or _any((p for p in rest if foreign or p.section not in READ), "others")
    sited = any(piece.section == "technique" and piece.has("site") for piece in rest)
    if not place or shown or told_twice or sited or _left(report, joined(rest), "injection"):
        return None
    lead = place.text[: len(place.text) - len(place.text.lstrip(" .,:;-"))]
    said = replace(place, text=lead + told + (place.gap or " "))
    return joined(kept((said if p is place else p for p in found), lambda p: p is said or p not in gone))


# ---- what was read -------------------------------------------------------------------------------------------


def _reading_deleted(report: AnnotatedReport, chance: random.Random) -> Edited:
    """The note of a procedure, which may say who outside the group reads the images."""
    note = kept(pieces(report.text), lambda p: p.section in ("exam", "history", "comparison", "technique"))
    told = [piece for piece in note if piece.section == "technique"]
    own = _whole(report) and report.gold["injection"]["by"] == "reporting" and _any(note, "film", "ct")
    if not own or not _left(report, joined(told), "injection") or _any(told, "reading"):
        return None
    text = joined(note).rstrip() + chance.choice(["", "", "\n\n" + sentence("read_by_other", chance)])
    return text + "\n", NO_READING


def _ct_removed(report: AnnotatedReport, _: random.Random) -> Edited:
    gold, found = report.gold, pieces(report.text)
    regions = gold["myelo_regions"]
    fitting = _whole(report, "myelogram") and gold["ct_regions"] and set(gold["ct_regions"]) <= set(regions)
    shared = any(p.heading and p.modality != "ct" and p.section != "exam" and p.has("ct") for p in found)
    if not fitting or shared or gold.get("ct_precontrast"):
        return None
    if _any((piece for piece in found if piece.section == "exam"), "ct"):
        found = _retitled(found, _title({**gold, "ct_regions": []}))
    rest = kept(found, lambda p: p.past or not (p.modality == "ct" or p.has("ct")))
    return _reads(report, rest, regions, {"ct_regions": []}) if _any(rest, "film") else None


def _films_removed(report: AnnotatedReport, _: random.Random) -> Edited:
    gold = report.gold
    regions = gold["ct_regions"]
    fitting = _whole(report, "myelogram") and regions and set(gold["myelo_regions"]) <= set(regions)
    if not fitting or gold.get("ct_precontrast"):
        return None
    found = _retitled(pieces(report.text), _title({**gold, "myelo_regions": []}))

    def of_films(piece: Piece) -> bool:
        told = piece.has("film") and not piece.has("ct", "needle")
        return piece.section != "exam" and piece.modality != "ct" and (piece.modality in ("film", "both") or told)

    rest = kept(found, lambda p: p.past or not of_films(p))
    plain = [piece for piece in rest if piece.modality != "ct" and piece.section != "exam"]
    unlabelled = [piece for piece in plain if piece.section == "other"]
    findings = [piece for piece in plain if piece.section == "findings"]
    if _any(plain, "views") or _any(unlabelled, "reading") or _any(findings, "contour") or not _any(rest[1:], "ct"):
        return None
    return _reads(report, rest, regions, {"study": "ct_intrathecal", "myelo_regions": []})


def _region_removed(report: AnnotatedReport, chance: random.Random) -> Edited:
    """The first, in an order of chance, of several regions that can go."""
    regions = report.gold["myelo_regions"]
    if not _whole(report, "myelogram") or len(regions) < 2:
        return None
    return next(filter(None, (_without(report, region) for region in chance.sample(regions, len(regions)))), None)


def _without(report: AnnotatedReport, gone: str) -> Edited:
    """The report without a region in titles, lists and readings."""
    gold = report.gold
    others = [region for region in gold["myelo_regions"] if region != gone]
    found = [replace(piece, text=_unlisted(piece.text, gone)) for piece in pieces(report.text)]

    def of_region(piece: Piece) -> bool:
        return not _tells_injection(piece) and (piece.regions == (gone,) or _inside(piece).has(gone))

    told = [piece for piece in of_today(found) if of_region(piece)]
    mixed = any(piece.section not in READ and _inside(piece).has(*others) for piece in told)
    if mixed or _any(found, "whole_spine") or any(piece.section == "exam" for piece in told):
        return None
    rest = kept(found, lambda piece: piece not in told)
    if any(piece.has("views") and piece.has(gone) for piece in of_today(rest)):
        return None
    ct = [region for region in gold["ct_regions"] if region != gone]
    return _reads(report, rest, others, {"myelo_regions": others, "ct_regions": ct})


def _reads(
    report: AnnotatedReport, rest: Sequence[Piece], regions: Iterable[str], changes: Mapping[str, Any]
) -> Edited:
    """What is left, if it still tells of the injection and reads each of the regions."""
    text = joined(rest)
    reading = joined(piece for piece in rest if piece.section not in ("exam", "history", "comparison", "technique"))
    clear = quoted(report, text, "injection") and all(_left(report, reading, f"region:{region}") for region in regions)
    return (text, changes) if clear else None


def _retitled(found: Iterable[Piece], title: str) -> tuple[Piece, ...]:
    """The pieces with another title on top."""
    rest = [piece for piece in found if piece.section != "exam"]
    return (Piece(f"{title}\n\n", -1, "exam", None, ()), *rest)


def _title(gold: Mapping[str, Any]) -> str:
    """The study as a title in capitals, as most titles are."""
    films, ct = (" and ".join(r for r in REGIONS if r in gold[key]) for key in ("myelo_regions", "ct_regions"))
    named = [f"{films} myelogram"] if films else []
    named += [f"CT of the {ct} spine with intrathecal contrast"] if ct else []
    return " and ".join(named).upper()


def _inside(piece: Piece) -> Piece:
    """A piece without the levels at the border of two regions, which belong to neither alone."""
    return replace(piece, text=words("border").sub(" ", piece.text))


def _unlisted(text: str, region: str) -> str:
    """A text without a region that stands in a list of regions."""
    joint, other = r"\s*(?:,\s*and\b|,|/|&|\+|\band\b)\s*", r"(?:cervical|thoracic|lumbar|dorsal)"
    text = re.sub(rf"\b{region}{joint}(?={other}\b)", "", text, flags=re.IGNORECASE)
    return re.sub(rf"(\b{other}){joint}{region}\b(?! puncture)", r"\1", text, flags=re.IGNORECASE)


def _stopped(report: AnnotatedReport, chance: random.Random) -> Edited:
    """The study ends before contrast: everything from the puncture on gives way to how it was given up."""
    injection = report.gold["injection"]
    own = _whole(report, "myelogram") and (injection["by"], injection["route"]) == ("reporting", "lumbar")
    found = pieces(report.text)
    begun = [*takewhile(lambda p: p.heading or not _tells_injection(p), found)]
    body = [piece for piece in begun if piece.section != "exam"]
    punctured = len(begun) < len(found)
    if not own or not punctured or not _any(begun, "film") or _any(body, "reading", "views", "needle", "ct"):
        return None
    text = joined(begun).rstrip() + "\n" + sentence("stopped", chance) + "\n"
    stopped = {**injection, "level": None, "needle_gauge": None}
    return text, {**NO_READING, "status": "discontinued", "injection": stopped, "contrast": []}


# ---- which region --------------------------------------------------------------------------------------------

# Discs and vertebrae that stand for each other: L1 for C2, L5 for C6, S1 for C7.
_LUMBAR = ("L1", "L2", "L3", "L4", "L5", "S1", "S2")
_CERVICAL = ("C2", "C3", "C4", "C5", "C6", "C7", "T1")
_LEVEL = re.compile(r"\b([CTLS])-?(\d{1,2})(?:(\s?[-/–]\s?)([CTLS])?(\d{1,2}))?\b(?! ?(?:mm|cm|ml))")


def _region_swapped(report: AnnotatedReport, _: random.Random) -> Edited:
    """A cervical study as a lumbar one or the other way round, but for the puncture."""
    gold = report.gold
    regions = gold["myelo_regions"]
    fitting = len(regions) == 1 and regions[0] in ("cervical", "lumbar") and set(gold["ct_regions"]) <= set(regions)
    if not fitting or not _whole(report, "myelogram"):
        return None
    old, new = ("lumbar", "cervical") if "lumbar" in regions else ("cervical", "lumbar")
    found = kept(pieces(report.text), lambda p: p.heading or p.section not in READ or not p.has("unswappable"))
    puncture = [piece for piece in found if _tells_injection(piece)]
    rest = [_sooner(piece) for piece in found if piece not in puncture]
    bound = any(_sooner(piece).has("views", "ct") and piece.has("cervical", "lumbar") for piece in puncture)
    strange = any(piece.has("unswappable", "needle") or _inside(piece).has(new) for piece in rest)
    if bound or strange or not _left(report, joined(found), f"region:{old}"):
        return None
    try:
        swapped = [piece if piece in puncture else replace(piece, text=_swapped(piece.text, old)) for piece in found]
    except KeyError:  # a level without counterpart
        return None
    if any(_inside(piece).has(old) for piece in swapped if piece not in puncture):
        return None
    return joined(swapped), {"myelo_regions": [new], "ct_regions": [new] if gold["ct_regions"] else []}


def _swapped(text: str, old: str) -> str:
    """A text with the words and levels of the other region. Raises `KeyError` where a level has no counterpart."""
    own, other = (_LUMBAR, _CERVICAL) if old == "lumbar" else (_CERVICAL, _LUMBAR)
    counterpart = dict(zip(own, other, strict=True))

    def level(found: re.Match[str]) -> str:
        first, joint, letter, number = found[1] + found[2], found[3], found[4], found[5]
        above = counterpart[first]
        if not number:
            return above
        below = counterpart[_second(first, letter, number)]
        return above + joint + (below if letter or below[0] != above[0] else below[1:])

    swap = table("swap")[old]
    known = rf"(?<!\w)(?:{'|'.join(swap)})(?!\w)"
    return re.sub(known, lambda m: cased(m[0], swap[m[0].lower()][0]), _LEVEL.sub(level, text), flags=re.IGNORECASE)


def _second(first: str, letter: str | None, number: str) -> str:
    """The lower vertebra of a disc; "L5-1" means S1."""
    return f"{letter or ('S' if first == 'L5' and number == '1' else first[0])}{number}"


FLIPPING: Mapping[str, Edit] = {
    "region_swapped": _region_swapped,
    "region_removed": _region_removed,
    "injected_by_other": _injection("reporting", "injected_by_other", by="other"),
    "injected_by_us": _injection("other", "injected_by_us", guidance="fluoroscopy"),
    "injected_elsewhere": _injection("reporting", "injected_elsewhere", by="other", route=None),
    "injected_high": _injection("reporting", "injected_high", route="c1_c2", level="C1-C2", guidance="fluoroscopy"),
    "injected_by_access": _injection("reporting", "injected_by_access", route="existing_access"),
    "reading_deleted": _reading_deleted,
    "ct_removed": _ct_removed,
    "films_removed": _films_removed,
    "stopped": _stopped,
}
