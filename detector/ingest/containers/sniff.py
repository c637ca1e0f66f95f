"""What a source holds, told from its first bytes: JSON Lines, JSON documents, or a table and how that is written."""

import itertools
import re
from dataclasses import dataclass
from enum import Enum

from detector.ingest.containers.dialect import Dialect
from detector.ingest.containers.sniff_table import find_dialect
from detector.ingest.containers.soundness import is_json

HEAD_BYTES = 2**20
"""As much as is looked at, at most."""

_SAMPLE_LINES = 100
_LINES_SHARE_MIN = 0.5

_ASSIGNMENT = re.compile(rb"\s*(?:window\.|(?:var|let|const)\s)[\w.$]{1,200}\s*=\s*[\[{]")


class Kind(Enum):
    """How the records of a source are written."""

    LINES = "JSON Lines"
    DOCUMENTS = "JSON documents"
    TABLE = "table"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Container:
    """What a source holds; `dialect` is that of a table."""

    kind: Kind
    dialect: Dialect | None = None


def sniff(head: bytes) -> Container:
    """Tell what a source holds.

    Parameters
    ----------
    head
        Its first bytes, decompressed: `HEAD_BYTES` are plenty, all of it if it is shorter.

    Returns
    -------
    Container
        Unknown where nothing fits; such a source is read as JSON Lines, so that every line is accounted for.
    """
    is_whole = len(head) < HEAD_BYTES
    head = head[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    start = head.lstrip()
    if not start:
        return Container(Kind.UNKNOWN)
    if _ASSIGNMENT.match(start):
        return Container(Kind.DOCUMENTS)
    if start.startswith((b"{", b"[")):
        return Container(_kind_of_json(start, is_whole=is_whole))
    dialect = find_dialect(_lines(head, is_whole=is_whole)[:_SAMPLE_LINES])
    return Container(Kind.TABLE, dialect) if dialect else Container(Kind.UNKNOWN)


def ends_in_returns(head: bytes) -> bool:
    """Tell whether the lines of a table end in carriage returns alone."""
    first = head.find(b"\r")
    if first < 0 or b"\n" in head[: first + 2] or head.lstrip(b"\xef\xbb\xbf \t\r")[:1] in (b"{", b"["):
        return False
    n_pairs = head.count(b"\r\n")
    return head.count(b"\r") - n_pairs > head.count(b"\n")


def _kind_of_json(head: bytes, *, is_whole: bool) -> Kind:
    lines = [line for line in itertools.islice(_lines(head, is_whole=is_whole), 2 * _SAMPLE_LINES) if line.strip()]
    lines = lines[:_SAMPLE_LINES]
    if not lines:
        return Kind.DOCUMENTS  # of which the first line has no end
    if head.startswith(b"["):
        # A list on a line of its own is a document, several such lines are lines; `[` and `{...},` are a list's.
        are_values = [is_json(line.strip()) for line in lines]
        n_lines = sum(are_values)
        return Kind.LINES if len(lines) > 1 and n_lines > len(lines) / 2 else Kind.DOCUMENTS
    are_objects = [line.lstrip().startswith(b"{") and is_json(line.strip()) for line in lines]
    if are_objects[0] or sum(are_objects) >= _LINES_SHARE_MIN * len(lines):
        return Kind.LINES
    return Kind.DOCUMENTS


def _lines(head: bytes, *, is_whole: bool) -> list[bytes]:
    """Return lines, without one that the end of the head has cut."""
    lines = head.split(b"\n")
    return lines if is_whole else lines[:-1]
