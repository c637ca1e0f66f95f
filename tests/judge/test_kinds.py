"""Which signals move a tier, alone and together."""

import itertools

import polars as pl
import pytest

from detector.judge.tiers import judge_candidates
from detector.judge.weigh import ABOUT_ACCOUNTS, SIGNALS, weigh
from detector.judge.weights import load_weights
from detector.schema import CANDIDATES, COMMENTS, TESTS

SECOND_KINDS = {*ABOUT_ACCOUNTS, "disguise"}


def tier_with(*signals, has_profiles=True):
    """Return the tier of a candidate of nine accounts of which exactly these signals are found."""
    tests = [{"subject_kind": "campaign", "subject_id": "c0", "signal": signal, "observed": 50.0, "expected": 1.0,
              "p": 1e-9, "q": 1e-9, "detail": 1.0} for signal in signals]  # fmt: skip
    rows = [{"row": i, "cluster_id": "t0", "campaign_id": "c0", "account": f"x:{i}", "is_first": i == 0,
             "n_clusters": 1} for i in range(9)]  # fmt: skip
    comments = COMMENTS.empty().vstack(
        pl.DataFrame([{"row": 0, "author_followers": 3 if has_profiles else None}], schema=COMMENTS.dtypes())
    )
    weights = load_weights("unfitted")
    weighed = weigh(pl.DataFrame(tests, schema=TESTS.dtypes()), 0.01, weights)
    candidates = pl.DataFrame(rows, schema=CANDIDATES.dtypes())
    return judge_candidates(candidates, weighed, comments, pl.Series([], dtype=pl.UInt32), weights, 3)["tier"][0]


@pytest.mark.parametrize("signal", SIGNALS)
def test_one_signal_alone_is_medium_only_if_it_is_a_second_kind_beside_copying(signal):
    expected = "medium" if signal in SECOND_KINDS else {"none", "low"}
    assert tier_with(signal) in expected


def test_spread_and_weak_signals_move_no_tier():
    quiet = [name for name, signal in SIGNALS.items() if signal.is_weak] + ["spread"]
    assert tier_with(*quiet) == tier_with() == "none"
    for signals in ((), ("synchrony",), ("disguise",), ("company", "synchrony"), ("creation_batch", "disguise")):
        assert tier_with(*signals, *quiet) == tier_with(*signals)


@pytest.mark.parametrize("pair", list(itertools.combinations(ABOUT_ACCOUNTS, 2)))
def test_signs_about_the_accounts_are_one_kind(pair):
    assert tier_with(*pair) == "medium"
    assert tier_with(*pair, "disguise") == "high"


@pytest.mark.parametrize("sign", ABOUT_ACCOUNTS)
def test_where_the_dump_shows_no_profiles_nothing_is_high(sign):
    assert tier_with(sign, "company", "synchrony") == "high"
    assert tier_with(sign, "company", "synchrony", has_profiles=False) == "medium"


def test_a_return_from_silence_must_be_surer_than_other_signs():
    assert SIGNALS["dormancy"].q_max <= 1e-3
    assert {signal.q_max for name, signal in SIGNALS.items() if name != "dormancy"} == {1.0}
