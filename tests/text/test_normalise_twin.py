"""Normalisation by blocks against one text and one character at a time, and against itself under every division."""

import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twins.normal import canonical

from detector.text.characters import characters
from detector.text.compatible import UNCHANGED, compatible
from detector.text.keys import hash_texts
from detector.text.masks import mask
from detector.text.normalise import normalise

SEED = 3
NO_TARGETS = pl.Series([], dtype=pl.String)
COUNTED = ("keys", "tail_keys", "invisible_keys", "homoglyph_keys", "n_invisible", "n_homoglyphs", "scripts")
# Plain letters mostly, and of everything that has a way of its own something.
ALPHABETS = (
    "aeiou rstlkx.,",
    "bcdfg0123456789 ",
    "éÀßœ’… \u00a0\n",
    "аеорсухАВЕдж",
    "οραβγ\u0301",
    "国會議人，。 ハ한ㄅ",
    "ابسم\u064b\u200c",
    "नमस्ते\u200d ไทย",
    "\u200b\u00ad\u2060\ufeff\ufe0f\U000e0100",
    "👍🏽❤☺!?+ \x00\x01",
    "Ｖ１①ﬁ½²İ٣",
)
pieces = st.one_of(
    *(st.text(alphabet=alphabet, max_size=9) for alphabet in ALPHABETS),
    st.text(alphabet="".join(ALPHABETS), max_size=9),
    st.sampled_from(
        ["they are lying to us ", " x4kq9", " k1a0b1", " xkqvw", "v\u043ete", "w0n 5t0p 1234", " 7x2b9 ab12cd"]
    ),
)
texts_of_all_kinds = st.lists(st.lists(pieces, max_size=5).map("".join), max_size=12)


def as_dicts(found):
    bounds = zip(found.starts[:-1].tolist(), found.starts[1:].tolist(), strict=True)
    texts = ["".join(map(chr, found.chars[a:b].tolist())) for a, b in bounds]
    columns = [getattr(found, name).tolist() for name in COUNTED]
    return [
        {"text": text, **dict(zip(COUNTED, values, strict=True))} for text, *values in zip(texts, *columns, strict=True)
    ]


@given(texts_of_all_kinds, st.integers(1, 60), st.integers(1, 60))
@settings(max_examples=300, deadline=None)
@example(["", "", ""], 1, 1)
@example(["a\u200b", "\u200bа", "👍", "x4kq9 abcdefgh x4kq9"], 1, 1)
def test_every_division_into_blocks_agrees_with_the_twin(texts, chunk, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("detector.text.normalise._CHUNK_CHARS", chunk)
        patch.setattr("detector.text.normalise._BLOCK_BYTES", block)
        divided = normalise(pl.Series(texts, dtype=pl.String), NO_TARGETS, max_text_chars=500, seed=SEED)
    expected = [canonical(unicodedata.normalize("NFKC", text), SEED) for text in texts]
    assert as_dicts(divided) == expected
    whole = normalise(pl.Series(texts, dtype=pl.String), NO_TARGETS, max_text_chars=500, seed=SEED)
    assert as_dicts(whole) == expected


def test_characters_said_to_be_unchanged_are_so_beside_any_other():
    every = pl.Series([chr(i) for i in range(sys.maxunicode + 1) if not 0xD800 <= i < 0xE000])
    chosen = every.filter(every.str.contains(f"^[{UNCHANGED}]$")).to_list()
    assert len(chosen) > 30_000
    assert pl.Series(chosen).str.normalize("NFKC").to_list() == chosen
    assert not any(map(unicodedata.combining, chosen))
    decomposed = (unicodedata.decomposition(char).split() for char in every.to_list())
    second = {chr(int(parts[1], 16)) for parts in decomposed if len(parts) == 2 and parts[0][0] != "<"}
    jamo = set(map(chr, [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]))
    assert not (second | jamo) & set(chosen)


@given(texts_of_all_kinds, st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_compatibility_forms_are_those_of_whole_texts_cut_before_and_after(texts, most):
    series = pl.Series(texts, dtype=pl.String)
    expected = [unicodedata.normalize("NFKC", text[:most])[:most] for text in texts]
    assert compatible(series, most).to_list() == expected
    assert series.to_list() == texts


NAME = st.text(alphabet="abAB_-12 é", min_size=1, max_size=7)


@given(
    st.lists(NAME, max_size=8, unique=True),
    st.lists(st.lists(st.one_of(NAME, st.sampled_from("ab1@# ")), max_size=8).map("".join), min_size=1, max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_many_names_are_masked_like_few(names, texts):
    texts = [*texts, *(name.swapcase() for name in names[::2])]
    few = mask(pl.Series(texts), pl.Series(names, dtype=pl.String)).to_list()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("detector.text.masks._MANY_NAMES", 0)
        assert mask(pl.Series(texts), pl.Series(names, dtype=pl.String)).to_list() == few


def test_names_are_masked_in_order_of_place_and_then_of_the_list():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("detector.text.masks._MANY_NAMES", 0)
        masked = mask(pl.Series(["ab_1 AB_12x", "c ab_", "none"]), pl.Series(["ab_12", "ab_1", "zz_9", "ab_"]))
    assert masked.to_list() == ["   x", "c ab_", "none"]


def test_masking_leaves_the_texts_given_as_they_are():
    texts = pl.Series(["vote @you now", "see https://example.org now", "plain"])
    before = texts.to_list()
    assert mask(texts, NO_TARGETS).to_list() != before
    normalise(texts, NO_TARGETS, max_text_chars=100, seed=SEED)
    assert texts.to_list() == before


def test_two_threads_that_meet_new_characters_at_once_find_what_one_does():
    texts = pl.Series([f"{chr(i)}{chr(i + 1)} о{chr(i)}o" for i in range(0x100, 0x3000, 2)])
    alone = as_dicts(normalise(texts, NO_TARGETS, max_text_chars=100, seed=SEED))
    for _ in range(5):
        characters.cache_clear()
        characters()
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda part: normalise(part, NO_TARGETS, max_text_chars=100, seed=SEED), [texts] * 4))
        assert all(as_dicts(part) == alone for part in found)


@given(st.lists(st.text(max_size=9), max_size=9), st.integers(1, 20))
def test_keys_do_not_depend_on_the_runs_they_are_worked_out_in(texts, run):
    chars = np.array([ord(char) for text in texts for char in text], dtype=np.uint32)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    whole = hash_texts(chars, lengths, SEED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("detector.text.keys._RUN_CHARS", run)
        assert hash_texts(chars, lengths, SEED).tolist() == whole.tolist()
