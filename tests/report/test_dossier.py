"""What `detector explain` prints."""

import re

import pytest

from detector.errors import InputError
from detector.report.dossier import dossier
from detector.report.terminal import cells

SAFE = re.compile(r"[^\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]*")


def test_a_campaign(frames):
    text = dossier(frames, "c00000000000a")
    assert text.startswith("Campaign c00000000000a: coordinated copying\nTier high:")
    strongest, weaker = text.index("18 bits  40 acc"), text.index("9 bits  31 of")
    assert strongest < weaker < text.index("Evidence against") < text.index("3 bits  8 older")
    assert text.count("What else it could be") == 3
    assert "What would change the verdict" in text
    assert "Comments that show it (8 of 120)" in text
    assert "A person must decide." in " ".join(text.split())


@pytest.mark.parametrize("wanted", ["x:000003", "000003", "account:x:000003"])
def test_an_account_by_each_of_its_names(frames, wanted):
    text = dossier(frames, wanted)
    assert text.startswith("Account x:000003\n")
    assert "3 comments in this export, 3 of them in its campaign" in text
    assert "Account created: 2023-08-18." in text
    assert "Evidence about its campaign, c00000000000a" in text
    assert "Comments that show it (3 of 3)" in text


def test_a_handle_of_two_accounts_lists_both(frames):
    text = dossier(frames, "@CITIZEN00000003")
    assert "account:x:000003" in text
    assert "account:x:100003" in text
    assert dossier(frames, "account:x:100003").startswith("Account x:100003")


@pytest.mark.parametrize("wanted", ["0000030", "x:0000030"])
def test_a_comment(frames, wanted):
    text = dossier(frames, wanted)
    assert text.startswith("Comment x:0000030\n")
    assert "By x:000003 to x:mp3 at 2023-08-30 09:00:09 UTC." in text
    assert "Evidence about its cluster, t000000000000" in text
    assert "The comment among its copies (8 of 40)" in text


def test_a_cluster(frames):
    text = dossier(frames, "t000000000001")
    assert "6 bits  Copies came in one minute." in text
    assert "Evidence about its campaign" in text


def test_a_comment_outside_any_campaign(frames):
    text = dossier(frames, "9000050")
    assert "Tier none: no more than chance gives." in text
    assert "None about it alone." in text


def test_an_unknown_id_names_the_closest(frames):
    with pytest.raises(InputError, match=r"close to it: .*t000000000000"):
        dossier(frames, "t00000000000")
    with pytest.raises(InputError, match="nothing is close"):
        dossier(frames, "\x1b[31m")


def test_an_empty_result(empty):
    with pytest.raises(InputError):
        dossier(empty[0], "c00000000000a")


@pytest.mark.parametrize("wanted", ["c00000000000a", "t000000000000", "x:000003", "x:0000030"])
def test_hostile_text_reaches_no_terminal(hostile, hostile_text, wanted):
    text = dossier(hostile(hostile_text)[0], wanted, width=60)
    assert SAFE.fullmatch(text.replace("\n", ""))
    assert max(map(cells, text.split("\n"))) <= 60
    assert len(text) < 20_000
