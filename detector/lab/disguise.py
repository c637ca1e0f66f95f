# ruff: noqa: ARG001 -- all ways share one signature
"""Ways to vary a copied text so that filters miss it; each takes a text and gives one.

The names are the keys of `text_mix` in a recipe and the entries of `evasions` in the truth.
"""

import random
import re
from collections.abc import Callable

SPIN = re.compile(r"\{([^{}|]*(?:\|[^{}|]*)+)\}")
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
EMOJI = ("🔥", "😡", "👎", "‼️", "🤔", "💰", "😤", "📢", "🇨🇦", "👇")
# Letters that look alike in Cyrillic, Greek, full-width and mathematical alphabets; Han in the radicals block.
HOMOGLYPHS = {
    "a": "аａ𝖺", "c": "сｃ", "e": "еｅ𝖾", "i": "іｉ", "o": "оοｏ", "p": "рｐ", "s": "ѕｓ", "x": "хｘ", "y": "уｙ",
    "A": "АΑ", "B": "ВΒ", "C": "СＣ", "E": "ЕΕ",
    "H": "НΗ", "K": "КΚ", "M": "МΜ", "O": "ОΟ", "P": "РΡ",
    "T": "ТΤ",
    "一": "⼀", "人": "⼈", "大": "⼤", "子": "⼦", "心": "⼼", "手": "⼿", "日": "⽇", "月": "⽉",
    "水": "⽔", "用": "⽤", "田": "⽥", "言": "⾔", "金": "⾦", "门": "⾨",
    "食": "⾷", "高": "⾼", "，": ",", "。": "｡", "？": "?",
}  # fmt: skip
LEET = str.maketrans("aeiostAEIOST", "4310574310$7")
TAIL = "abcdefghijklmnopqrstuvwxyz0123456789"
PADDING = {
    "en": ("A lovely day for a walk.", "My tea is cold again.", "The leaves are turning early.", "Greetings to all."),
    "fr": ("Une belle journée.", "Mon café refroidit encore.", "Les feuilles tombent tôt.", "Salut à tous."),
    "zh": ("今天天气真好。", "茶又凉了。", "叶子黄得真早。", "问候大家。"),
}  # fmt: skip
CLAUSE = re.compile(r"[,.;!?，。；！？]+")
OTHER_WORDS = {
    "en": ("really", "now", "such", "people", "know", "simply", "again", "then", "still", "never", "many", "nothing"),
    "fr": ("vraiment", "puis", "encore", "toujours", "jamais", "bien", "peu", "nos", "alors", "donc", "plus", "tout"),
    "zh": tuple("真又还就也都再很太更最已常总却才仍便将"),
}
REWORDED_SHARE = 0.25


def spin(template: str, dice: random.Random) -> str:
    """Choose one wording for each {a|b|c} of a template."""
    return SPIN.sub(lambda match: dice.choice(match[1].split("|")), template)


def exact(text: str, dice: random.Random, lang: str) -> str:
    """Leave the text as it is."""
    return text


def target_swap(text: str, dice: random.Random, lang: str) -> str:
    """Add emoji or change the end marks around the swapped target."""
    mark = dice.choice(("！", "！！", "…", "？", "") if lang == "zh" else ("!", "!!", "...", " !", "!?", ""))
    emoji = "".join(dice.choices(EMOJI, k=dice.randint(0, 3)))
    body = text.rstrip(".。!！?？") + mark
    return f"{body} {emoji}".rstrip() if dice.random() < 0.8 else f"{emoji} {body}".lstrip()


def random_tail(text: str, dice: random.Random, lang: str) -> str:
    """Add 4 to 12 random characters at the end."""
    return f"{text} {''.join(dice.choices(TAIL, k=dice.randint(4, 12)))}"


def spintax(text: str, dice: random.Random, lang: str) -> str:
    """Leave the text as it is; it was spun anew from its template."""
    return text


def homoglyph(text: str, dice: random.Random, lang: str) -> str:
    """Swap 5 to 20 % of the letters for letters of another alphabet that look alike."""
    places = [i for i, letter in enumerate(text) if letter in HOMOGLYPHS]
    swap = set(dice.sample(places, min(len(places), max(1, round(dice.uniform(0.05, 0.2) * len(text))))))
    return "".join(dice.choice(HOMOGLYPHS[letter]) if i in swap else letter for i, letter in enumerate(text))


def zero_width(text: str, dice: random.Random, lang: str) -> str:
    """Insert 1 to 5 characters that cannot be seen."""
    for _ in range(dice.randint(1, 5)):
        place = dice.randint(1, max(1, len(text) - 1))
        text = text[:place] + dice.choice(ZERO_WIDTH) + text[place:]
    return text


def truncated(text: str, dice: random.Random, lang: str) -> str:
    """Cut the text off after 60 to 90 % of its length."""
    return text[: max(8, int(len(text) * dice.uniform(0.6, 0.9)))].rstrip()


def leet(text: str, dice: random.Random, lang: str) -> str:
    """Write about a fifth of the words with digits for letters."""
    return " ".join(word.translate(LEET) if dice.random() < 0.2 else word for word in text.split(" "))


def plus_spaces(text: str, dice: random.Random, lang: str) -> str:
    """Write + for spaces."""
    return text.replace(" ", "+")


def padded(text: str, dice: random.Random, lang: str) -> str:
    """Put sentences about nothing before and after the text, up to twice its length."""
    extra = dice.sample(PADDING[lang], k=dice.randint(2, 4))
    half = len(extra) // 2
    return " ".join([*extra[:half], text, *extra[half:]])


def hashtag_padded(text: str, dice: random.Random, lang: str) -> str:
    """Add 3 to 8 random hashtags."""
    tags = ("".join(dice.choices(TAIL[:26], k=dice.randint(4, 9))) for _ in range(dice.randint(3, 8)))
    return f"{text} {' '.join('#' + tag for tag in tags)}"


def reworded(text: str, dice: random.Random, lang: str) -> str:
    """Turn the clauses about and swap a quarter of the words for others: a paraphrase that keeps half of the wording.

    The text was spun anew from its template before.
    """
    clauses = [clause.strip() for clause in CLAUSE.split(text) if clause.strip()]
    turn = dice.randrange(len(clauses)) if clauses else 0
    gap = "" if lang == "zh" else " "
    said = [clause if lang == "zh" else clause.split(" ") for clause in clauses[turn:] + clauses[:turn]]
    swapped = [
        gap.join(dice.choice(OTHER_WORDS[lang]) if dice.random() < REWORDED_SHARE else word for word in clause)
        for clause in said
    ]
    return ("，" if lang == "zh" else ", ").join(swapped) + ("。" if lang == "zh" else ".")


WAYS: dict[str, Callable[[str, random.Random, str], str]] = {
    way.__name__: way
    for way in (
        *(exact, target_swap, random_tail, spintax, homoglyph, zero_width, truncated),
        *(leet, plus_spaces, padded, hashtag_padded, reworded),
    )
}
