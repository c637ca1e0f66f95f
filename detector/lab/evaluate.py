"""Labels to figures: how well a scan found what is known to be true."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from detector.errors import InputError

TRUTH = {
    "platform": pl.String,
    "id": pl.String,
    "author_id": pl.String,
    "label": pl.Int8,
    "label_kind": pl.String,
    "lang": pl.String,
}
SAME_PLATFORM = {"twitter": "x"}
FALSE_POSITIVE_RATES = (0.001, 0.01)


@dataclass(frozen=True)
class Figures:
    """How well one level (comments or accounts) was judged; a figure that is not defined is None.

    Attributes
    ----------
    n, n_positive
        Labelled subjects, and those with label 1.
    n_not_scanned
        Labelled subjects that the scan does not know; they count as not flagged, with score 0.
    precision, recall, f1
        At `flagged`, in [0, 1].
    average_precision, roc_auc
        Of the score, in [0, 1]; higher is better.
    recall_at_fpr_0_001, recall_at_fpr_0_01
        Highest recall by score with at most 0.1 % and 1 % of the subjects with label 0 above the threshold.
    """

    n: int
    n_positive: int
    n_not_scanned: int
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None
    roc_auc: float | None
    recall_at_fpr_0_001: float | None
    recall_at_fpr_0_01: float | None


@dataclass(frozen=True)
class FlaggedShare:
    """How many of a group were flagged, with the 95 % interval of the share (Wilson 1927).

    Attributes
    ----------
    level
        `comment` or `account`.
    group
        Label kind, or language with the label.
    label
        1, 0, or None for subjects that are not to be scored.
    """

    level: str
    group: str
    label: int | None
    n: int
    flagged: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Evaluation:
    """Figures of a scan against the truth."""

    comments: Figures
    accounts: Figures
    by_kind: tuple[FlaggedShare, ...]
    by_language: tuple[FlaggedShare, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain values for JSON."""
        return asdict(self)

    def to_text(self) -> str:
        """Return the figures as an aligned table for people."""
        lines = ["", f"{'':<42}{'comments':>12}{'accounts':>12}"]
        for name, words in _FIGURE_WORDS.items():
            values = (_number(getattr(figures, name)) for figures in (self.comments, self.accounts))
            lines.append(f"{words:<42}" + "".join(f"{value:>12}" for value in values))
        for title, shares in (("flagged by kind", self.by_kind), ("flagged by language", self.by_language)):
            lines += ["", f"{title:<42}{'of':>12}{'flagged':>12}{'share':>10}   95 % interval"]
            lines += [_share_line(share) for share in shares]
        return "\n".join(lines[1:]) + "\n"


_FIGURE_WORDS = {
    "n": "labelled",
    "n_positive": "coordinated (label 1)",
    "n_not_scanned": "not in the scan (counted as not flagged)",
    "precision": "precision: flagged that are label 1",
    "recall": "recall: label 1 that are flagged",
    "f1": "F1",
    "average_precision": "average precision of the score",
    "roc_auc": "ROC AUC of the score",
    "recall_at_fpr_0_001": "recall at 0.1 % false positives",
    "recall_at_fpr_0_01": "recall at 1 % false positives",
}


def _number(value: float | None) -> str:
    """Write a count, a figure, or a dash."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def _share_line(share: FlaggedShare) -> str:
    """Write one row of a table of flagged shares."""
    name = f"  {share.group} ({share.level}s{', not scored' if share.label is None else f', label {share.label}'})"
    counts = f"{share.n:>12,}{share.flagged:>12,}{share.share:>10.2%}"
    return f"{name:<42}{counts}   {share.low:.2%} to {share.high:.2%}"


def read_truth(path: str | Path) -> pl.DataFrame:
    """Read labels from JSON Lines.

    Parameters
    ----------
    path
        Lines with `id` and `label` (1, 0 or null), and if known `platform`, `author_id`, `label_kind`, `lang`; other
        fields are passed over. Both the truth of `simulate` and a labelled dump will do.

    Returns
    -------
    pl.DataFrame
        Columns of `TRUTH`, one row per (platform, id); null where a line lacks a field.

    Raises
    ------
    InputError
        The file cannot be read, or a line is not an object with an `id`.
    """
    path = Path(path)
    try:
        rows = list(_lines(path))
    except OSError as error:
        raise InputError(f"cannot read the truth {path}: {error.strerror}") from None
    if not rows:
        raise InputError(f"the truth {path} holds no lines")
    columns = {name: [_value(row.get(name), dtype) for row in rows] for name, dtype in TRUTH.items()}
    return _one_name(pl.DataFrame(columns, schema=TRUTH)).unique(("platform", "id"), keep="first", maintain_order=True)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Decode the lines of a file."""
    decoder = msgspec.json.Decoder(dict[str, Any])
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise InputError(f"the truth {path}, line {number}: {error}") from None
            if row.get("id") is None:
                raise InputError(f"the truth {path}, line {number}: no id")
            if row.get("label") not in (None, 0, 1):
                raise InputError(f"the truth {path}, line {number}: label must be 1, 0 or null")
            yield row


