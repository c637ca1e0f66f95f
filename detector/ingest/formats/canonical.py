"""The canonical record of this project: every field under its own name."""

from typing import Any

from detector.ingest.decode import ABSENT, FIELDS
from detector.ingest.formats.format import Format
from detector.ingest.formats.paths import Record, Source


def _text(record: Record) -> Any:  # noqa: ANN401
    return record.get("text", ABSENT)


_FIELDS: dict[str, Source] = {name: name for name in FIELDS}

CANONICAL = Format("canonical", "canonical records", (), _FIELDS | {"text": _text})
