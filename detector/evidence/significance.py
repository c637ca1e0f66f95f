"""Chance, in vectorised form: tails, false discovery rates, combinations."""

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, gammainc

Floats = npt.NDArray[np.float64]
_SMALLEST = 1e-300


def poisson_tail(observed: npt.ArrayLike, expected: npt.ArrayLike) -> Floats:
    """Return P(X >= observed) for X ~ Poisson(expected); 1 where nothing was observed."""
    k, mean = np.broadcast_arrays(np.asarray(observed, np.float64), np.asarray(expected, np.float64))
    tail = np.ones(k.shape)
    some = k > 0
    tail[some] = gammainc(k[some], mean[some])
    return np.clip(tail, _SMALLEST, 1.0)


def binomial_tail(observed: npt.ArrayLike, trials: npt.ArrayLike, share: npt.ArrayLike) -> Floats:
    """Return P(X >= observed) for X ~ Binomial(trials, share); 1 where nothing was observed."""
    k, n, p = np.broadcast_arrays(*(np.asarray(value, np.float64) for value in (observed, trials, share)))
    tail = np.ones(k.shape)
    some = k > 0
    tail[some] = betainc(k[some], n[some] - k[some] + 1, p[some])
    return np.clip(tail, _SMALLEST, 1.0)


def negative_binomial_tail(observed: npt.ArrayLike, expected: npt.ArrayLike, dispersion: float) -> Floats:
    """Return P(X >= observed) for a count of this mean and variance mean + dispersion * mean**2."""
    if dispersion <= 0:
        return poisson_tail(observed, expected)
    k, mean = np.broadcast_arrays(np.asarray(observed, np.float64), np.asarray(expected, np.float64))
    tail = np.ones(k.shape)
    some = k > 0
    share = dispersion * mean[some] / (1.0 + dispersion * mean[some])
    tail[some] = betainc(k[some], 1.0 / dispersion, share)
    return np.clip(tail, _SMALLEST, 1.0)


def overdispersed_tail(observed: npt.ArrayLike, mean: Floats, variance: Floats) -> Floats:
    """Return P(X >= observed) for a count of this mean and variance: negative binomial, or Poisson if not wider."""
    k = np.asarray(observed, np.float64)
    tail = poisson_tail(k, mean)
    wide = (k > 0) & (variance > mean)
    excess = variance[wide] - mean[wide]
    tail[wide] = betainc(k[wide], mean[wide] ** 2 / excess, excess / variance[wide])
    return np.clip(tail, _SMALLEST, 1.0)


def bennett_tail(observed: npt.ArrayLike, expected: npt.ArrayLike, variance: npt.ArrayLike) -> Floats:
    """Return a bound on P(X >= observed) for a sum of negatively associated indicators; 1 up to the mean.

    References
    ----------
    Bennett 1962: exp(-V h(d / V)) with h(u) = (1 + u) log(1 + u) - u, for a surplus d and a variance of at most V.
    """
    k, mean, var = (np.asarray(value, np.float64) for value in (observed, expected, variance))
    surplus = np.maximum(k - mean, 0.0)
    # A sum that hardly varies still has the error of its floating-point mean.
    bound = np.maximum(var, 1e-9)
    u = surplus / bound
    tail: Floats = np.clip(np.exp(-bound * ((1 + u) * np.log1p(u) - u)), _SMALLEST, 1.0)
    return tail


def false_discovery_rates(p: Floats, n_tests: int | None = None) -> Floats:
    """Return Benjamini-Hochberg q values.

    Parameters
    ----------
    p
        (n,) p values; NaN (not testable) gives NaN and does not count as a test.
    n_tests
        Number of tests made, where `p` lists only the smallest of them.

    References
    ----------
    Benjamini and Hochberg 1995.
    """
    q = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    if not len(tested):
        return q
    order = tested[np.argsort(p[tested], kind="stable")]
    m = max(len(tested), n_tests or 0)
    raw = p[order] * m / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return q


def combine(p: Floats) -> Floats:
    """Combine p values along the last axis by the Cauchy combination; NaN is left out, all NaN gives NaN.

    References
    ----------
    Liu and Xie 2020: approximately valid however the tests depend on each other.
    """
    known = ~np.isnan(p)
    # tan((0.5 - p) pi) is 1 / (p pi) for small p, where the difference would be lost to rounding.
    # A p of 1, which permutation often gives, would outweigh everything: it counts as 0.99 (Fang et al. 2021).
    bounded = np.clip(np.where(known, p, 0.5), _SMALLEST, 0.99)
    scores = np.where(bounded < 1e-12, 1.0 / (bounded * np.pi), np.tan((0.5 - bounded) * np.pi))
    n = known.sum(axis=-1)
    mean = np.where(known, scores, 0.0).sum(axis=-1) / np.maximum(n, 1)
    joint = np.where(mean > 1e12, 1.0 / (np.maximum(mean, 1.0) * np.pi), 0.5 - np.arctan(mean) / np.pi)
    return np.where(n > 0, joint, np.nan)
