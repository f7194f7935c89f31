"""What a report should document for a code, and does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from extractor.codebook import CodingTables
from extractor.records import Facts


def missing(
    facts: Facts, code: str, modifiers: tuple[str, ...], tables: CodingTables, day: date | None
) -> tuple[str, ...]:
    """One plain sentence for each element that the code requires and the facts lack, in the order of the table."""
    return tuple(
        element.sentence
        for element in tables.elements
        if code in element.codes
        and not element.unless.intersection(modifiers)
        and (not element.only or element.only.intersection(modifiers))
        and element.period.holds(day)
        and (element.flag in facts.flags if element.flag else LACKS[element.field or ""](facts))
    )


def _lacks_contrast(name: str) -> Callable[[Facts], bool]:
    """Whether `name` is unknown of any intrathecal injection, or there is none."""

    def lacks(facts: Facts) -> bool:
        values = [getattr(contrast, name) for contrast in facts.contrast if contrast.route == "intrathecal"]
        return not values or None in values

    return lacks


def _lacks_region(facts: Facts) -> bool:
    in_scope = facts.study in ("myelogram", "ct_intrathecal") and "posterior_fossa" not in facts.flags
    return in_scope and facts.interpretation and not facts.myelo_regions and not facts.ct_regions


LACKS: Mapping[str, Callable[[Facts], bool]] = {
    "injection.route": lambda facts: facts.injection.route is None,
    "injection.level": lambda facts: facts.injection.level is None,
    "injection.guidance": lambda facts: facts.injection.guidance is None,
    "injection.other_named": lambda facts: facts.injection.by != "reporting" and facts.details.operator is None,
    "contrast.agent": _lacks_contrast("agent"),
    "contrast.concentration": _lacks_contrast("concentration"),
    "contrast.volume_ml": _lacks_contrast("volume_ml"),
    "contrast.intrathecal": lambda facts: all(contrast.route != "intrathecal" for contrast in facts.contrast),
    "images.views": lambda facts: not facts.images.views,
    "csf_withdrawal": lambda facts: facts.csf_withdrawal is None,
    "complications": lambda facts: facts.complications is None,
    "dose_index": lambda facts: facts.dose_mgy is None and facts.dap_gycm2 is None,
    "region_findings": _lacks_region,
    "details.csf_return": lambda facts: facts.details.csf_return is None,
    "details.permanent_images": lambda facts: facts.details.permanent_images is not True,
    "details.operator": lambda facts: facts.details.operator is None,
    "details.interpreter": lambda facts: facts.details.interpreter is None,
}
