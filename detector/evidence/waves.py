"""Who comments within a minute of a campaign's core, more often than the traffic of those hours gives."""

import numpy as np
import numpy.typing as npt

from detector.evidence.significance import poisson_tail
from detector.evidence.spans import Shelves, expand
from detector.evidence.traffic import HOUR_US, UNKNOWN, Codes, Traffic

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

WAVE_P = 0.01
_WAVE_US = 60_000_000


class Waves:
    """The timed comments of known accounts in order of stratum and time, to be asked who was close to whom.

    Attributes
    ----------
    rows, account, stratum
        (n,) comment, its account and its stratum, at each place of that order; live chats are left out.
    moment
        (n,) its time on one line on which strata follow each other, further apart than a wave, microseconds.
    block
        (n,) number of the stratum and hour; `block_sizes` counts their comments.
    """

    def __init__(self, traffic: Traffic) -> None:
        usable = traffic.has_time & ~traffic.is_live & (traffic.account != UNKNOWN)
        if traffic.precision_s * 1_000_000 > _WAVE_US:
            usable[:] = False
        rows = np.flatnonzero(usable)
        rows = rows[np.argsort(traffic.time[rows], kind="stable")]  # comments come in order of time: no work
        self.rows = rows[Shelves(traffic.stratum[rows], traffic.n_strata).items]
        self.account = traffic.account[self.rows].astype(np.int32)
        self.stratum = traffic.stratum[self.rows].astype(np.int32)
        time = traffic.time[self.rows]
        opens = np.append(True, self.stratum[1:] != self.stratum[:-1])[: len(rows)]
        gap = np.append(0, np.where(opens[1:], 3 * _WAVE_US, np.diff(time)))[: len(rows)]
        self.moment = np.cumsum(gap)
        opens[1:] |= np.diff(time // HOUR_US) != 0
        self.block = (np.cumsum(opens) - 1).astype(np.int32)
        self.block_sizes = np.bincount(self.block)
        self.strata = np.append(0, np.cumsum(np.bincount(self.stratum, minlength=traffic.n_strata)))
        self.of_account = Shelves(self.account, len(traffic.accounts))

    def meet(self, inside: Codes, excluded: Flags, tied: Codes, shared: Codes) -> tuple[Codes, Flags, Codes]:
        """Find the accounts that comment within a minute of the core, more than the traffic of those hours gives.

        Parameters
        ----------
        inside
            The core's accounts.
        excluded
            (n_accounts,) those that are not outside the candidate.
        tied
            Accounts tied otherwise: they are not counted as traffic.
        shared
            Comments outside that share the core's content, sorted; they are left out: one event is one tie.

        Returns
        -------
        held, exposed, rows
            Accounts so close; flags (n_accounts,) of those outside that comment where the core does; comments of those
            outside within a minute of it.
        """
        core = self.of_account.take(inside)
        there = np.zeros(len(self.strata) - 1, dtype=np.bool_)
        there[self.stratum[core]] = True
        strata = np.flatnonzero(there)
        exposed = np.zeros(len(excluded), dtype=np.bool_)
        exposed[self.account[self._unshared(expand(self.strata[strata], self.strata[strata + 1]), shared)]] = True
        near = self._near(core)
        near = self._unshared(near[~excluded[self.account[near]]], shared)
        suspects, observed = np.unique(self.account[near].astype(np.int64), return_counts=True)
        own = self.of_account.take(suspects)
        own = self._unshared(own[there[self.stratum[own]]], shared)
        unusual = excluded.copy()
        unusual[tied] = True
        share = self._share(own, near, unusual)
        expected = np.bincount(np.searchsorted(suspects, self.account[own]), share, minlength=len(suspects))
        held = suspects[poisson_tail(observed, expected) <= WAVE_P]
        return held, exposed & ~excluded, self.rows[near].astype(np.int64)

    def _near(self, core: Codes) -> Codes:
        """Return the places within a minute of the core's comments, sorted."""
        at = np.sort(self.moment[core])
        start = np.searchsorted(self.moment, at - _WAVE_US)
        end = np.searchsorted(self.moment, at + _WAVE_US, side="right")
        start[1:] = np.maximum(start[1:], end[:-1])  # windows overlap
        return expand(start, end)

    def _unshared(self, at: Codes, shared: Codes) -> Codes:
        return at[~np.isin(self.rows[at], shared)] if len(shared) else at

    def _share(self, own: Codes, near: Codes, unusual: Flags) -> Floats:
        """Return the share of its hour's other usual comments that are near the core, for each of `own`.

        `own` is in order of account and place, so that what an account says in one hour stands together.
        """
        n_blocks = len(self.block_sizes)
        hidden = np.bincount(self.block[self.of_account.take(np.flatnonzero(unusual))], minlength=n_blocks)
        usual = near[~unusual[self.account[near]]]
        n_near = np.bincount(self.block[usual], minlength=n_blocks)
        block, account = self.block[own], self.account[own]
        opens = np.append(True, (block[1:] != block[:-1]) | (account[1:] != account[:-1]))[: len(own)]
        run = np.cumsum(opens) - 1
        counts = ~unusual[account]
        n_own = np.bincount(run[counts], minlength=int(opens.sum()))[run]
        is_near = np.zeros(len(self.rows), dtype=np.bool_)
        is_near[near] = True
        near_own = np.bincount(run[counts & is_near[own]], minlength=int(opens.sum()))[run]
        share: Floats = (n_near[block] - near_own + 1) / (self.block_sizes[block] - hidden[block] - n_own + 2)
        return share
