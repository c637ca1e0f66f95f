"""Facts about accounts and grown comments to sentences."""

from dataclasses import dataclass

import polars as pl

from detector.judge.explain import state
from detector.judge.phrases import count, number
from detector.judge.weights import Weights

CAMPAIGN_BITS_MAX = 4.0
"""Of the bits of a campaign as a whole only so many count with each of its accounts: nobody is their company."""


@dataclass(frozen=True)
class AccountFact:
    """A fact about an account in a candidate: its kind, what a unit weighs before any fit, how much of it there is."""

    signal: str
    kind: str
    unfitted: float
    amount: pl.Expr
    """0 or null where it does not hold, 1 where it does, or a measure."""
    sentence: pl.Expr

    def weight(self, weights: Weights) -> pl.Expr:
        """Bits."""
        return (self.amount.fill_null(0).cast(pl.Float64) * weights.of_account(self.signal, self.unfitted)).round(3)


def explain_accounts(accounts: pl.DataFrame, weights: Weights) -> pl.DataFrame:
    """State for accounts in a campaign what ties them to it and what speaks against.

    Parameters
    ----------
    accounts
        `account`, `campaign_id`, `campaign_bits`, `n_comments`, `n_campaign_comments`, `n_texts`, `n_copies`,
        `n_objects`, `role`, `signs` (list), `copy_share_min`, `created_at`, `age_at_first_comment_days`.
    weights
        What a fact weighs.
    """
    parts = []
    for fact in account_facts():
        rows = accounts.with_columns(weight=fact.weight(weights)).filter(
            (fact.amount.fill_null(0).cast(pl.Float64) != 0) & ((pl.col("weight") != 0) | (fact.unfitted != 0))
        )
        kind = pl.when(pl.col("weight") < 0).then(pl.lit("against")).otherwise(pl.lit(fact.kind))
        parts.append(state(rows, fact.signal, kind, pl.col("weight"), fact.sentence))
    return pl.concat(parts)


def weigh_accounts(standing: pl.DataFrame, weights: Weights) -> pl.DataFrame:
    """Add `bits`: the sum of what `explain_accounts` prints for each account."""
    return standing.with_columns(bits=pl.sum_horizontal(fact.weight(weights) for fact in account_facts()).round(3))


def account_facts() -> list[AccountFact]:
    """List what can be said of an account in a candidate, as expressions over the rows of `explain_accounts`."""
    share = pl.col("n_campaign_comments") / pl.col("n_comments")
    n_carrying = pl.col("n_campaign_comments") - pl.col("n_copies")
    n_families = pl.col("n_texts") - pl.col("n_objects")
    copies = pl.format("{} of its {} comments here are near copies of others' in campaign {}, of {}.",
                       "n_copies", "n_comments", "campaign_id", count(n_families, "text"))  # fmt: skip
    carries = pl.format("{} of its {} comments here, in words of its own, carry {} of campaign {}.", n_carrying,
                        "n_comments", count("n_objects", "address", "addresses"), "campaign_id")  # fmt: skip
    signs = {
        "company": ("coordination", 4.0, pl.format(
            "It stands in {} texts of the campaign together with the same other accounts.", "n_texts")),
        "linked_accounts": ("coordination", 4.0, pl.lit(
            "It shares more texts with other accounts of the campaign than chance gives.")),
        "dormancy": ("inauthenticity", 4.0, pl.lit(
            "It came back changed with the campaign's texts, after a year or more of silence here. Its owner may have "
            "lost it to somebody else.")),
        "duplicate_profiles": ("inauthenticity", 4.0, pl.lit(
            "It shares its name and a further field of its profile with another account of the campaign.")),
        "creation_batch": ("inauthenticity", 4.0, pl.format(
            "It was created on {}, in a batch with other accounts of the campaign.",
            pl.col("created_at").dt.strftime("%Y-%m-%d"))),
        "disguise": ("inauthenticity", 4.0, pl.lit("Its copies carry disguise that differs from the other copies'.")),
    }  # fmt: skip
    facts = [
        AccountFact("copying", "copying", 1.0, (1 + n_families).log(2), copies),
        AccountFact("addresses", "copying", 1.0, (1 + pl.col("n_objects")).log(2), carries),
    ]
    facts.append(AccountFact("campaign", "coordination", 1.0, pl.col("campaign_bits").clip(-CAMPAIGN_BITS_MAX,
        CAMPAIGN_BITS_MAX), pl.format("The evidence about campaign {} as a whole comes to {} bits.", "campaign_id",
        pl.col("campaign_bits").round(1))))  # fmt: skip
    for sign, (kind, bits, sentence) in signs.items():
        facts.append(AccountFact(sign, kind, bits, pl.col("signs").list.contains(sign), sentence))
    facts.append(AccountFact(
        "established", "against", -0.5, pl.col("age_at_first_comment_days") > 365, pl.format(
        "The account was {} years old at its first comment here.",
        (pl.col("age_at_first_comment_days") / 365.25).round(1))))  # fmt: skip
    facts.append(AccountFact(
        "own_words", "against", -6.0, share < pl.col("copy_share_min"),
        pl.lit("Most of its comments here are its own words, so that it is not flagged.")))  # fmt: skip
    facts.append(AccountFact(
        "no_sign", "against", -2.0, pl.col("signs").list.len() == 0,
        pl.format("Nothing but {} ties it to the campaign.",
                  pl.when(pl.col("n_objects") == 0).then(pl.lit("the copied text"))
                  .when(pl.col("n_copies") == 0).then(pl.lit("its addresses"))
                  .otherwise(pl.lit("copied texts and addresses")))))  # fmt: skip
    facts.append(AccountFact(
        "source", "against", -8.0, pl.col("role") == "source",
        pl.format("It {} first what others {}: a source, not a member.",
                  pl.when(pl.col("n_copies") > 0).then(pl.lit("wrote")).otherwise(pl.lit("carried")),
                  pl.when(pl.col("n_copies") > 0).then(pl.lit("copied")).otherwise(pl.lit("carried")))))  # fmt: skip
    return facts


