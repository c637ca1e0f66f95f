"""Accounts alike in their words: TF-IDF, cosine, and a cut at the strongest half per cent of the pairs.

Pacheco et al. 2021, with words for traces; scored by weighted degree and by eigenvector centrality.
"""

from functools import lru_cache

import numpy as np
import polars as pl
from scipy.sparse import coo_array, csr_array
from scipy.sparse.linalg import eigsh
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.accuracy.ranking import Ranking, Unavailable

EDGE_SHARE = 0.005
MAX_ACCOUNTS = 8_000
_WORD = r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+"


def by_degree(comments: pl.DataFrame) -> Ranking:
    """Score accounts by the sum of their similarities that survive the cut; flagged: in the network."""
    accounts, network = _network(_Frame(comments))
    degree = np.asarray(network.sum(axis=1)).ravel()
    return Ranking(pl.DataFrame({"account": accounts, "score": degree, "flagged": degree > 0}))


def by_centrality(comments: pl.DataFrame) -> Ranking:
    """Score accounts by eigenvector centrality in the network after the cut; flagged: the top 0.5 %."""
    accounts, network = _network(_Frame(comments))
    start = np.ones(network.shape[0])
    _, vectors = eigsh(network, k=1, which="LA", v0=start)
    central = np.abs(vectors[:, 0])
    return Ranking(
        pl.DataFrame(
            {"account": accounts, "score": central, "flagged": central >= np.quantile(central, 1 - EDGE_SHARE)}
        )
    )


class _Frame:
    """A frame that can be a key for as long as it lives: both scores share one network."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __hash__(self) -> int:
        return id(self.frame)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frame) and other.frame is self.frame


@lru_cache(maxsize=1)
def _network(key: _Frame) -> tuple[pl.Series, csr_array]:
    known = key.frame.filter(pl.col("account").is_not_null()).sort("account", "row")
    documents = known.group_by("account", maintain_order=True).agg(pl.col("text").str.join(" "))
    if documents.height > MAX_ACCOUNTS:
        raise Unavailable(f"{documents.height:,} accounts, more than {MAX_ACCOUNTS:,}")
    words = TfidfVectorizer(token_pattern=_WORD, min_df=2).fit_transform(documents["text"].to_list())
    similarity = (words.astype(np.float32) @ words.T.astype(np.float32)).toarray()
    one, other = np.triu_indices(documents.height, k=1)
    weight = similarity[one, other]
    n_kept = min(int(np.ceil(EDGE_SHARE * len(weight))), int((weight > 0).sum()))
    cut = np.partition(weight, len(weight) - n_kept)[len(weight) - n_kept] if n_kept else np.inf
    kept = (weight >= cut) & (weight > 0)
    shape = (documents.height, documents.height)
    half = coo_array((weight[kept].astype(np.float64), (one[kept], other[kept])), shape=shape).tocsr()
    return documents["account"], half + half.T
