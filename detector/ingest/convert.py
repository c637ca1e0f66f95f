"""Comments as files that `read_comments` reads back to the same: canonical JSON Lines or Parquet."""

import sys
from pathlib import Path

import polars as pl

from detector.errors import OutputError
from detector.ingest.decode import FIELDS
from detector.schema import COMMENTS
from detector.whole import check_free, write_whole

_WRITTEN = [name for name in COMMENTS.columns if name in FIELDS]
_SUFFIXES = {".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}


def write_comments(comments: pl.DataFrame, path: str | Path, *, force: bool = False) -> None:
    """Write comments as canonical records, whole or not at all.

    Parameters
    ----------
    comments
        COMMENTS.
    path
        Ends in ``.parquet`` for Parquet, in ``.jsonl`` for JSON Lines; ``-`` is standard output (JSON Lines).
    force
        Replace a file that is there.

    Raises
    ------
    OutputError
        The file is there already, has another suffix, or cannot be written.
    """
    frame = comments.select(name for name in _WRITTEN if comments[name].null_count() < comments.height)
    if str(path) == "-":
        _with_written_times(frame).write_ndjson(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    kind = check_output(path, force=force)
    with write_whole(path, force=force) as file:
        if kind == "parquet":
            frame.write_parquet(file, compression="zstd")
        else:
            _with_written_times(frame).write_ndjson(file)


def check_output(path: str | Path, *, force: bool) -> str:
    """Return the kind of file that a path asks for, `jsonl` or `parquet`.

    Raises
    ------
    OutputError
        It has another suffix, is there already, or its folder is not.
    """
    if str(path) == "-":
        return "jsonl"
    kind = _SUFFIXES.get(Path(path).suffix.lower())
    if kind is None:
        raise OutputError(f"{path}: let the name of the output end in .jsonl or .parquet")
    check_free(path, force=force)
    return kind


def _with_written_times(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.Datetime).dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ"))
