"""The fast way through Polars gives what the strict way gives, or hands the line over to it."""

import itertools
import json
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detector.config import IngestConfig
from detector.ingest import records
from detector.ingest.canonical import type_batch
from detector.ingest.decode import FIELDS
from detector.ingest.lines import Block
from detector.ingest.records import Decoder
from detector.ingest.shape import find_shape, read_shaped, write_lines

CONFIG = IngestConfig()
SUITE = Path(__file__).parents[3] / "shared/data/hostile/json_test_suite/test_parsing"


def judged(batches):
    """Return all that becomes of the lines of a block."""
    typed = [type_batch(batch, CONFIG) for batch in batches]
    comments = pl.concat([found.comments for found in typed], how="diagonal").sort("source_line")
    comments = comments.select(
        sorted(name for name in comments.columns if comments[name].null_count() < comments.height)
    )
    rejected = sorted(
        (batch.numbers[i], why)
        for batch, found in zip(batches, typed, strict=True)
        for i, why in found.rejected.items()
    )
    skipped = sum((found.skipped for found in typed), start=typed[0].skipped.__class__())
    unreadable = sum((found.unreadable for found in typed), start=typed[0].unreadable.__class__())
    faults = [fault for batch in batches for fault in batch.faults]
    n_repaired = sum(found.n_repaired for found in typed)
    return comments.to_dict(as_series=False), rejected, skipped, unreadable, faults, n_repaired, sum(
        batch.n_blank for batch in batches
    )  # fmt: skip


def strictly(data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "read_shaped", lambda data, names: None)
        return judged(Decoder(CONFIG).decode(Block(data, 1, 0)))


def assert_twins(lines):
    data = b"\n".join(lines)
    assert judged(Decoder(CONFIG).decode(Block(data, 1, 0))) == strictly(data), data


def test_lines_that_fit_are_read_fast_and_only_they():
    plain = [b'{"id": "%d", "text": "a %d", "like_count": %d}' % (i, i, i) for i in range(20)]
    odd = [
        b'{"id": "1", "id": "2", "text": "a"}',  # the last of two equal keys holds
        b'{"id": 1e18, "text": "a"}',  # a rounded number, which Polars would write out
        b'{"id": true, "text": "a"}',
        b'{"id": "\\ud800", "text": "a"}',
        b'{"id": "\\u0000", "text": "a"}',
        b'{"id": ["1"], "text": "a"}',
        b'{"id": "1", "text": 5}',
        b'{"id": "1", "like_count": 5}',  # no text at all: not the same as null
        b'{"id": "1", "text": "a", "like_count": "5"}',
        b'{"id": "1", "text": "a", "like_count": 9223372036854775808}',
        b'{"id": "1", "text": "a"} {"id": "2", "text": "b"}',
        b'{"id": "1", "text": "a",}',
        b'{"id": -0, "text": "a"}',
        b'{"id": "1", "text": "a\x01"}',
        b"",
        b" ",
    ]
    fine = [
        b'{"id": 12345678901234567, "text": "a", "like_count": null}\r',
        b'{"text":"\\ud83d\\ude00 \\n \\" \xe2\x80\xa8 \x7f"}',
        b'{"id": null, "text": null}',
    ]
    lines = [*plain, *odd, *fine]
    frame, fits = read_shaped(b"\n".join(lines), FIELDS)
    assert fits.to_list() == [True] * len(plain) + [False] * len(odd) + [True] * len(fine)
    assert frame["id"].to_list()[-3:] == ["12345678901234567", None, None]
    assert frame["text"].to_list()[-2:] == ['😀 \n " \u2028 \x7f', None]
    assert_twins(lines)


PLAIN = st.fixed_dictionaries(
    {"text": st.text(max_size=8)},
    optional={
        "id": st.text(max_size=5) | st.integers(-(10**20), 10**20),
        "platform": st.sampled_from(["x", "YT", " vk", None, "nowhere"]),
        "created_at": st.sampled_from(["2023-01-01T10:00:00Z", "2023-01-01T10:00:60Z", 1_600_000_000, None, ""]),
        "author_id": st.sampled_from(["7", 7, None, "[deleted]", "Unknown", "1.83E+18"]),
        "author_handle": st.sampled_from(["@a", "a", "@", "[Deleted]", " removed "]),
        "author_verified": st.booleans() | st.none(),
        "like_count": st.integers(-(2**63), 2**63 - 1) | st.none(),
        "other key": st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=4),
    },
)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["\ud83d", "a\0"])
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)
ODD = st.one_of(
    st.tuples(PLAIN, st.sampled_from([*FIELDS, "x"]), VALUES).map(lambda odd: json.dumps({**odd[0], odd[1]: odd[2]})),
    st.tuples(PLAIN, st.sampled_from(["id", "text", "like_count"]), VALUES).map(
        lambda odd: json.dumps(odd[0])[:-1] + f', "{odd[1]}": {json.dumps(odd[2])}}}'  # perhaps the key twice
    ),
    st.sampled_from(["", " ", "{}", "[]", "null", '{"text"', '{"te\\u0078t": "a"}', '{"text":"a" }', '\t{"text":"a"}']),
).map(str.encode)  # fmt: skip


@st.composite
def blocks(draw):
    separators = draw(st.sampled_from([None, (",", ":")]))
    records = draw(st.lists(PLAIN, min_size=1, max_size=8))
    plain = [json.dumps(record, ensure_ascii=draw(st.booleans()), separators=separators).encode() for record in records]
    return draw(st.permutations(plain + draw(st.lists(ODD | st.binary(max_size=8), max_size=3))))


