"""What the dossier says would change a verdict is what the rules would do."""

import itertools
from pathlib import Path

import polars as pl
import pytest

from detector.config import Config, JudgeConfig
from detector.judge.tiers import judge_candidates
from detector.judge.weigh import SIGNALS, weigh
from detector.judge.weights import load_weights
from detector.lab.simulate import simulate
from detector.pipeline import scan
from detector.report.dossier import dossier
from detector.report.footing import Footing, find_footing, say_footing
from detector.report.words import WOULD_CHANGE
from detector.schema import CANDIDATES, COMMENTS, EVIDENCE, TESTS

MOVING = ("company", "linked_accounts", "synchrony", "shared_addresses", "fan_out", "creation_batch", "dormancy",
          "disguise")  # fmt: skip
SUBSETS = [frozenset(some) for n in range(len(MOVING) + 1) for some in itertools.combinations(MOVING, n)]


def judged(subsets, *, holds_texts=True, has_profiles=True, is_declared=False):
    """Let the judge give tiers to candidates of nine accounts, of each of which exactly these signals are found."""
    tests = [{"subject_kind": "campaign", "subject_id": f"c{i}", "signal": signal, "observed": 50.0, "expected": 1.0,
              "p": 1e-9, "q": 1e-9, "detail": 1.0} for i, some in enumerate(subsets) for signal in some]  # fmt: skip
    rows = [{"row": i, "cluster_id": "t0" if holds_texts else "u0", "campaign_id": f"c{c}", "account": f"x:{i}",
             "is_first": i == 0, "n_clusters": 1} for c in range(len(subsets)) for i in range(9)]  # fmt: skip
    comments = COMMENTS.empty().vstack(
        pl.DataFrame([{"row": 0, "author_followers": 3 if has_profiles else None}], schema=COMMENTS.dtypes())
    )
    weights = load_weights("unfitted")
    allowed = pl.Series([0] if is_declared else [], dtype=pl.UInt32)
    tiers = judge_candidates(
        pl.DataFrame(rows, schema=CANDIDATES.dtypes()),
        weigh(pl.DataFrame(tests, schema=TESTS.dtypes()), 0.01, weights), comments, allowed, weights, 3,
    )  # fmt: skip
    by_name = dict(tiers.select("campaign_id", "tier").iter_rows())
    return [by_name[f"c{i}"] for i in range(len(subsets))]


def footing(tier, found, *, holds_texts=True, has_profiles=True, is_declared=False, quiet=(), untested=()):
    return Footing(tier, frozenset(found), quiet, untested, holds_texts, has_profiles, is_declared)


@pytest.mark.parametrize("holds_texts", [True, False])
@pytest.mark.parametrize("has_profiles", [True, False])
@pytest.mark.parametrize("is_declared", [True, False])
def test_the_rules_are_those_of_the_judge(holds_texts, has_profiles, is_declared):
    flags = {"holds_texts": holds_texts, "has_profiles": has_profiles, "is_declared": is_declared}
    for found, tier in zip(SUBSETS, judged(SUBSETS, **flags), strict=True):
        assert footing(tier, found, **flags).tier_with(found) == tier, sorted(found)


def test_every_signal_of_the_judge_either_moves_tiers_or_is_known_to_be_quiet():
    alone = dict(zip(SIGNALS, judged([frozenset({name}) for name in SIGNALS]), strict=True))
    for name, tier in alone.items():
        assert footing(tier, {name} & {*MOVING, "duplicate_profiles"}).is_understood, name


@pytest.mark.parametrize("holds_texts", [True, False])
def test_for_every_reported_campaign_there_is_something_to_say(holds_texts):
    for found, tier in zip(SUBSETS, judged(SUBSETS, holds_texts=holds_texts), strict=True):
        if tier == "none":
            continue
        said = " ".join(say_footing(footing(tier, found, holds_texts=holds_texts)))
        assert said.count("rests") + said.count("Beside") + said.count("It is low") >= 1
        rises, falls = "It would rise to" in said, "Without" in said or "keep its tier" in said
        assert falls, (tier, sorted(found))
        assert rises == (tier in ("low", "medium") and (holds_texts or tier == "low")), (tier, sorted(found), said)


