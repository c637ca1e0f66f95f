"""MediaCrawler: comments and posts of seven Chinese platforms, in JSON Lines, JSON or CSV.

Since 2026 it writes a hash in place of the user's id and masks the nickname.
"""

import re
from typing import Any

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape, unless_error
from detector.ingest.formats.paths import Getter, Record, compile_source
from detector.ingest.markup import visible

_POSTS = ("note_id", "aweme_id", "video_id", "content_id")
_NONE = (None, "", 0, "0", "None", "null", "root")
_WITH_MARKUP = frozenset({"weibo", "wb", "zhihu", "tieba"})

_OF_WEIBO = ("comment_like_count", "create_date_time", "gender", "profile_url")
_OF_BILIBILI = ("sex", "sign")
_TIEBA_USER = re.compile(r"[?&](?:id|un)=([^&#]+)")

_post = compile_source(_POSTS)
_user = compile_source(("creator_hash", "user_id", "user_id_hash"))
_written_text = compile_source(("content", "content_text", "desc", "title", "text"))


def _platform(record: Record) -> str:
    named = record.get("platform")
    if isinstance(named, str) and named:
        return named
    if "aweme_id" in record:
        return "douyin"
    if "tieba_name" in record or "tieba_id" in record or "tieba_link" in record:
        return "tieba"
    if "note_id" in record:
        return _weibo_or_rednote(record)
    if "dynamic_id" in record:
        return "bilibili"
    if "video_id" in record:
        return _bilibili_or_kuaishou(record)
    return "zhihu"


def _weibo_or_rednote(record: Record) -> str:
    """Weibo numbers its posts in decimal, RedNote with 24 hexadecimal digits."""
    note = str(record.get("note_id") or "")
    if re.fullmatch(r"[0-9a-f]{24}", note):
        return "rednote"
    return "weibo" if note.isdecimal() or any(key in record for key in _OF_WEIBO) else "rednote"


def _bilibili_or_kuaishou(record: Record) -> str:
    """Bilibili numbers its videos (or writes `BV...`); those of Kuaishou are mixed, and have no sex, sign or likes."""
    video = str(record.get("video_id") or "")
    is_numbered = video.isdecimal() or video.startswith(("BV", "av"))
    return "bilibili" if is_numbered or any(key in record for key in _OF_BILIBILI) else "kuaishou"


def _text(record: Record) -> Any:  # noqa: ANN401
    text = _written_text(record)
    return visible(text) if isinstance(text, str) and _platform(record) in _WITH_MARKUP else text


def _author_id(record: Record) -> Any:  # noqa: ANN401
    user = _user(record)
    if user in _NONE and isinstance(link := record.get("user_link"), str) and (match := _TIEBA_USER.search(link)):
        return match[1]
    return None if user in _NONE else user


def _unless_masked(*names: str) -> Getter:
    """Return the getter of a name, which says nothing where the user is a hash."""
    get = compile_source(names)
    return lambda record: None if record.get("creator_hash") else get(record)


def _parent(record: Record) -> Any:  # noqa: ANN401
    """Return the comment replied to; Weibo's first comments name themselves."""
    parent = record.get("parent_comment_id", record.get("parment_comment_id"))
    return None if parent in _NONE or str(parent) == str(record.get("comment_id")) else parent


def _thread(record: Record) -> Any:  # noqa: ANN401
    return _post(record) if "comment_id" in record else None


def _fate(record: Record) -> SkipReason | None:
    """Skip the profiles of users and who follows whom, which stand in files beside the comments."""
    is_profile = not any(name in record for name in ("comment_id", "dynamic_id", *_POSTS))
    return SkipReason.NOT_A_COMMENT if is_profile else unless_error(record)


FORMATS = (
    Format(
        name="mediacrawler",
        title="MediaCrawler: Weibo, RedNote, Douyin, Kuaishou, Bilibili, Tieba, Zhihu",
        shapes=(
            Shape(("comment_id", "content", "last_modify_ts"), any_of=_POSTS),
            Shape(("comment_id", "content", "sub_comment_count"), any_of=_POSTS),
            Shape(("comment_id", "content", "parent_comment_id"), any_of=_POSTS, lacks=("text",)),
            Shape(("last_modify_ts", "source_keyword"), any_of=_POSTS, lacks=("comment_id",)),
            Shape(("dynamic_id", "user_id", "text", "pub_ts", "last_modify_ts")),
            Shape(("user_id", "last_modify_ts", "fans", "follows"), lacks=("comment_id",)),
            Shape(("user_id", "last_modify_ts", "total_fans"), lacks=("comment_id",)),
            Shape(("up_id", "fan_id", "last_modify_ts")),
        ),
        fields={
            "platform": _platform,
            "id": ("comment_id", *_POSTS, "dynamic_id"),
            "text": _text,
            "created_at": ("create_time", "publish_time", "created_time", "time", "create_date_time", "pub_ts"),
            "collected_at": "last_modify_ts",
            "author_id": _author_id,
            "author_handle": _unless_masked("user_unique_id", "user_url_token"),
            "author_name": _unless_masked("nickname", "user_nickname", "user_name"),
            "parent_id": _parent,
            "conversation_id": _thread,
            "like_count": ("like_count", "comment_like_count", "liked_count", "voteup_count", "total_liked"),
        },
        fate=_fate,
        notes=("Since 2026 MediaCrawler replaces users by hashes: names are left out, accounts are still told apart.",),
    ),
)
