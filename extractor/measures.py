"""Quantities as radiologists write them: numbers in words, volumes, levels, gauges, times, doses, counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from extractor.wording import Wording

_UNITS = {
    "for": 4, "zero": 0, "one": 1, "a": 1, "an": 1, "single": 1, "two": 2, "both": 2, "pair": 2,
    "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
}  # fmt: skip
_ORDINALS = {
    name: n
    for n, names in enumerate(
        (
            "first 1st",
            "second 2nd",
            "third 3rd",
            "fourth 4th",
            "fifth 5th",
            "sixth 6th",
            "seventh 7th",
            "eighth 8th",
            "ninth 9th",
            "tenth 10th",
            "eleventh 11th",
            "twelfth 12th",
        ),
        1,
    )
    for name in names.split()
}
_NAMED = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|thirty(?:[ -](?:one|two|five|six))?|forty(?:[ -]five)?|fifty"
)
# Before a number: tells it from most words at once
_NUMERIC = r"(?=[\d.]|\b[efnost])"
_NUMBER = rf"(?:(?<![\d.])\.\d{{1,2}}|\d{{1,2}},\d{{1,2}}|\d{{1,4}}(?:\.\d{{1,2}})?|\b(?:{_NAMED}))"

# A level: C5-6, C5/6, C5-C6, L 3-4, L3 4, L3 to L4, T eight nine, D8-9, L3/L4, L5-S1, a lone L3
_SPINE_LETTER = r"[CTDLScdtls]"
_SMALL = r"(?:1[0-2]|[1-9])"
_SPOKEN = r"(?:for(?=[ -]+(?:L[ ]?)?(?:5|five)\b)|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
LEVEL = re.compile(
    rf"(?P<a>{_SPINE_LETTER})(?<![A-Za-z0-9].)(?:[.-]|[ ]{{1,2}})?(?P<b>{_SMALL}|{_SPOKEN}(?![a-z]))(?![0-9])"
    rf"(?:(?P<join>[ \t]{{0,2}}(?:-|–|—|/|\\)[ \t\n]?|[ \t]+(?:up |down )?(?:to|through|thru)[ \t]+"
    rf"|[ \t]+)(?:(?P<c>{_SPINE_LETTER})(?:[.-]|[ ]{{1,2}})?)?(?P<d>{_SMALL}|{_SPOKEN}(?![a-z]))(?![0-9.]*[ \t]?(?:mm"
    rf"|cm|ml|mL|cc|G\b|g\b|ga\b|gauge|%|mg|x\b|min|sec|images|views|films)|[0-9]))?"
    r"(?![A-Za-z0-9])"
)
# "L45", "C56", "L5S1" of shorthand; "C12" and "T12" are none
_GLUED = re.compile(
    r"(?<![A-Za-z0-9./-])(?P<a>[Ll](?=[1-5])|[Cc](?=[2-7])|[Tt](?=12[Ll]))(?P<b>12(?=[Ll])|[1-7])"
    r"(?P<c>[SLTslt](?=1))?(?P<d>[1-7])(?![A-Za-z0-9])"
)
ROW_LEVEL = re.compile(
    rf"(?:at[ \t]+)?(?P<level>{_SPINE_LETTER}[ ]?{_SMALL}(?:[ ]?(?:-|–|/"
    rf"|to)[ ]?{_SPINE_LETTER}?[ ]?{_SMALL})?)(?:[ \t]+(?:level|disc|disk|interspace))?[ \t]*(?:[:=|\t]"
    rf"|[ ]{{2,}}|[-–—]{{1,2}}[ \t]|\.{{2,}}|[.][ \t])[ \t]*",
    re.IGNORECASE,
)
_ORDINAL = "|".join(_ORDINALS)
_IN_WORDS = Wording(
    rf"\b(?P<n>{_ORDINAL})(?:(?:[ -]|\s+(?:and|to"
    rf"|through)\s+(?:the\s+)?)(?P<m>{_ORDINAL}))?\s+(?P<region>lumbar|cervical|thoracic"
    rf"|dorsal)(?:\s+(?:and\s+(?P<sacral>first)\s+sacral))?\s*(?P<what>interspaces?|interlaminar"
    rf"|inter-?space|disc|disk|spaces?|levels?|intervertebral|vertebrae?|vertebral|bod(?:y|ies)"
    rf"|segments?|spinous|root|nerve)?"
)
_BETWEEN = Wording(
    r"\bbetween\b[^.;:\d]{0,40}?\b(?P<a>[CTLcl])(?P<b>\d{1,2})\s+and\s+(?P<c>[CTLScls])?(?P<d>\d{1,2})\b"
)
_TOP = {"C": 8, "T": 12, "L": 6, "S": 5}
_FOLLOWS = {("C", 7): ("T", 1), ("T", 12): ("L", 1), ("L", 5): ("S", 1), ("C", 8): ("T", 1)}


class Level(NamedTuple):
    """A vertebral level or range with its bounds in the text; `name` is the full form ("L2-L3", "L3")."""

    name: str
    start: int
    end: int
    adjacent: bool

    @property
    def letters(self) -> tuple[str, str]:
        """Region letters of its upper and lower end."""
        upper, _, lower = self.name.partition("-")
        return upper[0], (lower or upper)[0]


def number(word: str) -> float | None:
    """A number in digits or English words ("12", "3,5", "twelve", "twenty-two"); None if it is neither."""
    word = word.strip().lower().replace(",", ".")
    if word in _UNITS:
        return float(_UNITS[word])
    try:
        return float(word)
    except ValueError:
        pass
    total = 0
    for part in re.split(r"[ -]+", word):
        if part not in _UNITS:
            return None
        total += _UNITS[part]
    return float(total)


def _vertebra(letter: str, n: str) -> tuple[str, int] | None:
    letter = {"D": "T"}.get(letter.upper(), letter.upper())
    value = number(n)
    if value is None or not 1 <= value <= _TOP[letter]:
        return None
    return letter, int(value)


def _level(a: str, b: str, c: str | None, d: str | None) -> tuple[str, bool] | None:
    """Full name, and whether it is one interspace; None if there is no such level."""
    upper = _vertebra(a, b)
    if upper is None:
        return None
    if d is None:
        return f"{upper[0]}{upper[1]}", True
    lower = _vertebra(c, d) if c else None
    if c is None:
        below = _FOLLOWS.get(upper)
        n = number(d)
        lower = below if below and n == below[1] and upper[1] != n - 1 else _vertebra(a, d)
    if lower is None:
        return None
    order = "CTLS"
    if lower == upper:
        return None
    if (order.index(lower[0]), lower[1]) < (order.index(upper[0]), upper[1]):
        if c is None:
            return None
        upper, lower = lower, upper
    adjacent = lower == _FOLLOWS.get(upper) or lower == (upper[0], upper[1] + 1)
    return f"{upper[0]}{upper[1]}-{lower[0]}{lower[1]}", adjacent


def normal_level(text: str) -> str | None:
    """One written level in its full form, or None."""
    match = LEVEL.match(text.strip())
    if not match:
        return None
    named = _level(match["a"], match["b"], match["c"], match["d"])
    return named[0] if named else None


def levels(text: str, start: int = 0, end: int | None = None) -> list[Level]:
    """All vertebral levels of `text[start:end]`, in order; offsets are into `text`."""
    end = len(text) if end is None else end
    found: list[Level] = []
    for m in LEVEL.finditer(text, start, end):
        if m["a"].islower() and not (m["d"] or m["a"] in "lc"):
            continue
        named = _level(m["a"], m["b"], m["c"], m["d"])
        stop = m.end()
        spaced = m["join"] is not None and not m["join"].strip()
        worded = m["join"] is not None and m["join"].strip().isalpha()
        if (named is None or (spaced and not named[1]) or (worded and not m["c"])) and m["d"] is not None:
            named = _level(m["a"], m["b"], None, None)
            stop = m.end("b")
        if named:
            found.append(Level(named[0], m.start(), stop, named[1]))
    for m in _GLUED.finditer(text, start, end):
        named = _level(m["a"], m["b"], m["c"], m["d"])
        if named and not any(level.start < m.end() and m.start() < level.end for level in found):
            found.append(Level(named[0], m.start(), m.end(), named[1]))
    found.extend(_levels_in_words(text, start, end))
    for m in _BETWEEN.finditer(text, start, end):
        named = _level(m["a"], m["b"], m["c"], m["d"])
        if named:
            inside = [level for level in found if m.start("a") <= level.start < m.end()]
            found = [level for level in found if level not in inside]
            found.append(Level(named[0], m.start("a"), m.end(), named[1]))
    found.sort(key=lambda level: level.start)
    return found


def _levels_in_words(text: str, start: int, end: int) -> Iterator[Level]:
    """Levels told with ordinals ("second lumbar interspace", "between the third and fourth lumbar vertebrae")."""
    for m in _IN_WORDS.finditer(text, start, end):
        letter = {"lumbar": "L", "cervical": "C", "thoracic": "T", "dorsal": "T"}[m["region"].lower()]
        upper = _ORDINALS[m["n"].lower()]
        if upper > _TOP[letter]:
            continue
        if m["m"]:
            lower = _ORDINALS[m["m"].lower()]
            if upper < lower <= _TOP[letter]:
                yield Level(f"{letter}{upper}-{letter}{lower}", m.start(), m.end(), lower == upper + 1)
        elif m["sacral"]:
            yield Level("L5-S1", m.start(), m.end(), True)
        elif m["what"] and re.match(
            r"interspace|interlaminar|inter-?space|dis[ck]|space|intervertebral", m["what"], re.IGNORECASE
        ):
            below = _FOLLOWS.get((letter, upper), (letter, upper + 1))
            yield Level(f"{letter}{upper}-{below[0]}{below[1]}", m.start(), m.end(), True)
        elif m["what"]:
            yield Level(f"{letter}{upper}", m.start(), m.end(), True)


# ---- volumes, concentrations, gauges -----------------------------------------------------------------------------
_VOLUME = re.compile(
    rf"{_NUMERIC}(?P<range>\d{{1,3}}(?:\.\d)?[ ]?(?:-|–"
    rf"|to)[ ]?)?(?P<n>{_NUMBER})\)?[ \t-]?\s{{0,3}}(?P<unit>mi?ls?\b|m\.l\.?|ccs?\b|c\.c\.?s?"
    rf"|millilit(?:er|re)s?\b|cubic centimet(?:er|re)s?\b|cm3\b|see ?see'?s?\b|c c\b|seas? seas?\b"
    rf"|em ?els?\b|cubic cm\b)",
    re.IGNORECASE,
)
_PER = re.compile(r"\s*/|\s*per\b")
_CONCENTRATION = re.compile(
    r"(?P<n>\d{2,3}(?:\.\d)?)[ ]?(?:-[ ]?)?(?:mg[ ]?(?:of )?[ ]?(?:I|iodine)?[ ]?(?:/|per)[ ]?(?:mL|cc"
    r"|ml)|mgI/mL|mgI\b|mg%|mg iodine|milligrams?(?: of)?(?: iodine)? per (?:millilit(?:er|re)|mL|cc))",
    re.IGNORECASE,
)
_PERCENT = {"41": 200.0, "41.0": 200.0, "61": 300.0, "61.0": 300.0, "61.2": 300.0, "40.8": 200.0, "26": 128.0}
_GAUGE = Wording(
    r"(?=[12#n]|\b[egst])"  # no gauge begins otherwise
    r"(?:(?P<n>\b(?:1[4-9]|2[0-9])|\b(?:sixteen|eighteen|nineteen|twenty(?:[ -](?:one|two|three|four|five"
    r"|six|seven))?))[\s-]{0,3}(?:gauge|gague|guage|gage|ga\b\.?|gg?\b|G\b|g\.)|(?:#"
    r"|no\.?[ ])[ ]?(?P<hash>1[89]|2[0-7])\b(?=[^.;]{0,20}needle)|\b(?:gauge|number)\s+(?P<named>1[89]"
    r"|2[0-7]|twenty(?:[ -](?:one|two|three|four|five|six|seven))?)\b)"
)


class Quantity(NamedTuple):
    """A number with its bounds in the text; the unit is the one that the function's name says."""

    value: float
    start: int
    end: int


