"""The truth about a set of texts by brute force, and what a contender found of it."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array

from benchmarks.speed.cache import keep
from benchmarks.speed.peers import CONFIG, shingle_set

BINS = (0.5, 0.6, 0.7, 0.8, 0.9)
_BLOCK = 1000

Pairs = npt.NDArray[np.int64]


def true_pairs(path: Path) -> tuple[Pairs, npt.NDArray[np.float64]]:
    """Return all pairs of a workload's texts of similarity 0.5 and more, and these similarities; computed once."""
    kept = keep(f"{path.parent.name}-pairs", lambda draft: _compare(path, draft)) / "pairs.parquet"
    frame = pl.read_parquet(kept)
    return frame.select("left", "right").to_numpy().astype(np.int64), frame["similarity"].to_numpy()


def _compare(path: Path, draft: Path) -> None:
    frames = []
    incidence, sizes = _incidence(pl.read_parquet(path)["text"].to_list())
    other = incidence.T.tocsr()
    for first in range(0, incidence.shape[0], _BLOCK):
        shared = (incidence[first : first + _BLOCK] @ other).tocoo()
        left, right = shared.row.astype(np.int64) + first, shared.col.astype(np.int64)
        similarity = shared.data / (sizes[left] + sizes[right] - shared.data)
        near = (left < right) & (similarity >= BINS[0])
        frames.append(pl.DataFrame({"left": left[near], "right": right[near], "similarity": similarity[near]}))
    pl.concat(frames).write_parquet(draft / "pairs.parquet")


def _incidence(texts: list[str]) -> tuple[csr_array, npt.NDArray[np.int64]]:
    """Return which text holds which shingle, (n, shingles), and how many each holds."""
    number: dict[str, int] = {}
    rows = [[number.setdefault(shingle, len(number)) for shingle in shingle_set(text)] for text in texts]
    sizes = np.array([len(row) for row in rows])
    columns = np.concatenate([np.array(row, dtype=np.int32) for row in rows])
    ends = np.concatenate([[0], np.cumsum(sizes)])
    return csr_array((np.ones(len(columns), np.int32), columns, ends), shape=(len(texts), len(number))), sizes


def grade(found: dict[str, npt.NDArray[np.int64]], path: Path) -> dict[str, object]:
    """Compare what a contender found with the truth.

    Returns
    -------
    dict
        `recall`: by bin of true similarity, the share of pairs found. `n_pairs` found, and of these the share that
        reaches the threshold (`precision`) and the share of strangers, below 0.5 (`strangers`). For `flags`, texts
        are counted instead of pairs, each by the similarity of its nearest other.
    """
    truth, similarity = true_pairs(path)
    n = pl.scan_parquet(path).select(pl.len()).collect().item()
    if "flags" in found:
        nearest = np.zeros(n)
        for side in truth.T:
            np.maximum.at(nearest, side, similarity)
        hit, of_hit = found["flags"], nearest[found["flags"]]
        recall = _by_bin(nearest, hit)
    else:
        pairs = found["pairs"] if "pairs" in found else _within(found["groups"])
        true_keys, keys = truth[:, 0] * n + truth[:, 1], np.unique(pairs.min(axis=1) * n + pairs.max(axis=1))
        recall = _by_bin(similarity, np.isin(true_keys, keys))
        order = np.argsort(true_keys)
        at = np.minimum(np.searchsorted(true_keys[order], keys), len(order) - 1)
        of_hit = np.where(true_keys[order][at] == keys, similarity[order][at], 0.0)
    return {
        "recall": recall,
        "n_found": len(of_hit),
        "precision": round(float((of_hit >= CONFIG.similarity_min).mean()), 4) if len(of_hit) else None,
        "strangers": round(float((of_hit < BINS[0]).mean()), 4) if len(of_hit) else None,
    }


def share_marked(found: dict[str, npt.NDArray[np.int64]], n: int) -> float:
    """Return the share of n texts that a contender says have a near copy."""
    if "flags" in found:
        return float(found["flags"].mean())
    if "pairs" in found:
        return len(np.unique(found["pairs"])) / n
    _, group, size = np.unique(found["groups"], return_inverse=True, return_counts=True)
    return float((size[group] > 1).mean())


def _by_bin(similarity: npt.NDArray[np.float64], hit: npt.NDArray[np.bool_]) -> dict[str, float | None]:
    shares: dict[str, float | None] = {}
    for low in BINS:
        inside = (similarity >= low) & ((similarity < low + 0.1 - 1e-9) | (low == BINS[-1]))
        shares[f"{low:.1f}"] = round(float(hit[inside].mean()), 4) if inside.any() else None
    return shares


def _within(groups: Pairs) -> Pairs:
    """Return all pairs inside groups; a group as large as the whole is its own punishment."""
    order = np.argsort(groups, kind="stable")
    ends = np.flatnonzero(np.diff(groups[order])) + 1
    pairs = [np.empty((0, 2), np.int64)]
    for members in np.split(order, ends):
        if len(members) > 1:
            left, right = np.triu_indices(len(members), 1)
            pairs.append(np.column_stack([members[left], members[right]]))
    return np.concatenate(pairs)