def test_medium_by_a_batch_rises_with_disguise_or_timed_company():
    said = say_footing(footing("medium", {"creation_batch", "company"}, untested=("synchrony",)))
    assert "Without accounts created together it would fall to low." in said
    rises = next(line for line in said if "rise to high" in line)
    assert "timing: copies closer together" in rises
    assert "disguise" in rises
    assert "batches" not in rises
    assert any(line.startswith("Not testable here") and "closer in time" in line for line in said)


def test_medium_by_disguise_rises_only_with_a_sign_about_the_accounts():
    rises = [line for line in say_footing(footing("medium", {"disguise"})) if "rise" in line]
    assert len(rises) == 1
    assert rises[0].startswith("It would rise to high with a sign about the accounts")
    assert "; or" not in rises[0]


def test_two_signs_about_the_accounts_are_one_kind_of_which_either_is_enough():
    said = say_footing(footing("high", {"creation_batch", "dormancy", "disguise"}))
    assert "two independent kinds" in said[0]
    assert any("(either is enough) it would fall to medium" in line for line in said)


def test_with_three_kinds_only_the_one_about_the_accounts_cannot_be_spared():
    said = say_footing(footing("high", {"creation_batch", "disguise", "company", "synchrony"}))
    assert [line for line in said if line.startswith("Without")] == [
        "Without accounts created together it would fall to medium."
    ]
    assert any(line.startswith("It would keep its tier without any one of these") for line in said)


def test_what_the_export_or_the_user_caps_is_said():
    capped = " ".join(say_footing(footing("medium", {"dormancy", "disguise"}, has_profiles=False)))
    assert "It would be high only in an export that says something of accounts" in capped
    declared = say_footing(footing("low", {"creation_batch", "disguise"}, is_declared=True))
    assert "Without the declaration that its wording is innocent it would be high." in declared


@pytest.fixture(scope="module")
def scanned():
    """Scan the demonstration twice: as it is, and with a comment of its first campaign declared innocent."""
    comments = simulate(Path(__file__).parents[2] / "seeds/0014-demo.toml", scale=0.6).comments
    result = scan(comments)
    member = result.comments.filter(pl.col("campaign_id") == result.campaigns["campaign_id"][0], role="member").head(1)
    text = comments.join(member.select("id"), on="id")["text"][0]
    return result, scan(comments, Config(judge=JudgeConfig(allow_texts=(text,))))


def test_the_tiers_of_a_scan_are_understood_from_what_it_publishes(scanned):
    for result in scanned:
        assert not result.campaigns.is_empty()
        for campaign in result.campaigns.iter_rows(named=True):
            assert find_footing(result.frames, campaign).is_understood
    declared = scanned[1].campaigns.filter(tier="low")["campaign_id"]
    assert any("Without the declaration" in changes(scanned[1].frames, name) for name in declared)


def test_every_account_and_comment_of_a_campaign_is_told_something(scanned):
    frames = scanned[0].frames
    for group in frames["accounts"].partition_by("role", "tier", "campaign_id"):
        assert len(changes(frames, f"account:{group['account'][0]}")) > 80
    for group in frames["comments"].partition_by("role", "tier"):
        assert len(changes(frames, f"comment:{group['platform'][0]}:{group['id'][0]}")) > 80


def test_a_result_of_other_rules_falls_back_to_what_is_true_of_its_tier(frames):
    campaign = frames["campaigns"].row(0, named=True)
    assert not find_footing(frames, campaign).is_understood
    assert WOULD_CHANGE["high"] in changes(frames, "c00000000000a")


