"""Signatures to buckets: which texts agree throughout a band of their signatures."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.abreast import in_order
from detector.text.sketch import Hashes

Rows = npt.NDArray[np.int64]
Packed = npt.NDArray[np.uint64]

LOW = np.uint64(2**32 - 1)
HIGH = np.uint64(32)
# Four bands of four rows lie in one cache line: taking them together reads every signature once.
_BANDS_AT_ONCE = 4
_BLOCK_ROWS = 1 << 12


def buckets(signatures: Hashes, at: Rows, *, band_rows: int) -> list[Packed]:
    """Find the texts that share a band value with another.

    Parameters
    ----------
    signatures
        (m, k) MinHash signatures; k is a multiple of `band_rows`.
    at
        (n,) the row of `signatures` that belongs to text 0, 1, …, n - 1, of fewer than 2**32.
    band_rows
        Signature rows per band.

    Returns
    -------
    list of ndarray
        For each band `bucket << 32 | text`, sorted, of the texts whose bucket holds others too. A bucket is a hash of
        32 bits: strangers in it cost a comparison and no more.
    """
    found: list[Packed] = []
    n_bands = signatures.shape[1] // band_rows
    for first in range(0, n_bands, _BANDS_AT_ONCE):
        keys = _band_keys(signatures[:, first * band_rows : (first + _BANDS_AT_ONCE) * band_rows], band_rows)
        found += in_order(_shared, (row[at] for row in keys))
    return found


def _band_keys(rows: Hashes, band_rows: int) -> Hashes:
    """Hash the values of each band to 32 bits, (bands, m)."""
    m, width = rows.shape
    keys = np.empty((width // band_rows, m), dtype=np.uint32)
    for a in range(0, m, _BLOCK_ROWS):
        columns = np.ascontiguousarray(rows[a : a + _BLOCK_ROWS].T)
        for band, key in enumerate(keys[:, a : a + _BLOCK_ROWS]):
            _hash_columns(columns[band * band_rows : (band + 1) * band_rows], key)
    return keys


def _hash_columns(columns: Hashes, key: Hashes) -> None:
    key[:] = 0
    for column in columns:
        key ^= column
        key *= np.uint32(0x9E3779B1)
        key ^= key >> np.uint32(15)


def _shared(keys: Hashes) -> Packed:
    """Pack keys with their texts, sort, and keep those whose key stands twice or more."""
    packed = keys.astype(np.uint64)
    packed <<= HIGH
    packed |= np.arange(len(keys), dtype=np.uint64)
    packed = sort(packed)
    same = (packed[1:] ^ packed[:-1]) <= LOW
    shared = np.zeros(len(packed), dtype=np.bool_)
    shared[1:] = same
    shared[:-1] |= same
    return packed[shared]


def sort(values: Packed) -> Packed:
    """Sort large arrays faster than numpy does."""
    return pl.Series(values).sort().to_numpy()
