import itertools
import random

import numpy as np
import polars as pl
import pytest
from twins import texts as twin
from twins.writing import han, reworded, sentence, words

from detector.config import TextConfig
from detector.schema import MARKS, MEMBERS, TEXTS
from detector.text import cluster_comments
from detector.text.characters import characters
from detector.text.laid import spell
from detector.text.normalise import normalise

CONFIG = TextConfig()
NEAR, LOOSE = CONFIG.similarity_min, CONFIG.similarity_min - CONFIG.cohesion_slack


@pytest.fixture
def cluster(comments_of):
    """Cluster bare texts; the result has a list of texts by row as `raw`."""

    def run(texts, config=CONFIG):
        comments = comments_of(texts)
        return cluster_comments(comments, config), comments["text"].to_list()

    return run


def families(found, raw):
    """Return the clusters as sets of raw texts."""
    return {frozenset(raw[row] for row in rows) for rows in found.members.group_by("cluster_id").agg("row")["row"]}


def together(found, pairs):
    """Return the share of pairs of rows that stand in one cluster."""
    home = dict(found.members.select("row", "cluster_id").iter_rows())
    return sum(home.get(a, a) == home.get(b, b) for a, b in pairs) / len(pairs)


def assert_cohesive(found):
    """Every cluster holds a text that all members are near to, and stated similarities are the true ones."""
    canonical = dict(found.texts.select("text_key", "canonical").iter_rows())
    for (_,), part in found.members.group_by("cluster_id"):
        sets = {key: twin.shingles(canonical[key]) for key in part["text_key"].unique()}
        stated = dict(part.select("text_key", "similarity").iter_rows())

        def is_medoid(centre, sets=sets, stated=stated):
            return all(
                stated[key] == pytest.approx(1.0 if key == centre else twin.jaccard(sets[key], sets[centre]), abs=1e-6)
                for key in sets
            )

        assert any(is_medoid(key) for key in sets if stated[key] == 1.0)
        assert min(stated.values()) >= LOOSE


def planted(dice, n_families=12, size=8, n_alone=150, share=0.08):
    """Write families of near copies among texts that stand alone, in no order."""
    texts = [sentence(dice, 25) for _ in range(n_alone)]
    for family in range(n_families):
        master = sentence(dice, 25) if family % 3 else han(dice, 60)
        texts += [
            reworded(dice, master, share) if family % 3 else master.replace(dice.choice(master), "啊")
            for _ in range(size)
        ]
    dice.shuffle(texts)
    return texts


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_near_copies_are_found_as_comparing_all_pairs_would(cluster, seed):
    found, raw = cluster(planted(random.Random(seed)))
    form = normalise(pl.Series(raw), pl.Series([], dtype=pl.String), max_text_chars=CONFIG.max_text_chars, seed=1)
    by_row = spell(form.chars, form.starts).to_list()
    pairs = twin.near_pairs(by_row, NEAR)
    assert len(pairs) > 200
    assert together(found, pairs) >= CONFIG.recall_at(NEAR)
    # Nothing is together that no chain of near copies joins.
    component = {row: i for i, rows in enumerate(twin.components(len(raw), pairs)) for row in rows}
    for (_,), part in found.members.group_by("cluster_id"):
        assert len({component[row] for row in part["row"]}) == 1
    assert_cohesive(found)


def test_a_chain_of_near_copies_is_cut(cluster):
    dice = random.Random(3)
    stream = words(dice, 200)
    links = [" ".join(stream[4 * i : 4 * i + 30]) for i in range(12)]
    found, raw = cluster(links)
    pairs = twin.near_pairs(raw, NEAR)
    assert all((raw.index(a), raw.index(b)) in pairs for a, b in itertools.pairwise(links))
    assert_cohesive(found)
    assert together(found, [(0, 11)]) == 0
    assert found.members["cluster_id"].n_unique() > 1


def test_a_bridge_does_not_merge_two_families(cluster):
    dice = random.Random(4)
    left, right = words(dice, 24), words(dice, 24)
    texts = [" ".join(left)] * 5 + [" ".join(right)] * 5
    texts += [" ".join(right[:k] + left[k:]) for k in range(2, 24, 2)]
    found, _ = cluster(texts)
    assert together(found, [(0, 5)]) == 0
    assert_cohesive(found)


