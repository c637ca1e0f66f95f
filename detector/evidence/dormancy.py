"""Accounts that were silent for a year and came back changed, and old accounts that have hardly ever posted."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.accounts import GroupTest, most_enriched
from detector.evidence.authors import least_known, most_known
from detector.evidence.codes import UNKNOWN, Codes
from detector.evidence.significance import binomial_tail
from detector.evidence.traffic import Traffic

Floats = npt.NDArray[np.float64]

SWITCHES = ("language", "targets")
_DAY_US = 86_400_000_000
_SILENCE_DAYS = 365
SPAN_DAYS_MIN = 400
_AWAKE_DAYS = 30
"""A copy counts as part of the return so long after it."""
_HISTORIES_MIN = 4
_OTHERS_MIN = 5
"""A language in which fewer others have a history is left out: there is nobody to compare with."""
_TELLING_P_MAX = 1e-3
_OLD_DAYS = 730
_FEW_POSTS = 10
_LANG_SHARE_MIN = 0.95


def measure_dormancy(
    comments: pl.DataFrame, marks: pl.DataFrame, texts: pl.DataFrame, traffic: Traffic, rows: Codes,
    row_groups: Codes, n_groups: int,
) -> GroupTest:  # fmt: skip
    """Test whether a group's accounts fell silent for a year and came back, changed, with its texts.

    Parameters
    ----------
    comments
        COMMENTS.
    marks, texts
        MARKS and TEXTS, whose scripts stand in for languages in dumps that do not name these.
    rows, row_groups
        (m,) comments and their groups.

    Returns
    -------
    GroupTest
        Of the more telling switch: accounts that came back with it, expected number, p times the two switches, and the
        index of the switch in `SWITCHES`. The accounts of a telling switch carry the sign. Not testable where the
        dump spans under 400 days, or where fewer than four accounts of the group have a history of a year in it.

    Notes
    -----
    An account came back if a copy lies at most thirty days after a silence of a year or more in its own comments; it
    switched if no language, or no target, of the comments before the silence occurs after it. Null: accounts with a
    history of a year in the dump come back with a switch as often as those behind the other comments in the same
    weeks at the same targets, or in the whole dump if that is more often, each in the language of the copies. People
    return for an election together: they are in that backdrop, and count against a finding. Accounts without a
    history here, and languages in which fewer than five others have one, are left out.
    """
    times = traffic.time[traffic.has_time]
    if not len(times) or int(np.ptp(times)) < SPAN_DAYS_MIN * _DAY_US:
        return GroupTest.of(np.full((4, n_groups), np.nan))
    states = _states(comments, marks, texts, traffic)
    own = pl.DataFrame({"row": rows, "group": row_groups}, schema={"row": pl.Int64, "group": pl.Int64})
    best, carriers = np.full((4, n_groups), np.nan), []
    inside = _comparable(own.join(states, on="row"), states)
    for index, switch in enumerate(SWITCHES):
        share = _background(states, inside, switch, n_groups)
        held = inside.group_by("group", "account").agg(back=pl.col(switch).any())
        size = np.bincount(held["group"].to_numpy(), minlength=n_groups)
        back = np.bincount(held.filter("back")["group"].to_numpy(), minlength=n_groups)
        p = np.minimum(binomial_tail(back, size, share) * len(SWITCHES), 1.0)
        better = (size >= _HISTORIES_MIN) & (np.isnan(best[2]) | (p < best[2]))
        best[:, better] = back[better], (share * size)[better], p[better], np.full(int(better.sum()), index)
        telling = np.flatnonzero((size >= _HISTORIES_MIN) & (p <= _TELLING_P_MAX))
        carriers.append(held.filter(pl.col("back") & pl.col("group").is_in(telling.tolist())))
    signed = pl.concat(carriers).select("group", "account").unique().sort("group", "account")
    return GroupTest.of(best, signed["group"].to_numpy(), signed["account"].to_numpy())


def _states(comments: pl.DataFrame, marks: pl.DataFrame, texts: pl.DataFrame, traffic: Traffic) -> pl.DataFrame:
    """Say of every comment whose author has a year of history: `row`, `account`, `stratum`, and whether it came back.

    `language` and `targets` tell whether it lies within thirty days after a silence, across which they changed.
    """
    rows = _long_known(traffic)
    aimed = pl.Series(traffic.target[rows])
    year = _SILENCE_DAYS * _DAY_US
    frame = (
        pl.DataFrame(
            {"row": rows, "account": traffic.account[rows], "stratum": traffic.stratum[rows],
             "time": traffic.time[rows], "said": _said(comments, marks, texts, rows),
             "aim": aimed.set(aimed == len(traffic.targets), None)}
        )
        .sort("account", "time", "row")
        .with_columns(gap=(pl.col("time") - pl.col("time").shift(1).over("account")).fill_null(0))
        .with_columns(part=(pl.col("gap") >= year).cum_sum().over("account"))
    )  # fmt: skip
    frame = frame.with_columns(woke=pl.col("time").min().over("account", "part"))
    changed = _changed(frame, "said", "language").join(_changed(frame, "aim", "targets"), on=["account", "part"])
    awake = (pl.col("part") > 0) & (pl.col("time") - pl.col("woke") <= _AWAKE_DAYS * _DAY_US)
    return (
        frame.filter(pl.col("time") - pl.col("time").min().over("account") >= year)
        .join(changed, on=["account", "part"], how="left", maintain_order="left")
        .select(
            "row",
            "account",
            "stratum",
            pl.col("said").fill_null(""),
            *((pl.col(name) & awake).fill_null(False) for name in SWITCHES),
        )
    )


def _long_known(traffic: Traffic) -> Codes:
    """Return the timed comments of the accounts whose comments span a year."""
    rows = np.flatnonzero(traffic.has_time & (traffic.account != UNKNOWN))
    account, time = traffic.account[rows], traffic.time[rows]
    first = np.full(len(traffic.accounts), time.max(initial=0))
    last = np.full(len(traffic.accounts), time.min(initial=0))
    np.minimum.at(first, account, time)
    np.maximum.at(last, account, time)
    known: Codes = rows[(last - first >= _SILENCE_DAYS * _DAY_US)[account]]
    return known


def _said(comments: pl.DataFrame, marks: pl.DataFrame, texts: pl.DataFrame, rows: Codes) -> pl.Series:
    """Return the language of comments, or their script where the dump does not name languages."""
    n_named = comments.height - comments["lang"].null_count()
    if n_named >= _LANG_SHARE_MIN * comments.height:
        return comments["lang"].gather(rows)
    wanted = pl.DataFrame({"row": rows.astype(np.uint32)})
    return (
        wanted.join(marks.select("row", "text_key"), on="row", how="left", maintain_order="left")
        .join(texts.select("text_key", "script"), on="text_key", how="left", maintain_order="left")["script"]
    )  # fmt: skip


def _changed(frame: pl.DataFrame, value: str, name: str) -> pl.DataFrame:
    """Tell for each part of an account's history after a silence whether it shares no value with the parts before."""
    held = frame.select("account", "part", value).drop_nulls().unique()
    first = held.group_by("account", value).agg(first=pl.col("part").min())
    before = held.group_by("account").agg(start=pl.col("part").min())
    return (
        held.join(first, on=["account", value])
        .join(before, on="account")
        .group_by("account", "part")
        .agg(
            (pl.col("first") == pl.col("part")).all().and_(pl.col("start").first() < pl.col("part").first()).alias(name)
        )
    )


