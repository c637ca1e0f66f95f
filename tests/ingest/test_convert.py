"""Comments are the same after they have been written as canonical records and read back.

Those of the fixtures of every format are, too: the table in `docs/formats.md`, which a test holds in step, says so.
"""

import json
from pathlib import Path

import polars as pl
import pytest

from detector.errors import OutputError
from detector.ingest.convert import write_comments
from detector.ingest.read import read_comments
from detector.schema import COMMENTS

FIXTURES = Path(__file__).parents[2] / "fixtures"
INPUTS = sorted(
    path
    for path in [*FIXTURES.glob("traps/*"), *FIXTURES.glob("canonical/*"), *FIXTURES.glob("formats/generic/*")]
    if not path.name.endswith(".expected.json")
)
PLACE = ("source_file", "source_line")


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_comments_survive_both_kinds_of_file(path, tmp_path):
    comments = read_comments(path).comments
    for name in ("comments.jsonl", "comments.parquet"):
        write_comments(comments, tmp_path / name)
        again = read_comments(tmp_path / name)
        assert again.comments.drop(PLACE).equals(comments.drop(PLACE)), name
        assert again.counts.accepted == again.counts.records_read == comments.height
        assert again.formats == (("canonical",) if comments.height else ())


def test_parquet_of_foreign_names_and_types_is_read_as_the_records_would_be(tmp_path):
    records = [
        {"comment_id": 5, "body": "first", "username": "a_b", "date": "2024-01-02 03:04:05", "likes": 3},
        {"comment_id": 6, "body": "second", "username": "c_d", "date": None, "likes": None},
    ]
    pl.DataFrame(records).write_parquet(tmp_path / "table.bin")
    found = read_comments(tmp_path / "table.bin")
    assert found.formats == ("generic",)
    assert found.comments.drop(PLACE).equals(read_comments(records).comments.drop(PLACE))


def test_a_damaged_parquet_file_is_named(tmp_path):
    path = tmp_path / "comments.parquet"
    write_comments(read_comments([{"text": "a"}]).comments, path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Exception, match="damaged Parquet") as caught:
        read_comments(path)
    assert "\n" not in str(caught.value)


def test_what_is_there_stays_unless_force(tmp_path):
    comments = read_comments([{"text": "new"}]).comments
    path = tmp_path / "comments.jsonl"
    path.write_text("old")
    with pytest.raises(OutputError, match="--force"):
        write_comments(comments, path)
    assert path.read_text() == "old"
    write_comments(comments, path, force=True)
    assert json.loads(path.read_text())["text"] == "new"
    for odd in ("comments.csv", "none/comments.jsonl"):
        with pytest.raises(OutputError):
            write_comments(comments, tmp_path / odd)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["comments.jsonl"]


def test_no_comments_give_an_empty_file(tmp_path):
    write_comments(COMMENTS.empty(), tmp_path / "none.jsonl")
    assert (tmp_path / "none.jsonl").read_bytes() == b""
    write_comments(COMMENTS.empty(), tmp_path / "none.parquet")
    assert read_comments(tmp_path / "none.parquet").counts.records_read == 0
