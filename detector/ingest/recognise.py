"""Which format records are of: the one whose shape asks for most of what they show."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from detector.config import IngestConfig
from detector.errors import ConfigError, InputError
from detector.ingest.formats.canonical import CANONICAL
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.generic import GENERIC, has_text, is_canonical, unfold
from detector.ingest.formats.paths import Record, Source, compile_source
from detector.ingest.formats.registry import format_called, known_formats

_AUTO = "auto"
_TIES_MAX = 0.2
_REMEMBERED_KEYS = 4_096


@dataclass(frozen=True)
class Choice:
    """The format of most records, and whether all of a sample are of it."""

    main: Format
    is_sole: bool


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
        self._by_key: dict[str, list[tuple[Shape, Format]]] = {}
        for form in map(self._with_mapping, known_formats()):
            for shape in form.shapes:
                self._by_key.setdefault(shape.needs[0].partition(".")[0], []).append((shape, form))
        self._fitted: dict[Format, Shape] = {}
        self.unknown_names: tuple[str, ...] = ()
        """Of the first record of a sample that nothing was recognised in."""
        self._candidates: dict[tuple[str, ...], list[tuple[Shape, Format]]] = {}

    def choose(self, sample: Iterable[Record]) -> Choice:
        """Choose the format of a source or a part of it.

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
            return Choice(self._forced, is_sole=True)
        records = list(sample)
        found: Counter[tuple[Format, ...]] = Counter(self._best(record) for record in records)
        if found.pop((), 0) and not found and not self.unknown_names:
            self.unknown_names = tuple(map(str, records[0]))
        ties = {forms: n for forms, n in found.items() if len(forms) > 1}
        if sum(ties.values()) > _TIES_MAX * found.total():
            names = " or ".join(sorted({form.name for forms in ties for form in forms}))
            raise InputError(f"the records could be {names}: say which with --input-format")
        if not found:
            return Choice(self._canonical, is_sole=True)
        (main, *_), _ = min(found.items(), key=lambda item: (-item[1], item[0][0].name))
        return Choice(main, is_sole=len(found) == 1)

    def format_of(self, record: Record, main: Format) -> Format:
        """Return the format of a record from a source that is mostly of format `main`."""
        if self._forced:
            return main
        # Neighbours mostly fit the same one of its shapes.
        last = self._fitted.get(main)
        for shape in (*([last] if last else ()), *main.shapes):
            if shape.fits(record):
                self._fitted[main] = shape
                return main
        best = self._best(record)
        return main if not best or main in best else best[0]

    def is_canonical(self, form: Format) -> bool:
        """Tell whether a format is the canonical one as it stands, without a mapping of the user's."""
        return form is CANONICAL

    def _best(self, record: Record) -> tuple[Format, ...]:
        """Return the formats that a record shows most of; none where it says nothing."""
        strengths: dict[Format, int] = {}
        for shape, form in self._candidates_for(record):
            if shape.fits(record):
                strengths[form] = max(shape.strength, strengths.get(form, 0))
        if strengths:
            most = max(strengths.values())
            return tuple(form for form, strength in strengths.items() if strength == most)
        if is_canonical(record):
            return (self._canonical,)
        return (self._generic,) if any(map(has_text, unfold(record))) else ()

    def _candidates_for(self, record: Record) -> list[tuple[Shape, Format]]:
        """Return the shapes whose first key a record has; records of a source mostly have the same keys."""
        keys = tuple(record)
        known = self._candidates.get(keys)
        if known is None:
            found = [pair for key in dict.fromkeys(map(_first_step, keys)) for pair in self._by_key.get(key, ())]
            known = sorted(found, key=lambda pair: pair[1].name)
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
        return replace(
            mapped, unfold=lambda record: (record,) if isinstance(get_text(record), str) else form.unfold(record)
        )


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
