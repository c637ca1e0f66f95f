"""The promises about people hold whatever is said, by whom, in what script and when: dumps rewritten and compared."""

import ast
import json
import random
import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from test_guardrails import DAY, FORBIDDEN, START, TARGETS, Dump, disguised, flagged, tiers
from twins.writing import han, sentence

import detector
from detector.config import Config, JudgeConfig
from detector.judge.tiers import band, strength
from detector.pipeline import scan
from detector.report.words import CAUTION, CONTEST, innocent
from detector.schema import PUBLISHED

LETTER = [f"letter{k}" for k in range(30)]


@pytest.fixture(scope="module")
def dump():
    """Make a dump with a ring, a disguised campaign of other accounts, a form letter in step, and ordinary people."""
    dump = Dump(41, comments=600)
    dump.ring()
    dump.wave(LETTER, sentence(dump.dice, 30), 3 * DAY, 4, TARGETS)
    words = "we ask the council to keep the old bridge open to all of us this winter"
    dump.wave([f"z{k}" for k in range(12)], lambda _: disguised(words, dump), 6 * DAY, 2 * DAY, TARGETS)
    return dump


@pytest.fixture(scope="module")
def found(dump):
    """Scan it: the ring is high, the disguised campaign medium, the letter low."""
    result = dump.scan()
    assert tiers(result) == {"high": 1, "medium": 1, "low": 1}
    return result


@pytest.fixture(scope="module")
def plain(dump):
    """Scan it again with unfitted weights."""
    return dump.scan(Config(judge=JudgeConfig(weights="unfitted")))


def rewritten(dump, change, who=lambda account: True):
    """Scan the dump with some people's records changed; each draws from a dice of its own."""
    return scan([
        record | change(record, random.Random(record["author_id"])) if who(record["author_id"]) else record
        for record in dump.records
    ])  # fmt: skip


def rank_by_account(result):
    ranks = {"none": 0, "low": 1, "medium": 2, "high": 3}
    return {name: ranks[tier] for name, tier in result.accounts.select("author_id", "tier").iter_rows()}


# --- weights add up ------------------------------------------------------------------------------------------------


def scored(result, kind, frame, key):
    """Return each subject's score beside the score that its printed weights and its tier give."""
    bits = (
        result.evidence.filter(pl.col("subject_kind") == kind).group_by("subject_id").agg(bits=pl.col("weight").sum())
    )
    return frame.join(bits, left_on=key, right_on="subject_id", how="left").with_columns(
        by_hand=band(pl.col("tier"), strength(pl.col("bits")))
    )


@pytest.mark.parametrize("weights", ["found", "plain"])
def test_scores_are_made_of_the_weights_that_are_printed(weights, request):
    result = request.getfixturevalue(weights)
    campaigns = scored(result, "campaign", result.campaigns, "campaign_id")
    assert campaigns.height >= 3
    assert campaigns["score"].to_list() == pytest.approx(campaigns["by_hand"].to_list(), abs=1e-6)
    inside = result.accounts.filter(pl.col("campaign_id").is_not_null() & (pl.col("role") == "member"))
    accounts = scored(result, "account", inside, "account")
    assert accounts.height >= 50
    assert accounts["score"].to_list() == pytest.approx(accounts["by_hand"].to_list(), abs=1e-6)
    assert accounts["score"].n_unique() > 2


def test_the_score_is_the_documented_function_of_the_bits():
    card = (Path(detector.__file__).parents[1] / "docs/model-card.md").read_text(encoding="utf-8")
    assert "score = low + (high − low) / (1 + 2^(−bits / 6))" in card
    bands = {"none": (0.0, 0.2), "low": (0.2, 0.5), "medium": (0.5, 0.8), "high": (0.8, 1.0)}
    assert "none 0–0.2, low 0.2–0.5, medium 0.5–0.8, high 0.8–1" in card
    rows = [(tier, float(bits)) for tier in bands for bits in range(-60, 61)]
    frame = pl.DataFrame(rows, schema=["tier", "bits"], orient="row").with_columns(
        score=band(pl.col("tier"), strength(pl.col("bits")))
    )
    for tier, bits, score in frame.iter_rows():
        low, high = bands[tier]
        assert low <= score < high
        assert score == pytest.approx(low + (high - low) * min(1 / (1 + 2 ** (-bits / 6)), 0.999), abs=1e-6)
    for tier in bands:
        scores = frame.filter(pl.col("tier") == tier)["score"].to_list()
        assert scores == sorted(scores)


