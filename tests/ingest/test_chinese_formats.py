"""Chinese platforms and the tables of research tools: whose records they claim, and what they make of odd ones."""

import pytest

from detector.errors import RejectReason, SkipReason
from detector.ingest.adapt import adapt
from detector.ingest.formats import (
    bazhuayu,
    bilibili,
    douyin,
    fourcat,
    interchange,
    mediacrawler,
    rednote,
    wechat,
    weibo,
)
from detector.ingest.read import read_comments

MODULES = (bazhuayu, bilibili, douyin, fourcat, interchange, mediacrawler, rednote, wechat, weibo)
FORMATS = {form.name: form for module in MODULES for form in module.FORMATS}

FOREIGN = {
    "canonical": {"id": "1", "text": "t", "created_at": "2024-01-01T00:00:00Z", "author_id": "a", "author_handle": "b"},
    "generic": {"id": "1", "text": "t", "author": "a", "date": "2024-01-01"},
    "table of tweets": {"id": "1", "username": "a", "date": "2024-01-01", "text": "t", "likes": "3"},
    "X v1.1": {
        "created_at": "Wed Oct 10 20:19:24 +0000 2018",
        "id_str": "1",
        "text": "t",
        "favorite_count": 0,
        "user": {"id_str": "9", "screen_name": "b", "followers_count": 3},
    },
    "X search page": {"statuses": [{"created_at": "", "text": "t", "retweet_count": 0}], "search_metadata": {}},
    "X v2 page": {"data": [{"id": "1", "text": "t", "created_at": ""}], "meta": {"result_count": 1}},
    "TikTok web": {
        "cid": "73",
        "aweme_id": "72",
        "reply_id": "0",
        "text": "t",
        "create_time": 1726000000,
        "comment_language": "en",
        "user": {"uid": "6", "unique_id": "b88", "nickname": "B"},
    },
    "TikTok Research": {"id": 73, "video_id": 72, "text": "t", "create_time": 1726000000, "parent_comment_id": 72},
    "YouTube, minet": {"video_id": "v", "comment_id": "c", "text": "t", "parent_comment_id": "", "author_name": "b"},
    "Facebook": {"id": "1", "message": "t", "created_time": "", "from": {"id": "1"}, "comments": {"data": []}},
    "Instagram": {"pk": "1", "text": "t", "created_at": 1726000000, "user_id": "1", "user": {"username": "b"}},
    "VK": {"id": 9, "owner_id": -1, "post_id": 4, "from_id": 77, "date": 1726000000, "text": "t"},
    "Telegram": {"id": 5, "type": "message", "date": "", "from": "B", "from_id": "user88", "text": "t"},
}


@pytest.mark.parametrize("record", FOREIGN.values(), ids=FOREIGN.keys())
def test_records_of_others_are_not_claimed(record):
    assert [name for name, form in FORMATS.items() if form.strength(record)] == []


def test_a_table_that_needs_to_be_exact_knows_a_further_column():
    row = {"id": "1", "username": "a.bsky.social", "date": "2024-01-01", "text": "t"}
    form = FORMATS["communalytic"]
    assert form.strength(row)
    assert not form.strength(row | {"lang": "en"})


@pytest.mark.parametrize(
    ("keys", "platform"),
    [
        ({"note_id": "5009000000000001"}, "weibo"),
        ({"note_id": "66d000000000000000000001"}, "rednote"),
        ({"note_id": "9900000001", "tieba_name": "x"}, "tieba"),
        ({"aweme_id": "7399000000000000001"}, "douyin"),
        ({"video_id": "113000000000001"}, "bilibili"),
        ({"video_id": "BV1xx411c7mD"}, "bilibili"),
        ({"video_id": "3xabcdefghijklm"}, "kuaishou"),
        ({"content_id": "9000000001"}, "zhihu"),
        ({"platform": "xhs", "content_id": "1"}, "xhs"),
    ],
)
def test_mediacrawler_tells_the_platform_by_what_the_post_is_called_and_how_it_is_numbered(keys, platform):
    assert FORMATS["mediacrawler"].getters["platform"](keys) == platform


