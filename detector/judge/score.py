"""EVIDENCE to tiers and scores: one kind of evidence never flags anyone.

Copying, however fast, is at most low. Medium needs a second, independent kind: the same accounts together again and
in time, disguise that differs from copy to copy, creation batches, or doubled names. High needs several, one of them
about the accounts. An account is flagged only in a campaign of medium or high, with a sign of its own or among a
majority that has one, and never for being copied.
"""

from dataclasses import dataclass

import polars as pl

from detector.config import JudgeConfig
from detector.judge.explain import explain_accounts, explain_copying, explain_growth, explain_tests
from detector.judge.grow import grow
from detector.judge.weigh import ABOUT_ACCOUNTS, SIGNALS, weigh
from detector.schema import CAMPAIGNS, CLUSTERS, EVIDENCE, SCORED_ACCOUNTS, SCORED_COMMENTS, TIERS

_BANDS = {"none": (0.0, 0.2), "low": (0.2, 0.5), "medium": (0.5, 0.8), "high": (0.8, 1.0)}
"""Scores of a tier: flagged means a score of 0.5 or more."""
_HALF_BITS = 12.0
_MAJORITY = 0.5
_EXCERPT_CHARS = 160
_PROFILE_FIELDS = ("author_created_at", "author_followers", "author_following", "author_posts")
"""Where none of these is known, nothing is said about the accounts that could make a finding high."""
_GROWN_SHARE = 0.5
"""A comment taken in by growth scores this far into its band of what a copy would."""
_LANGUAGES_MIN_SHARE = 0.02
_LABELS = {
    "low": "organised or synchronised copying, authenticity not judged",
    "medium": "coordinated copying with a second, independent sign",
    "high": "coordinated copying by accounts that look inauthentic in several ways",
}


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
    config: JudgeConfig,
    *,
    q_max: float,
    min_accounts: int,
) -> Judged:
    """Judge candidates, then the accounts and comments in them.

    Parameters
    ----------
    comments, texts, members
        COMMENTS, TEXTS and MEMBERS.
    accounts, candidates, ties, tests, signs
        ACCOUNTS, CANDIDATES, TIES, TESTS and SIGNS, as the evidence wing leaves them.
    q_max
        False discovery rate from which a fact counts.
    min_accounts
        Candidates of fewer accounts are never campaigns.
    """
    weighed = weigh(tests, q_max)
    tiers = _judge_candidates(candidates, weighed, comments, config, min_accounts)
    standing = _judge_accounts(candidates, accounts, tiers, weighed, signs, config)
    grown = grow(candidates, ties, standing)
    scored_comments = _score_comments(comments, members, candidates, tiers, standing, grown)
    scored_accounts = _score_accounts(accounts, standing, grown)
    campaigns = _campaigns(tiers, candidates, grown, comments, texts, members)
    clusters = _clusters(members, comments, texts, tiers, candidates)
    return Judged(
        comments=SCORED_COMMENTS.check(scored_comments),
        accounts=SCORED_ACCOUNTS.check(scored_accounts),
        clusters=CLUSTERS.check(clusters),
        campaigns=CAMPAIGNS.check(campaigns),
        evidence=_evidence(weighed, campaigns, clusters, standing, accounts, _grown_comments(comments, grown)),
    )


def _band(tier: pl.Expr, strength: pl.Expr) -> pl.Expr:
    """Place a strength of 0-1 inside the band of a tier."""
    low = tier.replace_strict(list(_BANDS), [band[0] for band in _BANDS.values()], return_dtype=pl.Float64)
    high = tier.replace_strict(list(_BANDS), [band[1] for band in _BANDS.values()], return_dtype=pl.Float64)
    # A band does not reach the next one.
    return (low + (high - low) * strength.clip(0.0, 0.999)).round(6)


def _rank(tier: pl.Expr) -> pl.Expr:
    return tier.replace_strict(list(TIERS), list(range(len(TIERS))), return_dtype=pl.Int64)


