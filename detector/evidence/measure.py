"""The evidence wing in order: who, where and when; then clusters; then the candidate campaigns they join into."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.config import EvidenceConfig
from detector.evidence.accounts import (
    GroupTest,
    describe_accounts,
    group_accounts,
    measure_batches,
    measure_handles,
    measure_names,
    measure_youth,
)  # fmt: skip
from detector.evidence.addresses import carry_links, find_links
from detector.evidence.bursts import find_bursts
from detector.evidence.candidates import (
    Judgeable,
    encode,
    find_judgeable,
    name_candidates,
    tabulate_candidates,
    tabulate_ties,
)  # fmt: skip
from detector.evidence.combined import combine_company, combine_links, combine_synchrony, find_regulars
from detector.evidence.disguise import measure_disguise
from detector.evidence.network import find_circles, join_clusters, measure_company, pair_accounts, tabulate_links
from detector.evidence.significance import false_discovery_rates
from detector.evidence.synchrony import measure_synchrony
from detector.evidence.traffic import Codes, Traffic, observe_traffic
from detector.schema import SIGNS, TESTS

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """What the evidence wing found: ACCOUNTS, CANDIDATES, TIES, TESTS, SIGNS, LINKS and BURSTS."""

    accounts: pl.DataFrame
    candidates: pl.DataFrame
    ties: pl.DataFrame
    tests: pl.DataFrame
    signs: pl.DataFrame
    links: pl.DataFrame
    bursts: pl.DataFrame


def measure(
    comments: pl.DataFrame,
    texts: pl.DataFrame,
    marks: pl.DataFrame,
    members: pl.DataFrame,
    config: EvidenceConfig,
    information_min_bits: float,
) -> Measured:
    """Measure every cluster that says enough, and the candidate campaigns that clusters join into.

    Parameters
    ----------
    comments, texts, marks, members
        COMMENTS, TEXTS, MARKS and MEMBERS.
    config
        What is measured, and against which chance.
    information_min_bits
        Clusters of texts that carry less are left out: greetings and cheers are not evidence.
    """
    traffic = observe_traffic(comments, config)
    kept, copied = find_judgeable(comments, texts, members, information_min_bits)
    accounts = describe_accounts(comments, copied)
    clusters = encode(kept, traffic)
    first = clusters.first_rows, clusters.first_clusters
    company = measure_company(traffic, *first, clusters.n)
    links = find_links(comments)
    carried = carry_links(links, clusters.rows, clusters.clusters)
    pairs = pair_accounts(traffic, *first, clusters.n, config.false_discovery_rate)
    circles = find_circles(pairs, traffic, *first)
    labels = join_clusters(company, carried, circles, clusters.n, config.false_discovery_rate)
    names, groups = name_candidates(clusters, labels)

    synchrony = measure_synchrony(traffic, *first, clusters.keys, config)
    tests, signs = _measure_groups(marks, accounts, traffic, clusters, groups, len(names), config)
    tests["synchrony"] = combine_synchrony(synchrony, groups, len(names))
    tests["company"] = combine_company(company, traffic, clusters, groups, len(names), config.false_discovery_rate)
    tests["linked_accounts"] = combine_links(pairs, traffic, clusters, groups, len(names))
    signs["linked_accounts"] = tests["linked_accounts"].groups, tests["linked_accounts"].accounts
    signs["company"] = find_regulars(traffic, clusters, groups, tests["company"].p, config.false_discovery_rate)
    candidates = tabulate_candidates(traffic, clusters, groups, names)
    return Measured(
        accounts=accounts,
        candidates=candidates,
        ties=tabulate_ties(
            comments,
            candidates,
            links,
            carried.with_columns(campaign_id=names.gather(groups[carried["cluster"].to_numpy()])),
        ),
        tests=_tests(tests, names, synchrony, clusters.ids),
        signs=_signs(signs, names, traffic.accounts),
        links=tabulate_links(pairs, traffic, *first),
        bursts=find_bursts(traffic, clusters.rows, clusters.clusters, clusters.ids, bin_min=config.burst_bins_min),
    )


def _measure_groups(
    marks: pl.DataFrame, accounts: pl.DataFrame, traffic: Traffic, clusters: Judgeable,
    groups: Codes, n_groups: int, config: EvidenceConfig,
) -> tuple[dict[str, GroupTest], dict[str, tuple[Codes, Codes]]]:  # fmt: skip
    """Run the tests that look at a candidate's accounts and wording."""
    row_groups = groups[clusters.clusters]
    pairs = group_accounts(traffic, clusters.rows, row_groups)
    main_target = _main_targets(traffic, clusters.rows, row_groups, n_groups)
    batches = measure_batches(
        traffic, clusters.rows, row_groups, *pairs, main_target, config.batch_windows_h, config.false_discovery_rate
    )
    same_name = measure_names(accounts, *pairs, n_groups)
    observed, expected, p, detail, carriers = measure_disguise(marks, traffic, clusters.rows, row_groups, n_groups)
    disguise = GroupTest(
        observed, expected, p, detail, carriers["group"].to_numpy(), carriers["account"].to_numpy()
    )  # fmt: skip
    tests = {
        "creation_batch": batches,
        "same_name": same_name,
        "disguise": disguise,
        "handle_shape": measure_handles(accounts, traffic, clusters.rows, row_groups, n_groups),
        "young_accounts": measure_youth(accounts, traffic, clusters.rows, row_groups, n_groups),
    }
    signs = {name: (tests[name].groups, tests[name].accounts) for name in ("creation_batch", "disguise")}
    return tests, signs


