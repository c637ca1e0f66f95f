"""Random-looking last words, which differ from copy to copy: cut off for comparison, and remembered."""

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
        (n,) key of the pattern of letters and digits in a tail that holds both (0: none). Postcodes, ticket numbers and
        the like follow few patterns; random tails hardly ever repeat one.
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
    tail_keys = np.where(cut & mixed, hash_runs(pattern, owner[tail], n, seed), 0).astype(np.uint64)
    # The space before the tail goes with it.
    trailing = cut[owner] & (position == keep_to[owner] - 1) & (chars == _SPACE)
    keep = ~tail & ~trailing
    return chars[keep], owner[keep], tail_keys
