"""Trials: one way of acting at a time planted into a dump, and looked for with the stages of a scan."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl

from detector.config import Config
from detector.lab import chance
from detector.lab.plant import Campaign, Ground, plant
from detector.pipeline import find
from detector.schema import MARKS, MEMBERS, TEXTS
from detector.text import Clustered, cluster_comments

SPREADS_S = {"10 minutes": 600, "an hour": 3_600, "a day": 86_400, "a week": 604_800}
"""Within how long all copies of a text are posted, seconds."""
ANY_TIME = "unknown"
"""The spread where a dump has no times."""
_FLAGGED_SHARE = 0.5
"""A planted campaign counts as flagged where at least so many of its accounts are."""


@dataclass(frozen=True)
class Way:
    """A way of acting: in words ("`who` posting `what`"), and as `Campaign` takes it."""

    name: str
    what: str
    who: str = "Accounts"
    n_texts: int = 1
    wording: str = "exact"
    accounts: str = "established"

    @property
    def words(self) -> str:
        """Who posts what."""
        return f"{self.who} posting {self.what}"


WAYS = (
    Way("one_text", "one text, word for word"),
    Way("random_endings", "one text, each copy with a random ending", wording="tails"),
    Way("new_accounts", "one text", "Accounts created within 48 hours", accounts="batch"),
    Way("three_texts", "the same three texts", n_texts=3),
    Way("three_reworded", "three texts, a tenth of the words changed in every copy", n_texts=3, wording="reworded"),
)
Cell = tuple[Way, str, int]


@dataclass(frozen=True)
class Trials:
    """A dump with its texts compared, into which one campaign at a time is planted."""

    ground: Ground
    clustered: Clustered
    config: Config

    def run(self, cell: Cell, repeat: int) -> tuple[bool, bool]:
        """Plant one campaign; tell whether it was seen, and whether it was flagged."""
        way, spread, n = cell
        rng = chance.generator(self.config.evidence.seed, way.name, spread, n, repeat)
        campaign = Campaign(n, way.n_texts, SPREADS_S.get(spread, 0), way.wording, way.accounts)
        planted = plant(self.ground, campaign, rng)
        comments, clustered = join_planted(
            self.ground.comments, self.clustered, planted, cluster_comments(planted, self.config.text)
        )
        judged = find(comments, clustered, self.config)
        mine = judged.comments.join(planted.select("platform", "id"), on=["platform", "id"], how="semi")
        accounts = judged.accounts.filter(pl.col("account").is_in(planted["account"].implode()))
        return mine["campaign_id"].null_count() < mine.height, int(accounts["flagged"].sum()) >= _FLAGGED_SHARE * n


def join_planted(
    comments: pl.DataFrame, clustered: Clustered, planted: pl.DataFrame, planted_clustered: Clustered
) -> tuple[pl.DataFrame, Clustered]:
    """Put planted COMMENTS among those of a dump, and what the text wing found in each side by side.

    Equal to clustering them together where no text of one is a near copy of the other's.
    """
    both = pl.concat([comments, planted.with_columns(pl.col("row") + comments.height)])
    both = both.sort("created_at", "platform", "id", nulls_last=True)
    place = np.empty(both.height, dtype=np.uint32)
    place[both["row"].to_numpy()] = np.arange(both.height, dtype=np.uint32)

    def moved(ours: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
        frame = pl.concat([ours, theirs.with_columns(pl.col("row") + comments.height)])
        return frame.with_columns(row=pl.Series(place[frame["row"].to_numpy()]))

    texts = pl.concat([clustered.texts, planted_clustered.texts]).sort("text_key")
    together = Clustered(
        TEXTS.check(texts),
        MARKS.check(moved(clustered.marks, planted_clustered.marks).sort("row")),
        MEMBERS.check(moved(clustered.members, planted_clustered.members).sort("cluster_id", "row")),
    )
    return both.with_columns(row=pl.int_range(pl.len(), dtype=pl.UInt32)), together


def run_trials(
    trials: Trials, cells: Sequence[Cell], repeats: int, tell: Callable[[int, int], None]
) -> Iterator[tuple[bool, bool]]:
    """Run all trials, those of a cell one after the other; the order of threads changes nothing."""
    jobs = [(cell, repeat) for cell in cells for repeat in range(repeats)]
    pool = ThreadPoolExecutor()
    try:
        for done, outcome in enumerate(pool.map(lambda job: trials.run(*job), jobs), start=1):
            tell(done, len(jobs))
            yield outcome
    finally:
        pool.shutdown(cancel_futures=True)
