"""Panels, bars, dots and axes of dates, drawn at fixed places: letting matplotlib find room costs half of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detector.report.scene import Times

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_AS_VECTORS = 2_000
"""More dots than this become one small embedded image."""
_COLUMNS_IN = (0.1, 1.9, 3.5, 5.0)
"""Inches from the left at which the columns of the legend begin."""
_LINE_IN, _DIGIT_IN, _DATES_IN, _RIGHT_IN = 0.165, 0.075, 0.42, 0.1
"""Inches: a line of the legend, a digit of a label, the dates below, and the gap on the right."""
_TITLE_IN, _GAP_IN = 0.24, 0.1
_SQUARE_MIN_IN = 0.03
"""The side of the smallest square: one comment among thousands is still seen."""
_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Bars:
    """A histogram: a panel of its own."""

    counts: NDArray[np.int64] | NDArray[np.float64]
    colour: str
    title: str
    unit: str = ""
    """What follows the numbers of its axis."""


@dataclass(frozen=True)
class Squares:
    """A panel of squares in rows and columns, as large as their counts."""

    counts: NDArray[np.int64]
    colour: str
    title: str


@dataclass(frozen=True)
class Kind:
    """Dots of one colour, and their name in the legend."""

    name: str
    colour: str
    chosen: NDArray[np.bool_]


def draw_bars(figure: "Figure", panels: Sequence[Bars], edges: Times, strips: tuple[Times, str]) -> list["Axes"]:
    """Draw histograms over the same time, one above the other.

    Parameters
    ----------
    figure
        To draw on.
    panels
        What is drawn, from top to bottom; the counts lie between the edges.
    edges
        (n_bins + 1,) microseconds, equally far from one another.
    strips
        (n_strips, 2) beginnings and ends of times that are marked in the first panel, and their colour.
    """
    from matplotlib.ticker import FixedLocator, StrMethodFormatter

    ticks = [_ticks(float(bars.counts.max())) for bars in panels]
    width, height = figure.get_size_inches()
    left = 0.2 + _DIGIT_IN * max(len(f"{marks[-1]:,}{bars.unit}") for bars, marks in zip(panels, ticks, strict=True))
    room = (height - _DATES_IN - (len(panels) - 1) * _GAP_IN) / len(panels)
    drawn = []
    for i, (bars, marks) in enumerate(zip(panels, ticks, strict=True)):
        bottom = height - (i + 1) * room - i * _GAP_IN
        axes = figure.add_axes(
            (left / width, bottom / height, 1 - (left + _RIGHT_IN) / width, (room - _TITLE_IN) / height)
        )
        axes.stairs(bars.counts, edges / _DAY_US, fill=True, color=bars.colour, lw=0)
        axes.set_title(bars.title)
        axes.set_ylim(0, max(float(bars.counts.max()), 1) * 1.15)
        axes.yaxis.set_major_locator(FixedLocator(marks))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}" + bars.unit))
        drawn.append(axes)
    _mark(drawn[0], *strips)
    return drawn


def _mark(axes: "Axes", times: Times, colour: str) -> None:
    """Mark times along the upper edge of a panel."""
    if not len(times):
        return
    starts, ends = times.T / _DAY_US
    spans = list(zip(starts, ends - starts, strict=True))
    axes.broken_barh(spans, (0.92, 0.08), color=colour, lw=0, transform=axes.get_xaxis_transform())


def draw_squares(figure: "Figure", panels: Sequence[Squares], rows: Sequence[str], columns: Sequence[str]) -> None:
    """Draw tables of squares, one above the other, each with its own scale: the largest fills its place.

    Parameters
    ----------
    figure
        To draw on.
    panels
        What is drawn, from top to bottom; counts of (n_rows, n_columns), not all of them 0.
    rows, columns
        Their names, from the top and from the left; an empty one is not written.
    """
    width, height = figure.get_size_inches()
    left = 0.45
    room = (height - _DATES_IN - (len(panels) - 1) * _GAP_IN) / len(panels)
    for i, panel in enumerate(panels):
        bottom = height - (i + 1) * room - i * _GAP_IN
        size = 1 - (left + _RIGHT_IN) / width, (room - _TITLE_IN) / height
        axes = figure.add_axes((left / width, bottom / height, *size))
        axes.set_title(panel.title)
        axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
        axes.set_yticks(range(len(rows)), rows)
        named = [k for k, name in enumerate(columns) if name]
        axes.set_xticks(named, [columns[k] if panel is panels[-1] else "" for k in named])
        axes.tick_params(axis="y", length=0)
        _squares(axes, panel, (size[0] * width / len(columns), size[1] * height / len(rows)))


def _squares(axes: "Axes", panel: Squares, place_in: tuple[float, float]) -> None:
    """Draw the squares of a panel, whose places are so many inches wide and high, as one path."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    y, x = np.nonzero(panel.counts)
    share = panel.counts[y, x] / panel.counts.max()
    side_in = np.maximum(np.sqrt(share) * min(place_in) * 0.94, _SQUARE_MIN_IN)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) / 2 / np.array(place_in)
    points = np.column_stack([x, y])[:, None] + corners * side_in[:, None, None]
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(x)).astype(Path.code_type)
    axes.add_artist(PathPatch(Path(points.reshape(-1, 2), codes), facecolor=panel.colour, lw=0))