def volumes_ml(text: str, start: int = 0, end: int | None = None) -> Iterator[Quantity]:
    """Volumes in mL; a range ("10-12 cc") has no single value and is left out; so is "mg/mL"."""
    for m in _VOLUME.finditer(text, start, len(text) if end is None else end):
        value = number(m["n"])
        least = number(m["range"].strip(" -–to")) if m["range"] else None
        if (
            value is None
            or (least is not None and least < value)
            or text[max(0, m.start() - 1) : m.start()] == "/"
            or _PER.match(text, m.end())
        ):
            continue
        yield Quantity(value, m.start(), m.end())


def concentrations(text: str, start: int = 0, end: int | None = None) -> Iterator[Quantity]:
    """Concentrations in mg iodine per mL that are written with their unit."""
    for m in _CONCENTRATION.finditer(text, start, len(text) if end is None else end):
        yield Quantity(float(m["n"]), m.start(), m.end())


def percent_concentration(text: str) -> float | None:
    """mg iodine per mL of a percentage that an iopamidol vial carries ("41%" is 200)."""
    m = re.match(r"[ (]*(\d{2}(?:\.\d)?)[ ]?%", text)
    return _PERCENT.get(m[1]) if m else None


def gauges(text: str, start: int = 0, end: int | None = None) -> Iterator[Quantity]:
    """Needle gauges."""
    for m in _GAUGE.finditer(text, start, len(text) if end is None else end):
        value = number(m["n"] or m["hash"] or m["named"])
        if value is not None and 14 <= value <= 29:
            yield Quantity(value, m.start(), m.end())


