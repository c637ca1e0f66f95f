"""The standing of accounts and comments in the candidates that they belong to.

An account is flagged only in a campaign of medium or high, with a sign of its own or among a majority that has one;
never for being copied, and not where most of its comments are its own words. Who shares no text with the campaign but
its addresses needs a sign of its own.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.config import JudgeConfig
from detector.judge.explain_accounts import weigh_accounts
from detector.judge.order import order_strings
from detector.judge.tiers import band, carries_object, rank_of, strength, tier_of
from detector.judge.weights import Weights
from detector.schema import SCORED_ACCOUNTS, SCORED_COMMENTS

_MAJORITY = 0.5
_EXCERPT_CHARS = 160
_SOURCE_SCORE_MAX = 0.05
_GROWN_SHARE = 0.5
"""A comment taken in by growth scores this far into its band of what a copy would."""


def judge_accounts(
    candidates: pl.DataFrame, accounts: pl.DataFrame, tiers: pl.DataFrame, weighed: pl.DataFrame,
    signs: pl.DataFrame, config: JudgeConfig, weights: Weights,
) -> pl.DataFrame:  # fmt: skip
    """Give every account its standing in each candidate: role, signs, tier, bits (the sum of its weights) and score."""
    found = weighed.filter((pl.col("subject_kind") == "campaign") & pl.col("is_found")).select(
        campaign_id="subject_id", sign="signal"
    )
    carried = (
        signs.join(found, on=["campaign_id", "sign"], how="semi")
        .group_by("campaign_id", "account")
        .agg(signs=pl.col("sign").sort())
    )
    is_object = carries_object(pl.col("cluster_id"))
    standing = (
        candidates.filter(pl.col("account").is_not_null())
        # Whoever wrote first in every text it stands in was copied, and did not copy.
        .with_columns(wrote_first=pl.col("is_first").any().over("cluster_id", "account"))
        .group_by("campaign_id", "account")
        .agg(
            n_campaign_comments=pl.len(),
            n_texts=pl.col("n_clusters").first(),
            is_source=pl.col("wrote_first").all(),
            n_copies=(~is_object).sum(),
            n_objects=pl.col("cluster_id").filter(is_object).n_unique(),
            # In other words than the others', but with the campaign's addresses.
            by_address=is_object.all(),
        )
        .join(carried, on=["campaign_id", "account"], how="left")
        .join(tiers.select("campaign_id", "rank", campaign_bits="bits"), on="campaign_id")
        .join(accounts.select("account", "n_comments", "created_at", "age_at_first_comment_days"), on="account")
        .with_columns(pl.col("signs").fill_null([]))
        .with_columns(n_signs=pl.col("signs").list.len().cast(pl.Int64))
        .with_columns(
            signed_share=(pl.col("n_signs") > 0).filter(~pl.col("by_address")).mean().over("campaign_id").fill_null(0)
        )
    )
    own = pl.col("n_campaign_comments") < config.account_copy_share_min * pl.col("n_comments")
    # Whoever is copied again and again meets the copiers again and again: that alone makes nobody a member.
    own_signs = pl.col("signs").list.set_difference(["company", "linked_accounts"]).list.len()
    source = pl.col("is_source") & (own_signs == 0)
    tied = (pl.col("n_signs") > 0) | ((pl.col("signed_share") >= _MAJORITY) & ~pl.col("by_address"))
    rank = (
        pl.when(source)
        .then(0)
        .when(own | ~tied).then(pl.min_horizontal("rank", 1))
        .when("by_address").then(pl.min_horizontal("rank", 2))
        # Who is in it by the text alone ranks one tier lower, but for the company kept.
        .when(pl.col("n_signs") == 0).then(pl.min_horizontal("rank", 2))
        .otherwise("rank")
    )  # fmt: skip
    score = band(pl.col("tier"), strength(pl.col("bits")))
    weighed_accounts = weigh_accounts(
        standing.with_columns(
            account_rank=rank,
            role=pl.when(source).then(pl.lit("source")).otherwise(pl.lit("member")),
            copy_share_min=pl.lit(config.account_copy_share_min),
        ),
        weights,
    )
    return (
        weighed_accounts.with_columns(tier=tier_of(pl.col("account_rank")), flagged=pl.col("account_rank") >= 2)
        .with_columns(
            score=pl.when(pl.col("role") == "source")
            .then(pl.min_horizontal(score, pl.lit(_SOURCE_SCORE_MAX)))
            .otherwise(score)
        )
        .sort("account", "score", "campaign_id", descending=[False, True, False])
    )


def score_comments(
    comments: pl.DataFrame, members: pl.DataFrame, candidates: pl.DataFrame, tiers: pl.DataFrame,
    standing: pl.DataFrame, grown: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """Score every comment by its author's standing in its campaign: SCORED_COMMENTS."""
    candidates = candidates.join(grown, on="row", how="anti")
    unknown_source = pl.col("account").is_null() & pl.col("is_first")
    places = candidates.select("row", "campaign_id", "account", "is_first", object="cluster_id").join(
        tiers.select("campaign_id", campaign_rank="rank", campaign_score="score"), on="campaign_id"
    )
    places = places.join(
        standing.select("campaign_id", "account", "role", "tier", account_score="score"),
        on=["campaign_id", "account"],
        how="left",
    ).with_columns(
        # A comment whose author is unknown accuses nobody; the first of its text is a source like any other.
        role=pl.when(unknown_source).then(pl.lit("source")).otherwise("role"),
        tier=pl.when(unknown_source).then(pl.lit("none"))
        .otherwise(pl.col("tier").fill_null(tier_of(pl.min_horizontal("campaign_rank", 2)))),
    ).with_columns(
        score=pl.col("account_score").fill_null(band(pl.col("tier"), pl.lit(0.1))),
        campaign_id=pl.when(pl.col("campaign_rank") > 0).then("campaign_id"),
        object=pl.when(carries_object(pl.col("object")) & (pl.col("campaign_rank") > 0)).then("object"),
    )  # fmt: skip
    further = grown.join(
        standing.select("campaign_id", "account", "tier", account_score="score"), on=["campaign_id", "account"]
    ).with_columns(
        role=pl.lit("grown"),
        object=pl.lit(None, pl.String),
        # What joins by growth ranks below the copies of the same accounts, in the same tier.
        score=band(pl.col("tier"), pl.lit(0.0)) * _GROWN_SHARE + pl.col("account_score") * (1 - _GROWN_SHARE),
    )  # fmt: skip
    columns = ["row", "campaign_id", "object", "role", "tier", "score"]
    places = pl.concat([places.select(columns), further.select(columns)])
    # Most comments stand in no cluster and no campaign: what is said of those that do is laid out by row.
    told = _tell(members, places, comments["text"])
    order = _published_order(comments)
    place = np.full(comments.height, -1, dtype=np.int64)
    place[told["row"].to_numpy()] = np.arange(told.height)
    at = pl.Series(place[order])
    columns = ["id", "platform", "author_id", "account", "created_at", "target", "lang"]
    frame = pl.concat(
        [comments.select(columns)[order], told.drop("row").select(pl.all().gather(at.set(at < 0, None)))],
        how="horizontal",
    )
    # Ranks below every tier: other comments of flagged accounts, then near copies that say too little to be judged.
    by_flagged = pl.col("account").is_in(standing.filter("flagged")["account"].unique().implode()).fill_null(False)
    base = pl.when(by_flagged).then(0.15).when("is_copy").then(0.02).otherwise(0.0)
    return frame.with_columns(
        tier=pl.col("tier").fill_null("none"),
        score=pl.col("score").fill_null(base),
        flagged=pl.col("flagged").fill_null(False),
    ).select(list(SCORED_COMMENTS.columns))


