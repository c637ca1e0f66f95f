"""Measured figures to weights of evidence: two additive, monotone, regularised models, and how well they hold."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GroupKFold

from benchmarks.calibration.measure import ORDINARY, Tables
from detector.judge.explain_accounts import CAMPAIGN_BITS_MAX, account_facts
from detector.judge.weigh import SIGNALS, unfitted

Floats = npt.NDArray[np.float64]
LN2 = float(np.log(2.0))
STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Candidates for C, the inverse strength of the L2 penalty."""
FOLDS = 6
PREVALENCE = 0.1
"""Stated, not measured: share of candidates that are campaigns, of accounts in candidates that are members."""
COPYING = 1.0
STATED = ("own_words", "source")
"""Facts that protect people are stated, and accounts with one are no rows of the fit: hardly any bystander stands in a
labelled campaign, so that a fit would drop what is there for them."""
BOUNDS = {"established": (-1.0, 0.0), "no_sign": (-np.inf, -2.0)}
"""An account's age is weak evidence, whichever way it points; what protects people is never weakened."""
DECIMALS = 3
_FREE = 10.0
"""A feature so many times as large is penalised the square of it less."""


@dataclass(frozen=True)
class Sample:
    """What a model learns from: (n, k) features, (n,) labels, families and counts; what is lawful for each weight.

    A weight is fitted between `low` and `high`, or stated: then it is the unfitted one.
    """

    names: tuple[str, ...]
    x: Floats
    label: Floats
    family: npt.NDArray[np.str_]
    n: Floats
    low: Floats
    high: Floats
    unfitted: Floats
    stated: npt.NDArray[np.bool_]

    def of(self, rows: npt.NDArray[np.int64]) -> "Sample":
        """Return some of the rows."""
        return Sample(self.names, self.x[rows], self.label[rows], self.family[rows], self.n[rows],
                      self.low, self.high, self.unfitted, self.stated)  # fmt: skip

    @property
    def balanced(self) -> Floats:
        """(n,) counts scaled so that both labels weigh the same: weights of evidence know no prevalence."""
        totals = np.array([self.n[self.label == label].sum() for label in (0, 1)])
        return self.n * (self.n.sum() / (2 * totals))[self.label.astype(int)]


@dataclass(frozen=True)
class Model:
    """Weights in bits, (k,), and the bits at even odds of a subject of which nothing is known."""

    names: tuple[str, ...]
    weights: Floats
    intercept: float
    strength: float

    def bits(self, x: Floats) -> Floats:
        """(n,) evidence, without the intercept."""
        return x @ self.weights

    def probability(self, x: Floats) -> Floats:
        """(n,) chance of label 1 where both labels are as frequent."""
        return 1.0 / (1.0 + 2.0 ** -(self.bits(x) + self.intercept))


def sample_candidates(table: pl.DataFrame) -> Sample:
    """Return a row per candidate: for each signal the bits of bound, and whether its test saw nothing."""
    rules = {name: unfitted(signal) for name, signal in SIGNALS.items()}
    found = [name for name in SIGNALS if name in table.columns]
    against = [name for name in found if rules[name].against < 0]
    columns = [table[name].clip(0.0).fill_null(0.0).to_numpy() for name in found]
    columns += [(table[name] == ORDINARY).fill_null(False).cast(pl.Float64).to_numpy() for name in against]
    k, m = len(found), len(against)
    return Sample(
        (*found, *(f"{name}:against" for name in against)), np.stack(columns, axis=1),
        table["label"].cast(pl.Float64).to_numpy(), table["family"].to_numpy().astype(str), np.ones(table.height),
        np.array([0.0] * k + [-np.inf] * m), np.array([1.0] * k + [0.0] * m),
        np.array([1.0] * k + [rules[name].against for name in against]), np.zeros(k + m, dtype=np.bool_),
    )  # fmt: skip


