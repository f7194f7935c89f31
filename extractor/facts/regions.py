"""Which regions were imaged and read: on film, and on CT after intrathecal contrast."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extractor.facts import roles
from extractor.facts.imaging import (
    CT_DONE,
    covered,
    ct_done,
    film_done,
    flow_only,
    is_topic,
    leveled_regions,
    modality_of,
    named_regions,
    presumed,
)
from extractor.facts.title import Title, regions_of
from extractor.outline import Block, Outline, Sentence
from extractor.patterns import pattern
from extractor.records import REGIONS, Span


@dataclass(slots=True)
class RegionEvidence:
    """What speaks for and against one region of one modality."""

    ordered: bool = False
    imaged: list[Span] = field(default_factory=list)
    headed: list[Span] = field(default_factory=list)
    named: list[Span] = field(default_factory=list)
    leveled: list[Span] = field(default_factory=list)
    unnamed: list[Span] = field(default_factory=list)
    aside: list[Span] = field(default_factory=list)
    headings: list[Span] = field(default_factory=list)
    denied: list[Span] = field(default_factory=list)

    @property
    def expected(self) -> bool:
        """Whether title or technique say that the region was to be, or was, imaged."""
        return self.ordered or bool(self.imaged)

    @property
    def read(self) -> list[Span]:
        """The words that read the region's images."""
        return [*self.headed, *self.aside, *self.named, *self.leveled, *self.unnamed]

    @property
    def spans(self) -> list[Span]:
        """All that speaks for the region, in the order of the text."""
        return sorted([*self.imaged, *self.headings, *self.read], key=lambda span: span.start)


Evidence = dict[str, RegionEvidence]


@dataclass(slots=True)
class RegionReading:
    """The regions that count for films and for CT with their evidence, and the CT before contrast."""

    film: tuple[str, ...]
    ct: tuple[str, ...]
    film_evidence: Evidence
    ct_evidence: Evidence
    precontrast: list[Span]
    scanned_plain: bool
    elsewhere: list[Span]


def read_regions(outline: Outline, title: Title) -> RegionReading:
    """Decide the regions of films and CT from title, technique and what is read."""
    film = {region: RegionEvidence(ordered=region in title.film_regions) for region in REGIONS}
    ct = {region: RegionEvidence(ordered=region in title.ct_regions) for region in REGIONS}
    body = roles.told_now(outline)
    film_away, ct_away, elsewhere = _left_to_others(body, title, ct)
    filmed, scanned = film_done(body, title), ct_done(body, title)
    if not (filmed or scanned or title.studies):
        filmed, scanned = presumed(body)
    _note_technique(body, film, ct)
    _note_correction(outline, film)
    if not any(e.expected for e in ct.values()):
        _expect_like(ct, film)
    if not any(e.expected for e in film.values()):
        _expect_like(film, ct)
    readings = _readings(body, away=film_away and ct_away)
    _note_readings(body, readings, film if filmed and not film_away else None, ct if scanned and not ct_away else None)
    for sentence in body:
        if sentence.section == "addendum":
            _note_withdrawal(sentence, film)
    film_counted = _count(film, filmed and not film_away)
    ct_counted = _count(ct, scanned and not ct_away, beside=film_counted or tuple(sorted(title.film_regions)))
    if not (film_counted or ct_counted or film_away or ct_away):
        concluded = [s for s in body if s.section == "impression" and roles.is_reading(s)]
        _note_readings(body, concluded, film if filmed else None, ct if scanned else None)
        film_counted, ct_counted = _count(film, filmed), _count(ct, scanned)
    _note_acquisition(outline, film, film_counted, ct, ct_counted)
    return RegionReading(
        film_counted,
        ct_counted,
        film,
        ct,
        _precontrast([*outline.within("exam"), *body]),
        any(map(_scanned_plain, body)),
        elsewhere,
    )


def _note_acquisition(
    outline: Outline,
    film: Evidence,
    film_counted: tuple[str, ...],
    ct: Evidence,
    ct_counted: tuple[str, ...],
) -> None:
    """Title, headings and the account of the CT scan are evidence of the regions that count, if they name no other."""
    for s in outline.sentences:
        if s.section in ("history", "comparison", "impression") or roles.is_planned(s):
            continue
        scan = s.has("ct", "ct_myelogram", "ct_reading") and (
            s.section == "exam" or roles.is_procedure(s) or _heads(s) or bool(CT_DONE.search(s.text))
        )
        shot = s.has("film", "myelogram") and (s.section == "exam" or _heads(s))
        if not (scan or shot):
            continue
        told = named_regions(s) or leveled_regions(s) or REGIONS
        for table, counted, tells in ((ct, ct_counted, scan), (film, film_counted, shot)):
            for region in counted if tells else ():
                if region in told:
                    table[region].headings.append(s.span())


