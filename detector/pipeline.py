"""The one place that knows the order of the stages: ingest, text, evidence, judge."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from typing import Any

import polars as pl

from detector.config import Config
from detector.control import run_control
from detector.errors import InputError
from detector.evidence import Measured, measure
from detector.ingest.read import Ingested, Source, read_comments
from detector.judge import Judged, judge
from detector.result import Result
from detector.schema import COMMENTS, MARKS, REJECTS
from detector.text import Clustered, cluster_comments

Progress = Callable[[str, int, int | None], None]
"""Called with the name of the stage, what is done of it and how much there is (None: unknown)."""

SIGNALS = {
    "synchrony": ("copies close in time", "created_at", "times, to the minute or better"),
    "company": ("the same accounts together again", "account", "author ids, handles or names"),
    "linked_accounts": ("pairs of accounts that share many texts", "account", "author ids, handles or names"),
    "creation_batch": ("accounts created together", "author_created_at", "account creation dates"),
    "same_name": ("doubled display names (weak)", "author_name", "display names beside author ids"),
    "disguise": ("disguise that differs from copy to copy", "text", "texts"),
    "handle_shape": ("one handle pattern (weak)", "author_handle", "handles"),
    "young_accounts": ("young accounts (weak)", "author_created_at", "account creation dates"),
    "bursts": ("bursts", "created_at", "times, to the hour or better"),
}
"""The signals: title, the column that each needs, and that column in words."""


def scan(source: Source, config: Config | None = None, *, progress: Progress | None = None) -> Result:
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

    Returns
    -------
    Result
        Scored comments, accounts, clusters and campaigns, each with the evidence for and against.

    Raises
    ------
    InputError
        The source cannot be read or holds no comment to judge.
    """
    config = config or Config()
    tell = progress or (lambda _stage, _done, _total: None)
    ingested = read_comments(source, config.ingest, lambda done, total: tell("reading", done, total))
    ingested.counts.check()
    comments = _slim(COMMENTS.check(ingested.comments))
    if comments.is_empty():
        raise InputError(_nothing(ingested))
    # What was read is held once: later stages see fewer and fewer of its columns.
    ingested = replace(ingested, comments=COMMENTS.empty())
    signals, span = _signals(comments), (comments["created_at"].min(), comments["created_at"].max())
    tell("comparing texts", 0, None)
    clustered = cluster_comments(comments, config.text)
    comments = comments.drop("source_file", "source_line", "target_group", "parent_id", "conversation_id", "repost_of")
    tell("measuring evidence", 0, None)
    measured = _measure(comments, clustered, config)
    tell("negative control", 0, None)
    control = run_control(
        comments,
        clustered,
        config,
        lambda dealt, copied: _judge(dealt, copied, _measure(dealt, copied, config), config),
    )
    comments = comments.drop("url", "author_handle", "author_name", "author_verified", "like_count")
    clustered = replace(clustered, marks=MARKS.empty())
    tell("judging", 0, None)
    judged = _judge(comments, clustered, measured, config)
    return Result(
        comments=judged.comments,
        accounts=judged.accounts,
        clusters=judged.clusters,
        campaigns=judged.campaigns,
        evidence=judged.evidence,
        links=measured.links,
        bursts=measured.bursts,
        rejects=REJECTS.check(ingested.rejects),
        run=_run(ingested, judged, signals, span, control, config),
        config=config,
    )


def _slim(comments: pl.DataFrame) -> pl.DataFrame:
    """Store a column that holds nothing as one null: most exports lack half of the fields."""
    return comments.with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in comments.schema.items()
        if comments[name].null_count() == comments.height
    )


def _measure(comments: pl.DataFrame, clustered: Clustered, config: Config) -> Measured:
    return measure(
        comments,
        clustered.texts,
        clustered.marks,
        clustered.members,
        config.evidence,
        config.text.information_min_bits,
    )


def _judge(comments: pl.DataFrame, clustered: Clustered, measured: Measured, config: Config) -> Judged:
    return judge(
        comments,
        clustered.texts,
        clustered.members,
        measured.accounts,
        measured.candidates,
        measured.ties,
        measured.tests,
        measured.signs,
        config.judge,
        q_max=config.evidence.false_discovery_rate,
        min_accounts=config.evidence.min_cluster_accounts,
    )


def _run(
    ingested: Ingested, judged: Judged, signals: Mapping[str, Any], span: tuple[Any, Any],
    control: Mapping[str, Any], config: Config,
) -> dict[str, Any]:  # fmt: skip
    counts = ingested.counts
    tiers = dict(judged.campaigns.group_by("tier").len().iter_rows())
    return {
        "version": version("spamouflage-detector"),
        "sources": list(ingested.sources),
        "settings": config.to_dict(),
        "settings_digest": config.digest(),
        "counts": {
            "records_read": counts.records_read,
            "accepted": counts.accepted,
            "skipped": counts.skipped,
            "rejected": counts.rejected,
            "blank": counts.blank,
            "repaired": counts.repaired,
            "skipped_by_reason": dict(sorted(counts.skipped_by_reason.items())),
            "rejected_by_reason": dict(sorted(counts.rejected_by_reason.items())),
            "unreadable_by_field": dict(sorted(counts.unreadable_by_field.items())),
            "accounts": judged.accounts.height,
            "clusters": judged.clusters.height,
            "campaigns": {tier: int(tiers.get(tier, 0)) for tier in ("high", "medium", "low")},
            "flagged_accounts": int(judged.accounts["flagged"].sum()),
            "flagged_comments": int(judged.comments["flagged"].sum()),
        },
        "span": {"start": _iso(span[0]), "end": _iso(span[1])},
        "too_many_rejects": ingested.too_many_rejects,
        "signals": dict(signals),
        "negative_control": dict(control),
    }


def _iso(moment: object) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(moment, datetime) else None


def _signals(comments: pl.DataFrame) -> dict[str, list[dict[str, str]]]:
    """Tell which signals the dump can carry, and what the others lack."""
    available, abstained = [], []
    for signal, (title, column, words) in SIGNALS.items():
        why = _missing(comments, signal, column, words)
        if why:
            abstained.append({"signal": signal, "title": title, "why": why, "needs": column})
        else:
            available.append({"signal": signal, "title": title})
    return {"available": available, "abstained": abstained}


def _missing(comments: pl.DataFrame, signal: str, column: str, words: str) -> str:
    if comments[column].null_count() == comments.height:
        return f"the dump holds no {words}"
    if signal == "same_name" and comments["author_id"].null_count() == comments.height:
        return "the dump tells authors apart by name only"
    precision = comments["created_at_precision"].drop_nulls()
    coarse = {"synchrony": ("month", "year"), "bursts": ("day", "month", "year")}.get(signal, ())
    if coarse and len(precision) and precision.is_in(list(coarse)).mean() == 1.0:
        return f"the times in the dump are too coarse ({precision.mode().sort()[0]})"
    return ""


def _nothing(ingested: Ingested) -> str:
    counts = ingested.counts
    reasons = ", ".join(
        f"{n} {reason}" for reason, n in {**counts.skipped_by_reason, **counts.rejected_by_reason}.items()
    )
    named = ", ".join(ingested.sources) or "the source"
    return f"{named}: no comment to judge among {counts.records_read} records ({reasons or 'the source is empty'})"
