"""COMMENTS as integer columns: who, where, when, and which comments are exchangeable by chance."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.config import EvidenceConfig
from detector.evidence.codes import UNKNOWN as UNKNOWN
from detector.evidence.codes import Codes as Codes
from detector.evidence.codes import encode, number, order_by, pack, rank
from detector.evidence.crowds import find_crowds

Flags = npt.NDArray[np.bool_]

HOUR_US = 3_600_000_000
_PRECISION_S = {"us": 0, "s": 1, "min": 60, "hour": 3_600, "day": 86_400, "month": 2_678_400, "year": 31_622_400}
# A thread in which the next comment usually comes within seconds is a live chat: people react to the same instant,
# so that neither simultaneity nor meeting again says anything.
_LIVE_GAP_US = 5_000_000
_LIVE_COMMENTS = 300
# Fewer comments do not show what is usual at a place.
_PLACE_COMMENTS = 30


@dataclass(frozen=True)
class Traffic:
    """All comments of a dump, as arrays over rows, and the accounts behind them.

    Attributes
    ----------
    account
        (n,) index into `accounts`, `UNKNOWN` where the author is unknown.
    target
        (n,) index into `targets`; comments without a target share one of their own, the last.
    stratum
        (n,) target and period, or language in a crowd there: inside one, moments are exchangeable unless somebody
        coordinates.
    place
        (n,) the stratum, but that strata of few comments are joined with the others of the same period: inside one,
        authors and marks are exchangeable unless somebody coordinates.
    time
        (n,) microseconds since 1970 UTC; `has_time` tells where it is known.
    is_live
        (n,) comments of a live chat.
    accounts
        Names of the accounts, sorted; `created` (hours since 1970) and `has_created` follow the same order.
    precision_s
        Times closer than this cannot be told apart, seconds.
    """

    account: Codes
    target: Codes
    stratum: Codes
    place: Codes
    time: Codes
    has_time: npt.NDArray[np.bool_]
    is_live: npt.NDArray[np.bool_]
    accounts: pl.Series
    targets: pl.Series
    created: Codes
    has_created: npt.NDArray[np.bool_]
    precision_s: int

    @property
    def n_strata(self) -> int:
        """Number of strata."""
        return int(self.stratum.max()) + 1 if len(self.stratum) else 0

    def name(self, account: Codes) -> pl.Series:
        """Return the names of accounts, null for `UNKNOWN`."""
        at = pl.Series(account)
        return self.accounts.gather(at.set(at == UNKNOWN, None))

    @cached_property
    def is_debut(self) -> Flags:
        """(n,) the first comments of the known accounts at each place."""
        known = np.flatnonzero(self.account != UNKNOWN)
        debuts = np.zeros(len(self.account), dtype=np.bool_)
        pairs = pl.Series(pack(self.place[known], self.account[known]), dtype=pl.Int64)
        debuts[known] = pairs.is_first_distinct().to_numpy()
        return debuts


def observe_traffic(
    comments: pl.DataFrame,
    config: EvidenceConfig,
    copies: Codes | None = None,
    authors: tuple[Codes, pl.Series] | None = None,
) -> Traffic:
    """Bring COMMENTS into integer columns.

    Parameters
    ----------
    comments
        COMMENTS.
    config
        The length of a period.
    copies
        (m,) rows that are near copies of others; without them no crowds are told apart.
    authors
        The accounts of the comments as `encode` gives them, where they are known already.
    """
    account, accounts = authors or encode(comments["account"])
    target, targets = encode(comments["target"])
    target[target == UNKNOWN] = len(targets)
    aimed = target < len(targets)
    has_time = comments["created_at"].is_not_null().to_numpy()
    time = comments["created_at"].dt.timestamp("us").fill_null(0).to_numpy().astype(np.int64)
    week = np.where(has_time, time // (config.period_days * 24 * HOUR_US), UNKNOWN)
    # Where a dump does not say whom a comment addresses, shorter periods stand in for the occasions of comments.
    stray = np.flatnonzero(~aimed & has_time)
    period = week.copy()
    period[stray] = time[stray] // (24 * HOUR_US)
    thread = number(target, period)
    is_copy = np.zeros(len(thread), dtype=np.bool_)
    if copies is not None:
        is_copy[copies] = True
    # Copies behind the others of the same moment. Comments are in order of time: this costs next to nothing.
    timed = np.flatnonzero(has_time & aimed)
    timed = timed[np.argsort(2 * time[timed] + is_copy[timed], kind="stable")]
    timed = timed[order_by(thread[timed])]
    is_live = _live(thread, time, timed, aimed, has_time)
    stratum = thread
    if copies is not None:
        # A stream without targets is no place.
        crowd = find_crowds(thread, time, timed[~is_live[timed]], is_copy)
        stratum = number(number(thread, crowd), _tongues(comments["lang"], crowd))
    hours, has_created = _creation(account, len(accounts), comments["author_created_at"])
    return Traffic(
        account=account,
        target=target,
        stratum=stratum,
        place=_places(stratum, week),
        time=time,
        has_time=has_time,
        is_live=is_live,
        accounts=accounts,
        targets=targets,
        created=hours,
        has_created=has_created,
        precision_s=_precision(comments["created_at_precision"], time[has_time]),
    )


def list_live_chats(traffic: Traffic) -> tuple[tuple[int, float], ...]:
    """Return comments, and median seconds between them, of each live chat, the largest first."""
    chats = (
        pl.DataFrame({"target": traffic.target, "time": traffic.time})
        .filter(pl.Series(traffic.is_live))
        .sort("target", "time")
        .group_by("target")
        .agg(n=pl.len(), gap_s=pl.col("time").diff().median() / 1e6)
        .sort("n", "target", descending=[True, False])
    )
    return tuple(chats.select("n", "gap_s").iter_rows())


def _places(stratum: Codes, period: Codes) -> Codes:
    small = np.bincount(stratum)[stratum] < _PLACE_COMMENTS if len(stratum) else np.zeros(0, dtype=np.bool_)
    return rank(np.where(small, 2 * (period - period.min(initial=0)), 2 * stratum + 1))


def _tongues(lang: pl.Series, crowd: Codes) -> Codes:
    """Number the languages of the comments in crowds: a song is sung by those who speak its language."""
    tongue = np.full(len(crowd), UNKNOWN, dtype=np.int64)
    inside = np.flatnonzero(crowd)
    tongue[inside] = encode(lang.gather(inside))[0]
    return tongue


def _creation(account: Codes, n_accounts: int, created_at: pl.Series) -> tuple[Codes, Flags]:
    """Return the hour at which each account was created, by the earliest that its comments give, and if any does."""
    rows = np.flatnonzero(created_at.is_not_null().to_numpy() & (account != UNKNOWN))
    never = np.iinfo(np.int64).max
    earliest = np.full(n_accounts, never)
    np.minimum.at(earliest, account[rows], created_at.dt.timestamp("us").fill_null(0).to_numpy()[rows])
    known = earliest < never
    return np.where(known, earliest // HOUR_US, 0), known


def _precision(precision: pl.Series, time: Codes) -> int:
    """Return the precision, in seconds, that at least 95 % of the timed comments have.

    An export may write seconds that it does not have: times that nearly all fall on whole minutes, hours or days are
    taken at that.
    """
    written = precision.drop_nulls().value_counts()
    seconds = written[:, 0].replace_strict(_PRECISION_S, return_dtype=pl.Int64).to_numpy()
    order = np.argsort(seconds)
    upto = np.cumsum(written[:, 1].to_numpy()[order], dtype=np.int64)
    worst = [int(seconds[order][np.searchsorted(upto, int((upto[-1] - 1) * 0.95), side="right")])] if len(upto) else []
    for unit in (60, 3_600, 86_400):
        if not len(time) or np.mean(time % (unit * 1_000_000) == 0) < 0.95:
            break
        worst.append(unit)
    return max(worst, default=0)


def _live(thread: Codes, time: Codes, ordered: Codes, aimed: Flags, has_time: Flags) -> Flags:
    """Mark the comments of live chats; comments without targets are one if they are a single day's stream.

    Parameters
    ----------
    thread, time
        (n,) where comments stand, and when, microseconds.
    ordered
        Timed comments with a target, by thread and time.
    aimed, has_time
        (n,) which comments have a target, and a time.
    """
    own = thread[ordered]
    size = np.bincount(own, minlength=int(thread.max(initial=-1)) + 1)
    gap, within = np.diff(time[ordered]), np.diff(own) == 0
    short = 2 * np.bincount(own[1:][within & (gap <= _LIVE_GAP_US)], minlength=len(size))
    large = size >= _LIVE_COMMENTS
    live = large & (short > size - 1)
    # Where just half of the gaps are short, the median lies between the halves.
    for chat in np.flatnonzero(large & (short == size - 1)).tolist():
        start = np.searchsorted(own, chat)
        live[chat] = np.median(gap[start : start + size[chat] - 1]) <= _LIVE_GAP_US
    is_live = live[thread] & aimed
    # A stream without targets is one, also across midnight.
    moments = np.sort(time[has_time & ~aimed])
    if len(moments) >= _LIVE_COMMENTS and moments[-1] - moments[0] <= 24 * HOUR_US:
        is_live[~aimed] = np.median(np.diff(moments)) <= _LIVE_GAP_US
    return is_live
