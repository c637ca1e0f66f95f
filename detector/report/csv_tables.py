"""The tables as CSV, for spreadsheets first: in UTF-8 with its mark, by RFC 4180, and nothing in them is a formula.

Ids stay as they are, for whoever joins tables. Excel rounds numbers after 15 digits, quoted or not, and what keeps it
from that (`="123"`, a leading tab) is a formula or spoils the id; so each table also names its rows by a key with the
platform in front, `x:1234567890123456789`, which every spreadsheet takes for text.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from detector.report.escape import CELL_CHARS, FORMULA, FORMULA_WITHIN, UNSHOWN
from detector.report.files import watched

_ROWS = 2**18
"""Rows made into text at a time."""
_TIME = "%Y-%m-%d %H:%M:%S%.f"
"""What spreadsheets take for a time; in UTC."""


def write_csv(frames: Mapping[str, pl.DataFrame], _run: Mapping[str, Any], path: Path) -> None:
    """Write the frame that the file is named after.

    Parameters
    ----------
    frames
        The published frames.
    path
        A file `NAME.csv`. Times are in UTC, lists have spaces between their items, and null is an empty cell.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    frame = frames[path.stem]
    with path.open("wb") as file, watched(file) as target:
        for start in range(0, max(frame.height, 1), _ROWS):
            part = _in_text(frame.slice(start, _ROWS), path.stem)
            part.write_csv(
                target,
                include_bom=not start,
                include_header=not start,
                line_terminator="\r\n",
                quote_style="non_numeric",
            )


def _in_text(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    if name == "comments":
        frame = frame.select(pl.concat_str("platform", pl.lit(":"), "id").alias("comment"), pl.all())
    return frame.with_columns(_shown(frame[column]) for column in frame.columns)


def _shown(column: pl.Series) -> pl.Expr:
    """Return a column as its cells are written: `escape.csv_cell` for text."""
    cell = pl.col(column.name)
    if column.dtype.is_temporal():
        return cell.dt.strftime(_TIME)
    if isinstance(column.dtype, pl.List):
        cell = cell.list.join(" ")
    elif column.dtype != pl.String:
        return cell
    cell = cell.str.replace_all(UNSHOWN, "\ufffd").str.replace(FORMULA, "'${1}")
    cell = cell.str.replace_all(FORMULA_WITHIN, "${1}'${2}")
    return pl.when(cell.str.len_chars() > CELL_CHARS).then(cell.str.slice(0, CELL_CHARS - 1) + "…").otherwise(cell)
