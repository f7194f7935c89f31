"""Where the headings of a radiology report are, and the blocks of text under them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from extractor.measures import LEVEL, ROW_LEVEL, normal_level
from extractor.outline import Block, Heading

# What may stand before a label: an HL7 segment's fields, a clock time, bullets, numbers
_BULLET = re.compile(r"(?:(?:OBX|NTE)(?:\|[^|\r\n]{0,60}){4}\|)?(?:\\[HNF]\\)?(?:\d{1,2}:\d{2}(?:-\d{1,2}:\d{2})?[ ]+)?[ \t>*#•·|]*(?:[-–—]{1,3} ?)?(?:\(?(?:\d{1,2}|[A-Za-z])[.)\]][ \t]+)?[ \t]*")
_WORD = re.compile(r"[^\W\d_]+(?:['/.-][^\W\d_]+)*|\d+")
_POST_CT = re.compile(r"\bct[\s-]*myelo|post[\s-]*myelo|after (?:the )?myelo|following (?:the )?myelo|post[\s-]*contrast ct|myelo\w* ct\b|myelogram[\s-]ct", re.I)
_REGION_WORDS = {
    "cervical": "cervical", "cx": "cervical", "c-spine": "cervical", "neck": "cervical", "c": "cervical", "cs": "cervical", "cspine": "cervical",
    "thoracic": "thoracic", "dorsal": "thoracic", "t-spine": "thoracic", "t": "thoracic", "tx": "thoracic", "tspine": "thoracic", "d": "thoracic",
    "lumbar": "lumbar", "lumbosacral": "lumbar", "l-spine": "lumbar", "ls-spine": "lumbar", "l": "lumbar", "lx": "lumbar", "ls": "lumbar", "back": "lumbar", "lspine": "lumbar", "lumbo-sacral": "lumbar", "l/s": "lumbar", "l-s": "lumbar",
    "cervicothoracic": "cervical thoracic", "thoracolumbar": "thoracic lumbar", "dorsolumbar": "thoracic lumbar", "c/t/l": "cervical thoracic lumbar", "ctl": "cervical thoracic lumbar", "c-t-l": "cervical thoracic lumbar",
}  # fmt: skip
_FILM_WORDS = {"myelogram", "myelography", "myelographic", "myelo", "myelograms", "film", "films", "radiograph", "radiographs", "radiographic", "fluoroscopic", "conventional", "xr", "fl", "dsm", "x-ray", "xray", "subtracted", "subtraction", "mylogram", "radiculography", "images", "image", "views", "overheads", "exposures"}
_CT_WORDS = {"ct", "ctm", "c.t", "tomography", "tomographic", "computed", "computerized", "computerised", "tomograms"}
_CT_PHASE = re.compile(r"\b(?:post|non|un|pre|with|without|w/o)[ -]?(?:contrast|enhanced|myelogram|myelographic)\b", re.I)
_MR_WORDS = {"mri", "mri's"}
TITLE_VERBS = re.compile(r"\b(?:was|were|is|are|has|had|presents?|shows?|came|tolerated|underwent|returns|reviewed)\b", re.I)
_STUDY = re.compile(r"myelo|mylo|my low gra|my elo|\bct\b|tomograph|\bmri\b|\bmr (?:imaging|scan|of|spine)|puncture|gram\b|graphy\b|injection|\btap\b|radicul|radiographs|films|cistern|plasty|block|ablation|refill|patch|drain|trial|chemo|spine|study", re.I)
_TITLE_STOPS = re.compile(r"\d\s?(?:ml|cc|ga?\b|gauge|min|sec|mgy)|needle|\btap\b|consent|year|\byo\b|y/o|history|pain", re.I)
_TITLE_GOES_ON = re.compile(r"spine|cervical|thoracic|lumbar|dorsal|myelo|\bct\b|\bw(?:ith|/)|contrast|\band\b|study|exam|procedure|gram\b|graphy\b|injection|region|\d{1,2}/\d{1,2}/\d{2}", re.I)


@dataclass(frozen=True, slots=True)
class HeadingWords:
    """The heading vocabulary: section words in order of precedence, phrases with their section, fillers, line openers."""

    sections: Mapping[str, frozenset[str]]
    phrases: tuple[tuple[str, str], ...]
    filler: frozenset[str]
    openers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Label:
    """What the words of a label say: a section or None, modality, regions, and how many words are strange."""

    section: str | None
    modality: str | None
    regions: tuple[str, ...]
    strange: int
    words: int


@lru_cache(maxsize=20_000)
def read_label(label: str, words: HeadingWords) -> Label:
    """The meaning of a heading's words."""
    label = LEVEL.sub(" ", label)
    tokens = [w.lower() for w in _WORD.findall(label)]
    regions: set[str] = set()
    section: str | None = None
    film = ct = mr = False
    strange = 0
    ranks = list(words.sections)
    for token in tokens:
        known = token.isdigit() or token in words.filler
        if token in _REGION_WORDS:
            regions.update(_REGION_WORDS[token].split())
            known = True
        if token in _FILM_WORDS or token.startswith("myelo"):
            film = known = True
        if token in _CT_WORDS:
            ct = known = True
        if token in _MR_WORDS:
            mr = known = True
        for name in ranks:
            if token in words.sections[name]:
                known = True
                if section is None or ranks.index(name) < ranks.index(section):
                    section = name
        strange += not known
    lowered = label.lower()
    section = next((name for phrase, name in words.phrases if phrase in lowered), section)
    modality = "mr" if mr else ("both" if film and ct else "film" if film else "ct" if ct else None)
    if modality == "both" and _POST_CT.search(label) and not re.search(r"\band\b|/|&|\+|,", label, re.I):
        modality = "ct"
    if modality is None and _CT_PHASE.search(label):
        modality = "ct"
    if section == "fields" and _ENTRY.search(lowered):
        modality, regions = None, set()
    if section in ("fields", "other") and (regions or modality in ("film", "ct", "both")):
        section = None
    if "junction" in lowered:
        regions.clear()
    if re.search(r"\b(?:upper|mid|middle)(?: and \w+)? back\b", lowered):
        regions = (regions - {"lumbar"}) | {"thoracic"}
    ordered = tuple(r for r in ("cervical", "thoracic", "lumbar") if r in regions)
    return Label(section, modality, ordered, strange, len(tokens))


