"""The accounts of the campaigns and what ties them, as nodes and edges whose number grows with the members only."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from detector.report.escape import visible

WHOLE_MAX = 20
"""Accounts of a cluster that are still tied each to each; a thousand would make half a million edges."""
NEXT = 3
"""In larger clusters, each account is tied to so many that posted next: no account is made a hub that it is not."""
_PAIRS_AT_A_TIME = 1 << 16


@dataclass(frozen=True)
class Network:
    """The nodes and edges, and how much was left undrawn."""

    nodes: pl.DataFrame
    """An account of a campaign: id, account, label, platform, campaign, tier, role, score, counts and times."""
    edges: pl.DataFrame
    """A pair, by the ids of its nodes: source, target, n_shared_clusters, tie, beyond_chance, q, gap and times."""
    n_clusters: int
    n_thinned: int
    """Clusters of more than `WHOLE_MAX` accounts."""


def network(frames: Mapping[str, pl.DataFrame]) -> Network:
    """Return the accounts of the campaigns and what ties them.

    Parameters
    ----------
    frames
        The published frames.

    Returns
    -------
    Network
        Ordered by account. At most `WHOLE_MAX - 1` edges for each account in each cluster, and those of LINKS. What an
        edge says is exact, whatever was left undrawn: it counts every cluster of a campaign that both accounts share.
    """
    posted = frames["comments"].filter(pl.col("campaign_id").is_not_null(), pl.col("account").is_not_null())
    nodes = _nodes(frames["accounts"], posted)
    members = _members(posted, nodes)
    links = frames["links"].filter(
        pl.all_horizontal(pl.col("account_a", "account_b").is_in(nodes["account"].implode()))
    )
    edges = _edges(_pairs(members, links), members, links)
    ids = nodes.select("account", "id")
    edges = edges.join(ids, left_on="a", right_on="account", maintain_order="left").rename({"id": "source"})
    edges = edges.join(ids, left_on="b", right_on="account", maintain_order="left").rename({"id": "target"})
    sizes = members.select("cluster_id", "size").unique()
    return Network(nodes, edges.drop("a", "b"), sizes.height, sizes.filter(pl.col("size") > WHOLE_MAX).height)


def _nodes(accounts: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    times = posted.group_by("account").agg(first=pl.col("created_at").min(), last=pl.col("created_at").max())
    found = accounts.filter(pl.col("campaign_id").is_not_null()).sort("account")
    label = pl.coalesce("author_handle", "author_id", "account")
    return found.join(times, on="account", how="left", maintain_order="left").select(
        "account",
        "platform",
        "tier",
        "role",
        "score",
        "n_comments",
        "n_campaign_comments",
        "first",
        "last",
        # An id that every format takes and that is the same in every scan, whatever stands in the name.
        id=pl.col("account").map_elements(_id, return_dtype=pl.String),
        label=label.map_elements(visible, return_dtype=pl.String),
        campaign="campaign_id",
        created="created_at",
    )


def _id(account: str) -> str:
    return f"a{hashlib.blake2b(account.encode(), digest_size=8).hexdigest()}"


def _members(posted: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Return which account stands in which cluster: first and last time, and its place in the order of the first."""
    return (
        posted.filter(pl.col("cluster_id").is_not_null())
        .join(nodes.select("account"), on="account", how="semi")
        .group_by("cluster_id", "account")
        .agg(first=pl.col("created_at").min(), last=pl.col("created_at").max())
        .sort("cluster_id", "first", "account", nulls_last=True)
        .with_columns(place=pl.int_range(pl.len()).over("cluster_id"), size=pl.len().over("cluster_id"))
    )


def _pairs(members: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs to draw, a < b."""
    drawn = [links.select(a="account_a", b="account_b")]
    for step in range(1, WHOLE_MAX):
        near = members.filter((pl.col("size") <= WHOLE_MAX) | (step <= NEXT)).select("cluster_id", "account", "place")
        ahead = near.select("cluster_id", "account", place=pl.col("place") - step)
        both = near.join(ahead, on=["cluster_id", "place"])
        drawn.append(
            both.select(
                a=pl.min_horizontal("account", "account_right"), b=pl.max_horizontal("account", "account_right")
            ).unique()
        )
    return pl.concat(drawn).unique().sort("a", "b")


def _edges(pairs: pl.DataFrame, members: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return what each pair has in common."""
    stands = members.select("cluster_id", "account", "first", "last")
    shared = [_shared(part, stands) for part in pairs.iter_slices(_PAIRS_AT_A_TIME)] or [_shared(pairs, stands)]
    known = links.select(
        "q", "median_gap_s", a="account_a", b="account_b", n_linked="n_shared_clusters", beyond_chance=pl.lit(True)
    )
    n, n_addresses = pl.col("n"), pl.col("n_addresses")
    return (
        pairs.join(pl.concat(shared), on=["a", "b"], how="left", maintain_order="left")
        .join(known, on=["a", "b"], how="left", maintain_order="left")
        .select(
            "a",
            "b",
            "q",
            "median_gap_s",
            "first",
            "last",
            # A link also counts clusters that belong to no campaign.
            n_shared_clusters=pl.max_horizontal("n", "n_linked"),
            tie=pl.when(n.is_null()).then(pl.lit("texts outside the campaigns"))
            .when(n_addresses == 0).then(pl.lit("texts"))
            .when(n_addresses == n).then(pl.lit("addresses"))
            .otherwise(pl.lit("texts and addresses")),
            beyond_chance=pl.col("beyond_chance").fill_null(False),
        )
    )  # fmt: skip


def _shared(pairs: pl.DataFrame, stands: pl.DataFrame) -> pl.DataFrame:
    return (
        pairs.join(stands, left_on="a", right_on="account")
        .join(stands, left_on=["b", "cluster_id"], right_on=["account", "cluster_id"])
        .group_by("a", "b")
        .agg(
            n=pl.len(),
            n_addresses=pl.col("cluster_id").str.starts_with("u").sum(),
            first=pl.min_horizontal("first", "first_right").min(),
            last=pl.max_horizontal("last", "last_right").max(),
        )
    )
