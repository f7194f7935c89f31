"""Why a confidence is not higher: the facts that hold a code down, and what would have to be otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from extractor.coding import CodeSet, Deciding
from extractor.confidence.fact_models import RARE
from extractor.confidence.model import Assessment, CodeName
from extractor.confidence.summation import INTRATHECAL, Case, FactProbabilities
from extractor.records import REGIONS, Alternative, Doubt, Limit, Span

# How many other code sets are told, and from which confidence on.
MOST_ALTERNATIVES = 3
LEAST_ALTERNATIVE = 0.005
# Probabilities are given to so many places: what lies behind differs between machines.
PLACES = 4
# A fact surer than this holds nothing down that anybody should look at.
SURE = 0.995

_YES_NO = {True: "yes", False: "no"}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "by": {
        "reporting": "the reporting physician injected",
        "other": "somebody else injected",
        "none": "no injection is told",
    },
    "route": {
        "lumbar": "the needle went in by the lumbar route",
        "c1_c2": "the needle went in at C1-C2",
        "cisternal": "the needle went into the cistern",
        "existing_access": "contrast went through a device already in place",
        "None": "the route is not told",
    },
    "read": {"yes": "images are read here", "no": "no images are read here"},
    "film": {
        "yes": "myelographic images of the {region} spine are read",
        "no": "no myelographic images of the {region} spine are read",
    },
    "ct": {"yes": "CT of the {region} spine is read", "no": "no CT of the {region} spine is read"},
}
_FIELDS = {"study": "study", "status": "status", "by": "injection", "route": "route", "read": "interpretation"}


class Explainer:
    """Explains the codes of one report; `chosen` are the facts that they follow from, `seen` the training counts."""

    def __init__(
        self,
        assessment: Assessment,
        chosen: Deciding,
        spans: Mapping[str, Sequence[Span]],
        seen: Mapping[str, Mapping[str, int]],
    ) -> None:
        self._assessment = assessment
        self._chosen = chosen
        self._spans = spans
        self._seen = seen
        self._values = values(chosen)
        self._unsure = [
            fact for fact, value in self._values.items() if _probability(assessment.facts, fact, value) < SURE
        ]
        self._conditions: dict[str, list[Case]] = {}
        self._told: dict[CodeSet, Alternative] = {}

    def alternatives(self, codes: CodeSet) -> tuple[Alternative, ...]:
        """The likeliest code sets other than the proposed one."""
        others = (
            (other, p) for other, p in self._assessment.odds.sets.items() if other != codes and p >= LEAST_ALTERNATIVE
        )
        return tuple(self._alternative(other) for other, _ in list(others)[:MOST_ALTERNATIVES])

    def limit(self, code: CodeName) -> Limit:
        """What holds one code down."""
        without = next((codes for codes in self._assessment.odds.sets if code not in codes), None)
        return Limit(
            *code,
            round(self._assessment.odds.codes.get(code, 0.0), PLACES),
            tuple(doubt for _, doubt in sorted(self._doubts(code), key=lambda item: -item[0])),
            None if without is None else self._alternative(without),
        )

    def changes(self, facts: Deciding) -> tuple[Doubt, ...]:
        """The values of some facts that differ from the chosen ones, without those that only follow from another."""
        found = [
            self._doubt(fact, value) for fact, value in values(facts).items() if value != self._values.get(fact, value)
        ]
        first = next((doubt for doubt in found if doubt.fact in ("study", "read")), None)
        ends = first is not None and (first.fact == "read" or not {facts.study, self._chosen.study} <= {*INTRATHECAL})
        return (first,) if first is not None and ends else tuple(found)

    def _doubts(self, code: CodeName) -> Iterator[tuple[float, Doubt]]:
        """The uncertain facts, each with how much surer the code would be if the fact were certain."""
        probable = _share(self._assessment.cases, code)
        for fact in self._unsure:
            gain = _share(self._where(fact), code) - probable
            if gain > 1 - SURE:
                yield gain, self._doubt(fact, self._values[fact])

    def _where(self, fact: str) -> list[Case]:
        """The cases in which a fact has its chosen value."""
        if fact not in self._conditions:
            cases, value = self._assessment.cases, self._values[fact]
            self._conditions[fact] = [case for case in cases if has(case.facts, fact, value)]
        return self._conditions[fact]

    def _alternative(self, codes: CodeSet) -> Alternative:
        if codes not in self._told:
            self._told[codes] = self._explained(codes)
        return self._told[codes]

    def _explained(self, codes: CodeSet) -> Alternative:
        likeliest = max(
            (case for case in self._assessment.cases if case.codes == codes), key=lambda case: case.probability
        )
        doubts = self.changes(likeliest.facts)
        why = " and ".join(words(doubt.fact, doubt.value) for doubt in doubts)
        found = Alternative(codes, round(self._assessment.odds.of_set(codes), PLACES), doubts, "")
        return replace(found, sentence=f"{found.label} ({found.confidence:.2f})" + (f" if {why}" if why else ""))

    def _doubt(self, fact: str, value: str) -> Doubt:
        probability = round(_probability(self._assessment.facts, fact, value), PLACES)
        chosen = self._values.get(fact) == value
        fields = tuple(field for field in _evidence(fact, value) if chosen and self._spans.get(field))
        kind = fact.split()[0]
        rare = kind in self._seen and self._seen[kind].get(value, 0) < RARE
        places = list(dict.fromkeys(span.section for field in fields for span in self._spans[field]))
        told = f"told in {' and '.join(places)}" if places else "not documented"
        note = f"; rare: fewer than {RARE} such reports were learned from" if rare else ""
        return Doubt(fact, value, probability, fields, rare, f"{words(fact, value)}: {probability:.2f}, {told}{note}")


def values(facts: Deciding) -> dict[str, str]:
    """The uncertain facts by name, those that have a meaning for the study."""
    found = {"study": facts.study}
    if facts.study not in INTRATHECAL:
        return found
    found |= {"status": facts.status, "by": facts.by, "route": str(facts.route), "read": _YES_NO[facts.interpretation]}
    if facts.interpretation:
        if facts.study == "myelogram":
            found |= {f"film {region}": _YES_NO[region in facts.myelo_regions] for region in REGIONS}
        found |= {f"ct {region}": _YES_NO[region in facts.ct_regions] for region in REGIONS}
    return found


def has(facts: Deciding, fact: str, value: str) -> bool:
    """Whether an uncertain fact has a value among some facts."""
    kind, _, region = fact.partition(" ")
    if kind == "film":
        return (region in facts.myelo_regions) == (value == "yes")
    if kind == "ct":
        return (region in facts.ct_regions) == (value == "yes")
    if kind == "read":
        return facts.interpretation == (value == "yes")
    return str(getattr(facts, kind)) == value


def words(fact: str, value: str) -> str:
    """A fact in words that stand after "if"."""
    kind, _, region = fact.partition(" ")
    if kind == "study":
        return f"the study is {value.replace('_', ' ')}"
    if kind == "status":
        return f"the study was {value}" if value != "none" else "no study took place"
    return _WORDS[kind][value].format(region=region)


def _share(cases: Sequence[Case], code: CodeName) -> float:
    """How probable a code is among some cases; 1 where there is none."""
    whole = sum(case.probability for case in cases)
    return sum(case.probability for case in cases if code in case.codes) / whole if whole else 1.0


def _probability(facts: FactProbabilities, fact: str, value: str) -> float:
    kind, _, region = fact.partition(" ")
    if region:
        p: float = getattr(facts, kind)[REGIONS.index(region)]
        return p if value == "yes" else 1 - p
    found: Mapping[str, float] = getattr(facts, kind)
    return found.get(value, 0.0)


def _evidence(fact: str, value: str) -> tuple[str, ...]:
    kind, _, region = fact.partition(" ")
    if not region:
        return (_FIELDS[kind],)
    if value == "no":
        return ()
    return (f"myelo_region:{region}",) if kind == "film" else (f"ct_region:{region}",)
