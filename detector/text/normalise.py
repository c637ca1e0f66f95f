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
    FOREIGN,
    INVISIBLE,
    JOINED,
    LATIN,
    LETTER,
    MARK,
    SHORT,
    CodePoints,
    characters,
)  # fmt: skip

_SPACE = 0x20
_ZERO = 0x30
_NINE = 0x39
_JOINER = 0x200D
_SCRIPTS = ("none", "other", "latin", "han", "cyrillic", "arabic")
_TAIL_CHARS = (4, 12)
_TAIL_CONSONANTS = 4
_LETTERS_BESIDE_TAIL = 8
# Texts are taken in blocks whose temporaries stay in the processor's cache.
_BLOCK_CHARS = 1 << 18

_URL = r"(?i)(?:https?://|www\.)[^\s<>\"\p{Han}，。；！？]+"
_MENTION = r"[@＠](?:[A-Za-z0-9_.\-]{1,50}|[\w\-]{1,20}(?:[\s:：,，]|$))"
_HASHTAG = r"#[^#\s]{1,30}#|[#＃][\w]+"


@dataclass(frozen=True)
class Canonical:
    """Canonical texts, end to end, with what was removed from each.

    `chars[starts[i]:starts[i + 1]]` is text i; `keys` (n,) are 64-bit hashes of those, `tail_keys` (n,) hash the word
    cut off (0: none), `n_invisible`, `n_homoglyphs` (n,) count disguise marks, `scripts` (n,) name the script of most
    letters, `is_cut` (n,) marks texts longer than the limit.
    """

    chars: CodePoints
    starts: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    tail_keys: npt.NDArray[np.uint64]
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
    masked = _mask(plain, targets)
    parts = [_normalise_block(block, seed) for block in _blocks(masked)]
    lengths = np.concatenate([np.zeros(1, np.int64), *(part.lengths for part in parts)])
    return Canonical(
        chars=np.concatenate([np.zeros(0, np.uint32), *(part.chars for part in parts)]),
        starts=np.cumsum(lengths),
        keys=np.concatenate([np.zeros(0, np.uint64), *(part.keys for part in parts)]),
        tail_keys=np.concatenate([np.zeros(0, np.uint64), *(part.tail_keys for part in parts)]),
        n_invisible=np.concatenate([np.zeros(0, np.uint16), *(part.n_invisible for part in parts)]),
        n_homoglyphs=np.concatenate([np.zeros(0, np.uint16), *(part.n_homoglyphs for part in parts)]),
        scripts=np.array(_SCRIPTS)[np.concatenate([np.zeros(0, np.int8), *(part.scripts for part in parts)])],
        is_cut=is_cut,
    )


def _mask(texts: pl.Series, targets: pl.Series) -> pl.Series:
    """Blank out addresses, mentions, hashtags and target names; keep a text that consists of nothing else."""
    frame = texts.alias("text").to_frame()
    marked = pl.col("text").str.contains(r"[@＠#＃]|://|(?i:www\.)")
    bare = (
        pl.col("text").str.replace_all(_URL, " ").str.replace_all(_MENTION, " ").str.replace_all(_HASHTAG, " ")
    )  # fmt: skip
    rows = frame.with_row_index("at").filter(marked).with_columns(bare=bare)
    rows = rows.filter(pl.col("bare").str.contains(r"\p{L}"))
    masked = texts.scatter(rows["at"], rows["bare"]) if rows.height else texts
    names = [name for name in targets.to_list() if len(name) >= 4]
    if names:
        masked = masked.to_frame("text").select(
            pl.col("text").str.replace_many(names, [" "] * len(names), ascii_case_insensitive=True, leftmost=True)
        )["text"]
    return masked


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

    hidden = _hides(raw, kinds, owner)
    n_invisible = np.bincount(owner[hidden], minlength=n)
    shown = (kinds & (INVISIBLE | MARK)) == 0
    raw, kinds, owner = raw[shown], kinds[shown], owner[shown]

    swapped = _homoglyphs(kinds, owner, n)
    n_homoglyphs = np.bincount(owner[swapped & _in_mixed_word(kinds, owner)], minlength=n)
    chars = tables.folded[np.where(swapped, tables.lookalike[raw], raw)]

    solid = (kinds & (LETTER | DIGIT)) != 0
    # A text without letters or digits (emoji, cheers) is compared as it stands.
    wordless = np.bincount(owner[solid], minlength=n) == 0
    chars = np.where(wordless[owner], raw, chars)
    solid |= wordless[owner] & ((kinds & BLANK) == 0)
    chars, owner, kinds = _single_spaced(chars, owner, kinds, solid)
    scripts = _scripts(kinds, owner, n)
    chars, owner = _mask_digits(chars, owner)
    chars, owner, tail_keys = _cut_tail(chars, owner, n, seed)
    return _Block(
        chars=chars,
        lengths=np.bincount(owner, minlength=n).astype(np.int64),
        keys=_hash_runs(chars, owner, n, seed),
        tail_keys=tail_keys,
        n_invisible=np.minimum(n_invisible, 65_535).astype(np.uint16),
        n_homoglyphs=np.minimum(n_homoglyphs, 65_535).astype(np.uint16),
        scripts=scripts,
    )


