"""Facebook by way of Apify: its own actors and the many that imitate them, whose field names vary."""

from collections.abc import Callable, Iterable
from typing import Any

from detector.ingest.formats import facebook_address as address
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.lists import objects
from detector.ingest.formats.nested import AROUND, unflattened, unnested, where
from detector.ingest.formats.paths import Getter, Record, compile_source
from detector.ingest.shown_times import precision_of

_LISTS = ("comments", "topComments", "latestComments", "replies", "commentsList", "comments_list")
_COMMENT_MARKS = (
    *("commentUrl", "comment_url", "commentPermalink", "commentId", "comment_id", "threadingDepth"),
    *("profileName", "commenterName", "replyToCommentId", "parentCommentId"),
)
_POST_MARKS = ("postText", "topComments", "pageName", "groupTitle", "commentsTotal", "topLevelUrl", "sharesCount")

_TEXT = ("text", "commentText", "comment_text", "message", "content", "comment", "body")
_IDS = ("commentId", "comment_id", "legacy_comment_id", "id", "feedbackId")
_PERSONS = (
    "profileId",
    "authorId",
    "author_id",
    "author.id",
    "userId",
    "user_id",
    "user.id",
    "commenterId",
    "owner.id",
)
_PERSON_URLS = (
    *("profileUrl", "authorUrl", "author_url", "author.url", "author.profile_url", "author.profileUrl", "profile_url"),
    *("user.url", "user.profileUrl", "userUrl", "commenterUrl", "authorProfileUrl"),
)
_HANDLES = ("authorUsername", "author_username", "author.username", "username", "user.username", "profileUsername")
_NAMES = ("profileName", "authorName", "author_name", "author.name", "user.name", "userName", "commenterName", "author")
_POST_URLS = ("facebookUrl", "postUrl", "post_url", "sourcePostUrl", "topLevelUrl", "inputUrl", "url", "input")
_TIMES = (
    *("date", "createdAt", "created_at", "publishedAt", "published_at", "created_time", "createdTime", "time"),
    *(
        "timestamp",
        "commentDate",
        "comment_date",
        "publishedTime",
        "datetime",
        "relativeDate",
        "timeAgo",
        "relativeTime",
    ),
)
_SHOWN = (
    "timeAgo",
    "relativeDate",
    "relativeTime",
    "relative_date",
    "time_ago",
    "dateText",
    "timeText",
    "formattedDate",
)
_LIKES = (
    *("likesCount", "likes", "likeCount", "like_count", "likes_count", "reactionsCount", "reactions_count"),
    *("reactionCount", "reaction_count", "reactions"),
)
_PARENTS = (
    *("replyToCommentId", "parentCommentId", "parent_comment_id", "parentId", "parent_id", "reply_to_id"),
    *("replyTo", "_around.parent"),
    lambda record: _first(record, _get_comment_urls, address.answered),
)

_get_post_urls: list[Getter] = list(map(compile_source, _POST_URLS))
_get_person_urls: list[Getter] = list(map(compile_source, _PERSON_URLS))
_get_comment_urls: list[Getter] = list(map(compile_source, ("commentUrl", "comment_url", "commentPermalink")))
_get_post_number = compile_source(("postId", "post_id", "legacyId"))
_get_thread_number = compile_source(("_around.post", "postId", "post_id", "facebookId"))
_get_shown = compile_source(_SHOWN)
_get_id, _get_text = compile_source(_IDS), compile_source(_TEXT)
_get_person, _get_handle, _get_name = compile_source(_PERSONS), compile_source(_HANDLES), compile_source(_NAMES)
_get_time = compile_source(_TIMES)


def _first(record: Record, getters: Iterable[Getter], read: Callable[[object], str | None]) -> str | None:
    """Return the first that can be read out of several addresses."""
    return next((found for get in getters if (found := read(get(record)))), None)


def _unfold(root: Record) -> Iterable[Record]:
    root = unflattened(root)
    if not _is_post(root):
        return unnested([root], _held, _known, {})
    around = {"post": _post(root), "page": root.get("pageName") or _first(root, _get_post_urls, address.page)}
    around["collected"] = root.get("scrapedAt")
    if inside := _held(root):
        return unnested(_threaded(inside), _held, _known, around)
    return ({**root, AROUND: {**around, "is_post": True, "page": _group(root)}},)


def _is_post(root: Record) -> bool:
    if any(name in root for name in _COMMENT_MARKS):
        return False
    if any(objects(root.get(name)) for name in _LISTS if name != "replies"):
        return True
    if "postText" in root and _get_text(root):
        return False  # some actors repeat the post beside each comment
    is_posted = "facebookUrl" in root and ("postId" in root or "legacyId" in root)
    return is_posted or any(name in root for name in _POST_MARKS)


def _post(record: Record) -> object:
    return _get_post_number(record) or _first(record, _get_post_urls, address.post)


def _group(post: Record) -> str | None:
    """Return the group that a post was made to; a page's own post is addressed to nobody."""
    place = _first(post, _get_post_urls, address.page)
    return place if any("/groups/" in str(post.get(name)) for name in _POST_URLS) else None


def _held(record: Record) -> list[Record]:
    return next((found for name in _LISTS if (found := objects(record.get(name)))), [])


def _known(comment: Record) -> dict[str, Any]:
    return {"parent": _get_id(comment), "post": _conversation(comment), "page": _place(comment)}


