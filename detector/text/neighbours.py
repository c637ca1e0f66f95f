"""Signatures to verified near-copy edges: banded buckets, linked to representatives, checked by true Jaccard."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from detector.text.bands import LOW, Packed, buckets, sort
from detector.text.ordered import in_order
from detector.text.sketch import Hashes

Rows = npt.NDArray[np.int64]
Jaccard = Callable[[Rows, Rows], npt.NDArray[np.float64]]

# Members of a bucket that are no near copy of its first member get this many further chances with each other.
_ROUNDS = 4
# A pair is looked at closely only if its signatures agree about as often as those of a near copy would: four standard
# deviations below the threshold lets one true pair in 30,000 slip.
_SIGMAS = 4.0
_BLOCK_PAIRS = 1 << 12


def link_neighbours(
    signatures: Hashes, at: Rows, jaccard: Jaccard, *, band_rows: int, similarity_min: float
) -> npt.NDArray[np.int64]:
    """Label texts by connected components of near copies.

    Parameters
    ----------
    signatures
        (m, k) MinHash signatures.
    at
        (n,) the row of `signatures` that belongs to text 0, 1, …, n - 1.
    jaccard
        Computes the similarities, 0-1, of pairs of texts.
    band_rows
        Signature rows per band.
    similarity_min
        Jaccard similarity, 0-1, from which a pair is an edge.

    Returns
    -------
    ndarray
        (n,) labels, equal inside a component: the number of one of its texts; every edge behind them was verified.

    Notes
    -----
    Each bucket member is compared with a representative, never with all, and not at all once both are in one
    component: at most `_ROUNDS` comparisons per text and band, whatever the data, so that a million texts built to
    share a bucket cost no more than a million others.
    """
    bands = buckets(signatures, at, band_rows=band_rows)
    ranked = _rank(bands, len(at))
    place = np.zeros(len(at), dtype=np.uint64)
    place[ranked] = np.arange(len(ranked), dtype=np.uint64)
    labels = np.arange(len(ranked))

    def are_near(left: Rows, right: Rows) -> npt.NDArray[np.bool_]:
        left, right = ranked[left], ranked[right]
        near = _agree(signatures, at[left], at[right], similarity_min)
        likely = np.flatnonzero(near)
        near[likely] = jaccard(left[likely], right[likely]) >= similarity_min
        return near

    for band in range(len(bands)):
        packed = sort((bands[band] & ~LOW) | place[_low(bands[band])])
        bands[band] = packed[:0]
        labels = _link_band(packed, labels, are_near)
    of_text = np.arange(len(at))
    of_text[ranked] = ranked[labels]
    return of_text


def _rank(bands: list[Packed], n: int) -> Rows:
    """List the texts that meet others, those that meet most before.

    A posted original meets its copies more often than they meet each other, so whoever meets most represents.
    """
    meetings = np.zeros(n, dtype=np.int64)
    for packed in bands:
        number = _number(packed)
        meetings[_low(packed)] += np.bincount(number)[number]
    met = np.flatnonzero(meetings)
    return met[np.argsort(-meetings[met], kind="stable")]


def _low(packed: Packed) -> Rows:
    return (packed & LOW).astype(np.int64)


def _number(packed: Packed) -> Rows:
    """Number the buckets of packed members, from 0."""
    new = np.zeros(len(packed), dtype=np.bool_)
    np.greater(packed[1:] ^ packed[:-1], LOW, out=new[1:])
    return np.cumsum(new)


def _link_band(
    packed: Packed, labels: Rows, are_near: Callable[[Rows, Rows], npt.NDArray[np.bool_]]
) -> npt.NDArray[np.int64]:
    """Join the components of near copies that share a bucket."""
    members, bucket = _low(packed), _number(packed)
    edges: list[tuple[Rows, Rows]] = []
    for _ in range(_ROUNDS):
        left, right, bucket = _pair_with_first(members, bucket, labels)
        if not len(left):
            break
        near = are_near(left, right)
        edges.append((labels[left[near]], labels[right[near]]))
        # The others try again with the first of their own number.
        members, bucket = right[~near], bucket[~near]
    left, right = (np.concatenate([np.zeros(0, np.int64), *(edge[side] for edge in edges)]) for side in (0, 1))
    return components(len(labels), left, right)[labels] if len(left) else labels


def components(n: int, left: Rows, right: Rows) -> npt.NDArray[np.int64]:
    """Label the connected components of an undirected graph on n nodes, each by its smallest node."""
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    number = connected_components(graph.tocsr(), directed=False)[1]
    smallest = np.full(int(number.max(initial=-1)) + 1, n, dtype=np.int64)
    np.minimum.at(smallest, number, np.arange(n))
    return smallest[number]


def _pair_with_first(members: Rows, bucket: Rows, labels: Rows) -> tuple[Rows, Rows, Rows]:
    """Pair each member with the first of its bucket, unless one component holds both already.

    Returns the first and second members of the pairs, and the buckets of these.
    """
    if not len(members):
        return members, members, bucket
    new = np.ones(len(bucket), dtype=np.bool_)
    np.not_equal(bucket[1:], bucket[:-1], out=new[1:])
    first = members[np.flatnonzero(new)[np.cumsum(new) - 1]]
    apart = labels[first] != labels[members]
    return first[apart], members[apart], bucket[apart]


def _agree(signatures: Hashes, left: Rows, right: Rows, similarity_min: float) -> npt.NDArray[np.bool_]:
    """Tell which pairs of signatures agree as often as those of near copies may."""
    n_permutations = signatures.shape[1]
    spread = np.sqrt(similarity_min * (1 - similarity_min) / n_permutations)
    agreement_min = n_permutations * (similarity_min - _SIGMAS * spread)

    def agree(start: int) -> npt.NDArray[np.bool_]:
        block = slice(start, start + _BLOCK_PAIRS)
        enough: npt.NDArray[np.bool_] = count_equal(signatures[left[block]], signatures[right[block]]) >= agreement_min
        return enough

    parts = in_order(agree, range(0, len(left), _BLOCK_PAIRS))
    return np.concatenate([np.zeros(0, np.bool_), *parts])


def count_equal(left: Hashes, right: Hashes) -> npt.NDArray[np.int64]:
    """Count the equal values of each row of two arrays, (m,)."""
    equal = (left == right).view(np.uint8)
    # A product with ones adds short rows up faster than a sum along them.
    counts: npt.NDArray[np.int64] = equal.astype(np.float32) @ np.ones(equal.shape[1], dtype=np.float32)
    return counts.astype(np.int64)