def sample_accounts(table: pl.DataFrame, candidate_bits: pl.DataFrame) -> Sample:
    """Return a row per sort of account in a candidate: how much of each fact there is; counts weigh."""
    table = table.filter(pl.all_horizontal(pl.col(name) == 0 for name in STATED)).join(
        candidate_bits, on=["dump", "number"], maintain_order="left"
    )
    table = table.with_columns(pl.col("campaign").clip(-CAMPAIGN_BITS_MAX, CAMPAIGN_BITS_MAX))
    facts = [fact for fact in account_facts() if fact.signal in table.columns]
    # What is for an account never counts against it, and the other way round.
    lawful = {"against": (-np.inf, 0.0)}
    bounds = np.array([BOUNDS.get(fact.signal, lawful.get(fact.kind, (0.0, np.inf))) for fact in facts])
    return Sample(
        tuple(fact.signal for fact in facts),
        table.select(pl.col(fact.signal).fill_null(0).cast(pl.Float64) for fact in facts).to_numpy(),
        table["label"].cast(pl.Float64).to_numpy(), table["family"].to_numpy().astype(str),
        table["n"].cast(pl.Float64).to_numpy(),
        bounds[:, 0], bounds[:, 1],
        np.array([fact.unfitted for fact in facts]), np.array([fact.signal in STATED for fact in facts]),
    )  # fmt: skip


def fit_model(sample: Sample, strength: float) -> Model:
    """Fit weights that lie in their lawful ranges.

    Notes
    -----
    A weight is `scale * unfitted + deviation`: the penalty falls on the deviations (and hardly on the scale), so that
    what the data say little about keeps what theory gives it, in proportion. What theory leaves open is free as well.

    An active set: weights of the wrong sign are set to 0 and the others fitted again, until none is left. A weight
    above its upper bound is cut to it at the end.
    """
    active = np.flatnonzero(~sample.stated)
    while True:
        x, theory = sample.x[:, active], sample.unfitted[active]
        scale = (_FREE * x @ theory)[:, None]
        free = np.where(theory == 0, _FREE, 1.0)
        model = LogisticRegression(C=strength, solver="newton-cholesky", tol=1e-10, max_iter=500)
        model.fit(np.hstack([scale, x * free]), sample.label, sample_weight=sample.balanced)
        found = model.coef_[0, 1:] * free + model.coef_[0, 0] * _FREE * theory
        wrong = (found < 0) & (sample.low[active] >= 0) | (found > 0) & (sample.high[active] <= 0)
        if not wrong.any():
            break
        active = active[~wrong]
    weights = np.zeros(len(sample.names))
    weights[active] = found / LN2
    weights = np.clip(np.round(weights, DECIMALS), sample.low, sample.high) + 0.0
    return with_intercept(sample, np.where(sample.stated, sample.unfitted, weights), strength)


def with_intercept(sample: Sample, weights: Floats, strength: float = 0.0) -> Model:
    """Return given weights with the intercept that fits them: as many of label 1 expected as there are."""
    bits = sample.x @ weights

    def surplus(intercept: float) -> float:
        return float(sample.balanced @ (1.0 / (1.0 + 2.0 ** -(bits + intercept)) - sample.label))

    return Model(sample.names, weights, round(float(brentq(surplus, -60.0, 60.0, xtol=1e-9)), DECIMALS), strength)


def choose_strength(sample: Sample) -> tuple[float, list[tuple[float, float]]]:
    """Return the C of least log loss on families that the fit has not seen, and the loss of every C."""
    losses = [
        (strength, loss_of(sample, out_of_fold(sample, lambda part, c=strength: fit_model(part, c))))
        for strength in STRENGTHS
    ]
    return min(losses, key=lambda pair: pair[1])[0], losses


def out_of_fold(sample: Sample, fit: Callable[[Sample], Model]) -> Floats:
    """(n,) probabilities at even odds, each by a model that has not seen the row's family."""
    probability = np.zeros(len(sample.label))
    for seen, unseen in folds(sample):
        probability[unseen] = fit(sample.of(seen)).probability(sample.x[unseen])
    return probability


