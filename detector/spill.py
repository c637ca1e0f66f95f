"""What does not fit into memory, on disk: columns of strings and arrays, mapped back so that nothing else changes.

A spilled column is a Polars series like any other, but its characters lie in a file that the system pages in when they
are looked at, and lets go of when memory is needed. The files have no names: however a run ends, nothing is left.
"""

import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.errors import OutputError

_INLINE_BYTES = 12
"""Polars keeps strings up to this length inside the column itself: there is nothing of them to spill."""


class Spill:
    """Room in memory, and files for what goes beyond it.

    Parameters
    ----------
    room_bytes
        What may be held in memory; None for everything.
    folder
        Where the files are made; the system's folder for temporary files by default.
    """

    def __init__(self, room_bytes: int | None = None, folder: str | Path | None = None) -> None:
        self._room = math.inf if room_bytes is None else room_bytes
        self._folder = folder

    @property
    def is_bounded(self) -> bool:
        """Tell whether anything can ever go to disk."""
        return self._room < math.inf

    def hold(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return an equal frame, its strings on disk if there is no room for them.

        Every frame that is spilled keeps a file open, so it should be a large one.

        Raises
        ------
        OutputError
            The disk is full or may not be written.
        """
        n_bytes = frame.estimated_size()
        if n_bytes <= self._room:
            self._room -= n_bytes
            return frame
        long = [name for name, dtype in frame.schema.items() if dtype == pl.String and _is_long(frame[name])]
        lengths = {name: frame[name].str.len_bytes().fill_null(0).to_numpy() for name in long}
        sizes = [int(values.sum()) for values in lengths.values()]
        if not any(sizes):
            return frame
        with self._file(sum(sizes)) as file:
            for name in long:
                file.write(frame[name].fill_null("").str.join("").item().encode())
            file.flush()
            chars = np.memmap(file, dtype=np.uint8, mode="r")
        parts = np.split(chars, np.cumsum(sizes)[:-1])
        return frame.with_columns(
            _mapped(frame[name], lengths[name], part) for name, part in zip(long, parts, strict=True)
        )

    def allocate(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Return an array of undefined content, on disk if there is no room for it.

        Raises
        ------
        OutputError
            The disk is full or may not be written.
        """
        n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
        if n_bytes <= self._room:
            self._room -= n_bytes
            return np.empty(shape, dtype)
        with self._file(n_bytes) as file:
            return np.memmap(file, dtype=dtype, mode="r+", shape=shape)

    @contextmanager
    def _file(self, n_bytes: int) -> Iterator[IO[bytes]]:
        """Open a nameless file with room for so many bytes; what maps it keeps it."""
        try:
            with tempfile.TemporaryFile(dir=self._folder, prefix="detector-") as file:
                # Claimed now where the system can, so that a full disk is an error here and no crash in the mapping.
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, n_bytes)
                else:
                    file.truncate(n_bytes)
                yield file
        except OSError as error:
            why = error.strerror or str(error)
            raise OutputError(f"no disk space for what does not fit into memory ({n_bytes:,} bytes): {why}") from error


def _is_long(strings: pl.Series) -> bool:
    longest = strings.str.len_bytes().max()
    return isinstance(longest, int) and longest > _INLINE_BYTES


def _mapped(strings: pl.Series, lengths: npt.NDArray[np.uint32], chars: npt.NDArray[np.uint8]) -> pl.Series:
    """Return the same strings as views of characters that lie elsewhere."""
    import nanoarrow  # here, since only a run that spills needs it

    ends = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    valid = np.packbits(strings.is_not_null().to_numpy(), bitorder="little") if strings.null_count() else None
    column = nanoarrow.c_array_from_buffers(nanoarrow.large_string(), len(strings), [valid, ends, chars])
    return pl.Series(column).alias(strings.name)
