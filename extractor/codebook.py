"""The coding tables as records: codes, rules, edits, agents, documentation."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

FAMILIES = (
    "bundled", "injection", "interpretation", "intracranial", "ct_with", "ct_both", "ct_without", "puncture",
)  # fmt: skip
_STATED = ("yes", "no")
_COUNT = ("none", "one", "several")
# What a rule may ask for, in the order of `extractor.coding.Case`.
CONDITIONS: Mapping[str, tuple[str, ...]] = {
    "study": (
        "myelogram", "ct_intrathecal", "cisternogram", "lumbar_puncture", "discogram", "epidurogram", "mr_myelogram",
        "other",
    ),
    "status": ("completed", "reduced", "discontinued", "none"),
    "injector": ("reporting", "other", "none"),
    "route": ("lumbar", "c1_c2", "cisternal", "existing_access", "unstated"),
    "guidance": ("fluoroscopy", "ct", "none", "unstated"),
    "read": _STATED,
    "films": _COUNT,
    "ct": ("none", "some"),
    "extent": ("full", "lesser", "partial"),
    "contrast": ("in", "out"),
    "planned": _COUNT,
    "precontrast": _STATED,
    "purpose": ("diagnostic", "therapeutic", "unstated"),
    "posterior_fossa": _STATED,
    "chemotherapy": _STATED,
}  # fmt: skip
FIELDS = (
    "injection.route", "injection.level", "injection.guidance", "injection.other_named", "contrast.agent",
    "contrast.concentration", "contrast.volume_ml", "contrast.intrathecal", "images.views", "csf_withdrawal",
    "complications", "dose_index", "region_findings", "details.csf_return", "details.permanent_images",
    "details.operator", "details.interpreter",
)  # fmt: skip
ALERTS = (
    "iodine_mass", "concentration", "not_labelled", "gadolinium_intrathecal", "no_dose_index", "no_dose_or_time",
    "title_not_in_body", "body_not_in_title", "no_images_kept",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """The dates of service on which something holds; both days included, None is open."""

    start: date | None = None
    end: date | None = None

    def holds(self, day: date | None) -> bool:
        """Whether it holds on a day; without a day, whether it still holds with no end set."""
        if day is None:
            return self.end is None
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """A code that can be proposed: our own wording, and what billing needs to know of it."""

    code: str
    meaning: str
    family: str
    region: str | None
    pctc: str
    mips_145: bool
    period: Period
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule gives: one code, or the codes that the regions of `chooser` choose out of a family."""

    what: str
    chooser: str | None
    modifier: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `when` holds (place in `CONDITIONS`, allowed values); `asks` names its conditions."""

    rule_id: str
    part: str
    when: tuple[tuple[int, frozenset[str]], ...]
    asks: tuple[str, ...]
    gives: tuple[Given, ...]
    reason: str
    source: tuple[str, ...]
    period: Period


@dataclass(frozen=True, slots=True)
class Review:
    """A circumstance that a human should see; set by the reader, or derived from the facts and the codes."""

    review_id: str
    set_by: str
    sentence: str
    source: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """An NCCI edit: `column2` is denied beside `column1` unless `modifier` is justified (None: never)."""

    column1: str
    column2: str
    modifier: str | None
    sentence: str
    period: Period


@dataclass(frozen=True, slots=True)
class Element:
    """Something that the report must document for some codes."""

    element_id: str
    codes: frozenset[str]
    field: str | None
    flag: str | None
    unless: frozenset[str]
    only: frozenset[str]
    sentence: str
    period: Period


@dataclass(frozen=True, slots=True)
class AlertInfo:
    """A warning: its message with places for values, and the fields that it is about."""

    kind: str
    message: str
    fields: tuple[str, ...]
    source: tuple[str, ...]
    period: Period


@dataclass(frozen=True, slots=True)
class Agent:
    """A contrast agent, or a brand of one where `brand` is set; concentrations in mg iodine per mL."""

    generic: str
    brand: str | None
    kind: str
    written: tuple[str, ...]
    concentrations: tuple[float, ...]
    intrathecal: tuple[float, ...]
    any_concentration: bool
    historic: bool
    source: tuple[str, ...]
    checked: date


@dataclass(frozen=True, slots=True)
class SupplyBand:
    """A supply code and the concentrations that it covers, `start` included, `end` not."""

    code: str
    start: float
    end: float
    period: Period


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """The rules and choices that hold on a day. Compared and hashed by identity, so that it can key a cache."""

    rules: Mapping[tuple[str, str], tuple[Rule, ...]]
    families: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class CodingTables:
    """Everything that coding needs, in the order of the files.

    `flags` are the ids that a reader may put into `Facts.flags`. `turns` are the days on which other rules begin to
    hold; `eras` has one rule set more than there are turns.
    """

    codes: Mapping[str, CodeInfo]
    rules: tuple[Rule, ...]
    reviews: Mapping[str, Review]
    edits: tuple[Edit, ...]
    elements: tuple[Element, ...]
    alerts: Mapping[str, AlertInfo]
    agents: tuple[Agent, ...]
    limits: Mapping[str, float]
    supplies: tuple[SupplyBand, ...]
    sources: Mapping[str, str]
    flags: frozenset[str]
    turns: tuple[date, ...]
    eras: tuple[RuleSet, ...]

    def on(self, day: date | None) -> RuleSet:
        """The rules of a date of service, those of today without one; the same object for all days of an era."""
        return self.eras[-1] if day is None else self.eras[bisect_right(self.turns, day)]
