"""Lines to batches of raw values: decoded strictly and fast, repaired or refused with a reason.

Lines that look like most of their block are left to Polars (see `shape`), the others to msgspec; only a line that it
refuses takes the slow way through `json`, whose answer holds. Repaired means that bytes which are no UTF-8, and bare
NUL, became U+FFFD before parsing; the line must be strict JSON afterwards.
"""

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import msgspec
import polars as pl

from detector.config import IngestConfig
from detector.errors import RejectReason, SkipReason
from detector.ingest.lines import HEAD_BYTES, Block, Fault
from detector.ingest.shape import read_shaped

Scalar = str | int | float | bool | None

ABSENT: Any = msgspec.UNSET
"""Stands in the column of texts where a record has no such key."""

NESTED: Any = msgspec.NODEFAULT
"""Stands where a record has a list or an object instead of a value."""


class Record(msgspec.Struct, gc=False):
    """The canonical record as it is written, before any value is judged.

    Scalars only: a nested value sends its line the slow way, where it is marked. (Unions of scalars also decode faster
    than `object`.) `collected_at`, when the record was captured, is what relative times are reckoned from;
    `created_at_precision` says that a time is known less well than it is written.
    """

    id: Scalar = None
    platform: Scalar = None
    text: Scalar | msgspec.UnsetType = msgspec.UNSET
    created_at: Scalar = None
    created_at_precision: Scalar = None
    author_id: Scalar = None
    author_handle: Scalar = None
    author_name: Scalar = None
    author_created_at: Scalar = None
    author_followers: Scalar = None
    author_following: Scalar = None
    author_posts: Scalar = None
    author_verified: Scalar = None
    target: Scalar = None
    target_group: Scalar = None
    parent_id: Scalar = None
    conversation_id: Scalar = None
    repost_of: Scalar = None
    url: Scalar = None
    lang: Scalar = None
    like_count: Scalar = None
    collected_at: Scalar = None


FIELDS = Record.__struct_fields__

_decode = msgspec.json.Decoder(Record).decode
_DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

# An unterminated string runs to the end, which keeps the search linear on hostile lines.
_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_NO_BRACKET = re.compile(rb"[^\[\]{}]+")
_MAX_INT_DIGITS = 4_000  # Python refuses to convert longer ones, either way
_SMALL_BYTES = 10_000


@dataclass
class Batch:
    """Records as columns of raw values, and what became of the lines that are none.

    `columns` maps `FIELDS` to one value per record: a list of `Scalar`, `ABSENT` or `NESTED`, or a Series of one type
    without NUL; a field that no record has may be left out. `numbers` are their lines in the source, from 1; several
    records may share one. `repaired` holds positions among the records, and `fates` those that are skipped or refused
    already, with why.
    """

    columns: Mapping[str, list[Any] | pl.Series]
    numbers: Sequence[int] | pl.Series
    repaired: set[int] = field(default_factory=set)
    fates: dict[int, SkipReason | RejectReason] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    n_blank: int = 0


def decode_block(block: Block, config: IngestConfig) -> list[Batch]:
    """Decode the lines of a block.

    Parameters
    ----------
    block
        Whole lines.
    config
        Limits of length and depth.

    Returns
    -------
    list of Batch
        Every line as a record, a fault or blank in one of them: those that look like most, and the others.
    """
    within_limits = len(block.data) <= config.max_line_bytes and config.max_depth > 0
    shaped = read_shaped(block.data, FIELDS) if within_limits else None
    if shaped is None:
        return [_decode_strictly(block, config)]
    frame, fits = shaped
    batches = [Batch(frame.to_dict(), fits.arg_true().cast(pl.UInt64) + block.number)]
    if frame.height < len(fits):
        batches.append(_decode_one_by_one(block.data.split(b"\n"), block, config, done=fits.to_list()))
    return batches


def _decode_strictly(block: Block, config: IngestConfig) -> Batch:
    lines = block.data.split(b"\n")
    # Nothing can be too deep, nor too long, in a line shorter than the brackets alone would be.
    is_short = max(map(len, lines)) < min(2 * config.max_depth, config.max_line_bytes)
    if (is_short or not any(_needs_care(line, config) for line in lines)) and _is_utf8(block.data):
        try:
            # Line by line: `decode_lines` takes two records on a line, or one on two lines, without a word.
            return _batch(list(map(_decode, lines)), range(block.number, block.number + len(lines)))
        except _DECODE_ERRORS:
            pass
    return _decode_one_by_one(lines, block, config, done=itertools.repeat(False))


