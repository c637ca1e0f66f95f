"""Scenarios of the near-duplicate core: how fast it is beside others, and how much of the truth each finds."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.speed import similarity, texts
from benchmarks.speed.measure import Measured, alternate, contender
from benchmarks.speed.outcome import Effort, Goal, Outcome, number, ratio

N = 1_000_000
# In ten minutes the slow ones have time for a part only, and are scaled in proportion: to their favour, for tables that
# grow miss the cache and buckets that grow hold more chance pairs. `make bench-full` gives all of them the whole.
_PART = {
    "ours": N,
    "rensa-flags": N,
    "rensa-pairs": N // 5,
    "gaoya": N // 5,
    "datasketch": N // 20,
    "text-dedup": N // 20,
}
# What part of each peer's time ours may take.
_SHARE = {"rensa-flags": 1.0, "rensa-pairs": 1 / 5, "gaoya": 1.0, "datasketch": 1 / 40, "text-dedup": 1.0}


def beside_others(effort: Effort) -> Outcome:
    """Run the cores on texts in memory; what takes the whole set in ten minutes takes turns, the others run once."""
    sizes = {name: N if effort.full else n for name, n in _PART.items()}
    turns = {name: _run(name, texts.core(n), effort.limit_s) for name, n in sizes.items()}
    quick = {name: run for name, run in turns.items() if _PART[name] == N}
    slow = {name: run for name, run in turns.items() if _PART[name] < N}
    outcome = Outcome([])
    for name, runs in (alternate(quick, effort.repeats) | alternate(slow, 1)).items():
        n = sizes[name]
        row = outcome.add(name, runs, n, texts.core(n))
        if runs[-1].found:
            # Buckets fill as texts become more: who does not verify calls nearly everything a copy.
            row["note"] = f"{similarity.share_marked(runs[-1].found, n):.0%} of the texts said to have a near copy"
        if (taken := number(row, "seconds")) is not None and n < N:
            row |= {"seconds": round(taken * N / n, 1), "n": N}
            row |= {"fastest": None, "slowest": None}
            row["note"] = f"{n:,} texts in {taken:.1f} s, scaled in proportion; {row['note']}"
        row["ratio"] = ratio(row, outcome.rows[0])
        if name in _SHARE:
            outcome.goals.append(Goal(f"ours over {name}", ratio(outcome.rows[0], row, 4), _SHARE[name]))
    return outcome


def _run(name: str, paths: tuple[Path, ...], limit_s: float) -> Callable[[], Measured]:
    return lambda: contender(name, paths, limit_s)


def quality(effort: Effort) -> Outcome:
    """Compare what each core finds with brute force."""
    n, outcome = 20_000, Outcome([])
    paths = texts.quality(n)
    for name in _PART:
        run = contender(name, paths, effort.limit_s)
        row = outcome.add(name, [run], n, paths)
        row |= similarity.grade(run.found, paths[0]) if run.found else {}
    ours = outcome.rows[0].get("recall")
    recall = ours if isinstance(ours, dict) else {}
    # A goal is a bound from above, so it is put on what is missed.
    outcome.goals = [
        Goal(f"share of pairs of similarity {low} and more that are missed", _missed(recall, low), bound)
        for low, bound in (("0.7", 0.02), ("0.8", 0.01), ("0.9", 0.001))
    ]
    return outcome


def _missed(recall: dict[str, float | None], low: str) -> float | None:
    share = recall.get(low)
    return None if share is None else round(1 - share, 4)
