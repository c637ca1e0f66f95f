"""Creation batches, doubled names, disguise, handle shapes and youth against loop twins and planted truth."""

import itertools
import random
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from twins import chance
from twins.writing import sentence

from detector.config import EvidenceConfig, TextConfig
from detector.evidence.accounts import (
    HANDLE_SHAPES,
    describe_accounts,
    group_accounts,
    measure_handles,
    measure_names,
    measure_youth,
)
from detector.evidence.batches import measure_batches
from detector.evidence.disguise import DISGUISES, measure_disguise
from detector.evidence.places import chance_in_place, share_in_windows
from detector.evidence.traffic import observe_traffic
from detector.judge.weigh import SIGNALS
from detector.text import cluster_comments

NOW = datetime(2024, 3, 4, tzinfo=UTC)
WINDOWS = EvidenceConfig().batch_windows_h


class Accounts:
    """Comments by accounts with creation dates (days before the start), in one group or in none."""

    def __init__(self, seed=0):
        self.dice = random.Random(seed)
        self.records, self.group = [], {}

    def add(self, account, age_days=None, group=None, target="x:t", **fields):
        key = f"{len(self.records):06d}"
        moment = NOW + timedelta(minutes=len(self.records))
        record = {"id": key, "platform": "x", "text": f"comment {key}", "author_id": account, "target": target,
                  "created_at": moment.isoformat(), **fields}  # fmt: skip
        if age_days is not None:
            record["author_created_at"] = (NOW - timedelta(days=age_days)).isoformat()
        self.records.append(record)
        self.group[key] = group
        return self

    def crowd(self, n, targets=("x:t", "x:u")):
        for i in range(n):
            self.add(f"n{i}", self.dice.uniform(1, 4_000), target=self.dice.choice(targets))
        return self

    def build(self, comments_of):
        comments = comments_of(self.records)
        groups = comments["id"].replace_strict(self.group, return_dtype=pl.Int64)
        chosen = groups.is_not_null()
        rows = comments["row"].filter(chosen).to_numpy().astype(np.int64)
        return comments, observe_traffic(comments, EvidenceConfig()), rows, groups.drop_nulls().to_numpy()


def batches(built, main_targets):
    _, traffic, rows, groups = built
    main = np.array([traffic.targets.to_list().index(name) for name in main_targets], dtype=np.int64)
    return measure_batches(traffic, rows, groups, *group_accounts(traffic, rows, groups), main, WINDOWS)


def as_dicts(comments):
    return comments.select(
        "row", "account", "target", created=pl.col("author_created_at").dt.timestamp("us")
    ).to_dicts()  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_creation_batch_is_measured_as_a_loop_does(comments_of, seed):
    dump = Accounts(seed).crowd(150)
    dice = dump.dice
    for group in range(4):
        for k in range(dice.randint(3, 12)):
            age = 500 + dice.uniform(0, 4 * group + 1) if k % 2 else dice.uniform(1, 4_000)
            for _ in range(dice.randint(1, 3)):
                dump.add(f"g{group}-{k}", age if k != 1 else None, group, dice.choice(["x:t", "x:u"]))
    built = dump.build(comments_of)
    main = [dice.choice(["x:t", "x:u"]) for _ in range(4)]
    found = batches(built, main)
    comments, _, rows, groups = built
    everything = as_dicts(comments)
    for group in range(4):
        members = [everything[row] for row in rows[groups == group]]
        expected = chance.creation_batch(everything, members, main[group])
        if expected is None or not chance.batch_in_reach(everything, members, main[group]):
            assert np.isnan(found.p[group])
        elif expected[0] is None:
            assert found.p[group] == 1
        else:
            got = found.observed[group], found.expected[group], found.p[group]
            assert got == pytest.approx(expected)


def test_accounts_created_together_are_a_batch_and_its_members_carry_the_sign(comments_of):
    dump = Accounts(5).crowd(400)
    for k in range(12):
        dump.add(f"b{k}", 300 + dump.dice.uniform(0, 1.5), 0)
    for k in range(6):
        dump.add(f"o{k}", dump.dice.uniform(400, 4_000), 0)
    built = dump.build(comments_of)
    found = batches(built, ["x:t"])
    assert found.p[0] < 1e-4
    assert found.observed[0] == 12
    assert found.expected[0] < 1
    assert found.detail[0] == 48
    names = built[1].accounts
    assert {names[int(a)] for a in found.accounts} == {f"x:b{k}" for k in range(12)}