TIE_BITS, FOUND_BITS, NO_COPIES_BITS = 2.0, 2.0, -1.0
"""What a tie weighs, that several met, and that the account copied nothing: stated, for no fit has seen enough."""


def explain_growth(growth: pl.DataFrame) -> pl.DataFrame:
    """State for the accounts that a campaign grew by what ties them to it, and for the campaign how many they are.

    Parameters
    ----------
    growth
        GROWTH, of the accounts admitted.
    """
    ties = {
        "created": "It was created in the days in which accounts of campaign {} were created together.",
        "waves": "It comments within a minute of accounts of campaign {}, more often than the traffic of those hours "
                 "gives.",
        "content": "It shares a text, an address or a hashtag with accounts of campaign {} that others hardly use.",
        "wording": "Its words are among the likest to those of campaign {}.",
    }  # fmt: skip
    told = [
        (f"tie_{tie}", "coordination", TIE_BITS, growth.filter(pl.col("ties").list.contains(tie)),
         pl.format(words, "campaign_id"))
        for tie, words in ties.items()
    ]  # fmt: skip
    told.append(
        (
            "growth",
            "coordination",
            FOUND_BITS,
            growth,
            pl.format(
                "{} accounts are tied to it in several such ways at once; chance gives {}.",
                "n_found",
                number(pl.col("expected")),
            ),
        )
    )
    told.append(("no_copies", "against", NO_COPIES_BITS, growth, pl.lit(
        "It is in the campaign by these ties, and not by copying its texts.")))  # fmt: skip
    parts = [state(rows, signal, pl.lit(kind), pl.lit(bits), sentence) for signal, kind, bits, rows, sentence in told]
    whole = state(
        growth.group_by("campaign_id").agg(pl.len().alias("n"), pl.col("expected").first()).with_columns(
            account="campaign_id"),
        "growth", pl.lit("coordination"), pl.lit(0.0),
        pl.format("{} further accounts are tied to it in several ways at once, such as creation in the same days, "
                  "comments within the same minute, shared addresses or hashtags; chance gives {}.",
                  "n", number(pl.col("expected"))),
    ).with_columns(subject_kind=pl.lit("campaign"))  # fmt: skip
    return pl.concat([*parts, whole])


def explain_grown_comments(grown: pl.DataFrame) -> pl.DataFrame:
    """State why a comment that is no copy of the campaign's texts was taken in.

    Parameters
    ----------
    grown
        `platform`, `id`, `campaign_id` and `tie` of comments.
    """
    words = {
        "text": "Its author is flagged in campaign {} for other comments, and shares this text with others there.",
        "address": "Its author is flagged in campaign {} for other comments, and it carries the campaign's address.",
        "several": "Its author is tied to campaign {} in several ways, and this comment is one of them.",
    }  # fmt: skip
    subjects = grown.with_columns(account=pl.concat_str("platform", pl.lit(":"), "id"))
    return pl.concat(
        [
            state(
                subjects.filter(pl.col("tie") == tie),
                "growth",
                pl.lit("coordination"),
                pl.lit(1.0),
                pl.format(text, "campaign_id"),
            ).with_columns(subject_kind=pl.lit("comment"))
            for tie, text in words.items()
        ]
    )
