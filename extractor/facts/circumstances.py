"""What else bears on the codes or wants a human: why a puncture was made, chemotherapy, corrections, two levels."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.facts import roles
from extractor.facts.title import Title
from extractor.outline import Outline, Sentence
from extractor.patterns import pattern
from extractor.records import Span

_PURPOSE = pattern("circumstances.purpose")
_REASON = pattern("circumstances.stop_reason")
_NOT_SENT = pattern("circumstances.not_sent")
_PUNCTURE_LEVEL = pattern("circumstances.puncture_level")


def csf_withdrawal(outline: Outline, title: Title) -> tuple[str | None, list[Span]]:
    """Why fluid was taken by a lumbar puncture: "diagnostic", "therapeutic" or None, with the words."""
    named = [s for s in title.sentences if s.has("therapeutic") or "therapeutic" in s.text.lower()]
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


def documentation_flags(
    outline: Outline, *, film: tuple[str, ...], ct: tuple[str, ...], precontrast: list[Span], stopped: list[Span]
) -> Iterator[str]:
    """Flags of the documentation table: what a code asks for and the text leaves out.

    `film` and `ct` are the regions that count, `precontrast` and `stopped` the words about a CT before the contrast and
    about the study's end.
    """
    body = roles.told_now(outline)
    if film and ct:
        readings = [s for s in body if roles.is_reading(s)]
        read = {modality for s in readings for modality in (s.block.modality, _opening(s))}
        if read.isdisjoint(("film", "both")):
            yield "film_findings_not_separate"
        if read.isdisjoint(("ct", "both")):
            yield "ct_findings_not_separate"
    if ct and not any(s.has("ct_reading") or (s.has("ct", "ct_myelogram") and not _is_label(s)) for s in body):
        yield "ct_technique_missing"
    if precontrast and ct and not any(_PURPOSE.search(span.quote) for span in precontrast):
        yield "precontrast_reason_missing"
    if stopped and not any(_REASON.search(s.text) for s in body):
        yield "stop_reason_missing"


def _is_label(s: Sentence) -> bool:
    """Whether the sentence is little more than the heading of its block."""
    heading = s.block.heading
    return heading is not None and s.start == heading.start and roles.is_reading(s)


def _opening(s: Sentence) -> str | None:
    """The modality that a reading sentence sets out from."""
    if s.has("ct", "ct_myelogram"):
        return "ct"
    return "film" if s.has("film", "myelogram") else None


def names_posterior_fossa(title: Title) -> bool:
    """Whether the title orders contrast images of the posterior fossa, which is no region of the spine."""
    return any("posterior fossa" in s.text.lower() for s in title.sentences)


def flags(
    outline: Outline, title: Title, *, study: str, status: str, left_out: bool, level: str | None
) -> Iterator[str]:
    """Ids of the review table for circumstances that only the text shows."""
    if study == "lumbar_puncture" and gives_chemotherapy(outline, title):
        yield "intrathecal_chemotherapy"
    if status == "reduced" and left_out:
        yield "region_not_done"
    if names_posterior_fossa(title):
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
