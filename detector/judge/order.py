"""The order of strings, for the most part without comparing strings."""

import numpy as np
import numpy.typing as npt
import polars as pl

Rows = npt.NDArray[np.int64]

_WORD = 8
_WORDS_MAX = 4
_AT_A_TIME = 1 << 18


def order_strings(strings: pl.Series) -> Rows:
    """Return the rows in the order of the bytes of (n,) strings, equal ones in their own; none may be null.

    Notes
    -----
    Eight bytes are compared as one number, and the rows alike in them by the next eight. What is alike in 32, or
    differs in zeros at the end alone, is compared as strings.
    """
    order: Rows = np.arange(len(strings))
    tied: Rows = np.arange(len(strings))
    group = np.zeros(len(strings), dtype=np.int64)
    for place in range(0, _WORDS_MAX * _WORD, _WORD):
        rows = order[tied]
        word = _read_word(strings if place == 0 else strings.gather(rows), place)
        by_word = np.argsort(word) if place == 0 else np.lexsort((word, group))
        word, group = word[by_word], group[by_word]
        order[tied] = rows[by_word]
        opens = np.ones(len(tied) + 1, dtype=np.bool_)
        opens[1:-1] = (word[1:] != word[:-1]) | (group[1:] != group[:-1])
        still = np.flatnonzero(~(opens[1:] & opens[:-1]))
        tied, group = tied[still], np.cumsum(opens[:-1], dtype=np.int64)[still]
    rows = order[tied]
    rest = pl.DataFrame({"group": group, "string": strings.gather(rows), "row": rows})
    order[tied] = rest.sort("group", "string", "row")["row"].to_numpy()
    return order


def _read_word(strings: pl.Series, place: int) -> npt.NDArray[np.uint64]:
    """Return eight bytes of each string from a place on as one number; what is lacking counts as zeros."""
    words = np.empty(len(strings), dtype=np.uint64)
    for start in range(0, len(strings), _AT_A_TIME):
        padded = strings[start : start + _AT_A_TIME] + "\0" * (place + _WORD)
        word = padded.cast(pl.Binary).bin.slice(place, _WORD).bin.reinterpret(dtype=pl.UInt64, endianness="big")
        words[start : start + _AT_A_TIME] = word.to_numpy()
    return words
