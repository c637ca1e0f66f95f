import json
import random
from collections import Counter, defaultdict
from itertools import combinations, product

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.accuracy import coshare, exact, minhash, sheet, similar, toolkit
from benchmarks.accuracy.figures import draw_weights, figures
from benchmarks.accuracy.mixtures import SEEDS, Campaign, Mixture, Organic
from detector.ingest.read import read_comments
from detector.lab.scenes import read_recipe


def of(*records):
    """COMMENTS of (author, second, text)."""
    return read_comments(
        {"id": str(i), "author_id": author, "created_at": 1_700_000_000 + second, "text": text}
        for i, (author, second, text) in enumerate(records)
    ).comments


def scores(ranking):
    return {account.removeprefix("other:"): score for account, score, *_ in ranking.scores.rows() if score}


def flagged(ranking):
    return {name.removeprefix("other:") for name in ranking.scores.filter("flagged")["account"]}


def test_figures_are_those_of_scikit_learn_for_every_draw():
    rng = np.random.default_rng(5)
    label = rng.integers(2, size=60)
    score = rng.integers(6, size=60) / 5 + label * 0.2
    flags = score > 0.9
    weights = draw_weights(60, seed=3, n_draws=40)
    found = figures(label, score, flags, weights)
    expected = [average_precision_score(label, score, sample_weight=row) for row in weights]
    areas = [roc_auc_score(label, score, sample_weight=row) for row in weights]
    assert found.draws == pytest.approx(expected[1:])
    assert found.average_precision.value == pytest.approx(expected[0], abs=1e-4)
    assert found.roc_auc.value == pytest.approx(areas[0], abs=1e-4)
    low, high = np.percentile(areas[1:], [2.5, 97.5])
    assert (found.roc_auc.low, found.roc_auc.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
    assert found.precision.value == pytest.approx(label[flags].mean(), abs=1e-4)
    assert found.recall.value == pytest.approx(flags[label == 1].mean(), abs=1e-4)
    assert found.flagged_wrongly == (flags & (label == 0)).sum()


def test_draws_are_of_accounts_and_repeat():
    weights = draw_weights(50, seed=1)
    assert set(weights[0]) == {1}
    assert set(weights.sum(axis=1)) == {50}
    assert (weights == draw_weights(50, seed=1)).all()
    assert len(np.unique(weights, axis=0)) == 201


def test_a_method_that_flags_nobody_has_no_precision():
    found = figures(np.array([0, 1, 1]), np.zeros(3), np.zeros(3, dtype=bool), draw_weights(3, seed=1))
    assert (found.precision.value, found.recall.value, found.roc_auc.value) == (None, 0.0, 0.5)


def test_exact_copies_and_near_copies():
    comments = of(
        ("a", 0, "Shame on all of them, and on you"), ("b", 9, "shame on  all of them, and on you"),
        ("c", 9, "Shame on all of them, and on you!!"), ("d", 9, "My tea is cold"), ("d", 99, "My tea is cold"),
    )  # fmt: skip
    assert scores(exact.rank(comments)) == {"a": 1, "b": 1}
    pytest.importorskip("datasketch")
    assert scores(minhash.rank(comments)) == {"a": 1, "b": 1, "c": 1}
    assert flagged(minhash.rank(comments)) == {"a", "b", "c"}


def test_the_rule_of_shared_objects_agrees_with_all_pairs_by_hand():
    dice = random.Random(8)
    records = [(f"u{dice.randrange(12)}", dice.randrange(1_500), f"text {dice.randrange(9)}") for _ in range(150)]
    posts = [(author, second, text, i) for i, (author, second, text) in enumerate(records)]
    pairs = [
        (one, other)
        for one, other in combinations(posts, 2)
        if one[2] == other[2] and one[0] != other[0] and abs(one[1] - other[1]) <= 60
    ]
    taking_part = Counter(post[0] for post in {post for pair in pairs for post in pair})
    shared = defaultdict(set)
    for one, other in pairs:
        if taking_part[one[0]] >= 2 or taking_part[other[0]] >= 2:
            shared[tuple(sorted((one[0], other[0])))].add(one[2])
    expected = Counter()
    for pair, objects in shared.items():
        expected.update(dict.fromkeys(pair, len(objects)))
    ranking = coshare.rank(of(*records))
    assert scores(ranking) == expected
    middle = np.quantile([len(objects) for objects in shared.values()], 0.5, method="nearest")
    assert flagged(ranking) == {name for pair, objects in shared.items() if len(objects) > middle for name in pair}


def test_similar_accounts_keep_the_strongest_pairs_only():
    words = [f"word{i}" for i in range(300)]
    dice = random.Random(2)
    records = [(f"u{i}", i, " ".join(dice.sample(words, 12))) for i in range(38)]
    records += [("twin1", 90, " ".join(words[:12])), ("twin2", 99, " ".join(words[:12]))]
    ranking = similar.by_degree(of(*records))
    ordered = ranking.scores.sort("score", descending=True)["account"].to_list()
    assert set(ordered[:2]) == {"other:twin1", "other:twin2"}
    # Half a per cent of the 780 pairs of 40 accounts: four.
    assert 2 <= (ranking.scores["score"] > 0).sum() <= 8
    assert similar.by_centrality(of(*records)).scores.sort("score")["account"][-1] in ordered[:2]


@pytest.mark.parametrize(("kind", "near"), [("co_tweet", 1), ("co_similar_tweet", 2)])
def test_the_toolkit_runs_as_it_is_where_it_is_installed(kind, near):
    pytest.importorskip("coordination_network_toolkit", reason="installed by `make bench-accuracy` only")
    said = [" ".join(f"{topic}{i}" for i in range(12)) for topic in ("alpha", "beta")]
    records = [(author, at + 1_000 * n, text) for (n, text), (author, at) in
               product(enumerate(said), [("a", 0), ("b", 30)])]  # fmt: skip
    records += [("c", 20, said[0] + " too"), ("d", 500, said[0]), ("e", 1, "@a"), ("f", 2, "@b")]
    ranking = toolkit.ranker(kind, 60)(of(*records))
    expected = {"a": 2, "b": 2} if near == 1 else {"a": 3, "b": 3, "c": 2}
    assert scores(ranking) == expected
    assert flagged(ranking) == {"a", "b"}


def test_mixtures_hold_the_share_that_they_are_named_for():
    quiet = Organic("quiet", SEEDS / "0019-quiet.toml", 0.1)
    for name, share in (("0001-mp-reply-flood-2023", 0.05), ("0002-wechat-articles-2023", 0.2)):
        injected = Mixture(quiet, Campaign(name, SEEDS / f"{name}.toml"), share).build(10_000)
        labels = injected.truth.group_by("account").agg(pl.col("label").max())["label"]
        assert labels.mean() == pytest.approx(share, abs=0.01)


def test_reworded_recipes_are_lawful_and_copy_less():
    def copies(share):
        found = Campaign("A", SEEDS / "0001-mp-reply-flood-2023.toml", share).load(60).comments
        return scores(exact.rank(found.with_columns(text=pl.col("text").str.replace_all(r"https?://\S+|@\S+", ""))))

    assert sum(copies(0.9).values()) < 0.2 * sum(copies(0.0).values())
    book, _ = read_recipe(SEEDS / "0001-mp-reply-flood-2023.toml")
    assert "reworded" not in book.campaign[0].text_mix


def test_rows_replace_those_of_their_name_and_the_readme_follows(tmp_path):
    results = tmp_path / "benchmarks" / "results"
    results.mkdir(parents=True)
    (tmp_path / "README.md").write_text("before\n<!-- mixtures -->\nold\n<!-- /mixtures -->\nafter\n")

    def row(name, value):
        figure = {"average_precision": [value, 0.1, 0.9], "roc_auc": [value] * 3, "precision": [None] * 3,
                  "recall": [0.0] * 3, "flagged_wrongly": 0}  # fmt: skip
        methods = {"ours": figure, "other": {"skipped": "not installed"}}
        return {"id": name, "campaign_accounts": 3, "organic_accounts": 97, "methods": methods}

    titles = {"ours": "ours", "other": "Other"}
    sheet.write([row("real one", 0.2), row("A", 0.3)], titles, tmp_path)
    sheet.write([row("A", 0.5)], titles, tmp_path)
    rows = json.loads((results / "mixtures.json").read_text())["rows"]
    assert [(row["id"], row["methods"]["ours"]["average_precision"][0]) for row in rows] == [
        ("A", 0.5),
        ("real one", 0.2),
    ]
    assert (
        "| A | 3 / 97 | **0.50** (0.10–0.90) | 0.50 | – | 0.00 | 0 | (not installed) |"
        in (results / "mixtures-all.md").read_text()
    )
    table = (results / "mixtures.md").read_text()
    assert "| A | **0.50** (0.10–0.90) | – | – | 0.00 | 0 of 97 |" in table
    assert (tmp_path / "README.md").read_text() == f"before\n<!-- mixtures -->\n{table}<!-- /mixtures -->\nafter\n"
