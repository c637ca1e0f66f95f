"""Sources of every kind to COMMENTS, REJECTS and the counts that account for every record.

The law: ``records_read == accepted + skipped + rejected + blank``, on anything whatever.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from detector.config import IngestConfig
from detector.errors import RejectReason, SkipReason
from detector.ingest.beside import beside
from detector.ingest.canonical import Typed, type_batch
from detector.ingest.counts import Counts
from detector.ingest.decode import Batch
from detector.ingest.excerpt import excerpt
from detector.ingest.lines import Fault
from detector.ingest.merge import merge
from detector.ingest.pieces import Piece, open_pieces
from detector.ingest.records import Decoder
from detector.ingest.sources import Source, sort_out
from detector.ingest.streams import size_of
from detector.ingest.traps import without_masked_names
from detector.schema import COMMENTS, REJECTS
from detector.spill import Spill

Progress = Callable[[int, int | None], None]

_RECORDS_PER_BATCH = 16_384
_HELD_BYTES = 1 << 26
"""Put together at a time: what is spilled keeps a file open."""

_Judged = tuple[Batch, Typed]
_Locate = Callable[[list[int]], Iterable[tuple[int | None, int | None, bytes]]]


@dataclass(frozen=True)
class Ingested:
    """What `read_comments` found.

    `comments` and `rejects` follow the schemas COMMENTS and REJECTS; `rejects` holds the first
    `IngestConfig.rejects_kept`, `counts` them all. `sources` are names for display, `containers` what they were,
    and `formats` what the records were recognised as, the most frequent first; `known_by` holds the keys that told.
    `unknown_names` are those of a record's fields in which no text was recognised, if there was one.
    """

    comments: pl.DataFrame
    rejects: pl.DataFrame
    counts: Counts
    sources: tuple[str, ...]
    containers: tuple[str, ...]
    formats: tuple[str, ...]
    known_by: Mapping[str, list[tuple[str, ...]]]
    too_many_rejects: bool
    unknown_names: tuple[str, ...] = ()


def read_comments(
    source: Source, config: IngestConfig | None = None, progress: Progress | None = None, *, spill: Spill | None = None
) -> Ingested:
    """Read comments from a source of any kind.

    Parameters
    ----------
    source
        A path, ``-`` for standard input, an open file, several of these, an iterable of dicts, or a Polars frame.
        Files hold records of any known format, in JSON Lines, JSON documents, tables or Parquet, compressed or in zip
        archives, whatever their names say.
    config
        Limits and the zone of times that name none.
    progress
        Called after each block with the bytes read of the files as they are stored, and their sum where it is known.
    spill
        Where comments go for which there is no room in memory; all are held there by default.

    Returns
    -------
    Ingested
        Equal `comments`, apart from `source_file` and `source_line`, whatever the order of the records.

    Raises
    ------
    InputError
        A source cannot be opened, is a container that is not read here or grows beyond measure, or its records could be
        of two formats. Other content raises nothing: a bad line is a row of `rejects`.

    Notes
    -----
    Of records that repeat a platform and id the earliest is kept, by content where times are equal. Records without
    an id are never repeats.

    Examples
    --------
    >>> found = read_comments([{"text": "Shame!", "platform": "twitter", "author_id": 7}, {"text": ""}])
    >>> found.comments["account"].to_list(), found.counts.skipped_by_reason
    (['x:7'], {'not_a_comment': 1})
    """
    reading = _Reading(config or IngestConfig(), progress, spill or Spill())
    kind, items = sort_out(source)
    if kind == "frame":
        reading.read_frame(items)
    elif kind == "mappings":
        reading.read_mappings(items)
    else:
        reading.read_files(items)
    return reading.finish()


class _Reading:
    """What has been read so far."""

    def __init__(self, config: IngestConfig, progress: Progress | None, spill: Spill) -> None:
        self._config = config
        self._decoder = Decoder(config)
        self._progress = progress
        self._spill = spill
        self._held: list[pl.DataFrame] = []
        self._frames: list[pl.DataFrame] = []
        self._waiting_bytes = 0
        self._rejects: list[dict[str, Any]] = []
        self._sources: list[str] = []
        self._containers: list[str] = []
        self._formats: Counter[str] = Counter()
        self._n_read = self._n_blank = self._n_repaired = 0
        self._skipped: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._unreadable: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()

    def read_files(self, files: list[Any]) -> None:
        """Read files, one after the other."""
        sizes = [size_of(file) for file in files]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        done = 0
        for file, size in zip(files, sizes, strict=True):
            for opened in open_pieces(file, self._config):
                self._sources.append(opened.name)
                self._containers.append(opened.container)
                for (piece, consumed), judged in beside(self._judge, opened.pieces):
                    if isinstance(piece, Fault):
                        self._n_read += 1
                        self._refuse(piece)
                    else:
                        self._take(judged, piece.locate)
                    self._tell(done + consumed, total)
            done += size or 0

    def _tell(self, done: int, total: int | None) -> None:
        if self._progress:
            self._progress(done, total)

    def _judge(self, found: tuple[Piece | Fault, int]) -> list[_Judged]:
        piece, _ = found
        if isinstance(piece, Fault):
            return []
        return [(batch, type_batch(batch, self._config)) for batch in self._decoder.decode(piece)]

    def read_mappings(self, items: Iterator[Any]) -> None:
        """Read Python mappings."""
        self._sources.append("<records>")
        self._containers.append("records")
        first_number = 1
        while chunk := list(itertools.islice(items, _RECORDS_PER_BATCH)):
            self._take_batches(self._decoder.decode_mappings(chunk, first_number))
            first_number += len(chunk)

    def read_frame(self, frame: pl.DataFrame) -> None:
        """Read the rows of a frame."""
        self._sources.append("<frame>")
        self._containers.append("frame")
        for start in range(0, frame.height, _RECORDS_PER_BATCH):
            rows = frame.slice(start, _RECORDS_PER_BATCH)
            self._take_batches(self._decoder.decode_frame(rows, start + 1))

    def _take_batches(self, batches: list[Batch]) -> None:
        self._take([(batch, type_batch(batch, self._config)) for batch in batches], _nowhere)

    def _take(self, judged: list[_Judged], locate: _Locate) -> None:
        """Take the records of a block, and account for all of its lines."""
        faults: list[Fault] = []
        late: list[tuple[int, int, RejectReason]] = []
        for batch, typed in judged:
            self._n_read += len(batch.numbers) + len(batch.faults) + batch.n_blank
            self._n_blank += batch.n_blank
            self._formats[batch.form] += len(batch.numbers)
            self._skipped.update(typed.skipped)
            self._unreadable.update(typed.unreadable)
            self._notes.update(typed.notes)
            self._n_repaired += typed.n_repaired
            faults += batch.faults
            late += [(batch.places[i], batch.numbers[i], reason) for i, reason in typed.rejected.items()]
        frame = pl.concat([typed.comments for _, typed in judged], how="diagonal")
        if len(judged) > 1:
            frame = frame.sort("source_line", maintain_order=True)
        self._hold(frame.with_columns(source_file=pl.lit(self._sources[-1])))
        late.sort(key=lambda refused: refused[0])
        found = locate([place for place, _, _ in late])
        for (_, number, reason), (offset, length, line) in zip(late, found, strict=True):
            faults.append(Fault(number, offset, length, reason, _DETAILS[reason], line))
        for fault in sorted(faults, key=lambda fault: fault.number):
            self._refuse(fault)

    def _hold(self, frame: pl.DataFrame) -> None:
        """Keep a frame; many at a time become one, in less memory than they take alone, or are spilled."""
        self._frames.append(frame)
        self._waiting_bytes += int(frame.estimated_size())
        if self._waiting_bytes >= _HELD_BYTES:
            self._put_together()

    def _put_together(self) -> None:
        if self._frames:
            self._held.append(self._spill.hold(pl.concat(self._frames, how="diagonal", rechunk=True)))
            self._frames, self._waiting_bytes = [], 0

    def _refuse(self, fault: Fault) -> None:
        self._rejected[fault.reason] += 1
        if len(self._rejects) < self._config.rejects_kept:
            self._rejects.append(
                {
                    "source": self._sources[-1],
                    "line": fault.number,
                    "offset": fault.offset,
                    "length": fault.length,
                    "reason": fault.reason.value,
                    "detail": fault.detail,
                    "excerpt": excerpt(fault.head),
                }
            )

    def finish(self) -> Ingested:
        """Put the batches together."""
        self._put_together()
        comments, n_repeated = merge(self._held, is_mapped=self._spill.is_bounded)
        comments, n_masked = without_masked_names(comments)
        self._notes += Counter(masked_names=n_masked)
        if n_repeated:
            self._skipped[SkipReason.REPEATED] = n_repeated
        n_rejected = sum(self._rejected.values())
        counts = Counts(
            records_read=self._n_read,
            accepted=comments.height,
            skipped=sum(self._skipped.values()),
            rejected=n_rejected,
            blank=self._n_blank,
            repaired=self._n_repaired,
            skipped_by_reason=_sorted(self._skipped),
            rejected_by_reason=_sorted(self._rejected),
            unreadable_by_field=_sorted(self._unreadable),
            noted=_sorted(self._notes),
        )
        config = self._config
        return Ingested(
            comments=COMMENTS.check(comments),
            rejects=REJECTS.check(pl.DataFrame(self._rejects, schema=REJECTS.dtypes())),
            counts=counts.check(),
            sources=tuple(self._sources),
            containers=tuple(dict.fromkeys(self._containers)),
            formats=tuple(name for name, n in sorted(self._formats.items(), key=lambda item: (-item[1], item[0])) if n),
            known_by=self._decoder.known_by,
            too_many_rejects=n_rejected > config.reject_count_max
            and n_rejected > config.reject_share_max * counts.records_read,
            unknown_names=self._decoder.unknown_names,
        )


_DETAILS = {
    RejectReason.TEXT_NOT_A_STRING: "`text` is there but no string",
    RejectReason.UNEXPECTED_SHAPE: "a field is of another type than this format has",
    RejectReason.NO_TEXT_FIELD: "no `text`, and no `url` or `repost_of` that would make it a share",
}


def _nowhere(places: list[int]) -> Iterable[tuple[int | None, int | None, bytes]]:
    """Return the place of records that have none in a file."""
    return [(None, None, b"")] * len(places)


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return {str(key): n for key, n in sorted(counter.items())}
