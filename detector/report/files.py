"""Files that are whole on disk, and readable by their owner only, when a block ends."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl


@contextmanager
def durable(path: Path) -> Iterator[BinaryIO]:
    """Create a file for its owner only; on disk, not in a cache, when the block ends.

    Raises
    ------
    OSError
        The file is there already, or the system refuses it.
    """
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def watched(file: BinaryIO) -> Iterator[BinaryIO]:
    """Lend a file to Polars, which reports what the system refused in words of its own, or not at all.

    Raises
    ------
    OSError
        What the system said.
    """
    target = _Watched(file)
    try:
        yield cast(BinaryIO, target)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise target.error or OSError(errno.EIO, str(error).partition("\n")[0]) from error
    if target.error:
        raise target.error


class _Watched:
    """A file that remembers what the system refused."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, content: bytes) -> int:
        try:
            return self._file.write(content)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._file.flush()
