"""Complications, and what else a coder or auditor looks for: position, CSF, pressure, tilt, sedation, site, people."""

from __future__ import annotations

import re

from extractor.facts import roles
from extractor.outline import Outline, Sentence
from extractor.patterns import pattern
from extractor.records import Details, Span
from extractor.wording import Wording

_PRESSURE = pattern("details.pressure")
_TILT = pattern("details.tilt")
_NAME = r"(?:Dr\.?\s+)?[A-Z][\w'-]+(?:[ ][A-Z][\w.'-]+){0,2}(?:,?\s+(?:MD|M\.D\.|DO|D\.O\.|PA-C|RRA|RPA|NP))?"
_OPERATOR = Wording(
    rf"\b(?:operators?|performed by|procedure performed by|proceduralist|surgeon"
    rf"|radiologist performing)\s*:?\s+(?P<name>(?-i:{_NAME}))"
)
_INTERPRETER = Wording(
    rf"\b(?:interpreted by|read by|electronically signed by|signed by|signed:?|interpreting radiologist"
    rf"|reported by|dictated by|attending radiologist|attending:?)\s*:?\s+(?P<name>(?-i:{_NAME}))"
)
_PRESENT_NEGATED = pattern("details.present_negated")
_NONE = pattern("details.none")
_REPORTED = pattern("details.reported")
_TOLD_BEFOREHAND = pattern("details.told_beforehand")


def read_complications(outline: Outline) -> tuple[str | None, list[Span]]:
    """Complications: "none" if the text denies them, "present" for an immediate one that is told, else None."""
    none: list[Span] = []
    present: list[Span] = []
    for s in outline.sentences:
        if s.section in ("history", "comparison", "exam"):
            continue
        cue = s.first("complication_none")
        tail = _NONE.search(s.text)
        if cue:
            none.append(outline.quote(cue.start, cue.end, s.section, "absent"))
        elif tail:
            none.append(outline.quote(s.start + tail.start(), s.start + tail.end(), s.section, "absent"))
        reported = _REPORTED.match(s.text)
        if (reported and not tail and not cue) or (s.has("complication") and _happened(s)):
            present.append(s.span())
    if present:
        return "present", present
    return ("none", none[:2]) if none else (None, [])


def _happened(s: Sentence) -> bool:
    """Whether a complication word tells of something that happened to this patient in this session."""
    if (
        s.has("consent")
        or roles.is_past(s)
        or s.block.modality in ("film", "ct", "both")
        or "csf_leak" in s.values("concept")
    ):
        return False
    if s.has("concept") and not s.has("needle", "injection_verb", "discontinued"):
        return False
    for cue in s.all("complication"):
        before = s.text[max(0, cue.start - s.start - 70) : cue.start - s.start].rsplit(";", 1)[-1]
        after = s.text[cue.end - s.start : cue.end - s.start + 40]
        if (
            not _PRESENT_NEGATED.search(before)
            and not _TOLD_BEFOREHAND.search(s.text)
            and not re.match(
                r"\s*(?:sheet|precautions|instructions|unchanged|persist\w*|as before|or\b|risk"
                r"|protocol|since|for \w+ (?:weeks|months|years))",
                after,
            )
        ):
            return True
    return False


def read_details(outline: Outline) -> tuple[Details, dict[str, list[Span]]]:
    """The details with their spans by field name."""
    spans: dict[str, list[Span]] = {}
    body = [s for s in outline.sentences if s.section not in ("history", "comparison")]
    values: dict[str, object] = {
        "position": _valued(outline, body, "position", spans),
        "csf_return": _csf(outline, body, spans),
        "sedation": _valued(outline, body, "sedation", spans),
        "site_of_service": _valued(outline, body, "site", spans, field="site_of_service"),
        "opening_pressure_cmh2o": _pressure(outline, body, spans),
        "table_tilt": _match(outline, body, _TILT, "table_tilt", spans),
        "operator": _match(outline, outline.sentences, _OPERATOR, "operator", spans, group="name"),
        "interpreter": _match(outline, outline.sentences, _INTERPRETER, "interpreter", spans, group="name"),
        "permanent_images": _permanent(body, spans),
    }
    return Details(**values), spans  # type: ignore[arg-type]


def _valued(
    outline: Outline, body: list[Sentence], label: str, spans: dict[str, list[Span]], *, field: str = ""
) -> str | None:
    for s in body:
        cue = s.first(label)
        if cue and (roles.is_procedure(s) or label == "site"):
            spans[field or label] = [outline.quote(cue.start, cue.end, s.section)]
            return cue.value
    return None


def _csf(outline: Outline, body: list[Sentence], spans: dict[str, list[Span]]) -> str | None:
    for s in body:
        cue = s.first("csf_appearance")
        if cue and s.has("csf_return", "needle") and roles.is_procedure(s):
            spans["csf_return"] = [outline.quote(cue.start, cue.end, s.section)]
            return cue.value
    return None


def _pressure(outline: Outline, body: list[Sentence], spans: dict[str, list[Span]]) -> float | None:
    for s in body:
        m = _PRESSURE.search(s.text)
        if m:
            spans["opening_pressure_cmh2o"] = [outline.quote(s.start + m.start(), s.start + m.end(), s.section)]
            value = float(m["n"])
            return round(value / 10, 1) if (m["unit"] or "").lower() == "mm" else value
    return None


def _match(
    outline: Outline,
    body: list[Sentence],
    pattern: Wording,
    field: str,
    spans: dict[str, list[Span]],
    *,
    group: str | int = 0,
) -> str | None:
    for s in body:
        m = pattern.search(s.text)
        if m:
            spans[field] = [outline.quote(s.start + m.start(group), s.start + m.end(group), s.section)]
            return m[group].strip()
    return None


def _permanent(body: list[Sentence], spans: dict[str, list[Span]]) -> bool | None:
    for s in body:
        if s.has("permanent_images") and s.has("film", "image", "view"):
            spans["permanent_images"] = [s.span()]
            return True
    return None
