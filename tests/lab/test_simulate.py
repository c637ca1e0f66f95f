import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from detector.errors import ConfigError, InputError, OutputError
from detector.lab import chance, disguise
from detector.lab.language import language
from detector.lab.record import COMMENT_COLUMNS
from detector.lab.scenes import read_recipe
from detector.lab.simulate import Simulation, simulate

SEEDS = Path(__file__).parents[2] / "seeds"
RECIPES = sorted(SEEDS.glob("[0-9]*.toml"))
FLOOD = SEEDS / "0001-mp-reply-flood-2023.toml"


@pytest.fixture(scope="module")
def flood():
    return joined(simulate(FLOOD, scale=0.2))


def joined(simulation: Simulation) -> pl.DataFrame:
    own = simulation.truth.drop("platform", "id", "author_id", "lang")
    return pl.concat([simulation.comments, own], how="horizontal").with_columns(
        at=pl.col("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC"),
        born=pl.col("author_created_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC"),
    )


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_makes_lawful_records(path):
    simulation = simulate(path, scale=0.005)
    comments, truth = simulation.comments, simulation.truth
    assert tuple(comments.columns) == COMMENT_COLUMNS
    assert comments["id"].n_unique() == len(comments) == len(truth)
    assert comments.select("platform", "id", "author_id").equals(truth.select("platform", "id", "author_id"))
    assert comments["created_at"].is_sorted()
    for name in ("id", "platform", "text", "created_at", "author_id", "author_name", "target", "lang"):
        assert comments[name].null_count() == 0, name
    assert comments["text"].str.strip_chars().str.len_chars().min() > 0
    assert not comments["text"].str.contains(r"\{|\}").any()
    both = joined(simulation)
    assert both.filter(pl.col("born") >= pl.col("at")).is_empty()
    # One account has one profile.
    profile = [name for name in COMMENT_COLUMNS if name.startswith("author_")]
    assert comments.select("platform", *profile).n_unique() == comments["author_id"].n_unique()


@pytest.mark.parametrize("name", ["0001", "0002", "0005", "0013"])
def test_the_smallest_scale_still_plays_every_part(name):
    truth = simulate(next(SEEDS.glob(f"{name}-*.toml")), scale=0.0001).truth
    assert truth["label_kind"].n_unique() >= 2


def test_recipe_ids_are_the_file_numbers_and_never_repeat():
    ids = [read_recipe(path)[0].id for path in RECIPES]
    assert ids == [int(path.name[:4]) for path in RECIPES]
    assert len(set(ids)) == len(ids)


def test_same_recipe_gives_the_same_bytes_whatever_the_hash_seed(tmp_path):
    code = "import sys; from detector.lab.simulate import simulate; simulate(sys.argv[1], 0.05).write(sys.argv[2])"
    files = []
    for hash_seed, threads in (("1", "1"), ("2", "2")):
        path = tmp_path / f"{hash_seed}.jsonl"
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "POLARS_MAX_THREADS": threads}
        subprocess.run([sys.executable, "-c", code, SEEDS / "0014-demo.toml", path], check=True, env=environment)
        files.append(path.read_bytes() + path.with_name(f"{hash_seed}.truth.jsonl").read_bytes())
    assert files[0] == files[1]
    assert len(files[0]) > 50_000


def test_other_seed_gives_other_comments(tmp_path):
    text = (SEEDS / "0019-quiet.toml").read_text()
    (tmp_path / "other.toml").write_text(text.replace("seed = 19", "seed = 20"))
    ours = simulate(SEEDS / "0019-quiet.toml", 0.01).comments
    theirs = simulate(tmp_path / "other.toml", 0.01).comments
    assert not set(ours["id"]) & set(theirs["id"])
    assert len(set(ours["text"]) & set(theirs["text"])) < 0.2 * len(ours)


