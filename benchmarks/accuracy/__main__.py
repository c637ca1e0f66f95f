"""Rank the accounts of every mixture by every method, and write the score sheet.

`python -m benchmarks.accuracy` places the campaigns of `seeds/` into generated organic comments. With `--organic` and
`--campaign`, files of canonical JSON Lines take their place; labels, where they have them, say who is coordinated.
Only figures are written.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.accuracy import coshare, exact, minhash, ours, sheet, similar, toolkit
from benchmarks.accuracy.figures import Figures, draw_weights, figures
from benchmarks.accuracy.mixtures import MAX_COMMENTS, SEED, SEEDS, Campaign, Mixture, Organic, mixtures
from benchmarks.accuracy.ranking import Ranking, Unavailable
from detector.ingest.read import read_comments

METHODS: dict[str, tuple[str, Callable[[pl.DataFrame], Ranking]]] = {
    "ours": ("ours", ours.rank),
    "exact": ("exact copies", exact.rank),
    "minhash": ("MinHash-LSH", minhash.rank),
    "cotweet_60s": ("QUT co-tweet 60 s", toolkit.ranker("co_tweet", 60)),
    "cotweet_1h": ("QUT co-tweet 1 h", toolkit.ranker("co_tweet", 3_600)),
    "cosimilar_60s": ("QUT co-similarity 60 s", toolkit.ranker("co_similar_tweet", 60)),
    "cosimilar_1h": ("QUT co-similarity 1 h", toolkit.ranker("co_similar_tweet", 3_600)),
    "tfidf_degree": ("TF-IDF, degree", similar.by_degree),
    "tfidf_centrality": ("TF-IDF, eigenvector", similar.by_centrality),
    "coshare": ("CooRTweet's rule", coshare.rank),
}
ORGANICS = (
    Organic("lookalikes", SEEDS / "0015-lookalikes.toml", 0.1),
    Organic("quiet", SEEDS / "0019-quiet.toml", 0.3),
)
_FLOOD = SEEDS / "0001-mp-reply-flood-2023.toml"
CAMPAIGNS = (
    Campaign("A", _FLOOD),
    Campaign("B", SEEDS / "0002-wechat-articles-2023.toml"),
    Campaign("C", SEEDS / "0005-slow-drip-2025.toml"),
    Campaign("D7", SEEDS / "0012-crypto-botnet.toml"),
    Campaign("evasions", SEEDS / "0018-evasions.toml"),
)
SHARES = (0.01, 0.05, 0.2)
REWORDED = (Campaign("A reworded 0.5", _FLOOD, 0.5), Campaign("A reworded 0.9", _FLOOD, 0.9))
REWORDED_SHARES = (0.05,)
"""Paraphrase is measured on one campaign at one size; in the name, the share of copies told in half other words."""


def main() -> None:
    """Run what the command line asks for."""
    asked = _arguments()
    names = asked.methods or list(METHODS)
    rows = []
    for mixture in _mixtures(asked):
        rows.append(_row(mixture, names, asked.keep))
        _tell(rows[-1])
    if not (asked.dry_run or asked.methods):
        sheet.write(rows, {name: title for name, (title, _) in METHODS.items()})


def _mixtures(asked: argparse.Namespace) -> list[Mixture]:
    """Return what is to be ranked."""
    organics = [Organic(path.stem, path) for path in asked.organic] or ORGANICS
    campaigns = [Campaign(path.stem, path) for path in asked.campaign] or CAMPAIGNS
    shares: tuple[float | None, ...] = tuple(asked.shares or ([None] if asked.campaign else SHARES))
    if asked.quick:
        campaigns, shares = campaigns[:1], shares[:2]
    found = list(mixtures(organics, campaigns, shares))
    if not (asked.campaign or asked.quick):
        found += mixtures(organics, REWORDED, asked.shares or REWORDED_SHARES)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__.partition("\n")[0])
    parser.add_argument("--organic", type=Path, nargs="+", default=[], help="organic dumps; generated ones by default")
    parser.add_argument("--campaign", type=Path, nargs="+", default=[], help="real campaigns, placed whole by default")
    parser.add_argument("--shares", type=float, nargs="+", help="share of the accounts that is the campaign's")
    parser.add_argument("--methods", nargs="+", choices=METHODS, help="run only these, and write nothing")
    parser.add_argument("--quick", action="store_true", help="one campaign, two shares")
    parser.add_argument("--dry-run", action="store_true", help="write nothing to the results")
    parser.add_argument(
        "--keep", type=Path, help="folder for comments and scored accounts; not for real dumps in the project"
    )
    return parser.parse_args()


def _row(mixture: Mixture, names: list[str], keep: Path | None) -> dict[str, Any]:
    """Build a mixture, run the methods on it, and return the figures."""
    injected = mixture.build(MAX_COMMENTS)
    comments = read_comments(injected.comments).comments
    accounts = injected.truth.group_by("account").agg(pl.col("label").max()).drop_nulls().sort("account")
    label = accounts["label"].to_numpy()
    weights = draw_weights(accounts.height, SEED)
    row: dict[str, Any] = {
        "id": mixture.id,
        "comments": comments.height,
        "campaign_accounts": int((label == 1).sum()),
        "organic_accounts": int((label == 0).sum()),
        "campaign_comments": int((injected.truth["label"] == 1).sum()),
        "methods": {},
    }
    draws: dict[str, np.ndarray] = {}
    for name in names:
        started = time.monotonic()
        try:
            ranking = METHODS[name][1](comments)
        except Unavailable as why:
            row["methods"][name] = {"skipped": str(why)}
            continue
        judged = ranking.of(accounts["account"])
        found = figures(label, judged["score"].to_numpy(), judged["flagged"].to_numpy(), weights)
        draws[name] = found.draws
        row["methods"][name] = {**_plain(found), "seconds": round(time.monotonic() - started, 1)}
        if "ours" in draws and name != "ours":
            row["methods"][name]["ours_ahead"] = round(float((draws["ours"] > found.draws).mean()), 3)
        if name == "ours":
            row["tiers"] = _tiers(ranking, accounts)
            if mixture.is_real:
                _name(ranking, accounts)
            accounts = accounts.with_columns(judged.get_columns()) if keep else accounts
    if keep:
        _keep(keep / mixture.id.replace(" ", "_"), injected.comments, accounts)
    return row


def _plain(found: Figures) -> dict[str, Any]:
    """Return figures as `[value, low, high]`."""
    values = {name: [*asdict(getattr(found, name)).values()] for name in
              ("average_precision", "roc_auc", "precision", "recall")}  # fmt: skip
    return {**values, "flagged_wrongly": found.flagged_wrongly}


def _tiers(ranking: Ranking, accounts: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Count the accounts of the campaign and of the dump by the tier that they were given."""
    tiers = accounts.join(ranking.scores, on="account", how="left").with_columns(pl.col("tier").fill_null("none"))
    counts = tiers.group_by("label", "tier").len().sort("label", "tier")
    return {
        name: dict(counts.filter(pl.col("label") == label).select("tier", "len").rows())
        for name, label in (("campaign", 1), ("organic", 0))
    }


