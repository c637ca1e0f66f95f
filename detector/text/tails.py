"""Random-looking last words, which differ from copy to copy: cut off for comparison, and remembered."""

from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from detector.text.characters import CodePoints
from detector.text.keys import hash_texts

Places = npt.NDArray[np.int64]

_ZERO = 0x30
_TAIL_CHARS = (4, 12)
_TAIL_CONSONANTS = 4
_LETTERS_BESIDE_TAIL = 8
_OTHER, _DIGIT, _VOWEL, _CONSONANT = range(4)


# People sign with these: Canadian, British and Irish postcodes, written without their space.
_POSTCODES = (
    "a0a0a0",
    "a00aa",
    "a000aa",
    "aa00aa",
    "aa000aa",
    "a0a0aa",
    "aa0a0aa",
    *tuple("a00" + "".join(rest) for rest in product("a0", repeat=4)),
)
_TELLING_CHARS_MIN = 5
"""A shorter word tells nothing: it may be the second half of a postcode."""


@cache
def _postcode_keys(seed: int) -> npt.NDArray[np.uint64]:
    chars = np.array([ord(char) for pattern in _POSTCODES for char in pattern], dtype=np.uint32)
    return np.sort(hash_texts(chars, np.array([len(pattern) for pattern in _POSTCODES]), seed))


def _is_postcode(keys: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.bool_]:
    known = _postcode_keys(seed)
    same: npt.NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys
    return same


@cache
def _sorts() -> npt.NDArray[np.uint8]:
    """Sort of each character below 128: digit, vowel, consonant or other."""
    sorts = np.full(128, _OTHER, dtype=np.uint8)
    sorts[ord("0") : ord("9") + 1] = _DIGIT
    sorts[ord("a") : ord("z") + 1] = _CONSONANT
    sorts[list(b"aeiouy")] = _VOWEL
    return sorts


def find_tails(
    chars: CodePoints, starts: Places, ends: Places, seed: int
) -> tuple[Places, Places, npt.NDArray[np.uint64]]:
    """Find last words of 4-12 letters and digits that no language writes.

    A word looks random if it mixes letters with digits or holds four consonants in a row. Losing an ordinary word that
    looks so ("rhythm", "covid19") costs a comparison little, since every copy loses it.

    Parameters
    ----------
    chars
        Folded texts, one after the other, a character that is neither letter nor digit before each.
    starts, ends
        (n,) where each text begins, and one past where it ends.

    Returns
    -------
    which, lengths
        (k,) texts that end in such a word, and its length in characters.
    keys
        (k,) key of the pattern of letters and digits in a tail that changes between them twice or more, and is no
        postcode (0: none). Ticket numbers and the like follow few patterns; random tails hardly ever repeat one.
    """
    shortest, longest = _TAIL_CHARS
    which = np.flatnonzero(ends - starts >= shortest + _LETTERS_BESIDE_TAIL)
    # A row for each place from the end; what lies beyond a text's first character comes after a character of no word.
    at = np.maximum(ends[which] - 1 - np.arange(longest + 1)[:, None], 0)
    sorts = _sorts().take(np.minimum(chars.take(at), 127))
    inside = np.logical_and.accumulate(sorts != _OTHER, axis=0)
    lengths = inside.sum(axis=0)
    digit, consonant = (sorts == _DIGIT) & inside, (sorts == _CONSONANT) & inside
    mixed = digit.any(axis=0) & (inside & ~digit).any(axis=0)
    crowded = np.logical_and.reduce([consonant[i : i - _TAIL_CONSONANTS] for i in range(_TAIL_CONSONANTS)])
    fits = (
        (lengths >= shortest) & (lengths <= longest) & (ends[which] - starts[which] - lengths >= _LETTERS_BESIDE_TAIL)
    )
    cut = np.flatnonzero((mixed | crowded.any(axis=0)) & fits)
    lengths, digit, inside = lengths[cut], digit[:, cut], inside[:, cut]
    changes = ((digit[1:] != digit[:-1]) & inside[1:]).sum(axis=0)
    # Read backwards, the rows give the tails from their first character on.
    pattern = np.where(digit, np.uint32(_ZERO), np.uint32(ord("a")))[::-1].T[inside[::-1].T]
    keys = hash_texts(pattern, lengths, seed)
    telling = (changes >= 2) & (lengths >= _TELLING_CHARS_MIN) & ~_is_postcode(keys, seed)
    return which[cut], lengths, np.where(telling, keys, np.uint64(0))
