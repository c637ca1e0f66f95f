"""Pictures: what they say, and that they are fit to stand inside the page."""

import re
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from detector.report.charts import _strips, count_between, raster, timeline
from detector.report.scene import set_stage

FAMILIES = [f"t0{k:011x}" for k in range(3)]


def pictures(frames):
    campaign = frames["campaigns"].row(0, named=True)
    bursts = frames["bursts"].filter(pl.col("subject_id").is_in(FAMILIES))
    scene = set_stage(frames, [campaign["campaign_id"]]).scene(campaign["campaign_id"], FAMILIES)
    return timeline(campaign, scene, bursts), raster(campaign, scene, len(FAMILIES))


def test_the_words_say_what_the_picture_shows(frames):
    over_time, dots = pictures(frames)
    assert "120 comments of the campaign; the most in one 15 minutes is 40, from 2023-08-30 09:00 UTC." in over_time.svg
    assert "1 burst marked" in over_time.svg
    assert "40 accounts of the campaign" in dots.svg
    for chart in (over_time, dots):
        assert chart.svg.startswith('<svg role="img" aria-labelledby="')
        assert chart.caption


def test_equal_data_give_equal_pictures(frames):
    assert pictures(frames) == pictures(frames)


def test_nothing_outside_is_referred_to_and_ids_do_not_clash(frames):
    for chart in pictures(frames):
        assert not re.search(r"(href|src|url\()\W*(https?:)?//", chart.svg)
        assert "<style" not in chart.svg
        assert "<metadata" not in chart.svg
        ids = re.findall(r' id="([^"]+)"', chart.svg)
        assert len(ids) == len(set(ids))
        assert all("c00000000000a" in name for name in ids)


@pytest.mark.parametrize("n", [2, 5, 700, 5000])
def test_size_is_bounded(build, n):
    frames, _ = build(n, 2 * n)
    assert sum(len(chart.svg) for chart in pictures(frames)) < 200_000


def test_without_times_there_is_no_picture(frames):
    timeless = frames["comments"].with_columns(created_at=pl.lit(None, frames["comments"].schema["created_at"]))
    assert pictures(frames | {"comments": timeless}) == (None, None)


def test_all_at_one_instant(frames):
    at = frames["comments"]["created_at"].min()
    over_time, dots = pictures(frames | {"comments": frames["comments"].with_columns(created_at=pl.lit(at))})
    assert "the most in one minute is 120" in over_time.svg
    assert dots is not None


def test_times_known_to_the_day_are_drawn_by_the_day(frames):
    days = frames["comments"].with_columns(pl.col("created_at").dt.truncate("1d"))
    assert "per day" in pictures(frames | {"comments": days})[0].svg


def test_years_are_drawn_in_few_bars(frames):
    spread = frames["comments"].with_columns(pl.col("created_at") - pl.duration(days=pl.int_range(pl.len()) * 20))
    assert spread["created_at"].max() - spread["created_at"].min() > timedelta(days=4000)
    assert "per 52 weeks" in pictures(frames | {"comments": spread})[0].svg


def test_authors_unknown(frames):
    nameless = frames["comments"].with_columns(account=pl.lit(None, pl.String))
    over_time, dots = pictures(frames | {"comments": nameless})
    assert over_time is not None
    assert dots is None


def test_no_creation_dates(frames):
    unborn = frames["accounts"].with_columns(created_at=pl.lit(None, frames["accounts"].schema["created_at"]))
    assert "ordered by first comment" in pictures(frames | {"accounts": unborn})[1].caption


def test_no_other_comments(frames):
    alone = frames["comments"].filter(pl.col("campaign_id") == "c00000000000a")
    over_time, dots = pictures(frames | {"comments": alone})
    assert "Other comments on the same targets in the same period: 0" in over_time.svg
    assert "0 other accounts" in dots.svg


def test_counts_are_those_of_a_histogram():
    times = np.random.default_rng(1).integers(-50, 150, 1000)
    edges = np.arange(0, 101, 10)
    assert count_between(times[times != 100], edges).tolist() == np.histogram(times[times != 100], edges)[0].tolist()
    assert count_between(np.array([100]), edges).sum() == 0


def test_strips_cover_the_moments_of_bursts_and_no_others(frames):
    dice = np.random.default_rng(2)
    starts = dice.integers(0, 3000, 60)
    ends = starts + dice.integers(0, 40, 60)
    drawn = frames["bursts"][[0] * 60].with_columns(
        start=pl.Series(starts).cast(pl.Datetime("us", "UTC")), end=pl.Series(ends).cast(pl.Datetime("us", "UTC"))
    )
    strips = _strips(drawn, np.array([0, 7, 14]))
    covered = {t for start, end in zip(starts, ends, strict=True) for t in range(start, max(end, start + 7) + 1)}
    assert {t for start, end in strips for t in range(start, end + 1)} == covered
    assert (strips[1:, 0] > strips[:-1, 1]).all()
    assert len(strips) < 60
    assert _strips(frames["bursts"].clear(), np.array([0, 7, 14])).shape == (0, 2)