def _hides(raw: CodePoints, kinds: npt.NDArray[np.uint16], owner: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Find invisible characters that touch a letter whose script has no use for them.

    Emoji sequences, and joiners inside Arabic or Indic words, are writing, not disguise.
    """
    plain = ((kinds & LETTER) != 0) & ((kinds & JOINED) == 0)
    before, after = np.zeros_like(plain), np.zeros_like(plain)
    before[1:] = plain[:-1] & (owner[1:] == owner[:-1])
    after[:-1] = plain[1:] & (owner[1:] == owner[:-1])
    follows_emoji = (raw == _JOINER) | ((raw >= 0xFE00) & (raw <= 0xFE0F))
    invisible: npt.NDArray[np.bool_] = ((kinds & INVISIBLE) != 0) & (before | (after & ~follows_emoji))
    return invisible


def _words(kinds: npt.NDArray[np.uint16], owner: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], int]:
    """Number the runs of letters and digits; other characters get the number of the run before them."""
    inside = (kinds & (LETTER | DIGIT)) != 0
    begins = inside.copy()
    begins[1:] &= ~inside[:-1] | (owner[1:] != owner[:-1])
    word = np.cumsum(begins)
    return word, int(word[-1]) + 1 if len(word) else 1


def _any_in(values: npt.NDArray[np.bool_], groups: npt.NDArray[np.int64], n_groups: int) -> npt.NDArray[np.bool_]:
    """Tell for each group whether any of its values is true."""
    found = np.zeros(n_groups, dtype=np.bool_)
    found[groups[values]] = True
    return found


def _in_mixed_word(kinds: npt.NDArray[np.uint16], owner: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Mark the characters of words that hold Latin letters beside foreign look-alikes."""
    word, n_words = _words(kinds, owner)
    latin = _any_in((kinds & LATIN) != 0, word, n_words)
    foreign = _any_in((kinds & FOREIGN) != 0, word, n_words)
    mixed: npt.NDArray[np.bool_] = (latin & foreign)[word]
    return mixed


def _homoglyphs(kinds: npt.NDArray[np.uint16], owner: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.bool_]:
    """Find foreign letters to be read as Latin ones.

    Inside a mixed-script word, or as a whole word of look-alikes in a text whose letters are mostly Latin; a text in
    Cyrillic or Greek is left alone.
    """
    foreign = (kinds & FOREIGN) != 0
    if not foreign.any():
        return foreign
    word, n_words = _words(kinds, owner)
    latin = (kinds & LATIN) != 0
    other = ((kinds & LETTER) != 0) & ~latin & ~foreign
    lookalike_word = ~_any_in(other, word, n_words)[word]
    mostly_latin = (2 * np.bincount(owner[latin], minlength=n) > np.bincount(owner, minlength=n))[owner]
    return foreign & (_in_mixed_word(kinds, owner) | (lookalike_word & mostly_latin))


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
    best = np.argmax(votes, axis=0) + 1
    best[votes.max(axis=0) == 0] = 0
    return best.astype(np.int8)


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


def _cut_tail(
    chars: CodePoints, owner: npt.NDArray[np.int64], n: int, seed: int
) -> tuple[CodePoints, npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Cut off a last word of 4-12 letters and digits that no language writes, and return its key (0: none).

    A word looks random if it mixes letters with masked digits or holds four consonants in a row. Losing an ordinary
    word that looks so ("rhythm") costs a comparison little, since every copy loses it.
    """
    lengths = np.bincount(owner, minlength=n)
    ends = np.cumsum(lengths)
    width = _TAIL_CHARS[1] + 1
    at = ends[:, None] - 1 - np.arange(width)
    within = np.arange(width) < lengths[:, None]
    last = np.where(within, chars[np.maximum(at, 0)] if len(chars) else _SPACE, _SPACE)
    ascii_word = ((last >= 0x61) & (last <= 0x7A)) | (last == _ZERO)
    length = np.where(ascii_word.all(axis=1), width, np.argmin(ascii_word, axis=1))
    inside = np.arange(width) < length[:, None]
    digits = ((last == _ZERO) & inside).any(axis=1)
    consonant = inside & (last != _ZERO) & ~np.isin(last, np.frombuffer(b"aeiouy", dtype=np.uint8))
    letters = (inside & (last != _ZERO)).any(axis=1)
    run, longest = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for column in range(width):
        run = np.where(consonant[:, column], run + 1, 0)
        longest = np.maximum(longest, run)
    random = (digits & letters) | (longest >= _TAIL_CONSONANTS)
    cut = random & (length >= _TAIL_CHARS[0]) & (length <= _TAIL_CHARS[1]) & (lengths - length >= _LETTERS_BESIDE_TAIL)
    if not cut.any():
        return chars, owner, np.zeros(n, dtype=np.uint64)
    position = np.arange(len(chars)) - (ends - lengths)[owner]
    keep_to = lengths - np.where(cut, length, 0)
    tail = position >= keep_to[owner]
    tail_keys = np.where(cut, _hash_runs(chars[tail], owner[tail], n, seed), 0).astype(np.uint64)
    # The space before the tail goes with it.
    trailing = cut[owner] & (position == keep_to[owner] - 1) & (chars == _SPACE)
    keep = ~tail & ~trailing
    return chars[keep], owner[keep], tail_keys


def _hash_runs(chars: CodePoints, owner: npt.NDArray[np.int64], n: int, seed: int) -> npt.NDArray[np.uint64]:
    """Hash each run of characters with one owner to 64 bits: a sum of mixed (position, character) pairs."""
    lengths = np.bincount(owner, minlength=n)
    starts = np.cumsum(lengths) - lengths
    position = (np.arange(len(chars)) - starts[owner]).astype(np.uint64)
    mixed = _mix64((position << np.uint64(21)) | chars.astype(np.uint64), seed)
    sums = np.zeros(n, dtype=np.uint64)
    filled = lengths > 0
    if len(chars):
        sums[filled] = np.add.reduceat(mixed, starts[filled])
    return _mix64(sums ^ lengths.astype(np.uint64), seed)


def _mix64(values: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """Mix 64-bit values (splitmix64; Steele, Lea, Flood 2014)."""
    z = values + np.uint64((0x9E3779B97F4A7C15 * (seed + 1)) & (2**64 - 1))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
