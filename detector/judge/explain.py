"""Facts to sentences. A sentence states what was seen and what chance gives; it never names a cause."""

import polars as pl

from detector.schema import EVIDENCE

_DISGUISES = ("invisible characters", "look-alike letters of another script", "a random last word")
_SHAPES = ("a word and eight digits", "fifteen random characters", "lower-case letters and two to four digits")


def explain_tests(tests: pl.DataFrame) -> pl.DataFrame:
    """Turn weighed TESTS into EVIDENCE rows.

    Parameters
    ----------
    tests
        TESTS with `kind`, `weight` and `is_found`, as `weigh` leaves them.
    """
    seen, chance, detail = pl.col("observed"), pl.col("expected"), pl.col("detail")
    n, m = _number(seen), _number(chance)
    found = {
        "synchrony": pl.format("{} copies of one text follow another within {}; the traffic at the same targets would "
                               "give {}.", n, _duration(detail), m),
        "company": pl.format("{} accounts stand together in two texts, hours or days apart, where chance gives {}; {} "
                             "pairs of texts share accounts in this way.", n, m, detail.cast(pl.Int64)),
        "linked_accounts": pl.format("{} accounts are linked in pairs that share more texts than chance gives; the "
                                     "closest pair shares {} where chance gives {}.", n, detail.cast(pl.Int64), m),
        "creation_batch": pl.format("{} of the accounts were created within the same {}, where the other accounts here "
                                    "would give {}.", n, _duration(detail * 3600), m),
        "same_name": pl.format("{} accounts carry the display name of another of them, where chance gives {}. Names "
                               "repeat inside a community: this weighs very little.", n, m),
        "disguise": pl.format("Copies differ by {} in {} different ways; other comments here would give {}.",
                              _choice(detail, _DISGUISES), n, m),
        "handle_shape": pl.format("{} handles follow one pattern ({}), where the other accounts here would give {}. "
                                  "Platforms assign such handles by default: this weighs very little.",
                                  n, _choice(detail, _SHAPES), m),
        "young_accounts": pl.format("{} accounts were younger than 90 days, where the other accounts here would give "
                                    "{}. New accounts are ordinary: this weighs very little.", n, m),
    }  # fmt: skip
    ordinary = {
        "synchrony": "The copies come no closer together than the traffic around them.",
        "company": "No group of accounts meets again on other texts beyond chance.",
        "creation_batch": "The accounts were created at times as varied as those of others who comment here.",
    }
    untestable = {
        "synchrony": "Timing could not be tested here: too little other traffic at the same targets.",
        "company": "Whether the same accounts meet again could not be tested: too few comment often enough.",
        "creation_batch": "Creation dates could not be tested here: too few accounts with dates, in it or around it.",
    }
    # Something was seen, but no p: chance alone could have given as much as can be seen.
    is_powerless = pl.col("p").is_null() & seen.is_not_null() & pl.col("signal").is_in(list(untestable))
    sentence = pl.coalesce(
        pl.when(is_powerless).then(pl.col("signal").replace_strict(untestable, default=None)),
        *(pl.when((pl.col("signal") == name) & pl.col("is_found")).then(words) for name, words in found.items()),
        *(
            pl.when((pl.col("signal") == name) & (pl.col("weight") < 0)).then(pl.lit(words))
            for name, words in ordinary.items()
        ),
    )
    rows = tests.filter((pl.col("weight") != 0) | is_powerless).with_columns(
        sentence=sentence, kind=pl.when(pl.col("weight") <= 0).then(pl.lit("against")).otherwise("kind")
    )
    return rows.select(list(EVIDENCE.columns))


def explain_copying(clusters: pl.DataFrame, kind: str, id_column: str) -> pl.DataFrame:
    """State the copying itself, for clusters or campaigns (rows with sizes)."""
    families = (
        pl.when(pl.col("n_clusters") == 1).then(pl.lit("one text"))
        .otherwise(pl.format("{} texts", "n_clusters")) if "n_clusters" in clusters.columns else pl.lit("one text")
    )  # fmt: skip
    return clusters.select(
        subject_kind=pl.lit(kind),
        subject_id=pl.col(id_column),
        signal=pl.lit("copying"),
        kind=pl.lit("copying"),
        observed=pl.col("n_accounts").cast(pl.Float64),
        expected=pl.lit(None, pl.Float64),
        p=pl.lit(None, pl.Float64),
        q=pl.lit(None, pl.Float64),
        weight=pl.lit(1.0),
        sentence=pl.format("{} posted near copies of {} in {}{}.", _count("n_accounts", "account"), families,
                           _count("n_comments", "comment"),
                           pl.when(pl.col("n_targets") > 0)
                           .then(pl.format(" at {}", _count("n_targets", "target"))).otherwise(pl.lit(""))),
    )  # fmt: skip