@pytest.mark.parametrize("share", [0.06, 0.1, 0.12, 0.2])
def test_a_star_of_200_copies_holds_only_what_is_near_its_centre(cluster, share):
    dice = random.Random(5)
    centre = sentence(dice, 60)
    found, _ = cluster([centre] + [reworded(dice, centre, share) for _ in range(200)])
    assert_cohesive(found)


@pytest.mark.parametrize("share", [0.08, 0.12])
def test_all_near_copies_of_a_posted_original_join_it(cluster, share):
    dice = random.Random(5)
    centre = sentence(dice, 60)
    copies = [reworded(dice, centre, share) for _ in range(200)]
    assert min(twin.jaccard(twin.shingles(copy), twin.shingles(centre)) for copy in copies) > 0.7
    found, _ = cluster([centre, *copies])
    assert together(found, [(0, i) for i in range(1, 201)]) >= CONFIG.recall_at(0.7)


def test_identical_comments_are_one_cluster_and_one_text(cluster):
    text = sentence(random.Random(6))
    found, _ = cluster([text] * 20_000 + ["something else that nobody copies at all in here"])
    assert found.members["cluster_id"].n_unique() == 1
    assert found.members.height == 20_000
    assert found.members["similarity"].unique().to_list() == [1.0]
    assert found.texts["n_comments"].sort().to_list() == [1, 20_000]


SHORT = ["lol", "ok!", "+1", "...", "👍", "👍👍", "!", "no", "yes", "中国", "是", "lol no", "?!", "1", "❤️", "@me", "#a",
         "haha", "vote", "wow ok", "🙏", "。。。", "〜", "𝟙𝟚 a"]  # fmt: skip


def test_different_short_texts_never_meet_and_equal_ones_do(cluster):
    found, raw = cluster(SHORT + SHORT[:12])
    again = {text for rows in families(found, raw) for text in rows}
    assert set(SHORT[:12]) <= again
    for family in families(found, raw):
        assert len({twin_of(text) for text in family}) == 1, family


def test_short_texts_that_are_nearly_equal_do_not_meet(cluster):
    found, _ = cluster(["thank you much", "thank you much a", "thank you muck", "谢谢大家了", "谢谢大家"])
    assert found.members.is_empty()


def twin_of(text):
    """What a short text is compared as: one and +1 are the same number, masked."""
    return {"+1": "0", "1": "0"}.get(text, text.strip("!").lower() if text.strip("!") else text)


def test_texts_without_writing_and_records_without_text_are_in_no_cluster(comments_of):
    shared = [{"text": "", "url": f"https://example.org/{i}", "id": str(i), "author_id": str(i)} for i in range(5)]
    comments = comments_of([*shared, {"text": "vote now", "id": "v", "author_id": "v"}])
    assert comments.height == 6
    found = cluster_comments(comments, CONFIG)
    assert found.members.is_empty()
    assert found.marks.height == 1


def insert(*chars):
    return lambda text, dice: "".join(char + (dice.choice(chars) if dice.random() < 0.2 else "") for char in text)


def swap(plain, other, share=0.3):
    table = dict(zip(plain, other, strict=True))
    return lambda text, dice: "".join(table.get(c, c) if dice.random() < share else c for c in text)


def serial(dice, n=8, letters="abcdefghijklmnopqrstuvwxyz0123456789"):
    return "".join(dice.choice(letters) for _ in range(n))


