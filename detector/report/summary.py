"""The end of a scan in the terminal: what was read, what was found, what could not be tested."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from detector.report.escape import excerpt, trim, visible
from detector.report.findings import reasons
from detector.report.terminal import paint, wrap
from detector.report.words import (
    NOT_A_CLEARANCE,
    SHORT_CAUTION,
    TIER_MEANINGS,
    counted,
    fates,
    negative_control,
    period,
    reason_counts,
    size_of,
)

CAMPAIGNS_SHOWN = 10
REASONS_SHOWN = 2
_COLUMN = 10
_COLOURS = {"high": "red", "medium": "yellow", "low": "cyan"}


def summarise(
    frames: Mapping[str, pl.DataFrame],
    run: Mapping[str, Any],
    *,
    seconds: float,
    peak_mib: float,
    width: int,
    colour: bool,
) -> str:
    """Return the summary of a scan, for a person who sees the tool for the first time.

    Parameters
    ----------
    frames
        The published frames.
    run
        The content of `run.json`.
    seconds, peak_mib
        Time and memory that the scan took.
    width
        Cells per line of the terminal.
    colour
        Whether colour codes may be written; without them the text holds no control character but the line feed.
    """
    width = min(max(width, 30), 110)
    lines = [
        *_warning(run, width, colour),
        *_read(run, width),
        *_found(frames, run, width, colour),
        *_not_tested(run, width),
    ]
    control = run.get("negative_control")
    if control:
        lines += _entry("Control", negative_control(control), width)
    lines += _entry("Took", f"{_duration(seconds)}, {peak_mib:,.0f} MiB of memory", width)
    return "\n".join(lines) + "\n"


def _warning(run: Mapping[str, Any], width: int, colour: bool) -> Iterator[str]:
    if run.get("too_many_rejects"):
        counts = run["counts"]
        text = (
            f"Warning: {counts['rejected']:,} of {counts['records_read']:,} records were refused "
            f"({reason_counts(counts['rejected_by_reason'])}). "
            "What follows judges only the rest; rejects.jsonl names every refused line."
        )
        lines = wrap(text, width)
        yield from (paint(line, "bold", "red", colour=colour) for line in lines)
        yield ""
    for warning in run.get("warnings", []):
        yield from wrap(f"Note: {trim(visible(warning), 300)}", width, rest="  ")
    if run.get("warnings"):
        yield ""


def _read(run: Mapping[str, Any], width: int) -> list[str]:
    counts = run["counts"]
    sources = [excerpt(source, 60) for source in run["sources"]]
    origin = ", ".join(sources[:3]) + (f" and {len(sources) - 3:,} more" if len(sources) > 3 else "")
    forms = [form for form in run.get("formats", []) if form != "canonical"]
    told = f", read as {', '.join(forms)}" if forms else ""
    lines = _entry("Read", f"{counted(counts['records_read'], 'record')} from {origin}{told}", width)
    lines += _entry("", fates(counts), width)
    span = run["span"]
    known = period(span["start"], span["end"])
    lines += _entry(
        "Judged",
        f"{counted(counts['accounts'], 'account')}, {counted(counts['clusters'], 'family', 'families')} of near copies"
        + (f", {known}" if known else ", times unknown"),
        width,
    )
    return lines


def _found(frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any], width: int, colour: bool) -> Iterator[str]:
    counts = run["counts"]
    by_tier = {tier: counts["campaigns"].get(tier, 0) for tier in ("high", "medium", "low")}
    yield ""
    if not sum(by_tier.values()):
        yield paint("No coordinated campaign found.", "bold", colour=colour)
        yield from wrap(NOT_A_CLEARANCE, width)
        return
    campaigns = frames["campaigns"]
    tiers = ", ".join(f"{n} {tier}" for tier, n in by_tier.items() if n)
    title = f"Found {counted(sum(by_tier.values()), 'campaign')}: {tiers}."
    yield from (paint(line, "bold", colour=colour) for line in wrap(title, width))
    for tier, n in by_tier.items():
        if n:
            yield from wrap(f"{tier} = {TIER_MEANINGS[tier]}", width, first="  ", rest="    ")
    yield from wrap(f"{_flagged(counts)} {SHORT_CAUTION}", width)
    for campaign in campaigns.head(CAMPAIGNS_SHOWN).iter_rows(named=True):
        yield ""
        yield from _campaign(campaign, frames["evidence"], width, colour)
    if campaigns.height > CAMPAIGNS_SHOWN:
        yield ""
        more = f"… and {campaigns.height - CAMPAIGNS_SHOWN:,} more, in report.html and campaigns.parquet."
        yield from wrap(more, width)


def _flagged(counts: Mapping[str, Any]) -> str:
    if not counts["flagged_comments"]:
        return "Nothing reaches medium, so no account and no comment is flagged."
    accounts, comments = counted(counts["flagged_accounts"], "account"), counted(counts["flagged_comments"], "comment")
    return f"Flagged (medium or high): {accounts}, {comments}."


def _campaign(campaign: Mapping[str, Any], evidence: pl.DataFrame, width: int, colour: bool) -> Iterator[str]:
    tier = campaign["tier"]
    size = size_of(campaign)
    when = period(campaign["start"], campaign["end"]) or "times unknown"
    head = wrap(f"{campaign['campaign_id']}  {size}, {when}", width, first=f"{tier.upper():<8}", rest=" " * 8)
    yield paint(head[0], "bold", _COLOURS.get(tier, "bold"), colour=colour)
    yield from head[1:]
    room = max(2 * (width - 8), 40)
    yield from wrap(f"“{excerpt(campaign['excerpt'] or '', room)}”", width, first=" " * 8)
    strongest, opposing = reasons(evidence, "campaign", campaign["campaign_id"])
    for reason in strongest[:REASONS_SHOWN]:
        yield from wrap(trim(visible(reason["sentence"]), 300), width, first=" " * 6 + "+ ")
    for untested in opposing:
        if not untested["weight"]:
            yield from wrap(trim(visible(untested["sentence"]), 300), width, first=" " * 6 + "? ")


def _not_tested(run: Mapping[str, Any], width: int) -> list[str]:
    abstained = run["signals"]["abstained"]
    if not abstained:
        return [""]
    n_signals = len(abstained) + len(run["signals"]["available"])
    lines = ["", *wrap(f"Not tested: {len(abstained)} of {counted(n_signals, 'signal')}.", width)]
    for signal in abstained:
        name = signal.get("title") or signal["signal"].replace("_", " ")
        lines += wrap(trim(visible(f"{name}: {signal['why']}"), 200), width, first="  - ")
    return [*lines, ""]


def _entry(name: str, text: str, width: int) -> list[str]:
    return wrap(text, width, first=f"{name:<{_COLUMN}}")


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
