"""Bilibili: comments as its interface gives them, bare or in pages."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from detector.ingest.formats.format import Format, Shape, walk
from detector.ingest.formats.lists import objects
from detector.ingest.formats.paths import Record

_REPLY_TO = re.compile(r"回复 @(.{1,40}?) ?[:：]")


def _take_apart(root: Record) -> Iterator[Record]:
    held = root.get("data")
    page: Record = held if isinstance(held, dict) and "rpid" not in root else root
    if "rpid" in page:
        return walk([page], _replies)
    # The pinned and the most liked stand before the others, and may stand among them again.
    return walk([item for name in ("top_replies", "hots", "replies") for item in objects(page.get(name))], _replies)


def _replies(comment: Record) -> Iterable[Record]:
    return objects(comment.get("replies"))


def _parent(comment: Record) -> Any:  # noqa: ANN401
    parent = comment.get("parent_str") or comment.get("parent")
    return None if parent in (None, 0, "0") else parent


def _addressed(comment: Record) -> str | None:
    """Return whom the text says that it replies to, where that is not the first comment of the thread."""
    content = comment.get("content")
    message = content.get("message") if isinstance(content, dict) else None
    match = _REPLY_TO.match(message) if isinstance(message, str) else None
    return match[1] if match else None


def _verified(comment: Record) -> bool | None:
    """Tell by the kind of verification, which is -1 where there is none."""
    member = comment.get("member")
    official = member.get("official_verify") if isinstance(member, dict) else None
    kind = official.get("type") if isinstance(official, dict) else None
    return kind >= 0 if isinstance(kind, int) else None


FORMATS = (
    Format(
        name="bilibili",
        title="Bilibili: comments of its interface",
        shapes=(
            Shape(("rpid", "oid", "ctime", "content.message")),
            Shape(("data.replies.0.rpid", "data.replies.0.content")),
            Shape(("data.replies", "code"), any_of=("data.cursor", "data.page")),
        ),
        fields={
            "platform": "const:bilibili",
            "id": ("rpid_str", "rpid"),
            "text": "content.message",
            "created_at": "ctime",
            "author_id": ("mid_str", "mid", "member.mid"),
            "author_name": "member.uname",
            "author_verified": _verified,
            "target": _addressed,
            "parent_id": _parent,
            "conversation_id": ("oid_str", "oid"),
            "like_count": "like",
        },
        unfold=_take_apart,
    ),
)
