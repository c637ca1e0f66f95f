"""Records of an export to batches of canonical ones, as their format says."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from detector.errors import RejectReason, SkipReason
from detector.ingest.decode import NESTED, Batch
from detector.ingest.formats.format import Format
from detector.ingest.formats.paths import ColumnGetter, Getter, Record, compile_column

_Fate = SkipReason | RejectReason

_ROOTS_AT_A_TIME = 16
"""So few that what they hold is in the processor's cache still when it is let go, and that Python does not go through
it looking for cycles: both make decoding several times slower."""


def adapt(form: Format, roots: Iterable[Record], numbers: Iterable[int]) -> Batch:
    """Take records apart and read the canonical fields out of them.

    Parameters
    ----------
    form
        Their format.
    roots
        Records as they stand in the source. Decoded while they are asked for, they are fastest: only a few are held at
        a time.
    numbers
        The line of each.

    Returns
    -------
    Batch
        At least one record for every root: a page that holds none is one that is no comment. A record whose fields
        are of other types than the format knows is refused (`unexpected_shape`).
    """
    lines: list[int] = []
    fates: dict[int, _Fate] = {}
    columns: dict[str, list[Any]] = {name: [] for name in form.getters}
    by_column = {name: compile_column(source) for name, source in form.fields.items()}
    pairs = zip(roots, numbers, strict=True)
    while few := list(itertools.islice(pairs, _ROOTS_AT_A_TIME)):
        start = len(lines)
        records: list[Record] = []
        for root, number in few:
            found = _unfold(form, root)
            if isinstance(found, (SkipReason, RejectReason)):
                fates[len(lines)] = found
                found = [{}]
            records += found
            lines += [number] * len(found)
        for i, record in enumerate(records, start):
            if i not in fates and (fate := _fate(form, record)) is not None:
                fates[i] = fate
        for name, getter in form.getters.items():
            columns[name] += _column(by_column[name], getter, records, start, fates)
    if "text" in columns:
        # A record of a known format without text is lawful: a picture, a reaction.
        columns["text"] = ["" if value is None else value for value in columns["text"]]
    return Batch(columns, lines, fates=fates)


def _unfold(form: Format, root: Record) -> list[Record] | _Fate:
    try:
        return list(form.unfold(root)) or SkipReason.NOT_A_COMMENT
    except _SURPRISES:
        return RejectReason.UNEXPECTED_SHAPE


def _fate(form: Format, record: Record) -> _Fate | None:
    try:
        return form.fate(record)
    except _SURPRISES:
        return RejectReason.UNEXPECTED_SHAPE


_SURPRISES = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)
"""What a format's own code raises on a value that is of another type than it knows."""


def _column(
    column: ColumnGetter, getter: Getter, records: Sequence[Record], start: int, fates: dict[int, _Fate]
) -> list[Any]:
    try:
        values = column(records)
    except _SURPRISES:
        values = [_value(getter, record, i, fates) for i, record in enumerate(records, start)]
    if _CONTAINERS.isdisjoint(map(type, values)):
        return values
    return [NESTED if type(value) in _CONTAINERS else value for value in values]


_CONTAINERS = frozenset((dict, list))


def _value(getter: Getter, record: Record, i: int, fates: dict[int, _Fate]) -> object:
    try:
        return getter(record)
    except _SURPRISES:
        fates[i] = RejectReason.UNEXPECTED_SHAPE
        return None
