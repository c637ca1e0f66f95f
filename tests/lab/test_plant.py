"""Planted campaigns follow the dump that they are planted into, and resemble nothing in it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from detector.config import Config
from detector.evidence.traffic import observe_traffic
from detector.ingest.read import read_comments
from detector.lab.plant import Campaign, Ground, plant
from detector.lab.simulate import simulate
from detector.lab.trials import join_planted
from detector.text import cluster_comments

SEEDS = Path(__file__).parents[2] / "seeds"
FIRST = datetime(2024, 3, 1, tzinfo=UTC)


def dump(n=300, **fields):
    """Ten days of comments by as many accounts, under five posts of which the first draws most."""
    dice = np.random.default_rng(5)
    return [
        {
            "id": f"c{i}", "text": f"remark {i} about {dice.integers(1e9)}", "platform": "x", "author_id": f"a{i}",
            "author_handle": f"handle{i}", "author_name": f"Name {i}", "lang": "en",
            "created_at": (FIRST + timedelta(minutes=float(dice.integers(14_400)))).isoformat(),
            "author_created_at": (FIRST - timedelta(days=float(dice.integers(1, 3_000)))).isoformat(),
            "target": f"MP-{int(5 * dice.random() ** 2):03}", **fields,
        }
        for i in range(n)
    ]  # fmt: skip


def ground(records):
    comments = read_comments(records).comments
    return Ground.of(comments, observe_traffic(comments, Config().evidence).precision_s)


def planted(records, seed=1, **campaign):
    return plant(ground(records), Campaign(**campaign), np.random.default_rng(seed))


@pytest.mark.parametrize("spread_s", [600, 86_400, 604_800])
def test_each_text_is_posted_once_by_every_account_within_the_spread(spread_s):
    frame = planted(dump(), n_accounts=30, n_texts=3, spread_s=spread_s)
    assert frame.group_by("text").agg(pl.col("account").n_unique())["account"].to_list() == [30, 30, 30]
    spans = frame.group_by("text").agg(span=(pl.col("created_at").max() - pl.col("created_at").min()))["span"]
    assert spans.max() <= timedelta(seconds=spread_s)
    assert spans.max() > timedelta(seconds=spread_s / 2)
    own = read_comments(dump()).comments["created_at"]
    assert own.min() <= frame["created_at"].min()
    assert frame["created_at"].max() <= own.max()


def test_places_and_profiles_are_those_of_the_dump_and_names_are_not():
    comments = read_comments(dump()).comments
    frame = planted(dump(), n_accounts=200)
    assert set(frame["target"]) <= set(comments["target"])
    assert (
        frame["target"].value_counts(sort=True)["target"][0] == comments["target"].value_counts(sort=True)["target"][0]
    )
    assert set(frame["author_created_at"]) <= set(comments["author_created_at"])
    for name in ("id", "author_id", "author_handle", "author_name", "account"):
        assert not set(frame[name]) & set(comments[name])
        assert frame[name].n_unique() == 200


def test_a_batch_is_created_within_two_days_and_before_it_posts():
    for seed in range(20):
        frame = planted(dump(), seed, n_accounts=12, accounts="batch")
        created = frame["author_created_at"]
        assert created.max() - created.min() <= timedelta(hours=48)
        assert created.max() < frame["created_at"].min()


@pytest.mark.parametrize(
    "field", ["created_at", "author_created_at", "target", "author_handle", "author_name", "author_id", "lang"]
)
def test_a_field_that_the_dump_lacks_stays_null(field):
    frame = planted(dump(**{field: None}), n_accounts=8, n_texts=2, accounts="batch")
    assert frame[field].null_count() == 16
    assert frame["account"].n_unique() == 8
    assert frame["account"].null_count() == 0


def test_times_are_as_coarse_as_those_of_the_dump():
    minutes = [{**row, "created_at": row["created_at"][:16] + "Z"} for row in dump()]
    at = planted(minutes, n_accounts=30)["created_at"]
    assert (at.dt.timestamp("us") % 60_000_000 == 0).all()
    assert at.n_unique() > 5


@pytest.mark.parametrize(
    ("code", "text", "letters"),
    [
        ("en", "some words of everyday talk", r"[a-z ]"),
        (None, "其实这只是一句平常的话", r"\p{Han}"),
        (None, "обычные слова", r"[\p{Cyrillic} ]"),
        (None, "كلام عادي", r"[\p{Arabic} ]"),
        ("fr-CA", "quelques mots de tous les jours", r"[\p{Latin} ]"),
    ],
)
def test_words_are_in_the_language_or_script_of_the_dump(code, text, letters):
    written = planted(dump(text=text, lang=code), n_accounts=4)["text"]
    assert written.n_unique() == 1
    assert pl.select(written.str.contains(f"^{letters}+$")).to_series().all()


def test_copies_are_exact_or_end_at_random_or_differ_in_a_tenth_of_their_words():
    assert planted(dump(), n_accounts=40)["text"].n_unique() == 1
    tails = planted(dump(), n_accounts=40, wording="tails")["text"]
    assert tails.n_unique() == 40
    assert tails.str.replace(r" [a-z0-9]{4,12}$", "").n_unique() == 1
    # Each word is what the whole column mostly holds, but for one in ten.
    words = np.asarray([text.split(" ") for text in planted(dump(), n_accounts=400, wording="reworded")["text"]])
    usual = np.asarray([max(set(column), key=list(column).count) for column in words.T.tolist()])
    assert 0.08 < (words != usual).mean() < 0.12


def test_the_same_numbers_plant_the_same_whatever_the_order_of_the_dump():
    campaign = {"n_accounts": 9, "n_texts": 2, "wording": "tails", "accounts": "batch"}
    assert planted(dump(), **campaign).equals(planted(dump()[::-1], **campaign))
    assert not planted(dump(), **campaign).equals(planted(dump(), seed=2, **campaign))


@pytest.mark.parametrize("wording", ["exact", "tails", "reworded"])
def test_texts_compared_apart_and_joined_are_those_compared_together(wording):
    comments = simulate(SEEDS / "0019-quiet.toml", scale=0.05).comments.drop_nulls("text")
    comments = read_comments(comments).comments
    config = Config().text
    new = plant(Ground.of(comments, 1), Campaign(25, 2, 86_400, wording), np.random.default_rng(3))
    both, joined = join_planted(comments, cluster_comments(comments, config), new, cluster_comments(new, config))
    twin = cluster_comments(both, config)
    for name in ("texts", "marks", "members"):
        assert getattr(joined, name).equals(getattr(twin, name)), name
    mine = both.filter(pl.col("id").str.starts_with("planted-"))["row"]
    clusters = twin.members.with_columns(is_planted=pl.col("row").is_in(mine.implode())).group_by("cluster_id")
    assert clusters.agg(pl.col("is_planted").n_unique())["is_planted"].max() == 1
    assert both["row"].to_list() == list(range(both.height))
    timed = both["created_at"].drop_nulls()
    assert timed.is_sorted()


def test_the_vocabulary_has_enough_words_and_repeats_none():
    from detector.lab.language import entries, words

    for code, block in words("neutral").items():
        listed = entries(block)
        assert len(listed) == len(set(listed)) >= 60, code
        assert not any(re.search(r"\d|\s", word) for word in listed)
