"""Who injected: the reporting physician (or their group), or somebody outside it."""

from __future__ import annotations

import re

from extractor.facts import roles
from extractor.outline import Cue, Outline, Sentence
from extractor.patterns import pattern
from extractor.records import Span
from extractor.wording import Wording

_ACTS = ("needle", "puncture", "injection_verb", "lumbar_puncture", "intrathecal", "myelogram")
_FIRST_PERSON = re.compile(r"\b(?:I(?![.)/-])|we|myself|undersigned)\b", re.IGNORECASE)
_I_ACTED = re.compile(
    r"\b(?:I|we) (?:then |also |first |have |slowly |myself )?(?:injected|placed|entered|advanced"
    r"|punctured|performed|introduced|put|inserted|used|instilled|chose|tried|counted|directed|passed"
    r"|moved)\b|\b(?:by me|by the undersigned|under my (?:direct )?supervision|by myself)\b",
    re.IGNORECASE,
)
_PASSIVE = re.compile(r"\b(?:by|from)\b|\bat (?:an? |the )?$", re.IGNORECASE)
_ACTIVE_VERB = pattern("operator.active_verb")
_SPECIALTY = pattern("operator.specialty")
_RADIOLOGY = pattern("operator.radiology")
# The anesthesia team's part is no matter of the injection
_ONLY_SEDATED = pattern("operator.only_sedated")
# A line of a form or a heading that gives the part of the procedure to somebody
_ROLE = Wording(
    r"^\W*(?:injecting physician|signed and billed by|(?:referrer and )?procedurali?st|operator"
    r"|performed by|injector|inj(?:ected|ection)?\.? by|needle(?: and dye| by"
    r"| placement by)?|access by"
    r"|(?:lumbar |c1-?c?2 |cervical |spinal |thecal )?(?:punctures?|injections?|lp|needle|contrast|dye|access|tap)"
    r"(?:(?: (?:and|&)|,|/|\+) ?(?:contrast |dye |needle )?"
    r"(?:punctures?|injections?|lp|needle|contrast|dye|access))?(?: by\b|:)"
    r"|section \w+: procedure|procedure(?= \())\b(?P<who>[^\n]{0,90})",
    re.MULTILINE,
)
_WAS_TOLD = pattern("operator.was_told")
_LOCAL = re.compile(r"\b(?:local|general|topical|skin|under)\s*$", re.IGNORECASE)


def who_injected(outline: Outline, told: list[Sentence], spans: dict[str, list[Span]], flags: list[str]) -> str:
    """Who injected: "reporting", "other", "none"; an outsider's words go to `spans["injection"]`, doubt to `flags`."""
    outsiders = _named_outsiders(outline)
    given_here = any(s.has("agent") and s.has("injection_verb") for s in roles.told_now(outline))
    other = [s.span() for s in outline.sentences if _somebody_else(outline, s, outsiders, given_here)]
    own = any(_I_ACTED.search(s.text) for s in told)
    late = [span for span in other if span.section == "addendum"]
    if other and own:
        flags.append("injector_unclear")
    if late or (other and not own):
        spans["injection"] = late or other
        return "other"
    if any(_tells_injection(s) for s in told):
        return "reporting"
    arrived = _contrast_from_elsewhere(outline)
    if arrived:
        spans["injection"] = arrived
        return "other"
    return "reporting" if told else "none"


def _tells_injection(s: Sentence) -> bool:
    return s.has("needle", "puncture", "agent", "injection_verb", "existing_access")


def _contrast_from_elsewhere(outline: Outline) -> list[Span]:
    """The words that have contrast in the sac, where nothing at all is told of how it came there."""
    return [s.span() for s in outline.sentences if s.has("intrathecal", "post_myelogram")]


# "mr" in small letters is as likely a magnet as a surgeon
_NAMED = (
    r"(?-i:\b{by}(?:(?:Dr|Drs|Mr|Miss|Ms|Prof)\.?\s+(?:[A-Z]\.\s*)?(?P<name>[A-Z][\w'-]+)"
    r"|(?:dr|drs|prof)\.?\s+(?:[a-z]\.\s*)?(?P<lower>(?!(?:of|and|on|in)\b)[a-z][\w'-]+)))"
)
_DOCTOR = Wording(_NAMED.format(by=""))
_DONE_BY = Wording(_NAMED.format(by=r"(?:by|from)\s+") + r"(?P<self>\s+(?:him|her)self)?")
_REQUESTS = pattern("operator.requests")