def test_weights_never_move_a_tier_or_a_flag(found, plain):
    columns = ["campaign_id", "tier", "coordination_tier", "inauthenticity_tier", "n_accounts"]
    assert set(found.campaigns.select(columns).iter_rows()) == set(plain.campaigns.select(columns).iter_rows())
    for name, key in (("accounts", "account"), ("comments", "id")):
        before, after = (result.frames[name].select(key, "tier", "flagged", "role") for result in (plain, found))
        assert before.sort(key).equals(after.sort(key))
    assert not found.accounts["score"].equals(plain.accounts["score"])


def test_the_run_says_which_weights_made_it(found, plain):
    assert found.run["weights"]["name"] == "fitted"
    assert re.fullmatch("[0-9a-f]{16}", found.run["weights"]["digest"])
    assert plain.run["weights"] == {"name": "unfitted", "digest": None}
    assert found.run["settings_digest"] != plain.run["settings_digest"]


# --- who they are does not matter ----------------------------------------------------------------------------------


def new_handle(_, dice):
    return {"author_handle": f"Jennifer{dice.randrange(10**7, 10**8)}"}


def random_handle(_, dice):
    return {"author_handle": "".join(dice.choice("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNP23456789") for _ in range(15))}


def other_language(_, __):
    return {"lang": "zh"}


def young(_, dice):
    return {"author_created_at": (START - timedelta(days=dice.uniform(1, 85))).isoformat()}


def other_name(_, dice):
    return {"author_name": han(dice, 3)}


def all_together(record, dice):
    return new_handle(record, dice) | other_language(record, dice) | young(record, dice) | other_name(record, dice)


@pytest.mark.parametrize("who", ["letter", "everybody else"])
@pytest.mark.parametrize("change", [new_handle, random_handle, other_language, young, other_name, all_together])
def test_handle_language_name_and_youth_never_raise_a_tier(dump, found, change, who):
    """Of those who copy one letter, or of all ordinary people."""
    chosen = (lambda name: name in LETTER) if who == "letter" else (lambda name: name.startswith("p"))
    after = rewritten(dump, change, chosen)
    before, now = rank_by_account(found), rank_by_account(after)
    assert before.keys() == now.keys()
    assert not [name for name in now if chosen(name) and now[name] > before[name]]
    assert flagged(after) == flagged(found)


def test_a_script_never_raises_a_tier(dump, found):
    letter = next(record["text"] for record in dump.records if record["author_id"] in LETTER)
    characters = han(random.Random(1), 70)
    after = rewritten(dump, lambda record, _: {"text": characters} if record["text"] == letter else {})
    assert rank_by_account(after) == rank_by_account(found)
    assert after.comments.filter(pl.col("excerpt") == characters).height == len(LETTER)


@pytest.mark.parametrize("hours", [-11, -5, 8, 12])
def test_a_time_zone_never_raises_a_tier(dump, found, hours):
    def moved(record, _):
        return {"created_at": (datetime.fromisoformat(record["created_at"]) + timedelta(hours=hours)).isoformat()}

    after = rewritten(dump, moved)
    before, now = rank_by_account(found), rank_by_account(after)
    assert not [name for name in now if now[name] > before[name]]


def test_what_is_said_is_never_read(dump, found):
    """Every letter becomes another: each opinion turns into gibberish, and the findings stay."""
    cipher = str.maketrans("abcdefghijklmnopqrstuvwxyz", "thequickbrownfxjmpsvlazydg")
    after = rewritten(dump, lambda record, _: {"text": record["text"].translate(cipher)})
    assert tiers(after) == tiers(found)
    assert flagged(after) == flagged(found)


def test_rare_people_among_many_are_not_told_apart():
    """One in ten writes in another script, at other hours, with assigned handles, and copies as much as the others."""
    dump = Dump(42, comments=500)
    slogans = [sentence(dump.dice, 14) for _ in range(3)]
    others = [f"o{k}" for k in range(15)]
    for name in others:
        dump.person(name, author_handle=f"Sam{dump.dice.randrange(10**7, 10**8)}", author_name=han(dump.dice, 3))
        dump.add(name, han(dump.dice, 40), dump.dice.uniform(0, 14 * DAY), dump.dice.choice(TARGETS), lang="zh")
    for slogan in slogans:
        for name in [*others[:8], *(f"p{k}" for k in range(60))]:
            dump.add(name, slogan, dump.dice.uniform(0, 14 * DAY), dump.dice.choice(TARGETS))
    assert not flagged(dump.scan())