DISGUISES = {
    "zero-width characters": (insert("\u200b", "\u200c", "\u2060", "\ufeff"), 1.0),
    "soft hyphens": (insert("\u00ad"), 1.0),
    "direction controls": (insert("\u202a", "\u202c", "\u200e", "\u2066"), 1.0),
    "look-alikes": (swap("aeiopcsx", "аеіорсѕх"), 1.0),
    "full-width letters": (lambda text, dice: "".join(chr(ord(c) + 0xFEE0) if c > " " else c for c in text), 1.0),
    "letters for mathematics": (
        lambda text, dice: "".join(chr(ord(c) + 0x1D3B9) if "a" <= c <= "z" else c for c in text), 1.0),
    "case": (lambda text, dice: "".join(dice.choice([c, c.upper()]) for c in text), 1.0),
    "accents": (insert("\u0301", "\u0308", "\u0302"), 1.0),
    "punctuation": (
        lambda text, dice: "".join(dice.choice([", ", "... ", " - "]) if c == " " else c for c in text), 1.0),
    "plus signs": (lambda text, dice: text.replace(" ", "+"), 1.0),
    "a mention before": (lambda text, dice: f"@{serial(dice)} {text}", 1.0),
    "a target before": (lambda text, dice: f"Jane Doe: {text}", 1.0),
    "an address after": (lambda text, dice: f"{text} https://t.example/{serial(dice)}", 1.0),
    "hashtags after": (lambda text, dice: f"{text} #{serial(dice)} #{serial(dice)}", 1.0),
    "emoji": (lambda text, dice: text.replace(" ", dice.choice([" 😡 ", " 👏🏽 ", " 🇨🇦 "])), 1.0),
    "a number": (lambda text, dice: f"{text} {dice.randint(100, 10**9)}", 0.95),
    "a random tail": (lambda text, dice: f"{text} {serial(dice)}", 0.95),
    "a serial before": (lambda text, dice: f"{serial(dice)} {text}", 0.95),
    "digits for letters": (swap("oizeast", "0123457", share=0.15), 0.8),
}  # fmt: skip


@pytest.mark.parametrize(("disguise", "recall_min"), DISGUISES.values(), ids=DISGUISES)
def test_a_disguised_copy_joins_its_original(comments_of, disguise, recall_min):
    dice = random.Random(7)
    originals = [sentence(dice, 20) for _ in range(60)]
    texts = originals + [disguise(text, dice) for text in originals]
    comments = comments_of(
        {"text": text, "id": f"{i:03d}", "author_id": str(i), "target": "x:Jane Doe"} for i, text in enumerate(texts)
    )
    assert comments["text"].to_list() == texts
    found = cluster_comments(comments, CONFIG)
    assert together(found, [(i, i + 60) for i in range(60)]) >= recall_min
    strangers = [(i, j) for i in range(60) for j in range(60) if i != j]
    assert together(found, [(i, j + 60) for i, j in strangers]) == 0


def test_traditional_and_simplified_chinese_meet(cluster):
    simplified = "国会议员应当听从选民的声音并对这个问题负责任地给出说明"
    traditional = "國會議員應當聽從選民的聲音並對這個問題負責任地給出說明"
    found, _ = cluster([simplified, traditional])
    assert found.members["text_key"].n_unique() == 1


def test_a_dump_is_clustered_alike_whatever_the_process_has_seen_before(cluster):
    traditional = "國會議員應當聽從選民的聲音並對這個問題負責任地給出說明"
    characters.cache_clear()
    fresh, _ = cluster([traditional, traditional[:-3]])
    cluster(["国会议员应当听从选民的声音并对这个问题负责任地给出说明"])
    again, _ = cluster([traditional, traditional[:-3]])
    assert fresh.texts.equals(again.texts)
    assert fresh.members.equals(again.members)


SCRIPTS = {
    "Latin": (0x61, 0x7A), "Greek": (0x3B1, 0x3C9), "Cyrillic": (0x430, 0x44F), "Armenian": (0x561, 0x586),
    "Hebrew": (0x5D0, 0x5EA), "Arabic": (0x628, 0x648), "Devanagari": (0x915, 0x939), "Thai": (0xE01, 0xE2E),
    "Georgian": (0x10D0, 0x10F0), "Hangul": (0xAC00, 0xD7A3), "Kana": (0x3042, 0x3093), "Han": (0x4E00, 0x9FA5),
}  # fmt: skip


def test_unrelated_texts_in_twelve_scripts_never_merge(cluster):
    dice = random.Random(9)
    texts = [
        " ".join("".join(chr(dice.randint(*SCRIPTS[name])) for _ in range(dice.randint(2, 7))) for _ in range(n_words))
        for name in SCRIPTS
        for n_words in (2, 6, 15, 30)
        for _ in range(20)
    ]
    found, _ = cluster(texts)
    assert found.members.is_empty()


