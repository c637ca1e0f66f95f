"""X's formats: others' records are none of theirs, and one odd part of a record or page costs no more than itself."""

import json
from collections import Counter
from pathlib import Path

import pytest

from detector.config import IngestConfig
from detector.ingest.adapt import adapt
from detector.ingest.canonical import type_batch
from detector.ingest.formats import x, x_archives, x_web

FORMATS = {form.name: form for module in (x, x_archives, x_web) for form in module.FORMATS}
FIXTURES = Path(__file__).parents[2] / "fixtures/formats"

FOREIGN = {
    "canonical": {
        "id": "1",
        "text": "a",
        "created_at": "2024-01-01T00:00:00Z",
        "author_id": "2",
        "author_handle": "b",
        "conversation_id": "3",
        "parent_id": "3",
        "lang": "en",
        "like_count": 1,
        "url": None,
        "platform": "x",
    },
    "canonical, few fields": {"id": "1", "text": "a", "created_at": "2024-01-01", "author_id": "2", "lang": "en"},
    "generic": {"id": 1, "text": "a", "author": "b", "date": "2024-01-01"},
    "generic, nested": {"id": 1, "text": "a", "user": {"name": "b"}, "created_at": "2024-01-01", "likes": 3},
    "generic page": {"data": [{"id": "1", "text": "a", "author": "b"}]},
    "Weibo": {
        "id": 5,
        "idstr": "5",
        "mid": "5",
        "text": "a",
        "created_at": "Wed Oct 10 20:19:24 +0800 2018",
        "user": {"id": 1, "idstr": "1", "screen_name": "b"},
        "in_reply_to_status_id": "",
        "rootid": 4,
    },
    "Mastodon": {
        "id": "1",
        "uri": "u",
        "content": "<p>a</p>",
        "created_at": "2024-01-01T00:00:00.000Z",
        "in_reply_to_id": None,
        "account": {"id": "2", "acct": "b", "username": "b"},
        "language": "en",
    },
    "Reddit": {"name": "t1_a", "body": "a", "author": "b", "created_utc": 1704067200, "link_id": "t3_c", "id": "a"},
    "Graph API page": {
        "data": [{"id": "1_2", "message": "a", "created_time": "2024", "from": {"id": "1"}}],
        "paging": {},
    },
    "TikTok by Zeeschuimer": {
        "item_id": "1",
        "timestamp_collected": 1,
        "source_platform": "tiktok-comments.com",
        "data": {"cid": "1", "aweme_id": "2", "text": "a", "create_time": 1726000000, "user": {"uid": "3"}},
    },
    "TikTok Research": {"id": 1, "video_id": 2, "text": "a", "create_time": 1726000000, "parent_comment_id": 2},
}


def read(name, *roots):
    """Return the ids of the comments in records of a format, and what became of the other records."""
    typed = type_batch(adapt(FORMATS[name], roots, range(1, len(roots) + 1)), IngestConfig())
    others = typed.skipped + Counter(typed.rejected.values())
    return typed.comments["id"].to_list(), {str(reason): n for reason, n in others.items()}


def roots_of(name):
    return [json.loads(line) for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("kind", FOREIGN)
def test_records_of_others_are_not_taken_for_posts_of_x(kind):
    assert {name: form.strength(FOREIGN[kind]) for name, form in FORMATS.items() if form.strength(FOREIGN[kind])} == {}


def test_an_odd_item_of_a_page_costs_only_itself():
    page = roots_of("x-v2/pages.jsonl")[0]
    whole, fates = read("x-v2", page)
    assert (whole, fates) == (["1380242611781386001", "1380242611781386002"], {"repost": 1})
    odd = {**page, "data": [None, *page["data"], "text", {"id": "4", "text": ["a"]}]}
    assert read("x-v2", odd) == (whole, {"repost": 1, "unexpected_shape": 2, "text_not_a_string": 1})
    without_users = {**page, "includes": {"users": [None, {"username": "nobody"}, "b"]}}
    assert read("x-v2", without_users) == (whole, {"repost": 1})


@pytest.mark.parametrize(
    "odd", [None, [], {}, "gone", 7, [None], {"result": "gone"}, {"result": {"__typename": "UserUnavailable"}}]
)
def test_a_post_whose_account_is_odd_is_still_a_comment(odd):
    post = roots_of("x-v1/tweets.jsonl")[0]
    assert read("x-v1", {**post, "user": odd, "entities": odd})[0] == [post["id_str"]]
    envelope = roots_of("x-graphql/zeeschuimer.ndjson")[0]
    data = {**envelope["data"], "core": {"user_results": odd}}
    data["legacy"] = {**data["legacy"], "entities": {"media": odd}}
    assert read("x-graphql", {**envelope, "data": data})[0] == [data["rest_id"]]


def test_a_repost_is_told_whichever_way_its_original_is_wrapped():
    envelope = next(root for root in roots_of("x-graphql/zeeschuimer.ndjson") if "retweeted" in json.dumps(root))
    original = {"rest_id": "1", "legacy": {"full_text": "a"}}
    for wrapped in (original, {"__typename": "TweetWithVisibilityResults", "tweet": original}):
        legacy = {"full_text": "Not cut", "retweeted_status_result": {"result": wrapped}}
        assert read("x-graphql", {**envelope, "data": {"rest_id": "2", "legacy": legacy}}) == ([], {"repost": 1})


def test_ids_that_a_spreadsheet_rounded_do_not_make_many_accounts_one():
    row = {"author": "A", "content": "a", "publish_date": "10/1/2017 19:58", "post_type": "", "article_url": ""}
    for rounded in ("906000000000000000", "9.06E+17"):
        batch = adapt(FORMATS["fivethirtyeight-csv"], [{**row, "external_author_id": rounded}], [1])
        assert batch.columns["author_id"] == [None]
    exact = {**row, "external_author_id": "2532611755", "publish_date": "31/12/2017 19:58"}
    typed = type_batch(adapt(FORMATS["fivethirtyeight-csv"], [exact], [1]), IngestConfig())
    assert typed.comments["author_id"].to_list() == ["2532611755"]
    assert typed.comments["created_at"].to_list() == [None]  # no month is the 31st


def test_a_post_that_answers_nobody_addresses_nobody_it_mentions():
    """Mentions had no ids once, and what answers nobody has no id of whom it answers either."""
    post = {"id": "1", "text": "a @b", "author_id": "2", "entities": {"mentions": [{"start": 2, "username": "b"}]}}
    answer = {**post, "in_reply_to_user_id": "5", "entities": {"mentions": [{"username": "c", "id": "5"}]}}
    assert adapt(FORMATS["x-v2"], [post, answer], [1, 2]).columns["target"] == [None, "c"]
