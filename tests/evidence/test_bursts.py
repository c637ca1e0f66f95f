import random
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from twins import chance

from detector.config import EvidenceConfig
from detector.evidence.bursts import find_bursts
from detector.evidence.traffic import observe_traffic

START = datetime(2024, 3, 4, tzinfo=UTC)


def moments(dice, n, days):
    """Draw hours of ordinary traffic, busier in the evening."""
    found = []
    while len(found) < n:
        hour = dice.uniform(0, 24 * days)
        if dice.random() < (1.0 if 16 <= hour % 24 <= 22 else 0.3):
            found.append(hour)
    return found


def find(comments_of, hours_by_target, cluster="", bin_min=60):
    """Find the bursts of a dump of hours after the start; `cluster` names the target whose comments are one."""
    records = [
        {"text": f"comment {target} {i}", "id": f"{target}{i}", "author_id": f"{target}{i}", "target": target,
         "created_at": hour if isinstance(hour, str) else (START + timedelta(hours=hour)).isoformat()}
        for target, hours in hours_by_target.items()
        for i, hour in enumerate(hours)
    ]  # fmt: skip
    comments = comments_of(records)
    rows = comments.filter(pl.col("target") == cluster)["row"].to_numpy().astype(np.int64)
    traffic = observe_traffic(comments, EvidenceConfig())
    names = pl.Series(["tfeed"])
    return comments, find_bursts(traffic, rows, np.zeros(len(rows), dtype=np.int64), names, bin_min=bin_min)


@pytest.mark.parametrize("days", [10, 30])
def test_a_planted_burst_is_found_at_its_hours_and_no_other(comments_of, days):
    dice = random.Random(days)
    hours = {"x:t": moments(dice, 10 * days, days), "x:u": moments(dice, 20 * days, days)}
    hours["x:t"] += [24 * 5 + 3 + dice.uniform(0, 2) for _ in range(80)]
    _, bursts = find(comments_of, hours)
    assert bursts.select("subject_kind", "subject_id").rows() == [("target", "x:t")]
    assert bursts["start"][0] == START + timedelta(days=5, hours=3)
    assert bursts["end"][0] == START + timedelta(days=5, hours=5)
    assert bursts["observed"][0] >= 80 > 20 > bursts["expected"][0]
    assert bursts["surprise_bits"][0] >= 20


def test_steady_traffic_with_a_daily_rhythm_holds_no_burst(comments_of):
    dice = random.Random(3)
    for days in (5, 28):
        _, bursts = find(comments_of, {f"x:t{k}": moments(dice, 40 * days, days) for k in range(4)}, cluster="x:t1")
        assert bursts.is_empty()


@pytest.mark.parametrize(("days", "bin_min"), [(18, 60), (30, 60), (18, 30)])
def test_bursts_are_those_that_a_loop_finds(comments_of, days, bin_min):
    dice = random.Random(4)
    hours = {f"x:t{k}": moments(dice, 300, days) for k in range(3)}
    for k in range(3):
        for _ in range(3):
            at = dice.uniform(0, 24 * days - 3)
            hours[f"x:t{k}"] += [at + dice.uniform(0, 3) for _ in range(dice.randint(60, 150))]
    comments, bursts = find(comments_of, hours, cluster="x:t2", bin_min=bin_min)
    times = comments.select("target", time=pl.col("created_at").dt.timestamp("us"))
    width = bin_min * 60_000_000
    expected = []
    for kind, name, target in (("cluster", "tfeed", "x:t2"), *(("target", f"x:t{k}", f"x:t{k}") for k in range(3))):
        own = times.filter(pl.col("target") == target)["time"].to_list()
        for first, last, observed in chance.bursts(own, times["time"].to_list(), width):
            expected.append((kind, name, first * width, (last + 1) * width, observed))
    found = bursts.select(
        "subject_kind", "subject_id", pl.col("start", "end").dt.timestamp("us"), pl.col("observed").cast(pl.Int64)
    )
    assert len(expected) >= 4
    assert found.rows() == expected


def test_times_to_the_day_and_no_times_give_no_bursts(comments_of):
    days = ["2024-03-04"] * 50 + [f"2024-03-{day:02d}" for day in range(5, 30)]
    assert find(comments_of, {"x:t": days})[1].is_empty()
    comments = comments_of(["one", "two"])
    traffic = observe_traffic(comments, EvidenceConfig())
    none = np.zeros(0, dtype=np.int64)
    assert find_bursts(traffic, none, none, pl.Series([], dtype=pl.String), bin_min=60).is_empty()
