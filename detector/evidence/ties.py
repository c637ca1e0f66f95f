"""What ties accounts to a campaign's core without regard to words: creation dates, moments, shared content."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.candidates import Judgeable
from detector.evidence.holdings import Holdings
from detector.evidence.spans import Shelves, expand, mark
from detector.evidence.traffic import UNKNOWN, Codes, Traffic
from detector.evidence.waves import Waves

_BATCH_GAP_H = 48
_BATCH_MIN = 4


@dataclass(frozen=True)
class Core:
    """A core, and who is tied to it. Accounts and comments are sorted, and outside the candidate but for `excluded`.

    Attributes
    ----------
    group
        Its candidate.
    inside, excluded
        Its accounts; and all of the candidate, these among them.
    has_batches
        Whether it holds batches that others could have been created in.
    created, near, sharing
        Accounts created in its batches, that comment in step with it, and that share its content.
    near_rows, shared_rows
        Comments within a minute of the core's, and those that hold its content.
    exposed
        Bits, one an account: who comments where the core does.
    """

    group: int
    inside: Codes
    excluded: Codes
    has_batches: bool
    created: Codes
    near: Codes
    sharing: Codes
    near_rows: Codes
    shared_rows: Codes
    exposed: npt.NDArray[np.uint8]


def tie_cores(
    traffic: Traffic, clusters: Judgeable, groups: Codes, members: dict[int, Codes], objects: pl.DataFrame
) -> list[Core]:
    """Find who is tied to each core; what all cores are compared with is put in order once.

    Parameters
    ----------
    groups
        (n_clusters,) candidate of each cluster.
    members
        The accounts of the core of each candidate.
    objects
        `row`, `object`: addresses and hashtags that comments hold.
    """
    if not members:
        return []
    n_accounts = len(traffic.accounts)
    dates, waves, holdings = Dates(traffic), Waves(traffic), Holdings(traffic, clusters, objects)
    # Who carries only the candidate's addresses may be core, and stands in none of its texts.
    everybody = Shelves(groups[clusters.first_clusters], max(members) + 1)
    cores = []
    for group, inside in members.items():
        here = traffic.account[clusters.first_rows[everybody.take(np.array([group]))]]
        excluded = mark(inside, n_accounts) | mark(here[here != UNKNOWN], n_accounts)
        has_batches, created = dates.of_batches(inside)
        shared = holdings.share(inside, excluded)
        sharing = np.unique(traffic.account[shared])
        near, exposed, near_rows = waves.meet(inside, excluded, np.concatenate([created, sharing]), shared)
        cores.append(
            Core(group, inside, np.flatnonzero(excluded), has_batches, created[~excluded[created]], near, sharing,
                 near_rows, shared, np.packbits(exposed))
        )  # fmt: skip
    return cores


class Dates:
    """Accounts in order of their creation."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        dated = np.flatnonzero(traffic.has_created)
        self._accounts = dated[np.argsort(traffic.created[dated], kind="stable")]
        self._created = traffic.created[self._accounts]

    def of_batches(self, inside: Codes) -> tuple[bool, Codes]:
        """Find the accounts created in the interval of one of a core's batches, and whether it has any; sorted."""
        dates = np.sort(self._traffic.created[inside[self._traffic.has_created[inside]]])
        breaks = np.flatnonzero(np.diff(dates) > _BATCH_GAP_H)
        start = dates[np.append(0, breaks + 1)[: len(dates)]]
        end = dates[np.append(breaks, len(dates) - 1)[: len(dates)]]
        sizes = np.searchsorted(dates, end, side="right") - np.searchsorted(dates, start)
        # The ends of an interval that n dates are drawn from lie beyond the first and last by 1 / (n - 1) of their
        # range.
        beyond = -(-(end - start) // np.maximum(sizes - 1, 1))
        start, end = (start - beyond)[sizes >= _BATCH_MIN], (end + beyond)[sizes >= _BATCH_MIN]
        first, last = np.searchsorted(self._created, start), np.searchsorted(self._created, end, side="right")
        first[1:] = np.maximum(first[1:], last[:-1])  # intervals may overlap
        return len(start) > 0, np.sort(self._accounts[expand(first, last)])
