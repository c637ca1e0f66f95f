"""Campaigns planted into somebody's own comments: their posts, targets and times of day, invented accounts and words.

What is planted follows the dump: moments and targets are those of its own comments, profiles those of its own
accounts under invented names, and a field that the dump lacks stays null. The words are about nothing and come in an
order drawn by chance, so that no comment there resembles them.
"""

import random
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.lab.disguise import random_tail
from detector.lab.language import entries, words
from detector.schema import COMMENTS

Numbers = npt.NDArray[np.int64]

WORDINGS = ("exact", "tails", "reworded")
"""Word for word; with a random tail on every copy; with about one word in ten replaced in every copy."""
ACCOUNTS = ("established", "batch")
"""Created when accounts of the dump were; or all within 48 hours."""

_SECOND_US = 1_000_000
_DAY_S = 86_400
_BATCH_S = 2 * _DAY_S
_BUSY_COMMENTS = 50
_JITTER_S = 1_800
_TEXT_WORDS = {"zh": 14}
_TEXT_WORDS_OTHERWISE = 16
_REWORDED_SHARE = 0.1
_SYLLABLES = tuple(a + b for a in "bdfgklmnprstvz" for b in "aeiou")
_LANGUAGE_OF_SCRIPT = {"Latin": "en", "Han": "zh", "Cyrillic": "ru", "Arabic": "ar"}
_PROFILE = ("author_created_at", "author_followers", "author_following", "author_posts", "author_verified")
_PLACE = ("platform", "target", "target_group", "conversation_id", "lang")


@dataclass(frozen=True)
class Campaign:
    """How planted accounts act: each posts `n_texts` texts once, every text within `spread_s` seconds of its start.

    `wording` is one of `WORDINGS`, `accounts` one of `ACCOUNTS`.
    """

    n_accounts: int
    n_texts: int = 1
    spread_s: int = 3_600
    wording: str = "exact"
    accounts: str = "established"


@dataclass(frozen=True)
class Ground:
    """What campaigns are planted into.

    Attributes
    ----------
    comments
        COMMENTS, timed rows first and in order of time.
    profiles
        Fields of one comment by each known account, and whether it shows an id, handle and name.
    code
        Language of the words to plant: that of most comments, else the one that stands for their script.
    precision_s
        Times are known to so many seconds.
    """

    comments: pl.DataFrame
    profiles: pl.DataFrame
    code: str
    precision_s: int

    @classmethod
    def of(cls, comments: pl.DataFrame, precision_s: int) -> "Ground":
        """Take stock of COMMENTS (at least one row)."""
        profiles = (
            comments.filter(pl.col("account").is_not_null())
            .unique("account", keep="first", maintain_order=True)
            .select("platform", *_PROFILE, *(pl.col(name).is_not_null() for name in _NAMES))
        )
        return cls(comments, profiles, _main_language(comments), precision_s)


_NAMES = ("author_id", "author_handle", "author_name")


def _main_language(comments: pl.DataFrame) -> str:
    """Return the language with words to plant that most comments are in, by what the export says or by script."""
    told = comments["lang"].drop_nulls().str.slice(0, 2).str.to_lowercase()
    named = told.filter(told.is_in(list(words("neutral"))))
    if 2 * len(named) > comments.height:
        return str(named.mode().sort()[0])
    letters = [int(comments["text"].str.count_matches(rf"\p{{{script}}}").sum()) for script in _LANGUAGE_OF_SCRIPT]
    # A Han character says as much as several letters.
    letters[1] *= 3
    return list(_LANGUAGE_OF_SCRIPT.values())[int(np.argmax(letters))]


def plant(ground: Ground, campaign: Campaign, rng: np.random.Generator) -> pl.DataFrame:
    """Make the comments of one campaign.

    Parameters
    ----------
    ground
        The dump.
    campaign
        How the accounts act.
    rng
        Source of chance; advanced by this call.

    Returns
    -------
    DataFrame
        COMMENTS, n_accounts * n_texts rows, to be put among those of the dump. Ids begin with `planted-`. Each text
        begins at a moment when somebody else comments, so that busy hours are likelier; its copies stand under posts
        that draw comments then, popular ones more often, all on one platform.
    """
    n, n_texts = campaign.n_accounts, campaign.n_texts
    platform = ground.comments["platform"][int(rng.integers(ground.comments.height))]
    pool = ground.comments.filter(pl.col("platform") == platform)
    drawn = [_occasion(pool, campaign.spread_s, n, ground.precision_s, rng) for _ in range(n_texts)]
    at = pl.concat([times for _, times in drawn])
    account = np.tile(np.arange(n), n_texts)
    first = at.min()
    people = _people(ground, platform, campaign, first if isinstance(first, datetime) else None, rng)[account]
    written = [text for _ in range(n_texts) for text in _copies(ground.code, campaign.wording, n, rng)]
    frame = pl.concat(
        [pool[np.concatenate([rows for rows, _ in drawn])].select(*_PLACE, "created_at_precision"), people],
        how="horizontal",
    ).with_columns(
        id=pl.format("planted-{}", pl.int_range(n * n_texts)),
        text=pl.Series(written, dtype=pl.String),
        created_at=at,
        created_at_precision=pl.when(at.is_not_null()).then("created_at_precision"),
    )
    empty = [name for name in COMMENTS.columns if name not in frame.columns and name != "row"]
    frame = frame.with_columns(pl.lit(None).alias(name) for name in empty).sort("created_at", "id", nulls_last=True)
    return COMMENTS.check(frame.with_row_index("row").select(list(COMMENTS.columns)).cast(COMMENTS.dtypes()))


