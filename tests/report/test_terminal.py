"""Lines keep to the width, whatever the script."""

from hypothesis import given
from hypothesis import strategies as st

from detector.report.escape import visible
from detector.report.terminal import cells, paint, wrap


def test_cells():
    assert cells("abc") == 3
    assert cells("汉字") == 4
    assert cells("e\u0301") == 1


def test_words_stay_whole_and_indents_hang():
    assert wrap("one two three", 11, first="- ") == ["- one two", "  three"]


def test_chinese_breaks_anywhere():
    assert wrap("议员把港口卖给了", 8) == ["议员把港", "口卖给了"]


def test_endless_words_are_broken():
    assert wrap("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


@given(st.text(max_size=200).map(visible), st.integers(10, 60))
def test_no_line_is_too_wide_and_nothing_is_lost(text, width):
    lines = wrap(text, width)
    assert max(map(cells, lines)) <= width
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_colour_only_where_wanted():
    assert paint("a", "red", colour=False) == "a"
    assert paint("a", "bold", "red", colour=True) == "\x1b[1;31ma\x1b[0m"
