"""Where some clusters and accounts are, and how often chance brings them together there."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from detector.evidence.spans import expand, mark
from detector.evidence.traffic import UNKNOWN, Codes, Traffic

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Cells of a dense table, and items taken at a time.
_CELLS = 1 << 20
_BLOCK = 1 << 16
# Strata of an account up to which all its pairs of strata are listed.
_VISITS_MAX = 1 << 10
_STEPS_A_LOOK = 8
# Strata up to which a table of all pairs is filled in no time.
_STRATA_FEW = 1 << 14
# Steps of a second or so.
_STEPS_MAX = 1 << 26


@dataclass(frozen=True)
class Ground:
    """Where some clusters and accounts are: the strata in which these clusters have copies, numbered in their order.

    Attributes
    ----------
    visits
        (n_accounts, n_strata) comments of each account there.
    starts, strata, rates
        Of cluster c, from starts[c] up to starts[c + 1]: strata, ascending, and the share of its copies in the comments
        of the stratum.
    """

    visits: csr_array
    starts: Codes
    strata: Codes
    rates: Floats

    @property
    def n_strata(self) -> int:
        """Number of strata."""
        return int(self.visits.shape[1])

    @classmethod
    def of(
        cls, traffic: Traffic, rows: Codes, clusters: Codes, n_clusters: int, kept: Flags, among: Flags | None = None
    ) -> "Ground":
        """Take the ground of the copies `kept`, as far as it is `among` these strata."""
        rows, clusters = rows[kept], clusters[kept]
        known = traffic.account != UNKNOWN
        totals = np.bincount(traffic.stratum[known], minlength=traffic.n_strata)
        here = mark(traffic.stratum[rows], traffic.n_strata)
        if among is not None:
            here &= among
            rows, clusters = rows[here[traffic.stratum[rows]]], clusters[here[traffic.stratum[rows]]]
        n_strata = int(here.sum())
        number = np.cumsum(here) - 1
        cells, copies = np.unique(clusters * n_strata + number[traffic.stratum[rows]], return_counts=True)
        strata, shares = cells % max(n_strata, 1), 1.0 / np.maximum(totals, 1)[here]
        # Equal shares are added one by one, as are the comments that they stand for.
        rates: Floats = np.bincount(np.repeat(np.arange(len(cells)), copies), np.repeat(shares[strata], copies)).astype(
            np.float64
        )
        starts = np.append(0, np.cumsum(np.bincount(cells // max(n_strata, 1), minlength=n_clusters)))
        seen = np.flatnonzero(known & here[traffic.stratum])
        visits = coo_array(
            (np.ones(len(seen)), (traffic.account[seen], number[traffic.stratum[seen]])),
            shape=(len(traffic.accounts), n_strata),
        ).tocsr()
        return cls(visits, starts, strata, rates)


def reach_clusters(ground: Ground, strata: Codes, clusters: Codes) -> Floats:
    """Return for strata, ascending, and clusters (k,): the sum over t of (visits to both) (share of the cluster at t).

    A visit to the same stratum twice counts n (n - 1) and not n squared: one comment holds one text.

    Notes
    -----
    Visits to both are the quicker to list where accounts are seen in few strata and clusters as well. Where that would
    take long, and so would not the other order, it is summed over accounts instead; the two differ by rounding.
    """
    visits, sizes = np.diff(ground.visits.indptr).astype(np.int64), np.diff(ground.starts)
    by_strata = int((visits[visits <= _VISITS_MAX] ** 2).sum() + sizes[clusters].sum() * _STEPS_A_LOOK)
    if by_strata > _STEPS_MAX:
        n_there = np.bincount(ground.strata, minlength=ground.n_strata)
        met = np.bincount(
            np.repeat(np.arange(len(visits)), visits), n_there[ground.visits.indices], minlength=len(visits)
        )
        # Every block of clusters walks through all visits.
        n_blocks = -(-len(np.unique(clusters)) // _columns(ground))
        if int((met * (1 + visits)).sum()) + n_blocks * (len(visits) + 2 * int(visits.sum())) < by_strata:
            return _reach_by_accounts(ground, strata, clusters)
    return _reach_by_strata(ground, strata, clusters)


def _reach_by_strata(ground: Ground, strata: Codes, clusters: Codes) -> Floats:
    n_visited = np.diff(ground.visits.indptr).astype(np.int64)
    # Who is nearly everywhere is kept apart: the pairs of all strata in question would be listed for one account.
    few, many = ground.visits[n_visited <= _VISITS_MAX], ground.visits[n_visited > _VISITS_MAX].toarray()
    visited, single = few.T.tocsr(), ground.visits.sum(axis=0)
    steps = np.cumsum(visited @ n_visited[n_visited <= _VISITS_MAX] + 1)
    reach = np.zeros(len(strata))
    start = 0
    while start < len(strata):
        least = int(strata[start])
        before = steps[least - 1] if least else 0
        most = int(np.searchsorted(steps, before + _CELLS))
        if ground.n_strata <= _STRATA_FEW:
            most = min(most, least + _CELLS // ground.n_strata)
        own = np.arange(least, max(least + 1, most))
        both = (visited[own] @ few).tocsr()
        table = both.toarray() if ground.n_strata <= _STRATA_FEW else both
        end = int(np.searchsorted(strata, own[-1], side="right"))
        for block in range(start, end, _BLOCK):
            asked = slice(block, min(block + _BLOCK, end))
            at = expand(ground.starts[clusters[asked]], ground.starts[clusters[asked] + 1])
            which = np.repeat(np.arange(asked.stop - block), np.diff(ground.starts)[clusters[asked]])
            here, there = strata[asked][which], ground.strata[at]
            visits = _look_up(table, here - least, there)
            for account in many:
                visits += account[here] * account[there]
            same = np.flatnonzero(here == there)
            visits[same] -= single[here[same]]
            reach[asked] = np.bincount(which, visits * ground.rates[at], minlength=asked.stop - block)
        start = end
    return reach


def _look_up(table: Floats | csr_array, rows: Codes, columns: Codes) -> Floats:
    """Return the values of cells."""
    if not isinstance(table, csr_array):
        return table[rows, columns]
    table.sort_indices()
    width = int(table.shape[1])
    cells = np.repeat(np.arange(table.shape[0]) * width, np.diff(table.indptr)) + table.indices
    wanted = rows * width + columns
    at = np.searchsorted(cells, wanted)
    found = np.append(cells, -1)[at] == wanted
    return np.where(found, np.append(table.data, 0.0)[at], 0.0)


def _columns(ground: Ground) -> int:
    """Return how many clusters are taken at a time: so many that a table of them and all strata stays small."""
    return max(1, _CELLS // max(ground.n_strata, 1))


def _reach_by_accounts(ground: Ground, strata: Codes, clusters: Codes) -> Floats:
    n_clusters = len(ground.starts) - 1
    rates = csr_array((ground.rates, ground.strata, ground.starts), shape=(n_clusters, ground.n_strata))
    visited, single = ground.visits.T.tocsr(), ground.visits.sum(axis=0)
    reach, order = np.zeros(len(strata)), np.argsort(clusters, kind="stable")
    present = np.unique(clusters)
    n_columns = _columns(ground)
    for least in range(0, len(present), n_columns):
        own = present[least : least + n_columns]
        shares = rates[own].T.tocsr()
        met = (visited @ (ground.visits @ shares)).toarray() - single[:, None] * shares.toarray()
        asked = order[slice(*np.searchsorted(clusters[order], [own[0], own[-1] + 1]))]
        reach[asked] = met[strata[asked], np.searchsorted(own, clusters[asked])]
    return reach


def meet_rows(reach: csr_array, place: Codes, visits: csr_array, b: Codes) -> Floats:
    """Return for pairs (k,) the product of a row `place` of `reach` (rows, strata) and a row `b` of `visits`."""
    found = np.zeros(len(place))
    n_rows = max(1, _CELLS // max(reach.shape[1], 1))
    order = np.argsort(place, kind="stable")
    for least in range(0, reach.shape[0], n_rows):
        pairs = order[slice(*np.searchsorted(place[order], [least, least + n_rows]))]
        starts = reach.indptr[least : least + n_rows + 1].astype(np.int64)
        listed = np.arange(starts[0], starts[-1])
        where = np.full((len(starts) - 1, reach.shape[1]), -1, dtype=np.int64)
        where[np.repeat(np.arange(len(starts) - 1), np.diff(starts)), reach.indices[listed]] = listed
        at = expand(visits.indptr[b[pairs]].astype(np.int64), visits.indptr[b[pairs] + 1].astype(np.int64))
        pair = np.repeat(np.arange(len(pairs)), np.diff(visits.indptr)[b[pairs]])
        cell = where[place[pairs][pair] - least, visits.indices[at]]
        # Added up from the last listed to the first, as products of sparse arrays are.
        kept = np.lexsort((-cell, pair))
        kept = kept[cell[kept] >= 0]
        first = np.flatnonzero(np.diff(pair[kept], prepend=-1))
        if len(first):
            sums = np.add.reduceat(reach.data[cell[kept]] * visits.data[at[kept]], first)
            found[pairs[pair[kept[first]]]] = sums
    return found
