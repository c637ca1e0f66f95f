"""Tables that research tools hand to one another: CooRTweet, the coordination network toolkit and others."""

import re
from typing import Any

from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.paths import Getter, Record, compile_source

_ADDRESS = re.compile(r"(?i)(?:[a-z][a-z0-9+.-]*://|www\.)\S+|(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?")


def _object(row: Record) -> str:
    return str(row.get("object_id") or "").strip()


def _shared_address(row: Record) -> str | None:
    return shared if _ADDRESS.fullmatch(shared := _object(row)) else None


def _shared_post(row: Record) -> str | None:
    shared = _object(row)
    return shared if shared and " " not in shared and not _ADDRESS.fullmatch(shared) else None


def _share_id(row: Record) -> str | None:
    """Return an id for each object that a post shares: such a table has a row for every one."""
    post, shared = row.get("content_id"), _object(row)
    return f"{post} {shared}" if post and shared else None


COORTWEET = Format(
    name="coortweet",
    title="CooRTweet: who shared which object",
    shapes=(
        Shape(("object_id", "account_id", "content_id", "timestamp_share")),
        Shape(("object_id", "id_user", "content_id", "timestamp_share")),
    ),
    fields={
        "platform": "platform",
        "id": _share_id,
        # An object is an address or an id; one with spaces is a text that several accounts posted.
        "text": lambda row: shared if " " in (shared := _object(row)) else None,
        "created_at": "timestamp_share",
        "author_id": ("account_id", "id_user"),
        "repost_of": _shared_post,
        "url": _shared_address,
    },
    notes=(
        "There are no texts in such tables: only shared addresses and posts can be compared.",
        "A post that shares several objects is a record for each, whose id names the post and the object.",
    ),
)


def _first_url(row: Record) -> str | None:
    """Return the first of several addresses; those in a repost are the original's."""
    urls = [] if row.get("repost_id") else str(row.get("urls") or "").split()
    return urls[0] if urls else None


QUT = Format(
    name="qut",
    title="Coordination network toolkit: messages",
    shapes=(
        Shape(("message_id", "user_id", "repost_id", "reply_id", "message", "timestamp")),
        Shape(("message_id", "user_id", "username", "message", "timestamp", "urls")),
        Shape(("message_id", "user_id", "repost_id", "message", "timestamp")),
    ),
    fields={
        "platform": "platform",
        "id": "message_id",
        "text": "message",
        "created_at": "timestamp",
        "author_id": "user_id",
        "author_handle": "username",
        "parent_id": "reply_id",
        "repost_of": "repost_id",
        "url": _first_url,
    },
)


def _bluesky(row: Record) -> str | None:
    """Tell Bluesky by its ids and by handles that are domains; a numbered post of a plain name is of elsewhere."""
    is_numbered = str(row.get("id") or "").isdecimal() and "." not in str(row.get("username") or "")
    return None if is_numbered else "bluesky"


def _did(row: Record) -> str | None:
    match = re.match(r"at://(did:[^/]+)/", str(row.get("id") or ""))
    return match[1] if match else None


COMMUNALYTIC = Format(
    name="communalytic",
    title="Communalytic: posts of Bluesky",
    shapes=(Shape(("id", "username", "date", "text"), only=True),),
    fields={
        "platform": _bluesky,
        "id": "id",
        "text": "text",
        "created_at": "date",
        "author_id": _did,
        "author_handle": "username",
    },
)


def _is_passed_on(edge: Record) -> bool:
    """Tell edges that run from the original's author to whoever passed it on; the others start at who posted."""
    is_mention = str(edge.get("is_mention") or "").lower() in ("true", "t", "1")
    return str(edge.get("tweet_type") or "").lower() in ("retweet", "quote") and not is_mention


def _author(name: str) -> Getter:
    """Return the getter of a field of the user at the end of the edge where its author stands."""
    starts, ends = compile_source(f"from_user_{name}"), compile_source(f"to_user_{name}")
    return lambda edge: ends(edge) if _is_passed_on(edge) else starts(edge)


def _addressed(edge: Record) -> Any:  # noqa: ANN401
    is_loop = edge.get("from_user_id") == edge.get("to_user_id")
    return None if is_loop or _is_passed_on(edge) else edge.get("to_user_screen_name")


HOAXY = Format(
    name="hoaxy",
    title="Hoaxy: who passed which article on to whom",
    shapes=(Shape(("from_user_id", "to_user_id", "tweet_id", "tweet_type")),),
    fields={
        "platform": "const:x",
        "id": "tweet_id",
        "text": ("tweet_text", "text"),
        "created_at": "tweet_created_at",
        "author_id": _author("id"),
        "author_handle": _author("screen_name"),
        "target": _addressed,
        "url": ("canonical_url", "url", "url_raw", "expanded_url"),
    },
    notes=("There are no texts in such tables: edges that carry no address are no comments.",),
)

FORMATS = (COORTWEET, QUT, COMMUNALYTIC, HOAXY)
