"""X (Twitter) as its web pages receive it, and as scrapers of the web write it down."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape, walk
from detector.ingest.formats.lists import objects
from detector.ingest.formats.paths import Record, compile_source
from detector.ingest.formats.x_values import (
    either,
    handle_in,
    id_at,
    is_withheld,
    is_yes,
    post_url,
    text_at,
    where_text,
)

# --- what the pages receive --------------------------------------------------------------------------------------

_collected_at = compile_source(("timestamp_collected", "__import_meta.timestamp_collected"))
_result = compile_source(("tweet_results.result", "tweetResult.result", "tweet_result.result"))
_GONE = ("TweetTombstone", "TweetUnavailable")


def _posts(root: Record) -> Iterable[Record]:
    """Take an envelope, or the whole answer to a page, for the posts inside; each gets its account as `author`."""
    data = root.get("data")
    found = [post for post in (data, root) if _is_post(post)][:1] or _results(root)
    collected = _collected_at(root)
    return [_opened(post, collected) for post in found]


def _is_post(value: Any) -> TypeGuard[Record]:  # noqa: ANN401
    return isinstance(value, dict) and ("legacy" in value or "rest_id" in value or "__typename" in value)


def _results(root: Record) -> Iterator[Record]:
    """Yield the posts of a timeline, without those that they quote or repost."""
    for holder in walk((root,), _parts):
        result = _result(holder)
        if isinstance(result, dict):
            yield result


def _parts(holder: Record) -> Iterable[Record]:
    if _result(holder) is not None:
        return
    for value in holder.values():
        yield from (part for part in (value if isinstance(value, list) else (value,)) if isinstance(part, dict))


def _opened(post: Record, collected: object) -> Record:
    inner = post.get("tweet")
    if isinstance(inner, dict):  # TweetWithVisibilityResults
        post = inner
    return {**post, "author": _account(post), "collected_at": collected}


def _account(post: Record) -> Mapping[str, Any]:
    """Put the places together where the pages have had what they know of an account."""
    user = _user(post)
    account = user if isinstance(user, dict) else {}
    parts = [part for name in ("legacy", "core") if isinstance(part := account.get(name), dict)]
    known = {key: value for part in parts for key, value in part.items() if value is not None}
    account = {**account, **known}
    if not (account.get("screen_name") or account.get("unique_id")):
        account["screen_name"] = _pictured(post)
    return account


def _pictured(post: Record) -> str | None:
    """Return the handle that the addresses of a post's own pictures tell."""
    names = (handle_in(picture.get("expanded_url"), _id(post)) for picture in objects(_media(post)))
    return next((name for name in names if name), None)


_user = compile_source(("core.user_results.result", "core.user_result.result", "user"))
_media = compile_source(("legacy.extended_entities.media", "legacy.entities.media"))
_id = compile_source(("rest_id", "legacy.id_str"))


_web_text = text_at(
    "note_tweet.note_tweet_results.result.text",
    "legacy.note_tweet.note_tweet_results.result.text",
    "details.full_text",
    "legacy.full_text",
    "legacy.text",
)
_ID = ("rest_id", "legacy.id_str")
_HANDLE = ("author.screen_name", "author.unique_id")
_REPOSTS = ("retweeted_status_result", "retweeted_status_results", "repostedStatusResults")
_reposted = id_at(
    *(
        f"{holder}{name}.{path}"
        for holder in ("legacy.", "")
        for name in _REPOSTS
        for path in ("rest_id", "result.rest_id", "result.tweet.rest_id")
    ),
    "legacy.retweeted_status_id_str",
)


def _web_fate(post: Record) -> SkipReason | None:
    if "tombstone" in post or post.get("__typename") in _GONE or is_withheld(post.get("legacy"), _web_text(post)):
        return SkipReason.DELETED
    return None


_ANSWERS = (
    "data.threaded_conversation_with_injections_v2",
    "data.search_by_raw_query",
    "data.tweetResult",
    "data.tweet_result",
    "data.home.home_timeline_urt",
    "data.list.tweets_timeline",
    "data.user.result.timeline",
    "data.user.result.timeline_v2",
)

