"""Pictures that show coordination at a glance, each with words for whoever cannot see it.

No text from a comment, a name or a target is ever drawn: only numbers, dates and our own words.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl
from markupsafe import Markup
from numpy.typing import NDArray

from detector.report.findings import Row
from detector.report.inline_svg import drawing, to_svg
from detector.report.plot import DOTS_AS_VECTORS, Bars, Kind, draw_bars, draw_dots, set_dates
from detector.report.scene import NEVER, UNKNOWN, Dots, Numbers, Scene, Times
from detector.report.words import counted, period

CAMPAIGN, ORDINARY, BURST = "#d55e1c", "#868f96", "#e3b23c"
FAMILIES = (CAMPAIGN, "#2f86d0", "#3f9a3a", "#a066c8", "#b08600", "#0f9696")
FURTHER = "#a8795f"
"""All mid-tones: at least 3:1 against a white and against a nearly black page."""
COMMENTS_MIN = 5
"""Fewer moments are read faster in a table."""
BINS_MAX = 120
ROWS_MAX = 1_000
"""Accounts drawn of a campaign, and of the others: the picture has no more lines of pixels to give them."""
_BINS = (
    *(
        (60, "minute"),
        (300, "5 minutes"),
        (900, "15 minutes"),
        (3_600, "hour"),
        (10_800, "3 hours"),
        (21_600, "6 hours"),
    ),
    *((86_400, "day"), (604_800, "week"), (2_419_200, "4 weeks"), (31_449_600, "52 weeks")),
)
"""Seconds, and the name of so long a time."""
_HOUR_US, _DAY_US = 3_600_000_000, 86_400_000_000


@dataclass(frozen=True)
class Table:
    """The numbers of a picture, as they are shown; each row begins with what it is about."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """A picture, what it shows, and what an innocent pattern would look like."""

    title: str
    svg: Markup
    caption: str
    table: Table | None = None
    """What is drawn, in numbers; None where that would be a row for every comment."""


def timeline(campaign: Row, scene: Scene, bursts: pl.DataFrame) -> Chart | None:
    """Draw the campaign's comments over time above the ordinary traffic on the same targets.

    Parameters
    ----------
    campaign
        A row of CAMPAIGNS.
    scene
        The campaign among the other comments on its targets.
    bursts
        BURSTS of the campaign's clusters.

    Returns
    -------
    Chart or None
        None where the campaign has too few comments with a time.
    """
    own, other = scene.own.time, scene.other.time
    if own.size < COMMENTS_MIN:
        return None
    low, high = _window(own, other)
    edges, unit = _bins(low, high, own)
    n_own, n_other = (count_between(times, edges) for times in (own, other))
    peak = int(n_own.argmax())
    there = where(campaign)
    description = (
        f"{counted(int(n_own.sum()), 'comment')} of the campaign; the most in one {unit} is {int(n_own[peak]):,}, "
        f"from {_instant(edges[peak])} UTC. "
        f"Other comments {there} in the same period: {int(n_other.sum()):,}, "
        f"at most {int(n_other.max()):,} in one {unit}. {counted(bursts.height, 'burst')} marked."
    )
    title = "Comments over time"
    panels = [Bars(n_own, CAMPAIGN, f"Campaign, comments per {unit}")]
    if n_other.any():
        panels.append(Bars(n_other, ORDINARY, f"Other comments {there}, per {unit}"))
    with drawing(2.7 if n_other.any() else 1.7) as figure:
        set_dates(draw_bars(figure, panels, edges, (_strips(bursts, edges), BURST)), low, high)
        svg = to_svg(figure, f"timeline-{campaign['campaign_id']}", title, description)
    marked = " Yellow strips: more than the texts' own baseline allows." if bursts.height else ""
    compared = (
        " Each panel has its own scale. News or a vote lifts both together; a campaign tends to rise alone, and to "
        "stop at once."
        if n_other.any()
        else f" No other comments {there} to compare with; news or a vote would draw the same peaks."
    )
    return Chart(title, svg, f"Comments per {unit}, UTC.{marked}{compared}")


def raster(campaign: Row, scene: Scene, n_families: int) -> Chart | None:
    """Draw one row per account and one dot per comment: people scatter, campaigns make columns.

    Parameters
    ----------
    campaign
        A row of CAMPAIGNS.
    scene
        The campaign among the other comments on its targets.
    n_families
        Number of families that the scene tells apart; the first six have their own colours.

    Returns
    -------
    Chart or None
        None where the campaign has too few comments with a time.
    """
    own, other = (dots[dots.account != UNKNOWN] for dots in (scene.own, scene.other))
    if own.time.size < COMMENTS_MIN:
        return None
    low, high = _window(own.time, other.time)
    other = other[(other.time >= low) & (other.time <= high)]
    n_members = len(np.unique(own.account))
    own, other = _sample(own, ROWS_MAX), _sample(other, min(max(n_members, 20), ROWS_MAX))
    y, n_rows, is_dated = _rows(np.append(own.time, other.time), np.append(own.account, other.account), scene.born)
    n_own, n_dots = len(np.unique(own.account)), len(y)
    order = "ordered by creation date, newest on top" if is_dated else "ordered by first comment, latest on top"
    grey = f"; grey: other people {where(campaign)}" if n_rows > n_own else ""
    drawn = f" {n_own:,} of its {n_members:,} accounts are drawn." if n_own < n_members else ""
    title = "Accounts and their comments over time"
    description = (
        f"{counted(n_own, 'account')} of the campaign and {counted(n_rows - n_own, 'other account')}, {order}; "
        f"one dot per comment, {counted(n_dots, 'dot')}, {period(_time(low), _time(high))}.{drawn}"
    )
    kinds = _kinds(own, other, min(n_families, len(FAMILIES)))
    with drawing(_height(n_rows)) as figure:
        size = float(np.clip(45 * _height(n_rows) / n_rows, 1.2 if n_dots > DOTS_AS_VECTORS else 1.8, 6))
        time = np.append(own.time, other.time)
        axes = draw_dots(figure, time, y, kinds, size=size, label=f"{n_rows:,} accounts")
        set_dates([axes], low, high)
        svg = to_svg(figure, f"raster-{campaign['campaign_id']}", title, description)
    caption = (
        f"A row is an account ({order}), a dot a comment, a colour a text in the order above{grey}.{drawn} "
        "People scatter; a campaign makes columns, and accounts made together sit side by side. "
        "A live event makes a column too, but of many different texts and of accounts of every age."
    )
    return Chart(title, svg, caption)


def _kinds(own: Dots, other: Dots, n_families: int) -> list[Kind]:
    """Part the dots, the campaign's first: the others, its small texts, its large ones, each in its colour."""
    family = np.append(own.family, other.family)
    is_own = np.arange(len(family)) < len(own.family)
    is_large = (family >= 0) & (family < n_families)
    kinds = [Kind("other comments", ORDINARY, ~is_own), Kind("further texts", FURTHER, is_own & ~is_large)]
    kinds += [Kind(f"text {k + 1}", FAMILIES[k], is_own & (family == k)) for k in range(n_families)]
    return [kind for kind in kinds if kind.chosen.any()]


