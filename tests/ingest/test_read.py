import gzip
import io
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detector.config import IngestConfig
from detector.errors import InputError, RejectReason
from detector.ingest import streams
from detector.ingest.excerpt import excerpt
from detector.ingest.read import read_comments
from detector.schema import COMMENTS, REJECTS

FIXTURES = Path(__file__).parents[2] / "fixtures"
REAL = Path(__file__).parents[3] / "shared/data/real"
PLACE = ("source_file", "source_line")


def read(data, **settings):
    return read_comments([io.BytesIO(data)], IngestConfig(**settings))


def jsonl(*records):
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


def content(found):
    return found.comments.drop(PLACE)


def test_the_fixture_reads_as_written_down():
    expected = json.loads((FIXTURES / "canonical/comments.expected.json").read_text(encoding="utf-8"))
    found = read_comments(FIXTURES / "canonical/comments.jsonl")
    for name, value in expected["counts"].items():
        assert getattr(found.counts, name) == value, name
    for name in ("skipped_by_reason", "rejected_by_reason", "unreadable_by_field"):
        assert getattr(found.counts, name) == expected[name]
    rows = found.comments.select(
        "id", "platform", "account", "target", pl.col("created_at").dt.to_string("%Y-%m-%dT%H:%M:%S%:z"),
        precision="created_at_precision", followers="author_followers", verified="author_verified",
    )  # fmt: skip
    assert rows.to_dicts() == expected["comments"]
    assert found.comments["row"].to_list() == list(range(6))
    assert found.sources == ("comments.jsonl",)


@pytest.mark.parametrize(
    "source", [[], iter(()), pl.DataFrame(), io.BytesIO(b""), [{}][:0]], ids=lambda source: type(source).__name__
)
def test_nothing_gives_empty_lawful_frames(source):
    found = read_comments(source)
    assert found.comments.equals(COMMENTS.empty())
    assert found.rejects.equals(REJECTS.empty())
    assert found.counts.check().records_read == 0
    assert not found.too_many_rejects


def test_every_kind_of_source_gives_the_same(tmp_path):
    records = [
        {"id": str(i), "text": f"text {i}", "platform": "x", "author_id": f"a{i % 3}", "created_at": 1_600_000_000 + i}
        for i in range(7)
    ]
    path = tmp_path / "dump.jsonl"
    path.write_bytes(jsonl(*records))
    expected = content(read_comments(path))
    assert expected.height == 7
    with open(path, "rb") as binary, open(path, encoding="utf-8") as text:
        sources = [
            str(path),
            [path],
            binary,
            text,
            records,
            iter(records),
            pl.DataFrame(records),
            io.StringIO(path.read_text()),
        ]
        for source in sources:
            assert content(read_comments(source)).equals(expected)
    split = tmp_path / "rest.gz"
    split.write_bytes(gzip.compress(jsonl(*records[3:])))
    path.write_bytes(jsonl(*records[:3]))
    found = read_comments([path, split])
    assert content(found).equals(expected)
    assert found.sources == ("dump.jsonl", "rest.gz")


def test_frames_and_dicts_may_hold_python_values():
    times = pl.Series(["2023-01-01T10:00:00"]).str.to_datetime()
    frame = pl.DataFrame({"text": ["a"], "created_at": times, "like_count": [2.0], "author_id": [2**40]})
    found = read_comments(frame).comments.row(0, named=True)
    assert (found["like_count"], found["account"], found["created_at_precision"]) == (2, f"other:{2**40}", "s")
    found = read_comments(
        [{"text": "b", "author_id": float("nan"), "like_count": [1]}, "no mapping", {"text": float("nan")}]
    )
    assert found.comments["account"].to_list() == [None]
    assert found.counts.unreadable_by_field == {"like_count": 1}
    assert read_comments([{"text": "c", "author_id": 10**5_000}]).counts.unreadable_by_field == {"author_id": 1}
    found = read_comments([{"text": "b", "author_id": float("nan")}, "no mapping", {"text": float("nan")}])
    assert found.counts.skipped_by_reason == {"not_a_comment": 1}
    assert found.rejects.select("line", "offset", "reason").rows() == [(2, None, "not_an_object")]


@pytest.mark.parametrize("source", [{"text": "one record"}, b"bytes", 5, ["dump.jsonl", {"text": "mixed"}]], ids=str)
def test_what_is_no_source_says_so_in_one_line(source):
    with pytest.raises(InputError) as caught:
        read_comments(source)
    assert "\n" not in str(caught.value)


