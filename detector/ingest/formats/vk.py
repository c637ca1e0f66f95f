"""VK: comments and posts of walls, alone or as the API answers, with threads and the profiles of their authors.

Numbers of communities are negative where they stand for an owner or author, and positive in their own profile.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape, walk
from detector.ingest.formats.lists import lists_at
from detector.ingest.formats.paths import Record, compile_source

# [id77|Vera], [club5|The Club], [id77:bp-5_12|Vera]: a reader sees the name.
_MENTION = re.compile(r"\[(id|club|public|event)(\d+)(?::[^|\[\]]*)?\|([^|\[\]]+)\]")

_items = lists_at("response.items", "items", "response")
_people = lists_at("response.profiles", "profiles")
_communities = lists_at("response.groups", "groups")
_answers = lists_at("response")
_thread = lists_at("thread.items")
_stack = lists_at("parents_stack")
_names = tuple(compile_source(f"author_profile.{name}") for name in ("first_name", "last_name"))
_name = compile_source("author_profile.name")
_screen_name = compile_source(("author_profile.screen_name", "author_profile.domain"))


def _unfold(root: Record) -> Iterable[Record]:
    if "from_id" in root or "deleted" in root:
        return _with_authors(walk((root,), _thread), {})
    # `execute` answers several questions at once.
    pages = [page for page in _answers(root) if isinstance(page, dict) and "items" in page]
    return [comment for page in pages or (root,) for comment in _of_page(page)]


def _of_page(root: Record) -> Iterable[Record]:
    profiles = {str(one.get("id")): one for one in _people(root) if isinstance(one, dict)}
    profiles |= {f"-{one.get('id')}": one for one in _communities(root) if isinstance(one, dict)}
    return _with_authors(walk(_items(root), _thread), profiles)


def _with_authors(comments: Iterable[Any], profiles: Mapping[str, Any]) -> Iterable[Any]:
    for comment in comments:
        if isinstance(comment, dict):
            yield {"author_profile": profiles.get(str(comment.get("from_id"))), **comment}
        else:
            yield comment


def _fate(comment: Record) -> SkipReason | None:
    if comment.get("deleted") or comment.get("is_deleted"):
        return SkipReason.DELETED
    # What is written above a passed-on post is a comment of its own.
    return SkipReason.REPOST if comment.get("copy_history") and not comment.get("text") else None


def _text(comment: Record) -> str | None:
    text = comment.get("text")
    return _MENTION.sub(r"\3", text) if text else text


def _on_wall(comment: Record, number: Any) -> str | None:  # noqa: ANN401
    """Return the id of a post or comment: ``-5_12``."""
    owner = comment.get("owner_id")
    if not number:
        return None
    return f"{owner}_{number}" if owner is not None else str(number)


def _id(comment: Record) -> str | None:
    return _on_wall(comment, comment.get("id"))


def _parent(comment: Record) -> str | None:
    above = _stack(comment)
    return _on_wall(comment, comment.get("reply_to_comment") or (above[-1] if above else None))


def _post(comment: Record) -> str | None:
    return _on_wall(comment, comment.get("post_id")) or (None if _is_comment(comment) else _id(comment))


def _is_comment(comment: Record) -> bool:
    return any(name in comment for name in ("post_id", "parents_stack", "reply_to_comment", "thread"))


def _author(comment: Record) -> Any:  # noqa: ANN401
    return comment.get("from_id") or None


def _handle(comment: Record) -> str | None:
    handle = _screen_name(comment)
    return None if handle == f"id{comment.get('from_id')}" else handle


def _full_name(comment: Record) -> str | None:
    return _name(comment) or " ".join(part for get in _names if (part := get(comment))) or None


def _target(comment: Record) -> str | None:
    """Return whom a comment answers to, else whom it names at its very beginning."""
    answered = comment.get("reply_to_user")
    if answered:
        return str(answered)
    mention = _MENTION.match(comment.get("text") or "")
    return f"{'' if mention[1] == 'id' else '-'}{mention[2]}" if mention else None


def _url(comment: Record) -> str | None:
    if not comment.get("text") or comment.get("owner_id") is None:
        return None
    if not _is_comment(comment):
        return f"https://vk.com/wall{_id(comment)}"
    post = _post(comment)
    return f"https://vk.com/wall{post}?reply={comment.get('id')}" if post else None


FORMATS = (
    Format(
        name="vk",
        title="VK comments and posts",
        shapes=(
            Shape(("id", "from_id", "date", "text"), any_of=("owner_id", "post_id", "parents_stack", "thread")),
            Shape(("id", "from_id", "date", "text"), any_of=("reply_to_comment", "reply_to_user", "author_profile")),
            Shape(("id", "owner_id", "post_id", "deleted")),
            Shape(("response.items", "response.count")),
            Shape(("response.0.items", "response.0.count")),
            Shape(("response.items", "response.profiles", "response.groups")),
            Shape(("items", "profiles", "groups")),
            Shape(("items.0.from_id", "items.0.owner_id", "items.0.date")),
            Shape(("response.0.from_id", "response.0.owner_id", "response.0.date")),
        ),
        fields={
            "id": _id,
            "platform": "const:vk",
            "text": _text,
            "created_at": "date",
            "author_id": _author,
            "author_handle": _handle,
            "author_name": _full_name,
            "author_followers": ("author_profile.followers_count", "author_profile.members_count"),
            "author_verified": "author_profile.verified",
            "target": _target,
            "parent_id": _parent,
            "conversation_id": _post,
            "url": _url,
            "like_count": "likes.count",
        },
        unfold=_unfold,
        fate=_fate,
    ),
)
