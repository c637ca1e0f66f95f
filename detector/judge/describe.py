"""What campaigns and clusters are like: sizes, span, languages, a typical text."""

import polars as pl

from detector.judge.tiers import carries_object
from detector.schema import CAMPAIGNS, CLUSTERS

_EXCERPT_CHARS = 160
_LANGUAGES_MIN_SHARE = 0.02
_SPREADING = {
    "low": "accounts that spread the same addresses together, authenticity not judged",
    "medium": "accounts that spread the same addresses together, with a second, independent sign",
}
_LABELS = {
    "low": "organised or synchronised copying, authenticity not judged",
    "medium": "coordinated copying with a second, independent sign",
    "high": "coordinated copying by accounts that look inauthentic in several ways",
}


def describe_campaigns(
    tiers: pl.DataFrame, candidates: pl.DataFrame, grown: pl.DataFrame, standing: pl.DataFrame,
    comments: pl.DataFrame, texts: pl.DataFrame, members: pl.DataFrame,
) -> pl.DataFrame:  # fmt: skip
    """Describe the campaigns that are reported, with what they have grown by.

    Returns
    -------
    DataFrame
        CAMPAIGNS, and `n_copiers` and `n_copies`: its accounts and comments but for what it has grown by.
    """
    # What is not reported is not described: in a dump of one text that would be all of it.
    reported = tiers.filter(pl.col("rank") > 0)
    candidates = candidates.join(reported, on="campaign_id", how="semi")
    copies = candidates.join(grown, on="row", how="anti").select("row", "campaign_id", "cluster_id")
    rows = copies.join(members.drop("cluster_id"), on="row", how="left").with_columns(
        # The typical text of a campaign is that of its largest family.
        similarity=pl.col("similarity") + pl.len().over("campaign_id", "cluster_id")
    )  # fmt: skip
    whole = (
        _fetch(comments, pl.concat([copies.drop("cluster_id"), grown.select("row", "campaign_id")]),
               "target", "created_at")
        .group_by("campaign_id")
        .agg(
            n_comments=pl.len().cast(pl.UInt32),
            n_targets=pl.col("target").drop_nulls().n_unique().cast(pl.UInt32),
            start=pl.col("created_at").min(),
            end=pl.col("created_at").max(),
        )
    )  # fmt: skip
    counted = candidates.join(grown, on="row", how="anti")
    admitted = (
        standing.filter(pl.col("role") == "grown")
        .join(counted, on=["campaign_id", "account"], how="anti")
        .group_by("campaign_id")
        .agg(n_grown=pl.len().cast(pl.UInt32))
    )
    return (
        reported.drop("n_accounts")
        .join(
            _sizes(rows, "campaign_id", comments, texts)
            .rename({"n_accounts": "n_copiers", "n_comments": "n_copies"})
            .drop("n_targets", "start", "end"),
            on="campaign_id",
        )
        .join(whole, on="campaign_id")
        .join(admitted, on="campaign_id", how="left")
        .with_columns(n_accounts=pl.col("n_copiers") + pl.col("n_grown").fill_null(0))
        .with_columns(label=_label())
        .sort("rank", "score", "n_accounts", "campaign_id", descending=[True, True, True, False])
        .select(*CAMPAIGNS.columns, "n_copiers", "n_copies")
    )


def _label() -> pl.Expr:
    """Name a campaign by what was found: copies, or else addresses."""
    by_text = pl.any_horizontal("synchrony", "company", "linked_accounts")
    tier = pl.col("tier")
    return (
        pl.when(pl.col("fan_out") & ~by_text & (pl.col("rank") <= 2))
        .then(tier.replace_strict(list(_SPREADING), list(_SPREADING.values()), default=None, return_dtype=pl.String))
        .otherwise(tier.replace_strict(list(_LABELS), list(_LABELS.values())))
    )  # fmt: skip


def describe_parts(candidates: pl.DataFrame, campaigns: pl.DataFrame, comments: pl.DataFrame) -> pl.DataFrame:
    """Size the part of each campaign that copies texts, and the part that carries addresses (`by_address`)."""
    return (
        _fetch(comments, candidates.join(campaigns, on="campaign_id", how="semi"), "target")
        .group_by("campaign_id", by_address=carries_object(pl.col("cluster_id")))
        .agg(
            n_accounts=pl.col("account").drop_nulls().n_unique(),
            n_comments=pl.len(),
            n_targets=pl.col("target").drop_nulls().n_unique(),
            n_clusters=pl.col("cluster_id").n_unique(),
        )
    )


def describe_objects(
    objects: pl.DataFrame, candidates: pl.DataFrame, campaigns: pl.DataFrame, comments: pl.DataFrame
) -> pl.DataFrame:
    """Describe the addresses of campaigns, by the comments that carry them in other words: CLUSTERS."""
    return (
        _fetch(comments, candidates.join(objects, on="cluster_id"), "target", "lang", "created_at")
        .join(campaigns.select(
            "campaign_id", "score", "tier", "coordination_tier", "inauthenticity_tier"), on="campaign_id")
        .sort("cluster_id", "row")
        .group_by("cluster_id", maintain_order=True)
        .agg(
            pl.col("campaign_id", "score", "tier", "coordination_tier", "inauthenticity_tier").first(),
            n_comments=pl.len().cast(pl.UInt32),
            n_accounts=pl.col("account").n_unique().cast(pl.UInt32),
            n_targets=pl.col("target").n_unique().cast(pl.UInt32),
            n_texts=pl.len().cast(pl.UInt32),
            language=pl.col("lang").drop_nulls().mode().sort().first(),
            start=pl.col("created_at").min(),
            end=pl.col("created_at").max(),
            information_bits=pl.lit(None, pl.Float64),
            excerpt=pl.col("address").first().str.slice(0, _EXCERPT_CHARS),
        )
        .select(list(CLUSTERS.columns))
    )  # fmt: skip


def describe_clusters(
    members: pl.DataFrame, comments: pl.DataFrame, texts: pl.DataFrame, tiers: pl.DataFrame, candidates: pl.DataFrame
) -> pl.DataFrame:
    """Describe the clusters of two or more accounts, or of three or more comments: CLUSTERS."""
    of = candidates.select("cluster_id", "campaign_id").unique("cluster_id")
    judged = tiers.select("campaign_id", "rank", "score", "tier", "coordination_tier", "inauthenticity_tier")
    return (
        _sizes(members, "cluster_id", comments, texts)
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


def _sizes(rows: pl.DataFrame, by: str, comments: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Describe groups of comments: sizes, span, languages, and a typical text."""
    # Of all texts few are meant: a join is the dearer the larger the frame that it looks things up in.
    said = texts.select("text_key", "script", "information_bits").join(rows, on="text_key", how="semi")
    facts = _fetch(comments, rows, "account", "target", "lang", "created_at").join(said, on="text_key", how="left")
    languages = (
        facts.group_by(by, language=pl.coalesce("lang", "script")).len().drop_nulls("language")
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
    # Texts are fetched for one typical comment of each group, not carried along with all.
    typical = rows.sort(by, "similarity", "row", descending=[False, True, False], nulls_last=True).unique(
        by, keep="first", maintain_order=True
    )
    excerpts = _fetch(comments, typical.select(by, "row"), "text").select(
        by, excerpt=pl.col("text").str.slice(0, _EXCERPT_CHARS)
    )
    return sizes.join(languages, on=by, how="left").join(excerpts, on=by)


def _fetch(comments: pl.DataFrame, frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Add columns of COMMENTS to a frame that has their `row`."""
    return pl.concat([frame, comments.select(columns)[frame["row"]]], how="horizontal")
