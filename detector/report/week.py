"""At which hours of the week a campaign comments, against ordinary traffic."""

import numpy as np
from numpy.typing import NDArray

from detector.report.charts import CAMPAIGN, COMMENTS_MIN, ORDINARY, Chart, Table, where
from detector.report.findings import Row
from detector.report.inline_svg import drawing, to_svg
from detector.report.plot import Squares, draw_squares
from detector.report.scene import Scene, Times
from detector.report.words import counted

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 24
_HOUR_US, _DAY_US = 3_600_000_000, 86_400_000_000
_THURSDAY = 3
"""The weekday of 1 January 1970."""


def week(campaign: Row, scene: Scene) -> Chart | None:
    """Draw a row per weekday and a square per hour, for the campaign and for the other comments.

    Parameters
    ----------
    campaign
        A row of CAMPAIGNS.
    scene
        The campaign among the other comments on its targets.

    Returns
    -------
    Chart or None
        None where the campaign has too few comments with a time, or none with a time of day.
    """
    own, other = scene.own.time, scene.other.time
    if own.size < COMMENTS_MIN or not (own % _DAY_US).any():
        return None
    n_own, n_other = by_hour(own), by_hour(other)
    there = where(campaign)
    panels = [Squares(n_own, CAMPAIGN, f"Campaign, {_scale(n_own)}")]
    if other.size:
        panels.append(Squares(n_other, ORDINARY, f"Other comments {there}, {_scale(n_other)}"))
    title = "Hours of the week"
    description = f"In UTC. The campaign's busiest hour: {_busiest(n_own)}. {_spread(n_own)}"
    if other.size:
        description += f" The busiest of the other comments {there}: {_busiest(n_other)}. {_spread(n_other)}"
    with drawing(0.32 + 1.5 * len(panels)) as figure:
        hours = [f"{hour}:00" if hour % 3 == 0 else "" for hour in range(HOURS)]
        draw_squares(figure, panels, [name[:3] for name in DAYS], hours)
        svg = to_svg(figure, f"week-{campaign['campaign_id']}", title, description)
    compared = (
        f" Below, the other comments {there}, in the same way; each panel has its own scale."
        if other.size
        else f" No other comments {there} to compare with."
    )
    caption = (
        f"Comments by weekday and hour, UTC; the larger a square, the more comments.{compared} People comment in their "
        "waking hours and rest at night; a few days of news fill a few rows for everybody. Few "
        "hours, the same day after day, or no rest at all can come from a schedule: of a campaign, but also of a "
        "newsroom, of volunteers or of an app that posts later. Hours do not tell where the accounts are."
    )
    return Chart(title, svg, caption, _table(n_own, n_other))


def by_hour(times: Times) -> NDArray[np.int64]:
    """Count microseconds since 1970 by weekday, from Monday, and hour: (7, 24)."""
    weekday = (times // _DAY_US + _THURSDAY) % len(DAYS)
    hour = times % _DAY_US // _HOUR_US
    return np.bincount(weekday * HOURS + hour, minlength=len(DAYS) * HOURS).astype(np.int64).reshape(-1, HOURS)


def _scale(counts: NDArray[np.int64]) -> str:
    return f"{counted(int(counts.sum()), 'comment')}; the largest square is {int(counts.max()):,}"


def _busiest(counts: NDArray[np.int64]) -> str:
    day, hour = divmod(int(counts.argmax()), HOURS)
    return f"{DAYS[day]} from {hour:02}:00, {int(counts.max()):,} of {counted(int(counts.sum()), 'comment')}"


def _spread(counts: NDArray[np.int64]) -> str:
    n_hours, n_days = (int(np.count_nonzero(counts.any(axis=axis))) for axis in (0, 1))
    return f"Comments fall into {n_hours} of the 24 hours and {n_days} of the 7 weekdays."


def _table(n_own: NDArray[np.int64], n_other: NDArray[np.int64]) -> Table:
    """Return a row per hour: the campaign's comments and the others', day by day."""
    rows = tuple(
        (f"{hour:02}:00", *(f"{n_own[day, hour]:,} / {n_other[day, hour]:,}" for day in range(len(DAYS))))
        for hour in range(HOURS)
    )
    return Table(("Campaign / others, from", *(name[:3] for name in DAYS)), rows)
