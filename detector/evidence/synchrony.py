"""Test whether copies of a text come closer together than comments at the same targets in the same period."""

import numpy as np
import numpy.typing as npt

from detector.config import EvidenceConfig
from detector.evidence.significance import overdispersed_tail
from detector.evidence.traffic import Codes, Traffic

Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]

_SCOUTS = 99
_SCOUT_P_MAX = 0.1
_SCOUT_REACH_MAX = 0.06
# What fits a processor's cache.
_BLOCK_CELLS = 1 << 17
# Below this the shape of the tail is a guess.
_SMALLEST_P = 1e-6


def measure_synchrony(
    traffic: Traffic, rows: Codes, clusters: Codes, keys: Keys, config: EvidenceConfig
) -> tuple[Floats, Floats, Floats, Floats]:
    """Test the synchrony of every cluster by permutation.

    Parameters
    ----------
    traffic
        All comments.
    rows, clusters
        (m,) comments, one per account and cluster, and their clusters, 0 … n_clusters - 1.
    keys
        (n_clusters,) numbers that name the clusters: the draws for a cluster depend on nothing else.

    Returns
    -------
    observed, expected, p, window
        (n_clusters,) pairs of neighbouring copies no further apart than the most telling window, the mean of that
        under chance, the p value with the choice of window paid for, and the window in seconds. NaN: not testable
        (fewer than three timed copies, or times too coarse). p alone NaN: not testable either, for chance alone would
        bring copies as close as they can come (too little other traffic).

    Notes
    -----
    Null: given target and period, moments are drawn from the traffic there. Each copy is given the moment of a
    comment drawn from its stratum; a campaign that is itself most of a thread's traffic therefore shows little. The
    statistic is taken at every window and the smallest of its p values is compared with the smallest of each
    permutation (Westfall and Young 1993); p = (1 + hits) / (1 + permutations) (Phipson and Smyth 2010). Clusters
    that look ordinary after 99 permutations are not permuted further. Where no permutation comes up to what is seen, a
    negative binomial with the mean and variance of the permutations continues their tail, times the windows tried and
    not below 1e-6: else one campaign among thousands of clusters could never be told from chance. Copies cannot
    come closer than all of them within the shortest window: where more than the false discovery rate of the
    permutations do, no p can be small enough.
    """
    n_clusters = len(keys)
    results = np.full((5, n_clusters), np.nan)
    windows = np.array([w for w in config.synchrony_windows_s if w >= traffic.precision_s], dtype=np.int64)
    usable = traffic.has_time[rows] & ~traffic.is_live[rows]
    rows, clusters = sample_rows(rows[usable], clusters[usable], config.max_permuted_comments, config.seed)
    sizes = np.bincount(clusters, minlength=n_clusters)
    if not len(windows):
        return results[0], results[1], results[2], results[3]
    pool = _Pool(traffic)
    starts = np.cumsum(sizes) - sizes
    for n_permutations in (_SCOUTS, config.n_permutations):
        # The second pass takes up the clusters that the first found interesting, or whose reach it left open.
        unsure = (results[2] <= _SCOUT_P_MAX) | ((results[4] > 1 / (_SCOUTS + 1)) & (results[4] <= _SCOUT_REACH_MAX))
        wanted = (sizes >= 3) & (np.isnan(results[2]) | (unsure & (n_permutations > _SCOUTS)))
        for size in np.unique(sizes[wanted]).tolist():
            group = np.flatnonzero(wanted & (sizes == size))
            step = max(1, _BLOCK_CELLS // (size * (n_permutations + 1)))
            for block in range(0, len(group), step):
                chosen = group[block : block + step]
                members = rows[starts[chosen][:, None] + np.arange(size)]
                results[:, chosen] = _permute(
                    traffic, pool, members, keys[chosen], windows, n_permutations, config.seed
                )
    p = np.where(results[4] > config.false_discovery_rate, np.nan, results[2])
    return results[0], results[1], p, results[3]


class _Pool:
    """The timed comments of every stratum, to draw moments from."""

    def __init__(self, traffic: Traffic) -> None:
        timed = np.flatnonzero(traffic.has_time)
        order = timed[np.argsort(traffic.stratum[timed], kind="stable")]
        self.times = traffic.time[order]
        self.sizes = np.bincount(traffic.stratum[timed], minlength=traffic.n_strata)
        self.starts = np.cumsum(self.sizes) - self.sizes


def sample_rows(rows: Codes, clusters: Codes, at_most: int, seed: int) -> tuple[Codes, Codes]:
    """Order by cluster and row, keeping at most so many rows of each, picked by a hash of their rank in it.

    The rank, and not the row: it stays when comments elsewhere come and go.
    """
    order = np.lexsort((rows, clusters))
    rows, clusters = rows[order], clusters[order]
    sizes = np.bincount(clusters)
    kept = np.ones(len(rows), dtype=np.bool_)
    for cluster in np.flatnonzero(sizes > at_most).tolist():
        start = int(np.searchsorted(clusters, cluster))
        own = kept[start : start + sizes[cluster]]
        own[:] = False
        own[first_by_hash(np.arange(len(own)), at_most, seed)] = True
    return rows[kept], clusters[kept]


def first_by_hash(ranks: Codes, at_most: int, seed: int) -> Codes:
    """Return those of the ranks that have the smallest hashes, at most so many, in order."""
    if len(ranks) <= at_most:
        return ranks
    hashed = (ranks.astype(np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    hashed ^= hashed >> np.uint64(31)
    # No two ranks have one hash.
    first: Codes = ranks[hashed <= np.partition(hashed, at_most - 1)[at_most - 1]]
    return first


def _permute(
    traffic: Traffic, pool: _Pool, members: Codes, keys: Keys, windows: Codes, n_permutations: int, seed: int
) -> Floats:  # fmt: skip
    """Test clusters of one size: `members` is (clusters, size); returns (5, clusters), last the least p in reach."""
    n, size = members.shape
    strata = traffic.stratum[members]
    sizes, starts = pool.sizes[strata][:, None, :], pool.starts[strata][:, None, :]
    times = np.empty((n, n_permutations + 1, size), dtype=np.int64)
    times[:, 0, :] = traffic.time[members]
    at = _draw(keys, n_permutations, size, seed)
    at *= sizes
    times[:, 1:, :] = pool.times[np.minimum(at.astype(np.int64), sizes - 1) + starts]
    times.sort(axis=2)
    gaps = np.diff(times, axis=2)
    close = np.stack([_count(gaps <= w * 1_000_000) for w in windows.tolist()], axis=1)
    # p of every permutation at every window: the share that is at least as close.
    n_at_least = _count_at_least(close, size)
    smallest = n_at_least.min(axis=1)
    p = (smallest <= smallest[:, :1]).sum(axis=1) / (n_permutations + 1)
    # Of windows that tell equally much, the one with most pairs beyond chance.
    usual = close[:, :, 1:].sum(axis=2) / n_permutations
    alone = np.flatnonzero(smallest[:, 0] == 1)
    p[alone] = np.minimum(p[alone], _continue_tail(close[alone], usual[alone]))
    best = (n_at_least[:, :, 0] * (size + 1) - (close[:, :, 0] - usual)).argmin(axis=1)
    each = np.arange(n)
    # The shortest window holds the fewest.
    closest = (close[:, int(windows.argmin()), 1:] == size - 1).sum(axis=1)
    reach = (1 + closest) / (n_permutations + 1)
    return np.stack([close[each, best, 0], usual[each, best], p, windows[best], reach])


def _count(flags: npt.NDArray[np.bool_]) -> Codes:
    """Count along the last axis; where it is short, a product with ones is the fastest way."""
    kind = np.uint8 if flags.shape[-1] <= np.iinfo(np.uint8).max else np.int64
    counts: Codes = (flags.astype(kind) @ np.ones(flags.shape[-1], dtype=kind)).astype(np.int64)
    return counts


def _count_at_least(close: Codes, size: int) -> Codes:
    """Return for counts (clusters, windows, rounds), below `size`: in how many rounds the count is as large."""
    n, n_windows, _ = close.shape
    place = np.arange(n * n_windows).reshape(n, n_windows, 1) * size + close
    rounds = np.bincount(place.ravel(), minlength=n * n_windows * size).reshape(-1, size)
    at_least: Codes = np.cumsum(rounds[:, ::-1], axis=1)[:, ::-1].ravel()[place]
    return at_least


def _continue_tail(close: Codes, usual: Floats) -> Floats:
    """Return p beyond what permutations can tell, for counts (clusters, windows, rounds), the first round being real.

    `usual` (clusters, windows) is the mean of the other rounds.
    """
    n_permutations = close.shape[2] - 1
    # Summed in the order of the rounds.
    spread = np.cumsum((close[:, :, 1:] - usual[:, :, None]) ** 2, axis=2)[:, :, -1] / n_permutations
    seldom = 1.0 / (n_permutations + 1)
    tail = overdispersed_tail(close[:, :, 0], usual + seldom, spread + seldom).min(axis=1) * close.shape[1]
    bounded: Floats = np.maximum(tail, _SMALLEST_P)
    return bounded


def _draw(keys: Keys, n_permutations: int, size: int, seed: int) -> Floats:
    """Draw (clusters, permutations, size) numbers in [0, 1) from the clusters' keys (splitmix64, as a counter)."""
    counter = np.arange(1, n_permutations * size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (keys + np.uint64(seed))[:, None] + counter
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z ^= z >> np.uint64(shift)
        z *= np.uint64(factor)
    z ^= z >> np.uint64(31)
    z >>= np.uint64(11)
    draws: Floats = (z * 2.0**-53).reshape(len(keys), n_permutations, size)
    return draws
