"""Twins of the evidence wing: counts and expectations by loops over comments as dicts."""

import itertools
from collections import Counter, defaultdict

from scipy import stats

HOUR = 3_600_000_000
DAY = 24 * HOUR
SITTING = 600_000_000


def benjamini_hochberg(p, n_tests=None):
    """Return for each p the least level at which the step-up rule rejects it."""
    m = max(n_tests or 0, len(p))
    return [min(min(m * other / sum(x <= other for x in p) for other in p if other >= own), 1.0) for own in p]


def stratum(comment, period_days=7):
    """Comments are exchangeable at one target in one week; where no target is given, on one day."""
    time, days = comment["time"], 1 if comment["target"] is None else period_days
    return comment["target"], None if time is None else time // (days * DAY)


def first_copies(comments):
    """Keep the first comment of each account in each cluster; every comment of an unknown author stands alone."""
    seen, kept = set(), []
    for comment in sorted(comments, key=lambda c: c["row"]):
        key = comment["cluster"], comment["account"]
        if comment["cluster"] is None or (comment["account"] is not None and key in seen):
            continue
        seen.add(key)
        kept.append(comment)
    return kept


def visits_and_rates(comments, copies):
    """Count comments by (account, stratum), and give the share of each cluster's copies in a stratum's comments."""
    known = [c for c in comments if c["account"] is not None]
    visits = Counter((c["account"], stratum(c)) for c in known)
    total = Counter(stratum(c) for c in known)
    n_copies = Counter((stratum(c), c["cluster"]) for c in copies)
    rates = {(place, cluster): n / total[place] for (place, cluster), n in n_copies.items()}
    return visits, rates


def company(comments):
    """Return for pairs of clusters that share accounts on separate occasions: how many, and how many by chance."""
    copies = [copy for copy in first_copies(comments) if copy["account"] is not None]
    holds = defaultdict(dict)
    for copy in copies:
        holds[copy["account"]][copy["cluster"]] = copy["time"]
    observed = Counter()
    for times in holds.values():
        for c, d in itertools.combinations(sorted(times), 2):
            if times[c] is None or times[d] is None or abs(times[c] - times[d]) > SITTING:
                observed[c, d] += 1
    visits, rates = visits_and_rates(comments, copies)
    by_account = defaultdict(dict)
    for (account, place), n in visits.items():
        by_account[account][place] = n
    expected = {}
    for c, d in observed:
        expected[c, d] = sum(
            n_s * (n_t - (s == t)) * rates.get((s, c), 0) * rates.get((t, d), 0)
            for places in by_account.values()
            for (s, n_s), (t, n_t) in itertools.product(places.items(), repeat=2)
        )
    return observed, expected


