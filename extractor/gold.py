"""The form of an annotated report: which keys and values the annotation guideline allows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# Of these studies the guideline scores the study and the codes, nothing else.
STUDY_AND_CODES_ONLY = ("lumbar_puncture", "mr_myelogram", "discogram", "epidurogram", "other")

Level = Annotated[str, StringConstraints(pattern=r"^[CTLS]\d{1,2}(-[CTLS]\d{1,2})?$")]
Amount = Annotated[float, Field(gt=0)]
Region = Literal["cervical", "thoracic", "lumbar"]
View = Literal[
    "AP", "PA", "lateral", "cross_table_lateral", "oblique", "flexion", "extension", "decubitus", "upright", "swimmers"
]
Concept = Literal[
    "disc_bulge", "disc_herniation", "spinal_stenosis", "foraminal_stenosis", "lateral_recess_stenosis",
    "cord_compression", "nerve_root_compression", "thecal_sac_indentation", "contrast_block", "arachnoiditis",
    "intradural_mass", "intramedullary_lesion", "extradural_mass", "csf_leak", "pseudomeningocele",
    "meningeal_diverticulum", "spondylolisthesis", "spondylosis", "facet_arthropathy",
    "ligamentum_flavum_hypertrophy", "fracture", "scoliosis", "postoperative_change", "cord_atrophy", "low_conus",
    "vascular_malformation", "infection", "metastasis",
]  # fmt: skip
EvidenceField = Literal[
    "injection", "level", "contrast", "images", "region:cervical", "region:thoracic", "region:lumbar", "status"
]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Injection(_Form):
    by: Literal["reporting", "other", "none"]
    route: Literal["lumbar", "c1_c2", "cisternal", "existing_access"] | None
    level: Level | None
    needle_gauge: Annotated[int, Field(ge=1)] | None
    guidance: Literal["fluoroscopy", "ct", "none"] | None


class _Contrast(_Form):
    agent: Annotated[str, StringConstraints(pattern=r"^[a-z ]+$")] | None
    brand: str | None
    concentration: Amount | None
    volume_ml: Amount | None
    route: Literal["intrathecal", "intravenous", "epidural", "subdural", "intradiscal", "other"] | None


class _Images(_Form):
    total: Annotated[int, Field(ge=1)] | None
    views: list[View]


class _Finding(_Form):
    concept: Concept
    level: Level | None
    side: Literal["left", "right", "bilateral"] | None
    severity: Literal["mild", "mild_moderate", "moderate", "moderate_severe", "severe"] | None
    assertion: Literal["present", "absent", "possible", "historical"]
    quote: str


class _Code(_Form):
    code: Annotated[str, StringConstraints(pattern=r"^\d{5}$")]
    modifiers: list[Literal["52", "53"]]


class _Gold(_Form):
    study: Literal[
        "myelogram", "ct_intrathecal", "cisternogram", "lumbar_puncture", "discogram", "epidurogram", "mr_myelogram",
        "other",
    ]  # fmt: skip
    status: Literal["completed", "reduced", "discontinued", "none"]
    injection: _Injection
    interpretation: bool
    contrast: list[_Contrast]
    myelo_regions: list[Region]
    ct_regions: list[Region]
    ct_precontrast: Literal[True] = True
    images: _Images
    fluoro_minutes: Amount | None
    dose_mgy: Amount | None
    complications: Literal["none", "present"] | None
    findings: list[_Finding]
    codes: list[_Code]
    evidence: dict[EvidenceField, list[str]]
    why: str = ""


class GoldLine(_Form):
    """One line of a corpus."""

    id: Annotated[str, StringConstraints(min_length=1)]
    style: str = ""
    text: Annotated[str, StringConstraints(min_length=1)]
    gold: _Gold
