"""The tables of look-alikes and of traditional characters against the packages that carry their sources."""

import json
from importlib import resources

import pytest

from detector.text.characters import _lookalikes, _pairs


def test_look_alikes_are_those_of_unicode_technical_standard_39():
    pytest.importorskip("confusable_homoglyphs")
    source = resources.files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8")
    confusable = {char: {other["c"] for other in others} for char, others in json.loads(source).items()}
    for char, ascii_letter in _lookalikes().items():
        assert ascii_letter.isascii()
        assert ascii_letter.isalpha()
        assert not char.isascii()
        assert ascii_letter in confusable[char], f"{char} U+{ord(char):04X} is not confusable with {ascii_letter}"
    # The letters that matter most: Cyrillic and Greek ones drawn exactly as a Latin one.
    for char, ascii_letter in zip(
        "аеорсухіѕАВЕКМНОРСТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "aeopcyxisABEKMHOPCTXABEZHIKMNOPTYXo", strict=True
    ):
        assert _lookalikes()[char].lower() in {ascii_letter.lower(), "l"}


def test_simplified_characters_are_those_of_opencc():
    opencc = pytest.importorskip("opencc")
    source = resources.files(opencc).joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8")
    first = {}
    for line in source.splitlines():
        traditional, _, simplified = line.partition("\t")
        first[traditional] = simplified.split(" ")[0]
    ours = _pairs("traditional.txt")
    assert all(first[traditional] == simplified for traditional, simplified in ours.items())
    missing = {t for t, s in first.items() if t != s and len(t) == len(s) == 1} - ours.keys()
    assert not missing
