"""Facebook as its web site has it: the comments below posts, raw or by way of Zeeschuimer and 4CAT."""

from collections.abc import Iterable
from typing import Any

from detector.ingest.formats import facebook_address as address
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.nested import edges, unnested, unwrapped
from detector.ingest.formats.paths import Record, compile_source

_LIST = "comment_rendering_instance_for_feed_location"
_PLACES = (_LIST, f"data.node.{_LIST}", f"node.{_LIST}", "data.feedback.display_comments", "display_comments")
_TEXT = ("body.text", "preferred_body.text", "message.text")

_get_list = compile_source(_PLACES)
_get_feedback_id = compile_source(("data.node.id", "data.feedback.id", "node.id", "id"))
_get_held = [compile_source(f"feedback.{name}") for name in ("replies_connection", "display_comments")]
_get_parent = compile_source(
    ("comment_direct_parent.id", "reply_parent_comment.id", "comment_parent.id", "_around.parent")
)
_get_person, _get_address = compile_source("author.id"), compile_source("author.url")
_get_page = compile_source("_around.page")
_get_captured, _get_url = compile_source("__import_meta.timestamp_collected"), compile_source("feedback.url")


def _unfold(root: Record) -> Iterable[Record]:
    root = unwrapped(root)
    captured = _get_captured(root)
    found = _get_list(root)
    if found is None:
        return unnested([root], _replies, _known, {"collected": captured})
    around = {"post": address.post_in_id(_get_feedback_id(root)), "collected": captured}
    return unnested(edges(found.get("comments", found)), _replies, _known, around)


def _replies(comment: Record) -> list[Record]:
    return next((found for get in _get_held if (found := edges(get(comment)))), [])


def _known(comment: Record) -> dict[str, Any]:
    return {"parent": comment.get("id"), "page": _target(comment)}


def _target(record: Record) -> object:
    return address.page(_get_url(record)) or _get_page(record)


def _author_id(record: Record) -> object:
    return address.lasting(_get_person(record)) or address.person_id(_get_address(record))


_FORM = Format(
    name="facebook-web",
    title="Facebook's web site: comments below a post (also from Zeeschuimer)",
    shapes=(
        Shape(needs=(_LIST, f"{_LIST}.comments"), any_of=("id", "__typename")),
        Shape(needs=("data", f"data.{_LIST}", "timestamp_collected", "source_platform")),
        Shape(needs=("data.node", f"data.node.{_LIST}", f"data.node.{_LIST}.comments")),
        Shape(needs=("data.feedback", "data.feedback.display_comments")),
        Shape(needs=("legacy_fbid", "author", "created_time"), any_of=("body", "preferred_body", "feedback")),
    ),
    unfold=_unfold,
    fields={
        "id": ("id", "legacy_fbid"),
        "platform": "const:facebook",
        "text": _TEXT,
        "created_at": "created_time",
        "author_id": _author_id,
        "author_handle": lambda record: address.handle(_get_address(record)),
        "author_name": "author.name",
        "author_verified": "author.is_verified",
        "target": _target,
        "parent_id": _get_parent,
        "conversation_id": ("_around.post", lambda record: address.post_in_id(record.get("id"))),
        "like_count": ("feedback.reactors.count", "feedback.reactors.count_reduced"),
        "collected_at": "_around.collected",
    },
    notes=(
        "An author with a pfbid instead of a number is known by the name in the profile's address, or only by name.",
    ),
)

FORMATS = (_FORM,)
