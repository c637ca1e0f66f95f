"""COMMENTS to TEXTS, MARKS and MEMBERS: equal texts, then near copies, then cohesive clusters."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.abreast import in_order
from detector.config import TextConfig
from detector.schema import MARKS, MEMBERS, TEXTS
from detector.text.compare import Shelf
from detector.text.laid import blocks, spell, starts_of
from detector.text.near import BLOCK_BYTES, Allocate, group, sketch_texts
from detector.text.normalise import Canonical, normalise
from detector.text.repeats import collapse
from detector.text.sketch import Hashes

Rows = npt.NDArray[np.int64]

# Written language carries about this much per character once a reader knows the context (Shannon 1951 for English,
# 0.6-1.3 bits a letter; about 4-5 bits a character are measured for Chinese).
_BITS_PER_LETTER = 1.5
_BITS_PER_HAN = 5.0


@dataclass(frozen=True)
class Clustered:
    """What the text wing found.

    `texts` (TEXTS), `marks` (MARKS) and `members` (MEMBERS); clusters hold two or more comments.
    """

    texts: pl.DataFrame
    marks: pl.DataFrame
    members: pl.DataFrame


def cluster_comments(
    comments: pl.DataFrame,
    config: TextConfig,
    progress: Callable[[int, int], None] | None = None,
    *,
    allocate: Allocate = np.empty,
) -> Clustered:
    """Find clusters of near copies among comments.

    Parameters
    ----------
    comments
        COMMENTS.
    config
        How texts are compared.
    progress
        Called now and then with the number of distinct texts that have been sketched, and of all there are.
    allocate
        Makes the array that holds the signatures, `n_permutations` 32-bit numbers for each distinct text; it may map
        a file.

    Returns
    -------
    Clustered
        Every comment is in `marks`; comments whose text stands alone are in no cluster.

    Notes
    -----
    Equal raw texts are collapsed first, so that a million identical comments cost less than a million different ones.
    The others pass in blocks that leave behind a signature and some numbers; the few texts that meet a near copy are
    read again.
    """
    written = comments.select("row", "text").filter(pl.col("text").str.contains(r"\S"))
    first_raw, raw_of_row = collapse(written["text"])
    raw = _Raw(written["text"].gather(first_raw), _targets(comments), config)
    signatures = allocate((len(first_raw), config.n_permutations), np.uint32)
    found = raw.take(signatures, progress or (lambda _done, _total: None))

    # Distinct canonical texts, in the order of their keys: `first` is an example of each.
    keys, first, of_raw = np.unique(found["text_key"].to_numpy(), return_index=True, return_inverse=True)
    texts = found[first].select("text_key", "n_chars", "n_shingles", "script")
    text_of_row = of_raw[raw_of_row]
    weights = np.bincount(text_of_row, minlength=len(keys))
    shelf = Shelf(lambda numbers: raw.read(first[numbers]), len(keys), config)
    labels, similarity = group(
        signatures, first, texts["n_shingles"].to_numpy().astype(np.int64), weights, shelf, config
    )
    del signatures
    copied = np.flatnonzero(np.bincount(labels, weights, minlength=len(keys))[labels] > 1)
    return Clustered(
        TEXTS.check(_texts(texts, weights, copied, shelf)),
        MARKS.check(_marks(written["row"], found, raw_of_row)),
        MEMBERS.check(_members(written["row"].to_numpy(), text_of_row, keys, labels, similarity)),
    )


def _targets(comments: pl.DataFrame) -> pl.Series:
    return comments["target"].str.replace(r"^[a-z]+:", "").drop_nulls().unique().sort()


@dataclass(frozen=True)
class _Raw:
    """Distinct raw texts, canonical for as long as somebody looks at them."""

    texts: pl.Series
    targets: pl.Series
    config: TextConfig

    def take(self, signatures: Hashes, progress: Callable[[int, int], None]) -> pl.DataFrame:
        """Write the signature of every text, and return what else is kept of each, one row a text."""
        cuts = list(blocks(starts_of(self.texts.str.len_bytes().to_numpy()), BLOCK_BYTES))
        parts = [self._take_block(self.texts[:0], signatures[:0])]
        for (_, done), part in zip(
            cuts,
            in_order(lambda cut: self._take_block(self.texts[cut[0] : cut[1]], signatures[cut[0] : cut[1]]), cuts),
            strict=True,
        ):
            parts.append(part)
            progress(done, len(self.texts))
        return pl.concat(parts)

    def read(self, numbers: Rows) -> pl.Series:
        """Return the canonical form of some texts."""
        canonical = self._normalise(self.texts.gather(numbers))
        return spell(canonical.chars, canonical.starts)

    def _normalise(self, texts: pl.Series) -> Canonical:
        return normalise(texts, self.targets, max_text_chars=self.config.max_text_chars, seed=self.config.seed)

    def _take_block(self, texts: pl.Series, signatures: Hashes) -> pl.DataFrame:
        canonical = self._normalise(texts)
        # Copies that a disguise sets apart are sketched once.
        _, first, number = np.unique(canonical.keys, return_index=True, return_inverse=True)
        lengths = np.diff(canonical.starts)
        chars, kept = canonical.chars, np.ones(len(lengths), dtype=np.bool_)
        if len(first) < len(number):
            kept[:] = False
            kept[first] = True
            chars = chars[np.repeat(kept, lengths)]
        place = (np.cumsum(kept) - 1)[first[number]]
        sketches = np.empty((len(first), signatures.shape[1]), dtype=np.uint32)
        n_shingles = sketch_texts(chars, starts_of(lengths[kept]), self.config, sketches)
        np.take(sketches, place, axis=0, out=signatures, mode="clip")
        return _kept(canonical, lengths, n_shingles[place])


def _kept(canonical: Canonical, n_chars: Rows, n_shingles: Rows) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "text_key": canonical.keys,
            "n_invisible": canonical.n_invisible,
            "n_homoglyphs": canonical.n_homoglyphs,
            "invisible_key": _null_if_none(canonical.invisible_keys),
            "homoglyph_key": _null_if_none(canonical.homoglyph_keys),
            "tail_key": _null_if_none(canonical.tail_keys),
            "is_cut": canonical.is_cut,
            "n_chars": n_chars.astype(np.uint32),
            "n_shingles": n_shingles.astype(np.uint32),
            "script": canonical.scripts.tolist(),
        },
        schema_overrides={"script": pl.String},
    )


def _null_if_none(keys: npt.NDArray[np.uint64]) -> pl.Series:
    return pl.Series(keys).set(pl.Series(keys == 0), None)


def _marks(rows: pl.Series, found: pl.DataFrame, raw_of_row: Rows) -> pl.DataFrame:
    names = [name for name in MARKS.dtypes() if name != "row"]
    return found.select(names)[raw_of_row].insert_column(0, rows).sort("row")


def _texts(texts: pl.DataFrame, weights: Rows, copied: Rows, shelf: Shelf) -> pl.DataFrame:
    """Complete TEXTS: how they read, and how much they say, of copied texts only; nobody asks it of the others."""
    of_copied = texts[copied]
    # A text that repeats itself says no more than once: only distinct shingles count.
    n_shingles, han = of_copied["n_shingles"].to_numpy(), shelf.n_short(copied)
    fresh = np.divide(shelf.n_distinct(copied), n_shingles, out=np.zeros(len(copied)), where=n_shingles > 0)
    bits = fresh * ((of_copied["n_chars"].to_numpy() - han) * _BITS_PER_LETTER + han * _BITS_PER_HAN)
    of_text = np.zeros(texts.height, dtype=np.int64)
    of_text[copied] = np.arange(1, len(copied) + 1)
    return texts.with_columns(
        canonical=pl.concat([pl.Series([None], dtype=pl.String), shelf.texts(copied)]).gather(of_text),
        information_bits=pl.concat([pl.Series([None], dtype=pl.Float64), pl.Series(bits)]).gather(of_text),
        n_comments=pl.Series(weights, dtype=pl.UInt32),
    ).select(list(TEXTS.dtypes()))


def _members(
    rows: npt.NDArray[np.uint32],
    texts: Rows,
    keys: npt.NDArray[np.uint64],
    labels: Rows,
    similarity: npt.NDArray[np.float64],
) -> pl.DataFrame:
    """List the comments of every cluster of two or more, named after the smallest text key in it."""
    label = labels[texts]
    together = np.flatnonzero(np.bincount(label, minlength=len(keys))[label] > 1)
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
