"""The one place that knows the order of the stages: ingest, text, evidence, judge."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from detector.config import Config
from detector.control import run_control
from detector.errors import InputError
from detector.evidence import Measured, measure
from detector.evidence.traffic import observe_traffic
from detector.ingest.estimate import estimate_amount
from detector.ingest.nothing import why_nothing
from detector.ingest.read import Ingested, read_comments
from detector.ingest.sources import Source
from detector.judge import Judged, judge
from detector.judge.weights import load_weights
from detector.limits import find_limits, find_reading_limits
from detector.memory import check_fit, give_back, plan_memory
from detector.result import Result
from detector.schema import COMMENTS, MARKS, REJECTS
from detector.signals import list_signals
from detector.text import Clustered, cluster_comments, find_allowed

Progress = Callable[[str, int, int | None], None]
"""Called with the name of the stage, what is done of it and how much there is (None: unknown)."""


_UNASKED = (
    *("source_file", "source_line", "target_group", "parent_id", "conversation_id", "repost_of"),
    *("author_verified", "like_count"),
)
"""Columns of COMMENTS that no stage after reading looks at."""


def scan(
    source: Source,
    config: Config | None = None,
    *,
    progress: Progress | None = None,
    memory_limit: int | None = None,
    spill_folder: str | Path | None = None,
) -> Result:
    """Find coordinated campaigns among comments.

    Parameters
    ----------
    source
        A path or several, `-` for standard input, an open file, an iterable of dicts, or a Polars frame: canonical
        records, of which only `text` is required.
    config
        Settings; the defaults where None.
    progress
        Called now and then with the name of the stage, what is done of it and how much there is.
    memory_limit
        The most memory to take, in bytes; four fifths of what is free by default. What goes beyond it is put on disk.
    spill_folder
        Where on disk; the system's folder for temporary files by default.

    Returns
    -------
    Result
        Scored comments, accounts, clusters and campaigns, each with the evidence for and against.

    Raises
    ------
    InputError
        The source cannot be read, holds no comment to judge, or more than can be judged within the memory limit.
    """
    config = config or Config()
    tell = _announce(progress)
    amount = estimate_amount(source)
    spill = plan_memory(amount, memory_limit, spill_folder)
    ingested = read_comments(source, config.ingest, lambda done, total: tell("reading", done, total), spill=spill)
    if amount is None and memory_limit is not None:
        check_fit(ingested.comments.height, memory_limit)
    ingested.counts.check()
    comments = _slim(COMMENTS.check(ingested.comments).drop(_UNASKED))
    if comments.is_empty():
        raise InputError(_nothing(ingested))
    # What was read is held once: later stages see fewer and fewer of its columns.
    ingested = replace(ingested, comments=COMMENTS.empty())
    signals, span = list_signals(comments), (comments["created_at"].min(), comments["created_at"].max())
    tell("comparing texts", 0, None)
    clustered = cluster_comments(
        comments, config.text, lambda done, total: tell("comparing texts", done, total), allocate=spill.allocate
    )
    allowed = find_allowed(comments, clustered, config.judge.allow_texts, config.text)
    tell("measuring evidence", 0, None)
    measured = _measure(comments, clustered, config)
    warnings = find_reading_limits(ingested) + find_limits(comments, clustered, measured)
    tell("negative control", 0, None)
    control = run_control(
        comments,
        clustered,
        config,
        lambda dealt, copied: _judge(dealt, copied, _measure(dealt, copied, config), allowed, config),
        measured.traffic,
    )
    comments = comments.drop("url", "author_handle", "author_name")
    clustered = replace(clustered, marks=MARKS.empty())
    measured = replace(measured, traffic=observe_traffic(COMMENTS.empty(), config.evidence))
    tell("judging", 0, None)
    judged = _judge(comments, clustered, measured, allowed, config)
    return Result(
        comments=judged.comments,
        accounts=judged.accounts,
        clusters=judged.clusters,
        campaigns=judged.campaigns,
        evidence=judged.evidence,
        links=measured.links,
        bursts=measured.bursts,
        rejects=REJECTS.check(ingested.rejects),
        run=_run(ingested, judged, signals, span, control, warnings, config),
        config=config,
    )


def _announce(progress: Progress | None) -> Progress:
    """Return what tells of progress, and between two stages gives back what the first has freed."""
    current = [""]

    def tell(stage: str, done: int, total: int | None) -> None:
        if stage != current[0]:
            current[0] = stage
            give_back()
        if progress:
            progress(stage, done, total)

    return tell


def _slim(comments: pl.DataFrame) -> pl.DataFrame:
    """Store a column that holds nothing as one null, and a precision that all times share once.

    The others are brought into one piece: rows are fetched from it ten times faster than from several.
    """
    shared = {name: None for name in comments.columns if comments[name].null_count() == comments.height}
    precision = comments["created_at_precision"].unique()
    if len(precision) == 1:
        shared[precision.name] = precision[0]
    return comments.with_columns(
        pl.lit(value, comments.schema[name]).alias(name) for name, value in shared.items()
    ).rechunk()


def find(comments: pl.DataFrame, clustered: Clustered, config: Config) -> Judged:
    """Measure and judge COMMENTS whose texts are compared already, as `scan` does between reading and writing."""
    allowed = find_allowed(comments, clustered, config.judge.allow_texts, config.text)
    return _judge(comments, clustered, _measure(comments, clustered, config), allowed, config)


def _measure(comments: pl.DataFrame, clustered: Clustered, config: Config) -> Measured:
    return measure(
        comments,
        clustered.texts,
        clustered.marks,
        clustered.members,
        config.evidence,
        config.text.information_min_bits,
    )


def _judge(
    comments: pl.DataFrame, clustered: Clustered, measured: Measured, allowed: pl.Series, config: Config
) -> Judged:
    return judge(
        comments,
        clustered.texts,
        clustered.members,
        measured.accounts,
        measured.candidates,
        measured.ties,
        measured.tests,
        measured.signs,
        measured.objects,
        measured.growth,
        config.judge,
        allowed=allowed,
        q_max=config.evidence.false_discovery_rate,
        min_accounts=config.evidence.min_cluster_accounts,
    )


def _run(
    ingested: Ingested, judged: Judged, signals: Mapping[str, Any], span: tuple[Any, Any],
    control: Mapping[str, Any], warnings: list[str], config: Config,
) -> dict[str, Any]:  # fmt: skip
    counts = ingested.counts
    tiers = dict(judged.campaigns.group_by("tier").len().iter_rows())
    return {
        "version": version("spamouflage-detector"),
        "sources": list(ingested.sources),
        "formats": list(ingested.formats),
        "settings": config.to_dict(),
        "settings_digest": config.digest(),
        "weights": load_weights(config.judge.weights).to_run(),
        "counts": {
            **counts.to_dict(),
            "accounts": judged.accounts.height,
            "clusters": judged.clusters.height,
            "campaigns": {tier: int(tiers.get(tier, 0)) for tier in ("high", "medium", "low")},
            "flagged_accounts": int(judged.accounts["flagged"].sum()),
            "flagged_comments": int(judged.comments["flagged"].sum()),
        },
        "span": {"start": _iso(span[0]), "end": _iso(span[1])},
        "too_many_rejects": ingested.too_many_rejects,
        "signals": dict(signals),
        "warnings": warnings,
        "negative_control": dict(control),
    }


def _iso(moment: object) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(moment, datetime) else None


def _nothing(ingested: Ingested) -> str:
    counts = ingested.counts
    reasons = ", ".join(
        f"{n} {reason}" for reason, n in {**counts.skipped_by_reason, **counts.rejected_by_reason}.items()
    )
    named = ", ".join(ingested.sources) or "the source"
    why = why_nothing(ingested)
    told = f"{named}: no comment to judge among {counts.records_read} records"
    return told + (f" ({reasons})" if reasons else "") + (f": {why}" if why else "")
