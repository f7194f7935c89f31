"""Edits after which a coder gives the codes that were given before."""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from extractor.corpus import AnnotatedReport
from extractor.variants.pieces import (
    READ,
    STUDIES,
    Edit,
    Edited,
    Piece,
    cased,
    joined,
    of_today,
    pieces,
    quoted,
    sentence,
    table,
)


def _headings_dropped(report: AnnotatedReport, _: random.Random) -> str:
    """Without the headings that say nothing but the section; a past that could be taken for today keeps its own."""
    found = pieces(report.text)
    past = {p.block for p in found if p.section == "history" and p.has("needle", "film", "ct", "doers", "others")}
    plain = {label for labels in table("heading").values() for label in labels}
    return joined(p for p in found if not p.heading or p.block in past or p.label not in plain)


def _headings_renamed(report: AnnotatedReport, chance: random.Random) -> str:
    def renamed(piece: Piece) -> str:
        names = table("heading").get(piece.section, ())
        if not piece.heading or piece.label not in names:
            return piece.text
        return piece.renamed(chance.choice([name for name in names if name != piece.label]))

    return "".join(map(renamed, pieces(report.text)))


def _rewrapped(report: AnnotatedReport, chance: random.Random) -> str:
    width = chance.randint(60, 78)

    def wrapped(line: str) -> str:
        tabular = "|" in line or "   " in line.strip()
        return line if tabular else textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)

    return "\n".join(map(wrapped, report.text.split("\n")))


def _misheard(report: AnnotatedReport, chance: random.Random) -> str:
    slips = table("slip")

    def slipped(word: re.Match[str]) -> str:
        return cased(word[0], chance.choice(slips[word[0].lower()])) if chance.random() < 0.7 else word[0]

    return re.sub(rf"\b(?:{'|'.join(slips)})\b", slipped, report.text, flags=re.IGNORECASE)


_COUNTED = r"(?=[ -](?:cc|ml|gauge|images|films|views|minutes|exposures|lateral|oblique|spot)\b)"


def _numbers_respelt(report: AnnotatedReport, _: random.Random) -> str:
    """Digits before what is counted as words, words as digits."""
    said = {digits: word for word, (digits,) in table("number").items()}
    said |= {word: digits for digits, word in said.items()}
    number = rf"(?<![\w.,:/-])(?:{'|'.join(sorted(said, key=len, reverse=True))}){_COUNTED}"

    def respelt(found: re.Match[str]) -> str:
        word, before = said[found[0].lower()], found.string[: found.start()].rstrip()
        return word.capitalize() if before[-1:] in ("", ".", ":") else word

    return re.sub(number, respelt, report.text, flags=re.IGNORECASE)


def _punctuation_dropped(report: AnnotatedReport, chance: random.Random) -> str:
    return re.sub(r"(?<=[A-Za-z])[.,](?=\s)", lambda m: m[0] if chance.random() < 0.75 else "", report.text)


