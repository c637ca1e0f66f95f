r"""The shape that the lines of a block have in common, as one regular expression that proves how they read.

A line that fits is valid JSON: one flat object, with the keys of a sample in the order of the sample, each at most
once, whose values are known by kind. It holds no NUL, no lone surrogate, no number that could be read in two ways. On
such a line every parser agrees, so that the fast one of Polars may be used, which is lenient on others (it takes the
first of two equal keys, any number for a string, ``\ud800`` for NUL); the rest goes the strict way.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import msgspec
import numpy as np
import polars as pl

from detector.schema import COMMENTS

_ESCAPE = (
    r'\\(?:["\\/bfnrt]|u(?:'
    r"0(?:[1-9a-fA-F][0-9a-fA-F]{2}|0[1-9a-fA-F][0-9a-fA-F]|00[1-9a-fA-F])|"  # not NUL
    r"[1-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}|"
    r"[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))"  # surrogates in pairs
)
_STRING = rf'"(?:[^"\\\x00-\x1f]|{_ESCAPE})*"'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"

_VALUES = {
    "text": rf"(?:{_STRING}|null)",
    "label": rf"(?:{_STRING}|0|-?[1-9][0-9]{{0,17}}|[1-9][0-9]{{18}}|null)",  # whole numbers read as their digits
    "words": rf"(?:{_STRING}|null)",
    "count": r"(?:0|-?[1-9][0-9]{0,17}|null)",
    "flag": r"(?:true|false|null)",
    "unread": rf"(?:{_STRING}|{_NUMBER}|true|false|null)",
}
_DTYPES = {"count": pl.Int64, "flag": pl.Boolean}
_KEY = re.compile(r"[A-Za-z0-9_.$@:/ -]{1,80}", re.ASCII)
_MAX_KEYS = 80
_SAMPLE_LINES = 100
_SHARE_MIN = 0.5


@dataclass(frozen=True)
class Layout:
    """How lines are written: what stands between members, which keys also where they have no value, one that all have.

    Written back by it, a line that has no escape is what it was, or it does not read as it was read: there is one way
    to write each value, and strings that hold neither quote, backslash nor control character stand as they are.
    """

    comma: str
    colon: str
    nulls: frozenset[str]
    pivot: str


@dataclass(frozen=True)
class Shape:
    """How lines look: `line`, a pattern of one for Polars, and the type of each known column.

    `layout` is None where most lines could not be written back from these columns.
    """

    line: str
    dtypes: dict[str, type[pl.DataType]]
    layout: Layout | None


def find_shape(sample: Iterable[str | bytes], names: Sequence[str]) -> Shape | None:
    """Find the shape of most lines.

    Parameters
    ----------
    sample
        Lines.
    names
        The fields to be read.

    Returns
    -------
    Shape or None
        None where no line of the sample is a flat object with plain keys.
    """
    found = list(_flat(sample))
    records = [record for _, record in found]
    keys = _ordered([tuple(record) for record in records])
    if not keys or len(keys) > _MAX_KEYS:
        return None
    kinds = {key: _kind(key, records) if key in names else "unread" for key in keys}
    pivot = keys.index("text") if "text" in kinds else 0
    pairs = [f'"{pl.escape_regex(key)}": ?{_VALUES[kind]}' for key, kind in kinds.items()]
    before = "".join(f"(?:{pair}, ?)?" for pair in pairs[:pivot])
    after = "".join(f"(?:, ?{pair})?" for pair in pairs[pivot + 1 :])
    dtypes = {key: _DTYPES.get(kind, pl.String) for key, kind in kinds.items() if key in names}
    layout = _layout(found, keys[pivot]) if len(dtypes) == len(keys) else None
    return Shape(rf"\{{{before}{pairs[pivot]}{after}\}}\r?", dtypes, layout)


def _flat(sample: Iterable[str | bytes]) -> Iterator[tuple[str | bytes, dict[str, object]]]:
    """Yield lines and what they say."""
    for line in sample:
        try:
            record = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            continue
        if isinstance(record, dict) and not any(isinstance(value, (dict, list)) for value in record.values()):
            yield line, record


def _layout(found: list[tuple[str | bytes, dict[str, object]]], pivot: str) -> Layout | None:
    """Find how most lines are written."""
    nulls = frozenset(key for _, record in found for key, value in record.items() if value is None)
    for comma, colon in ((",", ":"), (", ", ": ")):
        write = json.JSONEncoder(ensure_ascii=False, separators=(comma, colon)).encode
        n_plain = sum(write(record).encode() == line for line, record in found)
        if n_plain >= _SHARE_MIN * len(found):
            return Layout(comma, colon, nulls, pivot)
    return None


def write_lines(frame: pl.DataFrame, layout: Layout) -> pl.Series:
    """Write records as lines, with the key that all have in each."""
    members: list[pl.Expr] = []
    place = frame.columns.index(layout.pivot)
    for i, (key, dtype) in enumerate(frame.schema.items()):
        quote = '"' if dtype == pl.String else ""
        start = f'{layout.comma if i > place else ""}"{key}"{layout.colon}'
        end = layout.comma if i < place else ""
        member = [pl.lit(start + quote), pl.col(key), pl.lit(quote + end)]
        if not frame[key].null_count():
            members += member
        else:
            whole = pl.concat_str(member)
            is_written = key in layout.nulls or key == layout.pivot
            members.append(whole.fill_null(f"{start}null{end}") if is_written else whole)
    return frame.select(pl.concat_str(pl.lit("{"), *members, pl.lit("}"), ignore_nulls=True)).to_series()


def _ordered(rows: list[tuple[str, ...]]) -> list[str]:
    """Return all keys in an order that every row keeps to, or those of the longest row where there is none."""
    follows: TopologicalSorter[str] = TopologicalSorter()
    for row in dict.fromkeys(rows):
        for key, before in zip(row, (None, *row), strict=False):
            follows.add(key, *([before] if before is not None else []))
    try:
        keys = list(follows.static_order())
    except CycleError:
        longest: tuple[str, ...] = max(rows, key=len)
        keys = list(longest)
    return keys if all(map(_KEY.fullmatch, keys)) else []


def _kind(name: str, records: list[dict[str, object]]) -> str:
    if name == "text":
        return name
    dtype = COMMENTS.columns[name].dtype if name in COMMENTS.columns else pl.String()
    kind = {pl.Int64(): "count", pl.Boolean(): "flag"}.get(dtype, "label")
    if kind == "label":
        return kind
    # Some exports write all values as strings.
    values = [record[name] for record in records if record.get(name) is not None]
    return "words" if 2 * sum(isinstance(value, str) for value in values) > len(values) else kind


def read_shaped(data: bytes, names: Sequence[str]) -> tuple[pl.DataFrame, pl.Series] | None:
    """Read the lines of a block that have the shape of most.

    Parameters
    ----------
    data
        Lines joined by line feeds.
    names
        The fields to be read.

    Returns
    -------
    tuple of (polars.DataFrame, polars.Series) or None
        The records of the lines that fit, with the known columns that any may have, and which lines fit. None where
        too few fit to be worth it, or the bytes are no UTF-8.
    """
    try:
        block = pl.Series([data], dtype=pl.Binary).cast(pl.String)
        shape = find_shape(sample_lines(data), names)
        if shape is None or not shape.dtypes:
            return None
        # Counted by NumPy, four times faster than by `bytes.count`.
        codes = np.frombuffer(data, np.uint8)
        n = int(np.count_nonzero(codes == ord("\n"))) + 1
        is_plain = shape.layout is not None and np.count_nonzero(codes < ord(" ")) == n - 1
        frame, written = _written_back(data, n, shape) if is_plain else (None, None)
        if written is not None:
            fit_all = b"\\" not in data and bool((written.str.join("\n") == block)[0])
        else:
            # The search ends at the first line that does not fit.
            fit_all = bool(block.str.contains(rf"^(?:{shape.line}\n)*{shape.line}$")[0])
        # Mostly all lines fit; where one does not, each is looked at by itself.
        if fit_all:
            fits = pl.repeat(value=True, n=n, eager=True)
        else:
            lines = block.str.split("\n").explode()
            fits = _fits(lines, written, shape)
            n = int(fits.sum())
            if n < _SHARE_MIN * len(lines):
                return None
            if n < len(lines):
                data, frame = lines.filter(fits).str.join("\n")[0].encode(), None
        frame = _read(data, shape) if frame is None else frame
    except pl.exceptions.PolarsError:
        return None
    return (frame, fits) if frame.height == n else None


def _read(data: bytes, shape: Shape) -> pl.DataFrame:
    # In one piece: twenty small ones cost every later step time, and hold a tenth more memory.
    return pl.read_ndjson(data, schema=shape.dtypes).rechunk()


def _written_back(data: bytes, n: int, shape: Shape) -> tuple[pl.DataFrame, pl.Series] | tuple[None, None]:
    """Read all lines without knowing whether they fit, and write them from what was read; nothing where they do not."""
    try:
        frame = _read(data, shape)
    except pl.exceptions.PolarsError:
        return None, None
    return (frame, write_lines(frame, shape.layout)) if shape.layout and frame.height == n else (None, None)


def _fits(lines: pl.Series, written: pl.Series | None, shape: Shape) -> pl.Series:
    """Tell which lines fit; without an escape, those that are written back as they are do."""
    if written is None:
        return lines.str.contains(rf"^{shape.line}$")
    fits = (lines == written) & ~lines.str.contains("\\", literal=True)
    others = fits.not_().arg_true()
    return fits.scatter(others, lines.gather(others).str.contains(rf"^{shape.line}$"))


def sample_lines(data: bytes) -> Iterator[bytes]:
    """Yield lines from all over a block, each once."""
    end = -1
    for at in range(0, len(data), max(1, len(data) // _SAMPLE_LINES)):
        if at > end:
            start = data.rfind(b"\n", max(end, 0), at) + 1
            end = data.find(b"\n", at)
            end = end if end >= 0 else len(data)
            yield data[start:end]
