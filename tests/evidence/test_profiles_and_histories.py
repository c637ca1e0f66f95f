"""Spread, dormancy, silence, duplicate profiles and serial numbers against loop twins and planted truth."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import stats
from twins import profiles as twin

from detector.config import EvidenceConfig
from detector.evidence.accounts import group_accounts
from detector.evidence.candidates import Judgeable
from detector.evidence.dormancy import SWITCHES, measure_dormancy, measure_silence
from detector.evidence.profiles import FIELDS, measure_profiles
from detector.evidence.serials import measure_serials
from detector.evidence.significance import bennett_tail
from detector.evidence.spread import measure_spread
from detector.evidence.traffic import observe_traffic
from detector.schema import MARKS, TEXTS

MONDAY = datetime(2024, 3, 4, tzinfo=UTC)
NOTHING = MARKS.empty(), TEXTS.empty()


class Dump:
    """Comments, each in one cluster of one group or in none."""

    def __init__(self, seed=0):
        self.dice = random.Random(seed)
        self.records, self.cluster = [], {}

    def add(self, account, days=0.0, target="x:t0", cluster=None, text=None, **fields):
        key = f"{len(self.records):06d}"
        moment = MONDAY + timedelta(days=days)
        self.records.append({"id": key, "platform": "x", "text": text or f"comment {key}", "author_id": account,
                             "target": target, "created_at": moment.isoformat(), **fields})  # fmt: skip
        self.cluster[key] = cluster
        return self

    def crowd(self, n_comments, n_targets=20, days=14):
        """Comments by others: the first targets draw far more of them than the last."""
        for i in range(n_comments):
            target = f"x:t{int(n_targets * self.dice.random() ** 3)}"
            self.add(f"n{i % (n_comments // 3 + 1)}", self.dice.uniform(0, days), target)
        return self

    def build(self, comments_of):
        comments = comments_of(self.records)
        cluster = comments["id"].replace_strict(self.cluster, return_dtype=pl.Int64)
        rows = comments["row"].filter(cluster.is_not_null()).to_numpy().astype(np.int64)
        return comments, observe_traffic(comments, EvidenceConfig()), rows, cluster.drop_nulls().to_numpy()


def as_dicts(comments):
    return comments.select(
        "row", "account", "target", "lang", time=pl.col("created_at").dt.timestamp("us")
    ).to_dicts()  # fmt: skip


# --- spread --------------------------------------------------------------------------------------------------------


def spread(built):
    """Measure the spread, each cluster a group of its own; returns the test."""
    _, traffic, rows, groups = built
    _, first = np.unique(np.stack([groups, traffic.account[rows]]), axis=1, return_index=True)
    first.sort()
    return measure_spread(traffic, rows, rows[first], groups, groups[first], int(groups.max()) + 1, 7)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_spread_is_measured_as_a_loop_does(comments_of, seed):
    dump = Dump(seed).crowd(300)
    for group in range(5):
        for k in range(dump.dice.randint(2, 15)):
            for _ in range(dump.dice.randint(1, 4)):
                target = dump.dice.choice([*(f"x:t{i}" for i in range(20)), "facebook:p", None])
                dump.add(f"g{group}-{k}", dump.dice.uniform(0, 14), target, group)
    built = dump.build(comments_of)
    found = spread(built)
    everything = as_dicts(built[0])
    for group in range(5):
        by_account = defaultdict(list)
        for row in built[2][built[3] == group]:
            by_account[everything[row]["account"]].append(everything[row])
        forms = [twin.reach(everything, [[copies[0] for copies in by_account.values()]]),
                 twin.reach(everything, by_account.values())]  # fmt: skip
        if forms == [None, None]:
            assert np.isnan(found.p[group])
            continue
        p = [2.0 if form is None else min(2 * form[2], 1.0) for form in forms]
        best = forms[int(p[1] < p[0])]
        assert found.detail[group] == int(p[1] < p[0])
        got = found.observed[group], found.expected[group], found.p[group]
        assert got == pytest.approx((*best[:2], min(p)))


def test_the_bound_holds_for_draws_without_replacement():
    dice = np.random.default_rng(5)
    counts = np.array([30, 12, 8, 5, 3, 2, 1, 1, 1, 1])
    balls = np.repeat(np.arange(len(counts)), counts)
    drawn = np.array([len(set(dice.permutation(balls)[:8])) for _ in range(20_000)])
    missed = stats.hypergeom.pmf(0, len(balls), counts, 8)
    mean, variance = (1 - missed).sum(), (missed * (1 - missed)).sum()
    assert drawn.mean() == pytest.approx(mean, abs=0.03)
    for k in range(1, 9):
        assert (drawn >= k).mean() <= bennett_tail(k, mean, variance) + 0.005


def test_copies_taken_to_every_target_are_spread_and_copies_that_go_where_all_go_are_not(comments_of):
    dump = Dump(6).crowd(1_500, n_targets=60, days=6)
    for k in range(50):
        dump.add(f"s{k}", dump.dice.uniform(0, 6), f"x:t{k}", 0)
        dump.add(f"o{k}", dump.dice.uniform(0, 6), f"x:t{int(60 * dump.dice.random() ** 3)}", 1)
    found = spread(dump.build(comments_of))
    assert found.observed[0] == 50
    assert found.expected[0] < 35
    # The bound is wide, being safe.
    assert found.p[0] < 0.005
    assert found.p[1] > 0.05
    assert len(found.accounts) == 0


def test_a_letter_to_each_member_by_as_many_people_as_the_traffic_is_not_spread_far(comments_of):
    """A form letter reaches everybody; so does as large a part of the ordinary traffic."""
    dump = Dump(7).crowd(2_000, n_targets=20, days=6)
    for k in range(600):
        dump.add(f"s{k}", dump.dice.uniform(0, 6), f"x:t{k % 20}", 0)
    found = spread(dump.build(comments_of))
    assert found.observed[0] < 1.25 * found.expected[0]


def test_spread_is_rarely_found_where_targets_are_drawn_by_chance(comments_of):
    dump = Dump(8).crowd(1_000)
    for group in range(150):
        for k in range(dump.dice.randint(4, 15)):
            dump.add(f"g{group}-{k}", dump.dice.uniform(0, 14), f"x:t{int(20 * dump.dice.random() ** 3)}", group)
    p = spread(dump.build(comments_of)).p
    assert np.isfinite(p).sum() > 100
    assert np.nanmean(p <= 0.05) <= 0.05


# --- dormancy ------------------------------------------------------------------------------------------------------


def dormancy(built):
    comments, traffic, rows, groups = built
    return measure_dormancy(comments, *NOTHING, traffic, rows, groups, int(groups.max()) + 1)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_dormancy_is_measured_as_a_loop_does(comments_of, seed):
    dump = Dump(seed)
    for i in range(160):
        group = i % 4 if i % 3 == 0 else None
        for _ in range(dump.dice.randint(0, 3)):
            day = dump.dice.choice([-2_000, -800, -500, -100])
            dump.add(f"a{i}", day, dump.dice.choice(["x:t0", "x:t1"]), lang=dump.dice.choice(["en", "fr", "pt"]))
        for k in range(dump.dice.randint(1, 3)):
            cluster = group if k == 0 else None
            days = dump.dice.choice([0, 5, 40])
            dump.add(f"a{i}", days, dump.dice.choice(["x:t0", "x:t2"]), cluster, lang=dump.dice.choice(["en", "fr"]))
    built = dump.build(comments_of)
    found = dormancy(built)
    everything = as_dicts(built[0])
    for group in range(4):
        members = set(built[2][built[3] == group].tolist())
        tests = []
        for switch in ("lang", "target"):
            back, size, share = twin.dormancy(everything, members, switch)
            assert size >= 4
            tests.append((min(2 * stats.binom.sf(back - 1, size, share), 1.0) if back else 1.0, back, share * size))
        best = min(tests, key=lambda test: test[0])
        got = found.p[group], found.observed[group], found.expected[group]
        assert got == pytest.approx(best)


def returning(seed, changed, others_changed):
    """Twelve accounts with a past come back with a text, among sixty that come back with words of their own."""
    dump = Dump(seed)
    for i in range(72):
        name, copies = (f"c{i}", 0) if i < 12 else (f"n{i}", None)
        other = changed if i < 12 else others_changed
        dump.add(name, -900 + dump.dice.uniform(0, 300), lang="id" if other else "en")
        dump.add(name, dump.dice.uniform(0, 3), lang="en", cluster=copies)
    return dump


def test_accounts_that_come_back_in_another_language_together_carry_the_sign(comments_of):
    built = returning(1, True, False).build(comments_of)
    found = dormancy(built)
    assert found.p[0] < 1e-6
    assert SWITCHES[int(found.detail[0])] == "language"
    assert {built[1].accounts[int(a)] for a in found.accounts} == {f"x:c{i}" for i in range(12)}


@pytest.mark.parametrize("others", [True, False])
def test_people_who_come_back_as_they_were_or_as_everybody_does_carry_none(comments_of, others):
    found = dormancy(returning(2, others, others).build(comments_of))
    assert found.p[0] > 0.1
    assert len(found.accounts) == 0


@pytest.mark.parametrize("others", [40, 0])
def test_people_who_come_back_to_a_minoritys_language_are_compared_with_its_other_speakers(comments_of, others):
    """Bilingual people who sign a letter in Chinese after years are no campaign because the English changed nothing."""
    dump = returning(6, False, False)
    for i in range(12 + others):
        dump.add(f"z{i}", -900 + dump.dice.uniform(0, 300), lang="en")
        dump.add(f"z{i}", dump.dice.uniform(0, 3), lang="zh", cluster=1 if i < 12 else None)
    found = dormancy(dump.build(comments_of))
    assert found.p[0] > 0.1
    assert found.p[1] > 0.1 if others else np.isnan(found.p[1])


def test_a_dump_of_a_year_and_too_few_histories_are_not_testable(comments_of):
    short = returning(3, True, False)
    short.records = [{**r, "created_at": r["created_at"].replace("2021", "2024").replace("2022", "2024")}
                     for r in short.records]  # fmt: skip
    assert np.isnan(dormancy(short.build(comments_of)).p[0])
    few = Dump(4)
    for i in range(20):
        for day in (-900, 0) if i < 3 else (0,):
            few.add(f"c{i}", day, lang="en", cluster=0 if day == 0 else None)
    assert np.isnan(dormancy(few.build(comments_of)).p[0])


def test_old_accounts_without_posts_are_counted_where_the_dump_tells_them(comments_of):
    dump = Dump(5)
    for i in range(200):
        dump.add(f"n{i}", author_posts=5 if i < 20 else 500, author_created_at="2015-01-01")
    for k in range(10):
        dump.add(f"c{k}", cluster=0, author_posts=3, author_created_at="2015-01-01" if k < 8 else "2024-01-01")
    dump.add("unknown", cluster=0, author_created_at="2015-01-01")
    comments, traffic, rows, groups = dump.build(comments_of)
    found = measure_silence(comments, traffic, rows, groups, 1)
    assert (found.observed[0], found.expected[0]) == pytest.approx((8, 10 * 21 / 201))
    # As rare as among all others, and as among those at the same places, whichever is less rare.
    assert stats.binom.sf(7, 10, 21 / 201) <= found.p[0] < 1e-5
    assert len(found.accounts) == 0


# --- duplicate profiles ---------------------------------------------------------------------------------------------


def duplicates(built):
    comments, traffic, rows, groups = built
    return measure_profiles(comments, traffic, *group_accounts(traffic, rows, groups), int(groups.max()) + 1)


def profile(record):
    """Write a record's profile as the twin wants it."""
    numbers = [record[f"author_{name}"] for name in ("followers", "following", "posts")]
    told = sum(numbers) >= 30 and sum(n > 0 for n in numbers) >= 2
    stem = "".join(c for c in record["author_handle"].lower() if not c.isdigit())
    return {"kind": record["author_name"].isascii(), "name": record["author_name"].strip().lower(),
            "stem": stem if len(stem) >= 4 else None, "numbers": tuple(numbers) if told else None,
            "created": record["author_created_at"][:16]}  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_namesakes_are_compared_as_a_loop_over_pairs_does(comments_of, seed):
    dump = Dump(seed)
    for i in range(90):
        name = dump.dice.choice(["Ann Lee", "Bob Roy ", "Cy", "王伟", "李娜"])
        created = MONDAY - timedelta(days=400, minutes=dump.dice.randint(0, 6))
        group = i % 2 if i < 40 else None
        dump.add(f"a{i:02d}", cluster=group, author_name=name, author_created_at=created.isoformat(),
                 author_handle=dump.dice.choice(["AnnLee", "bobroy", "cy"]) + str(i),
                 author_followers=dump.dice.choice([0, 20, 21]), author_following=dump.dice.choice([0, 30]),
                 author_posts=dump.dice.choice([0, 7]))  # fmt: skip
    found = duplicates(dump.build(comments_of))
    profiles = [profile(record) for record in dump.records]
    for group in range(2):
        tests = []
        for index, field in enumerate(FIELDS):
            agree, beyond, expected = twin.agreeing(profiles, [i for i in range(40) if i % 2 == group], field)
            if expected is None:
                continue
            p = min(3 * stats.poisson.sf(beyond - 1, expected), 1.0) if beyond else 1.0
            tests.append((p, agree, 2 * expected, index))
        best = min(tests, key=lambda test: (test[0], test[3]))
        assert (found.p[group], found.observed[group], found.expected[group]) == pytest.approx(best[:3])


