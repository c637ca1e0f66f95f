"""Codes and what is read off them for accounts, against twins that sort and count values themselves."""

import random
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twins import traffic as twin

from detector.config import EvidenceConfig
from detector.evidence import codes
from detector.evidence.authors import first_known, last_known, least_known, most_known
from detector.evidence.traffic import observe_traffic

START = datetime(2024, 3, 4, tzinfo=UTC)
WORDS = st.lists(st.none() | st.text(max_size=3), max_size=60)
SMALL = st.integers(-5, 40)
WIDE = st.integers(-(2**62), 2**62)
PAIRS = st.lists(st.tuples(SMALL | WIDE, SMALL | WIDE), max_size=60)


@given(WORDS)
def test_strings_are_numbered_in_their_order(words):
    found, names = codes.encode(pl.Series(words, dtype=pl.String))
    # Polars orders strings by their bytes, Python by their characters: the same order in UTF-8.
    assert (found.tolist(), names.to_list()) == twin.numbered(words)


@given(WORDS)
def test_strings_are_numbered_alike_where_many_differ(words):
    few = codes.encode(pl.Series(words, dtype=pl.String))
    with patch.object(codes, "_RADIX_MAX", 0):
        many = codes.encode(pl.Series(words, dtype=pl.String))
    assert (few[0].tolist(), few[1].to_list()) == (many[0].tolist(), many[1].to_list())


@given(PAIRS)
def test_pairs_are_numbered_in_their_order_however_far_apart(pairs):
    outer, inner = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    assert codes.number(outer, inner).tolist() == twin.numbered(pairs)[0]
    assert codes.rank(outer).tolist() == twin.numbered(outer.tolist())[0]


@given(PAIRS)
def test_the_first_row_of_each_pair_is_found(pairs):
    outer, inner = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    assert codes.first_of(outer, inner).tolist() == [pairs.index(pair) for pair in sorted(set(pairs))]


@pytest.mark.parametrize("most", [3, 1 << 20, 1 << 61])
def test_rows_are_ordered_by_code_and_keep_their_order_inside_one(most):
    rows = np.random.default_rng(1).integers(0, most, 500)
    rows[::3] = rows[1]
    expected = sorted(range(len(rows)), key=lambda row: (rows[row], row))
    assert codes.order_by(rows).tolist() == expected


@pytest.mark.parametrize("seed", range(4))
def test_traffic_is_as_its_twin_says(comments_of, seed):
    dice = random.Random(seed)
    records = [
        {"id": f"{i:05d}", "platform": "x", "text": f"comment {i}", "author_id": dice.choice(["a", "b", "c", None]),
         "target": dice.choice(["x:t", "x:u", None] if seed else ["x:t"]),
         "author_created_at": dice.choice([None, "2020-01-01T10:00:00Z", "2021-05-01"]),
         "created_at": None if dice.random() < 0.05 else
         (START + timedelta(seconds=dice.choice([1, 4, 6, 8, 60][seed : seed + 2]) * i)).isoformat()}
        for i in range(900)
    ]  # fmt: skip
    comments = comments_of(records)
    traffic = observe_traffic(comments, EvidenceConfig())
    times = comments["created_at"].dt.timestamp("us").to_list()
    targets = comments["target"].to_list()
    weeks = [-1 if t is None else t // ((7 if at else 1) * 24 * twin.HOUR_US)
             for t, at in zip(times, targets, strict=True)]  # fmt: skip
    threads = list(zip(targets, weeks, strict=True))
    aimless = [t for t, at in zip(times, targets, strict=True) if t is not None and at is None]
    one_day = bool(aimless) and max(aimless) - min(aimless) <= 24 * twin.HOUR_US
    streams = [thread if thread[0] else "aimless" for thread in threads]
    live = [is_live and (one_day or stream != "aimless")
            for is_live, stream in zip(twin.live(streams, times), streams, strict=True)]  # fmt: skip
    assert traffic.account.tolist() == twin.numbered(comments["account"].to_list())[0]
    order = [(target or "zzz", week) for target, week in threads]
    assert traffic.stratum.tolist() == twin.numbered(order)[0]
    assert traffic.is_live.tolist() == live
    assert traffic.precision_s == twin.precision(comments["created_at_precision"].to_list(), times)
    created = dict(comments.group_by("account").agg(pl.col("author_created_at").min()).iter_rows())
    for name, hours, known in zip(traffic.accounts, traffic.created, traffic.has_created, strict=True):
        assert known == (created[name] is not None)
        assert not known or hours == created[name].timestamp() // 3_600
    debuts = [pair not in list(zip(traffic.place, traffic.account, strict=True))[:row] and pair[1] >= 0
              for row, pair in enumerate(zip(traffic.place, traffic.account, strict=True))]  # fmt: skip
    assert traffic.is_debut.tolist() == debuts


@pytest.mark.parametrize("name", ["author_name", "author_followers", "author_created_at"])
def test_what_comments_say_of_their_authors_is_brought_together(comments_of, name):
    dice = random.Random(name)
    say = {
        "author_name": lambda: dice.choice(["Ann", "Bo", "Cy"]),
        "author_followers": lambda: dice.randrange(-5, 90),
        "author_created_at": lambda: (START - timedelta(days=dice.randrange(900))).isoformat(),
    }[name]
    comments = comments_of([
        {"id": f"{i:05d}", "text": f"comment {i}", "author_id": dice.choice(["a", "b", "c", "d", None]),
         name: say() if dice.random() < 0.4 else None} for i in range(40)
    ] + [{"id": "z", "text": "mute", "author_id": "mute"}])  # fmt: skip
    traffic = observe_traffic(comments, EvidenceConfig())
    told = comments.filter(pl.col("account").is_not_null()).group_by("account").agg(
        first=pl.col(name).drop_nulls().first(), last=pl.col(name).drop_nulls().last(), least=pl.col(name).min(),
        most=pl.col(name).max(),
    ).sort("account")  # fmt: skip
    assert first_known(traffic, comments[name]).to_list() == told["first"].to_list()
    assert last_known(traffic, comments[name]).to_list() == told["last"].to_list()
    if name != "author_name":
        assert least_known(traffic, comments[name]).to_list() == told["least"].to_list()
        assert most_known(traffic, comments[name]).to_list() == told["most"].to_list()
    assert told["first"].null_count() >= 1
