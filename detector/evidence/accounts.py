"""What the accounts behind a group of comments have in common, against all accounts that comment here."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from detector.evidence.authors import first_known, last_known, least_known, most_known
from detector.evidence.codes import UNKNOWN, Codes, encode, first_of, pack
from detector.evidence.places import chance_of_authors
from detector.evidence.significance import binomial_tail, poisson_tail
from detector.evidence.traffic import Traffic
from detector.schema import ACCOUNTS

Floats = npt.NDArray[np.float64]

HANDLE_SHAPES = ("name_8digits", "random_15", "lower_digits")
_SCRAMBLED = r"[0-9].*[A-Za-z].*[0-9]|[a-z][A-Z].*[a-z][A-Z]"
_YOUNG_DAYS = 90


@dataclass(frozen=True)
class GroupTest:
    """A test of groups: arrays over groups, and the accounts that stand behind a finding.

    `observed`, `expected`, `p`, `detail` (n_groups,), NaN where not testable; `groups` and `accounts` (k,) list the
    accounts that carry the sign.
    """

    observed: Floats
    expected: Floats
    p: Floats
    detail: Floats
    groups: Codes
    accounts: Codes

    @classmethod
    def of(cls, facts: Floats, groups: Codes | None = None, accounts: Codes | None = None) -> "GroupTest":
        """Make one from (4, n_groups) facts in the order of the attributes; by default no account carries the sign."""
        nobody = np.zeros(0, dtype=np.int64)
        return cls(facts[0], facts[1], facts[2], facts[3], nobody if groups is None else groups,
                   nobody if accounts is None else accounts)  # fmt: skip


def describe_accounts(comments: pl.DataFrame, traffic: Traffic, copies: pl.DataFrame) -> pl.DataFrame:
    """Describe every known account.

    Parameters
    ----------
    comments, traffic
        COMMENTS, and the same as codes.
    copies
        `row` and `cluster_id` of the comments that are near copies of another account's, in the order of MEMBERS.

    Returns
    -------
    DataFrame
        ACCOUNTS; a feature is null where the dump does not carry it.
    """
    n_accounts = len(traffic.accounts)
    rows = copies["row"].to_numpy()
    copier, cluster = traffic.account[rows], copies["cluster_id"].rle_id().to_numpy().astype(np.int64)
    n_comments = np.bincount(traffic.account[traffic.account != UNKNOWN], minlength=n_accounts)
    age = (pl.col("first_comment") - pl.col("created_at")).dt.total_seconds() / 86_400
    frame = pl.DataFrame(
        {
            "account": traffic.accounts,
            "platform": first_known(traffic, comments["platform"]),
            "author_id": last_known(traffic, comments["author_id"]),
            "author_handle": last_known(traffic, comments["author_handle"]),
            "author_name": last_known(traffic, comments["author_name"]),
            "created_at": least_known(traffic, comments["author_created_at"]),
            "first_comment": least_known(traffic, comments["created_at"]),
            "n_comments": n_comments,
            "n_targets": _distinct(np.where(traffic.target < len(traffic.targets), traffic.account, UNKNOWN),
                                   traffic.target, n_accounts),
            "n_clusters": _distinct(copier, cluster, n_accounts),
            "copy_share": np.bincount(copier[copier != UNKNOWN], minlength=n_accounts) / n_comments,
            "followers": most_known(traffic, comments["author_followers"]),
        }
    ).with_columns(
        # A comment older than its account is a wrong clock, not a young account.
        age_at_first_comment_days=pl.when(age >= 0).then(age),
        handle_shape=_handle_shape(pl.col("author_handle")),
    )  # fmt: skip
    if _is_pseudonymised(frame["author_handle"]):
        frame = frame.with_columns(handle_shape=pl.lit(None, pl.String))
    return ACCOUNTS.check(frame.select(list(ACCOUNTS.columns)).cast(ACCOUNTS.dtypes()))


def _distinct(account: Codes, value: Codes, n_accounts: int) -> Codes:
    """Count the distinct values of each account."""
    known = account != UNKNOWN
    first = pl.Series(pack(account[known], value[known]), dtype=pl.Int64).is_first_distinct().to_numpy()
    return np.bincount(account[known][first], minlength=n_accounts)


def _handle_shape(handle: pl.Expr) -> pl.Expr:
    """Name the pattern of a handle: patterns that a platform assigns by default are ordinary, and weigh little."""
    return (
        pl.when(handle.is_null()).then(None)
        .when(handle.str.contains(r"^[A-Za-z_]{2,}\d{8}$")).then(pl.lit("name_8digits"))
        .when(handle.str.contains(r"^[A-Za-z0-9_]{15}$") & handle.str.contains(_SCRAMBLED))
        .then(pl.lit("random_15"))
        .when(handle.str.contains(r"^[a-z]+\d{2,4}$")).then(pl.lit("lower_digits"))
        .otherwise(pl.lit("other"))
    )  # fmt: skip


def _is_pseudonymised(handles: pl.Series) -> bool:
    """Tell whether an archive has replaced handles by hashes: long, and all of one length."""
    lengths = handles.drop_nulls().str.len_chars()
    if len(lengths) < 20:
        return False
    most = lengths.value_counts(sort=True).row(0)
    return bool(most[0] >= 20 and most[1] >= 0.5 * len(lengths))


def group_accounts(traffic: Traffic, rows: Codes, groups: Codes) -> tuple[Codes, Codes]:
    """Return the distinct (group, account) pairs of known accounts, sorted."""
    accounts = traffic.account[rows]
    known = accounts != UNKNOWN
    pairs = np.unique(groups[known] * len(traffic.accounts) + accounts[known])
    return pairs // max(len(traffic.accounts), 1), pairs % max(len(traffic.accounts), 1)


def measure_names(accounts: pl.DataFrame, groups: Codes, members: Codes, n_groups: int) -> GroupTest:
    """Test whether accounts of a group carry the same display name more often than others here do (a weak sign).

    Notes
    -----
    Observed: accounts beyond the first with each name. Expected: pairs of members times the chance that a pair of
    others share that name, (m + 1/2) / (N + 1) for a name that m of the N other accounts carry. Poisson tail.
    """
    written, distinct = encode(accounts["author_name"])
    folded = distinct.str.strip_chars().str.to_lowercase()
    # A name of one character is none; the last stands for accounts without.
    alike = encode(folded.set(folded.str.len_chars() < 2, None))[0]
    name = np.append(alike, UNKNOWN)[written]
    counts = np.bincount(name[name != UNKNOWN])
    n_named = int(counts.sum())
    table = (
        pl.DataFrame({"group": groups, "name": name[members]})
        .with_columns(n_all=pl.Series(np.append(counts, 0)[name[members]]))
        .filter(pl.col("name") != UNKNOWN)
        .with_columns(n_here=pl.len().over("group", "name"), size=pl.len().over("group"))
    )
    share = (pl.col("n_all") - pl.col("n_here") + 0.5) / (n_named - pl.col("size") + 1)
    tests = table.group_by("group").agg(
        observed=pl.len() - pl.col("name").n_unique(),
        expected=((pl.col("size") - 1) / 2 * share).sum(),
        size=pl.len(),
    )
    out = np.full((4, n_groups), np.nan)
    at = tests["group"].to_numpy()
    observed, expected = tests["observed"].to_numpy(), tests["expected"].to_numpy()
    out[0, at], out[1, at], out[3, at] = observed, expected, tests["size"].to_numpy()
    out[2, at] = np.where(tests["size"].to_numpy() >= 3, poisson_tail(observed, expected), np.nan)
    return GroupTest.of(out)


def measure_handles(accounts: pl.DataFrame, traffic: Traffic, rows: Codes, groups: Codes, n_groups: int) -> GroupTest:
    """Test whether one handle pattern is commoner in a group than among the others here (a weak sign).

    Parameters
    ----------
    rows, groups
        (m,) comments and their groups.

    Returns
    -------
    GroupTest
        Commonest excess: accounts with the pattern, expected number, p times the patterns tried, index of the
        pattern in `HANDLE_SHAPES`. No account carries the sign: a pattern says nothing about a person.
    """
    shapes = accounts["handle_shape"].replace_strict(
        [*HANDLE_SHAPES, "other"], [*range(len(HANDLE_SHAPES)), len(HANDLE_SHAPES)], return_dtype=pl.Int64, default=None
    )
    shape = shapes.fill_null(UNKNOWN).to_numpy()
    return most_enriched(shape, traffic, rows, groups, n_groups, len(HANDLE_SHAPES))


def measure_youth(accounts: pl.DataFrame, traffic: Traffic, rows: Codes, groups: Codes, n_groups: int) -> GroupTest:
    """Test whether accounts under 90 days are commoner in a group than among the others here (a weak sign)."""
    young = (accounts["age_at_first_comment_days"] >= _YOUNG_DAYS).cast(pl.Int64)
    return most_enriched(young.fill_null(UNKNOWN).to_numpy(), traffic, rows, groups, n_groups, 1)


def most_enriched(
    classes: Codes, traffic: Traffic, rows: Codes, groups: Codes, n_groups: int, n_classes: int
) -> GroupTest:
    """Compare the share of each class below `n_classes` in a group with its share in the accounts outside.

    The busy are met more often than the quiet, and every place has its own people: the share must also be beyond that
    among the authors at the same targets in the same period.
    """
    known, copies = classes != UNKNOWN, rows
    usable = traffic.account[rows] != UNKNOWN
    usable[usable] = known[traffic.account[rows[usable]]]
    rows, groups = rows[usable], groups[usable]
    first = first_of(groups, traffic.account[rows])
    rows, groups = rows[first], groups[first]
    members = traffic.account[rows]
    sizes = np.bincount(groups, minlength=n_groups)
    n_known = int(known.sum())
    there = chance_of_authors(traffic, rows, groups, classes, n_classes, copies, n_groups)
    out = np.full((4, n_groups), np.nan)
    for index in range(n_classes):
        here = np.bincount(groups[classes[members] == index], minlength=n_groups)
        share = (int((classes == index).sum()) - here + 1) / (n_known - sizes + 1)
        p = np.maximum(binomial_tail(here, sizes, np.minimum(share, 1.0)), there[index])
        p = np.minimum(p * n_classes, 1.0)
        better = (sizes >= 3) & (np.isnan(out[2]) | (p < out[2]))
        out[:, better] = here[better], (share * sizes)[better], p[better], np.full(int(better.sum()), index)
    return GroupTest.of(out)
