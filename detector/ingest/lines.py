"""Bytes to numbered lines, in bounded memory.

Lines end at byte 0x0A and nowhere else, so that numbers agree with ``grep -n``: `str.splitlines` also cuts at U+2028,
U+0085 and lone carriage returns. A byte order mark at the start of a source is dropped.
"""

import codecs
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detector.errors import RejectReason
from detector.ingest.streams import ByteStream

BLOCK_LINES = 2**16
"""Lines decoded at a time, at most."""

_FEED = ord("\n")
_COUNTED_BYTES = 2**18

HEAD_BYTES = 400
"""What is kept of a line too long to hold: enough for an excerpt of 80 characters."""


@dataclass(frozen=True)
class Block:
    """Whole lines of a source, joined by line feeds, without the last feed.

    `number` is that of the first line, from 1; `offset` is its first byte in the decompressed source. `is_open` marks
    the last line of a source that ends without a line feed: it may have been cut.
    """

    data: bytes
    number: int
    offset: int
    is_open: bool = False

    def locate(self, places: list[int]) -> Iterator[tuple[int, int, bytes]]:
        """Yield the offset, the length and the bytes of lines, given by their positions in the block."""
        if not places:
            return
        lines = self.data.split(b"\n")
        offsets = list(itertools.accumulate((len(line) + 1 for line in lines), initial=self.offset))
        for place in places:
            line = lines[place].removesuffix(b"\r")
            yield offsets[place], len(line), line


@dataclass(frozen=True, slots=True)
class Fault:
    """A refused line; `head` holds its first bytes, and a record of no file has neither offset nor length."""

    number: int
    offset: int | None
    length: int | None
    reason: RejectReason
    detail: str
    head: bytes


def read_blocks(stream: ByteStream, max_line_bytes: int) -> Iterator[Block | Fault]:
    """Cut a stream into blocks of whole lines.

    Parameters
    ----------
    stream
        The source.
    max_line_bytes
        A line that grows beyond this without an end is passed over and told as a `Fault`; no more than this and one
        chunk is ever held. A shorter line may still be handed over within a block: the reader checks each.

    Yields
    ------
    Block or Fault
        In the order of the source.
    """
    number, offset = 1, 0
    held: list[bytes] = []  # the beginning of a line whose end has not come; of one too long to hold, its head
    length = 0
    is_start = True
    for chunk in stream.chunks():
        if is_start:
            is_start = False
            if chunk.startswith(codecs.BOM_UTF8):
                chunk = chunk[len(codecs.BOM_UTF8) :]
                offset = len(codecs.BOM_UTF8)
        end = chunk.find(b"\n")
        grown = length + (len(chunk) if end < 0 else end)
        if grown > max_line_bytes:
            held = [_head([*held, chunk if end < 0 else chunk[:end]])]
            length = grown
            if end < 0:
                continue
            yield _too_long(number, offset, length, max_line_bytes, held[0])
            number, offset = number + 1, offset + length + 1
            held, length, chunk = [], 0, chunk[end + 1 :]
        n_lines = _count_lines(chunk)
        if n_lines:
            end = chunk.rfind(b"\n")
            data = b"".join((*held, memoryview(chunk)[:end]))
            held, length, chunk = [], 0, chunk[end + 1 :]
            yield from _parts(Block(data, number, offset), n_lines)
            number, offset = number + n_lines, offset + len(data) + 1
        held.append(chunk)
        length += len(chunk)
    if length > max_line_bytes:
        yield _too_long(number, offset, length, max_line_bytes, _head(held))
    elif stream.fault is not None:
        yield Fault(number, offset, length, RejectReason.TRUNCATED, stream.fault, _head(held))
    elif length:
        yield Block(b"".join(held), number, offset, is_open=True)


def _count_lines(chunk: bytes) -> int:
    """Count line feeds three times faster than `bytes.count` does, a little at a time: the comparison takes room."""
    data = np.frombuffer(chunk, np.uint8)
    return sum(
        int(np.count_nonzero(data[at : at + _COUNTED_BYTES] == _FEED)) for at in range(0, len(data), _COUNTED_BYTES)
    )


def _head(pieces: list[bytes]) -> bytes:
    return b"".join(piece[:HEAD_BYTES] for piece in pieces)[:HEAD_BYTES]


def _parts(block: Block, n_lines: int) -> Iterator[Block]:
    """Cut a block once more where it has so many lines that what is made of them would fill the memory."""
    if n_lines <= BLOCK_LINES:
        yield block
        return
    lines = block.data.split(b"\n")
    offset = block.offset
    for first in range(0, n_lines, BLOCK_LINES):
        part = b"\n".join(lines[first : first + BLOCK_LINES])
        yield Block(part, block.number + first, offset)
        offset += len(part) + 1


def _too_long(number: int, offset: int, length: int, max_line_bytes: int, head: bytes) -> Fault:
    return Fault(number, offset, length, RejectReason.LINE_TOO_LONG, f"longer than {max_line_bytes} bytes", head)
