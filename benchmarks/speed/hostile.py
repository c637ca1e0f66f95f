"""Comments built to be slow or to be confused, each beside as many ordinary ones with the same authors and times."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl

from benchmarks.speed.cache import keep
from benchmarks.speed.peers import CONFIG, shingle_set
from benchmarks.speed.texts import VERSION, chains, one_band, pieces
from detector.text.laid import spell
from detector.text.normalise import normalise

LINKS = 12
_SAME = "He misused the office funds, and everyone in the riding knows it by now."
_LONG_CHARS = 10_000_000
_LOOKED_AT = 2_000
_DIGITS = re.compile(r"[0-9]+ ?")
NEAR_MIN = CONFIG.similarity_min - CONFIG.cohesion_slack


def plain(n: int) -> tuple[Path, ...]:
    """Return n comments of different texts."""
    return _comments(f"plain-v{VERSION}-{n}", lambda: pieces(n))


def same(n: int) -> tuple[Path, ...]:
    """Return n comments of one text."""
    return _comments(f"same-v{VERSION}-{n}", lambda: [_SAME] * n)


def band(n: int) -> tuple[Path, ...]:
    """Return n comments by strangers that all share one band of their signatures."""
    return _comments(f"band-v{VERSION}-{n}", lambda: one_band(n, CONFIG))


def chained(n: int) -> tuple[Path, ...]:
    """Return n comments in chains of 12 links, each link a near copy of the next."""
    return _comments(f"chains-v{VERSION}-{n}", lambda: chains(n, LINKS))


def long(n: int) -> tuple[Path, ...]:
    """Return n comments and one of ten million characters."""
    return _comments(f"long-v{VERSION}-{n}", lambda: [*pieces(n), " ".join(pieces(150_000))[:_LONG_CHARS]])


def _comments(name: str, texts: Callable[[], Iterable[str]]) -> tuple[Path, ...]:
    def make(draft: Path) -> None:
        # Without digits, which are masked when texts are compared, true similarity is what the detector means by it.
        spelled = (_DIGITS.sub("", text) for text in texts())
        with (draft / "comments.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(_comment(i, text)) + "\n" for i, text in enumerate(spelled))

    return (keep(name, make) / "comments.jsonl",)


def _comment(i: int, text: str) -> dict[str, str]:
    when = f"2023-09-{i % 28 + 1:02d}T{i % 24:02d}:{i % 60:02d}:00Z"
    who = {"platform": "x", "author_id": f"u{i % 400_000}", "target": f"x:MP-{i % 50:03d}"}
    return {"id": str(i), "text": text, "created_at": when, **who}


def strangers(output: Path, source: Path) -> dict[str, object]:
    """Count the clusters of a result without a member that, by true similarity, is near all others.

    Returns
    -------
    dict
        `clusters` looked at (the largest 2,000), and `strangers`: those in which no member is within `NEAR_MIN` of
        all others.
    """
    members = pl.read_parquet(output / "comments.parquet").filter(pl.col("cluster_id").is_not_null())
    # In the form in which they are compared: without accents, digits and the names of targets.
    texts = pl.read_ndjson(source).select("id", "text", "target").join(members, on="id", how="semi")
    targets = texts["target"].str.replace(r"^[a-z]+:", "").unique()
    form = normalise(texts["text"], targets, max_text_chars=CONFIG.max_text_chars, seed=CONFIG.seed)
    texts = texts.select("id", text=spell(form.chars, form.starts))
    groups = (
        members.join(texts, on="id").group_by("cluster_id").agg(pl.col("text").unique())
        .with_columns(n=pl.col("text").list.len()).sort("n", "cluster_id", descending=True).head(_LOOKED_AT)
    )  # fmt: skip
    return {"clusters": len(groups), "strangers": sum(not _has_centre(group) for group in groups["text"])}


def _has_centre(group: pl.Series) -> bool:
    sets = [shingle_set(text) for text in group]
    return any(all(len(a & b) >= NEAR_MIN * len(a | b) for b in sets) for a in sets)
