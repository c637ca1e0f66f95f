"""What would be seen: large and tight campaigns, not tiny ones; and words that say what the figures say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from detector.config import Config
from detector.errors import ConfigError, InputError
from detector.ingest.read import read_comments
from detector.lab.evaluate import wilson
from detector.lab.plant import Ground
from detector.lab.power import CELLS, Dump, Power, as_strict_as_whole, estimate_power, sample_comments
from detector.lab.simulate import simulate
from detector.lab.trials import WAYS, Trials
from detector.text import cluster_comments

SEEDS = Path(__file__).parents[2] / "seeds"
DETECTOR = Path(sys.executable).with_name("detector")
WAY = {way.name: way for way in WAYS}


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """A thousand generated comments on X, which shows creation dates, in a file."""
    path = tmp_path_factory.mktemp("power") / "dump.jsonl"
    simulation = simulate(SEEDS / "0019-quiet.toml", scale=0.1)
    lines = [row for row in simulation.comments.to_dicts() if row["platform"] == "x"]
    path.write_text("".join(json.dumps(row, default=str) + "\n" for row in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trials(dump):
    config = Config()
    comments = read_comments(dump).comments
    return Trials(Ground.of(comments, 1), cluster_comments(comments, config.text), config)


@pytest.fixture(scope="module")
def printed(dump):
    """The command, run as people run it: (what it printed, the figures that it wrote)."""
    figures = dump.with_name("power.json")
    done = subprocess.run(
        [DETECTOR, "power", dump, "--quick", "--repeats", "1", "-o", figures],
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout, json.loads(figures.read_text(encoding="utf-8"))


def test_forty_accounts_created_together_are_flagged_and_two_of_any_kind_are_not_seen(trials):
    assert [trials.run((WAY["new_accounts"], "10 minutes", 40), repeat) for repeat in range(4)] == [(True, True)] * 4
    for way in WAYS:
        assert trials.run((way, "10 minutes", 2), 0) == (False, False), way.name


def test_the_command_prints_what_it_writes(printed):
    text, figures = printed
    assert all(len(line) <= 80 for line in text.splitlines())
    assert len(figures["cells"]) == 5 * 2 * 3
    for sentence in figures["sentences"]:
        assert f"- {sentence}" in re.sub(r"\n  (?=\S)", " ", text)
    rows = [re.findall(r"(\d+) / (\d+)", line) for line in text.splitlines() if " / " in line and line[0] == " "]
    told = [(int(seen), int(flagged)) for row in rows for seen, flagged in row]
    assert told == [(cell["n_seen"], cell["n_flagged"]) for cell in figures["cells"]]
    assert all(cell["n_flagged"] <= cell["n_seen"] <= cell["repeats"] == 1 for cell in figures["cells"])


def test_the_same_dump_gives_the_same_figures_in_another_process(printed, dump):
    again = estimate_power(dump, repeats=1, is_quick=True).to_dict()
    assert json.loads(json.dumps(again)) == printed[1]


def test_what_the_dump_lacks_is_not_tried_and_named():
    records = [{"text": f"words number {i}", "author_id": f"a{i}"} for i in range(60)]
    power = estimate_power(records, repeats=1, is_quick=True)
    assert set(power.cells["way"]) == set(WAY) - {"new_accounts"}
    assert set(power.cells["spread"]) == {"unknown"}
    assert {item["needs"] for item in power.left_out} == {"author_created_at", "created_at"}
    text = re.sub(r"\s+", " ", power.to_text())
    assert "Not tried: accounts created together, for the dump holds no account creation dates." in text
    assert "With the field created_at it could be tried." in text
    assert "within" not in " ".join(power.sentences())


def test_a_spread_longer_than_the_dump_is_not_tried():
    records = [
        {"text": f"words number {i}", "author_id": f"a{i}", "created_at": f"2024-05-0{1 + i // 30}T12:{i % 60:02}:00Z"}
        for i in range(60)
    ]
    power = estimate_power(records, repeats=1, is_quick=True)
    assert set(power.cells["spread"]) == {"an hour"}
    assert "copies spread over a week" in {item["what"] for item in power.left_out}


def test_no_authors_means_no_campaign_and_repeats_have_a_range():
    with pytest.raises(InputError, match="no comment with a known author"):
        estimate_power([{"text": "nobody said this"}])
    with pytest.raises(ConfigError, match="between 1 and 1,000"):
        estimate_power([{"text": "somebody", "author_id": "a"}], repeats=0)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nonesuch.jsonl"], 1, "no such file"),
        (["-"], 2, "give a file"),
        (["nonesuch.jsonl", "-o", "no/such/folder.json"], 4, "is no folder"),
        (["nonesuch.jsonl", "--repeats", "0"], 2, "--repeats"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, code, said, tmp_path):
    from click.testing import CliRunner

    from detector.cli import main

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        done = CliRunner().invoke(main, ["power", *arguments])
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_sample_holds_whole_targets_but_for_the_last_and_days_of_large_ones():
    n = 4_000
    frame = pl.DataFrame(
        {
            "text": [f"comment {i}" for i in range(n)],
            "author_id": [f"a{i}" for i in range(n)],
            # One target draws half of the comments, forty others the rest.
            "target": ["large" if i % 2 else f"small-{i % 80}" for i in range(n)],
            "created_at": [f"2024-06-{1 + i * 20 // n:02}T00:00:{i % 60:02}Z" for i in range(n)],
        }
    )
    comments = read_comments(frame).comments
    sample, unit = sample_comments(comments, 1_000, seed=1)
    assert (sample.height, unit) == (1_000, "target")
    assert sample["row"].to_list() == list(range(1_000))
    assert sample["created_at"].is_sorted()
    day = pl.when(pl.col("target").str.ends_with("large")).then(pl.col("created_at").dt.date())
    sizes = comments.group_by("target", day=day).len()
    kept = sample.group_by("target", day=day).len().join(sizes, on=["target", "day"], nulls_equal=True)
    assert (kept["len"] < kept["len_right"]).sum() <= 1
    assert kept["day"].null_count() not in (0, kept.height)
    assert sample_comments(comments, 1_000, seed=1)[0].equals(sample)
    assert sample_comments(comments, n, seed=1) == (comments, None)


def test_a_sample_is_judged_as_strictly_as_the_whole(dump):
    comments = read_comments(dump).comments
    power = estimate_power(comments, repeats=1, is_quick=True, comments_max=comments.height // 4)
    assert (power.dump.n_comments, power.dump.n_read) == (comments.height // 4, comments.height)
    assert "a sample of" in power.to_text()
    assert power.config == Config()
    strict = as_strict_as_whole(Config(), power.dump).evidence.false_discovery_rate
    assert strict == pytest.approx(Config().evidence.false_discovery_rate / 4, rel=0.01)


def power_of(*cells, repeats=10, **dump):
    """Make an answer from (way, spread, size, seen, flagged)."""
    rows = [
        (way, spread, n, n * WAY[way].n_texts, repeats, seen, seen / repeats, *wilson(seen, repeats),
         flagged, flagged / repeats, *wilson(flagged, repeats))
        for way, spread, n, seen, flagged in cells
    ]  # fmt: skip
    told = {
        "n_read": 900, "n_comments": 900, "n_accounts": 400, "n_targets": 9, "start": "2024-01-01T00:00:00Z",
        "end": "2024-02-01T00:00:00Z", "authored_share": 1.0, "dated_share": 1.0, "precision_s": 1, "unit": None,
    } | dump  # fmt: skip
    return Power(pl.DataFrame(rows, schema=CELLS, orient="row"), Dump(**told), (), repeats, Config(), False)


FIGURES = {
    ("one_text", "an hour"): [(8, 0), (9, 0), (10, 0)],
    ("one_text", "a week"): [(0, 0), (2, 0), (4, 0)],
    ("new_accounts", "an hour"): [(0, 0), (9, 9), (9, 9)],
    ("new_accounts", "a week"): [(1, 1), (10, 10), (9, 9)],
    ("three_texts", "an hour"): [(10, 10), (10, 10), (10, 8)],
    ("three_texts", "a week"): [(10, 0), (10, 3), (10, 2)],
}
"""Times seen and flagged of 5, 12 and 40 accounts."""


def test_sentences_say_what_the_figures_say():
    power = power_of(
        *((*key, n, *hits) for key, row in FIGURES.items() for n, hits in zip((5, 12, 40), row, strict=True))
    )
    assert power.sentences() == [
        "Accounts posting one text, word for word. Seen: 12 or more within an hour (5: 8 of 10); no size reliably "
        "within a week (at best 40: 4 of 10). Flagged: never, at any size or spread tried, and this is by rule: "
        "copying is one kind of evidence, and one kind flags nobody.",
        "Accounts created within 48 hours posting one text. Seen and flagged: 12 or more at every spread tried "
        "(5: 0-1 of 10).",
        "Accounts posting the same three texts. Seen: 5 (the fewest tried) or more at every spread tried. Flagged: "
        "5 (the fewest tried) or more within an hour (40: 8 of 10); no size reliably within a week (at best 12: 3 of "
        "10).",
    ]


def test_one_lucky_size_is_no_threshold():
    power = power_of(*(("one_text", "a day", n, seen, 0) for n, seen in ((3, 10), (5, 2), (8, 3), (15, 9), (40, 10))))
    assert "Seen: 15 or more at every spread tried (8: 3 of 10)." in power.sentences()[0]


def test_a_size_that_larger_ones_belie_is_told_with_them():
    power = power_of(*(("one_text", "a day", n, seen, 0) for n, seen in ((3, 0), (5, 9), (8, 9), (15, 9), (40, 5))))
    assert "Seen: no size reliably at any spread tried (at best 5: 9 of 10, but 40: 5 of 10)." in power.sentences()[0]


def test_thin_fields_and_samples_are_owned_up_to():
    thin = power_of(
        ("one_text", "an hour", 5, 1, 0), dated_share=0.4, authored_share=0.5, precision_s=3_600, n_targets=0,
        n_read=90_000, unit="day",
    )  # fmt: skip
    text = re.sub(r"\s+", " ", thin.to_text())
    for words in ("40% of the accounts", "50% of the comments", "to the hour only", "(target)", "a sample of 90,000"):
        assert words in text
    assert "40%" not in power_of(("one_text", "an hour", 5, 1, 0)).to_text()
