"""Pictures that show coordination at a glance, each with words for whoever cannot see it.

No text from a comment, a name or a target is ever drawn: only numbers, dates and our own words.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from markupsafe import Markup
from numpy.typing import NDArray

from detector.report.findings import Row
from detector.report.inline_svg import drawing, to_svg
from detector.report.words import counted, period

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CAMPAIGN, ORDINARY, BURST = "#d55e1c", "#868f96", "#e3b23c"
FAMILIES = (CAMPAIGN, "#2f86d0", "#3f9a3a", "#a066c8", "#b08600", "#0f9696")
FURTHER = "#a8795f"
"""All mid-tones: at least 3:1 against a white and against a nearly black page."""
COMMENTS_MIN = 5
"""Fewer moments are read faster in a table."""
BINS_MAX = 120
ROWS_MAX = 1_000
"""Accounts drawn of a campaign, and of the others: the picture has no more lines of pixels to give them."""
DOTS_AS_VECTORS = 2_000
"""More dots than this become one small embedded image."""
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

Times = NDArray[np.int64]
"""Microseconds since 1970, UTC."""


@dataclass(frozen=True)
class Chart:
    """A picture, what it shows, and what an innocent pattern would look like."""

    title: str
    svg: Markup
    caption: str


def timeline(campaign: Row, comments: pl.DataFrame, bursts: pl.DataFrame) -> Chart | None:
    """Draw the campaign's comments over time above the ordinary traffic on the same targets.

    Parameters
    ----------
    campaign
        A row of CAMPAIGNS.
    comments
        The campaign's comments and the other comments on its targets.
    bursts
        BURSTS of the campaign's clusters.

    Returns
    -------
    Chart or None
        None where the campaign has too few comments with a time.
    """
    is_own = (comments["campaign_id"] == campaign["campaign_id"]).fill_null(False)
    own, other = _times(comments.filter(is_own)), _times(comments.filter(~is_own))
    if own.size < COMMENTS_MIN:
        return None
    low, high = _window(own, other)
    edges, unit = _bins(low, high, own)
    n_own, n_other = (np.histogram(times, edges)[0] for times in (own, other))
    peak = int(n_own.argmax())
    there = _there(campaign)
    description = (
        f"{counted(int(n_own.sum()), 'comment')} of the campaign; the most in one {unit} is {int(n_own[peak]):,}, "
        f"from {_instant(edges[peak])} UTC. "
        f"Other comments {there} in the same period: {int(n_other.sum()):,}, "
        f"at most {int(n_other.max()):,} in one {unit}. {counted(bursts.height, 'burst')} marked."
    )
    title = "Comments over time"
    with drawing(2.7 if n_other.any() else 1.7) as figure:
        panels = figure.subplots(2 if n_other.any() else 1, sharex=True, squeeze=False)[:, 0]
        for start, end in bursts.select(pl.col("start", "end").dt.timestamp("us")).iter_rows():
            # At least one bin wide, else it would vanish.
            last = max(end, start + int(edges[1] - edges[0]))
            panels[0].axvspan(_day(start), _day(last), ymin=0.92, color=BURST, lw=0)
        _bars(panels[0], n_own, edges, CAMPAIGN, f"Campaign, comments per {unit}")
        if n_other.any():
            _bars(panels[1], n_other, edges, ORDINARY, f"Other comments {there}, per {unit}")
        _date_axis(panels[-1], low, high)
        svg = to_svg(figure, f"timeline-{campaign['campaign_id']}", title, description)
    marked = " Yellow strips: more than the texts' own baseline allows." if bursts.height else ""
    compared = (
        " Each panel has its own scale. News or a vote lifts both together; a campaign tends to rise alone, and to "
        "stop at once."
        if n_other.any()
        else f" No other comments {there} to compare with; news or a vote would draw the same peaks."
    )
    return Chart(title, svg, f"Comments per {unit}, UTC.{marked}{compared}")


def raster(campaign: Row, comments: pl.DataFrame, accounts: pl.DataFrame, families: list[str]) -> Chart | None:
    """Draw one row per account and one dot per comment: people scatter, campaigns make columns.

    Parameters
    ----------
    campaign
        A row of CAMPAIGNS.
    comments
        The campaign's comments and the other comments on its targets.
    accounts
        A frame with the columns `account` and `created_at`, of at least the authors of these comments.
    families
        Cluster ids, the largest first; the first six have their own colours.

    Returns
    -------
    Chart or None
        None where the campaign has too few comments with a time.
    """
    is_own = (pl.col("campaign_id") == campaign["campaign_id"]).fill_null(False)
    own = comments.filter(is_own, pl.col("account").is_not_null(), pl.col("created_at").is_not_null())
    if own.height < COMMENTS_MIN:
        return None
    other = comments.filter(~is_own, pl.col("account").is_not_null(), pl.col("created_at").is_not_null())
    low, high = _window(_times(own), _times(other))
    other = other.filter(pl.col("created_at").dt.timestamp("us").is_between(low, high))
    n_members = own["account"].n_unique()
    own, other = _sample(own, ROWS_MAX), _sample(other, min(max(n_members, 20), ROWS_MAX))
    dots, n_rows, is_dated = _rows(own, other, accounts)
    n_own = own["account"].n_unique()
    order = "ordered by creation date, newest on top" if is_dated else "ordered by first comment, latest on top"
    grey = f"; grey: other people {_there(campaign)}" if n_rows > n_own else ""
    drawn = f" {n_own:,} of its {n_members:,} accounts are drawn." if n_own < n_members else ""
    title = "Accounts and their comments over time"
    description = (
        f"{counted(n_own, 'account')} of the campaign and {counted(n_rows - n_own, 'other account')}, {order}; "
        f"one dot per comment, {counted(dots.height, 'dot')}, {period(_time(low), _time(high))}.{drawn}"
    )
    with drawing(_height(n_rows)) as figure:
        axes = figure.subplots()
        _draw_dots(axes, dots, n_rows, campaign, families[: len(FAMILIES)])
        _date_axis(axes, low, high)
        figure.legend(loc="outside upper left", ncols=4, frameon=False, fontsize=8, handletextpad=0.1, columnspacing=1)
        svg = to_svg(figure, f"raster-{campaign['campaign_id']}", title, description)
    caption = (
        f"A row is an account ({order}), a dot a comment, a colour a text in the order above{grey}.{drawn} "
        "People scatter; a campaign makes columns, and accounts made together sit side by side. "
        "A live event makes a column too, but of many different texts and of accounts of every age."
    )
    return Chart(title, svg, caption)


def _draw_dots(axes: "Axes", dots: pl.DataFrame, n_rows: int, campaign: Row, families: list[str]) -> None:
    """Draw the others first, then the campaign's small texts, then its large ones, each in its colour."""
    is_own = (pl.col("campaign_id") == campaign["campaign_id"]).fill_null(False)
    is_large = pl.col("cluster_id").is_in(families).fill_null(False)
    as_image = dots.height > DOTS_AS_VECTORS
    size = float(np.clip(45 * _height(n_rows) / n_rows, 1.2 if as_image else 1.8, 6))
    _dots(axes, dots.filter(~is_own), ORDINARY, size, "other comments", as_image=as_image)
    _dots(axes, dots.filter(is_own & ~is_large), FURTHER, size, "further texts", as_image=as_image)
    for i, (family, colour) in enumerate(zip(families, FAMILIES, strict=False), start=1):
        _dots(
            axes, dots.filter(is_own & (pl.col("cluster_id") == family)), colour, size, f"text {i}", as_image=as_image
        )
    axes.set(ylim=(-1, n_rows), yticks=[], ylabel=f"{n_rows:,} accounts")