def _letters_slipped(report: AnnotatedReport, chance: random.Random) -> str:
    """One long word for a hundred words, and at least one, with two letters exchanged, one lost or one doubled."""
    text = report.text
    long = [word.span() for word in re.finditer(r"[A-Za-z]{6,}", text)]
    for start, end in sorted(chance.sample(long, min(len(long), 1 + len(text.split()) // 100)), reverse=True):
        at = chance.randrange(start + 1, end - 2)
        a, b = text[at], text[at + 1]
        text = text[:at] + chance.choice([b + a, a, a + a + b]) + text[at + 2 :]
    return text


def _title_dropped(report: AnnotatedReport, _: random.Random) -> str | None:
    """Without the title, where the body tells of itself what was imaged."""
    gold = report.gold
    asked = {*gold["myelo_regions"], *gold["ct_regions"]}
    asked |= {family for family, key in (("film", "myelo_regions"), ("ct", "ct_regions")) if gold[key]}
    body = [piece for piece in pieces(report.text) if piece.section != "exam"]
    usual = gold["study"] in STUDIES and gold["status"] == "completed" and gold["interpretation"]
    clear = all(any(piece.has(family) for piece in of_today(body)) for family in asked)
    return joined(body) if usual and clear and quoted(report, joined(body)) else None


def _impression_first(report: AnnotatedReport, _: random.Random) -> str | None:
    found = pieces(report.text)
    at = _impression(found)
    first = next((n for n, p in enumerate(found) if p.heading and p.label in table("heading")["findings"]), None)
    if not at or not found[at[0]].heading or first is None or first > at[0]:
        return None
    before, reading, after = found[:first], found[first : at[0]], found[at[-1] + 1 :]
    return f"{joined(before)}{joined(found[n] for n in at).rstrip()}\n\n{joined((*reading, *after))}"


def _impression_dropped(report: AnnotatedReport, _: random.Random) -> str | None:
    """Without the impression, where all the evidence stands elsewhere."""
    found = pieces(report.text)
    text = joined(piece for piece in found if piece.section != "impression")
    usual = report.gold["study"] in STUDIES and report.gold["interpretation"]
    return text if usual and _impression(found) and quoted(report, text) else None


def _impression(found: Sequence[Piece]) -> list[int]:
    """Where the impression stands; nowhere if it is scattered or tells who did or signed what."""
    at = [n for n, piece in enumerate(found) if piece.section == "impression"]
    whole = bool(at) and at == list(range(at[0], at[-1] + 1))
    return at if whole and not any(found[n].has("closing") for n in at) else []


def _earlier_study(report: AnnotatedReport, chance: random.Random) -> str | None:
    return _opened(report, "history", sentence("earlier_study", chance))


def _boilerplate(report: AnnotatedReport, chance: random.Random) -> str | None:
    """Consent and time-out, which belong to whoever injects."""
    own = report.gold["study"] in STUDIES and report.gold["injection"]["by"] == "reporting"
    return _opened(report, "technique", sentence("consent", chance)) if own else None


def _opened(report: AnnotatedReport, section: str, told: str) -> str | None:
    """The report with a sentence put in under the heading of a section."""
    found = pieces(report.text)
    at = next((n for n, piece in enumerate(found) if piece.heading and piece.section == section), None)
    if at is None:
        return None
    gap = "" if found[at].gap else " "
    return f"{joined(found[: at + 1])}{gap}{told} {joined(found[at + 1 :])}"


def _plan(report: AnnotatedReport, chance: random.Random) -> str:
    label = chance.choice(table("heading")["plan"])
    return (
        f"{report.text.rstrip()}\n\n{chance.choice([label.upper(), label.capitalize()])}: {sentence('plan', chance)}\n"
    )


def _listed(report: AnnotatedReport, chance: random.Random) -> str:
    """The prose of findings and impression as lists, each sentence under a bullet or a number."""
    mark = chance.choice(["- ", "• ", "* ", "{}. ", "{}) "])
    found = pieces(report.text)
    bare = {p.block for p in found if re.match(r"[\W\d]", p.text) or (p.heading and re.search(r"\d", p.text))}
    prose = {p.block for p in found if p.section in READ} - bare
    out: list[str] = []
    for _, some in groupby(found, key=lambda piece: piece.block):
        block = list(some)
        out += _lines(block, mark) if block[0].block in prose else [piece.text for piece in block]
    return "".join(out)


def _lines(block: Sequence[Piece], mark: str) -> Iterator[str]:
    """A heading on its line, and each sentence behind a mark on its own."""
    for number, piece in enumerate(block, start=0 if block[0].heading else 1):
        ending = "\n\n" if "\n\n" in piece.gap else "\n"
        yield (
            piece.text.rstrip() + "\n" if piece.heading else mark.format(number) + " ".join(piece.text.split()) + ending
        )


def _same(change: Callable[[AnnotatedReport, random.Random], str | None]) -> Edit:
    """An edit of the text that changes no fact."""

    def edit(report: AnnotatedReport, chance: random.Random) -> Edited:
        text = change(report, chance)
        return None if text is None else (text, {})

    return edit


PRESERVING: Mapping[str, Edit] = {
    kind: _same(change)
    for kind, change in {
        "headings_dropped": _headings_dropped,
        "headings_renamed": _headings_renamed,
        "capitals": lambda report, _: report.text.upper(),
        "small_letters": lambda report, _: report.text.lower(),
        "one_line": lambda report, _: " ".join(report.text.split()),
        "rewrapped": _rewrapped,
        "misheard": _misheard,
        "numbers_respelt": _numbers_respelt,
        "punctuation_dropped": _punctuation_dropped,
        "letters_slipped": _letters_slipped,
        "title_dropped": _title_dropped,
        "impression_first": _impression_first,
        "impression_dropped": _impression_dropped,
        "earlier_study": _earlier_study,
        "plan": _plan,
        "boilerplate": _boilerplate,
        "listed": _listed,
    }.items()
}
