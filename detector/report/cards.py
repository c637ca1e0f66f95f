"""What the page shows of one campaign: the frames boiled down to what fits on a card."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from detector.report.charts import Chart, raster, timeline
from detector.report.findings import Row, addresses, examples, reasons, top_accounts, top_targets
from detector.report.words import WOULD_CHANGE, innocent

FAMILIES_SHOWN = 4
REASONS_SHOWN = 12
TARGETS_SHOWN = 8
ACCOUNTS_SHOWN = 15
EXAMPLES_SHOWN = 8


def card(campaign: Row, frames: Mapping[str, pl.DataFrame], *, has_charts: bool) -> dict[str, Any]:
    """Return what the template needs to show one campaign.

    Parameters
    ----------
    campaign
        A row of CAMPAIGNS.
    frames
        The published frames.
    has_charts
        Whether pictures are drawn.
    """
    campaign_id = campaign["campaign_id"]
    comments, accounts, clusters = (
        frames[name].filter(pl.col("campaign_id") == campaign_id) for name in ("comments", "accounts", "clusters")
    )
    families = clusters.sort(["n_comments", "cluster_id"], descending=[True, False])
    supporting, opposing = reasons(frames["evidence"], "campaign", campaign_id)
    is_source = (pl.col("role") == "source").fill_null(False)
    return {
        "campaign": campaign,
        "families": families.head(FAMILIES_SHOWN).to_dicts(),
        "n_families": families.height,
        "n_addresses": addresses(clusters, campaign_id).height,
        "reasons": [
            reason | {"innocent": innocent(reason["signal"], reason["kind"])} for reason in supporting[:REASONS_SHOWN]
        ],
        "n_reasons": len(supporting),
        "against": opposing[:REASONS_SHOWN],
        "targets": top_targets(comments, TARGETS_SHOWN),
        "accounts": top_accounts(accounts, ACCOUNTS_SHOWN),
        "n_accounts": accounts.height,
        "n_sources": accounts.filter(is_source).height,
        "examples": examples(comments, EXAMPLES_SHOWN),
        "charts": _charts(campaign, frames, families["cluster_id"].to_list()) if has_charts else [],
        "would_change": WOULD_CHANGE[campaign["tier"]],
    }


def _charts(campaign: Row, frames: Mapping[str, pl.DataFrame], families: list[str]) -> list[Chart]:
    """Draw the campaign among the other comments on its targets; among all where the dump names no targets."""
    is_own = pl.col("campaign_id") == campaign["campaign_id"]
    # Without the texts: this is most of the dump where a campaign addresses what everybody addresses.
    comments = frames["comments"].select("account", "created_at", "target", "cluster_id", "campaign_id")
    targets = comments.filter(is_own)["target"].drop_nulls().unique()
    around = comments.filter(is_own | pl.col("target").is_in(targets.implode())) if len(targets) else comments
    bursts = frames["bursts"].filter(pl.col("subject_kind") == "cluster", pl.col("subject_id").is_in(families))
    charts = (timeline(campaign, around, bursts), raster(campaign, around, frames["accounts"], families))
    return [chart for chart in charts if chart]
