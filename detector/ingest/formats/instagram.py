"""Instagram: its web site's answers (also by way of minet, Zeeschuimer, instaloader), old GraphQL, and Apify."""

import re
from collections.abc import Iterable
from typing import Any

from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.lists import objects
from detector.ingest.formats.nested import AROUND, edges, unflattened, unless_mention, unnested, unwrapped, where
from detector.ingest.formats.paths import Record, compile_source

_CONNECTION = "xdt_api__v1__media__media_id__comments__connection"
_HANDLES = ("user.username", "user.unique_id", "owner.username", "username", "ownerUsername")
_get_handle = compile_source(_HANDLES)

_CODE = re.compile(r"instagram\.com/(?:[\w.]+/)?(?:p|reels?|tv)/([\w-]+)")


def _code_in(record: Record, names: Iterable[str]) -> str | None:
    """Return the short code of a post, which all of its addresses have."""
    return next((found[1] for name in names if (found := _CODE.search(str(record.get(name))))), None)


_ADDRESSED = ("_around.parent_author", "_around.owner")


def _unfold_web(root: Record) -> Iterable[Record]:
    root = unwrapped(root)
    if "_zs_comment_post_id" in root:
        return (root,)  # Zeeschuimer writes each reply by itself too
    comments, around = _page(root)
    return unnested(comments, _web_replies, _web_known, around)


def _page(root: Record) -> tuple[list[Record], dict[str, Any]]:
    """Return the comments of a page and what it says of them; a comment alone is a page of one."""
    connection = _get_connection(root)
    if connection is not None:
        return edges(connection), {}
    if "text" in root or "pk" in root:
        return [root], {}
    if "child_comments" in root:
        return objects(root["child_comments"]), {"parent": _get_answered(root), "owner": _get_owner(root)}
    return objects(root.get("comments")), {"post": _get_page_media(root), "owner": _get_owner(root)}


_get_connection = compile_source((f"data.{_CONNECTION}", _CONNECTION))
_get_answered = compile_source(("parent_comment.pk", "parent_comment_id"))
_get_owner = compile_source("caption.user.username")
_get_page_media = compile_source(("media_id", "caption.media_id"))
_REPLY_LISTS = ("child_comments", "preview_child_comments", "inline_child_comments", "answers", "replies")


def _web_replies(comment: Record) -> list[Record]:
    return next((found for name in _REPLY_LISTS if (found := objects(comment.get(name)))), [])


def _web_known(comment: Record) -> dict[str, Any]:
    return {"parent": _get_web_id(comment), "parent_author": _get_handle(comment), "post": _get_media(comment)}


_get_web_id = compile_source(("pk", "id", "comment_id"))
_get_media = compile_source(("media_id", "media_pk", "post_id", "_around.post"))
_WEB_TEXT = ("text", "caption.text")

