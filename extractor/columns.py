"""The columns of the output tables, and a reading as a row of them: flat for CSV and pandas, nested for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from extractor.records import Code, Finding, Reading, plain

# Kinds of value: string, integer (64 bits), number (64-bit float), boolean, date, strings (a list), records (a list).


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the records in a nested column: its name in the output, its kind, its attribute."""

    name: str
    kind: str
    path: str = ""

    def value(self, record: Any) -> Any:
        """The field of one record, as a plain value."""
        return plain(getattr(record, self.path or self.name))


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name with the unit in it, its kind, where a reading holds it, and what it means."""

    name: str
    kind: str
    path: str
    about: str
    fields: tuple[Field, ...] = ()
    cell: Callable[[Any], Any] | None = None

    def nested(self, reading: Reading) -> Any:
        """The value as JSON Lines and Parquet hold it."""
        value = attrgetter(self.path)(reading)
        if self.fields:
            return [{field.name: field.value(record) for field in self.fields} for record in value]
        if self.kind == "strings":
            return list(value)
        return self.cell(value) if self.cell is not None else value

    def flat(self, reading: Reading) -> Any:
        """The value as one cell: lists are joined."""
        value = attrgetter(self.path)(reading)
        if self.cell is not None:
            return self.cell(value)
        return joined(value) if isinstance(value, tuple) else value


def joined(values: Iterable[Any], joint: str = ";") -> str | None:
    """Values in one cell, None as nothing between two joints; None where there are no values at all."""
    cells = ["" if value is None else shown(value) for value in values]
    return joint.join(cells) if any(cells) else None


def shown(value: Any) -> str:
    """A value as cells hold it: 180 and not 180.0, true and not True."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def each(label: Callable[[Any], Any]) -> Callable[[Iterable[Any]], str | None]:
    """A cell with one label for each record."""
    return lambda records: joined(map(label, records))


def sentences(found: Iterable[str]) -> str | None:
    """A cell with sentences, each once."""
    return joined(dict.fromkeys(found), " | ")


def code_label(code: Code) -> str:
    """A code with its modifiers: `62284-53`."""
    return "-".join((code.code, *code.modifiers))


def finding_label(finding: Finding) -> str:
    """A finding in one cell, five parts: `disc_herniation|L4-L5|left|severe|present`."""
    parts = (finding.concept, finding.level, finding.side, finding.severity, finding.assertion)
    return "|".join(part or "" for part in parts)


PLACE = (
    Column("source", "string", "source", "File that the row stands in, as named in the call"),
    Column("row", "integer", "number", "Row in that file, from 1: CSV rows after the header, lines of JSON Lines"),
    Column("duplicate_id", "boolean", "duplicate_id", "An earlier row of this call had the same report id"),
)

_REPORT = (
    Column("report_id", "string", "report.report_id", "The report's id, as given"),
    Column("service_date", "date", "report.service_date", "Date of service, as given; it chooses the coding rules"),
    Column("place_of_service", "string", "report.place_of_service", "CMS place-of-service code, as given"),
    Column("component", "string", "report.component", "`professional` or `technical`, as given"),
    Column("study", "string", "facts.study", "What the report documents"),
    Column("status", "string", "facts.status", "`completed`, `reduced`, `discontinued` or `none`"),
)

