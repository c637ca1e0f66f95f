"""A result keeps its evidence and its settings, and comes back from disk as it was."""

from pathlib import Path

import polars as pl
import pytest

from detector.config import Config, EvidenceConfig, JudgeConfig
from detector.errors import ConfigError, InputError, OutputError
from detector.lab.simulate import simulate
from detector.pipeline import scan
from detector.result import Result

DEMO = Path(__file__).parents[1] / "seeds/0014-demo.toml"
CONFIG = Config(evidence=EvidenceConfig(seed=3), judge=JudgeConfig(allow_texts=("a greeting that nobody uses",)))


@pytest.fixture(scope="module")
def result():
    records = simulate(DEMO, scale=0.6).comments
    spoilt = [*records.to_dicts(), "no record", {"id": "1"}]
    return scan(spoilt, CONFIG)


@pytest.fixture(scope="module")
def folder(result, tmp_path_factory):
    folder = tmp_path_factory.mktemp("result") / "out"
    result.write(folder)
    return folder


def test_a_result_comes_back_from_disk_as_it_was(result, folder, tmp_path):
    again = Result.read(folder)
    assert result.rejects.height == 2
    assert not result.campaigns.is_empty()
    for name, frame in result.frames.items():
        assert again.frames[name].equals(frame), name
        assert again.frames[name].schema == frame.schema
    assert again.config == result.config == CONFIG
    assert again.run["counts"] == result.run["counts"]
    again.write(tmp_path / "again")
    for path in folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_folder_is_not_overwritten_unasked(result, folder):
    with pytest.raises(OutputError, match="exists already"):
        result.write(folder)


def test_a_stricter_threshold_only_takes_flags_away(result):
    accounts, comments = result.accounts, result.comments
    n_before = accounts["flagged"].sum()
    scores = accounts.filter("flagged")["score"].unique().sort()
    assert len(scores) > 5
    for threshold in (scores[len(scores) // 2], scores[-1]):
        stricter = result.at(threshold)
        for before, after in ((accounts, stricter.accounts), (comments, stricter.comments)):
            assert after.drop("flagged").equals(before.drop("flagged"))
            assert after["flagged"].equals(before["flagged"] & (before["score"] >= threshold))
        assert 0 < stricter.accounts["flagged"].sum() < n_before
        assert stricter.run["threshold"] == threshold
        assert stricter.run["counts"]["flagged_accounts"] == stricter.accounts["flagged"].sum()
        assert stricter.run["counts"]["flagged_comments"] == stricter.comments["flagged"].sum()
    assert result.run["counts"]["flagged_accounts"] == n_before
    assert "threshold" not in result.run
    assert result.at(0.5).accounts.equals(accounts)
    assert result.at(0.5).comments.equals(comments)
    assert not result.at(1.0).accounts.filter(pl.col("score") < 1)["flagged"].any()


@pytest.mark.parametrize("threshold", [0.49, 0, -1, 1.01, float("nan")])
def test_a_threshold_below_that_of_a_flag_is_refused(result, threshold):
    with pytest.raises(ConfigError, match=r"between 0\.5 and 1"):
        result.at(threshold)


def test_a_result_at_a_threshold_can_be_written_and_read(result, tmp_path):
    stricter = result.at(0.9)
    stricter.write(tmp_path / "out")
    again = Result.read(tmp_path / "out")
    assert again.accounts.equals(stricter.accounts)
    assert again.run["threshold"] == 0.9


def test_every_subject_can_be_explained_by_the_id_in_its_table(result, folder):
    again = Result.read(folder)
    subjects = {
        "Campaign": result.campaigns["campaign_id"],
        "Cluster": result.clusters["cluster_id"],
        "Account": result.accounts.filter(pl.col("campaign_id").is_not_null())["account"],
        "Comment": result.comments.select(pl.concat_str("platform", pl.lit(":"), "id")).to_series(),
    }
    for kind, ids in subjects.items():
        words = result.explain(ids[0])
        assert words.startswith(f"{kind} {ids[0]}")
        assert words == again.explain(ids[0])
        if kind != "Comment":
            strongest = result.evidence.filter(pl.col("subject_id") == ids[0])
            for sentence in strongest["sentence"]:
                assert sentence[:40] in " ".join(words.split())
    with pytest.raises(InputError, match="has this id"):
        result.explain("nobody")
