"""Numbers in the words of a sentence, as Polars expressions."""

import polars as pl


def count(column: str | pl.Expr, noun: str, nouns: str = "") -> pl.Expr:
    """Write a count with its noun."""
    n = pl.col(column) if isinstance(column, str) else column
    plural = pl.when(n == 1).then(pl.lit(noun)).otherwise(pl.lit(nouns or noun + "s"))
    return pl.format("{} {}", n, plural)


def number(value: pl.Expr) -> pl.Expr:
    """Write a count whole and an expectation to one decimal, or as a bound where it is tiny."""
    return (
        pl.when(value == value.round()).then(value.cast(pl.Int64, strict=False).cast(pl.String))
        .when(value < 0.05).then(pl.lit("less than 0.1"))
        .otherwise(value.round(1).cast(pl.String))
    )  # fmt: skip


def duration(seconds: pl.Expr) -> pl.Expr:
    """Write a window in the largest whole unit."""
    whole = [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute")]
    words = pl.format("{} seconds", seconds.cast(pl.Int64))
    for length, unit in reversed(whole):
        n = (seconds / length).cast(pl.Int64)
        one = pl.when(n == 1).then(pl.lit(f"1 {unit}")).otherwise(pl.format("{} {}s", n, pl.lit(unit)))
        words = pl.when(seconds >= length).then(one).otherwise(words)
    return words


def choice(index: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    """Write a number as the name that stands at it; nothing beyond the last."""
    return index.cast(pl.Int64).replace_strict(list(range(len(names))), list(names), default="")
