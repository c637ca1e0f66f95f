"""Rows of a table, each with its place, and the names of its columns."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from detector.ingest.lines import HEAD_BYTES


@dataclass(frozen=True)
class Rows:
    """Rows of a table, as many cells in each as there are names.

    `numbers` are the lines on which they begin, from 1; `offsets` and `lengths` where they stand in the decompressed
    source, without the last line feed. `repaired` holds positions of rows with bytes that are no text. `header_end` is
    where the header ends, among the first rows.
    """

    names: tuple[str, ...]
    rows: list[list[str]]
    numbers: list[int]
    offsets: list[int]
    lengths: list[int]
    repaired: set[int] = field(default_factory=set)
    n_blank: int = 0
    header_end: int | None = None

    def locate(self, indices: Iterable[int]) -> Iterator[tuple[int, int, bytes]]:
        """Yield the offset, the length and the first cells of rows."""
        for i in indices:
            yield self.offsets[i], self.lengths[i], ",".join(self.rows[i]).encode("utf-8", "replace")[:HEAD_BYTES]


def name_columns(cells: Sequence[str]) -> tuple[str, ...]:
    """Return a name for every column: stripped, and none twice; a column without one is called by its place."""
    names: list[str] = []
    seen: Counter[str] = Counter()
    for i, cell in enumerate(cells, 1):
        name = cell.lstrip("\ufeff").strip().strip('"').strip() or f"column_{i}"
        seen[name] += 1
        while seen[name] > 1:
            name = f"{name}_{seen[name]}"
            seen[name] += 1
        names.append(name)
    return tuple(names)
