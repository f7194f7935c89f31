"""How fast the reader is, and whether any text makes it slow: `python scripts/bench_reader.py [--json]`.

Throughput: one process, the development reports, `Extractor.read_many` with and without confidence beside medSpaCy's
default pipeline and spaCy's blank tokenizer; a first pass with everything cold, and the median of warmed passes that
take turns. medSpaCy has no target rules of its own here, which is its fastest. Worst case: texts of one phrase
repeated, with the time for each MB, which must not grow with the size of the text; where it does, a profile names the
functions that take it. All phrases at 5 MB take an hour; `--sizes 50000,500000` shows the same in minutes.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import math
import pstats
import statistics
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import medspacy
import spacy
from loguru import logger

from extractor.reader import Extractor

ROOT = Path(__file__).resolve().parent.parent
READERS = {"read_many": True, "without confidence": False}
TARGETS = {"without confidence": 0.8, "medspaCy default": 15.0, "blank tokenizer": 0.4}
# Growth of the time with the size as an exponent: 1 is in proportion, 2 is quadratic.
TOO_STEEP = 1.25
SENTENCE = (
    "there is a ventral extradural defect at L4-5 with effacement of the left L5 root sleeve and no block and the "
)
PHRASES = (
    "FINDINGS:\n", "CT: ", "CT LUMBAR SPINE: x\n", "IMPRESSION Ab ", "ADDENDUM: it was lumbar.\n",
    "HISTORY: pain\n\n", "Aa: ", "1. ", "1. Ab\n", "- ab\n", "L3-4: ", "L3-4: disc bulge\n", "[ ] ", "[x]",
    "EXAM: LUMBAR MYELOGRAM\n", "A. ", " ", "\n", "\r\n", "\t", " \n", ":", ": ", ".", ". ", "-", " - ", "(", "( ",
    "((( x ", "[", "|", "_", "\xa0", "\U0001f9b4", "e\u0301", "; ", "/", "\"", "? ", ", ", "a", "A", "AB CD ", "1",
    "1 ", "1,", "1-", "1:", "L", "L3-", "L3 ", "L3-4 ", "L3-4, ", "between L3 and ", "T12-L", "one ", "twenty-",
    "12 mL ", "10-12 ", "22 gauge ", "300 mg ", "1 min 2 ", "48 mGy ", "1.2 Gy", "41% ", "no ", "no no no\n",
    "no stenosis ", "disc ", "disc herniation ", "canal narrowed ", "possible ", "cannot be ", "mild left ", "but ",
    "needle ", "Needle at L3-4. ", "Omnipaque ", "10 mL of Omnipaque 180 was injected.\n", "injected by ",
    "injected by the neurosurgeon ", "Dr. Smith ", "I injected. ", "films ", "two AP ", "a total of ",
    "12 images. ", "lumbar ", "C, T, ", "Lumbar films were obtained. ", "CT of the lumbar spine shows stenosis. ",
    "myelogram ", "was terminated ", "It could not be done. ", "fluoroscopy 1 ", "headache ", "opening pressure ",
    "No contrast was given. ", "Myelogram of 2010. ", SENTENCE, SENTENCE.capitalize() + "end. ",
    SENTENCE.replace(" and ", "\nand "), SENTENCE.upper() + "END. ", "ventralextraduraldefect",
)  # fmt: skip


def development_reports() -> list[str]:
    """The texts of the development corpora."""
    corpora = sorted((ROOT / "corpora").glob("d*.jsonl"))
    lines = (line for path in corpora for line in path.read_text(encoding="utf-8").split("\n") if line)
    return [json.loads(line)["text"] for line in lines]


def timed(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def drain(values: Iterable[object]) -> None:
    """Run through an iterable."""
    for _ in values:
        pass


# ---- throughput


def throughput(texts: Sequence[str], passes: int) -> list[dict[str, Any]]:
    """Reports a second of each pipeline: the first pass, and the median of `passes` after it.

    The passes of all pipelines take turns, so that a slow moment of the machine hits them alike.
    """
    runs: dict[str, Callable[[], object]] = {
        **{name: _reader(texts, confidence=sure) for name, sure in READERS.items()},
        "medspaCy default": _spacy(medspacy.load(), texts),
        "blank tokenizer": _spacy(spacy.blank("en"), texts),
    }
    cold = {name: len(texts) / timed(run) for name, run in runs.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(passes):
        for name, run in runs.items():
            seconds[name].append(timed(run))
    warm = {name: len(texts) / statistics.median(found) for name, found in seconds.items()}
    return [
        {
            "pipeline": name,
            "cold": cold[name],
            "warm": warm[name],
            "times": {reader: warm[reader] / warm[name] for reader in READERS if reader != name},
            "target": TARGETS.get(name),
        }
        for name in runs
    ]


def _reader(texts: Sequence[str], *, confidence: bool) -> Callable[[], object]:
    engine = Extractor.load(confidence=confidence)
    return lambda: drain(engine.read_many(texts))


def _spacy(nlp: spacy.language.Language, texts: Sequence[str]) -> Callable[[], object]:
    return lambda: drain(nlp.pipe(texts))


# ---- worst case


@dataclass(frozen=True)
class Timing:
    """Seconds that a phrase took at each size; None where the time would have been too long."""

    phrase: str
    seconds: dict[int, float | None]
    growth: float
    blame: tuple[str, ...]


def worst_case(phrases: Iterable[str], sizes: Sequence[int], limit: float) -> Iterator[Timing]:
    """Each phrase at each size; a text that would take longer than `limit` seconds is left out."""
    engine = Extractor.load()
    engine.read(SENTENCE)
    for phrase in phrases:
        done: dict[int, float] = {}
        for size in sizes:
            if expected(done, size) > limit:
                break
            text = repeated(phrase, size)
            done[size] = timed(partial(engine.read, text))
        steep = growth(done) > TOO_STEEP or len(done) < len(sizes)
        longest = max([n for n, t in done.items() if t < limit / 4], default=sizes[0])
        blamed = blame(engine, repeated(phrase, longest)) if steep else ()
        yield Timing(phrase, {size: done.get(size) for size in sizes}, growth(done), blamed)


def repeated(phrase: str, size: int) -> str:
    """A report whose technique and whose findings are the phrase over and over."""
    half = (phrase * (size // (2 * len(phrase)) + 1))[: size // 2]
    return f"LUMBAR MYELOGRAM AND CT\n\nTECHNIQUE: Needle at L3-4. {half}\n\nFINDINGS: CT: {half}"


def growth(done: Mapping[int, float]) -> float:
    """The exponent between the last two sizes; small times say nothing."""
    if len(done) < 2 or list(done.values())[-1] < 0.2:
        return 1.0
    (n, before), (m, after) = list(done.items())[-2:]
    return math.log(after / before) / math.log(m / n)


def expected(done: Mapping[int, float], size: int) -> float:
    """Seconds to be feared at the next size."""
    if not done:
        return 0.0
    n, seconds = list(done.items())[-1]
    return float(seconds * (size / n) ** max(1.0, growth(done)))


def blame(engine: Extractor, text: str) -> tuple[str, ...]:
    """The functions with most time of their own while a text is read, and their share."""
    profile = cProfile.Profile()
    profile.runcall(engine.read, text)
    own = {where: row[2] for where, row in pstats.Stats(profile).stats.items()}  # type: ignore[attr-defined]
    costly = sorted(own, key=own.__getitem__, reverse=True)[:3]
    return tuple(
        f"{Path(f).name}:{line} {name} {own[f, line, name] / sum(own.values()):.0%}" for f, line, name in costly
    )


# ---- what is printed


def print_throughput(rows: Sequence[Mapping[str, Any]]) -> None:
    """Reports a second, and how many times as fast the reader is."""
    print(f"{'':<20}{'reports/s':>20}{'times as fast, warmed, is':>38}")
    print(f"{'':<20}{'first pass':>10}{'warmed':>10}{'read_many':>12}{'without confidence':>20}{'target':>8}")
    for row in rows:
        ratios = "".join(f"{row['times'][r]:{w}.2f}" if r in row["times"] else " " * w for r, w in _WIDTHS.items())
        target = "" if row["target"] is None else f"{row['target']:8.1f}"
        print(f"{row['pipeline']:<20}{row['cold']:10.0f}{row['warm']:10.0f}{ratios}{target}")


_WIDTHS = {"read_many": 12, "without confidence": 20}


def print_timing(timing: Timing) -> None:
    """Seconds for each MB, the growth, and the functions that take the time where it is too steep."""
    each = "".join("       -" if t is None else f"{t / n * 1e6:8.2f}" for n, t in timing.seconds.items())
    told = f"  GROWS: {'; '.join(timing.blame)}" if timing.blame else ""
    print(f"{ascii(timing.phrase)[:30]:<31}{each}{timing.growth:8.2f}{told}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmarks that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--only", choices=["throughput", "worst"], help="one of the two benchmarks")
    parser.add_argument("--passes", type=int, default=3, help="warmed passes of each pipeline (3)")
    parser.add_argument("--phrase", action="append", help="a phrase of your own for the worst case (may be repeated)")
    parser.add_argument("--sizes", default="50000,500000,5000000", help="sizes of the worst case in characters")
    parser.add_argument("--limit", type=float, default=120.0, help="longest time for one text in seconds (120)")
    given = parser.parse_args(arguments)
    # PyRuSH writes the words of reports to standard error, and medSpaCy warns where it has no rules.
    logger.disable("PyRuSH")
    warnings.filterwarnings("ignore", message=".*W036")
    result: dict[str, Any] = {}
    if given.only != "worst":
        result["throughput"] = throughput(development_reports(), given.passes)
        if not given.json:
            print_throughput(result["throughput"])
    if given.only != "throughput":
        sizes = [int(size) for size in given.sizes.split(",")]
        result["worst"] = []
        if not given.json:
            print(f"{'seconds a MB, at MB:':<31}{''.join(f'{size / 1e6:8g}' for size in sizes)}  growth")
        for timing in worst_case(given.phrase or PHRASES, sizes, given.limit):
            result["worst"].append(asdict(timing))
            if not given.json:
                print_timing(timing)
    if given.json:
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
