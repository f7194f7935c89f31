"""The decision table summed over uncertain facts: a probability for each code set and each code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from extractor.codebook import RuleSet
from extractor.coding import CodeSet, Deciding, code_set
from extractor.records import REGIONS

# Combinations of facts less probable than this are left out of the sum.
LEAST = 1e-4
INTRATHECAL = ("myelogram", "ct_intrathecal", "cisternogram")

Distribution = Mapping[str, float]
_NOWHERE = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class FactProbabilities:
    """What the models think of one report: for each fact its values with probabilities that add up to 1.

    `status`, `by`, `route` and `read` hold given that contrast went into the thecal sac ("None" is a route that is not
    told, `read` is "yes" or "no"). `film` and `ct` are the probabilities, in the order of `REGIONS`, that a region was
    imaged and read, given that images are read at all.
    """

    study: Distribution
    status: Distribution
    by: Distribution
    route: Distribution
    read: Distribution
    film: tuple[float, float, float]
    ct: tuple[float, float, float]


def combinations(
    probabilities: FactProbabilities, known: Deciding, *, least: float = LEAST
) -> Iterator[tuple[Deciding, float]]:
    """The combinations of deciding facts with their probabilities, those below `least` left out.

    What the models do not judge (guidance, the plan, flags, …) is as in `known`.
    """
    for study, p_study in probabilities.study.items():
        if p_study < least:
            continue
        if study not in INTRATHECAL:
            yield _other_study(known, study), p_study
            continue
        for (status, by, route, read), p in _products(
            (probabilities.status, probabilities.by, probabilities.route, probabilities.read), p_study, least
        ):
            facts = known._replace(
                study=study,
                status=status,
                by=by,
                route=None if route == "None" else route,
                interpretation=read == "yes",
            )
            if read == "no":
                yield facts._replace(myelo_regions=(), ct_regions=()), p
                continue
            for films, p_films in _region_sets(
                probabilities.film if study == "myelogram" else (0.0, 0.0, 0.0), p, least
            ):
                for ct, p_all in _region_sets(probabilities.ct, p_films, least):
                    yield facts._replace(myelo_regions=films, ct_regions=ct), p_all


class Case(NamedTuple):
    """One combination of facts, the codes that it leads to in order of number, and its probability."""

    facts: Deciding
    codes: CodeSet
    probability: float


def cases(probabilities: FactProbabilities, known: Deciding, rules: RuleSet, *, least: float = LEAST) -> list[Case]:
    """The combinations with their codes; their probabilities add up to 1."""
    kept = list(combinations(probabilities, known, least=least))
    whole = sum(p for _, p in kept)
    return [Case(facts, tuple(sorted(code_set(facts, rules))), p / whole) for facts, p in kept]


def code_set_probabilities(found: Iterable[Case]) -> dict[CodeSet, float]:
    """The probability of each code set, the most probable first."""
    sums: dict[CodeSet, float] = {}
    for case in found:
        sums[case.codes] = sums.get(case.codes, 0.0) + case.probability
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def code_probabilities(sets: Mapping[CodeSet, float]) -> dict[tuple[str, tuple[str, ...]], float]:
    """The probability of each code with its modifiers: the sum over the sets that hold it."""
    sums: dict[tuple[str, tuple[str, ...]], float] = {}
    for codes, p in sets.items():
        for code in codes:
            sums[code] = sums.get(code, 0.0) + p
    return sums


def _other_study(known: Deciding, study: str) -> Deciding:
    """The facts if the report is of a study without contrast in the thecal sac."""
    status = "completed" if known.status == "none" else known.status
    return known._replace(
        study=study, status=status, interpretation=False, myelo_regions=(), ct_regions=(), ct_precontrast=False
    )


def _products(facts: tuple[Distribution, ...], so_far: float, least: float) -> list[tuple[tuple[str, ...], float]]:
    """Every choice of one value a fact, with the product of the probabilities, as far as it reaches `least`."""
    found: list[tuple[tuple[str, ...], float]] = [((), so_far)]
    for values in facts:
        found = [((*chosen, value), p * q) for chosen, p in found for value, q in values.items() if p * q >= least]
    return found


def _region_sets(
    regions: tuple[float, float, float], so_far: float, least: float
) -> list[tuple[tuple[str, ...], float]]:
    """Every set of regions with its probability, as far as it reaches `least`."""
    found: list[tuple[tuple[str, ...], float]] = [((), so_far)]
    for region, p in zip(REGIONS, regions, strict=True):
        there = [((*chosen, region), q * p) for chosen, q in found if q * p >= least]
        found = [(chosen, q * (1 - p)) for chosen, q in found if q * (1 - p) >= least] + there
    return found