def one_a_sitting(copies):
    """Keep of the copies that an account posts in the same ten minutes that of the first cluster."""
    kept = {}
    for copy in sorted(copies, key=lambda c: c["cluster"]):
        sitting = copy["row"] if copy["time"] is None else ("timed", copy["time"] // SITTING)
        kept.setdefault((copy["account"], sitting), copy)
    return list(kept.values())


def shared_texts(comments, shared_min=3):
    """Return for each pair of accounts that hold as many clusters in common: how many, and how many by chance."""
    copies = one_a_sitting(copy for copy in first_copies(comments) if copy["account"] is not None)
    holds = defaultdict(set)
    for copy in copies:
        holds[copy["account"]].add(copy["cluster"])
    visits, rates = visits_and_rates(comments, copies)
    reach = defaultdict(float)
    for (account, place), n in visits.items():
        for cluster in {cluster for _, cluster in rates}:
            reach[account, cluster] += n * rates.get((place, cluster), 0)
    observed, expected = {}, {}
    for a, b in itertools.combinations(sorted(holds), 2):
        if len(holds[a] & holds[b]) >= shared_min:
            observed[a, b] = len(holds[a] & holds[b])
            expected[a, b] = sum(reach[a, c] * reach[b, c] for c in {cluster for _, cluster in rates})
    return observed, expected


def close_neighbours(times, window_s):
    """Count the copies that follow another within a window."""
    times = sorted(times)
    return sum(later - earlier <= window_s * 1_000_000 for earlier, later in itertools.pairwise(times))


def creation_batch(comments, members, main_target, windows_h=(48, 168)):
    """Return observed, expected and p of the most telling window of account creation of a group of comments."""
    own = {c["row"] for c in members}
    dated = [c for c in comments if c["account"] is not None and c["created"] is not None]
    created = sorted({c["account"]: c["created"] // HOUR for c in dated if c["row"] in own}.values())
    if len(created) < 4:
        return None
    others = [c for c in dated if c["row"] not in own]
    best = (None, None, 1.0)
    for window in windows_h:
        for i, start in enumerate(created):
            count = sum(start <= hour < start + window for hour in created[i:])
            shares = []
            for backdrop in (others, [c for c in others if c["target"] == main_target]):
                inside = sum(start <= c["created"] // HOUR < start + window for c in backdrop)
                shares.append((inside + 1) / (len(backdrop) + 1))
            tried = len(created) * len(windows_h)
            p = min(stats.binom.sf(count - 2, len(created) - 1, max(shares)) * tried, 1.0)
            # The window must stand out from the four before it and the four after it, too.
            around = [sum(start + k * window <= hour < start + (k + 1) * window for hour in created)
                      for k in range(-4, 5) if k]  # fmt: skip
            beside = max(sum(sorted(around[:4])[:3]), sum(sorted(around[4:])[:3]))
            p = max(p, min(stats.nbinom.sf(count - 2, beside + 0.5, 0.75) * tried, 1.0))
            if count >= 4 and p < best[2]:
                best = (count, max(shares) * len(created), p)
    return best


def batch_in_reach(comments, members, main_target, n_windows=2, p_max=0.01):
    """Tell whether a group would be found, had all its accounts been created in one hour and none of the others."""
    own = {c["row"] for c in members}
    dated = [c for c in comments if c["account"] is not None and c["created"] is not None]
    n = len({c["account"] for c in dated if c["row"] in own})
    others = [c for c in dated if c["row"] not in own]
    fewest = min(len(others), sum(c["target"] == main_target for c in others))
    p = max(stats.binom.sf(n - 2, n - 1, 1 / (fewest + 1)), stats.nbinom.sf(n - 2, 0.5, 0.75))
    return n >= 4 and p * n * n_windows <= p_max


def same_names(names, members):
    """Return how many members carry a name that another has already, and how many would by chance.

    `names`: account -> name or None; `members`: accounts of the group.
    """

    def plain(account):
        name = (names[account] or "").strip().lower()
        return name if len(name) >= 2 else None

    named = [account for account in members if plain(account)]
    everyone = Counter(plain(account) for account in names if plain(account))
    here = Counter(plain(account) for account in named)
    pairs_of_one = (len(named) - 1) / 2
    outside = sum(everyone.values()) - len(named)
    expected = sum(pairs_of_one * (everyone[plain(a)] - here[plain(a)] + 0.5) / (outside + 1) for a in named)
    return len(named) - len(here), expected


def bursts(times, everything, bin_us=HOUR, dispersion=0.5):
    """Return (first bin, last bin, observed) of the runs of surprising bins of one subject.

    `times` are those of the subject, `everything` those of the whole dump.
    """
    hours = [time // HOUR for time in everything]
    profile = [1.0] * 168
    for hour in hours:
        profile[hour % 168] += 1
    if max(hours) - min(hours) < 3 * 168:
        daily = [sum(profile[day * 24 + hour] for day in range(7)) for hour in range(24)]
        profile = daily * 7
    mean = sum(profile) / 168
    n_bins = max(max(t // bin_us for t in everything) - min(t // bin_us for t in everything), 1)
    counts = Counter(time // bin_us for time in times)
    hot = []
    for at, observed in sorted(counts.items()):
        expected = (len(times) - observed + 0.5) / n_bins * profile[at * bin_us // HOUR % 168] / mean
        p = stats.nbinom.sf(observed - 1, 1 / dispersion, 1 / (1 + dispersion * expected))
        if observed >= 10 and p <= 2.0**-20:
            hot.append((at, observed))
    runs = []
    for at, observed in hot:
        if runs and runs[-1][1] == at - 1:
            runs[-1] = (runs[-1][0], at, runs[-1][2] + observed)
        else:
            runs.append((at, at, observed))
    return runs
