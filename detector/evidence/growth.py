"""Accounts outside a campaign that are tied to its core in several independent ways at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.candidates import Judgeable
from detector.evidence.significance import poisson_tail
from detector.evidence.traffic import HOUR_US, UNKNOWN, Codes, Traffic
from detector.schema import GROWTH

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TIES = ("created", "waves", "content")
_CORE_ACCOUNTS_MIN = 5
_CORES_MAX = 50
_WAVE_US = 60_000_000
_WAVE_P = 0.01
_BATCH_GAP_H = 48
_BATCH_MIN = 4
# A tie that so many others have by chance says nothing about anyone.
_CHANCE_MAX = 0.05


@dataclass(frozen=True)
class _Tie:
    """One kind of tie of all accounts to one core: who has it, the chance of it, and the comments that make it."""

    held: Flags
    chance: Floats
    rows: Codes


def find_growth(
    traffic: Traffic, clusters: Judgeable, groups: Codes, names: pl.Series, core: tuple[Codes, Codes],
    objects: pl.DataFrame, q_max: float,
) -> pl.DataFrame:  # fmt: skip
    """Find the accounts that belong to a core by two or more kinds of ties beyond its texts.

    Parameters
    ----------
    groups, names
        (n_clusters,) candidate of each cluster, and the candidates' names.
    core
        Candidates and accounts (k,) with a sign of their own, of candidates where such a sign is established.
    objects
        `row`, `object`: addresses and hashtags that comments hold.
    q_max
        False discovery rate up to which an account counts as found.

    Returns
    -------
    DataFrame
        GROWTH.

    Notes
    -----
    Ties: *created* in the days in which the core's batches were; *waves*: more of its comments fall within a minute of
    the core's, at the same target, than the traffic of the same hours gives; *content*: it shares a text, an address or
    a hashtag with the core. Null: among accounts outside, the three come about independently. How often each does is
    counted among the accounts that have no other tie, and follows how much an account comments. An account with
    several ties is as surprising as the product of their chances; q is the number of accounts that chance makes as
    surprising, over the number seen. An account with one tie is listed with q = 1: one tie makes nobody a member.
    """
    found = [_grow(traffic, clusters, groups, core, objects, group, q_max) for group in _largest(core)]
    listed = pl.concat([GROWTH.empty().drop("campaign_id", "account").with_columns(
        group=pl.lit(None, pl.Int64), code=pl.lit(None, pl.Int64)), *found], how="diagonal")  # fmt: skip
    return GROWTH.check(
        listed.with_columns(campaign_id=names.gather(listed["group"]), account=traffic.accounts.gather(listed["code"]))
        .select(list(GROWTH.columns))
        .sort("campaign_id", "account")
    )


def _largest(core: tuple[Codes, Codes]) -> list[int]:
    """Return the candidates with the largest cores."""
    groups, sizes = np.unique(core[0], return_counts=True)
    enough = sizes >= _CORE_ACCOUNTS_MIN
    order = np.lexsort((groups[enough], -sizes[enough]))
    return [int(group) for group in groups[enough][order][:_CORES_MAX]]


def _grow(
    traffic: Traffic, clusters: Judgeable, groups: Codes, core: tuple[Codes, Codes], objects: pl.DataFrame,
    group: int, q_max: float,
) -> pl.DataFrame:  # fmt: skip
    n_accounts = len(traffic.accounts)
    inside = _mark(core[1][core[0] == group], n_accounts)
    here = traffic.account[clusters.first_rows[groups[clusters.first_clusters] == group]]
    outside = ~_mark(here[here != UNKNOWN], n_accounts)
    comments = np.bincount(traffic.account[traffic.account != UNKNOWN], minlength=n_accounts)
    created = _created(traffic, inside)
    content = _content(traffic, clusters, objects, inside, outside, comments)
    ties = [created, _waves(traffic, inside, outside, created.held | content.held, content.rows), content]
    held = np.stack([tie.held & outside for tie in ties])
    ties = [_rated(tie, held, k, outside) for k, tie in enumerate(ties)]
    held = np.stack([tie.held & outside for tie in ties])
    chance = np.stack([tie.chance for tie in ties])
    tied = np.flatnonzero(held.any(axis=0))
    joint = np.where(held, chance, 1.0).prod(axis=0)[tied]
    several = held[:, tied].sum(axis=0) >= 2
    q, expected = np.ones(len(tied)), _expected(chance[:, outside], joint)
    q[several] = _rates(joint[several], expected[several])
    sure = q <= q_max
    return pl.DataFrame(
        {
            "group": np.full(len(tied), group),
            "code": tied,
            "ties": _named(held[:, tied]),
            "chance": joint,
            "q": q,
            "n_found": np.full(len(tied), sure.sum(), dtype=np.uint32),
            "expected": np.full(len(tied), expected[sure].max(initial=0.0)),
            "rows": _rows_of(traffic, ties, tied),
        },
        schema={"group": pl.Int64, "code": pl.Int64} | {
            name: GROWTH.columns[name].dtype for name in ("ties", "chance", "q", "n_found", "expected", "rows")
        },
    )  # fmt: skip


def _named(held: Flags) -> pl.Series:
    """List the names of the ties (3, k) that each account has."""
    flags = pl.DataFrame(dict(zip(TIES, held, strict=True)))
    names = [pl.when(pl.col(name)).then(pl.lit(name)) for name in TIES]
    return flags.select(ties=pl.concat_list(names).list.drop_nulls())["ties"]


def _rates(joint: Floats, expected: Floats) -> Floats:
    """Return the false discovery rate at each: how many chance makes as surprising, over how many were seen."""
    order = np.argsort(joint, kind="stable")
    seen = np.searchsorted(joint[order], joint[order], side="right")
    q = np.empty(len(joint))
    q[order] = np.minimum.accumulate((expected[order] / seen)[::-1])[::-1]
    return np.minimum(q, 1.0)


def _mark(which: Codes, n: int) -> Flags:
    marked = np.zeros(n, dtype=np.bool_)
    marked[which] = True
    return marked


def _created(traffic: Traffic, inside: Flags) -> _Tie:
    """Find the accounts created in the interval of one of the core's batches."""
    nobody = _Tie(np.zeros_like(inside), np.zeros(len(inside)), np.zeros(0, dtype=np.int64))
    dates = np.sort(traffic.created[inside & traffic.has_created])
    breaks = np.flatnonzero(np.diff(dates) > _BATCH_GAP_H)
    start, end = dates[np.append(0, breaks + 1)[: len(dates)]], dates[np.append(breaks, len(dates) - 1)[: len(dates)]]
    sizes = np.searchsorted(dates, end, side="right") - np.searchsorted(dates, start)
    # The ends of an interval that n dates are drawn from lie beyond the first and last by 1 / (n - 1) of their range.
    beyond = -(-(end - start) // np.maximum(sizes - 1, 1))
    start, end = (start - beyond)[sizes >= _BATCH_MIN], (end + beyond)[sizes >= _BATCH_MIN]
    if not len(start):
        return nobody
    span = np.searchsorted(start, traffic.created, side="right") - 1
    held = traffic.has_created & (span >= 0) & (traffic.created <= end[np.maximum(span, 0)])
    return _Tie(held, traffic.has_created.astype(np.float64), nobody.rows)


def _waves(traffic: Traffic, inside: Flags, outside: Flags, tied: Flags, shared: Codes) -> _Tie:
    """Find the accounts that comment within a minute of the core, more than the traffic of those hours gives.

    That traffic is of the accounts that are not `tied` otherwise. Comments that share the core's content are left
    out: one event is one tie.
    """
    n_accounts = len(inside)
    usable = traffic.has_time & ~traffic.is_live & (traffic.account != UNKNOWN)
    usable[shared] = False
    rows = np.flatnonzero(usable & (traffic.precision_s * 1_000_000 <= _WAVE_US))
    by_core = inside[traffic.account[rows]]
    strata = np.unique(traffic.stratum[rows[by_core]])
    rows = rows[np.isin(traffic.stratum[rows], strata)]
    by_core = inside[traffic.account[rows]]
    origin = int(traffic.time[rows].min(initial=0))
    span = int(np.ptp(traffic.time[rows])) + 3 * _WAVE_US if len(rows) else 1
    key = np.searchsorted(strata, traffic.stratum[rows]) * span + (traffic.time[rows] - origin) + _WAVE_US
    waves = np.sort(key[by_core])
    near = np.searchsorted(waves, key + _WAVE_US, side="right") > np.searchsorted(waves, key - _WAVE_US)
    mine = outside[traffic.account[rows]]
    rows, near = rows[mine], near[mine]
    blocks = pl.DataFrame(
        {
            "account": traffic.account[rows],
            "stratum": traffic.stratum[rows],
            "hour": traffic.time[rows] // HOUR_US,
            "near": near,
            "usual": ~tied[traffic.account[rows]],
        }
    )
    usual, hour = pl.col("near") & pl.col("usual"), ("stratum", "hour")
    blocks = blocks.with_columns(
        n=pl.col("usual").sum().over(hour), n_near=usual.sum().over(hour),
        own=pl.col("usual").sum().over(*hour, "account"), own_near=usual.sum().over(*hour, "account"),
    )  # fmt: skip
    share = (pl.col("n_near") - pl.col("own_near") + 1) / (pl.col("n") - pl.col("own") + 2)
    counted = blocks.group_by("account").agg(observed=pl.col("near").sum(), expected=share.sum()).sort("account")
    p = poisson_tail(counted["observed"].to_numpy(), counted["expected"].to_numpy())
    held, chance = np.zeros(n_accounts, dtype=np.bool_), np.zeros(n_accounts)
    held[counted["account"].to_numpy()[p <= _WAVE_P]] = True
    chance[counted["account"].to_numpy()] = _WAVE_P
    return _Tie(held, chance, rows[near])


def _content(
    traffic: Traffic, clusters: Judgeable, objects: pl.DataFrame, inside: Flags, outside: Flags, comments: Codes
) -> _Tie:
    """Find the comments outside that are near copies of a core account's, or hold what two core accounts hold."""
    account = traffic.account[clusters.rows]
    theirs = (account != UNKNOWN) & inside[account]
    copied = _mark(clusters.clusters[theirs], clusters.n)
    copies = clusters.rows[copied[clusters.clusters] & (account != UNKNOWN) & outside[account]]
    author = pl.Series(traffic.account[objects["row"].to_numpy()])
    held = objects.with_columns(author=author).filter(pl.col("author") != UNKNOWN)
    held = held.with_columns(is_core=pl.Series(inside[held["author"].to_numpy()]))
    of_core = held.filter("is_core").group_by("object").agg(n=pl.col("author").n_unique()).filter(pl.col("n") >= 2)
    carriers = held.filter(~pl.col("is_core")).join(of_core, on="object", how="semi")["row"].to_numpy()
    rows = np.unique(np.concatenate([copies, carriers.astype(np.int64)]))
    rows = rows[outside[traffic.account[rows]]]
    return _Tie(_mark(traffic.account[rows], len(inside)), comments.astype(np.float64), rows)


def _rated(tie: _Tie, held: Flags, k: int, outside: Flags) -> _Tie:
    """Turn exposure into chance, by the accounts outside that have no other tie; drop a tie that is common."""
    if TIES[k] == "waves":
        return tie
    alone = outside & ~np.delete(held, k, axis=0).any(axis=0)
    rate = (held[k] & alone).sum() + 1.0
    rate /= tie.chance[alone].sum() + 1.0
    chance = 1.0 - (1.0 - min(rate, 1.0)) ** tie.chance
    return _Tie(tie.held & (chance <= _CHANCE_MAX), chance, tie.rows)


def _expected(chance: Floats, joint: Floats) -> Floats:
    """Return how many accounts chance makes as surprising as each `joint`: two ties, or all three."""
    patterns = ((0, 1), (0, 2), (1, 2), (0, 1, 2))
    usable = np.where(chance <= _CHANCE_MAX, chance, 0.0)
    products = np.concatenate([usable[list(pattern)].prod(axis=0) for pattern in patterns])
    products = np.sort(products[products > 0])
    total = np.concatenate([[0.0], np.cumsum(products)])
    expected: Floats = total[np.searchsorted(products, joint * (1 + 1e-9), side="right")]
    return expected


def _rows_of(traffic: Traffic, ties: list[_Tie], accounts: Codes) -> pl.Series:
    """List the comments of each account that make its ties."""
    rows = np.unique(np.concatenate([tie.rows[tie.held[traffic.account[tie.rows]]] for tie in ties]))
    made = pl.DataFrame({"account": traffic.account[rows], "row": rows.astype(np.uint32)})
    lists = made.group_by("account").agg(pl.col("row").sort())
    return (
        pl.DataFrame({"account": accounts})
        .join(lists, on="account", how="left", maintain_order="left")["row"]
        .fill_null([])
    )
