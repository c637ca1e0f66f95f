"""A matplotlib figure as SVG inside the page: no outside reference, the page's own ink, equal bytes each time."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#010101"
"""Drawn in the colour of the text around the picture, so that light and dark both work."""
WIDTH_IN = 6.4
"""Narrow on purpose: scaled down to a phone, 9-point labels can still be read."""
DOTS_PER_IN = 200
"""Of what is embedded as an image."""

_INKED = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "detector",
    "path.simplify": False,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    # A place of its own for the title: matplotlib would look for one.
    "axes.titley": 1.0,
    "axes.facecolor": "none",
    "timezone": "UTC",
} | dict.fromkeys(_INKED, INK)

_UNSAID = {"Date": None, "Creator": None}
_DROPPED = re.compile(
    r"<metadata>.*?</metadata>|<!--.*?-->|<style type=\"text/css\">.*?</style>|<defs>\s*</defs>", re.DOTALL
)
_SIZE = re.compile(r'(<svg[^>]*?) width="[^"]*"|(<svg[^>]*?) height="[^"]*"')
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_COORDINATES = re.compile(r'(?<= )(d|x|y|transform|points)="[^"]*"')


@contextmanager
def drawing(height_in: float) -> Iterator["Figure"]:
    """Open a figure to draw on, under settings that no file of the user can change.

    Parameters
    ----------
    height_in
        Height in inches; the width is `WIDTH_IN`.
    """
    # Loaded only when something is drawn: it takes a second. That it lists the fonts first is nobody's concern.
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    import matplotlib
    from matplotlib.figure import Figure

    logger.setLevel(level)

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield Figure(figsize=(WIDTH_IN, height_in), dpi=DOTS_PER_IN, facecolor="none")


def to_svg(figure: "Figure", name: str, title: str, description: str) -> Markup:
    """Return the figure as an `<svg>` element for HTML.

    Parameters
    ----------
    figure
        Drawn inside a `drawing` block. Its texts must be our own: numbers, dates and fixed words.
    name
        Prefix of the ids inside, different for every picture on the page.
    title, description
        What is read aloud instead of the picture.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = StringIO()
    # `Figure.savefig` would draw everything twice.
    FigureCanvasSVG(figure).print_svg(buffer, metadata=_UNSAID)  # type: ignore[no-untyped-call]
    svg = buffer.getvalue()
    svg = _DROPPED.sub("", svg[svg.index("<svg") :])
    svg = _SIZE.sub(r"\1\2", _SIZE.sub(r"\1\2", svg, count=1), count=1)
    svg = _COORDINATES.sub(lambda match: _NUMBER.sub(_rounded, match[0]), svg)
    svg = _own_ids(svg.replace("xlink:href", "href"), name).replace(INK, "currentColor")
    labels = Markup('<title id="{0}-title">{1}</title><desc id="{0}-desc">{2}</desc>').format(name, title, description)
    head = f'<svg role="img" aria-labelledby="{name}-title {name}-desc"'
    opened, _, rest = svg.removeprefix("<svg").partition(">")
    # Markup: the drawing holds nothing but matplotlib's own elements and the two labels, escaped above.
    return Markup(re.sub(r"\n\s*", "\n", f"{head}{opened}>{labels}{rest}".strip()))  # noqa: S704


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")


def _own_ids(svg: str, name: str) -> str:
    """Prefix the ids that something refers to, and drop the others: ids are shared by the whole page."""
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda match: f' id="{name}-{match[1]}"' if match[1] in used else "", svg)
    return re.sub(r'(href="|url\()#', rf"\1#{name}-", svg)
