"""Known truth in a dump of one's own: a campaign placed among organic comments, so that nothing but itself betrays it.

The campaign takes over what every comment of the dump has: its span, its platforms, its targets, its fields, and the
precision of its times. What it keeps is its texts, its accounts, and the order and the gaps of its comments.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from detector.errors import InputError
from detector.schema import COMMENTS

_DAY_US = 86_400_000_000
_SPAN_SHARE = 0.95
"""A dump's span is the shortest stretch with this share of its comments: years ago is no place for a campaign."""
_UNIT_US = {"us": 1, "s": 1_000_000, "min": 60_000_000, "hour": 3_600_000_000, "day": _DAY_US}
_WRITTEN = {
    "us": "%Y-%m-%dT%H:%M:%S%.6fZ",
    "s": "%Y-%m-%dT%H:%M:%SZ",
    "min": "%Y-%m-%dT%H:%MZ",
    "hour": "%Y-%m-%dT%HZ",
    "day": "%Y-%m-%d",
    "month": "%Y-%m",
    "year": "%Y",
}
_GENERATED = r"^[A-Z]+-\d{3}$"
"""How the targets of recipes are called; only such names are renamed in texts, and only to such names."""
_OWN = ("row", "account", "created_at_precision", "source_file", "source_line")
_RECORD = tuple(name for name in COMMENTS.columns if name not in _OWN)
_ALWAYS = ("id", "platform", "text", "created_at", "author_id")


@dataclass(frozen=True)
class Injected:
    """A dump with a campaign in it.

    Attributes
    ----------
    comments
        Canonical records, as `scan` takes them: those of the dump, then those of the campaign, in no order that tells.
    truth
        One row per comment: platform, id, author_id, account (as in COMMENTS), label (1, 0, or null: not to be scored).
    shift_days
        What was added to the campaign's times and account creation dates, days; 0 where times are lacking.
    n_accounts
        Accounts of the campaign that were placed.
    n_outside
        Comments with label 1 that fell outside the dump's span, before accounts were drawn.
    """

    comments: pl.DataFrame
    truth: pl.DataFrame
    shift_days: float
    n_accounts: int
    n_outside: int


def inject(
    organic: pl.DataFrame,
    campaign: pl.DataFrame,
    *,
    n_accounts: int | None = None,
    seed: int = 1,
    organic_truth: pl.DataFrame | None = None,
    campaign_truth: pl.DataFrame | None = None,
) -> Injected:
    """Place a campaign into a dump.

    Parameters
    ----------
    organic, campaign
        COMMENTS frames.
    n_accounts
        Accounts of the campaign to place, drawn whole; all where None or where it has no more. A larger draw with the
        same seed holds the smaller one.
    seed
        Start of the random numbers: which accounts, when, and which comments keep their target.
    organic_truth, campaign_truth
        Labels by `id`, as `read_truth` or `Simulation.truth` give them. Without, everything in the dump is 0 and
        everything in the campaign 1. An account is the campaign's if it wrote a comment with label 1 that was placed;
        other accounts of `campaign` are left behind.

    Returns
    -------
    Injected
        Equal for equal arguments.

    Raises
    ------
    InputError
        The dump or the campaign holds no comment, or the campaign none with label 1.

    Notes
    -----
    *Times* move as one block, by whole days where there is room, to where the dump has comments; account creation dates
    move with them. A campaign that lasts longer than the dump is cropped to its busiest stretch, never squeezed: gaps
    that nobody left would look more coordinated than the campaign was. Times coarser than the dump's are spread evenly
    over their unit; finer ones are written as coarsely as the dump's. *Targets* become the dump's own of the same rank
    of traffic on the same platform, for as large a share of the comments as carry one in the dump. *Texts* stay as
    they are, but for the names of generated targets where both the old and the new are such: nobody real is named in a
    made-up text. *Fields* that the dump lacks on a platform are null.
    """
    if organic.is_empty() or campaign.is_empty():
        raise InputError("a dump and a campaign are needed, and one of them holds no comment")
    rng = np.random.default_rng(seed)
    ours = _labelled(organic, organic_truth, 0)
    theirs = _labelled(campaign, campaign_truth, 1)
    if not (theirs["label"] == 1).any():
        raise InputError("the campaign holds no comment with label 1")
    theirs, shift_us = _move(theirs, organic, rng)
    inside, n_outside = _crop(theirs, organic)
    placed = _draw(inside, n_accounts, rng)
    placed = _as_precise(placed, organic, rng)
    placed = _targets(_platforms(placed, organic), organic, rng)
    placed = _threads(_without_foreign_fields(placed, organic), organic)
    placed = _renamed(placed)
    together = pl.concat(
        [frame.select(*_RECORD, "created_at_precision", "account", "label") for frame in (ours, placed)]
    )
    truth = together.select("platform", "id", "author_id", "account", "label")
    return Injected(_written(together), truth, shift_us / _DAY_US, placed["account"].n_unique(), n_outside)


