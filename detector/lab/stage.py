"""The stage: targets, the posts under which people comment, and the clock of those who do."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from detector.lab import chance, recipe

DAY_S = 86_400
# Posts are the same in every recipe, so that included parts meet under the same posts.
WORLD_SEED = 1867


@dataclass(frozen=True)
class Posts:
    """Posts of every target on every platform, ordered by (platform, target, time).

    Attributes
    ----------
    platform, target
        Positions in `platforms` and `names`, shape (n,).
    at
        Seconds since 1970, shape (n,).
    weight
        Relative number of comments, shape (n,).
    topic
        Number in [0, 1) that stands for the topic, shape (n,).
    """

    platforms: tuple[str, ...]
    names: tuple[str, ...]
    groups: tuple[str, ...]
    shares: np.ndarray
    platform: np.ndarray
    target: np.ndarray
    at: np.ndarray
    weight: np.ndarray
    topic: np.ndarray

    def ids(self) -> pl.Series:
        """Return the id of each post, from its platform, target and time."""
        offsets = [int(chance.generator(WORLD_SEED, name).integers(1 << 20)) for name in self.names]
        place = (
            self.platform * 0
            + np.asarray([chance.generator(WORLD_SEED, name).integers(1 << 8) for name in self.platforms])[
                self.platform
            ]
        )
        number = (place << 54) | (np.asarray(offsets)[self.target] << 34) | (self.at & ((1 << 34) - 1))
        return chance.id_strings(number, WORLD_SEED)

    def before(self, platform: np.ndarray, target: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Return the position of each target's last post before a time (its first post if there is none)."""
        group = self.platform * len(self.names) + self.target
        key = group * (1 << 34) + self.at
        wanted = platform * len(self.names) + target
        found = np.searchsorted(key, wanted * (1 << 34) + at, side="right") - 1
        first = np.searchsorted(group, wanted, side="left")
        return np.asarray(np.maximum(found, first))


def set_stage(stage: recipe.Stage, platforms: list[str], days: list[recipe.Stretch]) -> Posts:
    """Lay out the posts of a stage over the days of a part.

    Parameters
    ----------
    stage
        Targets and posting rate.
    platforms
        Platforms in use.
    days
        The days; posts begin two days earlier, so that every comment finds a post.

    Returns
    -------
    Posts
        The same for the same target, platform and day in every recipe.
    """
    names = tuple(f"{prefix}-{number:03d}" for prefix, n in stage.targets.items() for number in range(1, n + 1))
    start = min(stretch.start for stretch in days) - dt.timedelta(days=2)
    n_days = (max(stretch.end for stretch in days) - start).days + 1
    parts = []
    for place, platform_name in enumerate(platforms):
        for number, name in enumerate(names):
            rng = chance.generator(WORLD_SEED, platform_name, name)
            parts.append(_posts_of_one(rng, start, n_days, stage.posts_per_day, place, number))
    shares = np.append(stage.top_share, (1 - stage.top_share) * chance.zipf(max(len(names) - 1, 1), 1.0))[: len(names)]
    shares = shares / shares.sum()
    platform, target, at, weight, topic = (np.concatenate(column) for column in zip(*parts, strict=True))
    groups = tuple(f"group-{chr(ord('a') + number % stage.n_groups)}" for number in range(len(names)))
    return Posts(
        tuple(platforms),
        names,
        groups,
        shares,
        platform.astype(np.int64),
        target.astype(np.int64),
        at.astype(np.int64),
        weight * shares[target.astype(np.int64)],
        topic,
    )


def _posts_of_one(
    rng: np.random.Generator, start: dt.date, n_days: int, per_day: float, platform: int, target: int
) -> tuple[np.ndarray, ...]:
    """Return platform, target, time, weight and topic of the posts of one target on one platform."""
    first_day = (start - dt.date(1970, 1, 1)).days
    skip = first_day - (dt.date(2016, 1, 1) - dt.date(1970, 1, 1)).days
    slots = int(np.ceil(per_day))
    # Jump over the days before the first, so that a day has the same posts whatever the period.
    rng.bit_generator.advance(max(skip, 0) * slots * 4)  # type: ignore[attr-defined]
    draws = rng.random((n_days, slots, 4))
    # Canadian mornings to evenings: 12:00 to 02:00 UTC.
    second = (12 + 14 * draws[..., 0]) * 3600
    at = (first_day + np.arange(n_days))[:, None] * DAY_S + second.astype(np.int64)
    keep = (draws[..., 1] < per_day / slots).ravel()
    keep[:slots] = True
    order = np.argsort(at.ravel()[keep], kind="stable")
    at = at.ravel()[keep][order]
    weight = np.exp(1.2 * _normal(draws[..., 2])).ravel()[keep][order]
    topic = draws[..., 3].ravel()[keep][order]
    return np.full(len(at), platform), np.full(len(at), target), at, weight, topic


def _normal(uniform: np.ndarray) -> np.ndarray:
    """Turn uniform numbers into roughly normal ones (logistic, same spread)."""
    clipped = uniform.clip(1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)) * (np.sqrt(3) / np.pi))


def draw_times(days: list[recipe.Stretch], hours: list[recipe.Hours], n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw times from a curve over days and windows of the clock.

    Returns
    -------
    np.ndarray
        Seconds since 1970, shape (n,), in no order.
    """
    dates, rates = [], []
    for stretch in days:
        for number in range((stretch.end - stretch.start).days + 1):
            date = stretch.start + dt.timedelta(days=number)
            dates.append((date - dt.date(1970, 1, 1)).days)
            rates.append(stretch.per_weekend_day if date.weekday() >= 5 else stretch.per_weekday)
    day = np.asarray(dates)[chance.pick_weighted(np.asarray(rates), n, rng)]
    windows = hours or [recipe.Hours(share=1.0)]
    which = chance.pick_shares({str(i): window.share for i, window in enumerate(windows)}, n, rng)
    begin, end, offset, step = (
        np.asarray([getattr(window, name) for window in windows])[which]
        for name in ("start_hour", "end_hour", "utc_offset_h", "round_to_min")
    )
    second = (begin + (end - begin) * rng.random(n) - offset) * 3600
    # The hour may fall on the day before or after in UTC; the curve counts days in UTC, so the clock wraps.
    second = (second % DAY_S).astype(np.int64)
    step_s = np.maximum(step.astype(np.int64) * 60, 1)
    return np.asarray(day * DAY_S + second // step_s * step_s)


def seconds(moment: dt.datetime) -> int:
    """Return seconds since 1970 of a moment, which is UTC if it names no zone."""
    return int(moment.replace(tzinfo=moment.tzinfo or dt.UTC).timestamp())
