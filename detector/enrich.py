"""The user's own files with our columns: nothing in them changes, and what was found of each record is put into it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec
import polars as pl

from detector.errors import InputError
from detector.ingest.canonical import Typed, type_batch
from detector.ingest.containers.archives import open_streams
from detector.ingest.containers.items import Items
from detector.ingest.containers.rows import Rows
from detector.ingest.decode import Batch
from detector.ingest.lines import Block, Fault
from detector.ingest.merge import with_ids
from detector.ingest.parquet import is_parquet
from detector.ingest.pieces import Piece, open_pieces
from detector.ingest.records import Decoder
from detector.ingest.streams import ByteStream, size_of
from detector.result import Result
from detector.whole import write_whole

FIELDS = ("campaign_id", "cluster_id", "role", "score", "tier", "flagged")
"""What is said of a comment, as in `comments.parquet`; of any other record, `not_judged` says why."""

_KEY = "_detector"
_COLUMNS = ",".join(f"detector_{name}" for name in (*FIELDS, "not_judged"))
_STORED_SUFFIX = re.compile(r"\.(?:gz|zst|zstd|bz2|xz)$", re.IGNORECASE)
_UNSAFE = re.compile(r"[^\w.-]+")
_NUMBERED = r"^(made-[0-9a-f]{16})-\d+$"

_Insertion = tuple[int, bytes]
"""Where in the decompressed source, and what."""


@dataclass(frozen=True)
class Enriched:
    """A file that was written: of which source, and how many of its records could not be given anything."""

    source: str
    path: Path
    n_left_out: int


def enrich(source: object, result: Result, folder: str | Path) -> list[Enriched]:
    """Write files that were scanned once more, with what was found of each record.

    Parameters
    ----------
    source
        The path or paths that were scanned. Every JSON object gets a member ``_detector``, a list where it holds
        several records; every row of a table gets the columns ``detector_score`` and so on, at its end. Not a byte of
        the rest changes, but that what was compressed is not.
    result
        What the scan found, of the same files with the same settings.
    folder
        Where to; it is made if need be. Files are called by the place of their source and its name.

    Returns
    -------
    list of Enriched
        One for each file, or member of an archive. Records in the pages that a large document is cut into, and lines
        that are no records, stay as they are.

    Raises
    ------
    InputError
        A source is no file that can be read twice, or a Parquet file.
    OutputError
        A file cannot be written.
    """
    paths: Sequence[Any] = source if isinstance(source, (list, tuple)) else [source]
    for path in paths:
        check_enrichable(path)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    known = result.comments.select("platform", "id", *FIELDS)
    written = []
    for place, path in enumerate(paths, 1):
        config = result.config.ingest
        decoder = Decoder(config)
        for opened, stream in zip(open_pieces(path, config), open_streams(path, config.max_input_bytes), strict=True):
            name = _UNSAFE.sub("_", _STORED_SUFFIX.sub("", opened.name))[-100:]
            copy = _Copy(stream)
            with write_whole(folder / f"{place}-{name}", force=True) as file:
                for piece, _ in opened.pieces:
                    if not isinstance(piece, Fault):
                        judged = [(batch, type_batch(batch, config)) for batch in decoder.decode(piece)]
                        copy.write(file, sorted(_insertions(piece, judged, known, copy)))
                copy.finish(file)
            written.append(Enriched(opened.name, folder / f"{place}-{name}", copy.n_left_out))
    return written


def check_enrichable(path: object) -> None:
    """Refuse early what cannot be enriched.

    Raises
    ------
    InputError
        It is no file that can be read twice, or a Parquet file.
    """
    if size_of(path) is None:
        raise InputError("only files can be enriched, which are read twice: write the stream to a file first")
    if is_parquet(path):
        raise InputError(f"{path} is a Parquet file: join comments.parquet to it by platform and id instead")


class _Copy:
    """A source that is copied as it is, with insertions."""

    def __init__(self, stream: ByteStream) -> None:
        self._chunks = stream.chunks()
        self._chunk = b""
        self._offset = 0  # of the chunk
        self.n_left_out = 0

    def write(self, file: IO[bytes], insertions: Sequence[_Insertion]) -> None:
        """Copy up to each insertion, and insert."""
        for position, content in insertions:
            self._copy_to(file, position)
            file.write(content)

    def finish(self, file: IO[bytes]) -> None:
        """Copy the rest."""
        file.write(self._chunk)
        for chunk in self._chunks:
            file.write(chunk)

    def _copy_to(self, file: IO[bytes], position: int) -> None:
        while position > self._offset + len(self._chunk):
            file.write(self._chunk)
            self._offset += len(self._chunk)
            self._chunk = next(self._chunks, b"")
            if not self._chunk:
                raise InputError("a source has become shorter since it was scanned: scan it again")
        cut = position - self._offset
        file.write(self._chunk[:cut])
        self._chunk, self._offset = self._chunk[cut:], position


def _insertions(
    piece: Piece, judged: list[tuple[Batch, Typed]], known: pl.DataFrame, copy: _Copy
) -> Iterator[_Insertion]:
    """Yield what is to be put into the objects or rows of a piece."""
    findings = _findings(judged, known)
    if isinstance(piece, Rows):
        if piece.header_end is not None:
            yield piece.header_end, f",{_COLUMNS}".encode()
        for place, (offset, length) in enumerate(zip(piece.offsets, piece.lengths, strict=True)):
            cells = findings.get(place, [{}])[0]
            row = ",".join(_cell(cells.get(name)) for name in (*FIELDS, "not_judged"))
            yield offset + length, f",{row}".encode()
        return
    for place, (offset, value) in _objects(piece, findings, copy):
        end = len(value.rstrip()) - 1
        found = findings[place]
        content = msgspec.json.encode(found[0] if len(found) == 1 else found)
        comma = b"" if value[:end].strip() == b"{" else b","
        yield offset + end, comma + msgspec.json.encode(_KEY) + b":" + content


def _objects(piece: Piece, findings: dict[int, Any], copy: _Copy) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Yield the objects of a piece that something is known of: their places, offsets and bytes."""
    places = sorted(findings)
    if isinstance(piece, Block):
        for place, (offset, _, line) in zip(places, piece.locate(places), strict=True):
            yield place, (offset, line)
    elif isinstance(piece, Items):
        for place, (offset, length, value) in zip(places, piece.locate(places), strict=True):
            if len(value) == length:
                yield place, (offset, value)
            else:  # a page, made of a part of a document
                copy.n_left_out += len(findings[place])


def _findings(judged: list[tuple[Batch, Typed]], known: pl.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """Return what is known of the records at each place of a piece, in their order."""
    findings: dict[int, list[dict[str, Any]]] = {}
    for batch, typed in judged:
        ids = with_ids(typed.comments).select("platform", pl.col("id").str.replace(_NUMBERED, "$1"))
        found = ids.join(known, on=["platform", "id"], how="left", maintain_order="left").drop("platform")
        comments = iter(found.to_dicts())
        for place, fate in zip(batch.places, typed.fates.to_list(), strict=True):
            findings.setdefault(int(place), []).append({"not_judged": fate} if fate else next(comments))
    return findings


def _cell(value: object) -> str:
    """Write a value of ours for a table: none of them holds a comma, a quote or a line feed."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
