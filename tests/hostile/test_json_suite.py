"""Every document of the JSON test suite, alone and as one stream.

The suite holds whole documents. As files they are lists of items, or lines; as the value of a field, or one a line,
they follow a good line, which tells JSON Lines.
"""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from detector.errors import RejectReason
from detector.ingest.read import read_comments

SUITE = Path(__file__).parents[3] / "shared/data/hostile/json_test_suite/test_parsing"
pytestmark = pytest.mark.skipif(not SUITE.is_dir(), reason=f"{SUITE} is absent")
FILES = sorted(SUITE.glob("*.json")) if SUITE.is_dir() else []


def read_as_field(document):
    """Put a document into a field that nobody reads, and return what became of the record."""
    line = b'{"text": "a comment", "ignored": ' + document.replace(b"\n", b" ") + b"}\n"
    counts = read_comments([json_file(FIRST + line)]).counts.check()
    assert counts.records_read == 2
    return replace(counts, records_read=1, accepted=counts.accepted - 1)


def json_file(data):
    return io.BytesIO(data)


FIRST = b'{"text": "the first line"}\n'
NOTHING = (
    *("n_structure_no_data", "n_single_space", "n_structure_UTF8_BOM_no_data"),
    # Lists in which nothing stands, which no record can be lost of: `[,]` and `[][]`.
    *("n_array_just_comma", "n_structure_double_array"),
)


@pytest.mark.parametrize("path", [path for path in FILES if path.name[0] == "n"], ids=lambda path: path.stem)
def test_what_must_be_refused_is_refused(path):
    counts = read_comments(path).counts
    assert counts.accepted == counts.skipped == 0
    assert (counts.rejected == 0) == (path.stem in NOTHING)


@pytest.mark.parametrize("path", [path for path in FILES if path.name[0] == "n"], ids=lambda path: path.stem)
def test_what_must_be_refused_is_refused_also_in_a_field_that_is_not_read(path):
    document = path.read_bytes()
    if path.stem == "n_string_unescaped_ctrl_char":  # bare NUL, the one control character that is repaired
        assert read_as_field(document).repaired == 1
        document = document.replace(b"\0", b"\x01")
    if path.stem == "n_string_unescaped_newline":
        document = document.replace(b"\n", b"\x01")
    assert read_as_field(document).rejected == 1


@pytest.mark.parametrize("path", [path for path in FILES if path.name[0] == "y"], ids=lambda path: path.stem)
def test_what_must_parse_is_judged(path):
    document = path.read_bytes()
    assert read_as_field(document).accepted == 1
    value = json.loads(document)
    why = RejectReason.NO_TEXT_FIELD if isinstance(value, dict) else RejectReason.NOT_AN_OBJECT
    counts = read_comments([json_file(FIRST + document.replace(b"\n", b" "))]).counts
    assert counts.rejected_by_reason == {why: 1}
    items = value if isinstance(value, list) else [value]
    assert read_comments([json_file(document)]).counts.rejected == len(items)


@pytest.mark.parametrize("path", [path for path in FILES if path.name[0] == "i"], ids=lambda path: path.stem)
def test_what_may_go_either_way_is_counted(path):
    counts = read_as_field(path.read_bytes()).check()
    assert counts.records_read == 1
    # Bad UTF-8 and lone surrogates are repaired, huge numbers that nobody reads do no harm.
    refused = {
        "i_string_utf16LE_no_BOM",
        "i_string_utf16BE_no_BOM",
        "i_string_UTF-16LE_with_BOM",
        "i_structure_UTF-8_BOM_empty_object",
    }
    assert counts.rejected == (path.stem in refused)


def test_all_files_as_one_stream_lose_nothing():
    data = b"\n".join(path.read_bytes() for path in FILES)
    counts = read_comments([json_file(FIRST + data)]).counts.check()
    assert counts.records_read == data.count(b"\n") + 2
    assert counts.accepted == 1
