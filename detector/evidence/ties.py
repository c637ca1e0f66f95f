"""What ties an account to a campaign's core: when it was made, when it comments, what it shares, its words."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.candidates import Judgeable
from detector.evidence.significance import poisson_tail
from detector.evidence.traffic import HOUR_US, UNKNOWN, Codes, Traffic
from detector.evidence.wording import Words

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_WAVE_US = 60_000_000
_WAVE_P = 0.01
_BATCH_GAP_H = 48
_BATCH_MIN = 4
_WORDING_SHARE = 0.02
_WORDING_CORE_MIN = 10


@dataclass(frozen=True)
class Tie:
    """One kind of tie of all accounts to one core.

    Attributes
    ----------
    held
        (n_accounts,) who has it.
    chance
        (n_accounts,) chance of having it; for ties that are counted, how often an account could come by it.
    rows
        (k,) comments that make it.
    """

    held: Flags
    chance: Floats
    rows: Codes

    @classmethod
    def none(cls, n_accounts: int) -> "Tie":
        """Return a tie that nobody has or could have."""
        return cls(np.zeros(n_accounts, dtype=np.bool_), np.zeros(n_accounts), np.zeros(0, dtype=np.int64))


def mark(which: Codes, n: int) -> Flags:
    """Return (n,) flags, set at `which`."""
    marked = np.zeros(n, dtype=np.bool_)
    marked[which] = True
    return marked


def tie_created(traffic: Traffic, inside: Flags) -> Tie:
    """Find the accounts created in the interval of one of the core's batches."""
    dates = np.sort(traffic.created[inside & traffic.has_created])
    breaks = np.flatnonzero(np.diff(dates) > _BATCH_GAP_H)
    start, end = dates[np.append(0, breaks + 1)[: len(dates)]], dates[np.append(breaks, len(dates) - 1)[: len(dates)]]
    sizes = np.searchsorted(dates, end, side="right") - np.searchsorted(dates, start)
    # The ends of an interval that n dates are drawn from lie beyond the first and last by 1 / (n - 1) of their range.
    beyond = -(-(end - start) // np.maximum(sizes - 1, 1))
    start, end = (start - beyond)[sizes >= _BATCH_MIN], (end + beyond)[sizes >= _BATCH_MIN]
    if not len(start):
        return Tie.none(len(inside))
    span = np.searchsorted(start, traffic.created, side="right") - 1
    held = traffic.has_created & (span >= 0) & (traffic.created <= end[np.maximum(span, 0)])
    return Tie(held, traffic.has_created.astype(np.float64), np.zeros(0, dtype=np.int64))


def tie_waves(traffic: Traffic, inside: Flags, outside: Flags, tied: Flags, shared: Codes) -> Tie:
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
    return Tie(held, chance, rows[near])


def tie_content(traffic: Traffic, clusters: Judgeable, objects: pl.DataFrame, inside: Flags, outside: Flags) -> Tie:
    """Find the comments outside that hold what is the core's: near copies, addresses, hashtags.

    It is the core's if no more accounts hold it outside than in it, and of addresses and hashtags two in it: what a
    subject or a cause has in common is everybody's.
    """
    copies = pl.DataFrame({"row": clusters.rows, "held": clusters.clusters, "least": 1})
    others = objects.select(
        pl.col("row").cast(pl.Int64), held=clusters.n - 1 + pl.col("object").rank("dense").cast(pl.Int64), least=2
    )
    held = pl.concat([copies.cast(pl.Int64), others.cast(pl.Int64)])
    account = traffic.account[held["row"].to_numpy()]
    held = held.with_columns(
        account=pl.Series(account), is_core=pl.Series((account != UNKNOWN) & inside[account]),
        is_outside=pl.Series((account != UNKNOWN) & outside[account]),
    ).filter(pl.col("account") != UNKNOWN)  # fmt: skip
    shared = (
        held.group_by("held")
        .agg(
            n_core=pl.col("account").filter("is_core").n_unique(),
            n_outside=pl.col("account").filter("is_outside").n_unique(),
            least=pl.col("least").first(),
        )
        .filter((pl.col("n_core") >= pl.col("least")) & (pl.col("n_outside") <= pl.col("n_core")))
    )
    rows = np.unique(held.filter("is_outside").join(shared, on="held", how="semi")["row"].to_numpy())
    n_comments = np.bincount(traffic.account[traffic.account != UNKNOWN], minlength=len(inside))
    return Tie(mark(traffic.account[rows], len(inside)), n_comments.astype(np.float64), rows)


def tie_wording(words: Words, inside: Flags, outside: Flags) -> Tie:
    """Find the accounts whose words are most like the core's: the first fiftieth of those outside.

    A campaign that rewords each comment still draws on one stock of words. So do people who speak of one thing, or one
    language: this is a tie only beside another that has nothing to do with words, and only for cores large enough to
    have a vocabulary.
    """
    tie = Tie.none(len(inside))
    core, others = inside[words.accounts], outside[words.accounts]
    if core.sum() < _WORDING_CORE_MIN or not others.any():
        return tie
    alike = words.alike(core)
    cut = np.quantile(alike[others], 1 - _WORDING_SHARE)
    tie.held[words.accounts[others & (alike > cut) & (alike > 0)]] = True
    tie.chance[outside] = _WORDING_SHARE
    return tie
