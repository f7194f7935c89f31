"""What else bears on the codes or wants a human: why a puncture was made, chemotherapy, corrections, two levels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extractor.facts import roles
from extractor.facts.title import Title
from extractor.outline import Outline
from extractor.patterns import pattern
from extractor.records import Span

_NOT_SENT = pattern("circumstances.not_sent")
_PUNCTURE_LEVEL = pattern("circumstances.puncture_level")


def csf_withdrawal(outline: Outline, title: Title) -> tuple[str | None, list[Span]]:
    """Why fluid was taken by a lumbar puncture: "diagnostic", "therapeutic" or None, with the words."""
    named = [s for s in title.sentences if s.has("therapeutic")]
    if named:
        return "therapeutic", [s.span() for s in named]
    body = roles.told_now(outline)
    sent = [s for s in body if s.has("csf_sent") and not _NOT_SENT.search(s.text)]
    if sent:
        return "diagnostic", [s.span() for s in sent[:2]]
    relief = [s for s in (*body, *outline.within("history")) if s.has("therapeutic")]
    if relief:
        return "therapeutic", [s.span() for s in relief[:2]]
    return None, []


def gives_chemotherapy(outline: Outline, title: Title) -> bool:
    """Whether drugs were given through the needle."""
    titled = any(s.has("chemotherapy") for s in title.sentences)
    return titled or any(
        s.has("chemotherapy") and s.has("injection_verb", "intrathecal", "needle") for s in roles.told_now(outline)
    )


def flags(
    outline: Outline, title: Title, *, study: str, status: str, left_out: bool, level: str | None
) -> Iterator[str]:
    """Ids of the review table for circumstances that only the text shows."""
    if study == "lumbar_puncture" and gives_chemotherapy(outline, title):
        yield "intrathecal_chemotherapy"
    if status == "reduced" and left_out:
        yield "region_not_done"
    if any(re.search(r"posterior fossa", s.text, re.IGNORECASE) for s in title.sentences):
        yield "posterior_fossa"
    if any(s.has("correction") or s.has("film_negated", "not_me") for s in outline.within("addendum")):
        yield "addendum_changes_codes"
    if level is not None and _other_level(outline, level):
        yield "levels_disagree"


def _other_level(outline: Outline, level: str) -> bool:
    """Whether the impression names another puncture level than the technique."""
    for s in outline.within("impression"):
        for found in s.levels:
            if (
                s.has("puncture", "lumbar_puncture")
                and found.name != level
                and found.adjacent
                and _PUNCTURE_LEVEL.search(s.text[: found.start - s.start])
            ):
                return True
    return False
