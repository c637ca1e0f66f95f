"""The negative control: what its copies keep, what they deal anew, and that chance is not flagged."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from twins.writing import sentence

from detector.config import Config
from detector.control import AUTHORS, BOTH, TIMES, count_found, draw_sample, make_copy
from detector.evidence.traffic import observe_traffic
from detector.ingest.read import read_comments
from detector.lab.simulate import simulate
from detector.pipeline import scan
from detector.schema import COMMENTS, MARKS, MEMBERS
from detector.text import cluster_comments

ROOT = Path(__file__).parents[1]
START = datetime(2024, 3, 4, tzinfo=UTC)
CONFIG = Config()
KINDS = {kind.name: kind for kind in (TIMES, AUTHORS, BOTH)}
AUTHOR = [name for name in COMMENTS.columns if name == "account" or name.startswith("author_")]
DISGUISE = ["invisible_key", "homoglyph_key", "tail_key"]


def dump_of(recipe, scale):
    comments = read_comments(simulate(ROOT / f"seeds/{recipe}.toml", scale=scale).comments, CONFIG.ingest).comments
    return comments, cluster_comments(comments, CONFIG.text)


@pytest.fixture(scope="module")
def flood():
    return dump_of("0001-mp-reply-flood-2023", 0.05)


@pytest.fixture(scope="module")
def result(flood):
    return scan(flood[0].drop("row", "account", "source_file", "source_line"))


def table(comments, clustered):
    """Everything known of each comment, by its id."""
    cluster = clustered.members.select("row", "cluster_id")
    wide = comments.join(clustered.marks.select("row", *DISGUISE), on="row").join(cluster, on="row", how="left")
    return wide.with_columns(week=pl.col("created_at").dt.timestamp("us") // (7 * 86_400_000_000)).sort("id")


def copy_of(comments, clustered, kind, run=0):
    return make_copy(comments, clustered, kind, CONFIG, observe_traffic(comments, CONFIG.evidence), run)


def sample_of(comments, clustered, at_most):
    return draw_sample(comments, clustered, observe_traffic(comments, CONFIG.evidence), at_most)


@pytest.mark.parametrize("name", KINDS)
def test_a_copy_is_lawful_and_of_the_same_texts_and_targets(flood, name):
    comments, clustered = copy_of(*flood, KINDS[name])
    COMMENTS.check(comments)
    MARKS.check(clustered.marks)
    MEMBERS.check(clustered.members)
    assert comments["row"].to_list() == clustered.marks["row"].to_list() == list(range(comments.height))
    assert comments["created_at"].is_sorted()
    before, after = table(*flood), table(comments, clustered)
    kept = ["id", "text", "target", "lang", "cluster_id", "week"]
    assert after.select(kept).equals(before.select(kept))


def test_shuffled_times_leave_authors_and_keep_the_times_of_each_target_and_week(flood):
    before, after = table(*flood), table(*copy_of(*flood, TIMES))
    assert after.select(AUTHOR + DISGUISE).equals(before.select(AUTHOR + DISGUISE))
    moments = [frame.select("target", "week", "created_at").sort(pl.all()) for frame in (before, after)]
    assert moments[0].equals(moments[1])
    assert (before["created_at"] != after["created_at"]).mean() > 0.8


def test_dealt_authors_leave_times_and_keep_how_much_each_comments_in_each_week(flood):
    before, after = table(*flood), table(*copy_of(*flood, AUTHORS))
    assert after["created_at"].equals(before["created_at"])
    people = [frame.select("week", *AUTHOR, *DISGUISE).sort(pl.all()) for frame in (before, after)]
    assert people[0].equals(people[1]), "authors keep their week, their profile and their disguise"
    assert (before["account"] != after["account"]).mean() > 0.8
    busy = before.filter(pl.len().over("target", "week") >= 30)
    there = [frame.filter(pl.col("id").is_in(busy["id"].implode())) for frame in (before, after)]
    counts = [frame.group_by("target", "week", "account").len().sort(pl.all()) for frame in there]
    assert counts[0].height > 100
    assert counts[0].equals(counts[1]), "where many comment, they keep their target too"


def test_copies_differ_from_run_to_run_and_not_otherwise(flood):
    first, same, other = (copy_of(*flood, BOTH, run)[0] for run in (0, 0, 1))
    assert first.equals(same)
    assert not first.equals(other)


def test_a_sample_is_of_whole_targets_whatever_else_is_there(flood):
    comments, clustered = flood
    sample, copied = sample_of(comments, clustered, 500)
    assert 500 <= sample.height < comments.height
    targets = sample["target"].unique()
    assert set(sample["id"]) == set(comments.filter(pl.col("target").is_in(targets.implode()))["id"])
    assert table(sample, copied)["cluster_id"].null_count() < sample.height
    smaller, _ = sample_of(comments, clustered, 100)
    assert set(smaller["id"]) < set(sample["id"])


def test_a_sample_of_one_large_target_is_of_whole_accounts():
    dice = random.Random(1)
    records = [{"text": sentence(dice), "id": str(i), "author_id": f"a{dice.randrange(60)}", "target": "x:t",
                "created_at": (START + timedelta(minutes=i)).isoformat()} for i in range(600)]  # fmt: skip
    comments = read_comments(records, CONFIG.ingest).comments
    sample, _ = sample_of(comments, cluster_comments(comments, CONFIG.text), 100)
    assert 100 <= sample.height < 200
    assert set(sample["id"]) == set(comments.filter(pl.col("account").is_in(sample["account"].implode()))["id"])


def test_a_sample_without_targets_is_of_whole_days():
    dice = random.Random(2)
    records = [{"text": sentence(dice), "id": str(i), "author_id": f"a{i}",
                "created_at": (START + timedelta(hours=i)).isoformat()} for i in range(480)]  # fmt: skip
    comments = read_comments(records, CONFIG.ingest).comments
    sample, _ = sample_of(comments, cluster_comments(comments, CONFIG.text), 100)
    days = sample["created_at"].dt.date()
    assert 100 <= sample.height <= 124
    assert set(days.value_counts()["count"]) == {24}


def test_a_campaign_of_all_signs_is_high_and_leaves_nothing_in_the_copies(result):
    assert result.campaigns["tier"][0] == "high"
    for kind in result.run["negative_control"]["kinds"]:
        assert kind["campaigns_flagged"] == 0


def test_the_control_sees_what_it_looks_for(result):
    """Where nothing is dealt anew, the campaign itself is counted: the control can fail."""
    found = count_found(result, AUTHORS)
    assert found["campaigns_flagged"] == 1
    assert found["comments_flagged"] == result.campaigns["n_comments"][0]


def test_records_that_only_share_a_link_are_dealt_with_the_others():
    dice = random.Random(4)
    records = [{"text": sentence(dice) if i % 3 else "", "url": "https://example.org/a", "id": f"{i:03d}",
                "author_id": f"a{i}", "target": "x:t",
                "created_at": (START + timedelta(hours=i)).isoformat()} for i in range(60)]  # fmt: skip
    comments = read_comments(records, CONFIG.ingest).comments
    clustered = cluster_comments(comments, CONFIG.text)
    dealt, copied = copy_of(comments, clustered, BOTH)
    worded = [set(frame.filter(pl.col("row").is_in(marks["row"].implode()))["id"])
              for frame, marks in ((comments, clustered.marks), (dealt, copied.marks))]  # fmt: skip
    assert len(worded[0]) == 40
    assert worded[0] == worded[1]


# --- what cannot be tested -----------------------------------------------------------------------------------------


def ring(*, texts=8, around=0):
    """Six accounts post the same texts within five minutes at a target where hardly anybody else comments."""
    dice = random.Random(3)
    records = []

    def add(account, text, minutes, target):
        records.append({"text": text, "author_id": account, "id": f"{len(records):05d}", "target": target,
                        "created_at": (START + timedelta(minutes=minutes)).isoformat()})  # fmt: skip

    for _ in range(1_400):
        add(f"p{dice.randrange(400)}", sentence(dice, 15), dice.uniform(0, 14 * 1_440), f"x:t{dice.randrange(200)}")
    for _ in range(around):
        add(f"p{dice.randrange(400)}", sentence(dice, 15), dice.uniform(0, 7 * 1_440), "x:quiet")
    for _ in range(texts):
        words = sentence(dice, 20)
        for member in range(6):
            add(f"r{member}", words, 2_000 + dice.uniform(0, 5), "x:quiet")
    return scan(records)


def synchrony_of(result):
    facts = result.evidence.filter((pl.col("signal") == "synchrony") & (pl.col("subject_kind") == "cluster"))
    return facts.filter(
        pl.col("subject_id").is_in(result.clusters.filter(pl.col("n_accounts") == 6)["cluster_id"].implode())
    )


def test_timing_among_a_rings_own_moments_is_not_tested_and_not_called_ordinary():
    facts = synchrony_of(ring())
    assert facts.height == 8
    assert facts["p"].null_count() == 8
    assert set(facts["weight"]) == {0.0}
    assert set(facts["kind"]) == {"against"}
    assert set(facts["sentence"]) == {"Timing could not be tested here: too little other traffic at the same targets."}


def test_the_same_timing_is_found_where_others_comment_too():
    facts = synchrony_of(ring(around=300))
    assert facts.height == 8
    assert (facts["p"] <= 0.01).all()
    assert set(facts["kind"]) == {"coordination"}
