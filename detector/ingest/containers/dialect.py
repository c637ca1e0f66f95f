"""How a table of separated values is written."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _csv import Reader as CsvReader


@dataclass(frozen=True)
class Dialect:
    """How a table is written.

    `escape` stands before a quote within quotes that is not doubled. `n_preamble` lines come before the header, such
    as ``sep=;``; with `skips_space`, quotes may stand behind a space.
    """

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    encoding: str = "utf-8"
    n_preamble: int = 0
    skips_space: bool = False

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> "CsvReader":
        """Return the rows of some lines."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape,
            skipinitialspace=self.skips_space,
            strict=strict,
        )


@contextmanager
def long_cells(max_bytes: int) -> Iterator[None]:
    """Let cells be as long as rows may be: the limit of the standard module is one for the whole process."""
    before = csv.field_size_limit(max_bytes)
    try:
        yield
    finally:
        csv.field_size_limit(before)