def folds(sample: Sample) -> Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Split so that a campaign, with the talk around it, is never on both sides."""
    return list(GroupKFold(FOLDS).split(sample.x, sample.label, sample.family))


def loss_of(sample: Sample, probability: Floats) -> float:
    """Return the mean log loss in bits; a coin has 1."""
    return float(log_loss(sample.label, np.clip(probability, 1e-6, 1 - 1e-6), sample_weight=sample.balanced)) / LN2


def auc_of(sample: Sample, bits: Floats) -> float:
    """Return the area under the ROC curve."""
    return float(roc_auc_score(sample.label, bits, sample_weight=sample.balanced))


@dataclass(frozen=True)
class Fit:
    """Both models, what they were fitted on, and their choice of C."""

    candidate: Model
    account: Model
    candidates: Sample
    accounts: Sample
    losses: dict[str, list[tuple[float, float]]]
    tables: Tables


def fit_all(tables: Tables) -> Fit:
    """Fit both models; the second uses what the first makes of the campaign that an account stands in."""
    candidates = sample_candidates(tables.candidates)
    c, losses = choose_strength(candidates)
    candidate = fit_model(candidates, c)
    bits = tables.candidates.select("dump", "number", campaign=pl.Series(candidate.bits(candidates.x) + COPYING))
    accounts = sample_accounts(tables.accounts, bits)
    c, account_losses = choose_strength(accounts)
    return Fit(candidate, fit_model(accounts, c), candidates, accounts,
               {"candidate": losses, "account": account_losses}, tables)  # fmt: skip


def write_weights(fit: Fit) -> bytes:
    """Write what the detector reads: JSON with sorted, aligned, rounded numbers."""
    stated = float(np.log2(PREVALENCE / (1 - PREVALENCE)))
    weight = dict(zip(fit.candidate.names, fit.candidate.weights.tolist(), strict=True))
    tree = {
        "about": "Weights of evidence in bits, made by `make calibrate`; docs/model-card.md says of what and how good.",
        "data": {
            "digest": digest(fit.tables),
            "candidates": _counts(fit.candidates),
            "accounts": _counts(fit.accounts),
        },
        "made_with": {name: version(name) for name in ("numpy", "polars", "scikit-learn", "scipy")},
        "candidate": {
            "C": fit.candidate.strength,
            "prior": _prior(stated, fit.candidate.intercept - COPYING),
            "copying": COPYING,
            "signals": {
                name: {
                    "per_bit": weight[name],
                    "cap": SIGNALS[name].cap_bits,
                    "against": weight.get(f"{name}:against", 0.0),
                }
                for name in sorted(SIGNALS) if name in weight
            },
        },
        "account": {
            "C": fit.account.strength,
            "prior": _prior(stated, fit.account.intercept),
            "weights": _named(fit.account, ~fit.accounts.stated),
            "stated": _named(fit.account, fit.accounts.stated),
        },
    }  # fmt: skip
    return (json.dumps(tree, indent=2) + "\n").encode()


def _named(model: Model, chosen: npt.NDArray[np.bool_]) -> dict[str, float]:
    return dict(sorted((model.names[i], float(model.weights[i])) for i in np.flatnonzero(chosen)))


def _prior(stated: float, intercept: float) -> dict[str, float]:
    return {"prevalence": PREVALENCE, "bits": round(stated + intercept, DECIMALS)}


def _counts(sample: Sample) -> dict[str, int]:
    return {f"label {label}": int(sample.n[sample.label == label].sum()) for label in (1, 0)}


def digest(tables: Tables) -> str:
    """Return 16 hexadecimal digits of the figures that were fitted on."""
    rows = tables.candidates.write_csv() + tables.accounts.write_csv()
    return hashlib.blake2b(rows.encode(), digest_size=8).hexdigest()
