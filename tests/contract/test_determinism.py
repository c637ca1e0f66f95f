"""Equal input gives equal bytes, whatever the machine is set to and however the input is laid out."""

import hashlib
import json
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from twins.writing import sentence

from detector.ingest import streams
from detector.lab.simulate import simulate
from detector.pipeline import scan

DETECTOR = Path(sys.executable).with_name("detector")
DEMO = Path(__file__).parents[2] / "seeds/0014-demo.toml"
LINE_BOUND = "rejects.jsonl"
"""The one file that tells line numbers and byte offsets, and so follows the order of the lines."""


def ring(targets):
    """Six accounts that post the same eight texts within minutes, days apart: every table has rows."""
    dice = random.Random(8)
    return [
        {"id": f"r{text}{member}", "platform": "x", "author_id": f"r{member}", "text": words,
         "target": dice.choice(targets), "created_at": f"2023-08-{10 + 2 * text}T10:0{dice.randrange(5)}:00Z"}
        for text in range(8) for words in [sentence(dice, 20)] for member in range(6)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """Comments of every sort: campaigns, repeats that differ, no ids, no times, no authors, broken and blank lines."""
    path = tmp_path_factory.mktemp("made") / "made.jsonl"
    simulate(DEMO, scale=0.4).write(path)
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    busiest = Counter(record["target"] for record in records).most_common(3)
    for i, record in enumerate(records):
        for name, every in (("id", 7), ("created_at", 11), ("author_id", 13), ("target", 17), ("lang", 19)):
            if i % every == 3:
                record.pop(name, None)
        if i % 23 == 5:
            record["created_at"] = record.get("created_at", "2023-08-08")[:10]
    records += ring([target for target, _ in busiest])
    records += [record | {"text": record["text"] + " indeed"} for record in records[::29]]
    records += [record | {"author_name": "Another"} for record in records[::31]]
    text = [json.dumps(record, ensure_ascii=False) for record in records]
    return [*text, "", "{broken", "[1]", '{"text": 5}', '{"text": ""}', " "]


def hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def dump_of(lines, folder):
    folder.mkdir()
    path = folder / "dump.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def expected(lines, tmp_path_factory):
    """The hashes of a scan in this very process, whose hash seed is whatever it happens to be."""
    place = tmp_path_factory.mktemp("expected")
    result = scan(dump_of(lines, place / "in"))
    assert result.comments["flagged"].any()
    assert not any(frame.is_empty() for frame in result.frames.values())
    assert result.rejects.height == 3
    result.write(place / "out")
    return hashes(place / "out")


@pytest.mark.parametrize(
    "setting",
    [
        {"PYTHONHASHSEED": "0", "POLARS_MAX_THREADS": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "1", "POLARS_MAX_THREADS": "2", "TZ": "America/St_Johns", "SOURCE_DATE_EPOCH": "86400"},
    ],
    ids=lambda setting: setting["TZ"],
)
def test_hash_seed_threads_zone_and_locale_change_nothing(lines, expected, tmp_path, setting):
    path = dump_of(lines, tmp_path / "in")
    subprocess.run(
        [DETECTOR, "scan", path.name, "-o", tmp_path / "out", "-q"],
        cwd=path.parent,
        env=os.environ | setting,
        check=True,
        timeout=100,
    )
    assert hashes(tmp_path / "out") == expected


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_lines_changes_only_where_rejects_stand(lines, expected, tmp_path, seed):
    shuffled = list(lines)
    random.Random(seed).shuffle(shuffled)
    scan(dump_of(shuffled, tmp_path / "in")).write(tmp_path / "out")
    found = hashes(tmp_path / "out")
    assert found.keys() == expected.keys()
    differing = {name for name in found if found[name] != expected[name]}
    assert differing == {LINE_BOUND}


@pytest.mark.parametrize("block_bytes", [16_411, 262_144])
def test_the_size_of_blocks_changes_nothing(lines, expected, tmp_path, monkeypatch, block_bytes):
    monkeypatch.setattr(streams, "BLOCK_BYTES", block_bytes)
    scan(dump_of(lines, tmp_path / "in")).write(tmp_path / "out")
    assert hashes(tmp_path / "out") == expected