def changes(frames, wanted):
    text = dossier(frames, wanted)
    part = text.split("What would change the verdict\n")[1].split("\n\n")[0]
    return " ".join(part.split())


def with_evidence(frames, account, *signals):
    rows = [dict.fromkeys(EVIDENCE.columns) | {"subject_kind": "account", "subject_id": account, "signal": signal,
             "kind": "against" if signal in ("no_sign", "own_words") else "coordination", "weight": 1.0,
             "sentence": "Something was measured."} for signal in signals]  # fmt: skip
    more = pl.DataFrame(rows, schema=EVIDENCE.dtypes(), orient="row")
    return frames | {"evidence": pl.concat([frames["evidence"], more])}


def with_account(frames, account, **values):
    changed = [pl.when(pl.col("account") == account).then(pl.lit(value, frames["accounts"].schema[name]))
               .otherwise(name).alias(name) for name, value in values.items()]  # fmt: skip
    return frames | {"accounts": frames["accounts"].with_columns(changed)}


def test_an_account_with_signs_of_its_own(frames):
    said = changes(with_evidence(frames, "x:000003", "company", "disguise"), "x:000003")
    assert "Of its 3 comments here, 3 (100%) in campaign c00000000000a, of tier high; its role there: member." in said
    assert "2 signs of its own" in said
    assert "any one of them is enough" in said
    assert "stands and falls with its campaign" in said


def test_an_account_without_a_sign_is_told_what_is_missing(frames):
    medium = with_account(with_evidence(frames, "x:000003", "no_sign"), "x:000003", tier="medium")
    said = changes(medium, "x:000003")
    assert "It carries no sign of its own." in said
    assert "at least half of the accounts" in said
    assert "With a sign of its own it could rise to high" in said


def test_a_member_of_mostly_own_words_is_told_the_share(frames):
    low = with_account(with_evidence(frames, "x:000003", "own_words", "no_sign"), "x:000003", tier="low", n_comments=30)
    said = changes(low, "x:000003")
    assert "3 (10%)" in said
    assert "judge.account_copy_share_min" in said
    assert "and a larger share of its comments in the campaign" in said


def test_a_source_and_a_grown_account(frames):
    assert "accuses nobody" in changes(with_account(frames, "x:000003", role="source", tier="none"), "x:000003")
    tied = with_account(with_evidence(frames, "x:000003", "tie_created", "tie_content"), "x:000003", role="grown")
    assert "by 2 ties, and not by copying its texts: medium is the most" in changes(tied, "x:000003")


def test_accounts_and_comments_outside_say_what_is_missing(frames):
    assert "None of its comments is a near copy" in changes(frames, "x:900005")
    alone = changes(with_account(frames, "x:900005", n_clusters=1, copy_share=0.5), "x:900005")
    assert "50% of its comments are near copies of another account's, in 1 text family" in alone
    assert "No near copy of it by another account" in changes(frames, "9000050")


def test_a_family_outside_any_campaign_says_what_is_missing(frames):
    loose = frames["clusters"].with_columns(
        campaign_id=pl.lit(None, pl.String), tier=pl.lit("none"), information_bits=pl.lit(12.0)
    )
    said = changes(frames | {"clusters": loose}, "t000000000000")
    assert "12 bits: too little to be judged" in said
    assert "Missing is evidence" in said


def test_a_comment_is_judged_by_its_author(frames):
    said = changes(with_evidence(frames, "x:000003", "company"), "0000030")
    assert "never by what it says" in said
    assert "One sign of its own: it meets the same accounts again." in said


def test_a_stricter_threshold_is_named_as_the_reason(frames):
    assert "stricter threshold" in changes(with_account(frames, "x:000003", flagged=False), "x:000003")


@pytest.mark.parametrize("wanted", ["c00000000000a", "t000000000000", "x:000003", "0000030", "9000050", "x:900005"])
def test_nobody_is_called_a_bot(frames, wanted):
    assert "bot" not in dossier(frames, wanted).lower().replace("both", "")
