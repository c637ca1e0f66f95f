"""A line of a gibibyte without an end passes through in little memory, and the next line is read."""

import ast
import subprocess
import sys

import pytest

GOOD = b'{"id": "%d", "platform": "x", "text": "a good line"}\n'
LENGTH = 2**30
EXTRA_MIB_MAX = 40

READ = """
import io, sys
from pathlib import Path
from detector.ingest.read import read_comments

def memory_kib(name):
    return int(Path("/proc/self/status").read_text().split(name + ":")[1].split()[0])

read_comments([io.BytesIO(GOOD * 1_000)])  # so that all there is to load is loaded
Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
before = memory_kib("VmRSS")
found = read_comments(sys.argv[1])
print((memory_kib("VmHWM") - before) / 1024)
print(found.rejects.select("line", "offset", "length", "reason").rows())
print(found.comments["source_line"].sort().to_list())
"""


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """A file of three lines, of which the second is a hole that takes no room on the disk."""
    path = tmp_path_factory.mktemp("long") / "dump.jsonl"
    with open(path, "wb") as file:
        file.write(GOOD % 1 + b'{"text": "')
        file.seek(len(GOOD % 1) + LENGTH)
        file.write(b"\n" + GOOD % 3)
    return path


@pytest.mark.parametrize("way", ["file", "pipe"])
def test_a_line_of_a_gibibyte_is_passed_over_without_being_held(dump, way):
    command = [sys.executable, "-c", READ.replace("GOOD", repr(GOOD)), dump if way == "file" else "-"]
    if way == "file":
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    else:
        with subprocess.Popen(["cat", dump], stdout=subprocess.PIPE) as cat:
            done = subprocess.run(command, stdin=cat.stdout, capture_output=True, text=True, timeout=100)
    extra_mib, refused, read = done.stdout.splitlines()
    assert ast.literal_eval(refused) == [(2, len(GOOD % 1), LENGTH, "line_too_long")]
    assert ast.literal_eval(read) == [1, 3]
    assert float(extra_mib) <= EXTRA_MIB_MAX
