"""What surrounds the list of a page, and pages made of it."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

LOOKED_UP = frozenset(("includes", "users", "profiles", "accounts", "groups", "media", "formats", "contacts"))
"""Names of what is looked up for records, and belongs to every page."""

_Path = tuple[str, ...]
_ERRORS = (msgspec.DecodeError, ValueError, RecursionError)


class Frame:
    """An object around lists, to be filled with elements.

    Parameters
    ----------
    candidates
        The object as JSON, its lists empty; the first that can be read is taken. If none can, the lists hang on
        nothing but their keys.
    paths
        The keys that lead to each list.

    Attributes
    ----------
    paths
        As they were given.
    encoded
        The object with nothing in its lists.
    """

    def __init__(self, candidates: Sequence[bytes], paths: Sequence[_Path]) -> None:
        self.paths = paths
        self._tree: dict[str, Any] = next((tree for tree in map(_read, candidates) if _leads(tree, paths[0])), {})
        for path in paths:
            self._put(path, [])
        self.encoded = msgspec.json.encode(self._tree)
        self._has_page = False

    def page(self, path: _Path, values: Sequence[bytes]) -> bytes:
        """Return the object with elements in one of its lists, the others empty."""
        self._put(path, msgspec.Raw(b"[" + b",".join(values) + b"]"))
        page = msgspec.json.encode(self._tree)
        self._put(path, [])
        if not self._has_page:
            self._has_page = True
            self._empty_others(path[1:])
        return page

    def _put(self, path: _Path, value: object) -> None:
        holder = self._tree
        for key in path[:-1]:
            inner = holder.setdefault(key, {})
            if not isinstance(inner, dict):
                inner = holder[key] = {}
            holder = inner
        holder[path[-1]] = value

    def _empty_others(self, tail: _Path) -> None:
        """Empty the short lists that hang like the long ones: their elements have been in the first page."""
        for key in self._tree if tail else ():
            if key not in LOOKED_UP and _leads(self._tree[key], tail):
                self._put((key, *tail), [])


def _read(data: bytes) -> Any:  # noqa: ANN401
    """Return the object if it can be read, and written again."""
    for text in (data, data.decode("utf-8", "replace")):
        try:
            tree = msgspec.json.decode(text) if text is data else json.loads(text)
            msgspec.json.encode(tree)
        except _ERRORS:
            continue
        return tree
    return None


def _leads(tree: object, path: _Path) -> bool:
    """Tell whether keys lead to a list."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return isinstance(tree, list)
