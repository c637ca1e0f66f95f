"""Files written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from detector.errors import OutputError


def check_free(path: str | Path, *, force: bool) -> None:
    """Refuse early what could not be written after long work.

    Raises
    ------
    OutputError
        Something is there already (unless `force`), or the folder is not.
    """
    path = Path(path)
    if path.is_dir():
        raise OutputError(f"{path} is a folder: give the name of a file")
    if path.exists() and not force:
        raise OutputError(f"{path} is there already: --force replaces it")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"cannot write {path}: {path.parent} is no folder")


@contextmanager
def write_whole(path: str | Path, *, force: bool = False) -> Iterator[IO[bytes]]:
    """Open a file for writing that appears under its name only when all is in it.

    Parameters
    ----------
    path
        Where to.
    force
        Replace a file that is there, in one step.

    Raises
    ------
    OutputError
        Something is there already, or it cannot be written.
    """
    path = Path(path)
    check_free(path, force=force)
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        try:
            with open(part, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
