"""Frames to files and back."""

import hashlib
import json
import os
import subprocess
import sys

import polars as pl
import pytest

from detector.errors import InputError, SchemaError
from detector.report.tables import FILES, claim, read_folder, write_folder


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def in_pieces(frame):
    """The same rows, put together from many chunks."""
    return pl.concat([frame[i : i + 7] for i in range(0, max(frame.height, 1), 7)], rechunk=False)


def test_a_folder_reads_back_as_it_was_written(tmp_path, frames, run):
    out = tmp_path / "out"
    write_folder(out, frames, run, lambda: "<p>page</p>", force=False)
    assert sorted(os.listdir(out)) == sorted(FILES)
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}
    read, read_run = read_folder(out)
    assert read_run == run
    assert set(read) == set(frames)
    for name, frame in frames.items():
        assert read[name].equals(frame), name
        assert read[name].schema == frame.schema


def test_an_empty_result_reads_back(tmp_path, empty):
    frames, run = empty
    write_folder(tmp_path / "out", frames, run, lambda: "", force=False)
    read, _ = read_folder(tmp_path / "out")
    assert all(read[name].schema == frame.schema and read[name].is_empty() for name, frame in frames.items())


def test_equal_frames_give_equal_bytes(tmp_path, frames, run):
    write_folder(tmp_path / "one", frames, run, lambda: "page", force=False)
    pieces = {name: in_pieces(frame) for name, frame in reversed(frames.items())}
    write_folder(tmp_path / "two", pieces, run, lambda: "page", force=False)
    write_folder(tmp_path / "two", pieces, run, lambda: "page", force=True)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_a_claim_held_since_the_start_is_used(tmp_path, frames, run):
    out = tmp_path / "out"
    with claim(out, force=False) as held:
        write_folder(out, frames, run, lambda: "page", force=False, held=held)
    assert read_folder(out)[1] == run


def test_hostile_text_survives_unchanged(tmp_path, hostile, hostile_text):
    frames, run = hostile(hostile_text)
    write_folder(tmp_path / "out", frames, run, lambda: hostile_text, force=False)
    read, read_run = read_folder(tmp_path / "out")
    assert read_run == run
    assert all(read[name].equals(frame) for name, frame in frames.items())
    lines = (tmp_path / "out" / "rejects.jsonl").read_bytes().split(b"\n")
    assert len(lines) == 2
    assert json.loads(lines[0])["detail"] == hostile_text


def test_file_names_that_are_not_unicode_do_not_stop_it(tmp_path, frames, run):
    write_folder(tmp_path / "out", frames, run | {"sources": ["bad\udcff.jsonl"]}, lambda: "x\udcff", force=False)
    assert read_folder(tmp_path / "out")[1]["sources"] == ["bad?.jsonl"]


def test_a_frame_that_is_not_as_promised_is_refused_before_anything_is_written(tmp_path, frames, run):
    with pytest.raises(SchemaError, match="EVIDENCE"):
        write_folder(tmp_path / "out", frames | {"evidence": frames["links"]}, run, lambda: "", force=False)
    with pytest.raises(SchemaError, match="missing"):
        write_folder(tmp_path / "out", {}, run, lambda: "", force=False)
    assert os.listdir(tmp_path) == []


def test_what_is_not_a_result_is_named(tmp_path, frames, run):
    with pytest.raises(InputError, match="no such folder"):
        read_folder(tmp_path / "missing")
    with pytest.raises(InputError, match="not a result"):
        read_folder(tmp_path)
    out = tmp_path / "out"
    write_folder(out, frames, run, lambda: "page", force=False)
    for name in sorted(set(FILES) - {"report.html"}):
        content = (out / name).read_bytes()
        for damaged in (content[: len(content) // 2], b"", content[:-4] + b"\xff", b"[1]\n"):
            if name == "rejects.jsonl" and not damaged:
                continue
            (out / name).write_bytes(damaged)
            with pytest.raises(InputError, match=name) as caught:
                read_folder(out)
            assert "\n" not in str(caught.value)
        (out / name).unlink()
        with pytest.raises(InputError, match=r"missing|not a result"):
            read_folder(out)
        (out / name).write_bytes(content)
    read_folder(out)


FULL_DISK = """
import resource, sys
from pathlib import Path
import polars as pl
from detector.errors import OutputError
from detector.report.tables import read_folder, write_folder
frames, run = read_folder(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))
try:
    write_folder(Path(sys.argv[1]), frames, run, lambda: "page", force=True)
except OutputError as error:
    print(error)
    sys.exit(error.exit_code)
"""


def test_a_full_disk_leaves_the_old_result_whole(tmp_path, frames, run):
    out = tmp_path / "out"
    write_folder(out, frames, run, lambda: "old", force=False)
    before = digests(out)
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert done.stdout == f"{out}: a file would be larger than this system allows; nothing was written\n"
    assert digests(out) == before
    assert os.listdir(tmp_path) == ["out"]
