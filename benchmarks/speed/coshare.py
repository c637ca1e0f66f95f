"""Scenario of copies in step: a whole scan beside the co-similarity network of the coordination-network-toolkit."""

import numpy as np

from benchmarks.speed.measure import NO_LIMIT_S, contender, scan
from benchmarks.speed.outcome import Effort, Goal, Outcome, Row, number, ratio
from benchmarks.speed.volume import PART, head, volume

TOOLKIT = "toolkit co-similarity"
_SIZES = (1_000, 3_000, 10_000, 30_000)
# Its slices follow one another in time, as dense as the million, and begin past the thin first weeks.
_FROM = 400_000


def beside_toolkit(effort: Effort) -> Outcome:
    """Scan a million comments; run the toolkit on growing slices of them, and continue the growth to a million.

    The toolkit is given a 60 s window and its command's threshold; ours scans everything, evidence and report included.
    """
    outcome, done = Outcome([]), []
    ours = outcome.add("detector scan", [scan(volume(PART), NO_LIMIT_S)], PART, volume(PART))
    for n in (*_SIZES, 100_000, PART) if effort.full else _SIZES:
        paths = (head(n, start=_FROM),) if n < PART else volume(PART)
        row = outcome.add(TOOLKIT, [contender("toolkit", paths, effort.limit_s)], n, paths)
        if (taken := number(row, "seconds")) is None:
            break
        done.append((n, taken))
    if done[-1:] and done[-1][0] != PART:
        outcome.rows.append(_continue(done))
    last = outcome.rows[-1]
    last["ratio"] = ratio(last, ours)
    share = ratio(ours, last, 5)
    outcome.goals = [Goal("a hundred times ours over the toolkit's", share and round(share * 100, 2), 1.0)]
    return outcome


def _continue(done: list[tuple[int, float]]) -> Row:
    """Continue to a million along the line through the last two sizes, both axes logarithmic."""
    row: Row = {"contender": f"{TOOLKIT}, extrapolated", "n": PART}
    if len(done) < 2:
        return row | {"note": "fewer than two sizes were done in time"}
    sizes, taken = np.log(done[-2:]).T
    exponent = float((taken[1] - taken[0]) / (sizes[1] - sizes[0]))
    seconds = done[-1][1] * (PART / done[-1][0]) ** exponent
    return row | {"seconds": round(seconds, 1), "note": f"from the two largest sizes, exponent {exponent:.2f}"}
