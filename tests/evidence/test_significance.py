import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from twins import chance

from detector.evidence.significance import (
    binomial_tail,
    combine,
    false_discovery_rates,
    negative_binomial_tail,
    overdispersed_tail,
    poisson_tail,
)

LEVELS = st.floats(1e-12, 1.0)


@given(st.integers(0, 400), st.floats(1e-6, 500))
@settings(max_examples=100)
def test_the_poisson_tail_is_that_of_scipy(observed, expected):
    theirs = stats.poisson.sf(observed - 1, expected)
    assert poisson_tail(observed, expected) == pytest.approx(max(theirs, 1e-300), rel=1e-6)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(1e-6, 1.0))
@settings(max_examples=100)
def test_the_binomial_tail_is_that_of_scipy(counts, share):
    observed, trials = counts
    theirs = stats.binom.sf(observed - 1, trials, share)
    assert binomial_tail(observed, trials, share) == pytest.approx(max(theirs, 1e-300), rel=1e-6)


@given(st.integers(0, 400), st.floats(1e-4, 200), st.floats(0.01, 5))
@settings(max_examples=100)
def test_the_negative_binomial_tail_is_that_of_scipy(observed, expected, dispersion):
    theirs = stats.nbinom.sf(observed - 1, 1 / dispersion, 1 / (1 + dispersion * expected))
    assert negative_binomial_tail(observed, expected, dispersion) == pytest.approx(max(theirs, 1e-300), rel=1e-5)


def test_without_dispersion_the_negative_binomial_is_poisson():
    assert negative_binomial_tail([0, 3, 9], 2.0, 0.0).tolist() == poisson_tail([0, 3, 9], 2.0).tolist()


def test_tiny_tails_keep_their_size_and_are_never_zero():
    assert poisson_tail(60, 1e-2) == pytest.approx(stats.poisson.sf(59, 1e-2), rel=1e-9)
    assert 0 < poisson_tail(60, 1e-2) < 1e-200
    assert binomial_tail(40, 40, 1e-4) == pytest.approx(1e-160, rel=1e-9)
    assert min(poisson_tail(1_000, 1e-3), binomial_tail(900, 900, 1e-3), poisson_tail(3, 0.0)) == 1e-300


def test_nothing_observed_surprises_nobody():
    assert poisson_tail([0, 0], [0.0, 7.0]).tolist() == [1, 1]
    assert binomial_tail(0, 0, 0.5) == 1
    assert negative_binomial_tail(0, 0.0, 0.5) == 1


@given(st.lists(LEVELS, min_size=1, max_size=25))
@settings(max_examples=100)
def test_false_discovery_rates_are_those_of_benjamini_and_hochberg(p):
    found = false_discovery_rates(np.array(p))
    assert found.tolist() == pytest.approx(stats.false_discovery_control(p).tolist())
    assert found.tolist() == pytest.approx(chance.benjamini_hochberg(p))


@given(st.lists(st.one_of(LEVELS, st.just(float("nan"))), max_size=25), st.integers(0, 60))
@settings(max_examples=100)
def test_what_is_not_testable_is_no_test_and_unlisted_tests_are_paid_for(p, n_tests):
    found = false_discovery_rates(np.array(p), n_tests)
    tested = [value for value in p if value == value]
    assert np.isnan(found).tolist() == [value != value for value in p]
    assert found[~np.isnan(found)].tolist() == pytest.approx(chance.benjamini_hochberg(tested, n_tests))


@given(st.lists(st.floats(1e-9, 0.98), min_size=1, max_size=10))
@settings(max_examples=100)
def test_p_values_combine_as_cauchy_variables(p):
    theirs = stats.cauchy.sf(stats.cauchy.isf(p).mean())
    assert combine(np.array(p)) == pytest.approx(theirs, rel=1e-4, abs=1e-12)


def test_combination_leaves_out_what_is_not_testable():
    nan = float("nan")
    assert combine(np.array([[0.02, nan, nan], [0.02, 0.02, nan]])).tolist() == pytest.approx([0.02, 0.02])
    assert np.isnan(combine(np.array([[nan, nan]]))).all()


def test_combination_keeps_tiny_values_and_survives_certainty():
    assert combine(np.array([1e-100])) == pytest.approx(1e-100)
    assert combine(np.array([1e-100, 1.0, 1.0])) < 1e-90
    assert combine(np.array([1.0, 1.0])) >= 0.99


def test_one_ordinary_part_does_not_wipe_out_the_rest():
    assert combine(np.array([0.001] * 9 + [1.0])) < 0.01


@given(st.integers(0, 40), st.floats(0.01, 20), st.one_of(st.just(0.0), st.floats(0.01, 30)))
def test_the_overdispersed_tail_is_that_of_scipy(observed, mean, excess):
    ours = overdispersed_tail(np.array([observed]), np.array([mean]), np.array([mean + excess]))[0]
    if excess < 1e-9:
        theirs = stats.poisson.sf(observed - 1, mean)
    else:
        theirs = stats.nbinom.sf(observed - 1, mean**2 / excess, mean / (mean + excess))
    assert ours == pytest.approx(max(theirs, 1e-300), rel=1e-6, abs=1e-12)
