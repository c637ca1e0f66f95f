"""Text laid out in the cells of a terminal, where a Chinese character takes two and an accent none."""

import unicodedata
from collections.abc import Iterator

_STYLES = {"bold": "1", "dim": "2", "red": "31", "yellow": "33", "cyan": "36"}


def cells(text: str) -> int:
    """Return how many cells the text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_cells_of(character) for character in text)


def wrap(text: str, width: int, *, first: str = "", rest: str | None = None) -> list[str]:
    """Break a text into lines of at most `width` cells.

    Parameters
    ----------
    text
        One line, already safe (`escape.visible`).
    width
        Cells per line; at least a few cells of text are set even where the indent is wider.
    first, rest
        What stands before the first line and before the others; by default as many spaces as `first` is wide.
    """
    rest = " " * cells(first) if rest is None else rest
    room = max(width - max(cells(first), cells(rest)), 8)
    lines, line, filled = [], "", 0
    for piece, size in _pieces(text, room):
        if filled + size > room and piece != " ":
            lines.append(line.rstrip(" "))
            line, filled = "", 0
        if piece == " " and not line:
            continue
        line += piece
        filled += size
    lines.append(line.rstrip(" "))
    return [(rest if i else first) + line for i, line in enumerate(lines)]


def paint(text: str, *styles: str, colour: bool) -> str:
    """Return the text in colour where the terminal wants it; the styles are `bold`, `dim`, `red`, `yellow`, `cyan`."""
    return f"\x1b[{';'.join(_STYLES[style] for style in styles)}m{text}\x1b[0m" if colour and styles else text


def _cells_of(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _pieces(text: str, room: int) -> Iterator[tuple[str, int]]:
    """Yield what may not be broken: a word, a space, a wide character with its accents, a part of an endless word."""
    piece, size = "", 0
    for character in text:
        width = _cells_of(character)
        starts = character == " " or width == 2 or piece == " " or size + width > room
        follows_wide = width == 1 and piece and _cells_of(piece[0]) == 2
        if piece and width and (starts or follows_wide):
            yield piece, size
            piece, size = "", 0
        piece += character
        size += width
    if piece:
        yield piece, size
