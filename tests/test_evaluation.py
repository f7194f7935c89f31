"""Evaluation: small corpora whose figures are worked out by hand."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractor.cli import main
from extractor.cli_evaluate import chosen_fields
from extractor.comparison import FIELDS, code_set_words, compare
from extractor.corpus import AnnotatedReport, load
from extractor.errors import ReportError, UsageError
from extractor.evaluation import (
    HEADLINES,
    Evaluation,
    as_values,
    confusion,
    figure,
    in_scope,
    judge,
    spreads,
    totals,
)
from extractor.evaluation import evaluate as run
from extractor.evaluation_tables import describe, errors_table, tables
from extractor.metrics import Tally
from extractor.records import Code, Coding, Contrast, Facts, Finding, Images, Injection, Reading, Report, Span

CORPORA = Path(__file__).parent.parent / "corpora"
TEXT = "Zaphod. L2-3. Needle at L2-3. 10 mL Omnipaque 300, then 2 mL Isovue. L4-5 bulge, left. No block."
FINDING = {"concept": "disc_bulge", "level": "L4-L5", "side": "left", "severity": "mild", "assertion": "present"}
BLOCK = {"concept": "contrast_block", "level": None, "side": None, "severity": None, "assertion": "absent"}
GOLD: dict[str, Any] = {
    "study": "myelogram",
    "status": "reduced",
    "injection": {
        "by": "reporting",
        "route": "lumbar",
        "level": "L2-L3",
        "needle_gauge": 22,
        "guidance": None,
    },
    "interpretation": True,
    "contrast": [
        {"agent": "iohexol", "brand": "Omnipaque", "concentration": 300, "volume_ml": 10, "route": "intrathecal"},
        {"agent": "iopamidol", "brand": "Isovue", "concentration": None, "volume_ml": 2, "route": "intrathecal"},
    ],
    "myelo_regions": ["cervical", "lumbar"],
    "ct_regions": ["lumbar"],
    "images": {"total": 6, "views": ["AP", "lateral"]},
    "fluoro_minutes": 1.8,
    "dose_mgy": None,
    "complications": "none",
    "findings": [{**FINDING, "quote": "L4-5 bulge"}, {**BLOCK, "quote": "No block"}],
    "codes": [{"code": "62305", "modifiers": ["52"]}, {"code": "72132", "modifiers": []}],
    "evidence": {"level": ["L2-3", "Needle at"], "contrast": ["Omnipaque 300"]},
    "why": "Both regions were read.",
}


def report(name: str = "r1", *, author: str = "anna", style: str = "terse", **gold: Any) -> AnnotatedReport:
    """An annotated report with some keys of the gold changed."""
    return AnnotatedReport(Path(f"{author}.jsonl"), 1, name, style, TEXT, {**copy.deepcopy(GOLD), **gold})


def perfect() -> Reading:
    """A reading that agrees with `GOLD` in everything."""
    facts = Facts(
        study="myelogram",
        status="reduced",
        injection=Injection("reporting", "lumbar", "L2-L3", 22, None),
        interpretation=True,
        contrast=(
            Contrast("iopamidol", "Isovue", None, 2, "intrathecal"),
            Contrast("iohexol", "Omnipaque", 300, 10, "intrathecal"),
        ),
        myelo_regions=("cervical", "lumbar"),
        ct_regions=("lumbar",),
        images=Images(6, ("lateral", "AP")),
        fluoro_minutes=1.84,
        complications="none",
    )
    findings = (finding(), finding(concept="contrast_block", level=None, side=None, severity=None, assertion="absent"))
    spans = {"level": (span(24, 29),), "contrast": (span(30, 49),), "injection": (span(14, 26),)}
    spans["level"] += (span(14, 20),)
    return Reading(Report(TEXT), facts, findings, coding(("72132",), ("62305", "52")), spans)


def finding(**changes: Any) -> Finding:
    """The finding of the gold, with changes."""
    return Finding(**{**FINDING, "quote": "L4-5 bulge", "start": 69, "end": 79, **changes})


def coding(*codes: tuple[str, ...]) -> Coding:
    """Proposed codes with their modifiers."""
    return Coding(tuple(Code(code, tuple(modifiers), "rule", "reason", "source") for code, *modifiers in codes))


def span(start: int, end: int) -> Span:
    """A span of the text."""
    return Span(start, end, TEXT[start:end], "technique")


def sums(reading: Reading, **gold: Any) -> Mapping[str, Tally]:
    """The tallies of one reading against one gold."""
    return totals([judge(report(**gold), reading)])


def with_facts(**changes: Any) -> Reading:
    """The perfect reading with other facts."""
    return replace(perfect(), facts=replace(perfect().facts, **changes))


def test_a_perfect_reading_is_right_in_every_measure() -> None:
    """Order of contrast, regions and views does not matter, nor 1.84 minutes for 1.8."""
    judged = judge(report(), perfect())
    assert [compared.measure for compared in judged.compared if compared.wrong] == []
    assert all(tally.fp == tally.fn == 0 for tally in totals([judged]).values())
    assert set(FIELDS) <= totals([judged]).keys()


EXPECTED: dict[str, tuple[Callable[[], Reading], dict[str, Tally]]] = {
    "wrong level": (
        lambda: with_facts(injection=Injection("reporting", "lumbar", "L3-L4", None, "ct")),
        {
            "injection.level": Tally(1, 0, fp=1, fn=1),
            "injection.needle_gauge": Tally(1, 0, fn=1),
            "injection.guidance": Tally(1, 0, fp=1),
            "injection.route": Tally(1, 1, tp=1),
        },
    ),
    "one aliquot with another volume": (
        lambda: with_facts(contrast=(Contrast("iohexol", "Omnipaque", 300, 12, "intrathecal"),)),
        {
            "contrast.agent": Tally(1, 0, tp=1, fn=1),
            "contrast.concentration": Tally(1, 1, tp=1),
            "contrast.volume_ml": Tally(1, 0, fp=1, fn=2),
        },
    ),
    "another region": (
        lambda: with_facts(myelo_regions=("lumbar", "thoracic"), ct_regions=()),
        {
            "myelo_regions": Tally(1, 0, tp=1, fp=1, fn=1),
            "myelo_regions:lumbar": Tally(1, 1, tp=1),
            "myelo_regions:cervical": Tally(1, 0, fn=1),
            "myelo_regions:thoracic": Tally(1, 0, fp=1),
            "ct_regions": Tally(1, 0, fn=1),
            "ct_regions:thoracic": Tally(1, 1),
        },
    ),
    "one view too many": (
        lambda: with_facts(images=Images(None, ("AP", "lateral", "oblique"))),
        {"images.views": Tally(1, 0, tp=2, fp=1), "images.total": Tally(1, 0, fn=1)},
    ),
    "modifier forgotten": (
        lambda: replace(perfect(), coding=coding(("62305",), ("72132",))),
        {
            "codes": Tally(1, 0, tp=1, fp=1, fn=1),
            "codes:without_modifiers": Tally(1, 1, tp=2),
            "codes:code=62305": Tally(1, 1, tp=1),
        },
    ),
    "code missed and code made up": (
        lambda: replace(perfect(), coding=coding(("62305", "52"), ("62284",))),
        {
            "codes": Tally(1, 0, tp=1, fp=1, fn=1),
            "codes:code=72132": Tally(1, 0, fn=1),
            "codes:code=62284": Tally(1, 0, fp=1),
        },
    ),
    "finding at another level": (
        lambda: replace(perfect(), findings=(finding(level="L3-L4"),)),
        {
            "findings": Tally(1, 0, fp=1, fn=2),
            "findings:without_level": Tally(1, 0, tp=1, fn=1),
            "findings:concept=disc_bulge": Tally(1, 0, fp=1, fn=1),
            "findings:side": Tally(0, 0),
        },
    ),
    "finding on the other side": (
        lambda: replace(perfect(), findings=(finding(side="right"),)),
        {
            "findings": Tally(1, 0, tp=1, fn=1),
            "findings:side": Tally(1, 0),
            "findings:severity": Tally(1, 1),
        },
    ),
    "no spans": (
        lambda: replace(perfect(), spans={}),
        {
            "evidence": Tally(3, 0, fn=3),
            "evidence:level": Tally(2, 0, fn=2),
            "evidence:contrast": Tally(1, 0, fn=1),
        },
    ),
    "right words under another field": (
        lambda: replace(perfect(), spans={"images": (span(0, 60),), "level": (span(8, 9),)}),
        {"evidence": Tally(3, 1, tp=1, fn=2), "evidence:level": Tally(2, 1, tp=1, fn=1)},
    ),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_measures_of_one_report(case: str) -> None:
    """What is wrong in one reading is counted in its measures, by hand as here."""
    reading, expected = EXPECTED[case]
    found = sums(reading())
    assert {measure: found[measure] for measure in expected} == expected


def test_left_and_right_with_their_own_grades_are_bilateral() -> None:
    """Gold may hold a left and a right entry of one finding; a bilateral reading has found it and its sides."""
    gold = [{**GOLD["findings"][0], "side": side, "severity": grade} for side, grade in
            (("left", "mild"), ("right", "severe"))]  # fmt: skip
    found = sums(replace(perfect(), findings=(finding(side="bilateral", severity="mild"),)), findings=gold)
    assert found["findings"] == Tally(1, 1, tp=1)
    assert found["findings:side"] == Tally(1, 1)
    assert found["findings:severity"] == Tally(1, 0)


def test_outside_the_scope_only_study_and_codes_are_scored() -> None:
    """A discogram is no place to count levels and volumes."""
    assert set(sums(perfect(), study="discogram", codes=[])) == {
        "study", "codes", "codes:without_modifiers", "codes:code=62305", "codes:code=72132",
    }  # fmt: skip


def test_a_report_that_cannot_be_read_counts_as_read_empty() -> None:
    """The failure is kept by its reason, and everything that is there is missed."""

    def fail(text: str) -> Reading:
        raise ReportError("too_long", "the report is too long")

    (judged,) = run([report()], fail).judged
    assert judged.failure == "too_long"
    assert totals([judged])["codes"] == Tally(1, 0, fn=2)
    assert totals([judged])["evidence"] == Tally(3, 0, fn=3)


def three() -> Evaluation:
    """Two reports by Anna, one of them out of scope, and one by Berta; Berta's level and codes are read wrong."""
    wrong = replace(with_facts(injection=Injection()), coding=coding(("62304",)))
    outside = replace(perfect(), coding=Coding())
    pairs = [
        (report("a1"), perfect()),
        (report("a2", style="letter", study="other", codes=[]), outside),
        (report("b1", author="berta", style="letter"), wrong),
    ]
    return Evaluation(tuple(judge(*pair) for pair in pairs), 1.5)


