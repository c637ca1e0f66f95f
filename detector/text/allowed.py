"""Wordings that the user has declared innocent, found again in every disguise that the comparison folds away."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from detector.config import TextConfig
from detector.text.cluster import Clustered
from detector.text.laid import lay, spell
from detector.text.normalise import normalise
from detector.text.sketch import Shingles, shingle


def find_allowed(
    comments: pl.DataFrame, clustered: Clustered, wordings: Sequence[str], config: TextConfig
) -> pl.Series:  # fmt: skip
    """Find the clustered comments that carry a declared wording, or a near copy of one.

    Parameters
    ----------
    comments
        COMMENTS.
    clustered
        Their clusters.
    wordings
        What the user has declared, as people write it; a part of a text will do.
    config
        How texts are compared.

    Returns
    -------
    Series
        Rows, sorted: comments that hold a wording as it stands (whatever its case), or in canonical form, or at least
        `similarity_min` of its shingles.
    """
    members = clustered.members.select("row", "text_key")
    if not wordings:
        return members["row"].clear()
    plain = comments.filter(
        pl.col("text").str.contains_any(list(wordings), ascii_case_insensitive=True)
    ).select("row").join(members, on="row", how="semi")["row"]  # fmt: skip
    texts = clustered.texts.select("text_key", "canonical").join(members, on="text_key", how="semi")
    keys = texts["text_key"].filter(_carry(texts["canonical"], _canonical(comments, wordings, config), config))
    near = members.filter(pl.col("text_key").is_in(keys.implode()))["row"]
    return pl.concat([plain, near]).unique().sort()


def _canonical(comments: pl.DataFrame, wordings: Sequence[str], config: TextConfig) -> pl.Series:
    """Bring the wordings into the form in which the texts of these comments were compared."""
    targets = comments["target"].str.replace(r"^[a-z]+:", "").drop_nulls().unique().sort()
    form = normalise(pl.Series(wordings), targets, max_text_chars=config.max_text_chars, seed=config.seed)
    found = spell(form.chars, form.starts)
    return found.filter(found != "")


def _carry(texts: pl.Series, wordings: pl.Series, config: TextConfig) -> pl.Series:
    """Tell which canonical texts hold a wording, or enough of its shingles."""
    carries = texts.str.contains_any(wordings.to_list()).to_numpy(writable=True)
    of_texts, of_wordings = _shingle(texts, config), _shingle(wordings, config)
    starts = of_texts.starts
    for number in np.flatnonzero(of_wordings.count() >= config.min_shingles).tolist():
        wanted = np.unique(of_wordings.hashes[of_wordings.starts[number] : of_wordings.starts[number + 1]])
        held = np.flatnonzero(np.isin(of_texts.hashes, wanted))
        owner = np.searchsorted(starts, held, side="right") - 1
        # A shingle that a text repeats counts once.
        pairs = np.unique(owner.astype(np.uint64) << np.uint64(32) | of_texts.hashes[held])
        shared = np.bincount((pairs >> np.uint64(32)).astype(np.int64), minlength=len(texts))
        carries |= shared >= config.similarity_min * len(wanted)
    return pl.Series(carries)


def _shingle(texts: pl.Series, config: TextConfig) -> Shingles:
    return shingle(*lay(texts), length=config.shingle_chars, length_han=config.shingle_chars_han)