def crowd_of_namesakes(dump, n=200, agree_every=0):
    for i in range(n):
        minute = 0 if agree_every and i % agree_every == 0 else i * 97
        dump.add(f"n{i}", author_name=f"Name {i // 4}", author_handle=f"n{i}_{dump.dice.random()}"[:12],
                 author_created_at=(MONDAY - timedelta(days=900, minutes=minute + 1)).isoformat())  # fmt: skip
    return dump


def test_namesakes_created_in_the_same_minute_carry_the_sign(comments_of):
    dump = crowd_of_namesakes(Dump(7))
    for k in range(10):
        minute = 5 if k < 4 else 500 + 90 * k
        dump.add(f"c{k}", cluster=0, author_name="Vera Ozolina" if k < 6 else f"Other {k}", author_handle=f"h{k}xyz",
                 author_created_at=(MONDAY - timedelta(days=300, minutes=minute)).isoformat())  # fmt: skip
    built = dump.build(comments_of)
    found = duplicates(built)
    assert found.p[0] < 1e-3
    assert (found.observed[0], FIELDS[int(found.detail[0])]) == (4, "created")
    assert {built[1].accounts[int(a)] for a in found.accounts} == {f"x:c{k}" for k in range(4)}


def test_doubled_names_alone_and_minutes_that_strangers_share_are_no_duplicates(comments_of):
    dump = crowd_of_namesakes(Dump(8))
    for k in range(12):
        dump.add(f"c{k}", cluster=0, author_name="Vera Ozolina", author_handle=f"h{k}xyz",
                 author_created_at=(MONDAY - timedelta(days=300, minutes=90 * k + 1)).isoformat())  # fmt: skip
        dump.add(f"b{k}", cluster=1, author_name=f"Twin {k % 4}", author_handle=f"i{k}xyz",
                 author_created_at=(MONDAY - timedelta(days=300, minutes=7)).isoformat())  # fmt: skip
    found = duplicates(dump.build(comments_of))
    assert (found.p > 0.1).all()
    assert len(found.accounts) == 0


