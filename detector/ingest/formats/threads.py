"""Threads: posts as its web site has them (also by way of Zeeschuimer and 4CAT), and answers of its API."""

from collections.abc import Iterable

from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.lists import objects
from detector.ingest.formats.nested import AROUND, unless_mention, unwrapped, where
from detector.ingest.formats.paths import Record, compile_source

_TEXT = ("caption.text", "text")
_get_text = compile_source(_TEXT)
_get_author, _get_code = compile_source(("user.username", "username")), compile_source(("code", "shortcode"))
_get_permalink = compile_source("permalink")
_FLAT = tuple(f"text_post_app_info.{name}" for name in ("direct_reply_count", "repost_count", "is_reply"))
_ANSWERED = ("text_post_app_info.reply_to_author.username", "replied_to.username")

_get_answered = compile_source(_ANSWERED)


def _unfold(root: Record) -> Iterable[Record]:
    root = unwrapped(root)
    if isinstance(root.get("data"), list):
        return objects(root["data"])
    if "thread_items" in root:
        return _chain([post for item in objects(root["thread_items"]) for post in objects([item.get("post")])])
    return (root["post"] if isinstance(root.get("post"), dict) else root,)


def _chain(posts: list[Record]) -> Iterable[Record]:
    """Yield the posts of a thread, each of which answers the one before it."""
    above: Record = {}
    # What answers another thread does not say which post began that.
    root = posts[0].get("pk") if posts and not _get_answered(posts[0]) else None
    for post in posts:
        yield {**post, AROUND: {"parent": above.get("pk"), "root": root}}
        above = post


def _url(record: Record) -> object:
    author, code = _get_author(record), _get_code(record)
    return _get_permalink(record) or (f"https://www.threads.com/@{author}/post/{code}" if author and code else None)


_FORM = Format(
    name="threads",
    title="Threads: posts of the web site (Zeeschuimer, 4CAT) and of the API",
    shapes=(
        Shape(needs=("code", "taken_at", "user", "text_post_app_info"), any_of=("caption", "pk")),
        Shape(needs=("data.code", "data.taken_at", "data.user", "data.text_post_app_info", "timestamp_collected")),
        Shape(needs=("post.code", "post.taken_at", "post.text_post_app_info")),
        Shape(needs=("thread_items", "thread_items.0.post", "thread_items.0.post.code")),
        Shape(needs=("code", "taken_at", "user.username"), any_of=_FLAT),
        Shape(
            needs=("id", "timestamp", "username"),
            any_of=("is_quote_post", "root_post", "replied_to", "topic_tag", "media_product_type"),
            lacks=("caption",),
        ),
        Shape(
            needs=("data.0.id", "data.0.timestamp", "data.0.username"),
            any_of=("data.0.is_quote_post", "data.0.root_post", "data.0.replied_to", "data.0.topic_tag"),
        ),
    ),
    unfold=_unfold,
    fields={
        "id": ("pk", "id", "code"),
        "platform": "const:threads",
        "text": _TEXT,
        "created_at": ("taken_at", "timestamp"),
        "author_id": ("user.pk", "user.id", "owner.id"),
        "author_handle": _get_author,
        "author_name": "user.full_name",
        "author_verified": ("user.is_verified", "is_verified"),
        "target": unless_mention(_TEXT, _ANSWERED),
        "parent_id": ("replied_to.id", "_around.parent"),
        "conversation_id": ("root_post.id", "_around.root"),
        # Words beside a repost make it a quote.
        "repost_of": where(
            lambda record: not _get_text(record),
            ("reposted_post.id", "text_post_app_info.share_info.reposted_post.pk"),
        ),
        "url": where(_TEXT, _url),
        "like_count": "like_count",
        "collected_at": "__import_meta.timestamp_collected",
    },
)

FORMATS = (_FORM,)
