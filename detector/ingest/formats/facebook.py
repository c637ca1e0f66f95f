"""Facebook: answers of the Graph API, minet's tables of comments, and the posts of the `facebook-scraper` library."""

from collections.abc import Iterable
from typing import Any

from detector.ingest.formats import facebook_address as address
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.lists import objects
from detector.ingest.formats.nested import AROUND, unnested, where
from detector.ingest.formats.paths import Record, compile_source
from detector.ingest.shown_times import precision_of

_FEEDS = ("posts", "feed", "published_posts", "visitor_posts", "tagged", "videos", "photos")
_ONLY_COMMENTS_HAVE = ("can_remove", "can_comment", "comment_count", "user_likes", "parent", "attachment", "object")
_ONLY_POSTS_HAVE = ("shares", "status_type", "story", "actions", "full_picture", "is_published", "updated_time", "to")


def _held(record: Record, name: str) -> list[Record]:
    edge = record.get(name)
    return objects(edge.get("data")) if isinstance(edge, dict) else []


def _is_post(record: Record) -> bool:
    """Tell a post from a comment, which the Graph API writes alike.

    Ids say it if there are comments below: those of a post begin with the number of it, the replies to a comment begin
    as it does.
    """
    if any(name in record for name in _ONLY_POSTS_HAVE):
        return True
    if any(name in record for name in _ONLY_COMMENTS_HAVE):
        return False
    identity = str(record.get("id", ""))
    for reply in _held(record, "comments"):
        thread = _thread(reply.get("id"))
        if thread and thread in (identity, identity.rpartition("_")[2]):
            return True
        if thread and thread == _thread(identity):
            return False
    return "comments" in record


def _thread(identity: object) -> str | None:
    """Return the post that the id of a comment begins with."""
    return str(identity).rpartition("_")[0] or None


def _unfold_graph(root: Record) -> Iterable[Record]:
    for feed in _FEEDS:
        if posts := _held(root, feed):
            return _taken_apart(posts, [True] * len(posts), root.get("username") or root.get("name"))
    items = objects(root["data"]) if isinstance(root.get("data"), list) else [root]
    return _taken_apart(items, list(map(_is_post, items)))


def _taken_apart(items: list[Record], are_posts: list[bool], page: object = None) -> Iterable[Record]:
    """Yield the comments under posts and among them; posts are records only where none came with comments."""
    has_comments = any(_held(item, "comments") for item, is_post in zip(items, are_posts, strict=True) if is_post)
    for item, is_post in zip(items, are_posts, strict=True):
        if not is_post:
            yield from unnested([item], _replies, _known, {})
            continue
        if not has_comments:
            yield {**item, AROUND: {"post": item.get("id"), "page": _get_wall(item), "is_post": True}}
        yield from unnested(_replies(item), _replies, _known, {"post": item.get("id"), "page": page or _get_page(item)})


def _addressed(record: Record) -> object:
    """Return whom a comment names before all else, as replies do: names are tags beside the text, without an @."""
    tags = record.get("message_tags")
    return next((tag.get("name") for tag in objects(tags) if tag.get("offset") == 0), None)


def _target(record: Record) -> object:
    around = record.get(AROUND) or {}
    is_known = around.get("page") or around.get("is_post")
    return around["page"] if is_known else address.page(record.get("permalink_url"))


_get_page = compile_source(("to.data.0.name", "from.username", "from.name"))
_get_wall = compile_source("to.data.0.name")


def _replies(comment: Record) -> list[Record]:
    return _held(comment, "comments") or _held(comment, "replies")


def _known(comment: Record) -> dict[str, Any]:
    return {"parent": comment.get("id"), "post": _get_thread(comment), "page": _target(comment)}


_get_thread = compile_source(("_around.post", "post_id", "object.id", lambda record: _thread(record.get("id"))))

