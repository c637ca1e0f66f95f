"""The output folder: whole or not at all, one holder at a time, foreign files untouched."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from detector.errors import OutputBusy, OutputError
from detector.report import folder
from detector.report.folder import check_writable, claim

OURS = ("a.txt", "b.txt", "c.txt")
WRITER = """
import os, sys, time
from pathlib import Path
from detector.errors import DetectorError
from detector.report.folder import claim, sync_folder
out, content, hold = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])

def fill(part):
    for name in ("a.txt", "b.txt", "c.txt"):
        with open(part / name, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

{prepare}
try:
    with claim(out, force=True) as held:
        print("held", flush=True)
        time.sleep(hold)
        held.publish(fill, ("a.txt", "b.txt", "c.txt"))
except DetectorError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def fill_with(content):
    def fill(part):
        for name in OURS:
            (part / name).write_text(content)

    return fill


def publish(out, content, *, force=True):
    with claim(out, force=force) as held:
        held.publish(fill_with(content), OURS)


def content_of(out):
    """The one content of all our files; fails where they differ."""
    found = {(out / name).read_text() for name in OURS}
    assert len(found) == 1
    return found.pop()


def hidden(path):
    return [entry.name for entry in path.iterdir() if entry.name.startswith(".detector")]


def writer(out, content, hold=0.0, prepare=""):
    command = [sys.executable, "-c", WRITER.replace("{prepare}", prepare), str(out), content, str(hold)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_new_folder_is_whole_private_and_alone(tmp_path):
    out = tmp_path / "out"
    publish(out, "one", force=False)
    assert content_of(out) == "one"
    assert out.stat().st_mode & 0o777 == 0o700
    assert os.listdir(tmp_path) == ["out"]


def test_an_existing_folder_is_refused_without_force(tmp_path):
    out = tmp_path / "out"
    publish(out, "one")
    with pytest.raises(OutputError, match="exists already"):
        check_writable(out, False)
    assert content_of(out) == "one"


@pytest.mark.parametrize("can_exchange", [True, False])
def test_force_replaces_ours_and_leaves_foreign_files_alone(tmp_path, monkeypatch, can_exchange):
    if not can_exchange:
        monkeypatch.setattr(folder, "_exchange", lambda one, other: False)
    out = tmp_path / "out"
    publish(out, "one")
    (out / "notes.txt").write_text("mine")
    (out / "deep" / "er").mkdir(parents=True)
    (out / "deep" / "er" / "a.txt").write_text("also mine")
    (out / "link").symlink_to("/nowhere")
    (out / "b.txt").unlink()
    (out / "b.txt").symlink_to(tmp_path / "victim")
    (tmp_path / "victim").write_text("untouched")
    publish(out, "two")
    assert content_of(out) == "two"
    assert not (out / "b.txt").is_symlink()
    assert (tmp_path / "victim").read_text() == "untouched"
    assert (out / "notes.txt").read_text() == "mine"
    assert (out / "deep" / "er" / "a.txt").read_text() == "also mine"
    assert os.readlink(out / "link") == "/nowhere"
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError(28, "No space left on device")])
@pytest.mark.parametrize("exists", [True, False])
def test_a_failure_in_the_middle_leaves_the_old_state(tmp_path, error, exists):
    out = tmp_path / "out"
    if exists:
        publish(out, "one")

    def fill(part):
        (part / "a.txt").write_text("two")
        raise error

    with pytest.raises(OutputError if isinstance(error, OSError) else error), claim(out, force=True) as held:
        held.publish(fill, OURS)
    assert hidden(tmp_path) == []
    assert (content_of(out) == "one") if exists else not out.exists()


@pytest.mark.parametrize("can_exchange", [True, False])
def test_every_system_call_may_fail(tmp_path, monkeypatch, can_exchange):
    """D4: the n-th call fails for n = 1, 2, … until a run passes; the folder is old or new, never a mix."""
    out = tmp_path / "out"
    publish(out, "old")
    (out / "notes.txt").write_text("mine")
    if not can_exchange:
        monkeypatch.setattr(folder, "_exchange", lambda one, other: False)
    for n in range(1, 100):
        calls = 0

        def failing(real, n=n):
            def call(*args, **kwargs):
                nonlocal calls
                calls += 1
                if calls == n:
                    raise OSError(5, "Input/output error")
                return real(*args, **kwargs)

            return call

        with monkeypatch.context() as patch:
            for name in ("fsync", "link", "mkdir", "rename", "open", "write", "truncate", "scandir"):
                patch.setattr(os, name, failing(getattr(os, name)))
            message = ""
            try:
                publish(out, f"new {n}")
            except OutputError as error:
                message = str(error)
        assert message in ("", f"{out}: Input/output error; nothing was written")
        state = content_of(out)
        assert state in ("old", f"new {n}")
        assert (out / "notes.txt").read_text() == "mine"
        if calls < n:
            assert state == f"new {n}"
            break
        publish(out, "old")
    assert n > 5


