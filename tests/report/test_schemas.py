"""What is said of the files is what they are: JSON Schema against the files of a scan, by another's validator."""

import json
from pathlib import Path

import fastjsonschema
import polars as pl
import pytest
from click.testing import CliRunner

from detector.cli import main
from detector.pipeline import scan
from detector.report.json_lines import write_json_lines
from detector.report.json_schema import NAMES, json_schema
from detector.schema import PUBLISHED

ROOT = Path(__file__).parents[2]
TABLES = [name for name in NAMES if name not in ("rejects", "run")]


def printed(*arguments, code=0):
    done = CliRunner().invoke(main, ["schema", *arguments])
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.stderr


def accepts(name):
    """Return a validator of draft 7, whose words these schemas keep to."""
    return fastjsonschema.compile(json_schema(name) | {"$schema": "http://json-schema.org/draft-07/schema#"})


@pytest.fixture
def result():
    text = "The member for Riverside has sold the harbour to strangers, ask him who paid for the house!"
    records = [
        {"id": str(i), "text": text, "author_id": str(i % 4), "created_at": f"2023-08-30T09:0{i}:00Z"} for i in range(6)
    ]
    return scan([*records, {"no": "text"}])


@pytest.mark.parametrize("name", TABLES)
def test_lines_of_a_table_fit_its_schema_and_read_back(tmp_path, frames, name):
    path = tmp_path / f"{name}.jsonl"
    write_json_lines(frames, {}, path)
    validate = accepts(name)
    lines = path.read_bytes().splitlines()
    assert len(lines) == frames[name].height > 0
    for line in lines:
        validate(json.loads(line))
    dtypes = frames[name].schema
    read = pl.read_ndjson(path, schema={key: pl.String if held.is_temporal() else held for key, held in dtypes.items()})
    times = [
        pl.col(key).str.to_datetime(time_unit="us", time_zone="UTC")
        for key, held in dtypes.items()
        if held.is_temporal()
    ]
    assert read.with_columns(times).equals(frames[name])


def test_json_lines_keep_hostile_text_as_it_is(tmp_path, hostile, hostile_text):
    frames, _ = hostile(hostile_text)
    write_json_lines(frames, {}, tmp_path / "accounts.jsonl")
    lines = (tmp_path / "accounts.jsonl").read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == frames["accounts"].height
    assert {json.loads(line)["author_handle"] for line in lines} == {hostile_text}
    assert not any(byte < 0x20 for line in lines for byte in line)


@pytest.mark.parametrize("wrong", [{"score": "high"}, {"surplus": 1}, {"n_comments": -1}])
def test_a_line_that_is_not_as_promised_is_refused(frames, wrong):
    row = json.loads(frames["campaigns"].head(1).write_ndjson()) | wrong
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        accepts("campaigns")(row)


def test_rejects_and_run_of_a_scan_fit_their_schemas(tmp_path, result):
    result.write(tmp_path / "out")
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    accepts("run")(run)
    accepts("run")(json.loads(json.dumps(result.at(0.9).run)))
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        accepts("run")(run | {"surplus": 1})
    lines = (tmp_path / "out" / "rejects.jsonl").read_bytes().splitlines()
    assert len(lines) == run["counts"]["rejected"] == 1
    accepts("rejects")(json.loads(lines[0]))


def test_every_published_frame_is_described():
    assert [frame.name.removesuffix(".parquet").lower() for frame in PUBLISHED] == [*NAMES[:-1]]
    for name, frame in zip(NAMES, PUBLISHED, strict=False):
        schema = json_schema(name)
        assert list(schema["properties"]) == schema["required"] == list(frame.columns)


def test_the_command_prints_one_or_all():
    assert json.loads(printed("comments")) == json_schema("comments")
    assert json.loads(printed()) == {name: json_schema(name) for name in NAMES}
    assert "unknown schema 'nonesuch': choose from comments, " in printed("nonesuch", code=2)


def test_the_document_is_what_the_command_prints():
    assert (ROOT / "docs/schemas.md").read_text(encoding="utf-8") == printed("--format", "markdown")
