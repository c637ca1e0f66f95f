"""What accounts say, as weighted words."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array

from detector.abreast import in_order
from detector.evidence.spans import Shelves
from detector.evidence.tokens import Vocabulary, hash_words
from detector.evidence.traffic import Codes, Traffic

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]

WORDING_SHARE = 0.02
_CORE_MIN = 10
_CORES_AT_A_TIME = 16
_TEXTS_AT_A_TIME = 8_192


@dataclass(frozen=True)
class Words:
    """The words of some accounts: `accounts` (n,), sorted, and `weights` (n, words), each row of length one."""

    accounts: Codes
    weights: csr_array

    def alike(self, cores: list[Codes]) -> Floats:
        """Return (n, cores) how alike each account's words are to the average of a core's: cosine, scaled.

        A core is given by its rows in `weights`.
        """
        centres = np.stack([np.asarray(self.weights[core].mean(axis=0)).ravel() for core in cores], axis=1)
        alike: Floats = self.weights @ centres
        return alike


def compare_words(words: Words, inside: list[Codes], excluded: list[Codes]) -> list[Codes | None]:
    """Find the accounts whose words are most like each core's: the first fiftieth of those outside.

    A campaign that rewords each comment still draws on one stock of words. So do people who speak of one thing, or one
    language: this is a tie only beside another that has nothing to do with words, and only for cores large enough to
    have a vocabulary.

    Parameters
    ----------
    inside, excluded
        Accounts of each core, and those that are not outside its candidate.

    Returns
    -------
    list
        Accounts, sorted, of each core; None where a core is too small.
    """
    found: list[Codes | None] = [None] * len(inside)
    large = [k for k, accounts in enumerate(inside) if len(accounts) >= _CORE_MIN]
    for start in range(0, len(large), _CORES_AT_A_TIME):
        block = large[start : start + _CORES_AT_A_TIME]
        alike = words.alike([np.searchsorted(words.accounts, inside[k]) for k in block])
        for column, k in enumerate(block):
            others = ~np.isin(words.accounts, excluded[k], assume_unique=True)
            if others.any():
                cut = np.quantile(alike[others, column], 1 - WORDING_SHARE)
                found[k] = words.accounts[others & (alike[:, column] > max(cut, 0.0))]
    return found


def weigh_words(comments: pl.DataFrame, traffic: Traffic, accounts: Codes) -> Words:
    """Weigh the words of accounts: log frequency times inverse document frequency; Han characters are words.

    Words of one account alone are left out.
    """
    ends, word, count = _count_words(comments["text"], *_said_by(traffic, accounts), len(accounts))
    n_accounts = np.bincount(word)
    shared = (n_accounts >= 2)[word]
    ends = np.append(0, np.cumsum(shared))[ends]
    word, count = word[shared], count[shared]
    weight = (1 + np.log(len(accounts) / np.maximum(n_accounts, 1)))[word]
    weight *= 1 + np.log(count)
    sizes = np.diff(ends)
    some = np.flatnonzero(sizes)
    length = np.sqrt(np.add.reduceat(weight**2, ends[some])) if len(some) else np.zeros(0)
    weight /= np.repeat(length, sizes[some])
    return Words(accounts, csr_array((weight, word, ends), shape=(len(accounts), len(n_accounts))))


def _said_by(traffic: Traffic, accounts: Codes) -> tuple[Codes, Codes]:
    """Return for the comments of accounts, in order of these, whose they are (a place in `accounts`) and their rows."""
    place = np.full(len(traffic.accounts) + 1, -1, dtype=np.int64)  # the last is where unknown authors end up
    place[accounts] = np.arange(len(accounts))
    whose = place[traffic.account]
    rows = np.flatnonzero(whose >= 0)
    order = Shelves(whose[rows], len(accounts)).items
    return whose[rows[order]], rows[order]


def _count_words(texts: pl.Series, whose: Codes, rows: Codes, n: int) -> tuple[Codes, Numbers, Numbers]:
    """Count the words of each of n accounts: (n + 1,) where its words start, their numbers, and how often each."""
    vocabulary, sizes = Vocabulary(), np.zeros(n + 1, dtype=np.int64)
    words, counts = [np.zeros(0, dtype=np.int32)], [np.zeros(0, dtype=np.int32)]
    # What an account says may be cut in two: its words wait for the next block.
    tail = _Tally.of(np.zeros(0, dtype=np.int64))
    blocks = [slice(start, start + _TEXTS_AT_A_TIME) for start in range(0, len(rows) + 1, _TEXTS_AT_A_TIME)]
    hashed = in_order(lambda block: hash_words(texts.gather(rows[block])), blocks)
    for block, (text, word) in zip(blocks, hashed, strict=True):
        tally = tail.add(_Tally.of(np.sort(whose[block][text] << 32 | vocabulary.number(word))))
        is_last = block.stop > len(rows)
        tally, tail = tally.split(n << 32 if is_last else int(whose[block][-1]) << 32)
        words.append((tally.keys & 0xFFFFFFFF).astype(np.int32))
        counts.append(tally.counts)
        np.add.at(sizes, tally.keys >> 32, 1)
    return np.append(0, np.cumsum(sizes)[:-1]), np.concatenate(words), np.concatenate(counts)


@dataclass(frozen=True)
class _Tally:
    """How often each of some sorted keys comes."""

    keys: Codes
    counts: Numbers

    @classmethod
    def of(cls, keys: Codes) -> "_Tally":
        """Count sorted keys."""
        opens = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        return cls(keys[opens], np.diff(opens, append=len(keys)).astype(np.int32))

    def split(self, key: int) -> "tuple[_Tally, _Tally]":
        """Return what comes before a key, and from it on."""
        at = int(np.searchsorted(self.keys, key))
        return _Tally(self.keys[:at], self.counts[:at]), _Tally(self.keys[at:], self.counts[at:])

    def add(self, other: "_Tally") -> "_Tally":
        """Add a tally that starts at the account with which this one ends, or after it."""
        if not len(self.keys):
            return other
        both, rest = other.split((int(self.keys[-1]) >> 32) + 1 << 32)
        keys = np.concatenate([self.keys, both.keys])
        order = np.argsort(keys, kind="stable")
        opens = np.flatnonzero(np.append(True, np.diff(keys[order]) != 0))
        counts = np.add.reduceat(np.concatenate([self.counts, both.counts])[order], opens)
        return _Tally(np.append(keys[order][opens], rest.keys), np.append(counts, rest.counts))
