# ruff: noqa: ARG001 -- all ways share one signature
"""Measure, for every disguise and language, how many disguised copies still meet their original.

`python -m benchmarks.disguises` writes `benchmarks/results/disguises.json` and `disguises.md`. The disguises are those
of `detector.lab.disguise` and the further ones below; copies, originals and unrelated comments lie in one dump.
"""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from detector.config import TextConfig
from detector.ingest.read import read_comments
from detector.lab.chance import generator
from detector.lab.disguise import EMOJI, TAIL, WAYS
from detector.lab.habits import to_traditional
from detector.lab.language import language
from detector.text import cluster_comments

RESULTS = Path(__file__).parent / "results"
LANGUAGES = {"en": (60, 200), "fr": (60, 200), "zh": (30, 100)}
"""Languages, and the lengths of originals in characters: a Chinese character says as much as two or three letters."""
N_ORIGINALS = 40
N_COPIES = 10
N_STRANGERS = 400
SCRIPTS = {
    "Latin": (0x61, 0x7A), "Greek": (0x3B1, 0x3C9), "Cyrillic": (0x430, 0x44F), "Armenian": (0x561, 0x586),
    "Hebrew": (0x5D0, 0x5EA), "Arabic": (0x628, 0x648), "Devanagari": (0x915, 0x939), "Thai": (0xE01, 0xE2E),
    "Georgian": (0x10D0, 0x10F0), "Hangul": (0xAC00, 0xD7A3), "Kana": (0x3042, 0x3093), "Han": (0x4E00, 0x9FA5),
}  # fmt: skip
N_PER_SCRIPT = 250

WORDS = ("perhaps", "harbour", "willow", "vraiment", "sentier", "quota")
CHINESE_WORDS = ("民主", "河山", "风雨", "学校", "市场")

Way = Callable[[str, random.Random, str], str]


def _insert(signs: str, most: int) -> Way:
    """Return a way to put 1 to `most` signs anywhere into a text."""

    def way(text: str, dice: random.Random, _lang: str) -> str:
        for _ in range(dice.randint(1, most)):
            place = dice.randint(1, len(text) - 1)
            text = text[:place] + dice.choice(signs) + text[place:]
        return text

    return way


def _serial(dice: random.Random) -> str:
    return "".join(dice.choices(TAIL, k=dice.randint(4, 12)))


def _parts(text: str, lang: str) -> tuple[list[str], str]:
    """Split a text into words, or Chinese into runs between marks."""
    return (text.split("，"), "，") if lang == "zh" else (text.split(" "), " ")


def emoji(text: str, dice: random.Random, lang: str) -> str:
    """Put an emoji behind every few words."""
    parts, space = _parts(text, lang)
    return space.join(part + (dice.choice(EMOJI) if dice.random() < 0.3 else "") for part in parts) + dice.choice(EMOJI)


def punctuation(text: str, dice: random.Random, lang: str) -> str:
    """Change what stands between words."""
    parts, _ = _parts(text, lang)
    return "".join(part + dice.choice((", ", "... ", " - ", " ", "! ")) for part in parts)


def mentions(text: str, dice: random.Random, lang: str) -> str:
    """Address two to five random accounts first."""
    return " ".join([*(f"@{_serial(dice)}" for _ in range(dice.randint(2, 5))), text])


def serial_before(text: str, dice: random.Random, lang: str) -> str:
    """Put 4 to 12 random characters first."""
    return f"{_serial(dice)} {text}"


def ticket_number(text: str, dice: random.Random, lang: str) -> str:
    """Add a number at the end."""
    return f"{text} {dice.randint(100, 10**9)}"


def name_swap(text: str, dice: random.Random, lang: str) -> str:
    """Name another target of the dump, twice."""
    name = f"MP-{dice.randint(1, 48):03d}"
    return f"{name}, {text} {name}!"


def reordered(text: str, dice: random.Random, lang: str) -> str:
    """Change the places of two parts of the text, cut at a word."""
    parts, space = _parts(text, lang)
    at = dice.randint(1, len(parts) - 1) if len(parts) > 1 else 0
    return space.join(parts[at:] + parts[:at])


