"""Texts laid end to end: text i is `chars[starts[i]:starts[i + 1]]`."""

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.text.characters import CodePoints, characters

Starts = npt.NDArray[np.int64]

FIRST_SHORT = 0x1100
"""Han, Kana, Hangul and Bopomofo all begin here; most texts never reach so far."""


def lay(texts: pl.Series) -> tuple[CodePoints, Starts]:
    """Lay a column of texts end to end, as code points; the tables know which of them make short shingles."""
    joined = texts.str.join("").item() if len(texts) else ""
    chars = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
    if len(chars) and int(chars.max()) >= FIRST_SHORT:
        characters().learn(chars[chars >= FIRST_SHORT])
    return chars, starts_of(texts.str.len_chars().to_numpy())


def spell(chars: CodePoints, starts: Starts) -> pl.Series:
    """Turn texts that lie end to end into a column; they hold no line breaks."""
    if len(starts) < 2:
        return pl.Series([], dtype=pl.String)
    broken = np.insert(chars, starts[1:-1], 0x0A).astype("<u4").tobytes().decode("utf-32-le")
    return pl.Series([broken]).str.split("\n").explode(empty_as_null=True).fill_null("")


def starts_of(lengths: npt.NDArray[np.integer]) -> Starts:
    """Return where texts of these lengths begin, and where the last one ends, (n + 1,)."""
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def blocks(starts: Starts, size: int) -> Iterator[tuple[int, int]]:
    """Cut texts that lie end to end into runs of whole texts, of about `size` items each: (first, last + 1)."""
    n = len(starts) - 1
    cuts = np.searchsorted(starts, np.arange(size, starts[-1], size))
    yield from itertools.pairwise(np.unique(np.concatenate([[0], cuts, [n]])).tolist())
