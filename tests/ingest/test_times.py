from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.ingest.shown_times import precision_of
from detector.ingest.time_columns import parse_times
from detector.ingest.times import parse_time
from detector.schema import PRECISIONS

CAPTURED = datetime(2023, 10, 23, 2, 14, 7, tzinfo=UTC)

ABSOLUTE = [
    ("2018-10-10T20:19:24Z", "2018-10-10T20:19:24", "s"),
    ("2018-10-10T20:19:24.000Z", "2018-10-10T20:19:24", "s"),
    ("2018-10-10T20:19:24.123Z", "2018-10-10T20:19:24.123", "us"),
    ("2018-10-10T20:19:24.123456789Z", "2018-10-10T20:19:24.123456", "us"),
    ("2018-10-10T20:19:24+0000", "2018-10-10T20:19:24", "s"),
    ("2018-10-10T20:19:24+05:30", "2018-10-10T14:49:24", "s"),
    ("2018-10-10T20:19:24-05", "2018-10-11T01:19:24", "s"),
    ("2018-10-10 20:19:24+00:00", "2018-10-10T20:19:24", "s"),
    ("2018-10-10 20:19:24 +0000", "2018-10-10T20:19:24", "s"),
    ("2018-10-10 20:19:24 UTC", "2018-10-10T20:19:24", "s"),
    ("2018-10-10 20:19:24", "2018-10-10T20:19:24", "s"),
    ("2018/10/10 20:19", "2018-10-10T20:19", "min"),
    ("2017-08-19 15:13", "2017-08-19T15:13", "min"),
    ("2018-10-10T20Z", "2018-10-10T20:00", "hour"),
    ("2018-10-10", "2018-10-10T00:00", "day"),
    ("2018-10", "2018-10-01T00:00", "month"),
    ("2018", "2018-01-01T00:00", "year"),
    ("Wed Oct 10 20:19:24 +0000 2018", "2018-10-10T20:19:24", "s"),
    ("Wed Oct 10 20:19:24 +0800 2018", "2018-10-10T12:19:24", "s"),
    ("2021-05-01 10:00:00 EDT", "2021-05-01T14:00:00", "s"),
    ("Wed, 10 Oct 2018 20:19:24 +0000", "2018-10-10T20:19:24", "s"),
    ("10 Oct 2018 20:19 GMT", "2018-10-10T20:19:00", "min"),
    ("2018年10月10日 20:19", "2018-10-10T20:19:00", "min"),
    ("1539202764", "2018-10-10T20:19:24", "s"),
    (1539202764, "2018-10-10T20:19:24", "s"),
    (1539202764.5, "2018-10-10T20:19:24.5", "us"),
    ("1539202764.5", "2018-10-10T20:19:24.5", "us"),
    (1539202764000, "2018-10-10T20:19:24", "s"),
    (1539202764123456, "2018-10-10T20:19:24.123456", "us"),
    ("1990-01-01T00:00:00Z", "1990-01-01T00:00:00", "s"),
    ("1989-12-31T23:00:00-01:00", "1990-01-01T00:00:00", "s"),
    ("2099-12-31T23:59:59Z", "2099-12-31T23:59:59", "s"),
    ("2100-01-01T00:00:00+00:01", "2099-12-31T23:59:00", "s"),
]

RELATIVE = [
    ("2 days ago (edited)", "2023-10-21T02:14:07", "day"),
    ("an hour ago", "2023-10-23T01:14:07", "hour"),
    ("5 minutes ago", "2023-10-23T02:09:07", "min"),
    ("3 weeks ago", "2023-10-02T02:14:07", "month"),
    ("1 month ago", "2023-09-23T02:14:07", "month"),
    ("2 years ago", "2021-10-23T02:14:07", "year"),
    ("3天前", "2023-10-20T02:14:07", "day"),
    ("2个小时前", "2023-10-23T00:14:07", "hour"),
    ("5分钟前", "2023-10-23T02:09:07", "min"),
    ("刚刚", "2023-10-23T02:14:07", "min"),
    ("昨天 10:20", "2023-10-22T10:20:00", "min"),
    ("10月10日 20:19", "2023-10-10T20:19:00", "min"),
    ("12月24日 20:19", "2022-12-24T20:19:00", "min"),
    ("il y a 2 jours", "2023-10-21T02:14:07", "day"),
    ("2d", "2023-10-21T02:14:07", "day"),
    ("Streamed 2 days ago", "2023-10-21T02:14:07", "day"),
    ("3 週前（已編輯）", "2023-10-02T02:14:07", "month"),
    ("2 個小時前", "2023-10-23T00:14:07", "hour"),
    ("半小时前", "2023-10-23T01:44:07", "hour"),
    ("hace 2 días", "2023-10-21T02:14:07", "day"),
    ("há 3\xa0semanas", "2023-10-02T02:14:07", "month"),
    ("vor einer Stunde", "2023-10-23T01:14:07", "hour"),
]

