"""Bytes to Python values, strictly and fast: repaired or refused with a reason.

msgspec reads what is JSON; only what it refuses takes the slow way through `json`, whose answer holds. Repaired means
that bytes which are no UTF-8, and bare NUL, became U+FFFD before parsing; the value must be strict JSON afterwards.
"""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import msgspec
import polars as pl

from detector.config import IngestConfig
from detector.errors import RejectReason, SkipReason
from detector.ingest.lines import Fault

FIELDS = (
    *("id", "platform", "text", "created_at", "created_at_precision"),
    *("author_id", "author_handle", "author_name", "author_created_at"),
    *("author_followers", "author_following", "author_posts", "author_verified"),
    *("target", "target_group", "parent_id", "conversation_id", "repost_of", "url", "lang", "like_count"),
    "collected_at",
)
"""The canonical record as it is written, before any value is judged.

`collected_at`, when the record was captured, is what relative times are reckoned from; `created_at_precision` says that
a time is known less well than it is written.
"""

ABSENT: Any = msgspec.UNSET
"""Stands in the column of texts where a record has no such key."""

NESTED: Any = msgspec.NODEFAULT
"""Stands where a record has a list or an object instead of a value."""

_decode = msgspec.json.Decoder().decode
_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

# An unterminated string runs to the end, which keeps the search linear on hostile lines.
_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_NO_BRACKET = re.compile(rb"[^\[\]{}]+")
_MAX_INT_DIGITS = 4_000  # Python refuses to convert longer ones, either way


@dataclass
class Batch:
    """Records as columns of raw values, and what became of the lines that are none.

    `columns` maps `FIELDS` to one value per record: a list of str, int, float, bool, None, `ABSENT` or `NESTED`, or a
    Series of one type without NUL; a field that no record has may be left out. `numbers` are their lines in the source,
    from 1, and `places` the positions of what they were found in (a line, an item, a row) in its piece of the source,
    from 0; several records may share one. `repaired` holds positions among the records, and `fates` those that are
    skipped or refused already, with why. `form` names their format.
    """

    columns: Mapping[str, list[Any] | pl.Series]
    numbers: Sequence[int] | pl.Series
    places: Sequence[int] | pl.Series
    repaired: set[int] = field(default_factory=set)
    fates: dict[int, SkipReason | RejectReason] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    n_blank: int = 0
    form: str = "canonical"


class Refused(Exception):
    """A value that is too long, too deep or no JSON: `reason` and `detail` say so."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def decode_value(data: bytes, config: IngestConfig) -> tuple[Any, bool]:
    """Return the JSON value that bytes hold, and whether they were repaired.

    Raises
    ------
    Refused
        They are too long, nested too deep, or hold no JSON.
    """
    if len(data) > config.max_line_bytes:
        raise Refused(RejectReason.LINE_TOO_LONG, f"longer than {config.max_line_bytes} bytes")
    if _is_too_deep(data, config):
        raise Refused(RejectReason.TOO_DEEP, f"nested deeper than {config.max_depth} levels")
    try:
        return _decode(data), False
    except _DECODE_ERRORS:
        pass
    text = _mended(data)
    try:
        value = _STRICT.decode(text)
    except RecursionError:
        raise Refused(RejectReason.TOO_DEEP, "nested deeper than the parser can follow") from None
    except json.JSONDecodeError as error:
        raise Refused(RejectReason.INVALID_JSON, f"{error.msg} (character {error.pos})") from None
    return value, text.encode("utf-8", "surrogatepass") != data


def is_cut(data: bytes) -> bool:
    """Tell whether bytes that are no JSON are the beginning of some: the parser reached their end."""
    mended = _mended(data).encode()
    try:
        _decode(mended)
    except (msgspec.DecodeError, RecursionError) as error:
        message = str(error)
        position = re.search(r"\(byte (\d+)\)", message)
        return "truncated" in message or (
            position is not None and int(position[1]) >= len(mended) and "trailing" not in message
        )
    return False


def _is_too_deep(data: bytes, config: IngestConfig) -> bool:
    # Most lines are shorter than the brackets alone would be.
    if len(data) < 2 * config.max_depth or data.count(b"[") + data.count(b"{") <= config.max_depth:
        return False
    brackets = _NO_BRACKET.sub(b"", _JSON_STRING.sub(b"", data))
    depths = itertools.accumulate(1 if bracket in b"[{" else -1 for bracket in brackets)
    return any(depth > config.max_depth for depth in depths)


def _mended(data: bytes) -> str:
    return data.replace(b"\0", "\ufffd".encode()).decode("utf-8", "replace")


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", "", 0)


def _exact_int(digits: str) -> int | str:
    # As text they are still exact, should they be ids.
    return int(digits) if len(digits) <= _MAX_INT_DIGITS else digits


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_exact_int)
