"""Signatures to verified near-copy edges: banded buckets, linked to representatives, checked by true Jaccard."""

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from detector.text.sketch import Hashes, Shingles

Rows = npt.NDArray[np.int64]

# Members of a bucket that are no near copy of its first member get this many further chances with each other.
_ROUNDS = 4
# A pair is looked at closely only if its signatures agree about as often as those of a near copy would: four standard
# deviations below the threshold lets one true pair in 30,000 slip.
_SIGMAS = 4.0
_BLOCK_SHINGLES = 1 << 21


def link_neighbours(
    signatures: Hashes, shingles: Shingles, *, band_rows: int, similarity_min: float
) -> npt.NDArray[np.int64]:
    """Label texts by connected components of near copies.

    Parameters
    ----------
    signatures
        (n, k) MinHash signatures.
    shingles
        Shingle hashes of the same n texts.
    band_rows
        Signature rows per band.
    similarity_min
        Jaccard similarity, 0-1, from which a pair is an edge.

    Returns
    -------
    ndarray
        (n,) labels, equal inside a component; every edge behind them was verified.

    Notes
    -----
    Each bucket member is compared with a representative, never with all, and not at all once both are in one
    component: at most `_ROUNDS` comparisons per text and band, whatever the data, so that a million texts built to
    share a bucket cost no more than a million others.
    """
    n = len(signatures)
    labels = np.arange(n)
    lefts: list[Rows] = []
    rights: list[Rows] = []
    bands = [_buckets(signatures[:, band : band + band_rows]) for band in range(0, signatures.shape[1], band_rows)]
    # A posted original meets its copies more often than they meet each other, so whoever meets most represents.
    meetings = np.zeros(n, dtype=np.int64)
    for members, bucket in bands:
        meetings[members] += np.bincount(bucket)[bucket]
    for members, bucket in bands:
        found = False
        order = np.lexsort((members, -meetings[members], bucket))
        members, bucket = members[order], bucket[order]
        for _ in range(_ROUNDS):
            left, right, members, bucket = _pair_with_first(members, bucket, labels)
            if not len(left):
                break
            near = _are_near(left, right, signatures, shingles, similarity_min)
            lefts.append(left[near])
            rights.append(right[near])
            found |= bool(near.any())
            # The others try again with the first of their own number.
            members, bucket = members[~near], bucket[~near]
        if found:
            labels = components(n, np.concatenate(lefts), np.concatenate(rights))
    return labels


def components(n: int, left: Rows, right: Rows) -> npt.NDArray[np.int64]:
    """Label the connected components of an undirected graph on n nodes."""
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    return connected_components(graph.tocsr(), directed=False)[1].astype(np.int64)


def _buckets(rows: Hashes) -> tuple[Rows, Rows]:
    """Return the texts that share a band value with another, ordered by bucket and row, and their bucket numbers."""
    keys = np.zeros(len(rows), dtype=np.uint64)
    for column in rows.T:
        keys = (keys ^ column) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    order = np.argsort(keys, kind="stable")
    new = np.ones(len(keys), dtype=np.bool_)
    new[1:] = keys[order][1:] != keys[order][:-1]
    number = np.cumsum(new) - 1
    shared = np.bincount(number)[number] > 1 if len(number) else new
    return order[shared], number[shared]


def _pair_with_first(members: Rows, bucket: Rows, labels: Rows) -> tuple[Rows, Rows, Rows, Rows]:
    """Pair each member with the first of its bucket, unless one component holds both already.

    Returns the pairs, and the second members of these with their buckets.
    """
    if not len(members):
        return members, members, members, bucket
    new = np.ones(len(bucket), dtype=np.bool_)
    new[1:] = bucket[1:] != bucket[:-1]
    first = members[np.flatnonzero(new)[np.cumsum(new) - 1]]
    apart = labels[first] != labels[members]
    return first[apart], members[apart], members[apart], bucket[apart]


def _are_near(
    left: Rows, right: Rows, signatures: Hashes, shingles: Shingles, similarity_min: float
) -> npt.NDArray[np.bool_]:
    """Tell which pairs reach the threshold: signatures first, then true Jaccard."""
    n_permutations = signatures.shape[1]
    spread = np.sqrt(similarity_min * (1 - similarity_min) / n_permutations)
    agreement_min = n_permutations * (similarity_min - _SIGMAS * spread)
    near = np.zeros(len(left), dtype=np.bool_)
    for start in range(0, len(left), 1 << 16):
        block = slice(start, start + (1 << 16))
        near[block] = (signatures[left[block]] == signatures[right[block]]).sum(axis=1) >= agreement_min
    likely = np.flatnonzero(near)
    near[likely] = jaccard(left[likely], right[likely], shingles) >= similarity_min
    return near


def jaccard(left: Rows, right: Rows, shingles: Shingles) -> npt.NDArray[np.float64]:
    """Compute the Jaccard similarity of the shingle sets of pairs of texts.

    Parameters
    ----------
    left, right
        (m,) text numbers.
    shingles
        Shingle hashes of the texts.

    Returns
    -------
    ndarray
        (m,) similarities, 0-1; two texts without shingles are equal only if they are one text.

    Notes
    -----
    Shared shingles are those that stand twice in the sorted union: n log n in the shingles of the pairs, in blocks.
    """
    similarity = np.zeros(len(left))
    for block in _blocks_of_pairs(left, right, shingles.count()):
        similarity[block] = _jaccard_block(left[block], right[block], shingles)
    similarity[left == right] = 1.0
    return similarity


def _blocks_of_pairs(left: Rows, right: Rows, counts: Rows) -> Iterator[slice]:
    """Cut pairs into runs that hold about `_BLOCK_SHINGLES` shingles."""
    if not len(left):
        return
    ends = np.cumsum(counts[left] + counts[right])
    cuts = np.searchsorted(ends, np.arange(_BLOCK_SHINGLES, ends[-1], _BLOCK_SHINGLES)) + 1
    bounds = np.unique(np.concatenate([[0], cuts, [len(left)]]))
    yield from (slice(int(a), int(b)) for a, b in itertools.pairwise(bounds))


def _jaccard_block(left: Rows, right: Rows, shingles: Shingles) -> npt.NDArray[np.float64]:
    m = len(left)
    in_left, of_left = distinct(left, shingles)
    in_right, of_right = distinct(right, shingles)
    both = np.concatenate([in_left, in_right])
    both.sort()
    twice = both[1:][both[1:] == both[:-1]]
    shared = np.bincount((twice >> np.uint64(32)).astype(np.int64), minlength=m)
    union = of_left + of_right - shared
    similarity: npt.NDArray[np.float64] = np.divide(shared, union, out=np.zeros(m), where=union > 0)
    return similarity


def distinct(texts: Rows, shingles: Shingles) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Return the distinct (position in `texts` << 32 | hash) keys of texts, sorted, and their number for each text."""
    counts = shingles.count()[texts]
    position = np.repeat(np.arange(len(texts)), counts)
    within = np.arange(len(position)) - (np.cumsum(counts) - counts)[position]
    hashes = shingles.hashes[shingles.starts[texts][position] + within]
    keys = (position.astype(np.uint64) << np.uint64(32)) | hashes
    keys.sort()
    new = np.ones(len(keys), dtype=np.bool_)
    new[1:] = keys[1:] != keys[:-1]
    keys = keys[new]
    return keys, np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(texts))
