"""What reaches a terminal: progress and colour where they are wanted, and nothing that a comment could act with."""

import json
import os
import pty
import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from twins.writing import sentence

DETECTOR = Path(sys.executable).with_name("detector")
START = datetime(2024, 3, 4, tzinfo=UTC)
HOSTILE = "\x1b[31mred\x1b]0;title\x07\x00\x08\x7f\x85\x9b2J\r\n\t\u202eltr\u2066\u200f\ufeff"
OWN_CODES = re.compile(r"\x1b\[\?25[lh]|\x1b\[K|\r")
"""Codes of a progress bar: hide and show the cursor, clear the line, go to its beginning."""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ACTIVE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def on_a_terminal(*arguments, colour=True, stdin=subprocess.DEVNULL):
    """Run the command with stdout and stderr on a terminal; returns exit code and what appeared there."""
    controller, terminal = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
    environment |= {} if colour else {"NO_COLOR": "1"}
    process = subprocess.Popen([DETECTOR, *arguments], stdin=stdin, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    shown = b""
    with open(controller, "rb", buffering=0) as screen:
        while True:
            try:
                piece = screen.read(65_536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
    return process.wait(timeout=60), shown.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    """A ring among ordinary comments, with hostile characters in every field of every record."""
    dice = random.Random(5)
    records = []

    def add(author, text, minutes, born):
        records.append({
            "id": f"{len(records)}{HOSTILE}", "platform": "x", "text": f"{HOSTILE} {text}", "lang": HOSTILE,
            "author_id": f"{author}{HOSTILE}", "author_handle": f"{author}_{HOSTILE}", "author_name": HOSTILE,
            "target": f"page{dice.randrange(3)}{HOSTILE}",
            "created_at": (START + timedelta(minutes=minutes)).isoformat(),
            "author_created_at": born.isoformat(), "url": f"https://example.org/{HOSTILE}",
        })  # fmt: skip

    for person in range(120):
        for _ in range(3):
            add(f"p{person}", sentence(dice, 12), dice.uniform(0, 20_000), START - timedelta(days=300 + 20 * person))
    for text in range(4):
        words = sentence(dice, 20)
        for member in range(12):
            add(f"r{member}", words, 2_900 * (text + 1) + dice.uniform(0, 4), START - timedelta(days=400, hours=member))
    path = tmp_path_factory.mktemp("screen") / "dump.jsonl"
    lines = [json.dumps(record) for record in records]
    path.write_text("\n".join([*lines, f'{{"text": "{HOSTILE}', *[HOSTILE] * 3]))
    return path


@pytest.fixture(scope="module")
def scanned(dump):
    """The folder, and what the scan said where stderr is no terminal."""
    out = dump.with_name("out")
    done = subprocess.run([DETECTOR, "scan", dump, "-o", out], capture_output=True, timeout=60)
    assert done.returncode == 0
    return out, done.stderr.decode()


def test_nothing_active_is_printed_where_stderr_is_no_terminal(scanned):
    _, said = scanned
    assert "Found 1 campaign" in said
    assert r"\x1b" in said
    assert not ACTIVE.search(said)


def test_nothing_active_of_a_comment_reaches_the_terminal_by_explain(scanned):
    out, _ = scanned
    comment = pl.read_parquet(out / "comments.parquet").filter("flagged").row(0, named=True)
    code, shown = on_a_terminal("explain", out, comment["campaign_id"])
    assert code == 0
    assert "Evidence for" in shown
    assert "red" in shown
    assert not ACTIVE.search(shown)


@pytest.mark.parametrize(("colour", "piped"), [(True, False), (False, True)], ids=["colour", "NO_COLOR-pipe"])
def test_a_scan_at_a_terminal_shows_progress_and_nothing_active_of_a_comment(dump, tmp_path, colour, piped):
    with open(dump) as pipe:
        source = {"stdin": pipe} if piped else {}
        code, shown = on_a_terminal("scan", "-" if piped else dump, "-o", tmp_path / "out", colour=colour, **source)
    assert code == 0
    assert "Reading" in shown
    assert "Judging" in shown
    assert "Found 1 campaign" in shown
    assert bool(COLOUR.search(shown)) == colour
    assert not ACTIVE.search(OWN_CODES.sub("", COLOUR.sub("", shown)))


@pytest.mark.parametrize("content", ["PK\x03\x04", '{"text": ""}'], ids=["a zip file", "nothing to judge"])
def test_a_hostile_file_name_is_told_harmlessly(tmp_path, content):
    path = tmp_path / "a\x1b[31m\nb.jsonl"
    path.write_text(content)
    code, shown = on_a_terminal("scan", path, "-o", tmp_path / "out", "-q")
    assert code == 1
    assert shown.count("\n") == 1
    assert not ACTIVE.search(shown)


def test_a_hostile_folder_name_is_told_harmlessly(tmp_path):
    folder = tmp_path / "a\x1b[31m\nb"
    folder.mkdir()
    code, shown = on_a_terminal("scan", "missing.jsonl", "-o", folder)
    assert code == 4
    assert shown.count("\n") == 1
    assert not ACTIVE.search(shown)