LINES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [b"", b" \r", b'{"text": "ok"}', b'{"text": "\xff"}', b"[1]", b'{"text": 5}', b"{}", b'{"text": "a', b"nul"]
    ),
    st.dictionaries(
        st.sampled_from(
            ["id", "text", "created_at", "author_id", "target", "repost_of", "like_count", "platform", "x"]
        ),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
            lambda inner: st.lists(inner, max_size=2),
            max_leaves=3,
        ),
        max_size=5,
    ).map(lambda record: json.dumps(record).encode()),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(LINES, max_size=8))
@example([b"\xef\xbb\xbf"])
@example([b'{"text": "\\ud800"}', b'{"text": "a\\u0000"}', b'\xff\xfe{"'])
def test_any_lines_are_accounted_for(parts):
    data = b"\n".join([b'{"text": "first"}', *parts])
    found = read(data)
    counts = found.counts.check()
    assert counts.records_read == data.count(b"\n") + (not data.endswith(b"\n"))
    for row in found.rejects.iter_rows(named=True):
        line = data.split(b"\n")[row["line"] - 1].removesuffix(b"\r")
        assert data[row["offset"] : row["offset"] + row["length"]] == line
        assert row["reason"] in set(RejectReason)
        assert row["excerpt"].isprintable()
        assert len(row["excerpt"]) <= 80


