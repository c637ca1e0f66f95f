"""Seed to labelled comments: play the parts of a recipe and keep the truth apart from what a dump would show."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl

from detector.errors import ConfigError, OutputError
from detector.lab import chance, recipe
from detector.lab.articles import play_articles
from detector.lab.chat import play_chat
from detector.lab.copies import play_copies
from detector.lab.crowd import play_organic
from detector.lab.flood import play_campaigns
from detector.lab.record import COMMENT_COLUMNS, TRUTH_COLUMNS, Draft, finish
from detector.lab.scenes import Scene, read_recipe
from detector.lab.stage import set_stage

WRITE_ROWS = 50_000
_SCALE_MAX = 10_000.0


@dataclass(frozen=True)
class Simulation:
    """Generated comments and the truth about them.

    Attributes
    ----------
    comments
        Canonical records ordered by time; what a platform does not show is null.
    truth
        One row per comment in the same order: platform, id, author_id, label (1 coordinated and inauthentic, 0 not,
        null not to be scored), label_kind, campaign_id, template_id, evasions, lang.
    """

    comments: pl.DataFrame
    truth: pl.DataFrame

    def write(self, path: str | Path, truth_path: str | Path | None = None) -> None:
        """Write the comments as JSON Lines, and the truth into a second file.

        Parameters
        ----------
        path
            File of the comments.
        truth_path
            File of the truth; by default beside the comments, `<stem>.truth.jsonl`.

        Raises
        ------
        OutputError
            A file cannot be written.
        """
        path = Path(path)
        truth_path = Path(truth_path) if truth_path else path.with_name(f"{path.stem}.truth.jsonl")
        _write_lines(self.comments, path)
        _write_lines(self.truth, truth_path)


def simulate(path: str | Path, scale: float | None = None) -> Simulation:
    """Generate the labelled comments of a recipe.

    Parameters
    ----------
    path
        A recipe; see `seeds/README.md`.
    scale
        Multiplies the counts of comments and accounts; by default the recipe's own.

    Returns
    -------
    Simulation
        Equal for equal recipe and scale, on every machine.

    Raises
    ------
    InputError
        The recipe cannot be read.
    ConfigError
        The recipe holds a fault, or the scale is not above 0.
    """
    book, scenes = read_recipe(path)
    scale = book.scale if scale is None else scale
    if not 0 < scale <= _SCALE_MAX:
        raise ConfigError(f"scale must be above 0 and at most {_SCALE_MAX:,}, not {scale}")
    frames = [
        finish(draft, _key(book.seed, number, part), chance.generator(book.seed, number, part, "finish"))
        for number, scene in enumerate(scenes)
        for part, draft in enumerate(_play(scene, scale, book.seed, number))
    ]
    rows = pl.concat(frames).sort("at", "id")
    return Simulation(rows.select(COMMENT_COLUMNS), rows.select(TRUTH_COLUMNS))


def _key(seed: int, number: int, part: int) -> int:
    """Return the key of a part's ids: far enough apart that no two parts share an id."""
    return (seed % 4096 << 50) + (number << 40) + (part << 26)


def _play(scene: Scene, scale: float, seed: int, number: int) -> list[Draft]:
    """Play one scene; a scene of several campaigns gives several drafts."""
    part = scene.part
    posts = set_stage(scene.stage, list(part.platforms), part.days)
    scale = scale * scene.scale
    rng = chance.generator(seed, number, part.kind)
    if isinstance(part, recipe.Campaign):
        n_campaigns = max(1, round(part.n_campaigns * scale)) if part.n_campaigns > 1 else 1
        sizes = [_sizes(part, scale / n_campaigns)] * n_campaigns
        return play_campaigns(part, posts, sizes, f"{part.kind}-{number}", rng)
    n, n_accounts = _sizes(part, scale)
    if isinstance(part, recipe.Organic):
        return [play_organic(part, posts, n, n_accounts, rng)]
    if isinstance(part, recipe.Copies):
        return [play_copies(part, posts, n, n_accounts, rng)]
    if isinstance(part, recipe.Articles):
        return [play_articles(part, posts, n, n_accounts, rng)]
    if isinstance(part, recipe.Chat):
        return [play_chat(part, posts, n, n_accounts, rng)]
    raise ConfigError(f"part {part.kind} cannot be played")


def _sizes(part: recipe.Part, scale: float) -> tuple[int, int]:
    """Return the number of comments and of accounts at a scale, each at least 1."""
    n = max(1, round(part.n_comments * scale))
    return n, min(n, max(1, round(part.n_accounts * scale)))


def _write_lines(frame: pl.DataFrame, path: Path) -> None:
    """Write rows as JSON objects without their null fields, the whole file or none of it."""
    encode = msgspec.json.Encoder().encode
    # A pipe or a device is written as it is; a file takes its name when it is whole.
    is_stream = path.exists() and not path.is_file()
    draft = path if is_stream else path.with_name(f".{path.name[:200]}.part")
    try:
        with draft.open("wb") as file:
            for part in frame.iter_slices(WRITE_ROWS):
                rows = part.iter_rows(named=True)
                file.writelines(
                    encode({key: value for key, value in row.items() if value is not None}) + b"\n" for row in rows
                )
        if not is_stream:
            draft.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from None
    finally:
        if not is_stream:
            with suppress(OSError):
                draft.unlink()
