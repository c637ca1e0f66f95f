import networkx
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins import texts as twin

from detector.config import TextConfig
from detector.text.characters import characters
from detector.text.compare import Shelf, distinct
from detector.text.neighbours import components, count_equal, link_neighbours
from detector.text.sketch import Shingles, shingle, sketch

WRITING = st.text(alphabet="abcde 0éßжзאمकกあアㄅ中国人们한글𠀀", max_size=40)


def as_chars(texts):
    """Lay texts end to end, their characters known, as `normalise` leaves them."""
    chars = np.array([ord(char) for text in texts for char in text], dtype=np.uint32)
    characters().learn(chars)
    return chars, np.cumsum([0, *map(len, texts)]).astype(np.int64)


def shingles_of_sets(sets):
    hashes = [np.fromiter(values, dtype=np.uint32) for values in sets]
    return Shingles(
        np.concatenate([np.zeros(0, np.uint32), *hashes]), np.cumsum([0, *map(len, hashes)]).astype(np.int64)
    )


def link(signatures, sets, **settings):
    """Link hash sets, in an order of their own, compared as sets."""
    order = np.random.default_rng(0).permutation(len(sets))
    where = np.argsort(order)

    def similarity(left, right):
        return np.array([twin.jaccard(sets[i], sets[j]) for i, j in zip(order[left], order[right], strict=True)])

    return link_neighbours(signatures, order, similarity, **settings)[where]


def pairs_at(random, similarity, n_pairs, n_union=120):
    """Draw pairs of hash sets, one after the other, whose Jaccard similarity is `similarity` to the last element."""
    n_shared = round(similarity * n_union)
    sets = []
    for values in random.integers(0, 2**32, size=(n_pairs, n_union), dtype=np.uint32):
        middle = n_shared + (n_union - n_shared) // 2
        sets += [values[:middle], np.concatenate([values[:n_shared], values[middle:]])]
    return sets, n_shared / n_union


@given(st.lists(WRITING, max_size=6))
@settings(max_examples=60)
def test_shingles_are_the_slices_of_a_text_with_lengths_by_script(texts):
    found = shingle(*as_chars(texts), length=5, length_han=2)
    slices = [twin.shingles(text) for text in texts]
    assert found.count().tolist() == [len(each) for each in slices]
    # A hash stands for its slice, whatever text and place it comes from, and different slices have different hashes.
    name = {}
    for value, text in zip(found.hashes.tolist(), [s for each in slices for s in each], strict=True):
        assert name.setdefault(text, value) == value
    assert len(set(name.values())) == len(name)


@pytest.mark.parametrize(("text", "n"), [("", 0), ("abcd", 0), ("abcde", 1), ("中", 0), ("中国", 1), ("a中国b", 2)])
def test_a_text_shorter_than_its_shingle_has_none(text, n):
    assert shingle(*as_chars([text]), length=5, length_han=2).count().tolist() == [n]


def test_shingles_do_not_reach_into_the_next_text():
    alone = shingle(*as_chars(["abcdefg"]), length=5, length_han=2).hashes
    beside = shingle(*as_chars(["abcdefg", "hijklmn", "中"]), length=5, length_han=2)
    assert beside.hashes[: beside.starts[1]].tolist() == alone.tolist()
    assert beside.count().tolist() == [3, 3, 0]


def test_shingles_do_not_depend_on_the_size_of_blocks(monkeypatch):
    laid = as_chars(["", "vote now or never", "中国人们中国", "", "a", "one more line of text"])
    whole = shingle(*laid, length=5, length_han=2)
    for size in (1, 7, 20):
        monkeypatch.setattr("detector.text.sketch._BLOCK_CHARS", size)
        cut = shingle(*laid, length=5, length_han=2)
        assert (cut.hashes.tolist(), cut.starts.tolist()) == (whole.hashes.tolist(), whole.starts.tolist())


