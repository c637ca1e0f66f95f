"""What all exports of X have in common: escaped texts, addresses of posts, and words that stand for nothing."""

import html
import re
from functools import partial
from typing import Any

from detector.ingest.formats.paths import Getter, Made, Source

# Only what ends in a semicolon: "&copy=1" in an address is no sign of copyright.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8}[0-9]{0,2});")
_NOTHING = frozenset({"", "absent", "null", "none", "nan", "na"})
_NO_ID = _NOTHING | {"0", "-1"}
_YES = frozenset({"true", "t", "1", "yes", "verified", "blue", "business", "government"})
_WITHHELD = re.compile(r"(?:This (?:Tweet|Post) from )?@\w{1,20}(?:['’]s account)? (?:has been |is )?withheld\b")
_POST_URL = re.compile(r"https?://(?:\w+\.)?(?:twitter|x)\.com/(\w+)/status(?:es)?/([0-9]+)")


def unescaped(text: object) -> Any:  # noqa: ANN401
    """Return a text with the characters in place of their entities; what is no text as it is.

    X gives ``&``, ``<`` and ``>`` escaped in all its interfaces.

    Examples
    --------
    >>> unescaped("Bread &amp; roses &lt;3 ?a=1&copy=2")
    'Bread & roses <3 ?a=1&copy=2'
    """
    if not isinstance(text, str) or "&" not in text:
        return text
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)


def text_at(*paths: str) -> Getter:
    """Return the getter of the first text at one of the paths, unescaped."""
    return Made(unescaped, paths)


def known(*paths: str) -> Getter:
    """Return the getter of the first value that is no word for nothing, as tables have them."""
    return Made(partial(_first_outside, _NOTHING), *paths)


def id_at(*paths: str) -> Getter:
    """Return the getter of the first id or name of an account; 0 is none either."""
    return Made(partial(_first_outside, _NO_ID), *paths)


def _first_outside(words: frozenset[str], *values: object) -> Any:  # noqa: ANN401
    for value in values:
        if value is not None and str(value).strip().lower() not in words:
            return value
    return None


def is_yes(value: object) -> bool:
    """Tell whether a value, of JSON or of a table, says yes."""
    return value is True or (bool(value) and str(value).strip().lower() in _YES)


def either(*paths: str) -> Getter:
    """Return the getter of a mark that an account has in one of several places: one yes is enough."""
    return Made(_either, *paths)


def _either(*values: object) -> Any:  # noqa: ANN401
    said = None
    for value in values:
        if is_yes(value):
            return True
        said = value if said is None else said
    return said


def post_url(handle: Source, post_id: Source, text: Getter) -> Getter:
    """Return the getter of a post's address; a post without text has none, lest it be taken for a share."""
    return Made(_post_url, handle, post_id, text)


def _post_url(handle: object, number: object, text: object) -> str | None:
    is_known = isinstance(handle, str) and handle and number and text
    return f"https://x.com/{handle}/status/{number}" if is_known else None


def where_text(source: Source, text: Getter) -> Getter:
    """Return the getter of a value of posts that have a text."""
    return Made(lambda value, written: value if written else None, source, text)


def handle_in(url: object, post_id: object = None) -> str | None:
    """Return who wrote the post at an address; nobody where it is another post than `post_id`."""
    match = _POST_URL.match(url) if isinstance(url, str) else None
    if match is None or match[1] == "i" or (post_id is not None and match[2] != str(post_id)):
        return None
    return match[1]


def is_withheld(post: object, text: object) -> bool:
    """Tell whether X's notice stands where the text was: not so in all posts that are marked as withheld."""
    is_notice = isinstance(text, str) and _WITHHELD.match(text) is not None
    return is_notice and isinstance(post, dict) and any(key.startswith("withheld") for key in post)
