"""What a format is: how its records are known, taken apart and read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property, lru_cache

from detector.errors import SkipReason
from detector.ingest.decode import FIELDS
from detector.ingest.formats.paths import Getter, Record, Source, compile_source


@dataclass(frozen=True)
class Shape:
    """What a record looks like.

    It has all of `needs`, at least one of `any_of` (if there are any) and none of `lacks`: paths, as in
    `formats.paths`. A value may be null, but its key must be there. With `only`, it
    has no other keys than `needs`.
    """

    needs: tuple[str, ...]
    any_of: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    only: bool = False

    def fits(self, record: Record) -> bool:
        """Tell whether a record looks so."""
        return (
            self.allows(record.keys())
            and (not self._below or all(_has(record, path) for path in self._below))
            and (not self.any_of or any(_has(record, path) for path in self.any_of))
            and (not self._lacks_below or not any(_has(record, path) for path in self._lacks_below))
            and (not self.only or len(record) == len(self.needs))
        )

    def allows(self, keys: AbstractSet[str]) -> bool:
        """Tell whether a record with these keys at its top can look so: by that, most shapes are told from it."""
        return self._top <= keys and self._lacks.isdisjoint(keys)

    @cached_property
    def _top(self) -> frozenset[str]:
        return frozenset(path for path in self.needs if "." not in path)

    @cached_property
    def _below(self) -> tuple[str, ...]:
        return tuple(path for path in self.needs if "." in path)

    @cached_property
    def _lacks(self) -> frozenset[str]:
        return frozenset(self.lacks)

    @cached_property
    def _lacks_below(self) -> tuple[str, ...]:
        return tuple(path for path in self.lacks if "." in path)

    @property
    def strength(self) -> int:
        """How much is asked of a record: where two shapes fit, the one that asks for more knows it better."""
        return len(self.needs) + bool(self.any_of) + self.only


def _has(record: Record, path: str) -> bool:
    if path in record:
        return True
    before, dot, last = path.rpartition(".")
    if not dot:
        return False
    holder = _holder(before)(record)
    if isinstance(holder, list) and last.isdecimal():
        return int(last) < len(holder)
    return isinstance(holder, dict) and last in holder


_holder = lru_cache(maxsize=None)(compile_source)


def as_it_is(record: Record) -> Iterable[Record]:
    """Take a record for one comment."""
    return (record,)


def unless_error(record: Record) -> SkipReason | None:
    """Take every record for a comment, but for the notes of failure that scrapers leave among their data."""
    failed = record.get("success") is False or record.get("status") in ("error", "fail")
    is_error = "text" not in record and (failed or record.get("error") or record.get("errors"))
    return SkipReason.NOT_A_COMMENT if is_error else None


@dataclass(frozen=True, eq=False)
class Format:
    """A kind of export.

    Parameters
    ----------
    name
        As `--input-format` takes it: lower case and hyphens.
    title
        For people.
    shapes
        What its records look like as they stand in the file: a page of a hundred posts is one, a row of a table too.
    fields
        Canonical field to where its value is. Fields that the format does not carry are left out.
    unfold
        Takes a page, a thread or a post with its comments apart into the records that `fields` speaks of, without
        recursion; what surrounds a record and is needed to read it is put into a shallow copy.
    fate
        Says why a record is no comment to judge (a service message, a repost, a deleted text); None where it is one.
    notes
        What whoever reads a result should know of such exports, in plain sentences.
    """

    name: str
    title: str
    shapes: tuple[Shape, ...]
    fields: Mapping[str, Source]
    unfold: Callable[[Record], Iterable[Record]] = as_it_is
    fate: Callable[[Record], SkipReason | None] = unless_error
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = self.fields.keys() - set(FIELDS)
        if unknown:
            raise ValueError(f"format {self.name}: no canonical field is called {', '.join(sorted(unknown))}")

    @cached_property
    def getters(self) -> dict[str, Getter]:
        """Return for each field the function that takes it out of a record."""
        return {name: compile_source(source) for name, source in self.fields.items()}

    def strength(self, record: Record) -> int:
        """Return how much of the format a record shows; 0 where it is of another."""
        return max((shape.strength for shape in self.shapes if shape.fits(record)), default=0)


def walk(roots: Iterable[Record], children: Callable[[Record], Iterable[Record]]) -> Iterator[Record]:
    """Yield records and all below them, each before its children, to any depth without recursion."""
    waiting = [iter(roots)]
    while waiting:
        # Not `next` with None for the end: a list may hold null.
        for record in waiting[-1]:
            yield record
            waiting.append(iter(children(record)))
            break
        else:
            waiting.pop()
