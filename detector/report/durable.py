"""A file that is whole on the disk, not in a cache, before anybody hears of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def durable(path: Path) -> Iterator[BinaryIO]:
    """Create a file for its owner only; it is on disk when the block ends.

    Parameters
    ----------
    path
        A name that does not exist yet.

    Raises
    ------
    OSError
        The file exists already or cannot be written.
    """
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
