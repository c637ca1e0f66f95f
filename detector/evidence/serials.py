"""Numbers that differ from copy to copy, as serial numbers do (a weak sign)."""

import numpy as np
import polars as pl

from detector.evidence.accounts import GroupTest
from detector.evidence.candidates import Judgeable
from detector.evidence.significance import binomial_tail
from detector.evidence.traffic import Codes, Traffic

_NUMBER = (
    r"^\s*[#(\[]?([0-9]{3,12})\b"
    r"|(?:[#＃№]|(?i:\bno\.|\bn°|编号|編號))\s*[:：]?\s*([0-9]{3,12})\b"
    r"|\b([0-9]{3,12})[)\]]?\s*$"
)
_FOUR_DIGITS = r"[0-9]{4}"
_ADDRESS = r"(?i)(?:https?://|www\.)\S+"
_COPIES_MIN = 4
_COUNTED_MAX = 1_000
"""Prices, ages, scores, house numbers and years lie below, or between 1900 and 2100."""
_ORDERED_MIN = 0.5


def measure_serials(
    comments: pl.DataFrame, clusters: Judgeable, groups: Codes, n_groups: int, traffic: Traffic
) -> GroupTest:
    """Test whether copies carry numbers at their start or end, or after a number sign, that differ each time.

    Returns
    -------
    GroupTest
        Copies with a number that no other copy of their text carries, expected number, p and copies looked at.

    Notes
    -----
    Null: copies carry numbers of their own as often as the copies of the other groups' texts do. Left out are texts
    whose numbers rise or fall with time (a petition's counter, a price: rank correlation of a half or more), small
    numbers and years. What is left may still be the postcode under a form letter, a ticket or an order, which is why
    this is weak and no account carries it.
    """
    row_groups = groups[clusters.clusters]
    text = comments["text"].gather(clusters.rows)
    held = pl.DataFrame(
        {"text": text, "cluster": clusters.clusters, "group": row_groups, "time": traffic.time[clusters.rows]}
    )
    # Smaller numbers do not count, so that most texts need no closer look, once without addresses: these often end in
    # the number of what they lead to.
    long = pl.col("text").str.contains(_FOUR_DIGITS)
    held = held.filter(long).with_columns(pl.col("text").str.replace_all(_ADDRESS, " ")).filter(long)
    found = pl.col("text").str.extract_groups(_NUMBER)
    held = held.with_columns(
        number=pl.coalesce(found.struct.field("1"), found.struct.field("2"), found.struct.field("3")).cast(
            pl.Int64, strict=False
        )
    ).with_columns(
        pl.when((pl.col("number") >= _COUNTED_MAX) & ~pl.col("number").is_between(1_900, 2_100)).then("number")
    )
    numbered = held.filter(pl.col("number").is_not_null()).with_columns(alone=pl.len().over("cluster", "number") == 1)
    order = numbered.group_by("cluster").agg(
        ordered=pl.corr(pl.col("number").rank(), pl.col("time").rank()).abs() >= _ORDERED_MIN, n=pl.len()
    )
    # Two or three numbers are in order too easily to say so, and too few to say anything.
    own = numbered.join(order.filter((pl.col("n") >= _COPIES_MIN) & ~pl.col("ordered").fill_null(True)), on="cluster")
    at = own.filter("alone")["group"].to_numpy()
    here = np.bincount(at, minlength=n_groups)
    size = np.bincount(row_groups, minlength=n_groups)
    share = np.minimum((here.sum() - here + 1) / (size.sum() - size + 1), 1.0)
    tested = size >= _COPIES_MIN
    out = np.stack([here, share * size, binomial_tail(here, size, share), size]).astype(np.float64)
    out[:, ~tested] = np.nan
    return GroupTest.of(out)
