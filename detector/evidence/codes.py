"""Small whole numbers that stand for values, so that rows are compared, counted and ordered without their strings."""

import numpy as np
import numpy.typing as npt
import polars as pl

Codes = npt.NDArray[np.int64]

UNKNOWN = -1
_KEYS_MAX = 1 << 62
_RADIX_MAX = 1 << 16


def encode(values: pl.Series) -> tuple[Codes, pl.Series]:
    """Number strings in the order of the distinct ones.

    Parameters
    ----------
    values
        (n,) strings; null gives `UNKNOWN`.

    Returns
    -------
    codes
        (n,) position of each value in `names`.
    names
        The distinct values, sorted.

    Notes
    -----
    Every row is hashed, and only the distinct strings are sorted. Strings alike in 64 bits of their hashes are taken
    for one: among a million, by a chance of 1 in 30 million.
    """
    known = np.flatnonzero(values.is_not_null().to_numpy())
    hashes = (values if len(known) == len(values) else values.gather(known)).hash()
    group, n_groups = _group(hashes)
    row = np.empty(n_groups, dtype=np.int64)
    row[group] = known
    names = values.gather(row).sort()
    # The sorted names in the order of their hashes: the same order as that of the rows' distinct hashes.
    named = np.argsort(names.hash().to_numpy())
    codes = np.full(len(values), UNKNOWN, dtype=np.int64)
    codes[known] = named[group]
    return codes, names


def _group(hashes: pl.Series) -> tuple[Codes, int]:
    """Number hashes in their order; and tell how many differ."""
    distinct = hashes.unique().sort().to_numpy()
    if len(distinct) < _RADIX_MAX:
        return np.searchsorted(distinct, hashes.to_numpy()), len(distinct)
    order = np.argsort(hashes.to_numpy())
    ordered = hashes.to_numpy()[order]
    begins = np.ones(len(ordered), dtype=np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(begins) - 1
    return group, len(distinct)


def number(outer: Codes, inner: Codes) -> Codes:
    """Number the distinct pairs from 0, in their order."""
    return rank(pack(outer, inner))


def pack(outer: Codes, inner: Codes) -> Codes:
    """Return one number for each pair, in the order of pairs."""
    if not len(outer):
        return np.zeros(0, dtype=np.int64)
    low, width = int(inner.min()), int(inner.max()) - int(inner.min()) + 1
    if max(-int(outer.min()), int(outer.max()) + 1) * width >= _KEYS_MAX:
        return pack(rank(outer), rank(inner))
    packed: Codes = outer * width + (inner - low)
    return packed


def rank(values: Codes) -> Codes:
    """Number the distinct values from 0, in their order."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    low, span = int(values.min()), int(values.max()) - int(values.min()) + 1
    if span > 4 * len(values) + _RADIX_MAX:
        return np.unique(values, return_inverse=True)[1].astype(np.int64).ravel()
    at = values - low
    present = np.zeros(span, dtype=np.int64)
    present[at] = 1
    numbers: Codes = (np.cumsum(present) - 1)[at]
    return numbers


def order_by(codes: Codes) -> Codes:
    """Return the rows in the order of codes from 0, rows of one code in their own."""
    most, bits = int(codes.max(initial=0)), len(codes).bit_length()
    if most < _RADIX_MAX:
        return np.argsort(codes.astype(np.uint16), kind="stable")
    if most.bit_length() + bits > 62:
        return np.argsort(codes, kind="stable")
    rows: Codes = np.sort(codes << bits | np.arange(len(codes))) & ((1 << bits) - 1)
    return rows


def first_of(*codes: Codes) -> Codes:
    """Return the first row of each distinct combination of codes, in the order of combinations."""
    keys = codes[0]
    for inner in codes[1:]:
        keys = pack(keys, inner)
    return np.unique(keys, return_index=True)[1]
