"""Strings put in order by their bytes as numbers, against a sort of the bytes."""

import random

import polars as pl
import pytest

from detector.judge import order
from detector.judge.order import order_strings

SIMILAR = ["", "a", "b", "\0", "a\0", "a\0\0b", "0" * 8, "0" * 9, "0" * 31, "0" * 32, "0" * 33, "é", "汉字汉", "ÿ", "~"]


def slow(strings):
    return sorted(range(len(strings)), key=lambda row: (strings[row].encode(), row))


@pytest.mark.parametrize("at_a_time", [1, 3, 1 << 18])
def test_the_order_is_that_of_bytes_and_of_rows_among_equals(monkeypatch, at_a_time):
    monkeypatch.setattr(order, "_AT_A_TIME", at_a_time)
    dice = random.Random(0)
    for n in (0, 1, 2, 400):
        strings = ["".join(dice.choice(SIMILAR) for _ in range(dice.randrange(4))) for _ in range(n)]
        assert order_strings(pl.Series(strings, dtype=pl.String)).tolist() == slow(strings)


@pytest.mark.parametrize("prefix", ["", "1", "12345678", "1234567890123456", "x" * 31, "x" * 40])
def test_a_long_common_beginning_changes_nothing(prefix):
    dice = random.Random(1)
    strings = [f"{prefix}{dice.randrange(5_000)}" for _ in range(2_000)]
    assert order_strings(pl.Series(strings)).tolist() == slow(strings)
