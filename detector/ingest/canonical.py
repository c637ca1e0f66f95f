"""Batches of raw canonical records to typed comments: what each field means, and which records are comments.

`text` of canonical records is taken as it is. Resolving HTML and entities to what a reader sees belongs to the adapters
of the formats that have them: here ``&lt;`` may be what somebody wrote.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from detector.config import IngestConfig
from detector.errors import RejectReason, SkipReason
from detector.ingest.decode import ABSENT, Batch
from detector.ingest.fields import Column, Values, are_plain, counts, flags, ids, labels, texts
from detector.ingest.time_columns import parse_times
from detector.ingest.traps import count_unzoned, without_hashes, without_share_texts
from detector.schema import COMMENTS, PLATFORMS, PRECISIONS

_READERS = {
    **dict.fromkeys(("id", "author_id", "parent_id", "conversation_id", "repost_of"), ids),
    **dict.fromkeys(("platform", "author_handle", "author_name", "target", "target_group", "url", "lang"), labels),
    "created_at_precision": labels,
    **dict.fromkeys(("author_followers", "author_following", "author_posts", "like_count"), counts),
    "author_verified": flags,
    "text": texts,
}
_TIMES = ("created_at", "author_created_at")

_PLATFORM_NAMES = {
    **{name: name for name in PLATFORMS},
    **dict.fromkeys(("twitter", "twitter.com", "x.com"), "x"),
    **dict.fromkeys(("fb", "facebook.com"), "facebook"),
    **dict.fromkeys(("ig", "insta", "instagram.com"), "instagram"),
    **dict.fromkeys(("threads.net", "threads.com"), "threads"),
    **dict.fromkeys(("yt", "youtube.com"), "youtube"),
    **dict.fromkeys(("tiktok.com",), "tiktok"),
    **dict.fromkeys(("reddit.com",), "reddit"),
    **dict.fromkeys(("bsky", "bsky.app"), "bluesky"),
    **dict.fromkeys(("truth", "truth social", "truth_social", "truthsocial.com"), "truthsocial"),
    **dict.fromkeys(("tg", "telegram.org", "t.me"), "telegram"),
    **dict.fromkeys(("vkontakte", "vk.com", "вконтакте"), "vk"),
    **dict.fromkeys(("sina weibo", "weibo.com", "weibo.cn", "wb", "微博", "新浪微博"), "weibo"),
    **dict.fromkeys(("weixin", "微信"), "wechat"),
    **dict.fromkeys(("xiaohongshu", "xhs", "xiaohongshu.com", "小红书"), "rednote"),
    **dict.fromkeys(("douyin.com", "dy", "抖音"), "douyin"),
    **dict.fromkeys(("bili", "bilibili.com", "b站", "哔哩哔哩"), "bilibili"),
    **dict.fromkeys(("ks", "快手"), "kuaishou"),
    **dict.fromkeys(("zhihu.com", "知乎"), "zhihu"),
    **dict.fromkeys(("贴吧", "百度贴吧", "baidu tieba"), "tieba"),
}

_FULL_TARGET = rf"(?s)^(?:{'|'.join(PLATFORMS)}):[^@\s](?:.*\S)?$"

MENTION_PLATFORMS = ("x", "bluesky", "mastodon", "truthsocial", "threads", "instagram", "other")
"""Where a leading @name addresses an account, and names differ not by case."""

# What platforms write in place of an author that is gone, private or hidden: as a key it would be one giant account.
_NOBODY = (
    *("[deleted]", "[removed]", "[deleted user]", "deleted", "deleted account", "deleted user", "removed", "suspended"),
    *("facebook user", "facebook-nutzer", "utilisateur facebook", "utilisateur de facebook", "usuario de facebook"),
    *(
        "utente facebook",
        "facebook 用户",
        "facebook 用戶",
        "anonymous",
        "anonymous user",
        "anonyme",
        "anonymous member",
    ),
    *("匿名", "匿名用户", "匿名用戶", "已注销", "用户已注销", "账号已注销", "已重置", "unknown user", "unknown"),
)
# Tells nearly all names apart from these without writing them in lower case.
_MAYBE_NOBODY = rf"(?i)^\s*(?:{'|'.join(map(pl.escape_regex, _NOBODY))})\s*$"
_GONE_TEXT = r"(?i)^\s*\[\s?(deleted|removed|deleted by user|removed by reddit)\s?\]\s*$"


@dataclass
class Typed:
    """A batch after judgement: the comments, and what became of the other records.

    `comments` has the columns of COMMENTS that any record fills, apart from `row` and `source_file`; `fates` says of
    every record why it is no comment, null for those that are; `rejected` names the positions in the batch of those
    refused. `notes` counts what is not what it seems (see `traps`).
    """

    comments: pl.DataFrame
    fates: pl.Series
    rejected: dict[int, RejectReason]
    skipped: Counter[SkipReason]
    unreadable: Counter[str] = field(default_factory=Counter)
    n_repaired: int = 0
    notes: Counter[str] = field(default_factory=Counter)


def type_batch(batch: Batch, config: IngestConfig) -> Typed:
    """Type the columns of a batch and tell comments from other records.

    Parameters
    ----------
    batch
        Raw records.
    config
        How to read times without a zone.

    Returns
    -------
    Typed
        Every record as a comment, skipped or rejected.
    """
    columns, unreadable, repaired = _typed_columns(batch, config)
    frame = pl.DataFrame({"source_line": pl.Series(batch.numbers, dtype=pl.UInt64), **columns})
    frame = _with_platform(frame)
    frame = _without_nobody(frame)
    frame, n_hashes = without_hashes(frame)
    frame, n_shares = without_share_texts(frame)
    fate = _fates(frame, batch.columns.get("text"))
    if batch.fates:
        fate = fate.cast(pl.String).scatter(list(batch.fates), [reason.value for reason in batch.fates.values()])
    refused = fate.is_in([*RejectReason]).arg_true().to_list()
    rejected = {i: RejectReason(fate[i]) for i in refused}
    tally = Counter({SkipReason(reason): n for reason, n in fate.value_counts().rows() if reason in set(SkipReason)})
    n_repaired = len((repaired | batch.repaired).difference(refused))
    comments = frame.filter(fate.is_null()) if fate.null_count() < frame.height else frame
    comments = comments.with_columns(
        _targets(comments), _account(comments), text=_column(comments, "text").fill_null("")
    )
    n_unzoned = count_unzoned(batch.columns["created_at"]) if "created_at" in frame.columns else 0
    notes = Counter(hashed_names=n_hashes, share_texts=n_shares, times_without_zone=n_unzoned)
    return Typed(comments, fate, rejected, tally, unreadable, n_repaired, +notes)


def _typed_columns(batch: Batch, config: IngestConfig) -> tuple[dict[str, pl.Series], Counter[str], set[int]]:
    """Type every column that holds anything."""
    columns: dict[str, pl.Series] = {}
    unreadable: Counter[str] = Counter()
    repaired: set[int] = set()
    n = len(batch.numbers)
    present = [name for name, values in batch.columns.items() if n and _holds_any(values)]
    columns |= _plain(batch, present)
    for name in present:
        if name in _READERS and name not in columns:
            column: Column = _READERS[name](batch.columns[name])
            columns[name] = column.values
            unreadable[name] += column.n_unreadable if name != "text" else 0
            repaired |= column.repaired
    captured = (
        parse_times(batch.columns["collected_at"], None, config.assume_utc_offset_min).at
        if "collected_at" in present
        else None
    )
    for name in _TIMES:
        if name in present:
            times = parse_times(batch.columns[name], captured, config.assume_utc_offset_min)
            columns[name] = times.at
            unreadable[name] += times.n_unreadable
            if name == "created_at":
                columns["created_at_precision"] = _coarser(times.precision, columns.get("created_at_precision"))
    if "created_at" not in columns:
        columns.pop("created_at_precision", None)
    return columns, +unreadable, repaired


def _coarser(written: pl.Series, given: pl.Series | None) -> pl.Series:
    """Return how well times are known: as they are written, or less well where the record says so."""
    if given is None:
        return written
    ranks = {precision: rank for rank, precision in enumerate(PRECISIONS)}
    rank = pl.max_horizontal(
        series.replace_strict(ranks, default=None, return_dtype=pl.Int8) for series in (written, given)
    )
    names = {rank: precision for precision, rank in ranks.items()}
    return pl.select(
        pl.when(written.is_not_null()).then(rank.replace_strict(names, return_dtype=pl.String))
    ).to_series()


def _plain(batch: Batch, present: list[str]) -> dict[str, pl.Series]:
    """Return the columns of ids and labels if they were read as strings and all may stay as they are."""
    strings = {
        name: values
        for name in present
        if _READERS.get(name) in (ids, labels) and isinstance(values := batch.columns[name], pl.Series)
    }
    return strings if strings and are_plain(strings, [name for name in strings if _READERS[name] is ids]) else {}


def _holds_any(values: Values) -> bool:
    if isinstance(values, pl.Series):
        return values.null_count() < len(values)
    return values[0] is not None or values.count(None) < len(values)


def _with_platform(frame: pl.DataFrame) -> pl.DataFrame:
    if "platform" not in frame.columns:
        return frame.with_columns(platform=pl.lit("other"))
    spellings = frame["platform"].unique()
    if set(spellings) <= set(PLATFORMS):
        return frame
    known = spellings.str.strip_chars().str.to_lowercase().replace_strict(_PLATFORM_NAMES, default="other")
    known = known.fill_null("other")
    if len(spellings) == 1:
        return frame.with_columns(platform=pl.lit(known[0]))
    return frame.with_columns(frame["platform"].replace_strict(spellings, known))


def _without_nobody(frame: pl.DataFrame) -> pl.DataFrame:
    """Take placeholders of missing authors away, and the @ before handles."""
    given = [name for name in ("author_id", "author_handle", "author_name") if name in frame.columns]
    for column in frame.select(pl.col(given).str.contains(_MAYBE_NOBODY)):
        names = frame[column.name]
        maybe = column.arg_true()
        if len(maybe):
            is_nobody = names.gather(maybe).str.strip_chars().str.to_lowercase().is_in(_NOBODY)
            frame = frame.with_columns(names.scatter(maybe.filter(is_nobody), None))
    if "author_handle" in frame.columns and frame["author_handle"].str.starts_with("@").any():
        frame = frame.with_columns(pl.col("author_handle").str.replace(r"^@(\w)", "$1"))
    return frame


def _column(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column, null where the batch has none."""
    return pl.col(name) if name in frame.columns else pl.lit(None, dtype=COMMENTS.columns[name].dtype)


