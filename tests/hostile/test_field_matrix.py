"""Every field with a value of every type: what is kept, what cannot be used, and what becomes of the record."""

import io
import json

import pytest

from detector.errors import RejectReason, SkipReason
from detector.ingest.decode import FIELDS
from detector.ingest.read import read_comments

VALUES = {
    "absent": ..., "null": None, "true": True, "int": 7, "float": 7.5, "string": "7", "array": ["7"], "object": {"7": 7}
}  # fmt: skip
BAD = "!"
"""The value cannot be used: it is counted as unreadable, and the field is as if it were absent."""
MADE = "made-"
REPOST, NOTHING = SkipReason.REPOST, SkipReason.NOT_A_COMMENT
NO_TEXT, FOREIGN = RejectReason.NO_TEXT_FIELD, RejectReason.TEXT_NOT_A_STRING
LABEL = [None, None, BAD, "7", BAD, "7", BAD, BAD]
COUNT = [None, None, BAD, 7, BAD, 7, BAD, BAD]
TIME = [None, None, BAD, BAD, BAD, BAD, BAD, BAD]

#                          absent   null     true     int      float    string   array    object
MATRIX = {
    "id":                  [MADE,    MADE,    BAD,     "7",     BAD,     "7",     BAD,     BAD],
    "platform":            ["other", "other", BAD,     "other", BAD,     "other", BAD,     BAD],
    "text":                [NO_TEXT, NOTHING, FOREIGN, FOREIGN, FOREIGN, "7",     FOREIGN, FOREIGN],
    "created_at":           TIME,
    "created_at_precision": ["s",    "s",     BAD,     "s",     BAD,     "s",     BAD,     BAD],
    "author_id":            LABEL,
    "author_handle":        LABEL,
    "author_name":          LABEL,
    "author_created_at":    TIME,
    "author_followers":     COUNT,
    "author_following":     COUNT,
    "author_posts":         COUNT,
    "author_verified":     [None,    None,    True,    BAD,     BAD,     BAD,     BAD,     BAD],
    "target":              [None,    None,    BAD,     "x:7",   BAD,     "x:7",   BAD,     BAD],
    "target_group":         LABEL,
    "parent_id":            LABEL,
    "conversation_id":      LABEL,
    "repost_of":           [None,    None,    BAD,     REPOST,  BAD,     REPOST,  BAD,     BAD],
    "url":                  LABEL,
    "lang":                 LABEL,
    "like_count":           COUNT,
    "collected_at":        [...] * 8,  # read, but no column of comments
}  # fmt: skip


def test_the_matrix_knows_every_field():
    assert set(MATRIX) == set(FIELDS)


def record_with(name, kind):
    record = {"text": "a comment", "platform": "x", "created_at": "2023-10-20T02:14:07Z"}
    record.pop(name, None)
    return record if kind == "absent" else record | {name: VALUES[kind]}


@pytest.mark.parametrize("name", MATRIX)
def test_a_field_of_every_type_is_kept_or_counted(name):
    for kind, expected in zip(VALUES, MATRIX[name], strict=True):
        record = record_with(name, kind)
        line = json.dumps(record).encode() + b"\n"
        # Beside plain lines of its like, a record takes the fast way or falls out of it.
        plain = json.dumps({"text": "plain", "platform": "x"}).encode() + b"\n"
        for found in (read_comments([io.BytesIO(line)]), read_comments([record]), beside(plain, line)):
            counts = found.counts
            if isinstance(expected, SkipReason):
                assert counts.skipped_by_reason == {expected: 1}, kind
            elif isinstance(expected, RejectReason):
                assert counts.rejected_by_reason == {expected: 1}, kind
            else:
                assert counts.skipped == counts.rejected == 0
                assert counts.unreadable_by_field == ({name: 1} if expected == BAD else {}), kind
                [comment] = found.comments.filter(text=record["text"]).to_dicts()
                kept = MATRIX[name][0] if expected == BAD else expected
                if kept == MADE:
                    assert comment["id"].startswith(MADE)
                elif kept is not ...:
                    assert comment[name] == kept, kind


def beside(plain, line):
    return read_comments([io.BytesIO(plain * 20 + line + plain * 20)])


def test_fields_of_other_names_are_passed_over():
    extra = {"Text": 5, "weather": {"id": 1}, "": None, "id ": [1], "text\u0000": "x"}
    alone = read_comments([{"text": "a comment"}]).comments
    found = read_comments([io.BytesIO(json.dumps({"text": "a comment"} | extra).encode())])
    assert found.counts.unreadable_by_field == {}
    assert found.comments.drop("source_file", "source_line").equals(alone.drop("source_file", "source_line"))
