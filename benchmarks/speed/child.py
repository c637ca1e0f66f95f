"""One contender in a process of its own: `python -m benchmarks.speed.child CONTENDER PATH… -o FILE`."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.speed import peers, reading

Figures = dict[str, object]
KEPT = "found.npz"


def main(arguments: list[str]) -> None:
    """Run a contender on the files given, and write what it took to a file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contender")
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    asked = parser.parse_args(arguments)
    if asked.contender in WHOLE:
        figures = WHOLE[asked.contender](asked.paths)
    else:
        figures = _core(asked.contender, asked.paths[0], asked.output.with_name(KEPT))
    asked.output.write_text(json.dumps(figures), encoding="utf-8")


def _core(contender: str, path: Path, kept: Path) -> Figures:
    """Run a near-duplicate core, and leave what it found beside the figures."""
    import numpy as np

    run = peers.CONTENDERS[contender](path)
    found = {"pairs": run.pairs, "groups": run.groups, "flags": run.flags}
    np.savez(kept, **{kind: array for kind, array in found.items() if array is not None})
    return {"seconds": run.seconds}


def _profile(paths: list[Path]) -> Figures:
    """Scan and write, noting when each stage begins."""
    from detector.pipeline import scan

    ready = time.monotonic()
    begun: list[tuple[str, float]] = []

    def note(stage: str, _done: int, _total: int | None) -> None:
        if not begun or begun[-1][0] != stage:
            begun.append((stage, time.monotonic()))

    with tempfile.TemporaryDirectory() as folder:
        result = scan(paths, progress=note)
        note("writing", 0, None)
        result.write(Path(folder) / "result")
    ended = time.monotonic()
    counts = result.run["counts"]
    return {
        "seconds": ended - ready,
        "stages": [*begun, ("", ended)],
        "comments": counts["accepted"],
        "campaigns": counts["campaigns"],
    }


def _read_ndjson(paths: list[Path]) -> Figures:
    """Read the files by Polars alone: what any tool on it must pay."""
    import polars as pl

    started = time.perf_counter()
    n = sum(pl.read_ndjson(path).height for path in paths)
    return {"seconds": time.perf_counter() - started, "comments": n}


def _toolkit(paths: list[Path]) -> Figures:
    """Run the co-similarity network of the coordination-network-toolkit, 60 s window; loading its database counts."""
    from benchmarks.accuracy.toolkit import _compute

    rows = Path(paths[0])
    with tempfile.TemporaryDirectory() as folder:
        n = _toolkit_rows(rows, Path(folder) / "comments.jsonl")
        started = time.perf_counter()
        _compute(folder, "co_similar_tweet", 60)
        seconds = time.perf_counter() - started
        edges = len(json.loads((Path(folder) / "edges.json").read_text(encoding="utf-8")))
    return {"seconds": seconds, "comments": n, "edges": edges}


def _toolkit_rows(source: Path, target: Path) -> int:
    """Write the four fields that the toolkit takes."""
    import polars as pl

    comments = pl.read_ndjson(source, infer_schema_length=None).with_row_index("row")
    at = pl.col("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ").dt.epoch("s")
    comments.select("row", account=pl.coalesce("author_id", "id"), text="text", at=at).write_ndjson(target)
    return comments.height


WHOLE: dict[str, Callable[[list[Path]], Figures]] = {
    "reading": reading.read,
    "decode-bare": reading.decode,
    "profile": _profile,
    "read_ndjson": _read_ndjson,
    "toolkit": _toolkit,
}

if __name__ == "__main__":
    main(sys.argv[1:])