_FACTS = (
    Column("injection_by", "string", "facts.injection.by", "Who put the contrast in: `reporting`, `other`, `none`"),
    Column("injection_route", "string", "facts.injection.route", "`lumbar`, `c1_c2`, `cisternal`, `existing_access`"),
    Column("injection_level", "string", "facts.injection.level", "Level at which contrast was finally injected"),
    Column("needle_gauge", "integer", "facts.injection.needle_gauge", "Needle, in gauge"),
    Column("guidance", "string", "facts.injection.guidance", "Guidance of the needle, where the text names it"),
    Column("interpretation", "boolean", "facts.interpretation", "Whether the report reads images"),
    Column("myelo_regions", "strings", "facts.myelo_regions", "Regions whose myelographic images are read"),
    Column("ct_regions", "strings", "facts.ct_regions", "Regions whose CT after contrast is read"),
    Column("ct_precontrast", "boolean", "facts.ct_precontrast", "CT without contrast before it, in the same session"),
    Column("title_regions", "strings", "facts.title_regions", "Regions that the examination title names"),
    Column("image_count", "integer", "facts.images.total", "Myelographic images, as counted in the text"),
    Column("image_views", "strings", "facts.images.views", "Projections of the myelographic images"),
    Column("fluoro_minutes", "number", "facts.fluoro_minutes", "Fluoroscopy time, in decimal minutes"),
    Column("dose_mgy", "number", "facts.dose_mgy", "Air kerma, in mGy"),
    Column("dap_gycm2", "number", "facts.dap_gycm2", "Dose-area product, in Gy·cm²"),
    Column("complications", "string", "facts.complications", "`none` or `present`; empty where the text is silent"),
    Column("csf_withdrawal", "string", "facts.csf_withdrawal", "Why cerebrospinal fluid was taken"),
    Column("position", "string", "facts.details.position", "Position of the patient"),
    Column("csf_return", "string", "facts.details.csf_return", "How cerebrospinal fluid came back"),
    Column("opening_pressure_cmh2o", "number", "facts.details.opening_pressure_cmh2o", "Opening pressure, in cm H2O"),
    Column("table_tilt", "string", "facts.details.table_tilt", "Tilt of the table"),
    Column("sedation", "string", "facts.details.sedation", "Sedation"),
    Column("site_of_service", "string", "facts.details.site_of_service", "Where it was done, as the text says"),
    Column("permanent_images", "boolean", "facts.details.permanent_images", "A statement that images were kept"),
    Column("operator", "string", "facts.details.operator", "Who injected, by name, as the text says"),
    Column("interpreter", "string", "facts.details.interpreter", "Who read the images, by name, as the text says"),
    Column("flags", "strings", "facts.flags", "Circumstances that a human should see"),
    Column("confidence", "number", "confidence", "Calibrated probability that all codes are right, also where none is"),
    Column("needs_review", "boolean", "coding.review_reasons", "Whether a human should look at this report", cell=bool),
    Column("review_reasons", "strings", "coding.review_reasons", "Why; in CSV parted by ` | `", cell=sentences),
)

_CODE = (
    Field("code", "string"),
    Field("modifiers", "strings"),
    Field("rule", "string"),
    Field("reason", "string"),
    Field("source", "string"),
    Field("facts", "strings"),
    Field("missing", "strings"),
    Field("confidence", "number"),
)
_ALTERNATIVE = (
    Field("codes", "string", "label"),
    Field("confidence", "number"),
    Field("sentence", "string"),
)
_LIMIT = (
    Field("code", "string"),
    Field("modifiers", "strings"),
    Field("confidence", "number"),
    Field("sentences", "strings"),
)
_CONTRAST = (
    Field("agent", "string"),
    Field("brand", "string"),
    Field("concentration_mgi_ml", "number", "concentration"),
    Field("volume_ml", "number"),
    Field("route", "string"),
)
_FINDING = (
    Field("concept", "string"),
    Field("level", "string"),
    Field("side", "string"),
    Field("severity", "string"),
    Field("assertion", "string"),
    Field("quote", "string"),
    Field("start", "integer"),
    Field("end", "integer"),
)
_PAIR = (
    Field("column1", "string"),
    Field("column2", "string"),
    Field("modifier_allowed", "boolean"),
    Field("modifier", "string"),
    Field("reason", "string"),
)
_SUPPLY = (Field("code", "string"), Field("units", "integer"), Field("reason", "string"))
_ALERT = (Field("kind", "string"), Field("message", "string"), Field("fields", "strings"))

NESTED = (
    *_REPORT,
    Column(
        "codes",
        "records",
        "coding.codes",
        "Proposed codes with their reasons; `facts` are the keys of `spans` under which their evidence stands, "
        "`missing` is what is not documented",
        _CODE,
    ),
    Column("alternatives", "records", "alternatives", "The likeliest other code sets", _ALTERNATIVE),
    Column("limits", "records", "limits", "What holds each code's confidence down, and its nearest neighbour", _LIMIT),
    Column("contrast", "records", "facts.contrast", "Injections of contrast: mg iodine/mL, mL", _CONTRAST),
    *_FACTS,
    Column("findings", "records", "findings", "Findings of the closed list; offsets in code points", _FINDING),
    Column("ncci_pairs", "records", "coding.pairs", "NCCI edits between the proposed codes", _PAIR),
    Column("supplies", "records", "coding.supplies", "Contrast supply that an office bills", _SUPPLY),
    Column("alerts", "records", "coding.alerts", "Warnings on safety and documentation", _ALERT),
)