def _fates(frame: pl.DataFrame, raw_texts: Values | None) -> pl.Series:
    """Return why each record is no comment; null for comments."""
    text = _column(frame, "text")
    has_no_text = text.is_null() | (text == "")
    is_foreign, is_absent = pl.lit(value=False), pl.lit(value=raw_texts is None)
    if isinstance(raw_texts, list) and ("text" not in frame.columns or frame["text"].null_count()):
        is_absent = _marks(value is ABSENT for value in raw_texts)
        is_foreign = _marks(not (value is None or value is ABSENT or isinstance(value, str)) for value in raw_texts)
    reposted, url = _column(frame, "repost_of"), _column(frame, "url")
    shares = reposted.is_not_null() | url.is_not_null()
    is_marked = pl.lit(value=False)
    if "text" in frame.columns and frame["text"].str.starts_with("RT @").any():
        is_marked = text.str.contains(r"^RT @\w+:") & pl.col("platform").is_in(["x", "other"])
    # Not `select`, which would give one row where a batch has none of these columns.
    return frame.with_columns(
        fate=pl.when(is_foreign)
        .then(pl.lit(RejectReason.TEXT_NOT_A_STRING.value))
        .when(has_no_text & ~shares & is_absent)
        .then(pl.lit(RejectReason.NO_TEXT_FIELD.value))
        .when(has_no_text & ~shares)
        .then(pl.lit(SkipReason.NOT_A_COMMENT.value))
        .when(text.str.contains(_GONE_TEXT))
        .then(pl.lit(SkipReason.DELETED.value))
        .when((reposted.is_not_null() & ~has_no_text) | is_marked)
        .then(pl.lit(SkipReason.REPOST.value))
    )["fate"]


