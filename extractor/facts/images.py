"""How many myelographic images, and in which projections."""

from __future__ import annotations

import re

from extractor.facts import roles
from extractor.measures import number
from extractor.outline import Outline, Sentence
from extractor.records import Images, Span

_N = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|thirty(?:[- ](?:one|two))?|single|a|an|both|pair|several)"
_NOUN = r"(?:images?|films?|views?|radiographs?|exposures?|projections?|spots?|overheads?|spot (?:films?|images?|radiographs?|views?)|img|imgs|pictures|x-?rays|frames|shots|acquisitions|runs)"
_ADJECTIVES = r"(?:(?:digital|spot|fluoroscopic|myelographic|conventional|fluoro|overhead|plain|saved|static|stored|permanent|separate|total|such|diagnostic|film|coned|standard|lumbar|cervical|thoracic|dorsal|contrast|additional|x-?ray|hard copy|c-?arm|lumbosacral|radiographic|intraprocedural|further) ){0,3}"
_TOTAL = re.compile(
    rf"(?:\b(?:total|in all|altogether|sum|totalling|totaling|totalled|totaled|amounting to|making|in number|numbered|count)\b[ :]*(?:of |was |is |=|number of )?(?:(?:spot |fluoroscopic |saved )?(?:images?|films?|views?|exposures?)[ :=]*(?:of |was |is |obtained |saved |taken )*)?(?P<after>{_N})\b)"
    rf"|(?:\b(?P<before>{_N})[ ]+{_ADJECTIVES}{_NOUN}?[ ]?,?[ ]?(?:were obtained |were taken |obtained |taken )?(?:in (?:all|total|number)|altogether|total\b))"
    rf"|(?:{_NOUN}[ ]?(?:[x×][ ]?|[:=][ ]?|[(]?(?:number|n)[ ]?=?[ ]?)(?P<times>\d{{1,2}})\b)"
    rf"|(?:\((?P<paren>{_N})(?: in number| in all| images?| films?| total)?\))",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"\b(?P<n>{_N})[ -]+{_ADJECTIVES}(?P<noun>{_NOUN})\b", re.IGNORECASE)
_VIEW = r"(?:AP|PA|frontal|lateral|laterals|oblique|obliques|swimmer'?s?|cross[- ]?table(?: lateral)?s?|upright|standing|flexion|extension|decubitus|LPO|RPO|erect|antero-?posterior|postero-?anterior|lat|lats|obl|swimmers|neutral|horizontal beam)"
_QUALIFIER = r"(?:(?:prone|supine|upright|standing|coned|right|left|both|cross-table|cross table|crosstable|weight-bearing|neutral|true|steep|shallow|further|more|spot|single|bilateral|coned-down|additional|lumbar|cervical|thoracic|horizontal|beam|erect)[ ]){0,3}"
_COUNTED = re.compile(rf"\b(?P<n>{_N})[ -]+{_QUALIFIER}(?P<view>{_VIEW})\b", re.IGNORECASE)
_COUNTED_AFTER = re.compile(rf"\b(?P<view>{_VIEW})[ ]?(?:films?|views?|images?)?[ ]?(?:[x×][ ]?|\(|: ?)?(?P<n>\d{{1,2}}|one|two|three|four)\b(?![ ]?(?:degrees|mm|cm|mL|ml|cc|min|°|-|/|:|%|g\b|G\b|ga))", re.IGNORECASE)
_REGION = r"(?:lumbar|cervical|thoracic|dorsal|lumbosacral|of the neck|of the low back|neck|low back|of the lumbar spine|of the cervical spine|of the thoracic spine)"
_BY_REGION = re.compile(rf"\b(?P<n>{_N})[ ]+(?:of the )?(?P<r>{_REGION})\b|\b(?P<r2>lumbar|cervical|thoracic|dorsal|lumbosacral)[ :,-]+(?:spine )?(?:views |films |images |radiographs )?(?P<n2>{_N})\b(?![ ]?(?:level|interspace|AP|PA|lateral|oblique|frontal))", re.IGNORECASE)
_NOT_MYELOGRAPHIC = re.compile(r"\b(?:ct|axial|sagittal|reformat|slice|mri|mr|scout)\b", re.IGNORECASE)


def read_images(outline: Outline) -> tuple[Images, dict[str, list[Span]]]:
    """Total and projections of the myelographic images, with their spans under "images"."""
    total: int | None = None
    views: list[str] = []
    spans: list[Span] = []
    strength = 0
    for s in _telling(outline):
        count, weight, span = _count(outline, s)
        if count is not None and weight > strength:
            total, strength = count, weight
            spans.insert(0, span or s.span())
        elif count is not None and weight == strength == 1 and total is not None:
            total += count
            spans.append(span or s.span())
        found = [v for v in _views(s) if v not in views]
        if found:
            views.extend(found)
            spans.append(s.span())
    return Images(total, tuple(views)), {"images": spans} if spans else {}


