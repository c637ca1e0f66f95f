"""A result at a glance: as a small piece of HTML where a notebook shows one, else in one line."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from detector.report.html import environment
from detector.report.words import counted

CAMPAIGNS_SHOWN = 12


def glance_html(frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any]) -> str:
    """Return what was found as HTML for the output of a notebook's cell: under 30 kB whatever the dump holds.

    Parameters
    ----------
    frames
        The published frames.
    run
        The content of `run.json`.

    Returns
    -------
    str
        One `div` without script, style sheet, link or picture; text from the dump is trimmed, escaped and isolated.
    """
    campaigns = frames["campaigns"]
    return environment().get_template("notebook.html.jinja").render(
        run=run,
        counts=run["counts"],
        campaigns=campaigns.head(CAMPAIGNS_SHOWN).to_dicts(),
        n_campaigns=campaigns.height,
    )  # fmt: skip


def glance_line(run: Mapping[str, Any]) -> str:
    """Return what was found in one plain line.

    Parameters
    ----------
    run
        The content of `run.json`.
    """
    counts = run["counts"]
    tiers = ", ".join(f"{n:,} {tier}" for tier in ("high", "medium", "low") if (n := counts["campaigns"][tier]))
    n_campaigns = sum(counts["campaigns"].values())
    found = f"{counted(n_campaigns, 'campaign')} ({tiers})" if n_campaigns else "no campaign"
    flagged = f"{counted(counts['flagged_comments'], 'comment')} and {counted(counts['flagged_accounts'], 'account')}"
    return f"<Result: {counted(counts['accepted'], 'comment')}, {found}, {flagged} flagged>"