def _marks(values: Iterable[bool]) -> pl.Expr:
    return pl.lit(pl.Series(list(values), dtype=pl.Boolean))


def _account(frame: pl.DataFrame) -> pl.Expr:
    names = [_column(frame, name) for name in ("author_id", "author_handle", "author_name")]
    author = pl.coalesce(pl.when(name.str.strip_chars() != "").then(name) for name in names)
    return (pl.col("platform") + ":" + author).alias("account")


def _targets(frame: pl.DataFrame) -> pl.Series:
    """Return whom each comment addresses; only what is not written out in full takes thought."""
    if "target" not in frame.columns:
        return frame.select(_target(frame)).to_series()
    unclear = frame["target"].str.contains(_FULL_TARGET).fill_null(value=False).not_().arg_true()
    if unclear.is_empty():
        return frame["target"]
    return frame["target"].scatter(unclear, frame[unclear].select(_target(frame)).to_series())


def _target(frame: pl.DataFrame) -> pl.Expr:
    """Say whom a comment addresses: the given target, else a leading @mention, else the thread, else the parent."""
    given = _column(frame, "target").str.strip_chars()
    prefix = given.str.extract(r"^([^:/]+):").str.to_lowercase().replace_strict(_PLATFORM_NAMES, default=None)
    named = (
        pl.when(prefix.is_not_null())
        .then(prefix + ":" + given.str.replace(r"^[^:]+:@?", ""))
        .otherwise(pl.col("platform") + ":" + given.str.replace(r"^@", ""))
    )
    text = _column(frame, "text")
    mention = (
        pl.when(pl.col("platform").is_in(["x", "other"]))
        .then(text.str.extract(r"^\.?@([A-Za-z0-9_]+)"))
        .when(pl.col("platform").is_in(MENTION_PLATFORMS))
        .then(text.str.extract(r"^\.?@([A-Za-z0-9_](?:[A-Za-z0-9_.@-]*[A-Za-z0-9_])?)"))
    )
    thread = pl.coalesce(mention, _column(frame, "conversation_id"), _column(frame, "parent_id"))
    is_given = given.is_not_null() & (given.str.replace(r"^([^:/]+:)?@?", "") != "")
    return pl.when(is_given).then(named).otherwise(pl.col("platform") + ":" + thread).alias("target")
