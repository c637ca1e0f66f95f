"""A result in further formats: the files come and go with the folder."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from detector.cli import main
from detector.errors import ConfigError
from detector.report import outputs
from detector.report.outputs import OUTPUT_FILES, OUTPUTS, choose_outputs
from detector.report.tables import FILES, read_folder, write_folder


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def in_pieces(frame):
    return pl.concat([frame[i : i + 7] for i in range(0, max(frame.height, 1), 7)], rechunk=False)


def test_all_formats_can_be_had_at_once_and_are_for_their_owner_only(tmp_path, frames, run):
    out = tmp_path / "out"
    write_folder(out, frames, run, lambda: "page", force=False, formats=tuple(OUTPUTS))
    assert sorted(os.listdir(out)) == sorted((*FILES, *OUTPUT_FILES))
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}
    assert os.listdir(tmp_path) == ["out"]
    read, read_run = read_folder(out)
    assert read_run == run
    assert all(read[name].equals(frame) for name, frame in frames.items())


def test_no_two_formats_share_a_file_and_none_takes_one_of_every_result():
    assert len(set(OUTPUT_FILES)) == len(OUTPUT_FILES)
    assert not set(OUTPUT_FILES) & set(FILES)
    assert all(Path(name).name == name for name in OUTPUT_FILES)


@pytest.mark.parametrize("name", OUTPUTS)
def test_equal_frames_give_equal_bytes(tmp_path, frames, run, name):
    write_folder(tmp_path / "one", frames, run, lambda: "page", force=False, formats=[name])
    pieces = {name: in_pieces(frame) for name, frame in reversed(frames.items())}
    write_folder(tmp_path / "two", pieces, run, lambda: "page", force=False, formats=[name])
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_empty_result_can_be_had_too(tmp_path, empty, name):
    write_folder(tmp_path / "out", *empty, lambda: "page", force=False, formats=[name])
    assert set(OUTPUTS[name]) <= set(os.listdir(tmp_path / "out"))


def test_files_that_are_no_longer_asked_for_go_and_foreign_ones_stay(tmp_path, frames, run):
    out = tmp_path / "out"
    write_folder(out, frames, run, lambda: "page", force=False, formats=["csv", "xlsx"])
    (out / "notes.csv").write_text("mine")
    write_folder(out, frames, run, lambda: "page", force=True, formats=["csv"])
    assert sorted(os.listdir(out)) == sorted((*FILES, *OUTPUTS["csv"], "notes.csv"))
    write_folder(out, frames, run, lambda: "page", force=True)
    assert sorted(os.listdir(out)) == sorted((*FILES, "notes.csv"))


def test_names_may_stand_together_and_are_told_when_unknown(tmp_path, frames, run):
    assert choose_outputs(["xlsx,CSV", " csv ", ""]) == ("csv", "xlsx")
    with pytest.raises(ConfigError, match="'pdf': choose from csv, jsonl, xlsx") as caught:
        write_folder(tmp_path / "out", frames, run, lambda: "page", force=False, formats=["pdf"])
    assert caught.value.exit_code == 2
    assert os.listdir(tmp_path) == []


def test_a_writer_that_fails_leaves_nothing(tmp_path, frames, run, monkeypatch):
    def fail(_frames, _run, _path):
        raise RuntimeError("a defect")

    monkeypatch.setitem(outputs.OUTPUTS, "csv", {"comments.csv": fail})
    with pytest.raises(RuntimeError, match="a defect"):
        write_folder(tmp_path / "out", frames, run, lambda: "page", force=False, formats=["csv"])
    assert os.listdir(tmp_path) == []


FULL_DISK = """
import resource, sys
from pathlib import Path
from detector.errors import OutputError
from detector.report.tables import read_folder, write_folder
frames, run = read_folder(Path(sys.argv[1]))
largest = max(path.stat().st_size for path in Path(sys.argv[1]).iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 1_000, largest + 1_000))
try:
    write_folder(Path(sys.argv[1]), frames, run, lambda: "page", force=True, formats=sys.argv[2:])
except OutputError as error:
    print(error)
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("name", ["csv", "jsonl", "xlsx"])
def test_a_full_disk_leaves_the_old_result_whole(tmp_path, build, name):
    out = tmp_path / "out"
    frames, run = build(n_ordinary=3_000)
    write_folder(out, frames, run, lambda: "old", force=False)
    before = digests(out)
    done = subprocess.run([sys.executable, "-c", FULL_DISK, out, name], capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stderr
    assert done.stdout == f"{out}: a file would be larger than this system allows; nothing was written\n"
    assert digests(out) == before
    assert os.listdir(tmp_path) == ["out"]


@pytest.fixture
def dump(tmp_path):
    texts = ("The harbour was sold to strangers, ask him who paid", "a word of my own", "another")
    lines = [json.dumps({"id": str(10**18 + i), "text": text, "author_id": str(i)}) for i, text in enumerate(texts)]
    (tmp_path / "dump.jsonl").write_text("\n".join(lines))
    return tmp_path / "dump.jsonl"


def call(*arguments, code=0):
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.output
    return done


def test_the_command_writes_and_rewrites_them(tmp_path, dump):
    out = tmp_path / "out"
    call("scan", dump, "-o", out, "-q", "--format", "csv,xlsx", "--format", "csv")
    assert sorted(os.listdir(out)) == sorted((*FILES, *OUTPUTS["csv"], *OUTPUTS["xlsx"]))
    told = call("report", out, "--format", "jsonl").stdout.split()
    assert told == [str(out / name) for name in ("report.html", *OUTPUTS["jsonl"])]
    assert sorted(os.listdir(out)) == sorted((*FILES, *OUTPUTS["jsonl"]))


def test_the_command_refuses_an_unknown_format_before_it_reads(tmp_path):
    done = call("scan", tmp_path / "missing.jsonl", "-o", tmp_path / "out", "--format", "csv,pdf", code=2)
    assert "detector: unknown format 'pdf': choose from " + ", ".join(OUTPUTS) in done.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", ["scan", "report"])
def test_help_names_every_format(command):
    words = " ".join(call(command, "--help").stdout.split()).partition("--format")[2].partition("--")[0]
    assert all(name in words for name in OUTPUTS)