def _occasion(
    pool: pl.DataFrame, spread_s: int, n: int, precision_s: int, rng: np.random.Generator
) -> tuple[Numbers, pl.Series]:
    """Draw where and when the n copies of a text are posted.

    Returns
    -------
    rows, at
        (n,) rows of the pool whose place each copy takes, and its moment (null where the pool has no times).
    """
    timed = pool["created_at"].drop_nulls()
    if timed.is_empty():
        return rng.integers(pool.height, size=n), pl.repeat(None, n, dtype=timed.dtype, eager=True)
    moments = timed.dt.timestamp("us").to_numpy()
    spread = spread_s * _SECOND_US
    start = max(min(int(moments[rng.integers(len(moments))]), int(moments[-1]) - spread), int(moments[0]))
    low, high = np.searchsorted(moments, [start, start + spread + 1])
    # Where little happens in that time, the comments around it show which posts are open.
    few = max(0, _BUSY_COMMENTS - int(high - low)) // 2 + 1
    around = rng.integers(max(0, low - few), min(len(moments), high + few), size=n)
    if spread_s < _DAY_S:
        at = start + rng.integers(spread + 1, size=n)
    else:
        # Over days, copies follow the hours in which the dump is busy.
        jitter = rng.integers(-_JITTER_S * _SECOND_US, _JITTER_S * _SECOND_US, size=n)
        at = np.clip(moments[around] + jitter, start, start + spread)
    unit = max(precision_s * _SECOND_US, 1)
    return around, pl.Series(at // unit * unit).cast(timed.dtype)


def _people(
    ground: Ground, platform: str, campaign: Campaign, first_at: datetime | None, rng: np.random.Generator
) -> pl.DataFrame:
    """Invent the accounts, each with the profile of a known account that was there before the campaign."""
    n = campaign.n_accounts
    known = ground.profiles.filter(pl.col("platform") == platform)
    before = known.filter((pl.col("author_created_at") < first_at).fill_null(value=True)) if first_at else known
    known = before if before.height else known
    if known.is_empty():
        return pl.DataFrame(schema={name: COMMENTS.columns[name].dtype for name in ("account", *_NAMES, *_PROFILE)}
                            ).clear(n)  # fmt: skip
    profiles = known[rng.choice(known.height, size=n, replace=known.height < n)]
    if campaign.accounts == "batch":
        profiles = profiles.with_columns(author_created_at=_batch(known["author_created_at"], first_at, n, rng))
    names = pl.DataFrame(
        {
            "author_id": [f"planted-{number}" for number in range(n)],
            "author_handle": _invented(n, rng),
            "author_name": [f"{name[:6]} {name[6:]}".title() for name in _invented(n, rng)],
        }
    )
    shown = names.select(pl.when(profiles[name]).then(name).alias(name) for name in _NAMES)
    key = pl.format("{}:{}", pl.lit(platform), pl.coalesce(_NAMES))
    return pl.concat([shown.with_columns(account=key), profiles.select(_PROFILE)], how="horizontal")


def _batch(created: pl.Series, first_at: datetime | None, n: int, rng: np.random.Generator) -> pl.Series:
    """Draw creation dates within 48 hours of each other, from a day on which somebody else's account was created."""
    dated = created.drop_nulls()
    if dated.is_empty():
        return pl.repeat(None, n, dtype=created.dtype, eager=True)
    start = int(dated.dt.timestamp("us").to_numpy()[rng.integers(len(dated))])
    if first_at is not None:
        latest = pl.Series([first_at]).cast(created.dtype).dt.timestamp("us")[0]
        start = min(start, latest - _BATCH_S * _SECOND_US)
    return pl.Series(start + rng.integers(_BATCH_S * _SECOND_US, size=n)).cast(created.dtype)


def _invented(n: int, rng: np.random.Generator) -> list[str]:
    """Invent n distinct words of six syllables that no language has."""
    numbers = rng.choice(len(_SYLLABLES) ** 3, size=n, replace=False)
    ends = rng.integers(len(_SYLLABLES), size=(n, 3))
    places = len(_SYLLABLES) ** np.arange(3)
    parts = np.concatenate([numbers[:, None] // places % len(_SYLLABLES), ends], axis=1)
    return ["".join(row) for row in np.asarray(_SYLLABLES)[parts].tolist()]


def _copies(code: str, wording: str, n: int, rng: np.random.Generator) -> list[str]:
    """Write n copies of one new text."""
    vocabulary = np.asarray(entries(words("neutral")[code]), dtype=object)
    text = rng.permutation(len(vocabulary))[: _TEXT_WORDS.get(code, _TEXT_WORDS_OTHERWISE)]
    copies = np.tile(text, (n, 1))
    if wording == "reworded":
        replaced = rng.random(copies.shape) < _REWORDED_SHARE
        copies[replaced] = rng.integers(len(vocabulary), size=int(replaced.sum()))
    space = "" if code == "zh" else " "
    lines = [space.join(row) for row in vocabulary[copies].tolist()]
    if wording == "tails":
        dice = random.Random(int(rng.integers(1 << 62)))  # noqa: S311
        lines = [random_tail(line, dice, code) for line in lines]
    return lines
