"""Clusters that can be judged, and the candidate campaigns that they are joined into."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.traffic import UNKNOWN, Codes, Traffic
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
    comments: pl.DataFrame, texts: pl.DataFrame, members: pl.DataFrame, information_min_bits: float
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the members of clusters that say enough and come from several accounts, and all copies of others."""
    known = (
        members.join(texts.select("text_key", "information_bits"), on="text_key", how="left", maintain_order="left")
        .join(comments.select("row", "account"), on="row", how="left", maintain_order="left")
        .with_columns(
            bits=pl.col("information_bits").median().over("cluster_id"),
            n_accounts=pl.col("account").drop_nulls().n_unique().over("cluster_id"),
            n_unknown=pl.col("account").is_null().sum().over("cluster_id"),
        )
    )
    several = known.filter((pl.col("n_accounts") >= 2) | (pl.col("n_unknown") >= 3))
    informative = several.filter(pl.col("bits") >= information_min_bits)
    return informative.select("row", "cluster_id"), several.select("row", "cluster_id")


def encode(kept: pl.DataFrame, traffic: Traffic) -> Judgeable:
    """Bring the members of judgeable clusters into codes."""
    ids = kept["cluster_id"].unique().sort()
    rows = kept["row"].to_numpy().astype(np.int64)
    clusters = kept["cluster_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    # Comments are in order of time, so the first row of an account in a cluster is its first copy.
    order = np.lexsort((rows, clusters))
    rows, clusters = rows[order], clusters[order]
    account = traffic.account[rows]
    stranger = account == UNKNOWN
    # Unknown authors count once each for timing: nothing says that they are one.
    key = np.where(stranger, len(traffic.accounts) + np.arange(len(rows)), account)
    _, first = np.unique(np.stack([clusters, key]), axis=1, return_index=True)
    first.sort()
    return Judgeable(ids, rows, clusters, rows[first], clusters[first])


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
    account = pl.Series(traffic.account[clusters.rows])
    frame = pl.DataFrame(
        {
            "row": clusters.rows.astype(np.uint32),
            "cluster_id": clusters.ids.gather(clusters.clusters),
            "campaign_id": names.gather(groups[clusters.clusters]),
            "account": traffic.accounts.gather(account.set(account == UNKNOWN, None)),
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
    comments: pl.DataFrame, candidates: pl.DataFrame, links: pl.DataFrame, carried: pl.DataFrame
) -> pl.DataFrame:
    """List the comments that carry a candidate's address without being one of its copies."""
    return TIES.check(
        links.join(carried.select("link", "campaign_id").unique(), on="link")
        .select("row", "campaign_id")
        .unique()
        .join(candidates.select("row", "campaign_id"), on=["row", "campaign_id"], how="anti")
        .join(comments.select("row", "account"), on="row", how="left")
        .sort("row", "campaign_id")
    )
