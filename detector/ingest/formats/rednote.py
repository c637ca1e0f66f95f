"""RedNote (Xiaohongshu): comments as its site gives them, bare, in pages, or in Zeeschuimer's envelope.

What is taken from the interface is written with underscores, what is embedded in pages in camel case.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from detector.ingest.formats.format import Format, Shape, walk
from detector.ingest.formats.lists import objects
from detector.ingest.formats.paths import Record, compile_source

_USERS = ("user_info", "userInfo", "user")
_ENVELOPE = "_envelope"
_NOTE = "_note"
_ROOT = "_root"

_id = compile_source("id")
_note = compile_source(("note_id", "noteId", _NOTE))
_target_id = compile_source(("target_comment.id", "targetComment.id", _ROOT))


def _of_user(*names: str, holders: tuple[str, ...] = _USERS) -> tuple[str, ...]:
    return tuple(f"{holder}.{name}" for holder in holders for name in names)


def _take_apart(root: Record) -> Iterator[Record]:
    """Yield the comments of an envelope, a page or a note, and the replies below each."""
    held = root.get("data")
    inner: Record = held if isinstance(held, dict) else root
    captured = root.get("timestamp_collected")
    if "content" in inner:
        tops = [{**inner, _ENVELOPE: captured}]
    else:
        about = {_ENVELOPE: captured, _NOTE: _note(inner) or _note(root)}
        tops = [{**about, **comment} for comment in objects(inner.get("comments") or held)]
    return walk(tops, _replies)


def _replies(comment: Record) -> Iterable[Record]:
    about = {_ENVELOPE: comment.get(_ENVELOPE), _NOTE: _note(comment), _ROOT: comment.get(_ROOT) or _id(comment)}
    replies = comment.get("sub_comments") or comment.get("subComments")
    return [{**about, **reply} for reply in objects(replies)]


def _parent(comment: Record) -> Any:  # noqa: ANN401
    parent = _target_id(comment)
    return None if parent in (None, "", "0", 0) else parent


_REPLIED_TO = tuple(f"{comment}.{user}" for comment in ("target_comment", "targetComment") for user in _USERS)

FORMATS = (
    Format(
        name="rednote",
        title="RedNote (Xiaohongshu): comments of its site, also by Zeeschuimer",
        shapes=(
            Shape(("id", "content", "note_id", "user_info")),
            Shape(("id", "content", "note_id", "user_info.user_id")),
            Shape(("id", "content", "sub_comment_count", "user_info")),
            Shape(("id", "content", "noteId", "userInfo")),
            Shape(("item_id", "data.content", "data.id", "data.user_info")),
            Shape(("item_id", "data.content", "data.id", "data.userInfo")),
            Shape(("data.comments.0.content", "data.comments.0.user_info")),
            Shape(("data.comments", "data.has_more", "data.cursor", "success")),
            Shape(("note_id", "comments.0.content", "comments.0.user_info")),
        ),
        fields={
            "platform": "const:rednote",
            "id": _id,
            "text": "content",
            "created_at": ("create_time", "createTime", "time"),
            "collected_at": (_ENVELOPE, "__import_meta.timestamp_collected"),
            "author_id": _of_user("user_id", "userId", "userid"),
            "author_handle": _of_user("red_id", "redId"),
            "author_name": _of_user("nickname", "nickName"),
            "target": _of_user("nickname", "nickName", holders=_REPLIED_TO),
            "parent_id": _parent,
            "conversation_id": _note,
            "like_count": ("like_count", "likeCount"),
        },
        unfold=_take_apart,
    ),
)