_WEB = Format(
    name="instagram",
    title="Instagram's web site: comments and pages of them (also from minet, Zeeschuimer, instagrapi, instaloader)",
    shapes=(
        Shape(needs=("pk", "text", "user"), any_of=("created_at_utc", "created_at", "comment_like_count")),
        Shape(needs=("pk", "text", "user_id"), any_of=("created_at_utc", "comment_like_count", "content_type")),
        Shape(needs=("text", "user", "_zs_comment_post_id", "post_shortcode")),
        Shape(
            needs=("data.text", "data.user", "data._zs_comment_post_id", "data.post_shortcode", "timestamp_collected")
        ),
        Shape(needs=("text", "username", "user_full_name", "created_at_utc", "user_is_private")),
        Shape(needs=("text", "created_at", "owner.username", "answers")),
        Shape(needs=("comments.0.pk", "comments.0.text"), any_of=("status", "caption", "comment_count", "next_min_id")),
        Shape(needs=("comments.0.pk", "comments.0.text", "comments.0.user")),
        Shape(needs=("comments", "has_more_comments"), any_of=("caption", "comment_count", "status")),
        Shape(needs=("child_comments", "parent_comment"), any_of=("status", "child_comment_count")),
        Shape(needs=("data", f"data.{_CONNECTION}", f"data.{_CONNECTION}.edges")),
        Shape(needs=("pk", "code", "taken_at", "caption", "user"), lacks=("text_post_app_info",)),
        Shape(
            needs=("data.pk", "data.code", "data.taken_at", "data.caption", "timestamp_collected"),
            lacks=("data.text_post_app_info",),
        ),
    ),
    unfold=_unfold_web,
    fields={
        "id": _get_web_id,
        "platform": "const:instagram",
        "text": _WEB_TEXT,
        "created_at": ("created_at_utc", "created_at", "taken_at", "utc_time"),
        "author_id": ("user_id", "user.pk", "user.pk_id", "user.id", "owner.id", "owner.pk"),
        "author_handle": _HANDLES,
        "author_name": ("user.full_name", "user.nickname", "owner.full_name", "user_full_name"),
        "author_followers": "user.follower_count",
        "author_verified": ("user.is_verified", "user.verified", "owner.is_verified", "user_is_verified"),
        "target": unless_mention(_WEB_TEXT, _ADDRESSED),
        "parent_id": ("parent_comment_id", "replied_to_comment_id", "parent_id", "_around.parent"),
        # The last are columns of one's own table that minet keeps beside each comment.
        "conversation_id": (_get_media, lambda record: _code_in(record, ("post_url", "post", "url", "link"))),
        "like_count": ("comment_like_count", "like_count", "likes_count"),
        "collected_at": ("__import_meta.timestamp_collected", "timestamp_collected"),
    },
)

_MEDIA = ("data.shortcode_media", "data.xdt_shortcode_media", "graphql.shortcode_media", "shortcode_media")
_COMMENT_EDGES = (
    *("edge_media_to_parent_comment", "edge_media_to_comment", "edge_media_preview_comment"),
    "edge_media_to_hoisted_comment",
)


def _unfold_graphql(root: Record) -> Iterable[Record]:
    comments, around = _graphql_page(root)
    return unnested(comments, _graphql_replies, _graphql_known, around)


def _graphql_page(root: Record) -> tuple[list[Record], dict[str, Any]]:
    answered = _get_thread(root)
    if isinstance(answered, dict):
        return _graphql_replies(answered), {"parent": answered.get("id")}
    media = _get_post(root)
    media = media if isinstance(media, dict) else root
    named = [name for name in _COMMENT_EDGES if name in media]
    if not named:
        return [root["node"] if isinstance(root.get("node"), dict) else root], {}
    comments = next((found for name in named if (found := edges(media[name]))), [])
    return comments, {"post": _get_short_code(media), "owner": _get_handle(media)}


_get_thread, _get_post = compile_source("data.comment"), compile_source(_MEDIA)
_get_short_code = compile_source(("shortcode", "id"))


def _graphql_replies(comment: Record) -> list[Record]:
    return edges(comment.get("edge_threaded_comments"))


def _graphql_known(comment: Record) -> dict[str, Any]:
    return {"parent": comment.get("id"), "parent_author": _get_handle(comment)}


_GRAPHQL = Format(
    name="instagram-graphql",
    title="Instagram's older GraphQL: posts with their comments, pages of comments, single ones",
    shapes=(
        *(
            Shape(needs=(media, f"{media}.{edge}", f"{media}.{edge}.edges"))
            for media in _MEDIA
            for edge in _COMMENT_EDGES
        ),
        *(Shape(needs=(edge, f"{edge}.edges")) for edge in _COMMENT_EDGES),
        Shape(needs=("data.comment", "data.comment.edge_threaded_comments")),
        Shape(needs=("id", "text", "owner"), any_of=("edge_threaded_comments", "edge_liked_by", "did_report_as_spam")),
        Shape(needs=("node.id", "node.text", "node.owner", "node.created_at")),
    ),
    unfold=_unfold_graphql,
    fields={
        "id": "id",
        "platform": "const:instagram",
        "text": "text",
        "created_at": "created_at",
        "author_id": "owner.id",
        "author_handle": "owner.username",
        "author_name": "owner.full_name",
        "author_verified": "owner.is_verified",
        "target": unless_mention("text", _ADDRESSED),
        "parent_id": "_around.parent",
        "conversation_id": "_around.post",
        "like_count": "edge_liked_by.count",
    },
)