def draw_dots(
    figure: "Figure", time: Times, y: NDArray[np.int64], kinds: Sequence[Kind], *, size: float, label: str
) -> "Axes":
    """Draw dots, kind after kind, below a legend that counts them.

    Parameters
    ----------
    figure
        To draw on.
    time, y
        (n,) where the dots are; rows from 0.
    kinds
        Their colours, the last on top; each says which of the dots it has.
    size
        Points across.
    label
        What the rows are.
    """
    width, height = figure.get_size_inches()
    top = -(-len(kinds) // len(_COLUMNS_IN)) * _LINE_IN + _GAP_IN
    axes = figure.add_axes(
        (0.25 / width, _DATES_IN / height, 1 - (0.25 + _RIGHT_IN) / width, 1 - (_DATES_IN + top) / height)
    )
    for kind in kinds:
        _dots(axes, time[kind.chosen] / _DAY_US, y[kind.chosen], kind.colour, size, as_image=len(y) > DOTS_AS_VECTORS)
    axes.set(ylim=(-1, y.max() + 1), yticks=[], ylabel=label)
    _legend(figure, kinds)
    return axes


def _dots(
    axes: "Axes", x: NDArray[np.float64], y: NDArray[np.int64], colour: str, size: float, *, as_image: bool
) -> None:
    """Draw the dots of one kind; as one path of points, twenty bytes a dot, where a marker would take a hundred."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if as_image:
        dots = Line2D(x, y, color=colour, ls="", marker="o", markersize=size, markeredgewidth=0, rasterized=True)
        axes.add_artist(dots)
        return
    points = np.repeat(np.column_stack([x, y]), 2, axis=0)
    codes = np.tile([Path.MOVETO, Path.LINETO], len(x)).astype(Path.code_type)
    axes.add_artist(PathPatch(Path(points, codes), edgecolor=colour, facecolor="none", lw=size, capstyle="round"))


def _legend(figure: "Figure", kinds: Sequence[Kind]) -> None:
    """Name the colours at the top, column after column."""
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches()
    n_lines = -(-len(kinds) // len(_COLUMNS_IN))
    for i, kind in enumerate(kinds):
        column, line = divmod(i, n_lines)
        x = _COLUMNS_IN[column] / width
        y = 1 - (line + 0.6) * _LINE_IN / height
        figure.add_artist(Line2D([x], [y], color=kind.colour, ls="", marker="o", markersize=5))
        name = f"{kind.name} ({np.count_nonzero(kind.chosen):,})"
        figure.text(x + 0.1 / width, y, name, fontsize=8, va="center_baseline")


def set_dates(all_axes: Sequence["Axes"], low: int, high: int) -> None:
    """Give panels the same axis of time, in microseconds, and name the dates under the last."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, num2date
    from matplotlib.ticker import FixedFormatter, FixedLocator

    locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    margin = max((high - low) // 60, 30_000_000)
    ends = (low - margin) / _DAY_US, (high + margin) / _DAY_US
    # Found once: matplotlib would look for them again and again while it draws.
    ticks = [tick for tick in locator.tick_values(*num2date(ends)) if ends[0] <= tick <= ends[1]]  # type: ignore[no-untyped-call]
    formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    labels = formatter.format_ticks(ticks)  # type: ignore[no-untyped-call]
    for axes in all_axes:
        is_last = axes is all_axes[-1]
        axes.set_xlim(*ends)
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_major_formatter(FixedFormatter(labels if is_last else []))
    offset = formatter.get_offset()  # type: ignore[no-untyped-call]
    if offset:
        all_axes[-1].annotate(
            offset, (1, 0), (0, -18), xycoords="axes fraction", textcoords="offset points", ha="right", va="top"
        )


def _ticks(highest: float) -> list[int]:
    """Return whole numbers from 0 for an axis that ends a little above the highest value: two or three steps."""
    from matplotlib.ticker import MaxNLocator

    end = max(highest, 1) * 1.15
    found = MaxNLocator(3, integer=True).tick_values(0, end)
    return [int(tick) for tick in found if 0 <= tick <= end]
