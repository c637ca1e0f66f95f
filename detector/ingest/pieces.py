"""Sources to pieces of a size that is worked on at a time, whatever container they are in."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from detector.config import IngestConfig
from detector.ingest.containers.archives import open_streams
from detector.ingest.containers.documents import read_items
from detector.ingest.containers.items import Items
from detector.ingest.containers.rows import Rows
from detector.ingest.containers.sniff import HEAD_BYTES, Kind, ends_in_returns, sniff
from detector.ingest.containers.tables import read_rows
from detector.ingest.lines import Block, Fault, read_blocks
from detector.ingest.parquet import is_parquet, read_frames
from detector.ingest.streams import ByteStream, size_of

_ROWS_PER_FRAME = 16_384


@dataclass(frozen=True)
class Frame:
    """Rows of a Parquet file; `number` is that of the first, from 1."""

    rows: pl.DataFrame
    number: int

    def locate(self, places: list[int]) -> Iterator[tuple[int | None, int | None, bytes]]:
        """Yield that such rows have neither offset nor length."""
        return ((None, None, b"") for _ in places)


Piece = Block | Items | Rows | Frame


@dataclass(frozen=True)
class Opened:
    """A source, or a member of an archive: its name, its container in words, and its pieces.

    Each piece comes with the bytes that have been read so far of the source as it is stored.
    """

    name: str
    container: str
    pieces: Iterator[tuple[Piece | Fault, int]]


def open_pieces(source: Any, config: IngestConfig) -> Iterator[Opened]:  # noqa: ANN401
    """Open a path, ``-`` for standard input, or an open file.

    Parameters
    ----------
    source
        What to read: JSON Lines, JSON documents, a table or Parquet, compressed or in a zip archive, told by its bytes.
    config
        Limits.

    Yields
    ------
    Opened
        One, or each member of an archive; its pieces are to be taken before the next is asked for.

    Raises
    ------
    InputError
        There is no such file, it may not be read, it is something else, or it grows beyond measure.
    """
    if is_parquet(source):
        yield Opened(Path(source).name, "Parquet", _frames(source))
        return
    for stream in open_streams(source, config.max_input_bytes):
        head = stream.head(HEAD_BYTES)
        if ends_in_returns(head):
            stream.turn_returns()
            head = stream.head(HEAD_BYTES)
        found = sniff(head)
        if found.kind is Kind.DOCUMENTS:
            pieces: Iterator[Piece | Fault] = read_items(stream, config)
        elif found.kind is Kind.TABLE and found.dialect:
            pieces = read_rows(stream, config, found.dialect)
        else:
            pieces = read_blocks(stream, config.max_line_bytes)
        kind = Kind.LINES if found.kind is Kind.UNKNOWN else found.kind
        yield Opened(stream.name, kind.value, _with_place(pieces, stream))


def _with_place(pieces: Iterator[Piece | Fault], stream: ByteStream) -> Iterator[tuple[Piece | Fault, int]]:
    for piece in pieces:
        yield piece, stream.consumed_bytes


def _frames(path: str | Path) -> Iterator[tuple[Piece | Fault, int]]:
    size = size_of(path) or 0
    number = 1
    for rows, share in read_frames(path, _ROWS_PER_FRAME):
        yield Frame(rows, number), round(share * size)
        number += rows.height
