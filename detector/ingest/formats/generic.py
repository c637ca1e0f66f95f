"""Records of no known format, read by the names that people give to such fields.

A field of its own canonical name comes first; then the usual names in English, French and Chinese exports, nested or
with dots, most telling first. A record may wrap a list of others, and these may hold their replies.
"""

import re
from collections.abc import Iterable
from typing import Any

from detector.ingest.decode import ABSENT, FIELDS
from detector.ingest.formats.format import Format, walk
from detector.ingest.formats.paths import Getter, Record, Source, compile_source

_TEXT = (
    *("text", "full_text", "body", "message", "content", "comment", "comment_text", "commentText", "comment_body"),
    *(
        "message_text",
        "tweet_text",
        "tweet",
        "post_text",
        "caption",
        "texte",
        "commentaire",
        "评论内容",
        "评论",
        "内容",
    ),
)
_AUTHOR = ("author", "user", "owner", "from", "account", "profile", "sender")
_OF_AUTHOR: dict[str, tuple[str, ...]] = {
    "author_id": ("id", "id_str", "uid", "user_id"),
    "author_handle": ("username", "screen_name", "handle", "login", "unique_id"),
    "author_name": ("name", "display_name", "displayName", "full_name", "nickname"),
    "author_created_at": ("created_at", "createdAt", "created"),
    "author_followers": ("followers_count", "followersCount", "followers"),
    "author_following": ("following_count", "friends_count", "followingCount", "following"),
    "author_posts": ("statuses_count", "posts_count", "tweet_count"),
    "author_verified": ("verified", "is_verified", "isVerified"),
}
_NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        *(
            "id_str",
            "comment_id",
            "commentId",
            "tweet_id",
            "tweetid",
            "message_id",
            "messageId",
            "post_id",
            "_id",
            "cid",
        ),
        *("pk", "uri", "identifiant", "评论ID", "评论id"),
    ),
    "platform": ("source_platform", "network", "site", "plateforme", "平台"),
    "created_at": (
        *("createdAt", "created_time", "createdTime", "creation_time", "published_at", "publishedAt", "created_utc"),
        *(
            "timestamp",
            "unix_timestamp",
            "datetime",
            "date_time",
            "date",
            "time",
            "created",
            "posted_at",
            "publish_date",
        ),
        *(
            "published",
            "create_time",
            "createTime",
            "date_publication",
            "heure",
            "评论时间",
            "发布时间",
            "时间",
            "日期",
        ),
    ),
    "author_id": ("authorId", "user_id", "userId", "userid", "uid", "profile_id", "profileId", "owner_id", "用户ID"),
    "author_handle": (
        *(
            "username",
            "user_name",
            "userName",
            "screen_name",
            "screenName",
            "handle",
            "author_username",
            "ownerUsername",
        ),
        *("user_screen_name", "login", "pseudo", "用户名"),
    ),
    "author_name": (
        *("authorName", "display_name", "displayName", "full_name", "fullname", "user_display_name", "profileName"),
        *("nickname", "nick_name", "name", "auteur", "nom", "昵称", "用户昵称"),
    ),
    "author_created_at": ("authorCreatedAt", "user_created_at", "account_created_at", "account_creation_date"),
    "author_followers": ("followers", "followers_count", "follower_count", "followersCount", "粉丝数"),
    "author_following": ("following", "following_count", "friends_count", "followingCount", "关注数"),
    "author_posts": ("statuses_count", "posts_count", "statusesCount"),
    "author_verified": ("verified", "is_verified", "isVerified", "user_verified"),
    "target": ("in_reply_to_screen_name", "in_reply_to", "page", "page_name", "cible"),
    "target_group": (),
    "parent_id": ("parentId", "parent", "parent_comment_id", "in_reply_to_id", "reply_to", "replyTo", "reply_id"),
    "conversation_id": (
        *("conversationId", "thread_id", "threadId", "link_id", "video_id", "videoId", "article_id", "postId"),
        *("note_id", "post_url", "postUrl", "facebookUrl"),
    ),
    "repost_of": ("retweeted_status_id", "retweet_id", "repost_id", "retweet_tweetid"),
    "url": ("link", "permalink", "comment_url", "commentUrl", "permalink_url", "链接"),
    "lang": ("language", "langue", "tweet_language", "comment_language"),
    "like_count": ("likes", "likeCount", "likes_count", "likesCount", "like", "score", "upvotes", "点赞数"),
    "collected_at": ("collectedAt", "scraped_at", "scrapedAt", "retrieved_at", "captured_at", "采集时间"),
}
_LISTS = (
    *("data", "items", "comments", "messages", "results", "posts", "records", "tweets", "statuses", "rows", "entries"),
)
_REPLIES = ("replies", "comments", "children", "sub_comments", "answers")


