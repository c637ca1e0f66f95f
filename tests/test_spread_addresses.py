"""Accounts that push the same addresses in words of their own: who is reported, who joins, and who is left alone."""

import random
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from twins.writing import sentence

from detector.pipeline import scan

START = datetime(2024, 3, 4, tzinfo=UTC)
HOUR, DAY = 60, 1_440
TARGETS = tuple(f"x:MP-{k:03}" for k in range(20))
SHAPES = ("https://video.example.org/watch?v={}", "https://example.org/short/{}", "https://v.example.com/{}?s=1")


class Talk:
    """Records under construction: people who now and then share an address that nobody else does."""

    def __init__(self, seed=3, people=200):
        self.dice = random.Random(seed)
        self.records = []
        for k in range(people):
            for part in range(4):
                link = f" https://site-{k}-{part}.example/page" if part < 3 else ""
                self.add(f"p{k}", sentence(self.dice, 15) + link, self.dice.uniform(0, 40 * DAY))

    def add(self, account, text, minutes, target=None, born=None):
        born = born or START - timedelta(days=200 + (hash_of(account) % 4_000))
        self.records.append({
            "id": f"{len(self.records):06d}", "platform": "x", "text": text, "author_id": account, "lang": "en",
            "target": target or self.dice.choice(TARGETS), "author_created_at": born.isoformat(),
            "created_at": (START + timedelta(minutes=minutes)).isoformat(),
        })  # fmt: skip

    def push(self, accounts, videos, each=6, start=0, days=30, born=None):
        """Let each account post so often, in fresh words and at any target, one of the videos in any shape."""
        for account in accounts:
            for turn in range(each):
                link = self.dice.choice(SHAPES).format(self.dice.choice(videos))
                at = start * DAY + (turn + self.dice.random()) * days * DAY / each
                self.add(account, f"{sentence(self.dice, 15)} {link}", at, born=born and born(account))
        return self

    def share_once(self, accounts, links, each):
        """Let each account share so many different addresses, each once."""
        for account in accounts:
            for link in self.dice.sample(links, each):
                self.add(account, f"{sentence(self.dice, 15)} {link}", self.dice.uniform(0, 40 * DAY))
        return self

    def scan(self):
        return scan(self.records)


def hash_of(account):
    return random.Random(account).randrange(1 << 30)


def named(prefix, n):
    return [f"{prefix}{k}" for k in range(n)]


VIDEOS = [str(70_000_000_001 + 1_234_567 * k) for k in range(4)]
ARTICLES = [f"https://news.example/story/{k}" for k in range(6)]


@pytest.fixture(scope="module")
def pushed():
    return Talk().push(named("c", 30), VIDEOS).scan()


def members(result):
    return set(result.accounts.filter(pl.col("tier") != "none")["author_id"])


def test_accounts_that_spread_the_same_addresses_are_reported_low_and_nobody_is_flagged(pushed):
    [campaign] = pushed.campaigns.to_dicts()
    assert campaign["tier"] == campaign["coordination_tier"] == "low"
    assert campaign["label"] == "accounts that spread the same addresses together, authenticity not judged"
    assert members(pushed) <= set(named("c", 30))
    assert len(members(pushed)) >= 27
    assert not pushed.accounts["flagged"].any()
    assert not pushed.comments["flagged"].any()
    inside = pushed.comments.filter(pl.col("campaign_id").is_not_null())
    assert set(inside["role"]) <= {"member", "source"}
    assert inside["score"].is_between(0, 0.5).all()
    facts = pushed.evidence.filter(pl.col("subject_id") == campaign["campaign_id"])
    assert {"shared_addresses", "fan_out", "addresses"} <= set(facts["signal"])


def test_one_video_is_one_address_whatever_its_shape(pushed):
    addresses = pushed.clusters.filter(pl.col("cluster_id").str.starts_with("u"))
    assert addresses.height == len(VIDEOS)
    for video in VIDEOS:
        inside = pushed.comments.filter(pl.col("cluster_id").is_not_null() & pl.col("excerpt").str.contains(video))
        assert inside["cluster_id"].n_unique() == 1
    assert addresses["n_comments"].sum() == pushed.comments["campaign_id"].count()


def test_without_the_addresses_nothing_is_claimed():
    talk = Talk().push(named("c", 30), VIDEOS)
    for record in talk.records:
        record["text"] = record["text"].partition(" http")[0]
    assert talk.scan().campaigns.is_empty()


