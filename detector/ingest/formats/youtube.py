"""YouTube by its own API: the responses as they come, and the tables that two tools make of them."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.nested import parts, within
from detector.ingest.formats.paths import Getter, Record, Source, compile_source
from detector.ingest.markup import visible

_TOP = "snippet.topLevelComment.snippet"
# What YouTube puts into the HTML of a comment; text that has none of it may hold any "<" of its own.
_MARKUP = re.compile(r"<(?:br|a|b|i|s|img|span)[ />]|&(?:quot|amp|lt|gt|nbsp|#39);", re.IGNORECASE)
_CHANNEL = re.compile(r"(?:^|/channel/|['\"])(UC[\w-]+)")
_HANDLE = re.compile(r"/@([^/?#]+)")
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BACKSLASHED = re.compile(r"\\([\"'\\])")


def shown(source: Source) -> Getter:
    """Return the function that gives a text as a reader sees it, whether it is plain or YouTube's HTML."""
    get = compile_source(source)

    def text(record: Record) -> Any:  # noqa: ANN401
        value = get(record)
        return visible(value) if isinstance(value, str) and _MARKUP.search(value) else value

    return text


def handle(name: Source, address: Source = "const:") -> Getter:
    """Return the function that gives a handle: of the name shown if it starts with @, else of the channel's address."""
    get_name, get_address = compile_source(name), compile_source(address)

    def found(record: Record) -> str | None:
        value = get_name(record)
        if isinstance(value, str) and value.startswith("@"):
            return value
        match = _HANDLE.search(str(get_address(record)))
        return unquote(match[1]) if match else None

    return found


def display_name(name: Source) -> Getter:
    """Return the function that gives the name shown if it is no handle, nor a digest in its place."""
    get = compile_source(name)

    def found(record: Record) -> Any:  # noqa: ANN401
        value = get(record)
        return None if isinstance(value, str) and (value.startswith("@") or _DIGEST.fullmatch(value)) else value

    return found


def channel_of(address: Source) -> Getter:
    """Return the function that takes the id of a channel out of its address, or of an object written as text."""
    get = compile_source(address)

    def found(record: Record) -> str | None:
        match = _CHANNEL.search(str(get(record)))
        return match[1] if match else None

    return found


def thread_of(comment_id: Source) -> Getter:
    """Return the function that gives the comment replied to: ids of replies are ``thread.reply``."""
    get = compile_source(comment_id)

    def found(record: Record) -> str | None:
        thread, dot, _ = str(get(record) or "").partition(".")
        return thread if dot else None

    return found


def comment_address(video: Source, comment_id: Source, text: Source) -> Getter:
    """Return the function that gives the address of a comment; None where it says nothing, or its ids are digests."""
    get_video, get_id, get_text = compile_source(video), compile_source(comment_id), compile_source(text)

    def found(record: Record) -> str | None:
        where, which = get_video(record), get_id(record)
        if not (where and which and get_text(record)) or _DIGEST.fullmatch(str(which)):
            return None
        return f"https://www.youtube.com/watch?v={where}&lc={which}"

    return found


def _comments(root: Record) -> Iterator[Record]:
    """Take a page apart into threads or comments, and threads into their first comment and the replies to it."""
    for item in parts(root, "items") if "items" in root else (root,):
        top = _first_comment(item)
        if not isinstance(top, dict):
            yield item
            continue
        video = _video_of_thread(item)
        yield {"id": item.get("id"), **top, "video": video}
        replies = item.get("replies")
        answers = item.get("id") or top.get("id")
        yield from (within(reply, video=video, answers=answers) for reply in parts(replies, "comments"))


_first_comment = compile_source("snippet.topLevelComment")
_video_of_thread = compile_source("snippet.videoId")


def _of(name: str) -> tuple[str, ...]:
    """Return where a value is: in a comment, in a table's row made of a thread, or in a bare `snippet`."""
    return f"snippet.{name}", f"{_TOP}.{name}", name


_WRITTEN = (*_of("textOriginal"), *_of("textDisplay"))
_VIDEO = (*_of("videoId"), "video")
_URLS = _of("authorChannelUrl")

