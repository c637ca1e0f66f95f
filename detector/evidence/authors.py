"""What comments say of their authors, brought together for each account."""

import numpy as np
import polars as pl

from detector.evidence.traffic import UNKNOWN, Codes, Traffic


def first_known(traffic: Traffic, values: pl.Series) -> pl.Series:
    """Return for each account the first value that its comments give, (n_accounts,); null where none does."""
    return _gathered(traffic, values, backwards=True)


def last_known(traffic: Traffic, values: pl.Series) -> pl.Series:
    """Return for each account the last value that its comments give, (n_accounts,); null where none does."""
    return _gathered(traffic, values, backwards=False)


def least_known(traffic: Traffic, values: pl.Series) -> pl.Series:
    """Return for each account the least number or time that its comments give, (n_accounts,); null where none does."""
    rows, account = _known(traffic, values)
    least = np.full(len(traffic.accounts), np.iinfo(np.int64).max)
    np.minimum.at(least, account, _numbers(values)[rows])
    return _sparse(least, account, values.dtype)


def most_known(traffic: Traffic, values: pl.Series) -> pl.Series:
    """Return for each account the largest number or time that its comments give, (n_accounts,); null where none."""
    rows, account = _known(traffic, values)
    most = np.full(len(traffic.accounts), np.iinfo(np.int64).min)
    np.maximum.at(most, account, _numbers(values)[rows])
    return _sparse(most, account, values.dtype)


def _known(traffic: Traffic, values: pl.Series) -> tuple[Codes, Codes]:
    """Return the rows that give a value for a known account, and these accounts."""
    rows = np.flatnonzero(values.is_not_null().to_numpy() & (traffic.account != UNKNOWN))
    return rows, traffic.account[rows]


def _numbers(values: pl.Series) -> Codes:
    return values.to_physical().fill_null(0).to_numpy()


def _sparse(numbers: Codes, seen: Codes, dtype: pl.DataType) -> pl.Series:
    """Make null what no comment gave."""
    given = np.zeros(len(numbers), dtype=np.bool_)
    given[seen] = True
    series = pl.Series(numbers)
    return series.to_frame("n").select(pl.when(pl.Series(given)).then("n").cast(dtype))["n"]


def _gathered(traffic: Traffic, values: pl.Series, *, backwards: bool) -> pl.Series:
    rows, account = _known(traffic, values)
    if backwards:
        rows, account = rows[::-1], account[::-1]
    # Of several values assigned to one place numpy keeps the last.
    source = np.full(len(traffic.accounts), UNKNOWN, dtype=np.int64)
    source[account] = rows
    at = pl.Series(source)
    return values.gather(at.set(at == UNKNOWN, None))
