"""When a target or a cluster drew more comments than its own baseline allows. A burst by itself is news."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.codes import Codes, first_of, number
from detector.evidence.significance import negative_binomial_tail
from detector.evidence.traffic import HOUR_US, Traffic
from detector.schema import BURSTS

_COMMENTS_MIN = 10
_SURPRISE_MIN_BITS = 20.0
_WEEK_BINS_MIN = 3


def find_bursts(
    traffic: Traffic,
    rows: Codes,
    clusters: Codes,
    cluster_ids: pl.Series,
    *,
    bin_min: int,
    dispersion: float = 0.5,
) -> pl.DataFrame:
    """Find bursts at targets and in clusters.

    Parameters
    ----------
    rows, clusters
        (m,) comments of clusters.
    bin_min
        Length of a bin, minutes; times coarser than a bin give no bursts.
    dispersion
        Variance beyond Poisson, as a multiple of the squared mean.

    Returns
    -------
    DataFrame
        BURSTS: runs of neighbouring bins that each exceed the baseline by 20 bits or more.

    Notes
    -----
    Baseline of a bin: the subject's other comments, spread over the dump's time span as the whole dump's comments
    are over the hours of the week (over the hours of the day where the dump is shorter than three weeks).
    """
    width = bin_min * 60_000_000
    if traffic.precision_s * 1_000_000 > width or not traffic.has_time.any():
        return BURSTS.empty()
    timed = np.flatnonzero(traffic.has_time)
    has_target = timed[traffic.target[timed] < len(traffic.targets)]
    bins = traffic.time // width
    profile = _profile(bins[timed], width)
    in_cluster = traffic.has_time[rows]
    found = [
        _find(kind, subjects, bins[at], names, profile, (int(bins[timed].min()), int(bins[timed].max())), width,
              dispersion)
        for kind, subjects, at, names in (
            ("target", traffic.target[has_target], has_target, traffic.targets),
            ("cluster", clusters[in_cluster], rows[in_cluster], cluster_ids),
        )
    ]  # fmt: skip
    return BURSTS.check(pl.concat(found).sort("subject_kind", "subject_id", "start"))


def _profile(bins: Codes, width: int) -> npt.NDArray[np.float64]:
    """Return the relative traffic of each hour of the week, mean 1, smoothed by one comment an hour."""
    hours = bins * width // HOUR_US
    counts = np.bincount(hours % 168, minlength=168) + 1.0
    if hours.max() - hours.min() < _WEEK_BINS_MIN * 168:
        counts = np.tile(counts.reshape(7, 24).sum(axis=0), 7)
    return np.asarray(counts / counts.mean())


def _find(
    kind: str, subjects: Codes, bins: Codes, names: pl.Series, profile: npt.NDArray[np.float64],
    span: tuple[int, int], width: int, dispersion: float,
) -> pl.DataFrame:  # fmt: skip
    cell = number(subjects, bins)
    every = np.bincount(cell)
    # Most bins hold too few comments to be a burst, whatever the baseline.
    busy = np.flatnonzero((every >= _COMMENTS_MIN)[cell])
    first = busy[first_of(cell[busy])]
    subject, bin_, observed = subjects[first], bins[first], every[cell[first]]
    n_bins = max(span[1] - span[0], 1)
    level = profile[(bin_ * width // HOUR_US) % 168]
    others = np.bincount(subjects)[subject] - observed
    # Half a comment keeps a subject that appears once from being infinitely surprising.
    expected = (others + 0.5) / n_bins * level
    p = negative_binomial_tail(observed, expected, dispersion)
    return (
        pl.DataFrame(
            {"subject": subject, "bin": bin_, "observed": observed, "expected": expected, "surprise_bits": -np.log2(p)}
        )
        .filter(pl.col("surprise_bits") >= _SURPRISE_MIN_BITS)
        .with_columns(run=(pl.col("bin").diff().over("subject") != 1).fill_null(True).cum_sum())
        .group_by("subject", "run")
        .agg(
            first=pl.col("bin").min(),
            last=pl.col("bin").max(),
            observed=pl.col("observed").sum(),
            expected=pl.col("expected").sum(),
            surprise_bits=pl.col("surprise_bits").max(),
        )
        .select(
            subject_kind=pl.lit(kind),
            subject_id=pl.col("subject"),
            start=(pl.col("first") * width).cast(pl.Datetime("us", "UTC")),
            end=((pl.col("last") + 1) * width).cast(pl.Datetime("us", "UTC")),
            observed=pl.col("observed").cast(pl.UInt32),
            expected="expected",
            surprise_bits="surprise_bits",
        )
        .with_columns(subject_id=pl.col("subject_id").map_batches(lambda s: names.gather(s), return_dtype=pl.String))
    )
