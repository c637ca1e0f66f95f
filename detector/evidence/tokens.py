"""Words of texts as 64-bit numbers, without a string for each."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.spans import expand

Codes = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

Bytes = npt.NDArray[np.uint8]
Spans = tuple[Codes, Codes]

# Written so that it finds the same in texts that are in lower case only later.
_NOT_WORDS = r"[hH][tT][tT][pP][sS]?://\S+|@\w+"
_LETTER, _NUMBER, _HAN, _MET = 1, 2, 4, 8
_CLASSES = {_LETTER: r"^\p{L}$", _NUMBER: r"^\p{N}$", _HAN: r"^\p{Han}$"}
_KINDS = np.zeros(0x110000, dtype=np.uint8)
"""Classes of each character, as bits; 0 until it is met."""
_ASCII_KINDS = bytes(
    _LETTER if chr(byte).isalpha() else _NUMBER if chr(byte).isdigit() else 0 for byte in range(128)
).ljust(256, b"\0")
_BLOCK = 8
_MASKS = (np.uint64(1) << (np.uint64(8) * np.arange(_BLOCK + 1, dtype=np.uint64))) - np.uint64(1)
_MASKS[_BLOCK] = ~np.uint64(0)


def hash_words(texts: pl.Series) -> tuple[Codes, Hashes]:
    r"""List the words of texts: lower case, without addresses and names of others; Han characters are words.

    A word is what ``\p{Han}|\p{L}[\p{L}\p{N}]+`` matches, found without such an engine.

    Returns
    -------
    text, word
        (k,) number of the text, and the word as a number that no other word has (but for one in 2**64); unordered.
    """
    is_ascii = texts.str.len_bytes() == texts.str.len_chars()
    parts = []
    for chosen, find in ((is_ascii, _read_ascii), (~is_ascii, _read_any)):
        lines = texts.filter(chosen)
        # What a capital becomes depends on its neighbours: other texts are lowered while they have all of them.
        lines = (lines if find is _read_ascii else lines.str.to_lowercase()).str.replace_all(_NOT_WORDS, " ")
        # One more block at the end: what is read eight bytes at a time is read beyond the last word.
        chars, words = find(str(lines.str.join("\n").item()) + "\n" * _BLOCK)
        number = np.flatnonzero(chosen.to_numpy())
        ends = np.cumsum(lines.str.len_bytes().to_numpy().astype(np.int64) + 1)
        for start, end in words:
            n_words = np.diff(np.searchsorted(start, ends), prepend=0)
            parts.append((np.repeat(number, n_words), _hash(chars, start, end - start)))
    text, word = (np.concatenate(column) for column in zip(*parts, strict=True))
    return text, word


def _read_ascii(text: str) -> tuple[Bytes, list[Spans]]:
    """Return the bytes of a text in lower case, and where its words start and end."""
    chars = text.encode().lower()
    words = _find_words(np.frombuffer(chars.translate(_ASCII_KINDS), dtype=np.uint8))
    return np.frombuffer(chars, dtype=np.uint8), [words]


def _read_any(text: str) -> tuple[Bytes, list[Spans]]:
    """Return the bytes of a text, and where its words, and its Han characters, start and end, whatever the script."""
    points = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    kinds = _classify(points)
    start, end = _find_words(kinds)
    han = np.flatnonzero(kinds & _HAN)
    # Han characters inside a word that starts with another letter belong to it.
    alone = han[np.append(0, end)[np.searchsorted(start, han, side="right")] <= han]
    at = np.append(0, np.cumsum(1 + (points >= 0x80).view(np.int8) + (points >= 0x800) + (points >= 0x10000)))
    return np.frombuffer(text.encode(), dtype=np.uint8), [(at[start], at[end]), (at[alone], at[alone + 1])]


def _classify(points: npt.NDArray[np.uint32]) -> Bytes:
    """Return the classes of characters; those not met before are asked of the regular expressions."""
    kinds = _KINDS[points]
    if not kinds.all():
        new = np.unique(points[kinds == 0])
        chars = pl.Series([chr(point) for point in new.tolist()], dtype=pl.String)
        found = np.full(len(new), _MET, dtype=np.uint8)
        for bit, pattern in _CLASSES.items():
            found[chars.str.contains(pattern).to_numpy()] |= bit
        _KINDS[new] = found
        kinds = _KINDS[points]
    return kinds


def _find_words(kinds: Bytes) -> Spans:
    """Return where words that start with a letter, but no Han, start and end; the last character is in none."""
    start, end = _runs((kinds & (_LETTER | _NUMBER)) != 0)
    is_letter = (kinds & (_LETTER | _HAN)) == _LETTER
    # What starts with something else is cut before the first such letter, which begins a run of them.
    cut = np.flatnonzero(~is_letter[start])
    if len(cut):
        letters, _ = _runs(is_letter)
        start[cut] = np.append(letters, len(kinds))[np.searchsorted(letters, start[cut])]
    long = end - start >= 2
    return start[long], end[long]


def _runs(inside: npt.NDArray[np.bool_]) -> Spans:
    """Return where runs start and end."""
    edges = np.flatnonzero(np.diff(inside, prepend=False))
    return edges[::2], edges[1::2]


def _hash(chars: Bytes, start: Codes, length: Codes) -> Hashes:
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
