"""A file cut anywhere keeps its whole lines, and its tail is refused as truncated, once."""

import io
import itertools
import json
import random

import pytest

from detector.ingest.read import read_comments

N_LINES = 200
ODD = [
    {"text": "é 好 👍🏽"},
    {"text": "a 😀 b\n", "like_count": -1.5e-3},
    {"n": {"a": [True, None, {"b": []}]}, "text": 'quoted "text" \\'},
]
"""Records with something to cut through: characters of several bytes, escapes, numbers, words, brackets."""


@pytest.fixture(scope="module")
def lines():
    """Lines of every kind in turn, with their line feeds."""
    found = []
    for i in range(N_LINES):
        record = {"id": str(i), "platform": "x", "created_at": 1_700_000_000 + i} | (ODD[i % 4 - 1] if i % 4 else {})
        found.append(json.dumps({"text": f"comment {i}"} | record, ensure_ascii=i % 8 == 2).encode() + b"\n")
    return found


def cuts_worth_making(lines):
    """Every byte of two lines, those around every fortieth line end, and some of all others."""
    ends = list(itertools.accumulate(map(len, lines)))
    cuts = {cut for i in (102, 199) for cut in range(ends[i] - len(lines[i]), ends[i] + 1)}
    cuts |= {ends[i] + around for i in range(0, N_LINES, 40) for around in (-2, -1, 0, 1)}
    return sorted(cuts | set(random.Random(4).sample(range(ends[-1]), 30)))


def test_a_file_cut_at_any_byte_keeps_its_whole_lines_and_refuses_the_tail(lines):
    data = b"".join(lines)
    ends = list(itertools.accumulate(map(len, lines)))
    cuts = cuts_worth_making(lines)
    assert len(cuts) > 150
    for cut in cuts:
        found = read_comments([io.BytesIO(data[:cut])])
        # A last line without its line feed is whole all the same.
        n_whole = sum(end - 1 <= cut for end in ends)
        start = ends[n_whole - 1] if n_whole else 0
        is_torn = cut > start
        assert found.counts.check().accepted == n_whole, cut
        assert found.comments["source_line"].sort().to_list() == list(range(1, n_whole + 1)), cut
        refused = found.rejects.select("line", "offset", "length", "reason").rows()
        assert refused == ([(n_whole + 1, start, cut - start, "truncated")] if is_torn else []), cut
