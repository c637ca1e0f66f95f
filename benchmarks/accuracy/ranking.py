"""What every method gives: a score for each account, and where it has one a set of its own of flagged accounts."""

from dataclasses import dataclass

import polars as pl


class Unavailable(Exception):
    """A method could not be run on this machine or in its time; the message says why."""


@dataclass(frozen=True)
class Ranking:
    """Accounts by score.

    Attributes
    ----------
    scores
        account, score (higher: more suspect), flagged. Accounts that the method says nothing about are absent: they
        count as score 0, not flagged.
    """

    scores: pl.DataFrame

    def of(self, accounts: pl.Series) -> pl.DataFrame:
        """Return score and flag of these accounts, in their order."""
        found = accounts.alias("account").to_frame().join(self.scores, on="account", how="left", maintain_order="left")
        return found.select(pl.col("score").fill_null(0.0), pl.col("flagged").fill_null(value=False))


def from_edges(edges: pl.DataFrame, flagged_above: float) -> Ranking:
    """Score accounts by weighted degree.

    Parameters
    ----------
    edges
        a, b, weight: each pair of accounts once.
    flagged_above
        Accounts with an edge of a greater weight are the method's own flagged set.
    """
    ends = pl.concat(
        [edges.select("weight", account="a"), edges.select("weight", account="b")]
    )  # fmt: skip
    scores = ends.group_by("account").agg(
        score=pl.col("weight").sum().cast(pl.Float64), flagged=pl.col("weight").max() > flagged_above
    )
    return Ranking(scores)


def from_groups(members: pl.DataFrame) -> Ranking:
    """Score accounts by how many of their comments stand in a group with another account's; flagged: any.

    Parameters
    ----------
    members
        account, group: one row per comment.
    """
    shared = members.filter(pl.col("account").n_unique().over("group") > 1)
    return Ranking(shared.group_by("account").agg(score=pl.len().cast(pl.Float64), flagged=pl.lit(value=True)))


def plain(text: pl.Expr) -> pl.Expr:
    """Return a text in lower case with single blanks: what the simple methods compare."""
    return text.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