@settings(deadline=None, max_examples=150)
@given(blocks())
@example(
    [b'{"like_count": "1,204", "text": "a"}', b'{"like_count": "12", "text": "a"}', b'{"like_count": 7, "text": ""}']
)
@example([b'{"url": "https://example.org"}', b'{"url": "https://example.org", "text": null}', b'{"lang": "en"}'])
def test_blocks_fare_as_with_the_strict_way(lines):
    assert_twins([line.replace(b"\n", b" ") for line in lines])


def test_damaged_lines_fare_as_with_the_strict_way():
    rng = random.Random(5)
    seeds = [
        b'{"id":"%d","text":"caf\xc3\xa9 \\ud83d\\ude00 \\n","author_id":"7","like_count":3,"more":-1.5e3}' % i
        for i in range(8)
    ]
    for _ in range(150):
        lines = []
        for _ in range(30):
            line = bytearray(rng.choice(seeds))
            if rng.random() < 0.3:
                line[rng.randrange(len(line))] = rng.choice(b'"\\{}[],:0eE.-n\x00 \xff')
            lines.append(bytes(line))
        assert_twins(lines)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_lines_without_escapes_are_proved_by_writing_them_back(separators):
    rng = random.Random(6)
    records = [
        {"id": str(i), "platform": "x", "text": "it’s :-)", "author_name": name, "author_verified": i % 3 == 0, **count}
        for i, (name, count) in enumerate(itertools.product(["a", None], [{"like_count": 1000}, {}]))
    ]
    plain = [json.dumps(record, ensure_ascii=False, separators=separators).encode() for record in records]
    layout = find_shape(plain, FIELDS).layout
    frame, fits = read_shaped(b"\n".join(plain), FIELDS)
    assert write_lines(frame, layout).to_list() == [line.decode() for line in plain]
    assert fits.all()
    for _ in range(150):
        line = bytearray(rng.choice(plain))
        for _ in range(rng.randrange(1, 3)):
            at = rng.randrange(len(line))
            line[at : at + rng.randrange(2)] = rng.choice(
                [b'"', b"\\n", b" ", b"", b"1", b"e", b".5", b"true", b",", b"\0"]
            )
        assert_twins([*plain, bytes(line), *plain])


def test_what_reads_alike_but_is_written_otherwise_goes_the_other_way():
    plain = [b'{"id":"%d","text":"a","like_count":%d}' % (i, i) for i in range(5)]
    odd = [
        b'{"id":"1","text":"a","like_count":1e3}',
        b'{"id":"1","text":"a","like_count":10e2}',
        b'{"id":"1","text":"a","like_count":1.5}',
        b'{"id":"1","text":"a","like_count":true}',
        b'{"id":"1","text":"a","like_count":"7"}',
        b'{"id":1e300,"text":"a","like_count":1}',
        b'{"id":"0","id":"1","text":"a","like_count":1}',
        b'{"id":"1","text":"a","like_count":1,"like_count":2}',
        b'{"id":"1","text":"a","more":{"id":"2"},"like_count":1}',
        b'{"id":["1"],"text":"a","like_count":1}',
        b'{"text":"a","id":"1","like_count":1}',
        b'{"id":"1","like_count":1}',
        b'{"id":"1","text":null,"like_count":1}',
        b'{"id":"1","text":"a\x01","like_count":1}',
        b'{"id":"1","text":"a"}{"id":"1","text":"a"}\n',
    ]
    assert_twins([b'{"text":"a"}', b"{}", b'{"text":null}', b'{"text":"b"}'])
    for line in odd:
        assert_twins([*plain, *line.split(b"\n"), *plain])


@pytest.mark.skipif(not SUITE.is_dir(), reason=f"{SUITE} is absent")
@pytest.mark.parametrize("name", ["id", "text", "like_count", "author_verified", "other"])
def test_the_json_suite_fares_as_with_the_strict_way(name):
    for path in sorted(SUITE.glob("*.json")):
        document = path.read_bytes().replace(b"\n", b" ")
        fillers = [b'{"text": "a", "%s": "b"}' % name.encode() if name == "other" else b'{"text": "a"}'] * 2
        if len(document) < 10_000:
            assert_twins([*fillers, b'{"text": "a", "%s": %s}' % (name.encode(), document)])


def test_every_escape_of_four_digits_is_read_alike_or_not_fast():
    lines = [b'{"text":"a\\u%04x%s"}' % (code, tail) for code in range(0, 0x10000, 37) for tail in (b"", b"\\udc00")]
    assert_twins(
        lines + [b'{"text":"a\\u%04x"}' % code for code in (0, 1, 0x1F, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xE000)]
    )


def test_a_shape_keeps_to_the_order_of_all_lines():
    sample = ['{"a": 1, "text": "t", "z": 1}', '{"a": 1, "b": 2, "text": "t"}', '{"b": 2, "text": "t", "y": 1, "z": 1}']
    found = find_shape(sample, FIELDS)
    assert pl.Series(sample).str.contains(rf"^{found.line}$").all()
    assert found.dtypes == {"text": pl.String}
    assert find_shape(['{"a": 1, "b": 1}', '{"b": 1, "a": 1, "c": 1}'], FIELDS) is not None
    for nothing in ([], ["[]"], ['{"a": []}'], ["{}"], ['{"\\n": 1}']):
        assert find_shape(nothing, FIELDS) is None


def test_with_limits_that_a_block_may_break_every_line_is_looked_at():
    data = b'{"text": "a"}\n{"text": "' + b"b" * 50 + b'"}'
    (batch,) = Decoder(IngestConfig(max_line_bytes=40)).decode(Block(data, 1, 0))
    assert len(batch.numbers) == len(batch.faults) == 1
