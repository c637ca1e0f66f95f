"""What is in a dump, before it is scanned: its format, its gaps, and which signals it can carry."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from detector.config import Config
from detector.ingest.formats.registry import format_called
from detector.ingest.nothing import why_nothing
from detector.ingest.read import Ingested, read_comments
from detector.ingest.sources import Source
from detector.limits import find_reading_limits
from detector.report.inspected import describe
from detector.schema import COMMENTS, PRECISIONS
from detector.signals import list_signals

_TOP = 10
_SCRIPTS = {
    "latin": r"\p{Latin}",
    "han": r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]",
    "cyrillic": r"\p{Cyrillic}",
    "arabic": r"\p{Arabic}",
    "other": r"\p{L}",
}
_UNTOLD = ("row", "source_file", "source_line", "account")
"""Columns of COMMENTS that no export has."""


@dataclass(frozen=True)
class Inspection:
    """What `inspect_source` found, as plain nested values under `figures`."""

    figures: dict[str, Any]
    too_many_rejects: bool

    def to_dict(self) -> dict[str, Any]:
        """Return all figures, as `--format json` prints them."""
        return self.figures

    def to_text(self, width: int = 100) -> str:
        """Return them in plain words, in lines of at most `width` cells."""
        return describe(self.figures, width)


def inspect_source(
    source: Source, config: Config | None = None, progress: Callable[[int, int | None], None] | None = None
) -> Inspection:
    """Read a dump and tell what is in it.

    Parameters
    ----------
    source
        As `read_comments` takes it.
    config
        How to read it; the defaults where None.
    progress
        As `read_comments` calls it.

    Returns
    -------
    Inspection
        Format, counts, times, languages, fill rates, targets, and which signals can and cannot run.

    Raises
    ------
    InputError
        The source cannot be opened.
    """
    found = read_comments(source, (config or Config()).ingest, progress)
    comments = found.comments
    n = comments.height
    return Inspection(
        {
            "sources": list(found.sources),
            "containers": list(found.containers),
            "formats": [
                _format(name, found.known_by.get(name, [])) for name in found.formats if n or not found.unknown_names
            ],
            "counts": found.counts.to_dict(),
            "accounts": comments["account"].n_unique() - bool(comments["account"].null_count()),
            "distinct_texts": comments["text"].n_unique(),
            "times": _times(comments),
            "languages": _top(comments["lang"]),
            "scripts": _scripts(comments["text"]),
            "filled": {
                name: round(1 - comments[name].null_count() / n, 4) if n else 0.0
                for name in COMMENTS.columns
                if name not in _UNTOLD
            },
            "targets": {"n": comments["target"].drop_nulls().n_unique(), "top": _top(comments["target"])},
            "signals": list_signals(comments),
            "notes": _notes(found),
        },
        found.too_many_rejects,
    )


def _format(name: str, known_by: list[tuple[str, ...]]) -> dict[str, Any]:
    return {"name": name, "title": format_called(name).title, "known_by": [list(keys) for keys in known_by]}


def _times(comments: pl.DataFrame) -> dict[str, Any]:
    times = comments["created_at"]
    precisions = dict(comments["created_at_precision"].drop_nulls().value_counts().rows())
    return {
        "start": _iso(times.min()),
        "end": _iso(times.max()),
        "unknown": times.null_count(),
        "precision": {name: precisions[name] for name in PRECISIONS if name in precisions},
    }


def _iso(moment: object) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(moment, datetime) else None


def _top(values: pl.Series) -> dict[str, int]:
    counted = values.drop_nulls().value_counts().sort(["count", values.name], descending=[True, False])
    return dict(counted.head(_TOP).rows())


def _scripts(texts: pl.Series) -> dict[str, int]:
    """Count texts by the script of most of their letters."""
    letters = texts.to_frame("text").select(
        pl.col("text").str.count_matches(pattern).alias(name) for name, pattern in _SCRIPTS.items()
    )
    counts = letters.to_numpy().astype(np.int64)
    counts[:, -1] -= counts[:, :-1].sum(axis=1)
    names = np.array([*_SCRIPTS, "none"])
    of_most = np.where(counts.max(axis=1, initial=0) > 0, counts.argmax(axis=1), len(_SCRIPTS))
    return _top(pl.Series("script", names[of_most]))


def _notes(found: Ingested) -> list[str]:
    why = why_nothing(found)
    return [*([why] if why else ()), *find_reading_limits(found)]
