"""Diverse invented comments in English, French and Chinese, drawn from hand-written word material.

A language file under `words/` holds *slots*: lists of entries, where an entry may name other slots in braces. Slots
under `[topics.*]` have one list per topic. A comment is one to three sentences about one topic, so the number of
different comments is far beyond any data set, and two comments share a long passage only by rare chance.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import polars as pl

from detector.errors import ConfigError

BLOCK_ROWS = 200_000
# Entries are drawn with the popularity rank**(1/ZIPF_POWER - 1): a flattened Zipf law, for words of one kind.
ZIPF_POWER = 1.5
SLOT = re.compile(r"\{(\w+)\}")
BAR = re.compile(r"\|(?![^{}]*\})")
SENTENCE_START = re.compile(r"(^|[.!?…] +)(\w)")
CONTRACTIONS = {
    "en": ((r"\b([Aa]) ([aeiu]|o[^n]|on[^e])", "${1}n ${2}"),),
    "fr": (
        (r"\bde les ", "des "),
        (r"\bde le ", "du "),
        (r"\bà les ", "aux "),
        (r"\bà le ", "au "),
        (r"\b([Qq]u|[Dd]|[Jj]|[Nn]|[Ll]|[Ss])e ([aeiouyéèêàâîôœ])", "${1}'${2}"),
    ),
}


@dataclass(frozen=True)
class Slot:
    """The entries of one slot.

    Attributes
    ----------
    entries
        All entries, topic after topic.
    starts, sizes
        Where the entries of each topic start and how many there are, shape (n_topics,), or (1,) if all topics share.
    compound
        For each entry that names other slots: its position and its pieces, (literal, slot, literal, slot, …, literal).
    """

    entries: pl.Series
    starts: np.ndarray
    sizes: np.ndarray
    compound: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Style:
    """How a language joins words: separators, sentence ends with their shares (0–1), and whether it has capitals."""

    comma: str
    space: str
    stops: dict[str, float]
    has_capitals: bool


@dataclass(frozen=True)
class Language:
    """Word material of one language, ready to draw from."""

    code: str
    style: Style
    slots: dict[str, Slot]
    phrases: dict[str, tuple[str, ...]]
    n_topics: int

    def draw(self, slot: str, topics: np.ndarray, rng: np.random.Generator) -> pl.Series:
        """Draw one expanded entry of a slot for each row.

        Parameters
        ----------
        slot
            Name of the slot.
        topics
            Topic number of each row, shape (n,), in [0, n_topics).
        rng
            Source of chance; advanced by this call.

        Returns
        -------
        pl.Series
            Strings, length n.
        """
        source = self.slots[slot]
        own = topics if len(source.starts) > 1 else np.zeros_like(topics)
        sizes = source.sizes[own]
        pick = source.starts[own] + (sizes * rng.random(len(topics)) ** ZIPF_POWER).astype(np.int64)
        if not source.compound:
            return source.entries.gather(pick)
        done = np.ones(len(pick), dtype=bool)
        order, pieces = [], []
        for position, parts in source.compound:
            rows = np.flatnonzero(pick == position)
            if not len(rows):
                continue
            done[rows] = False
            order.append(rows)
            pieces.append(self._fill(parts, topics[rows], rng))
        simple = np.flatnonzero(done)
        values = pl.concat([source.entries.gather(pick[simple]), *pieces])
        return values.gather(np.argsort(np.concatenate([simple, *order]), kind="stable"))

    def _fill(self, parts: tuple[str, ...], topics: np.ndarray, rng: np.random.Generator) -> pl.Series:
        """Fill the slots of one entry, whose literals and slot names alternate, for each row."""
        columns: list[pl.Series | pl.Expr] = []
        for number, part in enumerate(parts):
            if number % 2:
                columns.append(self.draw(part, topics, rng))
            elif part:
                columns.append(pl.lit(part))
        return pl.select(pl.concat_str(columns).alias("text")).to_series()

    def comments(self, topics: np.ndarray, rng: np.random.Generator) -> pl.Series:
        """Write one comment of one to three sentences for each topic number.

        Parameters
        ----------
        topics
            Topic number of each comment, shape (n,), in [0, n_topics).
        rng
            Source of chance; advanced by this call.

        Returns
        -------
        pl.Series
            Comments without mentions, emoji or typing habits, length n. Time and memory are linear in n.
        """
        blocks = [self._block(topics[i : i + BLOCK_ROWS], rng) for i in range(0, len(topics), BLOCK_ROWS)]
        return pl.concat(blocks) if blocks else pl.Series("text", [], dtype=pl.String)

    def _block(self, topics: np.ndarray, rng: np.random.Generator) -> pl.Series:
        """Write the comments of one block."""
        n_sentences = rng.choice(3, size=len(topics), p=[0.34, 0.46, 0.20]) + 1
        text = pl.Series("text", [""] * len(topics))
        for number in range(1, 4):
            rows = np.flatnonzero(n_sentences >= number)
            sentence = self._sentences(topics[rows], rng)
            if number > 1:
                sentence = pl.select(pl.lit(self.style.space) + sentence).to_series()
            # Rows without this sentence get an empty string, put after the others and then sorted back.
            rest = np.flatnonzero(n_sentences < number)
            order = np.argsort(np.concatenate([rows, rest]), kind="stable")
            padded = pl.concat([sentence.rename("text"), pl.Series("text", [""] * len(rest), dtype=pl.String)])
            text = text + padded.gather(order)
        return text

    def _sentences(self, topics: np.ndarray, rng: np.random.Generator) -> pl.Series:
        """Write one sentence for each topic number, with its end mark."""
        n = len(topics)
        frame = pl.DataFrame(
            {
                "opener": self.draw("opener", topics, rng),
                "body": self.draw("sentence", topics, rng),
                "closer": self.draw("closer", topics, rng),
                "stop": np.asarray(list(self.style.stops))[rng.choice(len(self.style.stops), n, p=_shares(self.style))],
                "has_opener": rng.random(n) < 0.25,
                "has_closer": rng.random(n) < 0.18,
            }
        )
        asks = pl.col("body").str.contains(r"[?？]$")
        text = pl.concat_str(
            pl.when("has_opener").then(pl.col("opener") + self.style.comma).otherwise(pl.lit("")),
            "body",
            pl.when(pl.col("has_closer") & ~asks).then(self.style.comma + pl.col("closer")).otherwise(pl.lit("")),
            pl.when(asks).then(pl.lit("")).otherwise("stop"),
        )
        if self.style.has_capitals:
            text = text.str.slice(0, 1).str.to_uppercase() + text.str.slice(1)
        return _contract(frame.select(text.alias("text")).to_series(), self.code)


def _shares(style: Style) -> np.ndarray:
    """Return the shares of the sentence ends, summing to 1."""
    shares = np.asarray(list(style.stops.values()), dtype=float)
    return np.asarray(shares / shares.sum())


def _contract(text: pl.Series, code: str) -> pl.Series:
    """Join and change words that depend on the next one (a odd → an odd, de le → du, que il → qu'il)."""
    for apart, joined in CONTRACTIONS.get(code, ()):
        text = text.str.replace_all(apart, joined)
    return text


def entries(block: str) -> list[str]:
    """Split a block of word material at line ends and at the bars outside braces."""
    return [entry.strip() for line in block.splitlines() for entry in BAR.split(line) if entry.strip()]


def capitalise(text: str) -> str:
    """Write the first letter of each sentence large."""
    return SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), text)


def _slot(lists: list[list[str]]) -> Slot:
    """Build a slot from the entries of each topic."""
    entries = [entry for part in lists for entry in part]
    sizes = np.asarray([len(part) for part in lists], dtype=np.int64)
    compound = tuple((i, tuple(SLOT.split(entry))) for i, entry in enumerate(entries) if SLOT.search(entry))
    return Slot(pl.Series("text", entries), np.cumsum(sizes) - sizes, sizes, compound)


@cache
def words(name: str) -> dict[str, Any]:
    """Read one file of word material, for example `en` or `flood`."""
    try:
        return tomllib.loads(resources.files("detector.lab").joinpath(f"words/{name}.toml").read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"no word material is called {name!r}; see detector/lab/words") from None


@cache
def language(code: str) -> Language:
    """Load the word material of one language.

    Raises
    ------
    ConfigError
        No material exists for the language.
    """
    source = words(code)
    topics = list(source["topics"].values())
    slots = {name: _slot([entries(block)]) for name, block in source["comment"].items()}
    slots |= {name: _slot([entries(topic[name]) for topic in topics]) for name in topics[0]}
    phrases = {name: tuple(entries(block)) for name, block in source["short"].items()}
    return Language(code, Style(**source["style"]), slots, phrases, len(topics))
