"""Typing habits: what turns sentences into comments as people post them."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from detector.lab import chance, recipe
from detector.lab.language import language, words

EMOJI = ("😂", "🙏", "👍", "❤️", "😡", "🤔", "🇨🇦", "👏", "😢", "🙄", "🎉", "😅", "💯", "🤷", "☕", "🌲", "🚌", "🏒")
PHRASE_MARKS = ("", "", "", "", "!", "!!", ".", "...", " 👏", " 🙏")


@dataclass(frozen=True)
class Written:
    """Comments as typed: text, link, language, what was repeated (else null), and who is addressed."""

    text: pl.Series
    url: pl.Series
    lang: pl.Series
    template: pl.Series
    is_mention: np.ndarray
    is_reply: np.ndarray


def write_comments(
    part: recipe.Organic, language_number: np.ndarray, topic: np.ndarray, rng: np.random.Generator
) -> Written:
    """Write organic comments.

    Parameters
    ----------
    part
        Languages and habits.
    language_number
        Position of each comment's language, shape (n,).
    topic
        The topic of the post, as a number in [0, 1), shape (n,); most comments keep to it.
    rng
        Source of chance.

    Returns
    -------
    Written
        n comments.
    """
    n, habits = len(topic), part.habits
    codes = list(part.languages)
    topic = np.where(rng.random(n) < 0.7, topic, rng.random(n))
    order, blocks = [], []
    for number, code in enumerate(codes):
        rows = np.flatnonzero(language_number == number)
        if len(rows):
            order.append(rows)
            blocks.append(_write(code, habits, topic[rows], rng))
    back = np.argsort(np.concatenate(order), kind="stable")
    frame = pl.concat(blocks)[back]
    repeats = frame["template"].is_not_null().to_numpy()
    return Written(
        frame["text"],
        frame["url"],
        pl.Series(codes).gather(language_number),
        frame["template"],
        (rng.random(n) < habits.mention) & ~(repeats & (rng.random(n) < 0.6)),
        rng.random(n) < habits.reply,
    )


def _write(code: str, habits: recipe.Habits, topic: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """Write the comments of one language: columns text, url, template."""
    n, speech = len(topic), language(code)
    names = list(words(code)["topics"])
    allowed = np.asarray([names.index(name) for name in habits.topics] or range(len(names)))
    # A mild preference for the first topics.
    number = allowed[(len(allowed) * topic**1.2).astype(np.int64)]
    text = _type(speech.comments(number, rng), code, habits, rng)
    frame = pl.DataFrame(
        {
            "text": text,
            "url": pl.Series([None] * n, dtype=pl.String),
            "template": pl.Series([None] * n, dtype=pl.String),
        }
    )
    draw = rng.random(n)
    frame = _repeat(frame, draw < habits.short_phrase, speech.phrases["phrases"], "phrase", PHRASE_MARKS, code, rng)
    draw -= habits.short_phrase
    is_quote = (draw >= 0) & (draw < habits.quote)
    frame = _repeat(frame, is_quote, speech.phrases["headlines"], "headline", ("",), code, rng)
    draw -= habits.quote
    if habits.slogans:
        frame = _repeat(
            frame, (draw >= 0) & (draw < habits.slogan), tuple(habits.slogans), "slogan", PHRASE_MARKS, code, rng
        )
    return _link(frame, is_quote, rng.random(n) < habits.link, rng)


def _type(text: pl.Series, code: str, habits: recipe.Habits, rng: np.random.Generator) -> pl.Series:
    """Apply the habits of the hand: greetings, hashtags, emoji, case, slips and missing stops."""
    n, phrases = len(text), language(code).phrases

    def some(values: tuple[str, ...]) -> pl.Series:
        return pl.Series(values).gather((len(values) * rng.random(n) ** 1.5).astype(np.int64))

    def chosen(share: float) -> pl.Series:
        return pl.Series(rng.random(n) < share)

    frame = pl.DataFrame(
        {"text": text, "hello": some(phrases["greetings"]), "tag": some(phrases["hashtags"]), "emoji": some(EMOJI)}
    )
    column = pl.col("text")
    comma = "，" if code == "zh" else ", "
    frame = frame.with_columns(
        pl.when(chosen(habits.no_final_stop)).then(column.str.strip_chars_end(".。")).otherwise(column).alias("text")
    )
    frame = frame.with_columns(
        pl.when(chosen(habits.greeting)).then(pl.col("hello") + comma + column).otherwise(column).alias("text")
    )
    if code == "zh":
        changed = frame["text"].str.replace_many(*_traditional())
        frame = frame.with_columns(pl.when(chosen(habits.traditional)).then(changed).otherwise(column).alias("text"))
    else:
        case = pl.Series(rng.random(n))
        frame = frame.with_columns(
            pl.when(case < habits.lower_case).then(column.str.to_lowercase())
            .when(case > 1 - habits.upper_case).then(column.str.to_uppercase())
            .otherwise(column).alias("text")
        )  # fmt: skip
        frame = frame.with_columns(_slip(habits.typo, rng, frame["text"]))
    tags = " " + (pl.lit(" ".join(habits.hashtag_set)) if habits.hashtag_set else pl.col("tag"))
    return frame.select(
        pl.concat_str(
            "text",
            pl.when(chosen(habits.emoji)).then(" " + pl.col("emoji")).otherwise(pl.lit("")),
            pl.when(chosen(habits.hashtag)).then(tags).otherwise(pl.lit("")),
        )
    ).to_series()


def _slip(share: float, rng: np.random.Generator, text: pl.Series) -> pl.Series:
    """Drop, double or swap one letter in a share of the texts."""
    n = len(text)
    length = text.str.len_chars().to_numpy()
    frame = pl.DataFrame(
        {"text": text, "at": (length * rng.random(n)).astype(np.int64), "kind": rng.random(n) / max(share, 1e-9)}
    )
    column, at = pl.col("text"), pl.col("at")
    before, letter, after = column.str.slice(0, at), column.str.slice(at, 1), column.str.slice(at + 1)
    return frame.select(
        pl.when(pl.col("kind") < 0.4).then(before + after)
        .when(pl.col("kind") < 0.7).then(before + letter + letter + after)
        .when(pl.col("kind") < 1.0).then(before + after.str.slice(0, 1) + letter + after.str.slice(1))
        .otherwise(column).alias("text")
    ).to_series()  # fmt: skip


def _repeat(
    frame: pl.DataFrame,
    rows: np.ndarray,
    texts: tuple[str, ...],
    name: str,
    marks: tuple[str, ...],
    code: str,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Replace some comments by texts that people repeat, with Zipf popularity."""
    n = len(frame)
    pick = rng.choice(len(texts), size=n, p=chance.zipf(len(texts), 1.0))
    said = pl.Series(texts).gather(pick) + pl.Series(marks).gather(rng.integers(len(marks), size=n))
    label = pl.Series([f"{name}-{code}-{number}" for number in range(len(texts))]).gather(pick)
    chosen = pl.Series(rows)
    return frame.with_columns(
        text=pl.when(chosen).then(said).otherwise("text"),
        template=pl.when(chosen).then(label).otherwise("template"),
    )


