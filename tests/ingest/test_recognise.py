"""Records are told apart by their shape; where that says too little, a person is asked."""

import io
import json
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from detector.config import IngestConfig
from detector.errors import ConfigError, InputError
from detector.ingest import recognise
from detector.ingest.formats import registry
from detector.ingest.formats.format import Format, Shape
from detector.ingest.read import read_comments

SEA = Format("sea", "letters from the sea", (Shape(("wave", "salt")),), {"text": "wave", "id": "no"})
SHORE = Format("shore", "letters from the shore", (Shape(("wave", "sand")),), {"text": "wave", "id": "no"})
DEEP = Format("deep", "letters from below", (Shape(("wave", "salt", "dark.cold")),), {"text": "dark.cold", "id": "no"})


@pytest.fixture
def formats(monkeypatch):
    """Let the formats of this file be the only ones."""

    def choose(*forms):
        monkeypatch.setattr(recognise, "known_formats", lambda: forms)
        every = {form.name: form for form in forms}
        monkeypatch.setattr(recognise, "format_called", lambda name: every[name])

    return choose


def read(*records, **settings):
    data = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    return read_comments([io.BytesIO(data)], IngestConfig(**settings))


def texts(found):
    return sorted(found.comments["text"].to_list())


def test_a_format_is_known_by_its_keys_and_the_one_that_asks_for_more_knows_better(formats):
    formats(SEA, SHORE, DEEP)
    assert texts(found := read({"wave": "a", "salt": 1})) == ["a"]
    assert found.formats == ("sea",)
    assert texts(found := read({"wave": "a", "salt": 1, "dark": {"cold": "b"}})) == ["b"]
    assert found.formats == ("deep",)


def test_records_of_several_formats_in_one_file_are_each_read_as_their_own(formats):
    formats(SEA, SHORE)
    records = [{"wave": f"s{i}", "salt": 1} for i in range(5)] + [{"wave": "h", "sand": 1}, {"text": "plain"}]
    found = read(*records)
    assert texts(found) == ["h", "plain", "s0", "s1", "s2", "s3", "s4"]
    assert found.formats == ("sea", "canonical", "shore")
    assert texts(read(*reversed(records))) == texts(found)


@pytest.mark.parametrize(
    "note", [{"error": 429, "message": "Too many requests"}, {"status": "error", "message": "Upstream failed"}]
)
def test_a_note_of_failure_is_no_format_of_its_own(note):
    comment = {"id": "k1", "author": "lena", "body": "This bridge", "created_utc": 1726000000, "link_id": "t3_a"}
    comment |= {"parent_id": "t3_a", "subreddit": "quill"}
    for records in ([note, comment], [comment, note]):
        found = read_comments(io.BytesIO("".join(json.dumps(record) + "\n" for record in records).encode()))
        assert found.formats == ("reddit",)
        assert found.counts.skipped_by_reason == {"not_a_comment": 1}


def test_canonical_lines_among_which_others_are_hidden_lose_none(formats):
    formats(SEA)
    records = [{"id": str(i), "text": f"t{i}"} for i in range(2_000)]
    records[1_234] = {"wave": "hidden", "salt": 1}
    found = read(*records)
    assert found.counts.accepted == 2_000
    assert "hidden" in found.comments["text"]


def test_a_tie_is_refused_with_the_names_and_decided_by_the_user(formats):
    formats(SEA, SHORE)
    record = {"wave": "a", "salt": 1, "sand": 1, "no": 4}
    with pytest.raises(InputError, match=r"could be sea or shore.*--input-format"):
        read(record)
    found = read(record, input_format="shore")
    assert (found.formats, found.comments["id"].to_list()) == (("shore",), ["4"])


def test_few_ties_among_clear_records_follow_the_others(formats):
    formats(SEA, SHORE)
    clear = [{"wave": f"{i}", "sand": 1} for i in range(9)]
    found = read(*clear, {"wave": "both", "sand": 1, "salt": 1})
    assert found.formats == ("shore",)


def test_a_mapping_goes_before_the_format_and_reaches_what_no_name_does(formats):
    formats(SEA)
    found = read({"wave": "a", "salt": 1, "who": {"is": "b"}}, mapping=("author_id=who.is", "platform=const:facebook"))
    assert found.comments["account"].to_list() == ["facebook:b"]
    record = {"deep": {"down": "words"}, "x": 1}
    assert read(record).counts.rejected_by_reason == {"no_text_field": 1}
    assert texts(read(record, mapping=("text=none", "text=deep.down"))) == ["words"]
    assert texts(read({"data": [{"body": "a"}, {"body": "b"}]}, mapping=("lang=const:en",))) == ["a", "b"]


@pytest.mark.parametrize(("entry", "word"), [("txet=a", "txet"), ("text=a..b", "a..b"), ("text=", "empty")])
def test_a_wrong_mapping_is_named(entry, word):
    with pytest.raises(ConfigError, match=word):
        read_comments([], IngestConfig(mapping=(entry,)))


def test_an_unknown_format_is_refused_with_the_list():
    with pytest.raises(ConfigError, match=r"'nonesuch'.*auto, .*canonical.*generic"):
        read_comments([], IngestConfig(input_format="nonesuch"))


def test_other_packages_add_formats_by_entry_point(monkeypatch):
    point = EntryPoint("sea", f"{__name__}:SEA", registry.ENTRY_POINT)
    monkeypatch.setattr(registry, "entry_points", lambda group: EntryPoints([point]).select(group=group))
    registry.known_formats.cache_clear()
    try:
        assert read({"wave": "a", "salt": 1}).formats == ("sea",)
        monkeypatch.setattr(registry, "entry_points", lambda group: [point, EntryPoint("b", point.value, group)])
        registry.known_formats.cache_clear()
        with pytest.raises(ConfigError, match="two input formats are called sea"):
            registry.known_formats()
    finally:
        monkeypatch.undo()
        registry.known_formats.cache_clear()


def test_no_two_formats_know_a_canonical_record_or_a_plain_one():
    plain = {"id": "1", "text": "a", "author": "b", "date": "2024-01-01"}
    canonical = dict.fromkeys(recognise.CANONICAL.fields, "1")
    for form in registry.known_formats():
        assert not form.strength(plain), form.name
        assert not form.strength(canonical), form.name


def test_an_answer_is_opened_around_records_of_known_formats(formats):
    formats(SEA, SHORE)
    found = read(
        {"code": 0, "message": "OK", "answer": {"found": [{"wave": "a", "salt": 1}, {"wave": "b", "sand": 1}]}},
        {"code": 0, "answer": {"by id": {"7": {"wave": "c", "salt": 1}, "8": [{"wave": "d", "salt": 1}]}}},
        {"wave": "e", "salt": 1},
    )
    assert texts(found) == ["a", "b", "c", "d", "e"]
    assert found.formats == ("sea", "shore")
    assert found.counts.records_read == found.counts.accepted == 5


def test_a_comment_is_not_opened_for_what_it_holds(formats):
    formats(SEA)
    other = {"wave": "not ours", "salt": 1}
    found = read({"id": "1", "text": "own words", "seen": [other]}, {"id": "2", "quoted": other})
    assert texts(found) == ["own words"]
    assert texts(read({"id": "3", "pages": [[other]]})) == ["not ours"]


def test_nothing_is_searched_for_without_end(formats):
    formats(SEA)
    deep = {"wave": "a", "salt": 1}
    for _ in range(40):
        deep = {"in": deep}
    assert read(deep).counts.rejected == 1