# ---- times and doses ---------------------------------------------------------------------------------------------
_MINUTES = r"(?:minutes?|mins?\b\.?|m\b)"
_SECONDS = r"(?:seconds?|secs?\b\.?|s\b)"
_DURATION = re.compile(
    rf"{_NUMERIC}(?:(?P<clock>\b(?P<cm>\d{{1,2}})[ ]?:[ ]?(?P<cs>\d{{2}})\b(?![ ]?(?:am|pm|AM|PM|hours|hrs"
    rf"|h\b)))(?:[ ]?(?:min|minutes|mm:ss))?"
    rf"|(?P<m>{_NUMBER})(?P<half>[ ]and (?:a|one)[ -]half)?[\s-]{{0,3}}{_MINUTES}(?:(?:[\s,]"
    rf"|and){{1,5}}(?P<s>{_NUMBER})[\s-]{{0,2}}{_SECONDS})?"
    rf"|(?P<only>{_NUMBER})[\s-]{{0,2}}{_SECONDS})",
    re.IGNORECASE,
)
_DOSE = re.compile(
    r"(?P<n>\d{1,5}(?:[.,]\d{1,3})*)\s{0,2}(?P<unit>mGy|milligray|mgy|Gy"
    r"|gray)s?\b(?![ ]?[-·*.xX×]?[ ]?(?:c?m\^?2|cm|m2|sq|square))",
    re.IGNORECASE,
)
_DAP = re.compile(
    r"(?P<n>\d{1,6}(?:[.,]\d{1,3})*)[ ]?(?P<unit>u|µ|μ|micro|m|d"
    r"|c)?[ ]?Gy[ ]?[-·*.xX×⋅/]?[ ]?(?P<area>cm|m)[ ]?(?:2|²|\^2|sq)",
    re.IGNORECASE,
)


