import csv
import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.config import IngestConfig
from detector.errors import RejectReason
from detector.ingest import streams
from detector.ingest.containers import tables
from detector.ingest.containers.dialect import Dialect
from detector.ingest.containers.rows import Rows, name_columns
from detector.ingest.containers.sniff import sniff
from detector.ingest.containers.tables import read_rows
from detector.ingest.lines import Fault
from detector.ingest.streams import ByteStream

SMALL = b'id,text,who\r\n1,"two\r\nlines",a\r\n2,plain,b\r\n3,"with ""quotes"", and",c\r\n'


def read(data, dialect=None, **settings):
    stream = ByteStream(io.BytesIO(data), "x")
    pieces = list(read_rows(stream, IngestConfig(**settings), dialect or sniff(data).dialect))
    rows = [row for piece in pieces if isinstance(piece, Rows) for row in piece.rows]
    numbers = [number for piece in pieces if isinstance(piece, Rows) for number in piece.numbers]
    faults = [(piece.reason, piece.number) for piece in pieces if isinstance(piece, Fault)]
    return rows, numbers, faults, pieces


def written(rows, **settings):
    file = io.StringIO()
    csv.writer(file, **settings).writerows(rows)
    return file.getvalue().encode()


CELLS = st.text(alphabet='ab ,;"\n\t\\é\u2028', max_size=6)


@settings(deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS), max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 40),
)
def test_rows_are_those_of_the_csv_module(rows, delimiter, line_end, block_bytes):
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    data = written([("id", "text"), *rows], delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "BLOCK_BYTES", block_bytes)
        found, _, faults, pieces = read(data, Dialect(delimiter))
    assert faults == []
    assert found == [list(row) for row in rows]
    for piece in pieces:
        for row, number, offset, length in zip(piece.rows, piece.numbers, piece.offsets, piece.lengths, strict=True):
            here = data[offset : offset + length].decode()
            assert next(csv.reader(io.StringIO(here, newline=""), delimiter=delimiter)) == row
            assert number == data[:offset].count(b"\n") + 1


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_a_table_cut_anywhere_keeps_its_whole_rows(line_end):
    data = SMALL.replace(b"\r\n", line_end)
    whole = [row for row, _ in zip(*read(data)[:2], strict=True)]
    ends = [data.index(b",a") + 2, data.index(b",b") + 2, data.index(b",c") + 2]
    for cut in range(data.index(b"1,"), len(data) + 1):
        rows, _, faults, _ = read(data[:cut], Dialect())
        n_whole = sum(end <= cut for end in ends)
        assert rows[:n_whole] == whole[:n_whole], cut
        # A last row with all its cells cannot be told from a whole one.
        torn_but_full = [row for row in rows[n_whole:] if len(row) == 3]
        assert len(rows) - n_whole == len(torn_but_full) <= 1
        begins = max([0, *(end + len(line_end) for end in ends if end <= cut)]) or data.index(b"1,")
        is_torn = data[begins:cut].strip() != b"" and not torn_but_full
        assert [reason for reason, _ in faults] == [RejectReason.TRUNCATED] * is_torn, (cut, data[:cut])


def test_rows_with_another_number_of_cells_are_refused_and_say_so():
    rows, _, faults, pieces = read(b"id,text\n1,a\n2\n\n3,b,c\nid,text\n4,d\n")
    assert rows == [["1", "a"], ["4", "d"]]
    assert faults == [(RejectReason.BAD_ROW, 3), (RejectReason.BAD_ROW, 5), (RejectReason.BAD_ROW, 6)]
    assert [piece.detail for piece in pieces if isinstance(piece, Fault)][:2] == [
        "1 cells, not 2 as the header has",
        "3 cells, not 2 as the header has",
    ]
    assert sum(piece.n_blank for piece in pieces if isinstance(piece, Rows)) == 1


@pytest.mark.parametrize("block_bytes", [10, 50, 2**20])
def test_a_quote_that_is_never_closed_spoils_its_line_only(monkeypatch, block_bytes):
    monkeypatch.setattr(streams, "BLOCK_BYTES", block_bytes)
    data = b'id,text\n1,"never closed\n2,b\n3,c\n'
    rows, numbers, faults, _ = read(data)
    assert rows == [["2", "b"], ["3", "c"]]
    assert numbers == [3, 4]
    assert faults == [(RejectReason.BAD_ROW, 2)]
    # Also where a later quote seems to close it.
    rows, _, faults, _ = read(data + b'4,"d, e"\n5,f\n')
    assert rows == [["2", "b"], ["3", "c"], ["4", "d, e"], ["5", "f"]]
    assert faults == [(RejectReason.BAD_ROW, 2)]


def test_a_row_that_grows_too_long_is_left_at_its_first_line(monkeypatch):
    monkeypatch.setattr(streams, "BLOCK_BYTES", 64)
    data = b'id,text\n1,"never closed\n' + b"".join(b"%d,x\n" % i for i in range(2, 100))
    rows, _, faults, _ = read(data, max_line_bytes=100)
    assert [row[0] for row in rows] == [str(i) for i in range(2, 100)]
    assert faults == [(RejectReason.BAD_ROW, 2)]


def test_quotes_never_closed_on_every_line_take_no_more_than_their_share(monkeypatch):
    monkeypatch.setattr(tables, "_WASTE_BYTES", 1_000)
    read_again = []
    monkeypatch.setattr(
        tables._Table, "_rows_from", lambda self, texts, at, found, real=tables._Table._rows_from: (
            read_again.append(len(texts) - at), real(self, texts, at, found))[1],
    )  # fmt: skip
    data = b"id,text\n" + b'x","y\n' * 3_000
    _, _, faults, _ = read(data, Dialect())
    assert len(faults) == 3_001 - tables._MAX_TORN_LINES
    assert sum(read_again) < 20 * 3_000


def test_names_are_made_fit_for_use():
    assert name_columns(["\ufeff id ", "text", "", "text", "text_2", '"a"']) == (
        "id", "text", "column_3", "text_2", "text_2_2", "a",
    )  # fmt: skip


def test_bytes_that_are_no_text_are_replaced_and_marked():
    rows, _, _, pieces = read(b"id,text\n1,\xc3\xa9\xc3\xa9\xc3\xa9\n2,\xff\n3,\0\n4,\xef\xbf\xbd\n")
    assert rows == [["1", "ééé"], ["2", "\ufffd"], ["3", "\ufffd"], ["4", "\ufffd"]]
    assert pieces[0].repaired == {1, 2}


def test_a_long_cell_is_read_and_the_limit_of_the_csv_module_is_left_alone():
    before = csv.field_size_limit()
    rows, _, faults, _ = read(b"id,text\n1," + b"x" * 300_000 + b"\n")
    assert (len(rows[0][1]), faults, csv.field_size_limit()) == (300_000, [], before)


def test_a_line_too_long_to_hold_is_told():
    rows, _, faults, _ = read(b"id,text\n1," + b"x" * 3_000 + b"\n2,b\n", Dialect(), max_line_bytes=1_000)
    assert rows == [["2", "b"]]
    assert faults == [(RejectReason.LINE_TOO_LONG, 2)]


def test_a_torn_stream_tells_its_tail():
    packed = gzip.compress(b"id,text\n" + b"".join(b"%d,%d\n" % (i, i * 2654435761 % 2**32) for i in range(5_000)))
    rows, _, faults, _ = read(packed[: len(packed) // 2], Dialect())
    assert len(rows) > 1_000
    assert faults == [(RejectReason.TRUNCATED, len(rows) + 2)]