def _named_outsiders(outline: Outline) -> set[str]:
    """Names of doctors whom the text introduces as of another specialty, or as those who ordered the study."""
    names: set[str] = set()
    for s in outline.sentences:
        for m in _DOCTOR.finditer(s.text):
            near = s.text[max(0, m.start() - 30) : m.end() + 45]
            if (
                _SPECIALTY.search(near) or _REQUESTS.search(s.text[max(0, m.start() - 30) : m.start()])
            ) and not _RADIOLOGY.search(near):
                names.add((m["name"] or m["lower"]).lower())
    return names


def _somebody_else(outline: Outline, s: Sentence, outsiders: set[str], given_here: bool) -> bool:
    """Whether the sentence has somebody outside the group do the puncture or the injection."""
    done_by = _DONE_BY.search(s.text)
    if not done_by and not s.has("other_physician", "other_report", "not_me"):
        return False
    if s.section in ("technique", "other", "exam") and _gives_role(s):
        return True
    if (
        s.has("not_me")
        and s.section in roles.BODY
        and re.search(r"\bprocedure\b", s.text, re.IGNORECASE)
        and not _ONLY_SEDATED.search(s.text)
    ):
        return True
    if s.has("existing_access") and not s.has("agent", "injection_verb", "contrast_noun"):
        return False
    if s.has("outside_study") and s.has("myelogram") and not s.has("agent") and given_here:
        return False
    if s.section == "comparison" or s.past or not s.has(*_ACTS, "contrast_noun", "agent"):
        return False
    if s.has("not_me"):
        return not _ONLY_SEDATED.search(s.text)
    if s.section in ("history", "impression") and not s.has("other_report", "injection_verb", "puncture"):
        return False
    if (
        s.has("other_report")
        and s.has("injection_verb", "puncture", "needle", "lumbar_puncture", "intrathecal")
        and not _FIRST_PERSON.search(s.text)
    ):
        return True
    act = s.first("injection_verb", "puncture", "lumbar_puncture", "needle") or s.first("agent", "contrast_noun")
    if (
        act is not None
        and done_by
        and 0 <= s.start + done_by.start() - act.end < 110
        and (done_by["self"] or (done_by["name"] or done_by["lower"]).lower() in outsiders)
    ):
        return True
    return act is not None and any(_is_agent_of(outline, s, act, who) for who in s.all("other_physician"))


def _gives_role(s: Sentence) -> bool:
    """Whether a label of the sentence ("Operator:", "Needle by ...") is followed by somebody of another specialty."""
    role = _ROLE.search(s.text) if s.has("other_physician") else None
    return role is not None and bool(_SPECIALTY.search(role["who"])) and "radiol" not in role["who"].lower()


def _is_agent_of(outline: Outline, s: Sentence, act: Cue, who: Cue) -> bool:
    """Whether a person does the act: "… injected by the neurosurgeon", "Dr. X of Neurosurgery punctured …"."""
    text = outline.plain
    name = text[who.start : who.end].lower()
    around = text[max(s.start, who.start - 40) : min(s.end, who.end + 90)]
    if _RADIOLOGY.search(around) and not re.search(
        r"referring|outside|community|neurosurg|neurology|pain|an(?:a)?esth", around, re.IGNORECASE
    ):
        return False
    if name == "dr" and not _SPECIALTY.search(text[who.start : min(s.end, who.start + 110)]):
        return False
    if name in ("anesthesia", "anaesthesia", "anesthetic", "anaesthetic") and _LOCAL.search(
        text[max(s.start, who.start - 12) : who.start]
    ):
        return False
    if who.start > act.start:
        between = text[act.end : who.start]
        return (
            len(between) < 140
            and bool(_PASSIVE.search(between))
            and not re.search(
                r"\b(?:requested|ordered|referred|desired|asked|supervis\w+|discussed|notified)\b[^.;]{0,12}\bby\b",
                between,
                re.IGNORECASE,
            )
        )
    between = text[who.end : act.end]
    if _WAS_TOLD.search(between):
        return False
    return (
        len(between) < 140
        and bool(_ACTIVE_VERB.search(between))
        and not re.search(
            r"\b(?:request\w*|order\w*|ask\w*|for|agreement|held|prior to)\b", between[:60], re.IGNORECASE
        )
    )
