"""Words as numbers, who is near whom in time, and the slices behind both, against loop twins."""

import random
from collections import Counter, defaultdict
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from scipy import stats
from twins import words as twin

from detector.evidence import wording
from detector.evidence.holdings import Holdings
from detector.evidence.spans import Shelves, expand
from detector.evidence.synchrony import first_by_hash
from detector.evidence.tokens import Vocabulary, hash_words
from detector.evidence.traffic import UNKNOWN
from detector.evidence.waves import WAVE_P, Waves
from detector.evidence.wording import weigh_words

HARD = [
    "", " ", "a", "ab", "9ab", "99", "1a2", "7b", "x", "Hello HELLO hello", "abcdefgh", "abcdefghi",
    "abcdefghabcdefgh", "abcdefghijklmnopqrstuvwxyz0123456789", "ab-cd ab_cd", "see https://x.com/ab?c now",
    "http://a b", "@name hi", "é", "éé", "naïve café", "汉字 ab汉", "汉ab 9汉", "a汉", "々〇x", "ⅷab", "ßtraße",
    "İstanbul", "हिन्दी शब्द", "слово и дело", "ab\ncd\nab", "KELVIN", "１２ab", "e\u0301te\u0301", "⺀ab", "😀ab",
]  # fmt: skip


def words_by_number(texts):
    """Return the words of each text as numbers, and the word that stands for each."""
    text, word = hash_words(pl.Series(texts, dtype=pl.String))
    found = defaultdict(Counter)
    for t, w in zip(text.tolist(), word.tolist(), strict=True):
        found[t][w] += 1
    return found


def test_words_are_those_of_the_regular_expression_one_number_each():
    dice = random.Random(1)
    pieces = [*"ab9 é汉々.-@_", "http://", "Word", "\n", "longer", "abcdefgh"]
    texts = HARD + ["".join(dice.choice(pieces) for _ in range(dice.randrange(30))) for _ in range(600)]
    found, names = words_by_number(texts), {}
    for i, text in enumerate(texts):
        slow = Counter(twin.words_of(text))
        assert sum(found[i].values()) == slow.total(), text
        for word in slow:
            single = words_by_number([word])[0]
            names.setdefault(word, next(iter(single)))
        assert found[i] == Counter({names[word]: n for word, n in slow.items()}), text
    assert len(set(names.values())) == len(names) > 300


def test_a_vocabulary_numbers_words_as_they_come_and_never_anew():
    dice = np.random.default_rng(0)
    vocabulary, numbers = Vocabulary(), {}
    # Numbers with the same low bits want the same slots.
    pool = np.concatenate([dice.integers(0, 1 << 63, 30_000).astype(np.uint64), np.arange(500, dtype=np.uint64) << 40])
    for size in (0, 10, 1_000, 5_000, 60_000, 60_000):
        words = dice.choice(pool, size)
        for word, number in zip(words.tolist(), vocabulary.number(words).tolist(), strict=True):
            assert numbers.setdefault(word, number) == number
    assert sorted(numbers.values()) == list(range(vocabulary.n))


@pytest.mark.parametrize("at_a_time", [1, 2, 7, 8_192])
def test_weights_are_those_of_a_loop_wherever_texts_are_cut_into_blocks(monkeypatch, at_a_time):
    monkeypatch.setattr(wording, "_TEXTS_AT_A_TIME", at_a_time)
    dice = random.Random(2)
    texts = [
        " ".join(dice.choice(["ab", "cd", "ef", "gh", "汉", "x"]) for _ in range(dice.randrange(6))) for _ in range(28)
    ]
    whose = [dice.choice([UNKNOWN, 0, 1, 1, 1, 2, 3, 5]) for _ in texts]
    traffic = SimpleNamespace(account=np.array(whose), accounts=pl.Series([f"a{i}" for i in range(6)]))
    accounts = np.array([1, 2, 3, 4, 5])
    words = weigh_words(pl.DataFrame({"text": texts}), traffic, accounts)
    counts = {a: Counter() for a in accounts.tolist()}
    for account, text in zip(whose, texts, strict=True):
        if account in counts:
            counts[account].update(twin.words_of(text))
    holders = Counter(word for said in counts.values() for word in said)
    slow = np.zeros((5, 5))
    for i, a in enumerate(accounts.tolist()):
        weight = {w: (1 + np.log(n)) * (1 + np.log(5 / holders[w])) for w, n in counts[a].items() if holders[w] >= 2}
        length = np.sqrt(sum(x * x for x in weight.values()))
        slow[i] = sorted([x / length for x in weight.values()] + [0.0] * (5 - len(weight)))
    assert np.allclose(np.sort(words.weights.toarray(), axis=1)[:, -5:], slow[:, -words.weights.shape[1] :])
    # The same words are in the same columns.
    cosine = (words.weights @ words.weights.T).toarray()
    shared = [[bool(set(counts[a]) & set(counts[b])) for b in accounts.tolist()] for a in accounts.tolist()]
    assert ((cosine > 0) == np.array(shared)).all()


def test_nobody_asked_for_has_no_words():
    traffic = SimpleNamespace(account=np.array([0]), accounts=pl.Series(["a"]))
    assert weigh_words(pl.DataFrame({"text": ["ab cd"]}), traffic, np.zeros(0, dtype=np.int64)).weights.nnz == 0


