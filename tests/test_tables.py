"""Tables: strict rows, faults named by file and line, and the shipped data complete in itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from extractor.codebook import ALERTS, FIELDS, CodingTables
from extractor.documentation import LACKS
from extractor.errors import TableError
from extractor.rows import (
    DATE,
    FLAG,
    NUMBER,
    NUMBERS,
    TEXT,
    TEXTS,
    WHOLE,
    Phrases,
    Schema,
    choice,
    rows_from_csv,
    rows_from_toml,
)
from extractor.tables import DATA, coding_tables, load_coding_tables, read_rows, read_tables

ROOT = Path(__file__).parent.parent
CSV = Schema({"code": TEXT, "units": WHOLE}, {"day": DATE, "kind": choice("a", "b"), "kept": FLAG}, ("code",))
TOML = Schema({"id": TEXT, "words": TEXTS}, {"limits": NUMBERS, "value": NUMBER, "day": DATE}, ("id",))


def test_csv_rows_are_typed_and_know_their_line() -> None:
    """A cell becomes a value of its kind, an empty optional cell is left out, a row knows where it stands."""
    first, second = rows_from_csv("code,units,day,kept\n1,2,2015-01-01,yes\n2,3,,\n", "t.csv", CSV)
    assert dict(first.values) == {"code": "1", "units": 2, "day": date(2015, 1, 1), "kept": True}
    assert (second.get("day"), second.get("kept", False), second.line) == (None, False, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv:1: column 'code' is missing"),
        ("code\n1\n", "t.csv:1: column 'units' is missing"),
        ("code,units,odd\n1,2,3\n", "t.csv:1: unknown column 'odd'"),
        ("code,units,code\n1,2,1\n", "t.csv:1: a column stands twice"),
        ("code,units\n1,2\n3\n", "t.csv:3: 1 cells where the header has 2"),
        ("code,units\n1,2,3\n", "t.csv:2: 3 cells where the header has 2"),
        ("code,units\n1,2\n\n", "t.csv:3: 0 cells where the header has 2"),
        ("code,units\n,2\n", "t.csv:2: key 'code' is missing"),
        ("code,units\n1,two\n", "t.csv:2: 'units' must be a whole number"),
        ("code,units,day\n1,2,2015-13-01\n", "t.csv:2: 'day' must be a date"),
        ("code,units,kind\n1,2,c\n", "t.csv:2: 'kind' must be one of a, b"),
        ("code,units,kept\n1,2,maybe\n", "t.csv:2: 'kept' must be true or false"),
        ("code,units\n1,2\n2,2\n1,3\n", "t.csv:4: code '1' stands in line 2 already"),
        ('code,units\n"1,2\n', "t.csv:2: unexpected end of data"),
    ],
)
def test_a_fault_in_a_csv_names_file_and_line(text: str, message: str) -> None:
    """Unknown and missing columns, torn rows, bad values and doubled keys are faults, each with its place."""
    with pytest.raises(TableError) as caught:
        rows_from_csv(text, "t.csv", CSV)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[rule]]\nid = 'a'\nwords = ['x'\n", "t.toml:4: not valid TOML"),
        ("[[rule]]\nid = 'a'\nid = 'b'\n", "t.toml:3: not valid TOML"),
        ("[[odd]]\nid = 'a'\n", "t.toml:1: unknown table 'odd'"),
        ("# nothing\n", "t.toml:1: table 'rule' is missing"),
        ("[rule]\nid = 'a'\n", "t.toml:1: 'rule' must be an array of tables"),
        ("rule = [{ id = 'a', words = [] }]\n", "t.toml:1: write each entry of 'rule' under its own"),
        ("\n[[rule]]\nid = 'a'\n", "t.toml:2: key 'words' is missing"),
        ("[[rule]]\nid = 'a'\nwords = []\nodd = 1\n", "t.toml:4: unknown key 'odd'"),
        ("[[rule]]\nid = ''\nwords = []\n", "t.toml:2: 'id' must be a text"),
        ("[[rule]]\nid = 'a '\nwords = []\n", "t.toml:2: 'id' must be a text"),
        ("[[rule]]\nid = 'a'\nwords = 'x'\n", "t.toml:3: 'words' must be a list of texts"),
        ("[[rule]]\nid = 'a'\nwords = ['x', 'x']\n", "t.toml:3: 'words' must be a list of texts, none twice"),
        ("[[rule]]\nid = 'a'\nwords = ['x', 1]\n", "t.toml:3: 'words' must be a list of texts"),
        ("[[rule]]\nid = 'a'\nwords = []\nlimits = ['1']\n", "t.toml:4: 'limits' must be a list of numbers"),
        ("[[rule]]\nid = 'a'\nwords = []\nvalue = true\n", "t.toml:4: 'value' must be a number"),
        ("[[rule]]\nid = 'a'\nwords = []\nvalue = nan\n", "t.toml:4: 'value' must be a number"),
        ("[[rule]]\nid = 'a'\nwords = []\nday = 2015-01-01T00:00:00\n", "t.toml:4: 'day' must be a date"),
        ("[[rule]]\nid = 'a'\nwords = []\n[[rule]]\nid = 'a'\nwords = []\n", "t.toml:4: id 'a' stands in line 1"),
    ],
)
def test_a_fault_in_a_toml_names_file_and_line(text: str, message: str) -> None:
    """Broken TOML, unknown and missing tables and keys, bad values and doubled ids are faults, each with its place."""
    with pytest.raises(TableError) as caught:
        rows_from_toml(text, "t.toml", {"rule": TOML})
    assert str(caught.value).startswith(message)


def test_phrases_are_labels_with_texts() -> None:
    """A table of label = [texts] comes back as such, one or two deep."""
    text = "[cue]\nct = ['ct', 'cat scan']\n[valued.side]\nleft = ['left']\n"
    tables = rows_from_toml(text, "t.toml", {"cue": Phrases(), "valued": Phrases(2)})
    assert tables["cue"]["ct"] == ("ct", "cat scan")
    assert tables["valued"]["side"]["left"] == ("left",)


@pytest.mark.parametrize("value", ["'ct'", "[]", "['ct', 'ct']", "[1]", "[' ct']"])
def test_a_label_without_usable_texts_is_a_fault(value: str) -> None:
    """A label needs a list of texts, not empty, none twice."""
    with pytest.raises(TableError, match=r"^t\.toml:3: 'ct' must be"):
        rows_from_toml(f"# words\n[cue]\nct = {value}\n", "t.toml", {"cue": Phrases()})


def test_an_unreadable_file_is_a_fault(tmp_path: Path) -> None:
    """A missing file and wrong encoding name the file as any other fault does."""
    (tmp_path / "odd.csv").write_bytes(b"code,units\n1,\xff\n")
    with pytest.raises(TableError, match=r"^odd\.csv:2: not valid UTF-8$"):
        read_rows("odd.csv", CSV, data=tmp_path)
    with pytest.raises(TableError, match=r"^gone\.toml:1: the file cannot be read$"):
        read_tables("gone.toml", {"rule": TOML}, data=tmp_path)


def test_values_of_rows_cannot_be_changed() -> None:
    """Rows are shared between all users of the tables."""
    (row,) = rows_from_csv("code,units\n1,2\n", "t.csv", CSV)
    with pytest.raises(TypeError):
        row.values["units"] = 3  # type: ignore[index]


def _broken(file: str, old: str, new: str) -> Callable[[Path], CodingTables]:
    def load(directory: Path) -> CodingTables:
        shutil.copytree(str(DATA), directory, dirs_exist_ok=True)
        text = (directory / file).read_text(encoding="utf-8")
        assert old in text
        (directory / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return load_coding_tables(directory)

    return load


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("codes.csv", "62303,", "62302,", "code '62302' stands in line 2 already"),
        ("codes.csv", "S1;S8;S26", "S1;S99", "unknown source 'S99'"),
        ("codes.csv", "bundled", "bundle", "'family' must be one of"),
        ("decision_table.toml", 'give = ["bundled(films)"]', 'give = ["62399"]', "unknown code or family '62399'"),
        ("decision_table.toml", 'give = ["bundled(films)"]', 'give = ["bundle(films)"]', "unknown code or family"),
        ("decision_table.toml", 'give = ["bundled(films)"]', 'give = ["62304-59"]', "is neither a code nor a family"),
        ("decision_table.toml", 'status = ["none"]', 'status = ["never"]', "'status' must be a list out of"),
        (
            "decision_table.toml",
            "the {films} myelogram",
            "the {levels} myelogram",
            "unknown placeholder in the reason: levels",
        ),
        ("decision_table.toml", "valid_to = 2014-12-31", "valid_to = 2014-12-32", "not valid TOML"),
        ("decision_table.toml", 'set_by = "reader"', "set_by = 0", "'set_by' must be one of reader, facts"),
        ("decision_table.toml", 'set_by = "facts"', 'set_by = "nobody"', "'set_by' must be one of"),
        ("decision_table.toml", 'id = "films_and_ct"', 'id = "films"', "unknown reason 'films_and_ct'"),
        ("documentation.toml", "valid_to = 2022-12-31", "valid_to = 2016-12-31", "valid_to lies before valid_from"),
        ("documentation.toml", 'field = "injection.level"', 'flag = "a"\nfield = "injection.level"', "either a field"),
        ("documentation.toml", 'codes = ["62328", "62329"]', 'codes = ["62399"]', "unknown code '62399'"),
        ("documentation.toml", 'codes = ["62328", "62329"]', "", "an element needs codes or families"),
        ("ncci_pairs.csv", "72126,72125,no,,", "72126,72125,no,XU,", "exactly where one is allowed"),
        ("ncci_pairs.csv", "72126,72125", "72126,72199", "a pair needs two codes of codes.csv"),
        ("ncci_pairs.csv", "62272,62328", "62272,62270", "stands in the file already"),
        ("contrast_agents.toml", 'generic = "iohexol"\nwritten', 'generic = "iohexal"\nwritten', "unknown agent"),
        ("contrast_agents.toml", '["isovist"]', '["optiray"]', "'optiray' stands in line"),
        ("contrast_agents.toml", '["isovist"]', '["Isovist"]', "'Isovist' must be written in lower case"),
        ("contrast_agents.toml", "intrathecal = [180", "intrathecal = [181", "is not among those made"),
    ],
)
def test_a_fault_in_a_shipped_file_is_found(file: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    """A slip in any of the data files stops the load, with file, line and what is wrong."""
    with pytest.raises(TableError, match=r"^\w+\.(csv|toml):\d+: ") as caught:
        _broken(file, old, new)(tmp_path)
    assert message in str(caught.value)


def test_the_fault_names_the_line_of_the_slip(tmp_path: Path) -> None:
    """The line is that of the wrong key, not of the file's start."""
    old = 'give = ["70015", "62284"]'
    lines = DATA.joinpath("decision_table.toml").read_text(encoding="utf-8").splitlines()
    with pytest.raises(TableError) as caught:
        _broken("decision_table.toml", old, 'give = "70015"')(tmp_path)
    assert str(caught.value).startswith(f"decision_table.toml:{lines.index(old) + 1}: 'give' must be")


