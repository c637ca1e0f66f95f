"""Canonical texts to shingle hashes and MinHash signatures.

A shingle is a run of characters; its length follows the script of its first character, so that Chinese works without
a segmenter. Signatures are bit-identical to those of `datasketch` (scheme `affine32`) fed with the same hashes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector.text.characters import SHORT, CodePoints, characters
from detector.text.laid import FIRST_SHORT, Starts, blocks, starts_of

Hashes = npt.NDArray[np.uint32]

_MULTIPLIER = np.uint32(0x01000193)
# Blocks of this many characters keep the temporaries in the processor's cache.
_BLOCK_CHARS = 1 << 16


@dataclass(frozen=True)
class Shingles:
    """Shingle hashes of texts, end to end: `hashes[starts[i]:starts[i + 1]]` are those of text i, with repeats."""

    hashes: Hashes
    starts: Starts

    def count(self) -> npt.NDArray[np.int64]:
        """Return the number of shingles of each text, (n,)."""
        return np.diff(self.starts)


def shingle(chars: CodePoints, starts: Starts, *, length: int, length_han: int) -> Shingles:
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
    return Shingles(hashes[:filled], starts_of(counts))


def _shingle_block(
    chars: CodePoints, starts: Starts, length: int, length_han: int
) -> tuple[Hashes, npt.NDArray[np.int64]]:
    n_chars, longest = len(chars), max(length, length_han)
    short = is_short(chars) if n_chars and int(chars.max()) >= FIRST_SHORT else None
    padded = np.concatenate([chars, np.zeros(longest, dtype=np.uint32)])
    value = np.zeros(n_chars, dtype=np.uint32)
    hashes = value
    for step in range(1, longest + 1):
        value *= _MULTIPLIER
        value += padded[step - 1 : step - 1 + n_chars]
        if step == min(length, length_han) and step < longest:
            hashes = value.copy()
    if length == length_han:
        hashes = value
    elif short is None:
        hashes = value if length == longest else hashes
    else:
        hashes = np.where(short == (length_han == longest), value, hashes)
    whole = np.ones(n_chars, dtype=np.bool_)
    lost = np.zeros(len(starts) - 1, dtype=np.int64)
    # Only the last characters of a text begin no whole shingle.
    for left in range(1, longest):
        texts = np.flatnonzero(np.diff(starts) >= left)
        last = starts[1:][texts] - left
        wanted = length if short is None else np.where(short[last], length_han, length)
        cut = np.broadcast_to(left < wanted, last.shape)
        whole[last[cut]] = False
        lost[texts[cut]] += 1
    return mix32(hashes[whole]), np.diff(starts) - lost


def is_short(chars: CodePoints) -> npt.NDArray[np.bool_]:
    """Tell which characters are Han, Kana or Hangul."""
    short: npt.NDArray[np.bool_] = (characters().kinds[chars] & SHORT) != 0
    return short


def sketch(shingles: Shingles, *, n_permutations: int, seed: int, out: Hashes | None = None) -> Hashes:
    """Compute the MinHash signature of every text.

    Parameters
    ----------
    shingles
        Shingle hashes of n texts; repeats do not matter.
    n_permutations
        Length of a signature.
    seed
        Seed of the permutations, as in `datasketch.MinHash(seed=…)`.
    out
        Where to write the signatures.

    Returns
    -------
    Hashes
        (n, n_permutations) signatures; a text without shingles has 2**32 - 1 throughout, as in `datasketch`.

    References
    ----------
    Broder 1997, On the resemblance and containment of documents.
    """
    n = len(shingles.starts) - 1
    signatures = np.empty((n, n_permutations), dtype=np.uint32) if out is None else out
    factors_offsets = permutations(n_permutations, seed)
    for a, b in blocks(shingles.starts, _BLOCK_CHARS):
        first, last = shingles.starts[a], shingles.starts[b]
        at = shingles.starts[a : b + 1] - first
        filled = np.flatnonzero(np.diff(at))
        least = _least(mix32(shingles.hashes[first:last]), at[filled], *factors_offsets).T
        if len(filled) < b - a:
            signatures[a:b] = np.uint32(2**32 - 1)
            signatures[a + filled] = least
        else:
            signatures[a:b] = least
    return signatures


def _least(values: Hashes, at: Starts, factors: Hashes, offsets: Hashes) -> Hashes:
    """Find the least value of each run of permuted values, (n_permutations, runs); runs begin `at`."""
    least = np.empty((len(factors), len(at)), dtype=np.uint32)
    permuted = np.empty_like(values)
    if len(at):
        for k in range(len(factors)):
            np.multiply(values, factors[k], out=permuted)
            permuted += offsets[k]
            np.minimum.reduceat(permuted, at, out=least[k])
    return least


def permutations(n_permutations: int, seed: int) -> tuple[Hashes, Hashes]:
    """Draw the factors and offsets of the permutations as `datasketch` 2 does for its scheme `affine32`."""
    # The legacy generator on purpose: equal signatures need the very same draws.
    generator = np.random.RandomState(seed)
    factors = generator.randint(0, 1 << 31, n_permutations, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    offsets = generator.randint(0, 1 << 32, n_permutations, dtype=np.uint32)
    return factors, offsets


def mix32(values: Hashes) -> Hashes:
    """Mix 32-bit values (finaliser of MurmurHash3, Appleby 2011)."""
    mixed = values ^ (values >> np.uint32(16))
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed
