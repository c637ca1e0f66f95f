"""What accounts say, as weighted words."""

from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array

from detector.evidence.traffic import Codes, Traffic

Floats = npt.NDArray[np.float64]

_NOT_WORDS = r"https?://\S+|@\w+"
_WORD = r"\p{Han}|\p{L}[\p{L}\p{N}]+"
_EVERYBODY_MAX = 50_000


class Profiles:
    """The words of accounts, weighted by how rare they are (TF-IDF), made when they are asked for."""

    def __init__(self, comments: pl.DataFrame, traffic: Traffic) -> None:
        self._comments = comments.select("text", account=pl.Series(traffic.account))
        self._n_accounts = len(traffic.accounts)

    def sample(self, accounts: Codes, n: int) -> Codes:
        """Return at most `n` of the accounts, picked by a hash of their numbers, in order."""
        if len(accounts) <= n:
            return accounts
        hashed = (accounts.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        order = np.lexsort((accounts, hashed ^ (hashed >> np.uint64(29))))
        return np.sort(accounts[order[:n]])

    def alike(self, accounts: Codes, core: Codes) -> Floats:
        """Return how alike each account's words are to the average of the core's: cosine with the centroid, scaled."""
        everybody = self._n_accounts <= _EVERYBODY_MAX
        whose = np.arange(self._n_accounts) if everybody else np.union1d(accounts, core)
        words = self._everybody if everybody else self._weigh(whose)
        centre = words[np.searchsorted(whose, core)].mean(axis=0)
        found: Floats = np.asarray(words[np.searchsorted(whose, accounts)] @ centre).ravel()
        return found

    @cached_property
    def _everybody(self) -> csr_array:
        return self._weigh(np.arange(self._n_accounts))

    def _weigh(self, accounts: Codes) -> csr_array:
        """Return (accounts, words): log frequency times inverse document frequency, each row of length one."""
        counts = (
            self._comments.lazy()
            .filter(pl.col("account").is_in(accounts.tolist()))
            .select(
                "account",
                word=pl.col("text").str.to_lowercase().str.replace_all(_NOT_WORDS, " ").str.extract_all(_WORD),
            )
            .explode("word", empty_as_null=False)
            .drop_nulls()
            .group_by("account", "word")
            .len()
            .with_columns(n_accounts=pl.len().over("word"))
            .filter(pl.col("n_accounts") >= 2)
            .sort("account", "word")
            .collect()
        )
        rarity = 1 + np.log(len(accounts) / np.maximum(counts["n_accounts"].to_numpy(), 1))
        weight = (1 + np.log(counts["len"].to_numpy())) * rarity
        row = np.searchsorted(accounts, counts["account"].to_numpy())
        column = counts["word"].rank("dense").to_numpy().astype(np.int64) - 1
        length = np.sqrt(np.bincount(row, weight**2, minlength=len(accounts)))
        return csr_array((weight / length[row], (row, column)), shape=(len(accounts), int(column.max(initial=-1)) + 1))