def headline(label: str) -> Any:
    """The headline of a label."""
    return next(one for one in HEADLINES if one.label == label)


@pytest.mark.parametrize(
    ("label", "value", "n"),
    [
        ("code set exact", 2 / 3, 3),
        ("code set exact, in scope", 1 / 2, 2),
        ("study", 2 / 3, 3),
        ("injection level F1", 2 / 3, 2),
        ("findings F1", 1.0, 4),
        ("evidence found", 1.0, 6),
    ],
)
def test_headlines_are_sums_over_reports(label: str, value: float, n: int) -> None:
    """Level: one hit, one missed, F1 2/3 over two gold values. The study of the second was read as a myelogram."""
    found = figure(headline(label), three().judged)
    assert (found.value, found.n) == (pytest.approx(value), n)
    assert found.bounds is not None
    assert found.bounds[0] <= value <= found.bounds[1]


def test_in_scope_leaves_out_the_others() -> None:
    """Two of three reports are scored whole."""
    assert [one.report.report_id for one in in_scope(three().judged)] == ["a1", "b1"]


def test_groups_stand_apart_with_mean_and_worst() -> None:
    """Anna 2/2, Berta 0/1: mean 1/2, and Berta is named; a group without values neither counts nor is worst."""
    found = {spread.headline.label: spread for spread in spreads(three().judged, "author")}
    assert found["code set exact"].groups == {"anna": (1.0, 2), "berta": (0.0, 1)}
    assert (found["code set exact"].mean, found["code set exact"].worst) == (0.5, "berta")
    by_style = {spread.headline.label: spread for spread in spreads(three().judged[:2], "style")}
    assert by_style["injection level F1"].groups == {"letter": (None, 0), "terse": (1.0, 1)}
    assert (by_style["injection level F1"].mean, by_style["injection level F1"].worst) == (1.0, "terse")


