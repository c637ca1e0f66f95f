"""Where generated workloads are kept: outside the repository, each under a name that says what it was made from."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path


def folder() -> Path:
    """Return the folder of generated workloads: `$DETECTOR_BENCH_DIR`, or one in the user's cache."""
    return Path(os.environ.get("DETECTOR_BENCH_DIR") or Path.home() / ".cache" / "spamouflage-detector" / "bench")


def keep(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of a workload, made on the first call and whole or not there at all.

    Parameters
    ----------
    name
        Name with everything that the content depends on: workload, version, digest of the recipe.
    make
        Writes the files into the folder given.
    """
    kept = folder() / name
    if not kept.exists():
        draft = kept.with_name(f".{kept.name}.{os.getpid()}")
        draft.mkdir(parents=True)
        try:
            make(draft)
            draft.rename(kept)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return kept


def digest(paths: tuple[Path, ...]) -> str:
    """Return a digest of the content of files, remembered beside each of them."""
    whole = hashlib.blake2b(digest_size=6)
    for path in paths:
        note = path.with_name(f"{path.name}.digest")
        if not note.exists():
            with path.open("rb") as file:
                note.write_text(hashlib.file_digest(file, "blake2b").hexdigest()[:16])
        whole.update(note.read_bytes())
    return whole.hexdigest()
