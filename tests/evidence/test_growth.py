"""Cohorts behind many small families of copies, and growth by several ties: planted truth, near misses, pure chance."""

import random
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import polars as pl
import pytest

from detector.evidence.growth import _expected, _rates
from detector.pipeline import scan

START = datetime(2024, 3, 4, tzinfo=UTC)
WORDS = [
    "harbour",
    "lantern",
    "gravel",
    "meadow",
    "ticket",
    "orchard",
    "ribbon",
    "saddle",
    "tunnel",
    "velvet",
    "window",
    "yonder",
    "anchor",
    "basket",
    "candle",
    "drawer",
    "engine",
    "feather",
    "garden",
    "hammer",
    "island",
    "jacket",
    "kettle",
    "ladder",
    "mirror",
    "needle",
]


class Dump:
    """Records under construction, with a crowd of long-standing accounts that say their own things."""

    def __init__(self, seed=0, n_crowd=700):
        self.dice = random.Random(seed)
        self.records = []
        for i in range(n_crowd):
            self.add(f"n{i}", self.words(), self.dice.uniform(0, 6 * 1440), created=self.long_ago())

    def words(self, n=14):
        return " ".join(self.dice.choice(WORDS) for _ in range(n))

    def long_ago(self):
        return START - timedelta(days=self.dice.uniform(400, 3_000))

    def add(self, account, text, minutes, created):
        self.records.append({
            "id": f"{len(self.records):06d}", "platform": "x", "author_id": account, "text": text,
            "created_at": (START + timedelta(minutes=minutes)).isoformat(), "author_created_at": created.isoformat(),
        })  # fmt: skip

    def batch(self, days=30):
        return START - timedelta(days=days + self.dice.uniform(0, 1.5))

    def family(self, text, accounts, minute, created):
        """Let accounts post one text within half a minute."""
        for k, account in enumerate(accounts):
            self.add(account, text, minute + k / 10, created[account])

    def accounts(self):
        return scan(self.records).accounts


def dealt_out(dump, created):
    """Deal fourteen texts out over the accounts, each to three or four of them."""
    names = sorted(created)
    for k in range(14):
        dump.family(dump.words(), dump.dice.sample(names, 3 + k % 2), 300 * (k + 1), created)


def test_texts_that_one_cohort_deals_out_are_one_campaign(comments_of):
    dump = Dump()
    created = {f"c{i}": dump.batch() for i in range(24)}
    dealt_out(dump, created)
    result = scan(dump.records)
    busy = {r["author_id"] for r in dump.records if r["author_id"].startswith("c")}
    assert set(result.accounts.filter("flagged")["author_id"]) <= set(created)
    assert len(set(result.accounts.filter("flagged")["author_id"])) >= 0.8 * len(busy)
    assert result.campaigns.filter(pl.col("tier") != "low").height == 1


def test_the_same_texts_by_accounts_of_all_ages_stay_low(comments_of):
    dump = Dump()
    dealt_out(dump, {f"c{i}": dump.long_ago() for i in range(24)})
    result = scan(dump.records)
    assert not result.accounts["flagged"].any()
    assert set(result.campaigns["tier"]) <= {"low"}


def test_a_popular_text_that_two_of_a_cohort_share_is_not_drawn_in(comments_of):
    dump = Dump()
    created = {f"c{i}": dump.batch() for i in range(24)}
    dealt_out(dump, created)
    popular = "everybody shares the ferry timetable for the long weekend because the website is down again"
    for i in range(60):
        dump.add(f"n{i}", popular, dump.dice.uniform(0, 6 * 1440), dump.long_ago())
    for account in ("c0", "c1"):
        dump.add(account, popular, dump.dice.uniform(0, 6 * 1440), created[account])
    result = scan(dump.records)
    assert not result.accounts.filter(pl.col("author_id").str.starts_with("n"))["flagged"].any()
    shared = result.comments.filter(pl.col("excerpt") == popular)
    assert shared.height == 62
    assert shared["campaign_id"].n_unique() == 1
    assert set(shared["tier"]) <= {"none", "low"}


# --- growth --------------------------------------------------------------------------------------------------------


def with_core(seed=0, n_crowd=700):
    """Plant a core: twelve accounts of one batch that copy two texts and carry a hashtag of their own."""
    dump = Dump(seed, n_crowd)
    created = {f"c{i}": dump.batch() for i in range(12)}
    for k in range(2):
        dump.family(f"{dump.words()} #kestrelpost", sorted(created), 2_000 * (k + 1), created)
    return dump


