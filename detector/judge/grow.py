"""Campaigns grow: by further comments of flagged accounts, and by accounts tied to their core in several ways."""

import polars as pl

from detector.judge.explain_accounts import FOUND_BITS, NO_COPIES_BITS, TIE_BITS
from detector.judge.tiers import band, carries_object, strength, tier_of

_CAMPAIGN_RANK_MIN = 2
_GROWN_RANK = 2


def admit(
    growth: pl.DataFrame, tiers: pl.DataFrame, accounts: pl.DataFrame, standing: pl.DataFrame, q_max: float
) -> pl.DataFrame:  # fmt: skip
    """Give standing to the accounts that campaigns of medium or high tier grow by; medium, below all of their core.

    Parameters
    ----------
    growth
        GROWTH.
    tiers, accounts
        From `judge_candidates`, and ACCOUNTS.
    standing
        From `judge_accounts`: whoever is flagged there for its own copies is not grown.
    q_max
        False discovery rate from which ties count.

    Returns
    -------
    DataFrame
        `standing` with the rows of the grown, role `grown`.
    """
    flagged = standing.filter("flagged").select("account").unique()
    grown = (
        growth.join(tiers.select("campaign_id", "rank", campaign_score="score"), on="campaign_id")
        .filter((pl.col("rank") >= _CAMPAIGN_RANK_MIN) & (pl.col("q") <= q_max))
        .join(flagged, on="account", how="anti")
        .join(accounts.select("account", "n_comments"), on="account")
        .sort("chance", "campaign_id")
        .unique("account", keep="first", maintain_order=True)
        .with_columns(
            n_campaign_comments=pl.lit(0, pl.UInt32),
            n_texts=pl.lit(0, pl.UInt32),
            is_source=pl.lit(False),
            signs=pl.lit([], pl.List(pl.String)),
            n_signs=pl.lit(0, pl.Int64),
            account_rank=pl.lit(_GROWN_RANK, pl.Int64),
            role=pl.lit("grown"),
            tier=tier_of(pl.lit(_GROWN_RANK)),
            flagged=pl.lit(True),
        )
        .with_columns(bits=TIE_BITS * pl.col("ties").list.len() + FOUND_BITS + NO_COPIES_BITS)
        # The first tenth of its band: below the members that are flagged for their own copies.
        .with_columns(score=band(tier_of(pl.lit(_GROWN_RANK)), 0.1 * strength(pl.col("bits"))))
    )
    # Whoever carried only the campaign's addresses stood outside its texts.
    standing = standing.join(grown, on=["campaign_id", "account"], how="anti")
    columns = pl.Schema({name: dtype for name, dtype in standing.schema.items() if name in grown.columns})
    return pl.concat([standing, grown.select(list(columns)).cast(columns)], how="diagonal").sort(
        "account", "score", "campaign_id", descending=[False, True, False]
    )


def grow(
    candidates: pl.DataFrame, ties: pl.DataFrame, growth: pl.DataFrame, standing: pl.DataFrame
) -> pl.DataFrame:  # fmt: skip
    """Find further comments of a campaign's members, and those that tie grown accounts to it.

    A campaign's own copies are rarely all that its accounts post for it: a reworded text finds too few near copies to
    be judged. Such a comment is taken in if its author is flagged in the campaign with a sign of its own, and the
    comment either is a near copy of what another such author wrote, in a text that mostly they hold, or carries an
    address that hardly anybody outside the campaign does.

    Parameters
    ----------
    candidates, ties, growth
        CANDIDATES, TIES and GROWTH.
    standing
        Standing of accounts in candidates: `campaign_id`, `account`, `flagged`, `n_signs`.

    Returns
    -------
    DataFrame
        `row`, `campaign_id`, `account`, `tie` (text, address or several), one line per comment.
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
    admitted = (
        growth.join(standing.filter(pl.col("role") == "grown"), on=["campaign_id", "account"], how="semi")
        .explode("rows", empty_as_null=False)
        .select("campaign_id", "account", row="rows", tie=pl.lit("several"))
        .select("row", "campaign_id", "account", "tie")
    )
    return (
        pl.concat([copies, carriers, admitted])
        .sort("row", "tie", "campaign_id")
        .unique("row", keep="first")
        .sort("row")
    )