def test_written_files_hold_the_truth_only_in_the_second(tmp_path):
    simulation = simulate(FLOOD, scale=0.02)
    simulation.write(tmp_path / "a.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    truth = [json.loads(line) for line in (tmp_path / "a.truth.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [line["id"] for line in truth]
    assert {key for line in lines for key in line} <= set(COMMENT_COLUMNS)
    assert all(value is not None for line in lines for value in line.values())
    assert {line["label_kind"] for line in truth} >= {"A", "A-background"}
    assert all("author_created_at" not in line for line in lines if line["platform"] == "facebook")
    simulation.write(tmp_path / "b.jsonl", truth_path=tmp_path / "labels.jsonl")
    assert (tmp_path / "labels.jsonl").read_bytes() == (tmp_path / "a.truth.jsonl").read_bytes()


def test_unwritable_output_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="cannot write"):
        simulate(SEEDS / "0019-quiet.toml", 0.001).write(tmp_path / "none" / "a.jsonl")


def test_ids_do_not_tell_the_label(flood):
    """The ids of campaign and background lie evenly among each other."""
    for column in ("id", "author_id"):
        ranked = flood.select(pl.col(column).cast(pl.Float64).rank() / pl.len(), "label_kind")
        mean = ranked.filter(pl.col("label_kind") == "A")[column].mean()
        assert 0.4 < mean < 0.6


def test_flood_has_the_size_the_curve_and_the_targets_of_the_recipe(flood):
    campaign = flood.filter(pl.col("label_kind") == "A")
    assert len(campaign) == 3000
    assert campaign["author_id"].n_unique() == 400
    days = campaign.group_by(pl.col("at").dt.date().cast(pl.String).alias("day")).len()
    surge = days.filter(pl.col("day").is_between(pl.lit("2023-09-02"), pl.lit("2023-09-04")))["len"].sum()
    assert 0.36 < surge / len(campaign) < 0.54  # 6,750 of 15,000
    assert campaign["target"].str.split(":").list.last().n_unique() > 30
    assert 0.2 < (campaign["target"].str.ends_with(":MP-001")).mean() < 0.4
    assert set(campaign["target_group"]) == {"group-a", "group-b", "group-c"}
    assert campaign.group_by("author_id").len()["len"].max() <= 60


def test_flood_mix_of_platforms_languages_and_variations(flood):
    campaign = flood.filter(pl.col("label_kind") == "A")
    for column, value, share in (("platform", "x", 0.6), ("lang", "fr", 0.25), ("lang", "zh", 0.15)):
        assert abs((campaign[column] == value).mean() - share) < 0.05
    ways = campaign["evasions"].list.first().fill_null("exact")
    for way, share in (("exact", 0.35), ("target_swap", 0.25), ("random_tail", 0.15), ("homoglyph", 0.05)):
        assert abs((ways == way).mean() - share) < 0.03
    assert abs(campaign["url"].is_not_null().mean() - 0.6 * 0.95) < 0.04
    assert campaign["url"].n_unique() == 9  # eight videos and none


def test_flood_exact_copies_differ_only_in_target_and_link(flood):
    copies = flood.filter(pl.col("label_kind") == "A", pl.col("evasions").list.len() == 0).with_columns(
        masked=pl.col("text").str.replace_all(r"https?://\S+|@?MP[-_]\d+", "").str.strip_chars().str.to_lowercase()
    )
    assert copies.group_by("template_id").agg(pl.col("masked").n_unique())["masked"].max() == 1


def test_flood_accounts(flood):
    people = flood.unique("author_id").filter(pl.col("platform") == "x")
    bots = people.filter(pl.col("label_kind") == "A")
    others = people.filter(pl.col("label_kind") == "A-background")
    default = r"^[A-Za-z]{2,}\d{8}$"
    assert abs(bots["author_handle"].str.contains(default).mean() - 0.45) < 0.12
    assert abs(others["author_handle"].str.contains(default).mean() - 0.12) < 0.03
    assert abs((bots["author_followers"] == 0).mean() - 0.7) < 0.1
    assert others["author_handle"].n_unique() == len(others)
    first = (
        flood.filter(pl.col("label_kind") == "A").group_by("author_id").agg(pl.col("at").min(), pl.col("born").first())
    )
    age = (first["at"] - first["born"]).dt.total_days().drop_nulls()
    assert abs((age <= 61).mean() - 0.65) < 0.1
    # In bulk: half of the young accounts were created on few days.
    young = first.filter((pl.col("at") - pl.col("born")).dt.total_days() <= 61)["born"].dt.date()
    assert young.value_counts(sort=True)["count"].head(14).sum() > 0.9 * len(young)


