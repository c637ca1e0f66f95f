"""A single comment of ten megabytes, of whatever it is made, costs about as much as one of plain words."""

import json
import subprocess
import sys

from detector.config import TextConfig

GIANTS = {
    "plain words": "some people write about a great many things on one day " * 180_000,
    "one letter": "a" * 10_000_000,
    "letters and marks": "e\u0301" * 3_300_000,
    "marks alone": "x" + "\u0301\u0323" * 2_500_000,
    "a character that grows eighteenfold": "\ufdfa" * 3_300_000,
    "zero-width characters": "x" + "\u200b" * 3_300_000,
    "one emoji sequence": "\U0001f469\u200d" * 1_400_000,
    "mentions": "@somebody " * 1_000_000,
    "addresses": "".join(f"https://e{i}.example.org/ " for i in range(360_000)),
    "look-alike letters": "v\u043et\u0435 " * 1_400_000,
}

COSTS = """
import gc, io, json, sys, time
from pathlib import Path
from detector.config import TextConfig
from detector.evidence.addresses import find_links
from detector.ingest.read import read_comments
from detector.text.cluster import cluster_comments

def memory_kib(name):
    return int(Path("/proc/self/status").read_text().split(name + ":")[1].split()[0])

def judge(text):
    record = {"id": "giant", "platform": "x", "text": text}
    line = json.dumps(record, ensure_ascii=False).encode()
    small = b'{"id": "small", "platform": "x", "text": "vote now"}'
    found = read_comments([io.BytesIO(small + bytes([10]) + line)])
    find_links(found.comments)
    return cluster_comments(found.comments, TextConfig())

for line in sys.stdin.buffer:
    giant = json.loads(line)
    judge(giant[:20_000])  # so that all there is to load is loaded
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before_kib, before_s = memory_kib("VmRSS"), time.process_time()
    found = judge(giant)
    seconds, mib = time.process_time() - before_s, (memory_kib("VmHWM") - before_kib) / 1024
    cut = found.marks["is_cut"].to_list()
    print(json.dumps([seconds, mib, sorted(cut), int(found.texts["n_chars"].max())]))
"""


def test_a_giant_comment_costs_no_more_than_one_of_plain_words():
    giants = "".join(json.dumps(text) + "\n" for text in GIANTS.values()).encode()
    done = subprocess.run([sys.executable, "-c", COSTS], input=giants, capture_output=True, timeout=100, check=True)
    costs = dict(zip(GIANTS, map(json.loads, done.stdout.splitlines()), strict=True))
    plain_seconds, plain_mib, *_ = costs["plain words"]
    for name, (seconds, mib, is_cut, n_chars) in costs.items():
        assert (name, is_cut) == (name, [False, True])
        assert n_chars <= TextConfig().max_text_chars, name
        # What grows faster than its text would take minutes and gigabytes here.
        assert seconds <= 4 * plain_seconds + 0.5, name
        assert mib <= 2 * plain_mib + 64, name
