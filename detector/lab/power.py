"""What size of campaign would be seen in this dump: campaigns of every size planted into it, and looked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
import polars as pl

from detector.config import Config
from detector.errors import ConfigError, InputError
from detector.evidence.traffic import observe_traffic
from detector.ingest.read import read_comments
from detector.ingest.sources import Source
from detector.lab import chance
from detector.lab.evaluate import wilson
from detector.lab.plant import Ground
from detector.lab.power_words import conclude, tell
from detector.lab.trials import ANY_TIME, SPREADS_S, WAYS, Cell, Trials, run_trials
from detector.pipeline import Progress
from detector.text import cluster_comments

SIZES = (3, 5, 8, 15, 40)
_QUICK_SIZES = (5, 15, 40)
_QUICK_SPREADS = ("an hour", "a week")
_QUICK_REPEATS = 5
_REPEATS_MAX = 1_000

COMMENTS_MAX = 20_000
"""A trial costs a scan of the dump, so that large ones are sampled."""
_LARGE_TARGET_SHARE = 0.25
CELLS = {
    "way": pl.String,
    "spread": pl.String,
    "n_accounts": pl.Int64,
    "n_comments": pl.Int64,
    "repeats": pl.Int64,
    "n_seen": pl.Int64,
    "seen_share": pl.Float64,
    "seen_low": pl.Float64,
    "seen_high": pl.Float64,
    "n_flagged": pl.Int64,
    "flagged_share": pl.Float64,
    "flagged_low": pl.Float64,
    "flagged_high": pl.Float64,
}
"""A row per way, spread and size: shares of the repeats, each with its 95 % interval (Wilson 1927)."""


@dataclass(frozen=True)
class Dump:
    """What was planted into: counts before and after sampling, its span, and what its fields allow.

    `dated_share` is the share of accounts whose creation date is known, `authored_share` that of comments whose author
    is; `precision_s` how exactly times are known, seconds (None without times); `unit` what was sampled whole.
    """

    n_read: int
    n_comments: int
    n_accounts: int
    n_targets: int
    start: str | None
    end: str | None
    authored_share: float
    dated_share: float
    precision_s: int | None
    unit: str | None


@dataclass(frozen=True)
class Power:
    """What would have been seen.

    `cells` has the columns of `CELLS`; `left_out` says which ways and spreads were not tried, why, and which column
    would allow them.
    """

    cells: pl.DataFrame
    dump: Dump
    left_out: tuple[dict[str, str], ...]
    repeats: int
    config: Config
    too_many_rejects: bool

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as plain values for JSON."""
        return {
            "version": version("spamouflage-detector"),
            "settings_digest": self.config.digest(),
            "repeats": self.repeats,
            "dump": {name: getattr(self.dump, name) for name in self.dump.__dataclass_fields__},
            "ways": {way.name: way.words for way in WAYS if way.name in set(self.cells["way"])},
            "cells": self.cells.to_dicts(),
            "left_out": list(self.left_out),
            "sentences": list(self.sentences()),
        }

    def sentences(self) -> Sequence[str]:
        """Return what the figures say, one sentence for each way of acting."""
        return conclude(self)

    def to_text(self) -> str:
        """Return the sentences, the table and the limits, in lines of at most 80 characters."""
        return tell(self)


def estimate_power(
    source: Source,
    config: Config | None = None,
    *,
    repeats: int = 10,
    is_quick: bool = False,
    comments_max: int = COMMENTS_MAX,
    progress: Progress | None = None,
) -> Power:
    """Plant campaigns of graded size and spread into a dump, one at a time, and count how often they are found.

    Parameters
    ----------
    source, config, progress
        As for `scan`.
    repeats
        Trials of every cell, 1-1000.
    is_quick
        Fewer sizes and spreads, and at most five repeats.
    comments_max
        Larger dumps are sampled down to so many comments.

    Returns
    -------
    Power
        Equal for equal input, settings and repeats.

    Raises
    ------
    InputError
        The source cannot be read, or holds no comment whose author is known.
    ConfigError
        The number of repeats is out of range.

    Notes
    -----
    Costs one measurement and judgement of the dump per trial; its own texts are compared only once, because planted
    texts are near copies of none of them. In a sample, the false discovery rate is lowered by the share sampled.
    Nothing is planted beside another campaign: batches and disguises that share a dump hide in each other's
    background.
    """
    if not 1 <= repeats <= _REPEATS_MAX:
        raise ConfigError(f"repeats must be between 1 and {_REPEATS_MAX:,}, not {repeats}")
    config = config or Config()
    report = progress or (lambda _stage, _done, _total: None)
    ingested = read_comments(source, config.ingest, lambda done, total: report("reading", done, total))
    if ingested.comments["account"].null_count() == ingested.comments.height:
        raise InputError(f"{', '.join(ingested.sources)}: no comment with a known author, so no campaign can be seen")
    comments, unit = sample_comments(ingested.comments, comments_max, config.evidence.seed)
    dump = _describe(ingested.comments.height, comments, unit, config)
    spreads, left_out = _allowed(dump, _QUICK_SPREADS if is_quick else tuple(SPREADS_S))
    ways = [way for way in WAYS if way.accounts != "batch" or dump.dated_share]
    repeats = min(repeats, _QUICK_REPEATS) if is_quick else repeats
    report("comparing texts", 0, None)
    clustered = cluster_comments(comments, config.text)
    trials = Trials(Ground.of(comments, dump.precision_s or 0), clustered, as_strict_as_whole(config, dump))
    cells = [(way, spread, n) for way in ways for spread in spreads for n in (_QUICK_SIZES if is_quick else SIZES)]
    outcomes = run_trials(trials, cells, repeats, lambda done, total: report("planting", done, total))
    return Power(_tabulate(cells, outcomes), dump, tuple(left_out), repeats, config, ingested.too_many_rejects)


