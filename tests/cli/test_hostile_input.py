"""The command on inputs that are not what they should be: one line that says so, the right exit code, nothing left."""

import gzip
import json
import os
import random
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from detector.cli import main

GOOD = b'{"id": "%d", "platform": "x", "text": "a good line, number %d of them all", "author_id": "a%d"}\n'
NOISE = random.Random(7).randbytes(100_000)


def run(*arguments):
    """Run the command inside this process; whatever happens, it ends by itself."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def told_in_one_line(done, code):
    assert done.exit_code == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("detector: ")
    assert done.stderr.removesuffix("\n").isprintable(), done.stderr
    return done.stderr


CONTENTS = {
    "random bytes": b"{" + NOISE,
    "nothing but NUL": bytes(100_000),
    "nothing but line feeds": b"\n" * 100_000,
    "nothing but opening brackets": b"[" * 100_000,
    "a picture": b"\x89PNG\r\n\x1a\n" + NOISE[:1_000],
    "half of a line": (GOOD % (1, 1, 1))[:30],
    "the beginning of gzip": b"\x1f\x8b",
    "gzip that is noise": gzip.compress(b"")[:10] + NOISE[:1_000],
    "gzip of noise": gzip.compress(NOISE),
    "the beginning of zstd": b"\x28\xb5\x2f\xfd",
    "the beginning of xz": b"\xfd7zXZ\x00",
    "the beginning of bzip2": b"BZh9",
    "a PDF document": b"%PDF-1.7\n" + NOISE[:1_000],
    "an SQLite database": b"SQLite format 3\0" + NOISE[:1_000],
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_file_without_comments_is_told_in_one_line(tmp_path, content):
    (tmp_path / "dump.jsonl").write_bytes(content)
    done = run("scan", tmp_path / "dump.jsonl", "-o", tmp_path / "out")
    assert "dump.jsonl" in told_in_one_line(done, 1)
    assert os.listdir(tmp_path) == ["dump.jsonl"]


@pytest.mark.parametrize("name", ["", "\x1b[31m\nred", "\udcff", "\u202egpj", "a" * 5_000, "a/b"])
def test_a_name_of_no_file_does_not_act_on_the_terminal(tmp_path, name):
    told_in_one_line(run("scan", f"{tmp_path}/{name}", "-o", tmp_path / "out"), 1)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file here that opens and cannot be read")
def test_a_device_that_fails_at_once_is_an_input_that_cannot_be_read(tmp_path):
    done = run("scan", "/proc/self/mem", "-o", tmp_path / "out")
    assert "mem: Input/output error" in told_in_one_line(done, 1)


def test_noise_after_good_lines_is_refused_line_by_line(tmp_path):
    good = b"".join(GOOD % (i, i, i) for i in range(30))
    (tmp_path / "dump.jsonl").write_bytes(good + NOISE)
    done = run("scan", tmp_path / "dump.jsonl", "-o", tmp_path / "out")
    assert done.exit_code == 3
    counts = json.loads((tmp_path / "out/run.json").read_text())["counts"]
    assert (counts["accepted"], counts["rejected"] + counts["blank"]) == (30, NOISE.count(b"\n") + 1)
    for line in (tmp_path / "out/rejects.jsonl").read_text(encoding="utf-8").splitlines():
        assert line.isprintable()


@pytest.mark.parametrize("option", ["--allow", "--config"])
@pytest.mark.parametrize("kind", ["noise", "folder", "missing"])
def test_settings_that_cannot_be_read_are_told_in_one_line(tmp_path, option, kind):
    (tmp_path / "folder").mkdir()
    (tmp_path / "noise").write_bytes(NOISE)
    (tmp_path / "dump.jsonl").write_bytes(GOOD % (1, 1, 1))
    done = run("scan", tmp_path / "dump.jsonl", "-o", tmp_path / "out", option, tmp_path / kind)
    assert kind in told_in_one_line(done, 2)
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A folder that a scan of a few lines wrote."""
    place = tmp_path_factory.mktemp("hostile")
    (place / "dump.jsonl").write_bytes(b"".join(GOOD % (i, i, i) for i in range(30)))
    assert run("scan", place / "dump.jsonl", "-o", place / "out", "-q").exit_code == 0
    return place / "out"


@pytest.mark.parametrize("damage", ["noise", "cut", "empty", "missing", "another"])
def test_a_damaged_result_is_told_in_one_line(result, tmp_path, damage):
    names = sorted(path.name for path in result.iterdir() if path.suffix in (".parquet", ".json"))
    assert len(names) == 8
    for name in names:
        folder = Path(shutil.copytree(result, tmp_path / name))
        sound = (folder / name).read_bytes()
        if damage == "missing":
            (folder / name).unlink()
        else:
            another = (folder / names[names.index(name) - 1]).read_bytes()
            content = {"noise": NOISE[:500], "cut": sound[: len(sound) // 2], "empty": b"", "another": another}
            (folder / name).write_bytes(content[damage])
        told_in_one_line(run("report", folder), 1)
        told_in_one_line(run("explain", folder, "x:1"), 1)


@pytest.mark.parametrize("subject", ["", "\x1b[31m\n", "\udcff", "%s{0}", "a" * 100_000])
def test_a_subject_that_nobody_has_does_not_act_on_the_terminal(result, subject):
    told_in_one_line(run("explain", result, subject), 1)


@pytest.mark.parametrize("truth", [NOISE, b"[1]\n", b'{"id": "1", "label": "yes"}\n'])
def test_a_truth_that_is_none_is_told_in_one_line(result, tmp_path, truth):
    (tmp_path / "truth.jsonl").write_bytes(truth)
    told_in_one_line(run("evaluate", result, "--truth", tmp_path / "truth.jsonl"), 1)
