"""Open networks: what pages and threads of any depth and any oddity come to."""

import importlib
import json
from pathlib import Path

import pytest

from detector.config import IngestConfig
from detector.ingest.adapt import adapt
from detector.ingest.canonical import type_batch
from detector.ingest.read import read_comments

FIXTURES = Path(__file__).parents[2] / "fixtures/formats"
FAMILIES = ("reddit", "bluesky", "mastodon", "telegram", "vk")
FORMATS = {
    form.name: form
    for family in FAMILIES
    for form in importlib.import_module(f"detector.ingest.formats.{family}").FORMATS
}
PAGES = {
    "reddit-api": lambda items: {"kind": "Listing", "data": {"children": items}},
    "bluesky": lambda items: {"posts": items},
    "mastodon": lambda items: {"ancestors": [], "descendants": items},
    "gab": lambda items: {"s": items, "a": [None, {"i": [], "un": 1}]},
    "telegram-desktop": lambda items: {"name": None, "type": "private_group", "id": 1, "messages": items},
    "telethon": lambda items: {"messages": items, "users": [None], "chats": "none"},
    "vk": lambda items: {"response": {"count": 1, "items": items, "profiles": [{"id": []}], "groups": [{"id": "x"}]}},
}
GOOD = {
    "reddit-api": {"kind": "t1", "data": {"id": "a", "body": "The ferry is late", "link_id": "t3_b", "replies": ""}},
    "bluesky": {"uri": "at://did:plc:a/app.bsky.feed.post/3k", "record": {"text": "The ferry is late"}},
    "mastodon": {"uri": "https://tide.example/1", "content": "<p>The ferry is late</p>", "account": {"acct": "a"}},
    "gab": {"i": "1", "c": "The ferry is late", "ca": "2024-09-10T20:26:40.000Z", "ai": None},
    "telegram-desktop": {"id": 1, "type": "message", "date_unixtime": "1726000000", "text": ["The ferry", " is late"]},
    "telethon": {"id": 1, "message": "The ferry is late", "peer_id": {"channel_id": 5}, "from_id": None},
    "vk": {"id": 1, "from_id": 7, "text": "The ferry is late", "thread": None},
}
ODD = (None, 7, "words", [], ["words"])


def read(name, roots):
    """Return the comments of records, and how many others were refused or skipped."""
    typed = type_batch(adapt(FORMATS[name], roots, range(1, len(roots) + 1)), IngestConfig())
    return typed.comments, len(typed.rejected) + typed.skipped.total()


@pytest.mark.parametrize("name", PAGES)
def test_odd_items_do_not_take_their_page_along(name):
    comments, n_others = read(name, [PAGES[name]([*ODD, GOOD[name], *ODD])])
    assert comments["text"].to_list() == ["The ferry is late"]
    assert n_others == 2 * len(ODD)


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_page_is_one_record_that_is_no_comment(name):
    comments, n_others = read(name, [PAGES[name]([])])
    assert (comments.height, n_others) == (0, 1)


def reddit_reply(number, replies):
    comment = {"id": str(number), "body": f"Answer {number}", "link_id": "t3_a", "replies": replies}
    return {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": comment}]}}


def bluesky_reply(number, replies):
    post = {"uri": f"at://did:plc:a/app.bsky.feed.post/{number}", "record": {"text": f"Answer {number}"}}
    return {"post": post, "replies": [replies] if replies else []}


def vk_reply(number, replies):
    return {
        "id": number + 1,
        "from_id": 7,
        "text": f"Answer {number}",
        "thread": {"items": [replies] if replies else []},
    }


@pytest.mark.parametrize(
    ("name", "reply"), [("reddit-api", reddit_reply), ("bluesky", bluesky_reply), ("vk", vk_reply)]
)
def test_answers_are_followed_however_deep_they_lie(name, reply):
    thread = ""
    for number in reversed(range(5_000)):
        thread = reply(number, thread)
    comments, _ = read(name, [thread])
    assert comments["text"].to_list() == [f"Answer {number}" for number in range(5_000)]


def test_a_slice_of_a_long_chat_reads_like_the_whole():
    whole = json.loads((FIXTURES / "telegram-desktop/result.json").read_text(encoding="utf-8"))
    slices = [whole | {"messages": whole["messages"][i : i + 3]} for i in range(0, len(whole["messages"]), 3)]
    comments, _ = read("telegram-desktop", slices)
    assert comments.drop("source_line").equals(read("telegram-desktop", [whole])[0].drop("source_line"))


def test_a_record_is_known_as_one_format_only():
    for path in FIXTURES.glob("*/*.jsonl"):
        if path.parent.name not in FORMATS:
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            known = [name for name, form in FORMATS.items() if form.strength(json.loads(line))]
            assert known == [path.parent.name], line


@pytest.mark.parametrize(
    "record",
    [
        {"id": "1", "text": "a", "created_at": "2024-09-10", "author_id": "2", "platform": "vk", "target": "vk:3"},
        {"id": 1, "text": "a", "author": "b", "date": "2024-09-10"},
        {"id": "1_2", "message": "a", "created_time": "2024-09-10", "from": {"id": "1"}, "parent": {"id": "1"}},
        {"data": [{"id": "1", "text": "a", "author_id": "2"}], "includes": {"users": []}, "meta": {}},
        {"id": "1", "thread_id": "2", "body": "a", "author": "b", "unix_timestamp": "1726000000"},
        {"kind": "youtube#comment", "id": "1", "snippet": {"textOriginal": "a"}},
    ],
)
def test_records_of_others_are_not_claimed(record):
    assert not [name for name, form in FORMATS.items() if form.strength(record)]


def test_several_answers_of_vk_at_once_are_pages():
    comment = {"id": 9, "owner_id": -1, "post_id": 4, "from_id": 77, "date": 1726000000, "text": "The ferry is late"}
    found = read_comments([{"response": [{"count": 1, "items": [comment]}, {"count": 0, "items": []}]}])
    assert found.formats == ("vk",)
    assert found.comments["id"].to_list() == ["-1_9"]


def test_what_telegram_forwarded_is_a_repost_in_tables_too():
    row = {
        "id": "pier-5",
        "thread_id": "pier",
        "body": "The ferry is late",
        "author": "88",
        "unix_timestamp": "1726000000",
    }
    found = read_comments([{**row, "author_forwarded_from_name": "Quay"}, {**row, "id": "pier-6"}])
    assert found.formats == ("4cat",)
    assert found.counts.skipped_by_reason == {"repost": 1}
