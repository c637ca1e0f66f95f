"""JSON values cut out of a run of bytes: the elements of a list, or values that follow one another.

They are cut by their brackets only, chunk by chunk. One that is no JSON is handed over like the others; where it lacks
a bracket, so that those behind it would belong to it, they are found again by how they begin.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from detector.errors import RejectReason
from detector.ingest.containers.items import Items, long_fault, shorter
from detector.ingest.containers.soundness import find_beginnings, is_broken, is_json
from detector.ingest.containers.structure import COMMA, LINE_FEED, OPEN_LIST, Marks, Scanner
from detector.ingest.lines import HEAD_BYTES, Fault

WHOLE_BYTES = 4 * 2**20
"""An object up to this size is one item, whatever it wraps."""

_MAX_ITEMS = 2**14
_BLANK = b" \t\r\n"
_BETWEEN = _BLANK + b",;)\x1e" + codecs.BOM_UTF8
"""What may stand between documents: commas, the end of a statement, the separator of RFC 7464, a byte order mark."""

_ASSIGNMENT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(?:var|let|const)\s+)?[\w.$]{1,200}\s*[=(]\s*\Z")
_MAX_CAREFUL_RECOVERIES = 64
_ENDS_EARLY = "the document ends before its last bracket"


class Wrapper(Protocol):
    """Takes an object that may wrap a list, and gives it in pages."""

    def add(self, data: bytes, marks: Marks) -> None:
        """Take the next bytes."""

    def pages(self, torn: str | None) -> Iterator[Items | Fault]:
        """Yield what was taken; `torn` says why it has no end."""


class Within(Enum):
    """What the next byte belongs to."""

    NOTHING = "nothing"
    LIST = "list"
    OBJECT = "object"


@dataclass(frozen=True)
class _Long:
    """What is too long to be held, by its beginning."""

    number: int
    offset: int
    head: bytes


class Cutter:
    """Cuts values out of chunks.

    Parameters
    ----------
    max_bytes
        A value longer than this is passed over and told as a `Fault`.
    wrap
        Makes room for an object that is large, or broken, and may wrap a list: from its offset and line, and whether
        it is large.
    within
        What the first byte belongs to.
    offset, number
        Its place in the source.
    """

    def __init__(
        self,
        max_bytes: int,
        wrap: Callable[[int, int, bool], Wrapper] | None = None,
        within: Within = Within.NOTHING,
        offset: int = 0,
        number: int = 1,
    ) -> None:
        self._max_bytes = max_bytes
        self._max_whole = min(max_bytes, WHOLE_BYTES)
        self._wrap = wrap
        self._within = within
        self._offset = offset
        self._number = number
        self._scanner = Scanner(0 if within is Within.NOTHING else 1)
        self._rest = b""  # begins at `_offset`, on line `_number`
        self._wrapped: Wrapper | None = None
        self._long: _Long | None = None
        self._n_recoveries = 0
        self._is_first = True

    def feed(self, chunk: bytes) -> Iterator[Items | Fault]:
        """Yield what ends in the next chunk."""
        marks = self._scanner.feed(chunk)
        data = self._rest + chunk
        known = len(self._rest)
        start = 0
        spans: list[tuple[int, int]] = []
        for position, kind in self._events(marks):
            position += known
            if self._within is Within.NOTHING:
                if fault := self._stray(data, start, position):
                    yield from self._cut(data, spans)
                    spans = []
                    yield fault
                self._within = Within.LIST if kind == OPEN_LIST else Within.OBJECT
                start = position + (kind == OPEN_LIST)
                continue
            is_element = self._within is Within.LIST
            end = position + (not is_element)
            is_held = self._wrapped is not None or self._long is not None
            if not is_held and (is_element or not self._wants_pages(data, start, end)):
                spans.append((start, end))
            else:
                yield from self._cut(data, spans)
                spans = []
                yield from self._ended(data, start, end, marks)
            start = position + 1
            if kind != COMMA:
                self._within = Within.NOTHING
        yield from self._cut(data, spans)
        yield from self._keep(data, start, marks)

    def finish(self, torn: str | None = None, *, is_whole: bool = False) -> Iterator[Items | Fault]:
        """Yield what is left at the end of the source.

        Parameters
        ----------
        torn
            Why the source ended before its time.
        is_whole
            The list ends here, its bracket is not among the bytes.
        """
        rest = self._rest
        if self._wrapped is not None:
            yield from self._wrapped.pages(torn or _ENDS_EARLY)
        elif self._long is not None and self._within is not Within.NOTHING:
            yield self._too_long(self._offset)
        elif self._within is Within.NOTHING:
            if fault := self._stray(rest, 0, len(rest)):
                yield fault
            elif torn:
                yield Fault(self._number, self._offset, 0, RejectReason.TRUNCATED, torn, b"")
        elif rest.strip(_BLANK) and (cuts := self._recovered(rest)):
            yield from self._go_on(rest, cuts)
            yield from self.finish(torn, is_whole=is_whole)
        elif self._within is Within.OBJECT and self._wrap is not None:
            yield from self._wrapping(rest, self._offset, self._number).pages(torn or _ENDS_EARLY)
        else:
            yield from self._last(torn, is_whole=is_whole)

    def _events(self, marks: Marks) -> Iterator[tuple[int, int]]:
        """Yield the marks that begin or end a value, with their kind."""
        marks = marks.where(marks.depths <= 1)
        order = np.arange(len(marks.kinds))
        begins = marks.are_openings  # to depth 1, that is
        last = np.maximum.accumulate(np.where(begins, order, -1)) if len(order) else order
        is_list = np.where(last >= 0, marks.kinds[last] == OPEN_LIST, self._within is Within.LIST)
        is_comma = marks.kinds == COMMA
        chosen = begins | np.where(is_comma, (marks.depths == 1) & is_list, marks.depths == 0)
        return zip(marks.positions[chosen].tolist(), marks.kinds[chosen].tolist(), strict=True)

    def _cut(self, data: bytes, spans: list[tuple[int, int]]) -> Iterator[Items | Fault]:
        """Yield the values that stand at some places."""
        if not spans:
            return
        feeds = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == LINE_FEED)
        for first in range(0, len(spans), _MAX_ITEMS):
            values, starts = [], []
            for start, end in spans[first : first + _MAX_ITEMS]:
                raw = data[start:end]
                if value := raw.strip(_BLANK):
                    values.append(value)
                    starts.append(start if value[0] == raw[0] else start + raw.index(value[0]))
            if values:
                numbers = (np.searchsorted(feeds, starts) + self._number).tolist()
                offsets = [start + self._offset for start in starts]
                yield from shorter(Items(values, numbers, offsets, list(map(len, values))), self._max_bytes)

    def _ended(self, data: bytes, start: int, end: int, marks: Marks) -> Iterator[Items | Fault]:
        """Yield an object, or what was too long to be held."""
        if self._wrapped is not None:
            self._wrapped.add(data[start:end], marks.where(marks.positions < end))
            wrapped, self._wrapped = self._wrapped, None
            yield from wrapped.pages(None)
        elif self._long is not None:
            yield self._too_long(self._offset + end)
            self._long = None
        else:
            number = self._number + data.count(b"\n", 0, start)
            yield from self._wrapping(data[start:end], self._offset + start, number).pages(None)

    def _wants_pages(self, data: bytes, start: int, end: int) -> bool:
        """Tell whether an object is too large for one item, or so broken that only what it wraps may be saved."""
        if self._wrap is None:
            return False
        return end - start > self._max_whole or not is_json(data[start:end])

    def _wrapping(self, data: bytes, offset: int, number: int) -> Wrapper:
        assert self._wrap is not None
        wrapped = self._wrap(offset, number, len(data) > WHOLE_BYTES)
        wrapped.add(data, Scanner().feed(data))
        return wrapped

    def _keep(self, data: bytes, start: int, marks: Marks) -> Iterator[Items | Fault]:
        """Keep what has not ended, as far as there is room for it."""
        rest = data[start:]
        self._number += data.count(b"\n", 0, start)
        self._offset += start
        if self._wrapped is not None:
            self._wrapped.add(rest, marks)
        elif self._long is None and self._within is Within.OBJECT and self._wrap and len(rest) > self._max_whole:
            if cuts := self._recovered(rest):
                yield from self._go_on(rest, cuts)
                return
            self._wrapped = self._wrapping(rest, self._offset, self._number)
        elif self._long is None and rest.strip(_BLANK):
            if len(rest) <= (HEAD_BYTES if self._within is Within.NOTHING else self._max_bytes):
                self._rest = rest
                return
            if cuts := self._recovered(rest):
                yield from self._go_on(rest, cuts)
                return
            lead = len(rest) - len(rest.lstrip(_BLANK))
            number = self._number + rest.count(b"\n", 0, lead)
            self._long = _Long(number, self._offset + lead, rest[lead : lead + HEAD_BYTES])
        self._rest = b""
        self._number += rest.count(b"\n")
        self._offset += len(rest)

    def _stray(self, data: bytes, start: int, end: int) -> Fault | None:
        """Return what stands outside of all documents, if it is anything."""
        between = data[start:end]
        long, self._long = self._long, None
        is_first, self._is_first = self._is_first, False
        detail = "what comes before the document is no JSON" if is_first else "data after the end of the document"
        if long is not None:
            length = self._offset + end - long.offset
            return Fault(long.number, long.offset, length, RejectReason.INVALID_JSON, detail, long.head)
        text = between.strip(_BETWEEN)
        if not text or (is_first and _ASSIGNMENT.match(between)):
            return None
        lead = between.index(text)
        number = self._number + data.count(b"\n", 0, start + lead)
        offset = self._offset + start + lead
        return Fault(number, offset, len(text), RejectReason.INVALID_JSON, detail, text[:HEAD_BYTES])

    def _too_long(self, end: int) -> Fault:
        long = self._long
        assert long is not None
        return long_fault(long.number, long.offset, end - long.offset, self._max_bytes, long.head)

    def _recovered(self, rest: bytes) -> list[tuple[int, int]]:
        """Return where values that do not end should be cut: the end of one, the beginning of the next.

        Only those that are broken, not those of which the end is not there yet. Where that happens again and again,
        all places are taken at once, so that the work stays in proportion to the source.
        """
        if self._within is Within.NOTHING or not is_broken(rest):
            return []
        found = find_beginnings(rest, in_list=self._within is Within.LIST)
        self._n_recoveries += 1
        return found[:1] if self._n_recoveries <= _MAX_CAREFUL_RECOVERIES else found

    def _go_on(self, rest: bytes, cuts: list[tuple[int, int]]) -> Iterator[Items | Fault]:
        starts = [0] + [start for _, start in cuts]
        yield from self._cut(rest, [(start, end) for start, (end, _) in zip(starts, cuts, strict=False)])
        last = starts[-1]
        self._rest = b""
        self._offset += last
        self._number += rest.count(b"\n", 0, last)
        self._within = Within.LIST if self._within is Within.LIST else Within.NOTHING
        self._scanner = Scanner(1 if self._within is Within.LIST else 0)
        yield from self.feed(rest[last:])

    def _last(self, torn: str | None, *, is_whole: bool) -> Iterator[Items | Fault]:
        """Yield the last element of a list, and that the list has no end if it should have one."""
        rest = self._rest
        value = rest.strip(_BLANK)
        end = len(rest)
        if is_whole or (value[-1:] in (b"}", b"]", b'"') and is_json(value)):
            yield from self._cut(rest, [(0, end)])
            value = b""
        if not is_whole:
            lead = rest.index(value) if value else end
            number = self._number + rest.count(b"\n", 0, lead)
            offset = self._offset + lead
            yield Fault(number, offset, end - lead, RejectReason.TRUNCATED, torn or _ENDS_EARLY, value[:HEAD_BYTES])
