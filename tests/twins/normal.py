"""Twin of normalisation: one text at a time, one character at a time."""

import itertools
import re

from detector.text.characters import (
    ARABIC,
    BLANK,
    CYRILLIC,
    DIGIT,
    FOREIGN,
    INVISIBLE,
    JOINED,
    LATIN,
    LETTER,
    MARK,
    SHORT,
    _describe,
)
from detector.text.tails import _POSTCODES

_WRAP = 2**64
_LEET = dict(zip("0123456789", "oizeasgtbg", strict=True))


def mix(value, seed):
    """Splitmix64."""
    z = (value + 0x9E3779B97F4A7C15 * (seed + 1)) % _WRAP
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % _WRAP
    z = (z ^ z >> 27) * 0x94D049BB133111EB % _WRAP
    return z ^ z >> 31


def key(text, seed):
    total = sum(mix(place << 21 | ord(char), seed) for place, char in enumerate(text)) % _WRAP
    return mix(total ^ len(text), seed)


def kind(char):
    return _describe(ord(char))[0]


def fold(char):
    return chr(_describe(ord(char))[1])


def canonical(text, seed):
    """Bring a text, masked already, into canonical form: (text, keys and counts as in `Canonical`)."""
    hidden = [i for i in range(len(text)) if _is_hidden(text, i)]
    invisible_key = sum(_mark_key(text, i, fold, seed) for i in hidden) % _WRAP
    shown = "".join(char for char in text if not kind(char) & (INVISIBLE | MARK))
    read, planted = _read_lookalikes(shown)
    homoglyph_key = sum(
        mix((ord(fold(before)) << 42) | (ord(char) << 21) | ord(fold(after)), seed)
        for before, char, after in (
            ((" " + read)[i], shown[i], (read + " ")[i + 1]) for i in planted
        )
    ) % _WRAP  # fmt: skip
    if any(kind(char) & (LETTER | DIGIT) for char in shown):
        spaced = "".join(fold(char) if kind(char) & (LETTER | DIGIT) else " " for char in read)
    else:
        spaced = "".join(" " if kind(char) & BLANK else char for char in shown)
    plain = " ".join(part for part in spaced.split(" ") if part)
    plain, tail_key = _without_tail(plain, seed)
    plain = _masked_digits(plain)
    return {
        "text": plain,
        "keys": key(plain, seed),
        "tail_keys": tail_key,
        "invisible_keys": invisible_key,
        "homoglyph_keys": homoglyph_key,
        "n_invisible": len(hidden),
        "n_homoglyphs": len(planted),
        "scripts": _script(shown),
    }


def _is_hidden(text, i):
    if not kind(text[i]) & INVISIBLE:
        return False
    before, after = (kind(char) if char else 0 for char in (text[i - 1 : i] if i else "", text[i + 1 : i + 2]))
    plain_before, plain_after = ((beside & LETTER) and not beside & JOINED for beside in (before, after))
    if "\ufe00" <= text[i] <= "\ufe0f" or "\U000e0000" <= text[i] <= "\U000e0fff":
        return bool(plain_before and plain_after and not before & SHORT)
    return bool(plain_before or (plain_after and text[i] != "\u200d"))


def _mark_key(text, i, fold, seed):
    before, after = fold(text[i - 1]) if i else " ", fold(text[i + 1]) if i + 1 < len(text) else " "
    return mix((ord(before) << 42) | (ord(text[i]) << 21) | ord(after), seed)


def _read_lookalikes(text):
    """Return the text with look-alikes read as Latin letters, and the places of those inside mixed words."""
    mostly_latin = 2 * sum(bool(kind(char) & LATIN) for char in text) > len(text)
    read, planted = list(text), []
    for inside, places in itertools.groupby(range(len(text)), lambda i: bool(kind(text[i]) & (LETTER | DIGIT))):
        places = list(places)
        kinds = [kind(text[i]) for i in places]
        foreign = [i for i, sort in zip(places, kinds, strict=True) if sort & FOREIGN]
        mixed = any(sort & LATIN for sort in kinds)
        lookalikes = not any(sort & LETTER and not sort & (LATIN | FOREIGN) for sort in kinds)
        if not inside or not (mixed or (lookalikes and mostly_latin)):
            continue
        for i in foreign:
            read[i] = chr(_describe(ord(text[i]))[2])
        planted += foreign if mixed else []
    return "".join(read), planted


def _without_tail(text, seed):
    """Cut off a random-looking last word of 4-12 letters and digits."""
    tail = re.search(r"[a-z0-9]*$", text).group()
    digits, letters = re.search(r"\d", tail, re.ASCII), re.search(r"[a-z]", tail)
    random = (digits and letters) or re.search(r"[b-df-hj-np-tv-xz]{4}", tail)
    if not random or not 4 <= len(tail) <= 12 or len(text) - len(tail) < 8:
        return text, 0
    pattern = re.sub("[a-z]", "a", re.sub("[0-9]", "0", tail))
    telling = len(list(itertools.groupby(pattern))) > 2 and len(pattern) >= 5 and pattern not in _POSTCODES
    return text[: len(text) - len(tail)].removesuffix(" "), key(pattern, seed) if telling else 0


def _masked_digits(text):
    def read(run):
        before, after = text[: run.start()][-1:], text[run.end() :][:1]
        if len(run.group()) <= 2 and before.strip(" ") and after.strip(" "):
            return "".join(_LEET[digit] for digit in run.group())
        return "0"

    return re.sub("[0-9]+", read, text)


def _script(text):
    kinds = [kind(char) for char in text]
    weights = {
        "other": (LETTER, 0.4),
        "latin": (LATIN, 1),
        "han": (SHORT, 2),
        "cyrillic": (CYRILLIC, 1),
        "arabic": (ARABIC, 1),
    }
    votes = {name: sum(bool(sort & bit) for sort in kinds) * weight for name, (bit, weight) in weights.items()}
    best = max(votes, key=votes.get)
    return best if votes[best] else "none"