_ENTRY = re.compile(r"\b(?:access|route|puncture|approach|needle|entry)\b")


def _is_heading(label: Label, *, strict: bool) -> bool:
    if not label.words or label.words > 12:
        return False
    meant = label.section is not None or label.modality is not None or bool(label.regions)
    if strict:
        return meant and label.strange == 0
    return meant and label.strange <= (2 if label.words > 5 else 1)


# Line ends of text and of HL7 version 2 fields
_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]|\\\.br\\")


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for ending in _LINE_END.finditer(text):
        yield start, ending.start()
        start = ending.end()
    if start < len(text):
        yield start, len(text)


def _line_heading(text: str, start: int, end: int, words: HeadingWords) -> Heading | None:
    at = _BULLET.match(text, start, end).end()  # type: ignore[union-attr]
    if at >= end or text[at].islower():
        return None
    row = ROW_LEVEL.match(text, at, end)
    if row and not _goes_on(text, start):
        level = normal_level(row.group("level"))
        if level:
            return Heading(at, row.end("level"), row.end(), "", None, (), level)
    alone = LEVEL.fullmatch(text[at:end].rstrip()) if end - at < 12 else None
    if alone and not _goes_on(text, start):
        return Heading(at, end, end, "", None, (), normal_level(alone.group()))
    for label_end, content, strict in _label_ends(text, at, end):
        label = read_label(text[at:label_end].strip(), words)
        if not _is_heading(label, strict=strict):
            label = read_label(_PARENTHESIS.sub(" ", text[at:label_end]).strip(), words)
        if _is_heading(label, strict=strict) and (label_end - at > 2 or label.modality or _LETTER_REGION.match(text, at, end)):
            section, modality = label.section or "", label.modality
            if section == "fields" and _FLUOROSCOPY.match(text, at) and not text[content:end].strip()[:1].isdigit():
                section, modality = "", "film"
            return Heading(at, label_end, content, section, modality, label.regions, bare=content == end)
    named = _NAMED_MODALITY.match(text, at, end)
    if named:
        label = read_label(named.group(1), words)
        return Heading(at, named.end(1), named.end(), "", label.modality, label.regions, bare=True)
    return _opener(text, at, end, words)


