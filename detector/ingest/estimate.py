"""How much there is to read, told from the size of the files and their beginnings."""

import os
from dataclasses import dataclass
from pathlib import Path

from detector.ingest.read import Source
from detector.ingest.streams import open_stream, size_of


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
    with open_stream(path) as stream:
        block = next(stream.chunks(), b"")
        if not block:
            return Amount(0, 0)
        n_bytes = max(len(block), round(len(block) * stored / max(stream.consumed_bytes, 1)))
    n_lines = max(block.count(b"\n"), 1)
    return Amount(round(n_lines * n_bytes / len(block)), n_bytes)
