"""Builds the coding tables from checked rows, and checks what a row alone cannot show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from string import Formatter
from types import MappingProxyType
from typing import Any

from extractor.codebook import (
    ALERTS,
    CONDITIONS,
    FAMILIES,
    FIELDS,
    Agent,
    AlertInfo,
    CodeInfo,
    CodingTables,
    Edit,
    Element,
    Given,
    Period,
    Review,
    Rule,
    RuleSet,
    SupplyBand,
)
from extractor.records import REGIONS
from extractor.rows import DATE, FLAG, NUMBER, NUMBERS, TEXT, TEXTS, Kind, Row, Schema, choice, choices, matching

_GIVEN = re.compile(r"(?P<what>\d{5}|[a-z_]+)(?:\((?P<chooser>films|ct|planned)\))?(?:-(?P<modifier>52|53))?")
_PLACEHOLDERS = {"films", "planned", "region"}
_VALID: Mapping[str, Kind] = {"valid_from": DATE, "valid_to": DATE}
_CODE = matching(r"\d{5}", "a code of five digits")
_REFERENCE = matching(r"[A-Za-z]+\d*", "the id of a source")
_SOURCES = Kind(TEXTS.name, TEXTS.check, lambda cell: cell.split(";"))

SCHEMAS: Mapping[str, Mapping[str, Schema]] = {
    "codes.csv": {
        "": Schema(
            {"code": _CODE, "meaning": TEXT, "family": choice(*FAMILIES), "pctc": choice("0", "1"),
             "mips_145": FLAG, "source": _SOURCES},
            {"region": choice(*REGIONS, "several"), **_VALID},
            ("code",),
        )
    },
    "ncci_pairs.csv": {
        "": Schema(
            {"column1": _CODE, "column2": _CODE, "modifier_allowed": FLAG, "why": TEXT, "valid_from": DATE,
             "quarter": matching(r"\d{4}Q[1-4]", "a quarter (2024Q3)"), "table_date": DATE},
            {"modifier": choice("59", "XE", "XP", "XS", "XU")},
        )
    },
    "sources.toml": {"source": Schema({"id": _REFERENCE, "what": TEXT}, unique=("id",))},
    "decision_table.toml": {
        "rule": Schema(
            {"id": TEXT, "part": choice("study", "ct"), "study": choices(*CONDITIONS["study"]), "give": TEXTS,
             "reason": TEXT, "source": TEXTS},
            {**{key: choices(*values) for key, values in CONDITIONS.items() if key != "study"}, **_VALID},
            ("id",),
        ),
        "review": Schema(
            {"id": TEXT, "set_by": choice("reader", "facts", "confidence"), "sentence": TEXT, "source": TEXTS},
            unique=("id",),
        ),
        "pair_reason": Schema({"id": TEXT, "sentence": TEXT, "source": TEXTS}, unique=("id",)),
    },
    "documentation.toml": {
        "element": Schema(
            {"id": TEXT, "sentence": TEXT, "source": TEXTS},
            {"families": choices(*FAMILIES), "codes": TEXTS, "field": choice(*FIELDS), "flag": TEXT,
             "unless": choices("52", "53"), "only": choices("52", "53"), **_VALID},
            ("id", "flag"),
        ),
        "alert": Schema(
            {"kind": choice(*ALERTS), "message": TEXT, "fields": TEXTS, "source": TEXTS}, _VALID, ("kind",)
        ),
    },
    "contrast_agents.toml": {
        "agent": Schema(
            {"generic": TEXT, "class": choice("nonionic", "ionic", "oil", "gadolinium"), "written": TEXTS,
             "intrathecal": NUMBERS, "source": TEXTS, "checked": DATE},
            {"concentrations": NUMBERS, "any_concentration": FLAG, "historic": FLAG},
            ("generic",),
        ),
        "brand": Schema(
            {"name": TEXT, "generic": TEXT, "written": TEXTS, "intrathecal": NUMBERS, "source": TEXTS,
             "checked": DATE},
            {"concentrations": NUMBERS, "any_concentration": FLAG, "historic": FLAG},
            ("name",),
        ),
        "limit": Schema(
            {"id": choice("iodine_mass_mg", "concentration_mg_per_ml"), "value": NUMBER, "source": TEXTS,
             "checked": DATE},
            unique=("id",),
        ),
        "supply": Schema(
            {"code": matching(r"Q\d{4}", "a Q code"), "from": NUMBER, "below": NUMBER, "source": TEXTS},
            _VALID,
            ("code",),
        ),
    },
}  # fmt: skip

_PLACES = {name: place for place, name in enumerate(CONDITIONS)}


def build_tables(rows: Mapping[str, Mapping[str, Sequence[Row]]]) -> CodingTables:
    """The coding tables from rows by file and table (`SCHEMAS` names both; a CSV file has the one table "").

    Raises `TableError` where rows contradict each other: an unknown code, source, family, flag or placeholder, a word
    that stands for two agents, a period that ends before it begins.
    """
    sources = {row["id"]: row["what"] for row in rows["sources.toml"]["source"]}
    codes = {row["code"]: _code(row, sources) for row in rows["codes.csv"][""]}
    table, documents, contrast = (
        rows[name] for name in ("decision_table.toml", "documentation.toml", "contrast_agents.toml")
    )
    rules = tuple(_rule(row, codes, sources) for row in table["rule"])
    reviews = {row["id"]: _review(row, sources) for row in table["review"]}
    elements = tuple(_element(row, codes, sources) for row in documents["element"])
    turns = _turns(rules)
    return CodingTables(
        codes=MappingProxyType(codes),
        rules=rules,
        reviews=MappingProxyType(reviews),
        edits=_edits(rows["ncci_pairs.csv"][""], table["pair_reason"], codes, sources),
        elements=elements,
        alerts=MappingProxyType({row["kind"]: _alert(row, sources) for row in documents["alert"]}),
        agents=_agents(contrast["agent"], contrast["brand"], sources),
        limits=MappingProxyType({row["id"]: row["value"] for row in contrast["limit"]}),
        supplies=tuple(_supply(row, sources) for row in contrast["supply"]),
        sources=MappingProxyType(sources),
        flags=_flags(reviews.values(), elements),
        turns=turns,
        eras=tuple(_rule_set(rules, codes, day) for day in [None, *turns]),
    )


def _period(row: Row) -> Period:
    period = Period(row.get("valid_from"), row.get("valid_to"))
    if period.start and period.end and period.end < period.start:
        raise row.error("valid_to lies before valid_from")
    return period


def _source(row: Row, sources: Mapping[str, str]) -> tuple[str, ...]:
    for name in row["source"]:
        if name not in sources:
            raise row.error(f"unknown source '{name}'")
    return tuple(row["source"])


def _code(row: Row, sources: Mapping[str, str]) -> CodeInfo:
    return CodeInfo(
        row["code"],
        row["meaning"],
        row["family"],
        row.get("region"),
        row["pctc"],
        row["mips_145"],
        _period(row),
        _source(row, sources),
    )


def _rule(row: Row, codes: Mapping[str, CodeInfo], sources: Mapping[str, str]) -> Rule:
    asks = tuple(name for name in CONDITIONS if name in row.values)
    unknown = {name for _, name, _, _ in Formatter().parse(row["reason"]) if name is not None} - _PLACEHOLDERS
    if unknown:
        raise row.error(f"unknown placeholder in the reason: {', '.join(sorted(unknown))}")
    return Rule(
        row["id"],
        row["part"],
        tuple((_PLACES[name], frozenset(row[name])) for name in asks),
        asks,
        tuple(_given(text, row, codes) for text in row["give"]),
        row["reason"],
        _source(row, sources),
        _period(row),
    )


def _given(text: str, row: Row, codes: Mapping[str, CodeInfo]) -> Given:
    match = _GIVEN.fullmatch(text)
    if not match:
        raise row.error(f"'{text}' is neither a code nor a family with its regions")
    known = FAMILIES if match["chooser"] else codes
    if match["what"] not in known:
        raise row.error(f"unknown code or family '{match['what']}'")
    return Given(match["what"], match["chooser"], match["modifier"])


def _review(row: Row, sources: Mapping[str, str]) -> Review:
    return Review(row["id"], row["set_by"], row["sentence"], _source(row, sources))


def _element(row: Row, codes: Mapping[str, CodeInfo], sources: Mapping[str, str]) -> Element:
    if ("field" in row.values) == ("flag" in row.values):
        raise row.error("an element has either a field or a flag")
    named = row.get("codes", ())
    for code in named:
        if code not in codes:
            raise row.error(f"unknown code '{code}'")
    meant = frozenset(code for code, info in codes.items() if info.family in row.get("families", ()) or code in named)
    if not meant:
        raise row.error("an element needs codes or families")
    _source(row, sources)
    return Element(
        row["id"],
        meant,
        row.get("field"),
        row.get("flag"),
        frozenset(row.get("unless", ())),
        frozenset(row.get("only", ())),
        row["sentence"],
        _period(row),
    )


def _alert(row: Row, sources: Mapping[str, str]) -> AlertInfo:
    return AlertInfo(row["kind"], row["message"], row["fields"], _source(row, sources), _period(row))


def _edits(
    rows: Iterable[Row], reasons: Sequence[Row], codes: Mapping[str, CodeInfo], sources: Mapping[str, str]
) -> tuple[Edit, ...]:
    for row in reasons:
        _source(row, sources)
    sentences = {row["id"]: row["sentence"] for row in reasons}
    seen: set[tuple[str, str]] = set()
    edits = []
    for row in rows:
        pair = (row["column1"], row["column2"])
        if pair in seen:
            raise row.error(f"the pair {pair[0]}, {pair[1]} stands in the file already")
        seen.add(pair)
        if not set(pair) <= set(codes):
            raise row.error("a pair needs two codes of codes.csv")
        if row["modifier_allowed"] != ("modifier" in row.values):
            raise row.error("a modifier must be named exactly where one is allowed")
        if row["why"] not in sentences:
            raise row.error(f"unknown reason '{row['why']}'")
        edits.append(Edit(*pair, row.get("modifier"), sentences[row["why"]], Period(row["valid_from"])))
    return tuple(edits)


def _agents(agents: Sequence[Row], brands: Sequence[Row], sources: Mapping[str, str]) -> tuple[Agent, ...]:
    kinds = {row["generic"]: row["class"] for row in agents}
    owners: dict[str, Row] = {}
    for row in (*agents, *brands):
        if row["generic"] not in kinds:
            raise row.error(f"unknown agent '{row['generic']}'")
        if not set(row["intrathecal"]) <= set(row.get("concentrations", ())):
            raise row.error("an intrathecal concentration is not among those made")
        for word in row["written"]:
            if word != word.lower():
                raise row.error(f"'{word}' must be written in lower case")
            if word in owners:
                raise row.error(f"'{word}' stands in line {owners[word].line} already")
            owners[word] = row
    return tuple(_agent(row, kinds[row["generic"]], sources) for row in (*agents, *brands))


def _agent(row: Row, kind: str, sources: Mapping[str, str]) -> Agent:
    return Agent(
        row["generic"],
        row.get("name"),
        kind,
        row["written"],
        row.get("concentrations", ()),
        row["intrathecal"],
        row.get("any_concentration", False),
        row.get("historic", False),
        _source(row, sources),
        row["checked"],
    )


def _supply(row: Row, sources: Mapping[str, str]) -> SupplyBand:
    _source(row, sources)
    return SupplyBand(row["code"], row["from"], row["below"], _period(row))


def _flags(reviews: Iterable[Review], elements: Iterable[Element]) -> frozenset[str]:
    circumstances = {review.review_id for review in reviews if review.set_by == "reader"}
    return frozenset(circumstances | {element.flag for element in elements if element.flag})


def _turns(rules: Iterable[Rule]) -> tuple[Any, ...]:
    starts = {rule.period.start for rule in rules if rule.period.start}
    ends = {rule.period.end + timedelta(days=1) for rule in rules if rule.period.end}
    return tuple(sorted(starts | ends))


def _rule_set(rules: Iterable[Rule], codes: Mapping[str, CodeInfo], day: Any) -> RuleSet:
    """The rules of the era that begins on `day`; None is the time before the first turn."""
    by_study: dict[tuple[str, str], tuple[Rule, ...]] = {}
    for rule in rules:
        begun = rule.period.start is None if day is None else rule.period.holds(day)
        if begun:
            for study in dict(rule.when)[_PLACES["study"]]:
                by_study[rule.part, study] = (*by_study.get((rule.part, study), ()), rule)
    families: dict[str, dict[str, str]] = {}
    for info in codes.values():
        if info.region:
            families.setdefault(info.family, {})[info.region] = info.code
    return RuleSet(MappingProxyType(by_study), MappingProxyType(families))
