"""Records of no known format, read by the names that people give to such fields.

A field of its own canonical name comes first; then the usual names in English, French and Chinese exports, nested or
with dots, most telling first. A record may wrap a list of others, and these may hold their replies.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
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
        *("note_id", "post_url", "postUrl"),
    ),
    "repost_of": ("retweeted_status_id", "retweet_id", "repost_id", "retweet_tweetid"),
    "url": ("link", "permalink", "comment_url", "commentUrl", "permalink_url", "链接"),
    "lang": ("language", "langue", "tweet_language", "comment_language"),
    "like_count": ("likes", "likeCount", "likes_count", "likesCount", "like", "score", "upvotes", "点赞数"),
    "collected_at": ("collectedAt", "scraped_at", "scrapedAt", "retrieved_at", "captured_at", "采集时间"),
}
_LISTS = (
    *("data", "items", "comments", "messages", "results", "posts", "records", "tweets", "statuses", "rows", "entries"),
    *("list", "nodes", "node", "edges", "response", "result", "payload", "hits", "_source", "docs", "feed", "chats"),
    *("threads", "conversations"),
)
_LEVELS = 4
_LOOKED_AT = 5
_BETWEEN_WORDS = re.compile(r"[\s_.-]+")
_REPLIES = ("replies", "comments", "children", "sub_comments", "answers")


def _sources(name: str) -> Source:
    nested = (f"{author}.{part}" for author in _AUTHOR for part in _OF_AUTHOR.get(name, ()))
    bare = (_plainly_at(author) for author in _AUTHOR if name == "author_name")
    return (name, *nested, *_NAMES.get(name, ()), *bare)


def _plainly_at(name: str) -> Getter:
    """Return the getter of an author who is a name and no object."""
    return lambda record: value if isinstance(value := record.get(name), str) else None


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


def is_canonical(record: Record) -> bool:
    """Tell whether canonical names say all that a record says of its text, author, time and place."""
    return "text" in record and not (record.keys() & _SYNONYMS)


def unfold(record: Record) -> Iterable[Record]:
    """Take a page or a record with replies apart."""
    return walk(_items(_named_usually(record)), _replies)


def _named_usually(record: Record) -> Record:
    """Return a record that has the known names too where it writes them otherwise, as `Comment Text`."""
    names = _usual_names(tuple(record))
    return {**record, **{name: record[key] for key, name in names.items()}} if names else record


@lru_cache(4096)
def _usual_names(keys: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in keys:
        name = _BY_LETTERS.get(_letters(key)) if key not in _KNOWN else None
        if name is not None and name not in keys and name not in found.values():
            found[key] = name
    return found


def _letters(name: str) -> str:
    return _BETWEEN_WORDS.sub("", name).casefold()


def _items(record: Record) -> list[Record]:
    """Return what a page holds, or a record itself."""
    if has_text(record):
        return [record]
    pages = list(_lists(record, _LEVELS))
    for items in pages:
        few = items[:_LOOKED_AT]
        if any(map(has_text, few)):
            return items
        if any(has_text(inner) for item in few for found in _lists(item, _LEVELS) for inner in found[:_LOOKED_AT]):
            return [inner for item in items for inner in _items(item)]
    if record and all(_is_numbered(key) and isinstance(value, dict) for key, value in record.items()):
        by_id = [_named_usually(value) for value in record.values()]
        if all(map(has_text, by_id)):
            return by_id
    return next(filter(None, pages), [record])


def _is_numbered(key: str) -> bool:
    return any(map(str.isdigit, key))


def _lists(record: Record, levels: int) -> Iterator[list[Record]]:
    """Yield what hangs on the names that lists of records usually have, the outermost first."""
    for name in _LISTS:
        value = record.get(name)
        if isinstance(value, list):
            yield [_named_usually(item) for item in value if isinstance(item, dict)]
        elif isinstance(value, dict):
            if has_text(value):
                yield [_named_usually(value)]
            elif levels > 1:
                yield from _lists(value, levels - 1)


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

_KNOWN = _SYNONYMS | set(FIELDS)
_BY_LETTERS = {
    _letters(name): name
    for names in (*map(reversed, _NAMES.values()), _AUTHOR, reversed(_TEXT), FIELDS)
    for name in names
}
"""Known names by what is left of them without capitals and what stands between words; of several the likeliest."""

GENERIC = Format(
    "generic", "records of no known format", (), _FIELDS | {"text": _text, "parent_id": _parent}, unfold=unfold
)