@pytest.mark.parametrize(("n_permutations", "seed"), [(1, 1), (64, 1), (128, 7)])
def test_signatures_equal_those_of_datasketch_bit_for_bit(n_permutations, seed):
    random = np.random.default_rng(seed)
    sizes = [0, 1, 2, 0, 40, 300, 0]
    sets = [random.integers(0, 2**32, size=size, dtype=np.uint32) for size in sizes]
    sets[4] = np.concatenate([sets[4], sets[4]])  # repeats do not matter
    sets[1][:] = 2**32 - 1
    found = sketch(shingles_of_sets(sets), n_permutations=n_permutations, seed=seed)
    for row, values in zip(found, sets, strict=True):
        assert row.tolist() == twin.signature(values.tolist(), n_permutations, seed).tolist()


def test_signatures_do_not_depend_on_the_size_of_blocks(monkeypatch):
    random = np.random.default_rng(3)
    shingles = shingles_of_sets([random.integers(0, 2**32, size=n, dtype=np.uint32) for n in [*range(40), 0, 500, 0]])
    whole = sketch(shingles, n_permutations=16, seed=1)
    for size in (1, 7, 64):
        monkeypatch.setattr("detector.text.sketch._BLOCK_CHARS", size)
        assert np.array_equal(sketch(shingles, n_permutations=16, seed=1), whole)


def test_no_texts_have_no_signatures():
    assert sketch(shingles_of_sets([]), n_permutations=8, seed=1).shape == (0, 8)


@given(st.lists(st.text(alphabet="ab 中国", max_size=14), min_size=1, max_size=8), st.integers(1, 30))
@settings(max_examples=60)
def test_jaccard_equals_that_of_sets_of_slices(texts, block):
    n = len(texts)
    left, right = (side.ravel() for side in np.indices((n, n)))
    shelf = Shelf(pl.Series(texts).gather, n, TextConfig(shingle_chars=3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("detector.text.compare._BLOCK_SHINGLES", block)
        patch.setattr("detector.text.compare._SORTED_AT_ONCE", block)
        found = shelf.jaccard(left, right)
    sets = [twin.shingles(text, length=3) for text in texts]
    expected = [1.0 if i == j else twin.jaccard(sets[i], sets[j]) for i, j in zip(left, right, strict=True)]
    assert found.tolist() == pytest.approx(expected)


def test_a_shelf_reads_every_text_once_and_only_those_asked_for(monkeypatch):
    monkeypatch.setattr("detector.text.compare._BLOCK_TEXTS", 2)
    texts, read = pl.Series([f"text number {i}" for i in range(9)]), []

    def note(numbers):
        read.extend(numbers.tolist())
        return texts.gather(numbers)

    shelf = Shelf(note, 9, TextConfig())
    asked = [[7, 1, 7], [], [1, 3], [8, 7, 3, 1, 5]]
    assert [shelf.texts(np.array(each, dtype=np.int64)).to_list() for each in asked] == [
        [f"text number {i}" for i in each] for each in asked
    ]
    assert sorted(read) == [1, 3, 5, 7, 8]


@given(st.lists(st.lists(st.integers(0, 5), max_size=9), max_size=6))
def test_distinct_shingles_are_those_of_sets(sets):
    hashes, counts = distinct(shingles_of_sets(sets))
    assert hashes.tolist() == [value for values in sets for value in sorted(set(values))]
    assert counts.tolist() == [len(set(values)) for values in sets]


@pytest.mark.parametrize("k", [1, 7, 64, 300])
def test_equal_values_of_signatures_are_counted(k):
    left, right = np.random.default_rng(2).integers(0, 2, size=(2, 50, k), dtype=np.uint32)
    assert count_equal(left, right).tolist() == [
        sum(a == b for a, b in zip(*pair, strict=True)) for pair in zip(left, right, strict=True)
    ]


@given(st.integers(1, 30).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=30))
))  # fmt: skip
@settings(max_examples=60)
def test_components_equal_those_of_networkx_and_of_breadth_first_search(graph):
    n, edges = graph
    left, right = (np.array([edge[side] for edge in edges], dtype=np.int64) for side in (0, 1))
    theirs = networkx.Graph(edges)
    theirs.add_nodes_from(range(n))
    found = twin.groups(components(n, left, right).tolist())
    assert found == set(map(frozenset, networkx.connected_components(theirs)))
    assert found == set(map(frozenset, twin.components(n, edges)))


