"""COMMENTS as integer columns: who, where, when, and which comments are exchangeable by chance."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.config import EvidenceConfig
from detector.evidence.crowds import find_crowds

Codes = npt.NDArray[np.int64]

UNKNOWN = -1
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


def observe_traffic(comments: pl.DataFrame, config: EvidenceConfig, copies: Codes | None = None) -> Traffic:
    """Bring COMMENTS into integer columns.

    Parameters
    ----------
    comments
        COMMENTS.
    config
        The length of a period.
    copies
        (m,) rows that are near copies of others; without them no crowds are told apart.
    """
    account, accounts = _encode(comments["account"])
    target, targets = _encode(comments["target"])
    target[target == UNKNOWN] = len(targets)
    has_time = comments["created_at"].is_not_null().to_numpy()
    time = comments["created_at"].dt.timestamp("us").fill_null(0).to_numpy().astype(np.int64)
    # Where a dump does not say whom a comment addresses, shorter periods stand in for the occasions of comments.
    days = np.where(target == len(targets), 1, config.period_days)
    period = np.where(has_time, time // (days * 24 * HOUR_US), UNKNOWN)
    thread = _number(target, period)
    is_live = _live(thread, time, has_time, target < len(targets))
    crowd = np.zeros_like(thread)
    if copies is not None:
        is_copy = np.zeros(len(thread), dtype=np.bool_)
        is_copy[copies] = True
        # A stream without targets is no place.
        crowd = find_crowds(thread, time, has_time & (target < len(targets)) & ~is_live, is_copy)
    # A song is sung by those who speak its language: inside a crowd each is compared with its own.
    tongue = np.where(crowd > 0, _encode(comments["lang"])[0], UNKNOWN)
    created = (
        comments.filter(pl.col("account").is_not_null())
        .group_by("account")
        .agg(pl.col("author_created_at").min())
        .sort("account")["author_created_at"]
    )
    hours = created.dt.timestamp("us") // HOUR_US
    stratum = _number(_number(thread, crowd), tongue)
    return Traffic(
        account=account,
        target=target,
        stratum=stratum,
        place=_places(stratum, np.where(has_time, time // (config.period_days * 24 * HOUR_US), UNKNOWN)),
        time=time,
        has_time=has_time,
        is_live=is_live,
        accounts=accounts,
        targets=targets,
        created=hours.fill_null(0).to_numpy().astype(np.int64),
        has_created=created.is_not_null().to_numpy(),
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
    joined = np.where(small, 2 * (period - period.min(initial=0)), 2 * stratum + 1)
    return np.unique(joined, return_inverse=True)[1].astype(np.int64).ravel()


def _encode(values: pl.Series) -> tuple[Codes, pl.Series]:
    """Return the position of each value among the sorted distinct values, and these."""
    names = values.drop_nulls().unique().sort()
    table = names.alias("name").to_frame().with_row_index("code")
    codes = values.alias("name").to_frame().join(table, on="name", how="left", maintain_order="left")["code"]
    return codes.cast(pl.Int64).fill_null(UNKNOWN).to_numpy(writable=True), names


def _number(outer: Codes, inner: Codes) -> Codes:
    """Number the distinct pairs, in their order."""
    return np.unique(np.stack([outer, inner]), axis=1, return_inverse=True)[1].astype(np.int64).ravel()


def _precision(precision: pl.Series, time: Codes) -> int:
    """Return the precision, in seconds, that at least 95 % of the timed comments have.

    An export may write seconds that it does not have: times that nearly all fall on whole minutes, hours or days are
    taken at that.
    """
    seconds = precision.drop_nulls().replace_strict(_PRECISION_S, return_dtype=pl.Int64)
    worst = seconds.quantile(0.95, interpolation="lower")
    written = int(worst) if worst is not None else 0
    rounded = [unit for unit in (60, 3_600, 86_400) if len(time) and np.mean(time % (unit * 1_000_000) == 0) >= 0.95]
    return max([written, *rounded])


def _live(
    stratum: Codes, time: Codes, has_time: npt.NDArray[np.bool_], has_target: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Mark the comments of live chats; comments without targets are one if they are a single day's stream."""
    aimless = time[has_time & ~has_target]
    one_day = len(aimless) > 0 and int(np.ptp(aimless)) <= 24 * HOUR_US
    # A stream without targets is one, also across midnight.
    thread = np.where(has_target, stratum, -1)
    live = (
        pl.DataFrame({"stratum": thread, "time": time})
        .filter(pl.Series(has_time & (has_target | one_day)))
        .sort("stratum", "time")
        .group_by("stratum")
        .agg(n=pl.len(), gap=pl.col("time").diff().median())
        .filter((pl.col("n") >= _LIVE_COMMENTS) & (pl.col("gap") <= _LIVE_GAP_US))["stratum"]
    )
    return np.isin(thread, live.to_numpy())
