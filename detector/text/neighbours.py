"""Signatures to verified near-copy edges: banded buckets, linked to representatives, checked by true Jaccard."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from detector.text.bands import HIGH, LOW, Packed, buckets, sort
from detector.text.ordered import in_order
from detector.text.sketch import Hashes

Rows = npt.NDArray[np.int64]
Jaccard = Callable[[Rows, Rows], npt.NDArray[np.float64]]

# Members of a bucket that are no near copy of its first member get this many further chances with each other.
_ROUNDS = 4
# A pair is looked at closely only if its signatures agree about as often as those of a near copy would: four standard
# deviations below the threshold lets one true pair in 30,000 slip.
_SIGMAS = 4.0
_BLOCK_PAIRS = 1 << 10


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
    share a bucket cost no more than a million others. A round takes all bands together, so that texts are asked for in
    large numbers.
    """
    bands = buckets(signatures, at, band_rows=band_rows)
    ranked = _rank(bands, len(at))
    place = np.zeros(len(at), dtype=np.uint64)
    place[ranked] = np.arange(len(ranked), dtype=np.uint64)
    bands = list(in_order(lambda packed: sort((packed & ~LOW) | place[_low(packed)]), bands))
    labels, at_ranked = np.arange(len(ranked)), at[ranked]

    def meet(packed: Packed) -> Packed:
        """Pair members with the first of their bucket where the two may be near copies."""
        first, second = _first(packed), _low(packed)
        apart = labels[first] != labels[second]
        first, second = first[apart], second[apart]
        likely = _agree(signatures, at_ranked[first], at_ranked[second], similarity_min)
        return (first[likely].astype(np.uint64) << HIGH) | second[likely].astype(np.uint64)

    def stay(packed: Packed) -> Packed:
        """List the members that are not one with the first of their bucket."""
        return packed[labels[_first(packed)] != labels[_low(packed)]]

    for _ in range(_ROUNDS):
        pairs = np.unique(np.concatenate([np.zeros(0, np.uint64), *in_order(meet, bands)]))
        first, second = (pairs >> HIGH).astype(np.int64), _low(pairs)
        near = jaccard(ranked[first], ranked[second]) >= similarity_min
        labels = components(len(labels), labels[first[near]], labels[second[near]])[labels]
        # The others try again with the first of their own number.
        bands = list(in_order(stay, bands))
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


def _first(packed: Packed) -> Rows:
    """Find the first member of the bucket of each packed member."""
    members = _low(packed)
    new = np.ones(len(packed), dtype=np.bool_)
    np.greater(packed[1:] ^ packed[:-1], LOW, out=new[1:])
    return members[np.flatnonzero(new)[np.cumsum(new) - 1]] if len(members) else members


def components(n: int, left: Rows, right: Rows) -> npt.NDArray[np.int64]:
    """Label the connected components of an undirected graph on n nodes, each by its smallest node."""
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(n, n))
    number = connected_components(graph.tocsr(), directed=False)[1]
    smallest = np.full(int(number.max(initial=-1)) + 1, n, dtype=np.int64)
    np.minimum.at(smallest, number, np.arange(n))
    return smallest[number]


def _agree(signatures: Hashes, left: Rows, right: Rows, similarity_min: float) -> npt.NDArray[np.bool_]:
    """Tell which pairs of signatures agree as often as those of near copies may."""
    n_permutations = signatures.shape[1]
    spread = np.sqrt(similarity_min * (1 - similarity_min) / n_permutations)
    agreement_min = n_permutations * (similarity_min - _SIGMAS * spread)

    enough = np.empty(len(left), dtype=np.bool_)
    for start in range(0, len(left), _BLOCK_PAIRS):
        block = slice(start, start + _BLOCK_PAIRS)
        pair = (signatures.take(side[block], axis=0, mode="clip") for side in (left, right))
        enough[block] = count_equal(*pair) >= agreement_min
    return enough


def count_equal(left: Hashes, right: Hashes) -> npt.NDArray[np.int64]:
    """Count the equal values of each row of two arrays, (m,)."""
    equal = (left == right).view(np.uint8)
    # A product with ones adds short rows up faster than a sum along them.
    counts: npt.NDArray[np.int64] = equal.astype(np.float32) @ np.ones(equal.shape[1], dtype=np.float32)
    return counts.astype(np.int64)
