import json
import random
import sys
from itertools import combinations, pairwise

import numpy as np
import polars as pl
import pytest

from benchmarks import compare
from benchmarks.speed import cache, coshare, hostile, measure, peers, scans, scenarios, similarity, tables, texts
from benchmarks.speed.measure import Measured
from benchmarks.speed.outcome import Goal, Outcome, ratio
from detector.text.sketch import shingle, sketch

WORDS = [f"{a}{b}{c}" for a in ("ka", "lo", "mi", "ne") for b in ("ra", "su", "to") for c in ("n", "sk", "bel", "dor")]


def jaccard(a, b):
    a, b = peers.shingle_set(a), peers.shingle_set(b)
    return len(a & b) / len(a | b)


def sentence(rng, n=14):
    return " ".join(rng.choice(WORDS) for _ in range(n))


def diverse(n):
    rng = random.Random(5)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(500)]
    return [" ".join(rng.sample(words, 14)) for _ in range(n)]


@pytest.fixture
def workload(tmp_path, monkeypatch):
    """Sixty texts of which many are near copies of one another, kept where the benchmark looks for its workloads."""
    monkeypatch.setenv("DETECTOR_BENCH_DIR", str(tmp_path))
    rng = random.Random(3)
    lines = []
    for _ in range(12):
        line = sentence(rng)
        lines += [line, line[:-9], line[:-25], f"{line} {sentence(rng, 2)}", sentence(rng)]
    path = cache.keep("toy", lambda draft: pl.DataFrame({"text": lines}).write_parquet(draft / "texts.parquet"))
    return path / "texts.parquet", lines


def test_brute_force_finds_every_pair_that_a_loop_finds(workload):
    path, lines = workload
    pairs, found = similarity.true_pairs(path)
    slow = {(i, j): jaccard(lines[i], lines[j]) for i, j in combinations(range(len(lines)), 2)}
    assert dict(zip(map(tuple, pairs.tolist()), found, strict=True)) == pytest.approx(
        {pair: value for pair, value in slow.items() if value >= 0.5}
    )
    assert len(pairs) > 20


