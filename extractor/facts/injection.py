"""Who put the contrast in, by which route, at which level, through which needle, under which guidance."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.facts import roles
from extractor.measures import Level, gauges, levels
from extractor.outline import Outline, Sentence
from extractor.records import Injection, Span

_BY_OTHER = re.compile(r"\bby\b|\bwere by\b|\bfrom\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:I|me|my|myself|we|our|undersigned|us)\b")
_FAILED = re.compile(
    r"\b(?:no csf|dry tap|dry|without (?:any )?(?:return|csf|success)|unsuccessful\w*|failed|abandon\w*|met (?:bone|nothing|only)|no fluid|not (?:be )?(?:enter\w*|access\w*|aspirat\w*|obtain\w*|successful|possible|return)|could not|no return|attempts? (?:was|were) made|tried first|turned back|scar|attempted|first attempt(?:ed)? at|without return|was tried|unable)\b",
    re.IGNORECASE,
)
_PLAN_ROUTE = re.compile(r"\b(?:discussed|considered|consider|deferred|not (?:done|performed|needed)|declined|recommended|suggest\w*|if|would|planned|alternative|instead of)\b", re.IGNORECASE)
_NOT_LEVEL = re.compile(r"\bnot (?:at |the )?$", re.IGNORECASE)


@dataclass(slots=True)
class InjectionReading:
    """The injection with its spans by field name, and circumstances for a human."""

    injection: Injection
    spans: dict[str, list[Span]]
    flags: list[str]


def acts(outline: Outline) -> list[Sentence]:
    """The sentences that tell of this report's puncture or injection, in order."""
    out = []
    for s in roles.told_now(outline):
        if s.section == "impression" and not s.has("lumbar_puncture", "puncture"):
            continue
        needle = s.has("needle", "puncture", "existing_access", "c1_c2_route", "cisternal_route", "lumbar_route")
        contrast = s.has("injection_verb") and s.has("contrast_noun", "agent", "intrathecal")
        bare = s.has("agent") and s.section in ("technique", "other") and any(True for _ in gauges(s.text)) or (s.has("agent") and s.section == "technique")
        if (needle or contrast or bare) and not roles.is_planned(s):
            out.append(s)
    return out


def read_injection(outline: Outline, *, contrast_in: bool, surgeon_report: bool) -> InjectionReading:
    """The injection as told; `contrast_in` says whether contrast was given."""
    told = acts(outline)
    spans: dict[str, list[Span]] = {}
    flags: list[str] = []
    route = _route(outline, told, spans, flags)
    by = _by(outline, told, spans, contrast_in, surgeon_report)
    level = _level(outline, told, route, spans)
    gauge = _gauge(outline, told, spans, level)
    guidance = _guidance(outline, told, spans)
    if told:
        spans.setdefault("injection", [s.span() for s in told if s.has("needle", "injection_verb", "puncture")][:4] or [told[0].span()])
    return InjectionReading(Injection(by, route, level, gauge, guidance), spans, flags)


def _by(outline: Outline, told: list[Sentence], spans: dict[str, list[Span]], contrast_in: bool, surgeon_report: bool) -> str:
    other: list[Span] = []
    own: list[Span] = []
    for s in outline.sentences:
        if s.section in ("history", "comparison") and not s.has("not_me", "other_report"):
            continue
        about = s.has("needle", "puncture", "injection_verb", "contrast_noun", "agent", "lumbar_puncture", "intrathecal", "myelogram")
        if not about:
            continue
        if s.has("not_me"):
            other.append(s.span())
        elif s.has("injection_verb", "puncture", "needle", "lumbar_puncture", "contrast_noun") and s.has("other_report") and not _FIRST_PERSON.search(s.text):
            other.append(s.span())
        elif _names_other(outline, s):
            other.append(s.span())
        elif s.has("own_staff") or re.search(r"\bI (?:then |also )?(?:injected|placed|entered|advanced|punctured|performed|introduced|put|slowly|inserted|used|instilled)\b", s.text):
            own.append(s.span())
    if other and not (surgeon_report and own):
        spans["injection"] = other
        return "other"
    if told and contrast_in:
        return "reporting"
    return "none"


