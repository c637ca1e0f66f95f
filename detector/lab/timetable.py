"""When, where and by whom: the timetable of a campaign, in waves under single posts and alone."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from detector.lab import chance, recipe
from detector.lab.people import Accounts, deal
from detector.lab.stage import DAY_S, Posts, draw_times


@dataclass(frozen=True)
class Slots:
    """When, where and by whom: one entry per comment, arrays of shape (n,).

    Attributes
    ----------
    account, at, post
        Account and post as positions, time in seconds since 1970.
    wave
        Number of the wave; −1 for comments outside waves.
    """

    account: np.ndarray
    at: np.ndarray
    post: np.ndarray
    wave: np.ndarray


def spread_out(part: recipe.Campaign, accounts: Accounts, posts: Posts, n: int, rng: np.random.Generator) -> Slots:
    """Choose time, author and post of each comment of a campaign.

    Parameters
    ----------
    part
        Curve, hours, waves, rotation and limits.
    accounts, posts
        Who may write, and where.
    n
        Number of comments.
    rng
        Source of chance.

    Returns
    -------
    Slots
        n entries, era by era. The curve holds for the starts of waves and for comments alone.
    """
    times = np.sort(draw_times(part.days, part.hours, n, rng))
    eras = _eras(part, accounts, times, rng)
    parts = [_one_era(part, accounts, posts, era, active, rng) for era, active in eras if len(era)]
    slots = Slots(
        *(np.concatenate([getattr(one, name) for one in parts]) for name in ("account", "at", "post", "wave"))
    )
    return _within_daily_limit(part, posts, accounts, slots, rng)


def _eras(
    part: recipe.Campaign, accounts: Accounts, times: np.ndarray, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split the times at the rotation, with the accounts that are active on either side of it."""
    everyone = rng.permutation(len(accounts))
    if part.rotation is None:
        return [(times, everyone)]
    stop, new = part.rotation.stop_share, part.rotation.new_share
    # Of N accounts, K are new after the day: K = new / (1 - new) * (1 - stop) * (N - K).
    factor = new / max(1 - new, 1e-9) * (1 - stop)
    # However few they are, one account is active on either side.
    n_new = min(round(len(everyone) * factor / (1 + factor)), len(everyone) - 1)
    old, fresh = everyone[n_new:], everyone[:n_new]
    stay = old[: max(round(len(old) * (1 - stop)), 1)]
    day = (part.rotation.day - dt.date(1970, 1, 1)).days * DAY_S
    return [(times[times < day], old), (times[times >= day], np.concatenate([fresh, stay]))]


def _one_era(
    part: recipe.Campaign,
    accounts: Accounts,
    posts: Posts,
    times: np.ndarray,
    active: np.ndarray,
    rng: np.random.Generator,
) -> Slots:
    """Deal the comments of an era to its accounts; some fall in waves, the others alone."""
    left = np.zeros(len(accounts), dtype=np.int64)
    left[active] = deal(accounts.activity[active], len(times), part.people.max_comments_per_account, rng)
    starts = rng.permutation(times)
    members = _waves(part.waves, accounts, left, len(times), rng) if part.waves else []
    sizes = np.asarray([len(wave) for wave in members], dtype=np.int64)
    target = rng.choice(len(posts.shares), size=len(members), p=posts.shares)
    start = starts[: len(members)]
    length_s = int(part.waves.length_min * 60) if part.waves else 1
    alone = rng.permutation(np.repeat(np.arange(len(accounts)), left))
    account = np.concatenate([*members, alone])
    # The first times went to the waves; comments alone take the last ones.
    when = starts[len(times) - len(alone) :]
    at = np.concatenate([np.repeat(start, sizes) + rng.integers(length_s, size=int(sizes.sum())), when])
    target = np.concatenate([np.repeat(target, sizes), rng.choice(len(posts.shares), size=len(alone), p=posts.shares)])
    # A whole wave sits under one post: the last one before it began.
    asked = np.concatenate([np.repeat(start, sizes), when])
    wave = np.concatenate([np.repeat(np.arange(len(members)), sizes), np.full(len(alone), -1)])
    return Slots(account, at, posts.before(accounts.platform[account], target, asked), wave)


def _waves(
    waves: recipe.Waves, accounts: Accounts, left: np.ndarray, n: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Choose the accounts of each wave, all on one platform and each once; takes their comments from `left`."""
    members: list[np.ndarray] = []
    open_comments = round(n * waves.share)
    while open_comments > 0:
        platform = accounts.platform[chance.pick_weighted(left, 1, rng)[0]]
        free = np.flatnonzero((left > 0) & (accounts.platform == platform))
        size = min(open_comments, len(free), int(rng.integers(waves.n_comments[0], waves.n_comments[1] + 1)))
        # Weighted choice without repetition: the largest of log(weight) plus Gumbel noise.
        chosen = free[np.argsort(-(np.log(left[free]) + rng.gumbel(size=len(free))), kind="stable")[:size]]
        left[chosen] -= 1
        members.append(chosen)
        open_comments -= size
    return members


def _within_daily_limit(
    part: recipe.Campaign, posts: Posts, accounts: Accounts, slots: Slots, rng: np.random.Generator
) -> Slots:
    """Move comments above an account's daily limit to other times."""
    at, post = slots.at.copy(), slots.post.copy()
    for _ in range(8 if part.max_per_account_per_day else 0):
        frame = pl.DataFrame({"account": slots.account, "day": at // DAY_S})
        rank = frame.select(pl.int_range(pl.len()).over("account", "day")).to_series().to_numpy()
        over = np.flatnonzero(rank >= part.max_per_account_per_day)
        if not len(over):
            break
        at[over] = draw_times(part.days, part.hours, len(over), rng)
        post[over] = posts.before(accounts.platform[slots.account[over]], posts.target[post[over]], at[over])
    return Slots(slots.account, at, post, slots.wave)
