"""Accounts created together: windows of creation dates that hold more of a group than chance gives."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from detector.evidence.accounts import GroupTest
from detector.evidence.places import HOURS, share_in_windows
from detector.evidence.significance import binomial_tail
from detector.evidence.traffic import UNKNOWN, Codes, Traffic

Floats = npt.NDArray[np.float64]

IN_BATCH_P_MAX = 1e-3
_BATCH_ACCOUNTS_MIN = 4
_BESIDE = 0.25
"""One window among four: what three windows beside it tell."""


def measure_batches(
    traffic: Traffic, rows: Codes, row_groups: Codes, groups: Codes, accounts: Codes, main_target: Codes,
    windows_h: tuple[int, ...], p_max: float = 0.01,
) -> GroupTest:  # fmt: skip
    """Test whether a group's accounts were created together.

    Parameters
    ----------
    rows, row_groups
        (m,) comments and their groups.
    groups, accounts
        (k,) distinct (group, account) pairs of these, sorted.
    main_target
        (n_groups,) the target that most comments of a group address.
    windows_h
        Lengths of the windows, hours.
    p_max
        A group that could not reach this, had all its accounts been created in one hour, is not testable.

    Returns
    -------
    GroupTest
        Most telling window: accounts created in it, expected number, p, length of the window in hours. The accounts
        of every telling window carry the sign.

    Notes
    -----
    Null: the accounts of a group are drawn from those behind the other comments of the dump, or at the group's main
    target if these are more bunched; the busy are drawn more often than the quiet. For a window that begins at an
    account, the others in it are binomial; the smallest p is multiplied by the windows tried (Bonferroni), which is
    conservative. The window must also stand out from the group's own windows around it (negative binomial tail),
    or a group of newcomers would look like a batch in every week of its youth. A sign-up wave that the whole platform
    had is in the background too and does not count, nor does one that brought at least as many accounts to the main
    target which copy nothing: a school class, or a community that has moved, has a few words in common. Nor does a
    batch that others at the same places share, where the group is not most of these (`share_in_windows`). Where even
    accounts all created in one hour would not be rare enough, for there are too few of them or around them, p is NaN:
    not testable.
    """
    n_groups = len(main_target)
    dated = Dated.of(traffic, groups, accounts)
    sizes = np.bincount(dated.groups, minlength=n_groups)
    everywhere = Backdrop(traffic, rows, row_groups, np.zeros(n_groups, dtype=np.int64))
    there = Backdrop(traffic, rows, row_groups, main_target + 1)
    others = _created_apart(traffic, rows)
    best = np.full((4, n_groups), np.nan)
    best[2, sizes >= _BATCH_ACCOUNTS_MIN] = 1.0
    signed, since = np.zeros(len(dated.keys), dtype=np.bool_), np.zeros(n_groups, dtype=np.int64)
    for window in windows_h:
        count, share, p = weigh_windows(dated, sizes, window, len(windows_h), everywhere, there)
        beside = main_target[dated.groups] * HOURS + dated.created
        n_others = _between(others, beside, window)
        is_shared = (n_others >= count) & (_stands_out(others, beside, n_others, window) <= IN_BATCH_P_MAX)
        p[is_shared] = 1.0
        # The first entry of a group with its smallest p.
        first = np.lexsort((-count, p, dated.groups))
        lead = first[np.searchsorted(dated.groups[first], np.flatnonzero(sizes))]
        at = dated.groups[lead]
        lead = lead[((p[lead] < best[2, at]) | np.isnan(best[0, at])) & (sizes[at] >= _BATCH_ACCOUNTS_MIN)]
        at = dated.groups[lead]
        best[:, at] = count[lead], share[lead] * sizes[at], p[lead], np.full(len(lead), window)
        since[at] = dated.created[lead]
        signed |= _covered(p <= IN_BATCH_P_MAX, count)
    tried = sizes * len(windows_h)
    _compare_nearby(traffic, rows, row_groups, best, sizes, tried, since)
    each = np.arange(n_groups)
    least = np.maximum(everywhere.least_share(each), there.least_share(each))
    rest = np.maximum(sizes - 1, 1)
    reachable = np.maximum(binomial_tail(rest, rest, least), betainc(rest, 0.5, _BESIDE)) * tried
    best[2, reachable > p_max] = np.nan
    return GroupTest.of(best, dated.groups[signed], dated.accounts[signed])


def _compare_nearby(
    traffic: Traffic, rows: Codes, row_groups: Codes, best: Floats, sizes: Codes, tried: Codes, since: Codes
) -> None:
    """Raise the expected number and p of what `best` has found to what others at the same places give."""
    told = np.flatnonzero(best[2] < 1.0)
    usable = traffic.account[rows] != UNKNOWN
    usable[usable] = traffic.has_created[traffic.account[rows[usable]]]
    near = share_in_windows(traffic, rows[usable], row_groups[usable], since, np.nan_to_num(best[3]).astype(np.int64))
    p = np.minimum(binomial_tail(best[0, told] - 1, sizes[told] - 1, near[told]) * tried[told], 1.0)
    best[1:3, told] = np.maximum(best[1:3, told], [near[told] * sizes[told], p])


@dataclass(frozen=True)
class Dated:
    """The accounts of groups whose creation date is known, (k,), ordered by group and date: `keys` hold both."""

    keys: Codes
    groups: Codes
    accounts: Codes
    created: Codes

    @classmethod
    def of(cls, traffic: Traffic, groups: Codes, accounts: Codes) -> "Dated":
        """Order the dated accounts of (group, account) pairs."""
        dated = traffic.has_created[accounts]
        groups, accounts = groups[dated], accounts[dated]
        keys = groups * HOURS + traffic.created[accounts]
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], groups[order], accounts[order], traffic.created[accounts[order]])


def weigh_windows(
    dated: Dated, sizes: Codes, window: int, n_windows: int, everywhere: "Backdrop", there: "Backdrop"
) -> tuple[Codes, Floats, Floats]:
    """Test the window that begins at each dated account: accounts in it, share of the background in it, and p."""
    count = np.searchsorted(dated.keys, dated.keys + window) - np.arange(len(dated.keys))
    share = np.maximum(
        everywhere.share(dated.groups, dated.created, window), there.share(dated.groups, dated.created, window)
    )
    tried = sizes[dated.groups] * n_windows
    p = np.minimum(binomial_tail(count - 1, sizes[dated.groups] - 1, share) * tried, 1.0)
    p = np.maximum(p, np.minimum(_stands_out(dated.keys, dated.keys, count - 1, window) * tried, 1.0))
    p[count < _BATCH_ACCOUNTS_MIN] = 1.0
    return count, share, p


def _created_apart(traffic: Traffic, rows: Codes) -> Codes:
    """Return target and hour of creation of the accounts that comment there and stand in none of `rows`, sorted."""
    apart = traffic.has_created.copy()
    apart[traffic.account[rows][traffic.account[rows] != UNKNOWN]] = False
    theirs = np.flatnonzero(traffic.account != UNKNOWN)
    theirs = theirs[apart[traffic.account[theirs]]]
    n_accounts = max(len(traffic.accounts), 1)
    pairs = np.sort(traffic.target[theirs].astype(np.int64) * n_accounts + traffic.account[theirs])
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    return np.sort(pairs // n_accounts * HOURS + traffic.created[pairs % n_accounts])


def _stands_out(keys: Codes, start: Codes, count: Codes, window: int) -> Floats:
    """Return the chance of so many in the windows that begin at `start`, given the windows beside each.

    On each side the largest of four is left out, for it may be another batch; the busier side counts. The other three
    tell the usual number with its error: Gamma (their sum + 1/2, 3), so that the count is negative binomial.
    """
    sides = [
        np.sort([_between(keys, start + step * window, window) for step in steps], axis=0)[:3].sum(axis=0)
        for steps in ((-4, -3, -2, -1), (1, 2, 3, 4))
    ]
    tail: Floats = np.where(count > 0, betainc(np.maximum(count, 1), np.maximum(*sides) + 0.5, _BESIDE), 1.0)
    return tail


class Backdrop:
    """Creation dates behind the comments that a group's are compared with: all, or those at one target.

    `place` (n_groups,) is 0 for all comments, or a target's number plus one.
    """

    def __init__(self, traffic: Traffic, rows: Codes, row_groups: Codes, place: Codes) -> None:
        self.place = place
        known = np.flatnonzero(traffic.account != UNKNOWN)
        known = known[traffic.has_created[traffic.account[known]]]
        created = traffic.created[traffic.account[known]]
        anywhere = not place.any()
        where = np.zeros(len(known), dtype=np.int64) if anywhere else traffic.target[known] + 1
        self.keys = np.sort(where * HOURS + created)
        mine = traffic.account[rows] != UNKNOWN
        mine[mine] = traffic.has_created[traffic.account[rows[mine]]]
        if not anywhere:
            mine &= traffic.target[rows] + 1 == place[row_groups]
        self.own = np.sort(row_groups[mine] * HOURS + traffic.created[traffic.account[rows[mine]]])

    def share(self, groups: Codes, start: Codes, window: int) -> Floats:
        """Return the share of the other comments whose authors were created in each window, one comment added."""
        inside = _between(self.keys, self.place[groups] * HOURS + start, window)
        inside = inside - _between(self.own, groups * HOURS + start, window)
        share: Floats = (inside + 1) * self.least_share(groups)
        return share

    def share_between(self, start: Codes, end: Codes) -> Floats:
        """Return the share of the other comments of group 0 whose authors were created from `start` up to `end`."""
        inside = np.searchsorted(self.keys, end) - np.searchsorted(self.keys, start)
        inside = inside - (np.searchsorted(self.own, end) - np.searchsorted(self.own, start))
        share: Floats = (inside + 1) / (len(self.keys) - len(self.own) + 1)
        return share

    def least_share(self, groups: Codes) -> Floats:
        """Return the share where none of the others was created in a window."""
        total = _between(self.keys, self.place[groups] * HOURS, HOURS) - _between(self.own, groups * HOURS, HOURS)
        least: Floats = 1.0 / (total + 1)
        return least


def _between(keys: Codes, start: Codes, length: int) -> Codes:
    """Count the sorted keys from each start up to `length` further."""
    n: Codes = np.searchsorted(keys, start + length) - np.searchsorted(keys, start)
    return n


def _covered(telling: npt.NDArray[np.bool_], count: Codes) -> npt.NDArray[np.bool_]:
    """Mark the accounts that lie in any telling window; a window covers its start and the next `count - 1`."""
    steps = np.zeros(len(count) + 1, dtype=np.int64)
    starts = np.flatnonzero(telling)
    np.add.at(steps, starts, 1)
    np.add.at(steps, starts + count[starts], -1)
    return np.cumsum(steps[:-1]) > 0