def test_rotation_leaves_new_accounts_in_the_last_week(flood):
    campaign = flood.filter(pl.col("label_kind") == "A")
    takedown = pl.datetime(2023, 9, 5, time_zone="UTC")
    before = set(campaign.filter(pl.col("at") < takedown)["author_id"])
    after = set(campaign.filter(pl.col("at") > takedown.dt.offset_by("1h"))["author_id"])
    assert 0.15 < len(after - before) / len(after) < 0.35
    assert 0.35 < len(before - after) / len(before) < 0.65


def test_waves_fall_on_one_post_within_twenty_minutes(flood):
    campaign = flood.filter(pl.col("label_kind") == "A").sort("conversation_id", "at")
    near = campaign.select((pl.col("at").diff().over("conversation_id").dt.total_seconds() < 300).alias("near"))
    quiet = flood.filter(pl.col("label_kind") == "A-background").sort("conversation_id", "at")
    near_quiet = quiet.select((pl.col("at").diff().over("conversation_id").dt.total_seconds() < 300).alias("near"))
    assert near["near"].mean() > 2 * near_quiet["near"].mean()


def test_wechat_shows_no_profiles():
    comments = simulate(SEEDS / "0002-wechat-articles-2023.toml", 0.1).comments
    for name in ("author_handle", "author_created_at", "author_followers", "author_posts"):
        assert comments[name].null_count() == len(comments)


def test_joe_job_source_writes_first_and_is_no_member():
    both = joined(simulate(SEEDS / "0013-joe-job.toml", 0.1))
    source = both.filter(pl.col("label_kind") == "D8-source")
    copies = both.filter(pl.col("label_kind") == "D8-copy")
    assert len(source) == 1
    assert len(copies) == 20
    assert source["text"][0] == copies["text"].unique().item()
    assert source["at"][0] < copies["at"].min()
    assert source["label"][0] == 0
    assert copies["label"].unique().to_list() == [1]
    assert set(copies["author_id"]) <= set(both.filter(pl.col("label_kind") == "D8")["author_id"])


def test_lookalikes_hold_no_positive():
    truth = simulate(SEEDS / "0015-lookalikes.toml", 0.005).truth
    assert truth["label"].unique().to_list() == [0]


def test_slow_drip_says_the_same_in_other_words():
    campaign = joined(simulate(SEEDS / "0005-slow-drip-2025.toml", 0.3)).filter(pl.col("label_kind") == "C")
    texts = campaign.filter(pl.col("lang") == "en", pl.col("evasions").list.len() > 0)
    similar = []
    for _, group in texts.group_by("template_id", maintain_order=True):
        sets = [shingles(text, 5) for text in group["text"].str.replace_all(r"https?://\S+", "").head(12)]
        similar += [jaccard(a, b) for i, a in enumerate(sets) for b in sets[:i]]
    assert 0.08 < np.median(similar) < 0.3
    per_day = campaign.group_by("author_id", pl.col("at").dt.date()).len()
    assert per_day["len"].max() <= 2


def shingles(text: str, k: int) -> set[str]:
    text = re.sub(r"[^\w]+", " " if k > 2 else "", text.lower()).strip()
    return {text[i : i + k] for i in range(len(text) - k + 1)}


def jaccard(a: set[str], b: set[str]) -> float:
    return len(a & b) / max(1, len(a | b))


@pytest.mark.parametrize(("code", "k", "shortest"), [("en", 5, 40), ("fr", 5, 40), ("zh", 2, 12)])
def test_background_hardly_repeats_itself(code, k, shortest):
    """Fewer than 0.2 % of the longer comments have another one with Jaccard similarity of at least 0.6."""
    speech, rng = language(code), np.random.default_rng(5)
    texts = speech.comments(rng.integers(speech.n_topics, size=1_000), rng).to_list()
    sets = [shingles(text, k) for text in texts if sum(letter.isalpha() for letter in text) > shortest]
    frequency: dict[str, int] = {}
    for one in sets:
        for shingle in one:
            frequency[shingle] = frequency.get(shingle, 0) + 1
    # Two sets with Jaccard >= 0.6 share one of their 40 % + 1 rarest shingles.
    index: dict[str, list[int]] = {}
    near = set()
    for number, one in enumerate(sets):
        rarest = sorted(one, key=lambda shingle: (frequency[shingle], shingle))[: int(0.4 * len(one)) + 1]
        for other in {other for shingle in rarest for other in index.get(shingle, ())}:
            if jaccard(one, sets[other]) >= 0.6:
                near |= {number, other}
        for shingle in rarest:
            index.setdefault(shingle, []).append(number)
    assert len(sets) > 500
    assert len(near) / len(sets) < 0.002