def _comparable(inside: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Keep the copies in languages in which enough accounts outside their group have a history, too."""
    speakers = states.select("account", "said").unique()
    own = inside.select("group", "account").unique().join(speakers, on="account").group_by("group", "said").len("own")
    others = own.join(speakers.group_by("said").len("n"), on="said").filter(
        pl.col("n").cast(pl.Int64) - pl.col("own") >= _OTHERS_MIN
    )
    return inside.join(others, on=["group", "said"], how="semi")


def _background(states: pl.DataFrame, inside: pl.DataFrame, switch: str, n_groups: int) -> Floats:
    """Return the share of accounts outside each group that came back so: at its strata or anywhere, the larger.

    Both among comments in the language of the group's copies, or people who come back to a minority's language would
    be measured by the habits of the majority.
    """
    visits = states.group_by("account", "stratum", "said").agg(back=pl.col(switch).any())
    speakers = states.group_by("account", "said").agg(back=pl.col(switch).any())
    share = np.zeros(n_groups)
    for seen, place in ((visits, ["stratum", "said"]), (speakers, ["said"])):
        own = inside.select("group", "account").unique().join(seen, on="account")
        rates = (
            # As many shares as a group has accounts at a place, or in a language.
            inside.group_by("group", *place).agg(n_here=pl.col("account").n_unique())
            .join(seen.group_by(place).agg(n=pl.len(), back=pl.col("back").sum()), on=place)
            .join(own.group_by("group", *place).agg(n_own=pl.len(), own=pl.col("back").sum()), on=["group", *place])
            .with_columns(pl.col("n_here", "n", "back", "n_own", "own").cast(pl.Float64))
            .group_by("group", "said")
            .agg(pl.col("n_here", "n", "back", "n_own", "own").sum())
            .sort("group", "said")
            .with_columns(rate=(pl.col("back") - pl.col("own") + 1) / (pl.col("n") - pl.col("n_own") + 1))
        )  # fmt: skip
        at, weight = rates["group"].to_numpy(), rates["n_here"].to_numpy()
        total = np.bincount(at, weight * rates["rate"].to_numpy(), minlength=n_groups)
        share = np.maximum(share, total / np.maximum(np.bincount(at, weight, minlength=n_groups), 1.0))
    # Where there is nobody to compare with, the share is one: the test then finds nothing.
    result: Floats = np.minimum(share, 1.0)
    return result


def measure_silence(comments: pl.DataFrame, traffic: Traffic, rows: Codes, groups: Codes, n_groups: int) -> GroupTest:
    """Test whether old accounts with hardly any posts are commoner in a group than among the others (a weak sign).

    Old: over two years at the first comment here; hardly any: fewer than ten posts ever. Accounts that the dump does
    not say this of are left out.
    """
    born, seen = (least_known(traffic, comments[column]) for column in ("author_created_at", "created_at"))
    age, posts = (seen - born).dt.total_days(), most_known(traffic, comments["author_posts"])
    other = ((age <= _OLD_DAYS) | (posts >= _FEW_POSTS)).cast(pl.Int64)
    known = age.is_not_null() & posts.is_not_null()
    classes = other.set(~known, None).fill_null(UNKNOWN).to_numpy()
    return most_enriched(classes, traffic, rows, groups, n_groups, 1)