def test_killed_at_every_step(tmp_path):
    """SIGKILL at the n-th fsync or rename: old or new, and the next run works and clears up."""
    out = tmp_path / "out"
    for n in range(1, 40):
        publish(out, "old")
        prepare = f"""
import signal
n = 0
def dying(real):
    def call(*args, **kwargs):
        global n
        n += 1
        if n == {n}:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    return call
os.fsync, os.rename, os.unlink = dying(os.fsync), dying(os.rename), dying(os.unlink)
"""
        process = writer(out, "new", prepare=prepare)
        process.communicate()
        assert content_of(out) in ("old", "new")
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
    assert n > 4
    publish(out, "last")
    assert content_of(out) == "last"
    assert hidden(tmp_path) == []


def test_killed_at_random_instants(tmp_path):
    out, rng, seen = tmp_path / "out", random.Random(7), set()
    for _ in range(15):
        process = writer(out, "new")
        process.stdout.readline()
        time.sleep(rng.uniform(0, 0.004))
        process.kill()
        process.communicate()
        seen.add(out.exists())
        if out.exists():
            assert content_of(out) == "new"
            publish(out, "other")
            for name in OURS:
                (out / name).unlink()
            out.rmdir()
    assert seen


def test_an_old_folder_put_aside_by_a_killed_run_comes_back(tmp_path, monkeypatch):
    """Where folders cannot be exchanged, a kill between the two renames is repaired by the next claim."""
    out = tmp_path / "out"
    publish(out, "old")
    with claim(out, force=True) as held:
        out.rename(held.aside)
        held.part.mkdir()
        os.link(held.aside / "a.txt", tmp_path / "keep")
    with claim(out, force=True):
        assert content_of(out) == "old"
    assert hidden(tmp_path) == []


def test_the_second_run_is_told_who_holds_the_folder_and_a_dead_holder_blocks_nobody(tmp_path):
    out = tmp_path / "out"
    holder = writer(out, "one", hold=60)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(OutputBusy, match=f"process {holder.pid} is writing") as caught:
        check_writable(out, False)
    assert caught.value.exit_code == 6
    holder.kill()
    holder.communicate()
    publish(out, "two", force=False)
    assert content_of(out) == "two"
    assert hidden(tmp_path) == []


def test_of_two_racing_runs_one_works(tmp_path):
    for i in range(5):
        runs = [writer(tmp_path / f"out{i}", str(k), hold=0.3) for k in range(2)]
        errors = [run.communicate()[1] for run in runs]
        codes = [run.returncode for run in runs]
        assert sorted(codes) == [0, 6], errors
        assert content_of(tmp_path / f"out{i}") == str(codes.index(0))
    assert hidden(tmp_path) == []


def test_places_that_cannot_be_written_are_refused_at_once(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    monkeypatch.chdir(tmp_path / "real")
    cases = {
        tmp_path / "missing" / "out": "does not exist",
        tmp_path / "file": "is a file",
        tmp_path / "file" / "out": "does not exist",
        tmp_path / "link": "symbolic link",
        tmp_path / "dangling": "symbolic link",
        tmp_path / ("n" * 256): "too long",
        Path(): "cannot be replaced",
        tmp_path: "cannot be replaced",
        Path("/proc"): "writ|permission|replaced|such",
        Path("/proc/out"): "writ|permission|such",
    }
    started = time.monotonic()
    for path, message in cases.items():
        with pytest.raises(OutputError, match=message) as caught:
            check_writable(path, True)
        assert caught.value.exit_code == 4
        assert "\n" not in str(caught.value)
    assert time.monotonic() - started < 1
    assert hidden(tmp_path) == []


def test_a_name_of_255_bytes_works(tmp_path):
    out = tmp_path / ("n" * 255)
    publish(out, "one")
    assert content_of(out) == "one"


def test_a_read_only_folder_is_refused_for_an_ordinary_user():
    # Not under tmp_path, which only its owner may enter.
    with tempfile.TemporaryDirectory() as base:
        Path(base).chmod(0o755)
        locked = Path(base, "locked")
        locked.mkdir(mode=0o555)
        process = writer(locked / "out", "one", prepare="os.getuid() or os.setuid(65534)")
        _, error = process.communicate()
        assert process.returncode == 4, error
        assert "no permission to write here" in error
        assert os.listdir(locked) == []


def test_a_folder_full_of_foreign_files_is_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "FOREIGN_MAX", 3)
    out = tmp_path / "out"
    out.mkdir()
    for i in range(5):
        (out / f"{i}").touch()
    with pytest.raises(OutputError, match="other files"):
        publish(out, "one")
    assert len(os.listdir(out)) == 5
    assert hidden(tmp_path) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    prepare = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); content = 'x' * 50_000"
    process = writer(tmp_path / "out", "", prepare=prepare)
    _, error = process.communicate()
    assert process.returncode == 4
    assert error.count("\n") == 1
    assert "nothing was written" in error
    assert os.listdir(tmp_path) == []