_POST_MARKS = ("shortCode", "latestComments", "firstComment", "productType", "displayUrl", "comments")
_APIFY_TEXT = ("text", "message", "comment", "content")
_get_apify_text, _get_apify_id = compile_source(_APIFY_TEXT), compile_source(("id", "commentId", "pk"))


def _unfold_apify(root: Record) -> Iterable[Record]:
    root = unflattened(root)
    if "text" in root or not any(name in root for name in _POST_MARKS):
        return unnested([root], _apify_replies, _apify_known, {})
    code = _code(root)
    if comments := objects(root.get("latestComments")) or objects(root.get("comments")):
        return unnested(comments, _apify_replies, _apify_known, {"post": code, "owner": root.get("ownerUsername")})
    return ({**root, "text": root.get("caption"), AROUND: {"post": code, "is_post": True}},)


def _apify_replies(comment: Record) -> list[Record]:
    return objects(comment.get("replies"))


def _apify_known(comment: Record) -> dict[str, Any]:
    return {
        "parent": _get_apify_id(comment),
        "parent_author": _get_handle(comment),
        "post": _code(comment),
    }


def _code(record: Record) -> object:
    """Return the short code of the post of a comment, as the posts themselves have it."""
    names = ("postUrl", "instagramUrl", "commentUrl", "url", "inputUrl", "post_url")
    return _get_given_code(record) or _code_in(record, names) or _get_post_id(record)


_get_given_code, _get_post_id = compile_source(("_around.post", "shortCode")), compile_source(("postId", "post_id"))
_get_apify_url = compile_source(("commentUrl", "comment_url"))


def _likes(record: Record) -> object:
    """Return the likes; -1 says that they are hidden."""
    number = _get_likes(record)
    return None if str(number) == "-1" else number


_get_likes = compile_source(("likesCount", "likeCount", "likes"))


def _apify_url(record: Record) -> object:
    return record.get("url") if (record.get(AROUND) or {}).get("is_post") else _get_apify_url(record)


_APIFY = Format(
    name="instagram-apify",
    title="Apify: Instagram comments with their replies, or posts with the latest comments",
    shapes=(
        Shape(
            needs=("text", "ownerUsername", "timestamp"), any_of=("postUrl", "commentUrl", "repliesCount", "replies")
        ),
        Shape(needs=("id", "text", "ownerUsername"), any_of=("likesCount", "ownerProfilePicUrl", "ownerId", "postUrl")),
        Shape(needs=("text", "postUrl", "repliesCount"), any_of=("replies", "likesCount"), lacks=("authorName",)),
        Shape(needs=("shortCode", "ownerUsername"), any_of=("caption", "latestComments", "commentsCount")),
        Shape(needs=("latestComments", "latestComments.0.ownerUsername")),
        Shape(
            needs=("comments.0.text", "comments.0.ownerUsername"), any_of=("postUrl", "url", "shortCode", "inputUrl")
        ),
        Shape(needs=("message", "postId", "userId", "user.username"), any_of=("createdAt", "isRanked", "likeCount")),
    ),
    unfold=_unfold_apify,
    fields={
        "id": _get_apify_id,
        "platform": "const:instagram",
        "text": _APIFY_TEXT,
        "created_at": ("timestamp", "createdAt", "created_at", "date"),
        "author_id": ("ownerId", "owner.id", "owner.pk", "userId", "user.id", "user.pk"),
        "author_handle": _HANDLES,
        "author_name": ("ownerFullName", "owner.full_name", "owner.fullName", "user.full_name", "fullName"),
        "author_verified": ("ownerIsVerified", "owner.is_verified", "owner.isVerified", "user.isVerified"),
        "target": unless_mention(_APIFY_TEXT, _ADDRESSED),
        "parent_id": ("parentCommentId", "parent_comment_id", "repliedToCommentId", "_around.parent"),
        "conversation_id": _code,
        "url": where(_APIFY_TEXT, _apify_url),
        "like_count": _likes,
        "collected_at": ("scrapedAt", "scraped_at"),
    },
)

FORMATS = (_WEB, _GRAPHQL, _APIFY)
