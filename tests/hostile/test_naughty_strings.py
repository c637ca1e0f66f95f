"""The big list of naughty strings, as text, handle and id."""

import gzip
import json
from pathlib import Path

import pytest

from detector.ingest.read import read_comments

LIST = Path(__file__).parents[3] / "shared/data/hostile/blns.json"
pytestmark = pytest.mark.skipif(not LIST.is_file(), reason=f"{LIST} is absent")


@pytest.fixture(scope="module")
def strings():
    found = json.loads(LIST.read_text(encoding="utf-8"))
    assert len(found) == 515
    return found


@pytest.mark.parametrize("ensure_ascii", [True, False])
@pytest.mark.parametrize("platform", ["x", "youtube", None])
def test_texts_come_back_unchanged(tmp_path, strings, ensure_ascii, platform):
    path = tmp_path / "texts.jsonl"
    records = [{"id": str(i), "text": text, "platform": platform} for i, text in enumerate(strings)]
    path.write_bytes(
        gzip.compress("\n".join(json.dumps(record, ensure_ascii=ensure_ascii) for record in records).encode())
    )
    found = read_comments(path)
    assert (found.counts.accepted, found.counts.skipped_by_reason) == (514, {"not_a_comment": 1})
    assert found.counts.repaired == 0
    kept = dict(found.comments.select("id", "text").rows())
    assert kept == {str(i): text for i, text in enumerate(strings) if text}
    assert (
        read_comments(records)
        .comments.drop("source_file", "source_line")
        .equals(found.comments.drop("source_file", "source_line"))
    )


@pytest.mark.parametrize("name", ["author_handle", "author_id", "author_name", "id", "conversation_id", "target_group"])
def test_names_and_ids_come_back_unchanged(strings, name):
    distinct = list(dict.fromkeys(strings))
    records = [{"text": f"comment {i}", "platform": "x", name: value} for i, value in enumerate(distinct)]
    found = read_comments(records)
    assert found.counts.accepted == len(distinct)
    kept = dict(found.comments.select("text", name).rows())
    expected = {f"comment {i}": value or None for i, value in enumerate(distinct)}
    if name == "id":
        assert kept.pop("comment 0").startswith("made-")
        del expected["comment 0"]
    assert kept == expected
