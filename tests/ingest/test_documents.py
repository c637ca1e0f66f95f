import gzip
import io
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.config import IngestConfig
from detector.errors import RejectReason
from detector.ingest import streams
from detector.ingest.containers import cutter, pages
from detector.ingest.containers.documents import read_items
from detector.ingest.containers.items import Items
from detector.ingest.containers.soundness import is_json
from detector.ingest.lines import Fault
from detector.ingest.streams import ByteStream

VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='ab"\\[]{},\n é', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='k"{', max_size=3), inner, max_size=3),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(alphabet='k"{', max_size=3), VALUES, max_size=3)
BLOCKS = st.integers(1, 60)


def pieces_of(data, **settings):
    return list(read_items(ByteStream(io.BytesIO(data), "x"), IngestConfig(**settings)))


def read(data, block_bytes=None, **settings):
    """Return the values, with their places checked, and the faults."""
    with pytest.MonkeyPatch.context() as patch:
        if block_bytes:
            patch.setattr(streams, "BLOCK_BYTES", block_bytes)
        pieces = pieces_of(data, **settings)
    values, faults = [], []
    for piece in pieces:
        if isinstance(piece, Fault):
            assert data[piece.offset : piece.offset + piece.length].startswith(piece.head)
            assert piece.number == data[: piece.offset].count(b"\n") + 1
            faults.append((piece.reason, piece.number))
            continue
        for value, number, (offset, length, here) in zip(
            piece.values, piece.numbers, piece.locate(range(len(piece.values))), strict=True
        ):
            assert here == value
            assert number == data[:offset].count(b"\n") + 1
            assert offset + length <= len(data)
            values.append(value)
    return values, faults


def records(values, *path):
    """Return the elements of the list to which keys lead in each page."""
    found = []
    for value in values:
        inner = json.loads(value)
        for key in path:
            inner = inner[key]
        found += inner
    return found


@settings(deadline=None)
@given(st.lists(VALUES, max_size=6), st.sampled_from([None, 0, 2]), st.booleans(), BLOCKS)
def test_a_list_comes_as_its_elements(values, indent, is_ascii, block_bytes):
    data = json.dumps(values, indent=indent, ensure_ascii=is_ascii).encode()
    found, faults = read(data, block_bytes)
    assert [json.loads(value) for value in found] == values
    assert faults == []


@settings(deadline=None)
@given(
    st.lists(OBJECTS, max_size=5),
    st.sampled_from([None, 2]),
    st.sampled_from(["", "\n", " \n\n", ",\n", "\x1e"]),
    BLOCKS,
)
def test_objects_one_after_the_other(values, indent, between, block_bytes):
    data = between.join(json.dumps(value, indent=indent) for value in values).encode()
    found, faults = read(data, block_bytes)
    assert [json.loads(value) for value in found] == values
    assert faults == []


@pytest.mark.parametrize("start", [b"window.YTD.tweets.part0 = ", b"\xef\xbb\xbf", b"\n\n", b"const a=", b"callback("])
@pytest.mark.parametrize("block_bytes", [1, 7, 2**20])
def test_what_may_stand_before_a_document_is_passed_over(start, block_bytes):
    end = b");\n" if start.endswith(b"(") else b"\n"
    assert read(start + b'[{"a": 1},\n {"a": 2}]' + end, block_bytes) == ([b'{"a": 1}', b'{"a": 2}'], [])


def test_lists_one_after_the_other_and_among_objects():
    assert read(b'[1, 2]\n[]\n[3]{"a": 4}[{"a": 5}]')[0] == [b"1", b"2", b"3", b'{"a": 4}', b'{"a": 5}']


@pytest.mark.parametrize("block_bytes", [1, 5, 2**20])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_cut_anywhere_keeps_its_whole_elements(indent, block_bytes):
    values = [{"id": i, "text": 'é "[', "user": {"tags": [1, {}]}} for i in range(3)]
    data = json.dumps(values, indent=indent, ensure_ascii=False).encode()
    pieces = [piece for piece in pieces_of(data) if isinstance(piece, Items)]
    ends = [offset + length for piece in pieces for offset, length, _ in piece.locate(range(len(piece.values)))]
    for cut in range(1, len(data)):
        found, faults = read(data[:cut], block_bytes)
        assert [json.loads(value) for value in found] == values[: sum(end <= cut for end in ends)], cut
        assert [reason for reason, _ in faults] == [RejectReason.TRUNCATED], cut


