"""Accounts outside a campaign that are tied to its core in several independent ways at once."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.candidates import Judgeable
from detector.evidence.synchrony import sample_rows
from detector.evidence.ties import Tie, mark, tie_content, tie_created, tie_waves, tie_wording
from detector.evidence.traffic import UNKNOWN, Codes, Traffic
from detector.evidence.wording import Words, weigh_words
from detector.schema import GROWTH

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TIES = ("created", "waves", "content", "wording")
_CORE_ACCOUNTS_MIN = 5
_CORES_MAX = 50
# A tie that so many others have by chance says nothing about anyone.
_CHANCE_MAX = 0.05
_EVERYBODY_MAX = 20_000
_BACKGROUND = 3_000
# Content and wording are one kind: who shares texts or hashtags with others also shares words.
_PATTERNS = ((0, 1), (0, 2), (1, 2), (0, 1, 2), (0, 3), (1, 3), (0, 1, 3))


def find_growth(
    comments: pl.DataFrame, traffic: Traffic, clusters: Judgeable, groups: Codes, names: pl.Series,
    core: tuple[Codes, Codes], objects: pl.DataFrame, q_max: float, seed: int,
) -> pl.DataFrame:  # fmt: skip
    """Find the accounts that belong to a core by two or more kinds of ties beyond its texts.

    Parameters
    ----------
    groups, names
        (n_clusters,) candidate of each cluster, and the candidates' names.
    core
        Candidates and accounts (k,) with a sign of their own, of candidates where such a sign is established.
    objects
        `row`, `object`: addresses and hashtags that comments hold.
    q_max
        False discovery rate up to which an account counts as found.
    seed
        Chooses the accounts whose words are compared where they are many.

    Returns
    -------
    DataFrame
        GROWTH.

    Notes
    -----
    Ties: *created* in the days in which the core's batches were; *waves*: more of its comments fall within a minute of
    the core's, at the same target, than the traffic of the same hours gives; *content*: it shares a text, an address or
    a hashtag with the core; *wording*: its words are among those most like the core's. Null: among accounts outside,
    these come about independently, but for content and wording, which count as one. How often each does is
    counted among the accounts that have no other tie, and follows how much an account comments. An account with
    several ties is as surprising as the product of their chances; q is the number of accounts that chance makes as
    surprising, over the number seen. An account with one tie is listed with q = 1: one tie makes nobody a member.
    """
    cores = [_tie(traffic, clusters, groups, core, objects, group) for group in _largest(core)]
    words = weigh_words(comments, traffic, _wanted(cores, len(traffic.accounts), seed))
    found = [_grow(traffic, core, words, q_max) for core in cores]
    listed = pl.concat([GROWTH.empty().drop("campaign_id", "account").with_columns(
        group=pl.lit(None, pl.Int64), code=pl.lit(None, pl.Int64)), *found], how="diagonal")  # fmt: skip
    return GROWTH.check(
        listed.with_columns(campaign_id=names.gather(listed["group"]), account=traffic.accounts.gather(listed["code"]))
        .select(list(GROWTH.columns))
        .sort("campaign_id", "account")
    )


def _largest(core: tuple[Codes, Codes]) -> list[int]:
    """Return the candidates with the largest cores."""
    groups, sizes = np.unique(core[0], return_counts=True)
    enough = sizes >= _CORE_ACCOUNTS_MIN
    order = np.lexsort((groups[enough], -sizes[enough]))
    return [int(group) for group in groups[enough][order][:_CORES_MAX]]


@dataclass(frozen=True)
class _Core:
    """A core, everybody outside its candidate, and the ties between them that have nothing to do with words."""

    group: int
    inside: Flags
    outside: Flags
    created: Tie
    waves: Tie
    content: Tie


def _tie(
    traffic: Traffic, clusters: Judgeable, groups: Codes, core: tuple[Codes, Codes], objects: pl.DataFrame, group: int
) -> _Core:
    n_accounts = len(traffic.accounts)
    inside = mark(core[1][core[0] == group], n_accounts)
    here = traffic.account[clusters.first_rows[groups[clusters.first_clusters] == group]]
    # Who carries only the candidate's addresses may be core, and stands in none of its texts.
    outside = ~(inside | mark(here[here != UNKNOWN], n_accounts))
    created, content = tie_created(traffic, inside), tie_content(traffic, clusters, objects, inside, outside)
    waves = tie_waves(traffic, inside, outside, created.held | content.held, content.rows)
    return _Core(group, inside, outside, created, waves, content)


def _wanted(cores: list[_Core], n_accounts: int, seed: int) -> Codes:
    """Return the accounts whose words are compared: all, or in large dumps those that it matters for and a sample."""
    if n_accounts <= _EVERYBODY_MAX:
        return np.arange(n_accounts if cores else 0)
    sample, _ = sample_rows(np.arange(n_accounts), np.zeros(n_accounts, dtype=np.int64), _BACKGROUND, seed)
    wanted = mark(sample, n_accounts)
    for core in cores:
        wanted |= core.inside | (core.outside & (core.created.held | core.waves.held))
    return np.flatnonzero(wanted)


def _grow(traffic: Traffic, core: _Core, words: Words, q_max: float) -> pl.DataFrame:
    outside, created, content = core.outside, core.created, core.content
    wording = tie_wording(words, core.inside, outside)
    wording = replace(wording, held=wording.held & ~content.held)
    ties = [created, core.waves, content, wording]
    held = np.stack([tie.held & outside for tie in ties])
    # Who has no creation date cannot be told by it: the undated would make common what is rare among the dated.
    able = outside & traffic.has_created if created.chance.any() else outside
    ties = [_rated(tie, held, k, able) for k, tie in enumerate(ties)]
    held = np.stack([tie.held & outside for tie in ties])
    chance = np.stack([tie.chance for tie in ties])
    tied = np.flatnonzero(held.any(axis=0))
    joint = np.where(held, chance, 1.0).prod(axis=0)[tied]
    several = held[:, tied].sum(axis=0) >= 2  # content and wording are never held both
    q, expected = np.ones(len(tied)), _expected(chance[:, outside], joint)
    q[several] = _rates(joint[several], expected[several])
    sure = q <= q_max
    return pl.DataFrame(
        {
            "group": np.full(len(tied), core.group),
            "code": tied,
            "ties": _named(held[:, tied]),
            "chance": joint,
            "q": q,
            "n_found": np.full(len(tied), sure.sum(), dtype=np.uint32),
            "expected": np.full(len(tied), expected[sure].max(initial=0.0)),
            "rows": _rows_of(traffic, ties, tied),
        },
        schema={"group": pl.Int64, "code": pl.Int64} | {
            name: GROWTH.columns[name].dtype for name in ("ties", "chance", "q", "n_found", "expected", "rows")
        },
    )  # fmt: skip


def _named(held: Flags) -> pl.Series:
    """List the names of the ties (4, k) that each account has."""
    flags = pl.DataFrame(dict(zip(TIES, held, strict=True)))
    names = [pl.when(pl.col(name)).then(pl.lit(name)) for name in TIES]
    return flags.select(ties=pl.concat_list(names).list.drop_nulls())["ties"]


def _rates(joint: Floats, expected: Floats) -> Floats:
    """Return the false discovery rate at each: how many chance makes as surprising, over how many were seen."""
    order = np.argsort(joint, kind="stable")
    seen = np.searchsorted(joint[order], joint[order], side="right")
    q = np.empty(len(joint))
    q[order] = np.minimum.accumulate((expected[order] / seen)[::-1])[::-1]
    return np.minimum(q, 1.0)


def _rated(tie: Tie, held: Flags, k: int, able: Flags) -> Tie:
    """Turn exposure into chance, by those `able` to have other ties who have none; drop a tie that is common."""
    if TIES[k] in ("waves", "wording"):
        return tie
    alone = able & ~np.delete(held, k, axis=0).any(axis=0)
    rate = (held[k] & alone).sum() + 1.0
    rate /= tie.chance[alone].sum() + 1.0
    chance = 1.0 - (1.0 - min(rate, 1.0)) ** tie.chance
    return Tie(tie.held & (chance <= _CHANCE_MAX), chance, tie.rows)


def _expected(chance: Floats, joint: Floats) -> Floats:
    """Return how many accounts chance makes as surprising as each `joint`, by any pattern of several ties."""
    usable = np.where(chance <= _CHANCE_MAX, chance, 0.0)
    products = np.concatenate([usable[list(pattern)].prod(axis=0) for pattern in _PATTERNS])
    products = np.sort(products[products > 0])
    total = np.concatenate([[0.0], np.cumsum(products)])
    expected: Floats = total[np.searchsorted(products, joint * (1 + 1e-9), side="right")]
    return expected


def _rows_of(traffic: Traffic, ties: list[Tie], accounts: Codes) -> pl.Series:
    """List the comments of each account that make its ties."""
    rows = np.unique(np.concatenate([tie.rows[tie.held[traffic.account[tie.rows]]] for tie in ties]))
    made = pl.DataFrame({"account": traffic.account[rows], "row": rows.astype(np.uint32)})
    lists = made.group_by("account").agg(pl.col("row").sort())
    return (
        pl.DataFrame({"account": accounts})
        .join(lists, on="account", how="left", maintain_order="left")["row"]
        .fill_null([])
    )