def test_without_targets_or_times_the_test_abstains():
    for field in ("target", "created_at"):
        talk = Talk().push(named("c", 30), VIDEOS)
        for record in talk.records:
            del record[field]
        assert talk.scan().campaigns.is_empty()


@pytest.mark.parametrize("each", [2, 3, 4])
def test_readers_of_one_newspaper_are_not_reported(each):
    talk = Talk().share_once(named("r", 60), ARTICLES, each)
    assert talk.scan().campaigns.is_empty()


def test_readers_of_whom_some_repeat_an_article_are_not_reported():
    talk = Talk().share_once(named("r", 60), ARTICLES, 3)
    for reader in named("r", 15):
        for article in (ARTICLES[0], ARTICLES[1]):
            talk.share_once([reader], [article], 1)
    assert talk.scan().campaigns.is_empty()


def test_a_viral_clip_and_its_sharers_are_not_reported_and_do_not_join_those_who_push_it():
    talk = Talk().push(named("c", 30), VIDEOS).share_once(named("v", 150), [SHAPES[0].format(VIDEOS[0])], 1)
    result = talk.scan()
    assert not {account for account in members(result) if account.startswith("v")}
    assert Talk().share_once(named("v", 150), [SHAPES[0].format(VIDEOS[0])], 1).scan().campaigns.is_empty()


def test_a_creation_batch_beside_the_addresses_makes_it_medium_and_no_more():
    def born(account):
        return START - timedelta(days=60, minutes=hash_of(account) % 2_000)

    [campaign] = Talk().push(named("c", 30), VIDEOS, born=born).scan().campaigns.to_dicts()
    assert campaign["tier"] == "medium"
    assert campaign["label"] == "accounts that spread the same addresses together, with a second, independent sign"


def ring(talk, accounts, texts, start):
    """Let accounts made together post the same texts with the same link, wave after wave."""
    for turn, text in enumerate(texts):
        for account in accounts:
            link = SHAPES[0].format(VIDEOS[turn % len(VIDEOS)])
            at = (start + 2 * turn) * DAY + 300 + talk.dice.uniform(0, 5)
            born = START - timedelta(days=50 - start, minutes=hash_of(account) % 1_000)
            talk.add(account, f"{text} {link}", at, born=born)


def test_accounts_that_replace_those_taken_down_join_by_text():
    talk = Talk()
    texts = [sentence(talk.dice, 22) for _ in range(4)]
    ring(talk, named("first", 12), texts, 0)
    ring(talk, named("second", 12), texts, 14)
    result = talk.scan()
    flagged = result.accounts.filter("flagged")
    assert set(flagged["author_id"]) == {*named("first", 12), *named("second", 12)}
    assert flagged["campaign_id"].n_unique() == 1
    assert set(flagged["tier"]) == {"high"}


def test_accounts_that_replace_those_taken_down_join_by_address_but_are_not_flagged_for_it():
    talk = Talk()
    ring(talk, named("first", 12), [sentence(talk.dice, 22) for _ in range(4)], 0)
    talk.push(named("second", 24), VIDEOS, start=14, days=20)
    result = talk.scan()
    assert result.campaigns.height == 1
    assert set(result.accounts.filter("flagged")["author_id"]) == set(named("first", 12))
    late = result.accounts.filter(pl.col("author_id").str.starts_with("second"))
    assert (late["tier"] == "low").mean() >= 0.9
    assert set(late["tier"]) <= {"low", "none"}


def test_the_campaign_keeps_its_id_when_unrelated_comments_come(pushed):
    talk = Talk().push(named("c", 30), VIDEOS).share_once(named("r", 40), ARTICLES, 2)
    for k in range(100):
        talk.add(f"n{k}", sentence(talk.dice, 18), talk.dice.uniform(-30 * DAY, 60 * DAY))
    again = talk.scan()
    assert again.campaigns["campaign_id"].to_list() == pushed.campaigns["campaign_id"].to_list()
    assert members(again) == members(pushed)


def test_the_page_shows_the_addresses_as_dead_text(pushed, tmp_path):
    pushed.write(tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    [address] = pushed.clusters.sort("n_comments", "cluster_id", descending=[True, False])["excerpt"][:1]
    assert address.startswith("https://")
    assert address.replace("https", "hxxps") in page
    assert address not in page
