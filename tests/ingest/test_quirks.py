"""Quirks of containers that people do have: old line ends, titles above a table, pages of pages, pipes with a name."""

import io
import json
import os
import threading

import pytest

from detector.errors import InputError
from detector.ingest.read import read_comments

ROWS = "\n".join(f"{i},Comment number {i},u{i}" for i in range(3))
RECORDS = [{"id": str(i), "text": f"Comment number {i}", "author_id": f"u{i}"} for i in range(3)]

TABLES = {
    "carriage returns": f"id,text,author_id\n{ROWS}".replace("\n", "\r"),
    "a title": f"Export of comments, 2024\n\nid,text,author_id\n{ROWS}",
    "capitals": f"ID,Comment Text,Author-ID\n{ROWS}",
    "rows end in a delimiter": "id,text,author_id\n" + ROWS.replace("\n", ",\n") + ",",
    "a space before quotes": "id, text, author_id\n" + "\n".join(f'{i}, "Comment number {i}", u{i}' for i in range(3)),
}
DOCUMENTS = {
    "lists on lines": "\n".join(json.dumps([record]) for record in RECORDS),
    "a list of lists": json.dumps([RECORDS[:1], RECORDS[1:]]),
    "deep": json.dumps({"ok": True, "response": {"data": {"items": RECORDS}}}),
    "by id": json.dumps({record["id"]: record for record in RECORDS}),
    "lists of lists of chats": json.dumps({"chats": {"list": [{"name": "a", "messages": RECORDS}]}}),
    "edges": json.dumps({"data": {"edges": [{"node": record} for record in RECORDS]}}),
}


@pytest.mark.parametrize("text", [*TABLES.values(), *DOCUMENTS.values()], ids=[*TABLES, *DOCUMENTS])
def test_all_are_read(text):
    found = read_comments(io.BytesIO(text.encode()))
    assert sorted(found.comments["text"]) == [f"Comment number {i}" for i in range(3)]
    assert sorted(found.comments["author_id"]) == ["u0", "u1", "u2"]
    assert found.counts.records_read == 3


@pytest.mark.parametrize(
    ("encoding", "text"), [("cp1251", "Привет всем! это комментарий"), ("cp950", "這是一條評論的內容，我們在測試")]
)
def test_encodings_of_tables(encoding, text):
    found = read_comments(io.BytesIO(f"id,text\n1,{text}\n2,{text}\n".encode(encoding)))
    assert set(found.comments["text"]) == {text}


def test_a_pipe_with_a_name_is_read_once(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    data = "\n".join(map(json.dumps, RECORDS)).encode()
    writer = threading.Thread(target=path.write_bytes, args=[data], daemon=True)
    writer.start()
    assert read_comments(path).counts.accepted == 3


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"<!DOCTYPE html>\n<html></html>", "web page"),
        (b"a" * 257 + b"ustar\0", "tar archive"),
        (b"SQLite format 3\0", "SQLite"),
    ],
)
def test_what_is_not_read_is_named(data, what):
    with pytest.raises(InputError, match=what):
        read_comments(io.BytesIO(data))


def test_names_of_unknown_columns_are_told():
    assert read_comments(io.BytesIO(b"foo,bar\n1,a\n2,b\n")).unknown_names == ("foo", "bar")
