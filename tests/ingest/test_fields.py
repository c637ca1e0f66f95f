import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.ingest.decode import ABSENT, NESTED
from detector.ingest.fields import counts, flags, ids, labels, texts

COUNTS = [
    ("1.2K", 1200), ("1,204", 1204), ("1.204", 1204), ("1 204", 1204), ("1.2万", 12_000), ("3亿", 300_000_000),
    ("12", 12), ("1.2k+", 1200), ("2M", 2_000_000), ("1,2 k", 1200), ("1,234,567", 1_234_567), ("-5", -5), (-5, -5),
    (7.0, 7), ("7", 7), (2**63 - 1, 2**63 - 1),
]  # fmt: skip
NO_COUNTS = [2**63, 2.5, 1e300, float("inf"), "many", "1.2.3", "1e5", True, NESTED, "9" * 5000, "--3", "1K2", "٣"]


@pytest.mark.parametrize(("value", "expected"), COUNTS)
def test_counts_in_figures_and_in_words(value, expected):
    column = counts([value, None])
    assert column.values.to_list() == [expected, None]
    assert column.n_unreadable == 0


@pytest.mark.parametrize("value", NO_COUNTS, ids=lambda value: ascii(value)[:20])
def test_what_is_no_count_is_null_and_counted(value):
    column = counts([value, 3])
    assert column.values.to_list() == [None, 3]
    assert column.n_unreadable == 1


def test_flags_in_words():
    values = [True, "not_verified", "blue_verified", 0, "1", "No", None, "", "perhaps", 2, NESTED]
    column = flags(values)
    assert column.values.to_list() == [True, False, True, False, True, False, None, None, None, None, None]
    assert column.n_unreadable == 3


def test_ids_are_exact_at_any_size_and_never_rounded():
    values = ["07", 2**64 + 1, 12.0, "1.83E+18", 1.83e18, "1E+02", True, "", None, NESTED]
    column = ids(values)
    assert column.values.to_list() == ["07", str(2**64 + 1), "12", None, None, "1E+02", None, None, None, None]
    assert column.n_unreadable == 4


def test_texts_are_strings_only_and_absent_is_not_unreadable():
    column = texts(["a", ABSENT, None, 3, NESTED])
    assert column.values.to_list() == ["a", None, None, None, None]
    assert column.n_unreadable == 2


def test_nul_and_lone_surrogates_are_replaced_and_pairs_joined():
    column = labels(["a\0b", "\ud800x", "\ud83d\ude00", "fine", 5])
    assert column.values.to_list() == ["a\ufffdb", "\ufffdx", "😀", "fine", "5"]
    assert column.repaired == {0, 1, 2}


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just(NESTED))


@settings(deadline=None)
@given(st.lists(SCALARS, max_size=6), st.sampled_from([texts, labels, ids, counts, flags]))
def test_any_value_is_read_or_counted(values, reader):
    column = reader(values)
    assert len(column.values) == len(values)
    n_present = sum(value is not None and value != "" for value in values)
    n_read = sum(value is not None and value != "" for value in column.values.to_list())
    assert n_read + column.n_unreadable == n_present
