"""What is blanked out before texts are compared: addresses, mentions, hashtags and the names of known targets."""

import polars as pl

_URL = r"(?i)(?:https?://|www\.)[^\s<>\"\p{Han}，。；！？]+"
_MENTION = r"[@＠](?:[A-Za-z0-9_.\-]{1,50}|[\w\-]{1,20}(?:[\s:：,，]|$))"
_HASHTAG = r"#[^#\s]{1,30}#|[#＃][\w]+"
_NAME_CHARS_MIN = 4
# A target called "winter" must not blank out the word in everybody's comments: only names that no word looks like.
_UNCOMMON = r"[0-9_\- ]|[a-z][A-Z]"


def mask(texts: pl.Series, targets: pl.Series) -> pl.Series:
    """Blank out addresses, mentions, hashtags and target names; keep a text that consists of nothing else."""
    frame = texts.alias("text").to_frame()
    marked = pl.col("text").str.contains(r"[@＠#＃]|://|(?i:www\.)")
    bare = (
        pl.col("text").str.replace_all(_URL, " ").str.replace_all(_MENTION, " ").str.replace_all(_HASHTAG, " ")
    )  # fmt: skip
    rows = frame.with_row_index("at").filter(marked).with_columns(bare=bare)
    rows = rows.filter(pl.col("bare").str.contains(r"\p{L}"))
    masked = texts.scatter(rows["at"], rows["bare"]) if rows.height else texts
    known = (targets.str.len_chars() >= _NAME_CHARS_MIN) & targets.str.contains(_UNCOMMON)
    names = targets.filter(known).to_list()
    if names:
        masked = masked.to_frame("text").select(
            pl.col("text").str.replace_many(names, [" "] * len(names), ascii_case_insensitive=True, leftmost=True)
        )["text"]
    return masked
