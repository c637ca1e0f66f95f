"""What accounts say, as weighted words."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array

from detector.evidence.traffic import Codes, Traffic

Floats = npt.NDArray[np.float64]

_NOT_WORDS = r"https?://\S+|@\w+"
_WORD = r"\p{Han}|\p{L}[\p{L}\p{N}]+"


@dataclass(frozen=True)
class Words:
    """The words of some accounts: `accounts` (n,), sorted, and `weights` (n, words), each row of length one."""

    accounts: Codes
    weights: csr_array

    def alike(self, core: npt.NDArray[np.bool_]) -> Floats:
        """Return how alike each account's words are to the average of the core's: cosine with the centroid, scaled."""
        centre = self.weights[np.flatnonzero(core)].mean(axis=0)
        found: Floats = np.asarray(self.weights @ centre).ravel()
        return found


def weigh_words(comments: pl.DataFrame, traffic: Traffic, accounts: Codes) -> Words:
    """Weigh the words of accounts: log frequency times inverse document frequency; Han characters are words."""
    wanted = np.zeros(len(traffic.accounts) + 1, dtype=np.bool_)
    wanted[accounts] = True  # the last, where unknown authors end up, never is
    text = pl.col("text").str.to_lowercase().str.replace_all(_NOT_WORDS, " ")
    counts = (
        comments.lazy()
        .select("text", account=pl.lit(pl.Series(traffic.account)))
        .filter(pl.lit(pl.Series(wanted[traffic.account])))
        .select("account", word=text.str.extract_all(_WORD))
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
    shape = len(accounts), int(column.max(initial=-1)) + 1
    return Words(accounts, csr_array((weight / length[row], (row, column)), shape=shape))
