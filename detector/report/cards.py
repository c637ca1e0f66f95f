"""What the page shows of one campaign: the frames boiled down to what fits on a card."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from detector.report.births import births
from detector.report.charts import FAMILIES, Chart, raster, timeline
from detector.report.findings import Row, addresses, examples, reasons, top_accounts, top_targets
from detector.report.scene import Scene, Stage, set_stage
from detector.report.week import week
from detector.report.words import WOULD_CHANGE, innocent

FAMILIES_SHOWN = 4
REASONS_SHOWN = 12
TARGETS_SHOWN = 12
ACCOUNTS_SHOWN = 15
EXAMPLES_SHOWN = 8


def cards(campaigns: Sequence[Row], frames: Mapping[str, pl.DataFrame], n_pictured: int) -> list[dict[str, Any]]:
    """Return what the template needs to show some campaigns.

    Parameters
    ----------
    campaigns
        Rows of CAMPAIGNS.
    frames
        The published frames.
    n_pictured
        For how many of them, from the first, pictures are drawn.
    """
    ids = [campaign["campaign_id"] for campaign in campaigns]
    stage = set_stage(frames, ids[:n_pictured]) if ids[:n_pictured] else None
    # Searched once for all: a million rows are long to look through.
    is_shown = pl.col("campaign_id").is_in(ids)
    about = {name: frames[name].filter(is_shown) for name in ("comments", "accounts", "clusters")}
    about["evidence"] = frames["evidence"].filter(pl.col("subject_kind") == "campaign", pl.col("subject_id").is_in(ids))
    about["bursts"] = frames["bursts"].filter(pl.col("subject_kind") == "cluster")
    return [_card(campaign, about, stage if i < n_pictured else None) for i, campaign in enumerate(campaigns)]


def _card(campaign: Row, frames: Mapping[str, pl.DataFrame], stage: Stage | None) -> dict[str, Any]:
    campaign_id = campaign["campaign_id"]
    comments, accounts, clusters = (
        frames[name].filter(pl.col("campaign_id") == campaign_id) for name in ("comments", "accounts", "clusters")
    )
    families = clusters.sort(["n_comments", "cluster_id"], descending=[True, False])
    supporting, opposing = reasons(frames["evidence"], "campaign", campaign_id)
    targets, further = top_targets(comments, TARGETS_SHOWN)
    scene = stage.scene(campaign_id, families["cluster_id"].head(len(FAMILIES)).to_list()) if stage else None
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
        "targets": targets,
        "further_targets": further,
        "accounts": top_accounts(accounts, ACCOUNTS_SHOWN),
        "n_accounts": accounts.height,
        "n_sources": accounts.filter(is_source).height,
        "examples": examples(comments, EXAMPLES_SHOWN),
        "charts": _charts(campaign, frames["bursts"], scene, families["cluster_id"].to_list()) if scene else [],
        "more_charts": _more_charts(campaign, scene) if scene else [],
        "would_change": WOULD_CHANGE[campaign["tier"]],
    }


def _charts(campaign: Row, bursts: pl.DataFrame, scene: Scene, families: list[str]) -> list[Chart]:
    """Draw the campaign among the other comments on its targets; among all where the dump names no targets."""
    bursts = bursts.filter(pl.col("subject_id").is_in(families))
    charts = (timeline(campaign, scene, bursts), raster(campaign, scene, len(families)))
    return [chart for chart in charts if chart]


def _more_charts(campaign: Row, scene: Scene) -> list[Chart]:
    """Draw what is looked at second: the age of the accounts, and their hours."""
    charts = (births(campaign, scene), week(campaign, scene))
    return [chart for chart in charts if chart]
