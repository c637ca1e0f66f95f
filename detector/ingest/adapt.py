"""Records of an export to batches of canonical ones, as their format says."""

from collections.abc import Collection, Sequence
from typing import Any

from detector.errors import RejectReason, SkipReason
from detector.ingest.decode import NESTED, Batch
from detector.ingest.formats.format import Format
from detector.ingest.formats.paths import Getter, Record

_Fate = SkipReason | RejectReason


def adapt(form: Format, roots: Sequence[Record], numbers: Sequence[int], repaired: Collection[int] = ()) -> Batch:
    """Take records apart and read the canonical fields out of them.

    Parameters
    ----------
    form
        Their format.
    roots
        Records as they stand in the source.
    numbers
        The line of each.
    repaired
        Positions of those that had to be repaired.

    Returns
    -------
    Batch
        At least one record for every root: a page that holds none is one that is no comment. A record whose fields are
        of other types than the format knows is refused (`unexpected_shape`). `places` are positions in `roots`.
    """
    records: list[Record] = []
    lines: list[int] = []
    places: list[int] = []
    fates: dict[int, _Fate] = {}
    mended: set[int] = set()
    for i, (root, number) in enumerate(zip(roots, numbers, strict=True)):
        found = _unfold(form, root)
        if isinstance(found, (SkipReason, RejectReason)):
            fates[len(records)] = found
            found = [{}]
        if i in repaired:
            mended.update(range(len(records), len(records) + len(found)))
        records += found
        lines += [number] * len(found)
        places += [i] * len(found)
    for i, record in enumerate(records):
        if i not in fates and (fate := _fate(form, record)) is not None:
            fates[i] = fate
    columns = {name: _column(getter, records, fates) for name, getter in form.getters.items()}
    if "text" in columns:
        # A record of a known format without text is lawful: a picture, a reaction.
        columns["text"] = ["" if value is None else value for value in columns["text"]]
    return Batch(columns, lines, places, repaired=mended, fates=fates, form=form.name)


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


def _column(getter: Getter, records: Sequence[Record], fates: dict[int, _Fate]) -> list[Any]:
    try:
        values = [getter(record) for record in records]
    except _SURPRISES:
        values = [_value(getter, record, i, fates) for i, record in enumerate(records)]
    return [NESTED if type(value) in (dict, list) else value for value in values]


def _value(getter: Getter, record: Record, i: int, fates: dict[int, _Fate]) -> object:
    try:
        return getter(record)
    except _SURPRISES:
        fates.setdefault(i, RejectReason.UNEXPECTED_SHAPE)
        return None
