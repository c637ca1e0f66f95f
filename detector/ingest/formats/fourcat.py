"""4CAT: its tables of posts and comments, which have the same first columns whatever the platform."""

import re
from typing import Any

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.hosts import platform_at
from detector.ingest.formats.paths import Getter, Record, compile_source

_YES = frozenset({"yes", "true", "1"})
# Addresses of the platform itself come before those that a post may only speak of.
_LINKS = (
    *("collected_from_url", "post_source_domain", "author_profile_url", "author_url", "thread_url", "post_url"),
    *("comment_url", "tweet_url", "tiktok_url", "url", "link", "author_avatar_url", "video_url"),
)
# Columns that only one of 4CAT's sources has.
_TELLING = (("subreddit", "reddit"), ("author_forwarded_from_name", "telegram"), ("retweeted_user", "x"))

_HASH = re.compile(r"[0-9a-f]{32,128}")
_HIDDEN = "REDACTED"
_author = compile_source("author")
_replied_to = compile_source(("reply_to", "parent", "parent_id", "in_reply_to"))
_link = compile_source(("link", "url", "comment_url", "post_url"))
_author_id = compile_source(("author_id", "author_user_id", "author_did", "user_id"))


def _is(row: Record, column: str) -> bool:
    return str(row.get(column) or "").strip().lower() in _YES


def _platform(row: Record) -> str | None:
    for column, name in _TELLING:
        if column in row:
            return name
    return next(filter(None, (platform_at(row.get(column)) for column in _LINKS)), None)


def _is_hidden(value: object) -> bool:
    return isinstance(value, str) and (value == _HIDDEN or _HASH.fullmatch(value) is not None)


def _unless_hidden(*columns: str) -> Getter:
    """Return the getter of a name; a hash or the word for a hidden one is none."""
    get = compile_source(columns)
    return lambda row: None if _is_hidden(value := get(row)) else value


def _handle_or_id(row: Record, *, as_id: bool) -> Any:  # noqa: ANN401
    """Return `author`, which is a handle, except in chats of Telegram, and where 4CAT made a hash of it."""
    author = _author(row)
    is_id = "author_username" in row or _is_hidden(author)
    return author if is_id is as_id and author != _HIDDEN else None


def _first_author_id(row: Record) -> Any:  # noqa: ANN401
    given = _author_id(row)
    return given if given not in (None, "", _HIDDEN) else _handle_or_id(row, as_id=True)


def _body(row: Record) -> Any:  # noqa: ANN401
    """Return the text; a post of Reddit may have nothing but its title."""
    return row.get("body") or (row.get("subject") if "subreddit" in row else None)


def _parent(row: Record) -> Any:  # noqa: ANN401
    """Return the post replied to; chats of Telegram number it without the name that stands before their ids."""
    if _is(row, "is_comment_on_comment"):
        return row.get("thread_id")
    parent, chat = _replied_to(row), f"{row.get('thread_id')}-"
    is_short = str(row.get("id")).startswith(chat) and str(parent).isdecimal()
    return f"{chat}{parent}" if is_short else parent


def _url(row: Record) -> Any:  # noqa: ANN401
    """Return the address of a post with a text; alone it would make the post a bare share of itself."""
    return _link(row) if _body(row) else None


def _first_language(row: Record) -> str | None:
    """Return the first of the languages that the author of a post on Bluesky named."""
    first = str(row.get("languages") or "").partition(",")[0]
    return first if first != "N/A" else None


def _fate(row: Record) -> SkipReason | None:
    # What Telegram has forwarded is somebody else's text passed on.
    is_passed_on = any(row.get(f"author_forwarded_from_{name}") for name in ("name", "username", "id"))
    return SkipReason.REPOST if is_passed_on or _is(row, "is_retweet") or _is(row, "is_repost") else None


FORMATS = (
    Format(
        name="4cat",
        title="4CAT: tables of posts and comments",
        shapes=(
            Shape(("id", "thread_id", "body", "timestamp", "unix_timestamp")),
            Shape(("id", "thread_id", "body", "timestamp", "author")),
            Shape(("id", "thread_id", "body", "unix_timestamp", "author")),
        ),
        fields={
            "platform": ("platform", _platform),
            "id": "id",
            "text": _body,
            # What stands in `timestamp` is in the time zone of the server for several sources.
            "created_at": ("unix_timestamp", "timestamp"),
            "author_id": _first_author_id,
            "author_handle": (_unless_hidden("author_username"), lambda row: _handle_or_id(row, as_id=False)),
            "author_name": _unless_hidden(
                *("author_fullname", "author_full", "author_name", "author_nickname", "author_display_name")
            ),
            "author_created_at": ("author_created_at", "account_created_at"),
            "author_followers": (
                "author_followers",
                "account_followers",
                "author_follower_count",
                "author_followers_count",
            ),
            "author_following": ("author_following", "author_following_count"),
            "author_verified": ("author_is_verified", "author_verified", "verified"),
            "target": ("replied_user", "replied_to_user"),
            "parent_id": _parent,
            "conversation_id": ("post_id", "thread_id"),
            "url": _url,
            "lang": ("language_guess", "language", "lang", _first_language),
            "like_count": ("likes", "like_count", "num_likes", "digg_count"),
        },
        fate=_fate,
        notes=("Where 4CAT replaced authors by hashes, accounts are told apart by these, and have no names.",),
    ),
)
