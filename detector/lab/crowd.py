"""Organic people: unconnected, each in their own words, following the posts of the day."""

import datetime as dt

import numpy as np
import polars as pl

from detector.lab import chance, recipe
from detector.lab.habits import Written, write_comments
from detector.lab.language import entries, words
from detector.lab.people import Accounts, gather_authors
from detector.lab.record import Draft, draft_rows, history
from detector.lab.stage import DAY_S, Posts, draw_times

# How people wrote years ago: about scenery and sport, to nobody of the stage.
QUIET = recipe.Habits(
    mention=0, short_phrase=0, quote=0, reply=0, link=0, topics=["parks", "hockey", "weather", "music"]
)


def play_organic(part: recipe.Organic, posts: Posts, n: int, n_accounts: int, rng: np.random.Generator) -> Draft:
    """Draft n comments of organic people.

    Parameters
    ----------
    part, posts
        Parameters, and the posts that can be commented on.
    n, n_accounts
        Counts at the scale in use.
    rng
        Source of chance.

    Returns
    -------
    Draft
        n rows, and older comments of those who were silent for a long time.
    """
    accounts, author = gather_authors(part, n, n_accounts, rng)
    platform = accounts.platform[author]
    if part.hours:
        at = draw_times(part.days, part.hours, n, rng)
        target = rng.choice(len(posts.shares), size=n, p=posts.shares)
        post = posts.before(platform, target, at)
    else:
        post, at = _follow(part, posts, platform, rng)
    written = write_comments(part, accounts.language[author], posts.topic[post], rng)
    rows = _rows(part, author, at, post, written)
    rows = _post_twice(rows, part.habits.double_post, rng)
    return Draft(accounts, posts, pl.concat([rows, old_comments(part, accounts, author, at, part.label, rng)]))


def _rows(part: recipe.Part, author: np.ndarray, at: np.ndarray, post: np.ndarray, written: Written) -> pl.DataFrame:
    """Put the columns of organic comments together."""
    n = len(author)
    return draft_rows(
        n,
        account=author,
        at=at,
        post=post,
        text=written.text,
        url=written.url,
        lang=written.lang,
        label=np.full(n, part.label) if part.label is not None else None,
        label_kind=pl.Series([part.kind]).new_from_index(0, n),
        template_id=written.template,
        is_mention=written.is_mention,
        is_reply=written.is_reply,
    )


def _follow(
    part: recipe.Organic, posts: Posts, platform: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Choose a post on the author's platform for each comment, and a time after it."""
    weight = posts.weight.copy()
    first_day, end = _period(part.days)
    weight[posts.at < first_day] = 0
    for peak in part.peaks:
        on_day = posts.at // DAY_S == (peak.day - dt.date(1970, 1, 1)).days
        weight[on_day] *= peak.factor
    post = np.empty(len(platform), dtype=np.int64)
    for number in range(len(posts.platforms)):
        rows = np.flatnonzero(platform == number)
        own = np.flatnonzero(posts.platform == number)
        post[rows] = own[chance.pick_weighted(weight[own], len(rows), rng)]
    delay = np.exp(np.log(part.delay_median_min * 60) + part.delay_sigma * rng.standard_normal(len(post)))
    # Who would come after the period comes at an even time before its end.
    room = end - posts.at[post]
    delay = np.where(delay < room, delay, room * rng.random(len(post)))
    return post, posts.at[post] + delay.astype(np.int64)


def _period(days: list[recipe.Stretch]) -> tuple[int, int]:
    """Return the first second and the second after the last of a part's days."""
    first = min(stretch.start for stretch in days) - dt.date(1970, 1, 1)
    last = max(stretch.end for stretch in days) - dt.date(1970, 1, 1)
    return first.days * DAY_S, (last.days + 1) * DAY_S


def _post_twice(rows: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    """Replace a few comments by a second copy of another one, by the same author, minutes later."""
    n = len(rows)
    twice = np.flatnonzero(rng.random(n) < share)
    source = np.arange(n)
    source[twice] = rng.integers(n, size=len(twice))
    source[twice] = np.where(np.isin(source[twice], twice), twice, source[twice])
    later = np.zeros(n, dtype=np.int64)
    later[twice] = rng.integers(20, 900, size=len(twice))
    moved = pl.Series(later)
    is_copy = pl.Series(source != np.arange(n))
    return rows[source].with_columns(
        at=pl.col("at") + pl.when(is_copy).then(moved).otherwise(0),
        template_id=pl.when(is_copy).then(pl.lit("posted-twice")).otherwise("template_id"),
    )


def old_comments(
    part: recipe.Part,
    accounts: Accounts,
    author: np.ndarray,
    at: np.ndarray,
    label: int | None,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Draft what accounts wrote before a long silence, about scenery and sport.

    Notes
    -----
    In `history_languages` where the cohort names them (the account may have changed hands), else in the words of the
    account's own language.
    """
    first_at = np.full(len(accounts), at.max() if len(at) else 0)
    np.minimum.at(first_at, author, at)
    who, when = history(accounts, first_at, rng)
    if not len(who):
        return draft_rows(0)
    own = np.asarray(list(part.languages), dtype=object)[accounts.language[who]]
    text = write_comments(plain_part(part, QUIET), accounts.language[who], rng.random(len(who)), rng).text.to_list()
    lang = own.tolist()
    for number, cohort in enumerate(part.people.cohorts):
        for row in np.flatnonzero(accounts.cohort[who] == number) if cohort.history_languages else ():
            # One account keeps one language.
            code = cohort.history_languages[int(who[row]) % len(cohort.history_languages)]
            lists = words("past")[code]
            said = (
                " ".join(rng.choice(np.asarray(entries(block), dtype=object)) for block in lists.values()) for _ in "12"
            )
            lang[row], text[row] = code, ". ".join(said)
    return draft_rows(
        len(who),
        account=who,
        at=when,
        post=np.full(len(who), -1),
        text=text,
        lang=lang,
        label=None if label is None or label == 1 else np.full(len(who), label),
        label_kind=pl.Series([f"{part.kind}-history"]).new_from_index(0, len(who)),
    )


def plain_part(part: recipe.Part, habits: recipe.Habits) -> recipe.Organic:
    """Return an organic part in the languages of another one, with the given habits."""
    return recipe.Organic(
        kind=part.kind,
        label=part.label,
        n_comments=1,
        n_accounts=1,
        platforms=part.platforms,
        languages=part.languages,
        people=part.people,
        days=part.days,
        habits=habits,
    )
