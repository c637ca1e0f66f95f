"""The signals, and what in a dump each of them needs."""

from datetime import datetime

import polars as pl

from detector.evidence import DORMANCY_DAYS_MIN

SIGNALS = {
    "synchrony": ("copies close in time", "created_at", "times, to the minute or better"),
    "company": ("the same accounts together again", "account", "author ids, handles or names"),
    "linked_accounts": ("pairs of accounts that share many texts", "account", "author ids, handles or names"),
    "shared_addresses": ("the same accounts behind the same addresses", "target", "targets"),
    "fan_out": ("one address carried from target to target", "target", "targets"),
    "creation_batch": ("accounts created together", "author_created_at", "account creation dates"),
    "same_name": ("doubled display names (weak)", "author_name", "display names beside author ids"),
    "disguise": ("disguise that differs from copy to copy", "text", "texts"),
    "handle_shape": ("one handle pattern (weak)", "author_handle", "handles"),
    "young_accounts": ("young accounts (weak)", "author_created_at", "account creation dates"),
    "spread": ("copies at more targets than the traffic", "target", "targets"),
    "dormancy": ("accounts back from a long silence, changed", "created_at", "times"),
    "silent_accounts": ("old accounts with hardly any posts (weak)", "author_posts", "posts of the accounts, counted"),
    "duplicate_profiles": ("namesakes with a second field in common", "author_name", "display names beside author ids"),
    "serial_numbers": ("numbers that differ from copy to copy (weak)", "text", "texts"),
    "bursts": ("bursts", "created_at", "times, to the hour or better"),
}
"""The signals: title, the column that each needs, and that column in words."""


def list_signals(comments: pl.DataFrame) -> dict[str, list[dict[str, str]]]:
    """Tell which signals a dump can carry, and what the others lack.

    Parameters
    ----------
    comments
        COMMENTS.

    Returns
    -------
    dict
        `available` and `abstained`: each a list of signals with `signal` and `title`; those that abstain also say `why`
        and which column they need.
    """
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
    if signal in ("same_name", "duplicate_profiles") and comments["author_id"].null_count() == comments.height:
        return "the dump tells authors apart by name only"
    if signal == "dormancy" and _span_days(comments) < DORMANCY_DAYS_MIN:
        return f"the dump spans less than {DORMANCY_DAYS_MIN} days"
    if signal == "silent_accounts" and comments["author_created_at"].null_count() == comments.height:
        return "the dump holds no account creation dates"
    if signal == "duplicate_profiles" and all(
        comments[field].null_count() == comments.height
        for field in ("author_handle", "author_created_at", "author_followers")
    ):
        return "the dump holds nothing about accounts beside their names"
    precision = comments["created_at_precision"].drop_nulls()
    coarse = {"synchrony": ("month", "year"), "bursts": ("day", "month", "year")}.get(signal, ())
    if coarse and len(precision) and precision.is_in(list(coarse)).mean() == 1.0:
        return f"the times in the dump are too coarse ({precision.mode().sort()[0]})"
    return ""


def _span_days(comments: pl.DataFrame) -> int:
    first, last = comments["created_at"].min(), comments["created_at"].max()
    return (last - first).days if isinstance(first, datetime) and isinstance(last, datetime) else 0