def _tier(rank: pl.Expr) -> pl.Expr:
    return rank.replace_strict(list(range(len(TIERS))), list(TIERS), return_dtype=pl.String)


def _judge_candidates(
    candidates: pl.DataFrame, weighed: pl.DataFrame, comments: pl.DataFrame, config: JudgeConfig, min_accounts: int
) -> pl.DataFrame:
    """Give every candidate its tiers and score: `campaign_id`, three tiers, `score`, `bits`."""
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
    allowed = _allowed(candidates, comments, config)
    profile = pl.any_horizontal(pl.col(_PROFILE_FIELDS).is_not_null().any())
    sized = (
        candidates.join(comments.select("row", *_PROFILE_FIELDS), on="row")
        .group_by("campaign_id")
        .agg(n_accounts=pl.col("account").drop_nulls().n_unique(), has_profiles=profile)
    )
    together = pl.col("company") | pl.col("linked_accounts")
    again = together & pl.col("synchrony")
    weak = [pl.col(name) for name, signal in SIGNALS.items() if signal.is_weak]
    about = pl.sum_horizontal(pl.col(name).cast(pl.Int64) for name in ABOUT_ACCOUNTS)
    signs = about + pl.col("disguise").cast(pl.Int64)
    kinds = signs + again.cast(pl.Int64)
    coordination = pl.when(again).then(2).when(pl.col("company") | pl.col("synchrony")).then(1).otherwise(0)
    inauthenticity = (
        pl.when(signs >= 2).then(3).when(signs == 1).then(2)
        .when(pl.any_horizontal(weak)).then(1).otherwise(0)
    )  # fmt: skip
    overall = (
        pl.when(pl.col("n_accounts") < min_accounts)
        .then(0)
        .when((kinds >= 2) & (about >= 1) & pl.col("has_profiles")).then(3)
        .when(kinds >= 1).then(2)
        .otherwise(pl.min_horizontal(coordination, 1))
    )  # fmt: skip
    return (
        sized.join(found, on="campaign_id", how="left")
        .join(allowed, on="campaign_id", how="left")
        .with_columns(pl.col(list(SIGNALS)).fill_null(False), pl.col("bits").fill_null(0.0))
        .with_columns(coordination=coordination, inauthenticity=inauthenticity, rank=overall)
        .with_columns(
            # Coordination by the same accounts, with signs beside it, is stronger coordination.
            pl.when((pl.col("coordination") == 2) & (pl.col("rank") == 3)).then(3).otherwise("coordination")
            .alias("coordination"),
            pl.when(pl.col("is_allowed").fill_null(False)).then(pl.min_horizontal("rank", 1)).otherwise("rank")
            .alias("rank"),
        )
        .with_columns(
            tier=_tier(pl.col("rank")),
            coordination_tier=_tier(pl.col("coordination")),
            inauthenticity_tier=pl.when((pl.col("inauthenticity") > 0) | pl.col("is_tested").fill_null(False))
            .then(_tier(pl.col("inauthenticity")))
            .otherwise(pl.lit("not judged")),
        )
        .with_columns(score=_band(pl.col("tier"), 1 - 2 ** (-pl.col("bits").clip(0) / _HALF_BITS)))
        .sort("campaign_id")
    )  # fmt: skip


def _allowed(candidates: pl.DataFrame, comments: pl.DataFrame, config: JudgeConfig) -> pl.DataFrame:
    """Find the candidates that hold a text which the user has declared innocent."""
    if not config.allow_texts:
        return pl.DataFrame(schema={"campaign_id": pl.String, "is_allowed": pl.Boolean})
    return (
        candidates.join(comments.select("row", "text"), on="row")
        .filter(pl.col("text").str.contains_any(list(config.allow_texts), ascii_case_insensitive=True))
        .select("campaign_id", is_allowed=pl.lit(True))
        .unique()
    )


