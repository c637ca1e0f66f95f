"""Facts about clusters and pairs brought together for the candidate campaign that holds them."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.accounts import GroupTest
from detector.evidence.candidates import Judgeable
from detector.evidence.network import Company, Pairs
from detector.evidence.significance import combine
from detector.evidence.traffic import UNKNOWN, Codes, Traffic

Floats = npt.NDArray[np.float64]


def combine_synchrony(synchrony: tuple[Floats, ...], groups: Codes, n_groups: int) -> GroupTest:
    """Combine the synchrony of a group's clusters; the numbers shown are those of its most telling cluster."""
    observed, expected, p, window = synchrony
    order = np.lexsort((expected - observed, p, groups))
    held, first = np.unique(groups[order], return_index=True)
    sizes = np.bincount(groups, minlength=n_groups)
    rank = np.arange(len(order)) - np.searchsorted(groups[order], groups[order])
    # Candidates of many clusters are rare: one padded row per candidate, the smallest p values first.
    width = min(int(sizes.max()) if len(sizes) else 0, 64)
    padded = np.full((n_groups, max(width, 1)), np.nan)
    fits = rank < width
    padded[groups[order][fits], rank[fits]] = p[order][fits]
    # Leaving out the largest p values of a large group would flatter it: they are paid for.
    surplus = np.maximum(sizes / max(width, 1), 1.0)
    joint = np.minimum(combine(padded) * surplus, 1.0)
    # Groups of addresses alone hold no text to be synchronous.
    out = np.full((4, n_groups), np.nan)
    out[:, held] = np.stack([observed, expected, p, window])[:, order[first]]
    out[2] = joint
    return GroupTest.of(out)


def combine_company(company: Company, groups: Codes, n_groups: int, q_max: float) -> GroupTest:
    """Take the most telling pair of clusters of each group; q over all pairs has paid for the choice."""
    out = np.full((4, n_groups), np.nan)
    multiple = np.bincount(groups, minlength=n_groups) > 1
    out[2, multiple] = 1.0
    group = groups[company.left]
    inside = np.flatnonzero(group == groups[company.right])
    order = inside[np.lexsort((-company.observed[inside], company.q[inside], group[inside]))]
    present = np.unique(group[inside])
    lead = order[np.searchsorted(group[order], present)]
    met = inside[company.q[inside] <= q_max]
    out[:3, group[lead]] = company.observed[lead], company.expected[lead], company.q[lead]
    out[3] = np.bincount(group[met], minlength=n_groups)
    return GroupTest.of(out)


def combine_links(
    pairs: Pairs, traffic: Traffic, clusters: Judgeable, groups: Codes, n_groups: int
) -> GroupTest:  # fmt: skip
    """Count the accounts of each group that are linked with another of it.

    Observed: linked accounts. Expected and detail: by chance, and in fact, the texts that its closest pair shares.
    q over all pairs of accounts has paid for the choice.
    """
    account = traffic.account[clusters.first_rows]
    group = groups[clusters.first_clusters]
    held = pl.DataFrame({"group": group, "account": account}).filter(pl.col("account") != UNKNOWN).unique()
    inside = (
        pl.DataFrame({"a": pairs.a, "b": pairs.b, "shared": pairs.observed, "chance": pairs.expected, "q": pairs.q})
        .join(held, left_on="a", right_on="account")
        .join(held, left_on=["b", "group"], right_on=["account", "group"])
        .sort("group", "q", "a", "b")
    )
    out = np.full((4, n_groups), np.nan)
    out[2, np.bincount(groups, minlength=n_groups) >= 3] = 1.0
    best = inside.group_by("group", maintain_order=True).first()
    linked = pl.concat([inside.select("group", account="a"), inside.select("group", account="b")]).unique().sort(
        "group", "account"
    )  # fmt: skip
    counts = linked.group_by("group").len().sort("group")
    at = best["group"].to_numpy()
    out[0, at] = counts["len"].to_numpy()
    out[1, at], out[2, at], out[3, at] = best["chance"].to_numpy(), best["q"].to_numpy(), best["shared"].to_numpy()
    return GroupTest.of(out, linked["group"].to_numpy(), linked["account"].to_numpy())


def combine_objects(
    company: Floats, fan_out: Floats, object_groups: Codes, groups: Codes, n_groups: int
) -> tuple[GroupTest, GroupTest]:
    """Give each candidate the facts about its group of objects; of several groups, the one with the widest fan-out.

    Parameters
    ----------
    company, fan_out
        (4, n) facts about groups of objects, from `find_spread`.
    object_groups, groups
        (n_objects,) group of objects, and candidate, of each object.
    """
    out = np.full((2, 4, n_groups), np.nan)
    order = np.lexsort((object_groups, fan_out[2, object_groups], groups))
    found, first = np.unique(groups[order], return_index=True)
    best = object_groups[order[first]]
    out[0][:, found], out[1][:, found] = company[:, best], fan_out[:, best]
    return GroupTest.of(out[0]), GroupTest.of(out[1])


def find_regulars(
    traffic: Traffic, clusters: Judgeable, groups: Codes, company: Floats, q_max: float
) -> tuple[Codes, Codes]:
    """List the accounts that stand in several clusters of a group whose clusters share accounts beyond chance."""
    account = traffic.account[clusters.first_rows]
    group = groups[clusters.first_clusters]
    telling = (account != UNKNOWN) & (np.nan_to_num(company, nan=1.0) <= q_max)[group]
    pairs, counts = np.unique(np.stack([group[telling], account[telling]]), axis=1, return_counts=True)
    return pairs[0][counts > 1], pairs[1][counts > 1]
