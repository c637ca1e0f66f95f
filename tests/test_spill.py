"""What lies on disk is equal to what would lie in memory, and leaves nothing behind."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import OutputError
from detector.spill import Spill

STRINGS = st.one_of(st.none(), st.text(max_size=40), st.sampled_from(["a" * 12, "a" * 13, "你好" * 9, "\0", ""]))


@given(st.lists(st.tuples(STRINGS, STRINGS, st.integers(0, 9)), max_size=30))
def test_a_spilled_frame_is_equal_to_the_frame(rows):
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String, "n": pl.Int64}, orient="row")
    spilled = Spill(0).hold(frame)
    assert spilled.equals(frame)
    assert spilled.schema == frame.schema
    order = np.random.default_rng(0).permutation(frame.height)
    assert pl.concat([spilled, frame])[order].equals(frame[order])


def test_what_fits_stays_in_memory_and_the_rest_does_not(tmp_path):
    frame = pl.DataFrame({"a": ["a long enough string " + str(i) for i in range(1_000)]})
    spill = Spill(int(frame.estimated_size() * 1.5), tmp_path)
    assert spill.hold(frame) is frame
    before = _mapped_bytes()
    held = spill.hold(frame)
    assert held.equals(frame)
    assert _mapped_bytes() - before >= frame["a"].str.len_bytes().sum()
    assert not isinstance(spill.allocate((10,), np.uint8), np.memmap)
    array = spill.allocate((1_000, 64), np.uint32)
    assert isinstance(array, np.memmap)
    array[:] = np.arange(64)
    assert (array.sum(axis=0) == 1_000 * np.arange(64)).all()
    assert list(tmp_path.iterdir()) == []


def test_without_a_bound_nothing_is_spilled():
    frame = pl.DataFrame({"a": ["a long enough string"] * 10})
    assert Spill().hold(frame) is frame
    assert not isinstance(Spill().allocate((1 << 20,), np.uint8), np.memmap)


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path):
    with pytest.raises(OutputError, match="no disk space"):
        Spill(0, tmp_path / "none").allocate((10,), np.uint8)
    with pytest.raises(OutputError, match="no disk space"):
        Spill(0, tmp_path).allocate((1 << 60,), np.uint8)


def _mapped_bytes():
    with open("/proc/self/maps", encoding="utf-8") as maps:
        spans = [line.split()[0].split("-") for line in maps if "(deleted)" in line]
    return sum(int(end, 16) - int(start, 16) for start, end in spans)
