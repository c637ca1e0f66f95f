"""What the accounts behind a group of comments have in common, against all accounts that comment here."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import betainc

from detector.evidence.significance import binomial_tail, poisson_tail
from detector.evidence.traffic import UNKNOWN, Codes, Traffic
from detector.schema import ACCOUNTS

Floats = npt.NDArray[np.float64]

HANDLE_SHAPES = ("name_8digits", "random_15", "lower_digits")
_SCRAMBLED = r"[0-9].*[A-Za-z].*[0-9]|[a-z][A-Z].*[a-z][A-Z]"
_YOUNG_DAYS = 90
_HOURS = 1 << 24
"""More hours than there are between 1970 and the year 3800: the stride of a group in a composite key."""
IN_BATCH_P_MAX = 1e-3
_BATCH_ACCOUNTS_MIN = 4


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


def describe_accounts(
    comments: pl.DataFrame, copies: pl.DataFrame
) -> pl.DataFrame:  # fmt: skip
    """Describe every known account.

    Parameters
    ----------
    comments
        COMMENTS.
    copies
        `row` and `cluster_id` of the comments that are near copies of another account's.

    Returns
    -------
    DataFrame
        ACCOUNTS; a feature is null where the dump does not carry it.
    """
    joined = comments.select(
        "row", "account", "platform", "author_id", "author_handle", "author_name", "author_created_at",
        "author_followers", "target", "created_at",
    ).join(copies, on="row", how="left", maintain_order="left")  # fmt: skip
    age = (pl.col("created_at").min() - pl.col("author_created_at").min()).dt.total_seconds() / 86_400
    frame = (
        joined.filter(pl.col("account").is_not_null())
        .group_by("account")
        .agg(
            pl.col("platform").first(),
            pl.col("author_id").drop_nulls().last(),
            pl.col("author_handle").drop_nulls().last(),
            pl.col("author_name").drop_nulls().last(),
            created_at=pl.col("author_created_at").min(),
            n_comments=pl.len(),
            n_targets=pl.col("target").drop_nulls().n_unique(),
            n_clusters=pl.col("cluster_id").drop_nulls().n_unique(),
            copy_share=pl.col("cluster_id").is_not_null().mean(),
            # A comment older than its account is a wrong clock, not a young account.
            age_at_first_comment_days=pl.when(age >= 0).then(age),
            followers=pl.col("author_followers").max(),
        )
        .sort("account")
        .with_columns(handle_shape=_handle_shape(pl.col("author_handle")))
    )
    if _is_pseudonymised(frame["author_handle"]):
        frame = frame.with_columns(handle_shape=pl.lit(None, pl.String))
    return ACCOUNTS.check(frame.select(list(ACCOUNTS.columns)).cast(ACCOUNTS.dtypes()))


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


def measure_batches(
    traffic: Traffic, rows: Codes, row_groups: Codes, groups: Codes, accounts: Codes, main_target: Codes,
    windows_h: tuple[int, ...],
) -> GroupTest:  # fmt: skip
    """Test whether a group's accounts were created together.

    Parameters
    ----------
    rows, row_groups
        (m,) comments and their groups.
    groups, accounts
        (k,) distinct (group, account) pairs of these, sorted.
    main_target
        (n_groups,) the target that most comments of a group address.
    windows_h
        Lengths of the windows, hours.

    Returns
    -------
    GroupTest
        Most telling window: accounts created in it, expected number, p, length of the window in hours. The accounts
        of every telling window carry the sign.

    Notes
    -----
    Null: the accounts of a group are drawn from those behind the other comments of the dump, or at the group's main
    target if these are more bunched; the busy are drawn more often than the quiet. For a window that begins at an
    account, the others in it are binomial; the smallest p is multiplied by the windows tried (Bonferroni), which is
    conservative. The window must also stand out from the group's own windows around it (negative binomial tail),
    or a group of newcomers would look like a batch in every week of its youth. A sign-up wave that the whole platform
    had is in the background too and does not count, nor does one that brought at least as many accounts to the main
    target which copy nothing: a school class, or a community that has moved, has a few words in common.
    """
    n_groups = len(main_target)
    dated = Dated.of(traffic, groups, accounts)
    sizes = np.bincount(dated.groups, minlength=n_groups)
    everywhere = Backdrop(traffic, rows, row_groups, np.zeros(n_groups, dtype=np.int64))
    there = Backdrop(traffic, rows, row_groups, main_target + 1)
    others = _created_apart(traffic, rows)
    best = np.full((4, n_groups), np.nan)
    best[2, sizes >= _BATCH_ACCOUNTS_MIN] = 1.0
    signed = np.zeros(len(dated.keys), dtype=np.bool_)
    for window in windows_h:
        count, share, p = weigh_windows(dated, sizes, window, len(windows_h), everywhere, there)
        beside = main_target[dated.groups] * _HOURS + dated.created
        n_others = _between(others, beside, window)
        is_shared = (n_others >= count) & (_stands_out(others, beside, n_others, window) <= IN_BATCH_P_MAX)
        p[is_shared] = 1.0
        # The first entry of a group with its smallest p.
        first = np.lexsort((-count, p, dated.groups))
        lead = first[np.searchsorted(dated.groups[first], np.flatnonzero(sizes))]
        at = dated.groups[lead]
        lead = lead[((p[lead] < best[2, at]) | np.isnan(best[0, at])) & (sizes[at] >= _BATCH_ACCOUNTS_MIN)]
        at = dated.groups[lead]
        best[:, at] = count[lead], share[lead] * sizes[at], p[lead], np.full(len(lead), window)
        signed |= _covered(p <= IN_BATCH_P_MAX, count)
    return GroupTest.of(best, dated.groups[signed], dated.accounts[signed])


@dataclass(frozen=True)
class Dated:
    """The accounts of groups whose creation date is known, (k,), ordered by group and date: `keys` hold both."""

    keys: Codes
    groups: Codes
    accounts: Codes
    created: Codes

    @classmethod
    def of(cls, traffic: Traffic, groups: Codes, accounts: Codes) -> "Dated":
        """Order the dated accounts of (group, account) pairs."""
        dated = traffic.has_created[accounts]
        groups, accounts = groups[dated], accounts[dated]
        keys = groups * _HOURS + traffic.created[accounts]
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], groups[order], accounts[order], traffic.created[accounts[order]])


def weigh_windows(
    dated: Dated, sizes: Codes, window: int, n_windows: int, everywhere: "Backdrop", there: "Backdrop"
) -> tuple[Codes, Floats, Floats]:
    """Test the window that begins at each dated account: accounts in it, share of the background in it, and p."""
    count = np.searchsorted(dated.keys, dated.keys + window) - np.arange(len(dated.keys))
    share = np.maximum(
        everywhere.share(dated.groups, dated.created, window), there.share(dated.groups, dated.created, window)
    )
    tried = sizes[dated.groups] * n_windows
    p = np.minimum(binomial_tail(count - 1, sizes[dated.groups] - 1, share) * tried, 1.0)
    p = np.maximum(p, np.minimum(_stands_out(dated.keys, dated.keys, count - 1, window) * tried, 1.0))
    p[count < _BATCH_ACCOUNTS_MIN] = 1.0
    return count, share, p


def _created_apart(traffic: Traffic, rows: Codes) -> Codes:
    """Return target and hour of creation of the accounts that comment there and stand in none of `rows`, sorted."""
    apart = traffic.has_created.copy()
    apart[traffic.account[rows][traffic.account[rows] != UNKNOWN]] = False
    theirs = np.flatnonzero(traffic.account != UNKNOWN)
    theirs = theirs[apart[traffic.account[theirs]]]
    n_accounts = max(len(traffic.accounts), 1)
    pairs = np.unique(traffic.target[theirs] * n_accounts + traffic.account[theirs])
    return np.sort(pairs // n_accounts * _HOURS + traffic.created[pairs % n_accounts])


def _stands_out(keys: Codes, start: Codes, count: Codes, window: int) -> Floats:
    """Return the chance of so many in the windows that begin at `start`, given the windows beside each.

    On each side the largest of four is left out, for it may be another batch; the busier side counts. The other three
    tell the usual number with its error: Gamma (their sum + 1/2, 3), so that the count is negative binomial.
    """
    sides = [
        np.sort([_between(keys, start + step * window, window) for step in steps], axis=0)[:3].sum(axis=0)
        for steps in ((-4, -3, -2, -1), (1, 2, 3, 4))
    ]
    tail: Floats = np.where(count > 0, betainc(np.maximum(count, 1), np.maximum(*sides) + 0.5, 0.25), 1.0)
    return tail


class Backdrop:
    """Creation dates behind the comments that a group's are compared with: all, or those at one target.

    `place` (n_groups,) is 0 for all comments, or a target's number plus one.
    """

    def __init__(self, traffic: Traffic, rows: Codes, row_groups: Codes, place: Codes) -> None:
        self.place = place
        known = np.flatnonzero(traffic.account != UNKNOWN)
        known = known[traffic.has_created[traffic.account[known]]]
        created = traffic.created[traffic.account[known]]
        anywhere = not place.any()
        where = np.zeros(len(known), dtype=np.int64) if anywhere else traffic.target[known] + 1
        self.keys = np.sort(where * _HOURS + created)
        mine = traffic.account[rows] != UNKNOWN
        mine[mine] = traffic.has_created[traffic.account[rows[mine]]]
        if not anywhere:
            mine &= traffic.target[rows] + 1 == place[row_groups]
        self.own = np.sort(row_groups[mine] * _HOURS + traffic.created[traffic.account[rows[mine]]])

    def share(self, groups: Codes, start: Codes, window: int) -> Floats:
        """Return the share of the other comments whose authors were created in each window, one comment added."""
        inside = _between(self.keys, self.place[groups] * _HOURS + start, window)
        inside = inside - _between(self.own, groups * _HOURS + start, window)
        total = _between(self.keys, self.place[groups] * _HOURS, _HOURS) - _between(self.own, groups * _HOURS, _HOURS)
        share: Floats = (inside + 1) / (total + 1)
        return share

    def share_between(self, start: Codes, end: Codes) -> Floats:
        """Return the share of the other comments of group 0 whose authors were created from `start` up to `end`."""
        inside = np.searchsorted(self.keys, end) - np.searchsorted(self.keys, start)
        inside = inside - (np.searchsorted(self.own, end) - np.searchsorted(self.own, start))
        share: Floats = (inside + 1) / (len(self.keys) - len(self.own) + 1)
        return share


def _between(keys: Codes, start: Codes, length: int) -> Codes:
    """Count the sorted keys from each start up to `length` further."""
    n: Codes = np.searchsorted(keys, start + length) - np.searchsorted(keys, start)
    return n


def _covered(telling: npt.NDArray[np.bool_], count: Codes) -> npt.NDArray[np.bool_]:
    """Mark the accounts that lie in any telling window; a window covers its start and the next `count - 1`."""
    steps = np.zeros(len(count) + 1, dtype=np.int64)
    starts = np.flatnonzero(telling)
    np.add.at(steps, starts, 1)
    np.add.at(steps, starts + count[starts], -1)
    return np.cumsum(steps[:-1]) > 0


def measure_names(accounts: pl.DataFrame, groups: Codes, members: Codes, n_groups: int) -> GroupTest:
    """Test whether accounts of a group carry the same display name more often than others here do (a weak sign).

    Notes
    -----
    Observed: accounts beyond the first with each name. Expected: pairs of members times the chance that a pair of
    others share that name, (m + 1/2) / (N + 1) for a name that m of the N other accounts carry. Poisson tail.
    """
    names = accounts["author_name"].str.strip_chars().str.to_lowercase()
    table = (
        pl.DataFrame({"group": groups, "account": members, "name": names.gather(members)})
        .filter(pl.col("name").str.len_chars() >= 2)
        .with_columns(n_all=pl.col("name").replace_strict(*_counted(names), default=1, return_dtype=pl.Int64))
        .with_columns(n_here=pl.len().over("group", "name"), size=pl.len().over("group"))
    )
    n_named = int((names.str.len_chars() >= 2).sum())
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


def _counted(names: pl.Series) -> tuple[pl.Series, pl.Series]:
    counts = names.drop_nulls().value_counts()
    return counts[:, 0], counts[:, 1]


def measure_handles(accounts: pl.DataFrame, groups: Codes, members: Codes, n_groups: int) -> GroupTest:
    """Test whether one handle pattern is commoner in a group than among the others here (a weak sign).

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
    return most_enriched(shape, groups, members, n_groups, len(HANDLE_SHAPES))


