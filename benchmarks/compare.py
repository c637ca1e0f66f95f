"""Tell what became faster or slower: `python -m benchmarks.compare OLD.json NEW.json`, two results of `make bench`.

It ends with exit code 1 if anything became slower, larger or worse.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TOLERANCE = {
    # figure: (share of the old figure, and amount, within which two figures are the same; whether less is better)
    "seconds": (0.10, 0.1, True),
    "peak_mib": (0.05, 10.0, True),
    "bytes_per_comment": (0.05, 20.0, True),
    "ratio": (0.15, 0.05, True),
    "precision": (0.0, 0.005, False),
    "strangers": (0.0, 0.002, True),
    "recall": (0.0, 0.005, False),
}
"""The one table of tolerances. A figure that is not listed is not compared."""
OURS = {"detector scan", "ours", "hostile", "whole"}
"""Rows that tell about this detector beside the stages; those of others only tell that the machine was another."""


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str, float, float, str]]:
    """Compare the figures that both results hold.

    Yields
    ------
    tuple
        Scenario and contender, figure, old, new, and `same`, `faster`, `slower`, `better`, `worse` or, where other
        files were measured, `not comparable`.
    """
    for name in old["scenarios"].keys() & new["scenarios"].keys():
        before, after = old["scenarios"][name], new["scenarios"][name]
        rows = {(row["contender"], row["n"]): row for row in before["rows"]}
        for row in after["rows"]:
            key = (row["contender"], row["n"])
            alike = _files(before["workloads"], key[0]) == _files(after["workloads"], key[0])
            for figure, was, is_ in _figures(rows.get(key, {}), row):
                verdict = _verdict(figure.split()[0], was, is_) if alike else "not comparable"
                yield f"{name}: {key[0]}", figure, was, is_, verdict


def _files(workloads: Mapping[str, str], contender: str) -> dict[str, str]:
    """Return the digests of the files that a contender was given."""
    return {name: digest for name, digest in workloads.items() if name.startswith(f"{contender}, ")}


def _figures(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    for figure in TOLERANCE:
        was, is_ = old.get(figure), new.get(figure)
        if isinstance(was, dict) and isinstance(is_, dict):
            both = ((f"{figure} {part}", was[part], is_.get(part)) for part in was)
            yield from (each for each in both if None not in each)
        elif was is not None and is_ is not None:
            yield figure, was, is_


def _verdict(figure: str, was: float, is_: float) -> str:
    share, amount, less_is_better = TOLERANCE[figure]
    if abs(is_ - was) <= max(share * abs(was), amount):
        return "same"
    improved = (is_ < was) == less_is_better
    return {"seconds": ("slower", "faster")}.get(figure, ("worse", "better"))[improved]


def main(old_path: str, new_path: str) -> int:
    """Print every figure with its verdict; return 1 if one of ours is slower or worse."""
    old, new = (json.loads(Path(path).read_text(encoding="utf-8")) for path in (old_path, new_path))
    for name, scenario in sorted(new["scenarios"].items()):
        if (before := old["scenarios"].get(name)) and before["machine"] != scenario["machine"]:
            print(f"{name}: other machine or packages: {before['machine']} and {scenario['machine']}")
    bad = False
    for subject, figure, was, is_, verdict in sorted(compare(old, new)):
        print(f"{verdict:14} {subject:45} {figure:18} {was:>12,.3f} {is_:>12,.3f}")
        contender = subject.split(": ", 1)[1]
        ours = contender in OURS or subject.startswith("profile")
        bad |= ours and verdict in ("slower", "worse")
    return int(bad)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    raise SystemExit(main(sys.argv[1], sys.argv[2]))
