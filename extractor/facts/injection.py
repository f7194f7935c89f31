"""Who put the contrast in, by which route, at which level, through which needle, under which guidance."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extractor.facts import roles
from extractor.facts.guidance import read_guidance
from extractor.facts.operator import who_injected
from extractor.measures import Level, Quantity, gauges
from extractor.outline import Outline, Sentence
from extractor.patterns import pattern
from extractor.records import Injection, Span

_FAILED = pattern("injection.failed")
_MOVED_ON = pattern("injection.moved_on")
_NO_PUNCTURE_LEVEL = pattern("injection.no_puncture_level")
_UNUSABLE = pattern("injection.unusable")
_BONE = pattern("injection.bone")
_NOT_AT = pattern("injection.not_at")
_HYPOTHETICAL_ROUTE = pattern("injection.hypothetical_route")
_LEVEL_LABEL = pattern("injection.level_label")
_CHOSEN = pattern("injection.chosen")
_CHOICE = pattern("injection.choice")
_ACCESS_USED = pattern("injection.access_used")
_PERFORMED = pattern("injection.performed")
_LUMBAR_LETTERS = ("L", "S")


@dataclass(slots=True)
class Attempt:
    """One needle (or one access): what is told of it, and what became of it."""

    route: str | None = None
    level: tuple[Level, Sentence] | None = None
    gauge: tuple[Quantity, Sentence] | None = None
    failed: bool = False
    injected: bool = False
    misplaced: bool = False
    spans: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class InjectionReading:
    """The injection with its spans by field name, and circumstances for a human (ids of the review table)."""

    injection: Injection
    spans: dict[str, list[Span]]
    flags: list[str]


def account(outline: Outline) -> list[Sentence]:
    """The sentences that tell of this report's puncture and injection, in order."""
    return [
        s
        for s in outline.sentences
        if _tells_access(s) and not (s.past or roles.is_planned(s) or roles.tells_residue(s) or _denies_trouble(s))
    ]


def _denies_trouble(s: Sentence) -> bool:
    """Whether the sentence only says that nothing went wrong."""
    return s.has("complication_none") and not s.has("needle", "agent", "image_verb") and not s.levels


def _tells_access(s: Sentence) -> bool:
    """Whether the sentence tells of a puncture or an injection, as its section would tell it."""
    if s.section in ("comparison", "attestation", "impression"):
        return False
    if s.section == "exam":
        return s.has("lumbar_route", "c1_c2_route") and bool(s.levels) and any(True for _ in gauges(s.text))
    if s.section == "history":
        told = s.has("injection_verb", "puncture") and s.has("agent", "other_physician", "not_me")
        return told and _names_act(s)
    if s.section == "findings" and s.has("concept"):
        return s.has("injection_verb") and s.has("agent")
    return _names_act(s) or (s.section in ("technique", "other") and _names_place(s))


def _names_act(s: Sentence) -> bool:
    """Whether the sentence has a needle, a way in, or contrast that is given."""
    if s.has(
        "needle", "puncture", "lumbar_puncture", "existing_access", "c1_c2_route", "cisternal_route", "lumbar_route"
    ):
        return True
    gives = s.has("agent", "contrast_noun") and s.has("injection_verb", "intrathecal")
    return gives or (s.has("agent") and not s.has("concept"))


def _names_place(s: Sentence) -> bool:
    """Whether the sentence names a level or a gauge as those of the puncture, be it by a label alone."""
    if _LEVEL_LABEL.match(s.text) or any(True for _ in gauges(s.text)):
        return True
    return bool(s.levels) and (
        s.has("prep", "fluoro_guidance", "ct_guidance")
        or bool(_CHOSEN.search(s.text))
        or (bool(_CHOICE.search(s.text)) and not s.has("concept", "ct_reading"))
        or _bare_level(s)
    )


def _bare_level(s: Sentence) -> bool:
    """Whether a level is all that the sentence says ("L3-4.")."""
    found = s.levels
    return len(found) == 1 and found[0].end - found[0].start >= len(s.text.rstrip(" .;")) - 3


def read_injection(outline: Outline, *, contrast_in: bool, stopped: bool) -> InjectionReading:
    """The injection as told.

    `contrast_in` says whether contrast is in the sac, `stopped` whether the study was given up.
    """
    told = account(outline)
    attempts = follow(outline, told)
    spans: dict[str, list[Span]] = {}
    flags: list[str] = []
    used = _the_one(attempts)
    route = _route(outline, attempts, used, flags)
    if "two_injections" in flags:
        used = next(a for a in attempts if a.injected and not a.misplaced and a.route == "lumbar")
    by = who_injected(outline, told, spans, flags) if contrast_in else "none"
    level = gauge = None
    if used and (used.injected or by == "other" or (contrast_in and not stopped)):
        if used.level and route not in ("existing_access", "cisternal"):
            found, s = used.level
            level, spans["level"] = found.name, [outline.quote(found.start, found.end, s.section)]
        if used.gauge:
            quantity, s = used.gauge
            gauge, spans["needle_gauge"] = int(quantity.value), [outline.quote(quantity.start, quantity.end, s.section)]
    level = _corrected_level(outline, route, spans) or level
    guidance = read_guidance(outline, told, spans)
    if used and used.spans:
        spans["route"] = used.spans
    acts = [
        s.span()
        for s in told
        if s.has("needle", "injection_verb", "puncture", "existing_access", "agent", "own_staff", "prep")
    ]
    spans["injection"] = [*spans.get("injection", ()), *(acts or [s.span() for s in told[:1]]), *_stated_about(outline)]
    return InjectionReading(Injection(by, route, level, gauge, guidance), spans, flags)


