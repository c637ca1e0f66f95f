"""How well accounts are ranked: average precision, area under the curve, precision and recall, with intervals.

Intervals are the 2.5th and 97.5th percentiles over bootstrap draws of accounts (Efron 1979). All methods meet the same
draws, so that two of them can be compared draw by draw.
"""

from dataclasses import dataclass

import numpy as np

N_DRAWS = 200
_LOW, _HIGH = 2.5, 97.5


@dataclass(frozen=True)
class Figure:
    """A figure and its interval; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Figures:
    """What one method reaches on one mixture; `draws` is the average precision of each draw, shape (n_draws,)."""

    average_precision: Figure
    roc_auc: Figure
    precision: Figure
    recall: Figure
    flagged_wrongly: int
    draws: np.ndarray


def draw_weights(n: int, seed: int, n_draws: int = N_DRAWS) -> np.ndarray:
    """Return how often each of n accounts is drawn, shape (1 + n_draws, n); the first row is one of each."""
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=n_draws)
    return np.vstack([np.ones(n, dtype=np.int64), draws])


def figures(label: np.ndarray, score: np.ndarray, flagged: np.ndarray, weights: np.ndarray) -> Figures:
    """Compute the figures of labels 0 and 1, scores and flags, each of shape (n,), under weights of `draw_weights`."""
    precision_mean, auc = _of_scores(label, score, weights)
    hits, n_flagged, n_positive = (
        weights[:, rows].sum(axis=1) for rows in (flagged & (label == 1), flagged, label == 1)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = hits / n_flagged, hits / n_positive
    return Figures(
        *(_figure(values) for values in (precision_mean, auc, precision, recall)),
        flagged_wrongly=int((flagged & (label == 0)).sum()),
        draws=precision_mean[1:],
    )


def _of_scores(label: np.ndarray, score: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return average precision and area under the ROC curve for each row of weights; ties count as one step."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    weights = weights[:, order]
    true = np.cumsum(weights * (label[order] == 1), axis=1)[:, last]
    false = np.cumsum(weights * (label[order] == 0), axis=1)[:, last]
    n_true, n_false = true[:, -1], false[:, -1]
    gained = np.diff(true, axis=1, prepend=0)
    passed = np.diff(false, axis=1, prepend=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        at = np.where(true + false > 0, true / (true + false), 0)
        average = (gained * at).sum(axis=1) / n_true
        auc = (passed * (true - gained / 2)).sum(axis=1) / (n_true * n_false)
    return average, auc


def _figure(values: np.ndarray) -> Figure:
    """Put a figure beside its interval; draws in which it is not defined are left out."""
    drawn = values[1:][np.isfinite(values[1:])]
    if not np.isfinite(values[0]):
        return Figure(None, None, None)
    low, high = np.percentile(drawn, [_LOW, _HIGH]) if len(drawn) else (np.nan, np.nan)
    return Figure(*(round(float(value), 4) for value in (values[0], low, high)))
