"""Accounts outside a campaign that are tied to its core in several independent ways at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.abreast import in_order
from detector.evidence.candidates import Judgeable
from detector.evidence.spans import mark
from detector.evidence.synchrony import first_by_hash
from detector.evidence.ties import Core, tie_cores
from detector.evidence.traffic import UNKNOWN, Codes, Traffic
from detector.evidence.waves import WAVE_P
from detector.evidence.wording import WORDING_SHARE, compare_words, weigh_words
from detector.schema import GROWTH

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TIES = ("created", "waves", "content", "wording")
_CREATED, _WAVES, _CONTENT, _WORDING = range(4)
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
    cores = tie_cores(traffic, clusters, groups, _largest(core), objects)
    if not cores:
        return GROWTH.empty()
    words = weigh_words(comments, traffic, _wanted(cores, len(traffic.accounts), seed))
    alike = compare_words(words, [core.inside for core in cores], [core.excluded for core in cores])
    kinds = _Kinds.of(traffic)
    each = zip(cores, alike, strict=True)
    found = list(in_order(lambda own: _grow(traffic, kinds, *own, q_max), each))
    listed = pl.concat(found).with_columns(
        campaign_id=names.gather(np.repeat([core.group for core in cores], [frame.height for frame in found])),
        account=pl.col("code").map_batches(traffic.accounts.gather, pl.String),
    )
    return GROWTH.check(listed.select(list(GROWTH.columns)).sort("campaign_id", "account"))


def _largest(core: tuple[Codes, Codes]) -> dict[int, Codes]:
    """Return the accounts of the largest cores, by candidate."""
    groups, sizes = np.unique(core[0], return_counts=True)
    enough = sizes >= _CORE_ACCOUNTS_MIN
    order = np.lexsort((groups[enough], -sizes[enough]))
    return {int(group): np.unique(core[1][core[0] == group]) for group in groups[enough][order][:_CORES_MAX]}


def _wanted(cores: list[Core], n_accounts: int, seed: int) -> Codes:
    """Return the accounts whose words are compared: all, or in large dumps those that it matters for and a sample."""
    if n_accounts <= _EVERYBODY_MAX:
        return np.arange(n_accounts)
    matters = [accounts for core in cores for accounts in (core.inside, core.created, core.near)]
    sample = first_by_hash(np.arange(n_accounts), _BACKGROUND, seed)
    return np.flatnonzero(mark(np.concatenate([sample, *matters]), n_accounts))


@dataclass(frozen=True)
class _Kinds:
    """Accounts sorted into kinds that chance treats alike: as busy, and with or without a creation date.

    `of_account` (n_accounts,) is the kind; `n_comments`, `is_dated` and `sizes` (n_kinds,) describe each.
    """

    of_account: Codes
    n_comments: Floats
    is_dated: Flags
    sizes: Codes

    @classmethod
    def of(cls, traffic: Traffic) -> "_Kinds":
        n_comments = np.bincount(traffic.account[traffic.account != UNKNOWN], minlength=len(traffic.accounts))
        kind = 2 * n_comments + traffic.has_created
        present = np.flatnonzero(np.bincount(kind))
        number = np.zeros(int(present.max(initial=0)) + 1, dtype=np.int64)
        number[present] = np.arange(len(present))
        of_account = number[kind]
        return cls(of_account, (present // 2).astype(np.float64), present % 2 == 1, np.bincount(of_account))

    def count(self, accounts: Codes) -> Codes:
        """Return (n_kinds,) how many of these accounts are of each kind."""
        n: Codes = np.bincount(self.of_account[accounts], minlength=len(self.sizes))
        return n


def _grow(traffic: Traffic, kinds: _Kinds, core: Core, wording: Codes | None, q_max: float) -> pl.DataFrame:
    """List the accounts tied to a core; `wording`: those most like it in words, None where it has too few words."""
    likely = np.zeros(0, dtype=np.int64) if wording is None else np.setdiff1d(wording, core.sharing)
    sets = [core.created, core.near, core.sharing, likely]
    tied = np.unique(np.concatenate(sets))
    held = np.stack([np.isin(tied, accounts, assume_unique=True) for accounts in sets])
    outside = kinds.sizes - kinds.count(core.excluded)
    exposed = np.unpackbits(core.exposed, count=len(traffic.accounts)).view(np.bool_)
    by_kind = _chances(kinds, outside, held, kinds.of_account[tied], core.has_batches)
    chance = np.zeros((4, 2, len(outside)))  # the second axis: who comments where the core does
    chance[_CREATED], chance[_CONTENT] = by_kind[:, None, :]
    chance[_WAVES, 1] = WAVE_P
    chance[_WORDING] = 0.0 if wording is None else WORDING_SHARE
    own = chance[:, exposed[tied].astype(np.int64), kinds.of_account[tied]]
    held[[_CREATED, _CONTENT]] &= own[[_CREATED, _CONTENT]] <= _CHANCE_MAX
    kept = held.any(axis=0)
    tied, held, own = tied[kept], held[:, kept], own[:, kept]
    joint = np.where(held, own, 1.0).prod(axis=0)
    several = held.sum(axis=0) >= 2  # content and wording are never held both
    among = kinds.count(np.flatnonzero(exposed))
    expected = _expected(chance.reshape(4, -1), np.concatenate([outside - among, among]), joint[several])
    q = np.ones(len(tied))
    q[several] = _rates(joint[several], expected)
    return pl.DataFrame(
        {
            "code": tied,
            "ties": _named(held),
            "chance": joint,
            "q": q,
            "n_found": np.full(len(tied), (q <= q_max).sum(), dtype=np.uint32),
            "expected": np.full(len(tied), expected[q[several] <= q_max].max(initial=0.0)),
            "rows": _rows_of(traffic, core, tied, held),
        },
        schema={"code": pl.Int64}
        | {name: GROWTH.columns[name].dtype for name in ("ties", "chance", "q", "n_found", "expected", "rows")},
    )


def _chances(kinds: _Kinds, outside: Codes, held: Flags, kind: Codes, has_batches: bool) -> Floats:
    """Return (2, n_kinds) chances of being created in a batch, and of sharing content, for each kind of account.

    Parameters
    ----------
    outside
        (n_kinds,) accounts outside the candidate.
    held, kind
        (4, k) ties of those that have any, and their kind.
    has_batches
        Whether the core has batches: who has no creation date cannot be told by it, and the undated would make common
        what is rare among the dated.
    """
    able = kinds.is_dated if has_batches else np.ones_like(kinds.is_dated)
    chances = np.zeros((2, len(outside)))
    exposures = kinds.is_dated * float(has_batches), kinds.n_comments
    for at, (k, exposure) in enumerate(zip((_CREATED, _CONTENT), exposures, strict=True)):
        # How often it comes about is told by those who have no other tie.
        others = np.delete(held, k, axis=0).any(axis=0)
        rate = (held[k] & able[kind] & ~others).sum() + 1.0
        total = (exposure * outside * able).sum() - (exposure * able)[kind[others]].sum()
        rate /= total + 1.0
        chances[at] = 1.0 - (1.0 - min(rate, 1.0)) ** exposure
    return chances


def _named(held: Flags) -> pl.Series:
    """List the names of the ties (4, k) that each account has."""
    named = [[name for k, name in enumerate(TIES) if code >> k & 1] for code in range(1 << len(TIES))]
    return pl.Series(named, dtype=pl.List(pl.String)).gather((held << np.arange(len(TIES))[:, None]).sum(axis=0))


def _rates(joint: Floats, expected: Floats) -> Floats:
    """Return the false discovery rate at each: how many chance makes as surprising, over how many were seen."""
    order = np.argsort(joint, kind="stable")
    seen = np.searchsorted(joint[order], joint[order], side="right")
    q = np.empty(len(joint))
    q[order] = np.minimum.accumulate((expected[order] / seen)[::-1])[::-1]
    return np.minimum(q, 1.0)


def _expected(chance: Floats, sizes: Codes, joint: Floats) -> Floats:
    """Return how many accounts chance makes as surprising as each `joint`, by any pattern of several ties.

    `chance` (4, k) of each tie and `sizes` (k,) describe kinds of accounts.
    """
    usable = np.where(chance <= _CHANCE_MAX, chance, 0.0)
    products = np.concatenate([usable[list(pattern)].prod(axis=0) for pattern in _PATTERNS])
    limit = joint * (1 + 1e-9)
    telling = np.flatnonzero((products > 0) & (products <= limit.max(initial=0.0)))
    telling = telling[np.argsort(products[telling], kind="stable")]
    products, n = products[telling], sizes[telling % len(sizes)]
    # Added up one account after the other: the sum is that of a list of accounts to the last bit.
    total = np.append(0.0, np.cumsum(np.repeat(products, n)))
    expected: Floats = total[np.append(0, np.cumsum(n))[np.searchsorted(products, limit, side="right")]]
    return expected


def _rows_of(traffic: Traffic, core: Core, accounts: Codes, held: Flags) -> pl.Series:
    """List the comments of each account that make its ties."""
    rows = np.concatenate(list(_telling_rows(traffic, core, accounts, held)))
    made = pl.DataFrame({"account": traffic.account[rows].astype(np.int64), "row": rows.astype(np.uint32)})
    lists = made.unique().sort("account", "row").group_by("account", maintain_order=True).agg("row")
    listed = pl.DataFrame({"account": accounts}).join(lists, on="account", how="left", maintain_order="left")
    return listed["row"].fill_null([])


def _telling_rows(traffic: Traffic, core: Core, accounts: Codes, held: Flags) -> Iterator[Codes]:
    for k, rows in ((_WAVES, core.near_rows), (_CONTENT, core.shared_rows)):
        yield rows[np.isin(traffic.account[rows], accounts[held[k]])]
