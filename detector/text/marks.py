"""Marks of disguise inside texts: invisible characters beside letters, and look-alike letters inside words."""

import numpy as np
import numpy.typing as npt

from detector.text.characters import (
    DIGIT,
    FOREIGN,
    INVISIBLE,
    JOINED,
    LATIN,
    LETTER,
    SHORT,
    CodePoints,
)  # fmt: skip
from detector.text.keys import mix64

Owners = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]

_JOINER = 0x200D


def find_hidden(raw: CodePoints, kinds: Kinds, owner: Owners) -> Mask:
    """Find invisible characters that touch a letter whose script has no use for them.

    Emoji sequences, joiners inside Arabic or Indic words, and signs with a variation selector (as in many emoji, and
    in Japanese names) are writing, not disguise: a selector counts only between two alphabetic letters.
    """
    plain = ((kinds & LETTER) != 0) & ((kinds & JOINED) == 0)
    before, after = np.zeros_like(plain), np.zeros_like(plain)
    before[1:] = plain[:-1] & (owner[1:] == owner[:-1])
    after[:-1] = plain[1:] & (owner[1:] == owner[:-1])
    han_before = np.zeros_like(plain)
    han_before[1:] = (kinds[:-1] & SHORT) != 0
    selector = ((raw >= 0xFE00) & (raw <= 0xFE0F)) | ((raw >= 0xE0000) & (raw <= 0xE0FFF))
    touches = np.where(selector, before & after & ~han_before, before | (after & (raw != _JOINER)))
    hidden: Mask = ((kinds & INVISIBLE) != 0) & touches
    return hidden


def _words(kinds: Kinds, owner: Owners) -> tuple[Owners, int]:
    """Number the runs of letters and digits; other characters get the number of the run before them."""
    inside = (kinds & (LETTER | DIGIT)) != 0
    begins = inside.copy()
    begins[1:] &= ~inside[:-1] | (owner[1:] != owner[:-1])
    word = np.cumsum(begins)
    return word, int(word[-1]) + 1 if len(word) else 1


def _any_in(values: Mask, groups: Owners, n_groups: int) -> Mask:
    """Tell for each group whether any of its values is true."""
    found = np.zeros(n_groups, dtype=np.bool_)
    found[groups[values]] = True
    return found


def in_mixed_word(kinds: Kinds, owner: Owners) -> Mask:
    """Mark the characters of words that hold Latin letters beside foreign look-alikes."""
    word, n_words = _words(kinds, owner)
    latin = _any_in((kinds & LATIN) != 0, word, n_words)
    foreign = _any_in((kinds & FOREIGN) != 0, word, n_words)
    mixed: Mask = (latin & foreign)[word]
    return mixed


def find_homoglyphs(kinds: Kinds, owner: Owners, n: int) -> Mask:
    """Find foreign letters to be read as Latin ones.

    Inside a mixed-script word, or as a whole word of look-alikes in a text whose letters are mostly Latin; a text in
    Cyrillic or Greek is left alone.
    """
    foreign: Mask = (kinds & FOREIGN) != 0
    if not foreign.any():
        return foreign
    word, n_words = _words(kinds, owner)
    latin = (kinds & LATIN) != 0
    other = ((kinds & LETTER) != 0) & ~latin & ~foreign
    lookalike_word = ~_any_in(other, word, n_words)[word]
    mostly_latin = (2 * np.bincount(owner[latin], minlength=n) > np.bincount(owner, minlength=n))[owner]
    read: Mask = foreign & (in_mixed_word(kinds, owner) | (lookalike_word & mostly_latin))
    return read


def key_marks(
    at: Owners, raw: CodePoints, folded: CodePoints, owner: Owners, n: int, seed: int
) -> npt.NDArray[np.uint64]:
    """Give each text a key for its marks: which they are, and between which characters (0: none).

    Parameters
    ----------
    at
        (k,) positions of the marks.
    raw, folded, owner
        Characters as written and as compared, and the text that each belongs to.

    Notes
    -----
    The key does not depend on where in the text the marks stand, so that a marked passage that somebody pastes behind
    words of their own keeps its key.
    """
    around = np.full((2, len(at)), 0x20, dtype=np.uint64)
    for side, step in enumerate((-1, 1)):
        beside = np.clip(at + step, 0, len(raw) - 1)
        same = (owner[beside] == owner[at]) & (beside == at + step)
        around[side, same] = folded[beside[same]]
    keys = np.zeros(n, dtype=np.uint64)
    code = (around[0] << np.uint64(42)) | (raw[at].astype(np.uint64) << np.uint64(21)) | around[1]
    np.add.at(keys, owner[at], mix64(code, seed))
    return keys
