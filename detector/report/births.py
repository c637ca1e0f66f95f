"""When the accounts of a campaign were created, against the other accounts of the export."""

import numpy as np
from numpy.typing import NDArray

from detector.report.charts import BURST, CAMPAIGN, ORDINARY, Chart, Table, apart, count_between
from detector.report.findings import Row
from detector.report.inline_svg import drawing, to_svg
from detector.report.plot import Bars, draw_bars, set_dates
from detector.report.scene import NEVER, Scene, Times
from detector.report.words import counted

ACCOUNTS_MIN = 5
"""Fewer creation dates are read faster in the table of accounts."""
BINS_MAX = 240
BATCH_DAYS, BATCH_MIN, BATCH_EXCESS = 2, 3, 10
"""A batch that is marked: accounts created within so many days, at least so many, so many times what is expected."""
_DAY_US = 86_400_000_000
_BINS = ((1, "day"), (7, "week"), (28, "4 weeks"), (91, "13 weeks"), (364, "52 weeks"))
"""Days, and the name of so long a time."""
_STRAYS = 0.01
"""The share of the other accounts, on either side, that does not stretch the axis: some dates are wrong."""


def births(campaign: Row, scene: Scene) -> Chart | None:
    """Draw the creation dates of the campaign's accounts above those of the other accounts.

    Parameters
    ----------
    campaign
        A row of CAMPAIGNS.
    scene
        The campaign among the other accounts.

    Returns
    -------
    Chart or None
        None where the creation dates of too few accounts of the campaign are known.
    """
    is_known = scene.born != NEVER
    own, other = (np.sort(scene.born[is_known & chosen]) for chosen in (scene.is_member, ~scene.is_member))
    if own.size < ACCOUNTS_MIN:
        return None
    edges, unit = _bins(own, other)
    n_own, n_other = (count_between(times, edges) for times in (own, other))
    marked = batches(own, other)
    panels = [Bars(_percent(n_own, own), CAMPAIGN, f"Campaign, share of {own.size:,} accounts per {unit}", "%")]
    if n_other.any():
        title = f"Others in this export, share of {other.size:,} accounts per {unit}"
        panels.append(Bars(_percent(n_other, other), ORDINARY, title, "%"))
    title = "Creation dates of the accounts"
    strips = apart(marked, int(edges[1] - edges[0]))
    with drawing(2.7 if n_other.any() else 1.7) as figure:
        set_dates(draw_bars(figure, panels, edges, (strips, BURST)), int(edges[0]), int(edges[-1]))
        description = _description(scene, own, other, marked)
        svg = to_svg(figure, f"births-{campaign['campaign_id']}", title, description)
    return Chart(title, svg, _caption(scene, own, other, marked), _table(n_own, n_other, edges, unit))


def batches(own: Times, other: Times) -> Times:
    """Return from when to when many of the campaign's accounts were created at once, and few others.

    Parameters
    ----------
    own, other
        Creation times, sorted.

    Returns
    -------
    Times
        (n, 2) first and last creation of every batch, sorted; they may overlap. None without others to compare with.
    """
    end = own + BATCH_DAYS * _DAY_US
    last = np.searchsorted(own, end, "right")
    n_own = last - np.arange(own.size)
    n_other = np.searchsorted(other, end, "right") - np.searchsorted(other, own, "left")
    # One more than was seen: where no other account was created is not where none ever is.
    expected = own.size * (n_other + 1) / (other.size + 1)
    is_batch = (n_own >= BATCH_MIN) & (n_own >= BATCH_EXCESS * expected)
    return np.column_stack([own, own[last - 1]])[is_batch]


def _bins(own: Times, other: Times) -> tuple[Times, str]:
    """Return whole days, weeks or more that cover the dates, and the name of one."""
    ends = np.quantile(other, (_STRAYS, 1 - _STRAYS)).astype(np.int64) if other.size else own[[0, -1]]
    low, high = min(int(ends[0]), int(own[0])), max(int(ends[1]), int(own[-1]))
    fitting = ((days * _DAY_US, name) for days, name in _BINS if (high - low) / (days * _DAY_US) <= BINS_MAX)
    size, name = next(fitting, (_BINS[-1][0] * _DAY_US, _BINS[-1][1]))
    return np.arange(low // size, high // size + 2, dtype=np.int64) * size, name


def _percent(counts: NDArray[np.int64], times: Times) -> NDArray[np.float64]:
    return 100 * counts / times.size


def _known(scene: Scene, own: Times) -> str:
    n_members = int(np.count_nonzero(scene.is_member))
    return "" if own.size == n_members else f" Known for {own.size:,} of its {counted(n_members, 'account')}."


def _description(scene: Scene, own: Times, other: Times, marked: Times) -> str:
    n_most, begun = _most_at_once(own)
    n_other = int(np.count_nonzero((other >= begun) & (other <= begun + BATCH_DAYS * _DAY_US)))
    return (
        f"{counted(own.size, 'account')} of the campaign, created from {_date(own[0])} to {_date(own[-1])}, half of "
        f"them by {_date(own[(own.size - 1) // 2])}; the most within {BATCH_DAYS} days is {n_most:,}, "
        f"from {_date(begun)}, when {n_other:,} of {counted(other.size, 'other account')} were created."
        f"{_known(scene, own)} {counted(len(apart(marked, 0)), 'batch', 'batches')} marked."
    )


def _most_at_once(own: Times) -> tuple[int, np.int64]:
    """Return how many accounts were created within the days of a batch, at most, and from when."""
    n_within = np.searchsorted(own, own + BATCH_DAYS * _DAY_US, "right") - np.arange(own.size)
    return int(n_within.max()), own[n_within.argmax()]


def _caption(scene: Scene, own: Times, other: Times, marked: Times) -> str:
    n_most, begun = _most_at_once(own)
    strips = (
        f" Yellow strips: at least {BATCH_MIN} of its accounts created within {BATCH_DAYS} days, and at least "
        f"{BATCH_EXCESS} times as many as the dates of the other accounts would give."
        if len(marked)
        else ""
    )
    compared = (
        " The others are all other accounts, those of other campaigns too; each panel has its own scale. Accounts "
        "made independently of one another are spread over the years like the others; accounts made together stand "
        "in a few columns. News, an election or a move from another platform brings many sign-ups within days, "
        "too, but then the other accounts show the same column."
        if other.size
        else " No other creation dates to compare with; news that brings many sign-ups would draw the same columns."
    )
    return (
        f"When the accounts were created, UTC; the most within {BATCH_DAYS} days is {n_most:,}, from {_date(begun)}."
        f"{_known(scene, own)}{strips}{compared}"
    )


def _table(n_own: NDArray[np.int64], n_other: NDArray[np.int64], edges: Times, unit: str) -> Table:
    """Return the bins that hold accounts of the campaign."""
    rows = tuple((_date(edges[i]), f"{n_own[i]:,}", f"{n_other[i]:,}") for i in np.flatnonzero(n_own))
    since = {"day": "Day", "week": "Week from"}.get(unit, f"{unit} from")
    return Table((f"{since} (only with accounts of the campaign)", "Campaign", "Others"), rows)


def _date(time_us: np.int64) -> str:
    return str(np.datetime64(int(time_us), "us").astype("datetime64[D]"))