# --- what is said about them ---------------------------------------------------------------------------------------


ATTRIBUTION = re.compile(
    r"\b(bots?|botnets?|trolls?|propaganda|china|chinese|beijing|russian?s?|moscow|iran\w*|canad\w*|french|france|"
    r"american?s?|nationality|state-?(backed|sponsored)|government-?(backed|sponsored))\b",
    re.IGNORECASE,
)


def strings(path):
    """Return the strings of a module that can be printed: all but docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in spoken)
    return [node.value for node in constants if isinstance(node.value, str)]


def test_no_template_of_ours_names_a_country_or_an_author_behind_it():
    """Every string of the wings that speak, and the page."""
    package = Path(detector.__file__).parent
    texts = [text for wing in ("judge", "report") for path in (package / wing).glob("*.py") for text in strings(path)]
    pages = [path.read_text(encoding="utf-8") for path in (package / "report").rglob("*.jinja")]
    assert len(texts) > 300
    assert pages
    assert not [text for text in texts + pages if ATTRIBUTION.search(text)]


def test_no_published_column_attributes():
    columns = {name for frame in PUBLISHED for name in frame.columns}
    assert len(columns) > 40
    assert not {
        name for name in columns if re.search("country|(?<!coordi)nation|origin|attribut|actor|is_bot|probab", name)
    }


def test_every_signal_for_a_finding_has_an_innocent_explanation_beside_it(found):
    pairs = found.evidence.select("signal", "kind").unique().rows()
    supporting = [(signal, kind) for signal, kind in pairs if kind != "against"]
    assert len(supporting) >= 5
    for signal, kind in supporting:
        assert innocent(signal, kind)
    best = found.campaigns["campaign_id"][0]
    reasons = found.evidence.filter((pl.col("subject_id") == best) & (pl.col("kind") != "against"))
    told = " ".join(found.explain(best).split())
    for signal, kind in reasons.head(3).select("signal", "kind").iter_rows():
        assert innocent(signal, kind) in told


def test_whoever_reads_is_told_that_a_person_decides_and_how_to_contest(found):
    page = " ".join(found.report().split())
    assert "A person must decide" in page
    assert "not the probability that an account is fake" in page
    assert CAUTION in " ".join(found.explain(found.campaigns["campaign_id"][0]).split())
    assert "Anyone named here may ask for the reasons" in CONTEST
    assert "Anyone named here may ask for the reasons" in page
    assert {"version", "settings", "settings_digest", "weights", "negative_control"} <= found.run.keys()


def test_wording_is_trimmed_wherever_it_is_shown(dump):
    tail = "neverquoted"
    long = Dump(43, comments=300)
    ring = [f"r{k}" for k in range(10)]
    for text in range(3):
        long.wave(ring, sentence(long.dice, 60) + " " + tail, (2 + 2 * text) * DAY)
    result = long.scan()
    assert flagged(result) == set(ring)
    for frame in (result.comments, result.clusters, result.campaigns):
        assert frame["excerpt"].str.len_chars().max() <= 160
    assert tail not in result.report()
    assert tail not in result.explain(result.campaigns["campaign_id"][0])
    assert tail not in json.dumps(result.evidence["sentence"].to_list())


def test_nothing_found_is_no_clearance_and_nothing_missing_is_a_sign():
    dump = Dump(44, comments=120)
    bare = scan([{key: record[key] for key in ("id", "text")} for record in dump.records])
    assert Counter(bare.comments["tier"]) == {"none": 120}
    assert bare.evidence.filter(pl.col("weight") > 0).is_empty()
    assert len(bare.run["signals"]["abstained"]) >= 6
    assert "not a clearance" in bare.report()


def test_sentences_about_accounts_keep_to_what_was_seen(found, plain):
    for result in (found, plain):
        told = result.evidence.filter(pl.col("subject_kind") == "account")
        assert told.height > 100
        assert not [text for text in told["sentence"] if FORBIDDEN.search(text)]
        against = told.filter(pl.col("weight") < 0)
        assert set(against["kind"]) == {"against"}
