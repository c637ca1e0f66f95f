"""Clusters that can be judged, and the candidate campaigns that they are joined into."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.codes import UNKNOWN, Codes, first_of, pack
from detector.evidence.traffic import Traffic
from detector.schema import CANDIDATES, TIES


@dataclass(frozen=True)
class Judgeable:
    """The clusters that can be judged: their comments as codes, and the first copy of each account."""

    ids: pl.Series
    rows: Codes
    clusters: Codes
    first_rows: Codes
    first_clusters: Codes

    @property
    def keys(self) -> npt.NDArray[np.uint64]:
        """(n,) the digits of the ids as numbers."""
        return self.ids.str.slice(1).str.to_integer(base=16, dtype=pl.UInt64).to_numpy()

    @property
    def n(self) -> int:
        """Number of clusters."""
        return len(self.ids)

    def followed_by(self, other: "Judgeable") -> "Judgeable":
        """Return these clusters and then the others, which keep their order."""
        return Judgeable(
            pl.concat([self.ids, other.ids]),
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.clusters, other.clusters + self.n]),
            np.concatenate([self.first_rows, other.first_rows]),
            np.concatenate([self.first_clusters, other.first_clusters + self.n]),
        )


def find_judgeable(
    account: Codes, texts: pl.DataFrame, members: pl.DataFrame, information_min_bits: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find the clusters that can be judged.

    Parameters
    ----------
    account
        (n,) account of each comment, `UNKNOWN` where there is none.
    texts, members
        TEXTS and MEMBERS.

    Returns
    -------
    tuple of DataFrame
        `row` and `cluster_id` of the members of clusters that say enough and come from several accounts, and of all
        copies of others.
    """
    rows, cluster = members["row"].to_numpy(), members["cluster_id"].rle_id().to_numpy().astype(np.int64)
    n_clusters = int(cluster.max(initial=-1)) + 1
    stranger = account[rows] == UNKNOWN
    n_unknown = np.bincount(cluster[stranger], minlength=n_clusters)
    known = np.unique(pack(cluster[~stranger], account[rows[~stranger]]), return_index=True)[1]
    n_accounts = np.bincount(cluster[~stranger][known], minlength=n_clusters)
    # TEXTS are in the order of their keys.
    at = np.searchsorted(texts["text_key"].to_numpy(), members["text_key"].to_numpy())
    bits = texts["information_bits"].gather(at)
    median = pl.DataFrame({"cluster": cluster, "bits": bits}).group_by("cluster").agg(pl.col("bits").median())
    says_enough = np.zeros(n_clusters, dtype=np.bool_)
    says_enough[median["cluster"].to_numpy()] = (median["bits"] >= information_min_bits).fill_null(False).to_numpy()
    several = (n_accounts >= 2) | (n_unknown >= 3)
    listed = members.select("row", "cluster_id")
    kept, copied = (listed.filter(pl.Series(flags[cluster])) for flags in (several & says_enough, several))
    return kept, copied


def encode_members(kept: pl.DataFrame, traffic: Traffic) -> Judgeable:
    """Bring the members of judgeable clusters, in the order of MEMBERS, into codes."""
    rows = kept["row"].to_numpy().astype(np.int64)
    clusters = kept["cluster_id"].rle_id().to_numpy().astype(np.int64)
    # Comments are in order of time, so the first row of an account in a cluster is its first copy.
    account = traffic.account[rows]
    # Unknown authors count once each for timing: nothing says that they are one.
    key = np.where(account == UNKNOWN, len(traffic.accounts) + np.arange(len(rows)), account)
    first = np.sort(first_of(clusters, key))
    return Judgeable(kept["cluster_id"].unique(maintain_order=True), rows, clusters, rows[first], clusters[first])


def name_candidates(clusters: Judgeable, labels: Codes) -> tuple[pl.Series, Codes]:
    """Name each joined group after its oldest cluster, so that growth does not rename it; return each cluster's."""
    oldest = (
        pl.DataFrame({"cluster": clusters.clusters, "row": clusters.rows})
        .group_by("cluster")
        .agg(pl.col("row").min())
        .sort("cluster")
        .with_columns(label=pl.Series(labels, dtype=pl.Int64), id=clusters.ids)
        # Texts before objects: a campaign keeps its name when an address joins it.
        .sort(pl.col("id").str.head(1), "row", "id")
        .group_by("label", maintain_order=True)
        .agg(name=("c" + pl.col("id").str.slice(1)).first())
        .sort("name")
        .with_row_index("group")
    )
    lookup = np.zeros(int(labels.max()) + 1 if len(labels) else 0, dtype=np.int64)
    lookup[oldest["label"].to_numpy()] = oldest["group"].to_numpy()
    return oldest["name"], lookup[labels]


def tabulate_candidates(traffic: Traffic, clusters: Judgeable, groups: Codes, names: pl.Series) -> pl.DataFrame:
    """Return the comments of judgeable clusters as CANDIDATES."""
    first = np.zeros(len(clusters.rows), dtype=np.bool_)
    first[np.unique(clusters.clusters, return_index=True)[1]] = True
    frame = pl.DataFrame(
        {
            "row": clusters.rows.astype(np.uint32),
            "cluster_id": clusters.ids.gather(clusters.clusters),
            "campaign_id": names.gather(groups[clusters.clusters]),
            "account": traffic.name(traffic.account[clusters.rows]),
            "is_first": first,
        }
    ).with_columns(
        n_clusters=pl.when(pl.col("account").is_null())
        .then(1)
        .otherwise(pl.col("cluster_id").n_unique().over("campaign_id", "account"))
        .cast(pl.UInt32)
    )
    return CANDIDATES.check(frame.sort("campaign_id", "cluster_id", "row"))


def tabulate_ties(
    traffic: Traffic, candidates: pl.DataFrame, links: pl.DataFrame, carried: pl.DataFrame
) -> pl.DataFrame:
    """List the comments that carry a candidate's address without being one of its copies."""
    tied = (
        links.join(carried.select("link", "campaign_id").unique(), on="link")
        .select("row", "campaign_id")
        .unique()
        .join(candidates.select("row", "campaign_id"), on=["row", "campaign_id"], how="anti")
        .sort("row", "campaign_id")
    )
    return TIES.check(tied.with_columns(account=traffic.name(traffic.account[tied["row"].to_numpy()])))
