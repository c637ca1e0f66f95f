"""Bluesky: posts as its API gives them (feeds, threads, searches, repositories), and the events of Jetstream.

`createdAt` is what the author's program claims, so the time at which the network saw a post goes before it. Accounts
are named by their DID: it is in every address of a post, the handle is not, and handles change.
"""

from collections.abc import Iterable
from typing import Any

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape, walk
from detector.ingest.formats.lists import lists_at
from detector.ingest.formats.paths import Record, compile_source

_POST = "app.bsky.feed.post"

_items = lists_at("feed", "posts", "records", "thread", *(f"data.{name}" for name in ("feed", "posts", "records")))
_thread_of = compile_source(("thread", "data.thread"))
_replies = lists_at("replies")

_parent = compile_source("record.reply.parent.uri")
_root = compile_source("record.reply.root.uri")
_kind = compile_source(("record.$type", "record.py_type"))
_repost = compile_source(("reason.$type", "reason.py_type"))


def _unfold(root: Record) -> Iterable[Record]:
    thread = _thread_of(root)
    tops = [thread] if isinstance(thread, dict) else _items(root) or [root]
    return map(_post, walk(tops, _around))


def _around(node: Any) -> list[Any]:  # noqa: ANN401
    """Return what a post in a thread answers to, and the answers to it."""
    above = node.get("parent") if isinstance(node, dict) else None
    return [above, *_replies(node)] if isinstance(above, dict) else _replies(node)


def _post(node: Any) -> Any:  # noqa: ANN401
    if not isinstance(node, dict):
        return node
    value = node.get("value")
    if isinstance(node.get("post"), dict):
        return {**node["post"], "reason": node.get("reason")}
    if isinstance(value, dict) and "record" not in node:
        return value["post"] if isinstance(value.get("post"), dict) else {**node, "record": value}
    return node


def _fate(record: Record) -> SkipReason | None:
    if record.get("notFound") or record.get("not_found"):
        return SkipReason.DELETED
    if not isinstance(record.get("record"), dict) or (_kind(record) or _POST) != _POST:
        return SkipReason.NOT_A_COMMENT  # blocked, or a like, a list, a feed
    return SkipReason.REPOST if str(_repost(record)).endswith("reasonRepost") else None


def _did(address: Any) -> str | None:  # noqa: ANN401
    """Return whose an address is: ``at://did:plc:x/app.bsky.feed.post/3k``."""
    parts = address.split("/") if isinstance(address, str) else []
    return parts[2] if len(parts) > 2 else None


def _author(record: Record) -> str | None:
    author = record.get("author")
    return (author.get("did") if isinstance(author, dict) else None) or _did(record.get("uri"))


def _handle(record: Record) -> str | None:
    author = record.get("author")
    handle = author.get("handle") if isinstance(author, dict) else None
    return None if handle == "handle.invalid" else handle


def _verified(record: Record) -> bool | None:
    author = record.get("author")
    verification = author.get("verification") if isinstance(author, dict) else None
    if not isinstance(verification, dict):
        return None
    return (verification.get("verifiedStatus") or verification.get("verified_status")) == "valid"


_facets = lists_at("record.facets")
_features = lists_at("features")
_start = compile_source(("index.byteStart", "index.byte_start"))


def _target(record: Record) -> str | None:
    """Return whom a post answers to, else whom it names at its very beginning."""
    first = [facet for facet in _facets(record) if isinstance(facet, dict) and _start(facet) in (0, 1)]
    named = [feature.get("did") for facet in first for feature in _features(facet) if isinstance(feature, dict)]
    return _did(_parent(record)) or next((did for did in named if did), None)


def _url(record: Record) -> str | None:
    content = record.get("record")
    address = record.get("uri")
    who = _handle(record) or _author(record)
    if not (isinstance(content, dict) and content.get("text") and isinstance(address, str) and who):
        return None
    return f"https://bsky.app/profile/{who}/post/{address.rpartition('/')[2]}"


_PAGES = tuple(f"{before}{name}.0" for before in ("", "data.") for name in ("posts", "feed", "records", "thread"))

_POSTS = Format(
    name="bluesky",
    title="Bluesky posts, feeds and threads",
    shapes=(
        Shape(("uri", "record", "author.did"), any_of=("cid", "indexedAt", "indexed_at")),
        Shape(("uri", "value", "cid")),
        Shape(("post.uri", "post.record", "post.author.did")),
        *(Shape((f"{page}.uri", f"{page}.{within}")) for page in _PAGES for within in ("record", "value")),
        *(Shape((f"{page}.post.uri", f"{page}.post.record")) for page in _PAGES),
        *(Shape((f"{before}thread.post.uri", f"{before}thread.post.record")) for before in ("", "data.")),
        Shape(("thread.uri",), any_of=("thread.notFound", "thread.blocked", "thread.not_found")),
    ),
    fields={
        "id": "uri",
        "platform": "const:bluesky",
        "text": "record.text",
        "created_at": ("indexedAt", "indexed_at", "record.createdAt", "record.created_at"),
        "author_id": _author,
        "author_handle": _handle,
        "author_name": ("author.displayName", "author.display_name"),
        "author_created_at": ("author.createdAt", "author.created_at"),
        "author_followers": ("author.followersCount", "author.followers_count"),
        "author_following": ("author.followsCount", "author.follows_count"),
        "author_posts": ("author.postsCount", "author.posts_count"),
        "author_verified": _verified,
        "target": _target,
        "parent_id": _parent,
        "conversation_id": ("record.reply.root.uri", "uri"),
        "url": _url,
        "lang": "record.langs.0",
        "like_count": ("likeCount", "like_count"),
    },
    unfold=_unfold,
    fate=_fate,
)


_made = compile_source(("commit.operation", "commit.type"))


def _event(root: Record) -> Iterable[Record]:
    """Bring the commit of an event into the form of a post."""
    commit = root.get("commit")
    if not isinstance(commit, dict):
        return ({},)
    address = f"at://{root.get('did')}/{commit.get('collection')}/{commit.get('rkey')}"
    return ({"uri": address, "record": commit.get("record"), **root},)


def _event_fate(event: Record) -> SkipReason | None:
    # An edit repeats a post, and likes, reposts and follows carry no text.
    is_new = _made(event) in ("create", "c")
    is_post = is_new and event["commit"].get("collection") == _POST and isinstance(event.get("record"), dict)
    return None if is_post else SkipReason.NOT_A_COMMENT


_EVENTS = Format(
    name="jetstream",
    title="Bluesky events (Jetstream)",
    shapes=(Shape(("did", "time_us"), any_of=("kind", "type")), Shape(("did", "time_us", "commit.collection"))),
    fields={
        "id": "uri",
        "platform": "const:bluesky",
        "text": "record.text",
        "created_at": ("time_us", "record.createdAt"),
        "author_id": "did",
        "target": _target,
        "parent_id": _parent,
        "conversation_id": ("record.reply.root.uri", "uri"),
        "url": _url,
        "lang": "record.langs.0",
    },
    unfold=_event,
    fate=_event_fate,
    notes=("Events name accounts by their DID only: there are no handles.",),
)

FORMATS = (_POSTS, _EVENTS)
