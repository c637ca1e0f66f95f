"""Records inside records: comments in a page, replies in a comment."""

from typing import Any

from detector.ingest.formats.paths import Record


def parts(record: Record | None, name: str) -> list[Any]:
    """Return the list under a name; an empty one where there is none, or something else, or no record."""
    value = record.get(name) if isinstance(record, dict) else None
    return value if isinstance(value, list) else []


def within(part: Record, **around: object) -> Record:
    """Return a shallow copy of a record that also holds what surrounds it; what is no record stays as it is."""
    return {**part, **around} if isinstance(part, dict) else part