def _name(ranking: Ranking, accounts: pl.DataFrame) -> None:
    """Print the accounts of a real campaign by the tier that they were given; names go to the screen only."""
    given = accounts.filter(pl.col("label") == 1).join(ranking.scores, on="account", how="left")
    for tier in ("high", "medium", "low", "none"):
        names = given.filter(pl.col("tier") == tier)["account"].str.replace("injected-", "", literal=True).sort()
        print(f"{tier} ({len(names)}): {', '.join(names)}")


def _keep(folder: Path, comments: pl.DataFrame, accounts: pl.DataFrame) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    comments.write_ndjson(folder / "comments.jsonl")
    accounts.write_ndjson(folder / "accounts.jsonl")


def _tell(row: dict[str, Any]) -> None:
    """Print a row as it is done."""
    print(f"{row['id']}: {row['campaign_accounts']:,} campaign accounts, {row['organic_accounts']:,} others")
    for name, found in row["methods"].items():
        if "skipped" in found:
            print(f"  {name:18} skipped: {found['skipped']}")
            continue
        value, low, high = found["average_precision"]
        print(f"  {name:18} AP {value:.3f} ({low:.3f}-{high:.3f})  AUC {found['roc_auc'][0]:.3f}  "
              f"precision {found['precision'][0]}  recall {found['recall'][0]}  {found['seconds']} s")  # fmt: skip
    if "tiers" in row:
        print(f"  tiers: {json.dumps(row['tiers'])}", flush=True)


if __name__ == "__main__":
    main()
