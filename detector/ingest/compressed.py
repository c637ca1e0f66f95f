"""Compressed streams, told by their first bytes."""

import bz2
import gzip
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Arctic Shift and Pushshift write windows of 2 GiB, which every zstd refuses unless asked.
_ZSTD_OPTIONS = {zstd.DecompressionParameter.window_log_max.value: 31}

DECODERS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw, mode="rb"),
    b"\x28\xb5\x2f\xfd": lambda raw: zstd.ZstdFile(raw, options=_ZSTD_OPTIONS),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x5d\x00\x00": lzma.LZMAFile,
}
# Frames that some tools put before the first one, for tables of contents.
DECODERS |= {bytes((n, 0x2A, 0x4D, 0x18)): DECODERS[b"\x28\xb5\x2f\xfd"] for n in range(0x50, 0x60)}

DECODING_ERRORS = (EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError, gzip.BadGzipFile, zipfile.BadZipFile)
