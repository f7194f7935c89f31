"""What the parts hand to each other: frozen records, no behaviour beyond turning themselves into plain values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

REGIONS = ("cervical", "thoracic", "lumbar")
SECTIONS = (
    "exam",
    "history",
    "comparison",
    "technique",
    "findings",
    "impression",
    "addendum",
    "attestation",
    "other",
)
ASSERTIONS = ("present", "absent", "possible", "historical", "planned", "other_report", "template")


@dataclass(frozen=True, slots=True)
class Report:
    """One report as the caller has it.

    `text` is kept as given: every offset in a reading counts its Unicode code points.
    `place_of_service` is the two-digit CMS code ("11" office, "22" outpatient hospital, …).
    `component` is "professional" or "technical"; None where the caller does not bill by component.
    """

    text: str
    report_id: str | None = None
    service_date: date | None = None
    place_of_service: str | None = None
    component: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the report: half-open offsets in code points, with `text[start:end] == quote`."""

    start: int
    end: int
    quote: str
    section: str
    assertion: str = "present"


@dataclass(frozen=True, slots=True)
class Injection:
    """Who put the contrast in, by which route, where and with what."""

    by: str = "none"
    route: str | None = None
    level: str | None = None
    needle_gauge: int | None = None
    guidance: str | None = None


@dataclass(frozen=True, slots=True)
class Contrast:
    """One injection of contrast: `concentration` in mg iodine per mL, `volume_ml` in mL."""

    agent: str | None = None
    brand: str | None = None
    concentration: float | None = None
    volume_ml: float | None = None
    route: str | None = None


@dataclass(frozen=True, slots=True)
class Images:
    """Myelographic images: how many, in which projections."""

    total: int | None = None
    views: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the closed list, where it is and how it is asserted; offsets of its quote."""

    concept: str
    level: str | None
    side: str | None
    severity: str | None
    assertion: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Details:
    """What the text says beyond the billing facts; every value is None where it says nothing."""

    position: str | None = None
    csf_return: str | None = None
    opening_pressure_cmh2o: float | None = None
    table_tilt: str | None = None
    sedation: str | None = None
    site_of_service: str | None = None
    permanent_images: bool | None = None
    operator: str | None = None
    interpreter: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that decides or documents a code.

    `fluoro_minutes` in decimal minutes, `dose_mgy` is air kerma in mGy, `dap_gycm2` the dose-area product in Gy·cm².
    `title_regions` are the regions that the examination title orders; the body decides, the title is only compared.
    `flags` are circumstances that a human should see (see `data/decision_table.toml`, `[review]`).
    """

    study: str = "other"
    status: str = "none"
    injection: Injection = Injection()
    interpretation: bool = False
    contrast: tuple[Contrast, ...] = ()
    myelo_regions: tuple[str, ...] = ()
    ct_regions: tuple[str, ...] = ()
    ct_precontrast: bool = False
    images: Images = Images()
    fluoro_minutes: float | None = None
    dose_mgy: float | None = None
    dap_gycm2: float | None = None
    complications: str | None = None
    title_regions: tuple[str, ...] = ()
    csf_withdrawal: str | None = None
    flags: tuple[str, ...] = ()
    details: Details = Details()


@dataclass(frozen=True, slots=True)
class Code:
    """One proposed code with its reasons.

    `facts` names the fields (keys of `Reading.spans`) that the rule looked at; `missing` holds one plain sentence
    for each element that the code requires and the report lacks.
    """

    code: str
    modifiers: tuple[str, ...]
    rule: str
    reason: str
    source: str
    facts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodePair:
    """An NCCI edit between two proposed codes: `column2` is denied beside `column1` unless `modifier` is justified."""

    column1: str
    column2: str
    modifier_allowed: bool
    modifier: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Supply:
    """Contrast supply that an office bills: HCPCS code and units (1 unit = 1 mL for Q9965–Q9967)."""

    code: str
    units: int
    reason: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A safety or documentation warning: its kind, and one plain sentence that names values, never report text."""

    kind: str
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coding:
    """What the decision table makes of the facts."""

    codes: tuple[Code, ...] = ()
    pairs: tuple[CodePair, ...] = ()
    supplies: tuple[Supply, ...] = ()
    alerts: tuple[Alert, ...] = ()
    review_reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A report, read: facts, findings, codes, and the spans behind each field."""

    report: Report
    facts: Facts
    findings: tuple[Finding, ...]
    coding: Coding
    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def codes(self) -> tuple[Code, ...]:
        """The proposed codes, in the order of the decision table."""
        return self.coding.codes

    def to_dict(self) -> dict[str, Any]:
        """Plain values under the keys of the annotation guideline; the shape is `data/reading.schema.json`.

        `evidence` holds the quotes under the guideline's keys; `spans` holds every span once, by field.
        """
        facts = plain(self.facts)
        details = facts.pop("details")
        if not facts["ct_precontrast"]:
            del facts["ct_precontrast"]
        return {
            "report_id": self.report.report_id,
            **facts,
            "findings": plain(self.findings),
            **plain(self.coding),
            "details": details,
            "evidence": self.evidence(),
            "spans": plain(self.spans),
            "versions": plain(self.versions),
        }

    def evidence(self) -> dict[str, list[str]]:
        """The quotes that a coder would highlight, under the keys of the annotation guideline."""
        keys = ["injection", "level", "contrast", "images", *(f"region:{r}" for r in REGIONS), "status"]
        quotes = {key: list(dict.fromkeys(s.quote for s in self.spans.get(key, ()))) for key in keys}
        return {key: found for key, found in quotes.items() if found}


def plain(record: Any) -> Any:
    """A record as dicts, lists and scalars, ready for JSON."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {f.name: plain(getattr(record, f.name)) for f in dataclasses.fields(record)}
    if isinstance(record, Mapping):
        return {key: plain(value) for key, value in record.items()}
    if isinstance(record, tuple | list):
        return [plain(value) for value in record]
    if isinstance(record, date):
        return record.isoformat()
    return record
