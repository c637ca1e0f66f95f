"""`inspect` and `convert`, and the options that say how an export is to be read, as people call them."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

DETECTOR = Path(sys.executable).with_name("detector")
FIXTURES = Path(__file__).parents[2] / "fixtures"
DUMP = FIXTURES / "canonical/comments.jsonl"


def detector(*arguments, code=0, **options):
    done = subprocess.run([DETECTOR, *map(str, arguments)], capture_output=True, timeout=100, **options)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert done.returncode == code, done.stderr.decode()
    return done


def test_inspect_prints_words_or_json():
    words = detector("inspect", DUMP)
    assert words.stderr == b""
    assert "Cannot run" in words.stdout.decode()
    figures = json.loads(detector("inspect", DUMP, "--format", "json").stdout)
    assert figures["counts"]["accepted"] == 6
    assert [signal["signal"] for signal in figures["signals"]["available"]]


def test_convert_then_scan_gives_what_a_scan_of_the_export_gives(tmp_path):
    done = detector("convert", DUMP, "-o", tmp_path / "comments.parquet")
    assert done.stdout == b""
    assert b"6 comments accepted" in done.stderr
    detector("scan", "-q", DUMP, "-o", tmp_path / "one", code=0)
    detector("scan", "-q", tmp_path / "comments.parquet", "-o", tmp_path / "two")
    for name in ("comments", "accounts", "evidence"):
        one, two = (pl.read_parquet(tmp_path / folder / f"{name}.parquet") for folder in ("one", "two"))
        assert one.equals(two), name


def test_convert_writes_to_standard_output_and_reads_standard_input():
    done = detector("convert", "-", "-o", "-", input=DUMP.read_bytes())
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 6
    again = detector("convert", "-", "-o", "-", input=done.stdout)
    assert again.stdout == done.stdout


def test_a_mapping_a_format_and_a_zone_are_obeyed(tmp_path):
    export = tmp_path / "export.json"
    export.write_text(json.dumps([{"note": {"plain": "a b"}, "who": "x1", "at": "2024-01-01 10:00:00"}]))
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        'text = ["none", "note.plain"]\nauthor_handle = "who"\ncreated_at = "at"\nplatform = "const:vk"\n'
    )
    done = detector("convert", export, "--map", mapping, "--assume-tz", "+03:00", "-o", "-")
    (row,) = map(json.loads, done.stdout.splitlines())
    assert row == {
        "id": row["id"],
        "platform": "vk",
        "text": "a b",
        "created_at": "2024-01-01T07:00:00Z",
        "created_at_precision": "s",
        "author_handle": "x1",
    }


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (("--input-format", "nonesuch"), 2, "nonesuch"),
        (("--assume-tz", "Toronto"), 2, "-05:00"),
        (("--map", "none.toml"), 2, "none.toml"),
        (("-o", "there.jsonl"), 4, "--force"),
        (("-o", "comments.xlsx"), 4, ".parquet"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(tmp_path, options, code, word):
    (tmp_path / "there.jsonl").write_text("mine")
    output = () if "-o" in options else ("-o", "new.jsonl")
    done = detector("convert", DUMP, *options, *output, code=code, cwd=tmp_path)
    assert word in done.stderr.decode()
    assert (tmp_path / "there.jsonl").read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["there.jsonl"]


def test_too_many_refused_records_end_with_code_3_and_the_rest_is_written(tmp_path):
    dump = tmp_path / "dump.jsonl"
    dump.write_bytes(b'{"text": "good"}\n' + b"bad\n" * 30)
    done = detector("convert", dump, "-o", tmp_path / "out.jsonl", code=3)
    assert b"30 refused" in done.stderr
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 1
    detector("inspect", dump, code=3)


def test_enriching_says_where_and_needs_files(tmp_path):
    done = detector("scan", DUMP, "-o", tmp_path / "out", "--enrich")
    assert f"Enriched  {tmp_path / 'out/enriched'}\n" in done.stderr.decode()
    (path,) = (tmp_path / "out/enriched").iterdir()
    lines = path.read_bytes().splitlines()
    assert sum(b'"_detector":{' in line for line in lines) >= 6
    assert len(lines) == len(DUMP.read_bytes().splitlines())
    refused = detector("scan", "-", "-o", tmp_path / "none", "--enrich", input=b"{}", code=1)
    assert b"write the stream to a file first" in refused.stderr
    assert not (tmp_path / "none").exists()