def measure_youth(accounts: pl.DataFrame, groups: Codes, members: Codes, n_groups: int) -> GroupTest:
    """Test whether accounts under 90 days are commoner in a group than among the others here (a weak sign)."""
    young = (accounts["age_at_first_comment_days"] >= _YOUNG_DAYS).cast(pl.Int64)
    return most_enriched(young.fill_null(UNKNOWN).to_numpy(), groups, members, n_groups, 1)


def most_enriched(classes: Codes, groups: Codes, members: Codes, n_groups: int, n_classes: int) -> GroupTest:
    """Compare the share of each class below `n_classes` in a group with its share in the accounts outside."""
    known = classes[members] != UNKNOWN
    groups, members = groups[known], members[known]
    sizes = np.bincount(groups, minlength=n_groups)
    n_known = int((classes != UNKNOWN).sum())
    out = np.full((4, n_groups), np.nan)
    for index in range(n_classes):
        here = np.bincount(groups[classes[members] == index], minlength=n_groups)
        share = (int((classes == index).sum()) - here + 1) / (n_known - sizes + 1)
        p = np.minimum(binomial_tail(here, sizes, np.minimum(share, 1.0)) * n_classes, 1.0)
        better = (sizes >= 3) & (np.isnan(out[2]) | (p < out[2]))
        out[:, better] = here[better], (share * sizes)[better], p[better], np.full(int(better.sum()), index)
    return GroupTest.of(out)
