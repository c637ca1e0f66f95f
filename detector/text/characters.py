"""What the comparison needs to know of a character, as look-up tables over code points.

The tables are filled for the characters that the data hold, not for all of Unicode: a dump uses a few thousand, and
asking `unicodedata` about 1.1 million would take longer than clustering a small dump.
"""

import threading
import unicodedata
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

CodePoints = npt.NDArray[np.uint32]

LETTER = 1
DIGIT = 2
INVISIBLE = 4
LATIN = 8
FOREIGN = 16
"""A letter of another script that is mistaken for an ASCII letter."""
SHORT = 32
"""Han, Kana, Hangul, Bopomofo: a character says as much as several Latin letters, so shingles are shorter."""
MARK = 64
"""A generic combining mark, dropped in comparison."""
JOINED = 128
"""A letter of a script in which invisible joiners carry meaning (Arabic, Indic, Thai, Mongolian …)."""
CYRILLIC = 256
ARABIC = 512
BLANK = 1024
"""White space and control characters."""
KNOWN = 1 << 15

# A form is the code point that stands for a character in comparison, with what most texts need to know above it.
CODE = np.uint32((1 << 21) - 1)
"""The bits of a form that hold the code point."""
DROPPED_FORM = np.uint32(1 << 21)
"""Invisible, or a mark."""
FOREIGN_FORM = np.uint32(1 << 22)
SOLID_FORM = np.uint32(1 << 29)
"""Forms from here on are those of letters and digits."""
LATIN_FORM = np.uint32(1 << 30)
OTHER_FORM = np.uint32(1 << 31)
"""A letter that is not Latin."""

_SPACE = 0x20
_TABLE_SIZE = 0x110000 + 1
_SHORT_NAMES = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")
_OPEN_NAMES = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN", "CHEROKEE", "COPTIC", "LISU", *_SHORT_NAMES)
# Default-ignorable code points outside category Cf (DerivedCoreProperties, Unicode 15).
_IGNORABLE = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)}


class Characters:
    """Growing tables from code point to kind, comparison form and look-alike.

    `kinds` holds the bit flags above, `folded` the code point that stands for a character in comparison (a space for
    everything that is neither letter nor digit), `lookalike` the ASCII letter a foreign letter is mistaken for, and
    `forms` in one word what most texts need: `folded` below the bits of the `…_FORM` names, 0 for a character not yet
    met. Any number of threads may use them at once.
    """

    def __init__(self) -> None:
        self.kinds = np.zeros(_TABLE_SIZE, dtype=np.uint16)
        self.folded = np.zeros(_TABLE_SIZE, dtype=np.uint32)
        self.lookalike = np.zeros(_TABLE_SIZE, dtype=np.uint32)
        self.forms = np.zeros(_TABLE_SIZE, dtype=np.uint32)
        self._learning = threading.Lock()

    def read(self, code_points: CodePoints) -> CodePoints:
        """Return the forms of characters, whether they were met before or not."""
        forms = self.forms.take(code_points, mode="clip")
        if not forms.all():
            self.learn(code_points[forms == 0])
            forms = self.forms.take(code_points, mode="clip")
        return forms

    def learn(self, code_points: CodePoints) -> None:
        """Fill the tables for characters not met before."""
        # Marking through a table finds the few new characters without sorting the text.
        new = set(np.unique(code_points[self.forms[code_points] == 0]).tolist())
        met = []
        with self._learning:
            while new:
                code_point = new.pop()
                met.append(code_point)
                kind, folded, lookalike = _describe(code_point)
                self.lookalike[code_point] = lookalike
                self.folded[code_point] = folded
                self.kinds[code_point] = kind | KNOWN
                # What a character becomes is asked for next, also where the texts do not hold it themselves.
                new.update(other for other in (folded, lookalike) if self.kinds[other] == 0)
            # Another thread takes a character for known by its form, so that is written once all else stands.
            at = np.array(met, dtype=np.int64)
            self.forms[at] = _form(self.kinds[at], self.folded[at])


@cache
def characters() -> Characters:
    """Return the tables of this process."""
    return Characters()


# Made while there is one thread, for several at once would each make their own.
characters()


def _form(kinds: npt.NDArray[np.uint16], folded: CodePoints) -> CodePoints:
    flags = np.zeros(len(kinds), dtype=np.uint32)
    for bits, flag in ((INVISIBLE | MARK, DROPPED_FORM), (FOREIGN, FOREIGN_FORM), (DIGIT, SOLID_FORM)):
        flags[(kinds & bits) != 0] |= flag
    letter, latin = (kinds & LETTER) != 0, (kinds & LATIN) != 0
    flags[latin] |= LATIN_FORM
    flags[letter & ~latin] |= OTHER_FORM
    return flags | folded


def _describe(code_point: int) -> tuple[int, int, int]:
    """Return kind, comparison form and look-alike of one character."""
    char = chr(code_point)
    category = unicodedata.category(char)
    if category == "Cf" or code_point in _IGNORABLE or 0xE0000 <= code_point <= 0xE0FFF:
        return INVISIBLE, _SPACE, code_point
    if category == "Nd":
        return DIGIT, ord("0") + unicodedata.digit(char), code_point
    if 0x300 <= code_point <= 0x36F or 0x1AB0 <= code_point <= 0x1AFF or 0x20D0 <= code_point <= 0x20FF:
        return MARK, _SPACE, code_point
    if category[0] not in "LM":
        return BLANK if category[0] in "ZC" else 0, _SPACE, code_point
    script = unicodedata.name(char, "").split(" ")[0].split("-")[0]
    foreign = _lookalikes().get(char)
    kind = LETTER
    kind |= LATIN if script == "LATIN" else 0
    kind |= CYRILLIC if script == "CYRILLIC" else 0
    kind |= ARABIC if script == "ARABIC" else 0
    kind |= SHORT if script in _SHORT_NAMES else 0
    kind |= JOINED if script not in _OPEN_NAMES else 0
    kind |= FOREIGN if foreign else 0
    return kind, _fold(char), ord(foreign) if foreign else code_point


def _fold(char: str) -> int:
    """Fold case, the diacritics of alphabetic letters, and traditional characters."""
    lowered = char.lower()
    # A lower form of several characters (İ) keeps its first: the rest are combining marks.
    base = unicodedata.normalize("NFD", lowered[0])[0]
    if unicodedata.category(base)[0] == "L" and not unicodedata.name(base, "").startswith(_SHORT_NAMES):
        return ord(base)
    return ord(_simplified().get(lowered[0], lowered[0]))


@cache
def _lookalikes() -> dict[str, str]:
    return _pairs("confusables.txt")


@cache
def _simplified() -> dict[str, str]:
    return _pairs("traditional.txt")


def _pairs(name: str) -> dict[str, str]:
    """Read a table in which odd lines hold characters and even lines what they become."""
    table = resources.files("detector.text").joinpath("tables", name).read_text(encoding="utf-8")
    lines = [line for line in table.splitlines() if not line.startswith("# ")]
    return dict(zip("".join(lines[::2]), "".join(lines[1::2]), strict=True))
