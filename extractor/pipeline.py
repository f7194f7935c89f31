"""The medspaCy pipeline: tokens, sections, sentences, target rules, context, and the reader, as spaCy components."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

import spacy
from loguru import logger
from medspacy.context import ConTextRule
from medspacy.context.context_graph import ConTextGraph
from medspacy.context.context_modifier import ConTextModifier
from medspacy.target_matcher import TargetRule
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from extractor import headings, lexicon, sections, sentences
from extractor.facts.roles import begins_account, begins_procedure, tells_past
from extractor.lexicon import ASSERTION_OF_CATEGORY
from extractor.outline import Block, Cue, Outline, Sentence
from extractor.records import Reading, Report
from extractor.tokens import ReportTokenizer, text_of, token_offsets

# PyRuSH comes with medspaCy and writes the words of reports to standard error; it is not used here, and kept silent.
logger.disable("PyRuSH")

COMPONENTS = ("myelogram_sections", "myelogram_sentences", "myelogram_targets", "myelogram_context", "myelogram_reader")
_CONTEXT_TARGETS = frozenset(
    {
        "concept",
        "film_concept",
        "predicate",
        "subject",
        "myelogram",
        "injection_verb",
        "puncture",
        "ct",
        "ct_myelogram",
        "film",
        "interpretation_elsewhere",
        "discogram",
        "cisternogram",
        "epidurogram",
        "lumbar_puncture",
        "other_procedure",
    }
)
_RANK = {"present": 0, "planned": 1, "possible": 2, "absent": 3, "historical": 4}

for _name in ("myelogram", "myelogram_outline"):
    if not Doc.has_extension(_name):
        Doc.set_extension(_name, default=None)


def build(*, reader: bool = True, spans: bool = True) -> Language:
    """A spaCy `Language` that reads myelogram reports: `nlp(text)._.myelogram` is a `Reading`.

    Without `reader` it only lays the report out (`doc._.myelogram_outline`). With `spans` the reader also leaves the
    evidence in `doc.spans["myelogram"]` (label: the field).
    """
    nlp = spacy.blank("en")
    nlp.max_length = sys.maxsize  # the limit is for parsers; time and memory here are in proportion to the text
    nlp.tokenizer = ReportTokenizer(nlp.vocab, lexicon.load().spelling)
    for name in COMPONENTS[:-1]:
        nlp.add_pipe(name)
    if reader:
        nlp.add_pipe(COMPONENTS[-1], config={"spans": spans})
    return nlp


@Language.factory("myelogram_sections")
def make_sections(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that lays the report out in blocks under its headings (`doc._.myelogram_outline`)."""
    words = lexicon.load().headings

    def mark_sections(doc: Doc) -> Doc:
        text = text_of(doc)
        doc._.myelogram_outline = Outline(text, blocks=sections.blocks(text, words), offsets=token_offsets(doc))
        return doc

    return mark_sections


