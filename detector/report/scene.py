"""A campaign among the other comments on its targets, as arrays: what the pictures are drawn from.

Names become numbers once for all campaigns of a page; to look at one of them then takes no comparison of strings.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

UNKNOWN = -1
"""Number of an account, a target or a campaign that has none."""
NEVER = int(np.iinfo(np.int64).min)
"""A time that is not known."""

Times = NDArray[np.int64]
"""Microseconds since 1970, UTC."""
Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Dots:
    """Comments with a time, n of them."""

    time: Times
    account: Numbers
    """(n,) rows of ACCOUNTS, or UNKNOWN."""
    family: Numbers
    """(n,) positions among the families asked for; UNKNOWN for any other text."""

    def __getitem__(self, chosen: NDArray[np.bool_]) -> "Dots":
        return Dots(self.time[chosen], self.account[chosen], self.family[chosen])


@dataclass(frozen=True)
class Scene:
    """The comments of a campaign, the other comments on its targets, its accounts and when all were created."""

    own: Dots
    other: Dots
    """All others of the export where it names no targets."""
    born: Times
    """(n_accounts,) creation times, or NEVER."""
    is_member: NDArray[np.bool_]
    """(n_accounts,) accounts of the campaign; a source, whose text others copied, is none."""


@dataclass(frozen=True)
class Stage:
    """The comments of an export in numbers, for some of its campaigns."""

    comments: pl.DataFrame
    ids: list[str]
    """The campaigns."""
    time: Times
    """(n,) or NEVER."""
    account: Numbers
    target: Numbers
    """(n,) UNKNOWN also for targets of none of these campaigns."""
    n_targets: int
    campaign: Numbers
    born: Times
    member: Numbers
    """(n_accounts,) the campaign of every account; UNKNOWN also for a source."""

    def scene(self, campaign_id: str, families: list[str]) -> Scene:
        """Return one campaign of the stage and what surrounds it.

        Parameters
        ----------
        campaign_id
            One of `ids`.
        families
            Cluster ids that are told apart.
        """
        number = self.ids.index(campaign_id)
        is_own = self.campaign == number
        rows = np.flatnonzero(is_own)
        is_addressed = np.zeros(self.n_targets + 1, dtype=np.bool_)
        is_addressed[self.target[rows]] = True
        # The last place is that of UNKNOWN, -1.
        is_addressed[UNKNOWN] = False
        is_other = ~is_own & (self.time != NEVER)
        if is_addressed.any():
            is_other &= is_addressed[self.target]
        rows = rows[self.time[rows] != NEVER]
        others = np.flatnonzero(is_other)
        family = _numbers(self.comments["cluster_id"].gather(rows), pl.Series(families, dtype=pl.String))
        none = np.full(len(others), UNKNOWN, dtype=np.int32)
        return Scene(
            Dots(self.time[rows], self.account[rows], family),
            Dots(self.time[others], self.account[others], none),
            self.born,
            self.member == number,
        )


def set_stage(frames: Mapping[str, pl.DataFrame], ids: list[str]) -> Stage:
    """Number the accounts, targets and campaigns of all comments.

    Parameters
    ----------
    frames
        The published frames.
    ids
        The campaigns that will be looked at.
    """
    comments, accounts = frames["comments"], frames["accounts"]
    known = pl.Series(ids, dtype=pl.String)
    campaign = _numbers(comments["campaign_id"], known)
    members = pl.when(pl.col("role").ne_missing("source")).then("campaign_id")
    targets = comments["target"].gather(np.flatnonzero(campaign != UNKNOWN)).drop_nulls().unique()
    return Stage(
        comments=comments,
        ids=ids,
        time=_times(comments["created_at"]),
        account=_numbers(comments["account"], accounts["account"]),
        target=_numbers(comments["target"], targets),
        n_targets=len(targets),
        campaign=campaign,
        born=_times(accounts["created_at"]),
        member=_numbers(accounts.select(members)["campaign_id"], known),
    )


def _numbers(names: pl.Series, known: pl.Series) -> Numbers:
    """Return the position of every name among the known ones, which differ from one another."""
    places = known.alias("name").to_frame().with_row_index("number")
    found = names.alias("name").to_frame().join(places, on="name", how="left", maintain_order="left")["number"]
    return found.cast(pl.Int32).fill_null(UNKNOWN).to_numpy()


def _times(moments: pl.Series) -> Times:
    return moments.dt.timestamp("us").fill_null(NEVER).to_numpy()
