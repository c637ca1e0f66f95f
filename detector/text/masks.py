"""What is blanked out before texts are compared: addresses, mentions, hashtags and the names of known targets."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

_MARKED = r"[@＠#＃]|://|(?i:www\.)"
_URL = r"(?i)(?:https?://|www\.)[^\s<>\"\p{Han}，。；！？]+"
_MENTION = r"[@＠](?:[A-Za-z0-9_.\-]{1,50}|[\w\-]{1,20}(?:[\s:：,，]|$))"
_HASHTAG = r"#[^#\s]{1,30}#|[#＃][\w]+"
_NAME_CHARS_MIN = 4
# A target called "winter" must not blank out the word in everybody's comments: only names that no word looks like.
_UNCOMMON = r"[0-9_\- ]|[a-z][A-Z]"
# Fewer names than this are looked for as they are: their automaton takes no longer to build than to tell which occur.
_MANY_NAMES = 4_000
_GRAM_BYTES = 4
_GRAM_BITS = 20
_ANY = 1 << _GRAM_BITS


def mask(texts: pl.Series, targets: pl.Series) -> pl.Series:
    """Blank out addresses, mentions, hashtags and target names; keep a text that consists of nothing else.

    What is worked out about `targets` is kept for the next call with the same series.
    """
    texts = _mask_marked(texts)
    names = _names(targets).that_may_occur(texts)
    if not names:
        return texts
    return texts.str.replace_many(names, [" "] * len(names), ascii_case_insensitive=True, leftmost=True)


def _mask_marked(texts: pl.Series) -> pl.Series:
    at = texts.str.contains(_MARKED).arg_true()
    if not len(at):
        return texts
    bare = texts.gather(at)
    for pattern in (_URL, _MENTION, _HASHTAG):
        bare = bare.str.replace_all(pattern, " ")
    told = bare.str.contains(r"\p{L}")
    return texts.clone().scatter(at.filter(told), bare.filter(told))


@dataclass(frozen=True)
class _Names:
    """Names of targets that can be masked; the grams of name i are `grams[starts[i]:starts[i + 1]]`."""

    targets: pl.Series
    names: list[str]
    grams: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]

    def that_may_occur(self, texts: pl.Series) -> list[str]:
        """Choose names whose every four bytes occur in some of the texts, but for case; all if they are few.

        An automaton is built for every block of texts, and there may be as many names as texts in a whole dump.
        """
        if len(self.names) < _MANY_NAMES:
            return self.names
        met = np.zeros(_ANY + 1, dtype=np.bool_)
        met[_grams(texts)] = True
        met[_ANY] = True
        found = np.logical_and.reduceat(met[self.grams], self.starts)
        return [self.names[i] for i in np.flatnonzero(found).tolist()]


_last: list[_Names] = []


def _names(targets: pl.Series) -> _Names:
    for known in tuple(_last):
        if known.targets is targets:
            return known
    usable = (targets.str.len_chars() >= _NAME_CHARS_MIN) & targets.str.contains(_UNCOMMON)
    names = targets.filter(usable)
    starts = np.concatenate([[0], np.cumsum(names.str.len_bytes().to_numpy().astype(np.int64) + 1)])
    grams = _grams(names)
    # The bytes that a name does not fill up with those of the next one tell nothing.
    grams[(starts[1:, None] - np.arange(1, _GRAM_BYTES + 1)).ravel()] = _ANY
    found = _Names(targets, names.to_list(), grams, starts[:-1])
    _last[:] = [found]
    return found


def _grams(texts: pl.Series) -> npt.NDArray[np.uint32]:
    """Hash every four bytes that follow one another to less than `_ANY`, blind to the case of ASCII letters."""
    laid: bytes = texts.str.join("\n").cast(pl.Binary).item() + b"\n" * _GRAM_BYTES
    folded = np.frombuffer(laid, dtype=np.uint8) | 0x20
    words = np.ndarray(len(laid) - _GRAM_BYTES + 1, dtype="<u4", buffer=folded, strides=(1,))
    grams: npt.NDArray[np.uint32] = (words * np.uint32(0x9E3779B1)) >> np.uint32(32 - _GRAM_BITS)
    return grams