def _stated_about(outline: Outline) -> list[Span]:
    """Statements that bear on who bills: staff, supervision, contrast not given, reading left to others."""
    out = []
    for s in outline.sentences:
        if s.section in ("history", "comparison", "exam"):
            continue
        staffed = s.has("own_staff") and bool(_PERFORMED.search(s.text))
        if staffed or s.has("no_contrast_given") or roles.reads_elsewhere(s):
            out.append(s.span())
    return out


def follow(outline: Outline, told: list[Sentence]) -> list[Attempt]:
    """The attempts in the order in which they are told."""
    attempts: list[Attempt] = []
    current = Attempt()
    for s in told:
        route = _sentence_route(outline, s)
        level = _sentence_level(outline, s, route or current.route)
        gauge = _sentence_gauge(outline, s)
        moved = bool(_MOVED_ON.search(s.text))
        known = current.level is not None or current.gauge is not None or current.route not in (None, "lumbar")
        new_place = (level is not None and current.level is not None and level.name != current.level[0].name) or (
            route is not None and current.route is not None and route != current.route
        )
        second = (
            (current.failed or (current.injected and moved))
            and (level is not None or gauge is not None)
            and s.has("needle", "puncture", "agent", "prep", "c1_c2_route", "intrathecal")
        )
        rerouted = route == "c1_c2" and current.route == "lumbar" and current.injected and _gives(s)
        if known and ((new_place and (moved or current.failed or not current.injected or rerouted)) or second):
            attempts.append(current)
            current = Attempt()
        if route and current.route in (None, "lumbar"):
            current.route = route
        if level and current.level is None:
            current.level = (level, s)
        if gauge and (current.gauge is None or (moved and not current.injected)):
            current.gauge = (gauge, s)
        current.spans.append(s.span())
        failed = _FAILED.search(s.text)
        gives = _gives(s) and (s.has("agent") or not failed or s.has("misplaced"))
        if gives:
            current.injected = True
            current.misplaced = (bool(failed) and s.has("misplaced")) or current.misplaced
        elif failed and s.has("misplaced") and current.injected and s.section != "findings":
            current.misplaced = True
        elif failed and not current.injected:
            current.failed = True
    attempts.append(current)
    return [a for a in attempts if a.spans]


def _gives(s: Sentence) -> bool:
    if s.has("no_contrast_given"):
        return False
    if s.has("agent"):
        return True
    return (
        s.has("contrast_noun")
        and s.has("injection_verb")
        and not any(c.assertion == "absent" for c in s.all("injection_verb"))
    )


def _the_one(attempts: list[Attempt]) -> Attempt | None:
    """The attempt that put the contrast in; without any, the last one."""
    good = [a for a in attempts if a.injected and not a.misplaced] or [a for a in attempts if a.injected]
    if not good:
        return attempts[-1] if attempts else None
    best = good[-1] if len(good) > 1 and good[-1].level else good[0]
    at = attempts.index(best)
    # a needle told in one breath and its injection in the next belong together
    if best.level is None and best.gauge is None and at and not attempts[at - 1].failed:
        before = attempts[at - 1]
        best.level, best.gauge, best.route = before.level, before.gauge, best.route or before.route
    return best


def _route(outline: Outline, attempts: list[Attempt], used: Attempt | None, flags: list[str]) -> str | None:
    title = {label for s in outline.within("exam") for label in s.labels}
    routes = {a.route for a in attempts if a.injected and not a.misplaced}
    if {"lumbar", "c1_c2"} <= routes:
        flags.append("two_injections")
        return "lumbar"
    route = used.route if used else None
    if route in (None, "lumbar"):
        if "c1_c2_route" in title and not (
            used and used.level and used.level[0].name[0] in _LUMBAR_LETTERS and used.injected
        ):
            route = "c1_c2"
        elif "existing_access" in title and not (used and used.level):
            route = "existing_access"
    if route == "c1_c2" and any(a.failed and a.route in (None, "lumbar") for a in attempts):
        flags.append("c1_c2_after_failed_lumbar")
    if route is None and used and (used.level is not None or used.gauge is not None):
        return "lumbar"
    return route


