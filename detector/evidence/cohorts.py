"""Accounts created together that stand behind different texts: what one small family of copies cannot show."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector.evidence.accounts import IN_BATCH_P_MAX, Backdrop, Dated, group_accounts, weigh_windows
from detector.evidence.candidates import Judgeable
from detector.evidence.significance import binomial_tail, false_discovery_rates
from detector.evidence.traffic import UNKNOWN, Codes, Traffic

Floats = npt.NDArray[np.float64]

_IN_COHORT_MIN = 2


@dataclass(frozen=True)
class Cohorts:
    """Clusters (k,) whose accounts come from one cohort beyond chance, its number, and the p value of the cohorts."""

    clusters: Codes
    cohorts: Codes
    p: float


def find_cohorts(
    traffic: Traffic, clusters: Judgeable, synchrony_p: Floats, windows_h: tuple[int, ...], q_max: float
) -> Cohorts:
    """Find cohorts among all accounts that copy in step, and the clusters that each cohort stands behind.

    A campaign that deals many texts out over its accounts leaves families of three or four copies, of which none
    shows a batch. Taken together they do.

    Parameters
    ----------
    synchrony_p
        (n_clusters,) p value of each cluster's synchrony; NaN: not testable.
    windows_h
        Lengths of the windows that batches are looked for in, hours.
    q_max
        False discovery rate, over clusters for synchrony, and over all pairs of a cluster and a cohort.

    Notes
    -----
    The accounts of all synchronous clusters are tested as one group, as in `measure_batches`; telling windows that
    overlap are one cohort. A cluster belongs to a cohort if more of its accounts were created then than the share of
    the other comments' authors gives (binomial tail).
    """
    n_clusters = clusters.n
    in_step = np.nan_to_num(false_discovery_rates(synchrony_p), nan=1.0) <= q_max
    rows = clusters.rows[in_step[clusters.clusters]]
    pooled = np.zeros(len(rows), dtype=np.int64)
    dated = Dated.of(traffic, *group_accounts(traffic, rows, pooled))
    sizes = np.array([len(dated.keys)])
    nowhere = Backdrop(traffic, rows, pooled, np.zeros(1, dtype=np.int64))
    spans, p_min = [], 1.0
    for window in windows_h:
        _, _, p = weigh_windows(dated, sizes, window, len(windows_h), nowhere, nowhere)
        p_min = min(p_min, float(p.min(initial=1.0)))
        telling = dated.created[p <= IN_BATCH_P_MAX]
        spans.append(np.stack([telling, telling + window]))
    start, end = _merge(np.concatenate(spans, axis=1))
    share = nowhere.share_between(start, end)
    return _behind(traffic, clusters, start, end, share, q_max, p_min, n_clusters)


def _merge(spans: Codes) -> tuple[Codes, Codes]:
    """Merge (2, k) spans that overlap."""
    start, end = spans[:, np.argsort(spans[0], kind="stable")]
    reach = np.maximum.accumulate(end) if len(end) else end
    opens = np.ones(len(start), dtype=np.bool_)
    opens[1:] = start[1:] > reach[:-1]
    closes = np.append(opens[1:], True) if len(opens) else opens
    return start[opens], reach[closes]


def _behind(
    traffic: Traffic, clusters: Judgeable, start: Codes, end: Codes, share: Floats, q_max: float, p: float,
    n_clusters: int,
) -> Cohorts:  # fmt: skip
    """Find the clusters that each cohort stands behind."""
    account = traffic.account[clusters.first_rows]
    known = account != UNKNOWN
    known[known] = traffic.has_created[account[known]]
    cluster, created = clusters.first_clusters[known], traffic.created[account[known]]
    sizes = np.bincount(cluster, minlength=n_clusters)
    n_cohorts = len(start)
    cohort = np.searchsorted(start, created, side="right") - 1
    inside = cohort >= 0
    inside[inside] = created[inside] < end[cohort[inside]]
    count = np.bincount(cluster[inside] * n_cohorts + cohort[inside], minlength=n_clusters * n_cohorts)
    cells = np.flatnonzero(count >= _IN_COHORT_MIN)
    tail = binomial_tail(count[cells], sizes[cells // max(n_cohorts, 1)], share[cells % max(n_cohorts, 1)])
    sure = cells[false_discovery_rates(tail, n_clusters * n_cohorts) <= q_max]
    return Cohorts(sure // max(n_cohorts, 1), sure % max(n_cohorts, 1), p)
