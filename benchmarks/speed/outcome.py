"""What a scenario hands back: a row for each contender, and the goals that the figures are held to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.speed.cache import digest
from benchmarks.speed.measure import Measured, median

Row = dict[str, object]


@dataclass(frozen=True)
class Effort:
    """How much time may be spent: runs of each contender, and seconds for one run of a peer."""

    full: bool = False
    repeats: int = 3
    limit_s: float = 120.0


@dataclass(frozen=True)
class Goal:
    """A figure and the bound that it must keep."""

    what: str
    value: float | None
    at_most: float

    @property
    def met(self) -> bool:
        """Whether the figure is there and within its bound."""
        return self.value is not None and self.value <= self.at_most


@dataclass
class Outcome:
    """Rows of a scenario, its goals, and the digests of the files that were measured."""

    rows: list[Row]
    goals: list[Goal] = field(default_factory=list)
    workloads: dict[str, str] = field(default_factory=dict)

    def add(self, contender: str, runs: Sequence[Measured], n: int, workload: Sequence[Path]) -> Row:
        """Sum up the runs of a contender as a further row, and return it.

        The seconds are those that the process noted itself, or, of a command, those from start to end.
        """
        good = [run for run in runs if not run.why]
        row: Row = {"contender": contender, "n": n}
        if why := next((run.why for run in runs if run.why), ""):
            row["note"] = why
        if good:
            taken = [float(str(run.figures.get("seconds", run.seconds))) for run in good]
            row |= {"seconds": median(taken), "fastest": round(min(taken), 3), "slowest": round(max(taken), 3)}
            row |= {"peak_mib": round(max(run.peak_mib for run in good)), "runs": len(good)}
            kept = ("comments", "campaigns", "edges", "clusters", "strangers")
            row |= {key: value for key, value in good[-1].figures.items() if key in kept}
        self.rows.append(row)
        self.workloads[f"{contender}, {n}"] = digest(tuple(workload))
        return row


def number(row: Row, name: str) -> float | None:
    """Return a figure of a row, None where there is none."""
    value = row.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def ratio(above: Row, below: Row, digits: int = 2) -> float | None:
    """Return how many times the seconds of the one are those of the other."""
    taken, base = number(above, "seconds"), number(below, "seconds")
    return round(taken / base, digits) if taken is not None and base else None
