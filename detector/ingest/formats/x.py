"""X (Twitter) as its interfaces give it to programs: version 1.1, and version 2 with twarc2's ways of writing it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.lists import objects
from detector.ingest.formats.paths import Made, Record, Source, compile_source
from detector.ingest.formats.x_values import either, id_at, is_withheld, known, post_url, text_at

# --- version 1.1 -------------------------------------------------------------------------------------------------

_v1_text = text_at("note_tweet.text", "extended_tweet.full_text", "full_text", "text")
_V1_ID = ("id_str", "id")
_V1_HANDLE = ("user.screen_name", "user_screen_name")
_v1_original = id_at(
    "retweeted_status.id_str",
    "retweeted_status.id",
    "retweeted_status_id_str",
    "retweeted_status_id",
    "retweet_id",
)


def _v1_repost_of(record: Record) -> Any:  # noqa: ANN401
    # twarc's tables have one column for what is reposted and what is quoted.
    if str(record.get("tweet_type")).lower() == "retweet":
        return record.get("retweet_or_quote_id")
    return _v1_original(record)


V1_FIELDS: Mapping[str, Source] = {
    "platform": "const:x",
    "id": _V1_ID,
    "text": _v1_text,
    "created_at": ("created_at", "timestamp_ms", "timestamp"),
    "author_id": id_at("user.id_str", "user.id", "user_id_str", "user_id"),
    "author_handle": _V1_HANDLE,
    "author_name": ("user.name", "user_name"),
    "author_created_at": ("user.created_at", "user_created_at"),
    "author_followers": ("user.followers_count", "user_followers_count"),
    "author_following": ("user.friends_count", "user_friends_count"),
    "author_posts": ("user.statuses_count", "user_statuses_count"),
    "author_verified": either("user.verified", "user.is_blue_verified", "user.ext_is_blue_verified", "user_verified"),
    "target": id_at("in_reply_to_screen_name"),
    "parent_id": id_at("in_reply_to_status_id_str", "in_reply_to_status_id"),
    "repost_of": _v1_repost_of,
    "url": post_url(_V1_HANDLE, _V1_ID, _v1_text),
    "lang": "lang",
    "like_count": "favorite_count",
}
"""Where the fields of a post of version 1.1 are; tables have an underscore where JSON has a dot."""


def _statuses(root: Record) -> Iterable[Record]:
    page = root.get("statuses")
    return page if isinstance(page, list) else (root,)


def v1_fate(record: Record) -> SkipReason | None:
    """Say that X's notice stands where the text of a withheld post was."""
    return SkipReason.DELETED if is_withheld(record, _v1_text(record)) else None


_V1_TEXTS = ("full_text", "text", "extended_tweet")
_NOT_V1 = ("legacy", "rest_id", "rawContent", "idstr", "mid", "cid")  # the web's, scrapers', Weibo's, TikTok's

_V1 = Format(
    name="x-v1",
    title="X (Twitter) API 1.1: twarc 1, Tweepy, Hydrator, research sets",
    shapes=(
        Shape(("id_str", "created_at", "user.screen_name"), any_of=_V1_TEXTS, lacks=_NOT_V1),
        Shape(("created_at", "user.screen_name", "full_text"), lacks=_NOT_V1),
        Shape(("id", "text", "created_at", "user.screen_name", "in_reply_to_status_id"), lacks=_NOT_V1),
        # The user may be null, or left out.
        Shape(("id_str", "created_at", "in_reply_to_status_id_str"), any_of=_V1_TEXTS, lacks=_NOT_V1),
        Shape(("id_str", "created_at", "favorite_count", "entities"), any_of=_V1_TEXTS, lacks=_NOT_V1),
        Shape(("statuses", "search_metadata")),
        Shape(("statuses.0.id_str", "statuses.0.user", "statuses.0.created_at")),
        Shape(("id", "text", "created_at", "user_screen_name", "in_reply_to_status_id"), lacks=_NOT_V1),
        Shape(("id", "text", "created_at", "user_id", "retweeted_status_id"), lacks=_NOT_V1),
        # What a stream says besides.
        Shape(("delete.status.id_str", "delete.status.user_id_str")),
    ),
    fields=V1_FIELDS,
    unfold=_statuses,
    fate=v1_fate,
    notes=("Version 1.1 of X's interface names no threads: replies are joined only by the post they answer.",),
)

# --- version 2 ---------------------------------------------------------------------------------------------------

_v2_text = text_at("note_tweet.text", "text")


_included_users = compile_source("includes.users")


def _v2_posts(root: Record) -> Iterable[Record]:
    """Take a page apart; each post gets its author, and whom it answers, from what the page includes."""
    data = root.get("data")
    if data is None and not ("id" in root and "text" in root):
        return ()  # a page of errors, or one that found nothing
    posts = (root,) if data is None else data if isinstance(data, list) else (data,)
    by_id = {str(user.get("id")): user for user in objects(_included_users(root))} if "includes" in root else {}
    return [_with_users(post, by_id) for post in posts]


# Where a user may be, its id, and where 4CAT writes it.
_USERS = (("author", "author_id", "author_user"), ("in_reply_to_user", "in_reply_to_user_id", "in_reply_to_user_user"))