def _telling(outline: Outline) -> list[Sentence]:
    """The sentences that may tell how images were made."""
    out = []
    for s in roles.told_now(outline):
        if s.section == "impression" or s.has("mr", "precontrast") and not s.has("film"):
            continue
        if s.has("film", "view", "image") and (not _is_ct(s)):
            out.append(s)
    return out


def _is_ct(s: Sentence) -> bool:
    return (s.has("ct", "ct_myelogram", "ct_reading") and not s.has("view")) or s.block.modality == "ct" and not s.has("view", "film")


def _count(outline: Outline, s: Sentence) -> tuple[int | None, int, Span | None]:
    """A count in a sentence, how much it is worth (3 a stated total, 2 a plain number, 1 parts), and its span."""
    text = s.text
    for m in _TOTAL.finditer(text):
        word = m["after"] or m["before"] or m["times"] or m["paren"]
        value = number(word)
        if value is None or word.lower() in ("a", "an", "single"):
            continue
        if m["paren"] and not re.search(rf"{_NOUN}|{_VIEW}", text[max(0, m.start() - 40) : m.start()], re.IGNORECASE):
            continue
        if re.match(r"[ ]?(?:mL|ml|cc|minutes|min\b|mGy|seconds|sec|%|cm|mm)", text[m.end() :]) or (m["after"] and re.search(r"(?:ml|cc|min|volume|dose|time)\b", text[m.end() : m.end() + 14], re.IGNORECASE)):
            continue
        return int(value), 4, outline.quote(s.start + m.start(), s.start + m.end(), s.section)
    parts = _parts(text)
    plain = None
    for m in _PLAIN.finditer(text):
        value = number(m["n"])
        if value is None or m["n"].lower() in ("a", "an", "both", "pair", "several") or _NOT_MYELOGRAPHIC.search(text[max(0, m.start() - 12) : m.end()]):
            continue
        if m["n"].lower() == "single" and not s.has("image_verb"):
            continue
        if plain is None or value > plain[0]:
            plain = (int(value), outline.quote(s.start + m.start(), s.start + m.end(), s.section))
    if plain and (not parts or plain[0] >= sum(parts)):
        regional = [int(number(m["n"] or m["n2"]) or 0) for m in _BY_REGION.finditer(text)]
        if len(regional) > 1 and sum(regional) > plain[0]:
            return sum(regional), 3, s.span()
        return plain[0], 3 if s.has("film", "image") else 2, plain[1]
    if parts:
        return sum(parts), 1, s.span()
    regional = [number(m["n"] or m["n2"]) for m in _BY_REGION.finditer(text)] if s.has("film", "image") else []
    counted = [int(v) for v in regional if v is not None]
    return (sum(counted), 2, s.span()) if len(counted) > 1 else (None, 0, None)


def _parts(text: str) -> list[int]:
    """Numbers of views that add up ("four AP and two lateral")."""
    parts: list[int] = []
    taken: list[tuple[int, int]] = []
    for m in _COUNTED.finditer(text):
        word = m["n"].lower()
        value = 2 if word in ("both", "pair") else number(word)
        if value is None or word in ("several",):
            continue
        if word in ("a", "an") and not re.search(r"\b(?:two|three|four|five|six|\d)\b", text, re.IGNORECASE) and len(re.findall(r"\ban? ", text)) < 1:
            continue
        parts.append(int(value))
        taken.append(m.span())
    if not parts:
        for m in _COUNTED_AFTER.finditer(text):
            value = number(m["n"])
            if value is not None:
                parts.append(int(value))
    if parts and all(p == 1 for p in parts) and len(parts) == 1 and not re.search(r"\b(?:one|1|single)\b", text, re.IGNORECASE):
        return []
    return parts


def _views(s: Sentence) -> list[str]:
    """The projections that a sentence names as images, in order."""
    if not s.has("view"):
        return []
    if s.section in ("findings", "impression") and not s.has("film", "image", "image_verb"):
        return []
    out: list[str] = []
    cues = list(s.all("view"))
    for cue in cues:
        before = s.text[max(0, cue.start - s.start - 14) : cue.start - s.start].lower()
        after = s.text[cue.end - s.start : cue.end - s.start + 26].lower()
        if cue.value == "lateral" and re.match(r"\s*(?:recess|c1|c-?1|aspect|margin|cervical|decubitus|to |approach|and medial|mass|disc|puncture|position\b(?!s))", after):
            continue
        if cue.value == "decubitus" and re.match(r"\s*(?:position|,? for|for|to )", after) and not re.search(r"films|images|views", s.text):
            continue
        if cue.value in ("AP", "PA") and (re.match(r"\s*(?:diameter|canal|dimension|-?c\b)", after) or before.rstrip().endswith(("mm", "by"))):
            continue
        if cue.value in ("upright", "extension", "flexion") and re.match(r"\s*(?:of the neck|of neck|for \d|position for|tubing|set|to the|into)", after):
            continue
        if cue.value == "extension" and re.search(r"(?:neck|chin|epidural|into|with)\s+(?:in\s+)?$", before):
            continue
        if cue.value not in out:
            out.append(cue.value)
    return out