def _there(campaign: Row) -> str:
    return "on the same targets" if campaign["n_targets"] else "in this export"


def _times(comments: pl.DataFrame) -> Times:
    return comments["created_at"].drop_nulls().dt.timestamp("us").sort().to_numpy()


def _window(own: Times, other: Times) -> tuple[int, int]:
    """Return the period to draw: the campaign with some time around it, as far as the data reach."""
    first, last = int(own.min()), int(own.max())
    around = max((last - first) // 2, 6 * _HOUR_US)
    known = np.concatenate([own, other])
    return max(first - around, int(known.min())), min(last + around, int(known.max()))


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


def _bars(axes: "Axes", counts: NDArray[Any], edges: Times, colour: str, title: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.stairs(counts, edges / _DAY_US, fill=True, color=colour, lw=0)
    axes.set_title(title)
    axes.set_ylim(0, max(int(counts.max()), 1) * 1.15)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))


def _date_axis(axes: "Axes", low: int, high: int) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    margin = max((high - low) // 60, 30_000_000)
    axes.set_xlim(_day(low - margin), _day(high + margin))


def _sample(comments: pl.DataFrame, n_accounts: int) -> pl.DataFrame:
    """Keep the comments of at most `n_accounts` accounts, spread evenly over the sorted names."""
    names = comments.select(pl.col("account").unique().sort())
    kept = names.gather_every(-(-names.height // n_accounts)) if names.height else names
    return comments.join(kept, on="account", how="semi", maintain_order="left")


def _rows(own: pl.DataFrame, other: pl.DataFrame, accounts: pl.DataFrame) -> tuple[pl.DataFrame, int, bool]:
    """Return the dots with their row, how many rows there are, and whether creation dates order them."""
    dots = pl.concat([own, other]).select("account", "created_at", "cluster_id", "campaign_id")
    created = accounts.select("account", pl.col("created_at").alias("born")).unique("account", keep="first")
    rows = dots.group_by("account").agg(first=pl.col("created_at").min()).join(created, on="account", how="left")
    is_dated = rows["born"].null_count() * 2 < rows.height
    order = ["born", "first", "account"] if is_dated else ["first", "account"]
    rows = rows.sort(order, nulls_last=False).with_row_index("y")
    return dots.join(rows.select("account", "y"), on="account", maintain_order="left"), rows.height, is_dated


def _dots(axes: "Axes", dots: pl.DataFrame, colour: str, size: float, label: str, *, as_image: bool) -> None:
    """Draw the dots of one kind; as one path of points, twenty bytes a dot, where a marker would take a hundred."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if dots.is_empty():
        return
    x, y = dots["created_at"].dt.timestamp("us").to_numpy() / _DAY_US, dots["y"].to_numpy()
    if as_image:
        axes.plot(x, y, "o", color=colour, markersize=size, markeredgewidth=0, rasterized=True)
    else:
        points = np.repeat(np.column_stack([x, y]), 2, axis=0)
        codes = np.tile([Path.MOVETO, Path.LINETO], dots.height).astype(Path.code_type)
        axes.add_patch(PathPatch(Path(points, codes), edgecolor=colour, facecolor="none", lw=size, capstyle="round"))
    axes.plot([], [], "o", color=colour, markersize=5, label=f"{label} ({dots.height:,})")


def _height(n_rows: int) -> float:
    """Return inches: room for five rows without gaps, and for five thousand on one screen."""
    return float(np.clip(1.6 + 0.02 * n_rows, 1.8, 4.6))


def _day(time_us: float) -> float:
    return time_us / _DAY_US


def _time(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us // 1_000_000, UTC)


def _instant(time_us: int) -> str:
    return f"{_time(int(time_us)):%Y-%m-%d %H:%M}"
