"""Lists that records hold: replies below a comment, items of a page."""

from collections.abc import Callable
from typing import Any

from detector.ingest.formats.paths import Record, compile_source


def lists_at(*paths: str) -> Callable[[Any], list[Any]]:
    """Return the function that gives the items of the lists at some paths of a record, one list after the other.

    What is no list (``""`` where nobody has replied), and what is no record, holds nothing.

    Examples
    --------
    >>> replies = lists_at("replies.items", "more")
    >>> replies({"replies": {"items": [1, 2]}, "more": [3]}), replies({"replies": ""}), replies(None)
    ([1, 2, 3], [], [])
    """
    getters = [compile_source(path) for path in paths]

    def get(record: Any) -> list[Any]:  # noqa: ANN401
        if not isinstance(record, dict):
            return []
        return [item for getter in getters if isinstance(found := getter(record), list) for item in found]

    return get


def objects(value: object) -> list[Record]:
    """Return a list of objects; whatever else is among them counts as an object that says nothing.

    What is no list (null, false, an object that stands for none) holds nothing.

    Examples
    --------
    >>> objects([{"id": 1}, None]), objects(False)
    ([{'id': 1}, {}], [])
    """
    return [item if isinstance(item, dict) else {} for item in value] if isinstance(value, list) else []