_PARENTHESIS = re.compile(r"\([^()]*\)")
_LETTER_REGION = re.compile(r"(?:[CTL](?:-?sp)?|[TL]x|Cx(?!:[ \t]*(?:none|nil|no\b(?! extra))))[ \t]*:[ \t]+[A-Za-z]", re.IGNORECASE)
# Words that make a short run-in label before a full stop a heading ("CERVICAL FILMS. …"); "Consent signed." is none
_RUN_IN = re.compile(r"\b(?:findings?|impression|opinion|conclusion|summary|comment|technique|procedure|history|indication|comparison|methods?|phase|ct|myelo\w*|my low gram|films?|radiographs|cervical|thoracic|lumbar|dorsal|neck|clinical|exam\w*|request|contrast|attending|addendum|why|report|images|background|reading|results?)\b", re.IGNORECASE)
_FLUOROSCOPY = re.compile(r"fluoro\w*\b", re.IGNORECASE)
# "CT C-spine after the above, skull base to T1 -": a line that begins with its modality and ends in a colon or dash
_NAMED_MODALITY = re.compile(r"((?:post[- ]?myelogra\w+ )?(?:CT|Computed tomography|Myelogra\w+|Radiographs|Films)\b[^.:;\n]{0,100}?)[ ]?(?:[:–—]|-)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_UNFINISHED = re.compile(r"(?:,|\b(?:at|to|and|of|from|through|or|is|the|in|with|on|for|an?|by|than|both|level|between))$", re.IGNORECASE)


def _goes_on(text: str, start: int) -> bool:
    """Whether the line before was cut in the middle of a sentence."""
    return bool(_UNFINISHED.search(text[max(0, start - 40) : start].rstrip()))


def _label_ends(text: str, at: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Candidate ends of a label that starts at `at`: (end of label, start of content, all words must be known)."""
    window = text[at : min(end, at + 120)]
    colon = window.find(":")
    if colon > 80 and "(" not in window[:colon]:
        colon = -1
    if colon > 0 and not (window[colon - 1].isdigit() and window[colon + 1 : colon + 2].isdigit()):
        yield at + colon, at + colon + 1, False
    for mark in (" - ", " -- ", " – ", " — ", "\t", " | ", "|", " / "):
        dash = window.find(mark)
        if 0 < dash < (20 if mark == " / " else 60):
            yield at + dash, at + dash + len(mark), True
    stop = window.find(". ")
    if 0 < stop < 70 and _RUN_IN.search(window[:stop]):
        yield at + stop, at + stop + 1, True
    if end - at <= 90:
        bare = text[at:end].rstrip(" \t-=_*:.;")
        if bare and not text[at:end].rstrip().endswith((",", ";")):
            yield at + len(bare), end, True


def _opener(text: str, at: int, end: int, words: HeadingWords) -> Heading | None:
    parts = text[at : min(end, at + 60)].split(maxsplit=3)
    for count in (3, 2, 1):
        if len(parts) <= count:
            continue
        phrase = " ".join(parts[:count]).lower()
        following = parts[count][0]
        if phrase in words.openers and (following.isupper() or following.isdigit() or following in "([") and parts[0][0].isupper():
            stop = at
            for part in parts[:count]:
                stop = text.index(part, stop) + len(part)
            label = read_label(phrase, words)
            return Heading(at, stop, stop, label.section or "", label.modality, label.regions)
    return None


def _inline_headings(text: str, start: int, end: int, words: HeadingWords) -> Iterator[Heading]:
    """Labels inside a line: the known words before a colon, after the end of a sentence or in capitals."""
    at = text.find(":", start, end)
    while at != -1:
        back = max(start, at - 60)
        window = text[back:at]
        cut = max(window.rfind(". "), window.rfind("; "), window.rfind("  "), window.rfind("? "), window.rfind(") "), window.rfind("\t"), window.rfind("| "))
        candidate = window[cut + 1 :].strip() if cut >= 0 else ""
        if not candidate:
            candidate = _capitals_before(window)
        if candidate and candidate[0].isupper() and not candidate[-1].isdigit():
            label = read_label(candidate, words)
            bracket = text.rfind("[", start, at)
            if bracket > text.rfind("]", start, at):  # a macro's name, not a label
                at = text.find(":", at + 1, end)
                continue
            if _is_heading(label, strict=False) and (label.section or label.strange == 0) and (len(candidate) > 2 or label.modality or _LETTER_REGION.match(text, at - len(candidate), end)):
                first = at - len(window) + window.rfind(candidate)
                yield Heading(first, first + len(candidate), at + 1, label.section or "", label.modality, label.regions)
        at = text.find(":", at + 1, end)


def _capitals_before(window: str) -> str:
    """The run of capitalised words that ends a window, as in "… L3-4 FINDINGS"."""
    kept: list[str] = []
    for word in reversed(window.split()):
        if not (word.isupper() and len(word) > 1 and any(c.isalpha() for c in word)):
            break
        kept.append(word)
    return " ".join(reversed(kept))


_SHOUTED = re.compile(r"\b(?:CLINICAL (?:HISTORY|INDICATION|INFORMATION)|HISTORY|INDICATIONS?|TECHNIQUE|PROCEDURE|FINDINGS|IMPRESSION|CONCLUSION|COMPARISON|ADDENDUM|OPINION)\b(?=\s+[A-Z0-9][a-z0-9]?)")


def _shouted_headings(text: str, words: HeadingWords) -> Iterator[Heading]:
    """Capitalised section words without a colon, in text that is not all capitals."""
    letters = [c for c in text[:4000] if c.isalpha()]
    if not letters or sum(c.isupper() for c in letters) > 0.6 * len(letters):
        return
    for match in _SHOUTED.finditer(text):
        before = text[max(0, match.start() - 8) : match.start()].rstrip(" \t")[-1:]
        if before in ("", ".", "\n", "\r", ";"):
            label = read_label(match.group(), words)
            yield Heading(match.start(), match.end(), match.end(), label.section or "", label.modality, label.regions)


def headings(text: str, words: HeadingWords) -> list[Heading]:
    """All headings of a report, in order, none overlapping another."""
    found: list[Heading] = []
    for start, end in _lines(text):
        heading = _line_heading(text, start, end, words)
        rest = start
        if heading:
            found.append(heading)
            rest = heading.content
        if end - rest > 12:
            found.extend(_inline_headings(text, rest, end, words))
    found.extend(_shouted_headings(text, words))
    found.sort(key=lambda h: h.start)
    kept: list[Heading] = []
    for heading in found:
        if not kept or heading.start >= kept[-1].content:
            kept.append(heading)
    return kept


_PAST_TITLE = ("history", "comparison", "impression", "attestation")


def _title_end(text: str, found: list[Heading]) -> int:
    """Where the examination title ends: the lines at the top that name a study and hold no sentence."""
    end = 0
    named = False
    at = 0
    for start, stop in _lines(text[:6000]):
        line = text[start:stop].strip()
        while at < len(found) and found[at].start < start:
            at += 1
        heading = found[at] if at < len(found) and found[at].start < stop else None
        following = found[at + 1].start if at + 1 < len(found) else stop
        if heading and _closes_title(text, heading, min(stop, following)):
            break
        if heading and following < stop and ":" in text[heading.end : heading.content]:
            return following
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
        named = named or bool(_STUDY.search(line))
        end = stop
    return end if end and _STUDY.search(text, 0, end) else 0


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


def _run_in_title(text: str, start: int, stop: int) -> int:
    """End of a title that shares its line with the first sentence ("Lumbar myelogram, 6/2016. Right sciatica …")."""
    found = sorted(at for mark in (":", ". ", " - ", ".") if (at := text.find(mark, start, min(stop, start + 110))) != -1)
    for at in found:
        if _STUDY.search(text, start, at) and not TITLE_VERBS.search(text, start, at):
            return at
    return start


def blocks(text: str, words: HeadingWords) -> list[Block]:
    """The report as consecutive blocks; the first lines become an "exam" block if they name a study."""
    found = headings(text, words)
    title_end = _title_end(text, found)
    out: list[Block] = []
    context = _Context("other", None, (), None)
    if title_end:
        out.append(Block(0, title_end, "exam", None, (), None, None))
    at, opened = title_end, None
    for heading in found:
        if heading.start < title_end:
            continue
        if context.section == "exam" and heading.bare and heading.section in ("", "exam", "technique", "findings", "anatomy", "fields"):
            continue
        if heading.start > at:
            out.extend(_until_blank(text, Block(at, heading.start, *context, opened)))
        at, opened = heading.start, heading
        if heading.section == "attestation" and not _LONG_ATTESTATION.search(text, heading.start, heading.end):
            line_end = _end_of_line(text, heading.content)
            out.append(Block(at, line_end, "attestation", None, (), None, heading))
            at, opened = line_end, None
            continue
        if heading.section == "fields" and context.section in ("findings", "impression"):
            line_end = _end_of_line(text, heading.content)
            out.append(Block(at, line_end, "technique", None, (), None, heading))
            at, opened = line_end, None
            continue
        context = _under(heading, context)
    if at < len(text):
        out.extend(_until_blank(text, Block(at, len(text), *context, opened)))
    return _retitle(text, out)


_LONG_ATTESTATION = re.compile(r"attest|statement|teaching", re.IGNORECASE)


def _end_of_line(text: str, at: int) -> int:
    breaks = [found for found in (text.find("\n", at, at + 4000), text.find("\r", at, at + 4000)) if found != -1]
    return min(breaks, default=min(len(text), at + 4000))


class _Context(NamedTuple):
    """What a block inherits from the headings above it."""

    section: str
    modality: str | None
    regions: tuple[str, ...]
    level: str | None


def _under(heading: Heading, above: _Context) -> _Context:
    """The context under a heading."""
    if heading.level:
        return above._replace(level=heading.level)
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


_BLANK = re.compile(r"(?:\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)")


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
    rest = Block(blank.end(), block.end, "findings" if run_in else "other", block.modality if run_in else None, (), None, None)
    return [Block(block.start, blank.end(), block.section, block.modality, block.regions, block.level, block.heading), rest]


def _retitle(text: str, out: list[Block]) -> list[Block]:
    """A "PROCEDURE:" near the top whose content only names a study is a title, not a technique."""
    if any(b.section == "exam" and _STUDY.search(text, b.start, b.end) for b in out):
        return out
    first_line = _end_of_line(text, 0)
    opening = out[0]
    if opening.heading and opening.end > first_line and _names_study(text[opening.heading.content : first_line]):
        return [Block(0, first_line, "exam", None, (), None, None), Block(first_line, opening.end, "other", None, (), None, None), *out[1:]]
    for i, block in enumerate(out[:8]):
        content = text[block.heading.content if block.heading else block.start : block.end].strip()
        label = text[block.heading.start : block.heading.end].lower() if block.heading else ""
        if block.section in ("technique", "other") and re.search(r"procedure|exam|study|operation", label) and _names_study(content):
            out[i] = Block(block.start, block.end, "exam", None, (), None, None)
            break
    return out


def _names_study(content: str) -> bool:
    """Whether words after a label only name a study."""
    content = content.strip()
    return 0 < len(content) <= 160 and bool(_STUDY.search(content)) and not TITLE_VERBS.search(content)


_BOX = re.compile(r"\[ ?\]|\( \)|[☐□]")
_BOX_END = re.compile(r"\[[ xX]?\]|\([ xX]\)|[☐□☒☑]|\n|\r|   ")


def unticked(text: str) -> Iterator[tuple[int, int]]:
    """Stretches behind empty boxes of a form, up to the next box, wide gap or line end."""
    for box in _BOX.finditer(text):
        after = _BOX_END.search(text, box.end() + 1, box.end() + 120)
        yield box.start(), after.start() if after else min(len(text), box.end() + 40)