def test_short_phrases_are_repeated_with_a_few_favourites(flood):
    phrases = flood.filter(pl.col("template_id").str.starts_with("phrase-"))
    background = flood.filter(pl.col("label_kind") == "A-background")
    assert 0.05 < len(phrases) / len(background) < 0.1
    counts = phrases["template_id"].value_counts(sort=True)["count"]
    assert counts[0] > 5 * counts.median()


@pytest.mark.parametrize("way", ["homoglyph", "zero_width", "random_tail", "truncated", "leet", "plus_spaces"])
def test_disguises_change_what_they_say_they_change(way):
    dice = disguise.random.Random(3)
    text = "The letters of MP-001 were deleted the night before the audit, so look at them"
    changed = disguise.WAYS[way](text, dice, "en")
    assert changed != text
    if way == "zero_width":
        assert 1 <= len(changed) - len(text) <= 5
        assert "".join(letter for letter in changed if letter not in disguise.ZERO_WIDTH) == text
    if way == "homoglyph":
        swapped = sum(a != b for a, b in zip(text, changed, strict=True))
        assert 0.04 * len(text) < swapped < 0.21 * len(text)
    if way == "random_tail":
        assert re.fullmatch(re.escape(text) + r" [a-z0-9]{4,12}", changed)
    if way == "truncated":
        assert text.startswith(changed)


def test_scrambled_ids_are_a_bijection():
    numbers = np.concatenate([np.arange(200_000), np.arange(1 << 40, (1 << 40) + 200_000)])
    ids = chance.scramble(numbers, key=12345)
    assert len(np.unique(ids)) == len(numbers)
    assert int(ids.max()) < 1 << 62


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("n_comments = 20000", "n_comments = -1"), "n_comments"),
        (("kind = ", "knid = "), "knid"),
        (("x = 0.60", "x = 0.90"), "platforms sum to 1.300"),
        (("share = 0.05", "share = 0.50"), "people.cohorts"),
        (("seed = 19", 'seed = "a"'), "seed"),
        (("id = 19", "id = = 19"), "recipe"),
        (("start = 2023-08-07", "start = 2023-09-07"), "start <= end"),
        (("en = 0.68", "xx = 0.68"), "xx"),
    ],
)
def test_faults_in_a_recipe_are_told_in_one_line(tmp_path, change, says):
    text = (SEEDS / "0019-quiet.toml").read_text()
    assert change[0] in text
    path = tmp_path / "bad.toml"
    path.write_text(text.replace(*change))
    with pytest.raises(ConfigError, match=re.escape(says)) as caught:
        simulate(path, 0.001)
    assert "\n" not in str(caught.value)


def test_unknown_disguise_and_missing_files_are_told(tmp_path):
    text = (SEEDS / "0012-crypto-botnet.toml").read_text()
    (tmp_path / "bad.toml").write_text(text.replace("leet = 0.05", "yodel = 0.05"))
    with pytest.raises(ConfigError, match="yodel"):
        simulate(tmp_path / "bad.toml", 0.01)
    with pytest.raises(InputError, match="cannot read"):
        simulate(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="scale"):
        simulate(SEEDS / "0019-quiet.toml", 0)


def test_a_recipe_that_includes_itself_is_refused(tmp_path):
    path = tmp_path / "loop.toml"
    path.write_text('id = 1\nscenario = "s"\nabout = "a"\nseed = 1\ninclude = [{ recipe = "loop.toml" }]\n')
    with pytest.raises(ConfigError, match="includes itself"):
        simulate(path)