def _main_targets(traffic: Traffic, rows: Codes, groups: Codes, n_groups: int) -> Codes:
    """Return the target that most comments of each group address."""
    counted = (
        pl.DataFrame({"group": groups, "target": traffic.target[rows]})
        .group_by("group", "target")
        .len()
        .sort("group", "len", "target", descending=[False, True, False])
        .group_by("group", maintain_order=True)
        .first()
    )
    main = np.zeros(n_groups, dtype=np.int64)
    main[counted["group"].to_numpy()] = counted["target"].to_numpy()
    return main


def _tests(
    tests: dict[str, GroupTest], names: pl.Series, synchrony: tuple[Floats, ...], cluster_ids: pl.Series
) -> pl.DataFrame:
    """List the facts about candidates, and the synchrony of their clusters, with false discovery rates."""
    listed = [("campaign", names, signal, test) for signal, test in sorted(tests.items())]
    listed.append(("cluster", cluster_ids, "synchrony", GroupTest.of(np.stack(synchrony))))
    frames = [
        pl.DataFrame(
            {
                "subject_kind": [kind] * len(ids),
                "subject_id": ids,
                "signal": [signal] * len(ids),
                "observed": test.observed,
                "expected": test.expected,
                "p": test.p,
                # Pairs of clusters and of accounts were compared with all pairs already.
                "q": test.p if signal in ("company", "linked_accounts") else false_discovery_rates(test.p),
                "detail": test.detail,
            },
            schema=TESTS.dtypes(),
        )
        for kind, ids, signal, test in listed
    ]
    numbers = ["observed", "expected", "p", "q", "detail"]
    frame = pl.concat(frames).with_columns(pl.col(numbers).fill_nan(None))
    return TESTS.check(frame.sort("subject_kind", "subject_id", "signal"))


def _signs(signs: dict[str, tuple[Codes, Codes]], names: pl.Series, accounts: pl.Series) -> pl.DataFrame:
    frames = [
        pl.DataFrame(
            {
                "campaign_id": names.gather(groups),
                "account": accounts.gather(members),
                "sign": [sign] * len(groups),
            },
            schema=SIGNS.dtypes(),
        )
        for sign, (groups, members) in sorted(signs.items())
    ]
    return SIGNS.check(pl.concat(frames).unique().sort("campaign_id", "account", "sign"))
