"""Canonical texts to shingle hashes and MinHash signatures.

A shingle is a run of characters; its length follows the script of its first character, so that Chinese works without
a segmenter. Signatures are bit-identical to those of `datasketch` (scheme `affine32`) fed with the same hashes.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector.text.characters import SHORT, CodePoints, characters

Hashes = npt.NDArray[np.uint32]

_MULTIPLIER = np.uint32(0x01000193)
# Blocks of this many characters keep the temporaries in the processor's cache.
_BLOCK_CHARS = 1 << 15


@dataclass(frozen=True)
class Shingles:
    """Shingle hashes of texts, end to end: `hashes[starts[i]:starts[i + 1]]` are those of text i, with repeats."""

    hashes: Hashes
    starts: npt.NDArray[np.int64]

    def count(self) -> npt.NDArray[np.int64]:
        """Return the number of shingles of each text, (n,)."""
        return np.diff(self.starts)


def shingle(chars: CodePoints, starts: npt.NDArray[np.int64], *, length: int, length_han: int) -> Shingles:
    """Hash every shingle of every text.

    Parameters
    ----------
    chars, starts
        Canonical texts, end to end: text i is `chars[starts[i]:starts[i + 1]]`.
    length, length_han
        Characters of a shingle that starts at an alphabetic, or at a Han, Kana or Hangul character.

    Returns
    -------
    Shingles
        At most one hash per character; a text shorter than its shingle has none.

    Notes
    -----
    A polynomial in the code points modulo 2**32, grown one character at a time, so that the shorter shingles are
    steps on the way to the longer ones.
    """
    hashes = np.empty(len(chars), dtype=np.uint32)
    counts = np.zeros(len(starts) - 1, dtype=np.int64)
    filled = 0
    for a, b in blocks(starts, _BLOCK_CHARS):
        found, counts[a:b] = _shingle_block(
            chars[starts[a] : starts[b]], starts[a : b + 1] - starts[a], length, length_han
        )
        hashes[filled : filled + len(found)] = found
        filled += len(found)
    return Shingles(hashes[:filled], np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def _shingle_block(
    chars: CodePoints, starts: npt.NDArray[np.int64], length: int, length_han: int
) -> tuple[Hashes, npt.NDArray[np.int64]]:
    n_chars, n = len(chars), len(starts) - 1
    owner = np.repeat(np.arange(n), np.diff(starts))
    left = starts[1:][owner] - np.arange(n_chars)
    wanted = np.where(is_short(chars), length_han, length)
    padded = np.concatenate([chars, np.zeros(max(length, length_han), dtype=np.uint32)])
    value = np.zeros(n_chars, dtype=np.uint32)
    hashes = np.zeros(n_chars, dtype=np.uint32)
    for step in range(1, max(length, length_han) + 1):
        value = value * _MULTIPLIER + padded[step - 1 : step - 1 + n_chars]
        if step in (length, length_han):
            np.copyto(hashes, value, where=wanted == step)
    whole = left >= wanted
    return mix32(hashes[whole]), np.bincount(owner[whole], minlength=n)


def is_short(chars: CodePoints) -> npt.NDArray[np.bool_]:
    """Tell which characters are Han, Kana or Hangul."""
    short: npt.NDArray[np.bool_] = (characters().kinds[chars] & SHORT) != 0
    return short


def blocks(starts: npt.NDArray[np.int64], size: int) -> list[tuple[int, int]]:
    """Cut texts that lie end to end into runs of whole texts, of about `size` items each: (first, last + 1)."""
    n = len(starts) - 1
    cuts = np.searchsorted(starts, np.arange(size, starts[-1], size))
    bounds = np.unique(np.concatenate([[0], cuts, [n]])).tolist()
    return list(itertools.pairwise(bounds))


def sketch(shingles: Shingles, *, n_permutations: int, seed: int) -> Hashes:
    """Compute the MinHash signature of every text.

    Parameters
    ----------
    shingles
        Shingle hashes of n texts; repeats do not matter.
    n_permutations
        Length of a signature.
    seed
        Seed of the permutations, as in `datasketch.MinHash(seed=…)`.

    Returns
    -------
    Hashes
        (n, n_permutations) signatures; a text without shingles has 2**32 - 1 throughout, as in `datasketch`.

    References
    ----------
    Broder 1997, On the resemblance and containment of documents.
    """
    factors, offsets = permutations(n_permutations, seed)
    n = len(shingles.starts) - 1
    signatures = np.full((n, n_permutations), np.uint32(2**32 - 1), dtype=np.uint32)
    for a, b in blocks(shingles.starts, _BLOCK_CHARS):
        first, last = shingles.starts[a], shingles.starts[b]
        mixed = mix32(shingles.hashes[first:last])
        filled = np.flatnonzero(np.diff(shingles.starts[a : b + 1]))
        if not len(filled):
            continue
        at = shingles.starts[a:b][filled] - first
        rows = filled + a
        for k in range(n_permutations):
            signatures[rows, k] = np.minimum.reduceat(mixed * factors[k] + offsets[k], at)
    return signatures


def permutations(n_permutations: int, seed: int) -> tuple[Hashes, Hashes]:
    """Draw the factors and offsets of the permutations as `datasketch` 2 does for its scheme `affine32`."""
    # The legacy generator on purpose: equal signatures need the very same draws.
    generator = np.random.RandomState(seed)
    factors = generator.randint(0, 1 << 31, n_permutations, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    offsets = generator.randint(0, 1 << 32, n_permutations, dtype=np.uint32)
    return factors, offsets


def mix32(values: Hashes) -> Hashes:
    """Mix 32-bit values (finaliser of MurmurHash3, Appleby 2011)."""
    mixed = (values ^ (values >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return mixed ^ (mixed >> np.uint32(16))