def _heads(s: Sentence) -> bool:
    """Whether the sentence is, or begins with, the label of its block."""
    return s.block.heading is not None and s.start == s.block.heading.start


# In a report that reads images, "films read by radiology" says who writes it
_READ_BY_RADIOLOGY = pattern("regions.read_by_radiology")
_READER_LINE = pattern("regions.reader_line")


def _left_to_others(body: list[Sentence], title: Title, ct_evidence: Evidence) -> tuple[bool, bool, list[Span]]:
    """Whether films and CT are read by somebody else, with the words; where only some regions are, those are denied."""
    film = ct = False
    spans = []
    read_here = any(s.block.modality and s.has("concept") and roles.is_reading(s) for s in body)
    for s in body:
        if not roles.reads_elsewhere(s) or (read_here and _READ_BY_RADIOLOGY.search(s.text)):
            continue
        says_ct = s.has("ct", "ct_myelogram")
        says_film = s.has("film", "myelogram", "image") and not (says_ct and not s.has("film", "myelogram"))
        if (
            not says_ct
            and not says_film
            and not s.has("outside_group", "not_read_here")
            and not _READER_LINE.match(s.text)
        ):
            continue
        named = named_regions(s)
        if says_ct and not says_film and named and title.regions - named:
            for region in named:
                ct_evidence[region].denied.append(s.span("absent"))
            continue
        spans.append(s.span())
        film = film or says_film or not says_ct
        ct = ct or says_ct or not says_film
    return film, ct, spans


_NO_REGION_FILMS = pattern("regions.no_region_films")


def _refused_region(m: re.Match[str]) -> str:
    return {"dorsal": "thoracic", "lumbosacral": "lumbar"}.get(m["region"].lower(), m["region"].lower())


def _note_technique(body: list[Sentence], film: Evidence, ct: Evidence) -> None:
    """Note which regions were imaged, or expressly not."""
    for s in body:
        named: set[str] | frozenset[str] = named_regions(s)
        ranged = not named and s.has("ct_reading") and not s.has("concept", "subject")
        if ranged:  # "axial images from C1 through T2"
            named = {region for v in s.levels for region in covered(v)}
        if not named or s.section == "impression":
            continue
        says_ct = s.has("ct", "ct_myelogram", "ct_reading")
        if flow_only(s):
            continue
        says_film = (
            s.has("film")
            or (s.has("view") and (s.has("image", "image_verb") or len(s.values("view")) > 1))
            or (s.has("image") and not says_ct)
        )
        refused = {_refused_region(m) for m in _NO_REGION_FILMS.finditer(s.text)}
        if says_ct and not says_film and s.has("film_negated", "cancelled"):
            for region in named:
                ct[region].denied.append(s.span("absent"))
            continue
        if refused or (s.has("film_negated", "needle_only") and (says_film or not says_ct)):
            for region in refused or _place_passed(s) or named:
                film[region].denied.append(s.span("absent"))
            continue
        if not (ranged or roles.is_procedure(s)):
            continue
        for region in named:
            if says_film:
                film[region].imaged.append(s.span())
            if says_ct and not says_film:
                ct[region].imaged.append(s.span())


def _place_passed(s: Sentence) -> set[str]:
    """The region of a relative clause without films ("through the thoracic canal, where no films were taken")."""
    for cue in s.all("film_negated"):
        if re.search(r"\b(?:where|which)\s*$", s.text[: cue.start - s.start]):
            before = [c for c in s.all("region") if c.end <= cue.start]
            return set(regions_of(before[-1])) if before else set()
    return set()


def _expect_like(evidence: Evidence, other: Evidence) -> None:
    """Where nothing says which regions one modality was to cover, a sole region of the other is meant."""
    regions = [r for r in REGIONS if other[r].expected]
    if len(regions) == 1:
        evidence[regions[0]].ordered = True


_IT_WAS = pattern("regions.it_was")


def _note_correction(outline: Outline, film: Evidence) -> None:
    """An addendum that names the right region of the study puts it in place of the title's."""
    for s in outline.within("addendum"):
        right = _IT_WAS.search(s.text)
        if right and re.search(
            r"\b(?:wrong|error|not|incorrect\w*|instead|should|correct\w*|alone|only)\b", s.text, re.IGNORECASE
        ):
            for region in REGIONS:
                film[region].ordered = region == right["region"].lower()


def _note_withdrawal(sentence: Sentence, film: Evidence) -> None:
    """An addendum that says a region was not imaged takes it back, whatever was read."""
    if not sentence.has("film_negated"):
        return
    for region in {r for cue in sentence.all("region") for r in regions_of(cue)}:
        if re.search(rf"\bno {region[:5]}\w*\b", sentence.text, re.IGNORECASE):
            film[region] = RegionEvidence(ordered=film[region].ordered, denied=[sentence.span("absent")])


