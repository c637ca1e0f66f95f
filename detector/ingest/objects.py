"""Python values to batches: mappings and frames, as a caller of the library or a Parquet file has them."""

import operator
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from detector.errors import RejectReason
from detector.ingest.decode import ABSENT, FIELDS, NESTED, Batch
from detector.ingest.lines import Fault
from detector.ingest.records import Decoder

_MAX_INT_BITS = 13_000
"""Python refuses to write longer ones out, and no id is."""


def decode_mappings(items: Sequence[object], first_number: int, decoder: Decoder) -> list[Batch]:
    """Take Python mappings for records; anything else among them is refused as `not_an_object`."""
    faults = [
        Fault(number, None, None, RejectReason.NOT_AN_OBJECT, f"a {type(item).__name__}, not a mapping", b"")
        for number, item in enumerate(items, first_number)
        if not isinstance(item, Mapping)
    ]
    found = [(number, item) for number, item in enumerate(items, first_number) if isinstance(item, Mapping)]
    batches = decoder.decode_mappings([_plain(item) for _, item in found], [number for number, _ in found])
    for batch in batches:
        batch.columns = {name: [_scalar(value) for value in values] for name, values in batch.columns.items()}
    batches[0].faults += faults
    return batches


def decode_frame(frame: pl.DataFrame, first_number: int, decoder: Decoder) -> list[Batch]:
    """Take the rows of a frame for records; columns of canonical names and types are taken as they are."""
    if not decoder.reads_as_canonical(frame.head(1).to_dicts()):
        return decode_mappings(frame.to_dicts(), first_number, decoder)
    columns = {name: _column(frame[name]) for name in FIELDS if name in frame.columns}
    return [Batch(columns, range(first_number, first_number + frame.height), range(frame.height))]


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
