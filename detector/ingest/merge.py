"""Batches of comments to COMMENTS: each comment once, in an order that does not depend on that of the input."""

from hashlib import blake2b

import msgspec
import polars as pl

from detector.ingest.canonical import MENTION_PLATFORMS
from detector.schema import COMMENTS

_PLACE = ("row", "source_file", "source_line")
_CONTENT = tuple(name for name in COMMENTS.columns if name not in _PLACE)


def merge(batches: list[pl.DataFrame], *, is_mapped: bool = False) -> tuple[pl.DataFrame, int]:
    """Put batches of comments together.

    Parameters
    ----------
    batches
        Frames with columns of COMMENTS; a column that a batch lacks is null there. The list is emptied, so that each
        column can be let go as soon as it is in order.
    is_mapped
        Whether characters lie on disk, where they are to stay; otherwise they are copied into one piece, which takes
        less room than what the batches hold around them.

    Returns
    -------
    tuple of (polars.DataFrame, int)
        COMMENTS, and how many records were left out because their platform and id were there already.
    """
    if not batches:
        return COMMENTS.empty(), 0
    frame = with_ids(pl.concat(batches, how="diagonal"))
    batches.clear()
    n_before = frame.height
    frame = _one_spelling(_without_repeats(frame))
    order = _order(frame)
    n_repeated = n_before - frame.height
    columns = [pl.int_range(frame.height, dtype=pl.UInt32, eager=True).alias("row")]
    constants = []
    # Column by column, so that only one is there twice: the texts, which are the largest, when the others take the
    # least room. Of one value there is no need to have many.
    for name in sorted(COMMENTS.columns.keys() - {"row"}, key=lambda name: (name == "text", name)):
        dtype = COMMENTS.columns[name].dtype
        values = frame.drop_in_place(name) if name in frame.columns else pl.Series(name, [], dtype)
        if _is_constant(values):
            constants.append(pl.lit(None if values.is_empty() else values[0], dtype=dtype).alias(name))
        else:
            # From one piece, strings are fetched without their characters being copied, wherever these lie.
            columns.append((values.rechunk() if is_mapped else values).gather(order).cast(dtype))
    return pl.DataFrame(columns).with_columns(constants).select(list(COMMENTS.columns)), n_repeated


def _is_constant(values: pl.Series) -> bool:
    if values.is_empty() or values.null_count() or values.name != "source_file":
        return values.null_count() == len(values)
    return bool((values == values[0]).all())


def _order(frame: pl.DataFrame) -> pl.Series:
    """Return the positions of comments by time (unknown last), platform and id."""
    if "created_at" not in frame.columns:
        return frame.select(pl.arg_sort_by("platform", "id")).to_series()
    order = frame["created_at"].arg_sort(nulls_last=True)
    # Sorting by text is slow, and few comments share their time; in the order by time, ties lie side by side.
    times = frame["created_at"].gather(order)
    is_tied = times.eq_missing(times.shift(1)) | times.eq_missing(times.shift(-1))
    if is_tied.any():
        places = is_tied.arg_true()
        tied = order.gather(places)
        keys = frame.select(pl.col("created_at", "platform", "id").gather(tied))
        by_all = keys.select(pl.arg_sort_by("created_at", "platform", "id", nulls_last=True)).to_series()
        order = order.scatter(places, tied.gather(by_all))
    return order


def with_ids(frame: pl.DataFrame) -> pl.DataFrame:
    """Give comments without an id one made of their content: `made-1f2e`, and `made-1f2e-2` for an equal one."""
    if "id" not in frame.columns:
        frame = frame.with_columns(id=pl.lit(None, dtype=pl.String))
    nameless = frame["id"].is_null()
    if not nameless.any():
        return frame
    content = frame.filter(nameless).select(name for name in _CONTENT if name in frame.columns and name != "id")
    # Only what is there counts: a column that other records fill must not change the id of this one.
    known = ({name: value for name, value in row.items() if value is not None} for row in content.iter_rows(named=True))
    digests = [blake2b(msgspec.json.encode(values), digest_size=8).hexdigest() for values in known]
    made = pl.select(pl.Series("digest", digests, dtype=pl.String)).select(
        pl.when(pl.int_range(pl.len()).over("digest") == 0)
        .then(pl.format("made-{}", "digest"))
        .otherwise(pl.format("made-{}-{}", "digest", pl.int_range(pl.len()).over("digest") + 1))
        .alias("id")
    )["id"]
    return frame.with_columns(id=frame["id"].scatter(nameless.arg_true(), made))


def _without_repeats(frame: pl.DataFrame) -> pl.DataFrame:
    """Keep of each platform and id the earliest record, by content where times are equal."""
    hashes = frame["id"].hash().sort()
    if not (hashes == hashes.shift()).any():
        return frame
    is_repeated = frame.select(pl.struct("platform", "id").is_duplicated()).to_series()
    if not is_repeated.any():
        return frame
    order = [name for name in dict.fromkeys(("created_at", "text", *_CONTENT, *_PLACE)) if name in frame.columns]
    kept = (
        frame.filter(is_repeated)
        .sort(order, nulls_last=True)
        .unique(["platform", "id"], keep="first", maintain_order=True)
    )
    return pl.concat([frame.filter(~is_repeated), kept])


def _one_spelling(frame: pl.DataFrame) -> pl.DataFrame:
    """Write targets that differ only by case alike, where case means nothing: as most comments do."""
    if "target" not in frame.columns:
        return frame
    # Counted piece by piece: what is counted at once is copied.
    counts = [piece.value_counts(name="len") for piece in frame["target"].get_chunks()]
    spellings = (
        pl.concat(counts)
        .group_by("target")
        .agg(pl.col("len").sum())
        .filter(pl.col("target").str.extract(r"^([a-z]+):").is_in(MENTION_PLATFORMS))
        .with_columns(key=pl.col("target").str.to_lowercase())
        .sort("key", "len", "target", descending=[False, True, False])
        .with_columns(chosen=pl.col("target").first().over("key"))
        .filter(pl.col("target") != pl.col("chosen"))
    )
    if spellings.is_empty():
        return frame
    return frame.with_columns(pl.col("target").replace(spellings["target"], spellings["chosen"]))