def _judge_accounts(
    candidates: pl.DataFrame, accounts: pl.DataFrame, tiers: pl.DataFrame, weighed: pl.DataFrame,
    signs: pl.DataFrame, config: JudgeConfig,
) -> pl.DataFrame:  # fmt: skip
    """Give every account its standing in each candidate: role, signs, tier and score."""
    found = weighed.filter((pl.col("subject_kind") == "campaign") & pl.col("is_found")).select(
        campaign_id="subject_id", sign="signal"
    )
    carried = (
        signs.join(found, on=["campaign_id", "sign"], how="semi")
        .group_by("campaign_id", "account")
        .agg(signs=pl.col("sign").sort())
    )
    standing = (
        candidates.filter(pl.col("account").is_not_null())
        # Whoever wrote first in every text it stands in was copied, and did not copy.
        .with_columns(wrote_first=pl.col("is_first").any().over("cluster_id", "account"))
        .group_by("campaign_id", "account")
        .agg(
            n_campaign_comments=pl.len(),
            n_texts=pl.col("n_clusters").first(),
            is_source=pl.col("wrote_first").all(),
        )
        .join(carried, on=["campaign_id", "account"], how="left")
        .join(tiers.select("campaign_id", "rank", campaign_score="score"), on="campaign_id")
        .join(accounts.select("account", "n_comments"), on="account")
        .with_columns(pl.col("signs").fill_null([]))
        .with_columns(n_signs=pl.col("signs").list.len().cast(pl.Int64))
        .with_columns(signed_share=(pl.col("n_signs") > 0).mean().over("campaign_id"))
    )
    own = pl.col("n_campaign_comments") < config.account_copy_share_min * pl.col("n_comments")
    source = pl.col("is_source") & (pl.col("n_signs") == 0)
    tied = (pl.col("n_signs") > 0) | (pl.col("signed_share") >= _MAJORITY)
    rank = (
        pl.when(source)
        .then(0)
        .when(own | ~tied).then(pl.min_horizontal("rank", 1))
        # Who is in it by the text alone ranks one tier lower, but for the company kept.
        .when(pl.col("n_signs") == 0).then(pl.min_horizontal("rank", 2))
        .otherwise("rank")
    )  # fmt: skip
    strength = 0.25 + 0.5 * (1 - 0.5 ** pl.col("n_signs")) + 0.2 * (pl.col("n_texts") / (pl.col("n_texts") + 2))
    return (
        standing.with_columns(
            account_rank=rank, role=pl.when(source).then(pl.lit("source")).otherwise(pl.lit("member"))
        )
        .with_columns(
            tier=_tier(pl.col("account_rank")),
        )
        .with_columns(
            score=pl.when(pl.col("role") == "source").then(0.05).otherwise(_band(pl.col("tier"), strength)),
            flagged=pl.col("account_rank") >= 2,
            copy_share_min=pl.lit(config.account_copy_share_min),
        )
        .sort("account", "score", "campaign_id", descending=[False, True, False])
    )