def sample_comments(comments: pl.DataFrame, at_most: int, seed: int) -> tuple[pl.DataFrame, str | None]:
    """Keep at most so many COMMENTS: whole targets in random order, large ones and missing ones by whole days.

    The last of them is cut where the room ends. Returns the comments, rows counted anew, and what was kept whole
    (target or day; None where nothing was left out).
    """
    if comments.height <= at_most:
        return comments, None
    is_large = pl.col("target").is_null() | (pl.len().over("target") > _LARGE_TARGET_SHARE * at_most)
    day = pl.when(is_large).then(pl.col("created_at").dt.truncate("1d"))
    units = comments.select("row", "target", day=day)
    order = units.select("target", "day").unique().sort("target", "day", nulls_last=True)
    order = order.with_columns(turn=chance.generator(seed, "sample").permutation(order.height))
    kept = (
        units.join(order, on=["target", "day"], nulls_equal=True)
        .sort("turn", "row")
        .head(at_most)["row"]
        .sort()
    )  # fmt: skip
    has_targets = comments["target"].null_count() < comments.height / 2
    return comments[kept].with_columns(row=pl.int_range(pl.len(), dtype=pl.UInt32)), "target" if has_targets else "day"


def as_strict_as_whole(config: Config, dump: Dump) -> Config:
    """Make findings in a sample as hard as in the whole, where so many more texts are tested that each must say more.

    A lone finding passes Benjamini-Hochberg at p <= q / m: m is as much larger as the whole is.
    """
    rate = config.evidence.false_discovery_rate * dump.n_comments / dump.n_read
    return replace(config, evidence=replace(config.evidence, false_discovery_rate=rate))


def _describe(n_read: int, comments: pl.DataFrame, unit: str | None, config: Config) -> Dump:
    traffic = observe_traffic(comments, config.evidence)
    first, last = (comments["created_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").drop_nulls().gather(end).to_list()
                   for end in ([0], [-1])) if traffic.has_time.any() else ([None], [None])  # fmt: skip
    return Dump(
        n_read=n_read,
        n_comments=comments.height,
        n_accounts=len(traffic.accounts),
        n_targets=len(traffic.targets),
        start=first[0],
        end=last[0],
        authored_share=round(1 - comments["account"].null_count() / comments.height, 4),
        dated_share=round(float(traffic.has_created.mean()), 4) if len(traffic.accounts) else 0.0,
        precision_s=traffic.precision_s if traffic.has_time.any() else None,
        unit=unit,
    )


def _allowed(dump: Dump, spreads: Sequence[str]) -> tuple[list[str], list[dict[str, str]]]:
    """Return the spreads that fit into the dump, and what must be left out and why."""
    left_out = []
    if not dump.dated_share:
        why = "the dump holds no account creation dates"
        left_out.append({"what": "accounts created together", "why": why, "needs": "author_created_at"})
    if dump.start is None or dump.end is None:
        why = "the dump holds no times"
        left_out.append({"what": "copies close in time", "why": why, "needs": "created_at"})
        return [ANY_TIME], left_out
    span = pl.Series([dump.start, dump.end]).str.to_datetime(time_zone="UTC").diff()[1].total_seconds()
    fitting = [spread for spread in spreads if SPREADS_S[spread] <= max(span, SPREADS_S[spreads[0]])]
    too_long = [{"what": f"copies spread over {spread}", "why": "the dump covers less", "needs": ""}
                for spread in spreads[len(fitting) :]]  # fmt: skip
    return fitting, left_out + too_long


def _tabulate(cells: Sequence[Cell], outcomes: Iterator[tuple[bool, bool]]) -> pl.DataFrame:
    found = np.asarray(list(outcomes), dtype=np.int64).reshape(len(cells), -1, 2)
    repeats = found.shape[1]
    rows = []
    for (way, spread, n), (seen, flagged) in zip(cells, found.sum(axis=1).tolist(), strict=True):
        shares = [(hits, hits / repeats, *wilson(hits, repeats)) for hits in (seen, flagged)]
        rows.append((way.name, spread, n, n * way.n_texts, repeats, *shares[0], *shares[1]))
    return pl.DataFrame(rows, schema=CELLS, orient="row")
