"""Real dumps, which stay outside the repository: figures are compared, no row is shown."""

import json
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from detector.pipeline import scan

REAL = Path(__file__).parents[2] / "shared/data/real"
NAMES = ("covid_vaccine_tweets", "ira_2017", "kaggle_bots", "reddit_ira2018", "uci_youtube_spam", "zh_spam_bots")

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data/real is absent")


@cache
def rows(name):
    return [json.loads(line) for line in (REAL / f"{name}.jsonl").read_bytes().splitlines()]


@cache
def scanned(name):
    return scan(REAL / f"{name}.jsonl")


def flagged(name):
    return set(scanned(name).accounts.filter("flagged")["author_id"])


def test_all_dumps_are_known():
    assert {path.stem for path in REAL.glob("*.jsonl")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_record_is_accounted_for(name):
    result, counts = scanned(name), scanned(name).run["counts"]
    assert counts["records_read"] == len(rows(name))
    assert counts["records_read"] == sum(counts[fate] for fate in ("accepted", "skipped", "rejected", "blank"))
    assert counts["rejected"] == 0
    assert counts["accepted"] == result.comments.height > 0
    assert set(result.accounts["author_id"]) <= {str(row["author_id"]) for row in rows(name)}


@pytest.mark.parametrize("name", ["covid_vaccine_tweets", "uci_youtube_spam"])
def test_of_a_thousand_organic_authors_at_most_one_is_flagged(name):
    labels = defaultdict(set)
    for row in rows(name):
        labels[row["author_id"]].add(row["label"])
    organic = {author for author, given in labels.items() if given == {0}}
    assert len(organic) > 900
    assert len(organic & flagged(name)) <= 0.001 * len(organic)


def test_the_accounts_that_post_the_same_headlines_are_found_whole_as_one_campaign():
    # A twin that knows nothing of ours: texts equal but for addresses, and who posted each of them.
    authors = defaultdict(set)
    for row in rows("ira_2017"):
        authors[re.sub(r"\s+", " ", re.sub(r"https?://\S+", "", row["text"])).strip().casefold()].add(row["author_id"])
    shared = Counter(author for group in authors.values() if len(group) > 1 for author in group)
    block = {author for author, n in shared.items() if n >= 100}
    assert len(block) == 24
    accounts = scanned("ira_2017").accounts.filter(pl.col("author_id").is_in(block))
    assert accounts.height == 24
    assert accounts["flagged"].all()
    assert accounts["campaign_id"].n_unique() == 1
    assert set(accounts["tier"]) == {"high"}
    kinds = scanned("ira_2017").run["negative_control"]["kinds"]
    assert [kind["campaigns_flagged"] for kind in kinds] == [0, 0]
