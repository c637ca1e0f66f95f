"""Tables of separated values to rows, each with its place; a quote that is never closed spoils a line, not the file."""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from detector.config import IngestConfig
from detector.errors import RejectReason
from detector.ingest.containers.dialect import Dialect, long_cells
from detector.ingest.containers.rows import Rows, name_columns
from detector.ingest.lines import HEAD_BYTES, Block, Fault, read_blocks
from detector.ingest.streams import ByteStream

_WASTE_BYTES = 64 * 2**20
"""Read again after quotes that are never closed, beyond what grows with the source."""


def read_rows(stream: ByteStream, config: IngestConfig, dialect: Dialect) -> Iterator[Rows | Fault]:
    """Read a table.

    Parameters
    ----------
    stream
        The source.
    config
        How long a row may be.
    dialect
        How it is written, as `sniff` tells.

    Yields
    ------
    Rows or Fault
        In the order of the source. A row that has not as many cells as the header is a `Fault`.
    """
    table = _Table(config.max_line_bytes, dialect)
    for block in read_blocks(stream, config.max_line_bytes):
        if isinstance(block, Fault):
            yield from table.close("the next line is too long or torn")
            yield block
        else:
            yield from table.read(block)
    yield from table.close("the source ends before its last row")


@dataclass
class _Found:
    """What some lines hold: rows from a line up to another, and lines that are none."""

    rows: list[list[str]] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    spoilt: list[tuple[int, int, RejectReason, str]] = field(default_factory=list)
    n_blank: int = 0
    header: tuple[int, int] | None = None


