"""Exact duplicates: how many of an account's comments another account posted word for word."""

import polars as pl

from benchmarks.accuracy.ranking import Ranking, from_groups, plain


def rank(comments: pl.DataFrame) -> Ranking:
    """Score accounts by their exact copies; case and white space aside."""
    known = comments.filter(pl.col("account").is_not_null() & (pl.col("text") != ""))
    return from_groups(known.select("account", group=plain(pl.col("text"))))