def test_confusion_counts_what_was_read_for_what() -> None:
    """Code sets in words, the right ones on the diagonal."""
    assert confusion(three().judged, "codes") == {
        ("62305-52 + 72132", "62304"): 1,
        ("62305-52 + 72132", "62305-52 + 72132"): 1,
        ("none", "none"): 1,
    }


def test_code_sets_are_written_in_one_way() -> None:
    """Sorted, modifiers behind a hyphen, and an empty set is said."""
    assert (
        code_set_words([{"code": "72132", "modifiers": []}, {"code": "62284", "modifiers": ["53"]}])
        == "62284-53 + 72132"
    )
    assert code_set_words([]) == "none"


def test_values_hold_no_text_unless_it_is_asked_for() -> None:
    """JSON names the missed evidence by field; its words are patient data."""
    bare = replace(perfect(), spans={}, findings=())
    evaluation = Evaluation((judge(report(), bare),), 1.0)
    quiet = json.dumps(as_values(evaluation, by="author", errors=True))
    assert "Needle at" not in quiet
    assert "L4-5 bulge" not in quiet
    assert "Needle at" in json.dumps(as_values(evaluation, errors=True, show_text=True))


def test_values_carry_counts_and_speed() -> None:
    """Three reports in 1.5 seconds are two a second; every measure stands with its counts."""
    values = as_values(three())
    assert values["reading"]["reports_per_second"] == 2.0
    assert values["reading"]["characters_per_second"] == 2 * len(TEXT)
    assert values["measures"]["injection.level"] == {
        "accuracy": 0.5, "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3),
        "n": 2, "right": 1, "tp": 1, "fp": 0, "fn": 1,
    }  # fmt: skip


