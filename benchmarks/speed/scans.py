"""Scenarios of whole scans: beside reading alone, at growing size, stage by stage, and on hostile comments."""

import itertools
from collections.abc import Callable
from pathlib import Path

from benchmarks.speed import hostile
from benchmarks.speed.measure import NO_LIMIT_S, Measured, alternate, contender, scan
from benchmarks.speed.outcome import Effort, Goal, Outcome, Row, number, ratio
from benchmarks.speed.volume import PART, head, volume

Workload = Callable[[int], tuple[Path, ...]]
SCAN = "detector scan"


def beside_reading(effort: Effort) -> Outcome:
    """Scan a million comments by turns with reading the same file by Polars alone."""
    paths, outcome = volume(PART), Outcome([])
    runs = alternate(
        {SCAN: lambda: scan(paths, NO_LIMIT_S), "read_ndjson": lambda: contender("read_ndjson", paths, NO_LIMIT_S)},
        effort.repeats,
    )
    ours = outcome.add(SCAN, runs[SCAN], PART, paths)
    reading = outcome.add("polars.read_ndjson", runs["read_ndjson"], PART, paths)
    ours["ratio"] = ratio(ours, reading)
    peak = number(ours, "peak_mib")
    outcome.goals = [
        Goal("times polars.read_ndjson", ratio(ours, reading), 8.0),
        Goal("peak GiB", None if peak is None else round(peak / 1024, 2), 1.2),
    ]
    return outcome


def cold(effort: Effort) -> Outcome:
    """Scan a thousand comments, from the start of the interpreter to the written report."""
    paths, outcome = (head(1_000),), Outcome([])
    runs = alternate({SCAN: lambda: scan(paths, NO_LIMIT_S)}, effort.repeats + 2)
    row = outcome.add(SCAN, runs[SCAN], 1_000, paths)
    outcome.goals = [Goal("seconds", number(row, "seconds"), 1.5)]
    return outcome


def growth(n: int) -> Callable[[Effort], Outcome]:
    """Make the scenario that scans n comments beside one million."""

    def measure(_effort: Effort) -> Outcome:
        one, many, outcome = volume(PART), volume(n), Outcome([])
        runs = alternate({"one": lambda: scan(one, NO_LIMIT_S), "many": lambda: scan(many, NO_LIMIT_S)}, 1)
        small, large = outcome.add(SCAN, runs["one"], PART, one), outcome.add(SCAN, runs["many"], n, many)
        large["ratio"] = ratio(large, small)
        outcome.goals = [Goal(f"time of {n // PART} M over time of 1 M", ratio(large, small), 1.1 * n / PART)]
        return outcome

    return measure


def under_attack(
    attack: Workload, n: int, *, benign: Workload = hostile.plain, n_benign: int | None = None
) -> Callable[[Effort], Outcome]:
    """Make the scenario that scans comments built to harm, beside ordinary ones of equal size."""

    def measure(effort: Effort) -> Outcome:
        bad, good, outcome = attack(n), benign(n_benign or n), Outcome([])
        runs = alternate(
            {
                "hostile": lambda: scan(bad, NO_LIMIT_S, lambda output: hostile.strangers(output, bad[0])),
                "ordinary": lambda: scan(good, NO_LIMIT_S),
            },
            1 if n >= PART else effort.repeats,
        )
        row = outcome.add("hostile", runs["hostile"], n, bad)
        base = outcome.add("ordinary", runs["ordinary"], n_benign or n, good)
        row["ratio"] = ratio(row, base)
        outcome.goals = [
            Goal("times as long as ordinary comments", ratio(row, base), 1.5),
            Goal("clusters of strangers", number(row, "strangers"), 0.0),
        ]
        return outcome

    return measure


def profile(n: int) -> Callable[[Effort], Outcome]:
    """Make the scenario that scans n comments and tells the stages apart."""

    def measure(effort: Effort) -> Outcome:
        paths, outcome = volume(n), Outcome([])
        repeats = 1 if n >= PART else effort.repeats
        runs = alternate({"scan": lambda: contender("profile", paths, NO_LIMIT_S)}, repeats)["scan"]
        whole = outcome.add("whole", runs, n, paths)
        if not whole.get("note"):
            outcome.rows += _stages(min(runs, key=lambda run: run.seconds), n)
        return outcome

    return measure


def _stages(run: Measured, n: int) -> list[Row]:
    """Cut a scan at the borders of its stages; bytes per comment are those above the process before it read."""
    borders = run.figures["stages"]
    assert isinstance(borders, list)
    before = max((mib for at, mib in run.samples if at < borders[0][1]), default=0.0)
    rows: list[Row] = []
    for (stage, begun), (_, ended) in itertools.pairwise(borders):
        row: Row = {"contender": stage, "n": n, "seconds": round(ended - begun, 3)}
        if seen := [mib for at, mib in run.samples if begun <= at < ended]:
            row |= {"peak_mib": round(max(seen)), "bytes_per_comment": round((max(seen) - before) * (1 << 20) / n)}
        rows.append(row)
    return rows
