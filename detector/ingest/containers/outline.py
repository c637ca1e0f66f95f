"""The large lists and objects of a document, found while it is read: a tree of few branches, whatever its size."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, overload

import numpy as np

from detector.ingest.containers.structure import COMMA, OPEN_LIST, Marks

_MAX_LEVELS = 16
_MAX_KEY_BYTES = 300
_KEY = re.compile(rb'("(?:[^"\\]|\\.)*")\s*:\s*\Z')


class Held(Protocol):
    """Bytes in memory or mapped."""

    def __len__(self) -> int: ...

    @overload
    def __getitem__(self, place: int, /) -> int: ...

    @overload
    def __getitem__(self, place: slice, /) -> bytes | bytearray: ...


@dataclass(eq=False)
class Container:
    """A list or an object, brackets and all; one that has no end reaches to that of the data."""

    start: int
    end: int
    level: int
    is_list: bool
    is_open: bool
    name: str | None = None
    children: list["Container"] = field(default_factory=list)


class Outline:
    """Collects the containers of at least some size.

    Parameters
    ----------
    smallest
        Bytes from bracket to bracket.
    """

    def __init__(self, smallest: int) -> None:
        self._smallest = smallest
        self._large: list[tuple[int, int, int]] = []  # start, end, level
        self._open: list[int] = []  # where the containers begin that have not ended, the outermost first

    def add(self, marks: Marks, base: int) -> None:
        """Take the marks of the next bytes, which begin at `base`."""
        openings = marks.are_openings
        levels = marks.depths + ~openings  # of the container that a bracket belongs to
        chosen = (marks.kinds != COMMA) & (levels <= _MAX_LEVELS)
        order = np.argsort(levels[chosen].astype(np.int16), kind="stable")
        levels, openings = levels[chosen][order], openings[chosen][order]
        positions = marks.positions[chosen][order] + base
        # On each level openings and closings take turns; one that has no opening here has it before.
        closings = np.flatnonzero(~openings)
        before = np.maximum(closings - 1, 0)
        has_opening = openings[before] & (levels[before] == levels[closings]) & (closings > 0)
        earlier = np.array([*self._open, *[0] * (_MAX_LEVELS + 1)])[levels[closings] - 1]
        starts = np.where(has_opening, positions[before], earlier)
        ends = positions[closings] + 1
        for i in np.flatnonzero(ends - starts >= self._smallest).tolist():
            self._large.append((int(starts[i]), int(ends[i]), int(levels[closings[i]])))
        lasts = np.searchsorted(levels, np.arange(1, _MAX_LEVELS + 1), side="right") - 1
        still_open = []
        for level, last in enumerate(lasts.tolist(), 1):
            if last >= 0 and levels[last] == level:
                if not openings[last]:
                    break
                still_open.append(int(positions[last]))
            elif level <= len(self._open):
                still_open.append(self._open[level - 1])
            else:
                break
        self._open = still_open

    def tree(self, data: Held) -> Container:
        """Return the outermost container of the data, with those in it."""
        found = [Container(start, end, level, data[start] == OPEN_LIST, False) for start, end, level in self._large]
        for level, start in enumerate(self._open, 1):
            found.append(Container(start, len(data), level, data[start] == OPEN_LIST, True))
        found.sort(key=lambda container: container.start)
        above: list[Container] = []
        for container in found:
            del above[container.level - 1 :]
            if above:
                above[-1].children.append(container)
                if not above[-1].is_list:
                    container.name = _key_before(data, container.start)
            above.append(container)
        return found[0] if found else Container(0, len(data), 1, is_list=False, is_open=True)


def lists_in(
    container: Container, path: tuple[str, ...] = (), levels: int = 4
) -> Iterator[tuple[tuple[str, ...], Container]]:
    """Yield the lists that hang on objects alone below an object, with the keys that lead there."""
    for child in container.children:
        if child.name is None:
            continue
        if child.is_list:
            yield (*path, child.name), child
        elif levels > 1:
            yield from lists_in(child, (*path, child.name), levels - 1)


def _key_before(data: Held, start: int) -> str | None:
    found = _KEY.search(bytes(data[max(0, start - _MAX_KEY_BYTES) : start]))
    if found is None:
        return None
    try:
        return str(json.loads(found[1]))
    except ValueError:
        return None
