"""Sketches compared at equal length: seconds, pairs found by similarity, and strangers that meet.

`python -m benchmarks.sketches [TEXTS]` draws pairs of sets of known similarity and TEXTS (20,000) sets of strangers,
and prints the table of `docs/decisions/0008-sketch.md`. Every sketch has 64 values of 32 bits, in bands of 4; the first
is also tried in bands of 3.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from detector.text.bands import buckets
from detector.text.laid import starts_of
from detector.text.sketch import Hashes, Shingles, mix32, permutations, sketch

BINS = 64
SIMILARITIES = (0.5, 0.6, 0.65, 0.7, 0.8, 0.9)
_PAIRS = 4_000
_BLOCK_TEXTS = 512
"""Blocks about as the detector takes them: temporaries stay in the processor's cache."""
_SHINGLES = 79
_COMMON = 2_000
"""Strangers draw their shingles by Zipf's law, the most frequent from so many, as texts of one language do."""
_NONE = np.uint32(2**32 - 1)


def permuted(shingles: Shingles) -> Hashes:
    """The least value under each of 64 permutations (Broder 1997); as `datasketch`."""
    return sketch(shingles, n_permutations=BINS, seed=1)


def one_permutation(shingles: Shingles) -> Hashes:
    """The least value in each of 64 bins, empty bins filled from others picked by hash (Shrivastava 2017)."""
    n = len(shingles.starts) - 1
    least = np.full(n * BINS, _NONE, dtype=np.uint32)
    values = mix32(shingles.hashes)
    for a in range(0, n, _BLOCK_TEXTS):
        b = min(a + _BLOCK_TEXTS, n)
        owner = np.repeat(np.arange(a, b, dtype=np.uint64), shingles.count()[a:b])
        keys = np.sort((owner << np.uint64(32)) | values[shingles.starts[a] : shingles.starts[b]])
        bins = keys >> np.uint64(26)
        first = np.flatnonzero(np.concatenate([[True], bins[1:] != bins[:-1]]))
        least[bins[first].astype(np.int64)] = keys[first].astype(np.uint32)
    return _densified(least.reshape(n, BINS))


def _densified(least: Hashes) -> Hashes:
    full, filled = least != _NONE, least.copy()
    row, column = np.nonzero(~full)
    for attempt in range(1, 1_000):
        if not len(row):
            break
        donor = mix32((column * 1_000 + attempt).astype(np.uint32)) % BINS
        given = full[row, donor]
        filled[row[given], column[given]] = least[row[given], donor[given]]
        row, column = row[~given], column[~given]
    return filled


def circulant(shingles: Shingles) -> Hashes:
    """The least value under 64 shifts of a second permutation of the first (C-MinHash; Li and Li 2022)."""
    factors, offsets = permutations(2, 1)
    once = mix32(shingles.hashes) * factors[0] + offsets[0]
    shifts = np.arange(BINS, dtype=np.uint32) * np.uint32(2**32 // BINS)
    signatures = np.empty((len(shingles.starts) - 1, BINS), dtype=np.uint32)
    for a in range(0, len(signatures), _BLOCK_TEXTS):
        b = min(a + _BLOCK_TEXTS, len(signatures))
        values = once[shingles.starts[a] : shingles.starts[b]]
        for k, shift in enumerate(shifts):
            signatures[a:b, k] = np.minimum.reduceat(values + shift, shingles.starts[a:b] - shingles.starts[a])
    # Neighbouring shifts often agree on the least value: a band takes shifts that lie far apart.
    return signatures.reshape(-1, 4, BINS // 4).transpose(0, 2, 1).reshape(-1, BINS)


SKETCHES: dict[str, tuple[Callable[[Shingles], Hashes], int]] = {
    "64 permutations, 16 bands of 4": (permuted, 4),
    "64 permutations, 21 bands of 3": (permuted, 3),
    "one permutation, 64 bins, densified": (one_permutation, 4),
    "circulant, 64 shifts": (circulant, 4),
}


def pairs_at(random: np.random.Generator, similarity: float, n: int) -> Shingles:
    """Draw n pairs of sets of about `_SHINGLES` whose Jaccard similarity is `similarity`, one after the other."""
    union = round(2 * _SHINGLES / (1 + similarity))
    shared = round(similarity * union)
    own = (union - shared) // 2
    values = random.integers(0, 2**32, size=(n, shared + 2 * own), dtype=np.uint32)
    sides = [values[:, : shared + own], np.delete(values, np.s_[shared : shared + own], axis=1)]
    return shingles_of(np.stack(sides, axis=1).reshape(2 * n, shared + own))


def strangers(random: np.random.Generator, n: int) -> Shingles:
    """Draw n sets that share what texts of one language share."""
    rank = random.zipf(1.3, size=(n, _SHINGLES))
    rare = random.integers(0, 2**32, size=rank.shape, dtype=np.uint32)
    return shingles_of(np.where(rank < _COMMON, mix32(rank.astype(np.uint32)), rare))


def shingles_of(sets: npt.NDArray[np.uint32]) -> Shingles:
    """Lay rows of hashes end to end."""
    return Shingles(sets.ravel(), starts_of(np.full(len(sets), sets.shape[1])))


def found(signatures: Hashes, band_rows: int) -> float:
    """Tell how many of the pairs of rows agree throughout a band, 0-1."""
    equal = (signatures[::2] == signatures[1::2])[:, : BINS // band_rows * band_rows]
    return float(equal.reshape(len(equal), -1, band_rows).all(axis=2).any(axis=1).mean())


def candidates(signatures: Hashes, band_rows: int) -> int:
    """Count the pairs of strangers in one bucket, over all bands."""
    shared = buckets(signatures[:, : BINS // band_rows * band_rows], np.arange(len(signatures)), band_rows=band_rows)
    sizes = [np.unique(packed >> np.uint64(32), return_counts=True)[1] for packed in shared]
    return int(sum((size * (size - 1) // 2).sum() for size in sizes))


def seconds(work: Callable[[Shingles], Hashes], shingles: Shingles) -> float:
    """Measure the least processor time of three runs, for a million texts."""
    spent = []
    for _ in range(3):
        start = time.process_time()
        work(shingles)
        spent.append(time.process_time() - start)
    return min(spent) * 1e6 / (len(shingles.starts) - 1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="?", type=int, default=20_000)
    n = parser.parse_args().texts
    others = strangers(np.random.default_rng(2), n)
    print(f"| sketch | s per million | {' | '.join(f'found at {s}' for s in SIMILARITIES)} | strangers that meet |")
    print("|---" * (len(SIMILARITIES) + 3) + "|")
    for name, (work, band_rows) in SKETCHES.items():
        random = np.random.default_rng(1)
        shares = [found(work(pairs_at(random, s, _PAIRS)), band_rows) for s in SIMILARITIES]
        met = candidates(work(others), band_rows)
        print(f"| {name} | {seconds(work, others):.2f} | {' | '.join(f'{s:.3f}' for s in shares)} | {met:,} |")


if __name__ == "__main__":
    main()
