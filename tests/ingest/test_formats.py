"""Every format: its fixture is recognised, and read as written down by hand beside it.

A fixture is a folder ``fixtures/formats/NAME`` with one or more inputs ``*.jsonl``, ``*.json``, ``*.csv``... and beside
each a ``*.expected.json``: ``counts`` (some or all of `Counts`) and ``comments``, each with all its fields that are not
null, in the order of COMMENTS' rows.
"""

import json
from pathlib import Path

import polars as pl
import pytest

from detector.ingest.read import read_comments

FIXTURES = Path(__file__).parents[2] / "fixtures/formats"
TRAPS = sorted((FIXTURES.parent / "traps").glob("*.jsonl"))
INPUTS = sorted(path for path in FIXTURES.glob("*/*") if not path.name.endswith(".expected.json"))
PLACE = ("row", "source_file", "source_line")


def as_written(comments):
    """Return comments as the expectations have them: fields that are not null, times in ISO 8601."""
    times = [pl.col(name).dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ") for name in ("created_at", "author_created_at")]
    rows = comments.drop(PLACE).with_columns(times).to_dicts()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_fixture_is_recognised_and_read_as_written_down(path):
    assert check(path).formats == (path.parent.name,)


@pytest.mark.parametrize("path", TRAPS, ids=lambda path: path.stem)
def test_what_exports_hold_in_place_of_what_they_seem_to_hold_is_seen(path):
    assert check(path).formats == ("canonical",)


def check(path):
    expected = json.loads(path.with_name(path.name.partition(".")[0] + ".expected.json").read_text(encoding="utf-8"))
    found = read_comments(path)
    for name, value in expected["counts"].items():
        assert getattr(found.counts, name) == value, name
    if expected["comments"] is not None:
        assert as_written(found.comments) == expected["comments"]
    return found
