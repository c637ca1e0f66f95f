"""Popularity is not coordination: what many people copy of their own accord flags nobody, whatever the dice say."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from twins.writing import sentence

from detector.config import Config, JudgeConfig
from detector.evidence.crowds import find_crowds
from detector.lab.simulate import simulate
from detector.pipeline import scan

SEEDS = Path(__file__).parents[1] / "seeds"
MINUTE = 60_000_000
START = datetime(2024, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("name", ["0020-live-chat", "0021-popular", "0022-match-chants", "0023-newcomers"])
def test_what_is_popular_flags_nobody(tmp_path, name, seed):
    text = (SEEDS / f"{name}.toml").read_text(encoding="utf-8")
    path = tmp_path / "other-dice.toml"
    path.write_text(re.sub(r"(?m)^seed = \d+$", f"seed = {seed}", text), encoding="utf-8")
    simulation = simulate(path, scale=0.5)
    assert set(simulation.truth["label"]) == {0}
    result = scan(simulation.comments)
    assert not result.accounts["flagged"].any()
    assert set(result.campaigns["tier"]) <= {"low"}
    if name == "0021-popular":
        assert result.campaigns.height >= 1


# --- crowds --------------------------------------------------------------------------------------------------------


def crowds_of(moments, copies=(), places=None):
    """Return the crowd of each comment, given in minutes."""
    time = np.array([round(at * MINUTE) for at in moments])
    place = np.zeros(len(time), dtype=np.int64) if places is None else np.array(places)
    is_copy = np.isin(np.arange(len(time)), list(copies))
    return find_crowds(place, time, np.lexsort((is_copy, time, place)), is_copy).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_a_crowd_is_every_ten_minutes_with_five_comments_that_are_no_copies(seed):
    dice = random.Random(seed)
    moments = [dice.uniform(0, 900) for _ in range(60)]
    moments += [dice.gauss(dice.choice((90, 130, 300)), 4) for _ in range(70)]
    places = [dice.randrange(2) for _ in moments]
    copies = {i for i in range(len(moments)) if dice.random() < 0.3}
    found = crowds_of(moments, copies, places)
    inside = [False] * len(moments)
    for place in (0, 1):
        others = sorted(at for i, at in enumerate(moments) if places[i] == place and i not in copies)
        spans = [(a, b) for a, b in zip(others, others[4:], strict=False) if b - a <= 10]
        for i, at in enumerate(moments):
            inside[i] |= places[i] == place and any(a <= at <= b for a, b in spans)
    assert [crowd > 0 for crowd in found] == inside
    assert 0 < sum(inside) < len(moments)
    assert not {c for c, p in zip(found, places, strict=True) if p == 0 and c} & {
        c for c, p in zip(found, places, strict=True) if p == 1
    }


def test_copies_alone_make_no_crowd():
    moments = [k * 0.1 for k in range(50)]
    assert set(crowds_of(moments, copies=range(50))) == {0}
    assert set(crowds_of(moments)) == {1}


# --- warnings ------------------------------------------------------------------------------------------------------


def record(i, text, at, target="youtube:show"):
    return {"id": f"{i:06d}", "platform": "youtube", "text": text, "author_id": f"a{i}", "target": target,
            "created_at": (START + timedelta(seconds=at)).isoformat()}  # fmt: skip


def test_a_live_chat_is_told_in_the_run_the_summary_and_the_page():
    dice = random.Random(1)
    result = scan([record(i, sentence(dice, 8), 2 * i) for i in range(400)])
    [warning] = result.run["warnings"]
    assert warning == (
        "1 thread looks like a live chat (400 comments, one every 2 s): closeness in time and meeting again were not "
        "tested there."
    )
    assert warning in result.report()
    from detector.report.summary import summarise

    shown = summarise(result.frames, result.run, seconds=1, peak_mib=1, width=200, colour=False)
    assert warning.split(":")[0] in " ".join(shown.split())


def test_a_dump_of_one_text_and_times_without_a_clock_are_told():
    dice = random.Random(2)
    words = sentence(dice, 20)
    one = scan([record(i, words, 7_000 * i + 11) for i in range(40)]).run["warnings"]
    assert [warning[:48] for warning in one] == ["100% of the comments are near copies of one text"]
    daily = scan([record(i, sentence(dice, 8), 86_400 * i) for i in range(40)]).run["warnings"]
    assert [warning[:34] for warning in daily] == ["Times are known to the day at best"]
    assert scan([record(i, sentence(dice, 8), 7_000 * i + 11) for i in range(40)]).run["warnings"] == []


# --- declared innocent ---------------------------------------------------------------------------------------------

WORDING = "we the undersigned ask the council to keep the old ferry running through the winter for all who live here"


def disguised(dice, at):
    where = dice.randrange(1, len(WORDING) - 1)
    return WORDING[:where] + "\u200b" + WORDING[where:] + ("!" if at % 2 else " 🙏")


def petition(dice):
    rows = [record(i, sentence(dice, 12), dice.uniform(0, 900_000), f"x:T{i % 5}") for i in range(400)]
    return rows + [record(400 + k, disguised(dice, k), 40_000 + 30_000 * k, "x:T1") for k in range(20)]


@pytest.mark.parametrize(
    "allowed",
    [WORDING, WORDING.upper(), WORDING.replace("winter", "whole winter"), f"Dear all: {WORDING[:80]}", "OLD ferry run"],
    ids=["as it stands", "capitals", "a word more", "the beginning", "a part"],
)  # fmt: skip
def test_a_declared_wording_covers_its_near_copies_and_is_told(allowed):
    rows = petition(random.Random(3))
    before = scan(rows)
    assert before.accounts["flagged"].sum() == 20
    after = scan(rows, Config(judge=JudgeConfig(allow_texts=(allowed,))))
    assert not after.accounts["flagged"].any()
    assert set(after.campaigns["tier"]) == {"low"}
    told = after.evidence.filter(pl.col("signal") == "declared")
    assert told["subject_id"].to_list() == after.campaigns["campaign_id"].to_list()
    assert "declared this wording innocent" in told["sentence"][0]
    assert before.evidence.filter(pl.col("signal") == "declared").is_empty()


def test_a_declared_wording_excuses_nothing_else():
    rows = petition(random.Random(4))
    other = "please sign our letter about the new skating rink in the market square before the first of may"
    after = scan(rows, Config(judge=JudgeConfig(allow_texts=(other,))))
    assert after.accounts["flagged"].sum() == 20


def test_wordings_come_from_a_file_too(tmp_path):
    path = tmp_path / "innocent.txt"
    path.write_text(f"a slogan\n\n  {WORDING}  \n", encoding="utf-8")
    config = Config(judge=JudgeConfig(allow_texts=("first",))).with_allowed(path)
    assert config.judge.allow_texts == ("first", "a slogan", WORDING)