@settings(deadline=None, max_examples=150)
@given(st.lists(LINES | st.binary(max_size=9) | st.sampled_from([b"[", b"]", b"{", b"a,b", b"x;y"]), max_size=8))
def test_any_bytes_are_read_or_refused_in_a_sentence(parts):
    data = b"\n".join(parts)
    try:
        found = read(data)
    except InputError:
        assert data.startswith((b"PK", *streams._FOREIGN))
        return
    found.counts.check()
    if data[:2] not in (b"\x1f\x8b", b"BZ", b"\xff\xfe", b"\xfe\xff"):
        for row in found.rejects.iter_rows(named=True):
            assert 0 <= row["offset"] <= row["offset"] + row["length"] <= len(data)
            assert data.count(b"\n", 0, row["offset"]) + 1 == row["line"]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(LINES.map(lambda line: line.replace(b"\n", b" ")), max_size=8),
    st.randoms(),
    st.sampled_from([7, 50, 2**20]),
)
def test_the_order_of_lines_and_the_size_of_blocks_change_nothing(parts, rng, block_bytes):
    parts = [b'{"text": "first"}', *parts, *parts[:2]]
    shuffled = rng.sample(parts[1:], len(parts) - 1)
    one = read(b"\n".join(parts) + b"\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "BLOCK_BYTES", block_bytes)
        other = read(b"\n".join([parts[0], *shuffled]) + b"\n")
    assert content(one).equals(content(other))
    assert one.counts == other.counts


def slow_twin(line):
    """Say what becomes of one line, one line at a time, the plain way."""
    if not line.strip(b" \t\r"):
        return "blank", None
    try:
        repaired = line.replace(b"\0", "\ufffd".encode()).decode("utf-8", "replace")
        record = json.loads(repaired, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        return "invalid_json", None
    if not isinstance(record, dict):
        return "not_an_object", None
    text = record.get("text")
    if text is not None and not isinstance(text, str):
        return "text_not_a_string", None
    if not text:
        return ("not_a_comment" if "text" in record else "no_text_field"), None
    return "accepted", re.sub("[\0\ud800-\udfff]", "\ufffd", text)


def mutated(line, rng):
    """Damage a line as files are damaged."""
    spot = rng.randrange(len(line))
    match rng.randrange(7):
        case 0:
            return line[:spot] + bytes([line[spot] ^ 1 << rng.randrange(8)]) + line[spot + 1 :]
        case 1:
            return line[:spot]
        case 2:
            return line[:spot] + line[spot + rng.randrange(1, 9) :]
        case 3:
            return line[:spot] + bytes([rng.randrange(256)]) + line[spot:]
        case 4:
            return (
                line[:spot] + rng.choice([b"\\ud83d", b"\\u0000", b"\xed\xa0\x80", b"NaN", b"\\", b'"']) + line[spot:]
            )
        case 5:
            return line[spot:] + line[:spot]
    return line


def test_mutated_lines_fare_as_with_the_slow_twin():
    rng = random.Random(20231020)
    seeds = [line for line in (FIXTURES / "canonical/comments.jsonl").read_bytes().split(b"\n") if line]
    seeds += [b'{"text": "plain \xc3\xa9 \xf0\x9f\x98\x80", "n": -1.5e3, "list": [null, true]}'] * 6
    damaged = [mutated(rng.choice(seeds), rng).replace(b"\n", b" ") for _ in range(6_000)]
    # Without ids and shares, what becomes of a line depends on that line alone.
    damaged = [
        line.replace(b'"id"', b'"no"').replace(b'"url"', b'"no"').replace(b'"repost_of"', b'"no"') for line in damaged
    ]
    found = read(b"\n".join(damaged) + b"\n", rejects_kept=len(damaged))
    rejected = {row["line"]: row["reason"] for row in found.rejects.iter_rows(named=True)}
    accepted = dict(found.comments.select("source_line", "text").rows())
    gone = 0
    for number, line in enumerate(damaged, 1):
        fate, text = slow_twin(line)
        if fate in set(RejectReason):
            assert rejected.pop(number) == fate, line
        elif fate == "accepted" and number in accepted:
            assert accepted.pop(number) == text, line
        else:
            gone += 1
    assert not rejected
    assert not accepted
    assert gone == found.counts.blank + found.counts.skipped
    assert found.counts.records_read == len(damaged)


def test_a_last_line_that_is_wrong_rather_than_cut_is_not_called_truncated():
    for line in (b'{"text": NaN}', b"[1]", b'{"text": "a"} x', b"nonsense"):
        assert "truncated" not in read(b'{"text": "a"}\n' + line).counts.rejected_by_reason


def test_a_record_is_a_line_however_they_add_up():
    found = read(b'{"text": "first"}\n{"text": "a"}{"text": "b"}\n{"text":\n"c"}\n')
    assert found.counts.rejected_by_reason == {"invalid_json": 3}


def test_limits_of_length_and_depth():
    deep = b'{"text": "a", "x": ' + b"[" * 511 + b"]" * 511 + b"}"
    deeper = deep.replace(b"[" * 511, b"[" * 512).replace(b"]" * 511, b"]" * 512)
    deepest = deep.replace(b"[" * 511, b"[" * 100_000)
    brackets_in_text = b'{"text": "' + b"[{" * 2_000 + b'"}'
    long = b'{"text": "' + b"y" * (17 * 2**20) + b'"}'
    found = read(b"\n".join([deep, deeper, long, brackets_in_text, deepest, b'{"text": "after"}']))
    assert found.rejects.select("line", "reason").rows() == [(2, "too_deep"), (3, "line_too_long"), (5, "too_deep")]
    assert found.rejects["length"][1] == len(long)
    assert sorted(found.comments["source_line"]) == [1, 4, 6]


def test_numbers_of_any_size_are_exact_as_ids():
    digits = "9" * 5_000
    found = read(b'{"text": "a", "author_id": %s, "like_count": %s, "author_posts": 1e400}' % ((digits.encode(),) * 2))
    assert found.comments["author_id"].to_list() == [digits]
    assert found.counts.unreadable_by_field == {"author_posts": 1, "like_count": 1}


@pytest.mark.parametrize(
    ("record", "target"),
    [
        ({"target": "@MP_Jane"}, "x:MP_Jane"),
        ({"target": "twitter:@MP_Jane"}, "x:MP_Jane"),
        ({"target": "youtube:dQw4"}, "youtube:dQw4"),
        ({"target": "https://example.org/a:b"}, "x:https://example.org/a:b"),
        ({"target": "@", "text": "@mp_jane hi"}, "x:mp_jane"),
        ({"text": ".@mp_jane你好"}, "x:mp_jane"),
        ({"text": "hello @mp_jane", "conversation_id": 5, "parent_id": 6}, "x:5"),
        ({"parent_id": 6}, "x:6"),
        ({"platform": "bsky", "text": "@mp.bsky.social, no"}, "bluesky:mp.bsky.social"),
        ({"platform": "mastodon", "text": "@mp@inst.org. no"}, "mastodon:mp@inst.org"),
        ({"platform": "youtube", "text": "@mp_jane no"}, None),
        ({"platform": None, "text": "@mp_jane no"}, "other:mp_jane"),
    ],
    ids=str,
)
def test_whom_a_comment_addresses(record, target):
    assert read(jsonl({"text": "a", "platform": "Twitter"} | record)).comments["target"].to_list() == [target]


def test_targets_are_spelt_as_most_comments_spell_them():
    records = [
        {"text": str(i), "platform": "x", "target": name} for i, name in enumerate(["Mp_J", "mp_j", "Mp_J", "other"])
    ]
    records += [{"text": "v", "platform": "youtube", "target": name} for name in ("aB", "AB")]
    assert sorted(read(jsonl(*records)).comments["target"]) == ["x:Mp_J"] * 3 + ["x:other", "youtube:AB", "youtube:aB"]


NOBODIES = [
    "[deleted]",
    "[Removed]",
    "Facebook User",
    "Utilisateur Facebook",
    "Deleted Account",
    "anonymous",
    "匿名用户",
    " ",
    "",
]


@pytest.mark.parametrize("name", NOBODIES)
def test_nobody_is_never_an_account(name):
    record = {"text": "a", "author_id": name, "author_handle": name, "author_name": name}
    assert read(jsonl(record)).comments["account"].to_list() == [None]


def test_accounts_are_known_by_id_else_handle_else_name():
    people = [
        {"author_id": "1", "author_handle": "h"},
        {"author_handle": "@h", "author_name": "N"},
        {"author_name": "N"},
    ]
    found = read(jsonl(*({"text": str(i), "platform": "reddit"} | person for i, person in enumerate(people))))
    assert sorted(found.comments["account"]) == ["reddit:1", "reddit:N", "reddit:h"]


def test_of_repeated_records_the_earliest_is_kept():
    copies = [
        {"id": 1, "text": "b", "created_at": "2023-01-02"},
        {"id": "1", "text": "a", "created_at": "2023-01-02"},
        {"id": "1", "text": "c"},
        {"id": "1", "text": "z", "platform": "x"},
    ]
    for order in itertools.permutations(copies):
        found = read(jsonl(*order))
        assert sorted(found.comments["text"]) == ["a", "z"]
        assert found.counts.skipped_by_reason == {"repeated": 2}


def test_records_without_an_id_are_never_repeats():
    found = read(jsonl(*[{"text": "lol"}] * 3, {"text": "other"}))
    assert found.counts.accepted == 4
    assert found.comments["id"].n_unique() == 4
    made = sorted(found.comments.filter(text="lol")["id"])
    assert [name[len(made[0]) :] for name in made] == ["", "-2", "-3"]
    alone = read(jsonl({"text": "other"})).comments["id"].to_list()
    beside = read(jsonl({"text": "other"}, {"text": "more", "author_id": "7", "url": "u"})).comments
    assert beside.filter(text="other")["id"].to_list() == alone


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"text": ""}, "not_a_comment"),
        ({"text": None}, "not_a_comment"),
        ({"text": "[deleted]"}, "deleted"),
        ({"text": " [removed] "}, "deleted"),
        ({"text": "a", "repost_of": "9"}, "repost"),
        ({"text": "RT @a: b", "platform": "x"}, "repost"),
        ({"text": "RT @a: b"}, "repost"),
        ({"text": "RT @a: b", "platform": "reddit"}, None),
        ({"text": "not RT @a: b"}, None),
        ({"text": "", "url": "https://example.org"}, None),
        ({"repost_of": "9"}, None),
        ({"text": " "}, None),
    ],
    ids=str,
)
def test_what_is_no_comment_to_judge(record, reason):
    counts = read(jsonl(record)).counts
    assert counts.skipped_by_reason == ({reason: 1} if reason else {})
    assert counts.accepted == (reason is None)


