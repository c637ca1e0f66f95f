"""Sources to decompressed bytes: told by what they are, not by their name, and never more in memory than a block."""

import codecs
import io
import itertools
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import IO, Any

from detector.errors import InputError
from detector.ingest.allowance import Allowance
from detector.ingest.compressed import DECODERS, DECODING_ERRORS
from detector.ingest.foreign import LOOKED_AT_BYTES, what_is

BLOCK_BYTES = 8 * 2**20
"""Bytes decoded at a time: large enough for column work, small enough to stay in memory many times over."""

_PIECE_BYTES = 2**18
_WIDE = {
    codecs.BOM_UTF32_LE: "utf-32",  # before that of UTF-16, which it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MAGIC_BYTES = 16


class ByteStream:
    """A source as decompressed chunks, which knows how far it has read and whether it ended before its time.

    Parameters
    ----------
    stream
        What is stored.
    name
        For display.
    allowance
        How much may come of it.
    packed
        Bytes that one of `stream` takes in an archive.
    before
        Bytes of the archive that have been read before.
    """

    def __init__(
        self, stream: IO[Any], name: str, allowance: Allowance | None = None, packed: float = 1.0, before: float = 0.0
    ) -> None:
        self.name = name
        self.fault: str | None = None
        self._stream = stream
        self._raw = _Peekable(stream)
        self._allowance = allowance or Allowance(name)
        self._packed = packed
        self._before = before
        self._held: list[bytes] = []
        self._rest = self._decompressed()

    @property
    def consumed_bytes(self) -> int:
        """Bytes read so far of the source as it is stored."""
        return int(self._raw.consumed * self._packed)

    def peek(self, size: int) -> bytes:
        """Return the first bytes of what is stored, without reading them away.

        Raises
        ------
        InputError
            The device fails, or a member of an archive is damaged from its start.
        """
        try:
            return self._raw.peek(size)
        except (*DECODING_ERRORS, OSError, ValueError) as error:
            raise self._failed(error) from None

    def stored(self, size: int) -> bytes:
        """Return the next bytes as they are stored; none at the end."""
        return self._raw.read(size)

    @property
    def file(self) -> IO[bytes] | None:
        """The file of what is stored, if one can move about in it."""
        is_seekable = getattr(self._stream, "seekable", None)
        return self._stream if is_seekable and is_seekable() and self._stream.read(0) == b"" else None

    def head(self, size: int) -> bytes:
        """Return the first bytes, decompressed, without taking them away: `size` of them if there are so many.

        Raises
        ------
        InputError
            As `chunks`.
        """
        while sum(map(len, self._held)) < size and (chunk := next(self._rest, b"")):
            self._held.append(chunk)
        return b"".join(self._held)[:size] if len(self._held) != 1 else self._held[0][:size]

    def chunks(self) -> Iterator[bytes]:
        """Yield the decompressed source in pieces of about `BLOCK_BYTES`.

        Raises
        ------
        InputError
            The source is a container that is not read here, or the device fails.
        """
        while self._held:
            yield self._held.pop(0)
        yield from self._rest

    def turn_returns(self) -> None:
        """Take carriage returns for line feeds from here on, as old spreadsheets on the Mac write tables."""
        self._held = [chunk.replace(b"\r", b"\n") for chunk in self._held]
        self._rest = (chunk.replace(b"\r", b"\n") for chunk in self._rest)

    def _decompressed(self) -> Iterator[bytes]:
        held = io.BytesIO()
        for piece in self._readable():
            self._allowance.take(len(piece), self._before + self.consumed_bytes)
            if len(piece) >= BLOCK_BYTES and not held.tell():
                yield piece
                continue
            held.write(piece)
            if held.tell() >= BLOCK_BYTES:
                # Handed over without a copy, and let go before the next one grows.
                chunk, held = held.getvalue(), io.BytesIO()
                yield chunk
                del chunk
        if held.tell():
            yield held.getvalue()

    def _readable(self) -> Iterator[bytes]:
        """Return pieces in UTF-8, unless they are of something that is not read here."""
        magic = self.peek(_MAGIC_BYTES)
        decode = next((make for start, make in DECODERS.items() if magic.startswith(start)), None)
        pieces = self._pieces(decode(self._raw) if decode else self._raw)
        head = b""
        while len(head) < LOOKED_AT_BYTES and (piece := next(pieces, b"")):
            head += piece
        if (what := what_is(head)) is not None:
            raise InputError(f"{self.name} is {what}")
        pieces = itertools.chain([head] if head else (), pieces)
        encoding = next((name for mark, name in _WIDE.items() if head.startswith(mark)), None)
        return codecs.iterencode(codecs.iterdecode(pieces, encoding, "replace"), "utf-8") if encoding else pieces

    def _pieces(self, stream: object) -> Iterator[bytes]:
        read = _eager_read(stream)
        while True:
            try:
                piece = read(BLOCK_BYTES)
            except DECODING_ERRORS as error:
                self.fault = _one_line(error)
                return
            except OSError as error:
                if error.errno is not None:
                    raise self._failed(error) from None
                self.fault = _one_line(error)  # bz2 says "Invalid data stream" so
                return
            except ValueError as error:
                raise self._failed(error) from None
            if not piece:
                return
            yield piece

    def _failed(self, error: Exception) -> InputError:
        """Say that a device gives no more, or a file that the caller has opened: it is closed, or in another code."""
        return InputError(f"{self.name}: {getattr(error, 'strerror', None) or _one_line(error)}")


class _Peekable:
    """A binary stream, raw where there is one, that counts its bytes and can be looked into at the start."""

    def __init__(self, stream: IO[Any]) -> None:
        self.consumed = 0
        self._head = b""
        self._read = _eager_read(stream)

    def peek(self, size: int) -> bytes:
        while len(self._head) < size and (more := self._next(size - len(self._head))):
            self._head += more
        return self._head

    def read(self, size: int) -> bytes:
        if self._head:
            head, self._head = self._head[:size], self._head[size:]
            return head
        return self._next(size)

    def _next(self, size: int) -> bytes:
        piece = self._read(size) or b""
        # A text stream without bytes beneath it (io.StringIO) gives characters.
        data = piece.encode("utf-8", "surrogatepass") if isinstance(piece, str) else bytes(piece)
        self.consumed += len(data)
        return data


def _eager_read(stream: object) -> Callable[[int], Any]:
    """Return the method that gives what one read of the file beneath gives.

    Waiting for more would hold up Ctrl-C on a pipe, and would lose what was decoded before an error.
    """
    read1: Callable[[int], Any] | None = getattr(stream, "read1", None)
    if read1 is None:
        read: Callable[[int], Any] = stream.read  # type: ignore[attr-defined]
        return read
    # Room is made for all that is asked, each time, and a pipe gives 64 KiB.
    return lambda size: read1(min(size, _PIECE_BYTES))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def open_stream(source: str | os.PathLike[str] | IO[Any], max_bytes: float = math.inf) -> Iterator[ByteStream]:
    """Open a path, ``-`` for standard input, or an open file; what the caller opened is left open.

    Parameters
    ----------
    source
        What to read.
    max_bytes
        More than this, decompressed, is not read.

    Raises
    ------
    InputError
        There is no such file, it is a folder, or it may not be read.
    """
    if not isinstance(source, (str, os.PathLike)):
        name = getattr(source, "name", None)
        name = Path(name).name if isinstance(name, str) else "<stream>"
        yield ByteStream(_bytes_beneath(source), name, Allowance(name, max_bytes))
        return
    if source == "-":
        if sys.stdin is None:
            raise InputError("standard input is closed")
        yield ByteStream(_bytes_beneath(sys.stdin), "<stdin>", Allowance("<stdin>", max_bytes))
        return
    try:
        file = open(source, "rb", buffering=0)  # noqa: SIM115 - closed below, apart from the errors of the caller
    except (OSError, ValueError) as error:
        raise InputError(_why_not_opened(source, error)) from None
    with file:
        name = Path(source).name
        yield ByteStream(file, name, Allowance(name, max_bytes))


def size_of(source: object) -> int | None:
    """Return the bytes stored at a path; None for anything but a regular file."""
    if not isinstance(source, (str, os.PathLike)) or source == "-":
        return None
    try:
        status = os.stat(source)
    except (OSError, ValueError) as error:
        raise InputError(_why_not_opened(source, error)) from None
    if S_ISDIR(status.st_mode):
        raise InputError(f"{os.fspath(source)} is a folder: name the files in it")
    return status.st_size if S_ISREG(status.st_mode) else None


def _why_not_opened(source: str | os.PathLike[str], error: Exception) -> str:
    path = os.fspath(source)
    path = path if path.isprintable() else ascii(path)[1:-1]
    if isinstance(error, IsADirectoryError):
        return f"{path} is a folder: name the files in it"
    if isinstance(error, FileNotFoundError):
        return f"{path}: no such file"
    if isinstance(error, PermissionError):
        return f"{path}: not allowed to read it"
    return f"{path}: {getattr(error, 'strerror', None) or _one_line(error)}"


def _bytes_beneath(stream: IO[Any]) -> IO[Any]:
    """Return the byte stream under a text file, or the file itself."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    if not isinstance(encoding, str) or codecs.lookup(encoding).name not in {"utf-8", "utf-8-sig", "ascii"}:
        return stream  # its own decoder knows the bytes better than we do
    found: IO[Any] = getattr(stream, "buffer", stream)
    return found
