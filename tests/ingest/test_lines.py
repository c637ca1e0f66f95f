import bz2
import gzip
import io
import lzma

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.errors import InputError, RejectReason
from detector.ingest import lines, streams
from detector.ingest.lines import Block, Fault, read_blocks
from detector.ingest.streams import open_stream, size_of

try:
    from compression import zstd
except ImportError:
    from backports import zstd

COMPRESSORS = {"plain": bytes, "gzip": gzip.compress, "zstd": zstd.compress, "bzip2": bz2.compress, "xz": lzma.compress}


def pieces_of(source, max_line_bytes=2**24):
    with open_stream(source) as stream:
        return list(read_blocks(stream, max_line_bytes))


def lines_of(pieces):
    return [
        (piece.number + i, line)
        for piece in pieces
        if isinstance(piece, Block)
        for i, line in enumerate(piece.data.split(b"\n"))
    ]


@pytest.mark.parametrize("compress", COMPRESSORS.values(), ids=COMPRESSORS)
def test_compression_is_told_by_bytes_not_names(tmp_path, compress):
    path = tmp_path / "misleading.txt"
    path.write_bytes(compress(b"a\nb\n"))
    assert lines_of(pieces_of(path)) == [(1, b"a"), (2, b"b")]


@pytest.mark.parametrize("compress", list(COMPRESSORS.values())[1:], ids=list(COMPRESSORS)[1:])
def test_members_one_after_the_other_are_one_stream(compress):
    assert lines_of(pieces_of(io.BytesIO(compress(b"a\n") + compress(b"b\n")))) == [(1, b"a"), (2, b"b")]


