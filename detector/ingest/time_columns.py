"""Columns of times: the common forms at column speed, the others value by value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from detector.ingest.times import EARLIEST, LATEST, SECOND, parse_time
from detector.schema import TIME


@dataclass(frozen=True)
class Times:
    """A column of times: `at` (UTC µs), `precision`, and how many values were there but could not be read."""

    at: pl.Series
    precision: pl.Series
    n_unreadable: int


def parse_times(values: Sequence[Any] | pl.Series, collected: pl.Series | None, utc_offset_min: int) -> Times:
    """Read a column of times.

    Parameters
    ----------
    values
        Strings and numbers as the records have them; None where there is none, any other object is unreadable.
    collected
        When each record was captured (`schema.TIME`); None if no record says.
    utc_offset_min
        Minutes east of UTC of times that name no zone.

    Returns
    -------
    Times
        As long as `values`; equal to `parse_time` value by value.

    Notes
    -----
    About 60 ns a value for ISO 8601 in UTC, 300 ns for the other forms known to Polars, 3 µs for the rest.
    """
    strings, n_odd = _as_strings(values)
    micros = _fast(strings, utc_offset_min)
    whole = pl.when(micros % SECOND == 0).then(pl.lit("s")).when(micros.is_not_null()).then(pl.lit("us"))
    precision = pl.select(whole).to_series()
    if micros.null_count() > strings.null_count():
        slow = (micros.is_null() & strings.is_not_null()).arg_true()
        found = _slow(strings.gather(slow), None if collected is None else collected.gather(slow), utc_offset_min)
        micros = micros.scatter(slow, [time[0] if time else None for time in found])
        precision = precision.scatter(slow, [time[1] if time else None for time in found])
    n_unreadable = n_odd + micros.null_count() - strings.null_count()
    return Times(micros.cast(TIME), precision, n_unreadable)


def _slow(strings: pl.Series, collected: pl.Series | None, utc_offset_min: int) -> list[tuple[int, str] | None]:
    """Read each distinct time once."""
    captured = [None] * len(strings) if collected is None else collected.dt.epoch("us").to_list()
    keys = list(zip(strings.to_list(), captured, strict=True))
    known = {key: parse_time(*key, utc_offset_min) for key in dict.fromkeys(keys)}
    return [known[key] for key in keys]


def _as_strings(values: Sequence[Any] | pl.Series) -> tuple[pl.Series, int]:
    """Return the values as strings, empty ones as null, and how many others cannot be one."""
    n_odd = 0
    if isinstance(values, pl.Series):
        strings = values
    else:
        try:
            strings = pl.Series(values, dtype=pl.String)
        except (TypeError, ValueError, OverflowError):  # mixed types, lone surrogates, numbers of any size
            strings = pl.Series([_as_string(value) for value in values], dtype=pl.String)
            n_odd = strings.null_count() - values.count(None)
    is_empty = strings == ""
    return strings.set(is_empty, None) if is_empty.any() else strings, n_odd


def _as_string(value: object) -> str | None:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return str(value)


_Parser = Callable[[pl.Series, int], pl.Series]


def _by_format(pattern: str, *, is_naive: bool) -> _Parser:
    def parse(strings: pl.Series, utc_offset_min: int) -> pl.Series:
        times = strings.str.to_datetime(pattern, time_unit="us", strict=False, exact=True)
        return times.dt.epoch("us") - (utc_offset_min * 60 * SECOND if is_naive else 0)

    return parse


def _by_number(strings: pl.Series, _: int) -> pl.Series:
    numbers = pl.select(pl.when(strings.str.contains(r"^[0-9]{9,17}$")).then(strings)).to_series().cast(pl.Int64)
    # Compared before they are scaled: 17 digits times a million would overflow.
    ways = [
        pl.when(numbers.is_between(EARLIEST // scale, LATEST // scale, "left")).then(numbers * scale)
        for scale in (SECOND, 1_000, 1)
    ]
    return pl.select(pl.coalesce(ways)).to_series()


_FAST: tuple[_Parser, ...] = (
    _by_format("%Y-%m-%dT%H:%M:%SZ", is_naive=False),
    _by_format("%Y-%m-%dT%H:%M:%S%.f%#z", is_naive=False),
    _by_format("%Y-%m-%d %H:%M:%S", is_naive=True),
    _by_format("%a %b %d %H:%M:%S %z %Y", is_naive=False),
    _by_number,
)


def _fast(strings: pl.Series, utc_offset_min: int) -> pl.Series:
    """Return µs where one of the frequent forms fits; null elsewhere, also for what must be looked at twice."""
    micros = _sound(_FAST[0](strings, utc_offset_min), strings)
    for parse in _FAST[1:]:
        if micros.null_count() == strings.null_count():
            break
        rest = (micros.is_null() & strings.is_not_null()).arg_true()
        left = strings.gather(rest)
        micros = micros.scatter(rest, _sound(parse(left, utc_offset_min), left))
    return micros


def _sound(micros: pl.Series, strings: pl.Series) -> pl.Series:
    """Take out what Polars reads otherwise than we do: second 60 as the next minute, and any year."""
    is_sound = micros.is_between(EARLIEST, LATEST, "left")
    # Second 60 comes back as the first second of a minute, of which there are few; zones differ by whole minutes.
    first = (micros % (60 * SECOND) < SECOND).arg_true()
    odd = first.filter(strings.gather(first).str.contains(":60", literal=True))
    if len(odd):
        is_sound = is_sound.scatter(odd, False)
    return micros if is_sound.all() else pl.select(pl.when(is_sound).then(micros)).to_series()