def durations_minutes(text: str, start: int = 0, end: int | None = None) -> Iterator[Quantity]:
    """Durations in decimal minutes ("1 min 48 s" is 1.8, "0:48" is 0.8, "108 seconds" is 1.8), rounded to 0.01."""
    for m in _DURATION.finditer(text, start, len(text) if end is None else end):
        if m["clock"]:
            value = int(m["cm"]) + int(m["cs"]) / 60
        elif m["only"]:
            value = (number(m["only"]) or 0) / 60
        else:
            value = (number(m["m"]) or 0) + (0.5 if m["half"] else 0) + (number(m["s"]) or 0 if m["s"] else 0) / 60
        yield Quantity(round(value, 2), m.start(), m.end())


def _amount(written: str) -> float:
    whole = (
        written.replace(",", "")
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", written)
        else written.replace(",", ".")
    )
    return float(whole) if whole.count(".") <= 1 else float(whole.replace(".", ""))


def doses_mgy(text: str, start: int = 0, end: int | None = None) -> Iterator[Quantity]:
    """Air kerma in mGy; dose-area products are not doses and are left out."""
    for m in _DOSE.finditer(text, start, len(text) if end is None else end):
        scale = 1 if m["unit"].lower().startswith("m") else 1000
        yield Quantity(round(_amount(m["n"]) * scale, 3), m.start(), m.end())


def daps_gycm2(text: str, start: int = 0, end: int | None = None) -> Iterator[Quantity]:
    """Dose-area products in Gy·cm²."""
    for m in _DAP.finditer(text, start, len(text) if end is None else end):
        scale = {"u": 1e-6, "µ": 1e-6, "μ": 1e-6, "micro": 1e-6, "m": 1e-3, "d": 1e-1, "c": 1e-2}.get(
            (m["unit"] or "").lower(), 1.0
        )
        area = 1.0 if m["area"].lower() == "cm" else 1e4
        yield Quantity(round(_amount(m["n"]) * scale * area, 4), m.start(), m.end())
