"""The accounts of the campaigns and what joins them, as nodes and edges whose number grows with the members only."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from detector.report.escape import visible

WHOLE_MAX = 20
"""Accounts of a cluster that are still joined each to each; a thousand would make half a million edges."""
NEXT = 3
"""In larger clusters, each account is joined to so many that posted next: no account is made a hub that it is not."""
_PAIRS_AT_A_TIME = 1 << 16


@dataclass(frozen=True)
class Network:
    """The nodes and edges, and how much was left undrawn."""

    nodes: pl.DataFrame
    """An account of a campaign: id, account, label, platform, campaign, tier, role, score, counts and times."""
    edges: pl.DataFrame
    """A pair, by the ids of its nodes: source, target, n_shared_clusters, shares, is_link, q, gap and times."""
    n_clusters: int
    n_thinned: int
    """Clusters of more than `WHOLE_MAX` accounts."""


def network(frames: Mapping[str, pl.DataFrame]) -> Network:
    """Return the accounts of the campaigns and what joins them.

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
    posted = (
        frames["comments"]
        .select("account", "cluster_id", "campaign_id", "created_at")
        .drop_nulls(["account", "campaign_id"])
    )
    nodes = _nodes(frames["accounts"], posted)
    numbers = nodes.select("account", number=pl.int_range(pl.len(), dtype=pl.UInt32))
    members = _members(posted, numbers)
    links = _numbered(frames["links"], numbers)
    edges = _edges(_pairs(members, links), members, links)
    ids = nodes["id"]
    edges = edges.select(pl.exclude("a", "b"), source=ids.gather(edges["a"]), target=ids.gather(edges["b"]))
    sizes = members.select("cluster", "size").unique()["size"]
    return Network(nodes, edges, len(sizes), int((sizes > WHOLE_MAX).sum()))


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


def _members(posted: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Return which account stands in which cluster, both by number: first and last time, and place by the first."""
    return (
        posted.drop_nulls("cluster_id")
        .join(numbers, on="account")
        .select("cluster_id", "number", "created_at")
        .group_by("cluster_id", "number")
        .agg(first=pl.col("created_at").min(), last=pl.col("created_at").max())
        .sort("cluster_id", "first", "number", nulls_last=True)
        .select(
            "number",
            "first",
            "last",
            cluster=pl.col("cluster_id").rle_id(),
            is_address=pl.col("cluster_id").str.starts_with("u"),
            place=pl.int_range(pl.len()).over("cluster_id"),
            size=pl.len().over("cluster_id"),
        )
    )


def _numbered(links: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Return the links between accounts of campaigns, by their numbers."""
    for end, account in (("a", "account_a"), ("b", "account_b")):
        links = links.join(numbers.rename({"account": account, "number": end}), on=account)
    return links.select("a", "b", "q", "median_gap_s", n_linked="n_shared_clusters", is_link=pl.lit(True))


def _pairs(members: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs to draw, a < b."""
    drawn = [links.select("a", "b")]
    for step in range(1, WHOLE_MAX):
        near = members.filter((pl.col("size") <= WHOLE_MAX) | (step <= NEXT)).select("cluster", "number", "place")
        both = near.join(near.with_columns(place=pl.col("place") - step), on=["cluster", "place"])
        ends = pl.col("number", "number_right")
        drawn.append(both.select(a=pl.min_horizontal(ends), b=pl.max_horizontal(ends)).unique())
    return pl.concat(drawn).unique().sort("a", "b")


def _edges(pairs: pl.DataFrame, members: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return what each pair has in common."""
    stands = members.select("cluster", "number", "first", "last", "is_address")
    shared = [_shared(part, stands) for part in pairs.iter_slices(_PAIRS_AT_A_TIME)] or [_shared(pairs, stands)]
    n, n_addresses = pl.col("n"), pl.col("n_addresses")
    return (
        pairs.join(pl.concat(shared), on=["a", "b"], how="left", maintain_order="left")
        .join(links, on=["a", "b"], how="left", maintain_order="left")
        .select(
            "a",
            "b",
            "q",
            "median_gap_s",
            "first",
            "last",
            # A link also counts clusters that belong to no campaign.
            n_shared_clusters=pl.max_horizontal("n", "n_linked"),
            shares=pl.when(n.is_null()).then(pl.lit("texts outside the campaigns"))
            .when(n_addresses == 0).then(pl.lit("texts"))
            .when(n_addresses == n).then(pl.lit("addresses"))
            .otherwise(pl.lit("texts and addresses")),
            is_link=pl.col("is_link").fill_null(False),
        )
    )  # fmt: skip


def _shared(pairs: pl.DataFrame, stands: pl.DataFrame) -> pl.DataFrame:
    return (
        pairs.join(stands, left_on="a", right_on="number")
        .join(stands, left_on=["b", "cluster"], right_on=["number", "cluster"])
        .group_by("a", "b")
        .agg(
            n=pl.len(),
            n_addresses=pl.col("is_address").sum(),
            first=pl.min_horizontal("first", "first_right").min(),
            last=pl.max_horizontal("last", "last_right").max(),
        )
    )
