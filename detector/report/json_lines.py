"""The tables as JSON Lines, for programs: every value as it is, in the columns of `detector schema`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from detector.report.files import watched


def write_json_lines(frames: Mapping[str, pl.DataFrame], _run: Mapping[str, Any], path: Path) -> None:
    """Write the frame that the file is named after.

    Parameters
    ----------
    frames
        The published frames.
    path
        A file `NAME.jsonl`. Times are RFC 3339 in UTC; what is unknown is null, and no key is ever absent.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    with path.open("wb") as file, watched(file) as target:
        frames[path.stem].rechunk().write_ndjson(target)
