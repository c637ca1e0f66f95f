"""Raw texts to canonical texts: what remains equal when a copy is disguised.

In order: compatibility forms (NFKC); addresses, mentions, hashtags and known targets masked; invisible characters
dropped and counted; look-alike letters folded inside mixed-script words and counted; case, diacritics and traditional
characters folded; letters and digits kept, digit runs masked; a random-looking last word cut off and remembered. The
canonical text serves comparison only and is never shown.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

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
from detector.text.compatible import compatible
from detector.text.digits import mask_digits
from detector.text.keys import hash_texts
from detector.text.marks import find_hidden, find_swapped, key_marks
from detector.text.masks import mask
from detector.text.tails import find_tails

Places = npt.NDArray[np.int64]

_SPACE = 0x20
_BREAK = 0
"""Form of the line break beside a text; no other character has it."""
_SCRIPTS = ("none", "other", "latin", "han", "cyrillic", "arabic")
# Texts are masked in chunks that bound what lies in memory at once, and taken up in blocks of about as many bytes whose
# temporaries stay in the processor's cache.
_CHUNK_CHARS = 1 << 21
_BLOCK_CHARS = 1 << 18


@dataclass(frozen=True)
class Canonical:
    """Canonical texts, end to end, with what was removed from each.

    `chars[starts[i]:starts[i + 1]]` is text i; `keys` (n,) are 64-bit hashes of those; `tail_keys`,
    `invisible_keys`, `homoglyph_keys` (n,) tell marks of disguise apart (0: none), as in MARKS, and `n_invisible`,
    `n_homoglyphs` (n,) count them; `scripts` (n,) name the script of most
    letters, `is_cut` (n,) marks texts longer than the limit.
    """

    chars: CodePoints
    starts: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    tail_keys: npt.NDArray[np.uint64]
    invisible_keys: npt.NDArray[np.uint64]
    homoglyph_keys: npt.NDArray[np.uint64]
    n_invisible: npt.NDArray[np.uint16]
    n_homoglyphs: npt.NDArray[np.uint16]
    scripts: npt.NDArray[np.str_]
    is_cut: npt.NDArray[np.bool_]


def normalise(texts: pl.Series, targets: pl.Series, *, max_text_chars: int, seed: int) -> Canonical:
    """Bring texts into canonical form.

    Parameters
    ----------
    texts
        (n,) raw texts, no nulls.
    targets
        Names of known targets, to be masked wherever they stand.
    max_text_chars
        Longer texts are compared on their first characters, in characters.
    seed
        Seed of the text keys.

    Returns
    -------
    Canonical
        One entry per text, in order.

    Notes
    -----
    Time and memory are linear in characters; no Python runs per text.
    """
    sizes = texts.str.len_chars().to_numpy()
    parts = [
        part
        for a, b in _cuts(np.cumsum(sizes, dtype=np.int64), _CHUNK_CHARS)
        for part in _normalise_chunk(texts.slice(a, b - a), targets, max_text_chars, seed)
    ]
    lengths = np.concatenate([np.zeros(1, np.int64), *(part.lengths for part in parts)])
    return Canonical(
        chars=np.concatenate([np.zeros(0, np.uint32), *(part.chars for part in parts)]),
        starts=np.cumsum(lengths),
        keys=np.concatenate([np.zeros(0, np.uint64), *(part.keys for part in parts)]),
        tail_keys=np.concatenate([np.zeros(0, np.uint64), *(part.tail_keys for part in parts)]),
        invisible_keys=np.concatenate([np.zeros(0, np.uint64), *(part.invisible_keys for part in parts)]),
        homoglyph_keys=np.concatenate([np.zeros(0, np.uint64), *(part.homoglyph_keys for part in parts)]),
        n_invisible=np.concatenate([np.zeros(0, np.uint16), *(part.n_invisible for part in parts)]),
        n_homoglyphs=np.concatenate([np.zeros(0, np.uint16), *(part.n_homoglyphs for part in parts)]),
        scripts=np.array(_SCRIPTS)[np.concatenate([np.zeros(0, np.int8), *(part.scripts for part in parts)])],
        is_cut=sizes > max_text_chars,
    )


def _cuts(ends: Places, size: int) -> list[tuple[int, int]]:
    """Cut texts into runs of whole texts, of about `size` characters each: (first, last + 1)."""
    if not len(ends):
        return []
    cuts = np.searchsorted(ends, np.arange(size, ends[-1], size)) + 1
    bounds = np.unique(np.concatenate([[0], cuts, [len(ends)]])).tolist()
    return list(itertools.pairwise(bounds))


@dataclass(frozen=True)
class _Block:
    chars: CodePoints
    lengths: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    tail_keys: npt.NDArray[np.uint64]
    invisible_keys: npt.NDArray[np.uint64]
    homoglyph_keys: npt.NDArray[np.uint64]
    n_invisible: npt.NDArray[np.uint16]
    n_homoglyphs: npt.NDArray[np.uint16]
    scripts: npt.NDArray[np.int8]


def _normalise_chunk(texts: pl.Series, targets: pl.Series, max_chars: int, seed: int) -> list[_Block]:
    texts = mask(compatible(texts, max_chars), targets)
    laid, ends, breaks = _lay(texts)
    return [
        # A block is decoded while its bytes are at hand; it begins with the break before its first text.
        _normalise_block(
            np.frombuffer(laid[ends[a] : ends[b] + 1].decode().encode("utf-32-le"), dtype=np.uint32),
            breaks[a : b + 1] - breaks[a],
            seed,
        )
        for a, b in _cuts(ends[1:], _BLOCK_CHARS)
    ]


def _lay(texts: pl.Series) -> tuple[bytes, Places, Places]:
    """Lay texts one after the other, a line break before the first and after each.

    Returns
    -------
    laid
        All of them in UTF-8.
    ends, breaks
        (n + 1,) places of the line breaks, in bytes and in characters.
    """
    laid: bytes = texts.str.join("\n").cast(pl.Binary).item()
    ends, breaks = (np.zeros(len(texts) + 1, dtype=np.int64) for _ in range(2))
    np.cumsum(texts.str.len_bytes().to_numpy().astype(np.int64) + 1, out=ends[1:])
    np.cumsum(texts.str.len_chars().to_numpy().astype(np.int64) + 1, out=breaks[1:])
    return b"\n" + laid + b"\n", ends, breaks


def _normalise_block(raw: CodePoints, breaks: Places, seed: int) -> _Block:
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
    return _Block(
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
    scripts = np.where(flags & LATIN_FORM, _SCRIPTS.index("latin"), _SCRIPTS.index("none")).astype(np.int8)
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
