"""Test whether copies are made to look different, each in its own way."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.places import chance_in_place
from detector.evidence.significance import binomial_tail
from detector.evidence.synchrony import sample_rows
from detector.evidence.traffic import UNKNOWN, Codes, Traffic

Floats = npt.NDArray[np.float64]

DISGUISES = ("invisible", "homoglyph", "tail")
_KEYS = {"invisible": "invisible_key", "homoglyph": "homoglyph_key", "tail": "tail_key"}
# Order and ticket numbers come in a few forms: a few patterns of tails say nothing. Nobody misplaces letters so.
_WAYS_MIN = {"invisible": 2, "homoglyph": 2, "tail": 5}
_ALIKE_MAX = 0.5
_TESTED_COPIES = 200
_COMPARED_COPIES = 20
_OWN_SHARE_MIN = 0.5


def measure_disguise(
    marks: pl.DataFrame, traffic: Traffic, rows: Codes, groups: Codes, n_groups: int, seed: int
) -> tuple[Floats, Floats, Floats, Floats, pl.DataFrame]:
    """Test whether the copies of a group carry marks of disguise that differ from copy to copy.

    Parameters
    ----------
    marks
        MARKS.
    rows, groups
        (m,) comments and their groups.
    seed
        Chooses the copies that are tested where they are many.

    Returns
    -------
    observed, expected, p, detail
        (n_groups,) distinct variants of the most telling mark among the copies tested, expected number, p times the
        marks tried, and the index of that mark in `DISGUISES`.
    carriers
        `group`, `account` of the known accounts whose copies carry a telling mark.

    Notes
    -----
    Copies that all carry the same mark were copied with it, as from a web page, and count once: a variant is one way of
    placing marks, or one pattern of letters and digits in a tail; where more than half of the marked copies are alike,
    none count. Nor do they where the first few marks that one looks at repeat each other: ticket numbers follow a few
    patterns, and what is made to look different hardly ever repeats one. Null: comments of the group are marked as
    often as the other comments. A text has only so many places for a mark, so that the variants of a large group end
    where the number expected grows on: at most `_TESTED_COPIES` of its copies are tested. And, every marked
    copy counted, comments of the group are marked as often as those at the same places, where the group is not most of
    these (`chance_in_place`): an application or a keyboard may be usual in one place only. The larger p holds.
    """
    columns = {"row": pl.UInt32, "group": pl.Int64}
    # Few comments bear any mark.
    carried = marks.select("row", *_KEYS.values()).filter(pl.any_horizontal(pl.col(*_KEYS.values()).is_not_null()))
    frame = pl.DataFrame({"row": rows, "group": groups}, schema=columns).join(carried, on="row", how="left")
    frame = frame.sort("group", "row")
    tested = _some(frame, _TESTED_COPIES, seed)
    sizes = np.bincount(groups, minlength=n_groups)
    trials = np.minimum(sizes, _TESTED_COPIES)
    out = np.full((4, n_groups), np.nan)
    # A record that only shares a link has no text to mark.
    seen = np.zeros(len(traffic.account), dtype=np.bool_)
    seen[marks["row"].to_numpy()] = True
    carriers = []
    for index, name in enumerate(DISGUISES):
        key = _KEYS[name]
        marked = frame.filter(pl.col(key).is_not_null())
        bearers = carried.filter(pl.col(key).is_not_null())["row"].to_numpy()
        elsewhere = len(bearers) - np.bincount(marked["group"].to_numpy(), minlength=n_groups)
        variants = np.where(_differ(marked, key, n_groups, seed), _variants(tested, key, n_groups), 0)
        enough = variants >= _WAYS_MIN[name]
        share = np.minimum((elsewhere + 1) / np.maximum(marks.height - sizes + 1, 1), 1.0)
        bears = np.zeros_like(seen)
        bears[bearers] = True
        there = chance_in_place(traffic.place, rows, groups, bears, seen, n_groups)
        dump_wide = binomial_tail(np.where(enough, variants, 0), trials, share)
        p = np.minimum(np.maximum(dump_wide, there) * len(DISGUISES), 1.0)
        better = (sizes >= 3) & (np.isnan(out[2]) | (p < out[2]))
        out[:, better] = variants[better], (share * trials)[better], p[better], np.full(int(better.sum()), index)
        telling = np.flatnonzero(enough & (p <= 1e-3))
        carriers.append(marked.filter(pl.col("group").is_in(telling.tolist())).select("group", "row"))
    listed = pl.concat(carriers)
    account = traffic.account[listed["row"].to_numpy()]
    listed = listed.with_columns(account=pl.Series(account)).filter(pl.col("account") != UNKNOWN)
    return out[0], out[1], out[2], out[3], listed.select("group", "account").unique().sort("group", "account")


def _some(frame: pl.DataFrame, at_most: int, seed: int) -> pl.DataFrame:
    """Keep at most so many rows of each group, picked by their rank in it."""
    rows, groups = sample_rows(frame["row"].to_numpy(), frame["group"].to_numpy(), at_most, seed)
    kept = pl.DataFrame({"row": rows, "group": groups}, schema=frame.select("row", "group").schema)
    return frame.join(kept, on=["row", "group"], how="semi", maintain_order="left")


def _variants(frame: pl.DataFrame, key: str, n_groups: int) -> Codes:
    """Count the different marks of each group, (n_groups,)."""
    counts = frame.filter(pl.col(key).is_not_null()).group_by("group").agg(n=pl.col(key).n_unique())
    variants = np.zeros(n_groups, dtype=np.int64)
    variants[counts["group"].to_numpy()] = counts["n"].to_numpy()
    return variants


def _differ(marked: pl.DataFrame, key: str, n_groups: int, seed: int) -> npt.NDArray[np.bool_]:
    """Tell in which groups marked copies bear marks of their own, and not the same one or a few, (n_groups,)."""
    alike = marked.group_by("group", key).len().group_by("group").agg(n=pl.col("len").sum(), most=pl.col("len").max())
    came_along = alike.filter(pl.col("most") > _ALIKE_MAX * pl.col("n"))["group"].to_numpy()
    compared = _some(marked, _COMPARED_COPIES, seed)
    n_compared = np.bincount(compared["group"].to_numpy(), minlength=n_groups)
    differ: npt.NDArray[np.bool_] = _variants(compared, key, n_groups) >= _OWN_SHARE_MIN * n_compared
    differ[came_along] = False
    return differ
