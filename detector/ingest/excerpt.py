"""The beginning of a refused line, harmless to whoever reads it."""

_EXCERPT_CHARS = 80


def excerpt(head: bytes) -> str:
    r"""Return the beginning of a line as at most 80 harmless characters.

    Control characters, invisible ones and those that change the direction of writing are shown as escapes (``\x1b``,
    ``\u202e``), and so are bytes that are no UTF-8.
    """
    shown = ""
    for character in head.decode("utf-8", "backslashreplace"):
        shown_character = character if character.isprintable() else ascii(character)[1:-1]
        if len(shown) + len(shown_character) > _EXCERPT_CHARS:
            break
        shown += shown_character
    return shown
