"""What accounts say, as weighted words."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array

from detector.evidence.traffic import Codes, Traffic

Floats = npt.NDArray[np.float64]

WORDING_SHARE = 0.02
_CORE_MIN = 10
_CORES_AT_A_TIME = 16
_NOT_WORDS = r"https?://\S+|@\w+"
_WORD = r"\p{Han}|\p{L}[\p{L}\p{N}]+"


@dataclass(frozen=True)
class Words:
    """The words of some accounts: `accounts` (n,), sorted, and `weights` (n, words), each row of length one."""

    accounts: Codes
    weights: csr_array

    def alike(self, cores: list[Codes]) -> Floats:
        """Return (n, cores) how alike each account's words are to the average of a core's: cosine, scaled.

        A core is given by its rows in `weights`.
        """
        centres = np.stack([np.asarray(self.weights[core].mean(axis=0)).ravel() for core in cores], axis=1)
        alike: Floats = self.weights @ centres
        return alike


def compare_words(words: Words, inside: list[Codes], excluded: list[Codes]) -> list[Codes | None]:
    """Find the accounts whose words are most like each core's: the first fiftieth of those outside.

    A campaign that rewords each comment still draws on one stock of words. So do people who speak of one thing, or one
    language: this is a tie only beside another that has nothing to do with words, and only for cores large enough to
    have a vocabulary.

    Parameters
    ----------
    inside, excluded
        Accounts of each core, and those that are not outside its candidate.

    Returns
    -------
    list
        Accounts, sorted, of each core; None where a core is too small.
    """
    found: list[Codes | None] = [None] * len(inside)
    large = [k for k, accounts in enumerate(inside) if len(accounts) >= _CORE_MIN]
    for start in range(0, len(large), _CORES_AT_A_TIME):
        block = large[start : start + _CORES_AT_A_TIME]
        alike = words.alike([np.searchsorted(words.accounts, inside[k]) for k in block])
        for column, k in enumerate(block):
            others = ~np.isin(words.accounts, excluded[k], assume_unique=True)
            if others.any():
                cut = np.quantile(alike[others, column], 1 - WORDING_SHARE)
                found[k] = words.accounts[others & (alike[:, column] > max(cut, 0.0))]
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
