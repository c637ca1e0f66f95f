"""What exports hold in place of what they seem to hold: pseudonyms for names, a button's words for a person's."""

import polars as pl

# Hashes as exports write them: hexadecimal of 128 bits or more, and base64 of 256.
_HASH = r"^(?:[0-9a-fA-F]{32,128}|[A-Za-z0-9+/_-]{43}=?)$"
_HASH_CHARS_MIN = 32
_MASKED = r"^[^*\s]{0,8}\*+[^*]{0,8}$"
"""A name of which stars hide a part: many people's is the same then."""

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
_MAYBE_SHARE = rf"(?i)^\s*(?:{'|'.join(_STARTS)})|@{_SITES}\s*$"


def without_pseudonyms(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Take hashes and masked names away from where names are expected, so that no shape of a handle is seen in them.

    A hash that is all there is of an author becomes the id.

    Parameters
    ----------
    frame
        Typed comments.

    Returns
    -------
    tuple of (polars.DataFrame, int)
        The comments, and of how many of them handle or name was a pseudonym.
    """
    given = [name for name in ("author_handle", "author_name") if name in frame.columns]
    is_hash = {name: _is_hash(frame[name]) for name in given}
    is_odd = {name: is_hash[name] | _is_masked(frame[name]) for name in given}
    if not any(odd.any() for odd in is_odd.values()):
        return frame, 0
    hashes = [pl.when(pl.lit(is_hash[name])).then(pl.col(name)) for name in given]
    known = pl.col("author_id") if "author_id" in frame.columns else pl.lit(None, dtype=pl.String)
    frame = frame.with_columns(
        pl.coalesce(known, *hashes).alias("author_id"),
        *(pl.when(~pl.lit(is_odd[name])).then(pl.col(name)).alias(name) for name in given),
    )
    return frame, int(pl.select(pl.any_horizontal(pl.lit(odd) for odd in is_odd.values()).sum()).item())


def _is_hash(names: pl.Series) -> pl.Series:
    is_long = (names.str.len_bytes() >= _HASH_CHARS_MIN).fill_null(value=False)
    return is_long & names.str.contains(_HASH).fill_null(value=False) if is_long.any() else is_long


def _is_masked(names: pl.Series) -> pl.Series:
    has_star = names.str.contains("*", literal=True).fill_null(value=False)
    return has_star & names.str.contains(_MASKED).fill_null(value=False) if has_star.any() else has_star


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
    maybe = frame["text"].str.contains(_MAYBE_SHARE).fill_null(value=False).arg_true()
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
