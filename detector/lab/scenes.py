"""Read recipes from TOML, check them, and lay out the scenes that they and their inclusions consist of."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from detector.errors import ConfigError, InputError
from detector.lab import recipe


@dataclass(frozen=True)
class Scene:
    """A part, the stage it plays on, and its scale: what `simulate` runs, one after the other."""

    part: recipe.Part
    stage: recipe.Stage
    scale: float


def read_recipe(path: str | Path) -> tuple[recipe.Recipe, list[Scene]]:
    """Read a recipe and everything it includes.

    Parameters
    ----------
    path
        A TOML file; see `seeds/README.md`.

    Returns
    -------
    Recipe, list[Scene]
        The recipe, and its scenes in a fixed order; scales are relative to the recipe's.

    Raises
    ------
    InputError
        The file cannot be read.
    ConfigError
        The file is not TOML, or a key is unknown, missing or out of range.
    """
    path = Path(path)
    book = _decode(path)
    return book, _scenes(book, path, ())


def _decode(path: Path) -> recipe.Recipe:
    """Parse and check one file."""
    try:
        book = msgspec.toml.decode(path.read_bytes(), type=recipe.Recipe)
    except OSError as error:
        raise InputError(f"cannot read the recipe {path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"recipe {path.name}: {' '.join(str(error).split())}") from None
    for part in _parts(book):
        _check(part, path.name)
    if book.stage is None and _parts(book):
        raise ConfigError(f"recipe {path.name}: a recipe with parts of its own needs a [stage]")
    if not book.include and not _parts(book):
        raise ConfigError(
            f"recipe {path.name}: has no parts; add [[organic]], [[campaign]], [[copies]], [[articles]] or [[chat]]"
        )
    return book


def _parts(book: recipe.Recipe) -> list[recipe.Part]:
    """List the recipe's own parts in a fixed order."""
    return [*book.organic, *book.campaign, *book.copies, *book.articles, *book.chat]


def _check(part: recipe.Part, name: str) -> None:
    """Check what types cannot: shares that must sum to 1, and days in order."""
    where = f"recipe {name}, part {part.kind}"
    sums: dict[str, Iterable[float]] = {
        "platforms": part.platforms.values(),
        "languages": part.languages.values(),
        "people.handles": part.people.handles.values(),
        "people.cohorts": [cohort.share for cohort in part.people.cohorts],
    }
    if part.hours:
        sums["hours"] = [hours.share for hours in part.hours]
    if isinstance(part, recipe.Campaign):
        sums["text_mix"] = part.text_mix.values()
    for key, shares in sums.items():
        if abs(sum(shares) - 1) > 1e-6:
            raise ConfigError(f"{where}: the shares of {key} sum to {sum(shares):.3f}, not 1")
    if not part.days or any(stretch.end < stretch.start for stretch in part.days):
        raise ConfigError(f"{where}: days must be given, each with start <= end")
    for cohort in part.people.cohorts:
        if cohort.age_days is None and cohort.created is None:
            raise ConfigError(f"{where}: a cohort needs age_days or created")


def _scenes(book: recipe.Recipe, path: Path, above: tuple[Path, ...]) -> list[Scene]:
    """List the scenes of a recipe and of those it includes."""
    if path.resolve() in above:
        raise ConfigError(f"recipe {path.name}: includes itself")
    scenes = [Scene(part, book.stage, 1.0) for part in _parts(book) if book.stage]
    for entry in book.include:
        other = path.parent / entry.recipe
        inner = _scenes(_decode(other), other, (*above, path.resolve()))
        kinds = {scene.part.kind for scene in inner}
        if unknown := set(entry.only) - kinds:
            raise ConfigError(f"recipe {path.name}: {entry.recipe} has no part {sorted(unknown)[0]!r}")
        scenes += [
            Scene(scene.part, scene.stage, scene.scale * entry.scale)
            for scene in inner
            if not entry.only or scene.part.kind in entry.only
        ]
    return scenes
