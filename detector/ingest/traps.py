"""What exports hold in place of what they seem to hold: pseudonyms for names, a button's words for a person's."""

from collections.abc import Sequence
from typing import Any

import polars as pl

# Hashes as exports write them: hexadecimal of 128 bits or more, and base64 of 256.
_HASH = r"^(?:[0-9a-fA-F]{32,128}|[A-Za-z0-9+/_-]{43}=?)$"
_HASH_CHARS_MIN = 32
_MASKED = r"^\w{1,8}\*+\w{0,8}$"
_MASKED_SHARE = 0.5
"""An export that masks names masks them all; a few names with a star are people's own."""

_LINK = r"https?://\S+"
_SITES = "(?:youtube|change|facebook|sharethis|addthis|googlenews)"
_SHARE_TEXTS = "|".join(
    (
        rf"(?:please )?(?:check out|watch|see) this (?:video|playlist|channel|post|story)(?: on [\w. ]+?)?\W*{_LINK}",
        r"check out this (?:video|playlist|channel) on youtube\W*",
        rf"i (?:liked|added) a (?:@?youtube )?video (?:to a @?youtube playlist )?(?:from @\w+ )?{_LINK}.*",
        rf"(?:regardez?|découvrez?) cette vidéo(?: sur [\w. ]+?)?\W*{_LINK}",
        rf"j'ai aimé une vidéo @?youtube.*{_LINK}.*",
        rf"(?:i(?:'ve| have)? just signed|sign) (?:the|this) petition\W.*{_LINK}(?: via @\w+)?",
        rf"(?:je viens de signer|j'ai signé|signez) la pétition\W.*{_LINK}(?: via @\w+)?",
        rf"[^\n]{{1,300}}\s{_LINK}\s(?:via|par le biais de|通过) @{_SITES}",
        r"(?:转发微博|轉發微博|repost|分享视频|分享图片|分享圖片)[。.!！]?",
    )
)
_SHARE_TEXT = rf"(?is)^\s*(?:{_SHARE_TEXTS})\s*$"
# Tells nearly all texts apart from these at their beginning or their end.
_STARTS = (
    *(
        "please ",
        "check out",
        "watch this",
        "look at this",
        "i liked a",
        "i added a",
        "i just ",
        "i've just",
        "i have just",
    ),
    *("sign th", "regarde", "découvre", "j'ai ", "je viens de", "signez", "转发微博", "轉發微博", "repost", "分享"),
)
_MAYBE_SHARES = (rf"(?i)^\s*(?:{'|'.join(_STARTS)})", rf"(?i)@{_SITES}\s*$")
"""Two searches, each held to one end of a text: as one, they would go through all of it."""


_UNZONED = r"^\d{4}[-/.]\d\d?[-/.]\d\d?[T\s]\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?$"


def count_unzoned(times: Sequence[Any] | pl.Series) -> int:
    """Count times with a clock but without a zone: whose clock it was is anybody's guess.

    Parameters
    ----------
    times
        Raw values.
    """
    if not isinstance(times, pl.Series):
        written = [time for time in times if isinstance(time, str) and not time.endswith("Z")]
        times = pl.Series([time.encode("utf-8", "replace").decode() for time in written], dtype=pl.String)
    maybe = times.filter(~times.str.ends_with("Z")) if times.dtype == pl.String else times.clear()
    return int(maybe.str.contains(_UNZONED).sum()) if len(maybe) else 0


def without_hashes(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Take hashes away from where names are expected, so that no shape of a handle is seen in them.

    A hash that is all there is of an author becomes the id.

    Parameters
    ----------
    frame
        Typed comments.

    Returns
    -------
    tuple of (polars.DataFrame, int)
        The comments, and of how many of them handle or name was a hash.
    """
    given = [name for name in ("author_handle", "author_name") if name in frame.columns]
    is_hash = {name: _is_hash(frame[name]) for name in given}
    if not any(odd.any() for odd in is_hash.values()):
        return frame, 0
    known = pl.col("author_id") if "author_id" in frame.columns else pl.lit(None, dtype=pl.String)
    hashes = [pl.when(pl.lit(is_hash[name])).then(pl.col(name)) for name in given]
    frame = frame.with_columns(
        pl.coalesce(known, *hashes).alias("author_id"),
        *(pl.when(~pl.lit(is_hash[name])).then(pl.col(name)).alias(name) for name in given),
    )
    return frame, int(pl.select(pl.any_horizontal(pl.lit(odd) for odd in is_hash.values()).sum()).item())


def _is_hash(names: pl.Series) -> pl.Series:
    is_hash = (names.str.len_bytes() >= _HASH_CHARS_MIN).fill_null(value=False)
    if is_hash.any():
        for pattern in (_HASH, "[0-9]", "[A-Za-z]"):
            is_hash &= names.str.contains(pattern).fill_null(value=False)
    return is_hash


def without_masked_names(comments: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Take names away of which stars hide a part, where an export masks most of them: many people's are the same then.

    Parameters
    ----------
    comments
        COMMENTS.

    Returns
    -------
    tuple of (polars.DataFrame, int)
        The comments, and how many names are gone. Who was known by such a name only is unknown.
    """
    names = comments["author_name"]
    if not names.str.contains("*", literal=True).any():
        return comments, 0
    is_masked = names.str.contains(_MASKED).fill_null(value=False)
    n = int(is_masked.sum())
    if n < _MASKED_SHARE * (len(names) - names.null_count()):
        return comments, 0
    has_only_name = pl.col("author_id").is_null() & pl.col("author_handle").is_null()
    return comments.with_columns(
        pl.when(~pl.lit(is_masked)).then(pl.col("author_name")).alias("author_name"),
        pl.when(~(pl.lit(is_masked) & has_only_name)).then(pl.col("account")).alias("account"),
    ), n


def without_share_texts(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Take away texts that a share button wrote: everybody who presses it says the same.

    The comment stays as a share of its link; without one it is no comment.

    Parameters
    ----------
    frame
        Typed comments.

    Returns
    -------
    tuple of (polars.DataFrame, int)
        The comments, and how many texts are gone.
    """
    if "text" not in frame.columns:
        return frame, 0
    starts, ends = (frame["text"].str.contains(pattern) for pattern in _MAYBE_SHARES)
    maybe = (starts | ends).fill_null(value=False).arg_true()
    texts = frame["text"].gather(maybe)
    is_share = texts.str.contains(_SHARE_TEXT)
    places = maybe.filter(is_share)
    if places.is_empty():
        return frame, 0
    links = texts.filter(is_share).str.extract(rf"({_LINK})")
    known = frame["url"] if "url" in frame.columns else pl.Series("url", [None] * frame.height, dtype=pl.String)
    # The address of the comment itself says nothing of what is shared.
    urls = known.scatter(places, pl.select(pl.coalesce(links, known.gather(places))).to_series())
    return frame.with_columns(frame["text"].scatter(places, ""), urls.alias("url")), len(places)