def test_accounts_tied_in_two_ways_are_grown_and_those_tied_in_one_are_not(comments_of):
    dump = with_core()
    for i in range(6):
        dump.add(f"both{i}", f"{dump.words()} #kestrelpost", dump.dice.uniform(0, 6 * 1440), dump.batch())
    for i in range(2):
        dump.add(f"tag{i}", f"{dump.words()} #kestrelpost", dump.dice.uniform(0, 6 * 1440), dump.long_ago())
        dump.add(f"day{i}", dump.words(), dump.dice.uniform(0, 6 * 1440), dump.batch())
    result = scan(dump.records)
    flagged = set(result.accounts.filter("flagged")["author_id"])
    assert flagged == {f"c{i}" for i in range(12)} | {f"both{i}" for i in range(6)}
    grown = result.accounts.filter(pl.col("author_id").str.starts_with("both"))
    core = result.accounts.filter(pl.col("author_id").str.starts_with("c") & pl.col("flagged"))
    assert set(grown["role"]) == {"grown"}
    assert grown["score"].max() < core["score"].min()
    assert set(grown["tier"]) == {"medium"}
    one_tie = result.accounts.filter(pl.col("author_id").str.starts_with("tag"))
    assert set(one_tie["tier"]) == {"none"}
    told = result.explain("x:both0")
    assert "created in the days" in told
    assert "shares a text, an address or a hashtag" in told
    assert "chance gives" in told


def test_comments_in_the_same_minutes_are_a_tie_beside_another(comments_of):
    dump = with_core(n_crowd=3_000)
    for i in range(5):
        created = dump.batch()
        for k in range(4):  # its own words, four times, each right beside the core
            dump.add(f"wave{i}", dump.words(), 2_000 * (1 + k % 2) + dump.dice.uniform(0, 1), created)
    grown = dump.accounts().filter(pl.col("role") == "grown")
    assert set(grown["author_id"]) == {f"wave{i}" for i in range(5)}


@pytest.mark.parametrize("seed", range(4))
def test_ties_that_meet_by_chance_grow_nothing(comments_of, seed):
    dump = with_core(seed, n_crowd=0)
    for i in range(1_200):
        text = dump.words() + (" #kestrelpost" if dump.dice.random() < 0.02 else "")
        dump.add(f"n{i}", text, dump.dice.uniform(0, 6 * 1440),
                 dump.batch() if dump.dice.random() < 0.02 else dump.long_ago())  # fmt: skip
    assert not dump.accounts().filter(pl.col("author_id").str.starts_with("n"))["flagged"].any()


def test_a_burst_without_copies_is_no_campaign(comments_of):
    dump = Dump()
    for i in range(80):
        dump.add(f"r{i}", dump.words(), 3_000 + dump.dice.uniform(0, 20), dump.long_ago())
    result = scan(dump.records)
    assert result.campaigns.is_empty()


def test_the_number_expected_by_chance_is_that_of_a_loop_over_accounts_and_patterns():
    dice = np.random.default_rng(3)
    chance = dice.uniform(0, 0.06, (4, 40))  # created, waves, content, wording
    sizes = dice.integers(0, 4, 40)
    joint = dice.uniform(0, 0.002, 12)
    slow = [
        sum(
            float(np.prod([chance[k, a] for k in pattern]))
            for a in np.repeat(np.arange(40), sizes)
            for n in (2, 3)
            for pattern in combinations(range(4), n)
            if not {2, 3} <= set(pattern)  # content and wording are one kind
            and all(chance[k, a] <= 0.05 for k in pattern)
            and np.prod([chance[k, a] for k in pattern]) <= x
        )
        for x in joint
    ]
    assert np.allclose(_expected(chance, sizes, joint), slow)


def test_rates_are_expected_over_seen_and_never_fall_as_ties_weaken():
    joint = np.array([0.002, 0.0001, 0.0005, 0.0005])
    expected = np.array([1.0, 0.02, 0.3, 0.3])
    # One is as surprising as 0.0001; three as 0.0005, where 0.3 are expected; four in all, where one is.
    assert _rates(joint, expected).tolist() == pytest.approx([0.25, 0.02, 0.1, 0.1])
