"""The decision table summed over uncertain facts, against every combination counted one by one."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.coding import Deciding, code_set
from extractor.confidence.summation import (
    INTRATHECAL,
    FactProbabilities,
    cases,
    code_probabilities,
    code_set_probabilities,
    combinations,
)
from extractor.records import REGIONS
from extractor.tables import coding_tables

RULES = coding_tables().on(None)
CERTAIN = FactProbabilities(
    {"myelogram": 1.0}, {"completed": 1.0}, {"reporting": 1.0}, {"lumbar": 1.0}, {"yes": 1.0}, (0, 0, 1.0), (0, 0, 0)
)


def shares(*values: str) -> st.SearchStrategy[dict[str, float]]:
    """Probabilities of some values that add up to 1."""
    weights = st.lists(st.floats(0.01, 1), min_size=len(values), max_size=len(values))
    return weights.map(lambda found: {value: w / sum(found) for value, w in zip(values, found, strict=True)})


REGION = st.tuples(*[st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1))] * 3)
PROBABILITIES = st.builds(
    FactProbabilities,
    study=shares("myelogram", "ct_intrathecal", "lumbar_puncture", "other"),
    status=shares("completed", "reduced", "discontinued"),
    by=shares("reporting", "other"),
    route=shares("lumbar", "c1_c2", "None"),
    read=shares("yes", "no"),
    film=REGION,
    ct=REGION,
)
KNOWN = st.builds(
    lambda **values: Deciding(**values),
    study=st.sampled_from(["myelogram", "other"]),
    status=st.sampled_from(["completed", "none"]),
    contrast_given=st.booleans(),
    planned=st.sampled_from([(), ("lumbar",), REGIONS]),
    ct_precontrast=st.booleans(),
    region_not_done=st.booleans(),
)


def brute_force(p: FactProbabilities, known: Deciding) -> dict[tuple[object, ...], float]:
    """Code sets over every combination of values, nothing left out."""
    sums: dict[tuple[object, ...], float] = {}
    subsets = [tuple(r for r, there in zip(REGIONS, bits, strict=True) if there) for bits in product((0, 1), repeat=3)]

    def of_regions(chosen: tuple[str, ...], found: tuple[float, ...]) -> float:
        result = 1.0
        for region, q in zip(REGIONS, found, strict=True):
            result *= q if region in chosen else 1 - q
        return result

    for study, status, by, route, read, films, ct in product(
        p.study, p.status, p.by, p.route, p.read, subsets, subsets
    ):
        probability = p.study[study] * p.status[status] * p.by[by] * p.route[route] * p.read[read]
        probability *= of_regions(films, p.film) * of_regions(ct, p.ct)
        if study in INTRATHECAL:
            seen = read == "yes"
            facts = known._replace(
                study=study, status=status, by=by, route=None if route == "None" else route, interpretation=seen,
                myelo_regions=films if seen and study == "myelogram" else (), ct_regions=ct if seen else (),
            )  # fmt: skip
        else:
            facts = known._replace(
                study=study, status="completed" if known.status == "none" else known.status, interpretation=False,
                myelo_regions=(), ct_regions=(), ct_precontrast=False,
            )  # fmt: skip
        codes = tuple(sorted(code_set(facts, RULES)))
        sums[codes] = sums.get(codes, 0.0) + probability
    return sums


@settings(max_examples=25, deadline=None)
@given(p=PROBABILITIES, known=KNOWN)
def test_the_sum_is_exact(p: FactProbabilities, known: Deciding) -> None:
    """Without pruning every code set has the probability that counting gives."""
    summed = code_set_probabilities(cases(p, known, RULES, least=0.0))
    counted = brute_force(p, known)
    assert set(summed) == {codes for codes, q in counted.items() if q > 0} | (set(summed) & set(counted))
    assert all(summed.get(codes, 0.0) == pytest.approx(q, abs=1e-9) for codes, q in counted.items())


@settings(max_examples=25, deadline=None)
@given(p=PROBABILITIES, known=KNOWN)
def test_pruning_loses_no_more_than_it_drops(p: FactProbabilities, known: Deciding) -> None:
    """What is left out below the limit bounds how far any code set can be off before it is scaled up again."""
    kept = list(combinations(p, known))
    lost = 1 - sum(q for _, q in kept)
    sums: dict[tuple[object, ...], float] = {}
    for facts, q in kept:
        codes = tuple(sorted(code_set(facts, RULES)))
        sums[codes] = sums.get(codes, 0.0) + q
    counted = brute_force(p, known)
    assert -1e-9 <= lost < 1
    assert all(-1e-9 <= q - sums.get(codes, 0.0) <= lost + 1e-9 for codes, q in counted.items())


@settings(max_examples=50, deadline=None)
@given(p=PROBABILITIES, known=KNOWN)
def test_probabilities_hold_together(p: FactProbabilities, known: Deciding) -> None:
    """Sets add up to 1, come in order, and a code is as probable as the sets that hold it."""
    sets = code_set_probabilities(cases(p, known, RULES))
    values = list(sets.values())
    assert sum(values) == pytest.approx(1)
    assert values == sorted(values, reverse=True)
    for code, q in code_probabilities(sets).items():
        assert 0 <= q <= 1 + 1e-9
        assert q == pytest.approx(sum(x for codes, x in sets.items() if code in codes))


def test_certain_facts_give_one_code_set() -> None:
    """Facts without doubt lead to the codes of the table, with probability 1."""
    assert code_set_probabilities(cases(CERTAIN, Deciding(), RULES)) == {(("62304", ()),): 1.0}


def test_the_rules_of_the_day_are_summed() -> None:
    """Before 2015 the same facts give the component codes."""
    from datetime import date

    old = coding_tables().on(date(2012, 6, 19))
    assert list(code_set_probabilities(cases(CERTAIN, Deciding(), old))) == [(("62284", ()), ("72265", ()))]
