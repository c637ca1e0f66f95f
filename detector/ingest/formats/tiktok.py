"""TikTok: comments as the web client gets them, as the Research API gives them, and as Apify's actors write them.

Ids are made from the time: their upper 32 bits are seconds since 1970.
"""

import re
from collections.abc import Iterator
from typing import Any

from detector.ingest.formats.format import Format, Shape, walk
from detector.ingest.formats.nested import parts, within
from detector.ingest.formats.paths import Getter, Record, Source, compile_source

_NO_PARENT = (None, "", "0", 0)
_VIDEO_NUMBER = re.compile(r"/(?:video|photo|v)/(\d{15,20})")


def _time_of(name: str) -> Getter:
    """Return the function that takes the time out of an id."""

    def found(record: Record) -> int | None:
        digits = str(record.get(name))
        return int(digits) >> 32 if len(digits) == 19 and digits.isdecimal() else None

    return found


def _parent_of(*names: str) -> Getter:
    """Return the function that gives the comment replied to, where none is written as 0."""

    def found(record: Record) -> Any:  # noqa: ANN401
        return next((record[name] for name in names if record.get(name) not in _NO_PARENT), None)

    return found


def _with_text(address: Source, text: str = "text") -> Getter:
    """Return the function that gives an address unless the comment says nothing, being a sticker or a picture."""
    get = compile_source(address)
    return lambda record: get(record) if record.get(text) else None


# --- The web client: comments, its pages of them, and either as Zeeschuimer or 4CAT keep them.


def _web_comments(root: Record) -> Iterator[Record]:
    held = root["data"] if isinstance(root.get("data"), dict) else root
    yield from walk(parts(held, "comments") if "comments" in held else (held,), _web_replies)


def _web_replies(comment: Record) -> list[Record]:
    replies = parts(comment, "reply_comment")
    known = {"aweme_id": comment.get("aweme_id"), "reply_id": comment.get("cid")} if replies else {}
    return [{**known, **reply} if isinstance(reply, dict) else reply for reply in replies]


def _web_platform(record: Record) -> str:
    """Tell TikTok from its sister Douyin, whose comments are alike but say where they come from."""
    return "douyin" if "ip_label" in record or "douyin.com/" in str(_share_url(record)) else "tiktok"


_share_url = compile_source("share_info.url")
_ACTIVITY = ("follower_count", "following_count", "aweme_count")


def _activity(name: str) -> Getter:
    """Return the function that gives a count of an account, which the client leaves at 0 where it did not ask."""

    def found(record: Record) -> Any:  # noqa: ANN401
        user = record.get("user")
        return user.get(name) if isinstance(user, dict) and any(user.get(other) for other in _ACTIVITY) else None

    return found


def _has_badge(record: Record) -> bool | None:
    """Tell whether the words of a badge are there; they are empty for whoever has none."""
    user = record.get("user")
    words = user.get("custom_verify") if isinstance(user, dict) else None
    return words != "" if isinstance(words, str) else None


def _web_lang(record: Record) -> Any:  # noqa: ANN401
    lang = record.get("comment_language")
    return None if lang == "un" else lang  # "un": not recognised


_WEB = Format(
    name="tiktok-web",
    title="TikTok comments as the web client gets them (Zeeschuimer, 4CAT, pages)",
    shapes=(
        Shape(("cid", "aweme_id", "text"), any_of=("reply_id", "create_time", "digg_count", "user")),
        Shape(("cid", "text", "digg_count"), any_of=("user.unique_id", "user.uid", "reply_comment_total")),
        Shape(("data.cid", "data.text", "data.aweme_id"), any_of=("source_platform", "item_id", "nav_index")),
        Shape(("comments.0.cid", "comments.0.text"), any_of=("comments.0.aweme_id", "comments.0.digg_count")),
        Shape(("data.comments.0.cid", "data.comments.0.text")),
        Shape(("comments", "cursor", "has_more", "status_code")),
    ),
    unfold=_web_comments,
    fields={
        "id": "cid",
        "platform": _web_platform,
        "text": "text",
        "created_at": ("create_time", _time_of("cid")),
        "author_id": "user.uid",
        "author_handle": "user.unique_id",
        "author_name": "user.nickname",
        "author_followers": _activity("follower_count"),
        "author_following": _activity("following_count"),
        "author_posts": _activity("aweme_count"),
        "author_verified": ("user.verified", _has_badge),
        "parent_id": _parent_of("reply_id"),
        "conversation_id": "aweme_id",
        "url": _with_text(_share_url),
        "lang": _web_lang,
        "like_count": "digg_count",
    },
)


