"""What `inspect` says of a dump is what is in it."""

import json

from detector.config import Config
from detector.inspection import inspect_source

RECORDS = [
    {
        "id": "1",
        "platform": "x",
        "text": "One word",
        "author_id": "a",
        "created_at": "2024-01-01T00:00:00Z",
        "lang": "en",
    },
    {"id": "2", "platform": "x", "text": "Один", "author_id": "b", "created_at": "2024-01-03", "target": "x:MP_001"},
    {"id": "2", "platform": "x", "text": "Один", "author_id": "b", "created_at": "2024-01-03", "target": "x:MP_001"},
    {"id": "3", "platform": "x", "text": "两个字", "created_at": "never", "target": "x:MP_001"},
    {"id": "4", "platform": "x", "text": "?!", "author_followers": "many", "target": "x:MP_002"},
    {"id": "5", "platform": "x", "text": ""},
    {"id": "6", "platform": "x"},
]


def test_figures_are_those_of_the_records():
    found = inspect_source(RECORDS).to_dict()
    assert [form["name"] for form in found["formats"]] == ["canonical"]
    counts = found["counts"]
    assert (counts["records_read"], counts["accepted"], counts["rejected"]) == (7, 4, 1)
    assert counts["skipped_by_reason"] == {"not_a_comment": 1, "repeated": 1}
    assert counts["unreadable_by_field"] == {"author_followers": 1, "created_at": 1}
    assert (found["accounts"], found["distinct_texts"]) == (2, 4)
    assert found["times"] == {
        "start": "2024-01-01T00:00:00Z",
        "end": "2024-01-03T00:00:00Z",
        "unknown": 2,
        "precision": {"s": 1, "day": 1},
    }
    assert found["languages"] == {"en": 1}
    assert found["scripts"] == {"cyrillic": 1, "han": 1, "latin": 1, "none": 1}
    assert found["targets"] == {"n": 2, "top": {"x:MP_001": 2, "x:MP_002": 1}}
    assert (found["filled"]["text"], found["filled"]["author_id"], found["filled"]["author_name"]) == (1.0, 0.5, 0.0)
    assert json.loads(json.dumps(found)) == found


def test_the_words_say_what_cannot_run_and_what_to_export():
    text = inspect_source(RECORDS).to_text()
    assert "canonical records" in text
    assert "4 comments accepted" in text
    assert "accounts created together: the dump holds no account creation dates" in " ".join(text.split())
    assert "export when the accounts were created" in " ".join(text.split())
    assert "author_followers" in text
    assert all(len(line) <= 110 for line in text.splitlines())


def test_nothing_is_said_of_what_is_not_there():
    empty = inspect_source([])
    assert empty.to_dict()["counts"]["records_read"] == 0
    assert "none that is known" in empty.to_text()


def test_a_table_of_unknown_columns_is_of_no_format_and_its_columns_are_named(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("colA,colB\nx,y\n")
    found = inspect_source(path)
    assert found.to_dict()["formats"] == []
    assert "`colA`, `colB`" in found.to_text()
    assert "--map" in found.to_text()


def test_a_line_of_the_words_fits_a_narrow_window_and_no_name_acts_on_it():
    hostile = [{"text": "a", "target": "x:\x1b[31mred\u202e", "lang": "\x1b]0;title\x07"}]
    text = inspect_source(hostile, Config()).to_text(width=40)
    assert all(len(line) <= 40 for line in text.splitlines())
    assert not any((ord(character) < 32 and character != "\n") or character == "\u202e" for character in text)
