"""Weibo: posts and comments as its site and its interfaces give them, and the tables of dataabc's two crawlers."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape, walk
from detector.ingest.formats.lists import objects
from detector.ingest.formats.paths import Getter, Record, compile_source
from detector.ingest.formats.shown import shown

_TELLING = (
    *("rootid", "rootidstr", "floor_number", "reply_comment", "like_counts", "idstr", "mid", "mblogid", "bid"),
    *("disable_reply", "max_id", "reposts_count", "attitudes_count", "comments"),
)
_NOT_OF_X = ("id_str", "full_text", "favorite_count", "retweet_count", "in_reply_to_status_id_str")

# What a page of the site calls its items, and what a card or a saved post calls the post in it.
_LISTS = ("data", "rootComment", "comments", "statuses", "cards")
_WRAPPED = ("mblog", "status")

# What surrounds a comment, and is told nowhere in it.
_POST = "_post"
_ABOVE = "_above"

_NONE = (None, "", 0, "0")
_REPLY_TO = re.compile(r"回复\s*@([^\s:：]{1,40})\s*[:：]")
_POST_IN_EXTRA = re.compile(r"(?:^|\|)mid:(\d+)")
_GONE = re.compile(
    r"(抱歉，)?(此|该|原|这)条?(微博|评论|回复|内容)(已被(原?作者)?|已经?)(删除|屏蔽)[。！]?(\s*查看帮助.*)?"
    r"|抱歉，(由于)?作者已?设置.*"
)
_BARE_REPOST = ("转发微博", "轉發微博", "转发", "Repost", "repost")

_written = compile_source(("longText.longTextContent", "text", "text_raw", "raw_text"))
_text = shown(_written)
_id = compile_source(("idstr", "id", "mid"))
_replied = compile_source(("reply_comment.idstr", "reply_comment.id", "rootidstr", "rootid", _ABOVE))


def _post_in_extra(record: Record) -> str | None:
    match = _POST_IN_EXTRA.search(str(record.get("analysis_extra") or ""))
    return match[1] if match else None


_thread = compile_source((_POST, "status.idstr", "status.id", _post_in_extra, "weibo_id", "mblog_id"))


def _is_post(record: Record) -> bool:
    return any(key in record for key in ("reposts_count", "attitudes_count", "mblogid", "bid"))


def _is_card(record: Record) -> bool:
    return any(key in record for key in ("mblog", "card_group", "card_type"))


def _take_apart(root: Record) -> list[Record]:
    """Return the posts and comments of a page, a card or a thread."""
    return [record for record in walk(_tops(root), _below) if not _is_card(record)]


def _tops(root: Record) -> Iterable[Record]:
    held = root.get("data")
    page: Record = held if isinstance(held, dict) else root
    if "text" in page or "text_raw" in page or _is_card(page):
        return (page,)
    for name in _WRAPPED:
        # A page of comments may tell of its post no more than how to comment on it.
        if isinstance(post := page.get(name), dict) and _written(post) is not None:
            return ({**post, "comments": page.get("comments") or held},)
    return [item for name in _LISTS for item in objects(page.get(name))]


def _below(record: Record) -> Iterator[Record]:
    if _is_card(record):
        if isinstance(post := record.get("mblog"), dict):
            yield {**post, "comments": record.get("comments") or post.get("comments")}
        yield from objects(record.get("card_group"))
        return
    post, above = (_id(record), None) if _is_post(record) else (_thread(record), _id(record))
    for comment in objects(record.get("comments")):
        yield {**comment, _POST: post, _ABOVE: above}


def _reposted(record: Record) -> Any:  # noqa: ANN401
    """Return the id of the post that a post passes on."""
    post = record.get("retweeted_status")
    return _id(post) if isinstance(post, dict) else None


def _parent(record: Record) -> Any:  # noqa: ANN401
    """Return the comment replied to; the root of a thread names itself as its root."""
    if _is_post(record):
        return _reposted(record)
    parent = _replied(record)
    return None if parent in _NONE or str(parent) == str(_id(record)) else parent


def _addressed(record: Record) -> str | None:
    """Return whom the text says that it replies to."""
    text = record.get("text")
    if not isinstance(text, str) or not text.startswith("回复"):
        return None
    match = _REPLY_TO.match(_text(record))
    return match[1] if match else None


def _said(text: object) -> str:
    """Return a text to be compared with what Weibo writes in place of one."""
    return text.strip() if isinstance(text, str) else ""


def _fate(record: Record) -> SkipReason | None:
    text = _said(_written(record))
    if record.get("deleted") in (1, "1", True) or _GONE.fullmatch(text):
        return SkipReason.DELETED
    return SkipReason.REPOST if record.get("retweeted_status") and text in (*_BARE_REPOST, "") else None


WEIBO = Format(
    name="weibo",
    title="Weibo: posts and comments of its site and interfaces",
    shapes=(
        Shape(("created_at", "text", "user.screen_name"), any_of=_TELLING, lacks=_NOT_OF_X),
        Shape(("created_at", "text_raw", "user.screen_name")),
        # Posts of closed accounts have no user.
        Shape(("created_at", "text", "user", "reposts_count"), lacks=_NOT_OF_X),
        Shape(("created_at", "text", "user", "rootid")),
        Shape(("mblog.created_at", "mblog.text", "mblog.user")),
        Shape(("ok", "data.data"), any_of=("data.total_number", "data.max_id", "data.max")),
        Shape(("ok", "data", "max_id", "total_number")),
        Shape(("ok", "data.cards")),
        Shape(("total_number", "data.0.created_at", "data.0.text", "data.0.user")),
        Shape(("total_number", "comments.0.created_at", "comments.0.text", "comments.0.user")),
        Shape(("statuses.0.created_at", "statuses.0.text", "statuses.0.reposts_count")),
        Shape(("status.created_at", "status.reposts_count", "comments")),
    ),
    fields={
        "platform": "const:weibo",
        "id": _id,
        "text": _text,
        "created_at": "created_at",
        "collected_at": ("crawl_time", "collected_at"),
        "author_id": ("user.idstr", "user.id"),
        "author_handle": "user.screen_name",
        "author_name": "user.name",
        "author_created_at": "user.created_at",
        "author_followers": ("user.followers_count", "user.followers_count_str"),
        "author_following": ("user.follow_count", "user.friends_count"),
        "author_posts": "user.statuses_count",
        "author_verified": "user.verified",
        "target": ("reply_comment.user.screen_name", _addressed),
        "parent_id": _parent,
        "conversation_id": (_reposted, _thread),
        "like_count": ("like_count", "like_counts", "attitudes_count"),
    },
    unfold=_take_apart,
    fate=_fate,
    notes=("A comment by itself does not name the post that it stands under, unless the export does.",),
)


def _stripped(*names: str) -> Getter:
    """Return the getter of an id, which this crawler writes with a tab behind it to save it from Excel."""
    get = compile_source(names)

    def read(record: Record) -> Any:  # noqa: ANN401
        value = get(record)
        return value.strip() if isinstance(value, str) else value

    return read


_row_id = _stripped("id")
_row_root = _stripped("root_id")
_row_text = shown(("text", "正文", "微博正文"))


def _row_parent(record: Record) -> Any:  # noqa: ANN401
    root = _row_root(record)
    return None if root in _NONE or str(root) == str(_row_id(record)) else root


def _posts_of_one(root: Record) -> Iterable[Record]:
    """Return the posts of a whole account's file, or the row itself."""
    return objects(root["weibo"]) if isinstance(root.get("weibo"), list) else (root,)


