"""Campaigns grow by further comments of accounts that are flagged already; nobody new is drawn in."""

import polars as pl

from detector.judge.tiers import carries_object


def grow(candidates: pl.DataFrame, ties: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """Find further comments of a campaign's members.

    A campaign's own copies are rarely all that its accounts post for it: a reworded text finds too few near copies to
    be judged. Such a comment is taken in if its author is flagged in the campaign with a sign of its own, and the
    comment either is a near copy of what another such author wrote, in a text that mostly they hold, or carries an
    address that hardly anybody outside the campaign does.

    Parameters
    ----------
    candidates, ties
        CANDIDATES and TIES.
    standing
        Standing of accounts in candidates: `campaign_id`, `account`, `flagged`, `n_signs`.

    Returns
    -------
    DataFrame
        `row`, `campaign_id`, `account`, `tie` (text or address), one line per comment.
    """
    core = standing.filter(pl.col("flagged") & (pl.col("n_signs") > 0)).select("account", home="campaign_id")
    members = pl.col("account").n_unique().over("cluster_id", "home")
    known = pl.col("account").drop_nulls().n_unique().over("cluster_id")
    copies = (
        candidates.filter(~carries_object(pl.col("cluster_id")))
        .with_columns(known=known)
        .join(core, on="account")
        .with_columns(members=members)
        .filter((pl.col("home") != pl.col("campaign_id")) & (pl.col("members") >= 2))
        .filter(3 * pl.col("members") >= 2 * pl.col("known"))
        .select("row", campaign_id="home", account="account", tie=pl.lit("text"))
    )
    carriers = (
        ties.join(core, left_on=["account", "campaign_id"], right_on=["account", "home"], how="semi")
        .select("row", "campaign_id", "account", tie=pl.lit("address"))
    )  # fmt: skip
    return pl.concat([copies, carriers]).sort("row", "tie", "campaign_id").unique("row", keep="first").sort("row")
