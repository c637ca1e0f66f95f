"""A large object that wraps a list, in pages: the object again and again, each time with a part of the list.

A format that takes pages apart then reads an export of gigabytes as it reads a page. What stands around the list is in
every page, also what comes behind it, so the object is held until its end: in memory, on disk once it is large.
"""

import itertools
import mmap
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from detector.errors import OutputError, RejectReason
from detector.ingest.containers.cutter import Cutter, Within
from detector.ingest.containers.frame import LOOKED_UP, Frame
from detector.ingest.containers.items import Items
from detector.ingest.containers.outline import Container, Held, Outline, lists_in
from detector.ingest.containers.soundness import is_json, problem_of
from detector.ingest.containers.structure import Marks
from detector.ingest.lines import HEAD_BYTES, Fault

PAGE_ITEMS = 500
PAGE_BYTES = 2**20
"""A page is closed with so many items or bytes, whichever comes first; never smaller than what surrounds its list."""

HELD_BYTES = 64 * 2**20
"""Beyond this an object is held in a nameless file."""

_LARGE_BYTES = 2**16
_CHUNK_BYTES = 8 * 2**20
_LOOKED_BYTES = 4096
_RECORDS = frozenset(
    ("comments", "messages", "data", "items", "list", "posts", "tweets", "statuses", "children", "results")
)
"""Names of lists that hold the records, where another list of the same object is longer."""


@dataclass(frozen=True)
class _Element:
    """An element of a list, or a page of one that wraps a list itself; the place is that in the source."""

    value: bytes
    number: int
    offset: int
    end: int


class PagedObject:
    """Takes an object in pieces and gives pages.

    Parameters
    ----------
    max_bytes
        An element longer than this is passed over and told as a `Fault`, unless it wraps a list itself.
    offset, number
        Place of the object in the source.
    is_large
        Whether only its large lists are looked at.
    """

    def __init__(self, max_bytes: int, offset: int, number: int, *, is_large: bool) -> None:
        self._max_bytes = max_bytes
        self._offset = offset
        self._number = number
        self._outline = Outline(_LARGE_BYTES if is_large else 0)
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._size = 0

    def add(self, data: bytes, marks: Marks) -> None:
        """Take the next bytes.

        Raises
        ------
        OutputError
            There is no room for them on disk.
        """
        self._outline.add(marks, self._size)
        self._size += len(data)
        if self._file is None and self._size <= HELD_BYTES:
            self._memory += data
            return
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the pages are read
                self._file.write(self._memory)
                self._memory = bytearray()
            self._file.write(data)
        except OSError as error:
            raise OutputError(f"no room on disk for a JSON object of {self._size} bytes: {error.strerror}") from None

    def pages(self, torn: str | None) -> Iterator[Items | Fault]:
        """Yield the object in pages.

        Parameters
        ----------
        torn
            Why it has no end.
        """
        if self._file is None:
            yield from self._pages_of(self._memory, torn)
            return
        with self._file as file:
            file.flush()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield from self._pages_of(data, torn)

    def _pages_of(self, data: Held, torn: str | None) -> Iterator[Items | Fault]:
        reading = _Reading(data, self._max_bytes, self._offset, self._number, torn)
        pages: list[_Element] = []
        for page in itertools.chain(reading.pages(self._outline.tree(data)), reading.end()):
            if isinstance(page, _Element):
                pages.append(page)
            if isinstance(page, Fault) or sum(len(page.value) for page in pages) >= _CHUNK_BYTES:
                yield from _items(pages)
                pages = []
            if isinstance(page, Fault):
                yield page
        yield from _items(pages)


def _items(elements: list[_Element]) -> Iterator[Items]:
    if elements:
        yield Items(
            [element.value for element in elements],
            [element.number for element in elements],
            [element.offset for element in elements],
            [element.end - element.offset for element in elements],
        )


