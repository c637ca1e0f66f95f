"""Values are taken out of records as an obvious reading of the path says, one by one and by column."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detector.ingest.adapt import Adapting, adapt
from detector.ingest.decode import NESTED
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.paths import Made, compile_column, compile_source


def twin(path, record):
    """Read a path step by step, with nothing made ready."""
    if path.startswith("const:"):
        return path[len("const:") :]
    if record.get(path) is not None:
        return record[path]
    value = record
    for step in re.findall(r"[^.\[]+(?:\[[^\]]*\])?", path):
        name, _, wanted = step.rstrip("]").partition("[")
        if isinstance(value, list):
            value = value[int(name)] if name.isdecimal() and int(name) < len(value) else None
        else:
            value = value.get(name) if isinstance(value, dict) else None
        if wanted:
            key, _, word = wanted.partition("=")
            items = [item for item in (value if isinstance(value, list) else []) if isinstance(item, dict)]
            value = next((item for item in items if item.get(key) == word), None)
    return value


NAMES = st.sampled_from(["a", "b", "0", "1"])
LEAVES = st.none() | st.sampled_from(["", "x", "y", 0, False])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
RECORDS = st.lists(
    st.dictionaries(NAMES | st.sampled_from(["a.b", "b.a.0", "b[a=x]"]), VALUES, max_size=4), min_size=1, max_size=6
)
STEPS = st.builds(lambda name, test: name + test, NAMES, st.sampled_from(["", "", "[a=x]", "[0=y]", "[b=]"]))
PATHS = st.lists(STEPS, min_size=1, max_size=3).map(".".join) | st.just("const:word")


@given(PATHS, RECORDS)
@example("b.a.0", [{"b.a.0": None, "b": {"a": ["x"]}}, {"b.a.0": "y"}])  # a column of a table among objects
@example("a[a=x].b", [{"a": [{"a": "y"}, 5, {"a": "x", "b": "found"}]}, {"a": {"a": "x"}}])
@example("a.1", [{"a": {"1": "key"}}, {"a": ["", "item"]}, {"a": ["only"]}])
def test_a_path_is_read_step_by_step(path, records):
    expected = [twin(path, record) for record in records]
    assert [compile_source(path)(record) for record in records] == expected
    assert compile_column(path)(records) == expected


@given(st.lists(PATHS, max_size=3), RECORDS)
def test_of_several_the_first_that_gives_a_value_is_taken(paths, records):
    def first(record):
        found = [value for path in paths if (value := twin(path, record)) is not None and value != ""]
        return found[0] if found else None

    expected = [twin(paths[0], record) for record in records] if len(paths) == 1 else list(map(first, records))
    assert [compile_source(paths)(record) for record in records] == expected
    assert compile_column(paths)(records) == expected


def test_a_function_is_asked_only_where_nothing_was_found_before():
    column = compile_column(("name", lambda record: record["other"].upper()))
    assert column([{"name": "a"}, {"name": "", "other": "b"}]) == ["a", "B"]
    with pytest.raises(KeyError):
        column([{"name": None}])


def test_what_is_made_of_several_values_is_alike_one_by_one_and_at_once():
    made = Made(lambda *values: values, ("a.b", "c"), "d", Made(str, "a"))
    records = [{"a": {"b": 1}, "d": None}, {"c": "", "a": [2]}, {"c": 3, "d": 4, "a": {"b": ""}}, {}]
    assert compile_column(made)(records) == [compile_source(made)(record) for record in records]
    assert made(records[2]) == (3, 4, "{'b': ''}")


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a[b].c", "a[b=c", "a]b[", "[a=b]"])
def test_a_path_written_wrongly_is_refused(path):
    for compiled in (compile_source, compile_column):
        with pytest.raises(ValueError, match="path"):
            compiled(path)


def test_records_taken_a_few_at_a_time_make_the_same_batch():
    form = Format(
        "odd", "Odd", (Shape(("text",)),),
        {"text": ("body", "text"), "id": lambda record: record["id"].strip(), "author_id": "user.id"},
        unfold=lambda root: root["items"],
    )  # fmt: skip
    roots = [
        {"items": [{"id": " 1 ", "text": "a", "user": {"id": 5}}, {"id": 2, "text": "b"}]},
        {"items": []},
        {"items": 5},
        {"items": [{"id": "3", "text": None, "user": {"id": [1]}}, "no record"]},
    ]
    whole = adapt(form, roots, [7, 8, 9, 10], {0})
    adapting = Adapting(form)
    for i, root in enumerate(roots):
        adapting.take([root], [7 + i], [i], {0} if i == 0 else ())
    assert adapting.batch() == whole
    assert whole.columns == {
        "text": ["a", "b", "", "", "", ""],
        "id": ["1", None, None, None, "3", None],
        "author_id": [5, None, None, None, NESTED, None],
    }
    assert whole.numbers == [7, 7, 8, 9, 10, 10]
    assert {i: str(why) for i, why in whole.fates.items()} == {
        1: "unexpected_shape", 2: "not_a_comment", 3: "unexpected_shape", 5: "unexpected_shape",
    }  # fmt: skip
    assert whole.repaired == {0, 1}
