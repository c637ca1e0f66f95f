"""Which format records are of: the one whose shape asks for most of what they show."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from detector.config import IngestConfig
from detector.errors import ConfigError, InputError
from detector.ingest.formats.canonical import CANONICAL
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.generic import GENERIC, has_text, is_canonical, is_comment, is_misspelt, unfold
from detector.ingest.formats.paths import Record, Source, compile_source
from detector.ingest.formats.registry import format_called, known_formats

_AUTO = "auto"
_TIES_MAX = 0.2
_REMEMBERED_KEYS = 4_096
_WRAPPINGS_MAX = 8
_LOOKED_AT = 3


class Recogniser:
    """Knows the formats that a source may be of, as the settings have them."""

    def __init__(self, config: IngestConfig) -> None:
        self._mapped = parse_mapping(config.mapping)
        self._forced = None
        if config.input_format != _AUTO:
            self._forced = self._with_mapping(format_called(config.input_format))
        elif "text" in self._mapped:
            self._forced = self._with_mapping(GENERIC)
        self._canonical = self._with_mapping(CANONICAL)
        self._generic = self._with_mapping(GENERIC)
        self._of_no_shape = ((), (self._canonical,), (self._generic,))
        self._by_key: dict[str, list[tuple[Shape, Format]]] = {}
        for form in map(self._with_mapping, known_formats()):
            for shape in form.shapes:
                self._by_key.setdefault(shape.needs[0].partition(".")[0], []).append((shape, form))
        self._fitted: dict[Format, Shape] = {}
        self.unknown_names: tuple[str, ...] = ()
        """Of the first record of a sample that nothing was recognised in."""
        self._candidates: dict[tuple[str, ...], list[tuple[Shape, Format]]] = {}
        self.seen: set[tuple[str, tuple[str, ...]]] = set()
        """Names of formats, and the keys by which records of the samples were known to be of them."""

    def choose(self, sample: Iterable[Record]) -> Format:
        """Return the format of most records.

        Parameters
        ----------
        sample
            Some of its records.

        Raises
        ------
        InputError
            Two formats would do equally well: the message names them.
        """
        if self._forced:
            return self._forced
        roots = list(sample)
        found: Counter[tuple[Format, ...]] = Counter()
        for root in roots:
            best = self._best(root)
            held = self._held_by(root) if best in self._of_no_shape else ()
            found.update(map(self._best, held) if held else (best,))
        if found.pop((), 0) and not found and not self.unknown_names:
            self.unknown_names = tuple(map(str, roots[0]))
        ties = {forms: n for forms, n in found.items() if len(forms) > 1}
        if sum(ties.values()) > _TIES_MAX * found.total():
            names = " or ".join(sorted({form.name for forms in ties for form in forms}))
            raise InputError(f"the records could be {names}: say which with --input-format")
        if not found:
            return self._canonical
        (main, *_), _ = min(found.items(), key=lambda item: (-item[1], item[0][0].name))
        return main

    def sort(self, root: Record, main: Format) -> Iterable[tuple[Format, Record]]:
        """Return the records of an object from a source that is mostly of format `main`, each with its format.

        They are the object itself, or those of known formats that one of no known format is wrapped around.
        """
        if self._forced or self._fits(root, main) or (main is self._generic and self._is_plain(root)):
            return ((main, root),)
        best = self._best(root)
        # Among canonical records, one with other spellings of their names is a damaged one.
        if main is self._canonical and best == (self._generic,) and is_misspelt(root):
            return ((main, root),)
        held = self._held_by(root) if best in self._of_no_shape else ()
        if held:
            return [(self._format_of(record, main), record) for record in held]
        return ((main if not best or main in best else best[0], root),)

    def _is_plain(self, root: Record) -> bool:
        """Tell whether a record holds no others, and its names are neither canonical nor those of any format."""
        return (
            not self._candidates_for(root) and not is_canonical(root) and _HOLDERS.isdisjoint(map(type, root.values()))
        )

    def _held_by(self, root: Record) -> Sequence[Record]:
        if _HOLDERS.isdisjoint(map(type, root.values())) or is_comment(root):
            return ()
        # What is known by an id may quote one other record; only lists of them are what it was made for.
        is_record = not _IDS.isdisjoint(root)
        return self._held([part for part in root.values() if isinstance(part, list)] if is_record else root, 0)

    def _held(self, value: Any, depth: int) -> list[Record]:  # noqa: ANN401
        if depth > _WRAPPINGS_MAX:
            return []
        if isinstance(value, dict):
            if depth and self._is_known(value):
                return [value]
            return [record for part in value.values() for record in self._held(part, depth + 1)]
        if isinstance(value, list):
            if any(isinstance(item, list) for item in value):
                return [record for part in value for record in self._held(part, depth + 1)]
            items: list[Record] = [item for item in value if isinstance(item, dict)]
            if any(map(self._is_known, items[:_LOOKED_AT])):
                return items
            return [record for item in items for record in self._held(item, depth + 1)]
        return []

    def _is_known(self, record: Record) -> bool:
        return any(shape.fits(record) for shape, _ in self._candidates_for(record))

    def _format_of(self, record: Record, main: Format) -> Format:
        if self._fits(record, main):
            return main
        best = self._best(record)
        return main if not best or main in best else best[0]

    def _fits(self, record: Record, main: Format) -> bool:
        # Neighbours mostly fit the same one of its shapes.
        last = self._fitted.get(main)
        for shape in (*([last] if last else ()), *main.shapes):
            if shape.fits(record):
                self._fitted[main] = shape
                return True
        return False

    def is_canonical(self, form: Format) -> bool:
        """Tell whether a format is the canonical one as it stands, without a mapping of the user's."""
        return form is CANONICAL

    def _best(self, record: Record) -> tuple[Format, ...]:
        """Return the formats that a record shows most of; none where it says nothing."""
        strengths: dict[Format, int] = {}
        known_by: dict[Format, Shape] = {}
        for shape, form in self._candidates_for(record):
            if shape.fits(record) and shape.strength > strengths.get(form, 0):
                strengths[form], known_by[form] = shape.strength, shape
        if strengths:
            most = max(strengths.values())
            best = tuple(form for form, strength in strengths.items() if strength == most)
            self.seen.update((form.name, known_by[form].needs) for form in best)
            return best
        if is_canonical(record):
            return (self._canonical,)
        # A note of failure is of whatever is around it: its `message` is not somebody's.
        says = any(has_text(item) and not self._generic.fate(item) for item in unfold(record))
        return (self._generic,) if says else ()

    def _candidates_for(self, record: Record) -> list[tuple[Shape, Format]]:
        """Return the shapes that a record's keys allow; records of a source mostly have the same."""
        keys = tuple(record)
        known = self._candidates.get(keys)
        if known is None:
            found = [pair for key in dict.fromkeys(map(_first_step, keys)) for pair in self._by_key.get(key, ())]
            known = [pair for pair in sorted(found, key=lambda pair: pair[1].name) if pair[0].allows(record.keys())]
            if len(self._candidates) < _REMEMBERED_KEYS:
                self._candidates[keys] = known
        return known

    def _with_mapping(self, form: Format) -> Format:
        if not self._mapped:
            return form
        mapped = replace(form, fields={**form.fields, **self._mapped})
        if "text" not in self._mapped:
            return mapped
        get_text = compile_source(self._mapped["text"])

        def is_record(record: Record) -> bool:
            return isinstance(get_text(record), str)

        apart = partial(unfold, is_record=is_record) if form is GENERIC else form.unfold
        return replace(mapped, unfold=lambda record: (record,) if is_record(record) else apart(record))


_HOLDERS = frozenset((dict, list))
_IDS = frozenset(("id", "id_str", "pk", "cid", "uri"))


def _first_step(key: str) -> str:
    return key.partition(".")[0]


def parse_mapping(entries: Sequence[str]) -> dict[str, Source]:
    """Read ``field=path`` entries; several of one field are fallbacks in their order.

    Raises
    ------
    ConfigError
        A field is not canonical, or a path is written wrongly.

    Examples
    --------
    >>> parse_mapping(["text=body.plain", "text=body", "platform=const:facebook"])
    {'text': ['body.plain', 'body'], 'platform': ['const:facebook']}
    """
    mapped: dict[str, list[str]] = {}
    for entry in entries:
        name, _, path = entry.partition("=")
        mapped.setdefault(name.strip(), []).append(path.strip())
    for name, paths in mapped.items():
        try:
            replace(CANONICAL, fields={name: paths})
            compile_source(paths)
        except ValueError as error:
            raise ConfigError(f"mapping of {name!r}: {error}") from None
    return dict(mapped)
