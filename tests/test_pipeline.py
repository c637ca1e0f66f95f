"""The whole way through: every kind of source, the laws of the result, and no trace of when or where it ran."""

import json
import math
import random
from collections import Counter
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from twins.writing import sentence

from detector.config import Config
from detector.lab.simulate import simulate
from detector.pipeline import scan
from detector.signals import SIGNALS

DEMO = Path(__file__).parents[1] / "seeds/0014-demo.toml"


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """A dump with a campaign, a repeated record, a blank and a broken line."""
    path = tmp_path_factory.mktemp("pipeline") / "dump.jsonl"
    simulate(DEMO, scale=0.5).write(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[0], b"\n", b"{broken\n"]))
    return path


@pytest.fixture(scope="module")
def result(dump):
    return scan(dump)


def test_every_kind_of_source_gives_the_same_result(dump, result):
    records = [json.loads(line) for line in dump.read_bytes().splitlines() if line.startswith(b'{"')]
    assert not result.campaigns.is_empty()
    with open(dump, "rb") as binary, open(dump, encoding="utf-8") as text:
        for source in (str(dump), [dump], binary, text, iter(records), pl.DataFrame(records, infer_schema_length=None)):
            found = scan(source)
            for name, frame in result.frames.items():
                if name != "rejects":
                    assert found.frames[name].equals(frame), name
            assert found.run["negative_control"] == result.run["negative_control"]
            assert found.run["counts"]["accepted"] == result.run["counts"]["accepted"]


def test_several_paths_are_one_dump(dump, result, tmp_path):
    lines = dump.read_bytes().splitlines(keepends=True)
    (tmp_path / "a.jsonl").write_bytes(b"".join(lines[1::2]))
    (tmp_path / "b.jsonl").write_bytes(b"".join(lines[::2]))
    found = scan([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])
    assert found.run["sources"] == ["a.jsonl", "b.jsonl"]
    assert found.run["counts"] == result.run["counts"]
    for name, frame in result.frames.items():
        if name != "rejects":
            assert found.frames[name].equals(frame), name


def test_a_source_is_left_as_it_was():
    records = simulate(DEMO, scale=0.05).comments
    before, dicts = records.clone(), records.to_dicts()
    copies = [dict(record) for record in dicts]
    scan(records)
    scan(dicts)
    assert records.equals(before)
    assert dicts == copies


def test_the_counts_account_for_every_record_and_agree_with_the_frames(dump, result):
    counts = result.run["counts"]
    assert counts["records_read"] == len(dump.read_bytes().splitlines())
    assert counts["records_read"] == counts["accepted"] + counts["skipped"] + counts["rejected"] + counts["blank"]
    assert (counts["skipped_by_reason"], counts["rejected_by_reason"]) == ({"repeated": 1}, {"invalid_json": 1})
    assert counts["blank"] == 1
    assert counts["accepted"] == result.comments.height
    assert counts["rejected"] == result.rejects.height
    assert counts["accounts"] == result.accounts.height
    assert counts["clusters"] == result.clusters.height
    tiers = dict(result.campaigns.group_by("tier").len().iter_rows())
    assert counts["campaigns"] == {tier: tiers.get(tier, 0) for tier in ("high", "medium", "low")}
    assert counts["flagged_accounts"] == result.accounts["flagged"].sum() > 0
    assert counts["flagged_comments"] == result.comments["flagged"].sum() > 0


def test_the_frames_agree_with_each_other(result):
    comments, accounts, clusters = result.comments, result.accounts, result.clusters
    assert set(comments["account"].drop_nulls()) == set(accounts["account"])
    assert accounts["n_comments"].sum() == comments["account"].count()
    assert set(comments["cluster_id"].drop_nulls()) >= set(clusters["cluster_id"])
    for frame in (comments, accounts, clusters):
        assert set(frame["campaign_id"].drop_nulls()) <= set(result.campaigns["campaign_id"])
    members = comments.filter(pl.col("role") == "member")
    assert set(members["campaign_id"]) == set(result.campaigns["campaign_id"])
    sizes = comments.group_by("cluster_id").agg(n=pl.len())
    joined = clusters.join(sizes, on="cluster_id")
    assert joined.height == clusters.height
    assert joined["n_comments"].equals(joined["n"].cast(pl.UInt32), check_names=False)
    ids = {
        "comment": comments["id"].to_list() + (comments["platform"] + ":" + comments["id"]).to_list(),
        "account": accounts["account"],
        "cluster": clusters["cluster_id"],
        "campaign": result.campaigns["campaign_id"],
    }
    for (kind,), facts in result.evidence.group_by("subject_kind"):
        assert set(facts["subject_id"]) <= set(ids[kind])
    for name in ("p", "q"):
        assert result.evidence[name].drop_nulls().is_between(0, 1).all()
    for frame in (comments, accounts, clusters, result.campaigns):
        assert frame["score"].drop_nulls().is_between(0, 1).all()


