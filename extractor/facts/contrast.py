"""Contrast that was given: agent, brand, concentration, volume, route, one entry an injection."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.facts import roles
from extractor.measures import Quantity, concentrations, percent_concentration, volumes_ml
from extractor.outline import Cue, Outline, Sentence
from extractor.patterns import pattern
from extractor.records import Contrast, Span

_AFTER_AGENT = pattern("contrast.after_agent")
_SPOKEN = {"three hundred": 300, "two hundred": 200, "two forty": 240, "one eighty": 180}
_ROUTES = (
    (
        "intravenous",
        re.compile(r"\b(?:iv|i\.v\.|intravenous(?:ly)?|portal venous|venous phase|antecubital)\b", re.IGNORECASE),
    ),
    (
        "epidural",
        re.compile(
            r"\b(?:epidural(?:ly)?|extradural(?:ly)?|outside the (?:thecal )?sac|extra-?arachnoid)\b", re.IGNORECASE
        ),
    ),
    ("subdural", re.compile(r"\bsub-?dural(?:ly)?\b", re.IGNORECASE)),
    ("intradiscal", re.compile(r"\b(?:intradiscal|into (?:the|each) dis[ck]|nucleus|nucleogram)\b", re.IGNORECASE)),
)
_NOT_GIVEN = pattern("contrast.not_given")
_TOTAL = re.compile(r"\b(?:total|in all|altogether|sum)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Entry:
    """A contrast mention under construction."""

    agent: str | None
    brand: str | None
    concentration: float | None
    volume: float | None
    route: str | None
    spans: list[Span]


def read_contrast(outline: Outline, *, default_route: str | None) -> tuple[tuple[Contrast, ...], list[Span]]:
    """The injections of contrast that this report tells of, and their spans.

    `default_route` is used where the words around a mention name none.
    """
    entries: list[_Entry] = []
    corrected: list[_Entry] = []
    for sentence in roles.told_now(outline):
        if (
            not _may_tell(sentence)
            or sentence.has("no_contrast_given")
            or sentence.section == "impression"
            or roles.is_planned(sentence)
            or roles.tells_residue(sentence)
        ):
            continue
        found = _entries(outline, sentence, default_route)
        if sentence.section == "addendum":
            corrected.extend(found)
        else:
            entries.extend(found)
    merged = _merge(entries)
    if corrected:
        merged = _correct(merged, corrected)
    if not merged and default_route:
        merged = _nameless(outline, default_route)
    return tuple(Contrast(e.agent, e.brand, e.concentration, e.volume, e.route) for e in merged), [
        s for e in merged for s in e.spans
    ]


_WRONG_PLACES = (("epidural", pattern("contrast.epidural")), ("subdural", pattern("contrast.subdural")))


def wrong_place(outline: Outline) -> tuple[str | None, list[Span]]:
    """Where the contrast of a study that was given up for it went, with the words; None if the text does not say."""
    for s in roles.told_now(outline):
        if s.has("consent"):
            continue
        found = sorted((m.start(), place) for place, named in _WRONG_PLACES if (m := named.search(s.text)))
        if found and (s.has("contrast_noun", "agent", "misplaced") or len(s.text) < 80):
            return found[0][1], [s.span()]
    return None, []


_AMOUNT = re.compile(r"(?:volume|amount|dose|vol)\b", re.IGNORECASE)


def _may_tell(sentence: Sentence) -> bool:
    """Whether a sentence can name an amount of contrast."""
    return sentence.has("agent", "contrast_noun") or bool(_AMOUNT.match(sentence.text))


def _entries(outline: Outline, sentence: Sentence, default_route: str | None) -> list[_Entry]:
    """The mentions of one sentence."""
    text = outline.plain
    agents = _distinct([c for c in sentence.all("agent") if not _denied(text, c)])
    quantities = list(volumes_ml(text, sentence.start, sentence.end))
    out: list[_Entry] = []
    used: set[int] = set()
    for i, cue in enumerate(agents):
        agent, _, brand = cue.value.partition("|")
        low = agents[i - 1].end if i else sentence.start
        high = agents[i + 1].start if i + 1 < len(agents) else sentence.end
        strength, strength_end = _concentration(text, cue, high)
        volume = _volume(text, quantities, used, cue.start, max(cue.end, strength_end), low, high)
        spans = [
            outline.quote(
                min(cue.start, volume.start if volume else cue.start),
                max(strength_end, cue.end, volume.end if volume else 0),
                sentence.section,
            )
        ]
        out.append(
            _Entry(
                agent or None,
                brand or None,
                strength,
                volume.value if volume else None,
                _route(sentence, text, cue, default_route),
                spans,
            )
        )
    if not agents and sentence.has("contrast_noun"):
        noun = next(sentence.all("contrast_noun"))
        volume = _volume(text, quantities, used, noun.start, noun.end, sentence.start, sentence.end)
        if volume and (sentence.has("injection_verb", "intrathecal") or sentence.section == "technique"):
            written = next(concentrations(text, sentence.start, sentence.end), None)
            span = outline.quote(min(noun.start, volume.start), max(noun.end, volume.end), sentence.section)
            out.append(
                _Entry(
                    None,
                    None,
                    written.value if written else None,
                    volume.value,
                    _route(sentence, text, noun, default_route),
                    [span],
                )
            )
    if not agents and not out and quantities and sentence.block.heading and _AMOUNT.match(sentence.text):
        q = quantities[0]
        out.append(_Entry(None, None, None, q.value, None, [outline.quote(q.start, q.end, sentence.section)]))
    return out


def _distinct(cues: list[Cue]) -> list[Cue]:
    """Cues without a generic name that only explains the brand beside it ("Isovue-M 300 (iopamidol)")."""
    out: list[Cue] = []
    for cue in cues:
        agent, _, brand = cue.value.partition("|")
        if out and cue.start - out[-1].end < 30:
            last_agent, _, last_brand = out[-1].value.partition("|")
            if last_agent == agent and (not brand or not last_brand):
                if brand:
                    out[-1] = Cue(cue.label, cue.value, out[-1].start, cue.end, out[-1].token_start, cue.token_end)
                else:
                    out[-1] = Cue(cue.label, out[-1].value, out[-1].start, cue.end, out[-1].token_start, cue.token_end)
                continue
        out.append(cue)
    return out


def _denied(text: str, cue: Cue) -> bool:
    before = text[max(0, cue.start - 30) : cue.start].lower()
    return bool(re.search(r"\b(?:no|not|without|allerg\w+ to|never)\s+(?:\w+\s+)?$|\[ \]\s*$", before))


def _concentration(text: str, cue: Cue, high: int) -> tuple[float | None, int]:
    """mg iodine per mL beside an agent, and where its words end."""
    inside = re.search(r"(1[48]0|2[0-9]0|3[0-9]0)", text[cue.start : cue.end])
    near = min(high, cue.end + 60)
    m = _AFTER_AGENT.match(text, cue.end, near)
    if m:
        word = m["n"].lower().replace("-", " ")
        return float(_SPOKEN.get(word, 0) or word), m.end()
    written = next(concentrations(text, cue.start, near), None)
    if written:
        return written.value, written.end
    percent = percent_concentration(text[cue.end : near])
    if percent:
        return percent, text.index("%", cue.end) + 1
    if inside:
        return float(inside[1]), cue.end
    return None, cue.end


def _volume(
    text: str, quantities: list[Quantity], used: set[int], start: int, end: int, low: int, high: int
) -> Quantity | None:
    """The volume that belongs to an agent at `start:end`: the nearest one that nothing else owns."""
    best: tuple[int, Quantity] | None = None
    for q in quantities:
        if q.start in used or not (low <= q.start < high):
            continue
        after = text[q.end : q.end + 40]
        stop = re.search(r"[,;.]", after)
        owner = after[: stop.start()] if stop else after
        if _NOT_GIVEN.search(owner) and not (q.end <= start and start - q.end < 25):
            continue
        before = text[max(low, q.start - 28) : q.start]
        of_agent = q.end <= start and re.fullmatch(r"\s*(?:of\s+)?", text[q.end : start])
        if not of_agent and re.search(
            r"\b(?:wasted|discarded|lidocaine|xylocaine|lignocaine|csf)[\s,:%\d.]*$", before, re.IGNORECASE
        ):
            continue
        distance = (start - q.end) if q.end <= start else (q.start - end)
        if _TOTAL.search(text[max(low, q.start - 25) : q.end + 12]):
            distance -= 60
        if best is None or distance < best[0]:
            best = (distance, q)
    if best is None or best[0] > 120:
        return None
    used.add(best[1].start)
    return best[1]


def _route(sentence: Sentence, text: str, cue: Cue, default_route: str | None) -> str | None:
    near = text[max(sentence.start, cue.start - 90) : min(sentence.end, cue.end + 160)]
    if re.search(r"\b(?:not|no|never)\b[^.]{0,40}\b(?:epidural|subdural|vascular)", near, re.IGNORECASE):
        return default_route
    for route, named in _ROUTES:
        if named.search(near) and not (
            route != "intravenous"
            and sentence.has("intrathecal")
            and not re.search(r"spread|pattern|outside|location|space", near, re.IGNORECASE)
        ):
            return route
    if sentence.has("intrathecal"):
        return "intrathecal"
    return default_route


def _merge(entries: list[_Entry]) -> list[_Entry]:
    """One entry an injection: repeated mentions join, and what one lacks the other supplies."""
    out: list[_Entry] = []
    for entry in entries:
        match = next((e for e in out if _joins(e, entry)), None)
        if match is None:
            out.append(entry)
            continue
        match.agent = match.agent or entry.agent
        match.brand = match.brand or entry.brand
        match.concentration = match.concentration if match.concentration is not None else entry.concentration
        match.volume = match.volume if match.volume is not None else entry.volume
        match.route = match.route or entry.route
        match.spans.extend(entry.spans)
    return out


def _joins(a: _Entry, b: _Entry) -> bool:
    if a.agent and b.agent and a.agent != b.agent:
        return False
    if a.concentration and b.concentration and a.concentration != b.concentration:
        return False
    if a.route and b.route and a.route != b.route:
        return False
    return a.volume is None or b.volume is None or a.volume == b.volume


def _correct(entries: list[_Entry], corrected: list[_Entry]) -> list[_Entry]:
    """An addendum's statement replaces what it corrects; the first value it names is the right one."""
    right = corrected[0]
    if not entries:
        return [right]
    old = entries[-1]
    return [
        *entries[:-1],
        _Entry(
            right.agent or old.agent,
            right.brand or old.brand,
            right.concentration or old.concentration,
            right.volume if right.volume is not None else old.volume,
            old.route or right.route,
            [*right.spans, *old.spans],
        ),
    ]


def _nameless(outline: Outline, default_route: str) -> list[_Entry]:
    """Contrast that the report mentions as given, without agent or amount."""
    for sentence in roles.told_now(outline):
        noun = sentence.first("contrast_noun")
        if (
            noun
            and sentence.has("injection_verb")
            and not sentence.has("no_contrast_given")
            and sentence.section != "impression"
        ):
            return [_Entry(None, None, None, None, default_route, [sentence.span()])]
    return []
