"""COMMENTS to TEXTS, MARKS and MEMBERS: equal texts, then near copies, then cohesive clusters."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.config import TextConfig
from detector.schema import MARKS, MEMBERS, TEXTS
from detector.text.characters import CodePoints
from detector.text.neighbours import distinct, jaccard, link_neighbours
from detector.text.normalise import Canonical, normalise
from detector.text.sketch import Hashes, Shingles, blocks, is_short, shingle, sketch

Rows = npt.NDArray[np.int64]

# Written language carries about this much per character once a reader knows the context (Shannon 1951 for English,
# 0.6-1.3 bits a letter; about 4-5 bits a character are measured for Chinese).
_BITS_PER_LETTER = 1.5
_BITS_PER_HAN = 5.0
_MEDOID_CANDIDATES = 6
_CUT_ROUNDS = 8
_BLOCK_CHARS = 1 << 20


@dataclass(frozen=True)
class Clustered:
    """What the text wing found.

    `texts` (TEXTS), `marks` (MARKS) and `members` (MEMBERS); clusters hold two or more comments.
    """

    texts: pl.DataFrame
    marks: pl.DataFrame
    members: pl.DataFrame


def cluster_comments(comments: pl.DataFrame, config: TextConfig) -> Clustered:
    """Find clusters of near copies among comments.

    Parameters
    ----------
    comments
        COMMENTS.
    config
        How texts are compared.

    Returns
    -------
    Clustered
        Every comment is in `marks`; comments whose text stands alone are in no cluster.

    Notes
    -----
    Equal raw texts are collapsed before they are normalised, and equal canonical texts before they are sketched, so
    that a million identical comments cost no more than a million different ones.
    """
    written = comments.select("row", "text").filter(pl.col("text").str.contains(r"\S"))
    raw = written.select("text").unique(maintain_order=True).with_row_index("raw")
    rows = written.join(raw, on="text", how="left", maintain_order="left").select("row", "raw")
    targets = comments["target"].str.replace(r"^[a-z]+:", "").drop_nulls().unique().sort()
    canonical = normalise(raw["text"], targets, max_text_chars=config.max_text_chars, seed=config.seed)

    # Distinct canonical texts, in the order of their keys: `first` is an example of each.
    keys, first, of_raw = np.unique(canonical.keys, return_index=True, return_inverse=True)
    chars, starts = _take(canonical, first)
    weights = np.bincount(of_raw[rows["raw"].to_numpy()], minlength=len(keys))
    shingles = shingle(chars, starts, length=config.shingle_chars, length_han=config.shingle_chars_han)
    labels, similarity = _label(keys, weights, shingles, config)

    text_of_row = of_raw[rows["raw"].to_numpy()]
    marks = _marks(rows, canonical, keys[text_of_row])
    texts = _texts(keys, chars, starts, shingles, canonical.scripts[first], weights, labels)
    members = _members(rows["row"].to_numpy(), text_of_row, keys, labels, similarity)
    return Clustered(TEXTS.check(texts), MARKS.check(marks), MEMBERS.check(members))


def _take(canonical: Canonical, which: Rows) -> tuple[CodePoints, npt.NDArray[np.int64]]:
    """Gather some of the texts, end to end."""
    lengths = np.diff(canonical.starts)[which]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    chars = np.empty(int(starts[-1]), dtype=np.uint32)
    for a, b in blocks(starts, _BLOCK_CHARS):
        shift = canonical.starts[which[a:b]] - starts[a:b]
        at = np.repeat(shift, lengths[a:b]) + np.arange(starts[a], starts[b])
        chars[starts[a] : starts[b]] = canonical.chars[at]
    return chars, starts


def _label(
    keys: npt.NDArray[np.uint64], weights: Rows, shingles: Shingles, config: TextConfig
) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Label distinct texts by cluster, and measure each against its cluster's medoid."""
    labels = np.arange(len(keys))
    similarity = np.ones(len(keys))
    # Sketches of very small sets agree by accident, so short texts meet by equality only.
    long = np.flatnonzero(shingles.count() >= config.min_shingles)
    if len(long) < 2:
        return labels, similarity
    part = _select(shingles, long)
    signatures = sketch(part, n_permutations=config.n_permutations, seed=config.seed)
    found = link_neighbours(signatures, part, band_rows=config.band_rows, similarity_min=config.similarity_min)
    cut, near = _cut_chains(
        found, weights[long], part, signatures, config.similarity_min - config.cohesion_slack
    )  # fmt: skip
    labels[long] = long[cut]
    similarity[long] = near
    return labels, similarity


def _select(shingles: Shingles, which: Rows) -> Shingles:
    """Return the shingles of some texts."""
    kept = np.zeros(len(shingles.starts) - 1, dtype=np.bool_)
    kept[which] = True
    counts = shingles.count()
    return Shingles(
        shingles.hashes[np.repeat(kept, counts)], np.concatenate([[0], np.cumsum(counts[which])]).astype(np.int64)
    )


def _cut_chains(
    labels: Rows, weights: Rows, shingles: Shingles, signatures: Hashes, similarity_min: float
) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Cut components so that every member is near its medoid.

    A chain of near copies can end far from where it began. Members too far from the medoid of their component form
    what remains, which gets a medoid of its own, until nothing is cut; what is left then stands alone.

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
        centre = _medoids(labels[open_rows], weights[open_rows], signatures[open_rows])
        medoid[open_rows] = open_rows[centre]
        similarity[open_rows] = jaccard(open_rows, open_rows[centre], shingles)
        far = similarity[open_rows] < similarity_min
        open_rows = open_rows[far]
    medoid[open_rows] = open_rows
    similarity[open_rows] = 1.0
    return medoid, similarity


