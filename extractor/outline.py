"""A report laid out for reading: blocks under headings, sentences in blocks, cues in sentences."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar

from extractor.measures import Level, levels
from extractor.records import Span

_BRACKETS = str.maketrans("[]_", "   ")


@dataclass(frozen=True, slots=True)
class Heading:
    """A label that opens a block: `start`/`end` bound the label, `content` is where its text begins.

    `bare` labels stand alone on their line, without a colon.
    """

    start: int
    end: int
    content: int
    section: str
    modality: str | None
    regions: tuple[str, ...]
    level: str | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Text under one heading; modality ("film", "ct", "both", "mr") and regions are inherited from headings above."""

    start: int
    end: int
    section: str
    modality: str | None
    regions: tuple[str, ...]
    level: str | None
    heading: Heading | None


@dataclass(slots=True)
class Cue:
    """A phrase of the lexicon where it stands: token and code-point bounds, and how the sentence asserts it."""

    label: str
    value: str
    start: int
    end: int
    token_start: int
    token_end: int
    assertion: str = "present"


@dataclass(eq=False)
class Sentence:
    """One sentence or table row with its block's context and its cues, in order.

    `text` is for reading: brackets and ruled blanks of forms are blanked, offsets stay. `quote` is what stands in the
    report. `past` says that its words tell of an earlier study; `section` is that of its block.
    """

    start: int
    end: int
    text: str
    quote: str
    block: Block
    cues: list[Cue] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    past: bool = False
    section: str = field(init=False)
    answers: dict[Callable[[Sentence], Any], Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.section = self.block.section

    def move(self, block: Block) -> None:
        """Put the sentence under another block."""
        self.block, self.section = block, block.section

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The vertebral levels that it names, in order; their offsets are into the report."""
        return tuple(Level(v.name, v.start + self.start, v.end + self.start, v.adjacent) for v in levels(self.text))

    def has(self, *labels: str) -> bool:
        """Whether a cue of any of the labels stands here, whatever its assertion."""
        return not self.labels.isdisjoint(labels)

    def all(self, *labels: str) -> Iterator[Cue]:
        """The cues of the labels, in order."""
        if self.labels.isdisjoint(labels):
            return iter(())
        return (cue for cue in self.cues if cue.label in labels)

    def first(self, *labels: str) -> Cue | None:
        """The first cue of the labels."""
        if self.labels.isdisjoint(labels):
            return None
        return next(cue for cue in self.cues if cue.label in labels)

    def values(self, label: str) -> set[str]:
        """The values of a valued cue."""
        return {cue.value for cue in self.cues if cue.label == label}

    def span(self, assertion: str = "present") -> Span:
        """The whole sentence as evidence."""
        return Span(self.start, self.end, self.quote, self.section, assertion)


@dataclass(slots=True)
class Outline:
    """The laid-out report: `text` as given, `plain` of the same length with brackets and ruled blanks blanked.

    `offsets` are the starts of its tokens, and the end of the text as a last entry.
    """

    text: str
    plain: str = ""
    blocks: list[Block] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    unticked: list[tuple[int, int]] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    answers: dict[Callable[[Outline], Any], Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.plain = self.text.translate(_BRACKETS)

    def is_unticked(self, at: int) -> bool:
        """Whether the words at an offset stand behind an empty box of a form."""
        before = bisect_right(self.unticked, (at, len(self.text)))
        return any(at < end for _, end in self.unticked[max(0, before - 3) : before])

    def quote(self, start: int, end: int, section: str = "other", assertion: str = "present") -> Span:
        """A stretch of the text as evidence."""
        return Span(start, end, self.text[start:end], section, assertion)

    def within(self, *sections: str) -> list[Sentence]:
        """The sentences of some sections, in order."""
        return [s for s in self.sentences if s.block.section in sections]


Asked = TypeVar("Asked", Sentence, Outline)
Answer = TypeVar("Answer")


def once(question: Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """A question that many facts ask of the same sentence or outline, and that is answered only the first time.

    Only for what is asked after the context is known: before that, cues and blocks still change.
    """

    @wraps(question)
    def answer(asked: Asked) -> Answer:
        answers: dict[Callable[[Asked], Answer], Answer] = asked.answers
        if question not in answers:
            answers[question] = question(asked)
        return answers[question]

    return answer