@pytest.mark.parametrize("similarity", [0.5, 0.6, 0.65, 0.7, 0.8, 0.9, 0.95])
def test_recall_follows_the_computed_curve_of_the_bands(similarity):
    config = TextConfig()
    n_pairs = 1_000
    sets, exact = pairs_at(np.random.default_rng(5), similarity, n_pairs)
    shingles = shingles_of_sets(sets)
    signatures = sketch(shingles, n_permutations=config.n_permutations, seed=config.seed)
    labels = link(signatures, sets, band_rows=config.band_rows, similarity_min=exact - 1e-9)
    met = labels[::2] == labels[1::2]
    banded = [
        twin.shares_a_band(a, b, config.band_rows) for a, b in zip(signatures[::2], signatures[1::2], strict=True)
    ]
    assert met.mean() == pytest.approx(config.recall_at(exact), abs=0.03)
    # What bands bring together and Jaccard confirms is linked, but for the one in 30,000 of the signature filter.
    assert (met != np.array(banded)).sum() <= 2
    assert len(np.unique(labels)) == 2 * n_pairs - met.sum()


def test_recall_at_the_threshold_is_promised_to_be_95_percent():
    config = TextConfig()
    assert config.recall_at(config.similarity_min) >= 0.95


def test_no_pair_below_the_threshold_is_ever_linked():
    sets, exact = pairs_at(np.random.default_rng(6), 0.64, 1_000)
    shingles = shingles_of_sets(sets)
    signatures = sketch(shingles, n_permutations=64, seed=1)
    assert exact < 0.65
    labels = link(signatures, sets, band_rows=4, similarity_min=0.65)
    assert len(np.unique(labels)) == len(sets)


def test_texts_built_to_share_a_bucket_do_not_hide_a_family_in_it():
    """A bucket of strangers costs each of its members a few comparisons; families in it still meet in other bands."""
    random = np.random.default_rng(8)
    n_strangers = 400
    sets = [random.integers(0, 2**32, size=60, dtype=np.uint32) for _ in range(n_strangers)]
    family = random.integers(0, 2**32, size=60, dtype=np.uint32)
    sets += [np.concatenate([family[:57], random.integers(0, 2**32, size=3, dtype=np.uint32)]) for _ in range(20)]
    shingles = shingles_of_sets(sets)
    signatures = sketch(shingles, n_permutations=64, seed=1)
    signatures[:, :4] = 7  # one band that all share
    labels = link(signatures, sets, band_rows=4, similarity_min=0.65)
    assert len(set(labels[n_strangers:].tolist())) == 1
    assert len(set(labels.tolist())) == n_strangers + 1


def test_strangers_that_share_several_bands_are_compared_once():
    random = np.random.default_rng(3)
    signatures = random.integers(0, 2**32, size=(50, 64), dtype=np.uint32)
    # Alike enough to be looked at, in half of all bands and nowhere else.
    signatures[:, :32] = signatures[0, :32]
    asked = []

    def similarity(left, right):
        asked.extend(frozenset(pair) for pair in zip(left.tolist(), right.tolist(), strict=True))
        return np.zeros(len(left))

    labels = link_neighbours(signatures, np.arange(50), similarity, band_rows=4, similarity_min=0.65)
    assert labels.tolist() == list(range(50))
    # Four rounds: 49 pairs, then one fewer each time.
    assert len(asked) == len(set(asked)) == 49 + 48 + 47 + 46
