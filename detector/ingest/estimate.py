"""How much there is to read, told from the size of the files and their beginnings."""

import os
from dataclasses import dataclass
from pathlib import Path

from detector.ingest.containers.archives import open_streams
from detector.ingest.containers.sniff import HEAD_BYTES, Kind, sniff
from detector.ingest.parquet import count_rows, is_parquet
from detector.ingest.sources import Source
from detector.ingest.streams import size_of

_SMALL_BYTES = 2**18
_PARQUET_GROWTH = 4
_LINE_BYTES_MAX = 8_192
"""Longer lines, on average, are pages of many records."""
_RECORD_BYTES = 1_000
"""Of a record inside a page or a document: few exports write less."""


@dataclass(frozen=True)
class Amount:
    """What a source is likely to hold: `n_records` lines of `n_bytes` in all, decompressed."""

    n_records: int
    n_bytes: int


def estimate_amount(source: Source) -> Amount | None:
    """Estimate how much a source holds, from the first block of each file.

    Parameters
    ----------
    source
        As `read_comments` takes it. Nothing is consumed of it.

    Returns
    -------
    Amount or None
        None for what has no size before it is read: standard input, open files, iterables, pipes.

    Raises
    ------
    InputError
        A file cannot be opened.
    """
    paths = [source] if isinstance(source, (str, Path)) else source
    if not isinstance(paths, (list, tuple)) or not all(isinstance(path, (str, os.PathLike)) for path in paths):
        return None
    amounts = [_of_file(path) for path in paths]
    if not amounts or None in amounts:
        return None
    known = [amount for amount in amounts if amount is not None]
    return Amount(sum(amount.n_records for amount in known), sum(amount.n_bytes for amount in known))


def _of_file(path: str | os.PathLike[str]) -> Amount | None:
    stored = size_of(path)
    if stored is None:
        return None
    if is_parquet(path):
        return Amount(count_rows(path), stored * _PARQUET_GROWTH)
    for stream in open_streams(path):
        chunks = stream.chunks()
        head = next(chunks, b"")
        if not head:
            continue
        if stored <= _SMALL_BYTES:  # which is read at once, whatever comes of it
            n_bytes = len(head) + sum(map(len, chunks))
        else:
            n_bytes = max(len(head), round(len(head) * stored / max(stream.consumed_bytes, 1)))
        n_lines = max(head.count(b"\n"), 1)
        if len(head) > n_lines * _LINE_BYTES_MAX or sniff(head[:HEAD_BYTES]).kind is Kind.DOCUMENTS:
            return Amount(max(n_bytes // _RECORD_BYTES, 1), n_bytes)
        return Amount(round(n_lines * n_bytes / len(head)), n_bytes)
    return Amount(0, 0)