def _threaded(comments: list[Record]) -> Iterable[Record]:
    """Give replies that lie flat behind their comment the id of it: `threadingDepth` says how deep each belongs."""
    above: list[str | None] = []
    for comment in comments:
        depth = comment.get("threadingDepth", comment.get("depth"))
        del above[int(depth) if isinstance(depth, (int, str)) and str(depth).isdecimal() else 0 :]
        parent = above[-1] if above else None
        above.append(_get_id(comment))
        yield comment if parent is None or comment.get("replyToCommentId") else {**comment, "replyToCommentId": parent}


def _is_lone(record: Record) -> bool:
    """Tell the posts that are records themselves."""
    return bool((record.get(AROUND) or {}).get("is_post"))


def _id(record: Record) -> object:
    return _get_post_number(record) if _is_lone(record) else _get_id(record)


def _text(record: Record) -> object:
    # Beside a comment, the text of its post is none of its own.
    return _get_text(record) or (record.get("postText") if _is_lone(record) else None)


def _author_id(record: Record) -> object:
    return address.lasting(_get_person(record)) or _first(record, _get_person_urls, address.person_id)


def _author_handle(record: Record) -> str | None:
    given = _get_handle(record)
    is_handle = isinstance(given, str) and " " not in given.strip()  # some actors write the name there
    return _first(record, _get_person_urls, address.handle) or (given if is_handle else None)


def _author_name(record: Record) -> object:
    name = _get_name(record)
    if isinstance(name, dict):
        name = None
    return name if name is not None else _get_handle(record)


def _created_at(record: Record) -> object:
    time = _get_time(record)
    return time.removesuffix(" UTC") if isinstance(time, str) else time


def _conversation(record: Record) -> object:
    thread = _get_thread_number(record) or _first(record, _get_post_urls, address.post)
    return thread or address.post_in_id(_get_id(record))


def _place(record: Record) -> object:
    around = record.get(AROUND) or {}
    return around.get("page") or record.get("pageName") or _first(record, _get_post_urls, address.page)


def _target(record: Record) -> object:
    return record[AROUND]["page"] if _is_lone(record) else _place(record)


def _url(record: Record) -> object:
    # What is called `url` beside a comment is mostly its post's, and no link of its own.
    return _get_post_url(record) if _is_lone(record) else _get_comment_url(record)


_get_post_url = compile_source(("url", *_POST_URLS))
_get_comment_url = compile_source(tuple(_get_comment_urls))


_FORM = Format(
    name="facebook-apify",
    title="Apify: Facebook comments, or posts with comments, of its actors and their imitators",
    shapes=(
        Shape(needs=("facebookUrl",), any_of=("commentUrl", "feedbackId", "topComments", "postId", "legacyId")),
        Shape(needs=("facebookUrl", "text"), any_of=("author", "author_name", "authorName", "author.name")),
        Shape(needs=("facebookUrl", "text"), any_of=("profileName", "profileId", "likesCount", "threadingDepth")),
        Shape(
            needs=("text", "profileName"), any_of=("likesCount", "profileId", "commentUrl", "feedbackId", "facebookId")
        ),
        Shape(needs=("postUrl", "text", "authorName"), any_of=("commentUrl", "commentId", "authorUrl", "timeAgo")),
        Shape(needs=("postUrl", "text", "commentId"), any_of=("authorId", "author", "reactions")),
        Shape(needs=("commentText", "authorName"), any_of=("sourcePostUrl", "commentPermalink", "postUrl")),
        Shape(needs=("text", "author_name", "post_url"), any_of=("comment_id", "author_url", "comment_url")),
        Shape(needs=("message", "author.name", "postUrl"), any_of=("author.url", "author.profileUrl")),
        Shape(needs=("legacy_comment_id", "message"), any_of=("author", "author_name", "comment_id")),
        Shape(needs=("text", "reactions_count", "replies_count"), any_of=("is_spam", "is_hidden", "is_pinned")),
        Shape(needs=("text", "date", "likes", "replies", "author.url")),
        Shape(needs=("postText", "commentsTotal"), any_of=("comments", "url")),
        Shape(
            needs=("comments.0.text",), any_of=("postText", "postUrl", "facebookUrl", "pageName", "postId", "post_url")
        ),
        Shape(needs=("topComments/0/text",)),
        Shape(needs=("comments/0/text",), any_of=("postText", "postUrl", "facebookUrl")),
    ),
    unfold=_unfold,
    fields={
        "id": _id,
        "platform": "const:facebook",
        "text": _text,
        "created_at": _created_at,
        "created_at_precision": lambda record: precision_of(_get_shown(record)),
        "author_id": _author_id,
        "author_handle": _author_handle,
        "author_name": _author_name,
        "author_verified": ("isVerified", "is_verified", "authorVerified", "author.verified", "author.is_verified"),
        "target": _target,
        "parent_id": _PARENTS,
        "conversation_id": _conversation,
        "url": where(_text, _url),
        "like_count": _LIKES,
        "collected_at": ("scrapedAt", "scraped_at", "collectedAt", "crawledAt", "extractedAt", "_around.collected"),
    },
    notes=(
        "An author with a pfbid instead of a number is known by the name in the profile's address, or only by name.",
        "Some actors reckon times from what the page shows; where it is given beside them they count as no finer.",
    ),
)

FORMATS = (_FORM,)
