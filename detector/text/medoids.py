"""Components of near copies cut into clusters around their most central texts."""

import numpy as np
import numpy.typing as npt

from detector.text.neighbours import Jaccard, count_equal
from detector.text.sketch import Hashes

Rows = npt.NDArray[np.int64]

_CANDIDATES = 6
_CUT_ROUNDS = 8
_BLOCK_ROWS = 1 << 10


def cut_chains(
    labels: Rows, weights: Rows, signatures: Hashes, at: Rows, jaccard: Jaccard, *, similarity_min: float
) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Cut components so that every member is near its medoid.

    A chain of near copies can end far from where it began. Members too far from the medoid of their component form
    what remains, which gets a medoid of its own, until nothing is cut; what is left then stands alone.

    Parameters
    ----------
    labels
        (n,) component of each text.
    weights
        (n,) comments that carry each text.
    signatures, at
        Signatures, and which row of them belongs to each text, (n,).
    jaccard
        Computes the similarities, 0-1, of pairs of texts.
    similarity_min
        Similarity to its medoid that a member has at least, 0-1.

    Returns
    -------
    labels, similarity
        (n,) number of the medoid of each text, and the Jaccard similarity to it, 0-1.
    """
    n = len(labels)
    medoid = np.arange(n)
    similarity = np.ones(n)
    size = np.bincount(labels, minlength=n)
    open_rows = np.flatnonzero(size[labels] > 1)
    for _ in range(_CUT_ROUNDS):
        if not len(open_rows):
            break
        centre = open_rows[_medoids(labels[open_rows], weights[open_rows], signatures, at[open_rows])]
        near = jaccard(open_rows, centre)
        medoid[open_rows] = centre
        similarity[open_rows] = near
        open_rows = open_rows[near < similarity_min]
    medoid[open_rows] = open_rows
    similarity[open_rows] = 1.0
    return medoid, similarity


def _medoids(labels: Rows, weights: Rows, signatures: Hashes, at: Rows) -> Rows:
    """Find for each text the most central text of its group, as a position in the arrays given.

    The candidates are the texts of a group that most comments carry; centrality is the mean agreement of signatures
    with the group, weighted by comments.
    """
    _, group = np.unique(labels, return_inverse=True)
    n_groups = int(group.max()) + 1
    order = np.lexsort((np.arange(len(group)), -weights, group))
    starts = np.searchsorted(group[order], np.arange(n_groups))
    sizes = np.bincount(group, minlength=n_groups)
    best = np.full(n_groups, -1.0)
    chosen = order[starts]
    for rank in range(_CANDIDATES):
        candidate = order[np.minimum(starts + rank, len(order) - 1)]
        # Groups too small for a candidate of this rank are left out.
        asked = np.flatnonzero((rank < sizes)[group])
        agreement = np.zeros(len(group))
        for start in range(0, len(asked), _BLOCK_ROWS):
            block = asked[start : start + _BLOCK_ROWS]
            pair = (at[block], at[candidate[group[block]]])
            equal = count_equal(*(signatures.take(side, axis=0, mode="clip") for side in pair))
            agreement[block] = equal / signatures.shape[1]
        central = np.bincount(group, agreement * weights, minlength=n_groups)
        better = (rank < sizes) & (central > best + 1e-9)
        best[better], chosen[better] = central[better], candidate[better]
    return chosen[group]
