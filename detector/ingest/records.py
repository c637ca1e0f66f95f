"""Pieces of a source to batches: each record by its format, canonical lines the fast way."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

from detector.config import IngestConfig
from detector.ingest.adapt import ROOTS_AT_A_TIME, Adapting
from detector.ingest.decode import FIELDS, Batch
from detector.ingest.formats.format import Format
from detector.ingest.lines import Block, Fault
from detector.ingest.recognise import Recogniser
from detector.ingest.roots import Roots, decode_roots
from detector.ingest.shape import read_shaped, sample_lines

_SAMPLE = 100


class Decoder:
    """Turns pieces of a source into batches of raw canonical records."""

    def __init__(self, config: IngestConfig) -> None:
        self._config = config
        self._recogniser = Recogniser(config)

    def decode_block(self, block: Block) -> list[Batch]:
        """Decode lines, each of which should be a JSON object.

        Parameters
        ----------
        block
            Whole lines.

        Returns
        -------
        list of Batch
            Every line as one record or several, a fault or blank.
        """
        main = self._recogniser.choose(_objects(sample_lines(block.data))).main
        batches = []
        is_rest: pl.Series | None = None
        within_limits = len(block.data) <= self._config.max_line_bytes and self._config.max_depth > 0
        if self._recogniser.is_canonical(main) and within_limits:
            shaped = read_shaped(block.data, FIELDS)
            if shaped is not None:
                frame, fits = shaped
                places = fits.arg_true().cast(pl.UInt64)
                batches.append(Batch(frame.to_dict(), places + block.number, places))
                if frame.height == len(fits):
                    return batches
                is_rest = ~fits
        return batches + self._adapted(self._roots(block, is_rest), main)

    def reads_as_canonical(self, sample: Sequence[Mapping[str, Any]]) -> bool:
        """Tell whether records say all under canonical names, and nothing is to be read otherwise."""
        return self._recogniser.is_canonical(self._recogniser.choose(sample).main)

    def decode_mappings(self, values: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> list[Batch]:
        """Take mappings, such as the rows of a table, for records."""
        main = self._recogniser.choose(itertools.islice(values, _SAMPLE)).main
        return self._adapted([Roots(list(values), list(numbers), list(range(len(numbers))))], main)

    def _roots(self, block: Block, is_rest: pl.Series | None) -> Iterator[Roots]:
        """Decode lines, a few at a time."""
        lines = block.data.split(b"\n")
        offsets = list(itertools.accumulate((len(line) + 1 for line in lines), initial=block.offset))
        numbers = range(block.number, block.number + len(lines))
        wanted = range(len(lines)) if is_rest is None else is_rest.arg_true().to_list()
        for start in range(0, len(wanted), ROOTS_AT_A_TIME):
            few = wanted[start : start + ROOTS_AT_A_TIME]
            yield decode_roots(lines, numbers, offsets, self._config, wanted=few, is_open=block.is_open)

    def _adapted(self, parts: Iterable[Roots], main: Format) -> list[Batch]:
        """Read every root by its format: mostly all have the same."""
        adapting = {main: Adapting(main)}
        faults: list[Fault] = []
        n_blank = 0
        for roots in parts:
            by_format: dict[Format, list[int]] = {}
            for i, value in enumerate(roots.values):
                by_format.setdefault(self._recogniser.format_of(value, main), []).append(i)
            for form, chosen in by_format.items():
                adapting.setdefault(form, Adapting(form)).take(
                    [roots.values[i] for i in chosen],
                    [roots.numbers[i] for i in chosen],
                    [roots.places[i] for i in chosen],
                    {new for new, old in enumerate(chosen) if old in roots.repaired},
                )
            faults += roots.faults
            n_blank += roots.n_blank
            roots.values.clear()  # before the next ones are decoded
        batches = [one.batch() for one in adapting.values()]
        batches[0].faults, batches[0].n_blank = faults, n_blank
        return batches


def _objects(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            value = msgspec.json.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value
