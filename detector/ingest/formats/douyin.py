"""Douyin: comments as its site gives them, bare, in pages, or in an envelope.

They look like TikTok's, but say from which province they were written (`ip_label`).
"""

from collections.abc import Iterable, Iterator

from detector.ingest.formats.format import Format, Shape, walk
from detector.ingest.formats.lists import objects
from detector.ingest.formats.paths import Getter, Record, compile_source

_ENVELOPE = "_envelope"


def _take_apart(root: Record) -> Iterator[Record]:
    held = root.get("data")
    inner: Record = held if isinstance(held, dict) else root
    captured = root.get("timestamp_collected")
    tops = [inner] if "cid" in inner else objects(inner.get("comments"))
    return walk([{_ENVELOPE: captured, **comment} for comment in tops], _replies)


def _replies(comment: Record) -> Iterable[Record]:
    return [{_ENVELOPE: comment[_ENVELOPE], **reply} for reply in objects(comment.get("reply_comment"))]


def _unless_zero(*paths: str) -> Getter:
    """Return the getter of the first of several ids that is not written as 0, which stands for none."""
    getters = [compile_source(path) for path in paths]
    return lambda record: next((value for get in getters if (value := get(record)) not in (None, "", "0", 0)), None)


FORMATS = (
    Format(
        name="douyin",
        title="Douyin: comments of its site",
        shapes=(
            Shape(("cid", "aweme_id", "text", "create_time", "ip_label", "user.nickname")),
            Shape(("data.cid", "data.aweme_id", "data.text", "data.create_time", "data.ip_label", "data.user")),
            Shape(("comments.0.cid", "comments.0.aweme_id", "comments.0.text", "comments.0.ip_label", "has_more")),
        ),
        fields={
            "platform": "const:douyin",
            "id": "cid",
            "text": "text",
            "created_at": "create_time",
            "collected_at": (_ENVELOPE, "__import_meta.timestamp_collected"),
            "author_id": _unless_zero("user.uid", "user.sec_uid"),
            "author_handle": _unless_zero("user.unique_id", "user.short_id"),
            "author_name": "user.nickname",
            "author_followers": "user.follower_count",
            "target": "reply_to_username",
            "parent_id": _unless_zero("reply_to_reply_id", "reply_id"),
            "conversation_id": "aweme_id",
            "like_count": "digg_count",
        },
        unfold=_take_apart,
    ),
)
