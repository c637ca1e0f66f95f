"""Mastodon and what speaks its language (Pleroma, Truth Social), and Gab, which has shortened the keys.

A status has another `id` on every server that knows it; its `uri` is the same on all. Accounts are numbered by each
server too, so their number goes with the server that they live on.
"""

import re
from collections.abc import Iterable
from typing import Any

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.lists import lists_at
from detector.ingest.formats.paths import Record, compile_source
from detector.ingest.formats.shown import shown

# Where only tags are left, a picture was all there was.
_NO_WORDS = re.compile(r"(?:\s|<[^<>]*+>)*+")
_LEADING = re.compile(r"\.?@(\w(?:[\w.-]*\w)?)")
_PLATFORMS = {"truthsocial.com": "truthsocial", "gab.com": "other"}

_statuses = lists_at("ancestors", "descendants", "statuses")
_mentions = lists_at("mentions")
_address = compile_source(("uri", "url", "account.url"))
_home = compile_source(("account.url", "account.uri", "url", "uri"))
_number = compile_source("account.id")
_acct = compile_source("account.acct")
_answered = compile_source("in_reply_to.account.acct")


def _bare(root: Record) -> Record:
    """Take a record out of the envelope in which the browser extension Zeeschuimer keeps it."""
    data = root.get("data")
    return data if "source_platform" in root and isinstance(data, dict) else root


def _unfold(root: Record) -> Iterable[Record]:
    status = _bare(root)
    return _statuses(status) if "content" not in status else (status,)


def _fate(status: Record) -> SkipReason | None:
    return SkipReason.REPOST if status.get("reblog") else None


def _host(address: Any) -> str | None:  # noqa: ANN401
    parts = address.split("/") if isinstance(address, str) and "://" in address else ()
    return parts[2].lower().removeprefix("www.") if len(parts) > 2 else None


def _platform(status: Record) -> str:
    return _PLATFORMS.get(_host(_address(status)) or "", "mastodon")


def _account(status: Record) -> str | None:
    number, host = _number(status), _host(_home(status))
    return f"{number}@{host}" if number is not None and host else number


_text = shown("content")


def _url(status: Record) -> str | None:
    has_words = _NO_WORDS.fullmatch(status.get("content") or "") is None
    return (status.get("url") or status.get("uri")) if has_words else None


def _target(status: Record) -> Any:  # noqa: ANN401
    """Return whom a status answers to, else whom it names at its very beginning."""
    named = [mention for mention in _mentions(status) if isinstance(mention, dict)]
    number = status.get("in_reply_to_account_id")
    if number is not None:
        if number == _number(status):
            return _acct(status)
        accts = (mention.get("acct") for mention in named if str(mention.get("id")) == str(number))
        return next(accts, None) or _answered(status)
    starts = _LEADING.match(str(_text(status))) if named else None
    accts = (mention.get("acct") for mention in named if starts and mention.get("username") == starts[1])
    return next(accts, None)


_STATUSES = Format(
    name="mastodon",
    title="Mastodon, Pleroma and Truth Social statuses",
    shapes=(
        Shape(("content", "created_at", "account.acct"), any_of=("reblog", "in_reply_to_id", "uri", "spoiler_text")),
        Shape(("source_platform", "data.content", "data.created_at", "data.account.acct")),
        Shape(("ancestors", "descendants")),
        Shape(("statuses.0.content", "statuses.0.account.acct", "statuses.0.created_at")),
    ),
    fields={
        "id": ("uri", "url", "id"),
        "platform": _platform,
        "text": _text,
        "created_at": "created_at",
        "author_id": _account,
        "author_handle": "account.acct",
        "author_name": "account.display_name",
        "author_created_at": "account.created_at",
        "author_followers": "account.followers_count",
        "author_following": "account.following_count",
        "author_posts": "account.statuses_count",
        "author_verified": ("account.verified", "account.is_verified"),
        "target": _target,
        "parent_id": "in_reply_to_id",
        "url": _url,
        "lang": "language",
        "like_count": "favourites_count",
    },
    unfold=_unfold,
    fate=_fate,
    notes=("Mastodon tells the day on which an account was created, not the hour.",),
)


_gabs = lists_at("s")
_gab_accounts = lists_at("a")


def _unfold_gab(root: Record) -> Iterable[Record]:
    page = _bare(root)
    if "c" in page:
        return (page,)
    authors = {str(account.get("i")): account for account in _gab_accounts(page) if isinstance(account, dict)}
    return [
        {"author_info": authors.get(str(status.get("ai"))), **status} if isinstance(status, dict) else status
        for status in _gabs(page)
    ]


def _fate_gab(status: Record) -> SkipReason | None:
    return SkipReason.REPOST if status.get("robi") else None


def _url_gab(status: Record) -> str | None:
    address = status.get("ul") or status.get("u")
    if not address or _NO_WORDS.fullmatch(status.get("c") or ""):
        return None
    return f"https://gab.com{address}" if address.startswith("/") else address


_GABS = Format(
    name="gab",
    title="Gab posts and comments",
    shapes=(
        Shape(("i", "c", "ca"), any_of=("ul", "ai", "author_info", "un")),
        Shape(("source_platform", "data.i", "data.c", "data.ca")),
        Shape(("s", "a", "s.0.i", "s.0.ca")),
    ),
    fields={
        "id": "i",
        "platform": "const:other",
        "text": shown("c"),
        "created_at": "ca",
        "author_id": ("author_info.i", "ai"),
        "author_handle": ("author_info.un", "author_info.ac", "un"),
        "author_name": ("author_info.dn", "dn"),
        "author_created_at": "author_info.ca",
        "author_followers": "author_info.foc",
        "author_following": "author_info.fic",
        "author_posts": "author_info.sc",
        "author_verified": "author_info.iv",
        "conversation_id": "ci",
        "url": _url_gab,
        "lang": "l",
        "like_count": "fc",
    },
    unfold=_unfold_gab,
    fate=_fate_gab,
)

FORMATS = (_STATUSES, _GABS)
