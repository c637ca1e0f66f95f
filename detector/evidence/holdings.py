"""Who holds what of a campaign's core: near copies of its texts, its addresses, its hashtags."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.candidates import Judgeable
from detector.evidence.spans import Shelves
from detector.evidence.traffic import UNKNOWN, Codes, Traffic

Flags = npt.NDArray[np.bool_]

_OBJECT_HOLDERS_MIN = 2


class Holdings:
    """What comments of known accounts hold: texts that are copied, addresses and hashtags, by account and by thing.

    Parameters
    ----------
    clusters
        Texts, and their copies.
    objects
        `row`, `object`: addresses and hashtags that comments hold.
    """

    def __init__(self, traffic: Traffic, clusters: Judgeable, objects: pl.DataFrame) -> None:
        rows = np.concatenate([clusters.rows, objects["row"].to_numpy().astype(np.int64)])
        names = np.unique(objects["object"].cast(pl.Categorical).to_physical().to_numpy(), return_inverse=True)
        things = np.concatenate([clusters.clusters, clusters.n + names[1].astype(np.int64)])
        known = traffic.account[rows] != UNKNOWN
        rows, things = rows[known], things[known]
        n_accounts, self._n = len(traffic.accounts), clusters.n + len(names[0])
        # A text is the core's from one holder in it on, an address or a hashtag from two.
        self._least = np.where(np.arange(self._n) < clusters.n, 1, _OBJECT_HOLDERS_MIN)
        pairs = np.unique(things * n_accounts + traffic.account[rows])
        self._held, holders = pairs // max(n_accounts, 1), pairs % max(n_accounts, 1)
        self._of_account = Shelves(holders, n_accounts)
        self._n_holders = np.bincount(self._held, minlength=self._n)
        self._rows, self._account, self._of_thing = rows, traffic.account[rows], Shelves(things, self._n)

    def share(self, inside: Codes, excluded: Flags) -> Codes:
        """Find the comments outside that hold what is the core's.

        It is the core's if no more accounts hold it outside than in it, and of addresses and hashtags two in it: what
        a subject or a cause has in common is everybody's.

        Parameters
        ----------
        inside
            The core's accounts.
        excluded
            (n_accounts,) those that are not outside the candidate, the core's among them.

        Returns
        -------
        ndarray
            Comments, sorted.
        """
        n_core = self._count(inside)
        n_outside = self._n_holders - self._count(np.flatnonzero(excluded))
        at = self._of_thing.take(np.flatnonzero((n_core >= self._least) & (n_outside <= n_core)))
        return np.unique(self._rows[at[~excluded[self._account[at]]]])

    def _count(self, accounts: Codes) -> Codes:
        """Count how many of these accounts hold each thing."""
        n: Codes = np.bincount(self._held[self._of_account.take(accounts)], minlength=self._n)
        return n
