"""Labelled dumps to figures: what was measured of each candidate and of each account in one, and who was flagged.

Of real people only candidates are kept, as figures without ids, texts or names, and counts of who was flagged.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from benchmarks.calibration.dumps import Dump, list_dumps
from detector import pipeline
from detector.config import Config, JudgeConfig
from detector.ingest.read import read_comments
from detector.judge.explain_accounts import account_facts
from detector.judge.standing import judge_accounts
from detector.judge.tiers import judge_candidates
from detector.judge.weigh import SIGNALS, weigh
from detector.judge.weights import UNFITTED, load_weights
from detector.text import cluster_comments, find_allowed

TABLES = Path(__file__).parent
NAMES = ("candidates", "accounts", "rates")
ORDINARY = -1.0
"""Stands for a test that had its chance and saw nothing; null: not tested; 0: nothing to tell; else bits of bound."""
_DERIVED = "campaign"
"""What an account has of its campaign follows from the candidates and their weights."""
_PARTS = {"lang": "lang", "platform": "platform", "handle": "handle_shape", "all": "everyone"}
_CONFIG = Config(judge=JudgeConfig(weights=UNFITTED))


@dataclass(frozen=True)
class Tables:
    """What was measured: a row per candidate, per sort of account in one, and per part of the accounts of a dump."""

    candidates: pl.DataFrame
    accounts: pl.DataFrame
    rates: pl.DataFrame

    @classmethod
    def read(cls) -> "Tables":
        """Read the stored tables."""
        return cls(*(pl.read_csv(TABLES / f"{name}.csv", infer_schema_length=None) for name in NAMES))

    def write(self) -> None:
        """Store the tables."""
        for name in NAMES:
            # Whole numbers are written as such: half of the bytes, and easier to read.
            frame = getattr(self, name).with_columns(pl.selectors.float().cast(pl.String).str.strip_suffix(".0"))
            frame.write_csv(TABLES / f"{name}.csv")


def measure_all() -> Tables:
    """Measure every dump at hand; real ones that are not keep what is stored of them."""
    dumps = list_dumps()
    # Threads of Polars must not be forked.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        measured = list(pool.map(measure_dump, dumps))
    if not any(dump.is_real for dump in dumps):
        stored = Tables.read()
        measured.append(Tables(*(getattr(stored, name).filter(pl.col("dump").str.starts_with("real/"))
                                 for name in NAMES)))  # fmt: skip
    return Tables(*(pl.concat([getattr(part, name) for part in measured], how="diagonal_relaxed") for name in NAMES))


def measure_dump(dump: Dump) -> Tables:
    """Scan a dump up to the judgement and put the truth beside what was measured."""
    source, truth = dump.load()
    comments = read_comments(source, _CONFIG.ingest).comments
    clustered = cluster_comments(comments, _CONFIG.text)
    measured = pipeline._measure(comments, clustered, _CONFIG)
    allowed = find_allowed(comments, clustered, _CONFIG.judge.allow_texts, _CONFIG.text)
    judged = pipeline._judge(comments, clustered, measured, allowed, _CONFIG)
    weights = load_weights(UNFITTED)
    weighed = weigh(measured.tests, _CONFIG.evidence.false_discovery_rate, weights)
    smallest = _CONFIG.evidence.min_cluster_accounts
    tiers = judge_candidates(measured.candidates, weighed, comments, allowed, weights, smallest)
    standing = judge_accounts(
        measured.candidates, measured.accounts, tiers, weighed, measured.signs, _CONFIG.judge, weights
    )
    known = comments.select("row", "id", "platform", "account").join(
        truth.drop("author_id"), on=["platform", "id"], how="left"
    )
    authors = _authors(known)
    candidates = _candidates(measured.candidates, known, authors, weighed)
    rates = _rates(judged.accounts.join(authors, on="account"))
    name = pl.lit(dump.name).alias("dump")
    accounts = pl.DataFrame() if dump.is_real else _accounts(standing, candidates, authors).select(name, pl.all())
    return Tables(candidates.drop("campaign_id").select(name, pl.all()), accounts, rates.select(name, pl.all()))


def _authors(known: pl.DataFrame) -> pl.DataFrame:
    """Label accounts: 1 if any comment of theirs is, else 0 if any is labelled, else null."""
    return (
        known.drop_nulls("account")
        .group_by("account")
        .agg(pl.col("label").max(), lang=pl.col("lang").drop_nulls().mode().sort().first())
    )


def _candidates(
    candidates: pl.DataFrame, known: pl.DataFrame, authors: pl.DataFrame, weighed: pl.DataFrame
) -> pl.DataFrame:
    """Return a row per candidate that could be a campaign: group, label by majority, size, and its signals."""
    members = candidates.drop_nulls("account").select("campaign_id", "account", "row").join(
        authors.select("account", author_label="label"), on="account"
    ).join(known.select("row", "label_kind"), on="row")  # fmt: skip
    one_each = members.unique(["campaign_id", "account"])
    labels = one_each.group_by("campaign_id").agg(
        n_accounts=pl.len(), n_unknown=pl.col("author_label").null_count(), share=pl.col("author_label").mean()
    )
    labels = labels.filter(
        (pl.col("n_accounts") >= _CONFIG.evidence.min_cluster_accounts)
        & (2 * pl.col("n_unknown") < pl.col("n_accounts")) & (pl.col("share") != 0.5)
    ).with_columns(label=(pl.col("share") > 0.5).cast(pl.Int64))  # fmt: skip
    kinds = (
        members.join(labels.select("campaign_id", "label"), on="campaign_id")
        .filter(pl.col("author_label") == pl.col("label"))
        .group_by("campaign_id")
        # A family: what one operator's campaign and the ordinary talk around it have in common.
        .agg(family=pl.col("label_kind").drop_nulls().mode().sort().first().str.split("-").list.first())
    )
    facts = weighed.filter(pl.col("subject_kind") == "campaign").with_columns(
        value=pl.when("is_found").then("weight").when("is_ordinary").then(ORDINARY)
        .when(pl.col("p").is_not_null()).then(0.0)
    )  # fmt: skip
    columns = [
        facts.filter(pl.col("signal") == signal).select(campaign_id="subject_id", **{signal: "value"})
        for signal in sorted(SIGNALS)
    ]
    table = labels.join(kinds, on="campaign_id")
    for column in columns:
        table = table.join(column, on="campaign_id", how="left")
    return table.sort("n_accounts", "campaign_id", descending=[True, False]).select(
        "campaign_id", pl.int_range(pl.len()).alias("number"), "family", "label", "n_accounts", *sorted(SIGNALS)
    )


def _accounts(standing: pl.DataFrame, candidates: pl.DataFrame, authors: pl.DataFrame) -> pl.DataFrame:
    """Count the accounts of candidates by label and by all that their weights depend on."""
    facts = [fact for fact in account_facts() if fact.signal != _DERIVED]
    return (
        standing.join(candidates.select("campaign_id", "number", "family"), on="campaign_id")
        .join(authors.drop_nulls("label"), on="account")
        .select(
            "number", "family", "label",
            *(fact.amount.fill_null(0).cast(pl.Float64).round(2).alias(fact.signal) for fact in facts),
        )
        .group_by(pl.all())
        .len("n")
        .sort(pl.all())
    )  # fmt: skip


def _rates(accounts: pl.DataFrame) -> pl.DataFrame:
    """Count the flagged among the accounts, by language, platform, handle and label."""
    shape = pl.col("handle_shape").replace({"lower_digits": "plain", "other": "plain"}).fill_null("no handle")
    accounts = accounts.drop_nulls("label").with_columns(
        pl.col("lang").str.head(2).fill_null("not given"), handle_shape=shape, everyone=pl.lit("everyone")
    )
    parts = [
        accounts.group_by("label", value=column)
        .agg(n=pl.len(), flagged=pl.col("flagged").sum())
        .select("label", "value", "n", "flagged", by=pl.lit(by))
        for by, column in _PARTS.items()
    ]
    return pl.concat(parts).select("by", "value", "label", "n", "flagged").sort("by", "value", "label")
