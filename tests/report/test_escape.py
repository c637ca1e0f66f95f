"""Nothing that a terminal, a page, a spreadsheet or an XML reader would obey survives."""

import unicodedata
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.report.escape import csv_cell, dead_links, excerpt, trim, visible, xml

NEEDED = {0x200C, 0x200D, *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
"""Format characters that honest text shows or needs: joiners and number signs."""
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=200)


def test_every_active_character_of_unicode_becomes_a_code():
    active = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and code not in NEEDED
    ]
    survivors = [f"{ord(c):04x}" for c in active if c in visible(f"a{c}b")]
    assert survivors == []
    assert len(active) > 2200


def test_honest_text_is_untouched():
    for text in ("Député, ça va ?", "议员把港口卖给了陌生人", "می‌خواهم", "👩‍👧 🇨🇦 ✊🏽", "नमस्ते", "שָׁלוֹם", "C:\\dir"):
        assert visible(text) == text


@given(ANYTHING)
def test_visible_is_one_safe_line(text):
    shown = visible(text)
    assert all(unicodedata.category(c) not in {"Cc", "Cs", "Zl", "Zp"} for c in shown)
    assert visible(shown) == shown


def test_codes_name_the_character():
    assert visible("\x1b\x7f\x9b\u202e\ud800\U000e0041") == "\\x1b\\x7f\\x9b\\u202e\\ud800\\U000e0041"
    assert visible(" a\r\n\t\u2028b\x85") == "a b"


def test_piles_of_accents_are_cut_down():
    assert visible("e" + "\u0301" * 500 + "!") == "e" + "\u0301" * 4 + "!"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("longer", 5, "long…"),
        ("abce\u0301f", 5, "abc…"),
        ("ab👩\u200d👧cd", 5, "ab…"),
        ("a🇨🇦🇫🇷b", 5, "a🇨🇦…"),
        ("a🇨🇦🇫🇷b", 4, "a🇨🇦…"),
        ("ok✊🏽!", 4, "ok…"),
        ("e" + "\u0301" * 90, 50, "e" + "\u0301" * 48 + "…"),
        ("abc", 1, "…"),
    ],
)
def test_trim_never_splits_a_drawn_character(text, limit, expected):
    assert trim(text, limit) == expected


@given(ANYTHING, st.integers(1, 50))
def test_trim_keeps_the_limit(text, limit):
    assert len(trim(text, limit)) <= limit
    assert len(excerpt(text, limit)) <= limit


def test_excerpt_marks_what_it_drops():
    assert excerpt("a" + " " * 10_000 + "b", 20) == "a…"
    assert excerpt("x" * 100, 10) == "x" * 9 + "…"


def test_links_die():
    assert (
        dead_links("see HTTPS://a.example and http://b.example/x?y") == "see HxxPS://a.example and hxxp://b.example/x?y"
    )


@given(ANYTHING)
def test_no_cell_is_a_formula(text):
    for start in ("", "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u00a0@"):
        cell = csv_cell(start + text)
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
        assert not cell.startswith(("\t", "\r", "\n"))


def test_ordinary_cells_stay_as_they_are():
    assert csv_cell("it's = fine") == "it's = fine"


@given(ANYTHING)
def test_xml_parses_back(text):
    element = ElementTree.fromstring(f'<a b="{xml(text)}">{xml(text)}</a>')
    assert "\x00" not in (element.text or "")
