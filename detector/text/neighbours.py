"""Signatures to verified near-copy edges: banded buckets, linked to representatives, checked by true Jaccard."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from detector.abreast import in_order
from detector.text.bands import HIGH, LOW, Packed, buckets, sort
from detector.text.sketch import Hashes

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Jaccard = Callable[[Rows, Rows], npt.NDArray[np.float64]]

# Members of a bucket that are no near copy of its first member get this many further chances with each other.
_ROUNDS = 4
# A pair is looked at closely only if its signatures agree about as often as those of a near copy would: four standard
# deviations below the threshold lets one true pair in 30,000 slip.
_SIGMAS = 4.0
_BLOCK_PAIRS = 1 << 10
_PAIRS_AT_ONCE = 1 << 14


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
    share a bucket cost no more than a million others. What first meets in a bucket is known beforehand, so all bands
    ask for those texts at once; the rest of a band waits for what the bands before it have joined.
    """
    bands = buckets(signatures, at, band_rows=band_rows)
    ranked = _rank(bands, len(at))
    place = np.zeros(len(at), dtype=np.uint64)
    place[ranked] = np.arange(len(ranked), dtype=np.uint64)
    bands = list(in_order(lambda packed: sort((packed & ~LOW) | place[_low(packed)]), bands))
    judge = _Judge(signatures, at, ranked, jaccard, similarity_min)
    likely = in_order(lambda packed: _meet_first(packed, judge), bands)
    known = judge.near_of(np.unique(np.concatenate([np.zeros(0, np.uint64), *likely])))
    labels = np.arange(len(ranked))
    for band in range(len(bands)):
        packed, bands[band] = bands[band], bands[band][:0]
        labels = _link_band(packed, labels, known, judge)
    of_text = np.arange(len(at))
    of_text[ranked] = ranked[labels]
    return of_text


class _Judge:
    """Tells near copies by rank, and remembers who looked like one and was none."""

    def __init__(self, signatures: Hashes, at: Rows, ranked: Rows, jaccard: Jaccard, similarity_min: float) -> None:
        self._signatures, self._at, self._ranked = signatures, at[ranked], ranked
        self._jaccard, self._similarity_min = jaccard, similarity_min
        self._far: Packed = np.zeros(0, dtype=np.uint64)

    def may_be_near(self, left: Rows, right: Rows) -> Mask:
        """Tell which pairs have signatures like those of near copies."""
        return _agree(self._signatures, self._at[left], self._at[right], self._similarity_min)

    def near_of(self, pairs: Packed) -> Packed:
        """Return those of the sorted pairs that are near copies."""
        left, right = self._ranked[_high(pairs)], self._ranked[_low(pairs)]
        near = self._jaccard(left, right) >= self._similarity_min
        self._far = sort(np.concatenate([self._far, pairs[~near]]))
        return pairs[near]

    def are_near(self, left: Rows, right: Rows) -> Mask:
        """Tell which pairs are near copies."""
        starts = range(0, len(left), _PAIRS_AT_ONCE)
        cuts = (slice(start, start + _PAIRS_AT_ONCE) for start in starts)
        near = np.concatenate(list(in_order(lambda cut: self.may_be_near(left[cut], right[cut]), cuts)))
        likely = np.flatnonzero(near)
        pairs = _pack(left[likely], right[likely])
        # Strangers who meet in one bucket often meet in another.
        found = self.near_of(sort(pairs[~_holds(self._far, pairs)]))
        near[likely] = _holds(found, pairs)
        return near


def _meet_first(packed: Packed, judge: _Judge) -> Packed:
    """Pack the pairs of a first member and another that may be near copies."""
    first, members = _first(packed), _low(packed)
    others = np.flatnonzero(first != members)
    others = others[judge.may_be_near(first[others], members[others])]
    return _pack(first[others], members[others])


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


def _high(packed: Packed) -> Rows:
    return (packed >> HIGH).astype(np.int64)


def _pack(high: Rows, low: Rows) -> Packed:
    packed: Packed = (high.astype(np.uint64) << HIGH) | low.astype(np.uint64)
    return packed


def _first(packed: Packed) -> Rows:
    """Find the first member of the bucket of each packed member."""
    members = _low(packed)
    new = np.ones(len(packed), dtype=np.bool_)
    np.greater(packed[1:] ^ packed[:-1], LOW, out=new[1:])
    return members[np.flatnonzero(new)[np.cumsum(new) - 1]] if len(members) else members


def _link_band(packed: Packed, labels: Rows, known: Packed, judge: _Judge) -> Rows:
    """Join the components of near copies that share a bucket; `known` are those near the first of one."""
    edges: list[tuple[Rows, Rows]] = []
    for turn in range(_ROUNDS):
        left, right = _first(packed), _low(packed)
        # One component may hold both already.
        apart = np.flatnonzero(labels[left] != labels[right])
        if not len(apart):
            break
        left, right, packed = left[apart], right[apart], packed[apart]
        near = judge.are_near(left, right) if turn else _holds(known, _pack(left, right))
        edges.append((labels[left[near]], labels[right[near]]))
        # The others try again with the first of their own number.
        packed = packed[~near]
    joined = [np.concatenate([np.zeros(0, np.int64), *(edge[side] for edge in edges)]) for side in (0, 1)]
    return components(len(labels), *joined)[labels] if len(joined[0]) else labels


def _holds(known: Packed, pairs: Packed) -> Mask:
    """Tell which pairs are among those known, which are sorted."""
    place = np.minimum(np.searchsorted(known, pairs), len(known) - 1)
    found: Mask = known[place] == pairs if len(known) else np.zeros(len(pairs), dtype=np.bool_)
    return found


def components(n: int, left: Rows, right: Rows) -> npt.NDArray[np.int64]:
    """Label the connected components of an undirected graph on n nodes, each by its smallest node."""
    # Few nodes have edges.
    nodes, ends = np.unique(np.concatenate([left, right]), return_inverse=True)
    edges = np.ones(len(left), dtype=np.int8), (ends[: len(left)], ends[len(left) :])
    number = connected_components(coo_array(edges, shape=(len(nodes), len(nodes))).tocsr(), directed=False)[1]
    smallest = np.full(len(nodes), n, dtype=np.int64)
    np.minimum.at(smallest, number, nodes)
    labels = np.arange(n)
    labels[nodes] = smallest[number]
    return labels


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