@pytest.mark.parametrize("indent", [None, 1])
def test_a_page_cut_anywhere_keeps_its_whole_elements(indent):
    outer = {"name": "é", "id": 5, "messages": [{"id": i, "text": [{"a": "]"}, "b"]} for i in range(3)], "last": {}}
    data = json.dumps(outer, indent=indent, ensure_ascii=False).encode()
    ends = [match.end() for match in re.finditer(rb'"b"\s*\]\s*\}', data)]
    for cut in range(1, len(data)):
        found, faults = read(data[:cut])
        n_whole = sum(end <= cut for end in ends)
        assert (records(found, "messages") if n_whole else []) == outer["messages"][:n_whole], cut
        assert all(json.loads(value)["name"] == "é" for value in found if n_whole)
        assert [reason for reason, _ in faults] == [RejectReason.TRUNCATED], cut


BROKEN = {
    "no JSON": (b'{"id": 2, "x": nope}', 1),
    "a brace missing": (b'{"id": 2, "x": {"y": 1}', 1),
    "a bracket missing": (b'{"id": 2, "x": [1, 2}', 1),
    "a quote missing": (b'{"id": 2, "x": "1}', 1),
    "a quote too many": (b'{"id": 2, "x": "1""}', 1),
    "half of it": (b'{"id": 2, "x', 1),
}


