"""Pieces of a source to batches: each record by its format, canonical lines the fast way."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl

from detector.config import IngestConfig
from detector.ingest.adapt import ROOTS_AT_A_TIME, Adapting
from detector.ingest.containers.items import Items
from detector.ingest.containers.rows import Rows
from detector.ingest.decode import FIELDS, Batch
from detector.ingest.formats.format import Format
from detector.ingest.lines import Block, Fault
from detector.ingest.objects import simplify, take_columns, take_mappings
from detector.ingest.pieces import Piece
from detector.ingest.recognise import Recogniser
from detector.ingest.roots import Roots, decode_roots
from detector.ingest.shape import read_shaped, sample_lines

_SAMPLE = 100


@dataclass(frozen=True)
class _Plain:
    """What could be read of lines as they stand: columns, the positions of these lines, and those of the others."""

    columns: dict[str, pl.Series]
    places: pl.Series
    left: list[int]


class Decoder:
    """Turns pieces of a source into batches of raw canonical records."""

    def __init__(self, config: IngestConfig) -> None:
        self._config = config
        self._recogniser = Recogniser(config)

    @property
    def known_by(self) -> dict[str, list[tuple[str, ...]]]:
        """Return the formats that were recognised, each with the sets of keys that showed it."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for name, keys in sorted(self._recogniser.seen):
            found.setdefault(name, []).append(keys)
        return found

    @property
    def unknown_names(self) -> tuple[str, ...]:
        """Names of the fields of a record in which nothing was recognised, if there was one."""
        return self._recogniser.unknown_names

    def decode(self, piece: Piece) -> list[Batch]:
        """Decode a piece of a source.

        Returns
        -------
        list of Batch
            Every line, item or row as one record or several, a fault or blank.
        """
        if isinstance(piece, Block):
            return self._lines(piece)
        if isinstance(piece, Items):
            return self._items(piece)
        if isinstance(piece, Rows):
            return self._rows(piece)
        return self.decode_frame(piece.rows, piece.number)

    def decode_mappings(self, items: Sequence[object], first_number: int) -> list[Batch]:
        """Take Python mappings for records."""
        return [simplify(batch) for batch in self._adapted_whole(take_mappings(items, first_number))]

    def decode_frame(self, frame: pl.DataFrame, first_number: int) -> list[Batch]:
        """Take the rows of a frame for records; columns of canonical names and types as they are."""
        main = self._recogniser.choose(frame.head(1).to_dicts())
        if self._recogniser.is_canonical(main):
            return [take_columns(frame, first_number)]
        return self.decode_mappings(frame.to_dicts(), first_number)

    def _lines(self, block: Block) -> list[Batch]:
        main = self._recogniser.choose(_objects(sample_lines(block.data)))
        plain = self._plain(block.data, main)
        batches = [Batch(plain.columns, plain.places + block.number, plain.places)] if plain else []
        if plain is None or plain.left:
            lines = block.data.split(b"\n")
            offsets = list(itertools.accumulate((len(line) + 1 for line in lines), initial=block.offset))
            numbers = range(block.number, block.number + len(lines))
            left, limit = plain.left if plain else None, self._config.max_line_bytes
            roots = self._roots(lines, numbers, offsets, left, max_bytes=limit, is_open=block.is_open)
            batches += self._adapted(roots, main)
        return batches

    def _items(self, piece: Items) -> list[Batch]:
        main = self._recogniser.choose(_objects(itertools.islice(piece.values, _SAMPLE)))
        data = b"\n".join(piece.values)
        plain = self._plain(data, main) if data.count(b"\n") == len(piece.values) - 1 else None
        batches = []
        if plain:
            numbers = pl.Series(piece.numbers, dtype=pl.UInt64).gather(plain.places)
            batches.append(Batch(plain.columns, numbers, plain.places))
        if plain is None or plain.left:
            roots = self._roots(piece.values, piece.numbers, piece.offsets, plain.left if plain else None)
            batches += self._adapted(roots, main)
        return batches

    def _rows(self, piece: Rows) -> list[Batch]:
        names = piece.names
        sample = (dict(zip(names, row, strict=True)) for row in itertools.islice(piece.rows, _SAMPLE))
        if piece.rows and self._recogniser.is_canonical(self._recogniser.choose(sample)):
            columns = {name: list(cells) for name, cells in zip(names, zip(*piece.rows, strict=True), strict=True)}
            known = {name: columns[name] for name in FIELDS if name in columns}
            places = range(len(piece.rows))
            return [Batch(known, piece.numbers, places, repaired=piece.repaired, n_blank=piece.n_blank)]
        values: list[Mapping[str, Any]] = [dict(zip(names, row, strict=True)) for row in piece.rows]
        places = range(len(values))
        return self._adapted_whole(Roots(values, piece.numbers, list(places), piece.repaired, n_blank=piece.n_blank))

    def _plain(self, data: bytes, main: Format) -> "_Plain | None":
        """Read those of canonical lines that are proved to be plain; None if these are too few."""
        within_limits = len(data) <= self._config.max_line_bytes and self._config.max_depth > 0
        shaped = read_shaped(data, FIELDS) if within_limits and self._recogniser.is_canonical(main) else None
        if shaped is None:
            return None
        frame, fits = shaped
        left = [] if frame.height == len(fits) else (~fits).arg_true().to_list()
        return _Plain(frame.to_dict(), fits.arg_true().cast(pl.UInt64), left)

    def _roots(
        self,
        parts: Sequence[bytes],
        numbers: Sequence[int],
        offsets: Sequence[int],
        wanted: Sequence[int] | None = None,
        *,
        max_bytes: int | None = None,
        is_open: bool = False,
    ) -> Iterator[Roots]:
        """Decode parts of JSON, a few at a time."""
        wanted = range(len(parts)) if wanted is None else wanted
        for start in range(0, len(wanted), ROOTS_AT_A_TIME):
            few = wanted[start : start + ROOTS_AT_A_TIME]
            yield decode_roots(parts, numbers, offsets, self._config, wanted=few, max_bytes=max_bytes, is_open=is_open)

    def _adapted_whole(self, roots: Roots) -> list[Batch]:
        return self._adapted([roots], self._recogniser.choose(itertools.islice(roots.values, _SAMPLE)))

    def _adapted(self, parts: Iterable[Roots], main: Format) -> list[Batch]:
        """Read every root by its format: mostly all have the same."""
        adapting = {main: Adapting(main)}
        faults: list[Fault] = []
        n_blank = 0
        for roots in parts:
            self._take(roots, main, adapting)
            faults += roots.faults
            n_blank += roots.n_blank
            del roots  # before the next ones are decoded
        batches = [one.batch() for one in adapting.values()]
        batches[0].faults, batches[0].n_blank = faults, n_blank
        return batches

    def _take(self, roots: Roots, main: Format, adapting: dict[Format, Adapting]) -> None:
        """Give each record to what reads its format."""
        by_format: dict[Format, list[tuple[int, Mapping[str, Any]]]] = {}
        for i, root in enumerate(roots.values):
            for form, record in self._recogniser.sort(root, main):
                by_format.setdefault(form, []).append((i, record))
        for form, chosen in by_format.items():
            if form not in adapting:
                adapting[form] = Adapting(form)
            adapting[form].take(
                [record for _, record in chosen],
                [roots.numbers[i] for i, _ in chosen],
                [roots.places[i] for i, _ in chosen],
                {new for new, (old, _) in enumerate(chosen) if old in roots.repaired},
            )


def _objects(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            value = msgspec.json.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, dict):
                yield item