@pytest.mark.parametrize("others", [[], [{"text": "more"}]], ids=["alone", "beside a comment"])
def test_a_bare_share_reads_the_same_whatever_else_its_block_holds(others):
    found = read(jsonl(*[{"url": f"https://example.org/{i}"} for i in range(9)], *others))
    shares = found.comments.filter(pl.col("url").is_not_null())
    assert shares["text"].to_list() == [""] * 9
    assert sorted(shares["id"]) == sorted(read_comments([{"url": u, "text": ""} for u in shares["url"]]).comments["id"])


def test_a_block_in_which_no_record_has_a_text_is_refused_record_by_record():
    found = read(jsonl(*[{"like_count": i} for i in range(9)]))
    assert found.counts.check().rejected_by_reason == {"no_text_field": 9}
    assert found.rejects["line"].to_list() == list(range(1, 10))


def test_repairs_are_made_and_counted():
    data = (
        b'{"text": "a\xffb"}\n{"text": "\\ud800"}\n{"text": "n\\u0000"}\n{"text": "n\x00"}\n{"text": "\xed\xa0\x80"}\n'
    )
    data += b'{"text": "ok \\ud83d\\ude00", "x": "\\udc00"}\n{"text": "ok", "x": "\xff"}\n'
    found = read(data)
    assert found.counts.accepted == 7
    assert found.counts.repaired == 6
    texts = found.comments.sort("source_line")["text"].to_list()
    assert texts == ["a\ufffdb", "\ufffd", "n\ufffd", "n\ufffd", "\ufffd\ufffd\ufffd", "ok 😀", "ok"]


