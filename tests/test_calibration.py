"""The weights that ship are those that the stored figures give, and the figures are those that a scan measures."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.optimize import minimize

from benchmarks.calibrate import WEIGHTS
from benchmarks.calibration.card import CARD, write_card
from benchmarks.calibration.dumps import list_dumps
from benchmarks.calibration.fit import LN2, Sample, fit_all, fit_model, write_weights
from benchmarks.calibration.measure import NAMES, Tables, measure_dump
from detector.judge.weigh import SIGNALS

AGAIN = "make calibrate"


@pytest.fixture(scope="module")
def tables():
    return Tables.read()


@pytest.fixture(scope="module")
def fit(tables):
    return fit_all(tables)


def test_the_fit_gives_the_shipped_file_byte_for_byte(fit):
    assert write_weights(fit) == WEIGHTS.read_bytes(), AGAIN


def test_the_figures_of_the_model_card_are_those_of_the_fit(fit):
    assert write_card(fit) == CARD.read_text(encoding="utf-8"), AGAIN


@pytest.mark.parametrize(
    "name", ["0001/seed2/x0.03", "0009/seed5/x1/no-target", "0012/seed3/x0.4/no-author_created_at"]
)
def test_measuring_a_dump_again_gives_the_stored_figures(tables, name):
    dump = next(dump for dump in list_dumps() if dump.name == name)
    measured = measure_dump(dump)
    for table in NAMES:
        stored = getattr(tables, table).filter(pl.col("dump") == name)
        fresh = getattr(measured, table)
        assert stored.height > 0
        assert_frame_equal(fresh.cast(stored.schema), stored)


def test_nothing_but_figures_is_kept_of_real_people(tables):
    figures = {"dump", "number", "family", "label", "n_accounts"}
    assert set(tables.candidates.columns) <= figures | SIGNALS.keys()
    assert not tables.accounts["dump"].str.starts_with("real/").any()
    real = tables.rates.filter(pl.col("dump").str.starts_with("real/"))
    assert real.height > 0
    assert set(real["by"]) == {"all", "handle", "lang", "platform"}


def made(seed, n=400):
    """Make a sample in which two features tell, one misleads and one is stated."""
    random = np.random.default_rng(seed)
    x = random.exponential(1.0, (n, 4))
    label = (random.random(n) < 1 / (1 + np.exp(2 - x @ np.array([1.0, 0.5, -0.8, 0.0])))).astype(float)
    infinite = np.full(4, np.inf)
    counts = random.integers(1, 4, n).astype(float)
    theory, stated = np.array([1.0, 1.0, 1.0, 2.0]), np.array([False, False, False, True])
    return Sample(("a", "b", "c", "d"), x, label, np.array(["f"] * n), counts, np.zeros(4), infinite, theory, stated)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_fit_is_the_best_of_all_lawful_weights(seed):
    """A twin that searches the box itself: with hardly any penalty both must find the same weights."""
    sample = made(seed)

    def loss(w):
        logit = w[0] + sample.x[:, :3] @ w[1:]
        return sample.balanced @ (np.logaddexp(0, logit) - sample.label * logit)

    twin = minimize(loss, np.zeros(4), method="L-BFGS-B", bounds=[(None, None), (0, None), (0, None), (0, None)])
    model = fit_model(sample, 1e6)
    assert model.weights[:3] == pytest.approx(twin.x[1:] / LN2, abs=5e-3)
    assert model.weights[2] == 0
    assert model.weights[3] == 2


def test_a_strong_penalty_leaves_what_theory_gives_in_proportion():
    model = fit_model(made(4), 1e-6)
    assert model.weights[0] > 0
    assert model.weights[0] == pytest.approx(model.weights[1], abs=0.01)
