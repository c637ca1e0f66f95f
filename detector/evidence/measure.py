"""The evidence wing in order: who, where and when; then clusters; then the candidate campaigns they join into."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.abreast import both
from detector.config import EvidenceConfig
from detector.evidence.accounts import (
    GroupTest,
    describe_accounts,
    group_accounts,
    measure_handles,
    measure_names,
    measure_youth,
)  # fmt: skip
from detector.evidence.addresses import carry_links, find_links, find_objects
from detector.evidence.batches import measure_batches
from detector.evidence.bursts import find_bursts
from detector.evidence.candidates import (
    Judgeable,
    encode_members,
    find_judgeable,
    name_candidates,
    tabulate_candidates,
    tabulate_ties,
)  # fmt: skip
from detector.evidence.codes import encode, first_of
from detector.evidence.cohorts import find_cohorts
from detector.evidence.combined import (
    combine_company,
    combine_links,
    combine_objects,
    combine_synchrony,
    find_regulars,
)  # fmt: skip
from detector.evidence.disguise import measure_disguise
from detector.evidence.dormancy import measure_dormancy, measure_silence
from detector.evidence.growth import find_growth
from detector.evidence.network import find_circles, join_clusters, measure_company, pair_accounts, tabulate_links
from detector.evidence.objects import find_spread
from detector.evidence.profiles import measure_profiles
from detector.evidence.serials import measure_serials
from detector.evidence.significance import false_discovery_rates
from detector.evidence.spread import measure_spread
from detector.evidence.synchrony import measure_synchrony
from detector.evidence.traffic import Codes, Traffic, list_live_chats, observe_traffic
from detector.schema import SIGNS, TESTS

Floats = npt.NDArray[np.float64]


_PAID = ("company", "linked_accounts", "shared_addresses", "fan_out")
"""Signals whose choice among pairs or groups is paid for where they are measured: their p is a q already."""


@dataclass(frozen=True)
class Measured:
    """What the evidence wing found: ACCOUNTS, CANDIDATES, TIES, TESTS, SIGNS, OBJECTS, GROWTH, LINKS and BURSTS.

    `traffic` holds the comments as codes; `live_chats` lists comments and median seconds between them of each live
    chat; `precision_s` is that of the times.
    """

    traffic: Traffic
    accounts: pl.DataFrame
    candidates: pl.DataFrame
    ties: pl.DataFrame
    tests: pl.DataFrame
    signs: pl.DataFrame
    objects: pl.DataFrame
    growth: pl.DataFrame
    links: pl.DataFrame
    bursts: pl.DataFrame
    live_chats: tuple[tuple[int, float], ...]
    precision_s: int


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
    authors, links = both(lambda: encode(comments["account"]), lambda: find_links(comments))
    kept, copied = find_judgeable(authors[0], texts, members, information_min_bits)
    traffic = observe_traffic(comments, config, kept["row"].to_numpy(), authors)
    clusters = encode_members(kept, traffic)
    first = clusters.first_rows, clusters.first_clusters
    (shared, company, pairs), (synchrony, accounts) = both(
        lambda: (
            find_spread(traffic, links, clusters.rows, config.false_discovery_rate),
            measure_company(traffic, *first, clusters.n),
            pair_accounts(traffic, *first, clusters.n, config.false_discovery_rate),
        ),
        lambda: (
            measure_synchrony(traffic, *first, clusters.keys, config),
            describe_accounts(comments, traffic, copied),
        ),
    )
    everything = clusters.followed_by(shared.clusters)
    carried = carry_links(links, everything.rows, everything.clusters)
    cohorts = find_cohorts(traffic, clusters, synchrony[2], config.batch_windows_h, config.false_discovery_rate)
    ties = [
        (carried["cluster"].to_numpy(), carried["link"].rank("dense").cast(pl.Int64).to_numpy() - 1),
        find_circles(pairs, traffic, *first),
        (cohorts.clusters, cohorts.cohorts),
        (clusters.n + np.arange(shared.clusters.n), shared.group),
    ]
    labels = join_clusters(company, ties, everything.n, config.false_discovery_rate)
    names, all_groups = name_candidates(everything, labels)
    groups = all_groups[: clusters.n]

    (tests, signs), (more, carried_by) = both(
        lambda: _measure_groups(marks, accounts, traffic, everything, all_groups, len(names), config),
        lambda: _measure_further(comments, texts, marks, traffic, clusters, groups, len(names), config),
    )
    # Clusters that a cohort has joined were chosen for their accounts' dates: the cohort's own p has paid for that.
    chosen = groups[cohorts.clusters]
    tests["creation_batch"].p[chosen] = np.fmax(tests["creation_batch"].p[chosen], cohorts.p)
    tests["synchrony"] = combine_synchrony(synchrony, groups, len(names))
    tests["shared_addresses"], tests["fan_out"] = combine_objects(
        shared.company, shared.fan_out, shared.group, all_groups[clusters.n :], len(names)
    )
    tests["company"] = combine_company(company, traffic, clusters, groups, len(names), config.false_discovery_rate)
    tests["linked_accounts"] = combine_links(pairs, traffic, clusters, groups, len(names))
    tests |= more
    signs |= carried_by
    signs["linked_accounts"] = tests["linked_accounts"].groups, tests["linked_accounts"].accounts
    signs["company"] = find_regulars(traffic, clusters, groups, tests["company"].p, config.false_discovery_rate)
    core = _core(tests, signs, config.false_discovery_rate)
    named = carried.with_columns(campaign_id=names.gather(all_groups[carried["cluster"].to_numpy()]))
    growth, (candidates, bursts, linked) = both(
        lambda: find_growth(
            comments, traffic, clusters, groups, names, core,
            find_objects(comments, links), config.false_discovery_rate, config.seed,
        ),
        lambda: (
            tabulate_candidates(traffic, everything, all_groups, names),
            find_bursts(traffic, clusters.rows, clusters.clusters, clusters.ids, bin_min=config.burst_bins_min),
            tabulate_links(pairs, traffic, *first),
        ),
    )  # fmt: skip
    return Measured(
        traffic=traffic,
        accounts=accounts,
        candidates=candidates,
        ties=tabulate_ties(traffic, candidates, links, named),
        tests=_tests(tests, names, synchrony, clusters.ids),
        signs=_signs(signs, names, traffic.accounts),
        objects=shared.named,
        growth=growth,
        links=linked,
        bursts=bursts,
        live_chats=list_live_chats(traffic),
        precision_s=traffic.precision_s,
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
    observed, expected, p, detail, carriers = measure_disguise(
        marks, traffic, clusters.rows, row_groups, n_groups, config.seed
    )
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


def _measure_further(
    comments: pl.DataFrame, texts: pl.DataFrame, marks: pl.DataFrame, traffic: Traffic, clusters: Judgeable,
    groups: Codes, n_groups: int, config: EvidenceConfig,
) -> tuple[dict[str, GroupTest], dict[str, tuple[Codes, Codes]]]:  # fmt: skip
    """Run the tests of targets, histories, profiles and numbers."""
    row_groups, first_groups = groups[clusters.clusters], groups[clusters.first_clusters]
    pairs = group_accounts(traffic, clusters.rows, row_groups)
    tests = {
        "spread": measure_spread(
            traffic, clusters.rows, clusters.first_rows, row_groups, first_groups, n_groups, config.period_days
        ),
        "dormancy": measure_dormancy(comments, marks, texts, traffic, clusters.rows, row_groups, n_groups),
        "silent_accounts": measure_silence(comments, traffic, clusters.rows, row_groups, n_groups),
        "duplicate_profiles": measure_profiles(comments, traffic, *pairs, n_groups),
        "serial_numbers": measure_serials(comments, clusters, groups, n_groups, traffic),
    }
    carriers = ("dormancy", "duplicate_profiles")
    return tests, {name: (tests[name].groups, tests[name].accounts) for name in carriers}


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


def _core(
    tests: dict[str, GroupTest], signs: dict[str, tuple[Codes, Codes]], q_max: float
) -> tuple[Codes, Codes]:  # fmt: skip
    """List the candidates and accounts with a sign of their own, where what the sign stands for is established."""
    sure = {name: np.nan_to_num(_q(name, tests[name]), nan=1.0) <= q_max for name in (*signs, "synchrony")}
    # Meeting again counts beside synchrony only.
    sure |= {name: sure[name] & sure["synchrony"] for name in ("company", "linked_accounts")}
    pairs = np.concatenate([np.stack([g, a])[:, sure[name][g]] for name, (g, a) in sorted(signs.items())], axis=1)
    first = first_of(*pairs)
    return pairs[0][first], pairs[1][first]


def _q(signal: str, test: GroupTest) -> Floats:
    """Return false discovery rates; pairs of clusters and of accounts were compared with all pairs already."""
    return test.p if signal in _PAID else false_discovery_rates(test.p)


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
                "q": _q(signal, test),
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
