"""Values of documents with their places, cut out but not read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from detector.errors import RejectReason
from detector.ingest.lines import HEAD_BYTES, Fault


@dataclass(frozen=True)
class Items:
    """Values of a document, each as JSON.

    `numbers` are the lines on which they begin, from 1; `offsets` and `lengths` say where they stand in the
    decompressed source: for a page, where its items stand, without what surrounds them.
    """

    values: list[bytes]
    numbers: list[int]
    offsets: list[int]
    lengths: list[int]

    def locate(self, indices: Iterable[int]) -> Iterator[tuple[int, int, bytes]]:
        """Yield the offset, the length and the bytes of items."""
        for i in indices:
            yield self.offsets[i], self.lengths[i], self.values[i]


def shorter(found: Items, max_bytes: int) -> Iterator[Items | Fault]:
    """Yield the items that are not too long, and those that are as faults."""
    if max(found.lengths) <= max_bytes:
        yield found
        return
    for i, length in enumerate(found.lengths):
        if length > max_bytes:
            yield long_fault(found.numbers[i], found.offsets[i], length, max_bytes, found.values[i])
    if kept := [i for i, length in enumerate(found.lengths) if length <= max_bytes]:
        yield Items(
            [found.values[i] for i in kept],
            [found.numbers[i] for i in kept],
            [found.offsets[i] for i in kept],
            [found.lengths[i] for i in kept],
        )


def long_fault(number: int, offset: int, length: int, max_bytes: int, head: bytes) -> Fault:
    """Return that something is too long."""
    detail = f"longer than {max_bytes} bytes"
    return Fault(number, offset, length, RejectReason.LINE_TOO_LONG, detail, head[:HEAD_BYTES])
