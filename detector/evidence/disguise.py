"""Test whether copies are made to look different, each in its own way."""

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.places import chance_in_place
from detector.evidence.significance import binomial_tail
from detector.evidence.traffic import UNKNOWN, Codes, Traffic

Floats = npt.NDArray[np.float64]

DISGUISES = ("invisible", "homoglyph", "tail")
_KEYS = {"invisible": "invisible_key", "homoglyph": "homoglyph_key", "tail": "tail_key"}
_ALIKE_MAX = 0.5


def measure_disguise(
    marks: pl.DataFrame, traffic: Traffic, rows: Codes, groups: Codes, n_groups: int
) -> tuple[Floats, Floats, Floats, Floats, pl.DataFrame]:
    """Test whether the copies of a group carry marks of disguise that differ from copy to copy.

    Parameters
    ----------
    marks
        MARKS.
    rows, groups
        (m,) comments and their groups.

    Returns
    -------
    observed, expected, p, detail
        (n_groups,) distinct variants of the most telling mark, expected number, p times the marks tried, and the
        index of that mark in `DISGUISES`.
    carriers
        `group`, `account` of the known accounts whose copies carry a telling mark.

    Notes
    -----
    Copies that all carry the same mark were copied with it, as from a web page, and count once: a variant is one way of
    placing marks, or one pattern of letters and digits in a tail; where more than half of the marked copies are alike,
    none count. Null: comments of the group are marked as often as the other comments; and, every marked copy counted,
    as often as those at the same places, where the group is not most of these (`chance_in_place`): an application or a
    keyboard may be usual in one place only. The larger p holds.
    """
    frame = (
        pl.DataFrame({"row": rows, "group": groups}, schema={"row": pl.UInt32, "group": pl.Int64})
        .join(marks.select("row", *_KEYS.values()), on="row", how="left")
        .sort("group", "row")
    )
    everywhere = {name: marks.height - marks[key].null_count() for name, key in _KEYS.items()}
    out = np.full((4, n_groups), np.nan)
    sizes = np.bincount(groups, minlength=n_groups)
    # A record that only shares a link has no text to mark.
    seen = np.zeros(len(traffic.account), dtype=np.bool_)
    seen[marks["row"].to_numpy()] = True
    carriers = []
    for index, name in enumerate(DISGUISES):
        marked = frame.filter(pl.col(_KEYS[name]).is_not_null())
        placed = marked.group_by("group", _KEYS[name]).len().group_by("group")
        counts = placed.agg(n=pl.col("len").sum(), variants=pl.len(), most=pl.col("len").max())
        here, variants = np.zeros(n_groups), np.zeros(n_groups)
        here[counts["group"].to_numpy()] = counts["n"].to_numpy()
        # Where most marked copies bear the same mark, it came with the text.
        differ = (counts["most"] <= _ALIKE_MAX * counts["n"]).to_numpy()
        variants[counts["group"].to_numpy()[differ]] = counts["variants"].to_numpy()[differ]
        share = np.minimum((everywhere[name] - here + 1) / np.maximum(marks.height - sizes + 1, 1), 1.0)
        bears = np.zeros_like(seen)
        bears[marks.filter(pl.col(_KEYS[name]).is_not_null())["row"].to_numpy()] = True
        there = chance_in_place(traffic.place, rows, groups, bears, seen, n_groups)
        dump_wide = binomial_tail(np.where(variants > 1, variants, 0), sizes, share)
        p = np.minimum(np.maximum(dump_wide, there) * len(DISGUISES), 1.0)
        better = (sizes >= 3) & (np.isnan(out[2]) | (p < out[2]))
        out[:, better] = variants[better], (share * sizes)[better], p[better], np.full(int(better.sum()), index)
        telling = np.flatnonzero((variants > 1) & (p <= 1e-3))
        carriers.append(marked.filter(pl.col("group").is_in(telling.tolist())).select("group", "row"))
    listed = pl.concat(carriers)
    account = traffic.account[listed["row"].to_numpy()]
    listed = listed.with_columns(account=pl.Series(account)).filter(pl.col("account") != UNKNOWN)
    return out[0], out[1], out[2], out[3], listed.select("group", "account").unique().sort("group", "account")