def where(campaign: Row) -> str:
    """Say where the comments stand that a campaign is compared with."""
    return "on the same targets" if campaign["n_targets"] else "in this export"


def _window(own: Times, other: Times) -> tuple[int, int]:
    """Return the period to draw: the campaign with some time around it, as far as the data reach."""
    first, last = int(own.min()), int(own.max())
    around = max((last - first) // 2, 6 * _HOUR_US)
    earliest, latest = (int(other.min()), int(other.max())) if len(other) else (first, last)
    return max(first - around, min(first, earliest)), min(last + around, max(last, latest))


def _bins(low: int, high: int, own: Times) -> tuple[Times, str]:
    """Return whole clock intervals that cover the period, and the name of one."""
    has_clock = bool((own % _DAY_US).any())
    fitting = (
        (size_s * 1_000_000, name)
        for size_s, name in _BINS
        if (high - low) / (size_s * 1_000_000) <= BINS_MAX and (has_clock or size_s >= 86_400)
    )
    size, name = next(fitting, (_BINS[-1][0] * 1_000_000, _BINS[-1][1]))
    return np.arange(low // size, high // size + 2, dtype=np.int64) * size, name


def count_between(times: Times, edges: Times) -> Times:
    """Count the times between neighbouring edges, which lie equally far apart."""
    places = (times[(times >= edges[0]) & (times < edges[-1])] - edges[0]) // (edges[1] - edges[0])
    return np.bincount(places, minlength=len(edges) - 1).astype(np.int64)


def _strips(bursts: pl.DataFrame, edges: Times) -> Times:
    """Return where bursts are, at least a bin long to be seen."""
    times = bursts.select(pl.col("start", "end").dt.timestamp("us")).sort("start", "end").to_numpy()
    return apart(times.astype(np.int64).reshape(-1, 2), int(edges[1] - edges[0]))


def apart(times: Times, least: int) -> Times:
    """Return (n, 2) beginnings and ends, sorted by their beginnings, joined where they overlap and `least` long."""
    if not len(times):
        return np.empty((0, 2), dtype=np.int64)
    starts = times[:, 0]
    ends = np.maximum.accumulate(np.maximum(times[:, 1], starts + least))
    is_first = np.append(True, starts[1:] > ends[:-1])
    is_last = np.append(is_first[1:], True)
    return np.column_stack([starts[is_first], ends[is_last]])


def _sample(dots: Dots, n_accounts: int) -> Dots:
    """Keep the comments of at most `n_accounts` accounts, spread evenly over them."""
    is_there = np.zeros(int(dots.account.max(initial=0)) + 1, dtype=np.bool_)
    is_there[dots.account] = True
    accounts = np.flatnonzero(is_there)
    is_there[:] = False
    is_there[accounts[:: max(-(-len(accounts) // n_accounts), 1)]] = True
    return dots[is_there[dots.account]]


def _rows(time: Times, account: Numbers, born: Times) -> tuple[NDArray[np.int64], int, bool]:
    """Return the row of every dot, how many rows there are, and whether creation dates order them."""
    accounts, place = np.unique(account, return_inverse=True)
    first = np.full(len(accounts), time.max())
    np.minimum.at(first, place, time)
    births = born[accounts]
    is_dated = bool(np.count_nonzero(births == NEVER) * 2 < len(accounts))
    ranked = np.lexsort((accounts, first, births) if is_dated else (accounts, first))
    rows = np.empty(len(accounts), dtype=np.int64)
    rows[ranked] = np.arange(len(accounts))
    return rows[place], len(accounts), is_dated


def _height(n_rows: int) -> float:
    """Return inches: room for five rows without gaps, and for five thousand on one screen."""
    return float(np.clip(1.6 + 0.02 * n_rows, 1.8, 4.6))


def _time(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us // 1_000_000, UTC)


def _instant(time_us: int) -> str:
    return f"{_time(int(time_us)):%Y-%m-%d %H:%M}"
