"""Facts to sentences. A sentence states what was seen and what chance gives; it never names a cause."""

import polars as pl

from detector.judge.phrases import choice, duration, number
from detector.judge.weigh import DECLARED_BITS
from detector.schema import EVIDENCE

_DISGUISES = ("invisible characters", "look-alike letters of another script", "a random last word")
_SWITCHES = ("language", "targets")
_FIELDS = ("their handles but for the digits", "all their profile numbers", "the minute of their creation")
_SHAPES = ("a word and eight digits", "fifteen random characters", "lower-case letters and two to four digits")


def explain_tests(tests: pl.DataFrame) -> pl.DataFrame:
    """Turn weighed TESTS into EVIDENCE rows.

    Parameters
    ----------
    tests
        TESTS with `kind`, `weight` and `is_found`, as `weigh` leaves them.
    """
    seen, chance, detail = pl.col("observed"), pl.col("expected"), pl.col("detail")
    n, m = number(seen), number(chance)
    found = {
        "synchrony": pl.format("{} copies of one text follow another within {}; the traffic at the same targets would "
                               "give {}.", n, duration(detail), m),
        "company": pl.format("{} accounts stand together in two texts, hours or days apart, where chance gives {}; {} "
                             "pairs of texts share accounts in this way.", n, m, detail.cast(pl.Int64)),
        "linked_accounts": pl.format("{} accounts are linked in pairs that share more texts than chance gives; the "
                                     "closest pair shares {} where chance gives {}.", n, detail.cast(pl.Int64), m),
        "shared_addresses": pl.format("{} accounts carry the same two addresses, on separate occasions, where chance "
                                      "gives {}; {} pairs of addresses share accounts in this way.",
                                      n, m, detail.cast(pl.Int64)),
        "fan_out": pl.format("{} of the {} accounts that carry these addresses, and addresses to several targets, took "
                             "one and the same to several, on separate occasions; the habits of others here give {}.",
                             n, detail.cast(pl.Int64), m),
        "creation_batch": pl.format("{} of the accounts were created within the same {}, where the other accounts here "
                                    "would give {}.", n, duration(detail * 3600), m),
        "same_name": pl.format("{} accounts carry the display name of another of them, where chance gives {}. Names "
                               "repeat inside a community: this weighs very little.", n, m),
        "disguise": pl.format("Copies differ by {} in {} different ways; other comments here would give {}.",
                              choice(detail, _DISGUISES), n, m),
        "handle_shape": pl.format("{} handles follow one pattern ({}), where the other accounts here would give {}. "
                                  "Platforms assign such handles by default: this weighs very little.",
                                  n, choice(detail, _SHAPES), m),
        "spread": pl.when(detail == 0).then(pl.format(
            "The copies reach {} targets, counted once a week, where the traffic of these weeks would give {}.", n, m))
        .otherwise(pl.format("One by one, the accounts carry their copies to {} targets in all, where the traffic of "
                             "these weeks would give {}.", n, m)),
        "dormancy": pl.format("{} accounts came back with these texts after a year or more of silence here, with other "
                              "{} than before, where accounts of as long a history would give {}.",
                              n, choice(detail, _SWITCHES), m),
        "duplicate_profiles": pl.format("{} accounts share with a namesake among them {}, where other namesakes would "
                                        "give {}.", n, choice(detail, _FIELDS), m),
        "silent_accounts": pl.format("{} accounts over two years old have fewer than ten posts in all, where the other "
                                     "accounts here would give {}. Many people only read: this weighs very little.",
                                     n, m),
        "serial_numbers": pl.format("{} copies carry a number that no other copy carries, where other copied texts "
                                    "would give {}. Tickets and postcodes do so too: this weighs very little.", n, m),
        "young_accounts": pl.format("{} accounts were younger than 90 days, where the other accounts here would give "
                                    "{}. New accounts are ordinary: this weighs very little.", n, m),
    }  # fmt: skip
    ordinary = {
        "synchrony": "The copies come no closer together than the traffic around them.",
        "company": "No group of accounts meets again on other texts beyond chance.",
        "creation_batch": "The accounts were created at times as varied as those of others who comment here.",
    }
    sentence = pl.coalesce(
        *(pl.when((pl.col("signal") == name) & pl.col("is_found")).then(words) for name, words in found.items()),
        *(
            pl.when((pl.col("signal") == name) & (pl.col("weight") < 0)).then(pl.lit(words))
            for name, words in ordinary.items()
        ),
    )
    # A fact found is told whatever it weighs: tiers rest on it.
    rows = tests.filter(pl.col("is_found") | (pl.col("weight") != 0)).with_columns(
        sentence=sentence, kind=pl.when(pl.col("weight") < 0).then(pl.lit("against")).otherwise("kind")
    )
    return rows.select(list(EVIDENCE.columns))


def explain_declared(campaigns: pl.DataFrame) -> pl.DataFrame:
    """State of campaigns that the user has declared their wording innocent."""
    words = pl.lit(
        "The user has declared this wording innocent: the copying is reported, and nobody is flagged for it."
    )
    named = campaigns.rename({"campaign_id": "account"})
    rows = state(named, "declared", pl.lit("against"), pl.lit(DECLARED_BITS), words)
    return rows.with_columns(subject_kind=pl.lit("campaign"))


def state(accounts: pl.DataFrame, signal: str, kind: pl.Expr, weight: pl.Expr, sentence: pl.Expr) -> pl.DataFrame:
    """Make an EVIDENCE row of each account: a fact that no test stands behind."""
    return accounts.select(
        subject_kind=pl.lit("account"),
        subject_id=pl.col("account"),
        signal=pl.lit(signal),
        kind=kind,
        observed=pl.lit(None, pl.Float64),
        expected=pl.lit(None, pl.Float64),
        p=pl.lit(None, pl.Float64),
        q=pl.lit(None, pl.Float64),
        weight=weight,
        sentence=sentence,
    )
