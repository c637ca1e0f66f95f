"""Zip archives to their members, each a stream of its own; any other source is one stream."""

import contextlib
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Any

from detector.errors import InputError
from detector.ingest.allowance import Allowance
from detector.ingest.foreign import what_document
from detector.ingest.streams import ByteStream, open_stream

_ZIP = b"PK\x03\x04"
_ENCRYPTED = 0x1
_COPIED_BYTES = 2**20

_NO_RECORDS = re.compile(
    r"\.(?:html?|css|md|pdf|ttf|woff2?|jpe?g|png|gif|webp|svg|ico|bmp|tiff?|heic|tgs|"
    r"mp4|m4v|m4a|mov|webm|mkv|avi|mp3|og[gav]|opus|wav)\Z",
    re.IGNORECASE,
)
"""What exports carry beside their records."""

_OF_FOLDERS = frozenset(("thumbs.db", "desktop.ini", "icon\r"))
"""What a file manager leaves in every folder."""


def open_streams(source: str | os.PathLike[str] | IO[Any], max_bytes: float = float("inf")) -> Iterator[ByteStream]:
    """Open a source as one stream, or as several if it is a zip archive.

    Parameters
    ----------
    source
        A path, ``-`` for standard input, or an open file; an archive that comes through a pipe is copied to disk.
    max_bytes
        More than this, decompressed, is read of no source.

    Yields
    ------
    ByteStream
        To be read before the next is asked for. Members come in the order of their names, called
        ``archive.zip/folder/member.json``; folders, hidden files, pictures and the like are passed over.

    Raises
    ------
    InputError
        The source cannot be opened, or is an archive that is damaged, encrypted or holds no records.
    """
    with open_stream(source, max_bytes) as stream:
        if not stream.peek(len(_ZIP)).startswith(_ZIP):
            yield stream
            return
        with contextlib.ExitStack() as stack:
            file = stream.file or stack.enter_context(_spooled(stream, max_bytes))
            yield from _members(file, stream.name, max_bytes)


def _members(file: IO[bytes], name: str, max_bytes: float) -> Iterator[ByteStream]:
    allowance = Allowance(name, max_bytes)
    size = file.seek(0, os.SEEK_END)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, IndexError, NotImplementedError):
        raise InputError(f"{name} is a damaged zip archive: its list of members, at the end, cannot be read") from None
    with archive:
        members = sorted(filter(_holds_records, archive.infolist()), key=lambda member: member.filename)
        if what := what_document(archive.namelist()):
            raise InputError(f"{name} is {what}")
        if not members:
            raise InputError(f"{name} is a zip archive without a file of records")
        before = 0
        for member in members:
            member_name = f"{name}/{member.filename}"
            if member.flag_bits & _ENCRYPTED:
                raise InputError(f"{member_name} is encrypted: unpack the archive with its password first")
            try:
                opened = archive.open(member)
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
                raise InputError(f"{member_name} cannot be unpacked: {error}") from None
            with opened:
                # Members may lie over one another: together they take no more than the file.
                packed = min(member.compress_size, max(0, size - before)) / max(1, member.file_size)
                stream = ByteStream(opened, member_name, allowance, packed, before)
                yield stream
                before += stream.consumed_bytes


def _holds_records(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    is_hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    is_hidden = is_hidden or path.name.casefold() in _OF_FOLDERS
    return not (member.is_dir() or is_hidden or _NO_RECORDS.search(path.name) or not member.file_size)


@contextlib.contextmanager
def _spooled(stream: ByteStream, max_bytes: float) -> Iterator[IO[bytes]]:
    """Copy what is stored to a nameless file."""
    with tempfile.TemporaryFile() as file:
        try:
            while piece := stream.stored(_COPIED_BYTES):
                file.write(piece)
                if file.tell() > max_bytes:
                    raise InputError(f"{stream.name} is longer than {max_bytes} bytes: raise ingest.max_input_bytes")
        except OSError as error:
            what = f"{stream.name} is a zip archive that comes through a pipe"
            raise InputError(f"{what}, and cannot be copied to disk: {error.strerror}") from None
        yield file
