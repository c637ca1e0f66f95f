"""Accounts that share a display name and, beyond what such namesakes do, a second field of their profiles."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.accounts import GroupTest
from detector.evidence.significance import poisson_tail
from detector.evidence.traffic import Codes

Floats = npt.NDArray[np.float64]

FIELDS = ("stem", "numbers", "created")
_STEM_CHARS_MIN = 4
_NUMBERS_MIN = 30
_NAME_CHARS_MIN = 2
_TELLING_P_MAX = 1e-3


def measure_profiles(comments: pl.DataFrame, groups: Codes, members: Codes, n_groups: int) -> GroupTest:
    """Test whether namesakes in a group agree in a further field more often than namesakes elsewhere do.

    Parameters
    ----------
    comments
        COMMENTS.
    groups, members
        (k,) distinct (group, account) pairs.

    Returns
    -------
    GroupTest
        Of the most telling field: accounts that agree with a namesake in it, expected number, p times the fields, and
        the index of the field in `FIELDS`. Where a field is telling, the accounts that agree in it carry the sign.

    Notes
    -----
    The fields: a handle that differs in its digits only; the same followers, following and posts, where these say
    something; the same minute of creation. Names repeat inside a language community (a doubled name is weak by itself),
    and a platform makes default handles of names: so the null is conditional on the name. Pairs of namesakes in a
    group agree in a field as often as pairs of namesakes on the same platform and in the same kind of script of whom
    one at least is outside it, one agreeing pair added; the accounts beyond the first of each equal profile are
    then at most Poisson. Creation times are compared with the group's own as well: namesakes in a batch share a
    minute no more often than strangers in it.
    """
    profiles = _profiles(comments)
    held = pl.DataFrame({"group": groups, "account": members}).join(profiles, on="account")
    best, carriers = np.full((4, n_groups), np.nan), []
    for index, field in enumerate(FIELDS):
        with_field = held.filter(pl.col(field).is_not_null())
        expected = _expected(profiles.filter(pl.col(field).is_not_null()), with_field, field, n_groups)
        same = with_field.filter(pl.len().over("group", "kind", "name", field) > 1)
        at = same["group"].to_numpy()
        agree = np.bincount(at, minlength=n_groups)
        classes = same.select("group", "kind", "name", field).unique()["group"].to_numpy()
        beyond = agree - np.bincount(classes, minlength=n_groups)
        tested = ~np.isnan(expected)
        p = np.full(n_groups, np.nan)
        p[tested] = np.minimum(poisson_tail(beyond[tested], expected[tested]) * len(FIELDS), 1.0)
        better = tested & (np.isnan(best[2]) | (p < best[2]))
        best[:, better] = agree[better], 2 * expected[better], p[better], np.full(int(better.sum()), index)
        telling = np.flatnonzero(np.nan_to_num(p, nan=1.0) <= _TELLING_P_MAX)
        carriers.append(same.filter(pl.col("group").is_in(telling.tolist())).select("group", "account"))
    signed = pl.concat(carriers).unique().sort("group", "account")
    return GroupTest.of(best, signed["group"].to_numpy(), signed["account"].to_numpy())


def _profiles(comments: pl.DataFrame) -> pl.DataFrame:
    """List the named accounts, numbered in order: `account`, `kind` (platform and script), `name`, and the fields."""
    numbers = ("author_followers", "author_following", "author_posts")
    name = pl.col("author_name").str.normalize("NFKC").str.to_lowercase().str.strip_chars()
    stem = pl.col("author_handle").str.to_lowercase().str.replace_all(r"[0-9]", "")
    counts = [pl.col(column) for column in numbers]
    told = (pl.sum_horizontal(counts) >= _NUMBERS_MIN) & (pl.sum_horizontal(c > 0 for c in counts) >= 2)
    minute = pl.col("author_created_at").dt.truncate("1m")
    return (
        comments.filter(pl.col("account").is_not_null())
        .group_by("account")
        .agg(
            pl.col("platform").first(),
            pl.col("author_name", "author_handle").drop_nulls().last(),
            pl.col("author_created_at").min(),
            pl.col(*numbers).max(),
        )
        .sort("account")
        .with_columns(account=pl.int_range(pl.len()))
        .with_columns(
            name=name,
            stem=pl.when(stem.str.len_chars() >= _STEM_CHARS_MIN).then(stem),
            numbers=pl.when(told & pl.all_horizontal(c.is_not_null() for c in counts))
            .then(pl.concat_str(*numbers, separator=" ")),
            # Midnight is a date that lost its time of day.
            created=pl.when(minute != minute.dt.truncate("1d")).then(minute.cast(pl.Int64).cast(pl.String)),
        )
        .filter(pl.col("name").str.len_chars() >= _NAME_CHARS_MIN)
        .with_columns(
            kind=pl.concat_str("platform", pl.col("name").str.contains(r"^[\p{Latin}\p{Common}]+$"), separator=" ")
        )
        .select("account", "kind", "name", *FIELDS)
    )  # fmt: skip


def _expected(profiles: pl.DataFrame, held: pl.DataFrame, field: str, n_groups: int) -> Floats:
    """Return how many namesakes of each group would agree in a field; NaN where it has no namesakes."""
    here = ["group", "kind"]
    table = (
        _pairs(held, here, "name").rename({"n": "here"})
        .join(_pairs(held, here, "name", field).rename({"n": "here_alike"}), on=here)
        .join(_pairs(profiles, ["kind"], "name").rename({"n": "all"}), on="kind")
        .join(_pairs(profiles, ["kind"], "name", field).rename({"n": "all_alike"}), on="kind")
        .join(_pairs(held, here).rename({"n": "any"}), on=here)
        .join(_pairs(held, here, field).rename({"n": "any_alike"}), on=here)
        .filter(pl.col("here") > 0)
        .sort(here)
    )  # fmt: skip
    outside = (pl.col("all_alike") - pl.col("here_alike") + 1) / (pl.col("all") - pl.col("here") + 1)
    strangers = pl.col("any") - pl.col("here")
    bunched = (pl.col("any_alike") - pl.col("here_alike")) / strangers
    if field == "created":
        outside = pl.max_horizontal(outside, pl.when(strangers > 0).then(bunched))
    mean = table.select(pl.col("here") * outside)["here"].to_numpy()
    at = table["group"].to_numpy()
    expected = np.bincount(at, mean, minlength=n_groups).astype(np.float64)
    expected[np.bincount(at, minlength=n_groups) == 0] = np.nan
    return expected


def _pairs(frame: pl.DataFrame, by: list[str], *alike_in: str) -> pl.DataFrame:
    """Count, for each value of `by`, the pairs of accounts that are alike in the other columns: `n`."""
    n = pl.col("len").cast(pl.Float64)
    return frame.group_by(*by, *alike_in).len().group_by(by).agg(n=(n * (n - 1) / 2).sum())