def _medoids(labels: Rows, weights: Rows, signatures: Hashes) -> Rows:
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
    for rank in range(_MEDOID_CANDIDATES):
        candidate = order[np.minimum(starts + rank, len(order) - 1)]
        agreement = np.zeros(len(group))
        for start in range(0, len(group), 1 << 16):
            block = slice(start, start + (1 << 16))
            agreement[block] = (signatures[block] == signatures[candidate[group[block]]]).mean(axis=1)
        central = np.bincount(group, agreement * weights, minlength=n_groups)
        better = (rank < sizes) & (central > best + 1e-9)
        best[better], chosen[better] = central[better], candidate[better]
    return chosen[group]


def _marks(rows: pl.DataFrame, canonical: Canonical, text_keys: npt.NDArray[np.uint64]) -> pl.DataFrame:
    raw = rows["raw"].to_numpy()
    keys = (canonical.tail_keys, canonical.invisible_keys, canonical.homoglyph_keys)
    tail, invisible, homoglyph = (pl.Series(values[raw]).set(pl.Series(values[raw] == 0), None) for values in keys)
    return pl.DataFrame(
        {
            "row": rows["row"],
            "text_key": text_keys,
            "n_invisible": canonical.n_invisible[raw],
            "n_homoglyphs": canonical.n_homoglyphs[raw],
            "invisible_key": invisible,
            "homoglyph_key": homoglyph,
            "tail_key": tail,
            "is_cut": canonical.is_cut[raw],
        },
        schema=MARKS.dtypes(),
    ).sort("row")


def _texts(
    keys: npt.NDArray[np.uint64],
    chars: CodePoints,
    starts: npt.NDArray[np.int64],
    shingles: Shingles,
    scripts: npt.NDArray[np.str_],
    weights: Rows,
    labels: Rows,
) -> pl.DataFrame:
    n = len(keys)
    lengths = np.diff(starts)
    han = np.zeros(n)
    for a, b in blocks(starts, _BLOCK_CHARS):
        before = np.concatenate([[0], np.cumsum(is_short(chars[starts[a] : starts[b]]))])
        han[a:b] = np.diff(before[starts[a : b + 1] - starts[a]])
    # A text that repeats itself says no more than once: only distinct shingles count. They are counted for copied
    # texts only, for nobody asks how much a text says that stands alone.
    copied = np.flatnonzero(np.bincount(labels, weights, minlength=n)[labels] > 1)
    n_distinct = np.zeros(n)
    for start in range(0, len(copied), 1 << 14):
        which = copied[start : start + (1 << 14)]
        n_distinct[which] = distinct(which, shingles)[1]
    alone = np.ones(n, dtype=np.bool_)
    alone[copied] = False
    fresh = np.divide(n_distinct, shingles.count(), out=np.zeros(n), where=shingles.count() > 0)
    bits = fresh * ((lengths - han) * _BITS_PER_LETTER + han * _BITS_PER_HAN)
    return pl.DataFrame(
        {
            "text_key": keys,
            "canonical": _strings(chars, starts),
            "n_chars": lengths,
            "n_shingles": shingles.count(),
            "script": scripts.tolist(),
            "information_bits": pl.Series(bits).set(pl.Series(alone), None),
            "n_comments": weights,
        },
        schema=TEXTS.dtypes(),
    )


def _strings(chars: CodePoints, starts: npt.NDArray[np.int64]) -> pl.Series:
    """Turn texts that lie end to end into a column; canonical texts hold no line breaks."""
    if len(starts) < 2:
        return pl.Series([], dtype=pl.String)
    broken = np.insert(chars, starts[1:-1], 0x0A).astype("<u4").tobytes().decode("utf-32-le")
    return pl.Series([broken]).str.split("\n").explode(empty_as_null=True).fill_null("")


def _members(
    rows: npt.NDArray[np.uint32],
    texts: Rows,
    keys: npt.NDArray[np.uint64],
    labels: Rows,
    similarity: npt.NDArray[np.float64],
) -> pl.DataFrame:
    """List the comments of every cluster of two or more, named after the smallest text key in it."""
    label = labels[texts]
    together = np.bincount(label, minlength=len(keys))[label] > 1 if len(label) else np.zeros(0, np.bool_)
    # Keys ascend with text number, so the smallest number in a cluster has the smallest key.
    name = np.full(len(keys), len(keys), dtype=np.int64)
    np.minimum.at(name, labels, np.arange(len(keys)))
    return pl.DataFrame(
        {
            "row": rows[together],
            "cluster_id": pl.Series(keys[name[label[together]]], dtype=pl.UInt64),
            "text_key": keys[texts[together]],
            "similarity": similarity[texts[together]].round(6),
        },
        schema_overrides={"row": pl.UInt32},
    ).with_columns(
        cluster_id="t" + _hexadecimal(pl.col("cluster_id")),
    ).sort("cluster_id", "row")  # fmt: skip


def _hexadecimal(key: pl.Expr) -> pl.Expr:
    """Write the upper 48 bits of a key as 12 hexadecimal digits."""
    digits = [
        pl.lit("0123456789abcdef").str.slice(((key // 16**place) % 16).cast(pl.Int64), 1) for place in range(15, 3, -1)
    ]
    return pl.concat_str(digits)
