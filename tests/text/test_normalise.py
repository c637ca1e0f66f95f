import itertools
import random
import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twins.writing import sentence

from detector.text.characters import characters
from detector.text.normalise import normalise

ZWSP, SHY, RLO, PDF, BOM = "\u200b", "\u00ad", "\u202e", "\u202c", "\ufeff"
ASCII = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def canonical(*texts, targets=(), max_text_chars=10_000):
    return normalise(
        pl.Series(texts, dtype=pl.String), pl.Series(targets, dtype=pl.String), max_text_chars=max_text_chars, seed=1
    )


def read(*texts, **settings):
    found = canonical(*texts, **settings)
    bounds = zip(found.starts[:-1], found.starts[1:], strict=True)
    return ["".join(map(chr, found.chars[a:b].tolist())) for a, b in bounds]


FOLDED = {
    "zero-width characters": (f"stop{ZWSP}the l{ZWSP}ies", "stopthe lies"),
    "soft hyphens": (f"par{SHY}lia{SHY}ment", "parliament"),
    "direction controls": (f"vote {RLO}now{PDF}", "vote now"),
    "a byte order mark": (f"{BOM}vote now", "vote now"),
    "Cyrillic in a Latin word": ("p\u0430rli\u0430m\u0435nt", "parliament"),
    "Greek in a Latin word": ("v\u03bfte n\u03bfw", "vote now"),
    "a whole word of look-alikes in a Latin text": ("they \u0430\u0440\u0435 lying again", "they ape lying again"),
    "full-width letters": ("Ｖｏｔｅ　ｎｏｗ", "vote now"),
    "letters for mathematics": ("𝓥𝓸𝓽𝓮 𝐧𝐨𝐰 𝙫𝙤𝙩𝙚", "vote now vote"),
    "circled letters": ("ⓥⓞⓣⓔ now", "vote now"),
    "case": ("VOTE Now", "vote now"),
    "accents": ("Élève français à Noël", "eleve francais a noel"),
    "combining marks": ("v\u0301o\u0302t\u0337e\u20d2 now", "vote now"),
    "punctuation and white space": ("vote...now!!\t\n\u00a0again\u3000«please»", "vote now again please"),
    "plus signs for spaces": ("vote+now+again", "vote now again"),
    "a mention": ("@Some.Body_1 vote now", "vote now"),
    "mentions in the middle": ("vote @a and @b now", "vote and now"),
    "a web address": ("vote now https://example.org/a?b=c#d", "vote now"),
    "a bare address": ("vote now www.example.org", "vote now"),
    "hashtags": ("vote #Now now #encore", "vote now"),
    "a hashtag of Weibo": ("请投票 #现在投票# 谢谢大家", "请投票 谢谢大家"),
    "numbers": ("article 12 of 1999", "article 0 of 0"),
    "digits of another script": ("vote ٣٤ now", "vote 0 now"),
    "digits for letters": ("v0te n0w, 5t0p l1es n0w", "vote now 0top lies now"),
    "emoji": ("vote 👍🏽 now ❤️", "vote now"),
    "traditional characters": ("國會議員應當聽", "国会议员应当听"),
}


@pytest.mark.parametrize(("raw", "plain"), FOLDED.values(), ids=FOLDED)
def test_disguise_and_decoration_are_folded_away(raw, plain):
    characters().learn(pl.Series([ord(char) for char in plain], dtype=pl.UInt32).to_numpy())
    assert read(raw) == [plain]