class _Table:
    """A table as far as it has been read."""

    def __init__(self, max_bytes: int, dialect: Dialect) -> None:
        self._max_bytes = max_bytes
        self._dialect = dialect
        self._names: tuple[str, ...] | None = None
        self._header: list[str] = []
        self._n_preamble = dialect.n_preamble
        self._held: list[bytes] = []  # lines of a row that is still open
        self._number, self._offset = 1, 0  # of the first line held
        self._credit = _WASTE_BYTES
        self._is_simple = True  # as far as is known: a row a line

    def read(self, block: Block) -> Iterator[Rows | Fault]:
        """Yield the rows that end in a block."""
        if not self._held:
            self._number, self._offset = block.number, block.offset
        self._credit += 2 * len(block.data)
        yield from self._take([*self._held, *block.data.split(b"\n")], torn=None, is_cut=block.is_open)

    def close(self, torn: str) -> Iterator[Rows | Fault]:
        """Yield what is left when no line follows that could close the last row."""
        if self._held:
            yield from self._take(self._held, torn=torn, is_cut=True)

    def _take(self, lines: list[bytes], torn: str | None, *, is_cut: bool) -> Iterator[Rows | Fault]:
        offsets = list(itertools.accumulate((len(line) + 1 for line in lines), initial=self._offset))
        texts, repaired = self._decoded(lines)
        found = _Found()
        skipped = min(self._n_preamble, len(texts))
        self._n_preamble -= skipped
        with long_cells(self._max_bytes):
            held = self._split(texts, skipped, offsets, found, torn)
        if is_cut and held == len(texts):
            _mark_cut(found, len(texts))
        yield from self._placed(lines, offsets, found, repaired)
        self._held = lines[held:]
        self._number += held
        self._offset = offsets[held]

    def _decoded(self, lines: list[bytes]) -> tuple[list[str], set[int]]:
        """Return lines as text, each with its line feed, and those in which bytes had to be replaced."""
        data = b"\n".join(lines) + b"\n"
        repaired: set[int] = set()
        try:
            text = data.decode(self._dialect.encoding)
        except UnicodeDecodeError:
            texts = [line.decode(self._dialect.encoding, "replace") for line in lines]
            repaired = {i for i, line in enumerate(texts) if "\ufffd" in line and _NO_CHARACTER not in lines[i]}
            text = "\n".join(texts) + "\n"
        # A carriage return alone would end a row in the middle of a line.
        text = text.replace("\r\n", "\n").replace("\r", " ")
        if "\0" in text:
            repaired |= {i for i, line in enumerate(lines) if b"\0" in line}
            text = text.replace("\0", "\ufffd")
        return list(io.StringIO(text, newline="\n")), repaired

    def _split(self, texts: list[str], at: int, offsets: list[int], found: _Found, torn: str | None) -> int:
        """Split lines into rows; return the first line of a row that is still open."""
        while at < len(texts):
            # Without credit, a row has to end on its line.
            end = len(texts) if self._credit > 0 else at + 1
            first, read_to, problem = self._rows_from(texts[:end] if end < len(texts) else texts, at, found)
            at = first + 1 if problem else first
            if problem is None:
                continue
            size = offsets[read_to] - offsets[first]
            if problem is _OPEN and torn is None and size <= min(self._max_bytes, self._credit):
                return first
            self._credit -= size
            reason = RejectReason.BAD_ROW
            if offsets[first + 1] - offsets[first] > self._max_bytes:
                reason, problem = RejectReason.LINE_TOO_LONG, f"longer than {self._max_bytes} bytes"
            elif problem is _OPEN and torn is not None and self._is_torn(texts[first:]):
                reason, problem, at = RejectReason.TRUNCATED, torn, len(texts)
            found.spoilt.append((first, at, reason, problem))
        return len(texts)

    def _rows_from(self, texts: list[str], at: int, found: _Found) -> tuple[int, int, str | None]:
        """Read rows until one has a problem; return its line, how far was read, and the problem."""
        if self._is_simple and self._names and not found.spoilt and self._has_simple_rows(texts, at, found):
            return len(texts), len(texts), None
        first = end = at
        reader = self._dialect.reader(itertools.chain(texts[at:], ("",)))
        try:
            for row in reader:
                end = at + reader.line_num
                if end > len(texts):  # the empty line behind the last became part of a row, unless it is one itself
                    return first, len(texts), _OPEN if first < len(texts) else None
                if end - first > 1 and self._credit > 0 and not self._is_well_quoted(texts[first:end]):
                    return first, end, "a quote is not closed on this line, nor where the next one stands"
                is_header = self._names is None
                self._sort_in(row, first, end, found)
                first = end
                if is_header and self._names:
                    return first, end, None
        except csv.Error as error:
            return first, min(at + reader.line_num, len(texts)), str(error)
        return first, end, None

    def _has_simple_rows(self, texts: list[str], at: int, found: _Found) -> bool:
        """Take all lines from one on at once if each is a row."""
        reader = self._dialect.reader(itertools.chain(texts[at:] if at else texts, ("",)))
        try:
            rows = list(reader)
        except csv.Error:
            return False
        # The empty line behind the last is a row of its own, unless a quote is open.
        self._is_simple = reader.line_num == len(rows) and not rows.pop()
        if not self._is_simple:
            return False
        n_cells, first_name = len(self._header), self._header[0]
        if all(len(row) == n_cells and row[0].strip() and row[0] != first_name for row in rows):
            found.rows += rows
            found.firsts += range(at, len(texts))
            found.ends += range(at + 1, len(texts) + 1)
        else:
            for i, row in enumerate(rows, at):
                self._sort_in(row, i, i + 1, found)
        return True

    def _sort_in(self, row: list[str], first: int, end: int, found: _Found) -> None:
        if not any(row) or (len(row) == 1 and not row[0].strip()):
            found.n_blank += 1
        elif self._names is None:
            self._header, self._names = row, name_columns(row)
            found.header = first, end
        elif len(row) > len(self._names) and not any(row[len(self._names) :]):
            self._sort_in(row[: len(self._names)], first, end, found)
        elif len(row) != len(self._names):
            detail = f"{len(row)} cells, not {len(self._names)} as the header has"
            found.spoilt.append((first, end, RejectReason.BAD_ROW, detail))
        elif row == self._header:
            found.spoilt.append((first, end, RejectReason.BAD_ROW, "the header once more"))
        else:
            found.rows.append(row)
            found.firsts.append(first)
            found.ends.append(end)

    def _refuse_long(self, offsets: list[int], found: _Found) -> None:
        detail = f"longer than {self._max_bytes} bytes"
        for i in reversed(range(len(found.rows))):
            first, end = found.firsts[i], found.ends[i]
            if offsets[end] - 1 - offsets[first] > self._max_bytes:
                del found.rows[i], found.firsts[i], found.ends[i]
                found.spoilt.append((first, end, RejectReason.LINE_TOO_LONG, detail))

    def _is_well_quoted(self, texts: list[str]) -> bool:
        try:
            return len(list(self._dialect.reader(texts, strict=True))) == 1
        except csv.Error:
            return False

    def _is_torn(self, texts: list[str]) -> bool:
        """Tell whether lines at the end of a source are one row without its end: a few, and no rows by themselves."""
        if len(texts) > _MAX_TORN_LINES:
            return False
        found = _Found()
        self._rows_from(texts, 1, found)
        return not found.rows

    def _placed(
        self, lines: list[bytes], offsets: list[int], found: _Found, repaired: set[int]
    ) -> Iterator[Rows | Fault]:
        if offsets[-1] - offsets[0] > self._max_bytes:
            self._refuse_long(offsets, found)
        if found.rows or found.n_blank or found.header:
            lengths = [_length(lines, offsets, first, end) for first, end in zip(found.firsts, found.ends, strict=True)]
            mended = {
                i
                for i, (first, end) in enumerate(zip(found.firsts, found.ends, strict=True) if repaired else ())
                if not repaired.isdisjoint(range(first, end))
            }
            numbers = [self._number + first for first in found.firsts]
            places = [offsets[first] for first in found.firsts]
            header_end = None
            if found.header:
                header_end = offsets[found.header[0]] + _length(lines, offsets, *found.header)
            yield Rows(self._names or (), found.rows, numbers, places, lengths, mended, found.n_blank, header_end)
        for first, end, reason, detail in sorted(found.spoilt):
            length = _length(lines, offsets, first, end)
            head = b"\n".join(lines[first:end])[:HEAD_BYTES] if end - first < HEAD_BYTES else lines[first][:HEAD_BYTES]
            yield Fault(self._number + first, offsets[first], length, reason, detail, head[:length])