def _readings(body: list[Sentence], *, away: bool) -> list[Sentence]:
    """The sentences that read images: those of findings, else of the account, else of the impression."""
    readings = [s for s in body if roles.is_reading(s)]
    if away:
        return [s for s in readings if s.section == "findings" and s.has("concept")]
    found = [s for s in readings if s.section != "impression"]
    if not found and any(s.has("agent", "needle", "contrast_noun") for s in body):
        found = [s for s in body if roles.reads_in_account(s)]
    return found or readings


def _note_readings(body: list[Sentence], readings: list[Sentence], film: Evidence | None, ct: Evidence | None) -> None:
    """Attribute each reading sentence to modalities and regions; one holds on until another is named."""
    headed = {s.block.modality for s in readings}
    silent = (
        "film" if "ct" in headed and "film" not in headed else "ct" if "film" in headed and "ct" not in headed else None
    )
    reading = {id(s) for s in readings}
    before: str | None = None
    block: Block | None = None
    regions: frozenset[str] = frozenset()
    read = False
    for s in body:
        _note_heading(s, film, ct)
        if block is None or (
            s.block is not block
            and (
                s.block.modality
                or s.block.section != block.section
                or (s.block.heading and s.block.heading.section == "findings")
            )
        ):
            before, regions = None, frozenset()
        block = s.block
        modality = modality_of(s, before)
        read = read or id(s) in reading
        if (
            (modality in ("film", "both") or (modality == "ct" and (read or film is None)))
            and is_topic(s)
            and not roles.reads_elsewhere(s)
        ):
            before = modality
        if id(s) not in reading or modality == "mr":
            continue
        named, leveled = named_regions(s), leveled_regions(s)
        if named:
            regions = named
        if flow_only(s):
            continue
        for table, own in ((film, "film"), (ct, "ct")):
            if table is not None and (modality or silent) in (own, "both", None):
                _attribute(table, s, named, leveled, regions, certain=bool(modality or silent))


def _note_heading(s: Sentence, film: Evidence | None, ct: Evidence | None) -> None:
    """A heading that names region and modality is evidence too ("CT CERVICAL SPINE:")."""
    heading = s.block.heading
    if heading is None or s.start != heading.start or not s.block.regions:
        return
    for table, modality in ((film, "film"), (ct, "ct")):
        if table is not None and s.block.modality in (modality, "both", None):
            for region in s.block.regions:
                table[region].headings.append(s.span())


def _attribute(
    table: Evidence,
    s: Sentence,
    named: frozenset[str],
    leveled: frozenset[str],
    running: frozenset[str],
    *,
    certain: bool,
) -> None:
    """Give one sentence to the regions that it speaks of; `certain` says that its modality is known."""
    span = s.span()
    expecting = any(e.expected for e in table.values())
    if s.block.regions:
        own = s.block.heading is not None and s.block.heading.modality is not None
        for region in s.block.regions:
            if table[region].expected or not expecting or (certain and own):
                table[region].headed.append(span)
            elif certain:
                table[region].aside.append(span)
        return
    if leveled:
        for region in leveled:
            table[region].leveled.append(span)
    for region in named:
        table[region].named.append(span)
    if named or leveled:
        return
    expected = [r for r in REGIONS if table[r].expected]
    for region in running or (expected if len(expected) == 1 else ()):
        table[region].unnamed.append(span)


def _count(evidence: Evidence, done: bool, beside: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The regions that were imaged and read. `beside` are regions to expect where title and technique name none."""
    if not done:
        return ()
    expected = {r for r in REGIONS if evidence[r].expected} or set(beside)
    counted = []
    for region in REGIONS:
        e = evidence[region]
        if e.denied and not e.headed:
            continue
        weight = 3 * len(e.headed) + 2 * len(e.named) + len(e.leveled) + len(e.unnamed)
        if e.headed or len(e.aside) > 1 or (weight and (region in expected or not expected)):
            counted.append(region)
    told = [r for r in REGIONS if not evidence[r].denied and (evidence[r].named or evidence[r].leveled)]
    if not any(evidence[r].headed or evidence[r].named or evidence[r].leveled or evidence[r].aside for r in counted):
        counted = told or counted  # where title and body disagree the body wins
    if not counted and len(expected) == 1 and any(e.read for e in evidence.values()):
        return tuple(expected)
    return tuple(counted)


def _precontrast(body: list[Sentence]) -> list[Span]:
    """The words that tell of a CT without contrast before the injection, in this session."""
    scanned = ("ct", "ct_myelogram", "ct_reading")
    return [s.span() for s in body if s.has("precontrast") and s.has(*scanned) and not s.has("outside_study")]


_PLAIN_SCAN = pattern("regions.plain_scan")


def _scanned_plain(s: Sentence) -> bool:
    """Whether a CT is told that was made without contrast after all."""
    return s.section != "impression" and s.has("ct") and bool(_PLAIN_SCAN.search(s.text))