def explain_accounts(accounts: pl.DataFrame) -> pl.DataFrame:
    """State for accounts in a campaign what ties them to it and what speaks against.

    Parameters
    ----------
    accounts
        `account`, `campaign_id`, `n_comments`, `n_campaign_comments`, `n_texts`, `role`, `signs` (list), `flagged`,
        `copy_share_min`, `created_at`, `age_at_first_comment_days`.
    """
    share = pl.col("n_campaign_comments") / pl.col("n_comments")
    copies = pl.format("{} of its {} comments here are near copies of others' in campaign {}, of {}.",
                       "n_campaign_comments", "n_comments", "campaign_id", _count("n_texts", "text"))  # fmt: skip
    signs = {
        "company": ("coordination", 4.0, pl.format(
            "It stands in {} texts of the campaign together with the same other accounts.", "n_texts")),
        "linked_accounts": ("coordination", 4.0, pl.lit(
            "It shares more texts with other accounts of the campaign than chance gives.")),
        "creation_batch": ("inauthenticity", 4.0, pl.format(
            "It was created on {}, in a batch with other accounts of the campaign.",
            pl.col("created_at").dt.strftime("%Y-%m-%d"))),
        "disguise": ("inauthenticity", 4.0, pl.lit("Its copies carry disguise that differs from the other copies'.")),
    }  # fmt: skip
    parts = [_account_rows(accounts, "copying", "copying", 1.0, copies)]
    for sign, (kind, weight, sentence) in signs.items():
        carries = accounts.filter(pl.col("signs").list.contains(sign))
        parts.append(_account_rows(carries, sign, kind, weight, sentence))
    old = accounts.filter(pl.col("age_at_first_comment_days") > 365)
    parts.append(_account_rows(old, "established", "against", -0.5, pl.format(
        "The account was {} years old at its first comment here.",
        (pl.col("age_at_first_comment_days") / 365.25).round(1))))  # fmt: skip
    parts.append(_account_rows(
        accounts.filter(share < pl.col("copy_share_min")), "own_words", "against", -6.0,
        pl.lit("Most of its comments here are its own words, so that it is not flagged.")))  # fmt: skip
    parts.append(_account_rows(
        accounts.filter(pl.col("signs").list.len() == 0), "no_sign", "against", -2.0,
        pl.lit("Nothing but the copied text ties it to the campaign.")))  # fmt: skip
    parts.append(_account_rows(
        accounts.filter(pl.col("role") == "source"), "source", "against", -8.0,
        pl.lit("It wrote first what others copied: a source, not a member.")))  # fmt: skip
    return pl.concat(parts)


def explain_growth(grown: pl.DataFrame) -> pl.DataFrame:
    """State why a comment that is no copy of the campaign's texts was taken in.

    Parameters
    ----------
    grown
        `platform`, `id`, `campaign_id` and `tie` of comments.
    """
    words = {
        "text": "Its author is flagged in campaign {} for other comments, and shares this text with others there.",
        "address": "Its author is flagged in campaign {} for other comments, and it carries the campaign's address.",
    }  # fmt: skip
    subjects = grown.with_columns(account=pl.concat_str("platform", pl.lit(":"), "id"))
    return pl.concat(
        [
            _account_rows(
                subjects.filter(pl.col("tie") == tie), "growth", "coordination", 1.0, pl.format(text, "campaign_id")
            ).with_columns(subject_kind=pl.lit("comment"))
            for tie, text in words.items()
        ]
    )


def _account_rows(accounts: pl.DataFrame, signal: str, kind: str, weight: float, sentence: pl.Expr) -> pl.DataFrame:
    return accounts.select(
        subject_kind=pl.lit("account"),
        subject_id=pl.col("account"),
        signal=pl.lit(signal),
        kind=pl.lit(kind),
        observed=pl.lit(None, pl.Float64),
        expected=pl.lit(None, pl.Float64),
        p=pl.lit(None, pl.Float64),
        q=pl.lit(None, pl.Float64),
        weight=pl.lit(weight),
        sentence=sentence,
    )


def _count(column: str, noun: str) -> pl.Expr:
    """Write a count with its noun."""
    plural = pl.when(pl.col(column) == 1).then(pl.lit(noun)).otherwise(pl.lit(noun + "s"))
    return pl.format("{} {}", column, plural)


def _number(value: pl.Expr) -> pl.Expr:
    """Write a count whole and an expectation to one decimal, or as a bound where it is tiny."""
    return (
        pl.when(value == value.round()).then(value.cast(pl.Int64, strict=False).cast(pl.String))
        .when(value < 0.05).then(pl.lit("less than 0.1"))
        .otherwise(value.round(1).cast(pl.String))
    )  # fmt: skip


def _duration(seconds: pl.Expr) -> pl.Expr:
    """Write a window in the largest whole unit."""
    whole = [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute")]
    words = pl.format("{} seconds", seconds.cast(pl.Int64))
    for length, unit in reversed(whole):
        n = (seconds / length).cast(pl.Int64)
        one = pl.when(n == 1).then(pl.lit(f"1 {unit}")).otherwise(pl.format("{} {}s", n, pl.lit(unit)))
        words = pl.when(seconds >= length).then(one).otherwise(words)
    return words


def _choice(index: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    return index.cast(pl.Int64).replace_strict(list(range(len(names))), list(names), default="")