@Language.factory("myelogram_sentences")
def make_sentences(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Component that splits the blocks into sentences."""
    return mark_sentences


def mark_sentences(doc: Doc) -> Doc:
    """Fill `outline.sentences`."""
    outline: Outline = doc._.myelogram_outline
    text = outline.text
    lines, lower = sentences.lines_of(text), headings.without_capitals(text)
    outline.unticked.extend(sections.unticked(text))
    for block in outline.blocks:
        for start, end in sentences.split(text, block.start, block.end, lines, lower=lower):
            quote = text[start:end]
            prose = block.section == "exam" and sections.TITLE_VERBS.search(quote)
            own = replace(block, section="other") if prose else block
            outline.sentences.append(Sentence(start, end, outline.plain[start:end], quote, own))
    return doc


class TargetRules:
    """Literal medspaCy `TargetRule`s, matched on token norms; the cues go to the sentences of the outline."""

    def __init__(
        self, vocab: Vocab, tokenize: Callable[[str], Doc], rules: Iterable[TargetRule], protects: frozenset[str]
    ) -> None:
        self.rules: list[TargetRule] = []
        self.protects = protects
        self._strings = vocab.strings
        self._tokenize = tokenize
        self._matcher = PhraseMatcher(vocab, attr="NORM")
        self._meaning: dict[int, tuple[str, str]] = {}
        self._capitals: dict[str, set[str]] = defaultdict(set)
        self.add(rules)

    def add(self, rules: Iterable[TargetRule]) -> None:
        """Add rules: `literal` is the phrase, `category` the cue's label, `metadata["value"]` its value."""
        phrases: dict[tuple[str, str], list[Doc]] = defaultdict(list)
        for rule in rules:
            self.rules.append(rule)
            label = rule.category.lower()
            if rule.literal.isupper():
                self._capitals[label].add(rule.literal.lower())
            phrases[label, (rule.metadata or {}).get("value", "")].append(self._tokenize(rule.literal))
        for (label, value), docs in phrases.items():
            key = f"{label}={value}"
            self._matcher.add(key, docs)
            self._meaning[self._strings[key]] = (label, value)

    def match(self, doc: Doc, offsets: list[int]) -> list[Cue]:
        """All cues of a tokenized report, in order, without those inside a longer one of its or a protecting label."""
        found = [(start, -end, *self._meaning[key]) for key, start, end in self._matcher(doc)]
        found.sort()
        text = doc._.myelogram_outline.text
        kept: list[Cue] = []
        reach: dict[str, int] = {}
        guarded = 0
        for start, negative_end, label, value in found:
            end = -negative_end
            covered = end <= reach.get(label, 0)
            if covered and not _same(kept, label, start, end):
                continue
            protects = label in self.protects
            if end <= guarded and (covered or not protects) and not _same_guard(kept, start, end, self.protects):
                continue
            if not covered:
                reach[label] = end
            if protects:
                guarded = max(guarded, end)
            begin = offsets[start]
            words = text[begin : offsets[end]].rstrip()
            if label in self._capitals and words.lower() in self._capitals[label] and not words.isupper():
                continue
            while words.endswith("-"):
                words = words[:-1].rstrip()
            kept.append(Cue(label, value, begin, begin + len(words), start, end))
        return kept

    def __call__(self, doc: Doc) -> Doc:
        """Fill the cues of the outline's sentences."""
        outline: Outline = doc._.myelogram_outline
        cues = self.match(doc, outline.offsets)
        if outline.unticked:
            cues = [cue for cue in cues if not outline.is_unticked(cue.start)]
        spread(cues, outline.sentences)
        end_title(outline.sentences)
        end_history(outline.sentences)
        return doc


def _same(kept: list[Cue], label: str, start: int, end: int) -> bool:
    """Whether an equal stretch of the same label was just kept (one phrase, two values)."""
    return any(c.label == label and c.token_start == start and c.token_end == end for c in kept[-6:])


def _same_guard(kept: list[Cue], start: int, end: int, protects: frozenset[str]) -> bool:
    """Whether the protecting phrase is this very stretch, so that nothing lies inside it."""
    return any(c.label in protects and c.token_start == start and c.token_end == end for c in kept[-8:])


def spread(cues: list[Cue], into: list[Sentence]) -> None:
    """Give each sentence the cues that begin in it, and see whether they tell of the past."""
    at = 0
    for sentence in into:
        while at < len(cues) and cues[at].start < sentence.start:
            at += 1
        while at < len(cues) and cues[at].start < sentence.end:
            sentence.cues.append(cues[at])
            sentence.labels.add(cues[at].label)
            at += 1
        sentence.past = tells_past(sentence)


def end_title(found: list[Sentence]) -> None:
    """Where a title runs into the account of the puncture, the rest of its block has no section."""
    ended: Block | None = None
    body: Block | None = None
    for sentence in found:
        if sentence.section == "exam" and sentence.block is not ended and begins_account(sentence):
            ended, body = sentence.block, replace(sentence.block, section="other", heading=None)
        if sentence.block is ended and body is not None:
            sentence.move(body)


def end_history(found: list[Sentence]) -> None:
    """Where a history runs into the procedure without a heading, the rest of its block has no section."""
    ended: Block | None = None
    body: Block | None = None
    for sentence in found:
        if sentence.block is ended and body is not None:
            sentence.move(body)
        elif sentence.section in ("history", "comparison") and begins_procedure(sentence):
            ended, body = sentence.block, replace(sentence.block, section="other", heading=None)
            sentence.move(body)


@Language.factory("myelogram_targets")
def make_targets(nlp: Language, name: str) -> TargetRules:
    """Component that finds the lexicon's phrases."""
    words = lexicon.load()
    return TargetRules(nlp.vocab, nlp.tokenizer, words.rules, words.protects)


class ContextRules:
    """medspaCy ConText with literal rules, applied within each sentence, so that its cost grows with the text only."""

    def __init__(self, vocab: Vocab, tokenize: Callable[[str], Doc], rules: Iterable[ConTextRule]) -> None:
        self.rules = list(rules)
        self._matcher = PhraseMatcher(vocab, attr="NORM")
        self._rule: dict[int, ConTextRule] = {}
        by_phrase: dict[str, list[ConTextRule]] = defaultdict(list)
        for rule in self.rules:
            by_phrase[rule.literal].append(rule)
        for i, same in enumerate(by_phrase.values()):
            for j, rule in enumerate(same):
                key = f"context={i}.{j}"
                self._matcher.add(key, [tokenize(rule.literal)])
                self._rule[vocab.strings[key]] = rule

    def __call__(self, doc: Doc) -> Doc:
        """Set the assertion of the outline's cues."""
        outline: Outline = doc._.myelogram_outline
        matches = _longest(self._matcher(doc))
        offsets = outline.offsets
        at = 0
        for sentence in outline.sentences:
            while at < len(matches) and offsets[matches[at][1]] < sentence.start:
                at += 1
            here = at
            while at < len(matches) and offsets[matches[at][1]] < sentence.end:
                at += 1
            if at > here and sentence.cues:
                self._apply(doc, sentence, matches[here:at])
        return doc

    def _apply(self, doc: Doc, sentence: Sentence, matches: list[tuple[int, int, int]]) -> None:
        rules = [self._rule[key] for key, _, _ in matches]
        if all(rule.direction in ("TERMINATE", "PSEUDO") for rule in rules):
            return
        targets: dict[tuple[int, int], list[Cue]] = defaultdict(list)
        for cue in sentence.cues:
            if cue.label in _CONTEXT_TARGETS:
                targets[cue.token_start, cue.token_end].append(cue)
        if not targets:
            return
        first, last = _token_bounds(matches, list(targets))
        modifiers = [_modifier(rule, *match[1:], first, last) for rule, match in zip(rules, matches, strict=True)]
        graph = ConTextGraph(
            targets=[Span(doc, start, end, label="cue") for start, end in targets], modifiers=modifiers
        )
        graph.update_scopes()
        graph.apply_modifiers()
        for target, modifier in graph.edges:
            assertion = ASSERTION_OF_CATEGORY[modifier.category]
            for cue in targets[target.start, target.end]:
                if _RANK[assertion] > _RANK[cue.assertion]:
                    cue.assertion = assertion


def _token_bounds(matches: list[tuple[int, int, int]], targets: list[tuple[int, int]]) -> tuple[int, int]:
    """Token bounds of a sentence, as far as its modifiers and targets reach."""
    starts = [m[1] for m in matches] + [t[0] for t in targets]
    ends = [m[2] for m in matches] + [t[1] for t in targets]
    return min(starts), max(ends)


def _modifier(rule: ConTextRule, start: int, end: int, first: int, last: int) -> ConTextModifier:
    scope_start, scope_end = first, last
    direction = rule.direction.upper()
    if direction == "FORWARD":
        scope_start = end
        scope_end = min(last, end + rule.max_scope) if rule.max_scope else last
    elif direction == "BACKWARD":
        scope_end = start
        scope_start = max(first, start - rule.max_scope) if rule.max_scope else first
    return ConTextModifier(rule, start, end, None, scope_start, max(scope_start, scope_end))


def _longest(matches: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Matches in order without those inside a longer one."""
    kept: list[tuple[int, int, int]] = []
    for match in sorted(matches, key=lambda m: (m[1], -m[2])):
        if kept and match[2] <= kept[-1][2] and (match[1], match[2]) != (kept[-1][1], kept[-1][2]):
            continue
        kept.append(match)
    return kept


@Language.factory("myelogram_context")
def make_context(nlp: Language, name: str) -> ContextRules:
    """Component that sets the assertion of cues."""
    return ContextRules(nlp.vocab, nlp.tokenizer, lexicon.load().context)


@Language.factory("myelogram_reader", default_config={"spans": True, "confidence": True})
def make_reader(nlp: Language, name: str, spans: bool, confidence: bool) -> Callable[[Doc], Doc]:
    """Component that leaves the `Reading` in `doc._.myelogram`, in this pipeline or anybody else's.

    In a pipeline with another tokenizer it reads `doc.text` with its own components, so the result is the same.
    Without `confidence` no model is loaded, and readings are those of the rules alone.
    """
    from extractor.confidence import store
    from extractor.confidence.judging import Judge
    from extractor.reading import reading_of

    judge = Judge(store.shipped()) if confidence else None
    own: list[Language] = []

    def reading(outline: Outline) -> Reading:
        return reading_of(outline) if judge is None else judge.read([(outline, Report(outline.text))])[0]

    def read(doc: Doc) -> Doc:
        outline = doc._.myelogram_outline
        if outline is None:
            if not own:
                own.append(build(reader=False))
            outline = own[0](doc.text)._.myelogram_outline
        doc._.myelogram = reading(outline)
        if spans:
            doc.spans["myelogram"] = list(_evidence_spans(doc))
        return doc

    return read


def _evidence_spans(doc: Doc) -> Iterable[Span]:
    for field, found in doc._.myelogram.spans.items():
        for evidence in found:
            span = doc.char_span(evidence.start, evidence.end, label=field, alignment_mode="expand")
            if span is not None:
                yield span
