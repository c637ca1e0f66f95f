"""A block of texts to their canonical forms: passes over all characters at once, and more for the few that need it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector.text.characters import (
    ARABIC,
    BLANK,
    CODE,
    CYRILLIC,
    DROPPED_FORM,
    FOREIGN_FORM,
    LATIN,
    LATIN_FORM,
    LETTER,
    OTHER_FORM,
    SHORT,
    SOLID_FORM,
    CodePoints,
    characters,
)
from detector.text.digits import mask_digits
from detector.text.keys import hash_texts
from detector.text.marks import find_hidden, find_swapped, key_marks
from detector.text.tails import find_tails

Places = npt.NDArray[np.int64]

SCRIPTS = ("none", "other", "latin", "han", "cyrillic", "arabic")
_SPACE = 0x20
_BREAK = 0
"""Form of the line break beside a text; no other character has it."""


@dataclass(frozen=True)
class Block:
    """Canonical texts of a block, as in `Canonical`; `scripts` are positions in SCRIPTS."""

    chars: CodePoints
    lengths: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    tail_keys: npt.NDArray[np.uint64]
    invisible_keys: npt.NDArray[np.uint64]
    homoglyph_keys: npt.NDArray[np.uint64]
    n_invisible: npt.NDArray[np.uint16]
    n_homoglyphs: npt.NDArray[np.uint16]
    scripts: npt.NDArray[np.int8]


def normalise_block(raw: CodePoints, breaks: Places, seed: int) -> Block:
    """Bring texts that are masked already into canonical form.

    Parameters
    ----------
    raw
        Texts one after the other, a line break before the first and after each.
    breaks
        (n + 1,) places of these line breaks.
    seed
        Seed of the keys.
    """
    n = len(breaks) - 1
    tables = characters()
    forms = tables.read(raw)
    forms[breaks] = _BREAK
    # Most texts are plain letters, digits and signs: which hold anything else is known from their characters' flags.
    flags = np.bitwise_or.reduceat(forms, breaks[:-1])
    scripts = _scripts(raw, flags, breaks)
    dropped = _dropped(forms, flags, breaks)
    hidden = find_hidden(raw, dropped)
    hiding = np.searchsorted(breaks, hidden) - 1
    invisible_keys = key_marks(
        tables.folded[raw[hidden - 1]], raw[hidden], tables.folded[raw[hidden + 1]], hiding, n, seed
    )  # fmt: skip
    n_homoglyphs, homoglyph_keys = _read_swapped(raw, forms, flags, breaks, seed)
    _keep_wordless(raw, forms, flags, breaks)
    chars, lengths, tail_keys = _compared(forms, breaks, dropped, seed)
    return Block(
        chars=chars,
        lengths=lengths,
        keys=hash_texts(chars, lengths, seed),
        tail_keys=tail_keys,
        invisible_keys=invisible_keys,
        homoglyph_keys=homoglyph_keys,
        n_invisible=np.minimum(np.bincount(hiding, minlength=n), 65_535).astype(np.uint16),
        n_homoglyphs=np.minimum(n_homoglyphs, 65_535).astype(np.uint16),
        scripts=scripts,
    )


def _inside(breaks: Places, which: Places) -> tuple[Places, Places]:
    """Return the places of the characters of some texts, and which of the texts each is in, counted from 0."""
    lengths = breaks[which + 1] - breaks[which] - 1
    return _runs(breaks[which] + 1, lengths), np.repeat(np.arange(len(which)), lengths)


def _runs(starts: Places, lengths: Places) -> Places:
    """Return the places of runs of characters that begin somewhere and are so long."""
    ends = np.cumsum(lengths)
    return np.repeat(starts - (ends - lengths), lengths) + np.arange(int(lengths.sum()))


def _dropped(forms: CodePoints, flags: CodePoints, breaks: Places) -> Places:
    """Find invisible characters and marks."""
    at, _ = _inside(breaks, np.flatnonzero(flags & DROPPED_FORM))
    dropped: Places = at[(forms[at] & DROPPED_FORM) != 0]
    return dropped


def _scripts(raw: CodePoints, flags: CodePoints, breaks: Places) -> npt.NDArray[np.int8]:
    """Name the script of most letters; a Han character weighs as two letters."""
    scripts = np.where(flags & LATIN_FORM, SCRIPTS.index("latin"), SCRIPTS.index("none")).astype(np.int8)
    others = np.flatnonzero(flags & OTHER_FORM)
    if len(others):
        at, owner = _inside(breaks, others)
        kinds = characters().kinds[raw[at]]
        starts = np.searchsorted(owner, np.arange(len(others)))
        weights = ((LETTER, 0.4), (LATIN, 1.0), (SHORT, 2.0), (CYRILLIC, 1.0), (ARABIC, 1.0))
        votes = [np.add.reduceat((kinds & bit) != 0, starts, dtype=np.int32) * weight for bit, weight in weights]
        scripts[others] = np.argmax(votes, axis=0) + 1
    return scripts


def _read_swapped(
    raw: CodePoints, forms: CodePoints, flags: CodePoints, breaks: Places, seed: int
) -> tuple[Places, npt.NDArray[np.uint64]]:
    """Give look-alike letters the forms of the letters they stand for; return how many each text hides, and their key.

    Only a text that holds look-alikes beside Latin letters can hide any.
    """
    n_planted, keys = np.zeros(len(flags), dtype=np.int64), np.zeros(len(flags), dtype=np.uint64)
    both = FOREIGN_FORM | LATIN_FORM
    suspect = np.flatnonzero((flags & both) == both)
    if len(suspect):
        at, owner = _inside(breaks, suspect)
        shown = (forms[at] & DROPPED_FORM) == 0
        at, owner = at[shown], owner[shown]
        swapped = find_swapped(raw[at], owner, len(suspect), seed)
        forms[at[swapped.at]] = swapped.forms
        n_planted[suspect], keys[suspect] = swapped.n_planted, swapped.keys
    return n_planted, keys


def _keep_wordless(raw: CodePoints, forms: CodePoints, flags: CodePoints, breaks: Places) -> None:
    """Let the characters of texts without letters or digits (emoji, cheers) stand for themselves."""
    wordless = np.flatnonzero(flags < SOLID_FORM)
    if len(wordless):
        at, _ = _inside(breaks, wordless)
        at = at[((characters().kinds[raw[at]] & BLANK) == 0) & ((forms[at] & DROPPED_FORM) == 0)]
        forms[at] = raw[at] | SOLID_FORM


def _compared(
    forms: CodePoints, breaks: Places, dropped: Places, seed: int
) -> tuple[CodePoints, Places, npt.NDArray[np.uint64]]:
    """Single spaces, no random last word, digit runs masked: what is compared, its lengths, and the keys of the tails.

    Parameters
    ----------
    forms
        Forms of all characters.
    breaks
        Places of the breaks before the first text and after each.
    dropped
        Places of the characters to be passed over.
    """
    solid = forms >= SOLID_FORM
    keep = solid.copy()
    # A dropped character is to what follows as the last one before it that is not.
    begins = np.diff(dropped, prepend=-1) > 1
    solid[dropped] = solid[dropped[begins] - 1][np.cumsum(begins) - 1]
    # One space stays where others stood: the first after a letter or digit.
    keep[1:] |= solid[:-1]
    keep[breaks] = True
    keep[dropped] = False
    chars = forms.compress(keep)
    chars &= CODE
    breaks = np.flatnonzero(chars == _BREAK)
    trailing = chars[breaks[1:] - 1] == _SPACE
    ends = breaks[1:] - trailing
    which, tail_lengths, keys = find_tails(chars, breaks[:-1] + 1, ends, seed)
    keep = np.ones(len(chars), dtype=np.bool_)
    keep[breaks] = False
    keep[ends[trailing]] = False
    # The space before a tail goes with it.
    spaced = chars[ends[which] - tail_lengths - 1] == _SPACE
    keep[_runs(ends[which] - tail_lengths - spaced, tail_lengths + spaced)] = False
    mask_digits(chars, keep)
    tail_keys = np.zeros(len(ends), dtype=np.uint64)
    tail_keys[which] = keys
    return chars.compress(keep), np.add.reduceat(keep, breaks[:-1], dtype=np.int64), tail_keys
