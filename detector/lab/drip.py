"""Fresh paraphrases: every comment says the same thing in other words (scenario C)."""

import random

import numpy as np

from detector.lab import chance, recipe
from detector.lab.language import SLOT, capitalise, entries, words


def paraphrases(
    part: recipe.Campaign, lang: np.ndarray, rng: np.random.Generator
) -> tuple[list[str], list[str], list[list[str]]]:
    """Write one paraphrase for each comment.

    Parameters
    ----------
    part
        Number of narratives, their popularity, and the share of texts repeated by mistake.
    lang
        Language of each comment, shape (n,).
    rng
        Source of chance.

    Returns
    -------
    list[str], list[str], list[list[str]]
        Texts, template ids (`drip-<narrative>-<language>`) and evasions of the n comments.
    """
    dice = random.Random(int(rng.integers(1 << 62)))  # noqa: S311
    count = part.n_narratives or 30
    narratives = rng.choice(count, size=len(lang), p=chance.zipf(count, part.narrative_zipf))
    said: dict[tuple[str, int], list[str]] = {}
    texts, ids, evasions = [], [], []
    for code, narrative in zip(lang.tolist(), narratives.tolist(), strict=True):
        earlier = said.setdefault((code, narrative), [])
        again = bool(earlier) and dice.random() < part.exact_by_mistake
        texts.append(dice.choice(earlier) if again else _say(code, narrative, dice))
        earlier.append(texts[-1])
        ids.append(f"drip-{narrative}-{code}")
        evasions.append([] if again else ["paraphrase"])
    return texts, ids, evasions


def _say(code: str, narrative: int, dice: random.Random) -> str:
    """Put one narrative in words: claim number mod 10 at place number div 10."""
    material = words("drip")[code]
    lists = {
        "critic": material["critic"],
        "opener": material["opener"],
        "aside": material["aside"],
        "closer": material["closer"],
        "claim": material["claims"][narrative % len(material["claims"])],
        "place": material["places"][narrative // len(material["claims"]) % len(material["places"])],
    }
    frame = dice.choice(entries(material["frames"]))
    return capitalise(SLOT.sub(lambda match: dice.choice(entries(lists[match[1]])), frame))