def try_rows(texts: Sequence[str], dialect: Dialect) -> tuple[list[str], int, int, bool]:
    """Return the header of some lines, how many rows fit it, how many are spoilt, and whether all quotes are closed."""
    table, found = _Table(_MAX_CELL_CHARS, dialect), _Found()
    with long_cells(_MAX_CELL_CHARS):
        table._split([f"{text}\n" for text in texts], 0, [0] * (len(texts) + 1), found, torn=_OPEN)
    is_closed = all(problem is not _OPEN for *_, problem in found.spoilt)
    n_spoilt = sum(reason is not RejectReason.TRUNCATED for *_, reason, _ in found.spoilt)
    return table._header, len(found.rows), n_spoilt, is_closed


_OPEN = "a quote is never closed"
_MAX_TORN_LINES = 200
_MAX_CELL_CHARS = 2**31 - 1
_NO_CHARACTER = "\ufffd".encode()


def _length(lines: list[bytes], offsets: list[int], first: int, end: int) -> int:
    return offsets[end] - 1 - offsets[first] - lines[end - 1].endswith(b"\r")


def _mark_cut(found: _Found, n_lines: int) -> None:
    """Say of the last line of a source, if it is too short and has no line feed, that it was cut."""
    if found.spoilt and found.spoilt[-1][1] == n_lines and found.spoilt[-1][2] is RejectReason.BAD_ROW:
        first, end, _, detail = found.spoilt[-1]
        found.spoilt[-1] = (first, end, RejectReason.TRUNCATED, detail)
