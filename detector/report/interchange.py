"""The comments of clusters as the tables that CooRTweet and the coordination network toolkit read.

With them, another tool can check a finding by its own method. A result keeps no whole texts, so that only comments in
a cluster can be given, of known author and time, and of their texts the first 160 characters.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from detector.report.escape import csv_cell, visible
from detector.report.files import watched

_ADDRESS_CHARS = 160
"""CLUSTERS hold so much of an address; a longer one is cut there, and then no address any more."""


def write_coortweet(frames: Mapping[str, pl.DataFrame], _run: Mapping[str, Any], path: Path) -> None:
    """Write who shared what and when: an object is an address, or a cluster of near copies by its id.

    Parameters
    ----------
    frames
        The published frames.
    path
        The file.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    shares = _shares(frames).select(
        object_id=_safe(pl.coalesce("address", "cluster_id")),
        account_id=_safe(pl.col("account")),
        content_id="content",
        timestamp_share="second",
    )
    _write(shares, path)


def write_qut(frames: Mapping[str, pl.DataFrame], _run: Mapping[str, Any], path: Path) -> None:
    """Write the messages of clusters in the columns of the coordination network toolkit.

    `repost_id` and `reply_id` are empty: a result does not keep them. Parameters and errors are those of
    `write_coortweet`.
    """
    handles = frames["accounts"].select("account", "author_handle")
    messages = _shares(frames).join(handles, on="account", how="left", maintain_order="left")
    _write(
        messages.select(
            message_id="content",
            user_id=_safe(pl.col("account")),
            username=_safe(pl.col("author_handle")),
            repost_id=pl.lit(None, pl.String),
            reply_id=pl.lit(None, pl.String),
            message=_safe(pl.col("excerpt")),
            timestamp="second",
            urls=_safe(pl.col("address")),
        ),
        path,
    )


def _shares(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the comments in clusters whose author and time are known, in the order of the comments."""
    whole = pl.col("excerpt").str.len_chars() < _ADDRESS_CHARS
    addresses = frames["clusters"].filter(
        pl.col("cluster_id").str.starts_with("u"), whole, ~pl.col("excerpt").str.contains(r"\s")
    )
    return (
        frames["comments"]
        .filter(pl.all_horizontal(pl.col("cluster_id", "account", "created_at").is_not_null()))
        .with_columns(
            content=_safe(pl.concat_str("platform", pl.lit(":"), "id")),
            second=pl.col("created_at").dt.epoch("s"),
        )
        .join(addresses.select("cluster_id", address="excerpt"), on="cluster_id", how="left", maintain_order="left")
    )


def _safe(text: pl.Expr) -> pl.Expr:
    """Return text on one line that neither acts nor is a formula."""
    return text.map_batches(_made_safe, return_dtype=pl.String)


def _made_safe(column: pl.Series) -> pl.Series:
    # Copies repeat: each text is looked at once.
    known = column.drop_nulls().unique()
    shown = pl.Series([csv_cell(visible(text)) for text in known], dtype=pl.String)
    return column.replace_strict(known, shown, default=None)


def _write(table: pl.DataFrame, path: Path) -> None:
    with path.open("wb") as file, watched(file) as target:
        table.write_csv(target)