# --- The Research API: its pages, or rows of the few fields that it gives.


def _research_comments(root: Record) -> Iterator[Record]:
    held = root["data"] if isinstance(root.get("data"), dict) else root
    yield from parts(held, "comments") if "comments" in held else (held,)


def _research_parent(record: Record) -> Any:  # noqa: ANN401
    parent = record.get("parent_comment_id")
    return None if parent in _NO_PARENT or str(parent) == str(record.get("video_id")) else parent


_RESEARCH = Format(
    name="tiktok-research",
    title="TikTok Research API, comments of videos",
    shapes=(
        Shape(("id", "video_id", "text", "create_time"), any_of=("parent_comment_id", "reply_count", "like_count")),
        Shape(("id", "text", "parent_comment_id", "reply_count"), any_of=("create_time", "video_id")),
        Shape(("id", "video_id", "text", "create_time"), only=True),
        Shape(("data.comments", "data.cursor", "data.has_more"), lacks=("data.comments.0.cid",)),
        Shape(("data.comments.0.video_id", "data.comments.0.text")),
        Shape(("comments.0.id", "comments.0.video_id"), any_of=("comments.0.create_time", "comments.0.text")),
    ),
    unfold=_research_comments,
    fields={
        "id": "id",
        "platform": "const:tiktok",
        "text": "text",
        "created_at": ("create_time", _time_of("id")),
        # The API gives none of these; services that imitate it do.
        "author_id": ("user.id", "user.uid"),
        "author_handle": ("user.unique_id", "user.username"),
        "author_name": "user.nickname",
        "parent_id": _research_parent,
        "conversation_id": "video_id",
        "like_count": ("like_count", "digg_count"),
    },
    notes=(
        "Comments have no author: what accounts have in common cannot be seen in such a dump.",
        "Names and addresses in texts are blanked out, and at most the first 1,000 comments of a video are given.",
    ),
)


# --- Apify: a comment per record, some with their replies; or videos with comments.

_page = compile_source(("videoWebUrl", "submittedVideoUrl", "postUrl", "videoUrl", "webVideoUrl"))


def _apify_comments(root: Record) -> Iterator[Record]:
    if "comments" in root:
        yield from walk([within(comment, videoWebUrl=_page(root)) for comment in parts(root, "comments")], _replies)
    else:
        yield from walk((root,), _replies)


def _replies(comment: Record) -> list[Record]:
    replies = parts(comment, "replies")
    around = {"repliesToId": comment.get("cid") or comment.get("id"), "videoWebUrl": _page(comment)} if replies else {}
    return [within(reply, **around) for reply in replies]


def _video(record: Record) -> str | None:
    match = _VIDEO_NUMBER.search(str(_page(record)))
    return match[1] if match else None


_APIFY = Format(
    name="tiktok-apify",
    title="Apify, TikTok comments",
    shapes=(
        Shape(("cid", "text", "uniqueId"), any_of=("createTimeISO", "createTime", "diggCount", "videoWebUrl")),
        Shape(("cid", "text", "videoWebUrl"), any_of=("createTimeISO", "createTime", "diggCount")),
        Shape(("text", "uniqueId", "diggCount", "createTimeISO"), lacks=("authorMeta", "webVideoUrl")),
        Shape(("webVideoUrl", "comments.0.cid", "comments.0.text")),
    ),
    unfold=_apify_comments,
    fields={
        "id": ("cid", "id"),
        "platform": "const:tiktok",
        "text": "text",
        "created_at": ("createTimeISO", "createTime", _time_of("cid"), _time_of("id")),
        "author_id": ("uid", "user.id"),
        "author_handle": ("uniqueId", "user.uniqueId", "user.username"),
        "author_name": ("nickname", "nickName", "user.nickname"),
        "parent_id": _parent_of("repliesToId", "parentId"),
        "conversation_id": ("awemeId", "videoId", _video),
        "url": _with_text(_page),
        "lang": "commentLanguage",
        "like_count": "diggCount",
    },
)

FORMATS = (_WEB, _RESEARCH, _APIFY)
