"""What the frames hold about one subject: the selections that the summary, the dossier and the page share."""

from typing import Any

import polars as pl

Row = dict[str, Any]


def reasons(evidence: pl.DataFrame, kind: str, subject_id: str) -> tuple[list[Row], list[Row]]:
    """Return the evidence for and the evidence against, each strongest first.

    Parameters
    ----------
    evidence
        An EVIDENCE frame.
    kind
        comment, account, cluster or campaign.
    subject_id
        Its id.
    """
    rows = evidence.filter(pl.col("subject_kind") == kind, pl.col("subject_id") == subject_id)
    against = (pl.col("kind") == "against") | (pl.col("weight") < 0)
    strength = pl.col("weight").fill_null(0).abs()
    ordered = rows.sort(strength, descending=True, maintain_order=True)
    return ordered.filter(~against.fill_null(False)).to_dicts(), ordered.filter(against.fill_null(False)).to_dicts()


def addresses(clusters: pl.DataFrame, campaign_id: str) -> pl.DataFrame:
    """Return the addresses that a campaign spreads in words that differ, as rows of CLUSTERS."""
    return clusters.filter(pl.col("campaign_id") == campaign_id, pl.col("cluster_id").str.starts_with("u"))


def top_targets(comments: pl.DataFrame, n: int) -> tuple[list[Row], Row]:
    """Return the targets most commented on, and how many comments all further targets have together.

    Parameters
    ----------
    comments
        A comments frame; comments on no known target are passed over.
    n
        How many targets at most.

    Returns
    -------
    tuple
        Rows of target, n_comments and n_accounts; and for the others n_targets, n_comments and n_accounts.
    """
    named = comments.filter(pl.col("target").is_not_null())
    counts = {"n_comments": pl.len(), "n_accounts": pl.col("account").drop_nulls().n_unique()}
    ranked = named.group_by("target").agg(**counts).sort(["n_comments", "target"], descending=[True, False])
    shown = ranked.head(n)
    further = named.join(shown, on="target", how="anti").select(n_targets=pl.col("target").n_unique(), **counts)
    return shown.to_dicts(), further.row(0, named=True)


def top_accounts(accounts: pl.DataFrame, n: int) -> list[Row]:
    """Return the accounts with the highest scores; sources, who are not members, come last."""
    is_source = (pl.col("role") == "source").fill_null(False)
    return (
        accounts.sort([is_source, "score", "n_campaign_comments", "account"], descending=[False, True, True, False])
        .head(n)
        .to_dicts()
    )


def examples(comments: pl.DataFrame, n: int, *, one_per_account: bool = True) -> list[Row]:
    """Return comments that show the pattern: at least two copies of each text family, the largest families first.

    Parameters
    ----------
    comments
        A comments frame; comments outside any family are passed over.
    n
        How many at most.
    one_per_account
        Whether each account speaks at most once per family.
    """
    author = "account" if one_per_account else "id"
    copies = (
        comments.filter(pl.col("cluster_id").is_not_null(), pl.col("excerpt").is_not_null())
        .sort(["cluster_id", "similarity", "created_at", "id"], descending=[False, True, False, False], nulls_last=True)
        .unique(["cluster_id", author], keep="first", maintain_order=True)
        .with_columns(turn=pl.col("id").cum_count().over("cluster_id"), size=pl.len().over("cluster_id"))
    )
    n_each = max(2, -(-n // max(copies["cluster_id"].n_unique(), 1)))
    return (
        copies.filter(pl.col("turn") <= n_each)
        .sort(["size", "cluster_id", "turn"], descending=[True, False, False])
        .drop("turn", "size")
        .head(n)
        .to_dicts()
    )
