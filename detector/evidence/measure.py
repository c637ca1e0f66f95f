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
from detector.evidence.bursts import find_bursts
from detector.evidence.disguise import measure_disguise
from detector.evidence.network import (
    Company,
    Pairs,
    carry_links,
    find_circles,
    find_links,
    join_clusters,
    measure_company,
    pair_accounts,
    tabulate_links,
)  # fmt: skip
from detector.evidence.significance import combine, false_discovery_rates
from detector.evidence.synchrony import measure_synchrony
from detector.evidence.traffic import UNKNOWN, Codes, Traffic, observe_traffic
from detector.schema import CANDIDATES, SIGNS, TESTS, TIES

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


@dataclass(frozen=True)
class _Clusters:
    """The clusters that can be judged: their comments as codes, and the first copy of each account."""

    ids: pl.Series
    rows: Codes
    clusters: Codes
    first_rows: Codes
    first_clusters: Codes

    @property
    def n(self) -> int:
        return len(self.ids)


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
    kept, copied = _judgeable(comments, texts, members, information_min_bits)
    accounts = describe_accounts(comments, copied)
    clusters = _encode(kept, traffic)
    company = measure_company(traffic, clusters.first_rows, clusters.first_clusters, clusters.n)
    links = find_links(comments)
    carried = carry_links(links, clusters.rows, clusters.clusters)
    first = clusters.first_rows, clusters.first_clusters
    pairs = pair_accounts(traffic, *first, clusters.n, config.false_discovery_rate)
    circles = find_circles(pairs, traffic, *first)
    labels = join_clusters(company, carried, circles, clusters.n, config.false_discovery_rate)
    names, groups = _name_candidates(traffic, clusters, labels)

    synchrony = measure_synchrony(traffic, clusters.first_rows, clusters.first_clusters, clusters.n, config)
    tests, signs = _measure_groups(comments, marks, accounts, traffic, clusters, groups, len(names), config)
    tests["synchrony"] = _group_synchrony(synchrony, groups, len(names))
    tests["company"] = _group_company(company, groups, len(names), config.false_discovery_rate)
    tests["linked_accounts"] = _group_links(pairs, traffic, clusters, groups, len(names))
    signs["linked_accounts"] = tests["linked_accounts"].groups, tests["linked_accounts"].accounts
    signs["company"] = _meets_again(traffic, clusters, groups, tests["company"].p, config.false_discovery_rate)
    candidates = _candidates(traffic, clusters, groups, names)
    return Measured(
        accounts=accounts,
        candidates=candidates,
        ties=_ties(
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


def _judgeable(
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


def _encode(kept: pl.DataFrame, traffic: Traffic) -> _Clusters:
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
    return _Clusters(ids, rows, clusters, rows[first], clusters[first])


def _name_candidates(traffic: Traffic, clusters: _Clusters, labels: Codes) -> tuple[pl.Series, Codes]:
    """Name each joined group after its oldest cluster, so that growth does not rename it; return each cluster's."""
    oldest = (
        pl.DataFrame({"cluster": clusters.clusters, "row": clusters.rows})
        .group_by("cluster")
        .agg(pl.col("row").min())
        .sort("cluster")
        .with_columns(label=pl.Series(labels, dtype=pl.Int64), id=clusters.ids)
        .sort("row", "id")
        .group_by("label", maintain_order=True)
        .agg(name=("c" + pl.col("id").str.slice(1)).first())
        .sort("name")
        .with_row_index("group")
    )
    lookup = np.zeros(int(labels.max()) + 1 if len(labels) else 0, dtype=np.int64)
    lookup[oldest["label"].to_numpy()] = oldest["group"].to_numpy()
    del traffic
    return oldest["name"], lookup[labels]


def _measure_groups(
    comments: pl.DataFrame, marks: pl.DataFrame, accounts: pl.DataFrame, traffic: Traffic, clusters: _Clusters,
    groups: Codes, n_groups: int, config: EvidenceConfig,
) -> tuple[dict[str, GroupTest], dict[str, tuple[Codes, Codes]]]:  # fmt: skip
    """Run the tests that look at a candidate's accounts and wording."""
    row_groups = groups[clusters.clusters]
    pairs = group_accounts(traffic, clusters.rows, row_groups)
    main_target = _main_targets(traffic, clusters.rows, row_groups, n_groups)
    batches = measure_batches(traffic, clusters.rows, row_groups, *pairs, main_target, config.batch_windows_h)
    same_name = measure_names(accounts, *pairs, n_groups)
    observed, expected, p, detail, carriers = measure_disguise(
        comments, marks, traffic, clusters.rows, row_groups, n_groups
    )
    disguise = GroupTest(
        observed, expected, p, detail, carriers["group"].to_numpy(), carriers["account"].to_numpy()
    )  # fmt: skip
    tests = {
        "creation_batch": batches,
        "same_name": same_name,
        "disguise": disguise,
        "handle_shape": measure_handles(accounts, *pairs, n_groups),
        "young_accounts": measure_youth(accounts, *pairs, n_groups),
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


def _group_synchrony(synchrony: tuple[Floats, ...], groups: Codes, n_groups: int) -> GroupTest:
    """Combine the synchrony of a group's clusters; the numbers shown are those of its most telling cluster."""
    observed, expected, p, window = synchrony
    order = np.lexsort((-observed, p, groups))
    first = order[np.searchsorted(groups[order], np.arange(n_groups))] if len(order) else order
    sizes = np.bincount(groups, minlength=n_groups)
    rank = np.arange(len(order)) - np.searchsorted(groups[order], groups[order])
    # Candidates of many clusters are rare: one padded row per candidate, the smallest p values first.
    width = min(int(sizes.max()) if len(sizes) else 0, 64)
    padded = np.full((n_groups, max(width, 1)), np.nan)
    fits = rank < width
    padded[groups[order][fits], rank[fits]] = p[order][fits]
    # Leaving out the largest p values of a large group would flatter it: they are paid for.
    surplus = np.maximum(sizes / max(width, 1), 1.0)
    none = np.zeros(0, dtype=np.int64)
    joint = np.minimum(combine(padded) * surplus, 1.0)
    return GroupTest(observed[first], expected[first], joint, window[first], none, none)


def _group_company(company: Company, groups: Codes, n_groups: int, q_max: float) -> GroupTest:
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
    none = np.zeros(0, dtype=np.int64)
    return GroupTest(out[0], out[1], out[2], out[3], none, none)


def _group_links(
    pairs: Pairs, traffic: Traffic, clusters: _Clusters, groups: Codes, n_groups: int
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
    return GroupTest(*out, linked["group"].to_numpy(), linked["account"].to_numpy())


def _meets_again(
    traffic: Traffic, clusters: _Clusters, groups: Codes, company: Floats, q_max: float
) -> tuple[Codes, Codes]:
    """List the accounts that stand in several clusters of a group whose clusters share accounts beyond chance."""
    account = traffic.account[clusters.first_rows]
    group = groups[clusters.first_clusters]
    telling = (account != UNKNOWN) & (np.nan_to_num(company, nan=1.0) <= q_max)[group]
    pairs, counts = np.unique(np.stack([group[telling], account[telling]]), axis=1, return_counts=True)
    return pairs[0][counts > 1], pairs[1][counts > 1]


def _candidates(traffic: Traffic, clusters: _Clusters, groups: Codes, names: pl.Series) -> pl.DataFrame:
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


def _ties(
    comments: pl.DataFrame, candidates: pl.DataFrame, links: pl.DataFrame, carried: pl.DataFrame
) -> pl.DataFrame:  # fmt: skip
    """List the comments that carry a candidate's address without being one of its copies."""
    return TIES.check(
        links.join(carried.select("link", "campaign_id").unique(), on="link")
        .select("row", "campaign_id")
        .unique()
        .join(candidates.select("row", "campaign_id"), on=["row", "campaign_id"], how="anti")
        .join(comments.select("row", "account"), on="row", how="left")
        .sort("row", "campaign_id")
    )


def _tests(
    tests: dict[str, GroupTest], names: pl.Series, synchrony: tuple[Floats, ...], cluster_ids: pl.Series
) -> pl.DataFrame:
    """List the facts about candidates, and the synchrony of their clusters, with false discovery rates."""
    alone = np.zeros(0, dtype=np.int64)
    listed = [("campaign", names, signal, test) for signal, test in sorted(tests.items())]
    listed.append(("cluster", cluster_ids, "synchrony", GroupTest(*synchrony, alone, alone)))
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
