"""Seeded draws that are the same on every machine: shares, ranks, ids."""

import zlib

import numpy as np
import polars as pl

ID_BITS = 62
ID_MASK = np.uint64((1 << ID_BITS) - 1)


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random numbers that belong to a seed and a path of names, independent of all other paths."""
    keys = [name if isinstance(name, int) else zlib.crc32(name.encode()) for name in names]
    return np.random.default_rng([seed, *keys])


def pick_shares(shares: dict[str, float], n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n keys with the given shares; returns positions in the order of the keys, shape (n,)."""
    weights = np.asarray(list(shares.values()), dtype=float)
    return rng.choice(len(weights), size=n, p=weights / weights.sum())


def pick_weighted(weights: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n positions in proportion to non-negative weights, with replacement, shape (n,)."""
    edges = np.cumsum(weights)
    drawn = np.searchsorted(edges, rng.random(n) * edges[-1], side="right")
    return np.asarray(drawn.clip(0, len(weights) - 1))


def zipf(n: int, exponent: float) -> np.ndarray:
    """Return Zipf weights of n ranks, shape (n,), summing to 1."""
    weights = np.arange(1, n + 1, dtype=float) ** -exponent
    return np.asarray(weights / weights.sum())


def scramble(numbers: np.ndarray, key: int) -> np.ndarray:
    """Map different numbers to different ids below 2**62 that keep no trace of their order.

    Parameters
    ----------
    numbers
        Distinct integers in [0, 2**62), shape (n,).
    key
        Chooses the mapping; each key gives a bijection.

    Returns
    -------
    np.ndarray
        uint64, shape (n,), distinct. Each step (xor with a shifted copy, product with an odd number) can be undone.
    """
    value = (numbers.astype(np.uint64) + np.uint64(key & int(ID_MASK))) & ID_MASK
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 0xD6E8FEB86659FD93)):
        value ^= value >> np.uint64(shift)
        value = (value * np.uint64(factor)) & ID_MASK
    return value ^ (value >> np.uint64(29))


def id_strings(numbers: np.ndarray, key: int) -> pl.Series:
    """Return scrambled ids as decimal strings of equal length."""
    return pl.Series(scramble(numbers, key)).cast(pl.String).str.zfill(19)
