"""Comments for which there is no room in memory are the same comments."""

import json
import random
from pathlib import Path

import pytest

from detector.ingest import read, streams
from detector.ingest.read import read_comments
from detector.spill import Spill

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").rglob("*.jsonl"))


def assert_same(source, tmp_path, monkeypatch):
    """Compare reading with everything spilled, in small pieces, with reading into memory."""
    expected = read_comments(source)
    monkeypatch.setattr(read, "_HELD_BYTES", 1_000)
    monkeypatch.setattr(streams, "BLOCK_BYTES", 2_000)
    found = read_comments(source, spill=Spill(0, tmp_path))
    assert found.comments.equals(expected.comments)
    assert found.rejects.equals(expected.rejects)
    assert found.counts == expected.counts
    return found


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_file(path, tmp_path, monkeypatch):
    assert_same(path, tmp_path, monkeypatch)


@pytest.mark.parametrize("with_ids", [True, False])
def test_repeats_and_comments_without_ids(with_ids, tmp_path, monkeypatch):
    rng = random.Random(3)
    records = [
        {
            **({"id": f"{rng.randrange(80):020d}"} if with_ids else {}),
            "text": rng.choice(["a text long enough to be spilled", "short", "评论" * 20]) + str(rng.randrange(3)),
            "created_at": rng.choice([None, "2023-01-01T10:00:00Z", "2023-01-02"]),
            "target": rng.choice(["x:SomebodyOfALongName", "X:somebodyofalongname", None]),
            **({"lang": "en"} if rng.random() < 0.5 else {}),
        }
        for _ in range(200)
    ]
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    found = assert_same(path, tmp_path, monkeypatch)
    assert bool(found.counts.skipped_by_reason) == with_ids
    assert found.comments["id"].n_unique() == found.comments.height
    shuffled = [*records]
    rng.shuffle(shuffled)
    place = ["source_file", "source_line"]
    assert read_comments(shuffled).comments.drop(place).equals(found.comments.drop(place))


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the system does not tell what is mapped")
def test_what_is_spilled_stays_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "_HELD_BYTES", 100_000)
    monkeypatch.setattr(streams, "BLOCK_BYTES", 50_000)
    path = tmp_path / "records.jsonl"
    path.write_text(
        "\n".join(json.dumps({"id": str(i), "text": "a text " * 20}) for i in range(3_000)), encoding="utf-8"
    )
    found = read_comments(path, spill=Spill(0, tmp_path))
    # The file has no other holder than the characters of the comments that are in order.
    assert found.comments["text"].str.len_bytes().sum() <= _mapped_bytes()


def _mapped_bytes():
    with open("/proc/self/maps", encoding="utf-8") as maps:
        spans = [line.split()[0].split("-") for line in maps if "(deleted)" in line]
    return sum(int(end, 16) - int(start, 16) for start, end in spans)