def test_a_zstd_window_of_two_gib_is_read():
    options = {zstd.CompressionParameter.window_log: 30, zstd.CompressionParameter.enable_long_distance_matching: 1}
    compressor = zstd.ZstdCompressor(options=options)
    data = compressor.compress(b"a\nb\n") + compressor.flush()
    assert len(lines_of(pieces_of(io.BytesIO(data)))) == 2


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_a_torn_stream_keeps_what_decoded(compress):
    text = b"".join(b"%d %x\n" % (i, i * 2654435761 % 2**64) for i in range(20_000))
    packed = compress(text)
    pieces = pieces_of(io.BytesIO(packed[: len(packed) // 2]))
    found = lines_of(pieces)
    assert [line for _, line in found] == text.split(b"\n")[: len(found)]
    # zstd gives whole blocks only, gzip all that came before the tear.
    assert len(found) > 1_000
    fault = pieces[-1]
    assert isinstance(fault, Fault)
    assert (fault.reason, fault.number) == (RejectReason.TRUNCATED, len(found) + 1)
    assert fault.head == text[fault.offset :][: min(fault.length, lines.HEAD_BYTES)]


@pytest.mark.parametrize("compress", list(COMPRESSORS.values())[1:], ids=list(COMPRESSORS)[1:])
def test_a_compressed_stream_may_end_or_spoil_anywhere(compress):
    packed = compress(b"a\nb\n" * 50)
    for cut in range(16, len(packed) - 1):
        spoilt = packed[:cut] + bytes([packed[cut] ^ 0x55]) + packed[cut + 1 :]
        for data in (packed[:cut], spoilt):
            pieces = pieces_of(io.BytesIO(data))
            numbers = [number for number, _ in lines_of(pieces)]
            assert numbers == list(range(1, len(numbers) + 1))
            assert sum(isinstance(piece, Fault) for piece in pieces) <= 1
        assert isinstance(pieces_of(io.BytesIO(packed[:cut]))[-1], Fault)


def test_lines_end_at_line_feeds_only():
    text = "a\r\nb\u2028c\u0085d\x0b\x0ce\rf\n\ng".encode()
    assert lines_of(pieces_of(io.BytesIO(text))) == list(enumerate(text.split(b"\n"), 1))


def test_a_byte_order_mark_is_dropped_at_the_start_and_counted_in_offsets():
    pieces = pieces_of(io.BytesIO(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n"))
    assert pieces == [Block(b"a\n\xef\xbb\xbfb", 1, 3)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_read_as_powershell_writes_it(encoding):
    data = "\ufeffé\n好\n".encode(encoding)
    assert [line.decode() for _, line in lines_of(pieces_of(io.BytesIO(data)))] == ["é", "好"]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=12), max_size=12), st.integers(1, 8), st.integers(1, 20))
def test_blocks_cover_the_source_whatever_their_size(parts, block_bytes, max_line_bytes):
    data = b"x" + b"\n".join(parts)  # an x: no magic number, no byte order mark
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "BLOCK_BYTES", block_bytes)
        pieces = pieces_of(io.BytesIO(data), max_line_bytes)
    whole = data.split(b"\n") if not data.endswith(b"\n") else data.split(b"\n")[:-1]
    seen = {}
    for piece in pieces:
        found = piece.data.split(b"\n") if isinstance(piece, Block) else [None]
        offset = piece.offset
        for i, line in enumerate(found):
            number = piece.number + i
            assert number not in seen
            seen[number] = line
            assert line is None or data[offset : offset + len(line)] == line == whole[number - 1]
            offset += 0 if line is None else len(line) + 1
        if isinstance(piece, Fault):
            assert data[piece.offset : piece.offset + piece.length] == whole[piece.number - 1]
            assert piece.length > max_line_bytes
    assert sorted(seen) == list(range(1, len(whole) + 1))


def test_a_line_too_long_to_hold_is_passed_over(monkeypatch):
    monkeypatch.setattr(streams, "BLOCK_BYTES", 1_000)
    long = b"y" * 50_000
    pieces = pieces_of(io.BytesIO(b"a\n" + long + b"\nb\n"), max_line_bytes=5_000)
    assert lines_of(pieces) == [(1, b"a"), (3, b"b")]
    (fault,) = (piece for piece in pieces if isinstance(piece, Fault))
    assert (fault.number, fault.offset, fault.length) == (2, 2, 50_000)
    assert len(fault.head) == lines.HEAD_BYTES


def test_many_short_lines_are_handed_over_in_parts(monkeypatch):
    monkeypatch.setattr(lines, "BLOCK_LINES", 3)
    pieces = pieces_of(io.BytesIO(b"a\nb\nc\nd\n\ne\nf\n"))
    assert [piece.data for piece in pieces] == [b"a\nb\nc", b"d\n\ne", b"f"]
    assert [(piece.number, piece.offset) for piece in pieces] == [(1, 0), (4, 6), (7, 11)]


def test_a_block_finds_its_lines():
    block = Block(b"one\r\ntwo\nthree", 7, 100)
    assert list(block.locate([0, 2])) == [(100, 3, b"one"), (109, 5, b"three")]


@pytest.mark.parametrize(
    ("magic", "word"),
    [(b"PK\x03\x04", "zip"), (b"PAR1", "Parquet"), (b"SQLite format 3\0", "SQLite"), (b"%PDF-1", "PDF")],
)
def test_containers_that_are_not_read_say_so(tmp_path, magic, word):
    path = tmp_path / "dump.jsonl"
    path.write_bytes(magic + b"rest of it")
    with pytest.raises(InputError, match=word) as caught:
        pieces_of(path)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_opened_says_why(tmp_path):
    for source, word in ((tmp_path / "none", "no such file"), (tmp_path, "folder"), ("a\0b", "null byte")):
        with pytest.raises(InputError, match=word):
            size_of(source)
        with pytest.raises(InputError, match=word):
            pieces_of(source)


def test_text_files_are_read_as_bytes_unless_only_they_know_the_encoding(tmp_path):
    path = tmp_path / "dump.jsonl"
    path.write_bytes("é\r\n".encode("latin-1"))
    with open(path, encoding="latin-1", newline="") as file:
        assert lines_of(pieces_of(file)) == [(1, "é\r".encode())]
    with open(path, encoding="utf-8") as file:
        assert lines_of(pieces_of(file)) == [(1, b"\xe9\r")]
    assert lines_of(pieces_of(io.StringIO("é\n"))) == [(1, "é".encode())]
