"""Accounts: who they are, when they were created, what their profiles show on each platform."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from detector.lab import chance, recipe
from detector.lab.handles import draw_handles, draw_names
from detector.lab.stage import DAY_S

# What an export of a platform's comments carries about an author. Absent fields are null for everyone.
PROFILE = (
    "author_handle",
    "author_created_at",
    "author_followers",
    "author_following",
    "author_posts",
    "author_verified",
)
CARRIED = {
    "x": set(PROFILE),
    "youtube": {"author_handle"},
    "tiktok": {"author_handle"},
    "facebook": set(),
    "wechat": set(),
}


@dataclass(frozen=True)
class Accounts:
    """The accounts of a part, before it is known when they first comment.

    Attributes
    ----------
    platform, language
        Positions in the part's platforms and languages, shape (n,).
    cohort
        Position in `people.cohorts`, shape (n,).
    activity
        Relative number of comments, shape (n,).
    """

    part: recipe.Part
    platform: np.ndarray
    language: np.ndarray
    cohort: np.ndarray
    activity: np.ndarray

    def __len__(self) -> int:
        return len(self.platform)


def gather_accounts(part: recipe.Part, n: int, rng: np.random.Generator) -> Accounts:
    """Draw platform, language, origin and activity of n accounts."""
    people = part.people
    cohorts = {str(number): cohort.share for number, cohort in enumerate(people.cohorts)}
    return Accounts(
        part,
        _spread(part.platforms, n, rng),
        _spread(part.languages, n, rng),
        _spread(cohorts, n, rng),
        rng.gamma(people.activity_shape, size=n) + 1e-9,
    )


def gather_authors(
    part: recipe.Part, n: int, n_accounts: int, rng: np.random.Generator
) -> tuple[Accounts, np.ndarray]:  # fmt: skip
    """Draw n_accounts accounts, and who of them writes each of n comments, shape (n,), in random order."""
    accounts = gather_accounts(part, n_accounts, rng)
    return accounts, rng.permutation(np.repeat(np.arange(n_accounts), deal(accounts.activity, n, 0, rng)))


def _spread(shares: dict[str, float], n: int, rng: np.random.Generator) -> np.ndarray:
    """Deal n accounts to the keys in exactly the given shares (to one account), in random order."""
    edges = np.cumsum(list(shares.values())) / sum(shares.values())
    dealt = np.searchsorted(edges, (np.arange(n) + 0.5) / n, side="right").clip(0, len(edges) - 1)
    return rng.permutation(dealt)


def deal(weights: np.ndarray, n: int, most: int, rng: np.random.Generator) -> np.ndarray:
    """Deal n comments to accounts: one each at first, the rest by weight, none above `most`.

    Parameters
    ----------
    weights
        Relative activity, shape (n_accounts,).
    n
        Number of comments.
    most
        Upper limit for one account; 0 for none. Raised where n could not be dealt otherwise.
    rng
        Source of chance.

    Returns
    -------
    np.ndarray
        Comments of each account, shape (n_accounts,), summing to n. If n is below n_accounts, some get none.
    """
    n_accounts = len(weights)
    counts = np.zeros(n_accounts, dtype=np.int64)
    if n <= n_accounts:
        counts[rng.permutation(n_accounts)[:n]] = 1
        return counts
    counts += 1
    most = max(most, -(-n // n_accounts) + 1) if most else n
    while (left := n - int(counts.sum())) > 0:
        open_weights = np.where(counts < most, weights, 0.0)
        counts = np.minimum(counts + rng.multinomial(left, open_weights / open_weights.sum()), most)
    return counts


def profiles(accounts: Accounts, first_at: np.ndarray, key: int, rng: np.random.Generator) -> pl.DataFrame:
    """Fill in the profile of every account, as its platform shows it.

    Parameters
    ----------
    accounts
        The accounts.
    first_at
        Time of the first comment of each, seconds since 1970, shape (n,).
    key
        Chooses the ids.
    rng
        Source of chance.

    Returns
    -------
    pl.DataFrame
        One row per account, in order, with the canonical `author_*` fields.
    """
    part, people = accounts.part, accounts.part.people
    n = len(accounts)
    languages = np.asarray(list(part.languages), dtype=object)[accounts.language]
    names = draw_names(languages, people.near_duplicate_names_share, "brand" in people.handles, rng)
    created = creation_times(accounts, first_at, rng)
    age_days = np.maximum((first_at - created) / DAY_S, 1)
    followers = np.exp(np.log(people.followers_median) + people.followers_sigma * rng.standard_normal(n)).astype(
        np.int64
    )
    followers[rng.random(n) < people.zero_followers_share] = 0
    frame = pl.DataFrame(
        {
            "author_id": chance.id_strings(np.arange(n) | (1 << 60), key),
            "author_handle": draw_handles(names, people.handles, created, rng),
            "author_name": names,
            "author_created_at": utc_text(created),
            "author_followers": followers,
            "author_following": np.exp(5 + 1.2 * rng.standard_normal(n)).astype(np.int64),
            "author_posts": 1 + (age_days * np.exp(-1.2 + 1.4 * rng.standard_normal(n))).astype(np.int64),
            "author_verified": rng.random(n) < people.verified_share,
            "platform": pl.Series(list(part.platforms), dtype=pl.String).gather(accounts.platform),
        }
    )
    return frame.with_columns(
        pl.when(pl.col("platform").is_in([name for name, fields in CARRIED.items() if field in fields])).then(field)
        for field in PROFILE
    )


def creation_times(accounts: Accounts, first_at: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw when each account was created, always before its first comment.

    Returns
    -------
    np.ndarray
        Seconds since 1970, shape (n,).
    """
    created = np.empty(len(accounts), dtype=np.int64)
    for number, cohort in enumerate(accounts.part.people.cohorts):
        rows = np.flatnonzero(accounts.cohort == number)
        if not len(rows):
            continue
        first = first_at[rows]
        if cohort.age_days is not None and cohort.n_batches:
            created[rows] = _batched(cohort, first, rng)
        elif cohort.age_days is not None:
            low, high = cohort.age_days
            created[rows] = first - ((low + (high - low) * rng.random(len(rows))) * DAY_S).astype(np.int64)
        elif cohort.created is not None:
            start, end = (np.datetime64(day, "s").astype(np.int64) for day in cohort.created)
            # `growth` 1.0 is uniform; above, later years bring more accounts.
            draw = start + ((end - start) * rng.random(len(rows)) ** (1 / cohort.growth)).astype(np.int64)
            silent_s = int((cohort.gap_days or (0, 0))[1] * DAY_S)
            created[rows] = np.minimum(draw, first - silent_s - DAY_S)
    return created


def _batched(cohort: recipe.Cohort, first: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw creation times in a few short windows, each account at an allowed age when it first comments."""
    low, high = (int(days * DAY_S) for days in cohort.age_days or (0, 0))
    window = int(cohort.batch_h * 3600)
    begin, end = first.min() - high // 2, first.max() - low - window
    # One batch at a random time in each stretch of the period, so that unrelated campaigns do not share their dates.
    places = (np.arange(cohort.n_batches) + rng.random(cohort.n_batches)) / cohort.n_batches
    starts = (begin + places * max(end - begin, 0)).astype(np.int64)
    latest = np.searchsorted(starts, first - low - window, side="right") - 1
    earliest = np.searchsorted(starts, first - high, side="left")
    latest = np.maximum(latest, 0)
    batch = earliest + (rng.random(len(first)) * (latest - earliest + 1)).astype(np.int64)
    batch = np.clip(batch, 0, latest)
    return np.asarray(np.minimum(starts[batch] + rng.integers(window, size=len(first)), first - low // 2 - 1))


def utc_text(seconds: np.ndarray) -> pl.Series:
    """Write seconds since 1970 as ISO 8601 text in UTC."""
    return pl.from_epoch(pl.Series(seconds), time_unit="s").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
