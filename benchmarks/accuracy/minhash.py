"""Clusters of near copies by datasketch's MinHash-LSH: how many of an account's comments stand in one with others'."""

import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.accuracy.ranking import Ranking, Unavailable, from_groups, plain

SHINGLE = 5
N_PERMUTATIONS = 128
THRESHOLD = 0.7


def rank(comments: pl.DataFrame) -> Ranking:
    """Score accounts by their near copies: 5 characters a shingle, Jaccard from 0.7, groups by connected components."""
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        raise Unavailable("datasketch is not installed") from None
    known = comments.filter(pl.col("account").is_not_null()).select("account", text=plain(pl.col("text")))
    known = known.filter(pl.col("text").str.len_chars() >= SHINGLE)
    texts = known["text"].unique().sort().to_list()
    shingles = [[text[i : i + SHINGLE].encode() for i in range(len(text) - SHINGLE + 1)] for text in texts]
    index = MinHashLSH(threshold=THRESHOLD, num_perm=N_PERMUTATIONS)
    pairs: list[tuple[int, int]] = []
    for number, sketch in enumerate(MinHash.generator(shingles, num_perm=N_PERMUTATIONS)):
        pairs += [(number, other) for other in index.query(sketch)]
        index.insert(number, sketch)
    one, other = zip(*pairs, strict=True) if pairs else ((), ())
    _, group = connected_components(coo_array(([True] * len(pairs), (one, other)), shape=(len(texts), len(texts))))
    return from_groups(known.join(pl.DataFrame({"text": texts, "group": group}), on="text").select("account", "group"))
