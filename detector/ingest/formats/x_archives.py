"""X (Twitter) in archives: an account's own, and those published of accounts that X or researchers exposed."""

import re
from collections.abc import Iterable
from typing import Any

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.paths import Getter, Made, Record
from detector.ingest.formats.x import V1_FIELDS, v1_fate
from detector.ingest.formats.x_values import id_at, is_yes, known, post_url, text_at, unescaped, where_text

# --- the archive of one account ----------------------------------------------------------------------------------


# What the other files of an archive hold, a row under the name of its kind. None is a post: where long ones go on has a
# file of its own, beside their beginnings among the posts.
_OTHER_ROWS = (
    *("account.accountId", "accountCreationIp", "accountLabel", "accountSuspension", "accountTimezone"),
    *("ad.adsUserData", "ageMeta", "blocking.accountId", "connectedApplication", "deviceToken", "dmConversation"),
    *("emailAddressChange", "follower.accountId", "following.accountId", "ipAudit", "like.tweetId", "moment.momentId"),
    *("muting.accountId", "niDeviceResponse", "noteTweet.core", "p13nData", "periscopeAccountInformation"),
    *("profile.description", "protectedHistory", "savedSearch", "screenNameChange", "smartblock", "ssoConnections"),
    *("userInteractionsData", "userListInfo", "verified.accountId", "verifiedOrganization"),
)


def _own_post(row: Record) -> Iterable[Record]:
    post = row.get("tweet")
    return (post,) if isinstance(post, dict) else (row,)


_ARCHIVE = Format(
    name="x-archive",
    title="X (Twitter) archive of one account",
    shapes=(
        Shape(("tweet.id_str", "tweet.created_at"), any_of=("tweet.full_text", "tweet.text"), lacks=("tweet.user",)),
        Shape(("tweet.id", "tweet.created_at", "tweet.full_text"), lacks=("tweet.user",)),
        Shape(("tweet.tweet_id", "tweet.user_id", "tweet.created_at"), lacks=("tweet.full_text", "tweet.text")),
        *(Shape((name,), only=True) for name in _OTHER_ROWS),
    ),
    fields=V1_FIELDS,
    unfold=_own_post,
    fate=v1_fate,
    notes=(
        "An archive holds the posts of one account only: whether it acted together with others cannot be seen in it.",
        "The rows do not name the account.",
    ),
)

# --- information operations, published by Twitter ----------------------------------------------------------------

_io_text = text_at("tweet_text")
_io_id = id_at("tweetid")
_io_author = id_at("userid")


def _if_not_hashed(name: str) -> Getter:
    """Return the getter of a name; accounts that were small have the hash which is their id in all places."""
    return Made(lambda value, author: None if value == author else value, known(name), _io_author)


_io_handle = _if_not_hashed("user_screen_name")
_io_reply_to = id_at("in_reply_to_userid")
_io_original = id_at("retweet_tweetid")


def _io_target(record: Record) -> Any:  # noqa: ANN401
    # Replies begin with the name of whom they answer, which says more than an id.
    text = record.get("tweet_text")
    return None if isinstance(text, str) and text.startswith(("@", ".@")) else _io_reply_to(record)


def _io_fate(record: Record) -> SkipReason | None:
    is_repost = is_yes(record.get("is_retweet")) and _io_original(record) is None
    return SkipReason.REPOST if is_repost else None


_IO = Format(
    name="twitter-io-csv",
    title="Twitter information operations (moderation research) tables",
    shapes=(Shape(("tweetid", "userid", "tweet_text", "tweet_time")),),
    fields={
        "platform": "const:x",
        "id": _io_id,
        "text": _io_text,
        "created_at": known("tweet_time"),
        "author_id": _io_author,
        "author_handle": _io_handle,
        "author_name": _if_not_hashed("user_display_name"),
        "author_created_at": known("account_creation_date"),
        "author_followers": known("follower_count"),
        "author_following": known("following_count"),
        "target": _io_target,
        "parent_id": id_at("in_reply_to_tweetid"),
        "repost_of": _io_original,
        "url": post_url(_io_handle, _io_id, _io_text),
        "lang": known("tweet_language"),
        "like_count": known("like_count"),
    },
    fate=_io_fate,
    notes=(
        "Accounts with fewer than 5,000 followers have a hash for id, handle and name: their names say nothing.",
        "Times are known to the minute.",
    ),
)

# --- the Internet Research Agency's posts, published by FiveThirtyEight ------------------------------------------

# Spreadsheets keep fifteen digits; what they rounded may have been written out again.
_ROUNDED = re.compile(r"[0-9]+0{10,}|[0-9.]+[eE]\+?[0-9]+")
_US_TIME = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}) ([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")
_ADDRESS = re.compile(r"https?://(?:www\.)?twitter\.com/([0-9]+)/status(?:es)?/([0-9]+)")


def _exact(name: str, group: int) -> Any:  # noqa: ANN401
    """Return the getter of an id that no spreadsheet has rounded; the post's address holds it too."""
    get = id_at(name)

    def id_of(record: Record) -> Any:  # noqa: ANN401
        value = get(record)
        if value is not None and not _ROUNDED.fullmatch(str(value)):
            return value
        match = _ADDRESS.match(str(record.get("article_url")))
        return match[group] if match else None

    return id_of


def _us_time(record: Record) -> Any:  # noqa: ANN401
    written = record.get("publish_date")
    match = _US_TIME.fullmatch(written.strip()) if isinstance(written, str) else None
    return f"{match[3]}-{match[1]:0>2}-{match[2]:0>2} {match[4]:0>5}" if match else written


def _ira_text(record: Record) -> Any:  # noqa: ANN401
    text = record.get("content")
    # Texts that begin with @ were put in quotes, so that no spreadsheet takes them for formulas.
    if isinstance(text, str) and text.startswith(("'@", "'=", "'+", "'-")) and text.endswith("'"):
        text = text[1:-1]
    return unescaped(text)


def _ira_fate(record: Record) -> SkipReason | None:
    kind = str(record.get("post_type")).upper() if "post_type" in record else None
    is_repost = kind == "RETWEET" if kind is not None else is_yes(record.get("retweet"))
    return SkipReason.REPOST if is_repost else None


_IRA = Format(
    name="fivethirtyeight-csv",
    title="FiveThirtyEight's Internet Research Agency tables",
    shapes=(
        Shape(
            ("external_author_id", "author", "content", "publish_date"),
            any_of=("post_type", "account_type", "account_category", "retweet", "harvested_date"),
        ),
    ),
    fields={
        "platform": "const:x",
        "id": _exact("tweet_id", 2),
        "text": _ira_text,
        "created_at": _us_time,
        "author_id": (_exact("alt_external_id", 1), _exact("external_author_id", 1)),
        "author_handle": "author",
        "author_followers": "followers",
        "author_following": "following",
        "url": where_text("article_url", _ira_text),
        "lang": "language",
    },
    fate=_ira_fate,
    notes=(
        "Ids that a spreadsheet has rounded are left out: as keys they would make many accounts one.",
        "Times are known to the minute.",
    ),
)

FORMATS = (_ARCHIVE, _IO, _IRA)
