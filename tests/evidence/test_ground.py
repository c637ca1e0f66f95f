"""How often chance brings accounts and clusters together, against loops over comments, in both orders of summing."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from detector.evidence import ground, network
from detector.evidence.ground import Ground, reach_clusters
from detector.evidence.traffic import UNKNOWN


def dump(seed, n=400, n_accounts=30, n_strata=12, n_clusters=15):
    """Return traffic by chance, and copies in it: rows and their clusters."""
    dice = np.random.default_rng(seed)
    traffic = SimpleNamespace(
        account=dice.integers(UNKNOWN, n_accounts, n),
        stratum=dice.integers(0, n_strata, n),
        time=np.arange(n) * 700_000_000,
        has_time=np.ones(n, dtype=bool),
        is_live=np.zeros(n, dtype=bool),
        n_strata=n_strata,
        accounts=range(n_accounts),
    )
    return traffic, np.arange(0, n, 3), dice.integers(0, n_clusters, len(range(0, n, 3)))


def slow_reach(traffic, rows, clusters, stratum, cluster):
    """Sum over the copies of a cluster: visits to both strata, over the comments where the copy is."""
    known = [(a, s) for a, s in zip(traffic.account, traffic.stratum, strict=True) if a != UNKNOWN]
    visits, totals = Counter(known), Counter(s for _, s in known)
    found = 0.0
    for there in traffic.stratum[rows[clusters == cluster]]:
        both = sum(visits[a, stratum] * (visits[a, there] - (there == stratum)) for a in range(30))
        found += both / max(totals[there], 1)
    return found


@pytest.mark.parametrize("steps_max", [1 << 26, -1])
@pytest.mark.parametrize(("cells", "visits_max", "few"), [(1 << 20, 1 << 10, 1 << 14), (30, 9, 0), (1 << 20, 7, 0)])
def test_the_reach_of_clusters_is_that_of_a_loop_in_every_order(monkeypatch, steps_max, cells, visits_max, few):
    monkeypatch.setattr(ground, "_STEPS_MAX", steps_max)
    monkeypatch.setattr(ground, "_VISITS_MAX", visits_max)
    monkeypatch.setattr(ground, "_STRATA_FEW", few)
    monkeypatch.setattr(ground, "_CELLS", cells)
    used = []
    by_accounts = ground._reach_by_accounts
    monkeypatch.setattr(ground, "_reach_by_accounts", lambda *asked: used.append(1) or by_accounts(*asked))
    for seed, n_strata in ((0, 12), (1, 3)):
        traffic, rows, clusters = dump(seed, n_strata=n_strata)
        there = Ground.of(traffic, rows, clusters, 15, np.ones(len(rows), dtype=bool))
        assert there.n_strata == n_strata
        # Many questions: the order of accounts is the quicker one.
        strata, asked = np.repeat(np.arange(n_strata), 300), np.tile(np.arange(15), 20 * n_strata)
        found = reach_clusters(there, strata, asked)
        slow = {(s, c): slow_reach(traffic, rows, clusters, s, c) for s in range(n_strata) for c in range(15)}
        assert found == pytest.approx([slow[s, c] for s, c in zip(strata.tolist(), asked.tolist(), strict=True)])
        assert max(slow.values()) > 1
    assert bool(used) == (steps_max < 0)


def test_pairs_of_one_busy_account_are_listed_up_to_a_limit(monkeypatch):
    traffic, rows, clusters = dump(0)
    traffic.account[:] = 0
    rows, clusters = rows[:100], np.arange(100)
    every = network._shared(traffic, rows, clusters, 100)
    assert len(every[0]) == 100 * 99 // 2
    monkeypatch.setattr(network, "_PAIRS_MAX", 150)
    monkeypatch.setattr(network, "_PAIRS_A_COPY", 1)
    left, right, observed = network._shared(traffic, rows, clusters, 100)
    # The nearest first, and the same whatever comes after.
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == sorted(
        [(i, i + step) for step in (1, 2) for i in range(100 - step)]
    )
    assert observed.tolist() == [1] * len(left)


def test_what_pairs_share_by_chance_is_that_of_a_loop_by_strata_and_by_clusters(monkeypatch):
    traffic, rows, clusters = dump(3)
    known = traffic.account[rows] != UNKNOWN
    rows, clusters = rows[known], clusters[known]
    a, b = np.triu_indices(30, 1)
    visits = Counter(zip(traffic.account.tolist(), traffic.stratum.tolist(), strict=True))
    totals = Counter(s for (account, s), n in visits.items() if account != UNKNOWN for _ in range(n))
    holds = np.zeros((30, 15))
    for account, cluster in np.ndindex(30, 15):
        there = traffic.stratum[rows[clusters == cluster]].tolist()
        holds[account, cluster] = sum(visits[account, s] / totals[s] for s in there)
    slow = [holds[left] @ holds[right] for left, right in zip(a.tolist(), b.tolist(), strict=True)]
    for steps_max in (1 << 28, -1):
        monkeypatch.setattr(network, "_OVERLAP_STEPS_MAX", steps_max)
        assert network._expected_shared(traffic, rows, clusters, 15, a, b) == pytest.approx(slow)