def _labelled(comments: pl.DataFrame, truth: pl.DataFrame | None, label: int) -> pl.DataFrame:
    """Add the labels known for ids, or one label for all."""
    if truth is None:
        return comments.with_columns(label=pl.lit(label, pl.Int8))
    known = truth.select("id", pl.col("label").cast(pl.Int8)).unique("id", keep="first", maintain_order=True)
    return comments.join(known, on="id", how="left", maintain_order="left")


def _stretch(times: np.ndarray, count: int) -> tuple[int, int]:
    """Return first and last of the `count` consecutive times that lie closest together."""
    width = times[count - 1 :] - times[: len(times) - count + 1]
    start = int(width.argmin())
    return int(times[start]), int(times[start + count - 1])


def _span(comments: pl.DataFrame) -> tuple[int, int] | None:
    """Return where the dump's comments lie, µs; None without times."""
    times = np.sort(comments["created_at"].drop_nulls().dt.epoch("us").to_numpy())
    return _stretch(times, int(np.ceil(_SPAN_SHARE * len(times)))) if len(times) else None


def _move(theirs: pl.DataFrame, organic: pl.DataFrame, rng: np.random.Generator) -> tuple[pl.DataFrame, int]:
    """Shift the campaign's times, and its creation dates by as much."""
    span = _span(organic)
    times = np.sort(theirs.filter(pl.col("label") == 1)["created_at"].drop_nulls().dt.epoch("us").to_numpy())
    there = organic["created_at"].drop_nulls().dt.epoch("us").to_numpy()
    if span is None or not len(times):
        return theirs.with_columns(created_at=pl.lit(None, COMMENTS.columns["created_at"].dtype)), 0
    shift = _shift(span, times, int(rng.choice(np.sort(there[(there >= span[0]) & (there <= span[1])]))))
    by = pl.duration(microseconds=shift)
    return theirs.with_columns(pl.col("created_at") + by, pl.col("author_created_at") + by), shift


