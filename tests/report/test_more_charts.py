"""Creation dates, hours of the week and targets: the numbers against plain rows, the words, the size."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from detector.report.births import BATCH_DAYS, BATCH_EXCESS, BATCH_MIN, batches, births
from detector.report.findings import top_targets
from detector.report.html import render
from detector.report.scene import set_stage
from detector.report.week import DAYS, by_hour, week

ID = "c00000000000a"


def drawn(frames, draw):
    campaign = frames["campaigns"].row(0, named=True)
    return draw(campaign, set_stage(frames, [ID]).scene(ID, []))


def number(cell):
    return int(cell.replace(",", ""))


def test_creation_dates_are_those_of_the_accounts(frames):
    """The slow twin counts account by account; a source is none of the campaign's."""
    is_first = pl.int_range(pl.len()) == 0
    role = pl.when(is_first).then(pl.lit("source")).otherwise("role")
    frames |= {"accounts": frames["accounts"].with_columns(role=role)}
    chart = drawn(frames, births)
    starts = [datetime.fromisoformat(row[0]).replace(tzinfo=UTC) for row in chart.table.rows]
    counts = {start: [0, 0] for start in starts}
    unit = timedelta(days={"4 weeks": 28, "13 weeks": 91}[chart.table.head[0].split(" from")[0]])
    for account in frames["accounts"].to_dicts():
        is_other = account["campaign_id"] != ID or account["role"] == "source"
        for start in starts:
            counts[start][is_other] += start <= account["created_at"] < start + unit
    assert [[number(cell) for cell in row[1:]] for row in chart.table.rows] == list(counts.values())
    assert sum(own for own, _ in counts.values()) == 39
    assert "39 accounts of the campaign, created from" in chart.svg


def test_batches_are_those_that_a_search_finds():
    dice = np.random.default_rng(3)
    day = 86_400_000_000
    other = np.sort(dice.integers(0, 3000 * day, 800))
    own = np.sort(np.append(dice.integers(0, 3000 * day, 40), 1000 * day + dice.integers(0, day, 12)))
    found = []
    for begin in own:
        end = begin + BATCH_DAYS * day
        within = [time for time in own if begin <= time <= end]
        expected = len(own) * (sum(begin <= time <= end for time in other) + 1) / (len(other) + 1)
        if len(within) >= max(BATCH_MIN, BATCH_EXCESS * expected):
            found.append([begin, within[-1]])
    assert found
    assert batches(own, other).tolist() == found
    assert not len(batches(own, other[:0]))


def test_a_sign_up_wave_that_all_share_is_no_batch(frames):
    at = datetime(2023, 8, 1, tzinfo=UTC)
    together = frames["accounts"].with_columns(created_at=pl.lit(at).cast(pl.Datetime("us", "UTC")))
    chart = drawn(frames | {"accounts": together}, births)
    assert "0 batches marked" in chart.svg
    assert "Yellow" not in chart.caption


def test_hours_of_the_week_are_those_of_the_calendar():
    times = np.random.default_rng(4).integers(-(10**15), 2 * 10**15, 3000)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    moments = [epoch + timedelta(microseconds=int(time)) for time in times]
    counts = Counter((moment.weekday(), moment.hour) for moment in moments)
    assert by_hour(times).tolist() == [[counts[day, hour] for hour in range(24)] for day in range(len(DAYS))]


def test_the_words_say_what_the_squares_show(frames):
    chart = drawn(frames, week)
    assert "busiest hour: Wednesday from 09:00, 40 of 120 comments" in chart.svg
    assert chart.table.rows[9][3].startswith("40 / ")
    cells = [cell.split(" / ") for row in chart.table.rows for cell in row[1:]]
    assert [sum(number(cell[k]) for cell in cells) for k in (0, 1)] == [120, 180]


def test_times_known_to_the_day_have_no_hours(frames):
    days = frames["comments"].with_columns(pl.col("created_at").dt.truncate("1d"))
    assert drawn(frames | {"comments": days}, week) is None


def test_without_creation_dates_there_is_no_picture_of_them(frames):
    few = pl.when(pl.int_range(pl.len()) < 4).then("created_at")
    assert drawn(frames | {"accounts": frames["accounts"].with_columns(created_at=few)}, births) is None


def test_nothing_to_compare_with(frames):
    alone = {name: frames[name].filter(pl.col("campaign_id") == ID) for name in ("comments", "accounts")}
    for draw in (births, week):
        chart = drawn(frames | alone, draw)
        assert "to compare with" in chart.caption
        assert chart.svg == drawn(frames | alone, draw).svg


@pytest.mark.parametrize("n", [5, 5000])
def test_size_is_bounded(build, n):
    frames, _ = build(n, 2 * n)
    for draw in (births, week):
        chart = drawn(frames, draw)
        assert len(chart.svg) < 60_000
        assert len(chart.table.rows) <= 241


def test_targets_are_counted_and_the_others_summed(frames):
    comments = frames["comments"].filter(pl.col("campaign_id") == ID)
    comments = comments.with_columns(pl.when(pl.int_range(pl.len()) % 5 > 0).then("target").alias("target"))
    shown, further = top_targets(comments, 7)
    counts = Counter(comments["target"].drop_nulls().to_list())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    assert [(row["target"], row["n_comments"]) for row in shown] == ranked[:7]
    last = {name for name, _ in ranked[7:]}
    rows = [row for row in comments.to_dicts() if row["target"] in last]
    accounts = {row["account"] for row in rows}
    assert further == {"n_targets": len(last), "n_comments": len(rows), "n_accounts": len(accounts)}


def test_the_page_sums_what_it_does_not_name(frames, run):
    """Bars are as long as their counts, and a name of a target stays a name."""
    many = pl.concat_str(pl.lit("<b>汉</b>"), pl.int_range(pl.len()) % 17)
    page = render(frames | {"comments": frames["comments"].with_columns(target=many)}, run)
    assert "<b>" not in page
    assert "5 further targets together" in page
    bars = re.findall(r'<rect width="([\d.]+)" height="10"/></svg></td><td class="n">(\d+)</td>', page)
    assert len(bars) == 24
    for top in (0, 12):
        for width, n in bars[top : top + 12]:
            assert float(width) == pytest.approx(100 * int(n) / int(bars[top][1]), abs=0.051)
