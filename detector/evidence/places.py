"""Chance given the place: how many of a group's comments would bear a mark if they were like those around them.

Around them are the comments at the same place that are no copies: a campaign that deals its comments out over many
texts must not be its own excuse.
"""

import numpy as np
import numpy.typing as npt

from detector.evidence.significance import binomial_tail
from detector.evidence.traffic import UNKNOWN, Codes, Traffic

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HOURS = 1 << 24
"""More hours than there are between 1970 and the year 3800: the stride of a group or a place in a composite key."""


def chance_in_place(place: Codes, rows: Codes, groups: Codes, bears: Flags, among: Flags, n_groups: int) -> Floats:
    """Return the chance that so many of a group's comments bear a mark, given how many do at the same places.

    Parameters
    ----------
    place
        (n,) where each comment stands: inside a place marks are exchangeable.
    rows, groups
        (m,) comments and their groups.
    bears
        (n,) comments that bear the mark.
    among
        (n,) comments that can stand for their place; those in `rows` stand for none but their own group.

    Returns
    -------
    ndarray
        (n_groups,) p; 0 for a group that is most of what there is wherever it stands: such places tell nothing of what
        is usual, and another null must.

    Notes
    -----
    Null: the marks at a place are dealt among its comments, the group's own included, so that the count is a sum of
    hypergeometric ones. Its tail is bounded by that of the binomial with the same mean and as many trials as the group
    has comments, and as many as there are marks (Hoeffding 1956, 1963): the lower bound holds.
    """
    apart = among.copy()
    apart[rows] = False
    return _Cells(place, rows, groups, n_groups).chance(bears, _count(place, apart), _count(place, apart & bears))


def chance_of_authors(
    traffic: Traffic, rows: Codes, groups: Codes, classes: Codes, n_classes: int, copies: Codes, n_groups: int
) -> Floats:
    """Return the chance that so many of a group's accounts are of a class, given the authors at the same places.

    Parameters
    ----------
    rows, groups
        (m,) one comment for each account of a group.
    classes
        (n_accounts,) class of each account, `UNKNOWN` where nothing is known; those below `n_classes` are tested.
    copies
        (k,) the comments of all groups.

    Returns
    -------
    ndarray
        (n_classes, n_groups) p.

    Notes
    -----
    Whoever comments much is met more often, though never twice: the chance lies between that of drawing comments and
    that of drawing accounts. The larger of the two is returned.
    """
    if not len(classes):
        return np.zeros((n_classes, n_groups))
    cells = _Cells(traffic.place, rows, groups, n_groups)
    apart = np.ones(len(traffic.account), dtype=np.bool_)
    apart[copies] = False
    # The last stands for unknown authors.
    bears = np.append(classes, UNKNOWN)[traffic.account]
    tails = []
    for among in _authored(traffic, classes != UNKNOWN):
        at = np.flatnonzero(among & apart)
        place, of = traffic.place[at], bears[at]
        total = np.bincount(place, minlength=cells.n_places)
        tails.append([
            cells.chance(bears == index, total, np.bincount(place[of == index], minlength=cells.n_places))
            for index in range(n_classes)
        ])  # fmt: skip
    larger: Floats = np.maximum(*np.array(tails))
    return larger


class _Cells:
    """The comments of each group at each place."""

    def __init__(self, place: Codes, rows: Codes, groups: Codes, n_groups: int) -> None:
        self.n_groups, self.n_places = n_groups, int(place.max(initial=0)) + 1
        self.rows, self.groups = rows, groups
        cells, self.cell, self.n = np.unique(
            groups * self.n_places + place[rows], return_inverse=True, return_counts=True
        )
        self.group, self.at = cells // self.n_places, cells % self.n_places

    def chance(self, bears: Flags, others: Codes, others_marked: Codes) -> Floats:
        """Return the bound of `chance_in_place`, given the comments (n_places,) that stand for each place."""
        bears = bears[self.rows]
        total = others[self.at] + self.n
        marked = others_marked[self.at] + np.bincount(self.cell, bears, minlength=len(self.n))
        tells = 2 * self.n <= total
        observed = np.bincount(self.groups, bears & tells[self.cell], minlength=self.n_groups)
        group, n, total, marked = self.group[tells], self.n[tells], total[tells], marked[tells]
        mean = np.bincount(group, n * (marked / total), minlength=self.n_groups)
        draws = np.bincount(group, n, minlength=self.n_groups)
        tails = [
            binomial_tail(observed, np.maximum(trials, 1), mean / np.maximum(trials, 1))
            for trials in (draws, np.bincount(group, marked, minlength=self.n_groups))
        ]
        return np.where(draws > 0, np.minimum(*tails), 0.0)


def _count(place: Codes, those: Flags) -> Codes:
    return np.bincount(place[np.flatnonzero(those)], minlength=int(place.max(initial=0)) + 1)


def share_in_windows(traffic: Traffic, rows: Codes, groups: Codes, start: Codes, length: Codes) -> Floats:
    """Return the share of others' comments at a group's places whose authors were created in the group's window.

    Parameters
    ----------
    rows, groups
        (m,) the comments of groups by dated accounts.
    start, length
        (n_groups,) windows, hours.

    Notes
    -----
    Places count as often as the group comments there, one comment added in all; 0 for a group that is most of what
    there is wherever it stands.
    """
    n_groups, n_places = len(start), int(traffic.place.max(initial=0)) + 1
    comments, _ = _authored(traffic, traffic.has_created)
    comments[rows] = False
    others = np.flatnonzero(comments)
    keys = np.sort(traffic.place[others] * HOURS + traffic.created[traffic.account[others]])
    cells, n = np.unique(groups * n_places + traffic.place[rows], return_counts=True)
    group, at = cells // n_places, cells % n_places
    first = at * HOURS + start[group]
    inside = np.searchsorted(keys, first + length[group]) - np.searchsorted(keys, first)
    around = np.bincount(traffic.place[others], minlength=n_places)[at]
    tells = around >= n
    weight = np.bincount(group[tells], n[tells], minlength=n_groups)
    mean = np.bincount(group[tells], (n * inside / np.maximum(around, 1))[tells], minlength=n_groups)
    total = np.bincount(group[tells], around[tells], minlength=n_groups)
    return np.where(weight > 0, np.minimum(mean / np.maximum(weight, 1) + 1 / (total + 1), 1.0), 0.0)


def _authored(traffic: Traffic, known: Flags) -> tuple[Flags, Flags]:
    """Mark the comments of known accounts, and of these the first of each account at each place."""
    # The last stands for unknown authors.
    comments = np.append(known, False)[traffic.account]
    return comments, comments & traffic.is_debut