def test_every_frame_leaves_sorted_by_its_id():
    dice = random.Random(8)
    records = simulate(DEMO, scale=0.4).comments.to_dicts()
    targets = [target for target, _ in Counter(record["target"] for record in records).most_common(3)]
    for text in range(8):  # a ring, whose pairs of accounts are linked
        words = sentence(dice, 20)
        for member in range(6):
            at = f"2023-08-{10 + 2 * text}T10:0{dice.randrange(5)}:00Z"
            records.append({"text": words, "author_id": f"r{member}", "created_at": at, "target": dice.choice(targets)})
    dice.shuffle(records)
    result = scan(records)
    for name, key in (("accounts", ["account"]), ("links", ["account_a", "account_b"]), ("clusters", ["cluster_id"])):
        frame = result.frames[name]
        assert frame.height > 5
        assert frame.equals(frame.sort(key)), name
        assert not frame.select(key).is_duplicated().any()
    assert (result.links["account_a"] < result.links["account_b"]).all()


def test_no_value_in_the_run_is_unwritable(result):
    def numbers(value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            return [number for item in value for number in numbers(item)]
        return [value] if isinstance(value, float) else []

    assert all(math.isfinite(number) for number in numbers(result.run))
    json.dumps(result.run, allow_nan=False)


def test_the_run_tells_neither_when_nor_where_it_ran(dump, result, tmp_path):
    elsewhere = tmp_path / "deep" / dump.name
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(dump.read_bytes())
    assert json.dumps(scan(elsewhere).run) == json.dumps(result.run)
    written = json.dumps(result.run) + result.report()
    for trace in (str(dump.parent), str(Path.home()) + "/", f"{datetime.now():%Y-%m-%d}"):
        assert trace not in written


def test_settings_and_digest_are_those_of_the_scan(dump):
    config = Config().with_settings(["evidence.false_discovery_rate=0.001"])
    run = scan(dump, config).run
    assert Config.from_dict(run["settings"]) == config
    assert run["settings_digest"] == config.digest()


def test_every_signal_ran_or_says_why_not(result):
    def told(run):
        ran = {item["signal"] for item in run["signals"]["available"]}
        not_run = {item["signal"]: item["why"] for item in run["signals"]["abstained"]}
        assert not ran & not_run.keys()
        assert ran | not_run.keys() == set(SIGNALS)
        return not_run

    assert told(result.run) == {}
    bare = told(scan([{"text": "only words"}, {"text": "and others"}]).run)
    assert set(bare) == set(SIGNALS) - {"disguise", "serial_numbers"}
    assert all(bare.values())
    brief = told(scan([{"text": f"text {i}", "author_id": "a", "created_at": f"2024-0{i}-01"} for i in (1, 2)]).run)
    assert brief["dormancy"] == "the dump spans less than 400 days"


def test_the_negative_control_is_reported_and_finds_nothing_here(result):
    control = result.run["negative_control"]
    assert control["comments"] == control["of_comments"] == result.comments.height
    assert [kind["name"] for kind in control["kinds"]] == ["times", "authors"]
    assert all(n == 0 for kind in control["kinds"] for n in kind.values() if isinstance(n, int))


def test_progress_names_the_stages_in_order(dump):
    calls = []
    scan(dump, progress=lambda *call: calls.append(call))
    stages = list(dict.fromkeys(stage for stage, _, _ in calls))
    assert stages == ["reading", "comparing texts", "measuring evidence", "negative control", "judging"]
    reading = [(done, total) for stage, done, total in calls if stage == "reading"]
    assert reading[-1] == (dump.stat().st_size, dump.stat().st_size)