def by_chance(seed, n=900, n_accounts=30, n_strata=5):
    """Return comments of some hours at some places, and the traffic that they are."""
    dice = np.random.default_rng(seed)
    account = np.where(dice.random(n) < 0.05, UNKNOWN, (n_accounts * dice.random(n) ** 2).astype(np.int64))
    traffic = SimpleNamespace(
        account=account, stratum=dice.integers(0, n_strata, n), n_strata=n_strata,
        time=dice.integers(0, 4 * twin.HOUR, n) // 20_000_000 * 20_000_000, has_time=dice.random(n) < 0.95,
        is_live=dice.random(n) < 0.05, precision_s=1, accounts=pl.Series([f"a{i:02}" for i in range(n_accounts)]),
    )  # fmt: skip
    usable = traffic.has_time & ~traffic.is_live & (account != UNKNOWN)
    comments = [
        {"row": r, "account": int(account[r]), "stratum": int(traffic.stratum[r]), "time": int(traffic.time[r])}
        for r in np.flatnonzero(usable).tolist()
    ]
    return traffic, comments


@pytest.mark.parametrize("seed", range(6))
def test_waves_are_those_of_a_loop_over_pairs_of_comments(seed):
    traffic, comments = by_chance(seed)
    dice = np.random.default_rng(seed)
    inside = np.array([20, 25, 29])[: seed % 4]
    excluded = np.isin(np.arange(30), [*inside, 3])
    shared = np.sort(dice.choice([c["row"] for c in comments if not excluded[c["account"]]], 12, replace=False))
    tied = np.unique(np.append(traffic.account[shared], 7))
    # One who is always there a moment later.
    moments = [c for c in comments if c["account"] in inside]
    for c, own in zip(moments, [c for c in comments if c["account"] == 5], strict=False):
        own["stratum"], own["time"] = c["stratum"], c["time"] + 60_000_000
        traffic.stratum[own["row"]], traffic.time[own["row"]] = own["stratum"], own["time"]
    held, exposed, rows = Waves(traffic).meet(inside, excluded, tied, shared)
    near, expected = twin.near_and_expected(
        comments, set(inside.tolist()), set(np.flatnonzero(excluded).tolist()), set(tied.tolist()), set(shared.tolist())
    )
    assert np.flatnonzero(exposed).tolist() == sorted(near)
    assert sorted(rows.tolist()) == sorted(c["row"] for c in comments if c.get("near"))
    slow = [a for a in sorted(near) if near[a] and stats.poisson.sf(near[a] - 1, expected[a]) <= WAVE_P]
    assert held.tolist() == slow


def test_coarse_times_make_no_waves():
    traffic, _ = by_chance(0)
    traffic.precision_s = 3_600
    held, exposed, rows = Waves(traffic).meet(
        np.array([25]), np.isin(np.arange(30), 25), np.zeros(0, int), np.zeros(0, int)
    )
    assert not len(held)
    assert not exposed.any()
    assert not len(rows)


def test_what_is_the_cores_is_what_a_loop_over_things_finds():
    dice = random.Random(4)
    n_rows = 300
    account = np.array([dice.choice([UNKNOWN, *range(25)]) for _ in range(n_rows)])
    traffic = SimpleNamespace(account=account, accounts=pl.Series([f"a{i:02}" for i in range(25)]))
    copies = [(dice.randrange(n_rows), dice.randrange(20)) for _ in range(90)]
    objects = [(dice.randrange(n_rows), f"o{dice.randrange(30)}") for _ in range(120)]
    clusters = SimpleNamespace(rows=np.array([r for r, _ in copies]), clusters=np.array([c for _, c in copies]), n=20)
    frame = pl.DataFrame(objects, schema={"row": pl.UInt32, "object": pl.String}, orient="row")
    inside, excluded = {1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6, 9}
    holders = defaultdict(set)
    for row, thing in copies + objects:
        holders[thing].add((row, int(account[row])))
    slow = set()
    for thing, held in holders.items():
        known = {a for _, a in held if a != UNKNOWN}
        least = 2 if isinstance(thing, str) else 1
        if len(known & inside) >= least and len(known - excluded) <= len(known & inside):
            slow |= {row for row, a in held if a != UNKNOWN and a not in excluded}
    flags = np.isin(np.arange(25), list(excluded))
    assert Holdings(traffic, clusters, frame).share(np.array(sorted(inside)), flags).tolist() == sorted(slow)
    assert slow


def test_shelves_and_slices_are_those_of_lists():
    dice = np.random.default_rng(5)
    codes = dice.integers(0, 9, 200)
    wanted = np.array([8, 0, 3, 3])
    slow = [i for code in wanted for i in range(200) if codes[i] == code]
    assert Shelves(codes, 10).take(wanted).tolist() == slow
    assert Shelves(codes, 10).take(np.array([9])).tolist() == []
    start, end = np.array([4, 9, 2]), np.array([6, 9, 5])
    assert expand(start, end).tolist() == [4, 5, 2, 3, 4]


def test_a_sample_by_hash_is_the_smallest_hashes_in_order():
    ranks = np.arange(1_000)
    hashes = [(r + 7) * 0x9E3779B97F4A7C15 % 2**64 for r in range(1_000)]
    hashes = [h ^ (h >> 31) for h in hashes]
    assert first_by_hash(ranks, 50, 7).tolist() == sorted(sorted(range(1_000), key=hashes.__getitem__)[:50])
    assert first_by_hash(ranks[:50], 50, 7).tolist() == list(range(50))
