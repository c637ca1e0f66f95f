"""The figures of `docs/model-card.md`: each marked block of it is written here, and nowhere else."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.calibration.fit import (
    PREVALENCE,
    STRENGTHS,
    Fit,
    Floats,
    Model,
    Sample,
    auc_of,
    digest,
    fit_model,
    folds,
    loss_of,
    out_of_fold,
    with_intercept,
)
from detector.lab.evaluate import wilson

CARD = Path(__file__).parents[2] / "docs/model-card.md"
REAL = {
    "covid_vaccine_tweets+shifted_ira_2017": (
        "tweets about vaccines, with the posts of 181 accounts of a known operation moved into the same weeks",
        "CC0; CC BY 4.0 (FiveThirtyEight; Linvill and Warren)",
    ),
    "reddit_ira2018": ("posts of 156 accounts of the same operation on Reddit, with little repetition", "CC0"),
    "uci_youtube_spam": (
        "comments on five videos; only those that are no spam count",
        "CC BY 4.0 (Alberto, Lochter, Almeida 2015)",
    ),
    "kaggle_bots": ("one post each of accounts; only those of people count", "MIT"),
    "zh_spam_bots": ("last posts of Chinese-language spam accounts: nothing in it is labelled for coordination", "MIT"),
}  # fmt: skip
"""Real sets: what they are, and their licences."""
_EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
_LEAST = 30
"""Groups of fewer real accounts are not told apart: a share of so few says nothing."""


def write_card(fit: Fit) -> str:
    """Return the model card with its figures brought up to date."""
    blocks = {
        "data": _data(fit),
        "weights": _weights(fit),
        "fit": _quality(fit),
        "reliability": _reliability(fit),
        "rates-generated": _rates(fit.tables.rates.filter(~pl.col("dump").str.contains("real/|/no-")), 1),
        "rates-real": _rates(fit.tables.rates.filter(pl.col("dump").str.starts_with("real/")), _LEAST),
    }
    card = CARD.read_text(encoding="utf-8")
    for name, text in blocks.items():
        card, n = re.subn(
            f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m, t=text: m[1] + t + m[2], card, flags=re.S
        )
        if n != 1:
            raise SystemExit(f"docs/model-card.md: the block {name} stands there {n} times")
    return card


def _table(head: str, rows: Iterable[Iterable[object]]) -> str:
    columns = head.split(" | ")
    lines = [f"| {head} |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)]) + "\n"


def _data(fit: Fit) -> str:
    frames = {"candidates": fit.tables.candidates.with_columns(n=pl.lit(1)), "accounts": fit.tables.accounts}
    counts: dict[str, dict[tuple[str, int], int]] = {}
    for kind, frame in frames.items():
        counted = frame.with_columns(_source()).group_by("source", "label").agg(pl.col("n").sum())
        counts[kind] = {(source, label): n for source, label, n in counted.iter_rows()}
    dumps = fit.tables.rates.select("dump").unique().with_columns(_source()).group_by("source").len().sort("source")
    rows = []
    for source, n in dumps.iter_rows():
        name = source.removeprefix("real/")
        what, licence = REAL.get(name, (f"recipe {name} of `seeds/`", ""))
        figures = [counts[kind].get((source, label), 0) for kind in counts for label in (1, 0)]
        if source.startswith("real/"):
            figures[2:] = ["not kept", "not kept"]
        rows.append([what + (f" ({licence})" if licence else ""), n, *figures])
    head = "data | dumps | candidates, label 1 | candidates, label 0 | accounts, label 1 | accounts, label 0"
    return _table(head, rows) + f"\nDigest of the figures: `{digest(fit.tables)}`.\n"


def _source() -> pl.Expr:
    real = pl.col("dump").str.starts_with("real/")
    return pl.when(real).then("dump").otherwise(pl.col("dump").str.split("/").list.first()).alias("source")


def _weights(fit: Fit) -> str:
    model, sample = fit.candidate, fit.candidates
    by_name = dict(zip(model.names, zip(model.weights, sample.unfitted, strict=True), strict=True))
    rows = []
    for name in sorted(name for name in by_name if ":" not in name):
        fitted = by_name.get(f"{name}:against", (0.0, 0.0))
        carried = int((sample.x[:, model.names.index(name)] > 0) @ sample.label)
        wrong = int((sample.x[:, model.names.index(name)] > 0) @ (1 - sample.label))
        rows.append([name, f"{by_name[name][0]:.3f}", f"{fitted[0]:.3f}", f"{fitted[1]:.1f}", carried, wrong])
    head = "signal of a campaign | per bit (unfitted: 1) | saw nothing | unfitted | found with label 1 | with label 0"
    first = _table(head, rows)
    model, sample = fit.account, fit.accounts
    rows = []
    for i, name in enumerate(model.names):
        held = (sample.x[:, i] != 0) * sample.n
        counts = ["", ""] if sample.stated[i] else [int(held @ sample.label), int(held @ (1 - sample.label))]
        how = "stated" if sample.stated[i] else "fitted"
        rows.append([name, f"{model.weights[i]:.3f}", f"{sample.unfitted[i]:.1f}", how, *counts])
    head = "fact about an account | bits per unit | unfitted | how | holds with label 1 | with label 0"
    return first + "\n" + _table(head, rows)


def _models(fit: Fit) -> list[tuple[str, Sample, Model]]:
    return [("campaigns", fit.candidates, fit.candidate), ("accounts", fit.accounts, fit.account)]


def _unseen(sample: Sample, model: Model) -> tuple[Floats, Floats]:
    """Return the probabilities at even odds of families unseen, by fitted and by unfitted weights."""
    return (
        out_of_fold(sample, lambda part: fit_model(part, model.strength)),
        out_of_fold(sample, lambda part: with_intercept(part, part.unfitted)),
    )


def _quality(fit: Fit) -> str:
    rows = []
    for name, sample, model in _models(fit):
        fitted, plain = _unseen(sample, model)
        figures = [f"{loss_of(sample, p):.3f}" for p in (fitted, plain)] + [
            f"{auc_of(sample, p):.3f}" for p in (fitted, plain)
        ]
        rows.append([name, model.strength, len(folds(sample)), *figures, f"{model.intercept:.2f}"])
    head = ("model | C | folds | log loss, fitted | unfitted | AUC, fitted | unfitted | bits of a subject without "
            "evidence at even odds")  # fmt: skip
    tried = ", ".join(f"{strength:g}" for strength in STRENGTHS)
    return _table(head, rows) + f"\nC was chosen among {tried}. The stated prevalence is {PREVALENCE:.0%}.\n"


def _reliability(fit: Fit) -> str:
    rows = []
    for name, sample, model in _models(fit):
        for words, probability in zip(("fitted", "unfitted"), _unseen(sample, model), strict=True):
            place = np.digitize(probability, _EDGES[1:-1])
            for k in range(len(_EDGES) - 1):
                here = place == k
                if here.any():
                    weight = sample.balanced[here] / sample.balanced[here].sum()
                    shares = [f"{weight @ values[here]:.3f}" for values in (probability, sample.label)]
                    range_ = f"{_EDGES[k]:.1f}–{_EDGES[k + 1]:.1f}"
                    rows.append([name, words, range_, f"{sample.n[here].sum():,.0f}", *shares])
    return _table("model | weights | predicted | subjects | mean predicted | observed share of label 1", rows)


def _rates(rates: pl.DataFrame, least: int) -> str:
    pooled = rates.group_by("by", "value", "label").agg(pl.col("n").sum(), pl.col("flagged").sum())
    rows = []
    for by in ("all", "lang", "platform", "handle"):
        part = pooled.filter(pl.col("by") == by)
        for value in sorted(set(part["value"])):
            cells = [_share(part.filter((pl.col("value") == value) & (pl.col("label") == label))) for label in (0, 1)]
            if part.filter(pl.col("value") == value)["n"].sum() >= least:
                rows.append([{"all": "", "lang": "language", "handle": "handle"}.get(by, by) + f" {value}", *cells])
    return _table("accounts | organic: flagged | campaign: flagged (recall)", rows)


def _share(row: pl.DataFrame) -> str:
    if row.is_empty():
        return "–"
    n, hits = int(row["n"][0]), int(row["flagged"][0])
    low, high = wilson(hits, n)
    return f"{hits:,} of {n:,}: {hits / n:.2%} ({low:.2%}–{high:.2%})"