@pytest.mark.parametrize("nobody", ["0", 0, "", None, "5010"])
def test_mediacrawler_writes_no_parent_in_many_ways(nobody):
    record = {"comment_id": "5010", "parent_comment_id": nobody}
    assert FORMATS["mediacrawler"].getters["parent_id"](record) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("10月10日 20:19", "10月10日 20:19"),
        ("23-10-10 20:19 来自云州", "2023-10-10 20:19"),
        ("发布于 2023-10-10 20:19", "2023-10-10 20:19"),
        ("2023-10-10 20:19:05", "2023-10-10 20:19:05"),
        ("10-10 20:19", "10-10 20:19"),
        ("3分钟前 来自手机", "3分钟前"),
    ],
)
def test_what_pages_write_around_a_time_is_noted(written, read):
    assert FORMATS["bazhuayu"].getters["created_at"]({"评论时间": written}) == read


@pytest.mark.parametrize(
    ("text", "fate"),
    [
        ("抱歉，此微博已被作者删除。查看帮助：http://t.example", SkipReason.DELETED),
        ("该评论已删除", SkipReason.DELETED),
        ("该评论已被删除，是谁举报的", None),
        ("转发微博", None),
    ],
)
def test_what_weibo_writes_in_place_of_a_text_is_no_text(text, fate):
    assert FORMATS["weibo"].fate({"id": "1", "text": text}) == fate


ODD = (None, "x", 7, [], [None], {}, True)


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())
def test_values_of_any_type_are_read_or_refused_with_a_reason(form):
    names = {path.partition(".")[0] for shape in form.shapes for path in (*shape.needs, *shape.any_of)}
    roots = [dict.fromkeys(names, odd) for odd in ODD]
    roots += [{name: odd for name in names if name != left} for odd in ODD for left in names]
    batch = adapt(form, roots, range(len(roots)))
    assert set(batch.numbers) == set(range(len(roots)))
    assert all(isinstance(fate, SkipReason | RejectReason) for fate in batch.fates.values())


def test_replies_below_replies_are_walked_however_deep():
    comment = {"id": "0", "note_id": "n", "content": "t", "user_info": {}, "sub_comments": []}
    root = comment
    for i in range(1, 3_000):
        comment["sub_comments"] = [{"id": str(i), "content": "t", "user_info": {}, "sub_comments": []}]
        comment = comment["sub_comments"][0]
    batch = adapt(FORMATS["rednote"], [root], [1])
    assert batch.columns["id"][-1] == "2999"
    assert set(batch.columns["conversation_id"]) == {"n"}


def test_profiles_that_mediacrawler_writes_are_no_comments():
    profile = {"user_id": "7", "nickname": "x", "desc": "y", "fans": 2, "follows": 1, "last_modify_ts": 1760000000000}
    found = read_comments([profile])
    assert found.counts.skipped_by_reason == {"not_a_comment": 1}


@pytest.mark.parametrize(("link", "platform"), [("https://www.example.org/a", "other"), ("", "weibo")])
def test_a_table_that_links_elsewhere_is_not_of_weibo(link, platform):
    found = read_comments([{"用户昵称": "小松", "评论内容": "谁付钱", "文章链接": link}])
    assert found.comments["platform"].to_list() == [platform]


def test_a_page_of_weibo_that_tells_how_to_comment_is_no_post():
    comment = {"id": "4", "rootid": "4", "text": "a", "created_at": "2024-01-01", "user": {"id": 3, "screen_name": "b"}}
    inner = {"data": [comment], "max": 1, "status": {"comment_manage_info": {"comment_permission_type": -1}}}
    found = read_comments([{"ok": 1, "data": inner}])
    assert found.comments["id"].to_list() == ["4"]
