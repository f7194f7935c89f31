"""The codes of a gold held against the decision table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product
from typing import Any

from extractor.codebook import RuleSet
from extractor.coding import Deciding, code_set
from extractor.comparison import code_set_words
from extractor.corpus import Corpus, Problem
from extractor.records import REGIONS

# What decides codes and is no part of a gold: every value is tried.
_PLANS = tuple(plan for n in range(4) for plan in combinations(REGIONS, n))
_PURPOSES = (None, "diagnostic", "therapeutic")
_EITHER = (False, True)


def disagreements(corpus: Corpus, rules: RuleSet) -> Iterator[Problem]:
    """The reports whose gold codes the decision table gives for none of the facts that their gold leaves open.

    A report in which a fault was found already is passed over: its facts may be none that the table knows.
    """
    faulty = {(problem.path, problem.line) for problem in corpus.problems}
    for report in corpus.reports:
        if (report.path, report.line) in faulty:
            continue
        given = table_codes(report.gold, rules)
        words = code_set_words(report.gold["codes"])
        if words not in given:
            yield Problem(
                report.path, report.line, "gold.codes", f"{words}, but the decision table gives {' or '.join(given)}"
            )


def table_codes(gold: Mapping[str, Any], rules: RuleSet) -> list[str]:
    """The code sets, in words and sorted, that the decision table gives for the facts of a gold."""
    return sorted({_words(code_set(facts, rules)) for facts in possible_facts(gold)})


def possible_facts(gold: Mapping[str, Any]) -> Iterator[Deciding]:
    """The deciding facts of a gold, once for each combination of what a gold does not hold."""
    known = Deciding(
        study=gold["study"],
        status=gold["status"],
        by=gold["injection"]["by"],
        route=gold["injection"]["route"],
        guidance=gold["injection"]["guidance"],
        interpretation=gold["interpretation"],
        myelo_regions=_ordered(gold["myelo_regions"]),
        ct_regions=_ordered(gold["ct_regions"]),
        ct_precontrast=bool(gold.get("ct_precontrast")),
        contrast_given=any(contrast["route"] != "intravenous" for contrast in gold["contrast"]),
    )
    for plan, purpose, fossa, chemotherapy, not_done in product(_PLANS, _PURPOSES, _EITHER, _EITHER, _EITHER):
        yield known._replace(
            planned=plan,
            csf_withdrawal=purpose,
            posterior_fossa=fossa,
            chemotherapy=chemotherapy,
            region_not_done=not_done,
        )


def _ordered(regions: Iterable[str]) -> tuple[str, ...]:
    return tuple(region for region in REGIONS if region in regions)


def _words(codes: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    return code_set_words([{"code": code, "modifiers": modifiers} for code, modifiers in codes])