KEPT = {
    "Cyrillic": "привет как дела сосед",
    "Cyrillic of look-alikes only": "сосна хороша вернее весна",
    "Greek": "καλημερα κοσμε τι κανεις",
    "Hebrew with points": "שָׁלוֹם עֲלֵיכֶם",
    "Thai": "ไทย ที่ ทั้ง สวัสดีครับ",
    "Hindi": "नमस्ते दुनिया कैसे हो",
    "Tamil": "தமிழ் மொழி",
    "Bengali": "বাংলা ভাষা",
    "Burmese": "မြန်မာ",
    "Khmer": "ខ្មែរ",
    "Korean": "한국어 각 말",
    "Japanese": "ハバパ ひびぴ",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_marks_that_carry_meaning_are_kept(text):
    assert read(text) == [unicodedata.normalize("NFKC", text)]


def test_arabic_keeps_its_letters_and_vowel_signs():
    with_signs, without, other = "السَّلَامُ عَلَيْكُمْ", "السلام عليكم", "السلاح عليكم"
    signs, plain, different = read(with_signs, without, other)
    assert "\u0651" in signs
    assert plain == without
    assert plain != different


def test_capitals_of_another_script_stay_in_it():
    assert read("СОСНА ХОРОША") == read("сосна хороша")
    assert read("СОСНА ХОРОША") != read("COCHA XOPOWA")


def test_known_targets_are_masked_wherever_they_stand():
    targets = ["@JaneDoeMP", "Jane Doe"]
    a, b = read("shame on Jane Doe today", "shame on nobody today", targets=targets)
    assert a == "shame on today"
    assert b == "shame on nobody today"


def test_a_text_of_nothing_but_tags_and_mentions_is_compared_as_it_is():
    assert read("#vote #now", "@one +1") == ["vote now", "one 0"]


def test_a_text_without_letters_is_compared_as_it_stands():
    assert read("👍👍", "...", "!?", "❤️ 🙏") == ["👍👍", "...", "!?", "❤ 🙏"]


@pytest.mark.parametrize(
    ("text", "n_invisible", "n_homoglyphs"),
    [
        ("vote now", 0, 0),
        (f"v{ZWSP}ote n{SHY}ow", 2, 0),
        (f"vote{ZWSP} {ZWSP}now{ZWSP}", 3, 0),
        (f"{RLO}vote{PDF} now", 2, 0),
        (f"请{ZWSP}投票", 1, 0),
        ("v\u043ete n\u043ew", 0, 2),
        ("привет как дела", 0, 0),
        ("my friend Саша said so", 0, 0),
        ("the Greek letter \u03b1 and the word κόσμος", 0, 0),
        ("👨‍👩‍👧 my family 👩🏽‍💻", 0, 0),
        ("I ❤️love it❤️ ☺️ 1️⃣", 0, 0),
        ("می‌خواهم بروم", 0, 0),
        ("क्‍ष नमस्ते", 0, 0),
        ("ᠮᠣᠩ᠋ᠭᠣᠯ", 0, 0),
        ("à bientôt, mère-grand œuvre", 0, 0),
    ],
)
def test_marks_of_disguise_are_counted_and_writing_is_not(text, n_invisible, n_homoglyphs):
    found = canonical(text)
    assert (found.n_invisible.tolist(), found.n_homoglyphs.tolist()) == ([n_invisible], [n_homoglyphs])


@pytest.mark.parametrize(
    "text",
    [
        "ℹ️ read this",
        "a Brand™️ here",
        "Ⓜ️ is the way",
        "㊗️おめでとう",
        "🏴\U000e0067\U000e007fEngland",
        "葛\U000e0100城市",
    ],
)
def test_emoji_and_variation_sequences_are_writing_and_not_disguise(text):
    assert canonical(text).n_invisible.tolist() == [0]


def test_random_last_words_are_cut_off_and_remembered():
    texts = [
        "they are lying to us",
        "they are lying to us x4kq9",
        "they are lying to us ab12",
        "they are lying to us xkqvw",
        "they are lying to us 7x2b9",
        "they are lying to us z1yy8",
    ]
    found = canonical(*texts)
    assert len(set(found.keys.tolist())) == 1
    plain, scattered, grouped, letters, turned, alike = found.tail_keys.tolist()
    # A tail is remembered by its pattern of letters and digits; letters alone may be a name, ab12 a number of a thing.
    assert plain == letters == grouped == 0
    assert len({0, scattered, turned}) == 3
    assert alike == scattered


POSTCODES = ("k1a0b1", "m11ae", "b338th", "w1a0ax", "le27dr", "dn551pt", "cr26xh", "sw1a1aa", "ec1a1bb")


@pytest.mark.parametrize("code", POSTCODES)
def test_a_postcode_is_cut_off_and_not_remembered(code):
    found = canonical("they are lying to us", f"they are lying to us {code}", f"they are lying to us, {code.upper()}")
    assert len(set(found.keys.tolist())) == 1
    assert found.tail_keys.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "text", ["they are lying to us all", "xkqvz", "hey xkqvz", "请投票谢谢大家现在投票", "vote 12345"]
)
def test_ordinary_and_short_texts_have_no_random_tail(text):
    assert canonical(text).tail_keys.tolist() == [0]


