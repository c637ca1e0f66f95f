"""Test whether copies are carried to more targets than the traffic of the same weeks would take them to."""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import gammaln

from detector.evidence.accounts import GroupTest
from detector.evidence.codes import UNKNOWN, Codes, number
from detector.evidence.significance import bennett_tail
from detector.evidence.traffic import Traffic

Floats = npt.NDArray[np.float64]

FORMS = ("together", "each")
_DAY_US = 86_400_000_000
_COPIES_MIN = 4


def measure_spread(
    traffic: Traffic, rows: Codes, first_rows: Codes, row_groups: Codes, first_groups: Codes, n_groups: int,
    period_days: int,
) -> GroupTest:  # fmt: skip
    """Test how many targets a group's copies reach, and how many each of its accounts does.

    Parameters
    ----------
    rows, row_groups
        (m,) comments and their groups.
    first_rows, first_groups
        (k,) the first copy of each account in each cluster, and their groups.
    period_days
        Length of a period, days.

    Returns
    -------
    GroupTest
        Of the more telling form: targets reached, counted once a period, expected number, p times the two forms, and
        the index of the form in `FORMS`. No account carries the sign.

    Notes
    -----
    Null: given period and platform, a copy lands at a target as a comment drawn from the traffic there does, without
    replacement; the group's own comments are part of that traffic, so that a campaign which is most of it shows
    little. A target that drew m of N comments is missed by n draws with probability C(N - m, n) / C(N, n). Draws
    without replacement are negatively associated, so that Bennett's inequality bounds the tail (Joag-Dev and Proschan
    1983). Form 0 takes one copy per account and text, so that nobody spreads a group alone; form 1 takes all copies of
    an account as given in number, and adds up the targets over accounts. Ordinary people keep to the targets that
    they follow: that makes the test cautious.
    """
    place = _places(traffic, period_days)
    together = _reach(traffic, place, first_rows, first_groups, first_groups, n_groups)
    known = traffic.account[rows] != UNKNOWN
    rows, row_groups = rows[known], row_groups[known]
    each = _reach(
        traffic, place, rows, row_groups * len(traffic.accounts) + traffic.account[rows], row_groups, n_groups
    )
    p = np.minimum(np.stack([together[2], each[2]]) * len(FORMS), 1.0)
    form = np.where(np.nan_to_num(p[1], nan=2.0) < np.nan_to_num(p[0], nan=2.0), 1, 0)
    at = np.arange(n_groups)
    observed, expected = (np.stack([together[i], each[i]])[form, at] for i in (0, 1))
    return GroupTest.of(np.stack([observed, expected, p[form, at], np.where(np.isnan(p[form, at]), np.nan, form)]))


def _places(traffic: Traffic, period_days: int) -> Codes:
    """Number the periods of each platform, (n,); `UNKNOWN` where a comment has no target."""
    platform = traffic.targets.str.split(":").list.first().rank("dense").cast(pl.Int64).to_numpy()
    place = np.full(len(traffic.target), UNKNOWN, dtype=np.int64)
    aimed = np.flatnonzero(traffic.target < len(traffic.targets))
    period = np.where(traffic.has_time[aimed], traffic.time[aimed] // (period_days * _DAY_US), UNKNOWN)
    place[aimed] = number(platform[traffic.target[aimed]], period)
    return place


def _reach(
    traffic: Traffic, place: Codes, rows: Codes, units: Codes, groups: Codes, n_groups: int
) -> Floats:  # fmt: skip
    """Return targets reached, expected and p, (3, n_groups); a unit draws its copies without replacement."""
    aimed = place[rows] != UNKNOWN
    rows, units, groups = rows[aimed], units[aimed], groups[aimed]
    draws = pl.DataFrame({"unit": units, "group": groups, "place": place[rows], "target": traffic.target[rows]})
    drawn = draws.group_by("group", "unit", "place").agg(n=pl.len(), hit=pl.col("target").n_unique())
    # One copy hits one target, whatever the traffic: it tells nothing.
    drawn = drawn.filter(pl.col("n") > 1)
    kinds = drawn.select("place", "n").unique().sort("place", "n")
    mean, variance = _occupancy(traffic, place, kinds["place"].to_numpy(), kinds["n"].to_numpy())
    kinds = kinds.with_columns(mean=pl.Series(mean), variance=pl.Series(variance))
    drawn = drawn.join(kinds, on=["place", "n"]).sort("group", "unit", "place")
    at = drawn["group"].to_numpy()
    n, hit, expected, bound = (
        np.bincount(at, drawn[name].to_numpy(), minlength=n_groups) for name in ("n", "hit", "mean", "variance")
    )
    out = np.full((3, n_groups), np.nan)
    enough = n >= _COPIES_MIN
    out[:, enough] = np.stack([hit, expected, bennett_tail(hit, expected, bound)])[:, enough]
    return out


def _occupancy(traffic: Traffic, place: Codes, where: Codes, n: Codes) -> tuple[Floats, Floats]:
    """Return mean and bound of the variance of the targets hit by n draws from the comments of a place."""
    aimed = np.flatnonzero(place != UNKNOWN)
    cell = number(place[aimed], traffic.target[aimed])
    size = np.bincount(cell)
    at = np.empty(len(size), dtype=np.int64)
    at[cell] = place[aimed]
    # Targets with equally many comments are hit alike: a place has few such classes.
    classes = (
        pl.DataFrame({"place": at, "m": size})
        .group_by("place", "m").agg(alike=pl.len())
        .with_columns(total=(pl.col("m") * pl.col("alike")).sum().over("place"))
    )  # fmt: skip
    wanted = pl.DataFrame({"place": where, "n": n}, schema={"place": pl.Int64, "n": pl.Int64}).with_row_index("at")
    joined = wanted.join(classes, on="place").sort("at", "m")
    total, m, draws = (joined[name].to_numpy().astype(np.float64) for name in ("total", "m", "n"))
    room = total - m - draws
    missed = np.where(
        room >= 0,
        np.exp(
            gammaln(total - m + 1) + gammaln(total - draws + 1) - gammaln(np.maximum(room, 0) + 1) - gammaln(total + 1)
        ),
        0.0,
    )
    missed = np.clip(missed, 0.0, 1.0)
    at, alike = joined["at"].to_numpy(), joined["alike"].to_numpy()
    mean = np.bincount(at, alike * (1 - missed), minlength=len(where))
    variance = np.bincount(at, alike * missed * (1 - missed), minlength=len(where))
    return mean.astype(np.float64), variance.astype(np.float64)