def test_errors_name_report_field_gold_and_got() -> None:
    """Only what is wrong is listed, and only of the fields asked for."""
    table = errors_table(three().judged, fields=("injection.level", "codes"))
    assert table.rows == (
        ("b1", "injection.level", "L2-L3", "-"),
        ("b1", "codes", "62305-52 + 72132", "62304"),
    )


def test_share_of_text_marked_is_told() -> None:
    """Spans at 14-26, 24-29 and 30-49 mark 34 characters: finding every quote by marking everything would show."""
    assert judge(report(), perfect()).marked == 34


def test_markdown_tables_are_well_formed() -> None:
    """Every line of every table has as many cells as its head."""
    for table in [*tables(three(), by="author"), *describe([one.report for one in three().judged])]:
        assert {len(row) for row in table.rows} == {len(table.header)}
        lines = table.markdown().strip().splitlines()[2:]
        assert {line.count("|") for line in lines} == {len(table.header) + 1}


def test_fields_can_be_chosen_one_by_one_or_by_name() -> None:
    """`injection` is all five of its fields; a name that is none is refused."""
    assert chosen_fields(()) == FIELDS
    assert chosen_fields(["images.total", "study"]) == ("study", "images.total")
    assert len(chosen_fields(["injection"])) == 5
    with pytest.raises(UsageError, match="inject: no such field"):
        chosen_fields(["inject"])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus of two reports, in a file."""
    lines = [{"id": name, "style": "terse", "text": TEXT, "gold": GOLD} for name in ("r1", "r2")]
    path = tmp_path / "anna.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """The command `evaluate`, as a process would run it: exit code, standard output, standard error."""

    def run_main(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main(["evaluate", *map(str, arguments)])
        return int(stopped.value.code or 0), *capsys.readouterr()

    return run_main


def test_command_prints_tables(call: Call, corpus: Path) -> None:
    """By default the figures, the confusions and the reading rate, and no report text."""
    code, out, err = call(corpus, "--errors", "--by", "author")
    assert (code, err) == (0, "")
    titles = ("Headline figures", "Fields", "Code sets", "Evidence quotes", "Reading", "Mean and worst group", "Errors")
    assert [title for title in titles if title not in out] == []
    assert "Zaphod" not in out


def test_command_shows_quotes_only_when_asked(call: Call, corpus: Path) -> None:
    """The words of a missed piece of evidence are patient data."""
    assert "Needle at" not in call(corpus, "--errors")[1]
    assert "Needle at" in call(corpus, "--errors", "--show-text")[1]


def test_command_writes_json_to_a_pipe_or_a_file(call: Call, corpus: Path, tmp_path: Path) -> None:
    """`--json -` prints JSON and nothing else; `--json FILE` prints the tables too."""
    piped = call(corpus, "--json", "-")[1]
    filed = call(corpus, "--json", tmp_path / "out.json")[1]
    assert json.loads(piped)["reports"] == 2
    assert json.loads((tmp_path / "out.json").read_text())["measures"] == json.loads(piped)["measures"]
    assert "Headline figures" in filed


def test_command_can_show_one_field(call: Call, corpus: Path) -> None:
    """`--only` leaves the other fields out of tables, groups and JSON."""
    out = call(corpus, "--only", "injection", "--by", "author")[1]
    assert "injection.level" in out
    assert "images.total" not in out
    values = json.loads(call(corpus, "--only", "codes", "--json", "-")[1])
    assert {measure.partition(":")[0] for measure in values["measures"]} == {"codes"}


def test_command_scores_what_it_can_and_says_what_it_cannot(call: Call, corpus: Path) -> None:
    """A broken line: the others are scored, the line is named on stderr, exit code 1."""
    corpus.write_text(corpus.read_text() + '{"id": "Zaphod"}\n')
    code, out, err = call(corpus, "--json", "-")
    assert (code, json.loads(out)["reports"]) == (1, 2)
    assert f"{corpus}:3: text: Field required; the line is left out" in err
    assert "Zaphod" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.jsonl"], "none.jsonl: No such file"),
        (["{corpus}", "--only", "colour"], "--only colour: no such field"),
        (["{corpus}", "--json", "{corpus}/out"], "{corpus}/out: Not a directory"),
        (["{corpus}", "--by", "colour"], "--by"),
        (["{empty}"], "no report can be scored"),
    ],
)
def test_command_refuses_an_unusable_call(
    call: Call, corpus: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    """One line on stderr and exit code 2."""
    (tmp_path / "empty.jsonl").write_text("\n")
    names = {"corpus": corpus, "empty": tmp_path / "empty.jsonl"}
    code, _, err = call(*(argument.format(**names) for argument in arguments))
    assert code == 2
    assert message.format(**names) in err
    assert len(err.strip().splitlines()) == 1


def test_command_describes_corpora_without_reading(call: Call, corpus: Path) -> None:
    """Counts by study, code set and style."""
    code, out, _ = call(corpus, "--describe")
    assert code == 0
    assert [word for word in ("Reports by study", "62305-52 + 72132", "terse") if word not in out] == []
    assert "Headline figures" not in out


def test_the_data_card_counts_what_is_there() -> None:
    """The tables of the card are those that the corpora give today."""
    card = (CORPORA / "README.md").read_text(encoding="utf-8")
    missing = [table.title for table in describe(load([CORPORA]).reports) if table.markdown() not in card]
    assert missing == []
    assert card.count("### ") == len(describe(load([CORPORA]).reports))


def test_every_gold_of_the_project_is_right_against_itself() -> None:
    """A reading that repeats the gold has no fault in any measure but the evidence, which needs spans."""
    for one in load([CORPORA]).reports:
        compared = compare(one, one.gold)
        assert [c.measure for c in compared if c.wrong and c.measure.partition(":")[0] != "evidence"] == []
