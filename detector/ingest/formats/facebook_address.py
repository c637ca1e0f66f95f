"""What addresses and ids on Facebook say: whose page it is, which post, which person."""

import base64
import binascii
import contextlib
import re
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

_HOST = re.compile(r"(?:[\w-]+\.)*(?:facebook|fb)\.com")
_NOT_NAMES = re.compile(
    r"(?i)\d+|.*\.php|events?|groups|hashtag|media|notes|p|pages|people|photos?|plugins|posts|profile|reels?|search|share"
    r"|stories|user|videos?|watch"
)
_MAX_CHARS = 2_000
_POST_QUERIES = ("story_fbid", "fbid", "v", "multi_permalinks")
_POST_STEPS = ("posts", "permalink", "videos", "photos", "reel", "reels", "p", "v", "r")
_SITE_ID = re.compile(r"(?:comment:(?=\d+_)|feedback:)(\d+)")
_POST_ID = re.compile(r"\d{5,}|pfbid\w+|\w{8,}")


def _taken_apart(address: object) -> tuple[list[str], dict[str, str]]:
    """Return the steps of the path and the query of an address on Facebook; nothing of any other."""
    return _split(address) if isinstance(address, str) and len(address) <= _MAX_CHARS else ([], {})


@lru_cache(maxsize=4_096)
def _split(address: str) -> tuple[list[str], dict[str, str]]:
    # Comments come by the post, whose address each of them has.
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
    except ValueError:  # a broken IPv6 host
        return [], {}
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        return [], {}
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return [step for step in parts.path.split("/") if step], query


def page(address: object) -> str | None:
    """Return the page, group or profile that an address is of.

    Examples
    --------
    >>> page("https://www.facebook.com/HarbourDaily/posts/pfbid02abc"), page("facebook.com/groups/reef/permalink/12/")
    ('HarbourDaily', 'reef')
    >>> page("https://www.facebook.com/watch/?v=123456") is None
    True
    """
    steps, query = _taken_apart(address)
    if not steps:
        return None
    if steps[0] in ("groups", "events") and len(steps) > 1:
        return steps[1]
    return person_id(address) or (query.get("id") if steps[0] in ("permalink.php", "story.php") else handle(address))


def post(address: object) -> str | None:
    """Return the id of the post, photo or video that an address leads to.

    Examples
    --------
    >>> post("https://www.facebook.com/HarbourDaily/posts/a-slug/123456/"), post("https://fb.com/watch?v=98765")
    ('123456', '98765')
    """
    steps, query = _taken_apart(address)
    asked = next((query[name] for name in _POST_QUERIES if query.get(name)), None)
    if asked or not any(step in _POST_STEPS for step in steps[:-1]):
        return asked
    return steps[-1] if _POST_ID.fullmatch(steps[-1]) else None


def person_id(address: object) -> str | None:
    """Return the number of a person or page, where an address has it instead of a name.

    Examples
    --------
    >>> person_id("https://www.facebook.com/profile.php?id=61550"), person_id("https://facebook.com/people/A-B/10003/")
    ('61550', '10003')
    """
    steps, query = _taken_apart(address)
    match steps:
        case ["profile.php", *_]:
            return query.get("id")
        case ["people" | "pages", _, number, *_] | ["groups", _, "user", number, *_] | [number, *_] if (
            number.isdecimal()
        ):
            return number
    return None


def handle(address: object) -> str | None:
    """Return the name that a person or page has chosen for its address.

    Examples
    --------
    >>> handle("https://www.facebook.com/gwen.example.9?comment_id=1"), handle("https://www.facebook.com/reel/1")
    ('gwen.example.9', None)
    """
    steps, _ = _taken_apart(address)
    return steps[0] if steps and not _NOT_NAMES.fullmatch(steps[0]) else None


def answered(address: object) -> str | None:
    """Return the comment that a reply answers, from the address of the reply.

    Examples
    --------
    >>> answered("https://www.facebook.com/HarbourDaily/posts/123456?comment_id=11&reply_comment_id=12")
    '11'
    """
    _, query = _taken_apart(address)
    return query.get("comment_id") if "reply_comment_id" in query else None


def post_in_id(identity: object) -> str | None:
    """Return the post in an id of the web site: ``comment:POST_COMMENT`` or ``feedback:POST``, mostly in base64.

    Examples
    --------
    >>> post_in_id("Y29tbWVudDo5ODcwMDFfNTAwMQ=="), post_in_id("feedback:987001")
    ('987001', '987001')
    """
    written = str(identity)
    with contextlib.suppress(binascii.Error, UnicodeDecodeError):
        written = base64.b64decode(written, validate=True).decode()
    found = _SITE_ID.match(written)
    return found[1] if found else None


def lasting(identity: object) -> object:
    """Return the id of a person unless it is ``pfbid...``: that is another in each session and joins nothing."""
    return None if identity is None or str(identity).startswith("pfbid") else identity
