"""Comments that scrapers read off the pages of YouTube, and yt-dlp off those of other sites too.

YouTube's pages say when a comment was written in words only ("2 days ago"). A time in such a file was computed back
from these, and is known no better than they tell.
"""

import re
from collections.abc import Iterator
from typing import Any

from detector.ingest.formats.format import Format, Shape, walk
from detector.ingest.formats.lists import objects
from detector.ingest.formats.nested import parts, within
from detector.ingest.formats.paths import Record, compile_source
from detector.ingest.formats.youtube import channel_of, comment_address, display_name, handle, thread_of
from detector.ingest.markup import visible
from detector.ingest.shown_times import precision_of

_VIDEO_CODE = re.compile(r"(?:[?&]v=|youtu\.be/|/shorts/|/live/|/embed/)([\w-]{11})")


# --- yt-dlp: a video's description with its comments, or the comments alone.

_PLATFORMS = {
    **{name: name for name in ("youtube", "instagram", "tiktok", "facebook", "reddit", "bluesky", "telegram", "weibo")},
    "bili": "bilibili",
    "twitter": "x",
    "vk": "vk",
    "xiaohongshu": "rednote",
    "douyin": "douyin",
    "truth": "truthsocial",
}
"""By how the names of yt-dlp's extractors begin; all others are of platforms without a name here."""


def _dumped(root: Record) -> Iterator[Record]:
    """Take videos, and lists of videos, apart into comments that know their video."""
    for info in walk((root,), lambda info: objects(parts(info, "entries"))):
        if "comments" in info or "extractor_key" in info:
            site = _site(info)
            yield from (within(comment, video=info, site=site) for comment in parts(info, "comments"))
        elif "entries" not in info:
            yield info


def _site(info: Record) -> str | None:
    """Return the platform of a video; None where its description does not say."""
    extractor = str(_extractor(info) or "").lower()
    known = (name for start, name in _PLATFORMS.items() if extractor.startswith(start))
    return next(known, "other") if extractor else None


def _platform(record: Record) -> Any:  # noqa: ANN401
    is_of_youtube = "_time_text" in record or str(record.get("id")).startswith("Ug")
    return record.get("site") or ("youtube" if is_of_youtube else "other")


_extractor = compile_source(("extractor_key", "extractor", "ie_key"))
_words = compile_source(("_time_text", "time_text"))


def _text(record: Record) -> Any:  # noqa: ANN401
    text, markup = record.get("text"), record.get("html")
    return visible(markup) if text is None and isinstance(markup, str) else text


def _author(record: Record) -> Any:  # noqa: ANN401
    """Return the author's name, with @ where it is a handle: YouTube writes so, and Instagram knows nothing else."""
    author = record.get("author")
    return f"@{author}" if isinstance(author, str) and _platform(record) == "instagram" else author


def _parent(record: Record) -> Any:  # noqa: ANN401
    parent = record.get("parent")
    return None if parent in ("root", "0", 0) else parent


def _precision(record: Record) -> str | None:
    # Whoever cleans such files may have dropped the words; the time is no better for it.
    return precision_of(_words(record)) or ("year" if _platform(record) == "youtube" else None)


def _url(record: Record) -> Any:  # noqa: ANN401
    if _platform(record) == "youtube":
        return _youtube_address(record)
    return _page(record) if _text(record) else None


_youtube_address = comment_address("video.id", "id", _text)
_page = compile_source("video.webpage_url")

_YT_DLP = Format(
    name="yt-dlp",
    title="yt-dlp, videos with comments (.info.json) or comments alone",
    shapes=(
        Shape(("id", "extractor_key", "comments"), any_of=("webpage_url", "epoch", "extractor", "title")),
        Shape(("id", "extractor_key", "webpage_url"), any_of=("epoch", "_version", "_type")),
        Shape(("_type", "entries", "extractor_key")),
        Shape(
            ("comments.0.id", "comments.0.parent"),
            any_of=("comments.0._time_text", "comments.0.author_thumbnail", "comments.0.author_id"),
        ),
        Shape(
            ("id", "parent"),
            any_of=("_time_text", "author_thumbnail", "author_is_uploader", "is_favorited"),
            lacks=("created_at", "extractor_key"),
        ),
        Shape(
            ("id", "parent", "text", "author", "author_id", "timestamp"),
            lacks=("created_at", "platform", "url", "lang", "extractor_key"),
        ),
        Shape(("id", "text", "author", "author_id", "author_thumbnail", "timestamp"), lacks=("created_at", "platform")),
    ),
    unfold=_dumped,
    fields={
        "id": "id",
        "platform": _platform,
        "text": _text,
        "created_at": ("timestamp", _words),
        "created_at_precision": _precision,
        "collected_at": "video.epoch",
        "author_id": ("author_id", channel_of("author_url")),
        "author_handle": handle(_author, "author_url"),
        "author_name": display_name(_author),
        "author_verified": "author_is_verified",
        "parent_id": _parent,
        "conversation_id": "video.id",
        "url": _url,
        "like_count": "like_count",
    },
    notes=("Times of YouTube comments were computed back from words like '2 days ago' and are as coarse as these.",),
)


