"""What pictures are drawn from: the arrays against plain rows."""

import polars as pl
import pytest

from detector.report.scene import NEVER, UNKNOWN, set_stage

FAMILIES = [f"t0{k:011x}" for k in range(2)]
IDS = ["c00000000000b", "c00000000000a"]


def rows_around(frames, campaign_id, families):
    """The slow twin: row by row; own comments and the others on the same targets."""
    rows = frames["comments"].to_dicts()
    accounts = frames["accounts"]["account"].to_list()

    def dot(row, is_own):
        family = families.index(row["cluster_id"]) if is_own and row["cluster_id"] in families else UNKNOWN
        account = accounts.index(row["account"]) if row["account"] in accounts else UNKNOWN
        return row["created_at"], account, family

    own = [row for row in rows if row["campaign_id"] == campaign_id]
    targets = {row["target"] for row in own} - {None}
    other = [row for row in rows if row["campaign_id"] != campaign_id and (row["target"] in targets or not targets)]
    return [[dot(row, part is own) for row in part if row["created_at"]] for part in (own, other)]


def dots_of(dots):
    times = pl.Series(dots.time).cast(pl.Datetime("us", "UTC")).to_list()
    return list(zip(times, dots.account.tolist(), dots.family.tolist(), strict=True))


def broken(frames, column, every):
    """Every so manyth value is unknown."""
    return frames | {
        "comments": frames["comments"].with_columns(pl.when(pl.int_range(pl.len()) % every > 0).then(pl.col(column)))
    }


@pytest.mark.parametrize(
    ("column", "every"),
    [("target", 3), ("target", 1), ("account", 4), ("account", 1), ("created_at", 5), ("cluster_id", 2)],
)
@pytest.mark.parametrize("campaign_id", IDS)
def test_a_scene_holds_the_rows_that_a_search_finds(frames, column, every, campaign_id):
    frames = broken(frames, column, every)
    scene = set_stage(frames, IDS).scene(campaign_id, FAMILIES)
    own, other = rows_around(frames, campaign_id, FAMILIES)
    assert own
    assert dots_of(scene.own) == own
    assert dots_of(scene.other) == other


def test_only_targets_of_the_campaign_itself_count(frames):
    """Those of another campaign on the stage are none of its own."""
    is_b = pl.col("campaign_id") == "c00000000000b"
    apart = frames["comments"].with_columns(target=pl.when(is_b).then(pl.lit("x:far away")).otherwise("target"))
    stage = set_stage(frames | {"comments": apart}, IDS)
    assert len(stage.scene("c00000000000b", []).other.time) == 0
    assert len(stage.scene("c00000000000a", []).other.time) == 60


def test_creation_times(frames):
    unborn = frames["accounts"].with_columns(pl.when(pl.int_range(pl.len()) > 0).then("created_at").alias("created_at"))
    born = set_stage(frames | {"accounts": unborn}, []).born
    assert born[0] == NEVER
    assert born[1:].tolist() == unborn["created_at"].dt.timestamp("us").to_list()[1:]