def _value(value: object, dtype: type[pl.DataType]) -> object:
    """Make ids of numbers, and labels of whole numbers."""
    if value is None:
        return None
    return str(value) if dtype == pl.String else int(value)  # type: ignore[call-overload]


def evaluate(comments: pl.DataFrame, accounts: pl.DataFrame, truth: pl.DataFrame) -> Evaluation:
    """Compare a scan with the truth.

    Parameters
    ----------
    comments
        `comments.parquet` of a scan: platform, id, score (0–1), flagged.
    accounts
        `accounts.parquet` of a scan: platform, author_id, score (0–1), flagged.
    truth
        Labels, as `read_truth` or `Simulation.truth` give them.

    Returns
    -------
    Evaluation
        An account has label 1 if any of its comments has, else 0 if any is labelled, else none. Labelled subjects that
        the scan does not know count as not flagged.
    """
    truth = _one_name(_with_columns(truth))
    known = _join(truth, _one_name(comments), "id")
    authors = _join(_author_labels(truth), _one_name(accounts), "author_id")
    by_kind = [*_shares("comment", known, "label_kind"), *_shares("account", authors, "label_kind")]
    by_language = [*_shares("comment", known, "lang"), *_shares("account", authors, "lang")]
    return Evaluation(
        _figures(known.filter(pl.col("label").is_not_null())),
        _figures(authors.filter(pl.col("label").is_not_null())),
        tuple(by_kind),
        tuple(share for share in by_language if share.label is not None),
    )


def _with_columns(truth: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of `TRUTH`, null where they are missing."""
    return truth.select(
        (pl.col(name) if name in truth.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in TRUTH.items()
    )


def _one_name(frame: pl.DataFrame) -> pl.DataFrame:
    """Call each platform by one name."""
    if "platform" not in frame.columns:
        return frame.with_columns(platform=pl.lit(None, dtype=pl.String))
    return frame.with_columns(pl.col("platform").cast(pl.String).replace(SAME_PLATFORM))


def _author_labels(truth: pl.DataFrame) -> pl.DataFrame:
    """Return one row per author: label, and the kind and language of the comments that gave it."""
    return (
        truth.filter(pl.col("author_id").is_not_null())
        .sort("label", descending=True, nulls_last=True, maintain_order=True)
        .group_by("platform", "author_id", maintain_order=True)
        .agg(pl.col("label").first(), pl.col("label_kind").first(), pl.col("lang").first())
    )


def _join(truth: pl.DataFrame, judged: pl.DataFrame, key: str) -> pl.DataFrame:
    """Put score and flag beside each label; by key alone where one side names no platform."""
    keys = ["platform", key]
    if truth["platform"].null_count() == len(truth) or judged["platform"].null_count() == len(judged):
        keys = [key]
    found = judged.filter(pl.col(key).is_not_null()).unique(keys, keep="first", maintain_order=True)
    found = found.select(*keys, pl.col("score").cast(pl.Float64), pl.col("flagged").cast(pl.Boolean), scanned=True)
    joined = truth.join(found, on=keys, how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("score").fill_null(0.0), pl.col("flagged").fill_null(False), pl.col("scanned").fill_null(False)
    )


def _figures(frame: pl.DataFrame) -> Figures:
    """Compute the figures of labelled subjects."""
    from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

    label, score = frame["label"].to_numpy(), frame["score"].to_numpy()
    flagged = frame["flagged"].to_numpy()
    n_positive, n_flagged, hits = int(label.sum()), int(flagged.sum()), int((flagged & (label == 1)).sum())
    has_both = 0 < n_positive < len(label)
    at_rate: list[float | None] = [None, None]
    if has_both:
        false_rate, true_rate, _ = roc_curve(label, score, drop_intermediate=False)
        at_rate = [float(true_rate[false_rate <= rate].max()) for rate in FALSE_POSITIVE_RATES]
    return Figures(
        n=len(label),
        n_positive=n_positive,
        n_not_scanned=int((~frame["scanned"]).sum()),
        precision=hits / n_flagged if n_flagged else None,
        recall=hits / n_positive if n_positive else None,
        f1=2 * hits / (n_flagged + n_positive) if n_flagged and n_positive else None,
        average_precision=float(average_precision_score(label, score)) if has_both else None,
        roc_auc=float(roc_auc_score(label, score)) if has_both else None,
        recall_at_fpr_0_001=at_rate[0],
        recall_at_fpr_0_01=at_rate[1],
    )


def _shares(level: str, frame: pl.DataFrame, column: str) -> Iterator[FlaggedShare]:
    """Count the flagged in each group and label; groups in alphabetical order."""
    counts = (
        frame.filter(pl.col(column).is_not_null())
        .group_by(column, "label")
        .agg(pl.len().alias("n"), pl.col("flagged").sum())
        .sort(column, "label", nulls_last=True)
    )
    for group, label, n, flagged in counts.iter_rows():
        low, high = wilson(flagged, n)
        yield FlaggedShare(level, group, label, n, flagged, flagged / n, low, high)


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927: the shares that a test of the count would not reject)."""
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return max(0.0, middle - half), min(1.0, middle + half)
