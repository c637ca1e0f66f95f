"""Addresses: the same thing has one name however it is written, and different things have different names."""

import random

import polars as pl
import pytest
from twins.addresses import canonical

from detector.evidence.addresses import canonical_address, find_links

SAME = {
    "a video on YouTube": (
        "https://youtu.be/a-B_c1D2e3F",
        "https://youtu.be/a-B_c1D2e3F?si=XyZ123&t=40",
        "https://www.youtube.com/watch?v=a-B_c1D2e3F",
        "https://m.youtube.com/watch?feature=share&v=a-B_c1D2e3F",
        "http://youtube.com/shorts/a-B_c1D2e3F?utm_source=x",
        "https://www.youtube.com/embed/a-B_c1D2e3F#t=3",
        "youtu.be/a-B_c1D2e3F",
    ),
    "a post by its number": (
        "https://x.com/someone/status/1790000000000000001?s=20",
        "https://mobile.twitter.com/i/status/1790000000000000001/photo/1",
        "https://mirror.example/1790000000000000001",
    ),
    "a short video by its number": (
        "https://www.tiktok.com/@name/video/7212345678901234567?is_from_webapp=1",
        "https://m.tiktok.com/v/7212345678901234567.html",
        "https://video.example.org/watch?v=7212345678901234567",
        "https://example.org/short/7212345678901234567",
    ),
    "a video on Bilibili": ("https://b23.tv/BV1xx411c7mD", "https://www.bilibili.com/video/BV1xx411c7mD/?p=2"),
    "a page": (
        "https://Example.org:443/Page/?b=2&a=1&utm_medium=post&fbclid=Zz#top",
        "http://www.example.org/Page?a=1&b=2",
        "www.example.org/Page/?a=1&b=2&ref=home",
    ),
}
DIFFERENT = (
    "https://example.org/a", "https://example.org/A", "https://example.org/a?id=1", "https://example.org/a?id=2",
    "https://example.org/a?t=1", "https://example.org/a?s=1", "https://other.example/a", "https://example.org",
    "https://youtu.be/a-B_c1D2e3F", "https://youtu.be/a-B_c1D2e3G", "https://youtube.com/watch?v=short",
    "https://youtube.com/playlist?list=PLabcdefghijk", "https://news.example/20250101", "https://blog.example/20250101",
)  # fmt: skip


def named(addresses):
    return pl.DataFrame({"a": addresses}).select(canonical_address(pl.col("a")))["a"].to_list()


@pytest.mark.parametrize("kind", SAME)
def test_one_thing_has_one_name(kind):
    assert len(set(named(SAME[kind]))) == 1


def test_different_things_have_different_names():
    assert len(set(named(DIFFERENT))) == len(DIFFERENT)


def test_names_are_those_of_the_slow_twin():
    dice = random.Random(5)
    hosts = ("youtu.be", "www.youtube.com", "m.youtube.com", "example.org", "WWW.Example.ORG:8080", "me:pw@example.org",
             "b23.tv", "bilibili.com", "mobile.x.com")  # fmt: skip
    steps = ("watch", "shorts", "v", "embed", "video", "a-B_c1D2e3F", "BV1xx411c7mD", "12345678901", "1234567890",
             "20250101123456.html", "Page", "", "photo", "1")  # fmt: skip
    pairs = ("v=a-B_c1D2e3F", "v=12345678901", "video_id=98765432109", "vid=123", "t=4", "utm_source=x", "ref=a", "si",
             "a=1", "", "feature=b", "reference=c", "UTM_Campaign=q", "z")  # fmt: skip
    made = []
    for _ in range(4_000):
        path = "".join("/" + dice.choice(steps) for _ in range(dice.randrange(4)))
        query = "&".join(dice.choice(pairs) for _ in range(dice.randrange(4)))
        made.append(
            dice.choice(("https://", "http://", "HTTPS://", "")) + dice.choice(hosts) + path
            + (f"?{query}" if query else "") + dice.choice(("", "", "#part", "#/x?v=12345678901"))
        )  # fmt: skip
    named_by_twin = [canonical(address) for address in made]
    assert named(made) == named_by_twin
    assert len(set(named_by_twin)) > 500


def test_addresses_are_found_in_texts_once_each_and_keep_their_way_of_writing(comments_of):
    links = find_links(comments_of([
        "see https://youtu.be/a-B_c1D2e3F, and (https://www.youtube.com/watch?v=a-B_c1D2e3F)!",
        "看https://example.org/page。好 www.example.org/page",
        "no address, only example words",
    ]))  # fmt: skip
    assert links.rows() == [
        (0, "youtube a-B_c1D2e3F", "https://www.youtube.com/watch?v=a-B_c1D2e3F"),
        (1, "example.org/page", "https://example.org/page"),
    ]
