"""Addresses as objects: who carries the same ones, again and again and from target to target, in whatever words.

A campaign that rewords every comment leaves no copies, but what it pushes stays the same. Readers of one newspaper
share its articles too, and a viral clip is shared by everybody once. What is rare is to carry one address on separate
occasions to several targets, and to do so with the same other accounts for several addresses.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from detector.evidence.candidates import Judgeable
from detector.evidence.network import Company, measure_company
from detector.evidence.significance import binomial_tail, false_discovery_rates
from detector.evidence.traffic import UNKNOWN, Codes, Traffic
from detector.schema import OBJECTS

Floats = npt.NDArray[np.float64]

_SITTING_US = 600_000_000
_CARRIERS_MIN = 3
_SHARED_MIN = 5
_SPREADING_MIN = 5
_SPREADING_EXCESS_MIN = 2.0
_SHARED_EXCESS_MIN = 3.0
_REPEATING_SHARE = 0.5
_OCCASIONS_MIN = 3


@dataclass(frozen=True)
class Objects:
    """Addresses that groups of accounts spread together.

    Attributes
    ----------
    clusters
        The objects as clusters: comments by the accounts of their group that carry them and are in no text cluster.
    group
        (n_objects,) group of objects that share accounts.
    company, fan_out
        (4, n_groups) observed, expected, q and detail: accounts that carry the closest pair of objects, pairs; and
        accounts that carried one address to several targets, all who could have.
    named
        OBJECTS.
    """

    clusters: Judgeable
    group: Codes
    company: Floats
    fan_out: Floats
    named: pl.DataFrame


def find_spread(traffic: Traffic, links: pl.DataFrame, taken: Codes, q_max: float) -> Objects:
    """Find the addresses that the same accounts spread together.

    Parameters
    ----------
    links
        From `addresses.find_links`.
    taken
        Comments that stand in text clusters: their addresses count, but they are members by their texts already.

    Notes
    -----
    An object is an address that three accounts or more each carried to two targets or more, on separate occasions.
    Objects are joined where they share accounts beyond chance (`measure_company`), with a large effect; they are
    returned where their accounts also fan out (`_measure_fan_out`), for the readers of one newspaper meet as well. The
    accounts are those that carried two of the objects or more on three occasions or more. Comments without account,
    time or target say nothing about occasions and targets, and live chats nothing at all.
    """
    carries = _carries(traffic, links)
    repeats = carries.group_by("account", "link").agg(n=pl.col("target").n_unique()).filter(pl.col("n") >= 2)
    repeated = repeats.group_by("link").len().filter(pl.col("len") >= _CARRIERS_MIN)["link"].sort()
    objects = repeated.to_frame().with_row_index("object").with_columns(pl.col("object").cast(pl.Int64))
    held = carries.join(objects, on="link").sort("row")
    first = held.unique(["account", "object"], keep="first", maintain_order=True)
    company = measure_company(traffic, first["row"].to_numpy(), first["object"].to_numpy(), len(repeated))
    group, joined = _join(company, len(repeated), q_max)
    held = held.with_columns(group=pl.Series(group, dtype=pl.Int64).gather(held["object"])).filter(pl.col("group") >= 0)
    fan_out = _measure_fan_out(held, repeats, _habits(carries), int(group.max(initial=-1)) + 1)
    told = (fan_out[2] <= q_max) & (fan_out[0] >= _SPREADING_MIN)
    told &= fan_out[0] >= _SPREADING_EXCESS_MIN * fan_out[1]
    core = _find_core(held.filter(pl.col("group").is_in(np.flatnonzero(told).tolist())))
    free = links.join(pl.DataFrame({"row": taken.astype(np.uint32)}).unique(), on="row", how="anti")
    return _tabulate(
        traffic, free.join(objects, on="link"), core, group, _pair_facts(company, joined, group), fan_out
    )  # fmt: skip


def _carries(traffic: Traffic, links: pl.DataFrame) -> pl.DataFrame:
    """List who carried which address where, once per sitting: `row`, `link`, `account`, `target`."""
    rows = links["row"].to_numpy()
    usable = (traffic.account[rows] != UNKNOWN) & (traffic.target[rows] < len(traffic.targets))
    usable &= traffic.has_time[rows] & ~traffic.is_live[rows]
    return (
        links.select("link", row=pl.Series(rows.astype(np.int64)))
        .with_columns(
            account=pl.Series(traffic.account[rows]),
            target=pl.Series(traffic.target[rows]),
            time=pl.Series(traffic.time[rows]),
        )
        .filter(pl.Series(usable))
        .sort("account", "time", "row", "link")
        .filter((pl.col("time").diff().over("account") > _SITTING_US).fill_null(True))
        .drop("time")
    )


def _join(company: Company, n_objects: int, q_max: float) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """Number the groups of objects that share accounts, -1 for objects alone; and mark the pairs that join."""
    met = (company.q <= q_max) & (company.observed >= _SHARED_MIN)
    met &= company.observed >= _SHARED_EXCESS_MIN * company.expected
    edges = np.ones(int(met.sum()), dtype=np.int8), (company.left[met], company.right[met])
    label = connected_components(coo_array(edges, shape=(n_objects, n_objects)).tocsr(), directed=False)[1]
    several = np.bincount(label, minlength=1)[label] >= 2
    group = np.full(n_objects, -1, dtype=np.int64)
    group[several] = np.unique(label[several], return_inverse=True)[1]
    return group, met


def _find_core(held: pl.DataFrame) -> pl.DataFrame:
    """List the accounts that carried two objects of a group or more, on three occasions, to two targets or more."""
    return (
        held.group_by("group", "account")
        .agg(pl.col("object", "target").n_unique(), n=pl.len())
        .filter((pl.col("object") >= 2) & (pl.col("target") >= 2) & (pl.col("n") >= _OCCASIONS_MIN))
        .select("group", "account")
    )


def _habits(carries: pl.DataFrame) -> pl.DataFrame:
    """Tell of each account how many pairs of its occasions lie at different targets, and how many repeat an address."""

    def pairs(*by: str) -> pl.DataFrame:
        lengths = carries.group_by("account", *by).len().with_columns(pl.col("len").cast(pl.Int64))
        return lengths.group_by("account").agg(n=(pl.col("len") * (pl.col("len") - 1) // 2).sum())

    return (
        pairs()
        .join(pairs("target"), on="account", suffix="_target")
        .join(pairs("link"), on="account", suffix="_link")
        .join(pairs("link", "target"), on="account", suffix="_both")
        .select("account", pairs=pl.col("n") - pl.col("n_target"), same=pl.col("n_link") - pl.col("n_both"))
        .filter(pl.col("pairs") > 0)
        .with_columns(share=pl.col("same") / pl.col("pairs"))
        .sort("account")
    )


def _measure_fan_out(held: pl.DataFrame, repeats: pl.DataFrame, habits: pl.DataFrame, n_groups: int) -> Floats:
    """Test whether those who carry a group's objects take one from target to target more than others here do.

    Notes
    -----
    Looked at are all who carry one of the objects and had the occasion, for they carry addresses at several targets:
    whoever picked out the faithful among the readers of a newspaper would find that they are faithful. Null: of two
    occasions at different targets, each a carried address, the second repeats the first's with the chance that it has
    for the accounts here that carry none of the group's (each counts once, however busy; one account that always does
    is added). An account with d such pairs of occasions repeats with 1 - (1 - chance)^d; the number that do is taken
    as binomial, which is conservative. Not told from chance where fewer than half do.
    """
    again = held.join(repeats, on=["account", "link"], how="semi").select("group", "account").unique()
    facts = (
        held.select("group", "account").unique()
        .join(habits, on="account")
        .join(again.with_columns(repeats=pl.lit(True)), on=["group", "account"], how="left")
        .with_columns(usual=(habits["share"].sum() - pl.col("share").sum().over("group") + 1)
                      / (habits.height - pl.len().over("group") + 1))
        .with_columns(chance=1 - (1 - pl.col("usual").clip(0, 1)) ** pl.col("pairs"))
        .group_by("group")
        .agg(observed=pl.col("repeats").fill_null(False).sum(), expected=pl.col("chance").sum(), n=pl.len())
        .sort("group")
    )  # fmt: skip
    out = np.full((4, n_groups), np.nan)
    observed, expected, n = (facts[name].to_numpy().astype(np.float64) for name in ("observed", "expected", "n"))
    p = binomial_tail(observed, n, np.minimum(expected / n, 1.0))
    out[:, facts["group"].to_numpy()] = observed, expected, np.where(observed < _REPEATING_SHARE * n, 1.0, p), n
    out[2] = false_discovery_rates(out[2])
    return out


def _pair_facts(company: Company, joined: npt.NDArray[np.bool_], group: Codes) -> Floats:
    """Take the closest pair of objects of each group; q over all pairs has paid for the choice."""
    out = np.full((4, int(group.max(initial=-1)) + 1), np.nan)
    at = np.flatnonzero(joined)
    at = at[np.lexsort((-company.observed[at], company.q[at], group[company.left[at]]))]
    own = group[company.left[at]]
    groups, first = np.unique(own, return_index=True)
    lead = at[first]
    out[:3, groups] = company.observed[lead], company.expected[lead], company.q[lead]
    out[3] = np.bincount(own, minlength=out.shape[1])
    return out


def _tabulate(
    traffic: Traffic, carried: pl.DataFrame, members: pl.DataFrame, group: Codes, company: Floats, fan_out: Floats
) -> Objects:
    """Bring the objects into codes; a comment that carries several counts for the first."""
    account = pl.Series(traffic.account[carried["row"].to_numpy()], dtype=pl.Int64)
    rows = (
        carried.with_columns(account=account, group=pl.Series(group, dtype=pl.Int64).gather(carried["object"]))
        .join(members, on=["group", "account"], how="semi")
        .sort("row", "object")
        .unique("row", keep="first", maintain_order=True)
    )
    named = (
        rows.group_by("object", "link", "written").len()
        .sort("object", "len", "written", descending=[False, True, False])
        .group_by("object", "link", maintain_order=True).agg(address=pl.col("written").first())
        # A hash of the address: the id stays whatever else the dump holds.
        .with_columns(cluster_id=pl.col("link").map_elements(_name, return_dtype=pl.String))
        .sort("cluster_id")
    )  # fmt: skip
    place = pl.Series(np.arange(named.height), dtype=pl.Int64)
    rows = rows.join(named.select("object", cluster=place), on="object").sort("cluster", "row")
    first = rows.unique(["cluster", "account"], keep="first", maintain_order=True)
    return Objects(
        Judgeable(
            named["cluster_id"],
            *(frame[name].cast(pl.Int64).to_numpy() for frame in (rows, first) for name in ("row", "cluster")),
        ),
        group[named["object"].to_numpy()],
        company,
        fan_out,
        OBJECTS.check(named.select("cluster_id", "address")),
    )


def _name(link: str) -> str:
    return "u" + hashlib.blake2b(link.encode(), digest_size=6).hexdigest()
