"""Records of an export to batches of canonical ones, as their format says."""

from collections.abc import Collection, Sequence
from typing import Any

from detector.errors import RejectReason, SkipReason
from detector.ingest.decode import NESTED, Batch
from detector.ingest.formats.format import Format
from detector.ingest.formats.paths import ColumnGetter, Getter, Record, compile_column

_Fate = SkipReason | RejectReason

ROOTS_AT_A_TIME = 16
"""So few that what they hold is in the processor's cache still when it is let go, and that Python does not search it
for cycles: decoded by the thousand, records take five times longer."""


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
    adapting = Adapting(form)
    adapting.take(roots, numbers, range(len(roots)), repaired)
    return adapting.batch()


class Adapting:
    """A batch of records of one format in the making: roots may be let go as soon as they are taken."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._by_column = {name: compile_column(source) for name, source in form.fields.items()}
        self._columns: dict[str, list[Any]] = {name: [] for name in form.fields}
        self._numbers: list[int] = []
        self._places: list[int] = []
        self._fates: dict[int, _Fate] = {}
        self._mended: set[int] = set()

    def take(
        self, roots: Sequence[Record], numbers: Sequence[int], places: Sequence[int], repaired: Collection[int] = ()
    ) -> None:
        """Add roots with their lines and places; `repaired` are positions among them."""
        records: list[Record] = []
        first = len(self._numbers)
        for i, (root, number, place) in enumerate(zip(roots, numbers, places, strict=True)):
            found = _unfold(self._form, root)
            start = first + len(records)
            if isinstance(found, (SkipReason, RejectReason)):
                self._fates[start] = found
                found = [{}]
            if i in repaired:
                self._mended.update(range(start, start + len(found)))
            records += found
            self._numbers += [number] * len(found)
            self._places += [place] * len(found)
        for i, record in enumerate(records, first):
            if i not in self._fates and (fate := _fate(self._form, record)) is not None:
                self._fates[i] = fate
        for name, getter in self._form.getters.items():
            self._columns[name] += _column(self._by_column[name], getter, records, first, self._fates)

    def batch(self) -> Batch:
        """Return all that was taken."""
        columns = self._columns
        if "text" in columns:
            # A record of a known format without text is lawful: a picture, a reaction.
            columns["text"] = ["" if value is None else value for value in columns["text"]]
        return Batch(
            columns, self._numbers, self._places, repaired=self._mended, fates=self._fates, form=self._form.name
        )


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

_CONTAINERS = frozenset((dict, list))


def _column(
    column: ColumnGetter, getter: Getter, records: Sequence[Record], first: int, fates: dict[int, _Fate]
) -> list[Any]:
    try:
        values = column(records)
    except _SURPRISES:
        values = [_value(getter, record, i, fates) for i, record in enumerate(records, first)]
    if _CONTAINERS.isdisjoint(map(type, values)):
        return values
    return [NESTED if type(value) in _CONTAINERS else value for value in values]


def _value(getter: Getter, record: Record, i: int, fates: dict[int, _Fate]) -> object:
    try:
        return getter(record)
    except _SURPRISES:
        fates.setdefault(i, RejectReason.UNEXPECTED_SHAPE)
        return None