_GRAPH = Format(
    name="facebook-graph",
    title="Facebook Graph API: comments, pages of them, posts with their comments",
    shapes=(
        Shape(needs=("id", "message", "created_time")),
        Shape(needs=("id", "created_time"), any_of=("from", "can_remove", "comment_count", "story", "attachment")),
        Shape(needs=("data.0.id", "data.0.created_time"), any_of=("data.0.message", "data.0.from", "data.0.story")),
        Shape(needs=("data.0.id", "data.0.comments.data"), lacks=("data.0.comments.data.0.text",)),
        Shape(needs=("id", "comments.data"), any_of=("comments.paging", "comments.summary", "message", "created_time")),
        Shape(needs=("id", "comments.data.0.id", "comments.data.0.created_time")),
        *(Shape(needs=("id", f"{feed}.data")) for feed in _FEEDS),
        Shape(needs=("data", "paging"), lacks=("includes", "meta", "data.0")),
    ),
    unfold=_unfold_graph,
    fields={
        "id": "id",
        "platform": "const:facebook",
        "text": "message",
        "created_at": "created_time",
        "author_id": "from.id",
        "author_handle": "from.username",
        "author_name": "from.name",
        "target": (_addressed, "parent.from.name", _target),
        "parent_id": ("parent.id", "_around.parent"),
        "conversation_id": _get_thread,
        "url": where("message", "permalink_url"),
        "like_count": ("like_count", "likes.summary.total_count", "reactions.summary.total_count"),
    },
    notes=("Authors are named only to whoever has a token of the page: without them only texts and times count.",),
)


_MINET = Format(
    name="facebook-minet",
    title="minet's tables of Facebook comments, of 2023 and later and of the mobile site before",
    shapes=(
        Shape(
            needs=("fbid", "depth", "text", "author_name", "created_time"), any_of=("author_url", "author_short_name")
        ),
        Shape(needs=("user_label", "user_id", "text", "formatted_date"), any_of=("in_reply_to", "post_id", "html")),
    ),
    fields={
        "id": "id",
        "platform": "const:facebook",
        "text": "text",
        "created_at": ("created_time", "date"),
        "created_at_precision": lambda record: precision_of(record.get("formatted_date")),
        "author_id": ("user_id", lambda record: address.person_id(record.get("author_url"))),
        "author_handle": ("user_handle", lambda record: address.handle(record.get("author_url"))),
        "author_name": ("author_name", "user_label"),
        "author_verified": "author_is_verified",
        "target": lambda record: next(filter(None, map(address.page, _addresses(record))), None),
        "parent_id": ("parent_id", "in_reply_to"),
        "conversation_id": (
            "post_id",
            lambda record: address.post_in_id(record.get("id")),
            lambda record: next(filter(None, map(address.post, _addresses(record))), None),
        ),
        "like_count": "reactions",
    },
    notes=("Tables of the mobile site have times reckoned from what it showed, often only hours or days.",),
)


def _addresses(record: Record) -> list[Any]:
    """Return the columns of one's own table that minet keeps beside each comment."""
    return [record.get(name) for name in ("url", "post_url", "link")]


def _unfold_scraper(post: Record) -> Iterable[Record]:
    around = {"post": post.get("post_id"), "page": address.page(post.get("post_url")) or post.get("username")}
    if comments := objects(post.get("comments_full")):
        yield from unnested(comments, lambda comment: objects(comment.get("replies")), _commented, around)
    else:
        yield {**post, AROUND: {"post": post.get("post_id")}}


def _commented(comment: Record) -> dict[str, Any]:
    return {"parent": comment.get("comment_id")}


def _scraper_precision(record: Record) -> str | None:
    """Tell days apart: the library reads what the mobile site shows, a date without a clock as midnight."""
    time = _get_scraper_time(record)
    return "day" if isinstance(time, str) and time.endswith("00:00:00") else None


_get_scraper_time = compile_source(("comment_time", "time"))

_SCRAPER = Format(
    name="facebook-scraper",
    title="Posts of the facebook-scraper library with their comments",
    shapes=(
        Shape(needs=("comments_full", "post_id", "post_url")),
        Shape(needs=("comment_id", "comment_text", "commenter_name", "commenter_id")),
    ),
    unfold=_unfold_scraper,
    fields={
        "id": ("comment_id", "post_id"),
        "platform": "const:facebook",
        "text": lambda record: record.get("comment_text" if "comment_id" in record else "text"),
        "created_at": ("comment_time", "time", "timestamp"),
        "created_at_precision": _scraper_precision,
        "author_id": ("commenter_id", "user_id"),
        "author_handle": (
            lambda record: address.handle(record.get("commenter_url")),
            lambda record: address.handle(record.get("user_url")),
        ),
        "author_name": ("commenter_name", "username"),
        "target": "_around.page",
        "parent_id": "_around.parent",
        "conversation_id": "_around.post",
        "url": where(("comment_text", "text"), ("comment_url", "post_url")),
        "like_count": ("comment_reaction_count", "reaction_count", "likes"),
    },
)

FORMATS = (_GRAPH, _MINET, _SCRAPER)
