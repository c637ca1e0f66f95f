"""Python values to batches: mappings and frames, as a caller of the library has them."""

import operator
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from detector.errors import RejectReason
from detector.ingest.decode import ABSENT, FIELDS, NESTED, Batch
from detector.ingest.lines import Fault

_MAX_INT_BITS = 13_000
"""Python refuses to write longer ones out, and no id is."""


def decode_mappings(items: Sequence[object], first_number: int) -> Batch:
    """Take Python mappings for records; anything else among them is refused as `not_an_object`."""
    faults = [
        Fault(number, None, None, RejectReason.NOT_AN_OBJECT, f"a {type(item).__name__}, not a mapping", b"")
        for number, item in enumerate(items, first_number)
        if not isinstance(item, Mapping)
    ]
    found = [(number, item) for number, item in enumerate(items, first_number) if isinstance(item, Mapping)]
    columns = {
        name: [_scalar(item.get(name, ABSENT if name == "text" else None)) for _, item in found] for name in FIELDS
    }
    return Batch(columns, [number for number, _ in found], faults=faults)


def decode_frame(frame: pl.DataFrame, first_number: int) -> Batch:
    """Take the columns of a frame that carry canonical names."""
    n = frame.height
    columns: dict[str, list[Any]] = {name: [ABSENT if name == "text" else None] * n for name in FIELDS}
    for name in columns.keys() & set(frame.columns):
        columns[name] = [_scalar(value) for value in frame[name].to_list()]
    return Batch(columns, range(first_number, first_number + n))


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