class _Reading:
    """One pass over an object that is held."""

    def __init__(self, data: Held, max_bytes: int, offset: int, number: int, torn: str | None) -> None:
        self._data = data
        self._max_bytes = max_bytes
        self._offset = offset
        self._torn = torn
        self._first_number = number
        self._counted = 0
        self._number = number  # of the line at `_counted`
        self._is_told = False

    def pages(self, node: Container) -> Iterator[_Element | Fault]:
        """Yield an object in pages, or whole if it wraps no list of objects."""
        found = [(path, part) for path, part in lists_in(node) if self._holds_objects(part)]
        if not found:
            yield self._whole(node)
            return
        path, chosen = max(found, key=_weight)
        lists = [(path, chosen)]
        if len(path) > 1:  # as `chats.list` and `left_chats.list` of Telegram
            lists = [(other, part) for other, part in found if other[1:] == path[1:] and not _is_looked_up(other)]
            lists = lists or [(path, chosen)]
        frame = Frame(self._around(node, lists), [path for path, _ in lists])
        if len(frame.encoded) > self._max_bytes // 2:
            detail = f"what surrounds the list `{'.'.join(path)}` is longer than {self._max_bytes // 2} bytes"
            yield self._fault(node.start, chosen.start, RejectReason.LINE_TOO_LONG, detail)
            frame = Frame([], frame.paths)
        is_empty = True
        for path, part in lists:
            for page in self._filled(frame, path, part):
                is_empty = False
                yield page
        if is_empty:
            yield _Element(
                frame.encoded, self._number_at(node.start), self._offset + node.start, self._offset + node.end
            )

    def end(self) -> Iterator[Fault]:
        """Yield that the object has no end, unless that has been told."""
        if self._torn and not self._is_told:
            yield self._fault(len(self._data), len(self._data), RejectReason.TRUNCATED, self._torn)

    def _whole(self, node: Container) -> _Element | Fault:
        if node.is_open:
            self._is_told = True
            return self._fault(node.start, node.end, RejectReason.TRUNCATED, self._torn or "")
        if node.end - node.start > self._max_bytes:
            detail = f"longer than {self._max_bytes} bytes"
            return self._fault(node.start, node.end, RejectReason.LINE_TOO_LONG, detail)
        value = bytes(self._data[node.start : node.end])
        return _Element(value, self._number_at(node.start), self._offset + node.start, self._offset + node.end)

    def _around(self, node: Container, lists: list[tuple[tuple[str, ...], Container]]) -> list[bytes]:
        """Return what surrounds some lists, those empty: all of it, and without what comes behind the first."""
        first_path, first = lists[0]
        pieces, position = [], node.start
        for _, part in lists:
            pieces += [self._data[position : part.start + 1], b"]"]
            position = part.end
        pieces.append(self._data[position : node.end])
        inner, unclosed = node, b""
        while inner.is_open and all(inner is not part for _, part in lists):
            unclosed = (b"]" if inner.is_list else b"}") + unclosed
            if not inner.children or not inner.children[-1].is_open:
                break
            inner = inner.children[-1]
        before = bytes(self._data[node.start : first.start + 1]) + b"]" + b"}" * len(first_path)
        return [b"".join((*pieces, unclosed)), before]

    def _filled(self, frame: Frame, path: tuple[str, ...], part: Container) -> Iterator[_Element | Fault]:
        """Yield pages with the elements of a list."""
        budget = max(PAGE_BYTES, len(frame.encoded))
        waiting: list[_Element] = []
        size = 0
        for element in self._elements(part):
            if isinstance(element, Fault):
                yield element
                continue
            waiting.append(element)
            size += len(element.value)
            if len(waiting) >= PAGE_ITEMS or size >= budget:
                yield from _page(frame, path, waiting)
                waiting, size = [], 0
        yield from _page(frame, path, waiting)

    def _elements(self, part: Container) -> Iterator[_Element | Fault]:
        """Yield the elements of a list; one that is large and wraps a list itself as its pages."""
        position = part.start + 1
        for child in part.children:
            is_large = child.end - child.start > PAGE_BYTES
            if not child.is_list and (is_large or _is_torn_page(child, part.name)):
                yield from self._between(position, child.start, is_whole=True)
                yield from self.pages(child)
                position = child.end
        if part.is_open and self._is_told:
            return
        yield from self._between(position, part.end - (not part.is_open), is_whole=not part.is_open)

    def _between(self, start: int, end: int, *, is_whole: bool) -> Iterator[_Element | Fault]:
        number = self._number_at(start)
        cutter = Cutter(self._max_bytes, within=Within.LIST, offset=self._offset + start, number=number)
        chunks = (self._data[i : min(i + _CHUNK_BYTES, end)] for i in range(start, end, _CHUNK_BYTES))
        cut = itertools.chain.from_iterable(cutter.feed(bytes(chunk)) for chunk in chunks)
        for found in itertools.chain(cut, cutter.finish(self._torn, is_whole=is_whole)):
            if isinstance(found, Fault):
                self._is_told |= found.reason is RejectReason.TRUNCATED
                yield found
                continue
            for value, line, offset, length in zip(
                found.values, found.numbers, found.offsets, found.lengths, strict=True
            ):
                yield _Element(value, line, offset, offset + length)

    def _holds_objects(self, part: Container) -> bool:
        return bytes(self._data[part.start + 1 : part.start + _LOOKED_BYTES]).lstrip()[:1] == b"{"

    def _fault(self, start: int, end: int, reason: RejectReason, detail: str) -> Fault:
        head = bytes(self._data[start : min(end, start + HEAD_BYTES)])
        return Fault(self._number_at(start), self._offset + start, end - start, reason, detail, head)

    def _number_at(self, position: int) -> int:
        """Return the line on which a byte stands; cheap when asked in order."""
        if position < self._counted:
            self._counted, self._number = 0, self._first_number
        for start in range(self._counted, position, _CHUNK_BYTES):
            self._number += self._data[start : min(start + _CHUNK_BYTES, position)].count(b"\n")
        self._counted = position
        return self._number


def _page(frame: Frame, path: tuple[str, ...], elements: list[_Element]) -> Iterator[_Element | Fault]:
    """Yield a page, and the elements that would spoil it."""
    if not elements:
        return
    value = frame.page(path, [element.value for element in elements])
    if not is_json(value):
        sound = []
        for element in elements:
            if (problem := problem_of(element.value)) is None:
                sound.append(element)
                continue
            length, head = element.end - element.offset, element.value[:HEAD_BYTES]
            yield Fault(element.number, element.offset, length, problem, "cut out of its page", head)
        if len(sound) < len(elements):
            yield from _page(frame, path, sound)
            return
    yield _Element(value, elements[0].number, elements[0].offset, elements[-1].end)


def _is_torn_page(node: Container, within: str | None) -> bool:
    """Tell whether an object ends within its records, which are others than those around it."""
    return any(part.is_open and path[-1] in _RECORDS - {within} for path, part in lists_in(node))


def _weight(found: tuple[tuple[str, ...], Container]) -> float:
    """Return how much speaks for a list as that of the records."""
    path, part = found
    return (part.end - part.start) * (8 if path[-1] in _RECORDS else 1) / (64 if _is_looked_up(path) else 1)


def _is_looked_up(path: tuple[str, ...]) -> bool:
    return not LOOKED_UP.isdisjoint(path)
