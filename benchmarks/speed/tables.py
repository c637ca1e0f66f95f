"""Results as Markdown: tables for speed, for reading alone, for what is found, for the stages, and the goals."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.speed.similarity import BINS

_ANSWER = {True: "yes", False: "no"}

Results = Mapping[str, Mapping[str, Any]]


def speed(results: Results) -> str:
    """Write who took how long and how much memory."""
    columns = ("scenario", "contender", "n", "seconds", "fastest – slowest", "peak MiB", "times", "remark")
    return _table(columns, results, _speed_cells)


def _speed_cells(row: Mapping[str, Any]) -> list[str]:
    spread = f"{row['fastest']:g} – {row['slowest']:g}" if row.get("fastest") and row.get("runs", 1) > 1 else ""
    return [*_head(row), _number(row.get("seconds")), spread, _number(row.get("peak_mib")), _number(row.get("ratio")),
            str(row.get("note", ""))]  # fmt: skip


def reading(results: Results) -> str:
    """Write how fast files are read on one core, and how many times longer that takes than decoding alone."""
    columns = ("scenario", "contender", "n", "CPU seconds", "fastest – slowest", "MB/s", "times", "peak MiB")
    return _table(columns, results, _reading_cells)


def _reading_cells(row: Mapping[str, Any]) -> list[str]:
    _, n, seconds, spread, peak, times, _ = _speed_cells(row)
    return [str(row["contender"]), n, seconds, spread, _number(row.get("mb_per_s")), times, peak]


def quality(results: Results) -> str:
    """Write which share of the truth each core finds, and which share of what it finds is true."""
    bins = [f"{low:.1f}–{low + 0.1:.1f}" for low in BINS]
    columns = ("scenario", "contender", "n", *bins, "found", "of these ≥ 0.65", "of these < 0.5", "seconds")
    return _table(columns, results, _quality_cells)


def _quality_cells(row: Mapping[str, Any]) -> list[str]:
    recall = row.get("recall") or {}
    shares = [_number(recall.get(f"{low:.1f}")) for low in BINS]
    last = [_number(row.get(key)) for key in ("n_found", "precision", "strangers", "seconds")]
    return [*_head(row), *shares, *last]


def profile(results: Results) -> str:
    """Write the stages of a scan: seconds, peak memory, bytes a comment above the process before it read."""
    columns = ("scenario", "stage", "n", "seconds", "peak MiB", "bytes a comment")
    return _table(columns, results, _profile_cells)


def _profile_cells(row: Mapping[str, Any]) -> list[str]:
    return [*_head(row), *(_number(row.get(key)) for key in ("seconds", "peak_mib", "bytes_per_comment"))]


def goals(results: Results) -> str:
    """Write the goals and whether they are met."""
    lines = [
        f"| {name} | {goal['what']} | {_number(goal['value'])} | {goal['at_most']:g} | {_ANSWER[goal['met']]} |"
        for name, result in results.items()
        for goal in result["goals"]
    ]
    return "\n".join(["| scenario | figure | measured | at most | met |", "|---|---|---|---|---|", *lines]) + "\n"


TABLES: Mapping[str, Callable[[Results], str]] = {
    "speed": speed,
    "reading": reading,
    "quality": quality,
    "profile": profile,
}


def _head(row: Mapping[str, Any]) -> list[str]:
    return [str(row["contender"]), f"{row['n']:,}"]


def _table(columns: Sequence[str], results: Results, cells: Callable[[Mapping[str, Any]], list[str]]) -> str:
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join([name, *cells(row)])} |" for name, result in results.items() for row in result["rows"]]
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    """Write a figure with as many digits as it is worth."""
    if value is None:
        return "–"
    if isinstance(value, int) or value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 100 else f"{value:.3g}"
