import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import texts as twin
from twins.writing import han, reworded, sentence, words

from detector.config import TextConfig
from detector.text import cluster_texts
from detector.text.bands import buckets
from detector.text.laid import lay, spell, starts_of
from detector.text.repeats import collapse

CONFIG = TextConfig()
ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\n"), max_size=12)


def clusters(texts, config=CONFIG):
    """Return the sets of positions that share a cluster, and the similarities."""
    labels, similarity = cluster_texts(pl.Series(texts, dtype=pl.String), config)
    return {rows for rows in twin.groups(labels.tolist()) if len(rows) > 1}, labels, similarity


def families(dice, n=40, size=5):
    """Write texts and copies of them in which from none to a third of the words is another."""
    texts = []
    for family in range(n):
        master = sentence(dice, 30) if family % 4 else han(dice, 70)
        texts.append(master)
        texts += [reworded(dice, master, dice.random() / 3) if family % 4 else master[dice.randint(0, 12) :]
                  for _ in range(size - 1)]  # fmt: skip
    dice.shuffle(texts)
    return texts


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_near_copies_are_found_as_comparing_all_pairs_would(seed):
    texts = families(random.Random(seed))
    found, labels, similarity = clusters(texts)
    pairs = twin.near_pairs(texts, 0.7)
    assert len(pairs) > 100
    assert np.mean([labels[a] == labels[b] for a, b in pairs]) >= 0.98
    # No stranger is in a cluster: near copies join any two of its texts, and all are near their centre.
    component = {i: n for n, part in enumerate(twin.components(len(texts), twin.near_pairs(texts, 0.65))) for i in part}
    assert all(len({component[i] for i in part}) == 1 for part in found)
    for text, label, stated in zip(texts, labels, similarity, strict=True):
        true = 1.0 if text == texts[label] else twin.jaccard(twin.shingles(text), twin.shingles(texts[label]))
        assert stated == pytest.approx(true)
        assert stated >= CONFIG.similarity_min - CONFIG.cohesion_slack


def test_texts_are_taken_as_they_are():
    text = sentence(random.Random(4), 20)
    assert clusters([text, text.upper(), text])[1].tolist() == [0, 1, 0]


def test_a_long_text_is_compared_on_its_first_characters():
    dice = random.Random(5)
    start = sentence(dice, 20)
    texts = [start + sentence(dice, 2_000), start + sentence(dice, 2_000), start]
    assert not clusters(texts)[0]
    assert clusters(texts, TextConfig(max_text_chars=len(start)))[1].tolist() == [0, 0, 0]


def test_no_texts_have_no_clusters():
    labels, similarity = cluster_texts(pl.Series([], dtype=pl.String), CONFIG)
    assert (labels.shape, similarity.shape) == ((0,), (0,))


HOSTILE = {
    "one shingle repeated": [letter * (40 + n) for letter in "abcdefghij" for n in range(30)],
    "few shingles repeated": [(a + b) * (20 + n) for a in "abcde" for b in "vwxyz" for n in range(9)],
}


@pytest.mark.parametrize("texts", HOSTILE.values(), ids=HOSTILE)
def test_texts_of_few_shingles_meet_only_their_like(texts):
    assert all(len({frozenset(texts[i]) for i in part}) == 1 for part in clusters(texts)[0])


def test_strangers_built_to_share_every_bucket_are_no_cluster(monkeypatch):
    dice = random.Random(6)
    texts = [sentence(dice, 20) for _ in range(600)]
    monkeypatch.setattr("detector.text.bands._hash_columns", lambda _columns, key: key.fill(7))
    assert not clusters(texts)[0]


def test_a_chain_of_near_copies_is_cut():
    stream = words(random.Random(3), 200)
    found, _, similarity = clusters([" ".join(stream[4 * i : 4 * i + 30]) for i in range(12)])
    assert len(found) > 1
    assert similarity.min() >= CONFIG.similarity_min - CONFIG.cohesion_slack


def test_buckets_hold_who_agrees_throughout_a_band():
    random = np.random.default_rng(7)
    signatures = random.integers(0, 2, size=(60, 12), dtype=np.uint32)
    at = random.permutation(60)[:50]
    for band, packed in enumerate(buckets(signatures, at, band_rows=4)):
        values = [tuple(signatures[i, 4 * band : 4 * band + 4]) for i in at]
        expected = {rows for rows in twin.groups(values) if len(rows) > 1}
        number = (packed >> np.uint64(32)).tolist()
        members = (packed & np.uint64(2**32 - 1)).tolist()
        assert sorted(packed.tolist()) == packed.tolist()
        assert {frozenset(members[i] for i in rows) for rows in twin.groups(number)} == expected


@given(st.lists(ANY_TEXT, max_size=12))
@settings(max_examples=60)
def test_equal_texts_are_collapsed(texts):
    first, number = collapse(pl.Series(texts, dtype=pl.String))
    assert first.tolist() == sorted(texts.index(text) for text in set(texts))
    assert [texts[first[i]] for i in number] == texts


def test_texts_whose_hashes_collide_are_told_apart(monkeypatch):
    monkeypatch.setattr(pl.Series, "hash", lambda self: pl.Series([1] * len(self), dtype=pl.UInt64))
    texts = ["b", "a", "b", "", "c", "a"]
    first, number = collapse(pl.Series(texts))
    assert (first.tolist(), number.tolist()) == ([0, 1, 3, 4], [0, 1, 0, 2, 3, 1])


@given(st.lists(ANY_TEXT, max_size=8))
@settings(max_examples=60)
def test_texts_laid_end_to_end_are_spelt_again(texts):
    chars, starts = lay(pl.Series(texts, dtype=pl.String))
    assert starts.tolist() == starts_of(np.array([len(text) for text in texts], dtype=np.int64)).tolist()
    assert spell(chars, starts).to_list() == texts