def test_the_grade_is_what_a_loop_counts(workload):
    path, lines = workload
    groups = np.array([number // 5 for number in range(len(lines))])
    grade = similarity.grade({"groups": groups}, path)
    inside = [(i, j) for i, j in combinations(range(len(lines)), 2) if i // 5 == j // 5]
    assert grade["n_found"] == len(inside)
    assert grade["precision"] == pytest.approx(
        np.mean([jaccard(lines[i], lines[j]) >= 0.65 for i, j in inside]), abs=1e-4
    )
    assert grade["strangers"] == pytest.approx(
        np.mean([jaccard(lines[i], lines[j]) < 0.5 for i, j in inside]), abs=1e-4
    )
    same = similarity.grade({"pairs": np.array(inside)[:, ::-1]}, path)
    assert same == grade
    none = similarity.grade({"pairs": np.empty((0, 2), np.int64)}, path)
    assert none["n_found"] == 0
    assert set(none["recall"].values()) <= {0.0, None}


def test_flags_are_graded_by_the_nearest_other_text(workload):
    path, lines = workload
    flags = np.arange(len(lines)) % 5 < 2
    nearest = [max(jaccard(a, b) for j, b in enumerate(lines) if i != j) for i, a in enumerate(lines)]
    grade = similarity.grade({"flags": flags}, path)
    assert grade["n_found"] == flags.sum()
    assert grade["precision"] == pytest.approx(np.mean([nearest[i] >= 0.65 for i in np.flatnonzero(flags)]), abs=1e-4)


def test_the_share_of_texts_that_are_marked_is_the_same_however_it_is_told():
    told = {"flags": np.array([True, True, False, True, False])}, {"pairs": np.array([[0, 1], [1, 3]])}
    for found in (*told, {"groups": np.array([7, 7, 2, 7, 0])}):
        assert similarity.share_marked(found, 5) == pytest.approx(0.6)


@pytest.mark.parametrize("name", ["ours", "rensa-flags", "rensa-pairs", "gaoya", "datasketch"])
def test_every_core_finds_the_nearest_copies_and_hardly_a_stranger(workload, name):
    modules = {"rensa": "rensa", "gaoya": "gaoya", "datasketch": "datasketch"}
    if module := modules.get(name.split("-")[0]):
        pytest.importorskip(module, reason="installed by `make bench` only")
    path, _ = workload
    run = peers.CONTENDERS[name](path)
    found = {kind: getattr(run, kind) for kind in ("pairs", "groups", "flags") if getattr(run, kind) is not None}
    grade = similarity.grade(found, path)
    assert run.seconds > 0
    assert grade["recall"]["0.8"] > 0.9
    assert grade["strangers"] < (0.5 if "flags" in found else 0.05)


def test_a_workload_is_whole_or_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("DETECTOR_BENCH_DIR", str(tmp_path))

    def broken(draft):
        (draft / "half").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        cache.keep("broken", broken)
    assert not list(tmp_path.iterdir())
    made = [cache.keep("whole", lambda draft: (draft / "file").write_text("x")) for _ in range(2)]
    assert made[0] == made[1]
    before = cache.digest((made[0] / "file",))
    other = cache.keep("other", lambda draft: (draft / "file").write_text("y"))
    assert cache.digest((made[0] / "file",)) == before != cache.digest((other / "file",))


def test_a_process_is_watched_from_outside():
    measured = measure.run([sys.executable, "-c", "import time; x = b'x' * (200 << 20); time.sleep(0.2)"], 60)
    assert not measured.why
    assert 200 < measured.peak_mib < 300
    assert len(measured.samples) > 2
    failed = measure.run([sys.executable, "-c", "raise SystemExit('no such thing')"], 60)
    assert failed.why == "no such thing"
    late = measure.run([sys.executable, "-c", "import time; time.sleep(60)"], 0.3)
    assert late.why == "not done after 0 s"
    assert late.seconds < 30


def test_contenders_take_turns_and_a_failure_is_not_repeated():
    told = []

    def once(name, why=""):
        def run():
            told.append(name)
            return Measured(1.0, 1.0, why=why)

        return run

    done = measure.alternate({"a": once("a"), "b": once("b", "broken"), "c": once("c")}, 3)
    assert told == ["a", "b", "c", "a", "c", "a", "c"]
    assert {name: len(runs) for name, runs in done.items()} == {"a": 3, "b": 1, "c": 3}


def test_a_row_is_the_median_of_its_runs(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    runs = [Measured(9.0, 5.0, {"seconds": seconds}) for seconds in (3.0, 1.0, 2.5)]
    outcome = Outcome([])
    row = outcome.add("somebody", runs, 10, (file,))
    assert (row["seconds"], row["fastest"], row["slowest"], row["runs"]) == (2.5, 1.0, 3.0, 3)
    assert ratio(row, outcome.add("whole", [Measured(5.0, 1.0)], 10, (file,))) == 0.5
    assert "seconds" not in outcome.add("broken", [Measured(1.0, 1.0, why="no")], 10, (file,))
    assert [Goal("x", value, 1.0).met for value in (None, 0.5, 1.0, 1.1)] == [False, True, True, False]


def test_a_profile_is_cut_at_the_borders_of_its_stages():
    samples = [(0.5, 100.0), (1.5, 200.0), (1.9, 300.0), (2.5, 150.0)]
    run = Measured(3.0, 300.0, {"stages": [["reading", 1.0], ["judging", 2.0], ["", 3.0]]}, samples)
    assert scans._stages(run, 1 << 20) == [
        {"contender": "reading", "n": 1 << 20, "seconds": 1.0, "peak_mib": 300, "bytes_per_comment": 200},
        {"contender": "judging", "n": 1 << 20, "seconds": 1.0, "peak_mib": 150, "bytes_per_comment": 50},
    ]


def test_growth_is_continued_by_its_exponent():
    row = coshare._continue([(1_000, 7.0), (3_000, 1.0), (30_000, 100.0)])
    assert row["seconds"] == pytest.approx(100.0 * (1_000_000 / 30_000) ** 2, rel=1e-3)
    assert "seconds" not in coshare._continue([(1_000, 7.0)])


def test_texts_built_to_share_a_band_do_and_are_strangers(monkeypatch):
    monkeypatch.setattr(texts, "pieces", diverse)
    config = peers.CONFIG
    built = texts.one_band(40, config)
    chars, starts = peers._end_to_end(pl.Series(built))
    signatures = sketch(
        shingle(chars, starts, length=config.shingle_chars, length_han=config.shingle_chars_han),
        n_permutations=config.n_permutations,
        seed=config.seed,
    )
    assert (signatures[:, : config.band_rows] == signatures[0, : config.band_rows]).all(axis=1).mean() > 0.95
    assert max(jaccard(a, b) for a, b in combinations(built, 2)) < hostile.NEAR_MIN


def test_chains_are_near_copies_link_by_link_and_strangers_end_to_end(monkeypatch):
    monkeypatch.setattr(texts, "pieces", lambda n: diverse(20 * n))
    built = texts.chains(26, 12)
    for chain in built[:13], built[13:]:
        assert np.mean([jaccard(a, b) >= peers.CONFIG.similarity_min for a, b in pairwise(chain)]) > 0.8
        assert jaccard(chain[0], chain[-1]) < hostile.NEAR_MIN
        assert not hostile._has_centre(pl.Series(chain))
        assert hostile._has_centre(pl.Series([chain[0], chain[0] + "x"]))


def result(seconds=10.0, recall=0.9, digest="d", machine="m"):
    row = {"contender": "ours", "n": 5, "seconds": seconds, "peak_mib": 100, "recall": {"0.7": recall}}
    scenario = {"machine": machine, "workloads": {"ours, 5": digest}, "rows": [row], "goals": [], "table": "speed"}
    return {"scenarios": {"core-1m": scenario}}


def verdicts(old, new):
    return {figure: verdict for _, figure, _, _, verdict in compare.compare(old, new)}


def test_a_comparison_knows_the_tolerance_of_each_figure():
    same = {"seconds": "same", "peak_mib": "same", "recall 0.7": "same"}
    assert verdicts(result(), result(seconds=10.9)) == same
    assert verdicts(result(), result(seconds=12.0)) == same | {"seconds": "slower"}
    assert verdicts(result(), result(seconds=8.0)) == same | {"seconds": "faster"}
    assert verdicts(result(), result(recall=0.8)) == same | {"recall 0.7": "worse"}
    assert verdicts(result(), result(recall=0.95)) == same | {"recall 0.7": "better"}
    assert set(verdicts(result(), result(seconds=99.0, digest="e")).values()) == {"not comparable"}


def test_a_comparison_ends_badly_when_ours_became_slower(tmp_path, capsys):
    paths = [tmp_path / name for name in ("old.json", "same.json", "slow.json")]
    for path, content in zip(paths, (result(), result(machine="other"), result(seconds=20.0)), strict=True):
        path.write_text(json.dumps(content))
    assert compare.main(str(paths[0]), str(paths[1])) == 0
    assert "other machine" in capsys.readouterr().out
    assert compare.main(str(paths[0]), str(paths[2])) == 1
    assert "slower" in capsys.readouterr().out


def test_ids_of_scenarios_are_unique_and_every_table_can_be_written():
    ids = [scenario.id for scenario in scenarios.SCENARIOS]
    assert len(ids) == len(set(ids))
    assert {scenario.table for scenario in scenarios.SCENARIOS} == set(tables.TABLES)
    for write in tables.TABLES.values():
        lines = write(result()["scenarios"]).splitlines()
        assert len(lines) == 3
        assert len({line.count("|") for line in lines}) == 1
