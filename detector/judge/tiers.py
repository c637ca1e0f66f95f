"""Candidates to tiers: one kind of evidence never flags anyone.

Copying, however fast, is at most low. Medium needs a second, independent kind: the same accounts together again and
in time, disguise that differs from copy to copy, or signs about the accounts: creation batches, namesakes with a second
field in common, returns from a long silence, which count as one kind. High needs several, one of them about the
accounts. Where words differ and only the addresses are shared, medium is the most.
"""

import polars as pl

from detector.judge.weigh import ABOUT_ACCOUNTS, DECLARED_BITS, SIGNALS
from detector.judge.weights import Weights
from detector.schema import TIERS

_BANDS = {"none": (0.0, 0.2), "low": (0.2, 0.5), "medium": (0.5, 0.8), "high": (0.8, 1.0)}
"""Scores of a tier: flagged means a score of 0.5 or more."""
_STEP_BITS = 6.0
"""So many bits double the odds of lying further up in the band."""
_ACCOUNT_FIELDS = ("author_created_at", "author_followers", "author_following", "author_posts")


def judge_candidates(
    candidates: pl.DataFrame, weighed: pl.DataFrame, comments: pl.DataFrame, allowed: pl.Series, weights: Weights,
    min_accounts: int,
) -> pl.DataFrame:  # fmt: skip
    """Give every candidate its tiers, its `bits` (the sum of its weights), the `score` of both, and `is_allowed`.

    A candidate that holds one of the `allowed` rows is low at most.
    """
    facts = weighed.filter(pl.col("subject_kind") == "campaign")
    found = (
        facts.group_by("subject_id")
        .agg(
            **{name: (pl.col("is_found") & (pl.col("signal") == name)).any() for name in SIGNALS},
            bits=pl.col("weight").sum(),
            is_tested=((pl.col("kind") == "inauthenticity") & pl.col("p").is_not_null() & ~pl.col("is_weak")
                       & (pl.col("signal") != "disguise")).any(),
        )
        .rename({"subject_id": "campaign_id"})
    )  # fmt: skip
    sized = candidates.group_by("campaign_id").agg(
        n_accounts=pl.col("account").drop_nulls().n_unique(),
        is_allowed=pl.col("row").is_in(allowed.implode()).any(),
        holds_texts=(~carries_object(pl.col("cluster_id"))).any(),
    )
    together = pl.col("company") | pl.col("linked_accounts")
    again = together & pl.col("synchrony")
    weak = [pl.col(name) for name, signal in SIGNALS.items() if signal.is_weak]
    # Signs about the accounts are one kind: a batch may share its names and its minutes.
    about = pl.any_horizontal(*ABOUT_ACCOUNTS).cast(pl.Int64)
    signs = about + pl.col("disguise").cast(pl.Int64)
    kinds = signs + again.cast(pl.Int64)
    carried = pl.col("shared_addresses") & pl.col("fan_out")
    coordination = pl.when(again).then(2).when(together | pl.col("synchrony") | carried).then(1).otherwise(0)
    inauthenticity = (
        pl.when(signs >= 2).then(3).when(signs == 1).then(2)
        .when(pl.any_horizontal(weak)).then(1).otherwise(0)
    )  # fmt: skip
    has_profiles = any(comments[name].null_count() < comments.height for name in _ACCOUNT_FIELDS)
    overall = (
        pl.when(pl.col("n_accounts") < min_accounts)
        .then(0)
        .when(~pl.col("holds_texts")).then(pl.when(carried).then(pl.min_horizontal(kinds, 1) + 1).otherwise(0))
        # A silence is read from comments: where the dump shows no profiles, nothing is high.
        .when((kinds >= 2) & (about >= 1) & has_profiles).then(3)
        .when(kinds >= 1).then(2)
        .otherwise(pl.min_horizontal(coordination, 1))
    )  # fmt: skip
    return (
        sized.join(found, on="campaign_id", how="left")
        .with_columns(pl.col(list(SIGNALS)).fill_null(False), bits=weights.copying + pl.col("bits").fill_null(0.0)
            + pl.when("is_allowed").then(DECLARED_BITS).otherwise(0.0))
        .with_columns(coordination=coordination, inauthenticity=inauthenticity, rank=overall)
        .with_columns(
            # Coordination by the same accounts, with signs beside it, is stronger coordination.
            pl.when((pl.col("coordination") == 2) & (pl.col("rank") == 3)).then(3).otherwise("coordination")
            .alias("coordination"),
            pl.when("is_allowed").then(pl.min_horizontal("rank", 1)).otherwise("rank")
            .alias("rank"),
        )
        .with_columns(
            tier=tier_of(pl.col("rank")),
            coordination_tier=tier_of(pl.col("coordination")),
            inauthenticity_tier=pl.when((pl.col("inauthenticity") > 0) | pl.col("is_tested").fill_null(False))
            .then(tier_of(pl.col("inauthenticity")))
            .otherwise(pl.lit("not judged")),
        )
        .with_columns(score=band(pl.col("tier"), strength(pl.col("bits"))))
        .sort("campaign_id")
    )  # fmt: skip


def carries_object(cluster_id: pl.Expr) -> pl.Expr:
    """Tell objects, which are addresses, from clusters of near copies."""
    return cluster_id.str.starts_with("u")


def strength(bits: pl.Expr) -> pl.Expr:
    """Return how far up in the band of its tier so much evidence lies, 0-1: half way at 0 bits."""
    return 1 / (1 + 2 ** (-bits / _STEP_BITS))


def band(tier: pl.Expr, strength: pl.Expr) -> pl.Expr:
    """Place a strength of 0-1 inside the band of a tier."""
    low = tier.replace_strict(list(_BANDS), [band[0] for band in _BANDS.values()], return_dtype=pl.Float64)
    high = tier.replace_strict(list(_BANDS), [band[1] for band in _BANDS.values()], return_dtype=pl.Float64)
    # A band does not reach the next one.
    return (low + (high - low) * strength.clip(0.0, 0.999)).round(6)


def rank_of(tier: pl.Expr) -> pl.Expr:
    """Number the tiers from 0, none, to 3, high."""
    return tier.replace_strict(list(TIERS), list(range(len(TIERS))), return_dtype=pl.Int64)


def tier_of(rank: pl.Expr) -> pl.Expr:
    """Name the tiers that `rank_of` numbers."""
    return rank.replace_strict(list(range(len(TIERS))), list(TIERS), return_dtype=pl.String)
