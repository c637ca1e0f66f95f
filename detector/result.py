"""What a scan found: the frames, the counts, the settings, and the doors out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from detector.config import Config
from detector.errors import ConfigError, InputError
from detector.report.dossier import dossier
from detector.report.folder import Claim
from detector.report.html import render
from detector.report.notebook import glance_html, glance_line
from detector.report.tables import read_folder, write_folder


@dataclass(frozen=True, repr=False)
class Result:
    """The outcome of a scan.

    The frames follow the schemas of the same names in `detector.schemas`; `run` is what `run.json` holds: version,
    counts, settings and their digest, signals that ran and signals that could not, and the negative control.
    """

    comments: pl.DataFrame
    accounts: pl.DataFrame
    clusters: pl.DataFrame
    campaigns: pl.DataFrame
    evidence: pl.DataFrame
    links: pl.DataFrame
    bursts: pl.DataFrame
    rejects: pl.DataFrame
    run: Mapping[str, Any]
    config: Config

    @property
    def frames(self) -> dict[str, pl.DataFrame]:
        """The frames by name, as they are written."""
        names = ("comments", "accounts", "clusters", "campaigns", "evidence", "links", "bursts", "rejects")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def read(cls, folder: str | Path) -> "Result":
        """Read a result that `write` wrote.

        Raises
        ------
        InputError
            The folder does not hold a whole result.
        """
        frames, run = read_folder(Path(folder))
        try:
            return cls(**frames, run=run, config=Config.from_dict(run["settings"]))
        except (KeyError, TypeError, AttributeError, ConfigError):
            raise InputError(f"{folder}: run.json is damaged or of another version; scan again") from None

    def write(
        self,
        folder: str | Path,
        *,
        force: bool = False,
        held: Claim | None = None,
        enrich: Callable[[Path], object] | None = None,
        formats: Sequence[str] = (),
    ) -> None:
        """Write the frames, `run.json` and `report.html` into a folder, whole or not at all.

        Parameters
        ----------
        folder
            Where to; it must not exist unless `force`.
        force
            Replace our files in an existing folder in one step, and leave others alone.
        held
            The claim on the folder, where the caller holds it already.
        enrich
            Writes the scanned files with our columns into the folder that it is given (see `detector.enrich`).
        formats
            In which it is written as well: csv, jsonl or xlsx. Without them, such files of an earlier result go.

        Raises
        ------
        ConfigError
            A format is unknown.
        OutputError
            The folder exists, cannot be written, or is being written by another run.
        """
        write_folder(
            Path(folder), self.frames, self.run, self.report, force=force, held=held, enrich=enrich, formats=formats
        )

    def report(self) -> str:
        """Return the report as one self-contained HTML page."""
        return render(self.frames, self.run)

    def __repr__(self) -> str:
        return glance_line(self.run)

    def _repr_html_(self) -> str:
        """Return what a notebook shows of the result."""
        return glance_html(self.frames, self.run)

    def explain(self, subject_id: str) -> str:
        """Return the evidence for and against one comment, account, cluster or campaign, in sentences.

        Raises
        ------
        InputError
            Nothing has this id, or several things have it: the message names them.
        """
        return dossier(self.frames, subject_id)

    def at(self, threshold: float) -> "Result":
        """Return the result with fewer flags: only scores of at least `threshold` stay flagged.

        Tiers and reasons stay as the scan gave them; only `flagged` and its counts change.

        Parameters
        ----------
        threshold
            Score, 0.5-1; a scan flags from 0.5.

        Raises
        ------
        ConfigError
            The threshold lies outside 0.5-1: evidence too weak to flag stays too weak.
        """
        if not 0.5 <= threshold <= 1.0:
            raise ConfigError(f"threshold must lie between 0.5 and 1, not {threshold}: scores below 0.5 never flag")
        flagged = pl.col("flagged") & (pl.col("score") >= threshold)
        comments = self.comments.with_columns(flagged=flagged)
        accounts = self.accounts.with_columns(flagged=flagged)
        counts = {
            **self.run["counts"],
            "flagged_comments": int(comments["flagged"].sum()),
            "flagged_accounts": int(accounts["flagged"].sum()),
        }
        return replace(
            self, comments=comments, accounts=accounts, run={**self.run, "counts": counts, "threshold": threshold}
        )
