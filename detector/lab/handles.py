"""Names and handles: display names of many origins, and the shapes of handle that platforms and people make."""

import numpy as np
import polars as pl

from detector.lab import chance
from detector.lab.language import entries, words
from detector.lab.stage import DAY_S

MIXED = np.asarray(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"))


def _list(name: str) -> np.ndarray:
    """Return one list of `words/names.toml`."""
    return np.asarray(entries(words("names")[name]), dtype=object)


def _pick(values: np.ndarray, n: int, rng: np.random.Generator) -> pl.Series:
    """Draw n values, earlier ones a little more often."""
    ranks = (len(values) * rng.random(n) ** 1.3).astype(np.int64)
    return pl.Series(values.tolist(), dtype=pl.String).gather(ranks)


def draw_names(languages: np.ndarray, near_duplicates: float, is_brand: bool, rng: np.random.Generator) -> pl.Series:
    """Draw a display name for each account.

    Parameters
    ----------
    languages
        Language code of each account, shape (n,); it decides nothing but the share of Chinese names.
    near_duplicates
        Share of accounts (0–1) that carry another one's name with a small change.
    is_brand
        Names of news accounts instead of people.
    rng
        Source of chance.

    Returns
    -------
    pl.Series
        Names, length n.
    """
    n = len(languages)
    if is_brand:
        places, sorts = _list("brand_place"), _list("brand_kind")
        number = rng.permutation(len(places) * len(sorts))[np.arange(n) % (len(places) * len(sorts))]
        return pl.Series((places[number // len(sorts)] + sorts[number % len(sorts)]).tolist(), dtype=pl.String)
    style = rng.random(n)
    chinese = languages == "zh"
    frame = pl.DataFrame(
        {
            "given": _pick(_list("given"), n, rng),
            "surname": _pick(_list("surname"), n, rng),
            "zh": _pick(_list("zh_surname"), n, rng) + _pick(_list("zh_given"), n, rng),
            "zh_nick": _pick(_list("zh_nick"), n, rng),
            "nick": _pick(_list("nick"), n, rng) + " " + _pick(_list("role"), n, rng),
            "style": style,
            "is_zh": chinese,
        }
    )
    full = pl.col("given") + " " + pl.col("surname")
    latin = (
        pl.when(pl.col("style") < 0.62).then(full)
        .when(pl.col("style") < 0.74).then(pl.col("given") + " " + pl.col("surname").str.slice(0, 1) + ".")
        .when(pl.col("style") < 0.86).then("given")
        .otherwise("nick")
    )  # fmt: skip
    han = (
        pl.when(pl.col("style") < 0.55).then("zh")
        .when(pl.col("style") < 0.80).then("zh_nick")
        .otherwise(full)
    )  # fmt: skip
    names = frame.select(pl.when("is_zh").then(han).otherwise(latin).alias("name")).to_series()
    copied = np.flatnonzero(rng.random(n) < near_duplicates)
    if not len(copied) or n < 2:
        return names
    source = names.gather(rng.integers(max(1, n // 20), size=len(copied)))
    changed = source + pl.Series(
        np.asarray(["", ".", " ", "s", " "], dtype=object)[rng.integers(5, size=len(copied))].tolist()
    )
    return names.scatter(copied, changed.str.strip_chars())


def draw_handles(
    names: pl.Series, shares: dict[str, float], created: np.ndarray, rng: np.random.Generator
) -> pl.Series:
    """Draw a handle for each account.

    Parameters
    ----------
    names
        Display names, length n.
    shares
        Share of each shape: `name_8_digits`, `random_15`, `lower_digits`, `plain`, `brand`.
    created
        Creation times, seconds since 1970; people like to put years in handles.
    rng
        Source of chance.

    Returns
    -------
    pl.Series
        Handles without @, distinct, length n.
    """
    n = len(names)
    shape = np.asarray(list(shares), dtype=object)[chance.pick_shares(shares, n, rng)]
    ascii_name = pl.select(names.str.normalize("NFD").str.replace_all(r"[^A-Za-z]", "")).to_series()
    nick = _pick(_list("nick"), n, rng)
    first = pl.select(
        pl.when(ascii_name.str.len_chars() > 2).then(ascii_name).otherwise(nick + _pick(_list("role"), n, rng))
    ).to_series()
    given = _pick(_list("given"), n, rng).str.normalize("NFD").str.replace_all(r"[^A-Za-z]", "")
    years = pl.Series(1950 + (created // (365.25 * DAY_S)).astype(int) % 60).cast(pl.String)
    few = pl.Series(rng.integers(10, 9999, n)).cast(pl.String)
    frame = pl.DataFrame(
        {
            "shape": shape.tolist(),
            "name_8_digits": pl.select(first.str.slice(0, 7)).to_series()
            + pl.Series(rng.integers(10_000_000, 99_999_999, n)).cast(pl.String),
            "random_15": _random_strings(MIXED, 15, n, rng),
            "lower_digits": given.str.to_lowercase() + few,
            "plain": _plain(first, nick, years, rng),
            "brand": pl.Series([""] * n),
        }
    )
    chosen = pl.coalesce([pl.when(pl.col("shape") == name).then(name) for name in frame.columns[1:]])
    handles = frame.select(chosen.str.slice(0, 15).alias("handle"))
    # A handle belongs to one account: later comers put a number behind it.
    again = pl.int_range(pl.len()).over(pl.col("handle").str.to_lowercase())
    tail = pl.when(again > 0).then(again.cast(pl.String)).otherwise(pl.lit(""))
    return handles.select(pl.col("handle") + tail).to_series()


def _plain(first: pl.Series, nick: pl.Series, years: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Make the handles of people who chose one: names, nicknames, initials, years."""
    n = len(first)
    kind = pl.Series(rng.random(n))
    role = _pick(_list("role"), n, rng)
    vowelless = first.str.replace_all("[aeiou]", "")
    lower = first.str.to_lowercase()
    return pl.select(
        pl.when(kind < 0.30).then(first)
        .when(kind < 0.45).then(nick + "_" + role)
        .when(kind < 0.60).then(nick + role)
        .when(kind < 0.72).then(lower.str.slice(0, 6) + "_" + nick)
        .when(kind < 0.82).then(vowelless.str.slice(0, 8) + "_")
        .when(kind < 0.92).then(pl.lit("the") + lower.str.slice(0, 9))
        .otherwise(first.str.slice(0, 8) + "_" + years)
    ).to_series()  # fmt: skip


def _random_strings(alphabet: np.ndarray, length: int, n: int, rng: np.random.Generator) -> pl.Series:
    """Draw n strings of random characters."""
    characters = alphabet[rng.integers(len(alphabet), size=(n, length))]
    return pl.Series(characters.astype("U1").view(f"U{length}").ravel().tolist(), dtype=pl.String)
