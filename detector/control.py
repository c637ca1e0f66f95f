"""The negative control: the same stages on copies of the dump in which chance has dealt times, or authors, anew.

What the stages still find on a copy, they find without anybody's doing. Two kinds of copy are made in every run.

*times*: moments are permuted inside target and period. Who wrote what stays, and with it the company that accounts
keep, their creation dates and their disguises: what is true of a campaign in these stays true of the copy, and is no
false alarm. Synchrony must vanish, for this is exactly its null hypothesis. Alarm: any campaign, of whatever tier,
that shows synchrony.

*authors*: texts and times stay, and authors, with all that the dump says of them and with their way of disguising
copies, are dealt anew among the comments of one place: a target in a period, or, where too few comment there to show
what is usual, all such targets of that period together. Every account keeps how much it comments there, and every text
how popular it is there. Company, links, creation batches and disguise must vanish, also where a campaign is most of
what is said at a place: its accounts are then as frequent under the other comments there, with which the tests
compare. Dealing across the whole dump would be an easier null: nobody would have a place of their own, and a test that
mistakes the people of a place for a campaign would pass. Synchrony stays, as the texts stay where they are. Alarm: any
campaign of medium or high. One of low, by company alone, is counted beside it.

*both*: the one after the other. Nothing may be found; `benchmarks/control.py` counts how often anything is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.config import Config
from detector.evidence.traffic import UNKNOWN, Codes, Traffic, observe_traffic
from detector.judge import Judged
from detector.text import Clustered
from detector.text.keys import hash_runs, mix64

Hashes = npt.NDArray[np.uint64]
Stages = Callable[[pl.DataFrame, Clustered], Judged]
"""Measures and judges comments, given their clusters."""

_COMMENTS_MAX = 25_000
_DAY_US = 86_400_000_000
_DISGUISE = ["invisible_key", "homoglyph_key", "tail_key"]


@dataclass(frozen=True)
class Kind:
    """A kind of copy: what is dealt anew, and the signals that must vanish."""

    name: str
    title: str
    deals_times: bool
    deals_authors: bool
    vanishing: tuple[str, ...]


_ABOUT_AUTHORS = ("company", "linked_accounts", "creation_batch", "disguise")
TIMES = Kind("times", "times shuffled", True, False, ("synchrony",))
AUTHORS = Kind("authors", "authors dealt anew", False, True, _ABOUT_AUTHORS)
BOTH = Kind("both", "times shuffled and authors dealt anew", True, True, (*_ABOUT_AUTHORS, "synchrony"))


def run_control(
    comments: pl.DataFrame, clustered: Clustered, config: Config, stages: Stages, traffic: Traffic
) -> dict[str, Any]:
    """Run the stages on a copy of each kind, of a sample where the dump is large.

    Parameters
    ----------
    comments, clustered
        COMMENTS and their clusters, which hold for the copies too: texts do not change.
    stages
        Measures and judges.
    traffic
        The comments as codes.

    Returns
    -------
    dict
        `comments` in a copy, `of_comments` in the dump, and under `kinds` for each what `count_found` counts.
    """
    n_comments = comments.height
    comments, clustered = draw_sample(comments, clustered, traffic, _COMMENTS_MAX)
    # Crowds are no places of their own here: what is dealt anew is dealt across them.
    places = observe_traffic(comments, config.evidence)
    kinds = [
        count_found(stages(*make_copy(comments, clustered, kind, config, places)), kind) for kind in (TIMES, AUTHORS)
    ]
    return {"comments": comments.height, "of_comments": n_comments, "kinds": kinds}


def count_found(judged: Judged, kind: Kind) -> dict[str, Any]:
    """Count the campaigns that show what must have vanished, and their comments.

    Returns
    -------
    dict
        `name`, `title`, `campaigns_flagged` (medium or high), `campaigns_low`, `comments_flagged`, `comments_low`.
    """
    showing = judged.evidence.filter(
        (pl.col("subject_kind") == "campaign") & pl.col("signal").is_in(list(kind.vanishing)) & (pl.col("weight") > 0)
    )
    found = judged.campaigns.filter(pl.col("campaign_id").is_in(showing["subject_id"].implode()))
    low, flagged = found.filter(pl.col("tier") == "low"), found.filter(pl.col("tier") != "low")
    return {
        "name": kind.name,
        "title": kind.title,
        "campaigns_flagged": flagged.height,
        "campaigns_low": low.height,
        "comments_flagged": int(flagged["n_comments"].sum()),
        "comments_low": int(low["n_comments"].sum()),
    }


def make_copy(
    comments: pl.DataFrame, clustered: Clustered, kind: Kind, config: Config, traffic: Traffic, run: int = 0
) -> tuple[pl.DataFrame, Clustered]:
    """Deal times, authors or both anew, and bring the copy into the order of COMMENTS.

    Parameters
    ----------
    traffic
        The same comments as codes, no crowds told apart.
    run
        Number of the copy: others are drawn for another.
    """
    generator = np.random.default_rng([config.evidence.seed, run, kind.deals_times, kind.deals_authors])
    # A record that only shares a link has no text and no marks.
    wide = comments.join(clustered.marks.select("row", *_DISGUISE), on="row", how="left", maintain_order="left")
    if kind.deals_authors:
        authors = [name for name in comments.columns if name == "account" or name.startswith("author_")]
        wide = _deal(wide, [*authors, *_DISGUISE], traffic.place, generator)
    if kind.deals_times:
        wide = _deal(wide, ["created_at", "created_at_precision"], traffic.stratum, generator)
    marks = clustered.marks.drop(_DISGUISE).join(
        wide.select("row", *_DISGUISE), on="row", how="left", maintain_order="left"
    )
    marks = marks.select(clustered.marks.columns)
    rows = wide.sort("created_at", "platform", "id", nulls_last=True)["row"]
    return _take(wide.drop(_DISGUISE), replace(clustered, marks=marks), rows.to_numpy())


def _deal(frame: pl.DataFrame, columns: list[str], place: Codes, generator: np.random.Generator) -> pl.DataFrame:
    """Permute some columns together among the rows of each place."""
    there = np.argsort(place, kind="stable")
    source = np.empty(len(place), dtype=np.int64)
    source[there] = np.lexsort((generator.random(len(place)), place))
    return frame.with_columns(frame.select(columns)[source])


def draw_sample(
    comments: pl.DataFrame, clustered: Clustered, traffic: Traffic, at_most: int
) -> tuple[pl.DataFrame, Clustered]:
    """Keep whole targets, or whole days where comments have none, of about so many comments in all.

    They are picked by a hash of their names, and so are the accounts that are kept where one target alone is more
    than twice too large: a sample depends on the order of nothing.
    """
    if comments.height <= at_most:
        return comments, clustered
    rows = np.flatnonzero(_first_by_hash(*_places(traffic), at_most))
    if len(rows) > 2 * at_most:
        rows = rows[_first_by_hash(*_people(traffic, rows), at_most)]
    return _take(comments, clustered, rows)


def _first_by_hash(hashes: Hashes, unit: Codes, at_most: int) -> npt.NDArray[np.bool_]:
    """Keep the units with the smallest hashes, up to the one that fills the measure.

    Parameters
    ----------
    hashes
        (n_units,) of the units' names.
    unit
        (n,) which unit each comment belongs to.
    """
    order = np.argsort(hashes, kind="stable")
    sizes = np.bincount(unit, minlength=len(hashes))[order]
    kept = np.zeros(len(hashes), dtype=np.bool_)
    kept[order] = np.cumsum(sizes) - sizes < at_most
    return kept[unit]


def _places(traffic: Traffic) -> tuple[Hashes, Codes]:
    """Return the hashes of targets and of the days of comments without one, and which of them each comment is at."""
    n_targets = len(traffic.targets)
    unit, stray = traffic.target.copy(), np.flatnonzero(traffic.target == n_targets)
    days, day = np.unique(traffic.time[stray] // _DAY_US, return_inverse=True)
    unit[stray] += day
    return np.concatenate([_hashed(traffic.targets), mix64(days.astype(np.uint64), 1)]), unit


def _people(traffic: Traffic, rows: Codes) -> tuple[Hashes, Codes]:
    """Return the hashes of the authors of some comments, and which of them each is by; strangers are one each."""
    account = traffic.account[rows]
    strangers = np.flatnonzero(account == UNKNOWN)
    known, unit = np.unique(account, return_inverse=True)
    unit[strangers] = len(known) + np.arange(len(strangers))
    # What stands for all strangers among the known has no comment left.
    names = _hashed(traffic.name(known).fill_null(""))
    return np.concatenate([names, mix64(rows[strangers].astype(np.uint64), 2)]), unit


def _hashed(names: pl.Series) -> Hashes:
    chars = np.frombuffer("".join(names.to_list()).encode("utf-32-le"), dtype=np.uint32)
    owner = np.repeat(np.arange(len(names)), names.str.len_chars().to_numpy())
    return hash_runs(chars, owner, len(names), 3)


def _take(comments: pl.DataFrame, clustered: Clustered, rows: Codes) -> tuple[pl.DataFrame, Clustered]:
    """Keep these rows in this order, and number them from 0."""
    numbers = pl.DataFrame({"row": rows}, schema={"row": pl.UInt32}).with_row_index("new")
    marks, members = (
        frame.join(numbers, on="row").with_columns(row=pl.col("new").cast(pl.UInt32)).select(frame.columns).sort(*order)
        for frame, order in ((clustered.marks, ["row"]), (clustered.members, ["cluster_id", "row"]))
    )
    new = numbers["new"].cast(pl.UInt32).alias("row")
    return comments[rows].with_columns(new), Clustered(clustered.texts, marks, members)
