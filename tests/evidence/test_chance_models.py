"""Synchrony, company and links against loop twins, planted truth and pure chance."""

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from twins import chance

from detector.config import EvidenceConfig
from detector.evidence.network import find_circles, measure_company, pair_accounts, tabulate_links
from detector.evidence.synchrony import measure_synchrony
from detector.evidence.traffic import UNKNOWN, observe_traffic

CONFIG = EvidenceConfig()
START = datetime(2024, 3, 4, tzinfo=UTC)  # the first instant of a period of seven days is 29 February
MINUTE, HOUR, DAY = 1, 60, 1_440


class Dump:
    """Comments under construction: who, where, minutes after the start, and which text (None: its own)."""

    def __init__(self, seed=0):
        self.dice = random.Random(seed)
        self.records = []
        self.cluster = {}

    def add(self, account, target, minutes, cluster=None, **fields):
        key = f"{len(self.records):06d}"
        record = {
            "id": key,
            "platform": "x",
            "text": f"comment {key}",
            "author_id": account,
            "target": target,
            **fields,
        }
        if minutes is not None:
            record["created_at"] = (START + timedelta(minutes=minutes)).isoformat()
        self.records.append(record)
        self.cluster[key] = cluster
        return self

    def crowd(self, n, targets, span, accounts=None):
        """Add ordinary comments at random moments."""
        for i in range(n):
            account = f"n{i}" if accounts is None else f"n{self.dice.randrange(accounts)}"
            self.add(account, self.dice.choice(targets), self.dice.uniform(0, span))
        return self

    def build(self, comments_of):
        """Return the traffic, the first copies and their clusters as the evidence wing takes them, and dicts."""
        comments = comments_of(self.records)
        rows = comments.select(
            "row", "account", "target", time=pl.col("created_at").dt.timestamp("us"),
            created=pl.col("author_created_at").dt.timestamp("us"), cluster=pl.col("id").replace_strict(self.cluster),
        ).to_dicts()  # fmt: skip
        first = chance.first_copies(rows)
        first.sort(key=lambda c: (c["cluster"], c["row"]))
        n_clusters = max([c["cluster"] for c in first], default=-1) + 1
        return Built(
            comments,
            observe_traffic(comments, CONFIG),
            np.array([c["row"] for c in first], dtype=np.int64),
            np.array([c["cluster"] for c in first], dtype=np.int64),
            n_clusters,
            rows,
        )


class Built:
    def __init__(self, comments, traffic, rows, clusters, n, dicts):
        self.comments, self.traffic, self.rows, self.clusters, self.n, self.dicts = (
            comments, traffic, rows, clusters, n, dicts
        )  # fmt: skip

    @property
    def args(self):
        return self.traffic, self.rows, self.clusters, self.n

    def synchrony(self, config=CONFIG):
        """Measure synchrony; each cluster is named by its number, whatever others there are."""
        keys = [random.Random(cluster).getrandbits(64) for cluster in range(self.n)]
        return measure_synchrony(self.traffic, self.rows, self.clusters, np.array(keys, dtype=np.uint64), config)


def by_chance(seed, n_comments=400, n_accounts=40, n_clusters=8, n_targets=3, share_copies=0.4, span=12 * DAY):
    """Write a dump in which nobody coordinates, with unknown authors and times here and there."""
    dump = Dump(seed)
    dice = dump.dice
    popular = [1 / (k + 1) for k in range(n_clusters)]
    for _ in range(n_comments):
        copies = dice.random() < share_copies
        dump.add(
            None if dice.random() < 0.05 else f"n{int(n_accounts * dice.random() ** 2)}",
            f"x:t{dice.randrange(n_targets)}" if dice.random() < 0.95 else None,
            dice.uniform(0, span) if dice.random() < 0.95 else None,
            dice.choices(range(n_clusters), popular)[0] if copies else None,
        )
    return dump


# --- traffic -------------------------------------------------------------------------------------------------------


def test_traffic_is_exchangeable_inside_a_target_and_a_period_only(comments_of):
    built = by_chance(1).build(comments_of)
    place = [chance.stratum(c) for c in built.dicts]
    same = built.traffic.stratum[:, None] == built.traffic.stratum[None, :]
    assert same.tolist() == [[a == b for b in place] for a in place]
    assert built.traffic.n_strata == len(set(place))


