"""What stands on each sheet of the workbook: the tables, with what a reader needs first, and the limits of it all."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from detector.report.words import (
    BITS,
    CAUTION,
    CONTEST,
    NOT_A_CLEARANCE,
    TIER_MEANINGS,
    counted,
    fates,
    innocent,
    negative_control,
    period,
)

ROWS_MAX = 2**20 - 1
"""Rows of a sheet of any spreadsheet, without the header."""
_WIDTHS = {"excerpt": 80, "sentence": 90, "label": 50, "what else could explain it": 80, "languages": 16}
_WIDTH, _WIDTH_OF_TEXT, _WIDTH_OF_TIME = 12, 24, 19
_ORDERS: dict[str, tuple[list[str | pl.Expr], list[bool]]] = {
    "campaigns": ([], []),
    "accounts": (["flagged", pl.col("campaign_id").is_not_null(), "score", "account"], [True, True, True, False]),
    "clusters": ([pl.col("campaign_id").is_not_null(), "score", "cluster_id"], [True, True, False]),
    "evidence": ([], []),
    "comments": (["flagged", pl.col("campaign_id").is_not_null()], [True, True]),
}
"""The tables that have a sheet, and by what their rows are sorted so that what was found comes first."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: a table with a header that stays and filters, or lines of words."""

    title: str
    widths: dict[str, int]
    """Columns, in characters."""
    rows: Iterable[tuple[Any, ...]]
    n_rows: int
    is_table: bool = True


def make_sheets(frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any]) -> list[Sheet]:
    """Return the sheets of a workbook, in order.

    Parameters
    ----------
    frames
        The published frames.
    run
        The content of `run.json`.
    """
    tables = [_table(name, frames[name]) for name in _ORDERS]
    summary = Sheet("Summary", {"what": 28, "in words": 110}, list(_summary(run)), 0, is_table=False)
    widths = {"kind": 20, "what": 46, "in words": 110}
    return [summary, *tables, Sheet("Limits", widths, list(_limits(frames, run)), 0, is_table=False)]


def _table(name: str, frame: pl.DataFrame) -> Sheet:
    by, descending = _ORDERS[name]
    shown = frame.sort(by, descending=descending, maintain_order=True) if by else frame
    shown = shown.head(ROWS_MAX)
    if name == "evidence":
        kinds = shown.select("signal", "kind").unique().drop_nulls().rows()
        told = pl.DataFrame(
            [(*pair, innocent(*pair)) for pair in kinds],
            schema={"signal": pl.String, "kind": pl.String, "what else could explain it": pl.String},
            orient="row",
        )
        shown = shown.join(told, on=["signal", "kind"], how="left", maintain_order="left")
    widths = {column: _width(column, dtype) for column, dtype in shown.schema.items()}
    return Sheet(name.capitalize(), widths, shown.iter_rows(), shown.height)


def _width(column: str, dtype: pl.DataType) -> int:
    narrow = {"String": _WIDTH_OF_TEXT, "Datetime": _WIDTH_OF_TIME}.get(str(dtype.base_type()), _WIDTH)
    return _WIDTHS.get(column, narrow)


def _summary(run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    counts = run["counts"]
    campaigns = {tier: n for tier, n in counts["campaigns"].items() if n}
    found = ", ".join(f"{n:,} {tier}" for tier, n in campaigns.items()) or f"none. {NOT_A_CLEARANCE}"
    yield "Read", f"{counted(counts['records_read'], 'record')} from {', '.join(run['sources'])}"
    yield "What became of them", fates(counts)
    yield "Comments from", period(run["span"]["start"], run["span"]["end"]) or "times unknown"
    yield "Accounts", f"{counts['accounts']:,}"
    yield "Campaigns found", found
    flagged = counted(counts["flagged_accounts"], "account"), counted(counts["flagged_comments"], "comment")
    yield "Flagged (medium or high)", " and ".join(flagged)
    yield "Before you act on it", CAUTION
    yield from ((f"Tier {tier}", meaning) for tier, meaning in TIER_MEANINGS.items())
    yield "Weights of evidence", BITS
    yield "To contest a finding", CONTEST
    yield "Made by", f"detector {run['version']}, settings {run['settings_digest']}"
    yield (
        "These sheets",
        "Times are in UTC, ids are text. On the last sheet: what could not be tested, or is not shown.",
    )


def _limits(frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name in _ORDERS:
        if frames[name].height > ROWS_MAX:
            left_out = counted(frames[name].height - ROWS_MAX, "row")
            yield "Left out", name, f"{left_out} that a sheet has no room for; {name}.parquet has all"
    elsewhere = (
        ("links.parquet", "pair of accounts", "pairs of accounts"),
        ("bursts.parquet", "interval", "intervals"),
        ("rejects.jsonl", "refused record", "refused records"),
    )
    for file, one, many in elsewhere:
        name = file.partition(".")[0]
        yield "Not on a sheet", name, f"{counted(frames[name].height, one, many)}, in {file}"
    yield from (("Note", "", warning) for warning in run.get("warnings", []))
    for signal in run["signals"]["abstained"]:
        yield "Not tested", signal.get("title") or signal["signal"], f"{signal['why']} ({signal['needs']})"
    for signal in run["signals"]["available"]:
        yield "Tested", signal["title"], "where there was enough to tell it from chance"
    if control := run.get("negative_control"):
        yield "Negative control", "", negative_control(control)
    for name, value in run["counts"].items():
        parts = value.items() if isinstance(value, Mapping) else [("", value)]
        yield from (("Count", f"{name} {part}".strip().replace("_", " "), f"{n:,}") for part, n in parts)