def _with_users(post: Record, users: Mapping[str, Record]) -> Record:
    if not isinstance(post, dict):
        return post
    added: dict[str, Any] = {}
    for name, id_name, user_name in _USERS:
        if not post.get(name) and (user := users.get(str(post.get(id_name))) or post.get(user_name)):
            added[name] = user
    references = post.get("referenced_tweets")
    if isinstance(references, str) and references.startswith("["):
        added["referenced_tweets"] = json.loads(references)
    if "author.username" in post:  # a column: twarc's tables
        added["text"] = _of_a_cell(post)
    return {**post, **added} if added else post


def _of_a_cell(row: Record) -> Any:  # noqa: ANN401
    r"""Undo what twarc does to texts in tables: line breaks became `\n`, and once all free texts were JSON strings."""
    text = row.get("text")
    cells = [cell for name in ("text", "author.description", "author.location") if (cell := row.get(name))]
    if cells and all(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in cells):
        return json.loads(row["text"]) if text else text
    return text.replace("\\n", "\n") if isinstance(text, str) else text


def _v2_target(name: object, answered: object, mentions: object) -> Any:  # noqa: ANN401
    if name is not None or answered is None:
        return name
    wanted = str(answered)
    return next((item.get("username") for item in objects(mentions) if str(item.get("id")) == wanted), None)


_V2_SIGNS = (
    *("edit_history_tweet_ids", "public_metrics", "public_metrics.like_count", "referenced_tweets", "reply_settings"),
    *("possibly_sensitive", "context_annotations", "author.username", "author_user.username"),
    "referenced_tweets.replied_to.id",
)
_NOT_V2 = ("author_handle", "platform", "item_id")

_V2 = Format(
    name="x-v2",
    title="X (Twitter) API 2: pages, twarc2, twarc2 flatten, twarc-csv",
    shapes=(
        Shape(("data", "includes.users")),
        Shape(("data", "__twarc")),
        Shape(("data", "meta.result_count")),
        Shape(("data.text", "data.id"), any_of=("data.author_id", "data.edit_history_tweet_ids"), lacks=_NOT_V2),
        Shape(
            ("data.0.text", "data.0.id"),
            any_of=("data.0.author_id", "data.0.edit_history_tweet_ids"),
            lacks=("data.0.creation_time",),
        ),
        Shape(("id", "text", "author_id"), any_of=_V2_SIGNS, lacks=_NOT_V2),
        Shape(("id", "text", "edit_history_tweet_ids"), lacks=_NOT_V2),
        Shape(("meta.result_count", "__twarc"), lacks=("data",)),
    ),
    fields={
        "platform": "const:x",
        "id": "id",
        "text": _v2_text,
        "created_at": "created_at",
        "author_id": ("author_id", "author.id"),
        "author_handle": "author.username",
        "author_name": "author.name",
        "author_created_at": "author.created_at",
        "author_followers": "author.public_metrics.followers_count",
        "author_following": "author.public_metrics.following_count",
        "author_posts": "author.public_metrics.tweet_count",
        "author_verified": either("author.verified", "author.verified_type"),
        "target": Made(
            _v2_target,
            ("in_reply_to_user.username", "in_reply_to_username"),
            "in_reply_to_user_id",
            "entities.mentions",
        ),
        "parent_id": ("referenced_tweets[type=replied_to].id", "referenced_tweets.replied_to.id"),
        "conversation_id": "conversation_id",
        "repost_of": ("referenced_tweets[type=retweeted].id", "referenced_tweets.retweeted.id"),
        "url": post_url("author.username", "id", _v2_text),
        "lang": "lang",
        "like_count": "public_metrics.like_count",
    },
    unfold=_v2_posts,
)

# --- rtweet ------------------------------------------------------------------------------------------------------

_rtweet_text = text_at("full_text", "text")


def _id_in_r(path: str) -> Source:
    """Return the getter of an id: rtweet puts an x before ids in tables, so that they stay text."""
    get = id_at(path)

    def id_of(record: Record) -> Any:  # noqa: ANN401
        value = get(record)
        return value.removeprefix("x") if isinstance(value, str) else value

    return id_of


_RTWEET = Format(
    name="rtweet-csv",
    title="X (Twitter) by the R package rtweet",
    shapes=(Shape(("status_id", "user_id", "screen_name", "created_at"), any_of=("text", "full_text")),),
    fields={
        "platform": "const:x",
        "id": _id_in_r("status_id"),
        "text": _rtweet_text,
        "created_at": "created_at",
        "author_id": _id_in_r("user_id"),
        "author_handle": known("screen_name"),
        "author_name": known("name"),
        "author_created_at": known("account_created_at"),
        "author_followers": known("followers_count"),
        "author_following": known("friends_count"),
        "author_posts": known("statuses_count"),
        "author_verified": known("verified"),
        "target": id_at("reply_to_screen_name"),
        "parent_id": _id_in_r("reply_to_status_id"),
        "repost_of": _id_in_r("retweet_status_id"),
        "url": post_url("screen_name", _id_in_r("status_id"), _rtweet_text),
        "lang": known("lang"),
        "like_count": known("favorite_count"),
    },
)

FORMATS = (_V1, _V2, _RTWEET)
