"""Bytes that are not plain UTF-8 with line feeds: texts are repaired or refused, and lines numbered as by `grep -n`."""

import io
import json
import subprocess

import pytest

from detector.ingest.read import read_comments

FIRST, LAST = '{"id": "first", "text": "first"}', '{"id": "last", "text": "last"}'
LOST = "\ufffd"


def between(line, end=b"\n"):
    """Put a line between two sound ones."""
    return FIRST.encode() + end + line + end + LAST.encode() + end


def of_text(*parts):
    """Make a record of raw bytes."""
    return between(b'{"id": "odd", "text": "' + b"".join(parts) + b'"}')


# what the text reads (or why its line is refused), and how many records were repaired
CASES = {
    "plain UTF-8": (of_text("é 好 👍".encode()), "é 好 👍", 0),
    "a byte order mark at the start": (b"\xef\xbb\xbf" + of_text(b"odd"), "odd", 0),
    "a byte order mark before a later line": (between(b'\xef\xbb\xbf{"id": "odd", "text": "odd"}'), "invalid_json", 0),
    "a byte order mark in a text": (of_text(b"o\xef\xbb\xbfdd"), "o\ufeffdd", 0),
    "Latin-1": (of_text("Élève".encode("latin-1")), f"{LOST}l{LOST}ve", 1),
    "Windows-1252": (of_text("“odd”".encode("cp1252")), f"{LOST}odd{LOST}", 1),
    "KOI8-R": (of_text("да".encode("koi8-r")), LOST * 2, 1),
    "GB18030 whose second byte is a backslash": (of_text(b"\x81\x5c"), "invalid_json", 0),
    "an overlong slash": (of_text(b"\xc0\xaf"), LOST * 2, 1),
    "an overlong NUL": (of_text(b"a\xc0\x80b"), f"a{LOST * 2}b", 1),
    "an overlong quote": (of_text(b"a\xc0\xa2b"), f"a{LOST * 2}b", 1),
    "surrogates as three bytes each": (of_text(b"\xed\xa0\xbd\xed\xb8\x80"), LOST * 6, 1),
    "a character beyond Unicode": (of_text(b"\xf4\x90\x80\x80"), LOST * 4, 1),
    "a character cut off by the end of its text": (of_text(b"a\xe4\xbd"), f"a{LOST}", 1),
    "a continuation byte alone": (of_text(b"a\x80b"), f"a{LOST}b", 1),
    "bytes that no UTF-8 has": (of_text(b"\xfe\xff"), LOST * 2, 1),
    "CRLF": (of_text(b"odd").replace(b"\n", b"\r\n"), "odd", 0),
    "a lone CR between two records": (between(b'{"text": "a"}\r{"text": "b"}'), "invalid_json", 0),
    "a lone CR between key and value": (between(b'{"id": "odd", "text":\r"odd"}'), "odd", 0),
    "a raw CR in a text": (of_text(b"o\rdd"), "invalid_json", 0),
    "a line separator (U+2028)": (of_text("o\u2028dd".encode()), "o\u2028dd", 0),
    "a next line (U+0085)": (of_text("o\u0085dd".encode()), "o\u0085dd", 0),
    "a vertical tab": (of_text(b"o\x0bdd"), "invalid_json", 0),
    "a form feed between records": (between(b'\x0c{"id": "odd", "text": "odd"}'), "invalid_json", 0),
    "NUL as a byte": (of_text(b"o\0dd"), f"o{LOST}dd", 1),
    "NUL as an escape": (of_text(rb"o\u0000dd"), f"o{LOST}dd", 1),
    "half a pair of surrogates": (of_text(rb"o\ud83ddd"), f"o{LOST}dd", 1),
    "the other half": (of_text(rb"o\ude00dd"), f"o{LOST}dd", 1),
    "halves the wrong way round": (of_text(rb"\ude00\ud83d"), LOST * 2, 1),
    "a whole pair of surrogates": (of_text(rb"\ud83d\ude00"), "😀", 0),
    "noncharacters": (of_text("\ufffe\uffff".encode()), "\ufffe\uffff", 0),
}  # fmt: skip


def numbers_of_grep(data, what):
    """Return the numbers of the lines that hold some text, as `grep -n` counts lines."""
    done = subprocess.run(["grep", "-anF", what], input=data, stdout=subprocess.PIPE, env={"LC_ALL": "C"}, check=True)
    return [int(line.split(b":")[0]) for line in done.stdout.splitlines() if line[:1].isdigit()]


@pytest.mark.parametrize(("data", "expected", "n_repaired"), CASES.values(), ids=CASES)
def test_a_line_in_an_odd_encoding_spoils_no_other(data, expected, n_repaired):
    found = read_comments([io.BytesIO(data)])
    counts = found.counts.check()
    assert (counts.records_read, counts.repaired) == (3, n_repaired)
    lines = dict(found.comments.select("id", "source_line").rows())
    for name in ("first", "last"):
        assert [lines[name]] == numbers_of_grep(data, f'"{name}", ')
    if expected == "invalid_json":
        assert found.rejects.select("line", "reason").rows() == [(2, expected)]
        assert data[found.rejects["offset"][0] :].startswith(data.split(b"\n")[1])
    else:
        assert found.comments.filter(id="odd").select("text", "source_line").rows() == [(expected, 2)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_with_its_mark_is_read_and_its_lines_are_numbered_as_text(encoding):
    # ਊ has the byte of a line feed in it, twice.
    lines = [FIRST, json.dumps({"id": "odd", "text": "\u0a0a 好"}, ensure_ascii=False), "no json", LAST]
    text = "\n".join(lines) + "\n"
    found = read_comments([io.BytesIO(("\ufeff" + text).encode(encoding))])
    assert dict(found.comments.select("id", "source_line").rows()) == {"first": 1, "odd": 2, "last": 4}
    assert found.comments.filter(id="odd")["text"].to_list() == ["\u0a0a 好"]
    assert numbers_of_grep(text.encode(), '"last", ') == [4]
    assert found.rejects["line"].to_list() == [3]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_without_a_mark_are_refused_line_by_line(encoding):
    data = FIRST.encode() + b"\n" + f"{FIRST}\n{LAST}\n".encode(encoding)
    found = read_comments([io.BytesIO(data)])
    counts = found.counts.check()
    assert counts.accepted == 1
    assert counts.records_read == data.count(b"\n") + (not data.endswith(b"\n"))


@pytest.mark.parametrize("tail", [b"", b"{", b"{\0\xd8", b"\n"])
def test_utf16_torn_within_a_character_keeps_what_came_before(tail):
    data = "\ufeff".encode("utf-16-le") + f"{FIRST}\n".encode("utf-16-le") + tail
    found = read_comments([io.BytesIO(data)])
    found.counts.check()
    assert found.comments["id"].to_list() == ["first"]