def test_rejects_tell_where_and_why():
    data = '{"text": "fine"}\r\n\r\n\x1b[31m\u202e{"text": }\r\n{"a": 1}\r\n'.encode()
    found = read(data)
    first, second = found.rejects.to_dicts()
    assert (first["line"], first["reason"], first["source"]) == (3, "invalid_json", "<stream>")
    assert first["excerpt"] == r"\x1b[31m\u202e{" + '"text": }'
    assert data[first["offset"] : first["offset"] + first["length"]].endswith(b'"text": }')
    assert (second["line"], second["reason"]) == (4, "no_text_field")
    assert data[second["offset"] : second["offset"] + second["length"]] == b'{"a": 1}'


def test_a_flood_of_rejects_is_counted_but_not_kept():
    found = read(b"bad\n" * 3_000 + b'{"text": "good"}\n', rejects_kept=100)
    assert (found.counts.rejected, found.rejects.height, found.comments["source_line"].to_list()) == (
        3_000,
        100,
        [3_001],
    )
    assert found.too_many_rejects


@pytest.mark.parametrize(
    ("n_bad", "n_good", "expected"), [(20, 0, False), (21, 0, True), (21, 399, False), (21, 398, True)]
)
def test_too_many_rejects_means_many_and_a_large_share(n_bad, n_good, expected):
    assert read(b"bad\n" * n_bad + b'{"text": "a"}\n' * n_good).too_many_rejects is expected


@given(st.binary(max_size=300))
def test_an_excerpt_is_short_and_harmless(head):
    shown = excerpt(head)
    assert len(shown) <= 80
    assert shown.isprintable()


def test_progress_counts_the_bytes_as_stored(tmp_path):
    path = tmp_path / "dump.gz"
    path.write_bytes(gzip.compress(jsonl(*({"text": f"text {i}"} for i in range(5_000)))))
    seen = []
    read_comments([path, path], progress=lambda done, total: seen.append((done, total)))
    size = path.stat().st_size
    assert seen[-1] == (2 * size, 2 * size)
    assert seen == sorted(seen)


@pytest.mark.parametrize("path", sorted((FIXTURES / "hostile").glob("*.jsonl")), ids=lambda path: path.stem)
def test_hostile_fixtures(path):
    found = read_comments(path)
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    counts = {name: getattr(found.counts, name) for name in expected}
    assert counts == expected


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is absent")
def test_real_dumps_are_read_whole():
    for path in sorted(REAL.glob("*.jsonl")):
        found = read_comments(path)
        assert found.counts.records_read == len(path.read_bytes().splitlines())
        assert found.counts.rejected == 0
        assert found.comments.height > 0.5 * found.counts.records_read
        assert found.comments["created_at"].is_sorted(nulls_last=True)


def test_ctrl_c_interrupts_a_wait_on_a_pipe():
    code = (
        "import signal; from detector.ingest.read import read_comments; signal.siginterrupt(signal.SIGINT, True)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler); signal.siginterrupt(signal.SIGINT, True)\n"
        "print('ready', flush=True); read_comments('-')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        process.stdout.readline()
        process.stdin.write(b'{"text": "a"}\n')
        process.stdin.flush()
        time.sleep(0.3)
        start = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        process.wait(timeout=5)
        assert time.monotonic() - start < 2
        assert b"KeyboardInterrupt" in process.stderr.read()
    finally:
        process.kill()
        process.communicate()
