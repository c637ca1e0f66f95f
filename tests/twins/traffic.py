"""COMMENTS as codes, said the long way."""

from itertools import pairwise
from statistics import median

HOUR_US = 3_600_000_000


def numbered(values):
    """Number values by their place among the distinct ones in order; null, or no value, gives -1."""
    names = sorted({value for value in values if value is not None})
    return [names.index(value) if value is not None else -1 for value in values], names


def live(threads, times):
    """Tell which comments are of live chats: 300 timed ones, the next usually within five seconds."""
    moments = {}
    for thread, time in zip(threads, times, strict=True):
        if time is not None:
            moments.setdefault(thread, []).append(time)
    chats = {
        thread
        for thread, seen in moments.items()
        if len(seen) >= 300 and median(b - a for a, b in pairwise(sorted(seen))) <= 5_000_000
    }
    return [thread in chats for thread in threads]


def precision(precisions, times):
    """Return the seconds that 95 % of the comments are precise to."""
    seconds = {"us": 0, "s": 1, "min": 60, "hour": 3_600, "day": 86_400, "month": 2_678_400, "year": 31_622_400}
    written = sorted(seconds[p] for p in precisions if p is not None)
    found = [written[int((len(written) - 1) * 0.95)]] if written else [0]
    timed = [time for time in times if time is not None]
    units = [unit for unit in (60, 3_600, 86_400)
             if timed and sum(time % (unit * 1_000_000) == 0 for time in timed) / len(timed) >= 0.95]  # fmt: skip
    return max(found + units)
