"""Live chats: thousands of people talk at once, and now and then many of them say the same thing."""

import random

import numpy as np
import polars as pl

from detector.lab import disguise, recipe
from detector.lab.crowd import plain_part
from detector.lab.habits import write_comments
from detector.lab.people import gather_authors
from detector.lab.record import Draft, draft_rows
from detector.lab.stage import Posts, seconds

# People chat in short lines, to nobody in particular.
TALK = recipe.Habits(mention=0, short_phrase=0.3, quote=0, reply=0, link=0, hashtag=0, greeting=0.02, no_final_stop=0.9)

# How much longer it takes to find words of one's own.
_SLOWER = 4


def play_chat(part: recipe.Chat, posts: Posts, n: int, n_accounts: int, rng: np.random.Generator) -> Draft:
    """Draft n comments of live chats, shared evenly by its sessions.

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
        n rows; the template id names a text that many repeat.
    """
    accounts, author = gather_authors(part, n, n_accounts, rng)
    session = np.sort(rng.integers(len(part.starts), size=n))
    begin = np.asarray([seconds(start) for start in part.starts])[session]
    # Talk thickens towards the end, where `crescendo` is above 1.
    at = begin + part.length_min * 60 * rng.random(n) ** (1 / part.crescendo)
    order = np.lexsort((at, session))
    session, at = session[order], at[order]
    wave, at = _waves(part, session, at, rng)
    target = rng.choice(len(posts.shares), size=n, p=posts.shares)
    moment = at.astype(np.int64)
    lang = np.asarray(list(part.languages), dtype=object)[accounts.language[author]]
    own = write_comments(plain_part(part, TALK), accounts.language[author], rng.random(n), rng).text.to_list()
    texts, templates = _said(part, wave, lang.tolist(), own, rng)
    return Draft(
        accounts,
        posts,
        draft_rows(
            n,
            account=author,
            at=moment,
            post=posts.before(accounts.platform[author], target, moment),
            text=texts,
            lang=lang.tolist(),
            label=None if part.label is None else np.full(n, part.label),
            label_kind=pl.Series([part.kind]).new_from_index(0, n),
            template_id=templates,
        ),
    )


def _waves(
    part: recipe.Chat, session: np.ndarray, at: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Let something happen now and then: who is there reacts, and half of them with the same words.

    Returns
    -------
    np.ndarray, np.ndarray
        Number of the wave that each comment joins, -1 for none, and the times: those who join follow within
        `wave_length_s`, the others more slowly, shape (n,).
    """
    n, n_sessions = len(session), len(part.starts)
    wave, at = np.full(n, -1), at.copy()
    size = max(3, round(part.wave_share * n / (part.n_waves * n_sessions)))
    for number in range(part.n_waves * n_sessions):
        there = np.flatnonzero(session == number % n_sessions)
        if len(there) <= 2 * size:
            continue
        first = there[0] + rng.integers(len(there) - 2 * size)
        stirred = np.arange(first, first + 2 * size)
        joins = rng.random(2 * size) < 0.5
        wave[stirred[joins]] = number
        at[stirred] = at[first] + rng.exponential(np.where(joins, 1, _SLOWER) * part.wave_length_s)
    return wave, at


def _said(
    part: recipe.Chat, wave: np.ndarray, lang: list[str], own: list[str], rng: np.random.Generator
) -> tuple[list[str], list[str | None]]:
    """Write every comment: what its wave repeats, emotes, or a line of one's own."""
    dice = random.Random(int(rng.integers(1 << 62)))  # noqa: S311
    texts: list[str] = []
    templates: list[str | None] = []
    for number, code, line in zip(wave.tolist(), lang, own, strict=True):
        if number >= 0:
            # A session sings the same few texts, each with small changes of one's own.
            choice = number % len(part.texts[code])
            text = disguise.spin(part.texts[code][choice], dice)
            text = text.upper() if dice.random() < 0.2 else text
            text = f"{text} {dice.choice(part.emotes)}" if dice.random() < 0.3 else text
            texts.append(f"{text} {text}" if dice.random() < 0.1 else text)
            templates.append(f"{part.kind}-{code}-{choice}")
        elif dice.random() < part.emote:
            texts.append(" ".join([dice.choice(part.emotes)] * dice.randint(1, 8)))
            templates.append(None)
        else:
            texts.append(line.partition(". ")[0])
            templates.append(None)
    return texts, templates
