"""Ctrl-C ends a scan within two seconds wherever it is, and leaves what was there before."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from detector.lab.simulate import simulate

DETECTOR = Path(sys.executable).with_name("detector")
VOLUME = Path(__file__).parents[2] / "seeds/0017-volume.toml"
PROMISE_S = 2


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """A dump on which the calculation alone takes seconds."""
    path = tmp_path_factory.mktemp("interrupt") / "dump.jsonl"
    simulate(VOLUME, scale=0.6).write(path)
    return path.read_bytes()


def scan_of_stdin(out, *arguments):
    return subprocess.Popen(
        [DETECTOR, "scan", "-", "-o", out, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def interrupt(process):
    """Press Ctrl-C; the process must still be at work, and end within the promise."""
    assert process.poll() is None, process.stderr.read()
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=10)
        took = time.monotonic() - started
        words = process.stderr.read()
    finally:
        process.kill()
        process.communicate()
    assert took < PROMISE_S
    assert process.returncode == 130
    assert words == b"detector: interrupted, nothing was written\n"


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize(
    "sent", [b"", b'{"text": "one"}\n{"text": "two'], ids=["nothing came yet", "a line and a half"]
)
def test_while_it_waits_on_a_pipe(tmp_path, sent):
    process = scan_of_stdin(tmp_path / "out")
    process.stdin.write(sent)
    process.stdin.flush()
    wait_for(lambda: os.listdir(tmp_path))  # the folder is claimed once the command is under way
    time.sleep(1)
    interrupt(process)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("after_s", [0.02, 0.7])
def test_while_it_calculates(tmp_path, dump, after_s):
    process = scan_of_stdin(tmp_path / "out")
    # When the last bytes are gone, all is read but what fits into the pipe: the calculation begins.
    process.stdin.write(dump)
    process.stdin.close()
    process.stdin = None
    time.sleep(after_s)
    interrupt(process)
    assert os.listdir(tmp_path) == []


def test_while_it_writes_with_force_the_old_result_stays(tmp_path, dump):
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text("the old one")
    process = scan_of_stdin(out, "--force")
    process.stdin.write(dump[:1_000_000])
    process.stdin.close()
    process.stdin = None
    wait_for(lambda: list(tmp_path.glob(".detector-*.part/comments.parquet")))
    interrupt(process)
    assert os.listdir(tmp_path) == ["out"]
    assert os.listdir(out) == ["run.json"]
    assert (out / "run.json").read_text() == "the old one"


def test_after_it_has_written_it_does_not_say_that_nothing_was_written(tmp_path):
    heard, told = os.pipe()
    os.set_blocking(told, False)
    held = 0
    while True:  # a reader of stderr that is slow: the pipe is full, and the summary waits
        try:
            held += os.write(told, b"." * 1024)
        except BlockingIOError:
            break
    os.set_blocking(told, True)
    process = subprocess.Popen([DETECTOR, "scan", "-", "-o", tmp_path / "out"], stdin=subprocess.PIPE, stderr=told)
    os.close(told)
    said = []

    def listen():
        with open(heard, "rb") as stderr:
            said.append(stderr.read())

    listener = threading.Thread(target=listen)
    try:
        process.stdin.write(b'{"text": "one"}\n')
        process.stdin.close()
        wait_for((tmp_path / "out/run.json").exists)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        listener.start()
        assert process.wait(timeout=10) == 130
    finally:
        process.kill()
        process.wait()
        if listener.ident:
            listener.join()
    assert (tmp_path / "out/report.html").is_file()
    assert b"interrupted" in said[0][held:]
    assert b"nothing was written" not in said[0][held:]


def test_an_interrupted_simulation_leaves_no_part_of_a_file(tmp_path):
    process = subprocess.Popen(
        [DETECTOR, "simulate", VOLUME, "--scale", "0.5", "-o", tmp_path / "dump.jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for(lambda: os.listdir(tmp_path))
    interrupt(process)
    assert os.listdir(tmp_path) == []
