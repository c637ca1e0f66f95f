"""Digits inside texts: letters in disguise, or numbers that change from copy to copy."""

import numpy as np
import numpy.typing as npt

from detector.text.characters import CodePoints

_SPACE = 0x20
_ZERO = np.uint32(0x30)
_LETTERS = np.frombuffer(b"oizeasgtbg", dtype=np.uint8).astype(np.uint32)
_READ_DIGITS_MAX = 2


def mask_digits(chars: CodePoints, keep: npt.NDArray[np.bool_]) -> None:
    """Read short digit runs between letters as the letters they stand for (w0n), and every other run as one zero.

    Parameters
    ----------
    chars
        Folded texts, one after the other, no digit first or last, and below a space what separates texts; changed in
        place.
    keep
        Which characters are kept; those that a zero makes needless are struck from it.
    """
    at = np.flatnonzero(chars - _ZERO < 10)
    if not len(at):
        return
    first = np.diff(at, prepend=-1) > 1
    last = np.append(first[1:], True)
    starts, ends = at[first], at[last]
    lettered = (ends - starts < _READ_DIGITS_MAX) & (chars[starts - 1] > _SPACE) & (chars[ends + 1] > _SPACE)
    read = lettered[np.cumsum(first) - 1]
    keep[at[~first & ~read]] = False
    chars[at] = np.where(read, _LETTERS[chars[at] - _ZERO], _ZERO)
