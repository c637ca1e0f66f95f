"""Words of texts as 64-bit numbers, without a string for each."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.spans import expand

Codes = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_NOT_WORDS = r"https?://\S+|@\w+"
_WORD = r"\p{Han}|\p{L}[\p{L}\p{N}]+"
_DIGIT, _LETTER = 1, 2
# The bytes of other scripts count as letters: their texts are brought down to words before.
_KIND = np.zeros(256, dtype=np.uint8)
_KIND[ord("0") : ord("9") + 1] = _DIGIT
_KIND[ord("a") : ord("z") + 1] = _KIND[128:] = _LETTER
_BLOCK = 8
_MASKS = (np.uint64(1) << (np.uint64(8) * np.arange(_BLOCK + 1, dtype=np.uint64))) - np.uint64(1)
_MASKS[_BLOCK] = ~np.uint64(0)


def hash_words(texts: pl.Series) -> tuple[Codes, Hashes]:
    r"""List the words of texts: lower case, without addresses and names of others; Han characters are words.

    A word is what ``\p{Han}|\p{L}[\p{L}\p{N}]+`` matches; texts that are all ASCII need no such engine.

    Returns
    -------
    text, word
        (k,) number of the text, and the word as a number that no other word has (but for one in 2**64); unordered.
    """
    plain = texts.str.to_lowercase().str.replace_all(_NOT_WORDS, " ")
    is_ascii = plain.str.len_bytes() == plain.str.len_chars()
    foreign = plain.filter(~is_ascii).str.extract_all(_WORD).list.join(" ")
    lines = pl.concat([plain.filter(is_ascii), foreign])
    number = np.concatenate([np.flatnonzero(is_ascii.to_numpy()), np.flatnonzero(~is_ascii.to_numpy())])
    # One more block at the end: what is read eight bytes at a time is read beyond the last word.
    chars = np.frombuffer((str(lines.str.join("\n").item()) + "\n" * _BLOCK).encode(), dtype=np.uint8)
    start, length = _find_words(chars)
    ends = np.cumsum(lines.str.len_bytes().to_numpy().astype(np.int64) + 1)
    n_words = np.diff(np.searchsorted(start, ends), prepend=0)
    return np.repeat(number, n_words), _hash(chars, start, length)


def _find_words(chars: npt.NDArray[np.uint8]) -> tuple[Codes, Codes]:
    """Return start and length of the words among bytes; the last byte must not belong to one."""
    kind = _KIND[chars]
    start, end = _runs(kind != 0)
    # A word starts with a letter: what starts with digits is cut before the first letter, which begins a run of them.
    cut = np.flatnonzero(kind[start] == _DIGIT)
    if len(cut):
        letters, _ = _runs(kind == _LETTER)
        start[cut] = np.append(letters, len(chars))[np.searchsorted(letters, start[cut])]
    long = end - start >= 2
    return start[long], (end - start)[long]


def _runs(inside: npt.NDArray[np.bool_]) -> tuple[Codes, Codes]:
    """Return where runs start and end."""
    edges = np.flatnonzero(np.diff(inside, prepend=False))
    return edges[::2], edges[1::2]


def _hash(chars: npt.NDArray[np.uint8], start: Codes, length: Codes) -> Hashes:
    """Hash the bytes of each word, eight at a time: mixed with their place in it, and added up."""
    blocks = np.ndarray(len(chars) - _BLOCK + 1, dtype="<u8", buffer=chars, strides=(1,))
    hashed = _mix(blocks[start] & _MASKS[np.minimum(length, _BLOCK)])
    long = np.flatnonzero(length > _BLOCK)
    if len(long):
        n_more = (length[long] - 1) // _BLOCK
        place = expand(np.ones_like(n_more), n_more + 1) * _BLOCK
        owner = np.repeat(long, n_more)
        left = np.minimum(length[owner] - place, _BLOCK)
        more = _mix((blocks[start[owner] + place] & _MASKS[left]) + _mix(place.astype(np.uint64)))
        hashed[long] += np.add.reduceat(more, np.cumsum(n_more) - n_more)
    return hashed


def _mix(z: Hashes) -> Hashes:
    """Spread numbers over 64 bits (splitmix64)."""
    z = z + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


class Vocabulary:
    """Numbers 0, 1, … for words, in the order in which they come; a hash table that takes arrays."""

    def __init__(self) -> None:
        self.n = 0
        self._hashes = np.zeros(1 << 12, dtype=np.uint64)
        self._numbers = np.full(2 * len(self._hashes), -1, dtype=np.int32)

    def number(self, words: Hashes) -> npt.NDArray[np.int32]:
        """Return the number of each word; those not met before get the next."""
        numbers = self._find(words)
        missing = numbers < 0
        if missing.any():
            self._add(np.unique(words[missing]))
            numbers[missing] = self._find(words[missing])
        return numbers

    def _find(self, words: Hashes) -> npt.NDArray[np.int32]:
        mask = len(self._numbers) - 1
        slots = (words & np.uint64(mask)).astype(np.int64)
        found = self._numbers[slots]
        open_ = np.flatnonzero((found >= 0) & (self._hashes[found] != words))
        while len(open_):
            slots[open_] = (slots[open_] + 1) & mask
            found[open_] = self._numbers[slots[open_]]
            open_ = open_[(found[open_] >= 0) & (self._hashes[found[open_]] != words[open_])]
        return found

    def _add(self, words: Hashes) -> None:
        new = np.arange(self.n, self.n + len(words), dtype=np.int32)
        self.n += len(words)
        if self.n > len(self._hashes):
            self._hashes = np.resize(self._hashes, 1 << int(2 * self.n).bit_length())
            self._numbers = np.full(2 * len(self._hashes), -1, dtype=np.int32)
            self._place(np.arange(new[0], dtype=np.int32))
        self._hashes[new] = words
        self._place(new)

    def _place(self, numbers: npt.NDArray[np.int32]) -> None:
        mask = len(self._numbers) - 1
        slots = (self._hashes[numbers] & np.uint64(mask)).astype(np.int64)
        while len(numbers):
            free = self._numbers[slots] < 0
            self._numbers[slots[free]] = numbers[free]  # of those who want one slot, one gets it
            lost = self._numbers[slots] != numbers
            numbers, slots = numbers[lost], (slots[lost] + 1) & mask
