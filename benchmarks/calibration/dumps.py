"""The labelled dumps that weights are fitted on: recipes with other seeds, scales and missing fields; real sets."""

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from detector.lab.evaluate import TRUTH
from detector.lab.simulate import simulate

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
REAL = ROOT.parent / "shared/data/real"

SCALES = {
    "0001": (0.03, 0.2), "0002": (0.5, 1.0), "0003": (0.5, 1.0), "0004": (0.5, 1.0), "0005": (0.1, 0.4),
    "0006": (0.1, 0.5), "0007": (0.2, 1.0), "0008": (0.1, 0.5), "0009": (0.2, 1.0), "0010": (0.2, 1.0),
    "0011": (0.2, 1.0), "0012": (0.05, 0.4), "0013": (0.05, 0.3), "0015": (0.05, 0.2), "0016": (0.03, 0.1),
    "0017": (0.05, 0.2), "0018": (0.03, 0.3), "0019": (0.2, 0.8),
}  # fmt: skip
"""Small and large, by recipe."""

MISSING: tuple[tuple[str, ...], ...] = (
    (),
    (),
    ("author_created_at",),
    ("author_handle", "author_name", "author_followers", "author_following", "author_posts"),
    ("target", "parent_id", "conversation_id"),
    ("created_at",),
    (),
)
"""What the dump of each seed lacks: exports differ in this more than in anything else."""

_SHIFT = timedelta(weeks=168)
"""Brings the days of the campaign into those of the ordinary tweets, on the same days of the week."""
_ORGANIC_ONLY = ("uci_youtube_spam", "kaggle_bots", "zh_spam_bots")
"""Their label 1 is spam or automation, of single accounts: no label of coordination."""


@dataclass(frozen=True)
class Dump:
    """A labelled dump by a name that says how to make it again."""

    name: str
    recipe: str = ""
    seed: int = 0
    scale: float = 1.0
    missing: tuple[str, ...] = ()

    @property
    def is_real(self) -> bool:
        """Real people wrote it: nothing but figures about it may be kept."""
        return not self.recipe

    def load(self) -> tuple[Any, pl.DataFrame]:
        """Return what a scan takes, and the truth: `platform`, `id`, `author_id`, `label`, `label_kind`, `lang`."""
        return self._load_real() if self.is_real else self._simulate()

    def _simulate(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        with tempfile.TemporaryDirectory() as folder:
            for path in SEEDS.glob("*.toml"):
                text = re.sub(r"(?m)^seed = \d+", f"seed = {self.seed}", path.read_text(encoding="utf-8"))
                (Path(folder) / path.name).write_text(text, encoding="utf-8")
            simulation = simulate(next(Path(folder).glob(f"{self.recipe}-*.toml")), scale=self.scale)
        return simulation.comments.drop(self.missing, strict=False), simulation.truth.select(list(TRUTH))

    def _load_real(self) -> tuple[list[dict[str, Any]], pl.DataFrame]:
        records = [record for name in self.name.removeprefix("real/").split("+") for record in _records(name)]
        truth = pl.DataFrame([{name: record.get(name) for name in TRUTH} for record in records], schema=TRUTH)
        return records, truth.with_columns(pl.col("platform").replace("twitter", "x"))


def _records(name: str) -> Iterator[dict[str, Any]]:
    shifted = name.startswith("shifted_")
    name = name.removeprefix("shifted_")
    for line in (REAL / f"{name}.jsonl").read_bytes().splitlines():
        record = json.loads(line)
        if shifted:
            for field in ("created_at", "author_created_at"):
                if record.get(field):
                    moment = datetime.fromisoformat(record[field]) + _SHIFT
                    record[field] = moment.isoformat().replace("+00:00", "Z")
        if name in _ORGANIC_ONLY and record["label"] == 1:
            record["label"] = None
        yield record | {"label_kind": name}


def list_dumps() -> list[Dump]:
    """List all dumps; real ones only where they are at hand."""
    generated = [
        Dump(f"{recipe}/seed{seed}/x{scale:g}" + "".join(f"/no-{missing[0]}" for _ in missing[:1]),
             recipe, seed, scale, missing)
        for recipe, scales in SCALES.items()
        for seed, missing in enumerate(MISSING, start=1)
        for scale in [scales[seed % 2]]
    ]  # fmt: skip
    if not REAL.is_dir():
        return generated
    names = ("covid_vaccine_tweets+shifted_ira_2017", "reddit_ira2018", *_ORGANIC_ONLY)
    return generated + [Dump(f"real/{name}") for name in names]
