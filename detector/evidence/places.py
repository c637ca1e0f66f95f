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
    n_places = int(place.max(initial=0)) + 1
    cells, cell, n = np.unique(groups * n_places + place[rows], return_inverse=True, return_counts=True)
    group, at = cells // n_places, cells % n_places
    apart = among.copy()
    apart[rows] = False
    total = np.bincount(place[apart], minlength=n_places)[at] + n
    marked = np.bincount(place[apart & bears], minlength=n_places)[at] + np.bincount(cell, bears[rows])
    tells = 2 * n <= total
    observed = np.bincount(groups, bears[rows] & tells[cell], minlength=n_groups)
    group, n, total, marked = group[tells], n[tells], total[tells], marked[tells]
    share = marked / total
    mean = np.bincount(group, n * share, minlength=n_groups)
    draws = np.bincount(group, n, minlength=n_groups)
    tails = [
        binomial_tail(observed, np.maximum(trials, 1), mean / np.maximum(trials, 1))
        for trials in (draws, np.bincount(group, marked, minlength=n_groups))
    ]
    return np.where(draws > 0, np.minimum(*tails), 0.0)


def chance_of_authors(
    traffic: Traffic, rows: Codes, groups: Codes, bears: Flags, known: Flags, copies: Codes, n_groups: int
) -> Floats:
    """Return the chance that so many of a group's accounts bear a mark, given the authors at the same places.

    Parameters
    ----------
    rows, groups
        (m,) one comment for each account of a group.
    bears, known
        (n_accounts,) accounts that bear the mark; accounts of which it is known.
    copies
        (k,) the comments of all groups.

    Notes
    -----
    Whoever comments much is met more often, though never twice: the chance lies between that of drawing comments and
    that of drawing accounts. The larger of the two is returned.
    """
    if not len(known):
        return np.zeros(n_groups)
    marked = bears[traffic.account]
    apart = np.ones(len(marked), dtype=np.bool_)
    apart[copies] = False
    tails = [
        chance_in_place(traffic.place, rows, groups, marked, among & apart, n_groups)
        for among in _authored(traffic, known)
    ]
    return np.maximum(*tails)


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
    keys = np.sort(traffic.place[comments] * HOURS + traffic.created[traffic.account[comments]])
    cells, n = np.unique(groups * n_places + traffic.place[rows], return_counts=True)
    group, at = cells // n_places, cells % n_places
    first = at * HOURS + start[group]
    inside = np.searchsorted(keys, first + length[group]) - np.searchsorted(keys, first)
    others = np.bincount(traffic.place[comments], minlength=n_places)[at]
    tells = others >= n
    weight = np.bincount(group[tells], n[tells], minlength=n_groups)
    mean = np.bincount(group[tells], (n * inside / np.maximum(others, 1))[tells], minlength=n_groups)
    total = np.bincount(group[tells], others[tells], minlength=n_groups)
    return np.where(weight > 0, np.minimum(mean / np.maximum(weight, 1) + 1 / (total + 1), 1.0), 0.0)


def _authored(traffic: Traffic, known: Flags) -> tuple[Flags, Flags]:
    """Mark the comments of known accounts, and of these the first of each account at each place."""
    comments = traffic.account != UNKNOWN
    comments[comments] = known[traffic.account[comments]]
    at = np.flatnonzero(comments)
    _, first = np.unique(traffic.place[at] * len(known) + traffic.account[at], return_index=True)
    once = np.zeros(len(comments), dtype=np.bool_)
    once[at[first]] = True
    return comments, once