def _link(frame: pl.DataFrame, is_quote: np.ndarray, has_link: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """Add links: a headline's own, or one of many news and video pages with Zipf popularity."""
    n = len(frame)
    page = (20_000 * rng.random(n) ** 3).astype(np.int64)
    site = np.asarray(
        ["example.com/news/", "news.example.org/story/", "video.example.org/v/", "example.org/a/"], dtype=object
    )
    own = pl.Series(site[page % 4].tolist(), dtype=pl.String) + pl.Series(
        chance.scramble(page, 7) % np.uint64(10**9)
    ).cast(pl.String)
    return frame.with_columns(
        url=pl.when(pl.Series(is_quote)).then(pl.format("https://news.example.com/{}", "template"))
        .when(pl.Series(has_link) & pl.col("template").is_null()).then(pl.format("https://{}", own))
    ).with_columns(text=pl.concat_str("text", "url", separator=" ", ignore_nulls=True))  # fmt: skip


def to_traditional(text: str) -> str:
    """Write our Chinese material in traditional characters."""
    return text.translate(str.maketrans("".join(_traditional()[0]), "".join(_traditional()[1])))


def _traditional() -> tuple[list[str], list[str]]:
    """Return the simplified characters of our material and their traditional forms."""
    pairs = str(words("zh")["traditional"]["pairs"]).split()
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