def _batch(records: Sequence[Record], numbers: Sequence[int]) -> Batch:
    # Written out: each line costs a third less than `getattr` or `attrgetter`, and this is the hottest place.
    columns: dict[str, list[Any]] = {
        "id": [record.id for record in records],
        "platform": [record.platform for record in records],
        "text": [record.text for record in records],
        "created_at": [record.created_at for record in records],
        "created_at_precision": [record.created_at_precision for record in records],
        "author_id": [record.author_id for record in records],
        "author_handle": [record.author_handle for record in records],
        "author_name": [record.author_name for record in records],
        "author_created_at": [record.author_created_at for record in records],
        "author_followers": [record.author_followers for record in records],
        "author_following": [record.author_following for record in records],
        "author_posts": [record.author_posts for record in records],
        "author_verified": [record.author_verified for record in records],
        "target": [record.target for record in records],
        "target_group": [record.target_group for record in records],
        "parent_id": [record.parent_id for record in records],
        "conversation_id": [record.conversation_id for record in records],
        "repost_of": [record.repost_of for record in records],
        "url": [record.url for record in records],
        "lang": [record.lang for record in records],
        "like_count": [record.like_count for record in records],
        "collected_at": [record.collected_at for record in records],
    }
    return Batch(columns, numbers)


def _decode_one_by_one(lines: Sequence[bytes], block: Block, config: IngestConfig, done: Iterable[bool]) -> Batch:
    records: list[Record] = []
    numbers: list[int] = []
    repaired: set[int] = set()
    faults: list[Fault] = []
    n_blank = 0
    offset = block.offset
    for number, (line, is_done) in enumerate(zip(lines, done, strict=False), block.number):
        start, offset = offset, offset + len(line) + 1
        if is_done:
            continue
        if not line.strip(b" \t\r"):
            n_blank += 1
            continue
        try:
            record, is_repaired = _decode_line(line, config)
        except _Refused as refusal:
            is_last = number - block.number == len(lines) - 1
            reason = RejectReason.TRUNCATED if block.is_open and is_last and _is_cut(line) else refusal.reason
            length = len(line) - line.endswith(b"\r")
            faults.append(Fault(number, start, length, reason, refusal.detail, line[: min(length, HEAD_BYTES)]))
            continue
        if is_repaired:
            repaired.add(len(records))
        records.append(record)
        numbers.append(number)
    batch = _batch(records, numbers)
    batch.repaired, batch.faults, batch.n_blank = repaired, faults, n_blank
    return batch


class _Refused(Exception):
    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def _decode_line(line: bytes, config: IngestConfig) -> tuple[Record, bool]:
    """Return the record of a line, and whether it was repaired.

    Raises
    ------
    _Refused
        The line is too long, too deep, or not a JSON object.
    """
    if len(line) > config.max_line_bytes:
        raise _Refused(RejectReason.LINE_TOO_LONG, f"longer than {config.max_line_bytes} bytes")
    if _needs_care(line, config):
        raise _Refused(RejectReason.TOO_DEEP, f"nested deeper than {config.max_depth} levels")
    if _is_utf8(line):
        try:
            return _decode(line), False
        except _DECODE_ERRORS:
            pass
    text = _mended(line)
    try:
        value = _STRICT.decode(text)
    except RecursionError:
        raise _Refused(RejectReason.TOO_DEEP, "nested deeper than the parser can follow") from None
    except json.JSONDecodeError as error:
        raise _Refused(RejectReason.INVALID_JSON, f"{error.msg} (character {error.pos})") from None
    if not isinstance(value, dict):
        raise _Refused(RejectReason.NOT_AN_OBJECT, f"a JSON {_JSON_NAMES[type(value)]}, not an object")
    kept = {name: NESTED if isinstance(value[name], (list, dict)) else value[name] for name in FIELDS if name in value}
    return Record(**kept), text.encode("utf-8", "surrogatepass") != line


_JSON_NAMES = {list: "array", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


def _needs_care(line: bytes, config: IngestConfig) -> bool:
    """Tell whether a line is longer or deeper than allowed."""
    if len(line) > config.max_line_bytes:
        return True
    if line.count(b"[") + line.count(b"{") <= config.max_depth:
        return False
    brackets = _NO_BRACKET.sub(b"", _JSON_STRING.sub(b"", line))
    depths = itertools.accumulate(1 if bracket in b"[{" else -1 for bracket in brackets)
    return any(depth > config.max_depth for depth in depths)


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    if len(data) < _SMALL_BYTES:
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
        return True
    # Polars checks nine times faster than `bytes.decode`, which has to build the string.
    try:
        pl.Series([data], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _mended(line: bytes) -> str:
    return line.replace(b"\0", "\ufffd".encode()).decode("utf-8", "replace")


def _is_cut(line: bytes) -> bool:
    """Tell whether a line that is no JSON is the beginning of some: the parser reached its end."""
    mended = _mended(line).encode()
    try:
        msgspec.json.decode(mended, type=Record)
    except msgspec.DecodeError as error:
        message = str(error)
        position = re.search(r"\(byte (\d+)\)", message)
        return "truncated" in message or (
            position is not None and int(position[1]) >= len(mended) and "trailing" not in message
        )
    return False


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", "", 0)


def _exact_int(digits: str) -> int | str:
    # As text they are still exact, should they be ids.
    return int(digits) if len(digits) <= _MAX_INT_DIGITS else digits


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_exact_int)
