"""CooRTweet's rule: accounts that share an object within a fixed window, twice or more, joined more than usual.

Righetti and Balluff, CooRTweet (R package), as `docs/methods.md` retells it; written anew here.
"""

import polars as pl

from benchmarks.accuracy.ranking import Ranking, from_edges, plain

WINDOW_S = 60
MIN_PARTICIPATION = 2
EDGE_QUANTILE = 0.5


def rank(comments: pl.DataFrame) -> Ranking:
    """Score accounts by weighted degree; an object is a text, or an address in the text or beside it."""
    known = comments.filter(pl.col("account").is_not_null() & pl.col("created_at").is_not_null())
    at = pl.col("created_at").dt.epoch("s")
    address = pl.col("text").str.extract_all(r"https?://\S+").list.first()
    posts = pl.concat(
        known.filter(found.is_not_null() & (found != "")).select("row", "account", at=at, object=found)
        for found in (plain(pl.col("text")), pl.coalesce("url", address))
    )
    pairs = posts.join(posts, on="object", suffix="_b").filter(
        (pl.col("account") < pl.col("account_b")) & ((pl.col("at") - pl.col("at_b")).abs() <= WINDOW_S)
    )
    taking_part = pl.concat([pairs.select("row", "account"), pairs.select(row="row_b", account="account_b")]).unique()
    busy = taking_part.group_by("account").len().filter(pl.col("len") >= MIN_PARTICIPATION)["account"].implode()
    pairs = pairs.filter(pl.col("account").is_in(busy) | pl.col("account_b").is_in(busy))
    edges = pairs.group_by(a="account", b="account_b").agg(weight=pl.col("object").n_unique())
    return from_edges(edges, float(edges["weight"].quantile(EDGE_QUANTILE) or 0))
