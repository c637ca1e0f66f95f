"""Every frame that crosses a door: described, lawful when empty, and refused when it is not as promised."""

import polars as pl
import pytest

from detector import schema
from detector.errors import SchemaError
from detector.pipeline import scan
from detector.schema import PUBLISHED, Schema

SCHEMAS = [value for value in vars(schema).values() if isinstance(value, Schema)]


@pytest.mark.parametrize("frame", SCHEMAS, ids=lambda frame: frame.name)
def test_every_column_is_described_and_the_empty_form_is_lawful(frame):
    assert frame.row
    for name, column in frame.columns.items():
        assert len(column.meaning.split()) >= 1, name
        assert isinstance(column.dtype, pl.DataType)
        if column.dtype.is_temporal():
            assert column.dtype == schema.TIME, name
    assert frame.empty().height == 0
    assert frame.check(frame.empty()).schema == frame.dtypes()


@pytest.mark.parametrize("frame", PUBLISHED, ids=lambda frame: frame.name)
def test_a_frame_that_is_not_as_promised_is_refused_by_name(frame):
    empty = frame.empty()
    first, *_, last = empty.columns
    wrong = {
        last: empty.drop(last),
        "surplus": empty.with_columns(surplus=pl.lit(1)),
        first: empty.with_columns(pl.lit(None).alias(first)),
        "order": empty.select(reversed(empty.columns)),
    }
    for name, spoilt in wrong.items():
        with pytest.raises(SchemaError, match=f"{frame.name}: .*{name}"):
            frame.check(spoilt)


def test_a_scan_publishes_exactly_the_frames_of_the_schemas():
    result = scan([{"text": "one comment"}])
    names = [frame.name.removesuffix(".parquet").lower() for frame in PUBLISHED]
    assert list(result.frames) == names
    for name, frame in zip(names, PUBLISHED, strict=True):
        frame.check(result.frames[name])