def test_a_sign_up_wave_of_the_whole_platform_is_no_batch(comments_of):
    dump = Accounts(6).crowd(100)
    for k in range(400):
        dump.add(f"w{k}", 300 + dump.dice.uniform(0, 1.5))
    for k in range(12):
        dump.add(f"b{k}", 300 + dump.dice.uniform(0, 1.5), 0)
    assert batches(dump.build(comments_of), ["x:t"]).p[0] > 0.01


def test_a_sign_up_wave_at_the_target_is_no_batch(comments_of):
    """A page that drew newcomers on its first day has young readers of one age."""
    dump = Accounts(7).crowd(2_000, targets=("x:u",))
    for k in range(40):
        dump.add(f"w{k}", 300 + dump.dice.uniform(0, 1.5), target="x:t")
    for k in range(10):
        dump.add(f"b{k}", 300 + dump.dice.uniform(0, 1.5), 0)
    assert batches(dump.build(comments_of), ["x:t"]).p[0] > 0.01
    elsewhere = Accounts(7).crowd(2_000, targets=("x:u", "x:v"))
    for k in range(10):
        elsewhere.add(f"b{k}", 300 + elsewhere.dice.uniform(0, 1.5), 0, target="x:v")
    assert batches(elsewhere.build(comments_of), ["x:v"]).p[0] < 1e-3


def test_a_sign_up_wave_at_one_of_several_targets_is_no_batch(comments_of):
    """Half of a group comments where newcomers of one week do, though not at its main target."""
    dump = Accounts(8).crowd(2_000, targets=("x:u", "x:v"))
    for k in range(200):
        dump.add(f"w{k}", 300 + dump.dice.uniform(0, 1.5), target="x:t")
    for k in range(9):
        dump.add(f"b{k}", 300 + dump.dice.uniform(0, 1.5), 0, target="x:t")
    for k in range(10):
        dump.add(f"o{k}", dump.dice.uniform(400, 4_000), 0, target="x:u")
    found = batches(dump.build(comments_of), ["x:u"])
    assert (found.observed[0], found.p[0]) == (9, 1)


