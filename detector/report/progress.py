"""One line at the terminal while a run lasts: the stage, the share done, the time taken and the time left."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

SCAN = {
    "reading": 0.2,
    "comparing texts": 0.42,
    "measuring evidence": 0.24,
    "negative control": 0.03,
    "judging": 0.04,
    "writing": 0.07,
}
"""The stages of a scan, and about what share of its time each takes where comments are many."""
POWER = {"reading": 0.05, "comparing texts": 0.05, "planting": 0.9}
"""The stages of `detector power`."""
INSPECT = {"reading": 1.0}
CONVERT = {"reading": 0.8, "writing": 0.2}
"""The stages of `detector convert`."""
_STEPS = 1_000
_REDRAWN_S = 0.5
_FIRST_GUESS_S = 2.0
"""No time left is named before: the first moments say little."""


class Pace:
    """How far a run of several stages has come, and how long it will last.

    Parameters
    ----------
    shares
        The stages in their order, each with its share of the whole time; they sum to 1.
    """

    def __init__(self, shares: Mapping[str, float]) -> None:
        self._shares = shares
        self._stage, self._before = "", 0.0
        self._within = 0.0
        self._entered_s = 0.0

    def tell(self, stage: str, done: int, total: int | None, now_s: float) -> None:
        """Note what is done of a stage; `total` is None where that is not known, `now_s` counts from the start."""
        if stage != self._stage:
            names = list(self._shares)
            earlier = names[: names.index(stage)] if stage in names else names
            self._stage, self._before = stage, sum(self._shares[name] for name in earlier)
            self._within, self._entered_s = 0.0, now_s
        if total:
            self._within = min(done / total, 1.0)

    def share(self, now_s: float) -> float:
        """Return the share done, 0-1; a stage that does not say how far it is goes on as fast as those before it."""
        length = self._shares.get(self._stage, 0.0)
        within = self._within
        if not within and self._before:
            expected_s = self._entered_s / self._before * length
            waited_s = now_s - self._entered_s
            # Slower and slower, so that it never arrives before its time.
            within = waited_s / (waited_s + expected_s) if expected_s else 0.0
        return self._before + length * within

    def left_s(self, now_s: float) -> float | None:
        """Return the seconds left; None where too little is done to tell."""
        share = self.share(now_s)
        return now_s * (1 - share) / share if now_s >= _FIRST_GUESS_S and share > 0.01 else None


@contextmanager
def shown(shares: Mapping[str, float]) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show how far a run has come, on stderr, until the block ends; yields what is to be called with news.

    Parameters
    ----------
    shares
        As for `Pace`.
    """
    started, pace, lock, over = time.monotonic(), Pace(shares), threading.Lock(), threading.Event()
    bar: Any = click.progressbar(
        length=_STEPS,
        file=sys.stderr,
        width=24,
        show_eta=False,
        item_show_func=lambda _: _words(time.monotonic() - started, None if over.is_set() else pace),
    )

    def draw() -> None:
        if not over.is_set():
            bar.update(max(int(_STEPS * pace.share(time.monotonic() - started)) - bar.pos, 0))
            bar.render_progress()

    def tell(stage: str, done: int, total: int | None) -> None:
        with lock:
            pace.tell(stage, done, total, time.monotonic() - started)
            bar.label = f"{stage.capitalize():<20}"
            draw()

    def redraw() -> None:
        while not over.wait(_REDRAWN_S):
            with lock:
                draw()

    clock = threading.Thread(target=redraw, daemon=True)
    clock.start()
    try:
        yield tell
        over.set()
        with lock:
            bar.label = f"{'Done':<20}"
            bar.finish()
            bar.render_progress()
    finally:
        over.set()
        clock.join()
        bar.render_finish()


def _words(now_s: float, pace: Pace | None) -> str:
    left_s = pace.left_s(now_s) if pace else None
    return _clock(now_s) if left_s is None else f"{_clock(now_s)}, about {_clock(left_s)} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