def test_clusters_do_not_depend_on_the_order_of_comments(comments_of):
    dice = random.Random(10)
    records = [{"text": text, "id": str(i), "author_id": str(i)} for i, text in enumerate(planted(dice))]
    frames = []
    for _ in range(3):
        comments = comments_of(records)
        # Rows shuffled under the feet of the wing: numbers go with their comments.
        shuffled = comments.sample(fraction=1, shuffle=True, seed=dice.randint(0, 999))
        found = cluster_comments(shuffled, CONFIG)
        frames.append((found.texts, found.marks, found.members))
        dice.shuffle(records)
    for frame in frames[1:]:
        assert all(a.equals(b) for a, b in zip(frames[0], frame, strict=True))


def test_clusters_do_not_depend_on_the_size_of_blocks_or_on_threads(comments_of, monkeypatch):
    dice = random.Random(14)
    texts = planted(dice, n_families=6, n_alone=40)
    # Copies that a disguise alone sets apart stand beside their originals, in one block and in several.
    comments = comments_of([change(text) for text in texts for change in (str, str.upper, "@someone {}".format)][:200])
    whole = cluster_comments(comments, CONFIG)
    assert whole.members.height > 100
    for size, processors in ((1, 1), (600, 2), (1 << 20, 1)):
        monkeypatch.setattr("os.cpu_count", lambda processors=processors: processors)
        monkeypatch.setattr("detector.text.cluster.BLOCK_BYTES", size)
        monkeypatch.setattr("detector.text.compare._BLOCK_TEXTS", size)
        cut = cluster_comments(comments, CONFIG)
        assert whole.texts.equals(cut.texts)
        assert whole.marks.equals(cut.marks)
        assert whole.members.equals(cut.members)


def test_signatures_may_lie_in_a_file(comments_of, tmp_path):
    comments = comments_of(planted(random.Random(15), n_families=3, n_alone=20))

    def on_disk(shape, dtype):
        return np.lib.format.open_memmap(tmp_path / "signatures.npy", mode="w+", shape=shape, dtype=dtype)

    assert cluster_comments(comments, CONFIG, allocate=on_disk).members.equals(
        cluster_comments(comments, CONFIG).members
    )
    assert np.load(tmp_path / "signatures.npy").shape == (comments["text"].n_unique(), CONFIG.n_permutations)


def test_clusters_keep_their_names_and_members_when_unrelated_comments_come(comments_of):
    dice = random.Random(11)
    texts = planted(dice)
    alone = cluster_comments(comments_of(texts), CONFIG)
    more = texts + [sentence(dice, 25) for _ in range(400)] + planted(dice, n_alone=0)
    beside = cluster_comments(comments_of(more), CONFIG)
    assert alone.members.height > 80
    assert beside.members.filter(pl.col("row") < len(texts)).equals(alone.members)


def test_a_target_elsewhere_with_an_ordinary_name_does_not_rename_clusters(comments_of):
    text = "please keep the bridge open to all of us this winter"
    records = [{"text": text, "id": str(i), "author_id": str(i), "target": "x:elm_ward"} for i in range(5)]
    other = {"text": "lovely photograph of a heron", "id": "9", "author_id": "9", "target": "reddit:winter"}
    alone, beside = (cluster_comments(comments_of(part), CONFIG) for part in (records, [*records, other]))
    assert beside.members["cluster_id"].unique().to_list() == alone.members["cluster_id"].unique().to_list()


def test_information_grows_with_length_and_not_with_repetition(cluster):
    dice = random.Random(12)
    short, long, chinese = sentence(dice, 4), sentence(dice, 20), han(dice, 40)
    chant = "vote now " * 15
    found, _ = cluster(
        [text for text in (short, long, chinese, chant, "alone " + sentence(dice)) for _ in range(2)][:-1]
    )
    bits = dict(found.texts.select("canonical", "information_bits").iter_rows())
    assert bits[short] < CONFIG.information_min_bits * 2 < bits[long]
    assert bits[chinese] > CONFIG.information_min_bits
    assert bits[chant.strip()] < CONFIG.information_min_bits
    # Of a text that stands alone nobody asks how it reads or what it says.
    assert found.texts.filter(pl.col("canonical").is_null())["information_bits"].to_list() == [None]
    assert found.texts["information_bits"].null_count() == 1


def test_no_comments_make_lawful_empty_frames(comments_of):
    found = cluster_comments(comments_of([]), CONFIG)
    for frame, schema in ((found.texts, TEXTS), (found.marks, MARKS), (found.members, MEMBERS)):
        assert schema.check(frame).is_empty()
