"""Plain texts to clusters of near copies, in bounded memory."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from numpy.typing import DTypeLike

from detector.abreast import in_order
from detector.config import TextConfig
from detector.text.characters import CodePoints
from detector.text.compare import Shelf
from detector.text.laid import Starts, blocks, lay, starts_of
from detector.text.medoids import cut_chains
from detector.text.neighbours import link_neighbours
from detector.text.repeats import collapse
from detector.text.sketch import Hashes, shingle, sketch

Rows = npt.NDArray[np.int64]
Allocate = Callable[[tuple[int, ...], DTypeLike], npt.NDArray[Any]]
"""Makes an array of a shape and type, in memory or mapped to a file; `numpy.empty` is one."""

# Texts are read, shingled and sketched in blocks of this many bytes: several thousand comments.
BLOCK_BYTES = 1 << 20


def cluster_texts(
    texts: pl.Series, config: TextConfig, *, allocate: Allocate = np.empty
) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Find clusters of near copies among texts as they are: nothing is folded or masked.

    Parameters
    ----------
    texts
        (n,) texts, no nulls. Of a longer text the first `max_text_chars` characters are compared.
    config
        How texts are compared.
    allocate
        Makes the array that holds the signatures, `n_permutations` 32-bit numbers for each distinct text.

    Returns
    -------
    labels, similarity
        (n,) the number of a text at the centre of each text's cluster (its own where it stands alone), and the Jaccard
        similarity of the shingle sets of the two, 0-1.

    Notes
    -----
    Time n log n, memory linear in n: shingles are kept only of texts that may be near copies. Every pair behind a
    cluster is verified; see `TextConfig.recall_at` for how many pairs are found.
    """
    if (texts.str.len_bytes() > config.max_text_chars).any():
        texts = texts.str.slice(0, config.max_text_chars)
    first, number = collapse(texts)
    distinct = texts.gather(first)
    signatures = allocate((len(first), config.n_permutations), np.uint32)
    counts = np.zeros(len(first), dtype=np.int64)

    def take(block: tuple[int, int]) -> None:
        a, b = block
        counts[a:b] = sketch_texts(*lay(distinct[a:b]), config, signatures[a:b])

    for _ in in_order(take, blocks(starts_of(distinct.str.len_bytes().to_numpy()), BLOCK_BYTES)):
        pass
    shelf = Shelf(distinct.gather, len(first), config)
    weights = np.bincount(number, minlength=len(first))
    labels, similarity = group(signatures, np.arange(len(first)), counts, weights, shelf, config)
    return first[labels][number], similarity[number]


def sketch_texts(chars: CodePoints, starts: Starts, config: TextConfig, out: Hashes) -> npt.NDArray[np.int64]:
    """Write the signatures of texts that lie end to end to `out`, and count their shingles, (n,)."""
    shingles = shingle(chars, starts, length=config.shingle_chars, length_han=config.shingle_chars_han)
    sketch(shingles, n_permutations=config.n_permutations, seed=config.seed, out=out)
    return shingles.count()


def group(
    signatures: Hashes, at: Rows, n_shingles: Rows, weights: Rows, shelf: Shelf, config: TextConfig
) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Group distinct texts.

    Parameters
    ----------
    signatures, at
        Signatures, and which row of them belongs to each text, (n,).
    n_shingles, weights
        (n,) shingles of each text, and the comments that carry it.
    shelf
        The texts by number.
    config
        How texts are compared.

    Returns
    -------
    labels, similarity
        (n,) number of the medoid of each text's cluster, and the Jaccard similarity to it, 0-1.
    """
    labels = np.arange(len(at))
    similarity = np.ones(len(at))
    # Sketches of very small sets agree by accident, so short texts meet by equality only.
    long = np.flatnonzero(n_shingles >= config.min_shingles)

    def jaccard(left: Rows, right: Rows) -> npt.NDArray[np.float64]:
        return shelf.jaccard(long[left], long[right])

    found = link_neighbours(
        signatures, at[long], jaccard, band_rows=config.band_rows, similarity_min=config.similarity_min
    )
    loose = config.similarity_min - config.cohesion_slack
    cut, near = cut_chains(found, weights[long], signatures, at[long], jaccard, similarity_min=loose)
    labels[long] = long[cut]
    similarity[long] = near
    return labels, similarity
