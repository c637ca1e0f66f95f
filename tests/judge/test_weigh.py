import math

import polars as pl
import pytest

from detector.judge.weigh import SIGNALS, unfitted, weigh
from detector.judge.weights import FITTED, UNFITTED, load_weights
from detector.schema import TESTS

Q_MAX = 0.01
WEAK = {"handle_shape", "young_accounts", "same_name", "silent_accounts", "serial_numbers"}


def weighed(signal, *, weights=UNFITTED, observed=50.0, expected=1.0, p=1e-6, q=1e-5):
    row = {"subject_kind": "campaign", "subject_id": "c0", "signal": signal, "observed": observed,
           "expected": expected, "p": p, "q": q, "detail": 1.0}  # fmt: skip
    return weigh(pl.DataFrame([row], schema=TESTS.dtypes()), Q_MAX, load_weights(weights)).row(0, named=True)


@pytest.mark.parametrize("signal", SIGNALS)
def test_what_could_not_be_tested_weighs_nothing(signal):
    fact = weighed(signal, observed=None, expected=None, p=None, q=None)
    assert (fact["is_found"], fact["weight"]) == (False, 0.0)


@pytest.mark.parametrize("signal", SIGNALS)
def test_unfitted_a_fact_weighs_what_its_q_can_be_worth_up_to_the_cap_of_its_signal(signal):
    for q in (1e-2, 1e-3, 1e-9, 1e-300):
        fact = weighed(signal, q=q)
        bound = -math.log2(-math.e * q * math.log(q))
        assert fact["is_found"] == (q <= SIGNALS[signal].q_max)
        bound = bound if fact["is_found"] else 0.0
        assert fact["weight"] == pytest.approx(min(bound, SIGNALS[signal].cap_bits), abs=1e-3)


@pytest.mark.parametrize("signal", SIGNALS)
def test_fitted_a_fact_weighs_the_fitted_share_of_that(signal):
    share = load_weights(FITTED).of_signal(signal, unfitted(SIGNALS[signal])).per_bit
    for q in (1e-2, 1e-3, 1e-9, 1e-300):
        plain, fitted = weighed(signal, q=q), weighed(signal, q=q, weights=FITTED)
        assert fitted["is_found"] == plain["is_found"]
        assert fitted["weight"] == pytest.approx(share * plain["weight"], abs=1e-3)


@pytest.mark.parametrize("signal", SIGNALS)
def test_weak_signals_weigh_at_most_a_bit_however_certain(signal):
    assert SIGNALS[signal].is_weak == (signal in WEAK)
    assert (weighed(signal, q=1e-300)["weight"] <= 1.0) == SIGNALS[signal].is_weak
    assert weighed(signal, q=1e-300, weights=FITTED)["weight"] <= SIGNALS[signal].cap_bits


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_significant_trifle_is_not_found(signal):
    if SIGNALS[signal].excess_min > 1:
        assert not weighed(signal, observed=50.0, expected=49.0)["is_found"]
    assert not weighed(signal, observed=0.5 * SIGNALS[signal].observed_min - 0.1, expected=0.0)["is_found"]
    assert not weighed(signal, q=0.011)["is_found"]


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_test_that_saw_nothing_never_speaks_for_a_finding(signal):
    for weights in (FITTED, UNFITTED):
        assert weighed(signal, weights=weights, observed=1.0, expected=1.0, p=0.6, q=0.9)["weight"] <= 0
        assert weighed(signal, weights=weights, observed=1.0, expected=1.0, p=0.1, q=0.3)["weight"] == 0
