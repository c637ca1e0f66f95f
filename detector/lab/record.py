"""From drafts to records: authors, ids, parents and truth are put together here, in one way for all parts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from detector.lab import chance
from detector.lab.people import Accounts, profiles, utc_text
from detector.lab.stage import DAY_S, Posts

COMMENT_COLUMNS = (
    *("id", "platform", "text", "created_at", "author_id", "author_handle", "author_name", "author_created_at"),
    *("author_followers", "author_following", "author_posts", "author_verified", "target", "target_group"),
    *("parent_id", "conversation_id", "url", "lang", "like_count"),
)
TRUTH_COLUMNS = (
    *("platform", "id", "author_id", "label", "label_kind", "campaign_id", "template_id", "evasions", "lang"),
)
DRAFT: dict[str, pl.DataType | type[pl.DataType]] = {
    "account": pl.Int64,
    "at": pl.Int64,
    "post": pl.Int64,
    "text": pl.String,
    "url": pl.String,
    "lang": pl.String,
    "label": pl.Int8,
    "label_kind": pl.String,
    "campaign_id": pl.String,
    "template_id": pl.String,
    "evasions": pl.List(pl.String),
    "is_mention": pl.Boolean,
    "is_reply": pl.Boolean,
}


@dataclass(frozen=True)
class Draft:
    """The comments of a part before ids and profiles.

    Attributes
    ----------
    rows
        Columns of `DRAFT`: `account` and `post` are positions (post −1: under nobody's post of the stage), `at` is
        seconds since 1970, `is_mention` asks for the target's name in front, `is_reply` for an earlier commenter.
    """

    accounts: Accounts
    posts: Posts
    rows: pl.DataFrame


def draft_rows(n: int, **columns: Any) -> pl.DataFrame:  # noqa: ANN401 -- whatever Polars takes as a column
    """Build n rows of a draft; columns that are not given are null, or false for questions."""
    blank = {"is_mention": False, "is_reply": False}
    return pl.DataFrame(
        [
            pl.repeat(blank.get(name), n, dtype=dtype, eager=True).alias(name)
            if columns.get(name) is None
            else pl.Series(name, columns[name], dtype=dtype)
            for name, dtype in DRAFT.items()
        ]
    )


def finish(draft: Draft, key: int, rng: np.random.Generator) -> pl.DataFrame:
    """Turn a draft into canonical records with their truth in one frame.

    Parameters
    ----------
    draft
        The comments of a part.
    key
        Chooses the ids; different for each part.
    rng
        Source of chance.

    Returns
    -------
    pl.DataFrame
        Columns of `COMMENT_COLUMNS` and the truth, in no order that tells anything.
    """
    rows, posts, accounts = draft.rows, draft.posts, draft.accounts
    first_at = (
        rows.group_by("account").agg(pl.col("at").filter(pl.col("post") >= 0).min().fill_null(pl.col("at").min()))
        .sort("account")
    )  # fmt: skip
    at = np.zeros(len(accounts), dtype=np.int64) + int(rows["at"].max() or 0)  # type: ignore[arg-type]
    at[first_at["account"].to_numpy()] = first_at["at"].to_numpy()
    authors = profiles(accounts, at, key, rng)
    written = np.bincount(rows["account"].to_numpy(), minlength=len(accounts))
    authors = authors.with_columns(pl.col("author_posts") + pl.Series(written))
    people = accounts.part.people
    likes = (rng.exponential(people.likes_mean, len(rows)) ** 1.5 + 1).astype(np.int64)
    likes[rng.random(len(rows)) < people.zero_likes_share] = 0
    targets = pl.DataFrame(
        {
            "post": np.arange(len(posts.at)),
            "conversation_id": posts.ids(),
            "target_name": pl.Series(posts.names).gather(posts.target),
            "target_group": pl.Series(posts.groups).gather(posts.target),
        }
    )
    frame = pl.concat([rows, authors[rows["account"].to_numpy()]], how="horizontal").with_columns(
        id=chance.id_strings(np.arange(len(rows)), key), like_count=likes
    )
    frame = frame.join(targets, on="post", how="left", maintain_order="left")
    frame = _elsewhere(frame)
    frame = _address(_reply(frame))
    return frame.with_columns(created_at=utc_text(frame["at"].to_numpy())).select(
        "at", *COMMENT_COLUMNS, *(name for name in TRUTH_COLUMNS if name not in COMMENT_COLUMNS)
    )


def _elsewhere(frame: pl.DataFrame) -> pl.DataFrame:
    """Give a place to comments under nobody's post of the stage: a club page, chosen by author."""
    club = pl.format("CLUB-{}", pl.col("author_id").str.slice(-2)).alias("target_name")
    return frame.with_columns(pl.coalesce("target_name", club)).with_columns(
        target=pl.format("{}:{}", "platform", "target_name")
    )


def _reply(frame: pl.DataFrame) -> pl.DataFrame:
    """Point replies at the comment before them in the thread, everything else at the post."""
    frame = frame.sort("conversation_id", "at", "id")
    before = pl.col("id").shift(1).over("conversation_id")
    return frame.with_columns(
        parent_id=pl.coalesce(pl.when("is_reply").then(before), "conversation_id"),
        to_handle=pl.when("is_reply").then(pl.col("author_handle").shift(1).over("conversation_id")),
    )


def _address(frame: pl.DataFrame) -> pl.DataFrame:
    """Write the names of those addressed in front, as the platform does."""
    on_x = pl.col("platform") == "x"
    to_handle = pl.when(on_x & pl.col("to_handle").is_not_null()).then(pl.format("@{} ", "to_handle"))
    name = pl.when(on_x).then(pl.format("@{} ", pl.col("target_name").str.replace("-", "_", literal=True)))
    to_target = pl.when("is_mention").then(name.otherwise(pl.format("{}, ", "target_name")))
    return frame.with_columns(text=pl.concat_str(to_handle, to_target, "text", ignore_nulls=True))


def history(accounts: Accounts, first_at: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw the older comments of accounts that were silent for a long time.

    Parameters
    ----------
    accounts
        The accounts; their cohorts say who was silent and for how long.
    first_at
        Time of each account's first comment after the silence, shape (n_accounts,).
    rng
        Source of chance.

    Returns
    -------
    np.ndarray, np.ndarray
        Account and time (seconds since 1970) of each older comment; the silence is within the cohort's gap.
    """
    who, when = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for number, cohort in enumerate(accounts.part.people.cohorts):
        rows = np.flatnonzero(accounts.cohort == number)
        if cohort.gap_days is None or not len(rows):
            continue
        low, high = cohort.gap_days
        counts = rng.poisson(max(cohort.history_mean - 1, 0), len(rows)) + (cohort.history_mean > 0)
        end = first_at[rows] - ((low + (high - low) * 0.9 * rng.random(len(rows))) * DAY_S).astype(np.int64)
        account = np.repeat(rows, counts)
        spread = (rng.random(len(account)) * 0.09 * (high - low) * DAY_S).astype(np.int64)
        who.append(account)
        when.append(np.repeat(end, counts) - spread)
    return np.concatenate(who), np.concatenate(when)
