"""The coordination network toolkit of the QUT Digital Observatory, as it is: co-tweet and co-similarity.

It works on SQLite in processes of its own, so it is given a process group that can be ended when its time is up.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from benchmarks.accuracy.ranking import Ranking, Unavailable, from_edges

LIMIT_S = 120
SIMILARITY = 0.8
MIN_EDGE_WEIGHT = 2
"""Similarity and edge weight are its command's defaults. Scores use all edges, its flagged set those of 2 or more."""


def ranker(kind: str, window_s: int) -> Callable[[pl.DataFrame], Ranking]:
    """Return the method for a kind of network (`co_tweet`, `co_similar_tweet`) and a window in seconds."""

    def rank(comments: pl.DataFrame) -> Ranking:
        if find_spec("coordination_network_toolkit") is None:
            raise Unavailable("coordination_network_toolkit is not installed")
        known = comments.filter(pl.all_horizontal(pl.col("account", "created_at").is_not_null()))
        with tempfile.TemporaryDirectory() as folder:
            known.select("row", "account", "text", at=pl.col("created_at").dt.epoch("s")).write_ndjson(
                f"{folder}/comments.jsonl"
            )
            _run([sys.executable, "-m", "benchmarks.accuracy.toolkit", folder, kind, str(window_s)])
            edges = json.loads(Path(folder, "edges.json").read_text())
        frame = pl.DataFrame(edges, schema={"a": pl.String, "b": pl.String, "weight": pl.Float64}, orient="row")
        # Its edges are directed; a pair weighs what the heavier direction does.
        pair = (pl.min_horizontal("a", "b").alias("a"), pl.max_horizontal("a", "b").alias("b"))
        return from_edges(frame.group_by(pair).agg(pl.col("weight").max()), MIN_EDGE_WEIGHT - 1)

    return rank


def _run(command: list[str]) -> None:
    """Run a command to its end or to the end of its time, with all that it started."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    try:
        _, errors = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"not done after {LIMIT_S} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode:
        raise Unavailable(errors.decode().strip().splitlines()[-1])


def _compute(folder: str, kind: str, window_s: int) -> None:
    """Run one network inside the process group, and leave its edges as JSON."""
    from coordination_network_toolkit.compute_networks import compute_co_similar_tweet, compute_co_tweet_network
    from coordination_network_toolkit.graph import get_edge_rows
    from coordination_network_toolkit.preprocess import preprocess_data
    from coordination_network_toolkit.similarity import tokenize

    database = f"{folder}/network.db"
    rows = map(json.loads, Path(folder, "comments.jsonl").read_text().splitlines())
    # Two texts of mentions alone make it divide by zero.
    preprocess_data(
        database,
        (
            (str(row["row"]), row["account"], row["account"], None, None, row["text"], row["at"], [])
            for row in rows
            if tokenize(row["text"]).strip()
        ),
    )
    if kind == "co_tweet":
        compute_co_tweet_network(database, window_s, n_threads=2)
    else:
        compute_co_similar_tweet(database, window_s, n_threads=2, similarity_threshold=SIMILARITY)
    Path(folder, "edges.json").write_text(json.dumps([row[:3] for row in get_edge_rows(database, kind)]))


if __name__ == "__main__":
    _compute(sys.argv[1], sys.argv[2], int(sys.argv[3]))