def _shift(span: tuple[int, int], times: np.ndarray, somewhere: int) -> int:
    """Return what brings sorted times into a span, with their middle near `somewhere` if there is room, µs."""
    room = span[1] - span[0]
    if times[-1] - times[0] > room:
        # The stretch of the dump's length that holds most of the campaign; its first comment stays inside.
        start = int((np.searchsorted(times, times + room, "right") - np.arange(len(times))).argmax())
        shift = span[0] - int(times[start])
        return -(-shift // _DAY_US) * _DAY_US if room >= _DAY_US else shift
    least, most = span[0] - int(times[0]), span[1] - int(times[-1])
    first_day, last_day = -(-least // _DAY_US), most // _DAY_US
    if first_day > last_day:
        return least
    wanted = round((somewhere - int(np.median(times))) / _DAY_US)
    return min(max(wanted, first_day), last_day) * _DAY_US


def _crop(theirs: pl.DataFrame, organic: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Leave out what lies outside the dump's span; comments without a time stay."""
    span = _span(organic)
    if span is None:
        return theirs, 0
    inside = theirs.filter(pl.col("created_at").dt.epoch("us").is_between(*span).fill_null(value=True))
    return inside, theirs.filter(pl.col("label") == 1).height - inside.filter(pl.col("label") == 1).height


def _draw(inside: pl.DataFrame, n_accounts: int | None, rng: np.random.Generator) -> pl.DataFrame:
    """Draw whole accounts of the campaign, and give all ids a prefix of their own."""
    accounts = inside.filter(pl.col("label") == 1)["account"].drop_nulls().unique().sort()
    drawn = accounts.gather(np.sort(rng.permutation(len(accounts))[:n_accounts]))
    prefixed = ((pl.lit("injected-") + pl.col(name)).alias(name) for name in ("id", "author_id"))
    return inside.filter(pl.col("account").is_in(drawn.implode())).with_columns(*prefixed)


def _platforms(placed: pl.DataFrame, organic: pl.DataFrame) -> pl.DataFrame:
    """Keep platforms that the dump has, and put all else on its commonest."""
    known = organic["platform"].value_counts().sort("count", "platform", descending=[True, False])["platform"]
    platform = pl.when(pl.col("platform").is_in(known.implode())).then("platform").otherwise(pl.lit(known[0]))
    placed = placed.with_columns(platform=platform)
    named = pl.coalesce("author_id", "author_handle", "author_name")
    target = pl.col("target").str.replace(r"^[^:]+:", "")
    return placed.with_columns(
        account=pl.format("{}:{}", "platform", named), target=pl.format("{}:{}", "platform", target)
    )


def _as_precise(placed: pl.DataFrame, organic: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Give times the dump's commonest precision: spread over their unit where coarser, to be cut where finer."""
    modes = organic["created_at_precision"].drop_nulls().value_counts().sort("count", "created_at_precision")
    if modes.is_empty():
        return placed.with_columns(created_at_precision=pl.lit(None, pl.String))
    precision = str(modes["created_at_precision"][-1])
    units = pl.col("created_at_precision").replace_strict(_UNIT_US, default=1, return_dtype=pl.Int64)
    unit = placed.select(units.fill_null(1)).to_series().to_numpy()
    later = np.where(unit > _UNIT_US.get(precision, _DAY_US), rng.random(placed.height) * unit, 0).astype(np.int64)
    created = organic["author_created_at"].drop_nulls()
    only_days = len(created) > 0 and (created == created.dt.truncate("1d")).all()
    return placed.with_columns(
        pl.col("created_at") + pl.Series(later, dtype=pl.Duration("us")),
        pl.col("author_created_at").dt.truncate("1d") if only_days else pl.col("author_created_at"),
        created_at_precision=pl.when(pl.col("created_at").is_not_null()).then(pl.lit(precision)),
    )


def _ranked(comments: pl.DataFrame) -> pl.DataFrame:
    """Rank the targets of each platform by traffic, from 0."""
    counts = comments.filter(pl.col("target").is_not_null()).group_by("platform", "target").len("traffic")
    counts = counts.sort("platform", "traffic", "target", descending=[False, True, False])
    return counts.with_columns(rank=pl.int_range(pl.len()).over("platform"))


def _targets(placed: pl.DataFrame, organic: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Replace targets by the dump's of the same rank, from the top again where it has fewer; `former` keeps the old."""
    group = pl.col("target_group").drop_nulls().sort().first()
    groups = organic.group_by("platform", "target").agg(group)
    theirs = _ranked(organic).join(groups, on=["platform", "target"], how="left").drop("traffic")
    filled = organic.group_by("platform").agg(
        filled=pl.col("target").is_not_null().mean(), n_targets=pl.col("target").drop_nulls().n_unique()
    )
    ours = _ranked(placed).join(filled, on="platform").with_columns(pl.col("rank") % pl.max_horizontal("n_targets", 1))
    renamed = ours.join(theirs, on=["platform", "rank"], how="left", suffix="_new").select(
        "platform", "target", "filled", "target_new", "target_group"
    )
    placed = placed.drop("target_group").join(renamed, on=["platform", "target"], how="left", maintain_order="left")
    keeps = pl.Series(rng.random(placed.height)) < pl.col("filled")
    return placed.with_columns(
        former=pl.col("target"),
        new=pl.col("target_new"),
        target=pl.when(keeps).then("target_new"),
        target_group=pl.when(keeps).then("target_group"),
    )


def _without_foreign_fields(placed: pl.DataFrame, organic: pl.DataFrame) -> pl.DataFrame:
    """Null the fields that no comment of the dump carries on the platform."""
    fields = [name for name in _RECORD if name not in _ALWAYS]
    carried = organic.group_by("platform").agg(pl.col(fields).is_not_null().any().name.prefix("has_"))
    placed = placed.join(carried, on="platform", how="left", maintain_order="left")
    return placed.with_columns(pl.when(f"has_{name}").then(name).alias(name) for name in fields)


def _threads(placed: pl.DataFrame, organic: pl.DataFrame) -> pl.DataFrame:
    """Put each comment into the thread that was last written in at its target."""
    threads = organic.filter(pl.col("conversation_id").is_not_null() & pl.col("created_at").is_not_null())
    threads = threads.select("platform", "target", "created_at", thread="conversation_id").sort("created_at", "thread")
    placed = placed.sort("created_at", "id").join_asof(
        threads, on="created_at", by=["platform", "target"], strategy="backward", check_sortedness=False
    )
    parent = pl.when("has_parent_id").then("thread")
    return placed.with_columns(conversation_id=pl.col("thread"), parent_id=parent)


def _renamed(placed: pl.DataFrame) -> pl.DataFrame:
    """Write the new names of generated targets for the old ones in the texts, platform by platform."""
    return pl.concat(_renamed_alike(part) for part in placed.partition_by("platform", maintain_order=True))


def _renamed_alike(placed: pl.DataFrame) -> pl.DataFrame:
    bare = (pl.col(name).str.replace(r"^[^:]+:", "") for name in ("former", "new"))
    names = placed.select(bare).filter(pl.all_horizontal(pl.all().str.contains(_GENERATED))).unique().sort("former")
    if names.is_empty():
        return placed
    old, new = (names[name].to_list() + names[name].str.replace("-", "_").to_list() for name in ("former", "new"))
    return placed.with_columns(pl.col("text").str.replace_many(old, new))


def _written(together: pl.DataFrame) -> pl.DataFrame:
    """Write times as exports do, so that they are read with their precision; order by the id alone."""
    at = pl.coalesce(
        pl.when(pl.col("created_at_precision") == precision).then(pl.col("created_at").dt.strftime(shape))
        for precision, shape in _WRITTEN.items()
    )
    return together.with_columns(created_at=at).select(_RECORD).sort("id", "platform", nulls_last=True)
