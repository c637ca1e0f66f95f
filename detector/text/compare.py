"""Texts fetched when they are first asked for, and their true similarities."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.abreast import in_order
from detector.config import TextConfig
from detector.text.laid import Starts, blocks, lay, starts_of
from detector.text.sketch import Hashes, Shingles, is_short, shingle

Rows = npt.NDArray[np.int64]
Read = Callable[[Rows], pl.Series]
"""Reads the canonical texts of some numbers."""

_BLOCK_TEXTS = 1 << 13
# Shingles that are sorted or compared at once, so that they stay in the processor's cache.
_BLOCK_SHINGLES = 1 << 16
_SORTED_AT_ONCE = 1 << 8
_PAIR = np.uint64(32)


@dataclass(frozen=True)
class _Part:
    """Texts as they come from a reader: their distinct shingle hashes, sorted, end to end, and how many of them."""

    texts: pl.Series
    hashes: Hashes
    n_distinct: Rows
    n_short: Rows


class Shelf:
    """The few texts that meet others, of many that are read once and not kept.

    Parameters
    ----------
    read
        Reads canonical texts by number.
    n
        How many texts there are.
    config
        How texts are shingled.
    """

    def __init__(self, read: Read, n: int, config: TextConfig) -> None:
        self._read = read
        self._config = config
        self._place = np.full(n, -1, dtype=np.int32)
        self._texts = pl.Series([], dtype=pl.String)
        # Room for more than is there, so that adding texts copies what is there only now and then.
        self._hashes = np.zeros(0, dtype=np.uint32)
        self._starts = np.zeros(1, dtype=np.int64)
        self._n_short = np.zeros(0, dtype=np.int64)

    def texts(self, numbers: Rows) -> pl.Series:
        """Return texts by number, reading those that are new."""
        self._fetch(numbers)
        return self._texts.gather(self._place[numbers])

    def n_distinct(self, numbers: Rows) -> Rows:
        """Count the distinct shingles of texts, reading those that are new."""
        self._fetch(numbers)
        return np.diff(self._starts)[self._place[numbers]]

    def n_short(self, numbers: Rows) -> Rows:
        """Count the Han, Kana and Hangul characters of texts, reading those that are new."""
        self._fetch(numbers)
        return self._n_short[self._place[numbers]]

    def jaccard(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        """Compute the Jaccard similarity of the shingle sets of pairs of texts.

        Parameters
        ----------
        left, right
            (m,) text numbers.

        Returns
        -------
        ndarray
            (m,) similarities, 0-1; two texts without shingles are equal only if they are one text.

        Notes
        -----
        Linear in the shingles of the pairs: both sides are sorted already, and merging them takes one look at each.
        """
        similarity = np.ones(len(left))
        other = np.flatnonzero(left != right)
        sizes = self.n_distinct(np.concatenate([left[other], right[other]])).reshape(2, -1).sum(axis=0)
        parts = (other[a:b] for a, b in blocks(starts_of(sizes), _BLOCK_SHINGLES))
        found = in_order(lambda pairs: self._jaccard_block(left[pairs], right[pairs]), parts)
        similarity[other] = np.concatenate([np.zeros(0), *found])
        return similarity

    def _jaccard_block(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        m = len(left)
        places = self._place[np.stack([left, right], axis=1).ravel()]
        starts, ends = self._starts[places], self._starts[places + 1]
        sizes = ends - starts
        at = np.repeat(starts - starts_of(sizes)[:-1], sizes)
        at += np.arange(len(at))
        keys = np.repeat(np.arange(m, dtype=np.uint64) << _PAIR, sizes[::2] + sizes[1::2])
        keys |= self._hashes.take(at)
        # This kind of sort finds the runs that are sorted already, and merges them.
        keys.sort(kind="stable")
        shared = np.bincount((keys[1:][keys[1:] == keys[:-1]] >> _PAIR).astype(np.int64), minlength=m)
        union = sizes[::2] + sizes[1::2] - shared
        similarity: npt.NDArray[np.float64] = np.divide(shared, union, out=np.zeros(m), where=union > 0)
        return similarity

    def _fetch(self, numbers: Rows) -> None:
        wanted = np.zeros(len(self._place), dtype=np.bool_)
        wanted[numbers] = True
        new = np.flatnonzero(wanted & (self._place < 0))
        if not len(new):
            return
        self._place[new] = np.arange(len(self._texts), len(self._texts) + len(new))
        parts = list(in_order(self._prepare, (new[a : a + _BLOCK_TEXTS] for a in range(0, len(new), _BLOCK_TEXTS))))
        self._texts = pl.concat([self._texts, *(part.texts for part in parts)])
        self._n_short = np.concatenate([self._n_short, *(part.n_short for part in parts)])
        filled = int(self._starts[-1])
        self._starts = starts_of(np.concatenate([np.diff(self._starts), *(part.n_distinct for part in parts)]))
        if self._starts[-1] > len(self._hashes):
            room = np.empty(int(self._starts[-1]) * 5 // 4, dtype=np.uint32)
            room[:filled] = self._hashes[:filled]
            self._hashes = room
        for part in parts:
            self._hashes[filled : filled + len(part.hashes)] = part.hashes
            filled += len(part.hashes)

    def _prepare(self, numbers: Rows) -> _Part:
        texts, config = self._read(numbers), self._config
        chars, starts = lay(texts)
        shingles = shingle(chars, starts, length=config.shingle_chars, length_han=config.shingle_chars_han)
        hashes, counts = distinct(shingles)
        n_short = np.diff(np.concatenate([[0], np.cumsum(is_short(chars))])[starts])
        return _Part(texts, hashes, counts, n_short)


def distinct(shingles: Shingles) -> tuple[Hashes, Rows]:
    """Return the distinct shingle hashes of each text, sorted, end to end, and their number, (n,)."""
    parts = [
        _distinct_block(shingles.hashes[starts[0] : starts[-1]], starts - starts[0])
        for starts in (shingles.starts[a : b + 1] for a, b in blocks(shingles.starts, _BLOCK_SHINGLES))
    ]
    return (
        np.concatenate([np.zeros(0, np.uint32), *(hashes for hashes, _ in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(counts for _, counts in parts)]),
    )


def _distinct_block(hashes: Hashes, starts: Starts) -> tuple[Hashes, Rows]:
    n = len(starts) - 1
    keys = np.repeat(np.arange(n, dtype=np.uint64) << _PAIR, np.diff(starts))
    keys |= hashes
    # Texts lie in order already: a few at a time are sorted faster than all at once.
    for a, b in blocks(starts, _SORTED_AT_ONCE):
        keys[starts[a] : starts[b]].sort()
    new = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    keys = keys[new]
    return keys.astype(np.uint32), np.bincount((keys >> _PAIR).astype(np.int64), minlength=n)
