"""Mixtures: organic comments with one campaign in them, so large that it holds a given share of the accounts."""

import math
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from detector.ingest.read import read_comments
from detector.lab.evaluate import read_truth
from detector.lab.inject import Injected, inject
from detector.lab.scenes import read_recipe
from detector.lab.simulate import simulate

SEEDS = Path(__file__).parents[2] / "seeds"
SEED = 1
MAX_COMMENTS = 10_000
"""A larger dump is thinned to whole accounts with about as many comments."""


@dataclass(frozen=True)
class Labelled:
    """Comments (COMMENTS) and their labels by `id`."""

    comments: pl.DataFrame
    truth: pl.DataFrame


@dataclass(frozen=True)
class Organic:
    """A dump without the campaign: a recipe at a scale, or a file with labels (none: all of it organic)."""

    name: str
    path: Path
    scale: float | None = None

    def load(self, max_comments: int) -> Labelled:
        """Return the dump, thinned if it is large."""
        found = _generated(self.path, self.scale) if self.scale else _read(self.path, 0)
        kept = max_comments / max(found.comments.height, max_comments)
        return thinned(found, math.floor(kept * found.comments["account"].n_unique()))


@dataclass(frozen=True)
class Campaign:
    """A campaign: the coordinated accounts of a recipe, or of a file (without labels: all of it).

    `reworded` is the share of its comments that are told in half other words.
    """

    name: str
    path: Path
    reworded: float = 0.0

    def load(self, n_accounts: int | None) -> Labelled:
        """Return the campaign with about as many accounts, at most its own number: one operator, not a larger one."""
        if self.path.suffix != ".toml":
            return _read(self.path, 1)
        recipe = _reworded(self.path, self.reworded)
        scale = 1.0 if n_accounts is None else min(1.0, n_accounts / _n_coordinated(recipe))
        return _coordinated(recipe, round(scale, 4))


@dataclass(frozen=True)
class Mixture:
    """A dump with a campaign in it; `share` of the accounts is the campaign's (None: the whole campaign)."""

    organic: Organic
    campaign: Campaign
    share: float | None

    @property
    def id(self) -> str:
        """Name of the row."""
        part = "whole" if self.share is None else f"{self.share:g}"
        real = "real " if self.is_real else ""
        return f"{real}{self.organic.name} + {self.campaign.name} ({part})"

    @property
    def is_real(self) -> bool:
        """Whether people wrote the dump and the campaign."""
        return self.organic.scale is None and self.campaign.path.suffix != ".toml"

    def build(self, max_comments: int) -> Injected:
        """Return the mixture; where the campaign is too small for its share, the dump is thinned."""
        organic = self.organic.load(max_comments)
        if self.share is None:
            return _placed(organic, self.campaign.load(None), None)
        n_organic = organic.comments["account"].n_unique()
        wanted = max(3, round(self.share / (1 - self.share) * n_organic))
        asked = wanted
        for _ in range(3):
            campaign = self.campaign.load(asked)
            mixed = _placed(organic, campaign, wanted)
            if mixed.n_accounts >= wanted:
                return mixed
            # Some accounts fall outside the dump's span: ask for more of them, as long as there are more.
            asked = math.ceil(1.1 * asked * wanted / mixed.n_accounts)
        fewer = round(mixed.n_accounts * (1 - self.share) / self.share)
        return _placed(thinned(organic, fewer), campaign, mixed.n_accounts)


def mixtures(
    organics: Iterable[Organic], campaigns: Iterable[Campaign], shares: Iterable[float | None]
) -> Iterator[Mixture]:
    """Cross everything with everything."""
    campaigns, shares = tuple(campaigns), tuple(shares)
    for organic in organics:
        for campaign in campaigns:
            for share in shares:
                yield Mixture(organic, campaign, share)


def thinned(found: Labelled, n_accounts: int) -> Labelled:
    """Draw whole accounts."""
    accounts = found.comments["account"].drop_nulls().unique().sort()
    if n_accounts >= len(accounts):
        return found
    drawn = accounts.gather(np.sort(np.random.default_rng(SEED).permutation(len(accounts))[:n_accounts]))
    return Labelled(found.comments.filter(pl.col("account").is_in(drawn.implode())), found.truth)


def _placed(organic: Labelled, campaign: Labelled, n_accounts: int | None) -> Injected:
    return inject(
        organic.comments,
        campaign.comments,
        n_accounts=n_accounts,
        seed=SEED,
        organic_truth=organic.truth,
        campaign_truth=campaign.truth,
    )


def _read(path: Path, label: int) -> Labelled:
    comments = read_comments(path).comments
    truth = read_truth(path)
    if truth["label"].null_count() == truth.height:
        return Labelled(comments, comments.select("id", label=pl.lit(label)))
    if label == 0:
        return Labelled(comments, truth)
    return Labelled(comments, truth.with_columns(label=pl.when(pl.col("label") == 1).then(1)))


@lru_cache(maxsize=4)
def _generated(path: Path, scale: float) -> Labelled:
    made = simulate(path, scale)
    return Labelled(read_comments(made.comments).comments, made.truth)


def _n_coordinated(path: Path) -> int:
    """Return the number of accounts that a recipe at scale 1 labels as coordinated."""
    book, _ = read_recipe(path)
    newsrooms = [
        n for part in book.articles if part.label for kind, n in part.groups.items() if kind not in part.unscored
    ]
    return sum(part.n_accounts for part in book.campaign if part.label) + sum(newsrooms)


@lru_cache(maxsize=4)
def _coordinated(path: Path, scale: float) -> Labelled:
    """Return what the coordinated accounts of a recipe wrote."""
    made = simulate(path, scale)
    authors = made.truth.filter(pl.col("label") == 1)["author_id"].unique().implode()
    return Labelled(read_comments(made.comments.filter(pl.col("author_id").is_in(authors))).comments, made.truth)


@lru_cache
def _reworded(path: Path, share: float) -> Path:
    """Return a recipe of which a share of the copies is reworded; the other ways keep their proportions."""
    if not share:
        return path
    text = path.read_text(encoding="utf-8")
    mix = re.compile(r"(?<=text_mix = \{)(.*?)(?=\})")
    scaled = mix.sub(
        lambda found: (
            re.sub(r"= ([0-9.]+)", lambda number: f"= {float(number[1]) * (1 - share):.6g}", found[0])
            + f", reworded = {share:g}"
        ),
        text,
    )
    changed = Path(tempfile.mkdtemp(prefix="recipe-")) / path.name
    changed.write_text(scaled, encoding="utf-8")
    return changed
