"""Reddit: archives (Pushshift, Arctic Shift, PullPush) and the listings of the site's own JSON.

A comment is the same object in all of them. The site wraps each in ``{"kind": "t1", "data": ...}`` and hangs the
replies below it. Who wrote the comment that is replied to is not said, so the target is the thread.
"""

import html
import re
from collections.abc import Iterable
from typing import Any

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape, walk
from detector.ingest.formats.lists import lists_at
from detector.ingest.formats.paths import Record, Source

_SITE = "https://www.reddit.com"
_FULL_NAME = re.compile(r"t[1-6]_")
_GONE = re.compile(r"\s*\[\s?(?:deleted|removed)(?: by (?:user|reddit))?\s?\]\s*", re.IGNORECASE)
# Markdown knows entities only with their semicolon: in an address, "&copy=2" is no sign of copyright.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

_tops = lists_at("data.children", "json.data.things", "data")
_replies = lists_at("replies.data.children", "data.replies.data.children")


def _unfold(root: Record) -> Iterable[Record]:
    return map(_content, walk(_tops(root) or [root], _replies))


def _content(thing: Any) -> Any:  # noqa: ANN401
    data = thing.get("data") if isinstance(thing, dict) else None
    return data if isinstance(data, dict) else thing


def _is_post(record: Record) -> bool:
    # Scripts that use PRAW write what a post says below its title as `body`, too.
    return bool(record.get("title")) and not record.get("link_id")


def _fate(record: Record) -> SkipReason | None:
    if "body" not in record and not ("title" in record and "subreddit" in record):
        return SkipReason.NOT_A_COMMENT  # "load more", a subreddit, an account
    if any(_GONE.fullmatch(part) for part in _parts(record)):
        return SkipReason.DELETED
    return SkipReason.REPOST if record.get("crosspost_parent") else None


def _parts(record: Record) -> list[str]:
    names = ("title", "selftext", "body") if _is_post(record) else ("body",)
    return [part for name in names if (part := record.get(name))]


def _text(record: Record) -> str:
    written = "\n\n".join(_parts(record))
    # Once for the site, which writes < > & so, and once for what the author wrote so.
    return _resolved(_resolved(written)) if "&" in written else written


def _resolved(text: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def _full_name(record: Record) -> str | None:
    name = record.get("name") or record.get("id")
    if name is None or _FULL_NAME.match(str(name)):
        return name
    return f"{'t3' if _is_post(record) else 't1'}_{record.get('id') or name}"


def _thread(record: Record) -> str | None:
    return _full_name(record) if _is_post(record) else record.get("link_id")


def _url(record: Record) -> str | None:
    # Of a post that shares a page, the page: posts are linked by what they share.
    address = (record.get("url") if _is_post(record) else None) or record.get("permalink")
    return _SITE + address if address and address.startswith("/") else address


_FIELDS: dict[str, Source] = {
    "id": _full_name,
    "platform": "const:reddit",
    "text": _text,
    "created_at": "created_utc",
    "author_id": "author_fullname",
    "author_handle": "author",
    "author_created_at": "author_created_utc",
    "parent_id": "parent_id",
    "conversation_id": _thread,
    "url": _url,
    "like_count": ("score", "ups"),
}

FORMATS = (
    Format(
        name="reddit",
        title="Reddit comments and posts (Pushshift, Arctic Shift, PullPush)",
        shapes=(
            Shape(("body", "created_utc", "link_id")),
            Shape(("body", "created_utc", "subreddit")),
            Shape(("body", "created_utc", "link_id", "parent_id", "subreddit")),
            Shape(("title", "created_utc", "subreddit"), any_of=("selftext", "permalink", "num_comments", "is_self")),
            Shape(("data.0.body", "data.0.created_utc", "data.0.link_id")),
            Shape(("data.0.title", "data.0.created_utc", "data.0.subreddit")),
        ),
        fields=_FIELDS,
        unfold=_unfold,
        fate=_fate,
        notes=("Reddit does not say when the author's account was created.",),
    ),
    Format(
        name="reddit-api",
        title="Reddit listings (the site's .json, the API)",
        shapes=(
            Shape(("kind", "data.children")),
            Shape(("kind", "data.body", "data.created_utc")),
            Shape(("kind", "data.created_utc"), any_of=("data.id", "data.name")),
            Shape(("json.data.things",), any_of=("json.errors",)),
            Shape(("data.0.kind", "data.0.data", "data.0.data.created_utc")),
        ),
        fields=_FIELDS,
        unfold=_unfold,
        fate=_fate,
        notes=("Replies behind 'load more' are not in the file.",),
    ),
)
