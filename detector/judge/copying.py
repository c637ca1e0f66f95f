"""What a campaign consists of, in sentences: who copied texts, and who carried addresses in words of their own."""

import polars as pl

from detector.judge.phrases import count
from detector.judge.weights import Weights


def explain_copying(clusters: pl.DataFrame, kind: str, id_column: str, weights: Weights) -> pl.DataFrame:
    """State the copying itself, for clusters or campaigns (rows with sizes)."""
    families = count("n_clusters", "text") if "n_clusters" in clusters.columns else pl.lit("one text")
    one = families.str.replace(r"^1 text$", "one text")
    return _sizes(clusters, kind, id_column, "copying", pl.lit(weights.copying), pl.format(
        "{} posted near copies of {} in {}", count("n_accounts", "account"), one, count("n_comments", "comment")
    ))  # fmt: skip


def explain_carrying(objects: pl.DataFrame, kind: str, id_column: str, bits: pl.Expr) -> pl.DataFrame:
    """State that addresses are carried in other words, for addresses or campaigns (rows with sizes)."""
    addresses = (
        count("n_clusters", "address", "addresses") if "n_clusters" in objects.columns else pl.lit("one address")
    )
    return _sizes(objects, kind, id_column, "addresses", bits, pl.format(
        "{} carried {}, each in words of its own, in {}", count("n_accounts", "account"), addresses,
        count("n_comments", "comment")
    ))  # fmt: skip


def _sizes(
    groups: pl.DataFrame, kind: str, id_column: str, signal: str, bits: pl.Expr, words: pl.Expr
) -> pl.DataFrame:  # fmt: skip
    there = pl.format(" at {}", count("n_targets", "target"))
    return groups.select(
        subject_kind=pl.lit(kind),
        subject_id=pl.col(id_column),
        signal=pl.lit(signal),
        kind=pl.lit("copying"),
        observed=pl.col("n_accounts").cast(pl.Float64),
        expected=pl.lit(None, pl.Float64),
        p=pl.lit(None, pl.Float64),
        q=pl.lit(None, pl.Float64),
        weight=bits,
        sentence=pl.format("{}{}.", words, pl.when(pl.col("n_targets") > 0).then(there).otherwise(pl.lit(""))),
    )
