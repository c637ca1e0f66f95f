"""Parquet files to frames of some thousand rows, in bounded memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG

import polars as pl

from detector.errors import InputError

_MAGIC = b"PAR1"


def is_parquet(source: object) -> bool:
    """Tell whether a source is the path of a Parquet file, by its first bytes."""
    if not isinstance(source, (str, os.PathLike)) or source == "-":
        return False
    try:
        # What is read of a pipe is gone.
        if not S_ISREG(os.stat(source).st_mode):
            return False
        with open(source, "rb", buffering=0) as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except (OSError, ValueError):
        return False  # whoever opens it next says why


def count_rows(path: str | os.PathLike[str]) -> int:
    """Return how many rows a file says that it has.

    Raises
    ------
    InputError
        The file is damaged.
    """
    with _named(path):
        return int(pl.scan_parquet(Path(path), glob=False).select(pl.len()).collect().item())


def read_frames(path: str | os.PathLike[str], n_rows: int) -> Iterator[tuple[pl.DataFrame, float]]:
    """Yield the rows of a file, some at a time, with the share of them that has been read.

    Raises
    ------
    InputError
        The file is damaged.
    """
    total, done = count_rows(path), 0
    with _named(path):
        lazy = pl.scan_parquet(Path(path), glob=False)
        for frame in lazy.collect_batches(chunk_size=n_rows, maintain_order=True):
            done += frame.height
            yield _with_strings(frame), done / max(total, 1)
    if done < total:
        raise InputError(f"{os.fspath(path)} is a damaged Parquet file: {done} of its {total} rows can be read")


def _with_strings(frame: pl.DataFrame) -> pl.DataFrame:
    """Take bytes for text where they are: some writers do not say of their strings that they are such."""
    for column in frame.select(pl.col(pl.Binary)):
        with suppress(pl.exceptions.PolarsError):
            frame = frame.with_columns(column.cast(pl.String))
    return frame


@contextmanager
def _named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Say in one line what is wrong with a file."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
        why = " ".join(str(error).split())[:120]
        raise InputError(f"{os.fspath(path)} is a damaged Parquet file: {why}") from None
