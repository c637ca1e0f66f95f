"""The summary at the end of a scan."""

import re

import polars as pl
import pytest

from detector.report.summary import summarise
from detector.report.terminal import cells

SAFE = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]*")


def summary(frames, run, width=100, colour=False):
    return summarise(frames, run, seconds=75.2, peak_mib=312.3, width=width, colour=colour)


def test_it_says_what_was_read_found_and_not_tested(frames, run):
    text = " ".join(summary(frames, run).split())
    for words in (
        "310 records from dump.jsonl",
        "300 comments accepted, 8 skipped (5 repeated, 3 repost), 1 refused (1 invalid json), 1 blank, 2 repaired",
        "140 accounts, 6 families of near copies, 30 Aug to 3 Sep 2023",
        "Found 2 campaigns: 1 high, 1 low.",
        "40 accounts, 120 comments, 12 targets, 30 Aug to 31 Aug 2023",
        "40 accounts posted near copies of 3 texts",
        "9 of 10 copies came within 60 seconds",
        "a person must decide",
        "dormancy: the dump holds no earlier activity",
        "with times shuffled, no campaign to flag; with authors dealt anew, no campaign to flag.",
        "1 min 15 s, 312 MiB",
    ):
        assert words in text
    assert "31 of 40 accounts were created" not in text, "only the two strongest reasons"
    assert "older accounts posted the same" not in text


def test_nothing_found_is_said_plainly(empty):
    text = summary(*empty)
    assert "No coordinated campaign found." in text
    assert "not a clearance" in text
    assert "dormancy" in text
    assert "times unknown" in text


def test_refused_lines_come_first_when_they_are_many(frames, run):
    text = summary(frames, run | {"too_many_rejects": True})
    assert text.startswith("Warning: 1 of 310 records were refused (1 invalid json).")


def test_only_ten_campaigns_are_shown(frames, run):
    many = frames | {"campaigns": pl.concat([frames["campaigns"]] * 8)}
    text = summary(many, run)
    assert text.count("120 comments, 12 targets") == 10
    assert "and 6 more" in text


def test_nothing_flagged_is_said(frames, run):
    run["counts"] |= {"flagged_comments": 0, "flagged_accounts": 0}
    assert "no account and no comment is flagged" in " ".join(summary(frames, run).split())


@pytest.mark.parametrize("width", [30, 40, 80, 110])
def test_lines_keep_to_the_width(build, width):
    frames, run = build(word=lambda text: text)
    assert max(cells(line) for line in summary(frames, run, width).split("\n")) <= width


@pytest.mark.parametrize("width", [1, 36, 100])
def test_hostile_text_reaches_no_terminal(hostile, hostile_text, width):
    frames, run = hostile(hostile_text)
    text = summary(frames, run | {"too_many_rejects": True}, width)
    assert SAFE.fullmatch(text.replace("\n", ""))
    assert len(text) < 20_000


def test_hostile_text_cannot_add_lines_or_colours(hostile):
    frames, run = hostile("two\nlines\x1b[31m")
    coloured = summary(frames, run, colour=True)
    assert set(re.findall(r"\x1b\[[0-9;]*m", coloured)) <= {"\x1b[0m", "\x1b[1m", "\x1b[1;31m", "\x1b[1;36m"}
    assert "\nlines" not in coloured


def test_the_words_keep_the_line_that_the_tool_holds(frames, run):
    text = summary(frames, run).lower()
    assert not re.search(r"\bbots?\b|china|russia|beijing|troll", text)
