import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.ingest.containers.dialect import Dialect
from detector.ingest.containers.sniff import HEAD_BYTES, Container, Kind, sniff

RECORD = {"id": "1", "text": "a, b; c", "user": {"id": 7, "tags": [{"id": 1}, {"id": 2}]}}
LINE = json.dumps(RECORD).encode() + b"\n"

LINES = {
    "one": LINE,
    "several": LINE * 5,
    "the first is broken": b'{"id": oops\n' + LINE * 3,
    "a byte order mark, blank lines": b"\xef\xbb\xbf\n\n" + LINE * 2,
    "lists": b"[1]\n[2]\n[3]\n",
    "the head ends in a line": LINE * (HEAD_BYTES // len(LINE) + 1),
}
DOCUMENTS = {
    "list on a line": json.dumps([RECORD] * 3).encode(),
    "an element a line": b"[\n" + b",\n".join([LINE.strip()] * 9) + b"\n]\n",
    "an element a line, commas before": b"[" + b"\n,".join([LINE.strip()] * 9) + b"]\n",
    "pretty list": json.dumps([RECORD] * 3, indent=1).encode(),
    "pretty object": json.dumps(RECORD, indent=4).encode(),
    "pretty objects": (json.dumps(RECORD, indent=2) + "\n").encode() * 3,
    "an archive's": b"window.YTD.tweets.part0 = [\n  {",
    "cut on its only line": json.dumps({"comments": [RECORD] * 9}).encode()[:-30],
    "a line longer than the head": json.dumps({"comments": [RECORD] * 20_000}).encode()[: HEAD_BYTES + 1],
    "empty list": b"[]",
}
TABLES = {
    "commas": (b"id,text\n1,a\n2,b\n", Dialect()),
    "header only": (b"id,text,author\n", Dialect()),
    "semicolons, commas in the texts": (b"id;text\n1;a, b\n2;c, d, e\n", Dialect(";")),
    "tabs": (b'id\ttext\n1\t"a\tb"\n2\tb\n', Dialect("\t")),
    "tabs, quotes mean nothing": (b'id\ttext\n1\t"a\n2\tb\n3\tc\n', Dialect("\t", quote=None)),
    "bars": (b"id|text\n1|a\n", Dialect("|")),
    "Excel": (b"\xef\xbb\xbfsep=;\r\nid;text\r\n1;a\r\n", Dialect(";", n_preamble=1)),
    "line breaks in quotes": (b'id,text\n1,"a\n{b,\nc"\n2,d\n', Dialect()),
    "backslashes": (b'id,text\n1,"a \\"b, c\\" d"\n2,"x"\n', Dialect(escape="\\")),
    "a path is no escape": (b'id,text\n1,"C:\\"\n2,"x ""y"""\n', Dialect()),
    "Windows-1252": ("id,text\n1,caf\xe9 cr\xe8me\n".encode("cp1252"), Dialect(encoding="cp1252")),
    "GB 18030": ("编号,评论内容\n1,你好世界\n".encode("gb18030"), Dialect(encoding="gb18030")),
    "UTF-8 with a bad byte": ("id,text\n1,ééé\n2,".encode() + b"\xff\n", Dialect()),
    "one column": (b"text\nhello\nthere\n", Dialect()),
    "one column with commas": (b"text\nhello, you\nthere\n", Dialect("\x1f")),
    "most rows are broken": (b"id,text\n1\n2\n3,c\n", Dialect()),
    "pandas": (b",id,text\n0,1,a\n1,2,b\n", Dialect()),
    "a quote that is never closed": (b'id,text\n1,"a\n2,b\n3,c\n', Dialect()),
}
UNKNOWN = {
    "nothing": b"",
    "blanks": b" \n\n",
    "prose": b"Dear all,\nplease find, below, what we found.\nBest, me\n",
    "bytes": bytes(range(256)),
    "numbers": b"1,2,3\n4,5,6\n",
    "a page of the web": b"<!DOCTYPE html>\n<html>, <body>\n",
    "JSON values that are no records": b'"a", "b"\n',
}


@pytest.mark.parametrize("data", LINES.values(), ids=LINES)
def test_json_lines(data):
    assert sniff(data) == Container(Kind.LINES)


@pytest.mark.parametrize("data", DOCUMENTS.values(), ids=DOCUMENTS)
def test_documents(data):
    assert sniff(data) == Container(Kind.DOCUMENTS)


@pytest.mark.parametrize(("data", "dialect"), TABLES.values(), ids=TABLES)
def test_tables(data, dialect):
    assert sniff(data) == Container(Kind.TABLE, dialect)


@pytest.mark.parametrize("data", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_none_of_them(data):
    assert sniff(data) == Container(Kind.UNKNOWN)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='a,;"\n\t|{}[]\\=', max_size=60).map(str.encode))
def test_anything_has_an_answer(data):
    container = sniff(data)
    assert (container.kind is Kind.TABLE) == (container.dialect is not None)