def test_tables_are_read_once() -> None:
    """The shipped tables are one object for everybody."""
    assert coding_tables() is coding_tables()


def test_every_source_is_used_and_every_code_has_one() -> None:
    """No source without use, no code without a source."""
    tables = coding_tables()
    files = [path for path in Path(str(DATA)).iterdir() if path.suffix in (".toml", ".csv") and path.stem != "sources"]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    assert [name for name in tables.sources if not re.search(rf"\b{name}\b", text)] == []
    assert all(info.source for info in tables.codes.values())


def test_every_named_field_and_alert_is_known_to_the_code() -> None:
    """Names that a data file may use are exactly those for which there is code."""
    assert set(LACKS) == set(FIELDS)
    assert set(coding_tables().alerts) == set(ALERTS)


def test_pairs_are_those_of_the_quarter() -> None:
    """The edits are dated, so that a reader knows how old they are."""
    text = DATA.joinpath("ncci_pairs.csv").read_text(encoding="utf-8")
    assert {line.rsplit(",", 2)[1] for line in text.splitlines()[1:]} == {"2024Q3"}


@pytest.mark.parametrize("generic", ["iohexol", "iopamidol", "metrizamide", "iophendylate", "gadobutrol", "ioxaglate"])
def test_agents_of_every_age_are_there(generic: str) -> None:
    """Today's agents and those of old reports, each under its own name and with a day of checking."""
    (agent,) = (agent for agent in coding_tables().agents if agent.generic == generic and agent.brand is None)
    assert generic in agent.written
    assert agent.checked


def test_the_page_for_humans_shows_the_tables() -> None:
    """`docs/codes.md` holds every code, rule, review reason, element, alert, edit and source as the data has it."""
    command = [sys.executable, str(ROOT / "scripts" / "write_codes_page.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
