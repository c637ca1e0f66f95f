"""The shape of everything that a scan writes, as JSON Schema for programs and as a page for people."""

from collections.abc import Iterator
from typing import Any

import msgspec
import polars as pl

from detector.errors import ConfigError
from detector.report.escape import excerpt
from detector.report.run_json import Run
from detector.schema import PUBLISHED, Schema

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_RUN = "run"
_FRAMES = {schema.name.removesuffix(".parquet").lower(): schema for schema in PUBLISHED}
NAMES = (*_FRAMES, _RUN)
"""What `json_schema` knows."""


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a row of a frame, as in the files of `--format jsonl`, or of `run.json`.

    Parameters
    ----------
    name
        One of `NAMES`.

    Raises
    ------
    ConfigError
        The name is none of them.
    """
    if name not in NAMES:
        raise ConfigError(f"unknown schema {excerpt(name, 40)!r}: choose from {', '.join(NAMES)}")
    if name == _RUN:
        return {"$schema": _DIALECT, "title": "run.json", **msgspec.json.schema(Run)}
    schema = _FRAMES[name]
    return {
        "$schema": _DIALECT,
        "title": name,
        "description": schema.row,
        "type": "object",
        "properties": {
            column: {**_json_type(held.dtype), "description": held.meaning} for column, held in schema.columns.items()
        },
        "required": list(schema.columns),
        "additionalProperties": False,
    }


def to_markdown() -> str:
    """Return all schemas as one page: a table for each frame, and for each part of `run.json`."""
    lines = [
        "# What a scan writes",
        "",
        "Made by `detector schema --format markdown > docs/schemas.md`; `detector schema NAME` prints JSON Schema.",
        "What an export does not carry is null. In Parquet, times are microseconds in UTC; in JSON Lines RFC 3339;",
        "in CSV and on sheets `YYYY-MM-DD HH:MM:SS`, in UTC too. Files of other formats: [outputs.md](outputs.md).",
        "",
    ]  # fmt: skip
    for name, schema in _FRAMES.items():
        lines += [f"## {name}", "", f"A row is {schema.row}.", "", *_frame_table(schema), ""]
    return "\n".join([*lines, *_run_tables()])


def _json_type(dtype: pl.DataType) -> dict[str, Any]:
    if isinstance(dtype, pl.List):
        return {"type": ["array", "null"], "items": {"type": "string"}}
    if dtype.is_temporal():
        return {"type": ["string", "null"], "format": "date-time"}
    if dtype.is_integer():
        bounds = {} if dtype.is_signed_integer() else {"minimum": 0}
        return {"type": ["integer", "null"], **bounds}
    return {"type": ["number" if dtype.is_float() else "boolean" if dtype == pl.Boolean else "string", "null"]}


def _frame_table(schema: Schema) -> Iterator[str]:
    yield "| column | type | meaning |"
    yield "| --- | --- | --- |"
    for name, column in schema.columns.items():
        held = _json_type(column.dtype)
        yield f"| `{name}` | {'time' if 'format' in held else _in_words(held)} | {column.meaning} |"


def _run_tables() -> Iterator[str]:
    for name, part in msgspec.json.schema(Run)["$defs"].items():
        yield from ("## run.json" if name == Run.__name__ else f"### {name}", "", part["description"], "")
        yield from ("| key | type | meaning |", "| --- | --- | --- |")
        for key, value in part["properties"].items():
            yield f"| `{key}` | {_in_words(value)} | {value.get('description', '')} |"
        yield ""


def _in_words(value: dict[str, Any]) -> str:
    """Return the type of a value: of JSON, or the part of `run.json` that describes it."""
    if "anyOf" in value:
        return " or ".join(_in_words(kind) for kind in value["anyOf"])
    if "$ref" in value:
        return str(value["$ref"].rpartition("/")[2])
    kind = value["type"][0] if isinstance(value["type"], list) else value["type"]
    return f"list of {_in_words(value['items'])}" if kind == "array" else str(kind)