FLAT = (
    *_REPORT,
    Column("codes", "string", "coding.codes", "Proposed codes with modifiers: `62304;72132`", cell=each(code_label)),
    Column("rules", "string", "coding.codes", "The rule behind each code", cell=each(attrgetter("rule"))),
    Column(
        "missing_documentation",
        "string",
        "coding.codes",
        "What the codes need and the report lacks; sentences parted by ` | `",
        cell=lambda codes: sentences(sentence for code in codes for sentence in code.missing),
    ),
    Column(
        "code_confidence", "string", "coding.codes", "The confidence of each code", cell=each(attrgetter("confidence"))
    ),
    Column(
        "alternatives",
        "string",
        "alternatives",
        "The likeliest other code sets, parted by ` | `",
        cell=lambda found: sentences(one.sentence for one in found),
    ),
    Column(
        "limits",
        "string",
        "limits",
        "What holds each code's confidence down, parted by ` | `",
        cell=lambda found: sentences(f"{one.code}: {sentence}" for one in found for sentence in one.sentences),
    ),
    Column("contrast_agent", "string", "facts.contrast", "Each injection's agent", cell=each(attrgetter("agent"))),
    Column("contrast_brand", "string", "facts.contrast", "Each injection's brand", cell=each(attrgetter("brand"))),
    Column(
        "contrast_concentration_mgi_ml",
        "string",
        "facts.contrast",
        "Each injection's concentration, in mg iodine/mL",
        cell=each(attrgetter("concentration")),
    ),
    Column(
        "contrast_volume_ml",
        "string",
        "facts.contrast",
        "Each injection's volume, in mL",
        cell=each(attrgetter("volume_ml")),
    ),
    Column("contrast_route", "string", "facts.contrast", "Each injection's route", cell=each(attrgetter("route"))),
    *_FACTS,
    Column("findings", "string", "findings", "`concept|level|side|severity|assertion`", cell=each(finding_label)),
    Column(
        "ncci_pairs",
        "string",
        "coding.pairs",
        "NCCI edits: `column 1>column 2`",
        cell=each(lambda pair: f"{pair.column1}>{pair.column2}"),
    ),
    Column(
        "supplies",
        "string",
        "coding.supplies",
        "Contrast supply: `code*units`",
        cell=each(lambda supply: f"{supply.code}*{supply.units}"),
    ),
    Column("alerts", "string", "coding.alerts", "Kind of each warning", cell=each(attrgetter("kind"))),
)

EVIDENCE = (
    Column("report_id", "string", "report_id", "The report's id"),
    Column("field", "string", "field", "What the words are evidence for: a field, `region:…` or `finding:…`"),
    Column("start", "integer", "start", "First character, counted from 0 in Unicode code points of the text as given"),
    Column("end", "integer", "end", "One past the last character"),
    Column("quote", "string", "quote", "The words themselves: report text"),
    Column("section", "string", "section", "Section of the report that they stand in"),
    Column("assertion", "string", "assertion", "`present`, `absent`, `possible`, `historical`, `planned`, …"),
)

ERRORS = (
    Column("report_id", "string", "report_id", "The report's id, where the row has one"),
    Column("reason", "string", "reason", "Reason code, see below"),
    Column("message", "string", "message", "One sentence, without report text"),
)


def flat_row(reading: Reading) -> dict[str, Any]:
    """A reading as the cells of one row, by column name."""
    return {column.name: column.flat(reading) for column in FLAT}


def nested_row(reading: Reading) -> dict[str, Any]:
    """A reading as one nested row, by column name."""
    return {column.name: column.nested(reading) for column in NESTED}


def evidence_rows(reading: Reading) -> Iterator[dict[str, Any]]:
    """One row for each span of evidence, in the order of the fields, then one for each finding."""
    report_id = reading.report.report_id
    for name, spans in reading.spans.items():
        for span in spans:
            yield {"report_id": report_id, "field": name, **plain(span)}
    for finding in reading.findings:
        yield {
            "report_id": report_id,
            "field": f"finding:{finding.concept}",
            "start": finding.start,
            "end": finding.end,
            "quote": finding.quote,
            "section": None,
            "assertion": finding.assertion,
        }
