"""How often chance alone is flagged: the stages on copies of dumps in which times and authors have been dealt anew.

`python -m benchmarks.control --runs 200 [FILE...]` copies the generated dumps below, and the files named, and writes
`benchmarks/results/control.json` and `control.md`.
"""

import argparse
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from detector import pipeline
from detector.config import Config
from detector.control import BOTH, count_found, draw_sample, make_copy
from detector.evidence.traffic import observe_traffic
from detector.ingest.read import read_comments
from detector.judge.weigh import SIGNALS, weigh
from detector.judge.weights import load_weights
from detector.lab.evaluate import wilson
from detector.lab.simulate import simulate
from detector.text import cluster_comments

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
DUMPS = (("0001-mp-reply-flood-2023", 0.05), ("0015-lookalikes", 0.3), ("0019-quiet", 0.5))
LEVELS = (0.05, 0.01, 0.001)
_COMMENTS_MAX = 20_000


@dataclass
class Tally:
    """What the copies of one dump gave."""

    name: str
    comments: int
    runs: int = 0
    alarms: int = 0
    low: int = 0
    found: Counter[str] = field(default_factory=Counter)
    """Runs in which a signal was found for any candidate."""
    p: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """p values of all candidates in all runs, by signal; of clusters too for synchrony."""


def calibrate(name: str, source: Path, runs: int, config: Config) -> Tally:
    """Run the stages on copies of a dump."""
    ingested = read_comments(source, config.ingest, lambda *_: None)
    clustered = cluster_comments(ingested.comments, config.text)
    everything = observe_traffic(ingested.comments, config.evidence)
    comments, clustered = draw_sample(ingested.comments, clustered, everything, _COMMENTS_MAX)
    traffic = observe_traffic(comments, config.evidence)
    tally = Tally(name, comments.height)
    level, weights = config.evidence.false_discovery_rate, load_weights(config.judge.weights)
    nothing = pl.Series([], dtype=pl.UInt32)
    for run in range(runs):
        dealt, copied = make_copy(comments, clustered, BOTH, config, traffic, run)
        measured = pipeline._measure(dealt, copied, config)
        judged = pipeline._judge(dealt, copied, measured, nothing, config)
        counted = count_found(judged, BOTH)
        tally.runs += 1
        tally.alarms += counted["campaigns_flagged"] > 0
        tally.low += counted["campaigns_low"] > 0
        weighed = weigh(measured.tests, level, weights).filter(pl.col("subject_kind") == "campaign")
        tally.found.update(weighed.filter("is_found")["signal"].unique().to_list())
        for signal, p in weighed.drop_nulls("p").group_by("signal").agg("p").iter_rows():
            tally.p[signal] += p
    return tally


def main() -> None:
    """Calibrate on the generated dumps and the files named; write the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.control")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    options = parser.parse_args()
    tallies = []
    with tempfile.TemporaryDirectory() as folder:
        for name, source in _sources(Path(folder), options.files):
            tallies.append(calibrate(name, source, options.runs, Config()))
            print(f"{name}: {tallies[-1].alarms} of {options.runs} copies with an alarm", flush=True)
    (RESULTS / "control.json").write_text(json.dumps([_record(tally) for tally in tallies], indent=1) + "\n")
    (RESULTS / "control.md").write_text("\n".join([*_alarms(tallies), "", *_p_values(tallies)]) + "\n")


def _sources(folder: Path, files: list[Path]) -> Iterator[tuple[str, Path]]:
    for recipe, scale in DUMPS:
        source = folder / f"{recipe}.jsonl"
        simulate(ROOT / "seeds" / f"{recipe}.toml", scale=scale).write(source)
        yield f"{recipe} at {scale}", source
    yield from ((file.stem, file) for file in files)


def _record(tally: Tally) -> dict[str, object]:
    return {
        "dump": tally.name,
        "comments": tally.comments,
        "runs": tally.runs,
        "runs_with_alarm": tally.alarms,
        "alarm_interval_95": wilson(tally.alarms, tally.runs),
        "runs_with_low": tally.low,
        "signals": {
            signal: {
                "runs_found": tally.found[signal],
                "found_interval_95": wilson(tally.found[signal], tally.runs),
                "tests": len(tally.p[signal]),
                "share_at_most": {str(level): _share(tally.p[signal], level) for level in LEVELS},
            }
            for signal in sorted(SIGNALS)
        },
    }


def _alarms(tallies: list[Tally]) -> Iterator[str]:
    yield "| dump | comments | copies | with an alarm (medium or high) | 95 % | with a campaign of tier low |"
    yield "|---|---|---|---|---|---|"
    for tally in tallies:
        yield (
            f"| {tally.name} | {tally.comments:,} | {tally.runs} | {tally.alarms} | "
            f"{_interval(tally.alarms, tally.runs)} | {tally.low} |"
        )


def _p_values(tallies: list[Tally]) -> Iterator[str]:
    yield "| dump | signal | copies in which it was found | 95 % | tests | p ≤ 0.05 | p ≤ 0.01 | p ≤ 0.001 |"
    yield "|---|---|---|---|---|---|---|---|"
    for tally in tallies:
        for signal in sorted(SIGNALS):
            p, found = tally.p[signal], tally.found[signal]
            shares = " | ".join(f"{_share(p, level):.4f}" if p else "–" for level in LEVELS)
            yield f"| {tally.name} | {signal} | {found} | {_interval(found, tally.runs)} | {len(p):,} | {shares} |"


def _share(p: list[float], level: float) -> float | None:
    return sum(value <= level for value in p) / len(p) if p else None


def _interval(k: int, n: int) -> str:
    low, high = wilson(k, n)
    return f"{low:.3f} to {high:.3f}"


if __name__ == "__main__":
    main()
