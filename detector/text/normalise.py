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

from detector.text.block import SCRIPTS, Block, normalise_block
from detector.text.characters import CodePoints
from detector.text.compatible import compatible
from detector.text.masks import mask

Places = npt.NDArray[np.int64]

# Texts are masked in chunks that bound what lies in memory at once, and read in blocks whose temporaries stay in the
# processor's cache.
_CHUNK_CHARS = 1 << 21
_BLOCK_BYTES = 1 << 18


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
        scripts=np.array(SCRIPTS)[np.concatenate([np.zeros(0, np.int8), *(part.scripts for part in parts)])],
        is_cut=sizes > max_text_chars,
    )


def _cuts(ends: Places, size: int) -> list[tuple[int, int]]:
    """Cut texts into runs of whole texts, each of about `size` by `ends`: (first, last + 1)."""
    if not len(ends):
        return []
    cuts = np.searchsorted(ends, np.arange(size, ends[-1], size)) + 1
    bounds = np.unique(np.concatenate([[0], cuts, [len(ends)]])).tolist()
    return list(itertools.pairwise(bounds))


def _normalise_chunk(texts: pl.Series, targets: pl.Series, max_chars: int, seed: int) -> list[Block]:
    texts = mask(compatible(texts, max_chars), targets)
    laid, ends, breaks = _lay(texts)
    return [
        # A block is decoded while its bytes are at hand; it begins with the break before its first text.
        normalise_block(
            np.frombuffer(laid[ends[a] : ends[b] + 1].decode().encode("utf-32-le"), dtype=np.uint32),
            breaks[a : b + 1] - breaks[a],
            seed,
        )
        for a, b in _cuts(ends[1:], _BLOCK_BYTES)
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
