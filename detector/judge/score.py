"""The judge wing in order: weigh facts, judge candidates, then the accounts and comments in them, and say why."""

from dataclasses import dataclass

import polars as pl

from detector.config import JudgeConfig
from detector.judge.copying import explain_carrying, explain_copying
from detector.judge.describe import describe_campaigns, describe_clusters, describe_objects, describe_parts
from detector.judge.explain import explain_declared, explain_tests
from detector.judge.explain_accounts import explain_accounts, explain_grown_comments, explain_growth
from detector.judge.grow import absorb, admit, grow
from detector.judge.standing import judge_accounts, score_accounts, score_comments
from detector.judge.tiers import judge_candidates
from detector.judge.weigh import weigh
from detector.judge.weights import Weights, load_weights
from detector.schema import CAMPAIGNS, CLUSTERS, EVIDENCE, SCORED_ACCOUNTS, SCORED_COMMENTS


@dataclass(frozen=True)
class Judged:
    """The published frames but for LINKS and BURSTS: scored comments and accounts, clusters, campaigns, evidence."""

    comments: pl.DataFrame
    accounts: pl.DataFrame
    clusters: pl.DataFrame
    campaigns: pl.DataFrame
    evidence: pl.DataFrame


def judge(
    comments: pl.DataFrame,
    texts: pl.DataFrame,
    members: pl.DataFrame,
    accounts: pl.DataFrame,
    candidates: pl.DataFrame,
    ties: pl.DataFrame,
    tests: pl.DataFrame,
    signs: pl.DataFrame,
    objects: pl.DataFrame,
    growth: pl.DataFrame,
    config: JudgeConfig,
    *,
    allowed: pl.Series,
    q_max: float,
    min_accounts: int,
) -> Judged:
    """Judge candidates, then the accounts and comments in them.

    Parameters
    ----------
    comments, texts, members
        COMMENTS, TEXTS and MEMBERS.
    accounts, candidates, ties, tests, signs, objects, growth
        ACCOUNTS, CANDIDATES, TIES, TESTS, SIGNS, OBJECTS and GROWTH, as the evidence wing leaves them.
    allowed
        Rows whose wording the user has declared innocent.
    q_max
        False discovery rate from which a fact, or ties of an account to a core, count.
    min_accounts
        Candidates of fewer accounts are never campaigns.
    """
    weights = load_weights(config.weights)
    weighed = weigh(tests, q_max, weights)
    tiers = judge_candidates(candidates, weighed, comments, allowed, weights, min_accounts)
    # What growth leaves too small to be a campaign is none, and nobody stands in it; tiers only fall, so this ends.
    judged_with = None
    while judged_with is None or not judged_with.equals(tiers):
        judged_with = tiers
        standing = judge_accounts(candidates, accounts, tiers, weighed, signs, config, weights)
        standing = admit(growth, tiers, accounts, standing, q_max)
        grown = grow(candidates, ties, growth, standing)
        tiers = absorb(tiers, candidates, grown, min_accounts)
    scored_comments = score_comments(comments, members, candidates, tiers, standing, grown)
    scored_accounts = score_accounts(
        accounts, standing, grown, growth.join(tiers.filter(pl.col("rank") >= 2), on="campaign_id")
    )
    campaigns = describe_campaigns(tiers, candidates, grown, standing, comments, texts, members)
    clusters = describe_clusters(members, comments, texts, tiers, candidates)
    declared = campaigns.join(tiers.filter("is_allowed"), on="campaign_id", how="semi")
    addresses = describe_objects(objects, candidates, campaigns, comments)
    carrying = describe_parts(candidates, campaigns, comments).filter(pl.col("by_address").any().over("campaign_id"))
    return Judged(
        comments=SCORED_COMMENTS.check(scored_comments),
        accounts=SCORED_ACCOUNTS.check(scored_accounts),
        clusters=CLUSTERS.check(pl.concat([clusters, addresses])),
        campaigns=CAMPAIGNS.check(campaigns.select(list(CAMPAIGNS.columns))),
        evidence=_evidence(
            weighed,
            campaigns,
            declared,
            clusters,
            addresses,
            carrying,
            standing,
            growth,
            _grown_comments(comments, grown),
            weights,
        ),
    )


def _evidence(
    weighed: pl.DataFrame, campaigns: pl.DataFrame, declared: pl.DataFrame, clusters: pl.DataFrame,
    addresses: pl.DataFrame, carrying: pl.DataFrame, standing: pl.DataFrame, growth: pl.DataFrame,
    grown: pl.DataFrame, weights: Weights,
) -> pl.DataFrame:  # fmt: skip
    """Write the sentences about everything that is reported, strongest first within a subject."""
    subjects = pl.concat(
        [
            campaigns.select(subject_kind=pl.lit("campaign"), subject_id="campaign_id"),
            clusters.select(subject_kind=pl.lit("cluster"), subject_id="cluster_id"),
        ]
    )
    told = weighed.join(subjects, on=["subject_kind", "subject_id"], how="semi")
    inside = standing.filter(pl.col("rank") > 0).unique("account", keep="first", maintain_order=True)
    kinds = pl.Enum(["campaign", "cluster", "account", "comment"])
    return EVIDENCE.check(
        pl.concat(
            [
                explain_tests(told),
                explain_declared(declared),
                # Where addresses are carried in other words, the copies are counted by themselves.
                explain_copying(
                    campaigns.join(carrying, on="campaign_id", how="anti").with_columns(
                        n_accounts="n_copiers", n_comments="n_copies"
                    ),
                    "campaign",
                    "campaign_id",
                    weights,
                ),
                explain_copying(carrying.filter(~pl.col("by_address")), "campaign", "campaign_id", weights),
                explain_carrying(
                    carrying.with_columns(is_all=pl.len().over("campaign_id") == 1).filter("by_address"),
                    "campaign",
                    "campaign_id",
                    # Beside copies, which are the same fact, it says where the rest lies and weighs nothing.
                    pl.when("is_all").then(weights.copying).otherwise(0.0),
                ),
                explain_copying(clusters, "cluster", "cluster_id", weights),
                explain_carrying(addresses, "cluster", "cluster_id", pl.lit(weights.copying)),
                explain_accounts(inside.filter(pl.col("role") != "grown"), weights),
                explain_growth(growth.join(inside.filter(pl.col("role") == "grown"), on=["campaign_id", "account"])),
                explain_grown_comments(grown),
            ]
        )
        .sort(pl.col("subject_kind").cast(kinds), "subject_id", -pl.col("weight").abs(), "signal")
        .cast(EVIDENCE.dtypes())
    )


def _grown_comments(comments: pl.DataFrame, grown: pl.DataFrame) -> pl.DataFrame:
    return grown.join(comments.select("row", "platform", "id"), on="row")
