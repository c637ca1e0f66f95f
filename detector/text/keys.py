"""64-bit keys of texts that lie end to end."""

import numpy as np
import numpy.typing as npt

from detector.text.characters import CodePoints


def hash_runs(chars: CodePoints, owner: npt.NDArray[np.int64], n: int, seed: int) -> npt.NDArray[np.uint64]:
    """Hash each run of characters with one owner to 64 bits: a sum of mixed (position, character) pairs."""
    lengths = np.bincount(owner, minlength=n)
    starts = np.cumsum(lengths) - lengths
    position = (np.arange(len(chars)) - starts[owner]).astype(np.uint64)
    mixed = mix64((position << np.uint64(21)) | chars.astype(np.uint64), seed)
    sums = np.zeros(n, dtype=np.uint64)
    filled = lengths > 0
    if len(chars):
        sums[filled] = np.add.reduceat(mixed, starts[filled])
    return mix64(sums ^ lengths.astype(np.uint64), seed)


def mix64(values: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """Mix 64-bit values (splitmix64; Steele, Lea, Flood 2014)."""
    z = values + np.uint64((0x9E3779B97F4A7C15 * (seed + 1)) & (2**64 - 1))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