# --- youtube-comment-downloader


def _listed(root: Record) -> Iterator[Record]:
    yield from parts(root, "comments") if "comments" in root else (root,)


_DOWNLOADED_VIDEO = ("video_id", "videoId")

_DOWNLOADER = Format(
    name="youtube-comment-downloader",
    title="youtube-comment-downloader, JSON lines or its readable JSON",
    shapes=(
        Shape(("cid", "text", "time", "author"), any_of=("votes", "channel", "heart")),
        Shape(("comments.0.cid", "comments.0.time"), any_of=("comments.0.votes", "comments.0.channel")),
    ),
    unfold=_listed,
    fields={
        "id": "cid",
        "platform": "const:youtube",
        "text": "text",
        "created_at": ("time_parsed", "time"),
        "created_at_precision": lambda record: precision_of(record.get("time")),
        "author_id": "channel",
        "author_handle": handle("author"),
        "author_name": display_name("author"),
        "parent_id": thread_of("cid"),
        "conversation_id": _DOWNLOADED_VIDEO,
        "url": comment_address(_DOWNLOADED_VIDEO, "cid", "text"),
        "like_count": "votes",
    },
    notes=(
        "Times were computed back from words like '2 days ago' and are as coarse as these.",
        "The records do not name their video: comments of several files cannot be told apart by it.",
    ),
)


# --- Apify's YouTube comments (streamers/youtube-comments-scraper) and those that resemble it.

_APIFY_ID = ("cid", "commentId", "id")
_APIFY_TEXT = ("comment", "text", "textDisplay")
_APIFY_AUTHOR = ("author", "authorName", "authorText")
_apify_page = compile_source(("pageUrl", "videoUrl", "url"))


def _video_of_page(record: Record) -> str | None:
    match = _VIDEO_CODE.search(str(_apify_page(record)))
    return match[1] if match else None


_APIFY_VIDEO = ("videoId", _video_of_page)
_apify_words = compile_source(("publishedTimeText", "publishedTime", "date"))

_APIFY = Format(
    name="youtube-apify",
    title="Apify, YouTube comments",
    shapes=(
        Shape(("cid", "comment", "author"), any_of=("voteCount", "replyToCid", "videoId", "pageUrl")),
        Shape(("comment", "author", "voteCount", "replyCount"), any_of=("pageUrl", "videoId", "publishedTimeText")),
        Shape(("commentId", "publishedTimeText", "authorChannelId"), any_of=("text", "textDisplay")),
        Shape(("text", "authorText", "authorChannelId"), any_of=("publishedTime", "publishedTimeText", "videoUrl")),
    ),
    fields={
        "id": _APIFY_ID,
        "platform": "const:youtube",
        "text": _APIFY_TEXT,
        "created_at": ("publishedAt", "publishedAtTime", _apify_words),
        "created_at_precision": lambda record: precision_of(_apify_words(record)),
        "collected_at": "scrapedAt",
        "author_id": ("authorChannelId", channel_of("authorChannelUrl")),
        "author_handle": handle(_APIFY_AUTHOR, "authorChannelUrl"),
        "author_name": display_name(_APIFY_AUTHOR),
        "parent_id": ("replyToCid", "parentCommentId", thread_of(_APIFY_ID)),
        "conversation_id": _APIFY_VIDEO,
        "url": comment_address(_APIFY_VIDEO, _APIFY_ID, _APIFY_TEXT),
        "like_count": ("voteCount", "likeCount", "likesCount", "likes"),
    },
    notes=("Comments carry words like '2 days ago' instead of times, mostly without the moment they were read.",),
)

FORMATS = (_YT_DLP, _DOWNLOADER, _APIFY)
