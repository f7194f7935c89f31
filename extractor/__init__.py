"""Myelocode reads myelogram reports and proposes the CPT codes that their text supports."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extractor.frames import to_evidence_frame, to_frame
    from extractor.reader import Extractor
    from extractor.records import Reading, Report

__version__ = "0.1.0"
__all__ = ["Extractor", "Reading", "Report", "__version__", "to_evidence_frame", "to_frame"]

_HOMES = {
    "Extractor": "extractor.reader",
    "Reading": "extractor.records",
    "Report": "extractor.records",
    "to_evidence_frame": "extractor.frames",
    "to_frame": "extractor.frames",
}


def __getattr__(name: str) -> Any:
    # spaCy and pandas take seconds to import; `myelocode --help` should not.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
