"""What the documents say is what the project holds."""

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from benchmarks.formats import make_table
from benchmarks.speed.tables import TABLES, goals
from detector.judge.weigh import SIGNALS as WEIGHED
from detector.report.words import INNOCENT_BY_SIGNAL
from detector.signals import SIGNALS

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ["accuracy", "mixtures"])
def test_the_tables_of_the_readme_are_those_that_were_measured(name):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.search(f"<!-- {name} -->\n(.*?)<!-- /{name} -->", readme, re.DOTALL)
    assert table
    assert table[1] == (ROOT / "benchmarks" / "results" / f"{name}.md").read_text(encoding="utf-8")
    rows = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    names = [re.split(r":| \|", line.removeprefix("| "))[0] for line in table[1].splitlines()[2:]]
    assert names == [row["id"] for row in rows]


@pytest.mark.parametrize("name", [*TABLES, "goals"])
def test_the_tables_of_speed_are_those_that_were_measured(name):
    """Of every table; the README shows all but the profile, which stands in `benchmarks/results/` alone."""
    scenarios = json.loads((ROOT / "benchmarks" / "results" / "speed.json").read_text(encoding="utf-8"))["scenarios"]
    shown = {key: found for key, found in scenarios.items() if name in (found["table"], "goals")}
    table = (TABLES | {"goals": goals})[name](shown)
    assert (ROOT / "benchmarks" / "results" / f"{name}.md").read_text(encoding="utf-8") == table
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (f"<!-- {name} -->\n{table}<!-- /{name} -->" in readme) == (name != "profile")


def test_the_table_of_formats_is_that_of_the_fixtures():
    table = make_table()
    assert (ROOT / "benchmarks" / "results" / "formats.md").read_text(encoding="utf-8") == table
    assert f"<!-- formats -->\n{table}<!-- /formats -->" in (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    cells = [line.split(" | ") for line in table.splitlines()[2:]]
    assert {row[-1] for row in cells} == {"equal |"}
    assert all(row[4] == f"{row[2].count(',') + 1} of {row[2].count(',') + 1}" for row in cells)


def test_the_changelog_knows_the_version():
    assert f"## [{version('spamouflage-detector')}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_signal_is_weighed_and_has_an_innocent_explanation():
    assert set(WEIGHED) == set(SIGNALS) - {"bursts"}
    assert set(WEIGHED) <= set(INNOCENT_BY_SIGNAL)


def test_the_words_of_the_glossary_are_defined_once():
    words = re.findall(r"^\| ([^|]+) \|", (ROOT / "GLOSSARY.md").read_text(encoding="utf-8"), re.MULTILINE)[2:]
    names = [name.strip() for entry in words for name in entry.split(",")]
    assert len(names) == len(set(names))
