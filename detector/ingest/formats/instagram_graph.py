"""Instagram by way of Meta's Graph API, as owners of accounts get it: comments, pages of them, posts with comments."""

from collections.abc import Iterable
from typing import Any

from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.lists import objects
from detector.ingest.formats.nested import unless_mention, unnested
from detector.ingest.formats.paths import Record, compile_source

_get_handle = compile_source(("username", "from.username"))
_get_media = compile_source(("media.id", "_around.post"))


def _held(record: Record, name: str) -> list[Record]:
    edge = record.get(name)
    return objects(edge.get("data")) if isinstance(edge, dict) else []


def _unfold(root: Record) -> Iterable[Record]:
    for item in objects(root["data"]) if isinstance(root.get("data"), list) else [root]:
        if isinstance(item.get("comments"), dict):
            post = {"post": item.get("id"), "owner": _get_handle(item)}
            yield from unnested(_held(item, "comments"), _replies, _known, post)
        else:
            yield from unnested([item], _replies, _known, {})


def _replies(comment: Record) -> list[Record]:
    return _held(comment, "replies")


def _known(comment: Record) -> dict[str, Any]:
    return {"parent": comment.get("id"), "parent_author": _get_handle(comment), "post": _get_media(comment)}


_FORM = Format(
    name="instagram-graph",
    title="Instagram Graph API: comments, pages of them, posts with their comments",
    shapes=(
        Shape(needs=("id", "text", "timestamp"), any_of=("hidden", "replies.data", "media.id", "from.username")),
        Shape(
            needs=("data.0.id", "data.0.text", "data.0.timestamp"),
            any_of=("data.0.hidden", "data.0.replies", "data.0.media", "data.0.from", "paging"),
            lacks=("data.0.is_quote_post", "data.0.root_post", "data.0.replied_to"),
        ),
        Shape(needs=("id", "comments.data", "comments.data.0.text", "comments.data.0.timestamp")),
        Shape(needs=("data.0.id", "data.0.comments.data", "data.0.comments.data.0.text")),
    ),
    unfold=_unfold,
    fields={
        "id": "id",
        "platform": "const:instagram",
        "text": "text",
        "created_at": "timestamp",
        "author_id": ("from.id", "user.id"),
        "author_handle": _get_handle,
        "target": unless_mention("text", ("_around.parent_author", "_around.owner")),
        "parent_id": ("parent_id", "_around.parent"),
        "conversation_id": _get_media,
        "like_count": "like_count",
    },
)

FORMATS = (_FORM,)