def _row_fate(record: Record) -> SkipReason | None:
    # Reposts are in a table of their own, which has the columns of comments but no root.
    text = _said(_row_text(record))
    if text in _BARE_REPOST and "root_id" not in record:
        return SkipReason.REPOST
    return SkipReason.DELETED if _GONE.fullmatch(text) else None


WEIBO_CRAWLER = Format(
    name="weibo-crawler",
    title="Weibo: tables of dataabc/weibo-crawler and weibo-search",
    shapes=(
        Shape(("weibo_id", "user_screen_name", "text", "created_at")),
        Shape(("weibo_id", "root_id", "text", "created_at"), lacks=("user",)),
        Shape(("id", "bid", "正文"), any_of=("日期", "完整日期")),
        Shape(("id", "bid", "user_id", "微博正文", "发布时间")),
        Shape(("bid", "user_id", "screen_name", "text", "created_at"), any_of=("at_users", "pics", "topics")),
        Shape(("user.screen_name", "weibo.0.bid", "weibo.0.text")),
    ),
    fields={
        "platform": "const:weibo",
        "id": _row_id,
        "text": _row_text,
        "created_at": ("full_created_at", "完整日期", "created_at", "日期", "发布时间"),
        "author_id": "user_id",
        "author_handle": ("user_screen_name", "screen_name", "用户昵称"),
        "parent_id": _row_parent,
        "conversation_id": _stripped("weibo_id", "retweet_id"),
        "like_count": ("like_count", "attitudes_count", "点赞数"),
    },
    unfold=_posts_of_one,
    fate=_row_fate,
    notes=(
        "The CSV of this crawler names no user ids: accounts are told apart by their screen names.",
        "Times without a zone are usually Beijing's (UTC+8).",
    ),
)

FORMATS = (WEIBO, WEIBO_CRAWLER)
