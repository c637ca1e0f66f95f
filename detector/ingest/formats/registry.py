"""All formats: those of this package, and those that other packages add by the entry point below."""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from detector.errors import ConfigError
from detector.ingest import formats
from detector.ingest.formats.canonical import CANONICAL
from detector.ingest.formats.format import Format
from detector.ingest.formats.generic import GENERIC

ENTRY_POINT = "spamouflage_detector.formats"
"""Group under which another package names a `Format`, or a tuple of them."""


@cache
def known_formats() -> tuple[Format, ...]:
    """Return every format that is recognised by its records, by name.

    Raises
    ------
    ConfigError
        Two formats have one name, or an entry point gives none.
    """
    found = [form for module in iter_modules(formats.__path__) for form in _of_module(module.name)]
    for point in sorted(entry_points(group=ENTRY_POINT), key=lambda point: point.name):
        added = point.load()
        found += added if isinstance(added, (tuple, list)) else [added]
    odd = next((form for form in found if not isinstance(form, Format)), None)
    if odd is not None:
        raise ConfigError(f"the entry point {ENTRY_POINT} gives a {type(odd).__name__}, not a Format")
    names = [form.name for form in found] + [CANONICAL.name, GENERIC.name]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"two input formats are called {', '.join(twice)}: uninstall one of the packages")
    return tuple(sorted(found, key=lambda form: form.name))


def _of_module(name: str) -> tuple[Format, ...]:
    found: tuple[Format, ...] = getattr(import_module(f"{formats.__name__}.{name}"), "FORMATS", ())
    return found


def format_called(name: str) -> Format:
    """Return the format of a name.

    Raises
    ------
    ConfigError
        There is none: the message lists them all.
    """
    every = {form.name: form for form in (*known_formats(), CANONICAL, GENERIC)}
    if name not in every:
        raise ConfigError(f"input format {name!r} is unknown; there are auto, {', '.join(sorted(every))}")
    return every[name]
