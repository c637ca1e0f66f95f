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
    CYRILLIC,
    DIGIT,
    INVISIBLE,
    LATIN,
    LETTER,
    MARK,
    SHORT,
    CodePoints,
    characters,
)
from detector.text.keys import hash_runs
from detector.text.marks import find_hidden, find_homoglyphs, in_mixed_word, key_marks
from detector.text.masks import mask
from detector.text.tails import cut_tail

_SPACE = 0x20
_ZERO = 0x30
_NINE = 0x39
_SCRIPTS = ("none", "other", "latin", "han", "cyrillic", "arabic")
# Texts are taken in blocks whose temporaries stay in the processor's cache.
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
    is_cut = (texts.str.len_chars() > max_text_chars).to_numpy()
    # NFKC may grow a character eighteenfold, so the limit is applied again after it.
    plain = texts.str.slice(0, max_text_chars).str.normalize("NFKC").str.slice(0, max_text_chars)
    masked = mask(plain, targets)
    parts = [_normalise_block(block, seed) for block in _blocks(masked)]
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
        is_cut=is_cut,
    )


def _blocks(texts: pl.Series) -> list[pl.Series]:
    """Cut a series into runs of about `_BLOCK_CHARS` characters."""
    ends = texts.str.len_chars().cast(pl.Int64).cum_sum().to_numpy()
    if not len(ends):
        return []
    cuts = np.searchsorted(ends, np.arange(_BLOCK_CHARS, ends[-1], _BLOCK_CHARS)) + 1
    bounds = np.unique(np.concatenate([[0], cuts, [len(ends)]]))
    return [texts.slice(int(a), int(b - a)) for a, b in itertools.pairwise(bounds)]


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


def _normalise_block(texts: pl.Series, seed: int) -> _Block:
    n = len(texts)
    tables = characters()
    raw = np.frombuffer("".join(texts.to_list()).encode("utf-32-le"), dtype=np.uint32)
    owner = np.repeat(np.arange(n), texts.str.len_chars().to_numpy())
    tables.learn(raw)
    kinds = tables.kinds[raw]

    hidden = np.flatnonzero(find_hidden(raw, kinds, owner))
    n_invisible = np.bincount(owner[hidden], minlength=n)
    invisible_keys = key_marks(hidden, raw, tables.folded[raw], owner, n, seed)
    shown = (kinds & (INVISIBLE | MARK)) == 0
    raw, kinds, owner = raw[shown], kinds[shown], owner[shown]

    swapped = find_homoglyphs(kinds, owner, n)
    chars = tables.folded[np.where(swapped, tables.lookalike[raw], raw)]
    planted = np.flatnonzero(swapped & in_mixed_word(kinds, owner))
    n_homoglyphs = np.bincount(owner[planted], minlength=n)
    homoglyph_keys = key_marks(planted, raw, chars, owner, n, seed)

    solid = (kinds & (LETTER | DIGIT)) != 0
    # A text without letters or digits (emoji, cheers) is compared as it stands.
    wordless = np.bincount(owner[solid], minlength=n) == 0
    chars = np.where(wordless[owner], raw, chars)
    solid |= wordless[owner] & ((kinds & BLANK) == 0)
    chars, owner, kinds = _single_spaced(chars, owner, kinds, solid)
    scripts = _scripts(kinds, owner, n)
    chars, owner, tail_keys = cut_tail(chars, owner, n, seed)
    chars, owner = _mask_digits(chars, owner)
    return _Block(
        chars=chars,
        lengths=np.bincount(owner, minlength=n).astype(np.int64),
        keys=hash_runs(chars, owner, n, seed),
        tail_keys=tail_keys,
        invisible_keys=invisible_keys,
        homoglyph_keys=homoglyph_keys,
        n_invisible=np.minimum(n_invisible, 65_535).astype(np.uint16),
        n_homoglyphs=np.minimum(n_homoglyphs, 65_535).astype(np.uint16),
        scripts=scripts,
    )


def _single_spaced(
    chars: CodePoints, owner: npt.NDArray[np.int64], kinds: npt.NDArray[np.uint16], solid: npt.NDArray[np.bool_]
) -> tuple[CodePoints, npt.NDArray[np.int64], npt.NDArray[np.uint16]]:
    """Keep solid characters, and one space where others stood between two of the same text."""
    at = np.flatnonzero(solid)
    if not len(at):
        return chars[:0], owner[:0], kinds[:0]
    gap = (np.diff(at) > 1) & (owner[at[1:]] == owner[at[:-1]])
    # Each kept character is preceded by a space if a gap was before it.
    place = np.arange(len(at)) + np.concatenate([[0], np.cumsum(gap)])
    spaced = np.full(int(place[-1]) + 1, _SPACE, dtype=np.uint32)
    spaced[place] = chars[at]
    whose = np.empty(len(spaced), dtype=np.int64)
    whose[place] = owner[at]
    sort = np.zeros(len(spaced), dtype=np.uint16)
    sort[place] = kinds[at]
    holes = place[1:][gap] - 1
    whose[holes] = owner[at[1:][gap]]
    return spaced, whose, sort


def _scripts(kinds: npt.NDArray[np.uint16], owner: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int8]:
    """Name the script of most letters; a Han character weighs as two letters."""
    votes = np.stack(
        [
            np.bincount(owner[(kinds & LETTER) != 0], minlength=n) * 0.4,
            np.bincount(owner[(kinds & LATIN) != 0], minlength=n),
            np.bincount(owner[(kinds & SHORT) != 0], minlength=n) * 2.0,
            np.bincount(owner[(kinds & CYRILLIC) != 0], minlength=n),
            np.bincount(owner[(kinds & ARABIC) != 0], minlength=n),
        ]
    )
    best: npt.NDArray[np.int8] = (np.argmax(votes, axis=0) + 1).astype(np.int8)
    best[votes.max(axis=0) == 0] = 0
    return best


def _mask_digits(chars: CodePoints, owner: npt.NDArray[np.int64]) -> tuple[CodePoints, npt.NDArray[np.int64]]:
    """Read short digit runs between letters as the letters they stand for (w0n), and every other run as one zero."""
    digit = (chars >= _ZERO) & (chars <= _NINE)
    if not digit.any():
        return chars, owner
    first = digit.copy()
    first[1:] &= ~digit[:-1] | (owner[1:] != owner[:-1])
    starts = np.flatnonzero(first)
    last = digit.copy()
    last[:-1] &= ~digit[1:] | (owner[1:] != owner[:-1])
    ends = np.flatnonzero(last)
    inner = np.zeros(len(starts), dtype=np.bool_)
    lettered = (starts > 0) & (ends < len(chars) - 1)
    s, e = starts[lettered], ends[lettered]
    inner[lettered] = (
        (e - s < 2)
        & (chars[s - 1] != _SPACE) & (chars[e + 1] != _SPACE)
        & (owner[s - 1] == owner[s]) & (owner[e + 1] == owner[e])
    )  # fmt: skip
    leet = np.frombuffer(b"oizeasgtbg", dtype=np.uint8).astype(np.uint32)
    run = np.cumsum(first) - 1
    kept = ~digit | first | (digit & inner[np.maximum(run, 0)])
    out = chars.copy()
    read = digit & inner[np.maximum(run, 0)]
    out[read] = leet[chars[read] - _ZERO]
    out[digit & ~read] = _ZERO
    return out[kept], owner[kept]
