"""Who meets whom again: clusters that share accounts beyond chance, and the pairs of accounts behind that."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from detector.evidence.ground import Ground, meet_rows, reach_clusters
from detector.evidence.significance import false_discovery_rates, poisson_tail
from detector.evidence.spans import expand, mark
from detector.evidence.traffic import UNKNOWN, Codes, Traffic
from detector.schema import LINKS

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Two copies by one account within this time are one sitting: a letter in two parts is not a second meeting.
_SITTING_US = 600_000_000
_CLUSTERS_PER_ACCOUNT = 200
_PAIRS_MAX, _PAIRS_A_COPY = 1 << 22, 4
MEETINGS_MIN = 3
_LINKED_CLUSTER_ACCOUNTS = 300
_LINKS_MAX = 200_000
# Steps up to which all overlaps of strata are listed: some seconds.
_OVERLAP_STEPS_MAX = 1 << 28


@dataclass(frozen=True)
class Company:
    """Pairs of clusters that share accounts: `left` < `right` (k,), and how many, expected how many, p and q."""

    left: Codes
    right: Codes
    observed: Codes
    expected: Floats
    p: Floats
    q: Floats


def measure_company(traffic: Traffic, rows: Codes, clusters: Codes, n_clusters: int) -> Company:
    """Test for every pair of clusters whether the same accounts stand in both.

    Parameters
    ----------
    rows, clusters
        (m,) the first copy of each known account in each cluster.

    Returns
    -------
    Company
        Pairs with at least one shared account; q over all n_clusters (n_clusters - 1) / 2 pairs.

    Notes
    -----
    Null: given how much each account comments at each target in each period, and how large a part of the comments
    there each text makes up, accounts choose texts independently. The expected number of accounts that hold texts c
    and d is the sum over accounts of (comments at s) (comments at t) (share of c at s) (share of d at t) over all
    strata s and t, a comment not being counted twice; its distribution is taken as Poisson.
    """
    kept = ~traffic.is_live[rows] & (traffic.account[rows] != UNKNOWN)
    rows, clusters = rows[kept], clusters[kept]
    left, right, observed = _shared(traffic, rows, clusters, n_clusters)
    expected = _expected_company(traffic, rows, clusters, n_clusters, left, right)
    p = poisson_tail(observed, expected)
    q = false_discovery_rates(p, n_clusters * (n_clusters - 1) // 2)
    return Company(left, right, observed, expected, p, q)


def _shared(traffic: Traffic, rows: Codes, clusters: Codes, n_clusters: int) -> tuple[Codes, Codes, Codes]:
    """Count the accounts that stand in both clusters of a pair, on separate occasions."""
    order = np.lexsort((clusters, traffic.account[rows]))
    rows, clusters = rows[order], clusters[order].astype(np.int64)
    account, time, timed = traffic.account[rows], traffic.time[rows], traffic.has_time[rows]
    found, n_found = [np.zeros(0, dtype=np.int64)], 0
    # Accounts are few that stand in many clusters; their pairs are listed one distance at a time. Where so many stand
    # in so many that pairs outnumber copies by far, the wider distances say nothing new and are left out.
    at = np.arange(len(rows))
    for step in range(1, _CLUSTERS_PER_ACCOUNT):
        at = at[at + step < len(rows)]
        at = at[account[at] == account[at + step]]
        if not len(at) or n_found > max(_PAIRS_MAX, _PAIRS_A_COPY * len(rows)):
            break
        n_found += len(at)
        apart = ~(timed[at] & timed[at + step]) | (np.abs(time[at + step] - time[at]) > _SITTING_US)
        found.append(clusters[at[apart]] * n_clusters + clusters[at[apart] + step])
    pairs, counts = np.unique(np.concatenate(found), return_counts=True)
    return pairs // max(n_clusters, 1), pairs % max(n_clusters, 1), counts.astype(np.int64)


def _expected_company(
    traffic: Traffic, rows: Codes, clusters: Codes, n_clusters: int, left: Codes, right: Codes
) -> Floats:
    """Return the sum over strata s and t of (share of c at s) (visits to both s and t) (share of d at t).

    It is taken for the pairs asked for alone: first over t, for each s and d that come together in a pair, then over
    s, in the order of strata.
    """
    ground = Ground.of(traffic, rows, clusters, n_clusters, mark(np.concatenate([left, right]), n_clusters)[clusters])
    at = expand(ground.starts[left], ground.starts[left + 1])
    pair = np.repeat(np.arange(len(left)), np.diff(ground.starts)[left])
    asked, place = np.unique(ground.strata[at] * n_clusters + right[pair], return_inverse=True)
    product = ground.rates[at] * reach_clusters(ground, asked // max(n_clusters, 1), asked % max(n_clusters, 1))[place]
    pair, product = pair[product != 0], product[product != 0]
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    expected = np.zeros(len(left))
    expected[pair[first]] = np.add.reduceat(product, first) if len(first) else 0.0
    return np.maximum(expected, 1e-9)


def join_clusters(company: Company, ties: list[tuple[Codes, Codes]], n_clusters: int, q_max: float) -> Codes:
    """Join clusters into candidate campaigns: by shared accounts beyond chance, and by ties.

    Parameters
    ----------
    company
        From `measure_company`.
    ties
        Clusters and the number of what each holds, of several kinds: rare addresses, circles of linked accounts,
        cohorts of accounts created together.

    Returns
    -------
    ndarray
        (n_clusters,) labels, equal inside a candidate.
    """
    met = (company.q <= q_max) & (company.observed >= MEETINGS_MIN)
    left, right, n_nodes = [company.left[met]], [company.right[met]], n_clusters
    # What clusters hold is a node of its own: a star joins k clusters by k edges.
    for clusters, held in ties:
        left.append(clusters)
        right.append(held + n_nodes)
        n_nodes += int(held.max()) + 1 if len(held) else 0
    edges = np.concatenate(left), np.concatenate(right)
    graph = coo_array((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(n_nodes, n_nodes))
    return connected_components(graph.tocsr(), directed=False)[1][:n_clusters].astype(np.int64)


@dataclass(frozen=True)
class Pairs:
    """Pairs of accounts `a` < `b` (k,) that hold more texts in common than chance gives, strongest first."""

    a: Codes
    b: Codes
    observed: Codes
    expected: Floats
    p: Floats
    q: Floats


def pair_accounts(traffic: Traffic, rows: Codes, clusters: Codes, n_clusters: int, q_max: float) -> Pairs:
    """Find the pairs of accounts that hold more texts in common than chance gives.

    Returns
    -------
    Pairs
        Pairs with three or more texts in common and q <= `q_max` over all pairs of accounts; at most `_LINKS_MAX`.

    Notes
    -----
    Null as in `measure_company`: the expected number of texts that a and b share is the sum over texts and strata
    of (comments of a at s) (share of the text at s) (comments of b at t) (share of the text at t), taken as Poisson.
    Where two accounts post nearly everything together, this finds them although the texts they share are popular
    through themselves. Clusters of more than 300 accounts say little about any pair and are left out.
    """
    n_accounts = len(traffic.accounts)
    sizes = np.bincount(clusters, minlength=n_clusters)
    kept = (sizes[clusters] <= _LINKED_CLUSTER_ACCOUNTS) & ~traffic.is_live[rows] & (traffic.account[rows] != UNKNOWN)
    rows, clusters = _one_a_sitting(traffic, rows[kept], clusters[kept])
    often = np.bincount(traffic.account[rows], minlength=n_accounts) >= MEETINGS_MIN
    few = often[traffic.account[rows]]
    holds = coo_array(
        (np.ones(int(few.sum())), (traffic.account[rows[few]], clusters[few])), shape=(n_accounts, n_clusters)
    ).tocsr()
    shared = (holds @ holds.T).tocoo()
    pick = (shared.coords[0] < shared.coords[1]) & (shared.data >= MEETINGS_MIN)
    a, b = shared.coords[0][pick].astype(np.int64), shared.coords[1][pick].astype(np.int64)
    observed = shared.data[pick].astype(np.int64)
    expected = _expected_shared(traffic, rows, clusters, n_clusters, a, b)
    p = poisson_tail(observed, expected)
    q = false_discovery_rates(p, n_accounts * (n_accounts - 1) // 2)
    sure = np.flatnonzero(q <= q_max)
    sure = sure[np.lexsort((b[sure], a[sure], p[sure]))][:_LINKS_MAX]
    return Pairs(a[sure], b[sure], observed[sure], expected[sure], p[sure], q[sure])


def _one_a_sitting(traffic: Traffic, rows: Codes, clusters: Codes) -> tuple[Codes, Codes]:
    """Keep one text of those that an account posts within ten minutes: a letter in parts is one occasion.

    It is the text with the smallest number, so that accounts which post the same texts keep the same one.
    """
    sitting = np.where(traffic.has_time[rows], traffic.time[rows] // _SITTING_US, -1 - np.arange(len(rows)))
    order = np.lexsort((clusters, sitting, traffic.account[rows]))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(traffic.account[rows][order]) != 0) | (np.diff(sitting[order]) != 0)
    return rows[order][first], clusters[order][first]


def _expected_shared(
    traffic: Traffic, rows: Codes, clusters: Codes, n_clusters: int, a: Codes, b: Codes
) -> Floats:  # fmt: skip
    paired = mark(np.concatenate([a, b]), len(traffic.accounts) + 1)  # the last is where unknown authors end up
    visited = mark(traffic.stratum[paired[traffic.account]], traffic.n_strata)
    ground = Ground.of(traffic, rows, clusters, n_clusters, np.ones(len(rows), dtype=np.bool_), visited)
    rates = csr_array((ground.rates, ground.strata, ground.starts), shape=(n_clusters, ground.n_strata)).T.tocsr()
    order = np.argsort(a, kind="stable")
    if int((np.diff(ground.starts).astype(np.int64) ** 2).sum()) > _OVERLAP_STEPS_MAX:
        return np.maximum(_meet_in_clusters(ground.visits, rates, a, b, order), 1e-9)
    overlap, visits = (rates @ rates.T).tocsr(), ground.visits
    expected = np.zeros(len(a))
    for start in range(0, len(a), 1 << 14):
        at = order[start : start + (1 << 14)]
        own, place = np.unique(a[at], return_inverse=True)
        expected[at] = meet_rows(csr_array(visits[own] @ overlap), place, visits, b[at])
    return np.maximum(expected, 1e-9)


def _meet_in_clusters(visits: csr_array, rates: csr_array, a: Codes, b: Codes, order: Codes) -> Floats:
    """Return the same sums by way of what each account may hold of each cluster: where strata overlap too much."""
    expected = np.zeros(len(a))
    for start in range(0, len(a), 1 << 12):
        at = order[start : start + (1 << 12)]
        held = [
            csr_array(visits[own] @ rates)[place]
            for own, place in (np.unique(accounts[at], return_inverse=True) for accounts in (a, b))
        ]
        expected[at] = held[0].multiply(held[1]).sum(axis=1)
    return expected


def find_circles(pairs: Pairs, traffic: Traffic, rows: Codes, clusters: Codes) -> tuple[Codes, Codes]:
    """Find the clusters that a circle of linked accounts stands in.

    Returns
    -------
    clusters, circles
        (k,) clusters in which at least three linked accounts of one circle stand, or all accounts if they are two;
        and the circle's number.
    """
    n_accounts = len(traffic.accounts)
    graph = coo_array((np.ones(len(pairs.a), dtype=np.int8), (pairs.a, pairs.b)), shape=(n_accounts, n_accounts))
    label = connected_components(graph.tocsr(), directed=False)[1]
    linked = np.zeros(n_accounts, dtype=np.bool_)
    linked[pairs.a] = linked[pairs.b] = True
    known = traffic.account[rows] != UNKNOWN
    rows, clusters = rows[known], clusters[known]
    account = traffic.account[rows]
    inside = linked[account]
    found, counts = np.unique(np.stack([clusters[inside], label[account[inside]]]), axis=1, return_counts=True)
    sizes = np.bincount(clusters)
    enough = counts >= np.minimum(MEETINGS_MIN, sizes[found[0]])
    circles = np.unique(found[1][enough], return_inverse=True)[1].astype(np.int64)
    return found[0][enough].astype(np.int64), circles


def tabulate_links(pairs: Pairs, traffic: Traffic, rows: Codes, clusters: Codes) -> pl.DataFrame:
    """Return pairs of accounts as LINKS."""
    names = traffic.accounts
    return LINKS.check(
        pl.DataFrame(
            {
                "account_a": names.gather(pairs.a),
                "account_b": names.gather(pairs.b),
                "n_shared_clusters": pairs.observed.astype(np.uint32),
                "expected": pairs.expected,
                "p": pairs.p,
                "q": pairs.q,
                "median_gap_s": _median_gaps(traffic, rows, clusters, pairs.a, pairs.b),
            },
            schema=LINKS.dtypes(),
        ).sort("account_a", "account_b")
    )


def _median_gaps(traffic: Traffic, rows: Codes, clusters: Codes, a: Codes, b: Codes) -> pl.Series:
    """Return the median time between two accounts' copies of the texts they share, seconds."""
    copies = pl.DataFrame(
        {"account": traffic.account[rows], "cluster": clusters, "time": traffic.time[rows]}
    ).filter(pl.Series(traffic.has_time[rows]))  # fmt: skip
    pairs = pl.DataFrame({"a": a, "b": b}).with_row_index("pair")
    gaps = (
        pairs.join(copies, left_on="a", right_on="account")
        .join(copies, left_on=["b", "cluster"], right_on=["account", "cluster"])
        .group_by("pair")
        .agg(gap=((pl.col("time") - pl.col("time_right")).abs() / 1e6).median())
    )
    return pairs.join(gaps, on="pair", how="left").sort("pair")["gap"]