def _sentence_route(outline: Outline, s: Sentence) -> str | None:
    if (
        _HYPOTHETICAL_ROUTE.search(s.text)
        and not s.has("agent")
        and not (s.has("needle") and s.has("puncture", "injection_verb"))
    ):
        return None
    names = {v.name for v in s.levels if not outline.is_unticked(v.start)}
    if s.has("c1_c2_route") or ("C1-C2" in names and s.has("needle", "puncture", "injection_verb", "prep")):
        return "c1_c2"
    if s.has("cisternal_route") and s.has("needle", "puncture", "cisternal_route"):
        return "cisternal"
    if (
        s.has("existing_access")
        and s.has("injection_verb", "agent", "puncture")
        and _ACCESS_USED.search(s.text)
        and not _HYPOTHETICAL_ROUTE.search(_after(s, "existing_access"))
        and not re.search(
            r"\bnot (?:be )?(?:accessed|used|punctured)|were not accessed|was placed by|placement of",
            s.text,
            re.IGNORECASE,
        )
    ):
        return "existing_access"
    if s.has("ct_reading") and not s.has("needle", "puncture"):
        return None
    if any(c.assertion != "absent" for c in s.all("lumbar_puncture", "lumbar_route")) or (
        any(name[0] in _LUMBAR_LETTERS for name in names)
        and s.has("needle", "puncture", "injection_verb", "prep", "agent")
    ):
        return "lumbar"
    if (
        s.has("puncture", "needle", "injection_verb")
        and any(c.value == "lumbar" for c in s.all("region"))
        and s.has("agent", "prep", "not_me", "other_physician", "intrathecal")
    ):
        return "lumbar"
    return None


def _after(s: Sentence, label: str) -> str:
    """The words that directly follow the last cue of a label."""
    ends = [cue.end - s.start for cue in s.all(label)]
    return s.text[ends[-1] : ends[-1] + 30] if ends else ""


def _sentence_level(outline: Outline, s: Sentence, route: str | None) -> Level | None:
    text = outline.plain
    for level in s.levels:
        before = text[max(s.start, level.start - 40) : level.start]
        if (
            not _fits(level, route)
            or outline.is_unticked(level.start)
            or _NOT_AT.search(before)
            or _NO_PUNCTURE_LEVEL.search(before)
        ):
            continue
        if _UNUSABLE.match(text[level.end : min(s.end, level.end + 80)]):
            continue
        if s.has("ct_reading") and not s.has("needle", "puncture", "ct_guidance"):
            continue
        if _BONE.match(text, level.end):
            continue
        if "-" not in level.name:
            better = next(
                (
                    v
                    for v in s.levels
                    if level.end <= v.start < level.end + 30 and v.adjacent and "-" in v.name and level.name in v.name
                ),
                None,
            )
            if better:
                return better
        failure = _FAILED.search_in(text, level.end, min(s.end, level.end + 60))
        if (
            failure
            and not re.search(r"\b(?:after|following)\b", text[level.end : failure.start()])
            and any(_fits(v, route) and v.start > level.start for v in s.levels)
            and not s.has("agent")
        ):
            continue
        return level
    return None


def _fits(level: Level, route: str | None) -> bool:
    if route == "c1_c2":
        return level.name == "C1-C2"
    if route in ("cisternal", "existing_access"):
        return False
    if level.name == "C1-C2":
        return True
    return level.adjacent and (level.name[0] in _LUMBAR_LETTERS or level.name.startswith(("T12-", "T11-", "T10-")))


def _sentence_gauge(outline: Outline, s: Sentence) -> Quantity | None:
    text = outline.plain
    for q in gauges(text, s.start, s.end):
        before = text[max(s.start, q.start - 40) : q.start]
        after = text[q.end : min(s.end, q.end + 30)]
        if outline.is_unticked(q.start) or re.match(
            r"[^.,;]{0,14}\b(?:introducer|skin|butterfly|angiocath|iv\b)", after, re.IGNORECASE
        ):
            continue
        if re.search(
            r"(?:lidocaine|lignocaine|xylocaine|anesthe\w+|skin|infiltrat\w+)[^.;]{0,25}\b(?:through"
            r"|via|with|using)(?: an?)? $",
            before,
            re.IGNORECASE,
        ):
            continue
        return q
    return None


def _corrected_level(outline: Outline, route: str | None, spans: dict[str, list[Span]]) -> str | None:
    """The level that an addendum puts in place of the dictated one."""
    for s in outline.within("addendum"):
        if not re.search(
            r"punctur|needle|inject|interspace|access|entry|entered|level", s.text, re.IGNORECASE
        ) or s.has("concept"):
            continue
        for level in s.levels:
            if _fits(level, route) and not _NOT_AT.search(outline.plain[max(s.start, level.start - 14) : level.start]):
                spans["level"] = [outline.quote(level.start, level.end, s.section)]
                return level.name
    return None
