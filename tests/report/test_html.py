"""The page: nothing in it acts, everything promised is in it, its size is bounded."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import polars as pl
import pytest

from detector.report import cards
from detector.report.html import CAMPAIGNS_WHOLE, render

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Tree(HTMLParser):
    """The tags with their attributes, in order; the values too, except where text may stand."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.text = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, tuple((name, value if name not in {"lang"} else "") for name, value in attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, tuple(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def words_of(page):
    return " ".join("".join(Tree(page).text).split())


def test_what_is_promised_is_there_in_order(frames, run):
    text = words_of(render(frames, run))
    order = (
        "2 campaigns of coordinated comments were found: 1 with high confidence, 1 with low confidence",
        "1 of 2 signals could not be tested",
        "a person must decide",
        "Campaign 1: coordinated copying",
        "signs of inauthenticity",
        "The member for Riverside has sold the harbour",
        "40 accounts posted near copies",
        "What else it could be: Petitions",
        "31 of 40 accounts were created within 48 hours",
        "What speaks against it",
        "8 older accounts posted the same words",
        "What would change this",
        "Accounts with the most evidence (15 of 40)",
        "Campaign 2",
        "What could not be tested, and why",
        "dormancy: the dump holds no earlier activity (needs author_posts)",
        "Negative control",
        "1 (1 invalid json)",
        "settings 0123456789abcdef",
        "To contest a finding",
        "not the probability",
    )
    at = [text.index(words) for words in order]
    assert at == sorted(at)


def test_equal_results_give_equal_pages(frames, run):
    assert render(frames, run) == render(frames, run)


def test_an_empty_result_says_so(empty):
    text = words_of(render(*empty))
    assert "No coordinated campaign was found among 300 comments by 140 accounts." in text
    assert "not a clearance" in text
    assert "No negative control was run" in text


@pytest.fixture
def without_pictures(monkeypatch):
    """Pictures hold no text from a dump and take most of the time."""
    for draw in ("_charts", "_more_charts"):
        monkeypatch.setattr(cards, draw, lambda *_: [])


def test_hostile_text_adds_no_tag_and_no_attribute(hostile, hostile_text, without_pictures):
    benign, evil = Tree(render(*hostile("benign"))), Tree(render(*hostile(hostile_text)))
    assert evil.tags == benign.tags
    assert evil.open == benign.open == []


def test_a_hostile_page_with_pictures_has_the_same_tags(build):
    evil = "</title></svg><script>alert('\"')</script>\x1b\u202e "
    pages = [Tree(render(*build(6, 6, lambda text, start=start: start + text))) for start in ("", evil)]
    assert pages[0].tags == pages[1].tags


def test_the_page_needs_nothing_and_runs_nothing(frames, run):
    page = render(frames, run)
    tree = Tree(page)
    names = {tag for tag, _ in tree.tags}
    assert not names & {"script", "iframe", "object", "embed", "form", "input", "base"}
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    for tag, attributes in tree.tags:
        for name, value in attributes:
            assert not name.startswith("on")
            if name in {"href", "src", "xlink:href"}:
                assert value.startswith(("#", "data:,", "data:image/png")), (tag, name, value)
    assert "url(http" not in page
    assert "@import" not in page


def test_direction_changes_are_shown_and_isolated(hostile, without_pictures):
    page = render(*hostile("abc\u202egnp.exe\u2066"))
    assert "\u202e" not in page
    assert "\u2066" not in page
    assert '<bdi dir="auto">abc\\u202egnp.exe\\u2066</bdi>' in page


def test_links_from_comments_are_dead(hostile, without_pictures):
    page = render(*hostile("go to https://evil.example/?a=b"))
    assert "hxxps://evil.example" in page
    assert "https://evil" not in page


def test_size_is_bounded(build):
    frames, run = build(30, 30, lambda text: text + "<&" * 5000)
    campaigns = pl.concat(
        [frames["campaigns"].head(1).with_columns(campaign_id=pl.lit(f"c{i:012x}")) for i in range(2000)]
    )
    copies = {
        name: pl.concat([frames[name].with_columns(campaign_id=pl.lit(f"c{i:012x}")) for i in range(CAMPAIGNS_WHOLE)])
        for name in ("comments", "accounts", "clusters")
    }
    page = render(frames | copies | {"campaigns": campaigns}, run)
    assert len(page.encode()) < 3_000_000
    assert f"{2000 - CAMPAIGNS_WHOLE - 300:,} further campaigns" in words_of(page)


def test_ids_are_unique(frames, run):
    ids = re.findall(r' id="([^"]+)"', render(frames, run))
    assert len(ids) == len(set(ids))


def test_headings_do_not_skip_a_level(frames, run, without_pictures):
    levels = [int(tag[1]) for tag, _ in Tree(render(frames, run)).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_text_contrast_is_at_least_4_5(frames, run, colours, without_pictures):
    """WCAG 2.2 AA, for every colour of text on every ground of the page."""
    page = render(frames, run)
    blocks = re.findall(r":root \{(.*?)\}", page, re.DOTALL)
    values = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", blocks[0 if colours == "light" else 1]))
    for ink in ("ink", "quiet", "high", "medium", "low", "none", "accent"):
        for ground in ("paper", "card"):
            assert contrast(values[ink], values[ground]) >= 4.5, (ink, ground)


def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
