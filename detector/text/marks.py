"""Marks of disguise inside texts: invisible characters beside letters, and look-alike letters inside words."""

from dataclasses import dataclass

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
    characters,
)
from detector.text.keys import mix64

Places = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]

_SPACE = 0x20
_JOINER = 0x200D


def find_hidden(raw: CodePoints, at: Places) -> Places:
    """Find invisible characters that touch a letter whose script has no use for them.

    Emoji sequences, joiners inside Arabic or Indic words, and signs with a variation selector (as in many emoji, and
    in Japanese names) are writing, not disguise: a selector counts only between two alphabetic letters.

    Parameters
    ----------
    raw
        Texts one after the other, a line break before the first and after each, which is neither letter nor invisible.
    at
        Places that may hold invisible characters; none is the first or the last.
    """
    kinds = characters().kinds
    at = at[(kinds[raw[at]] & INVISIBLE) != 0]
    sign = raw[at]
    before, after = ((kinds[raw[at + step]] & (LETTER | JOINED)) == LETTER for step in (-1, 1))
    han_before = (kinds[raw[at - 1]] & SHORT) != 0
    selector = ((sign >= 0xFE00) & (sign <= 0xFE0F)) | ((sign >= 0xE0000) & (sign <= 0xE0FFF))
    touches = np.where(selector, before & after & ~han_before, before | (after & (sign != _JOINER)))
    hidden: Places = at[touches]
    return hidden


def _words(kinds: Kinds, owner: Places) -> tuple[Places, int]:
    """Number the runs of letters and digits; other characters get the number of the run before them."""
    inside = (kinds & (LETTER | DIGIT)) != 0
    begins = inside.copy()
    begins[1:] &= ~inside[:-1] | (owner[1:] != owner[:-1])
    word = np.cumsum(begins)
    return word, int(word[-1]) + 1 if len(word) else 1


def _any_in(values: Mask, groups: Places, n_groups: int) -> Mask:
    """Tell for each group whether any of its values is true."""
    found = np.zeros(n_groups, dtype=np.bool_)
    found[groups[values]] = True
    return found


def in_mixed_word(kinds: Kinds, owner: Places) -> Mask:
    """Mark the characters of words that hold Latin letters beside foreign look-alikes."""
    word, n_words = _words(kinds, owner)
    latin = _any_in((kinds & LATIN) != 0, word, n_words)
    foreign = _any_in((kinds & FOREIGN) != 0, word, n_words)
    mixed: Mask = (latin & foreign)[word]
    return mixed


def find_homoglyphs(kinds: Kinds, owner: Places, n: int) -> Mask:
    """Find foreign letters to be read as Latin ones.

    Inside a mixed-script word, or as a whole word of look-alikes in a text whose letters are mostly Latin; a text in
    Cyrillic or Greek is left alone.
    """
    foreign = (kinds & FOREIGN) != 0
    word, n_words = _words(kinds, owner)
    latin = (kinds & LATIN) != 0
    other = ((kinds & LETTER) != 0) & ~latin & ~foreign
    lookalike_word = ~_any_in(other, word, n_words)[word]
    mostly_latin = (2 * np.bincount(owner[latin], minlength=n) > np.bincount(owner, minlength=n))[owner]
    read: Mask = foreign & (in_mixed_word(kinds, owner) | (lookalike_word & mostly_latin))
    return read


@dataclass(frozen=True)
class Swapped:
    """Foreign letters to be read as Latin ones.

    `at` (k,) are their places and `forms` (k,) what they are to be read as; `n_planted` and `keys` (n,) count those
    inside words of both scripts, and tell them apart as in `key_marks`.
    """

    at: Places
    forms: CodePoints
    n_planted: Places
    keys: npt.NDArray[np.uint64]


def find_swapped(raw: CodePoints, owner: Places, n: int, seed: int) -> Swapped:
    """Find foreign letters to be read as Latin ones, and what they are to be read as.

    Parameters
    ----------
    raw
        Characters of all texts that are neither invisible nor marks, end to end.
    owner
        The text each belongs to, of `n`.
    """
    tables = characters()
    kinds = tables.kinds[raw]
    swapped = find_homoglyphs(kinds, owner, n)
    read = np.where(swapped, tables.lookalike[raw], raw)
    planted = np.flatnonzero(swapped & in_mixed_word(kinds, owner))
    around = np.full((2, len(planted)), _SPACE, dtype=np.uint32)
    for side, step in enumerate((-1, 1)):
        beside = np.clip(planted + step, 0, len(raw) - 1)
        same = (owner[beside] == owner[planted]) & (beside != planted)
        around[side, same] = tables.folded[read[beside[same]]]
    at = np.flatnonzero(swapped)
    return Swapped(
        at=at,
        forms=tables.forms[read[at]],
        n_planted=np.bincount(owner[planted], minlength=n),
        keys=key_marks(around[0], raw[planted], around[1], owner[planted], n, seed),
    )


def key_marks(
    before: CodePoints, marks: CodePoints, after: CodePoints, owner: Places, n: int, seed: int
) -> npt.NDArray[np.uint64]:
    """Give each text a key for its marks: which they are, and between which characters (0: none).

    Parameters
    ----------
    before, marks, after
        (k,) characters of the marks as written, and beside them as compared.
    owner
        (k,) the text each is in, of `n`.

    Notes
    -----
    The key does not depend on where in the text the marks stand, so that a marked passage that somebody pastes behind
    words of their own keeps its key.
    """
    keys = np.zeros(n, dtype=np.uint64)
    code = before.astype(np.uint64) << np.uint64(42) | marks.astype(np.uint64) << np.uint64(21) | after
    np.add.at(keys, owner, mix64(code, seed))
    return keys
