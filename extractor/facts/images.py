"""How many myelographic images, and in which projections."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.facts import roles
from extractor.measures import number
from extractor.outline import Outline, Sentence
from extractor.patterns import pattern
from extractor.records import Images, Span
from extractor.wording import Wording

_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    "|seventeen|eighteen|nineteen|twenty(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"
    "|thirty(?:[- ](?:one|two|three|four|five|six))?"
)
# The letters with which a number may begin tell it from most words at once
_N = rf"(?:(?=[\defnost])(?:\d{{1,2}}|{_WORDS}))"
_NOUN = (
    r"(?:images?|films?|views?|radiographs?|exposures?|projections?|spots?|overheads?|img|imgs|pictures"
    r"|x-?rays|frames|shots|acquisitions|runs|skiagrams?|captures?|incidences?|stills?|plates)"
)
_ADJECTIVE = (
    r"(?:digital|spot|fluoroscopic|myelographic|conventional|fluoro|overhead|plain|saved|static|stored"
    r"|permanent|needle|position|CR|DR|separate|total|diagnostic|film|coned|standard|lumbar|cervical|thoracic|dorsal|contrast"
    r"|additional|x-?ray|hard copy|c-?arm|lumbosacral|radiographic|intraprocedural|archived|acquired|prone"
    r"|supine|upright|good|technically|adequate|representative|kept|thoracolumbar|single)"
)
_NOT_A_COUNT = (
    r"(?![ ]?(?:mL|ml|cc|cm|mm|min|minutes|mGy|sec|seconds|%|°|[ -]?degrees?|/|-\d|\.\d|-?\s?(?:gauge|ga"
    r"|g\b|G\b)|kV|mA|frames?/|fps|h\b|hours))"
)
_VIEW = (
    r"(?:antero-?posterior|postero-?anterior|cross[- ]?table(?:[- ]laterals?)?|x-?table lat(?:eral)?s?"
    r"|x-lat|shoot[- ]through laterals?|horizontal beam(?: laterals?)?|AP|PA|frontals?|laterals?|obliques?"
    r"|obls?|LPO|RPO|LAO|RAO|swimmer'?s?'?|swimmers|swim|decubitus|lats?|translaterals?)"
)
_STATED = (
    Wording(
        rf"\b(?:total|totall?ing|totall?ed|sum|numbered|number|numbering|count)\b[ :=,]*(?:of|was|is"
        rf"|were|number of|to)?[ :=]*(?:{_ADJECTIVE}[ ]){{0,3}}(?:{_NOUN}[ ]?(?:of|was|is|obtained"
        rf"|saved|taken|:|=)?[ ]?)?(?P<n>{_N})\b{_NOT_A_COUNT}"
    ),
    Wording(
        rf"\b(?P<n>{_N})[ ]+(?:{_ADJECTIVE}[ ]){{0,3}}(?:{_NOUN})?[ ]?,?[ ]?(?:(?:were"
        rf"|was)[ ])?(?:obtained |taken |made |exposed )?(?:in (?:all|total|number|toto)|altogether"
        rf"|total)\b"
    ),
    Wording(r"#[ ]?=?[ ]?(?P<n>\d{1,2})\b"),
    Wording(rf"\barchived?[ ]{{0,2}}[:=][ ]{{0,3}}(?P<n>{_N})\b(?=[ ]{{0,2}}(?:[.;,)]|$))"),
    Wording(rf"\b{_NOUN}[ ]?[:=][ ]{{0,3}}(?P<n>{_N})\b,? (?:consisting|comprising|made up|namely|being)\b"),
    Wording(rf"^\W*(?P<n>{_N})[ ](?:were[ ])?(?:stored|saved|archived|kept)\b"),
    Wording(rf"\b(?:making|makes|number(?:ed|ing)?)[ ](?P<n>{_N})\b(?:[ ](?:{_ADJECTIVE}[ ]){{0,2}}{_NOUN}|[.;,)])"),
)
_EQUALS = Wording(r"=[ ]?(?P<n>\d{1,2})\b(?![.\d])")
_PLAIN = Wording(rf"\b(?P<n>{_N})[ -]+(?:{_ADJECTIVE},?[ ]+){{0,3}}(?P<noun>{_NOUN})\b")
_SINGLE = Wording(rf"\b(?:a single|one single|single)[ ](?:{_ADJECTIVE}[ ]){{0,2}}(?:{_VIEW}[ ])?{_NOUN}\b")
_AFTER_NOUN = Wording(
    rf"\b{_NOUN}\b[ ]?(?:(?:saved|stored|obtained|taken|archived)[ ]?)?(?:[x×,:=(][ ]{{0,3}}"
    rf"|[ ]x[ ]?)(?P<n>\d{{1,2}})\b(?=[ ]{{0,2}}(?:[.;,)]|$|in |saved|stored|archived|kept))(?![ ]?{_VIEW})"
)
_IN_PARENTHESIS = Wording(rf"\((?P<n>{_N})(?:[ ](?:{_NOUN}|in number|in all|total))?\)")
_REGION = r"(?:lumbar|cervical|thoracic|dorsal|lumbosacral|neck|low back)"
_REGIONAL = Wording(
    rf"\b(?:(?P<n>{_N})[ ]+(?:(?:{_ADJECTIVE}|of the|in the|views of the|films of the|images of the"
    rf"|for the)[ ]){{0,2}}{_REGION}\b(?![ ](?:AP|PA|lateral|frontal|oblique|level|type|vertebra"
    rf"|segment))|\b{_REGION}[ :,-]+(?:spine[ ]"
    rf"|region[ ])?(?:{_NOUN}[ ])?(?P<after>{_N})\b(?![ ]*(?:x[ ]?)?{_VIEW})(?=[ ]{{0,2}}(?:[,.;()]"
    rf"|and\b|$)))"
)
_LIST_TOKEN = re.compile(
    rf"(?P<view>\b{_VIEW}\b)|(?P<noun>\b{_NOUN}\b)|(?P<n>(?<![-/.:#\dA-WYZ])(?:\b|(?<=x))(?:{_N}|both"
    rf"|a pair of|bilateral|an?|another)\b{_NOT_A_COUNT})|(?P<each>\beach\b)|(?P<times>[x×](?=[ ]?\d)"
    rf"|(?<=\d)[ ]?[x×](?=[ ]))|(?P<open>[(])|(?P<break>[.;]|\bof the\b|\bat\b|\bshows?\b)"
    rf"|(?P<sep>[,/&+)]|\band\b|\bplus\b|\bwith\b)|(?P<word>\w+)",
    re.IGNORECASE,
)
_A_VIEW = Wording(rf"\b{_VIEW}\b")
_A_NUMBER = Wording(_N)
_ENDS_IN_VIEW = Wording(rf"{_VIEW}\s*$")
_NOT_MYELOGRAPHIC = pattern("images.not_myelographic")


@dataclass(slots=True)
class _Count:
    """A number of images, how it was stated, and where."""

    value: int
    weight: int
    span: Span


def read_images(outline: Outline) -> tuple[Images, dict[str, list[Span]]]:
    """Total and projections of the myelographic images, with their spans under "images"."""
    counts: list[_Count] = []
    views: list[str] = []
    spans: list[Span] = []
    for s in _telling(outline):
        count = _count(outline, s)
        if count:
            counts.append(count)
        found = [v for v in _views(s) if v not in views]
        views.extend(found)
        if found or (s.has("image_verb", "film_negated") and s.has("film")):
            spans.append(s.span())
    total, used = _settle(counts)
    spans = [*(c.span for c in used), *spans]
    return Images(total, tuple(views)), {"images": spans} if spans else {}


def _settle(counts: list[_Count]) -> tuple[int | None, list[_Count]]:
    """One total of what several sentences count: a stated total, else the parts together."""
    if not counts:
        return None, []
    best = max(c.weight for c in counts)
    chosen = [c for c in counts if c.weight == best]
    if best >= 4:
        return chosen[0].value, chosen[:1]
    if best == 3 and len(chosen) > 1:
        largest = max(chosen, key=lambda c: c.value)
        others = sum(c.value for c in chosen if c is not largest)
        return (largest.value, [largest]) if others == largest.value else (sum(c.value for c in chosen), chosen)
    return sum(c.value for c in chosen), chosen


def _telling(outline: Outline) -> list[Sentence]:
    """The sentences that may tell how images were made."""
    out: list[Sentence] = []
    told = roles.told_now(outline)
    for before, s in zip([None, *told], told, strict=False):
        if (
            before is not None
            and out
            and out[-1] is before
            and len(s.text) < 40
            and any(p.search(s.text) for p in _STATED)
        ):
            out.append(s)
            continue
        if s.section == "impression" or (
            s.section == "findings"
            and s.has("concept", "normal_statement", "predicate")
            and not s.has("image_verb", "image")
        ):
            continue
        if (
            s.has("film", "view", "image")
            and not (s.has("ct", "ct_myelogram", "ct_reading", "mr", "precontrast") and not s.has("film", "view"))
            and s.block.modality != "ct"
        ):
            out.append(s)
    return out


def _count(outline: Outline, s: Sentence) -> _Count | None:
    """The count of one sentence: 4 a stated total, 3 a plain number, 1 a list of projections with numbers."""
    text = s.text
    for stated in _STATED:
        m = stated.search(text)
        if m and not re.match(r"[^.;]{0,6}(?:mL|ml|cc|min|sec|mGy)", text[m.end("n") :]):
            value = number(m["n"])
            if value:
                return _Count(int(value), 4, outline.quote(s.start + m.start(), s.start + m.end(), s.section))
    equals = [int(m["n"]) for m in _EQUALS.finditer(text)]
    if equals and s.has("view", "film", "image"):
        return _Count(sum(equals), 3, s.span())
    regional = (
        [number(m["n"] or m["after"]) for m in _REGIONAL.finditer(text)] if s.has("film", "image", "view") else []
    )
    named = [int(v) for v in regional if v]
    if len(named) > 1:
        return _Count(sum(named), 3, s.span())
    parts = _parts(text) if s.has("film", "image", "image_verb") or len(s.values("view")) > 1 else None
    plain = _plain(outline, s)
    if plain and (parts is None or plain.value >= parts):
        return plain
    if parts is not None:
        return _Count(parts, 1, s.span())
    return plain


def _plain(outline: Outline, s: Sentence) -> _Count | None:
    """A number of images as such ("nine films", "images x 15", "films, 6")."""
    best: _Count | None = None
    for written in (_PLAIN, _AFTER_NOUN, _IN_PARENTHESIS):
        for m in written.finditer(s.text):
            value = number(m["n"])
            near = s.text[max(0, m.start() - 14) : m.end() + 4]
            if (
                not value
                or re.match(r"\s*(?:per|/|a )\s*s", s.text[m.end() :])
                or _NOT_MYELOGRAPHIC.search(near)
                or _ENDS_IN_VIEW.search(s.text[max(0, m.start() - 22) : m.start()])
            ):
                continue
            if best is None or value > best.value:
                best = _Count(int(value), 3, outline.quote(s.start + m.start(), s.start + m.end(), s.section))
    single = _SINGLE.search(s.text)
    if best is None and single and s.has("image_verb"):
        return _Count(1, 3, outline.quote(s.start + single.start(), s.start + single.end(), s.section))
    return best


def _parts(text: str) -> int | None:
    """The sum of a list of projections with numbers ("four AP, two lateral and a swimmer's"); None without numbers.

    A projection without a number counts as one where another has a number. A lone number behind the whole list is
    its total ("AP, lateral and obliques (5)").
    """
    if not (_A_VIEW.search(text) and _A_NUMBER.search(text)):
        return None
    tokens = [(m.lastgroup or "", m.group()) for m in _LIST_TOKEN.finditer(text)]
    numerals = [i for i, token in enumerate(tokens) if _numeral(token)]
    places = [i for i, (kind, _) in enumerate(tokens) if kind == "view"]
    if not numerals or not places:
        return None
    if len(numerals) == 1 and numerals[0] > places[-1] and len(places) > 1:
        return int(number(tokens[numerals[0]][1]) or 0)
    counts = _counts(tokens, before=_leads_to_view(tokens, numerals[0]) and not _hangs_on(tokens, numerals[0]))
    return (
        sum(1 if c is None else c for c in counts)
        if any(c and c > 0 for c in counts) and _attached(tokens, numerals)
        else None
    )


def _numeral(token: tuple[str, str]) -> bool:
    return token[0] == "n" and token[1].lower() not in ("both", "bilateral", "a", "an", "another", "a pair of")


def _hangs_on(tokens: list[tuple[str, str]], at: int) -> bool:
    """Whether a number directly follows a projection ("AP 2", "AP (2)", "AP x 2")."""
    back = at - 1
    while back >= 0 and tokens[back][0] in ("open", "times"):
        back -= 1
    return back >= 0 and tokens[back][0] == "view"


def _attached(tokens: list[tuple[str, str]], numerals: list[int]) -> bool:
    return any(_leads_to_view(tokens, i) or _hangs_on(tokens, i) for i in numerals)


def _counts(tokens: list[tuple[str, str]], *, before: bool) -> list[int | None]:
    """A count for each projection of a list, or None; `before` says on which side the numbers stand."""
    counts: list[int | None] = []
    pending: int | None = None
    last = ""
    for i, (kind, word) in enumerate(tokens):
        if kind == "n":
            value = {"both": 2, "bilateral": 2, "a pair of": 2, "a": 1, "an": 1, "another": 1}.get(word.lower()) or int(
                number(word) or 0
            )
            if not _numeral((kind, word)) or (before and _leads_to_view(tokens, i)):
                pending = value
            elif counts and _hangs_on(tokens, i):
                counts[-1] = value
        elif kind == "view" and last != "view":
            counts.append(pending)
            pending = None
        elif kind == "each" and counts and counts[-1] is not None and last == "view":
            counts[-1] *= 2
        elif kind in ("break", "noun"):
            pending = None
        last = kind if kind != "times" else last
    return counts


def _leads_to_view(tokens: list[tuple[str, str]], at: int) -> bool:
    """Whether a number stands before a projection, with at most two other words between."""
    words = 0
    for kind, _ in tokens[at + 1 : at + 5]:
        if kind == "view":
            return True
        if kind not in ("word", "times") or words == 2:
            return False
        words += kind == "word"
    return False


def _views(s: Sentence) -> list[str]:
    """The projections that a sentence names as images, in order."""
    if not s.has("view") or (s.section in ("findings", "impression") and not s.has("film", "image", "image_verb")):
        return []
    out: list[str] = []
    for cue in s.all("view"):
        before = s.text[max(0, cue.start - s.start - 16) : cue.start - s.start].lower()
        after = s.text[cue.end - s.start : cue.end - s.start + 26].lower()
        if cue.value not in out and not _other_sense(cue.value, before, after, s):
            out.append(cue.value)
    return out


def _other_sense(value: str, before: str, after: str, s: Sentence) -> bool:
    """Whether a projection word means something else here (lateral recess, AP diameter, neck in extension)."""
    if value == "lateral":
        return bool(
            re.match(
                r"\s*(?:recess|c1|c-?1|aspect|margin|cervical puncture|decubitus|to |approach|mass"
                r"|disc|puncture|position\b(?!s)|fluoroscopy\b|wall|side|projection (?:was|the needle)"
                r"|view (?:the|confirm))",
                after,
            )
        )
    if value == "decubitus":
        return bool(re.match(r"\s*(?:position\b|,? for|on the|to )", after)) and not re.search(
            r"films|images|views|radiographs|spots", s.text
        )
    if value in ("AP", "PA"):
        return bool(
            re.match(
                r"\s*(?:diameter|canal|dimension|-?c\b|and lateral (?:fluoroscopy\b|fluoro\b|control|planes))", after
            )
        ) or before.rstrip().endswith(("mm", "by", "dr.", "'s"))
    if value in ("upright", "extension", "flexion"):
        extended = value == "extension" and re.search(r"(?:neck|chin|epidural|into|with|head)\s+(?:in\s+)?$", before)
        return bool(
            extended or re.match(r"\s*(?:of the neck|of neck|for \d|position for|tubing|set|to the|into)", after)
        )
    return False
