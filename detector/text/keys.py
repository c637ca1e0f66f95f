"""64-bit keys of texts that lie end to end."""

import numpy as np
import numpy.typing as npt

from detector.text.characters import CodePoints

_GOLDEN = 0x9E3779B97F4A7C15
_CODE_BITS = np.uint64(21)
# Texts are hashed in runs whose temporaries stay in the processor's nearest caches.
_RUN_CHARS = 1 << 15


def hash_runs(chars: CodePoints, owner: npt.NDArray[np.int64], n: int, seed: int) -> npt.NDArray[np.uint64]:
    """Hash each run of characters with one owner to 64 bits."""
    return hash_texts(chars, np.bincount(owner, minlength=n), seed)


def hash_texts(chars: CodePoints, lengths: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.uint64]:
    """Hash texts to 64 bits each: a sum of mixed (position, character) pairs.

    Parameters
    ----------
    chars
        Characters of all texts, end to end.
    lengths
        (n,) characters of each text.
    seed
        Another seed gives other keys.
    """
    sums = np.zeros(len(lengths), dtype=np.uint64)
    filled = np.flatnonzero(lengths)
    sizes = lengths[filled]
    ends = np.cumsum(sizes)
    first = 0
    while first < len(filled):
        start = int(ends[first] - sizes[first])
        last = max(int(np.searchsorted(ends, start + _RUN_CHARS)), first + 1)
        starts = ends[first:last] - sizes[first:last] - start
        pairs = np.arange(int(ends[last - 1]) - start, dtype=np.uint64)
        pairs -= np.repeat(starts.astype(np.uint64), sizes[first:last])
        pairs <<= _CODE_BITS
        pairs |= chars[start : start + len(pairs)]
        sums[filled[first:last]] = np.add.reduceat(_mix(pairs, seed), starts)
        first = last
    return mix64(sums ^ lengths.astype(np.uint64), seed)


def mix64(values: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """Mix 64-bit values (splitmix64; Steele, Lea, Flood 2014)."""
    return _mix(values.copy(), seed)


def _mix(z: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """Mix values in place."""
    z += np.uint64((_GOLDEN * (seed + 1)) & (2**64 - 1))
    shifted = z >> np.uint64(30)
    z ^= shifted
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= np.right_shift(z, np.uint64(27), out=shifted)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= np.right_shift(z, np.uint64(31), out=shifted)
    return z
