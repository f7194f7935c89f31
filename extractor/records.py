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
    for each element that the code requires and the report lacks. `confidence` is the calibrated probability that code
    and modifiers are right; None without a model.
    """

    code: str
    modifiers: tuple[str, ...]
    rule: str
    reason: str
    source: str
    facts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A fact that is not certain: its value here, the probability of that value, and where the text speaks of it.

    `fact` is "study", "status", "by", "route", "read", or a modality with a region ("film lumbar", "ct cervical").
    `fields` are the keys of `Reading.spans` with its evidence; none where the text documents nothing. `rare` values
    were hardly ever seen in training, so their probability is held down.
    """

    fact: str
    value: str
    probability: float
    fields: tuple[str, ...]
    rare: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another code set, its confidence, and the facts that would have to be otherwise (`probability` is of that)."""

    codes: tuple[tuple[str, tuple[str, ...]], ...]
    confidence: float
    doubts: tuple[Doubt, ...]
    sentence: str

    @property
    def label(self) -> str:
        """The codes with their modifiers in words: `62304-52 72132`, `no code`."""
        return " ".join("-".join((code, *modifiers)) for code, modifiers in self.codes) or "no code"


@dataclass(frozen=True, slots=True)
class Limit:
    """What holds one code down: the uncertain facts, the worst first, and the likeliest code set without it."""

    code: str
    modifiers: tuple[str, ...]
    confidence: float
    doubts: tuple[Doubt, ...]
    nearest: Alternative | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What holds the code down, and its nearest neighbour, in plain sentences."""
        neighbour = (f"nearest: {self.nearest.sentence}",) if self.nearest else ()
        return (*(doubt.sentence for doubt in self.doubts), *neighbour)


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
    """A report, read: facts, findings, codes, and the spans behind each field.

    With a confidence model, `confidence` is the calibrated probability that the whole code set is right,
    `alternatives` are the likeliest other sets, `limits` say for each code what holds it down, and `overruled` are the
    rules' values of facts for which the model took others.
    """

    report: Report
    facts: Facts
    findings: tuple[Finding, ...]
    coding: Coding
    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    limits: tuple[Limit, ...] = ()
    overruled: tuple[Doubt, ...] = ()

    @property
    def codes(self) -> tuple[Code, ...]:
        """The proposed codes, in the order of the decision table."""
        return self.coding.codes

    @property
    def needs_review(self) -> bool:
        """Whether a human should look at this report; `coding.review_reasons` say why."""
        return bool(self.coding.review_reasons)

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
            "needs_review": self.needs_review,
            "confidence": self.confidence,
            "alternatives": plain(self.alternatives),
            "limits": plain(self.limits),
            "overruled": plain(self.overruled),
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
