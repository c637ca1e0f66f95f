r"""Text from strangers made safe to show: in a terminal, a page, a spreadsheet, an XML file.

Comment text is evidence and must never act on the reader. Whatever a terminal or a browser would obey instead of
showing (control characters, direction overrides, invisible characters) is shown as its code, such as `\x1b` or
`\u202e`; an analyst sees the disguise instead of falling for it.
"""

import re
import unicodedata
from xml.sax.saxutils import escape as _xml_escape

# Everything in the categories Cc, Cf, Cs, Zl and Zp and a few fillers that draw nothing, except what honest text needs:
# the joiners U+200C and U+200D (emoji, Persian, Indic) and the visible Arabic, Syriac and Kaithi number signs.
# A test compares this with the Unicode tables of the running Python.
_ACTIVE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029 ]+")
_LINKS = re.compile(r"\b(h)tt(ps?)(?=://)", re.IGNORECASE)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SIGNS = "=+\\-@\u2212\uff1d\uff0b\uff0d\uff20"
_UNSEEN = "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"

# These four are for `re` and for Polars alike: a table of millions of comments is made safe by the same rules.
UNSHOWN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]"
"""Characters that no spreadsheet shows, and that its files cannot hold or a terminal obeys."""
FORMULA = f"\\A([\t\r\n]|[\\s{_UNSEEN}]*[{_SIGNS}])"
"""The beginning of a cell that a spreadsheet computes, in ASCII or full width."""
FORMULA_WITHIN = f'([;\t\r\n])((?:[^\\S\t\r\n]|["{_UNSEEN}])*[{_SIGNS}])'
"""The same after a place at which a spreadsheet cuts the cell if commas separate nothing where it is used."""
CELL_CHARS = 16_383
"""A cell of a spreadsheet holds 32,767 UTF-16 units, of which a character takes up to two."""
_ZERO_WIDTH_JOINER = "\u200d"
_LONGEST_CHARACTER = 24
"""Code points that one drawn character may span; longer ones are cut anywhere."""
_ACCENTS_MAX = 4
"""Accents that honest text piles on one letter (vocalised Hebrew, Tibetan, Vietnamese taken apart)."""


def visible(text: str) -> str:
    r"""Return the text on one line, with what would act or hide shown as its code.

    Parameters
    ----------
    text
        Anything, lone surrogates included.

    Returns
    -------
    str
        No control, direction, line-separating or invisible character is left; runs of white space are one space;
        accents piled higher than a script needs, which would paint over the lines around, are dropped.

    Examples
    --------
    >>> visible("pay\u200bpal\n\x1b[31mred")
    'pay\\u200bpal \\x1b[31mred'
    """
    return _unpiled(_ACTIVE.sub(_as_code, _SPACES.sub(" ", text)).strip(" "))


def excerpt(text: str, limit: int) -> str:
    """Return the beginning of a comment, visible, with dead links, at most `limit` characters.

    Parameters
    ----------
    text
        A comment as written.
    limit
        Characters, the ellipsis included.
    """
    # The first cut only saves work; what it drops is marked even where white space or accents shrank the rest.
    shown = dead_links(visible(text[: 4 * limit]))
    return trim(shown + "…" if len(text) > 4 * limit and len(shown) < limit else shown, limit)


def trim(text: str, limit: int) -> str:
    """Return at most `limit` characters, ending in an ellipsis where something was cut.

    A cut never falls inside a drawn character: not before an accent, a joiner or a variation selector, and not
    between the halves of a flag.
    """
    if len(text) <= limit:
        return text
    cut = max(limit - 1, 0)
    for end in range(cut, max(cut - _LONGEST_CHARACTER, 0), -1):
        if not _joined(text, end):
            cut = end
            break
    return text[:cut].rstrip() + "…"


def dead_links(text: str) -> str:
    """Return the text with web addresses that no terminal, mail reader or browser turns into a link.

    Examples
    --------
    >>> dead_links("see https://example.org/a")
    'see hxxps://example.org/a'
    """
    return _LINKS.sub(lambda match: f"{match[1]}xx{match[2]}", text)


def sheet_cell(text: str) -> str:
    """Return the text as a cell of a workbook can hold it: one kind of line break, no other controls, not too long."""
    return _fitting(re.sub(UNSHOWN, "\ufffd", re.sub("\r\n?", "\n", text)))


def csv_cell(text: str) -> str:
    r"""Return the text so that a spreadsheet takes it for text, never for a formula.

    Where a semicolon separates cells, as in French and German settings, a comma does not, and a cell may be cut at its
    own semicolons and line breaks: what follows those is kept from being a formula, too.

    Examples
    --------
    >>> csv_cell("=1+1"), csv_cell("fine;=1+1")
    ("'=1+1", "fine;'=1+1")
    """
    text = re.sub(FORMULA, r"'\1", re.sub(UNSHOWN, "\ufffd", text))
    return _fitting(re.sub(FORMULA_WITHIN, r"\1'\2", text))


def xml(text: str) -> str:
    """Return the text for an XML 1.0 element or attribute; characters that XML forbids become U+FFFD."""
    return _xml_escape(_NOT_XML.sub("\ufffd", text), {'"': "&quot;", "'": "&apos;"})


def _fitting(text: str) -> str:
    return text if len(text) <= CELL_CHARS else text[: CELL_CHARS - 1] + "…"


def _unpiled(text: str) -> str:
    """Drop the accents of a pile beyond `_ACCENTS_MAX`."""
    if text.isascii():
        return text
    kept, height = [], 0
    for character in text:
        height = height + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if height <= _ACCENTS_MAX:
            kept.append(character)
    return "".join(kept)


def _as_code(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _joined(text: str, at: int) -> bool:
    """Tell whether a cut before `text[at]` would fall inside one drawn character."""
    after, before = text[at], text[at - 1]
    if unicodedata.category(after) in {"Mn", "Mc", "Me"} or _ZERO_WIDTH_JOINER in (after, before):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if _is_flag_half(after):
        start = at
        while start and _is_flag_half(text[start - 1]):
            start -= 1
        return (at - start) % 2 == 1
    return False


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