def test_where_no_target_is_given_a_period_is_a_day(comments_of):
    dump = Dump()
    for i, target in enumerate(["x:t", None] * 4):
        dump.add(f"n{i}", target, (i // 2) * DAY)
    traffic = dump.build(comments_of).traffic
    strata = {None: set(), "x:t": set()}
    for record, stratum in zip(sorted(dump.records, key=lambda r: (r["created_at"], r["id"])), traffic.stratum,
                               strict=True):  # fmt: skip
        strata[record["target"]].add(int(stratum))
    assert len(strata[None]) == 4
    assert len(strata["x:t"]) == len({(START + timedelta(days=k)).timestamp() // (7 * 86_400) for k in range(4)})
    assert not strata[None] & strata["x:t"]


@pytest.mark.parametrize(("days", "live"), [(1, True), (3, False)])
def test_a_stream_without_targets_is_a_live_chat_if_it_is_all_of_one_day(comments_of, days, live):
    dump = Dump()
    for i in range(days * 400):
        dump.add(f"n{i}", None, i // 400 * DAY + i % 400 * 2 / 60)
    dump.crowd(300, ["x:other"], 5 * DAY)
    traffic = dump.build(comments_of).traffic
    aimless = traffic.target == len(traffic.targets)
    assert aimless.sum() == days * 400
    assert traffic.is_live[aimless].all() == traffic.is_live[aimless].any() == live
    assert not traffic.is_live[~aimless].any()


def test_a_stream_without_targets_is_a_live_chat_across_midnight_too(comments_of):
    dump = Dump()
    for i in range(500):
        dump.add(f"n{i}", None, DAY + (i - 250) * 2 / 60)
    assert dump.build(comments_of).traffic.is_live.all()


def test_unknown_authors_are_never_one_account(comments_of):
    dump = Dump()
    for i in range(6):
        dump.add(None, "x:t", i, cluster=0)
    built = dump.build(comments_of)
    assert (built.traffic.account == UNKNOWN).all()
    assert len(built.traffic.accounts) == 0
    assert len(built.rows) == 6


@pytest.mark.parametrize(("gap_s", "n", "live"), [(2, 400, True), (2, 200, False), (20, 400, False)])
def test_a_thread_of_comments_within_seconds_is_a_live_chat(comments_of, gap_s, n, live):
    dump = Dump()
    for i in range(n):
        dump.add(f"n{i}", "youtube:show", i * gap_s / 60)
    dump.crowd(300, ["x:other"], 5 * DAY)
    traffic = dump.build(comments_of).traffic
    at_show = traffic.target == traffic.targets.to_list().index("youtube:show")
    assert traffic.is_live[at_show].tolist() == [live] * n
    assert not traffic.is_live[~at_show].any()


# --- synchrony -----------------------------------------------------------------------------------------------------


def test_synchrony_observes_the_pairs_of_neighbours_that_a_loop_counts(comments_of):
    built = by_chance(2, n_comments=800).build(comments_of)
    observed, expected, p, window = built.synchrony()
    copies = chance.first_copies(built.dicts)
    assert np.isfinite(p).sum() >= 5
    for cluster in np.flatnonzero(np.isfinite(p)):
        times = [c["time"] for c in copies if c["cluster"] == cluster and c["time"] is not None]
        assert observed[cluster] == chance.close_neighbours(times, window[cluster])
        assert 0 <= expected[cluster] < len(times)


def test_synchrony_expects_what_shuffling_the_moments_of_a_thread_gives(comments_of):
    dump = Dump(5)
    for i in range(400):
        dump.add(f"n{i}", "x:t", dump.dice.uniform(0, 2 * DAY), cluster=0 if i < 12 else None)
    built = dump.build(comments_of)
    observed, expected, _, window = (values[0] for values in built.synchrony())
    moments = [c["time"] for c in built.dicts]
    draws = [chance.close_neighbours(dump.dice.choices(moments, k=12), window) for _ in range(2_000)]
    assert observed >= 0
    assert expected == pytest.approx(np.mean(draws), abs=5 * np.std(draws) / np.sqrt(99))


def test_synchrony_is_rarely_found_where_moments_are_drawn_by_chance(comments_of):
    """The share of p values up to 0.05 keeps to 0.05, within three standard errors, in threads with a daily rhythm."""
    n_clusters = 400
    dump = Dump(6)
    dice = dump.dice
    for cluster in range(n_clusters):
        for k in range(dice.randint(3, 9)):
            minutes = dice.randrange(4) * DAY + dice.gauss(18 * HOUR, 3 * HOUR)
            dump.add(f"n{cluster}-{k}", f"x:t{dice.randrange(4)}", minutes, cluster)
    p = dump.build(comments_of).synchrony()[2]
    assert np.isfinite(p).all()
    for level in (0.05, 0.2):
        assert (p <= level).mean() <= level + 3 * np.sqrt(level * (1 - level) / n_clusters)


@pytest.mark.parametrize("seconds", [30, 400, 3_000])
def test_a_wave_in_an_ordinary_thread_is_synchronous_whatever_its_width(comments_of, seconds):
    dump = Dump(7).crowd(1_500, ["x:t"], 6 * DAY)
    start = dump.dice.uniform(DAY, 5 * DAY)
    for k in range(15):
        dump.add(f"w{k}", "x:t", start + dump.dice.uniform(0, seconds / 60), cluster=0)
    for k in range(15):
        dump.add(f"o{k}", "x:t", dump.dice.uniform(0, 6 * DAY), cluster=1)
    observed, expected, p, window = dump.build(comments_of).synchrony()
    assert p[0] <= 0.002
    assert observed[0] >= max(3, 10 * expected[0])
    assert window[0] <= max(10 * seconds, 60)
    assert p[1] > 0.01


@pytest.mark.parametrize("seed", range(4))
def test_the_tail_beyond_the_permutations_is_that_of_many_more(comments_of, seed):
    dump = Dump(seed).crowd(400, ["x:t"], 6 * DAY)
    for k in range(8):  # some come in one hour, the others whenever
        moment = 2 * DAY + dump.dice.uniform(0, 90) if k < 5 else dump.dice.uniform(0, 6 * DAY)
        dump.add(f"w{k}", "x:t", moment, cluster=0)
    built = dump.build(comments_of)
    few = built.synchrony(replace(CONFIG, n_permutations=199))[2][0]
    many = built.synchrony(replace(CONFIG, n_permutations=10_000))[2][0]
    assert many / 12 <= few <= max(12 * many, 1 / 100)


def beside(comments_of, n_unrelated, periods, size=15, config=CONFIG):
    """Measure a slow cluster and a wave at two targets, with comments elsewhere that come between theirs."""
    dump = Dump(7).crowd(1_500, ["x:t", "x:s"], periods * 7 * DAY)
    dice = random.Random(70)
    for cluster in range(4):
        for k in range(size):
            target = "x:t" if periods == 0.4 else dice.choice(["x:t", "x:s"])
            span = 200 if cluster == 0 else periods * 6 * DAY
            dump.add(f"w{cluster}-{k}", target, dice.uniform(0, span), cluster)
    for k in range(n_unrelated):
        dump.add(f"u{k}", dice.choice(["x:far", "x:z", None]), dice.uniform(0, 12 * DAY))
    dump.records.sort(key=lambda record: record["created_at"])
    return dump.build(comments_of).synchrony(config)


@pytest.mark.parametrize(
    ("periods", "config"),
    [
        (0.4, CONFIG),
        (2, CONFIG),
        (0.4, EvidenceConfig(max_permuted_comments=10)),
    ],
    ids=["one stratum", "several strata", "a sample of the copies"],
)
def test_synchrony_does_not_depend_on_comments_elsewhere(comments_of, periods, config):
    alone, more = (beside(comments_of, n, periods, config=config) for n in (0, 137))
    assert np.isfinite(alone[2]).all()
    assert np.array_equal(alone, more)


def test_synchrony_does_not_depend_on_the_other_clusters(comments_of):
    dump = by_chance(28, n_comments=800)
    alone = dump.build(comments_of).synchrony()
    for cluster in (1, 2, 5):
        fewer = Dump()
        fewer.records = dump.records
        fewer.cluster = {key: c if c in (0, cluster) else None for key, c in dump.cluster.items()}
        shown = np.array(fewer.build(comments_of).synchrony())
        assert np.array_equal(shown[:, [0, cluster]], np.array(alone)[:, [0, cluster]])


def test_of_windows_that_tell_equally_much_the_one_with_most_pairs_beyond_chance_is_shown(comments_of):
    dump = Dump(29).crowd(1_500, ["x:t"], 6 * DAY)
    for k in range(12):  # three follow within a minute, all within ten, and within an hour no more
        dump.add(f"w{k}", "x:t", 2 * DAY + (k * 4 - 8 if k > 3 else k / 5), cluster=0)
    observed, expected, p, window = (values[0] for values in dump.build(comments_of).synchrony())
    assert p <= 1 / (CONFIG.n_permutations + 1)
    times = [c["time"] for c in dump.build(comments_of).dicts if c["cluster"] == 0]
    assert chance.close_neighbours(times, 60) == 3
    assert (observed, window) == (11, 600)
    assert expected < 2


def test_copies_that_are_all_of_a_thread_are_not_synchronous(comments_of):
    dump = Dump(8).crowd(300, ["x:other"], 6 * DAY)
    for k in range(40):
        dump.add(f"w{k}", "x:t", DAY + dump.dice.uniform(0, 5), cluster=0)
    assert dump.build(comments_of).synchrony()[2][0] > 0.05


def test_synchrony_is_not_testable_with_fewer_than_three_timed_copies(comments_of):
    dump = Dump(9).crowd(200, ["x:t"], 6 * DAY)
    for k in range(2):
        dump.add(f"w{k}", "x:t", 100, cluster=0)
    for k in range(5):
        dump.add(f"u{k}", "x:t", 100 if k < 2 else None, cluster=1)
    assert np.isnan(dump.build(comments_of).synchrony()).all()


def test_synchrony_is_not_testable_with_times_to_the_month(comments_of):
    dump = Dump(10)
    for k in range(30):
        dump.add(f"w{k}", "x:t", None, cluster=k % 2, created_at=f"2024-{1 + k % 6:02d}")
    built = dump.build(comments_of)
    assert built.traffic.has_time.all()
    assert np.isnan(built.synchrony()).all()


def test_times_to_the_day_are_compared_at_windows_of_days_only(comments_of):
    dump = Dump(11)
    for k in range(300):
        dump.add(f"w{k}", "x:t", None, cluster=0 if k < 20 else None, created_at=f"2024-03-{4 + k % 5:02d}")
    _, _, p, window = dump.build(comments_of).synchrony()
    assert window[0] == 86_400
    assert p[0] > 0.01


def test_a_live_chat_has_neither_synchrony_nor_company(comments_of):
    dump = Dump(12)
    for i in range(900):
        chant = i % 10 if i % 10 < 2 else None
        dump.add(f"fan{i % 10}-{i // 10 % 8}" if chant is not None else f"n{i}", "youtube:show", i * 2 / 60, chant)
    dump.crowd(300, ["x:other"], 5 * DAY)
    built = dump.build(comments_of)
    assert np.isnan(built.synchrony()[2]).all()
    assert len(measure_company(*built.args).left) == 0
    assert len(pair_accounts(*built.args, 0.01).a) == 0


# --- company and links ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_company_equals_what_loops_count_and_expect(comments_of, seed):
    built = by_chance(seed).build(comments_of)
    found = measure_company(*built.args)
    observed, expected = chance.company(built.dicts)
    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert dict(zip(pairs, found.observed.tolist(), strict=True)) == observed
    assert len(pairs) > 10
    assert found.expected.tolist() == pytest.approx([expected[pair] for pair in pairs])
    assert found.q.tolist() == pytest.approx(chance.benjamini_hochberg(found.p.tolist(), built.n * (built.n - 1) // 2))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_links_equal_what_loops_count_and_expect(comments_of, seed):
    built = by_chance(seed, share_copies=0.8).build(comments_of)
    found = pair_accounts(*built.args, 1.0)
    observed, expected = chance.shared_texts(built.dicts)
    names = built.traffic.accounts
    pairs = [(names[a], names[b]) for a, b in zip(found.a.tolist(), found.b.tolist(), strict=True)]
    assert dict(zip(pairs, found.observed.tolist(), strict=True)) == observed
    assert len(pairs) > 30
    assert found.expected.tolist() == pytest.approx([expected[pair] for pair in pairs])
    m = len(names) * (len(names) - 1) // 2
    assert found.q.tolist() == pytest.approx(chance.benjamini_hochberg(found.p.tolist(), m))


@pytest.mark.parametrize("seed", range(5))
def test_no_company_and_no_link_is_found_where_accounts_choose_by_chance(comments_of, seed):
    built = by_chance(100 + seed, n_comments=1_500, n_accounts=150, n_clusters=40, share_copies=0.5).build(comments_of)
    company = measure_company(*built.args)
    assert len(company.left) > 200
    assert (company.q <= 0.01).sum() == 0
    assert len(pair_accounts(*built.args, 0.01).a) == 0


def circle_of(dump, *, size=8, texts=5, apart=DAY, targets=("x:t0", "x:t1")):
    for text, k in itertools.product(range(texts), range(size)):
        dump.add(f"c{k}", dump.dice.choice(targets), 100 + text * apart + dump.dice.uniform(0, 5), text)
    return dump


def test_a_circle_that_meets_on_several_texts_is_found_and_nobody_else(comments_of):
    dump = circle_of(Dump(20).crowd(2_000, ["x:t0", "x:t1"], 6 * DAY))
    for text in range(5, 9):
        for k in range(8):
            dump.add(f"s{text}-{k}", "x:t0", dump.dice.uniform(0, 6 * DAY), text)
    built = dump.build(comments_of)
    company = measure_company(*built.args)
    met = {pair for pair, q in zip(zip(company.left, company.right, strict=True), company.q, strict=True) if q <= 0.01}
    assert met == set(itertools.combinations(range(5), 2))
    assert set(company.observed.tolist()) == {8}
    pairs = pair_accounts(*built.args, 0.01)
    linked = {built.traffic.accounts[int(a)] for a in {*pairs.a, *pairs.b}}
    assert linked == {f"x:c{k}" for k in range(8)}
    clusters, circles = find_circles(pairs, built.traffic, built.rows, built.clusters)
    assert set(clusters.tolist()) == set(range(5))
    assert len(set(circles.tolist())) == 1


def test_texts_posted_in_one_sitting_are_not_a_second_meeting(comments_of):
    built = circle_of(Dump(21).crowd(2_000, ["x:t0", "x:t1"], 6 * DAY), texts=2, apart=1).build(comments_of)
    assert len(measure_company(*built.args).left) == 0


def test_texts_posted_in_one_sitting_do_not_link_their_authors(comments_of):
    built = circle_of(Dump(22).crowd(2_000, ["x:t0", "x:t1"], 6 * DAY), texts=4, apart=1).build(comments_of)
    assert len(pair_accounts(*built.args, 0.01).a) == 0


def test_company_in_a_busy_thread_of_few_texts_is_expected(comments_of):
    """Where a few people write much at one target from a small stock of texts, they meet again by chance."""
    dump = Dump(23)
    for _ in range(600):
        dump.add(f"r{dump.dice.randrange(12)}", "x:t", dump.dice.uniform(0, 6 * DAY), dump.dice.randrange(10))
    assert (measure_company(*dump.build(comments_of).args).q <= 0.01).sum() == 0


def test_links_tell_the_median_gap_between_copies(comments_of):
    dump = Dump(24).crowd(2_000, ["x:t0", "x:t1"], 6 * DAY)
    for text in range(5):
        dump.add("a", "x:t0", 1_000 * text, text)
        dump.add("b", "x:t0", 1_000 * text + (1, 2, 3, 40, 500)[text], text)
    built = dump.build(comments_of)
    links = tabulate_links(pair_accounts(*built.args, 0.01), built.traffic, built.rows, built.clusters)
    assert links.select("account_a", "account_b", "n_shared_clusters", "median_gap_s").rows() == [
        ("x:a", "x:b", 5, 180.0)
    ]


def test_without_authors_there_is_no_company_and_without_times_no_synchrony(comments_of):
    nobody = Dump(25)
    for i in range(200):
        nobody.add(None, "x:t", i * 7, i % 4)
    built = nobody.build(comments_of)
    assert len(measure_company(*built.args).left) == 0
    assert len(pair_accounts(*built.args, 0.01).a) == 0
    timeless = Dump(26)
    for i in range(200):
        timeless.add(f"n{i}", "x:t", None, i % 4)
    assert np.isnan(timeless.build(comments_of).synchrony()).all()


def test_evidence_does_not_depend_on_the_order_of_records(comments_of):
    dump = circle_of(by_chance(27))
    first = dump.build(comments_of)
    dump.dice.shuffle(dump.records)
    second = dump.build(comments_of)
    assert np.array_equal(first.synchrony(), second.synchrony(), equal_nan=True)
    assert measure_company(*first.args).q.tolist() == measure_company(*second.args).q.tolist()