@pytest.mark.parametrize(("broken", "n_faults"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("block_bytes", [3, 2**20])
def test_a_broken_element_of_a_list_spoils_no_other(broken, n_faults, block_bytes):
    data = b'[\n{"id": 1},\n' + broken + b',\n{"id": 3},\n{"id": 4}\n]'
    found, _ = read(data, block_bytes)
    sound = [value for value in found if is_json(value)]
    assert sound == [b'{"id": 1}', b'{"id": 3}', b'{"id": 4}']
    assert len(found) - len(sound) == n_faults


@pytest.mark.parametrize("broken", [b'{"id": 2, "x": nope}', b'{"id": 2, "x": {"y": 1}', b'{"id": 2, "x": "1}'])
def test_a_broken_element_of_a_page_spoils_no_other(broken):
    data = b'{"name": "n", "data": [\n{"id": 1},\n' + broken + b',\n{"id": 3},\n{"id": 4}\n]}'
    found, faults = read(data)
    assert records(found, "data") == [{"id": 1}, {"id": 3}, {"id": 4}]
    assert json.loads(found[0])["name"] == "n"
    assert (RejectReason.INVALID_JSON, 3) in faults


def test_a_broken_object_among_others_spoils_no_other():
    parts = [b'{\n "id": 1\n}', b'{\n "id": 2,\n "x": [\n', b'{\n "id": 3\n}', b'{\n "id": 4\n}']
    found, _ = read(b"\n".join(parts))
    assert [value for value in found if is_json(value)] == [parts[0], parts[2], parts[3]]


def test_elements_broken_again_and_again_take_no_more_than_their_share(monkeypatch):
    fed = []
    monkeypatch.setattr(
        cutter.Scanner,
        "feed",
        lambda self, chunk, real=cutter.Scanner.feed: (fed.append(len(chunk)), real(self, chunk))[1],
    )
    data = b"[" + b",".join([b'{"id": 1, "x": {"y": 1}'] * 3_000) + b"]"
    found, _ = read(data)
    assert len(found) >= 2_999
    assert sum(fed) < 100 * len(data)


@pytest.mark.parametrize("whole_bytes", [50, 4 * 2**20])
def test_damaged_documents_are_told_in_their_places(monkeypatch, whole_bytes):
    monkeypatch.setattr(cutter, "WHOLE_BYTES", whole_bytes)
    rng = random.Random(5)
    outer = {"name": "x", "data": [{"id": i, "text": 'a"b', "c": [{"id": 1}]} for i in range(6)], "y": 1}
    page = json.dumps(outer, indent=1).encode()
    for sound in (page, page[page.index(b"[") : page.rindex(b"]") + 1]):
        for _ in range(300):
            data = bytearray(sound)
            for _ in range(rng.randint(1, 4)):
                place, kind = rng.randrange(len(data)), rng.randrange(3)
                if kind == 0:
                    data[place] ^= 1 << rng.randrange(8)
                elif kind == 1:
                    del data[place : place + rng.randint(1, 30)]
                else:
                    data.insert(place, rng.choice(b'"\\[]{},\n:'))
            for piece in pieces_of(bytes(data)):
                places = (
                    [(piece.number, piece.offset)]
                    if isinstance(piece, Fault)
                    else zip(piece.numbers, piece.offsets, strict=True)
                )
                for number, offset in places:
                    assert number == data[:offset].count(b"\n") + 1
                if isinstance(piece, Fault):
                    assert data[piece.offset : piece.offset + piece.length].startswith(piece.head)


def test_what_nests_without_end_is_cut_out_like_all_else():
    deep = b"[" * 100_000
    closed = deep + b"]" * 100_000
    assert read(b'[{"a": ' + closed + b'}, {"b": 1}]') == ([b'{"a": ' + closed + b"}", b'{"b": 1}'], [])
    assert read(b'{"a": ' + closed + b'}\n{"b": 1}') == ([b'{"a": ' + closed + b"}", b'{"b": 1}'], [])
    for data in (deep, b'{"a": ' + deep, b'{"a": [{"b": ' + deep):
        assert read(data) == ([], [(RejectReason.TRUNCATED, 1)])
    page = b'{"data": [{"id": 1}, {"id": 2, "a": ' + closed + b'}, {"id": 3}], "x": 1}'
    found, faults = read(page)
    assert records(found, "data") == [{"id": 1}, {"id": 3}]
    assert faults == [(RejectReason.TOO_DEEP, 1)]


def test_data_after_the_end_is_told():
    assert read(b'[{"a": 1}]\n<html>oops</html>\n') == ([b'{"a": 1}'], [(RejectReason.INVALID_JSON, 2)])
    assert read(b'{"a": 1}\n' + b"x" * 2_000, 100)[1] == [(RejectReason.INVALID_JSON, 2)]
    assert read(b"no JSON at all")[1] == [(RejectReason.INVALID_JSON, 1)]
    assert read(b"") == read(b" \n") == ([], [])


@pytest.mark.parametrize("block_bytes", [10, 2**20])
def test_an_item_too_long_is_passed_over(block_bytes):
    long = b'{"b": "' + b"y" * 5_000 + b'"}'
    for data in (b'[{"a": 1},\n' + long + b',\n{"a": 2}]', b'{"a": 1}\n' + long + b'\n{"a": 2}'):
        found, faults = read(data, block_bytes, max_line_bytes=1_000)
        assert [json.loads(value) for value in found] == [{"a": 1}, {"a": 2}]
        assert faults == [(RejectReason.LINE_TOO_LONG, 2)]


def test_a_torn_stream_tells_its_tail():
    values = [{"id": i, "text": random.Random(i).randbytes(20).hex()} for i in range(2_000)]
    packed = gzip.compress(json.dumps(values).encode())
    pieces = pieces_of(packed[: len(packed) // 2])
    found = [json.loads(value) for piece in pieces if isinstance(piece, Items) for value in piece.values]
    assert len(found) > 500
    assert found == values[: len(found)]
    assert [piece.reason for piece in pieces if isinstance(piece, Fault)] == [RejectReason.TRUNCATED]


@pytest.fixture
def small_pages(monkeypatch):
    """Sizes a thousandth of what they are."""
    monkeypatch.setattr(cutter, "WHOLE_BYTES", 4_000)
    monkeypatch.setattr(pages, "PAGE_BYTES", 1_000)
    monkeypatch.setattr(pages, "_LARGE_BYTES", 64)
    monkeypatch.setattr(pages, "HELD_BYTES", 6_000)
    monkeypatch.setattr(pages, "_CHUNK_BYTES", 500)


def comments(first, n):
    return [{"id": i, "text": f'text "{i}" [é]', "tags": [{"t": 1}]} for i in range(first, first + n)]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("n", [70, 400])
def test_a_long_list_comes_in_pages_with_all_that_surrounds_it(indent, n):
    outer = {"id": "v", "formats": [{"f": 1}] * 4, "comments": comments(0, n), "webpage_url": "u", "n": [1.5, 2**63]}
    data = json.dumps(outer, indent=indent, ensure_ascii=False).encode()
    found, faults = read(data + b"\n" + json.dumps({"id": "w"}).encode(), 300)
    assert faults == []
    assert json.loads(found.pop()) == {"id": "w"}
    assert len(found) > n // 40
    assert all({**json.loads(page), "comments": 0} == {**outer, "comments": 0} for page in found)
    assert records(found, "comments") == outer["comments"]
    assert max(map(len, found)) < 2_500


@pytest.mark.usefixtures("small_pages")
def test_pages_of_chats_hold_every_message_once():
    chats = [
        {"id": i, "name": f"c{i}", "messages": comments(1_000 * i, n)} for i, n in enumerate([3, 90, 0, 2, 200, 4])
    ]
    left = [{"id": 9, "messages": comments(9_000, 5)}]
    outer = {
        "about": "a",
        "contacts": {"list": [{"name": "x"}]},
        "chats": {"about": "b", "list": chats},
        "left_chats": {"list": left},
    }
    data = json.dumps(outer, indent=1, ensure_ascii=False).encode()
    found, faults = read(data, 700)
    assert faults == []
    messages = []
    for page in map(json.loads, found):
        assert (page["about"], page["chats"]["about"], page["contacts"]) == ("a", "b", outer["contacts"])
        for chat in page["chats"]["list"] + page["left_chats"]["list"]:
            messages += [(chat["id"], message["id"]) for message in chat["messages"]]
    expected = [(chat["id"], message["id"]) for chat in chats + left for message in chat["messages"]]
    assert sorted(messages) == expected
    assert max(map(len, found)) < 4_000


@pytest.mark.usefixtures("small_pages")
def test_what_is_looked_up_is_in_every_page_even_if_it_is_longer():
    outer = {"data": comments(0, 100), "includes": {"users": comments(0, 150)}, "meta": {"n": 1}}
    found, faults = read(json.dumps(outer).encode())
    assert faults == []
    assert records(found, "data") == outer["data"]
    assert all(json.loads(page)["includes"] == outer["includes"] for page in found)


@pytest.mark.usefixtures("small_pages")
def test_a_large_page_torn_within_a_chat_keeps_what_came_before():
    chats = [{"id": i, "messages": comments(1_000 * i, 90)} for i in range(3)]
    data = json.dumps({"about": "a", "chats": {"list": chats}}).encode()
    found, faults = read(data[: data.index(b'"id": 2050')])
    kept = [message["id"] for chat in records(found, "chats", "list") for message in chat["messages"]]
    assert kept == [1_000 * i + j for i in range(3) for j in range(90) if (i, j) < (2, 50)]
    assert [reason for reason, _ in faults] == [RejectReason.TRUNCATED]


@pytest.mark.usefixtures("small_pages")
def test_a_large_object_that_wraps_nothing_is_whole_or_too_long():
    data = json.dumps({"text": "x" * 20_000}).encode()
    assert read(data) == ([data], [])
    assert read(data, max_line_bytes=10_000) == ([], [(RejectReason.LINE_TOO_LONG, 1)])


def test_memory_stays_small_whatever_the_document(tmp_path):
    message = json.dumps({"id": 1, "type": "message", "text": "x" * 300}).encode()
    path = Path(tmp_path / "result.json")
    with path.open("wb") as file:
        file.write(b'{"name": "n", "messages": [')
        for _ in range(500):
            file.write((message + b",\n") * 1_000)
        file.write(message + b'], "last": 1}')
    assert path.stat().st_size > 160 * 2**20
    script = (
        "import resource, sys\n"
        "from detector.config import IngestConfig\n"
        "from detector.ingest.containers.documents import read_items\n"
        "from detector.ingest.streams import open_stream\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "with open_stream(sys.argv[1]) as stream:\n"
        "    n = sum(piece.values[0].count(b'message\"') for piece in read_items(stream, IngestConfig()))\n"
        "print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    run = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    n_found, kilobytes = map(int, run.stdout.split())
    assert n_found > 0
    assert kilobytes < 400 * 1024
