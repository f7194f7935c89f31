"""The blocks of a radiology report under its headings, and the examination title at its top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from extractor.headings import LINE_END, headings, lines
from extractor.labels import HeadingWords
from extractor.outline import Block, Heading
from extractor.patterns import pattern

TITLE_VERBS = pattern("sections.title_verbs")
_STUDY = pattern("sections.study")
_TITLE_STOPS = pattern("sections.title_stops")
_TITLE_GOES_ON = pattern("sections.title_goes_on")


_LETTERHEAD = pattern("sections.letterhead")
_STUDY_PROPER = pattern("sections.study_proper")


def _letterhead(line: str) -> bool:
    """Whether a line names who reports, not what was done ("Lakeside Spine & Imaging Center")."""
    return bool(_LETTERHEAD.search(line)) and not _STUDY_PROPER.search(line)


_ABBREVIATED = re.compile(r"\b(?:Drs?|Mrs?|Ms|St|Prof)\Z")
_NARRATED = pattern("sections.narrated")
_PAST_TITLE = ("history", "comparison", "impression", "attestation")


def _title_end(text: str, found: list[Heading]) -> int:
    """Where the examination title ends: the lines at the top that name a study and hold no sentence."""
    end = 0
    named = False
    at = 0
    for start, stop in lines(text[:6000]):
        line = text[start:stop].strip()
        while at < len(found) and found[at].start < start:
            at += 1
        heading = found[at] if at < len(found) and found[at].start < stop else None
        following = found[at + 1].start if at + 1 < len(found) else stop
        if heading and _closes_title(text, heading, min(stop, following)):
            if not named and heading.start - start > 12:
                end = _run_in_title(text, start, heading.start, headed=True)
            break
        if heading and following < stop and ":" in text[heading.end : heading.content]:
            late = not named and heading.start - start > 40
            if not late and following - heading.content > 240:
                return _run_in_title(text, heading.content, following)
            return _run_in_title(text, start, heading.start, headed=True) if late else following
        if not line:
            if named:
                break
            continue
        if len(line) > 160 or TITLE_VERBS.search(line):
            if not named:
                end = _run_in_title(text, start, stop)
            break
        if named and (". " in line or len(line) > 110 or _TITLE_STOPS.search(line) or not _TITLE_GOES_ON.search(line)):
            break
        if not named and _STUDY.search(line) and _TITLE_STOPS.search(line):
            return _run_in_title(text, start, stop) or stop
        named = named or bool(_STUDY.search(line) and not _letterhead(line))
        end = stop
    return end if end and _STUDY.search_in(text, 0, end) else 0


def _closes_title(text: str, heading: Heading, stop: int) -> bool:
    """Whether a heading at the top opens the body; "PROCEDURE: LUMBAR MYELOGRAM" still belongs to the title."""
    if heading.level or heading.section in _PAST_TITLE:
        return True
    if heading.section in ("", "exam") or ":" not in text[heading.end : heading.content]:
        return False
    label = text[heading.start : heading.end]
    content = text[heading.content : stop].strip()
    titled = re.search(r"procedure|exam|study|report|operation|note|service", label, re.IGNORECASE)
    return not (titled and _names_study(content))


def _run_in_title(text: str, start: int, stop: int, *, headed: bool = False) -> int:
    """End of a title that shares its line with the first sentence ("Lumbar myelogram, 6/2016. Right sciatica …").

    `headed` says that a heading begins at `stop`.
    """
    found = sorted(
        at
        for mark in (":", ". ", ".,", " - ", ".", "|", "^")
        if (at := text.find(mark, start, min(stop, start + 110))) != -1
    )
    whole = stop if headed and stop - start <= 160 else start
    shouted = _capitals_end(text, start, stop)
    early = [shouted] if text[shouted : shouted + 3].istitle() else []
    for at in (*early, *found, shouted, whole):
        if text[at : at + 1] == "." and _ABBREVIATED.search(text[start:at]):
            continue
        if _STUDY.search_in(text, start, at) and not (
            TITLE_VERBS.search_in(text, start, at) or _NARRATED.search_in(text, start, at)
        ):
            return at
    return start


_IN_CAPITALS = re.compile(r"[A-Z][A-Z&/,()+.-]*(?: [A-Z&/,()+-][A-Z&/,()+.-]*){1,14}(?= (?:[A-Z]?[a-z]|\d))")


def _capitals_end(text: str, start: int, stop: int) -> int:
    """End of the words in capitals that open a line, where the text goes on in small letters."""
    shouted = _IN_CAPITALS.match(text, start, min(stop, start + 160))
    return shouted.end() if shouted else start


def blocks(text: str, words: HeadingWords) -> list[Block]:
    """The report as consecutive blocks; the first lines become an "exam" block if they name a study."""
    found = headings(text, words)
    title_end = _title_end(text, found)
    out: list[Block] = []
    context = _Context("other", None, (), None)
    if title_end:
        out.append(Block(0, title_end, "exam", None, (), None, None))
    at, opened = title_end, None
    for heading, following in zip_longest(found, found[1:]):
        if heading.start < title_end:
            continue
        if (
            context.section == "exam"
            and heading.bare
            and heading.section in ("", "exam", "technique", "findings", "anatomy", "fields")
        ):
            continue
        if heading.start > at:
            out.extend(_until_blank(text, Block(at, heading.start, *context, opened)))
        at, opened = heading.start, heading
        if heading.section == "attestation" and not _LONG_ATTESTATION.search(text, heading.start, heading.end):
            line_end = _end_of_line(text, heading.content, following)
            out.append(Block(at, line_end, "attestation", None, (), None, heading))
            at, opened = line_end, None
            continue
        if heading.section == "fields" and context.section in ("findings", "impression"):
            line_end = _end_of_line(text, heading.content, following)
            out.append(Block(at, line_end, "technique", None, (), None, heading))
            at, opened = line_end, None
            continue
        context = _under(heading, context)
    if at < len(text):
        out.extend(_until_blank(text, Block(at, len(text), *context, opened)))
    return _retitle(text, out)


_LONG_ATTESTATION = re.compile(r"attest|statement|teaching", re.IGNORECASE)


def _end_of_line(text: str, at: int, following: Heading | None = None) -> int:
    """Where the line of an offset ends, at most where the following heading begins."""
    ending = LINE_END.search(text, at)
    line_end = ending.start() if ending else len(text)
    return min(line_end, following.start) if following else line_end


class _Context(NamedTuple):
    """What a block inherits from the headings above it."""

    section: str
    modality: str | None
    regions: tuple[str, ...]
    level: str | None


_REGION_OF_LETTER = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "lumbar"}


def _under(heading: Heading, above: _Context) -> _Context:
    """The context under a heading."""
    if heading.level:
        own = {_REGION_OF_LETTER[letter] for letter in heading.level if letter.isalpha()}
        # "L1-2 - ..." under "Thoracic:" has left the thoracic spine
        return above._replace(level=heading.level, regions=() if own.isdisjoint(above.regions) else above.regions)
    if heading.section:
        if heading.section == "anatomy":
            section = above.section if above.section in ("findings", "impression") else "findings"
            return _Context(section, heading.modality or above.modality, heading.regions or above.regions, None)
        section = "technique" if heading.section == "fields" else heading.section
        if section == "exam" and above.section in ("technique", "findings"):
            section = "other"
        return _Context(section, heading.modality, heading.regions, None)
    both = heading.modality and heading.regions
    if heading.modality == "mr" and above.section in ("history", "comparison"):
        return above
    section = "impression" if above.section == "impression" and not both else "findings"
    return _Context(section, heading.modality or above.modality, heading.regions, None)


_BLANK = re.compile(rf"(?:{LINE_END.pattern})[ \t]*(?:{LINE_END.pattern})")


def _until_blank(text: str, block: Block) -> list[Block]:
    """History, comparison and title end at the first blank line after their words; what follows has no heading."""
    heading = block.heading
    run_in = heading is not None and not heading.bare and heading.section in ("", "anatomy") and bool(heading.regions)
    if block.section not in ("history", "comparison", "exam", "technique") and not run_in:
        return [block]
    content = heading.content if heading else block.start
    while content < block.end and text[content].isspace():
        content += 1
    blank = _BLANK.search(text, content, block.end)
    if not blank or not text[blank.end() : block.end].strip():
        return [block]
    rest = Block(
        blank.end(), block.end, "findings" if run_in else "other", block.modality if run_in else None, (), None, None
    )
    return [
        Block(block.start, blank.end(), block.section, block.modality, block.regions, block.level, block.heading),
        rest,
    ]


def _retitle(text: str, out: list[Block]) -> list[Block]:
    """A "PROCEDURE:" near the top whose content only names a study is a title, not a technique."""
    if not out or any(b.section == "exam" and _STUDY.search_in(text, b.start, b.end) for b in out):
        return out
    first_line = _end_of_line(text, 0)
    opening = out[0]
    titled = opening.heading and opening.section not in _PAST_TITLE
    if (
        opening.heading
        and titled
        and opening.end > first_line
        and _names_study(text[opening.heading.content : first_line])
    ):
        return [
            Block(0, first_line, "exam", None, (), None, None),
            Block(first_line, opening.end, "other", None, (), None, None),
            *out[1:],
        ]
    for i, block in enumerate(out[:8]):
        content = text[block.heading.content if block.heading else block.start : block.end].strip()
        label = text[block.heading.start : block.heading.end].lower() if block.heading else ""
        if (
            block.section in ("technique", "other")
            and re.search(r"procedure|exam|study|operation", label)
            and _names_study(content)
        ):
            out[i] = Block(block.start, block.end, "exam", None, (), None, None)
            break
    return out


def _names_study(content: str) -> bool:
    """Whether words after a label only name a study."""
    content = content.strip()
    return 0 < len(content) <= 160 and bool(_STUDY.search(content)) and not TITLE_VERBS.search(content)


_BOX = re.compile(r"\[[ _]?\]|\([ _]\)|☐|□|_(?<!\w_)_{1,11}(?!\w)")
_BOX_END = re.compile(r"\[[ xX_]?\]|\([ xX_]\)|[☐□☒☑]|(?<!\w)(?:_{1,4}[xX]_|_{2,12})|\n|\r|   ")


def unticked(text: str) -> Iterator[tuple[int, int]]:
    """Stretches behind empty boxes of a form, up to the next box, wide gap or line end."""
    for box in _BOX.finditer(text):
        after = _BOX_END.search(text, box.end(), box.end() + 120)
        yield box.start(), after.start() if after else min(len(text), box.end() + 40)