def synonyms(text: str, dice: random.Random, lang: str) -> str:
    """Replace one word in ten by another; a Chinese word is taken as two characters."""
    if lang == "zh":
        parts, space, others = [text[i : i + 2] for i in range(0, len(text), 2)], "", CHINESE_WORDS
    else:
        parts, space, others = text.split(" "), " ", WORDS
    for place in dice.sample(range(len(parts)), max(1, len(parts) // 10)):
        parts[place] = dice.choice(others)
    return space.join(parts)


def traditional(text: str, dice: random.Random, lang: str) -> str:
    """Write simplified Chinese in traditional characters."""
    return to_traditional(text)


def parent_quoted(text: str, dice: random.Random, lang: str) -> str:
    """Quote some words of the post replied to first."""
    speech = language(lang)
    quoted = speech.comments(np.array([dice.randrange(speech.n_topics)]), generator(dice.randrange(1 << 30), "q"))[0]
    return f"{quoted[: max(12, len(text) // 5)]} {text}"


def full_width(text: str, dice: random.Random, lang: str) -> str:
    """Write Latin letters and marks in full width."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def capitals(text: str, dice: random.Random, lang: str) -> str:
    """Change case at random."""
    return "".join(dice.choice((char, char.upper())) for char in text)


FURTHER: dict[str, Way] = {
    "direction_controls": _insert("\u202a\u202c\u200e\u200f\u2066\u2069", 5),
    "variation_selectors": _insert("\ufe0e\ufe0f\U000e0100", 5),
    "soft_hyphens": _insert("\u00ad", 5),
    "accents": _insert("\u0301\u0308\u0302\u0336", 8),
    **{
        way.__name__: way
        for way in (
            *(emoji, punctuation, mentions, serial_before, ticket_number, name_swap, reordered, synonyms),
            *(parent_quoted, full_width, capitals, traditional),
        )
    },
}
ONLY = {"traditional": ("zh",), "leet": ("en", "fr"), "plus_spaces": ("en", "fr")}
"""Ways that change nothing in other languages."""


def main() -> None:
    """Measure everything and write the results."""
    rows = [_measure(name, way, lang) for name, way, lang in _cases()]
    merges = _false_merges()
    RESULTS.mkdir(exist_ok=True)
    result = {"originals": N_ORIGINALS, "copies_each": N_COPIES, "rows": rows, "false_merges": merges}
    (RESULTS / "disguises.json").write_text(json.dumps(result, indent=1) + "\n")
    (RESULTS / "disguises.md").write_text(_table(rows, merges))


def _cases() -> Iterator[tuple[str, Way, str]]:
    for name, way in (WAYS | FURTHER).items():
        for lang in ONLY.get(name, tuple(LANGUAGES)):
            yield name, way, lang


def _originals(lang: str, n: int, seed: int) -> list[str]:
    """Draw invented comments of the language, of the lengths wanted."""
    speech, rng = language(lang), generator(seed, "originals", lang)
    low, high = LANGUAGES[lang]
    drawn = speech.comments(rng.integers(speech.n_topics, size=8 * n), rng).unique(maintain_order=True)
    return drawn.filter(drawn.str.len_chars().is_between(low, high)).head(n).to_list()


def _measure(name: str, way: Way, lang: str) -> dict[str, object]:
    """Disguise copies of many originals, cluster them among strangers, and count those beside their original.

    Once with all copies of every original in the dump, as in a campaign, and once each copy alone with its original.
    """
    dice = random.Random(f"{name} {lang}")
    originals = _originals(lang, N_ORIGINALS + N_STRANGERS, seed=4)
    originals, strangers = originals[:N_ORIGINALS], originals[N_ORIGINALS:]
    copies = [[way(text, dice, lang) for text in originals] for _ in range(N_COPIES)]
    together, merged = _met(originals, copies, strangers)
    alone = [_met(originals, [part], strangers)[0] for part in copies]
    row = {"disguise": name, "lang": lang, "copies": N_ORIGINALS * N_COPIES, "recall": round(together, 4)}
    row |= {"recall_alone": round(sum(alone) / N_COPIES, 4), "merged_originals": merged}
    print(f"{name:20} {lang} {row['recall']:.3f} {row['recall_alone']:.3f} {merged}", flush=True)
    return row


def _met(originals: list[str], copies: list[list[str]], strangers: list[str]) -> tuple[float, int]:
    """Return the share of copies in the cluster of their original, and how many originals fell together."""
    labels = _clusters([*originals, *(copy for part in copies for copy in part), *strangers])
    of_original, of_copy = labels[: len(originals)], labels[len(originals) : len(originals) * (len(copies) + 1)]
    met = [label is not None and label == of_original[i % len(originals)] for i, label in enumerate(of_copy)]
    distinct = len({label or i for i, label in enumerate(of_original)})
    return sum(met) / len(met), len(originals) - distinct


def _clusters(texts: list[str]) -> list[str | None]:
    """Return the cluster of each text, None for one that stands alone."""
    records = [
        {"text": text, "id": f"{i:07d}", "author_id": f"a{i}", "target": f"x:MP-{i % 48 + 1:03d}"}
        for i, text in enumerate(texts)
    ]
    comments = read_comments(records).comments
    members = cluster_comments(comments, TextConfig()).members
    found = dict(members.join(comments.select("row", "id"), on="row").select("id", "cluster_id").iter_rows())
    return [found.get(f"{i:07d}") for i in range(len(texts))]


def _false_merges() -> dict[str, int]:
    """Count, for each script, texts of random words that were put together with any other."""
    dice = random.Random(12)
    merged = {}
    for script, (first, last) in SCRIPTS.items():
        texts = [
            " ".join(
                "".join(chr(dice.randint(first, last)) for _ in range(dice.randint(2, 8)))
                for _ in range(dice.randint(10, 30))
            )
            for _ in range(N_PER_SCRIPT)
        ]
        merged[script] = sum(label is not None for label in _clusters(texts))
    return merged


def _table(rows: list[dict[str, object]], merges: dict[str, int]) -> str:
    """Write recall among all copies, and in brackets that of single copies, by disguise and language."""
    cells = {(row["disguise"], row["lang"]): f"{row['recall']:.3f} ({row['recall_alone']:.3f})" for row in rows}
    lines = [f"| disguise | {' | '.join(LANGUAGES)} |", "|---|" + "---|" * len(LANGUAGES)]
    for name in dict.fromkeys(row["disguise"] for row in rows):
        found = " | ".join(cells.get((name, lang), "–") for lang in LANGUAGES)
        lines.append(f"| {str(name).replace('_', ' ')} | {found} |")
    n = N_PER_SCRIPT * len(merges)
    lines += ["", f"Unrelated texts put together: {sum(merges.values())} of {n:,} in {len(merges)} scripts."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