def _score_comments(
    comments: pl.DataFrame, members: pl.DataFrame, candidates: pl.DataFrame, tiers: pl.DataFrame,
    standing: pl.DataFrame, grown: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    candidates = candidates.join(grown, on="row", how="anti")
    places = candidates.select("row", "campaign_id", "account").join(
        tiers.select("campaign_id", campaign_rank="rank", campaign_score="score"), on="campaign_id"
    )
    places = places.join(
        standing.select("campaign_id", "account", "role", "tier", account_score="score"),
        on=["campaign_id", "account"],
        how="left",
    ).with_columns(
        # A comment whose author is unknown accuses nobody, and stands at most where its text does.
        tier=pl.col("tier").fill_null(_tier(pl.min_horizontal("campaign_rank", 2))),
    ).with_columns(
        score=pl.col("account_score").fill_null(_band(pl.col("tier"), pl.lit(0.1))),
        campaign_id=pl.when(pl.col("campaign_rank") > 0).then("campaign_id"),
    )  # fmt: skip
    further = grown.join(
        standing.select("campaign_id", "account", "tier", account_score="score"), on=["campaign_id", "account"]
    ).with_columns(
        role=pl.lit("grown"),
        # What joins by growth ranks below the copies of the same accounts, in the same tier.
        score=_band(pl.col("tier"), pl.lit(0.0)) * _GROWN_SHARE + pl.col("account_score") * (1 - _GROWN_SHARE),
    )  # fmt: skip
    columns = ["row", "campaign_id", "role", "tier", "score"]
    places = pl.concat([places.select(columns), further.select(columns)])
    frame = (
        # Sorted before it grows wide: a sort copies every column.
        comments.select("row", "id", "platform", "author_id", "account", "created_at", "target", "lang", "text")
        .sort("platform", "id")
        .join(members.select("row", "cluster_id", "similarity"), on="row", how="left", maintain_order="left")
        .join(places, on="row", how="left", maintain_order="left")
    )
    # Ranks below every tier: other comments of flagged accounts, then near copies that say too little to be judged.
    flagged = standing.filter("flagged").select("account").unique().with_columns(by_flagged=pl.lit(True))
    frame = frame.join(flagged, on="account", how="left", maintain_order="left")
    base = pl.when("by_flagged").then(0.15).when(pl.col("cluster_id").is_not_null()).then(0.05).otherwise(0.0)
    return frame.with_columns(
        role=pl.when(pl.col("campaign_id").is_not_null()).then("role"),
        tier=pl.col("tier").fill_null("none"),
        score=pl.col("score").fill_null(base),
        excerpt=pl.when(pl.col("cluster_id").is_not_null()).then(pl.col("text").str.slice(0, _EXCERPT_CHARS)),
    ).with_columns(flagged=_rank(pl.col("tier")) >= 2).select(list(SCORED_COMMENTS.columns))  # fmt: skip


def _score_accounts(accounts: pl.DataFrame, standing: pl.DataFrame, grown: pl.DataFrame) -> pl.DataFrame:
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
    return frame.with_columns(
        campaign_id=pl.when(inside).then("campaign_id"),
        role=pl.when(inside).then("role"),
        n_campaign_comments=pl.when(inside).then("n_campaign_comments").otherwise(0).cast(pl.UInt32),
        score=pl.col("score").fill_null(0.1 * pl.col("copy_share")).round(6),
        tier=pl.col("tier").fill_null("none"),
        flagged=pl.col("flagged").fill_null(False),
    ).select(list(SCORED_ACCOUNTS.columns))


def _grown_comments(comments: pl.DataFrame, grown: pl.DataFrame) -> pl.DataFrame:
    return grown.join(comments.select("row", "platform", "id"), on="row")


def _sizes(rows: pl.LazyFrame, by: str, comments: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Describe groups of comments: sizes, span, languages, and a typical text."""
    # Texts are fetched for one typical comment of each group, not carried along with all.
    facts = rows.join(comments.lazy().select("row", "account", "target", "lang", "created_at"), on="row").join(
        texts.lazy().select("text_key", "script", "information_bits"), on="text_key"
    )
    languages = (
        facts.group_by(by, language=pl.coalesce("lang", "script")).len()
        .filter(pl.col("len") >= _LANGUAGES_MIN_SHARE * pl.col("len").sum().over(by))
        .sort(by, "len", "language", descending=[False, True, False])
        .group_by(by, maintain_order=True).agg(languages="language")
    )  # fmt: skip
    sizes = facts.group_by(by).agg(
        n_accounts=pl.col("account").drop_nulls().n_unique().cast(pl.UInt32),
        n_comments=pl.len().cast(pl.UInt32),
        n_targets=pl.col("target").drop_nulls().n_unique().cast(pl.UInt32),
        n_texts=pl.col("text_key").n_unique().cast(pl.UInt32),
        n_clusters=pl.col("cluster_id").n_unique().cast(pl.UInt32),
        start=pl.col("created_at").min(),
        end=pl.col("created_at").max(),
        information_bits=pl.col("information_bits").median(),
    )
    typical = (
        rows.group_by(by)
        .agg(pl.col("row").sort_by("similarity", "row", descending=[True, False]).first())
        .collect()
        .join(comments.select("row", excerpt=pl.col("text").str.slice(0, _EXCERPT_CHARS)), on="row")
        .drop("row")
    )
    return sizes.join(languages, on=by, how="left").collect().join(typical, on=by)


def _campaigns(
    tiers: pl.DataFrame, candidates: pl.DataFrame, grown: pl.DataFrame, comments: pl.DataFrame, texts: pl.DataFrame,
    members: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """Describe the campaigns that are reported, with what they have grown by."""
    copies = candidates.lazy().join(grown.lazy(), on="row", how="anti").select("row", "campaign_id")
    rows = copies.join(members.lazy(), on="row").with_columns(
        # The typical text of a campaign is that of its largest family.
        similarity=pl.col("similarity") + pl.len().over("campaign_id", "cluster_id")
    )  # fmt: skip
    whole = (
        pl.concat([copies, grown.lazy().select("row", "campaign_id")])
        .join(comments.lazy().select("row", "target", "created_at"), on="row")
        .group_by("campaign_id")
        .agg(
            n_comments=pl.len().cast(pl.UInt32),
            n_targets=pl.col("target").drop_nulls().n_unique().cast(pl.UInt32),
            start=pl.col("created_at").min(),
            end=pl.col("created_at").max(),
        )
        .collect()
    )
    return (
        tiers.filter(pl.col("rank") > 0)
        .drop("n_accounts")
        .join(_sizes(rows, "campaign_id", comments, texts).drop(whole.columns[1:]), on="campaign_id")
        .join(whole, on="campaign_id")
        .with_columns(label=pl.col("tier").replace_strict(list(_LABELS), list(_LABELS.values())))
        .sort("rank", "score", "n_accounts", "campaign_id", descending=[True, True, True, False])
        .select(list(CAMPAIGNS.columns))
    )


def _clusters(
    members: pl.DataFrame, comments: pl.DataFrame, texts: pl.DataFrame, tiers: pl.DataFrame, candidates: pl.DataFrame
) -> pl.DataFrame:
    of = candidates.select("cluster_id", "campaign_id").unique("cluster_id")
    judged = tiers.select("campaign_id", "rank", "score", "tier", "coordination_tier", "inauthenticity_tier")
    return (
        _sizes(members.lazy(), "cluster_id", comments, texts)
        .filter((pl.col("n_accounts") >= 2) | (pl.col("n_comments") >= 3))
        .join(of.join(judged, on="campaign_id"), on="cluster_id", how="left")
        .with_columns(
            language=pl.col("languages").list.first(),
            campaign_id=pl.when(pl.col("rank") > 0).then("campaign_id"),
            score=pl.col("score").fill_null(0.0),
            tier=pl.col("tier").fill_null("none"),
            coordination_tier=pl.col("coordination_tier").fill_null("none"),
            inauthenticity_tier=pl.col("inauthenticity_tier").fill_null("not judged"),
        )
        .sort("cluster_id")
        .select(list(CLUSTERS.columns))
    )


def _evidence(
    weighed: pl.DataFrame, campaigns: pl.DataFrame, clusters: pl.DataFrame, standing: pl.DataFrame,
    accounts: pl.DataFrame, grown: pl.DataFrame,
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
    inside = inside.join(
        accounts.select("account", "created_at", "age_at_first_comment_days"), on="account", how="left"
    )
    kinds = pl.Enum(["campaign", "cluster", "account", "comment"])
    return EVIDENCE.check(
        pl.concat(
            [
                explain_tests(told),
                explain_copying(campaigns, "campaign", "campaign_id"),
                explain_copying(clusters, "cluster", "cluster_id"),
                explain_accounts(inside),
                explain_growth(grown),
            ]
        )
        .sort(pl.col("subject_kind").cast(kinds), "subject_id", -pl.col("weight").abs(), "signal")
        .cast(dict(EVIDENCE.dtypes()))
    )
