"""Facebook, Instagram and Threads: told apart from each other and from the rest, and read where records are odd."""

import csv
import json
from pathlib import Path

import pytest

from detector.config import IngestConfig
from detector.ingest.adapt import adapt
from detector.ingest.canonical import type_batch
from detector.ingest.formats import (
    facebook,
    facebook_apify,
    facebook_web,
    instagram,
    instagram_graph,
    meta_library,
    threads,
)
from detector.ingest.formats.nested import unflattened

FAMILY = (facebook, facebook_apify, facebook_web, instagram, instagram_graph, meta_library, threads)
FORMATS = {form.name: form for module in FAMILY for form in module.FORMATS}
FIXTURES = Path(__file__).parents[2] / "fixtures/formats"
INPUTS = sorted(
    path
    for name in FORMATS
    for path in (FIXTURES / name).iterdir()
    # Answers around records are no records of a format.
    if not path.name.endswith(".expected.json") and path.name not in ("enveloped.json", "response.json")
)


def roots(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return list(csv.DictReader(text.splitlines()))
    if path.suffix == ".json":
        value = json.loads(text)
        return value if isinstance(value, list) else [value]
    return [json.loads(line) for line in text.splitlines()]


def read(name, *records):
    return type_batch(adapt(FORMATS[name], records, range(1, len(records) + 1)), IngestConfig())


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_record_is_known_for_what_it_is(path):
    for root in roots(path):
        strengths = {name: form.strength(root) for name, form in FORMATS.items()}
        own = strengths.pop(path.parent.name)
        assert own >= 2
        assert own > max(strengths.values()), strengths


@pytest.mark.parametrize(
    "foreign",
    [
        {
            "id": "1",
            "text": "a",
            "created_at": "2024-01-01T00:00:00Z",
            "author_id": "2",
            "author_handle": "b",
            "url": "u",
        },
        {"id": "1", "text": "a", "author": "b", "date": "2024-01-01"},
        {"id": "1", "text": "a", "username": "b", "timestamp": "2024-01-01", "like_count": 3},
        {"id": "1", "message": "a", "user": "b", "created": "2024-01-01"},
        {"id": "1", "title": "a", "comments": [{"id": 2, "text": "b"}]},
        {"data": [{"id": "1", "text": "a", "author_id": "2"}], "includes": {}, "meta": {}},
        {"kind": "youtube#commentThread", "id": "U", "snippet": {"videoId": "v"}, "replies": {"comments": []}},
        {"cid": "7", "aweme_id": "8", "text": "a", "create_time": 1, "user": {"uid": "6"}, "reply_id": "0"},
        {"id": "5", "created_at": "Wed Oct 10 20:19:24 +0800 2018", "text": "a", "user": {"id": 1}, "comments": []},
        {"id_str": "1", "full_text": "a", "created_at": "x", "user": {"id_str": "2"}},
    ],
    ids=lambda foreign: "-".join(foreign)[:40],
)
def test_records_of_others_are_left_to_others(foreign):
    assert {name for name, form in FORMATS.items() if form.strength(foreign)} == set()


def test_a_session_id_never_joins_accounts_and_no_name_is_shared():
    shared = {"facebookUrl": "https://www.facebook.com/P/posts/12345", "text": "a", "date": "2024-01-01T00:00:00Z"}
    comments = read(
        "facebook-apify",
        {**shared, "id": "1", "profileId": "pfbid01", "profileName": "A", "profileUrl": "https://fb.com/a.name"},
        {**shared, "id": "2", "profileId": "pfbid02", "profileName": "A", "profileUrl": "https://fb.com/a.name"},
        {
            **shared,
            "id": "3",
            "profileId": "pfbid03",
            "profileName": "A",
            "profileUrl": "https://fb.com/profile.php?id=7",
        },
        {**shared, "id": "4", "profileId": "pfbid04", "profileName": "Facebook User", "profileUrl": None},
    ).comments
    assert comments["account"].to_list() == ["facebook:a.name", "facebook:a.name", "facebook:7", None]


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("facebook-graph", lambda record, below: {**record, "comments": {"data": [below]}}),
        ("facebook-apify", lambda record, below: {**record, "profileName": "A", "comments": [below]}),
        ("instagram", lambda record, below: {**record, "pk": record["id"], "child_comments": [below]}),
        ("instagram-apify", lambda record, below: {**record, "replies": [below]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_replies_nest_to_any_depth(name, reply):
    n = 3_000
    words = {"text": "a", "message": "a", "parent": None}
    record = {"id": f"1_{n}", "pk": f"1_{n}", **words}
    for i in range(n - 1, 0, -1):
        record = reply({"id": f"1_{i}", **words}, record)
    comments = read(name, record).comments
    assert comments["id"].to_list() == [f"1_{i}" for i in range(1, n + 1)]
    assert comments["parent_id"].to_list() == [None] + [f"1_{i}" for i in range(1, n)]


def test_what_is_no_object_among_comments_takes_none_of_them_away():
    page = {"data": [{"id": "1_2", "message": "a", "created_time": "2024-01-01"}, None, "x", []], "paging": {}}
    typed = read("facebook-graph", page)
    assert typed.comments["id"].to_list() == ["1_2"]
    assert sum(typed.skipped.values()) == 3
    assert not typed.rejected


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("odd", [None, 7, [None], {"data": "x"}], ids=repr)
def test_odd_values_cost_no_more_than_their_record(name, odd):
    for path in (path for path in INPUTS if path.parent.name == name):
        for root in roots(path):
            typed = read(name, *({**root, key: odd} for key in root), root)
            assert len(typed.rejected) <= len(root)


@pytest.mark.parametrize("name", FORMATS)
def test_a_record_that_says_nothing_is_no_comment(name):
    typed = read(name, {}, {"unknown": 1})
    assert not typed.rejected
    assert typed.comments.is_empty()
    assert sum(typed.skipped.values()) == 2


def test_private_owners_are_nobody_and_rounded_ids_are_none():
    row = {"id": "1", "post_id": "2", "text": "a", "creation_time": "2024-01-01", "owner.name": "N"}
    comments = read(
        "meta-content-library",
        {**row, "owner.type": "private", "owner.id": "33"},
        {**row, "owner.type": "profile", "owner.id": "1.83E+17", "owner.name": "NA"},
        {**row, "owner.type": "profile", "owner.id": "183000000000000003.0", "owner.name": "NA"},
        {**row, "owner.type": "profile", "owner.id": "1830.0", "owner.name": ""},
    ).comments
    assert comments["account"].to_list() == [None, None, None, "facebook:1830"]


def test_a_table_of_paths_becomes_the_object_it_was():
    row = {"text": "a", "user/name": "B", "comments/10/text": "l", "comments/9/text": "k", "comments/9/likes": ""}
    assert unflattened(row) == {"text": "a", "user": {"name": "B"}, "comments": [{"text": "k"}, {"text": "l"}]}
    assert unflattened({"a/" * 5_000 + "b": "deep"})["a"]
