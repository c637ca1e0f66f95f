"""The findings as one workbook for a spreadsheet: text stays text, nothing is computed, nothing is a link.

XlsxWriter writes it row by row, in little memory. It has no dependencies and weighs 180 kB, so it is always there.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from detector.report.escape import sheet_cell
from detector.report.sheets import Sheet, make_sheets

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_SAFE = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "constant_memory": True,
    "remove_timezone": True,
    "use_zip64": True,
}
_CREATED = datetime(1980, 1, 1, tzinfo=UTC)
"""Equal results give equal bytes, so the workbook has no date of its own: this is the first that its format knows."""
_EXACT_MAX = 10**15
"""Spreadsheets keep 15 digits; larger numbers stand as text."""
_YEAR_MIN = 1900
_HEADER, _TEXT, _WRAPPED, _TIME = "header", "text", "wrapped", "time"
_STYLES = {
    _HEADER: {"bold": True, "bottom": 1, "valign": "top"},
    # Text that somebody edits and confirms stays text, too.
    _TEXT: {"quote_prefix": True},
    _WRAPPED: {"quote_prefix": True, "text_wrap": True, "valign": "top"},
    _TIME: {"num_format": "yyyy-mm-dd hh:mm:ss"},
}


def write_workbook(frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any], path: Path) -> None:
    """Write the sheets Summary, Campaigns, Accounts, Clusters, Evidence, Comments and Limits into one file.

    Parameters
    ----------
    frames
        The published frames.
    run
        The content of `run.json`.
    path
        The file; what is needed meanwhile lies beside it.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    # Loaded only where a workbook is asked for.
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    book = Workbook(str(path), {**_SAFE, "tmpdir": str(path.parent)})
    book.set_properties({"title": "Findings of detector", "created": _CREATED})
    styles = {name: book.add_format(style) for name, style in _STYLES.items()}
    for sheet in make_sheets(frames, run):
        _fill(book.add_worksheet(sheet.title), sheet, styles)
    try:
        book.close()
    except FileCreateError as error:
        # It wraps what the system refused, which says more.
        raise error.args[0] from error


def _fill(page: "Worksheet", sheet: Sheet, styles: Mapping[str, Any]) -> None:
    for at, (name, width) in enumerate(sheet.widths.items()):
        page.set_column(at, at, width)
        page.write_string(0, at, name, styles[_HEADER])
    page.freeze_panes(1, 0)
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    if sheet.is_table:
        page.autofilter(0, 0, sheet.n_rows, len(sheet.widths) - 1)
    text_style = styles[_TEXT if sheet.is_table else _WRAPPED]
    for row, values in enumerate(sheet.rows, 1):
        for at, value in enumerate(values):
            if isinstance(value, bool):
                page.write_boolean(row, at, value)
            elif isinstance(value, (int, float)) and isfinite(value) and abs(value) <= _EXACT_MAX:
                page.write_number(row, at, value)
            elif isinstance(value, datetime) and value.year >= _YEAR_MIN:
                page.write_datetime(row, at, value, styles[_TIME])
            elif value is not None:
                page.write_string(row, at, _text(value), text_style)


def _text(value: object) -> str:
    text = sheet_cell(" ".join(value) if isinstance(value, list) else str(value))
    # What looks like rich text is written into the file as it stands, for a caller who made it: ours is a stranger's.
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text
