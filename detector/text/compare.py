"""Texts fetched when they are first asked for, and their true similarities."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.config import TextConfig
from detector.text.characters import CodePoints
from detector.text.laid import Starts, blocks, lay, starts_of
from detector.text.ordered import in_order
from detector.text.sketch import Shingles, shingle

Rows = npt.NDArray[np.int64]
Read = Callable[[Rows], pl.Series]
"""Reads the canonical texts of some numbers."""

_BLOCK_TEXTS = 1 << 12
# Pairs are compared in blocks of this many characters, and sorted in runs of this many shingles.
_BLOCK_CHARS = 1 << 17
_BLOCK_KEYS = 1 << 11


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
        self._lengths = np.zeros(0, dtype=np.int64)

    def texts(self, numbers: Rows) -> pl.Series:
        """Return texts by number, reading those that are new."""
        self._fetch(numbers)
        return self._texts.gather(self._place[numbers])

    def _fetch(self, numbers: Rows) -> None:
        missing = np.zeros(len(self._place), dtype=np.bool_)
        missing[numbers] = True
        new = np.flatnonzero(missing & (self._place < 0))
        if not len(new):
            return
        parts = in_order(self._read, (new[a : a + _BLOCK_TEXTS] for a in range(0, len(new), _BLOCK_TEXTS)))
        self._place[new] = np.arange(len(self._texts), len(self._texts) + len(new))
        self._texts = pl.concat([self._texts, *parts]).rechunk()
        self._lengths = self._texts.str.len_chars().to_numpy().astype(np.int64)

    def laid(self, numbers: Rows) -> tuple[CodePoints, Starts]:
        """Return texts end to end."""
        return lay(self.texts(numbers))

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
        n log n in the shingles of the pairs, in blocks; shingles are hashed anew for every pair, which costs less than
        keeping them.
        """
        similarity = np.ones(len(left))
        other = np.flatnonzero(left != right)
        self._fetch(np.concatenate([left[other], right[other]]))
        lengths = self._lengths[self._place[left[other]]] + self._lengths[self._place[right[other]]]
        parts = (other[a:b] for a, b in blocks(starts_of(lengths), _BLOCK_CHARS))
        found = in_order(lambda pairs: self._jaccard_block(left[pairs], right[pairs]), parts)
        similarity[other] = np.concatenate([np.zeros(0), *found])
        return similarity

    def _jaccard_block(self, left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        config = self._config
        places = self._place[np.stack([left, right], axis=1).ravel()]
        shingles = shingle(
            *lay(self._texts.gather(places)), length=config.shingle_chars, length_han=config.shingle_chars_han
        )
        return _shared_of_union(shingles)


def _shared_of_union(shingles: Shingles) -> npt.NDArray[np.float64]:
    """Compute the similarities of texts 0 and 1, 2 and 3, …, 2 m - 2 and 2 m - 1."""
    m = (len(shingles.starts) - 1) // 2
    text = np.arange(2 * m, dtype=np.uint64)
    keys = np.repeat((text >> np.uint64(1) << np.uint64(33)) | (text & np.uint64(1)), shingles.count())
    keys |= shingles.hashes.astype(np.uint64) << np.uint64(1)
    keys = _distinct(keys, shingles.starts[::2])
    # What both sides hold stands twice, with nothing but the side between.
    shared = np.bincount(_pair_of(keys[1:][(keys[1:] ^ keys[:-1]) == 1]), minlength=m)
    union = np.bincount(_pair_of(keys), minlength=m) - shared
    similarity: npt.NDArray[np.float64] = np.divide(shared, union, out=np.zeros(m), where=union > 0)
    return similarity


def _pair_of(keys: npt.NDArray[np.uint64]) -> Rows:
    return (keys >> np.uint64(33)).astype(np.int64)


def _distinct(keys: npt.NDArray[np.uint64], starts: Starts) -> npt.NDArray[np.uint64]:
    """Return the distinct keys, sorted; those before each start are smaller than those behind it."""
    # A few runs at a time are sorted faster than all at once.
    for a, b in blocks(starts, _BLOCK_KEYS):
        keys[starts[a] : starts[b]].sort()
    new = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    return keys[new]


def count_distinct(shingles: Shingles) -> npt.NDArray[np.int64]:
    """Count the distinct shingles of each text, (n,)."""
    n = len(shingles.starts) - 1
    keys = np.repeat(np.arange(n, dtype=np.uint64) << np.uint64(32), shingles.count())
    keys |= shingles.hashes
    return np.bincount((_distinct(keys, shingles.starts) >> np.uint64(32)).astype(np.int64), minlength=n)