def _sources(name: str) -> Source:
    nested = (f"{author}.{part}" for author in _AUTHOR for part in _OF_AUTHOR.get(name, ()))
    bare = (_plainly_at(author) for author in _AUTHOR if name == "author_name")
    return (name, *nested, *_NAMES.get(name, ()), *bare)


def _plainly_at(name: str) -> Getter:
    """Return the getter of an author who is a name and no object."""
    return lambda record: value if isinstance(value := record.get(name), str) else None


_SITES = {"twitter": "x", **{site: site for site in ("x", "facebook", "instagram", "threads", "youtube", "tiktok")}}
"""Of sites that most exports of no known format are from, how their addresses begin, and their names here."""
_SITE = re.compile(rf"https?://(?:[\w-]+\.)*({'|'.join(_SITES)})\.(?:com|net)/")
_get_address = compile_source(
    # Not `url` or `link`, which may be what a comment shares.
    ("post_url", "postUrl", "facebookUrl", "videoUrl", "video_url", "pageUrl", "comment_url", "commentUrl", "permalink")
)


def _platform(record: Record) -> Any:  # noqa: ANN401
    """Return the platform by its field, or by the address of the comment or of its post where none names it."""
    named = _get_named(record)
    found = _SITE.match(str(_get_address(record))) if named is None else None
    return _SITES[found[1]] if found else named


_get_named = compile_source(_sources("platform"))
_get_text = compile_source(_TEXT)
_get_id = compile_source(_sources("id"))
_get_parent = compile_source(_sources("parent_id"))


def _text(record: Record) -> Any:  # noqa: ANN401
    text = _get_text(record)
    return ABSENT if text is None and not any(name in record for name in _TEXT) else text


def _parent(record: Record) -> Any:  # noqa: ANN401
    parent = _get_parent(record)
    return parent if parent is not None else record.get(_ABOVE)


_ABOVE = " parent"
"""Where a reply keeps the id of what it was found under: no field of an export is called so."""


def has_text(record: Record) -> bool:
    """Tell whether a record has a field that is usually its text."""
    return any(isinstance(record.get(name), str) for name in _TEXT)


def is_comment(record: Record) -> bool:
    """Tell whether a record has a text and an id, as an answer around others has not, whose "message" is "OK"."""
    return has_text(record) and _get_id(record) is not None


def is_canonical(record: Record) -> bool:
    """Tell whether canonical names say all that a record says of its text, author, time and place."""
    return "text" in record and not (record.keys() & _SYNONYMS)


def unfold(record: Record) -> Iterable[Record]:
    """Take a page or a record with replies apart."""
    return walk(_items(record), _replies)


def _items(record: Record) -> Iterable[Record]:
    for _ in range(3):  # {"data": {"comments": [...]}} and the like
        if has_text(record):
            break
        inner = next((record[name] for name in _LISTS if isinstance(record.get(name), (list, dict))), None)
        if isinstance(inner, list):
            return [item for item in inner if isinstance(item, dict)]
        if inner is None:
            break
        record = inner
    return [record]


def _replies(record: Record) -> Iterable[Record]:
    for name in _REPLIES:
        replies = record.get(name)
        if isinstance(replies, dict):
            replies = next((replies[inner] for inner in _LISTS if isinstance(replies.get(inner), list)), None)
        if isinstance(replies, list):
            above = _get_id(record)
            return [{**reply, _ABOVE: above} for reply in replies if isinstance(reply, dict)]
    return ()


_FIELDS: dict[str, Source] = {name: _sources(name) for name in FIELDS}
_SYNONYMS = frozenset(
    {name for names in _NAMES.values() for name in names} | set(_TEXT) | set(_AUTHOR) | set(_LISTS) | set(_REPLIES)
) - set(FIELDS)

GENERIC = Format(
    "generic",
    "records of no known format",
    (),
    _FIELDS | {"text": _text, "parent_id": _parent, "platform": _platform},
    unfold=unfold,
)
