"""The formats in which a result can be had beside its Parquet tables, for the programs that people work with.

Another format is one line in `OUTPUTS`: its name, the files that it adds to the folder, and what writes each.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from detector.errors import ConfigError
from detector.report.csv_tables import write_csv
from detector.report.escape import excerpt
from detector.report.files import durable
from detector.report.graphs import write_gexf, write_graphml
from detector.report.interchange import write_coortweet, write_qut
from detector.report.json_lines import write_json_lines
from detector.report.stix import write_stix
from detector.report.workbook import write_workbook
from detector.schema import PUBLISHED, REJECTS

Frames = Mapping[str, pl.DataFrame]
Writer = Callable[[Frames, Mapping[str, Any], Path], None]
"""Writes one file from the published frames and the content of `run.json`. The file is there, empty."""

_TABLES = [schema.name.removesuffix(".parquet").lower() for schema in PUBLISHED if schema is not REJECTS]

OUTPUTS: dict[str, dict[str, Writer]] = {
    "csv": {f"{name}.csv": write_csv for name in _TABLES},
    "jsonl": {f"{name}.jsonl": write_json_lines for name in _TABLES},
    "xlsx": {"findings.xlsx": write_workbook},
    "gexf": {"network.gexf": write_gexf},
    "graphml": {"network.graphml": write_graphml},
    "stix": {"findings.stix.json": write_stix},
    "coortweet": {"coortweet.csv": write_coortweet},
    "qut": {"qut.csv": write_qut},
}
"""Formats by name: the files of each, and their writers."""
OUTPUT_FILES = tuple(name for files in OUTPUTS.values() for name in files)
"""All names that belong to us wherever a result is written, whether they were asked for or not."""


def choose_outputs(wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the formats that were asked for, each once, in the order of `OUTPUTS`.

    Parameters
    ----------
    wanted
        Names, also several in one, with commas between.

    Raises
    ------
    ConfigError
        A name is unknown; the message lists those that are not.
    """
    names = {name.strip().lower() for words in wanted for name in words.split(",")} - {""}
    for name in sorted(names - OUTPUTS.keys()):
        raise ConfigError(f"unknown format {excerpt(name, 40)!r}: choose from {', '.join(OUTPUTS)}")
    return tuple(name for name in OUTPUTS if name in names)


def write_outputs(chosen: Iterable[str], frames: Frames, run: Mapping[str, Any], folder: Path) -> None:
    """Write the files of formats into a folder in which none of them is yet.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    for name in chosen:
        for file_name, write in OUTPUTS[name].items():
            # Opened here for its owner only, and again by its writer; what both wrote is one file, and durable.
            with durable(folder / file_name):
                write(frames, run, folder / file_name)