_GRAPHQL = Format(
    name="x-graphql",
    title="X (Twitter) web pages: Zeeschuimer, 4CAT, recorded answers",
    shapes=(
        Shape(("item_id", "source_platform", "data.rest_id", "data.legacy")),
        Shape(("item_id", "source_platform", "data.legacy.full_text")),
        Shape(("item_id", "source_platform", "data.__typename", "data.tweet.rest_id")),
        Shape(("item_id", "source_platform", "data.__typename"), any_of=("data.tombstone", "data.rest_id")),
        Shape(("rest_id", "legacy.full_text", "legacy.created_at")),
        Shape(("rest_id", "core.user_results", "legacy")),
        Shape(("rest_id", "details.full_text")),
        Shape(("legacy.full_text", "legacy.created_at", "user.screen_name")),
        Shape(("__typename", "tweet.rest_id", "tweet.legacy")),
        Shape(("__typename", "tombstone")),
        Shape(("tweet_results.result",)),
        Shape(("data",), any_of=_ANSWERS),
    ),
    fields={
        "platform": "const:x",
        "id": _ID,
        "text": _web_text,
        "created_at": ("legacy.created_at", "details.created_at_ms"),
        "author_id": id_at("author.rest_id", "legacy.user_id_str", "author.id_str"),
        "author_handle": _HANDLE,
        "author_name": ("author.name", "author.nickname"),
        "author_created_at": "author.created_at",
        "author_followers": ("author.followers_count", "author.relationship_counts.followers"),
        "author_following": ("author.friends_count", "author.relationship_counts.following"),
        "author_posts": ("author.statuses_count", "author.tweet_counts.tweets"),
        "author_verified": either(
            "author.is_blue_verified",
            "author.verified",
            "author.verification.verified",
            "author.verification.is_blue_verified",
            "author.verified_type",
            "author.verification.verified_type",
        ),
        "target": id_at("legacy.in_reply_to_screen_name", "reply_to_user_results.result.core.screen_name"),
        "parent_id": id_at("legacy.in_reply_to_status_id_str", "reply_to_results.rest_id"),
        "conversation_id": id_at("legacy.conversation_id_str"),
        "repost_of": _reposted,
        "url": post_url(_HANDLE, _ID, _web_text),
        "lang": ("legacy.lang", "details.language"),
        "like_count": ("legacy.favorite_count", "counts.favorite_count"),
        "collected_at": "collected_at",
    },
    unfold=_posts,
    fate=_web_fate,
)

# --- snscrape and twscrape ---------------------------------------------------------------------------------------

_scraped_text = text_at("rawContent", "content", "renderedContent")


def _scraped_fate(record: Record) -> SkipReason | None:
    return SkipReason.DELETED if str(record.get("_type")).endswith(".Tombstone") else None


_TEXTS = ("rawContent", "content")

_SNSCRAPE = Format(
    name="snscrape",
    title="X (Twitter) by snscrape or twscrape",
    shapes=(
        Shape(("_type", "date", "conversationId", "user.username"), any_of=_TEXTS),
        Shape(("date", "conversationId", "user.username"), any_of=_TEXTS),
        Shape(("date", "conversationId", "retweetCount"), any_of=_TEXTS),
        Shape(("date", "inReplyToTweetId", "retweetedTweet"), any_of=_TEXTS),
        Shape(("date", "retweetedTweet", "user.username"), any_of=_TEXTS),
        Shape(("date", "content", "renderedContent", "tcooutlinks")),
        Shape(("_type", "id", "textLinks"), lacks=("date",)),  # a post that is gone
    ),
    fields={
        "platform": "const:x",
        "id": ("id_str", "id"),
        "text": _scraped_text,
        "created_at": "date",
        "author_id": id_at("user.id_str", "user.id"),
        "author_handle": ("user.username", "username", lambda record: handle_in(record.get("url"))),
        "author_name": "user.displayname",
        "author_created_at": "user.created",
        "author_followers": "user.followersCount",
        "author_following": "user.friendsCount",
        "author_posts": "user.statusesCount",
        "author_verified": either("user.verified", "user.blue"),
        "target": id_at("inReplyToUser.username", "inReplyToScreenName"),
        "parent_id": id_at("inReplyToTweetIdStr", "inReplyToTweetId"),
        "conversation_id": id_at("conversationIdStr", "conversationId"),
        "repost_of": id_at("retweetedTweet.id_str", "retweetedTweet.id"),
        "url": where_text("url", _scraped_text),
        "lang": "lang",
        "like_count": "likeCount",
    },
    fate=_scraped_fate,
)

# --- Apify and twitterapi.io -------------------------------------------------------------------------------------


def _listed(root: Record) -> Iterable[Record]:
    page = root.get("tweets")
    return page if isinstance(page, list) else (root,)


_apify_text = text_at("fullText", "text")
_apify_original = id_at("retweet.id", "retweeted_tweet.id", "retweetId")


def _apify_fate(record: Record) -> SkipReason | None:
    is_repost = is_yes(record.get("isRetweet")) and _apify_original(record) is None
    return SkipReason.REPOST if is_repost else None


_APIFY = Format(
    name="apify-x",
    title="X (Twitter) by Apify's scrapers or twitterapi.io",
    shapes=(
        Shape(
            ("id", "createdAt", "author.userName", "retweetCount"),
            any_of=("text", "fullText"),
            lacks=("rawContent",),
        ),
        Shape(("tweets", "has_next_page")),
    ),
    fields={
        "platform": "const:x",
        "id": "id",
        "text": _apify_text,
        "created_at": "createdAt",
        "author_id": "author.id",
        "author_handle": "author.userName",
        "author_name": "author.name",
        "author_created_at": "author.createdAt",
        "author_followers": "author.followers",
        "author_following": "author.following",
        "author_posts": "author.statusesCount",
        "author_verified": either("author.isVerified", "author.isBlueVerified"),
        "target": id_at("inReplyToUsername"),
        "parent_id": id_at("inReplyToId"),
        "conversation_id": id_at("conversationId"),
        "repost_of": _apify_original,
        "url": where_text(("url", "twitterUrl"), _apify_text),
        "lang": "lang",
        "like_count": "likeCount",
    },
    unfold=_listed,
    fate=_apify_fate,
)

FORMATS = (_GRAPHQL, _SNSCRAPE, _APIFY)
