"""What a notebook shows of a result: small, whole, and nothing in it acts."""

import re
from html.parser import HTMLParser

import polars as pl

from detector.report.notebook import CAMPAIGNS_SHOWN, glance_html, glance_line
from detector.report.words import NOT_A_CLEARANCE


class _Page(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.text, self.isolated = set(), set(), [], "", []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "bdi":
            self.isolated.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "bdi" in self.open:
            self.isolated[-1] += data


def said(html):
    return " ".join(_Page(html).text.split())


def test_the_finding_in_two_sentences_and_a_table(frames, run):
    text = said(glance_html(frames, run))
    assert text.startswith(
        "Among 300 comments by 140 accounts (30 Aug to 3 Sep 2023), 2 campaigns of coordinated comments were found: "
        "1 of tier high, 1 of tier low. 120 comments by 40 accounts are flagged: leads with reasons, on which a person "
        "must decide."
    )
    rows = [re.findall(">([^<>]+)<", row) for row in re.findall("<tr><th.*?</tr>", glance_html(frames, run))[1:]]
    assert [row[:7] for row in rows] == [
        ["c00000000000a", "high", "high", "high", "40", "120", "12"],
        ["c00000000000b", "low", "low", "not judged", "40", "120", "12"],
    ]
    assert [row[7] for row in rows] == ["30 Aug to 31 Aug 2023", "1 Sep to 2 Sep 2023"]
    assert "Limits: 1 of 2 signals could not be tested with this export (dormancy)." in text
    assert "bot" not in text.lower()


def test_the_line(run, empty):
    assert glance_line(run) == (
        "<Result: 300 comments, 2 campaigns (1 high, 1 low), 120 comments and 40 accounts flagged>"
    )
    assert glance_line(empty[1]) == "<Result: 300 comments, no campaign, 0 comments and 0 accounts flagged>"


def test_nothing_found_is_no_clearance(empty):
    html = glance_html(*empty)
    assert said(html).startswith("No coordinated campaign was found among 300 comments")
    assert NOT_A_CLEARANCE in said(html)
    assert "table" not in _Page(html).tags


def test_what_strangers_wrote_does_not_act(hostile, hostile_text):
    html = glance_html(*hostile(hostile_text))
    page = _Page(html)
    assert page.tags <= {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "small", "bdi"}
    assert page.attributes <= {"lang", "dir", "style", "scope"}
    assert not re.search("https?://|url\\(|@import", html)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]", html)
    assert len(html.encode()) < 30_000
    # Two campaigns, each with its name and what it says, and the sources of the limits stand apart from our words.
    assert len(page.isolated) >= 4


def test_many_campaigns_stay_small(frames, run):
    campaigns = frames["campaigns"]
    many = campaigns.sample(200, with_replacement=True, seed=1).with_columns(excerpt=pl.lit("<&" * 80))
    html = glance_html(frames | {"campaigns": many}, run)
    assert len(html.encode()) < 30_000
    assert f"{200 - CAMPAIGNS_SHOWN} further campaigns" in said(html)