def _names_other(outline: Outline, s: Sentence) -> bool:
    """Whether the sentence has somebody outside the group do the puncture or the injection."""
    if s.has("own_staff") and re.search(r"supervision|undersigned|\bby me\b|\bI\b|myself", s.text):
        return False
    act = s.first("injection_verb", "puncture", "needle", "lumbar_puncture")
    if act is None:
        return False
    for who in s.all("other_physician"):
        between = outline.text[min(act.end, who.end) : max(act.start, who.start)]
        if len(between) > 140:
            continue
        name = outline.text[who.start : who.end].lower()
        passive = re.search(r"\b(?:by|from|were by|was by)\b", between) and who.start > act.start
        active = who.end <= act.start and re.match(r"(?:'s)?[\s\w.,()'-]{0,80}$", between) and re.search(r"\b(?:injected|punctured|placed|instilled|introduced|gave|performed|put)\b", outline.text[who.end : act.end + 1], re.IGNORECASE)
        if not (passive or active):
            continue
        if name == "dr":
            rest = outline.text[who.start : who.start + 110].lower()
            if not re.search(r"neurosurg|surg|anesth|anaesth|pain|orthop|spine|referring|neurolog|clinic|icu", rest):
                continue
        if name in ("anesthesia", "anaesthesia", "anesthetic", "anaesthetic") and re.search(r"local|general|topical", between + outline.text[max(0, who.start - 12) : who.start], re.IGNORECASE):
            continue
        return True
    return False


def _route(outline: Outline, told: list[Sentence], spans: dict[str, list[Span]], flags: list[str]) -> str | None:
    lumbar: list[Span] = []
    c1c2: list[Span] = []
    cisternal: list[Span] = []
    access: list[Span] = []
    lumbar_failed = False
    for s in told + [t for t in outline.within("exam") if t.has("c1_c2_route", "cisternal_route", "existing_access")]:
        if _PLAN_ROUTE.search(s.text) and not s.has("needle", "agent"):
            continue
        names = {level.name for level in levels(s.text)}
        high = s.has("c1_c2_route") or ("C1-C2" in names and s.has("needle", "puncture", "injection_verb"))
        if high and not _denied_route(s):
            c1c2.append(s.span())
        if s.has("cisternal_route") and s.has("needle", "puncture", "injection_verb", "cisternal_route") and not high:
            cisternal.append(s.span())
        if s.has("existing_access") and s.has("injection_verb", "agent", "contrast_noun", "existing_access") and not re.search(r"\bnot (?:accessed|used)|pump refill|no drain|drain placement|\bshunt\b.*patent", s.text, re.IGNORECASE):
            if s.has("injection_verb") and s.has("agent", "contrast_noun") or s.section == "exam" or re.search(r"\b(?:via|through|clamped|accessed|entered|into the)\b", s.text, re.IGNORECASE):
                access.append(s.span())
        low = any(name[0] in "LS" or name.startswith("T12") or name.startswith("T11") for name in names) and s.has("needle", "puncture", "injection_verb", "prep", "fluoro_guidance", "ct_guidance")
        if s.has("lumbar_puncture", "lumbar_route") or low:
            if _FAILED.search(s.text) and not s.has("injection_verb"):
                lumbar_failed = True
            else:
                lumbar.append(s.span())
    if access and not (lumbar and any("needle" in x.quote for x in lumbar)):
        spans["route"] = access
        flags.append("existing_access")
        return "existing_access"
    if c1c2 and (not lumbar or lumbar_failed or _lumbar_gave_up(outline)):
        spans["route"] = c1c2
        return "c1_c2"
    if cisternal and not lumbar:
        spans["route"] = cisternal
        return "cisternal"
    if lumbar or lumbar_failed:
        if c1c2:
            flags.append("two_injections")
        spans["route"] = lumbar
        return "lumbar"
    return "lumbar" if any(s.has("needle", "puncture") for s in told) else None


def _denied_route(s: Sentence) -> bool:
    return bool(re.search(r"\b(?:not|no|refused|declined|deferred|discussed|considered|consider|suggest|recommend)\b", s.text, re.IGNORECASE)) and not s.has("needle", "injection_verb")


def _lumbar_gave_up(outline: Outline) -> bool:
    return any(_FAILED.search(s.text) and (s.has("lumbar_route", "lumbar_puncture") or any(v.name[0] == "L" for v in levels(s.text))) for s in roles.told_now(outline))


