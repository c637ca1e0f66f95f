"""What exports do to innocent comments accuses nobody: not in the reading alone, but in the verdict."""

import random
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from detector.lab.simulate import simulate
from detector.pipeline import scan

ROOT = Path(__file__).parents[1]
START = datetime(2024, 3, 4, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def quiet():
    """Comments among which nobody coordinates, as records."""
    frame = simulate(ROOT / "seeds/0019-quiet.toml", scale=0.2).comments
    return [{name: value for name, value in row.items() if value is not None} for row in frame.to_dicts()]


@pytest.fixture(scope="module")
def campaign():
    """Comments with a campaign among them, as records."""
    frame = simulate(next(ROOT.glob("seeds/0001-*.toml")), scale=0.05).comments
    return [{name: value for name, value in row.items() if value is not None} for row in frame.to_dicts()]


def verdict(result):
    return result.accounts.select("account", "tier", "score", "flagged").rows()


def flagged(result):
    return set(result.accounts.filter("flagged")["account"])


def test_rows_that_an_export_repeats_are_no_copies(quiet):
    once = scan(quiet)
    twice = scan([*quiet, *quiet, *quiet[::2]])
    assert verdict(twice) == verdict(once)
    assert twice.run["counts"]["skipped_by_reason"] == {"repeated": len(quiet) + len(quiet[::2])}


def test_people_without_a_name_are_not_one_account(quiet):
    text = "We were told that the ferry would run again by the end of the month"
    nobody = [
        {"id": f"d{i}", "platform": "reddit", "text": f"{text} {i % 3}", "author_handle": "[deleted]",
         "created_at": (START + timedelta(hours=7 * i)).isoformat(), "target": f"reddit:t3_{i % 9}"}
        for i in range(60)
    ]  # fmt: skip
    result = scan([*quiet, *nobody])
    assert not flagged(result)
    assert not result.accounts["account"].str.contains("deleted").any()


def test_what_a_button_writes_is_not_what_many_people_say(quiet):
    dice = random.Random(5)
    shares = [
        {"id": f"s{i}", "platform": "x", "author_id": f"sharer{i}", "author_created_at": "2015-04-01T00:00:00Z",
         "text": "Check out this video on YouTube: https://youtu.be/hB7_lkT0qMs",
         "created_at": (START + timedelta(seconds=dice.uniform(0, 3_600))).isoformat()}
        for i in range(80)
    ]  # fmt: skip
    result = scan([*quiet, *shares])
    assert not flagged(result)
    assert any("share button" in warning for warning in result.run["warnings"])


def test_hashes_in_place_of_handles_show_no_pattern_of_handles(campaign):
    hashed = [
        {**{name: value for name, value in record.items() if name != "author_name"},
         "author_handle": sha256(record["author_id"].encode()).hexdigest()}
        for record in campaign
    ]  # fmt: skip
    result = scan(hashed)
    assert "handle_shape" in {signal["signal"] for signal in result.run["signals"]["abstained"]}
    assert result.accounts["author_handle"].null_count() == result.accounts.height
    assert "handle_shape" not in set(result.evidence["signal"])


def test_times_reckoned_back_from_days_ago_show_neither_step_nor_burst(campaign):
    relative = [{**record, "created_at_precision": "day"} for record in campaign]
    result = scan(relative)
    assert result.bursts.is_empty()
    abstained = {signal["signal"]: signal["why"] for signal in result.run["signals"]["abstained"]}
    assert "too coarse (day)" in abstained["bursts"]
    assert any("known to the day" in warning for warning in result.run["warnings"])
    seconds = result.evidence.filter(signal="synchrony")["sentence"].str.contains(r"\b(?:second|minute)s?\b")
    assert not seconds.any()


def test_ids_that_a_spreadsheet_has_rounded_join_nobody(quiet):
    rounded = [{**record, "author_id": f"1.8{i % 3}E+18"} for i, record in enumerate(quiet)]
    named = scan(rounded)
    assert not flagged(named)
    assert not named.accounts["account"].str.contains(r"E\+").any()
    assert named.run["counts"]["unreadable_by_field"] == {"author_id": len(quiet)}


def test_a_zone_that_is_left_out_moves_everything_alike(campaign):
    naive = [{**record, "created_at": record["created_at"].removesuffix("Z").replace("T", " ")} for record in campaign]
    assert flagged(scan(naive)) == flagged(scan(campaign)) != set()