def test_tails_of_random_letters_and_digits_are_remembered_if_they_change_twice():
    dice = random.Random(4)
    tails = ["".join(dice.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(8)) for _ in range(200)]
    telling = [sum(a.isdigit() != b.isdigit() for a, b in itertools.pairwise(tail)) >= 2 for tail in tails]
    assert 0.75 <= sum(telling) / len(tails) < 1
    found = canonical(*[f"they are lying to us again {tail}" for tail in tails])
    assert (found.tail_keys != 0).tolist() == telling


@given(st.text(alphabet="aeiklmnoprstu ", min_size=1, max_size=40), st.randoms(use_true_random=False))
@settings(max_examples=80)
def test_a_canonical_text_is_blind_to_case_accents_invisibles_and_punctuation(text, dice):
    disguised = []
    for char in text:
        if char == " ":
            disguised.append(dice.choice([" ", "  ", "+", ", ", " - ", "\u3000", "!! "]))
            continue
        shown = dice.choice([char, char.upper(), char + "\u0301", chr(ord(char) + 0xFEE0), chr(ord(char) + 0x1D3B9)])
        disguised.append(shown + dice.choice(["", "", ZWSP, SHY]))
    spaced = "x " + text + " y"
    plain, other = read(spaced, "x " + "".join(disguised) + " y")
    assert other == plain == " ".join(spaced.split())


@given(st.lists(st.text(max_size=12), max_size=8), st.integers(1, 30))
@settings(max_examples=60)
def test_canonical_texts_depend_neither_on_blocks_nor_on_company_nor_on_order(texts, block):
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    for char in set(unicodedata.normalize("NFKC", "".join(texts))):
        characters().learn(pl.Series([ord(char), *map(ord, char.lower())], dtype=pl.UInt32).to_numpy())
    whole = canonical(*texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("detector.text.normalise._BLOCK_BYTES", block)
        blocked = canonical(*texts)
    turned = canonical(*texts[::-1])
    for name in ("keys", "tail_keys", "n_invisible", "n_homoglyphs", "scripts", "is_cut"):
        assert getattr(blocked, name).tolist() == getattr(whole, name).tolist()
        assert getattr(turned, name).tolist()[::-1] == getattr(whole, name).tolist()
    assert blocked.chars.tolist() == whole.chars.tolist()
    assert blocked.starts.tolist() == whole.starts.tolist()


@pytest.mark.parametrize(("raw", "plain"), [("\u041dello there", "hello there"), ("vot\u0435 now", "vote now")])
def test_a_small_dump_is_folded_like_a_large_one(raw, plain):
    characters.cache_clear()
    alone = read(raw)
    characters.cache_clear()
    read(plain.upper(), plain)
    assert alone == read(raw)


def test_equal_canonical_texts_and_only_those_have_equal_keys():
    dice = random.Random(2)
    texts = [sentence(dice, dice.randint(1, 4)) for _ in range(3_000)]
    texts += [text.upper() for text in texts] + ["", "a", "aa", "b", "ab", "ba"]
    found = canonical(*texts)
    by_text = dict(zip(read(*texts), found.keys.tolist(), strict=True))
    assert [by_text[text] for text in read(*texts)] == found.keys.tolist()
    assert len(set(by_text.values())) == len(by_text)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("vote now", "latin"), ("请投票 ok", "han"), ("한국어", "han"), ("привет you", "cyrillic"),
        ("السلام", "arabic"), ("नमस्ते", "other"), ("👍", "none"),
    ],
)  # fmt: skip
def test_the_script_is_that_of_most_letters(text, script):
    assert canonical(text).scripts.tolist() == [script]


@pytest.mark.parametrize(
    "giant",
    ["lies " * 2_000_000, "e\u0301" * 3_300_000, "\ufdfa" * 3_300_000, "x" + ZWSP * 3_300_000, "👩‍" * 1_400_000,
     "@somebody " * 1_000_000],
    ids=["letters", "marks", "growing under NFKC", "zero-width", "one emoji sequence", "mentions"],
)  # fmt: skip
def test_a_comment_of_ten_megabytes_is_cut_and_compared_on_its_beginning(giant):
    found = canonical(giant, "vote now")
    assert found.is_cut.tolist() == [True, False]
    assert found.starts[1] <= 10_000
    assert read(giant)[0] == read(giant[:10_000])[0][:10_000]
    assert found.n_invisible[0] <= 10_000


def test_no_texts_make_an_empty_canon():
    found = canonical()
    assert (len(found.chars), found.starts.tolist(), len(found.keys)) == (0, [0], 0)
