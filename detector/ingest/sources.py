"""What a caller may give to be read, sorted by kind."""

import itertools
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Literal

import polars as pl

from detector.errors import InputError

Source = str | Path | IO[bytes] | IO[str] | pl.DataFrame | Iterable[Any]
"""A path, ``-`` for standard input, an open file, several of these, an iterable of dicts, or a frame."""

Kind = Literal["frame", "mappings", "files"]


def sort_out(source: Any) -> tuple[Kind, Any]:  # noqa: ANN401
    """Return what a source is, and it as that: a frame, an iterator of records, or a list of files.

    Raises
    ------
    InputError
        It is none of these.
    """
    if isinstance(source, (Mapping, bytes)):
        raise InputError(
            f"a {type(source).__name__} is no source: give a path, an open file, records in a list or a frame"
        )
    if isinstance(source, pl.DataFrame):
        return "frame", source
    if _is_file(source):
        return "files", [source]
    try:
        items = iter(source)
    except TypeError:
        raise InputError(f"a {type(source).__name__} is no source: give a path, an open file or records") from None
    first = next(items, None)
    if first is None:
        return "files", []
    items = itertools.chain([first], items)
    if not _is_file(first):
        return "mappings", items
    files = list(items)
    odd = next((file for file in files if not _is_file(file)), None)
    if odd is not None:
        raise InputError(f"a {type(odd).__name__} among the paths: give paths or records, not both")
    return "files", files


def _is_file(item: object) -> bool:
    return isinstance(item, (str, os.PathLike)) or hasattr(item, "read")
