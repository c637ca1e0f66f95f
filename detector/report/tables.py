"""Frames to the files of a result folder, and back."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from detector.errors import InputError, SchemaError
from detector.report.files import durable, watched
from detector.report.folder import Claim, check_writable, claim
from detector.report.outputs import OUTPUT_FILES, choose_outputs, write_outputs
from detector.schema import PUBLISHED, REJECTS, Schema

__all__ = ["FILES", "check_writable", "claim", "read_folder", "write_folder"]

_PARQUET = {schema.name.removesuffix(".parquet").lower(): schema for schema in PUBLISHED if schema is not REJECTS}
FILES = (*(f"{name}.parquet" for name in _PARQUET), "rejects.jsonl", "run.json", "report.html")
"""The files of every result; `OUTPUT_FILES` are further ones, where they were asked for."""
ENRICHED = "enriched"
"""The folder in it of the scanned files with our columns, where they were asked for."""
_ROW_GROUP_ROWS = 2**18
_ZSTD_LEVEL = 1
"""Two thirds of the time of the usual 3, for files of the same size."""


def write_folder(
    out: Path,
    frames: Mapping[str, pl.DataFrame],
    run: Mapping[str, Any],
    render: Callable[[], str],
    *,
    force: bool,
    held: Claim | None = None,
    enrich: Callable[[Path], object] | None = None,
    formats: Sequence[str] = (),
) -> None:
    """Write a result folder, whole or not at all; equal input gives equal bytes.

    Parameters
    ----------
    out
        The folder to write; its parent must exist.
    frames
        The frames of `schema.PUBLISHED` under the keys comments, accounts, clusters, campaigns, evidence, links,
        bursts and rejects.
    run
        What becomes `run.json`.
    render
        Makes what becomes `report.html`, on a thread of its own while the tables are written.
    force
        Whether the result in an existing folder may be replaced; files that are not ours stay, and what an earlier
        result had in formats that are no longer asked for goes.
    held
        The claim on `out` that the caller holds since the beginning of the run, if it does.
    enrich
        Writes the scanned files with our columns into the folder that it is given.
    formats
        Names of `outputs.OUTPUTS`, in which the result is written as well.

    Raises
    ------
    ConfigError
        A format is unknown.
    SchemaError
        A frame is missing or is not as promised.
    OutputError
        The folder cannot be written; whatever was there is untouched.
    OutputBusy
        Another run is writing the folder.
    """
    for name, schema in {**_PARQUET, "rejects": REJECTS}.items():
        if name not in frames:
            raise SchemaError(f"{schema.name}: the frame {name!r} is missing")
        schema.check(frames[name])
    chosen = choose_outputs(formats)

    def fill(folder: Path) -> None:
        with ThreadPoolExecutor(1) as thread:
            page = thread.submit(render)
            for name in _PARQUET:
                _write_parquet(folder / f"{name}.parquet", frames[name])
            rejects = frames["rejects"].iter_rows(named=True)
            _write_bytes(folder / "rejects.jsonl", (msgspec.json.encode(row) + b"\n" for row in rejects))
            _write_bytes(folder / "run.json", [_text_bytes(json.dumps(run, ensure_ascii=False, indent=2) + "\n")])
            _write_bytes(folder / "report.html", [_text_bytes(page.result())])
            write_outputs(chosen, frames, run, folder)
            if enrich:
                enrich(folder / ENRICHED)

    with nullcontext(held) if held else claim(out, force=force) as claimed:
        claimed.publish(fill, (*FILES, *OUTPUT_FILES, ENRICHED))


def read_folder(out: Path) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """Read a result folder back.

    Returns
    -------
    tuple
        The frames, keyed as for `write_folder`, and the content of `run.json`.

    Raises
    ------
    InputError
        The folder is missing, is not a result of ours, or is damaged.
    """
    if not out.is_dir():
        raise InputError(f"{out}: no such folder; give the folder that `detector scan -o` wrote")
    if not (out / "run.json").is_file():
        raise InputError(f"{out}: holds no run.json, so it is not a result of `detector scan`")
    frames = {name: _read_parquet(out / f"{name}.parquet", schema) for name, schema in _PARQUET.items()}
    frames["rejects"] = _read_rejects(out / "rejects.jsonl")
    try:
        run = msgspec.json.decode((out / "run.json").read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError) as error:
        raise _damaged(out / "run.json", error) from None
    return frames, run


def _write_parquet(path: Path, frame: pl.DataFrame) -> None:
    with durable(path) as file, watched(file) as target:
        # One chunk and a fixed row group: the bytes must not depend on how the frame was put together.
        frame.rechunk().write_parquet(
            target, compression="zstd", compression_level=_ZSTD_LEVEL, row_group_size=_ROW_GROUP_ROWS
        )


def _write_bytes(path: Path, chunks: Iterable[bytes]) -> None:
    with durable(path) as file:
        for chunk in chunks:
            file.write(chunk)


def _read_parquet(path: Path, schema: Schema) -> pl.DataFrame:
    try:
        return schema.check(pl.read_parquet(path))
    except (OSError, pl.exceptions.PolarsError, SchemaError) as error:
        raise _damaged(path, error) from None


def _read_rejects(path: Path) -> pl.DataFrame:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    try:
        rows = [decode(line) for line in path.read_bytes().split(b"\n") if line]
        return pl.DataFrame(rows, schema=REJECTS.dtypes(), orient="row")
    except (OSError, msgspec.DecodeError, pl.exceptions.PolarsError, TypeError, OverflowError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> InputError:
    why = (
        "missing" if isinstance(error, FileNotFoundError) else f"damaged, or of another version ({_first_line(error)})"
    )
    return InputError(f"{path}: {why}; run `detector scan` again")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:120]


def _text_bytes(text: str) -> bytes:
    # File names may hold lone surrogates; UTF-8 may not.
    return text.encode("utf-8", "replace")