def test_the_others_at_the_same_places_are_counted_as_a_loop_does(comments_of):
    dump = Accounts(16).crowd(300, targets=("x:t", "x:u", "x:v"))
    for k in range(30):
        dump.add(f"b{k}", dump.dice.uniform(200, 400), k % 2, dump.dice.choice(["x:t", "x:u"]))
    for k in range(60):
        dump.add(f"c{k}", dump.dice.uniform(200, 400), 1, "x:w")  # where its group is alone
    comments, traffic, rows, groups = dump.build(comments_of)
    everything, length = as_dicts(comments), 2_000
    start = int(NOW.timestamp()) // 3_600 - 400 * 24
    shares = share_in_windows(traffic, rows, groups, np.array([start, start]), np.array([length, length]))
    copies = set(rows.tolist())
    for group in (0, 1):
        own = {int(row) for row in rows[groups == group]}
        weights, mean, total = 0, 0.0, 0
        for target in ("x:t", "x:u"):
            mine = [c for c in everything if c["target"] == target and c["row"] in own]
            others = [c for c in everything if c["target"] == target and c["row"] not in copies]
            inside = [c for c in others if start <= c["created"] // chance.HOUR < start + length]
            weights, total = weights + len(mine), total + len(others)
            mean += len(mine) * len(inside) / len(others)
        assert shares[group] == pytest.approx(mean / weights + 1 / (total + 1))


@pytest.mark.parametrize(("n", "testable"), [(4, False), (5, False), (6, True)])
def test_too_few_accounts_for_any_batch_to_be_rare_are_not_testable(comments_of, n, testable):
    dump = Accounts(17).crowd(400)
    for k in range(n):
        dump.add(f"b{k}", 300, 0)
    found = batches(dump.build(comments_of), ["x:t"])
    assert found.observed[0] == n
    assert np.isfinite(found.p[0]) == testable
    assert (found.p[0] <= 0.01) == testable


def test_without_dated_accounts_around_a_batch_is_not_testable(comments_of):
    dump = Accounts(18)
    for k in range(40):
        dump.add(f"n{k}")
    for k in range(10):
        dump.add(f"b{k}", 300, 0)
    found = batches(dump.build(comments_of), ["x:t"])
    assert found.observed[0] == 10
    assert np.isnan(found.p[0])


def marks_by_place(n_marked_around, n_around=100, n_marked=10, n=20):
    """Return the chance of a group's marks, among comments around it and far from it that bear none."""
    place = np.repeat([0, 1], [n + n_around, 200])
    bears = np.zeros(len(place), dtype=np.bool_)
    bears[:n_marked] = bears[n : n + n_marked_around] = True
    group = np.zeros(n, dtype=np.int64)
    return chance_in_place(place, np.arange(n), group, bears, np.ones_like(bears), 1)[0]


@pytest.mark.parametrize("n_marked_around", [3, 10, 40])
def test_marks_in_one_place_are_no_rarer_than_hypergeometric(n_marked_around):
    exact = stats.hypergeom.sf(9, 120, 10 + n_marked_around, 20)
    p = marks_by_place(n_marked_around)
    marked = 10 + n_marked_around
    bound = min(stats.binom.sf(9, 20, marked / 120), stats.binom.sf(9, marked, 20 / 120))
    assert exact <= p == pytest.approx(bound)


def test_a_place_that_a_group_fills_tells_nothing():
    assert marks_by_place(0, n_around=20) > 0
    assert marks_by_place(0, n_around=19) == 0


def test_marks_dealt_by_chance_in_each_place_are_rarely_rare():
    """Places differ in how usual a mark is, and a group has more comments in some than in others."""
    generator = np.random.default_rng(19)
    place = np.repeat(np.arange(5), (40, 80, 160, 320, 640))
    groups = np.repeat(np.arange(4), 30)
    p = []
    for _ in range(300):
        rows = generator.permutation(400)[:120]
        bears = generator.random(len(place)) < np.array([0.9, 0.5, 0.2, 0.05, 0.01])[place]
        p += chance_in_place(place, rows, groups, bears, np.ones_like(bears), 4).tolist()
    assert 0.002 < np.mean(np.array(p) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 1200)
    assert np.mean(np.array(p) <= 0.01) <= 0.01 + 3 * np.sqrt(0.01 * 0.99 / 1200)


@pytest.mark.parametrize(("n_class", "found"), [(5, True), (60, False)])
def test_a_batch_among_as_many_of_its_days_who_copy_nothing_is_a_school_class(comments_of, n_class, found):
    dump = Accounts(8).crowd(2_000)
    for k in range(n_class):
        dump.add(f"c{k}", 30 + dump.dice.uniform(0, 2))
    for k in range(12):
        dump.add(f"b{k}", 30 + dump.dice.uniform(0, 2), 0)
    assert (batches(dump.build(comments_of), ["x:t"]).p[0] < 1e-3) == found


def test_busy_accounts_weigh_by_their_comments(comments_of):
    """Whoever comments much is drawn often: four busy accounts of one week are not a rare week."""

    def p(comments_each):
        dump = Accounts(8).crowd(200)
        for k in range(4):
            for _ in range(comments_each):
                dump.add(f"busy{k}", 300 + k / 10)
        for k in range(10):
            dump.add(f"b{k}", 300 + k / 10, 0)
        return batches(dump.build(comments_of), ["x:t"]).p[0]

    assert p(1) < 1e-4
    assert p(100) > 0.1


def test_newcomers_of_every_week_are_no_batch(comments_of):
    """Where nobody else is young, a group of newcomers is bunched in its youth, but in no week of it."""
    dump = Accounts(16).crowd(400)
    for record in dump.records:
        record["author_created_at"] = (NOW - timedelta(days=dump.dice.uniform(200, 4_000))).isoformat()
    for k in range(40):
        dump.add(f"y{k}", dump.dice.uniform(1, 85), 0)
    for k in range(40):
        dump.add(f"b{k}", 40 + dump.dice.uniform(0, 1.9) if k < 15 else dump.dice.uniform(1, 85), 1)
    built = dump.build(comments_of)
    found = batches(built, ["x:t", "x:t"])
    assert found.p[0] > 0.05
    # Those of one day among the newcomers still stand out.
    assert found.p[1] < 1e-4
    names = built[1].accounts
    assert {f"x:b{k}" for k in range(15)} <= {names[int(a)] for a in found.accounts}


def test_batches_are_rarely_found_among_newcomers(comments_of):
    found = []
    for seed in range(40):
        dump = Accounts(100 + seed).crowd(400)
        for record in dump.records:
            record["author_created_at"] = (NOW - timedelta(days=dump.dice.uniform(200, 4_000))).isoformat()
        for k in range(40):
            dump.add(f"y{k}", dump.dice.uniform(1, 85), 0)
        found.append(batches(dump.build(comments_of), ["x:t"]).p[0])
    assert np.mean(np.array(found) <= 0.01) <= 0.01 + 3 * np.sqrt(0.01 * 0.99 / 40)


@pytest.mark.parametrize("n_dated", [0, 3])
def test_without_four_creation_dates_a_batch_is_not_testable(comments_of, n_dated):
    dump = Accounts(9).crowd(100)
    for k in range(10):
        dump.add(f"b{k}", 300 if k < n_dated else None, 0)
    found = batches(dump.build(comments_of), ["x:t"])
    assert np.isnan(found.p[0])
    assert len(found.accounts) == 0


def test_batches_are_rarely_found_where_dates_are_drawn_by_chance(comments_of):
    dump = Accounts(10).crowd(600)
    for group in range(200):
        for k in range(dump.dice.randint(6, 15)):
            dump.add(f"g{group}-{k}", dump.dice.uniform(1, 4_000), group)
    p = batches(dump.build(comments_of), ["x:t"] * 200).p
    assert np.isfinite(p).all()
    assert (p <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def described(comments):
    copies = pl.DataFrame(schema={"row": pl.UInt32, "cluster_id": pl.String})
    return describe_accounts(comments, observe_traffic(comments, EvidenceConfig()), copies)


NAMES = st.sampled_from(["Ann", "ann ", "Bob", "Cy", "Di", "X", None])


@given(st.lists(NAMES, min_size=4, max_size=25), st.integers(2, 10))
@settings(max_examples=40)
def test_doubled_names_are_counted_and_expected_as_a_loop_does(names, n_members):
    accounts = pl.DataFrame({"author_name": names}, schema={"author_name": pl.String})
    members = np.arange(min(n_members, len(names)), dtype=np.int64)
    found = measure_names(accounts, np.zeros(len(members), dtype=np.int64), members, 1)
    table = dict(enumerate(names))
    observed, expected = chance.same_names(table, members.tolist())
    n_named = sum(1 for m in members.tolist() if names[m] not in (None, "X"))
    if n_named < 3:
        assert np.isnan(found.p[0])
    else:
        assert (found.observed[0], found.expected[0]) == pytest.approx((observed, expected))
        assert found.p[0] == pytest.approx(max(stats.poisson.sf(observed - 1, expected), 1e-300))


def test_common_names_are_expected_to_be_doubled_and_rare_ones_not():
    common, rare = ["Mary Smith"] * 60, [f"Name {i}" for i in range(140)]
    crowd = pl.DataFrame({"author_name": common + rare + ["Mary Smith"] * 4 + ["Vera Ozolina"] * 4 + ["A", "B"]})
    group = np.repeat([0, 1], 4).astype(np.int64)
    found = measure_names(crowd, group, np.arange(200, 208, dtype=np.int64), 2)
    assert found.observed.tolist() == [3, 3]
    assert found.p[0] > 0.01 > 1e-4 > found.p[1]
    # Names repeat inside a community: a name says nothing about a person.
    assert len(found.accounts) == 0


def test_handle_shapes_and_youth_are_compared_with_the_accounts_outside(comments_of):
    dump = Accounts(11)
    for i in range(300):
        shape = f"Ann{i:08d}" if i % 10 == 0 else f"the_{i}_person"
        dump.add(f"n{i}", 30 if i % 5 == 0 else 2_000, author_handle=shape)
    for k in range(10):
        dump.add(f"b{k}", 30 if k < 8 else 2_000, 0, author_handle=f"Bob{k:08d}" if k < 9 else "someone_else")
    comments, traffic, rows, groups = dump.build(comments_of)
    accounts = described(comments)
    handles, youth = (
        measure_handles(accounts, traffic, rows, groups, 1),
        measure_youth(accounts, traffic, rows, groups, 1),
    )
    assert (handles.observed[0], handles.expected[0]) == pytest.approx((9, 10 * 31 / 301))
    assert 3 * stats.binom.sf(8, 10, 31 / 301) <= handles.p[0] < 1e-6
    assert HANDLE_SHAPES[int(handles.detail[0])] == "name_8digits"
    assert (youth.observed[0], youth.expected[0]) == pytest.approx((8, 10 * 61 / 301))
    assert stats.binom.sf(7, 10, 61 / 301) <= youth.p[0] < 1e-3, "the authors at the same place may say otherwise"
    # A pattern says nothing about a person.
    assert len(handles.accounts) == len(youth.accounts) == 0


@pytest.mark.parametrize(
    ("handle", "shape"),
    [("Jennifer12345678", "name_8digits"), ("aB3dE5gH7jK9mN1", "random_15"), ("maria1985", "lower_digits"),
     ("MarieTremblay", "other"), ("maria1", "other"), ("张伟12345678", "other")],
)  # fmt: skip
def test_handles_are_named_by_their_pattern(comments_of, handle, shape):
    assert described(comments_of([{"text": "t", "author_handle": handle}]))["handle_shape"].to_list() == [shape]


def test_handles_that_an_archive_has_hashed_have_no_shape(comments_of):
    dice = random.Random(12)
    records = [{"text": "t", "author_id": str(i), "author_handle": dice.randbytes(16).hex()} for i in range(50)]
    assert described(comments_of(records))["handle_shape"].null_count() == 50


def test_a_comment_older_than_its_account_is_a_wrong_clock_and_no_young_account(comments_of):
    accounts = described(comments_of([
        {"text": "t", "author_id": "a", "created_at": "2024-03-04", "author_created_at": "2025-01-01"},
        {"text": "u", "author_id": "b", "created_at": "2024-03-04", "author_created_at": "2024-03-01"},
        {"text": "v", "author_id": "c", "created_at": "2024-03-04"},
    ]))  # fmt: skip
    assert accounts["age_at_first_comment_days"].to_list() == [None, 3.0, None]


# --- disguise ------------------------------------------------------------------------------------------------------

ZWSP = "\u200b"
BASE = "the minister has lied to all of us about the bridge and must resign before the winter"
PLACES = (3, 12, 16, 21, 24, 31, 38, 45, 49, 56, 60, 65)


def disguise_of(comments_of, copies, ordinary=()):
    """Measure the disguise of the copies (records or texts) among ordinary texts; returns the test and the carriers."""
    dice = random.Random(13)
    texts = [*copies, *ordinary, *(sentence(dice) for _ in range(200))]
    comments = comments_of(
        {"text": text, "id": f"{i:06d}", "author_id": f"a{i}"} for i, text in enumerate(texts)
    )  # fmt: skip
    marks = cluster_comments(comments, TextConfig()).marks
    rows = np.arange(len(copies), dtype=np.int64)
    traffic = observe_traffic(comments, EvidenceConfig())
    *numbers, carriers = measure_disguise(marks, traffic, rows, np.zeros(len(rows), dtype=np.int64), 1, seed=1)
    observed, expected, p, detail = (values[0] for values in numbers)
    names = {traffic.accounts[account] for account in carriers["account"]}
    return observed, expected, p, DISGUISES[int(detail)], names


def test_copies_each_disguised_in_its_own_place_are_evidence(comments_of):
    copies = [BASE[:at] + ZWSP + BASE[at:] for at in PLACES] + [BASE] * 4
    observed, expected, p, mark, carriers = disguise_of(comments_of, copies)
    assert (observed, mark) == (12, "invisible")
    assert expected == pytest.approx(16 / 201)
    assert p < 1e-10
    assert carriers == {f"other:a{i}" for i in range(12)}


def test_copies_each_with_letters_swapped_elsewhere_are_evidence(comments_of):
    copies = [BASE[:at] + BASE[at:].replace("e", "\u0435", 1) for at in range(0, 80, 8)]
    observed, _, p, mark, _ = disguise_of(comments_of, copies)
    assert mark == "homoglyph"
    # A variant is the mark between its neighbours, wherever in the text.
    assert observed == len({copy[copy.index("\u0435") - 1] + copy[copy.index("\u0435") + 1] for copy in copies})
    assert observed >= 6
    assert p < 1e-9


def test_copies_each_with_its_own_random_tail_are_evidence(comments_of):
    copies = [f"{BASE} {tail}" for tail in ("xk4qvz", "7wrt0pl", "z2z9gfd", "b1cdfg8", "q8xvv3k4")]
    observed, _, p, mark, _ = disguise_of(comments_of, copies)
    assert (observed, mark) == (5, "tail")
    assert p < 1e-5
    assert disguise_of(comments_of, copies[:4])[2] == 1  # so few forms are those of order numbers


@pytest.mark.parametrize("copy", [BASE[:20] + ZWSP + BASE[20:], BASE.replace("e", "\u0435", 1), BASE + " xk4q9z"])
def test_copies_that_all_carry_one_mark_were_copied_with_it(comments_of, copy):
    _, _, p, _, carriers = disguise_of(comments_of, [copy] * 20)
    assert p == 1
    assert not carriers


@pytest.mark.parametrize(("n_alike", "telling"), [(10, True), (11, False)])
def test_ways_of_marking_count_where_at_most_half_of_the_marked_copies_are_alike(comments_of, n_alike, telling):
    marked = [BASE[:at] + ZWSP + BASE[at:] for at in PLACES]
    copies = [marked[0]] * n_alike + marked[1:11] + [BASE] * 20
    observed, _, p, _, carriers = disguise_of(comments_of, copies)
    assert observed == (11 if telling else 0)
    assert (p < 1e-6) == telling
    assert carriers == ({f"other:a{i}" for i in range(n_alike + 10)} if telling else set())


@pytest.mark.parametrize("own", ["@friend{} {}", "{1} https://example.org/{0}", "{1} {0}", "I agree no {}, {}"])
def test_one_mark_copied_along_is_no_disguise_where_sharers_add_their_own(comments_of, own):
    """A headline with a soft hyphen or a zero-width space keeps it when people share it with a word of theirs."""
    copy = BASE[:20] + ZWSP + BASE[20:]
    _, _, p, _, carriers = disguise_of(comments_of, [own.format(i, copy) for i in range(20)])
    assert p > 0.01
    assert not carriers


def test_tails_of_few_patterns_are_tickets_and_no_disguise(comments_of):
    tickets = [form.format(i) for i in range(10, 20) for form in ("ab{}", "a{}b", "{}ab")]
    _, _, p, _, carriers = disguise_of(comments_of, [f"{BASE} {ticket}" for ticket in tickets])
    assert p == 1
    assert not carriers


@pytest.mark.parametrize(
    "signatures",
    [["Schmidt", "Knights", "Hirsch", "Goldschmidt", "Wright", "Schwartz", "Marsh", "Tremblay", "Singh", "Roy"],
     ["K1A0B1", "H2X1Y4", "M5V3L9", "V6B4Y8", "T2P2M5", "R3C4T3"]],
    ids=["surnames", "postcodes"],
)  # fmt: skip
def test_a_form_letter_signed_by_name_or_postcode_is_not_disguised(comments_of, signatures):
    _, _, p, _, _ = disguise_of(comments_of, [f"{BASE} {signature}" for signature in signatures])
    assert p > 0.01


def placed(dice, n):
    return [BASE[:at] + ZWSP + BASE[at:] for at in (dice.randrange(1, len(BASE)) for _ in range(n))]


def tailed(dice, n):
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    return [f"{BASE} {''.join(dice.choice(letters) for _ in range(8))}" for _ in range(n)]


@pytest.mark.parametrize("n", [20, 400])
def test_disguise_does_not_vanish_as_a_campaign_grows(comments_of, n):
    observed, _, p, mark, carriers = disguise_of(comments_of, placed(random.Random(15), n))
    assert mark == "invisible"
    # Places run out, as BASE has 85 characters, but the mark stays telling and everybody carries it.
    assert min(n, 60) * 0.8 <= observed <= len(BASE)
    assert p < 1e-6
    assert len(carriers) == n


@pytest.mark.parametrize("n", [20, 200])
def test_random_tails_do_not_vanish_as_a_campaign_grows(comments_of, n):
    copies = tailed(random.Random(15), n)
    _, _, p, mark, carriers = disguise_of(comments_of, copies)
    assert mark == "tail"
    assert p < 1e-6
    # Who got a tail that changes less than twice between letters and digits does not carry the sign.
    changes = [sum(a.isdigit() != b.isdigit() for a, b in itertools.pairwise(copy.split()[-1])) for copy in copies]
    assert carriers == {f"other:a{i}" for i in range(n) if changes[i] >= 2}
    assert len(carriers) >= 0.75 * n


def test_disguise_does_not_vanish_in_a_campaign_that_fills_the_dump(comments_of):
    observed, expected, p, mark, carriers = disguise_of(comments_of, placed(random.Random(15), 10_000))
    assert (mark, expected) == ("invisible", pytest.approx(200 / 201))
    assert 40 <= observed <= len(BASE)
    assert p < 1e-6
    assert len(carriers) == 10_000


@pytest.mark.parametrize("n", [10, 20, 60, 1_000])
def test_order_numbers_of_four_forms_are_no_disguise(comments_of, n):
    dice = random.Random(18)
    forms = ("a0a00", "aa0a0", "a00a0", "0a0aa0")
    orders = ["".join(dice.choice("bcdfgh") if c == "a" else str(dice.randrange(1, 10)) for c in dice.choice(forms))
              for _ in range(n)]  # fmt: skip
    observed, _, _, _, carriers = disguise_of(comments_of, [f"{BASE} {order}" for order in orders])
    assert observed < SIGNALS["disguise"].observed_min
    assert not carriers


def test_ten_people_who_sign_with_british_postcodes_are_not_disguised(comments_of):
    codes = ("sw1a1aa", "m11ae", "ec1a1bb", "b338th", "cr26xh", "dn551pt", "w1a0ax", "l18jq", "le27dr", "g11xq")
    _, _, p, _, _ = disguise_of(comments_of, [f"{BASE} {code}" for code in codes])
    assert p > 0.01


@pytest.mark.parametrize("n", [10, 60])
def test_a_form_letter_signed_with_british_postcodes_of_every_form_is_not_disguised(comments_of, n):
    dice = random.Random(16)
    forms = ("A0 0AA", "A00 0AA", "AA0 0AA", "AA00 0AA", "A0A 0AA", "AA0A 0AA")
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    codes = ["".join(dice.choice(letters) if c == "A" else str(dice.randrange(1, 10)) if c == "0" else c for c in form)
             for form in (forms[i % len(forms)] for i in range(n))]  # fmt: skip
    for shown in (codes, [code.replace(" ", "") for code in codes], [code.replace(" ", "").lower() for code in codes]):
        observed, _, p, _, carriers = disguise_of(comments_of, [f"{BASE} {code}" for code in shown])
        assert (observed, p, carriers) == (0, 1, set())


@pytest.mark.parametrize("gap", [" ", ""], ids=["apart", "together"])
def test_a_form_letter_signed_with_irish_postcodes_is_not_disguised(comments_of, gap):
    districts = ("A65", "D02", "D04", "T12", "F91", "V94", "H91", "R95", "X91", "K67", "N91", "P31")
    units = ("RE8T", "871X", "16KR", "F4E2", "W3C0", "N8WX", "6HV2", "79K8", "VDY6", "1E9H", "1WV0", "8A0C")
    codes = [district + gap + unit for district, unit in zip(districts, units, strict=True)]
    _, _, p, _, carriers = disguise_of(comments_of, [f"{BASE} {code}" for code in codes])
    assert p > 0.01
    assert not carriers


def test_marks_that_are_common_here_are_expected(comments_of):
    dice = random.Random(14)
    ordinary = [f"{sentence(dice)}{ZWSP}" for _ in range(300)]
    _, _, p, _, _ = disguise_of(comments_of, [BASE[:at] + ZWSP + BASE[at:] for at in PLACES], ordinary)
    assert p > 0.001


def test_plain_copies_show_no_disguise(comments_of):
    observed, _, p, _, carriers = disguise_of(comments_of, [BASE, BASE.upper(), BASE + "!", "@x " + BASE])
    assert (observed, p, carriers) == (0, 1, set())
