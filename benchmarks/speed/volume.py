"""Comments by the million: the recipe `seeds/0017-volume.toml`, in parts of a million with seeds of their own."""

import hashlib
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.speed.cache import keep

ROOT = Path(__file__).parent.parent.parent
RECIPE = ROOT / "seeds" / "0017-volume.toml"
VERSION = 1
"""Raised whenever the same recipe comes to mean other comments: a change in `detector.lab`, say."""
PART = 1_000_000
_SCALE_1 = 100_000


def volume(n: int) -> tuple[Path, ...]:
    """Return files of about n comments: one up to a million, beyond that one per million.

    Notes
    -----
    Part i has the recipe's seed plus i, so that the memory of the generator stays that of one part, and the first
    part of ten million is the whole of one million. About 580 bytes a comment on disk.
    """
    if n <= PART:
        return (_part(0, n),)
    return tuple(_part(number, PART) for number in range(n // PART))


def truth(n: int) -> Path:
    """Return the truth of the first part of `volume(n)`."""
    return volume(n)[0].with_name("comments.truth.jsonl")


def _part(number: int, n: int) -> Path:
    recipe = RECIPE.read_text(encoding="utf-8")
    name = f"volume-v{VERSION}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}-{n}-{number:02d}"
    return keep(name, lambda draft: _simulate(recipe, number, n / _SCALE_1, draft)) / "comments.jsonl"


def _simulate(recipe: str, number: int, scale: float, draft: Path) -> None:
    seed = int(re.search(r"^seed = (\d+)$", recipe, re.MULTILINE)[1]) + number  # type: ignore[index]
    copy = draft / "recipe.toml"
    copy.write_text(re.sub(r"^seed = \d+$", f"seed = {seed}", recipe, count=1, flags=re.MULTILINE), encoding="utf-8")
    command = [sys.executable, "-m", "detector", "simulate", str(copy), "--scale", str(scale)]
    subprocess.run([*command, "-o", str(draft / "comments.jsonl")], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    if number:  # The truth of the first part is enough to tell whether speed was bought with misses.
        (draft / "comments.truth.jsonl").unlink()


def head(n: int, *, start: int = 0) -> Path:
    """Return n lines of the first part of a million: comments that follow one another in time, as dense as there."""
    (source,) = volume(PART)

    def make(draft: Path) -> None:
        with source.open("rb") as lines, (draft / "comments.jsonl").open("wb") as file:
            file.writelines(itertools.islice(lines, start, start + n))

    return keep(f"{source.parent.name}-from-{start}-{n}", make) / "comments.jsonl"


def records(path: Path) -> Iterator[dict[str, object]]:
    """Read the comments of a file."""
    with path.open("rb") as lines:
        yield from map(json.loads, lines)


if __name__ == "__main__":
    for made in volume(int(sys.argv[1])):
        print(made, flush=True)
