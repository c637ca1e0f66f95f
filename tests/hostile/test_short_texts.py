"""Texts too short to be compared meet their equals and nobody else, however many there are."""

import itertools
import random

import pytest

from detector.config import TextConfig
from detector.text.cluster import cluster_comments

EMOJI = "😀😂🤣😍😎🤔🙄😡🥳👍👎👏🙏💪🔥💯🎉🚀🌈⚡🍀🍕🐶🐱🦊🐼🐸🐙🦄🐝"
HAN = "天地人你我他上下左右大小多少来去山水火木金土日月年星花草鱼鸟"
CONFIG = TextConfig()


@pytest.fixture(scope="module")
def short_texts():
    """Ten thousand texts, all different when compared, none with as many shingles as a comparison asks for."""
    dice = random.Random(5)
    punctuation = ["".join(signs) for signs in itertools.product("!?.,;:*~-", repeat=4)]
    emoji = ["".join(pair) for pair in itertools.product(EMOJI, repeat=2)]
    words = {"".join(dice.choice("bdklmnrst") + dice.choice("aeiou") for _ in range(4)) for _ in range(6_000)}
    han = ["".join(pair) for pair in itertools.product(HAN, repeat=2)]
    found = ["+1", *emoji, *han, *dice.sample(punctuation, 3_000), *sorted(words)][:10_000]
    assert len(set(found)) == 10_000
    return found


def test_ten_thousand_short_texts_are_no_cluster(comments_of, short_texts):
    found = cluster_comments(comments_of(short_texts), CONFIG)
    assert found.texts.height == 10_000
    assert found.texts["n_shingles"].max() < CONFIG.min_shingles
    assert found.members.is_empty()


def test_equal_short_texts_meet_by_what_they_say(comments_of, short_texts):
    twice = random.Random(6).sample(short_texts, 500)
    found = cluster_comments(comments_of(short_texts + [text.upper() + " " for text in twice]), CONFIG)
    sizes = found.members.group_by("cluster_id").len()["len"]
    assert (len(sizes), sizes.unique().to_list()) == (500, [2])
