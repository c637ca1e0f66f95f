"""Texts for the near-duplicate core: whole words cut from the volume workload, with planted near copies.

They are folded already (small letters, digits, single blanks, Latin script), so that nobody's folding is measured and a
shingle is the same five characters for every contender.
"""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.speed.cache import keep
from benchmarks.speed.volume import PART, volume
from detector.config import TextConfig
from detector.text.sketch import shingle, sketch

VERSION = 1
_PIECE = r"[a-z0-9].{61,85}[a-z0-9](?: |$)"
"""About 83 characters that end with a word."""
_COPIES = 0.1
_SEED = 1


def core(n: int) -> tuple[Path, ...]:
    """Return n texts of about 83 characters, one in ten of them a copy of another with up to two words changed."""
    return (keep(f"core-v{VERSION}-{n}", lambda draft: _write(_core(n), draft)) / "texts.parquet",)


def quality(n: int) -> tuple[Path, ...]:
    """Return n texts, four of five of them copies of the fifth, changed so that every similarity occurs."""
    return (keep(f"quality-v{VERSION}-{n}", lambda draft: _write(_quality(n), draft)) / "texts.parquet",)


def pieces(n: int) -> list[str]:
    """Return n different texts cut from the volume workload, in an order that tells nothing."""
    cut = pl.read_parquet(keep(f"pieces-v{VERSION}", _cut) / "texts.parquet")
    if len(cut) < n:
        raise ValueError(f"the volume workload gives {len(cut):,} texts, not {n:,}")
    texts: list[str] = cut["text"].head(n).to_list()
    return texts


def _cut(draft: Path) -> None:
    (source,) = volume(PART)
    fold = pl.col("text").str.to_lowercase().str.replace_all(r"[^a-z0-9 ]+", " ").str.replace_all(" +", " ")
    cut = (
        pl.scan_ndjson(source)
        .filter(pl.col("lang").is_in(["en", "fr"]))
        .select(fold.str.extract_all(_PIECE).alias("text"))
        .collect()
        .explode("text", empty_as_null=False)
        .select(pl.col("text").str.strip_chars_end(" "))
        .unique(maintain_order=True)
    )
    cut.sample(fraction=1.0, shuffle=True, seed=_SEED).write_parquet(draft / "texts.parquet")


def _write(texts: list[str], draft: Path) -> None:
    pl.DataFrame({"text": texts}).write_parquet(draft / "texts.parquet")


def _core(n: int) -> list[str]:
    rng = random.Random(_SEED)
    originals = pieces(n - int(n * _COPIES))
    copies = [
        _reword(original, rng.randrange(3), originals, rng) for original in rng.sample(originals, n - len(originals))
    ]
    texts = originals + copies
    rng.shuffle(texts)
    return texts


def _quality(n: int) -> list[str]:
    rng = random.Random(_SEED)
    originals = pieces(n // 5)
    changes: tuple[Callable[[str], str], ...] = (
        lambda text: text[: len(text) - rng.randrange(1, 45)],
        lambda text: _respell(text, rng.randrange(1, 7), rng),
        lambda text: _reword(text, rng.randrange(1, 5), originals, rng),
        lambda text: f"{text} {rng.choice(originals)[: rng.randrange(1, 60)]}".rstrip(),
    )
    texts = originals + [change(original) for original in originals for change in changes]
    rng.shuffle(texts)
    return texts


def _reword(text: str, n: int, others: list[str], rng: random.Random) -> str:
    words = text.split()
    for at in rng.sample(range(len(words)), min(n, len(words))):
        words[at] = rng.choice(rng.choice(others).split())
    return " ".join(words)


def _respell(text: str, n: int, rng: random.Random) -> str:
    letters = list(text)
    for at in rng.sample(range(len(letters)), n):
        letters[at] = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return "".join(letters)


def one_band(n: int, config: TextConfig) -> list[str]:
    """Return n different texts whose signatures agree on one band: strangers that all meet in one bucket.

    In each stand the shingles that, of a quarter million, come first in the permutations of that band.
    """
    rng = np.random.default_rng(_SEED)
    letters = rng.integers(ord("a"), ord("z") + 1, (1 << 18, config.shingle_chars)).astype(np.uint32)
    starts = np.arange(len(letters) + 1, dtype=np.int64) * config.shingle_chars
    shingles = shingle(letters.ravel(), starts, length=config.shingle_chars, length_han=config.shingle_chars_han)
    ranks = sketch(shingles, n_permutations=config.n_permutations, seed=config.seed)
    first = ranks[:, : config.band_rows].argmin(axis=0)
    bait = " ".join("".join(map(chr, letters[which])) for which in first)
    return [f"{bait} {text}" for text in pieces(n)]


def chains(n: int, links: int) -> list[str]:
    """Return n texts in chains: each is a near copy of the next, the first and the last of a chain are strangers."""
    rng = random.Random(_SEED)
    words = [word for text in pieces(n // 4) for word in text.split() if len(word) > 3]
    span, step = 16, 2
    texts = []
    while len(texts) < n:
        ribbon = [rng.choice(words) for _ in range(span + step * links)]
        texts += [" ".join(ribbon[step * link : step * link + span]) for link in range(links + 1)]
    return texts[:n]
