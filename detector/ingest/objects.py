"""Python values to batches: mappings and frames, as a caller of the library or a Parquet file has them."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from detector.errors import RejectReason
from detector.ingest.decode import ABSENT, FIELDS, NESTED, Batch
from detector.ingest.lines import Fault
from detector.ingest.roots import Roots

_MAX_INT_BITS = 13_000
"""Python refuses to write longer ones out, and no id is."""


def take_mappings(items: Sequence[object], first_number: int) -> Roots:
    """Take Python mappings for roots; anything else among them is refused as `not_an_object`."""
    roots = Roots()
    for place, item in enumerate(items):
        number = first_number + place
        if isinstance(item, Mapping):
            roots.values.append(_plain(item))
            roots.numbers.append(number)
            roots.places.append(place)
        else:
            detail = f"a {type(item).__name__}, not a mapping"
            roots.faults.append(Fault(number, None, None, RejectReason.NOT_AN_OBJECT, detail, b""))
    return roots


def simplify(batch: Batch) -> Batch:
    """Return a batch whose values are such as JSON has."""
    columns = {name: [_scalar(value) for value in values] for name, values in batch.columns.items()}
    return replace(batch, columns=columns)


def take_columns(frame: pl.DataFrame, first_number: int) -> Batch:
    """Take the columns of canonical names for a batch, where their types allow as they are."""
    columns = {name: _column(frame[name]) for name in FIELDS if name in frame.columns}
    return Batch(columns, range(first_number, first_number + frame.height), range(frame.height))


def _column(values: pl.Series) -> pl.Series | list[Any]:
    """Return a column as `Batch` wants it."""
    if isinstance(values.dtype, pl.Datetime):
        zoned = values.dt.convert_time_zone("UTC") if values.dtype.time_zone else values
        return zoned.dt.to_string("%Y-%m-%dT%H:%M:%S%.f" + "Z" * bool(values.dtype.time_zone))
    if values.dtype == pl.String and not values.str.contains("\0", literal=True).any():
        return values
    if values.dtype in (pl.Int64, pl.Boolean) and values.name in ("author_verified", *_COUNTS):
        return values
    return [_scalar(value) for value in values.to_list()]


_COUNTS = ("author_followers", "author_following", "author_posts", "like_count")


def _plain(item: Mapping[Any, Any]) -> dict[str, Any]:
    is_plain = type(item) is dict and all(type(name) is str for name in item)
    return item if is_plain else {name: value for name, value in item.items() if isinstance(name, str)}  # type: ignore[return-value]


def _scalar(value: object) -> object:
    """Return a Python value as JSON would have given it: times as ISO 8601, numbers of any library as `int`."""
    if isinstance(value, str):
        return str.__str__(value)  # subclasses (numpy.str_) would confuse Polars
    if isinstance(value, int) and value.bit_length() > _MAX_INT_BITS:
        return NESTED
    if value is None or value is ABSENT or isinstance(value, (int, float)):
        return None if value != value else value  # NaN is how pandas writes a missing value
    if isinstance(value, date):
        return value.isoformat()
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return NESTED
