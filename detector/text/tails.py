"""Random-looking last words, which differ from copy to copy: cut off for comparison, and remembered."""

from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from detector.text.characters import CodePoints
from detector.text.keys import hash_runs

_SPACE = 0x20
_ZERO = 0x30
_NINE = 0x39
_TAIL_CHARS = (4, 12)
_TAIL_CONSONANTS = 4
_LETTERS_BESIDE_TAIL = 8


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
    owner = np.repeat(np.arange(len(_POSTCODES)), [len(pattern) for pattern in _POSTCODES])
    return hash_runs(chars, owner, len(_POSTCODES), seed)


def cut_tail(
    chars: CodePoints, owner: npt.NDArray[np.int64], n: int, seed: int
) -> tuple[CodePoints, npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Cut off a last word of 4-12 letters and digits that no language writes.

    A word looks random if it mixes letters with digits or holds four consonants in a row. Losing an ordinary word that
    looks so ("rhythm", "covid19") costs a comparison little, since every copy loses it.

    Returns
    -------
    chars, owner
        What is left.
    tail_keys
        (n,) key of the pattern of letters and digits in a tail that changes between them twice or more, and is no
        postcode (0: none). Ticket numbers and the like follow few patterns; random tails hardly ever repeat one.
    """
    lengths = np.bincount(owner, minlength=n)
    ends = np.cumsum(lengths)
    width = _TAIL_CHARS[1] + 1
    at = ends[:, None] - 1 - np.arange(width)
    within = np.arange(width) < lengths[:, None]
    last = np.where(within, chars[np.maximum(at, 0)] if len(chars) else _SPACE, _SPACE)
    digit = (last >= _ZERO) & (last <= _NINE)
    letter = (last >= 0x61) & (last <= 0x7A)
    length = np.where((letter | digit).all(axis=1), width, np.argmin(letter | digit, axis=1))
    inside = np.arange(width) < length[:, None]
    mixed = (digit & inside).any(axis=1) & (letter & inside).any(axis=1)
    consonant = inside & letter & ~np.isin(last, np.frombuffer(b"aeiouy", dtype=np.uint8))
    run, longest = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for column in range(width):
        run = np.where(consonant[:, column], run + 1, 0)
        longest = np.maximum(longest, run)
    random = mixed | (longest >= _TAIL_CONSONANTS)
    cut = random & (length >= _TAIL_CHARS[0]) & (length <= _TAIL_CHARS[1]) & (lengths - length >= _LETTERS_BESIDE_TAIL)
    if not cut.any():
        return chars, owner, np.zeros(n, dtype=np.uint64)
    position = np.arange(len(chars)) - (ends - lengths)[owner]
    keep_to = lengths - np.where(cut, length, 0)
    tail = position >= keep_to[owner]
    pattern = np.where((chars[tail] >= _ZERO) & (chars[tail] <= _NINE), np.uint32(_ZERO), np.uint32(0x61))
    changes = ((digit[:, 1:] != digit[:, :-1]) & inside[:, 1:]).sum(axis=1)
    keys = hash_runs(pattern, owner[tail], n, seed)
    telling = cut & (changes >= 2) & (length >= _TELLING_CHARS_MIN) & ~np.isin(keys, _postcode_keys(seed))
    tail_keys = np.where(telling, keys, 0).astype(np.uint64)
    # The space before the tail goes with it.
    trailing = cut[owner] & (position == keep_to[owner] - 1) & (chars == _SPACE)
    keep = ~tail & ~trailing
    return chars[keep], owner[keep], tail_keys