def _tell(members: pl.DataFrame, places: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """Say of each comment in a cluster or a campaign what is published of it."""
    told = members.select("row", "cluster_id", "similarity").join(places, on="row", how="full", coalesce=True)
    return told.select(
        "row",
        "campaign_id",
        "similarity",
        "tier",
        "score",
        cluster_id=pl.coalesce("cluster_id", "object"),
        is_copy=pl.col("cluster_id").is_not_null(),
        role=pl.when(pl.col("campaign_id").is_not_null()).then("role"),
        flagged=rank_of(pl.col("tier")) >= 2,
        excerpt=pl.when(pl.coalesce("cluster_id", "object").is_not_null()).then(
            texts.gather(told["row"]).str.slice(0, _EXCERPT_CHARS)
        ),
    )


def _published_order(comments: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Return the rows by platform and id."""
    by_id = order_strings(comments["id"])
    platform = comments["platform"].cast(pl.Enum(comments["platform"].unique().sort())).to_physical()
    # Few numbers of 16 bits are put in order without comparing them.
    order: npt.NDArray[np.int64] = by_id[np.argsort(platform.to_numpy().astype(np.uint16)[by_id], kind="stable")]
    return order


def score_accounts(
    accounts: pl.DataFrame, standing: pl.DataFrame, grown: pl.DataFrame, growth: pl.DataFrame
) -> pl.DataFrame:  # fmt: skip
    """Score every account by its best standing, else by its ties to flagged campaigns: SCORED_ACCOUNTS.

    A single tie, or copies that prove nothing, order the accounts of tier none among themselves, and no more.
    """
    tied = growth.group_by("account").agg(surprise=-pl.col("chance").min().log(2))
    more = grown.group_by("campaign_id", "account").agg(n_grown=pl.len())
    standing = standing.join(more, on=["campaign_id", "account"], how="left", maintain_order="left").with_columns(
        n_campaign_comments=pl.col("n_campaign_comments") + pl.col("n_grown").fill_null(0)
    )
    best = standing.unique("account", keep="first", maintain_order=True).with_columns(
        in_campaign=pl.col("rank") > 0,
    )
    frame = accounts.join(
        best.select("account", "in_campaign", "campaign_id", "n_campaign_comments", "role", "score", "tier", "flagged"),
        on="account",
        how="left",
        maintain_order="left",
    )
    inside = pl.col("in_campaign").fill_null(False)
    # Whoever stands in several families of copies ranks above whoever stands in one.
    n, n_copies = pl.col("n_clusters").cast(pl.Float64), pl.col("copy_share") * pl.col("n_comments")
    alone = (
        0.15 * (n - 1).clip(0) / (n + 3)
        + 0.02 * n_copies / (n_copies + 1)
        + (0.09 * pl.col("surprise") / (pl.col("surprise") + 10)).fill_null(0.0)
    )
    alone = alone.clip(0.0, 0.199).round(6)
    return (
        frame.join(tied, on="account", how="left", maintain_order="left")
        .with_columns(
            campaign_id=pl.when(inside).then("campaign_id"),
            role=pl.when(inside).then("role"),
            n_campaign_comments=pl.when(inside).then("n_campaign_comments").otherwise(0).cast(pl.UInt32),
            score=pl.when(pl.col("role") == "source")
            .then("score")
            .otherwise(pl.max_horizontal("score", alone))
            .round(6),
            tier=pl.col("tier").fill_null("none"),
            flagged=pl.col("flagged").fill_null(False),
        )
        .select(list(SCORED_ACCOUNTS.columns))
    )