def _level(outline: Outline, told: list[Sentence], route: str | None, spans: dict[str, list[Span]]) -> str | None:
    if route == "existing_access":
        return None
    chosen: tuple[Level, Sentence] | None = None
    for s in told:
        found = [v for v in levels(outline.text, s.start, s.end) if _fits(v, route)]
        found = [v for v in found if not _NOT_LEVEL.search(outline.text[max(s.start, v.start - 12) : v.start]) and not _unticked(outline.text, v)]
        if not found:
            continue
        if s.section == "addendum":
            chosen = (found[0], s)
            continue
        if s.section == "impression":
            if chosen is None:
                chosen = (found[0], s)
            continue
        if chosen is not None and (_FAILED.search(s.text) and not s.has("agent")):
            continue
        if chosen is not None and not s.has("agent", "needle", "injection_verb", "puncture"):
            continue
        pick = found[-1] if _FAILED.search(s.text) else found[0]
        if chosen is None or _FAILED.search(chosen[1].text) or s.has("agent") or re.search(r"\b(?:then|second|another|new|fresh|moved|instead|therefore|repeat)\b", s.text, re.IGNORECASE):
            chosen = (pick, s)
    for s in outline.within("addendum"):
        found = [v for v in levels(outline.text, s.start, s.end) if _fits(v, route)]
        found = [v for v in found if not re.search(r"\bnot (?:at |the )?$", outline.text[max(s.start, v.start - 12) : v.start])]
        if found and re.search(r"punctur|needle|inject|level|interspace|access|entry|entered", s.text, re.IGNORECASE):
            chosen = (found[0], s)
            break
    if chosen is None:
        return None
    level, s = chosen
    spans["level"] = [outline.quote(level.start, level.end, s.section)]
    return level.name


def _fits(level: Level, route: str | None) -> bool:
    if route == "c1_c2":
        return level.name == "C1-C2"
    if route == "cisternal":
        return False
    return level.adjacent and (level.name[0] in "LS" or level.name.startswith(("T12", "T11", "T10")))


def _unticked(text: str, level: Level) -> bool:
    return bool(re.search(r"\[ \]\s*$", text[max(0, level.start - 5) : level.start]))


def _gauge(outline: Outline, told: list[Sentence], spans: dict[str, list[Span]], level: str | None) -> int | None:
    chosen = None
    for s in told:
        if s.section == "impression":
            continue
        for q in gauges(outline.text, s.start, s.end):
            before = outline.text[max(s.start, q.start - 40) : q.start]
            after = outline.text[q.end : min(s.end, q.end + 40)]
            if re.search(r"\[ \]\s*$", before) or re.search(r"(?:lidocaine|anesthetic|through a\s*)$", before, re.IGNORECASE) and re.search(r"introducer|lidocaine|skin", after, re.IGNORECASE):
                continue
            if re.match(r"[^.,;]{0,18}\b(?:introducer|skin)", after, re.IGNORECASE) or re.search(r"lidocaine[^.;]{0,40}$", before, re.IGNORECASE):
                continue
            if chosen is None or re.search(r"\b(?:then|second|new|fresh|another|replaced|exchanged|instead|changed)\b", before + after, re.IGNORECASE) or s.has("agent"):
                chosen = (q, s)
    if chosen is None:
        return None
    q, s = chosen
    spans["needle_gauge"] = [outline.quote(q.start, q.end, s.section)]
    return int(q.value)


def _guidance(outline: Outline, told: list[Sentence], spans: dict[str, list[Span]]) -> str | None:
    for label, value in (("ct_guidance", "ct"), ("no_guidance", "none"), ("fluoro_guidance", "fluoroscopy")):
        for s in [*told, *(t for t in roles.told_now(outline) if t.section in ("technique", "other") and t not in told), *outline.within("exam")]:
            for cue in s.all(label):
                if label == "no_guidance" and not s.has("puncture", "needle", "lumbar_puncture"):
                    continue
                if label == "fluoro_guidance" and not _guides(outline, s, cue.start, cue.end):
                    continue
                spans["guidance"] = [outline.quote(cue.start, cue.end, s.section)]
                return value
    return None


def _guides(outline: Outline, s: Sentence, start: int, end: int) -> bool:
    """Whether fluoroscopy guides here; a fluoroscopy time alone says nothing."""
    after = outline.text[end : end + 16].lower()
    before = outline.text[max(s.start, start - 22) : start].lower()
    if re.match(r"\s*(?:time|:|-|\d|=|was \d|dose|image|spot|film|run|view|table|suite|\()", after) and not before.rstrip().endswith(("under", "with", "using", "by", "via")):
        return False
    return s.has("needle", "puncture", "lumbar_puncture", "prep", "injection_verb", "intrathecal") or bool(re.search(r"\b(?:under|using|with|by|via|guidance|guided|control|intermittent|continuous)\b", before + after))