_API = Format(
    name="youtube-api",
    title="YouTube Data API: comment threads, comments, or whole responses",
    shapes=(
        Shape(("snippet.topLevelComment", _TOP), any_of=(f"{_TOP}.textDisplay", f"{_TOP}.textOriginal")),
        Shape(
            (f"{_TOP}.publishedAt", f"{_TOP}.authorDisplayName"), any_of=(f"{_TOP}.textDisplay", f"{_TOP}.textOriginal")
        ),
        Shape(("id", "snippet.publishedAt"), any_of=("snippet.textDisplay", "snippet.textOriginal")),
        Shape(
            ("items", "items.0.snippet"),
            any_of=("items.0.snippet.topLevelComment", "items.0.snippet.textDisplay", "items.0.snippet.textOriginal"),
        ),
        Shape(("authorDisplayName", "publishedAt"), any_of=("textDisplay", "textOriginal")),
        Shape(("kind", "etag", "pageInfo", "items")),
    ),
    unfold=_comments,
    fields={
        "id": "id",
        "platform": "const:youtube",
        "text": (compile_source(_of("textOriginal")), shown(_of("textDisplay"))),
        "created_at": _of("publishedAt"),
        "author_id": (*_of("authorChannelId.value"), channel_of(_of("authorChannelId")), channel_of(_URLS)),
        "author_handle": handle(_of("authorDisplayName"), _URLS),
        "author_name": display_name(_of("authorDisplayName")),
        "parent_id": (*_of("parentId"), thread_of("id"), "answers"),
        "conversation_id": _VIDEO,
        "url": comment_address(_VIDEO, "id", _WRITTEN),
        "like_count": _of("likeCount"),
    },
    notes=("A thread of the API holds five replies at most: longer discussions may be incomplete.",),
)


def _unescaped(record: Record) -> Any:  # noqa: ANN401
    text = record.get("text")
    return _BACKSLASHED.sub(r"\1", text) if isinstance(text, str) else text


def _digest_of_name(record: Record) -> str | None:
    """Where authors are pseudonyms, their ids are left out and the digest of the name is what tells them apart."""
    name = record.get("authorName")
    return name if isinstance(name, str) and _DIGEST.fullmatch(name) else None


def _missing_video(record: Record) -> SkipReason | None:
    """Tell the row that stands for a video whose comments could not be had."""
    text = record.get("text")
    is_marker = not record.get("id") and isinstance(text, str) and text.startswith("[")
    return SkipReason.NOT_A_COMMENT if is_marker else None


_DATA_TOOLS = Format(
    name="youtube-data-tools",
    title="YouTube Data Tools, comments of a video",
    shapes=(Shape(("id", "authorName", "isReply", "text"), any_of=("isReplyTo", "isReplyToId", "isReplyToName")),),
    fate=_missing_video,
    fields={
        "id": "id",
        "platform": "const:youtube",
        "text": shown(_unescaped),
        "created_at": "publishedAt",
        "author_id": ("authorChannelId", channel_of("authorChannelUrl"), _digest_of_name),
        "author_handle": handle("authorName", "authorChannelUrl"),
        "author_name": display_name("authorName"),
        "parent_id": ("isReplyTo", "isReplyToId", thread_of("id")),
        "conversation_id": "videoId",
        "url": comment_address("videoId", "id", "text"),
        "like_count": "likeCount",
    },
    notes=(
        "Times name no zone: they are those of the server that made the file, UTC in recent versions.",
        "Older versions name the video only in the name of the file.",
    ),
)

_MINET = Format(
    name="youtube-minet",
    title="minet, comments of YouTube videos",
    shapes=(Shape(("comment_id", "video_id", "author_channel_id", "parent_comment_id"), any_of=("text",)),),
    fields={
        "id": "comment_id",
        "platform": "const:youtube",
        "text": shown("text"),
        "created_at": "published_at",
        "author_id": "author_channel_id",
        "author_handle": handle("author_name"),
        "author_name": display_name("author_name"),
        "parent_id": ("parent_comment_id", thread_of("comment_id")),
        "conversation_id": "video_id",
        "url": comment_address("video_id", "comment_id", "text"),
        "like_count": "like_count",
    },
)

FORMATS = (_API, _DATA_TOOLS, _MINET)
