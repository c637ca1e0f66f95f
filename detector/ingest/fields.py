"""Columns of raw values to columns of one type: what cannot be used becomes null and is counted.

Every function takes the values of a batch and returns a `Column`. The frequent case, values that already have the right
type, is left to Polars; the rest is looked at value by value.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from detector.ingest.decode import ABSENT

MAX_INT64 = 2**63 - 1

_ROUNDED = r"^[0-9](\.[0-9]+)?[eE]\+?(1[1-9]|2[0-9])$"

REPLACEMENT = "\ufffd"
"""Stands for what no text can hold: lone surrogates and NUL."""


Values = Sequence[Any] | pl.Series
"""Values of any kind, or a Series that was read by kind: numbers, truth values, or strings without NUL."""


@dataclass
class Column:
    """A typed column, how many of its values could not be used, and where it had to be repaired."""

    values: pl.Series
    n_unreadable: int = 0
    repaired: set[int] = field(default_factory=set)


def texts(values: Values) -> Column:
    """Read strings as they are; nothing else is a text."""
    return _strings(values, lambda _: None)


def labels(values: Values) -> Column:
    """Read strings, and numbers that can only have been meant as such; an empty one is null."""
    column = _strings(values, _number_as_label)
    return _without(column, column.values == "", is_unreadable=False)


def ids(values: Values) -> Column:
    """Read ids: strings and whole numbers of any size.

    A number that a spreadsheet has rounded (``1.83E+18``) is unreadable: as a key it would make many accounts one.
    """
    column = labels(values)
    rounded = column.values.str.contains(_ROUNDED)
    return _without(column, rounded, is_unreadable=True)


def are_plain(columns: Mapping[str, pl.Series], id_names: Collection[str]) -> bool:
    """Tell at once whether `labels`, and `ids` for those named, would take all strings as they are."""
    is_odd = [pl.col(name) == "" for name in columns]
    is_odd += [pl.col(name).str.contains(_ROUNDED) for name in id_names]
    return not any(pl.DataFrame(columns).select(odd.any().alias(str(i)) for i, odd in enumerate(is_odd)).row(0))


def _without(column: Column, unwanted: pl.Series, *, is_unreadable: bool) -> Column:
    n = int(unwanted.sum() or 0)
    if n:
        column.values = column.values.set(unwanted.fill_null(value=False), None)
        column.n_unreadable += n * is_unreadable
    return column


def _strings(values: Values, otherwise: Callable[[Any], str | None]) -> Column:
    if isinstance(values, pl.Series):
        return Column(values)
    column = Column(pl.Series(dtype=pl.String))
    try:
        column.values = pl.Series(values, dtype=pl.String)
    except (TypeError, ValueError, OverflowError):  # mixed types, lone surrogates, numbers of any size
        found = [_mended(value) if isinstance(value, str) else otherwise(value) for value in values]
        column.values = pl.Series(found, dtype=pl.String)
        column.n_unreadable = sum(
            read is None and value is not None and value is not ABSENT
            for value, read in zip(values, found, strict=True)
        )
        column.repaired = {
            i
            for i, (value, read) in enumerate(zip(values, found, strict=True))
            if isinstance(value, str) and value != read
        }
    has_nul = column.values.str.contains("\0", literal=True)
    if has_nul.any():
        column.repaired |= set(has_nul.arg_true())
        column.values = column.values.str.replace_all("\0", REPLACEMENT, literal=True)
    return column


def _mended(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        # By way of UTF-16, two halves that belong together become their character.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _number_as_label(value: object) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    # pandas turns a column of whole numbers with gaps into floats; up to 2^53 they are exact.
    if isinstance(value, float) and abs(value) <= 2**53 and value == int(value):
        return str(int(value))
    return None


def counts(values: Values) -> Column:
    """Read whole numbers, also as text: ``1,204``, ``1.2K``, ``1.2万``."""
    if isinstance(values, pl.Series):
        if values.dtype == pl.Int64:
            return Column(values)
        values = values.to_list()
    if set(map(type, values)) <= {int, type(None)}:
        try:
            return Column(pl.Series(values, dtype=pl.Int64))
        except (TypeError, OverflowError):
            pass
    return _one_by_one(values, _count, pl.Int64())


def flags(values: Values) -> Column:
    """Read truth values, also as text or 0 and 1: ``"not_verified"`` is false."""
    if isinstance(values, pl.Series):
        if values.dtype == pl.Boolean:
            return Column(values)
        values = values.to_list()
    try:
        return Column(pl.Series(values, dtype=pl.Boolean))
    except (TypeError, ValueError, OverflowError):
        return _one_by_one(values, _flag, pl.Boolean())


def _one_by_one(values: Sequence[Any], read: Callable[[Any], Any], dtype: pl.DataType) -> Column:
    found = [None if value is None else read(value) for value in values]
    n_present = sum(value is not None and value != "" for value in values)
    return Column(pl.Series(found, dtype=dtype), n_present - sum(value is not None for value in found))


_NUMBER = re.compile(r"([+-]?[0-9][0-9,. \u00a0\u202f]{0,30})([A-Za-z万萬亿億千]{0,3})\+?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:[,. \u00a0\u202f][0-9]{3})+")
_SCALES = {
    "": 1,
    **dict.fromkeys(("k", "千"), 10**3),
    **dict.fromkeys(("m", "mio"), 10**6),
    **dict.fromkeys(("b", "md"), 10**9),
    **dict.fromkeys(("w", "万", "萬"), 10**4),
    **dict.fromkeys(("亿", "億"), 10**8),
}


def _count(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        number = _count_in_words(value.strip())
    elif isinstance(value, int):
        number = value
    elif isinstance(value, float) and abs(value) <= 2**53 and value == int(value):
        number = int(value)
    else:
        number = None
    return number if number is not None and abs(number) <= MAX_INT64 else None


def _count_in_words(text: str) -> int | None:
    match = _NUMBER.fullmatch(text)
    if not match or (scale := _SCALES.get(match[2].lower())) is None:
        return None
    digits = match[1].strip()
    # "1,204" and "1.204" are thousands, "1.2K" and "1,2 k" are fractions; "1.204K" is read as a fraction too.
    if _THOUSANDS.fullmatch(digits) and (scale == 1 or digits.count(",") + digits.count(".") > 1):
        return int(re.sub(r"[^0-9+-]", "", digits)) * scale
    try:
        number = float(digits.replace(",", "."))
    except ValueError:
        return None
    return round(number * scale)


_TRUE = frozenset({"true", "yes", "y", "t", "1", "verified", "blue_verified", "blue", "business", "government"})
_FALSE = frozenset({"false", "no", "n", "f", "0", "not_verified", "unverified", "none"})


def _flag(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, (str, int)) else ""
    return True if word in _TRUE else False if word in _FALSE else None