HOSTILE = [
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"),
    *("9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "2018-02-30T00:00:00Z", "2018-13-01T00:00:00Z"),
    *("2018-10-10T20:19:60Z", "2018-10-10T20:60:24Z", "2018-10-10T25:00:00Z", "2018-10-10T24:00:00Z"),
    *("2018-10-10T20:19:24+99:00", "2018-10-10T20:19:24+00:75", "2018-10-10 20:19:24 XYZ", "30 Feb 2018 10:00"),
    *("Wed Foo 10 20:19:24 +0000 2018", "Fri Feb 30 20:19:60 +0000 2018", "NaN", "Infinity", "-1539202764", "１２３"),
    *("99999999999999999", "1e400", "1.83E+18", "null", "soon", "99/99/9999", "2018-10-10T20:19:24Z junk", "９" * 10),
    *(0, -1, 10**18, 10**30, -(10**18), 1e18, 1e30, float("nan"), float("inf"), True, False),
    *("0001-01-01T00:00:00+14:00", "1990-01-01T00:00:00+00:01", "2100-01-01T00:00:00Z", "2099-12-31T23:59:59-00:01"),
    *("2023-02-29T10:00:00Z", "2018-10-10 20:19:60", "Wed Oct 10 20:19:60 +0000 2018", 10**39, -(10**50), -0.0),
    *("9999 years ago", "x" * 100_000, "1" * 5_000, "\ud800", "2018-10-10T20:19:24Z\0"),
]


def read(value, collected=None, offset_min=0):
    collected = None if collected is None else pl.Series([collected], dtype=pl.Datetime("us", "UTC"))
    times = parse_times([value], collected, offset_min)
    return times.at[0], times.precision[0], times.n_unreadable


@pytest.mark.parametrize(("value", "expected", "precision"), ABSOLUTE)
def test_absolute_times(value, expected, precision):
    assert read(value) == (datetime.fromisoformat(expected).replace(tzinfo=UTC), precision, 0)


@pytest.mark.parametrize(("value", "expected", "precision"), RELATIVE)
def test_relative_times_need_the_time_of_capture(value, expected, precision):
    assert read(value, CAPTURED) == (datetime.fromisoformat(expected).replace(tzinfo=UTC), precision, 0)
    assert read(value) == (None, None, 1)


@pytest.mark.parametrize(("words", "precision"), [(words, precision) for words, _, precision in RELATIVE])
def test_relative_words_say_how_well_they_give_a_time(words, precision):
    assert precision_of(words) == precision


@pytest.mark.parametrize(
    "words", ["", None, 12, "2018-10-10", "2018-10-10T20:19:24Z", "1539202764", "02-30", "9" * 5_000]
)
def test_other_words_say_nothing_about_it(words):
    assert precision_of(words) is None


@pytest.mark.parametrize(
    ("shown", "precision"),
    [
        ("2 años", "year"),
        ("3w", "month"),
        ("5 d", "day"),
        ("il y a 4 h", "hour"),
        ("vor 10 Minuten", "min"),
        ("3天前", "day"),
        ("Yesterday", "day"),
        ("4 March 2019", "day"),
        ("1 неделю", "year"),
        ("March 4 at 5:30 PM", "min"),
    ],
)
def test_a_reckoned_time_is_no_finer_than_what_was_shown(shown, precision):
    assert precision_of(shown) == precision


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value)[:40])
def test_hostile_times_are_null_and_counted(value):
    assert read(value, CAPTURED) == (None, None, 1)


def test_nothing_is_not_unreadable():
    assert read(None) == (None, None, 0)
    assert read("") == (None, None, 0)


def test_times_without_a_zone_take_the_configured_one():
    expected = datetime(2018, 10, 10, 12, 19, 24, tzinfo=UTC)
    assert read("2018-10-10 20:19:24", offset_min=480)[0] == expected
    assert read("2018-10-10T20:19:24Z", offset_min=480)[0] == datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC)
    assert read("昨天 10:20", CAPTURED, 480)[0] == datetime(2023, 10, 22, 2, 20, tzinfo=UTC)


NEAR_TIMES = st.one_of(
    st.sampled_from([text for text, *_ in ABSOLUTE + RELATIVE if isinstance(text, str)]).flatmap(
        lambda text: st.tuples(st.integers(0, len(text)), st.sampled_from("0123456789-+:.TZ ")).map(
            lambda edit: text[: edit[0]] + edit[1] + text[edit[0] + 1 :]
        )
    ),
    st.datetimes(datetime(1980, 1, 1), datetime(2110, 1, 1)).map(lambda time: time.isoformat() + "Z"),
    st.datetimes(datetime(1980, 1, 1), datetime(2110, 1, 1)).map(lambda time: time.strftime("%Y-%m-%d %H:%M:%S")),
    st.integers(-(10**19), 10**19).map(str),
    st.text(max_size=30),
)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), NEAR_TIMES), max_size=8), st.sampled_from([0, -300, 480]))
def test_a_column_is_read_as_each_value_alone(values, offset_min):
    times = parse_times(values, None, offset_min)
    singly = [parse_time(value, None, offset_min) if value else None for value in values]
    assert times.at.dt.epoch("us").to_list() == [found and found[0] for found in singly]
    assert times.precision.to_list() == [found and found[1] for found in singly]
    assert set(times.precision.drop_nulls()) <= set(PRECISIONS)
    assert times.n_unreadable == sum(1 for value, found in zip(values, singly, strict=True) if value and not found)
