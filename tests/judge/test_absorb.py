"""What growth leaves too small to be a campaign is none."""

import polars as pl
import pytest

from detector.judge.grow import absorb


@pytest.mark.parametrize(("n_taken", "tier"), [(0, "medium"), (1, "medium"), (2, "none"), (4, "none")])
def test_a_candidate_keeps_its_tier_while_three_accounts_are_left(n_taken, tier):
    candidates = pl.DataFrame(
        {"row": [0, 1, 2, 3, 4], "campaign_id": ["a"] * 4 + ["b"], "account": ["x:1", "x:2", "x:3", "x:4", "x:5"]}
    )
    tiers = pl.DataFrame(
        {"campaign_id": ["a", "b"], "rank": [2, 2], "tier": ["medium"] * 2, "score": [0.7] * 2, "bits": [9.0] * 2}
    )
    grown = candidates.head(n_taken).select("row")
    left = absorb(tiers, candidates, grown, 3)
    assert left["tier"].to_list() == [tier, "medium"]  # of "b" nothing was taken, however small it is
    assert (left["score"][0] < 0.2) == (tier == "none")
    assert left["rank"].to_list() == [0 if tier == "none" else 2, 2]