def test_default_handles_made_of_names_are_no_duplicates_where_all_have_them(comments_of):
    dump = Dump(9)
    for i in range(200):
        dump.add(f"n{i}", author_name=f"Mary Smith {'abcdefghij'[i % 10]}", author_handle=f"MarySmith{10**7 + i}")
    for k in range(6):
        dump.add(f"c{k}", cluster=0, author_name="Rose Day", author_handle=f"RoseDay{10**7 + k}")
    assert duplicates(dump.build(comments_of)).p[0] > 0.1


# --- serial numbers -------------------------------------------------------------------------------------------------


def serials(dump, comments_of):
    comments, traffic, rows, groups = dump.build(comments_of)
    order = np.lexsort((rows, groups))
    rows, groups = rows[order], groups[order]
    n = int(groups.max()) + 1
    clusters = Judgeable(pl.Series([f"t{i:012x}" for i in range(n)]), rows, groups, rows, groups)
    return measure_serials(comments, clusters, np.arange(n), n, traffic)


NUMBERED = {"random": "Sign now {r}", "hash": "Sign #{r} now", "counter": "Sign now {n}", "small": "I am {s} too",
            "years": "Since {y}", "link": "See https://example.org/{r}", "none": "Sign now"}  # fmt: skip


def test_only_numbers_of_each_copys_own_that_do_not_count_up_are_serial_numbers(comments_of):
    dump = Dump(10)
    for group, form in enumerate(NUMBERED.values()):
        for k in range(20):
            text = form.format(r=dump.dice.randint(10_000, 99_999), n=5_000 + 3 * k, s=dump.dice.randint(100, 999),
                               y=dump.dice.randint(1_900, 2_099))  # fmt: skip
            dump.add(f"a{group}-{k}", k / 20, cluster=group, text=text)
    found = serials(dump, comments_of)
    assert found.observed.tolist() == [20, 20, 0, 0, 0, 0, 0]
    numbers = [twin.serial(record["text"]) for record in dump.records]
    assert [len({n for n in numbers[20 * g : 20 * g + 20] if n}) for g in range(7)] == [20, 20, 20, 0, 0, 0, 0]
    assert found.expected[0] == pytest.approx(20 * 21 / 121)
    assert found.p[0] == pytest.approx(stats.binom.sf(19, 20, 21 / 121))
    assert len(found.accounts) == 0
