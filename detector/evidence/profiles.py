"""Accounts that share a display name and, beyond what such namesakes do, a second field of their profiles."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.accounts import GroupTest
from detector.evidence.authors import first_known, last_known, least_known, most_known
from detector.evidence.codes import UNKNOWN, Codes, encode, number
from detector.evidence.significance import poisson_tail
from detector.evidence.traffic import Traffic

Floats = npt.NDArray[np.float64]

FIELDS = ("stem", "numbers", "created")
_COUNTS = ("author_followers", "author_following", "author_posts")
_MINUTE_US = 60_000_000
_STEM_CHARS_MIN = 4
_NUMBERS_MIN = 30
_NAME_CHARS_MIN = 2
_TELLING_P_MAX = 1e-3


def measure_profiles(
    comments: pl.DataFrame, traffic: Traffic, groups: Codes, members: Codes, n_groups: int
) -> GroupTest:
    """Test whether namesakes in a group agree in a further field more often than namesakes elsewhere do.

    Parameters
    ----------
    comments, traffic
        COMMENTS, and the same as codes.
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
    profiles = _profiles(comments, traffic)
    held = pl.DataFrame({"group": groups, "account": members}).join(profiles, on="account", maintain_order="left")
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


def _profiles(comments: pl.DataFrame, traffic: Traffic) -> pl.DataFrame:
    """List the named accounts: `account`, `kind` (platform and script), `name`, and the fields, all as codes."""
    written, distinct = encode(last_known(traffic, comments["author_name"]))
    folded = distinct.str.normalize("NFKC").str.to_lowercase().str.strip_chars()
    name, names = encode(folded.set(folded.str.len_chars() < _NAME_CHARS_MIN, None))
    # The last stands for accounts without a name.
    name = np.append(name, UNKNOWN)[written]
    named = np.flatnonzero(name != UNKNOWN)
    is_latin = names.str.contains(r"^[\p{Latin}\p{Common}]+$").to_numpy()
    platform = encode(first_known(traffic, comments["platform"]))[0]
    # A field says something between namesakes only.
    met = named[np.bincount(name[named], minlength=len(names))[name[named]] > 1]
    fields = {
        "stem": _stems(last_known(traffic, comments["author_handle"]), met),
        "numbers": _numbers(comments, traffic),
        "created": _minutes(least_known(traffic, comments["author_created_at"])),
    }
    return pl.DataFrame(
        {"account": named, "kind": 2 * platform[named] + is_latin[name[named]], "name": name[named]}
    ).with_columns(codes.gather(named).alias(field) for field, codes in fields.items())  # fmt: skip


def _stems(handles: pl.Series, accounts: Codes) -> pl.Series:
    """Number what handles of these accounts are without digits and capitals; null where that says little."""
    stems = handles.gather(accounts).str.to_lowercase().str.replace_all(r"[0-9]+", "")
    codes = np.full(len(handles), UNKNOWN, dtype=np.int64)
    codes[accounts] = encode(stems.set(stems.str.len_chars() < _STEM_CHARS_MIN, None))[0]
    return _known(codes)


def _numbers(comments: pl.DataFrame, traffic: Traffic) -> pl.Series:
    """Number the followers, following and posts of accounts taken together; null where these say little."""
    counts = pl.DataFrame({column: most_known(traffic, comments[column]) for column in _COUNTS})
    told = (pl.sum_horizontal(_COUNTS) >= _NUMBERS_MIN) & (pl.sum_horizontal(pl.col(_COUNTS) > 0) >= 2)
    usable = counts.select(told & pl.all_horizontal(pl.col(_COUNTS).is_not_null())).to_series()
    rows = np.flatnonzero(usable.to_numpy())
    codes = np.full(counts.height, UNKNOWN, dtype=np.int64)
    first, *others = (counts[column].gather(rows).to_numpy() for column in _COUNTS)
    for other in others:
        first = number(first, other)
    codes[rows] = first
    return _known(codes)


def _minutes(created_at: pl.Series) -> pl.Series:
    """Return the minute of creation, since 1970; null at midnight, a date that lost its time of day."""
    minutes = created_at.dt.timestamp("us") // _MINUTE_US
    return minutes.set(minutes % (24 * 60) == 0, None)


def _known(codes: Codes) -> pl.Series:
    series = pl.Series(codes)
    return series.set(series == UNKNOWN, None)


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
