"""One reading held against the gold of its report, measure by measure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.corpus import AnnotatedReport
from extractor.metrics import Tally, pair, same, tally_pairs, tally_set, tally_value, touched
from extractor.records import REGIONS

VALUES = (
    "status",
    "injection.by",
    "injection.route",
    "injection.level",
    "injection.needle_gauge",
    "injection.guidance",
    "interpretation",
    "ct_precontrast",
    "complications",
    "fluoro_minutes",
    "dose_mgy",
    "images.total",
)
SETS = ("images.views", "myelo_regions", "ct_regions")
CONTRAST = ("agent", "brand", "concentration", "volume_ml", "route")
FIELDS = ("study", *VALUES, *SETS, *(f"contrast.{key}" for key in CONTRAST), "findings", "codes", "evidence")


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of one report: its counts, the two values, and the gold quotes that belong to what was missed.

    A part of a field has its own name behind a colon: `myelo_regions:lumbar`, `codes:code=62304`.
    """

    measure: str
    tally: Tally
    gold: Any = None
    got: Any = None
    quotes: tuple[str, ...] = ()

    @property
    def wrong(self) -> bool:
        """Whether anything in this measure is not right."""
        return self.tally.right < self.tally.n


def compare(report: AnnotatedReport, got: Mapping[str, Any]) -> Iterator[Compared]:
    """Every measure of one report. `got` holds plain values under the keys of the guideline; what it lacks is null.

    Outside the scope of the guideline only the study and the codes are compared.
    """
    gold = report.gold
    yield _value("study", gold, got)
    if report.scored_whole:
        yield from (_value(field, gold, got) for field in VALUES)
        yield from _sets(gold, got)
        yield from _contrast(gold.get("contrast", []), got.get("contrast", []))
        yield from _findings(gold["findings"], got.get("findings", []))
    yield from _codes(gold["codes"], got.get("codes", []))
    if report.scored_whole:
        yield from _evidence(report, got.get("spans", {}))


def code_set_words(codes: Iterable[Mapping[str, Any]]) -> str:
    """A set of codes in words, sorted: `62304 + 72132`, `62284-53`, `none`."""
    return " + ".join(sorted(map(_code, codes))) or "none"


def _code(code: Mapping[str, Any]) -> str:
    """A code with its modifiers: `62284-53`."""
    return "-".join((code["code"], *sorted(code["modifiers"])))


def _at(values: Mapping[str, Any], field: str) -> Any:
    """The value under a dotted name; None where a part is missing. An absent `ct_precontrast` means false."""
    found: Any = values
    for key in field.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return bool(found) if field == "ct_precontrast" else found


def _value(field: str, gold: Mapping[str, Any], got: Mapping[str, Any]) -> Compared:
    wanted, given = _at(gold, field), _at(got, field)
    return Compared(field, tally_value(wanted, given), wanted, given)


def _sets(gold: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[Compared]:
    for field in SETS:
        wanted, given = sorted(_at(gold, field) or ()), sorted(_at(got, field) or ())
        yield Compared(field, tally_set(wanted, given), wanted, given)
        if field != "images.views":
            for region in REGIONS:
                yield Compared(f"{field}:{region}", tally_value(region in wanted, region in given))


def _contrast(gold: Sequence[Mapping[str, Any]], got: Sequence[Mapping[str, Any]]) -> Iterator[Compared]:
    pairs = pair(gold, got, CONTRAST)
    for key in CONTRAST:
        apart = [(a.get(key), b.get(key)) for a, b in pairs if not same(a.get(key), b.get(key))]
        yield Compared(f"contrast.{key}", tally_pairs(pairs, key), [a for a, _ in apart], [b for _, b in apart])


def _codes(gold: Sequence[Mapping[str, Any]], got: Sequence[Mapping[str, Any]]) -> Iterator[Compared]:
    yield Compared("codes", tally_set(map(_code, gold), map(_code, got)), code_set_words(gold), code_set_words(got))
    plain_wanted, plain_given = {code["code"] for code in gold}, {code["code"] for code in got}
    yield Compared("codes:without_modifiers", tally_set(plain_wanted, plain_given))
    for code in sorted(plain_wanted | plain_given):
        yield Compared(f"codes:code={code}", tally_value(code in plain_wanted, code in plain_given))


def _findings(gold: Sequence[Mapping[str, Any]], got: Sequence[Mapping[str, Any]]) -> Iterator[Compared]:
    wanted, given = _by_name(gold, "concept", "level", "assertion"), _by_name(got, "concept", "level", "assertion")
    missed = sorted(wanted.keys() - given.keys())
    quotes = tuple(finding["quote"] for name in missed for finding in wanted[name])
    yield Compared("findings", tally_set(wanted, given), missed, sorted(given.keys() - wanted.keys()), quotes)
    flat = [_by_name(findings, "concept", "assertion") for findings in (gold, got)]
    yield Compared("findings:without_level", tally_set(*flat))
    both = wanted.keys() & given.keys()
    for key in ("side", "severity"):
        right = sum(_side_or_grade(wanted[name], key) == _side_or_grade(given[name], key) for name in both)
        yield Compared(f"findings:{key}", Tally(n=len(both), right=right))
    for concept in sorted({name.split()[0] for name in wanted.keys() | given.keys()}):
        of_concept = [[name for name in names if name.split()[0] == concept] for names in (wanted, given)]
        yield Compared(f"findings:concept={concept}", tally_set(*of_concept))


def _by_name(findings: Iterable[Mapping[str, Any]], *keys: str) -> dict[str, list[Mapping[str, Any]]]:
    """The findings under the distinct value of some keys, in words: `disc_bulge L4-L5 present`."""
    named: dict[str, list[Mapping[str, Any]]] = {}
    for finding in findings:
        named.setdefault(" ".join(str(finding[key] or "-") for key in keys), []).append(finding)
    return named


def _side_or_grade(findings: Iterable[Mapping[str, Any]], key: str) -> set[str | None]:
    """The sides or grades of entries of one name; a left and a right entry together are bilateral."""
    values = {finding[key] for finding in findings}
    return {"bilateral"} if values == {"left", "right"} else values


def _evidence(report: AnnotatedReport, spans: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Compared]:
    missed: list[tuple[str, str]] = []
    count = 0
    for field, quotes in report.gold["evidence"].items():
        offsets = [(span["start"], span["end"]) for span in spans.get(field, ())]
        lost = [quote for quote in quotes if not touched(quote, report.text, offsets)]
        yield Compared(f"evidence:{field}", _found(len(quotes), len(lost)))
        missed += [(field, quote) for quote in lost]
        count += len(quotes)
    yield Compared(
        "evidence", _found(count, len(missed)), [field for field, _ in missed], [], tuple(quote for _, quote in missed)
    )


def _found(n: int, lost: int) -> Tally:
    return Tally(n=n, right=n - lost, tp=n - lost, fn=lost)
