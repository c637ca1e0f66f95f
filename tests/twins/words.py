"""Twins of words and waves: regular expressions, and loops over comments."""

from collections import Counter, defaultdict

import polars as pl

HOUR = 3_600_000_000


def words_of(text):
    """List the words of one text."""
    plain = pl.Series([text]).str.to_lowercase().str.replace_all(r"https?://\S+|@\w+", " ")
    return plain.str.extract_all(r"\p{Han}|\p{L}[\p{L}\p{N}]+")[0].to_list()


def near_and_expected(comments, inside, excluded, tied, shared, wave_us=60_000_000):
    """Return for each account outside: its comments within a wave of the core's, and how many by chance.

    `comments` are dicts of row, account, stratum and time.
    """
    usable = [c for c in comments if c["row"] not in shared]
    core = defaultdict(list)
    for c in usable:
        if c["account"] in inside:
            core[c["stratum"]].append(c["time"])
    there = [c for c in usable if c["stratum"] in core and c["account"] not in excluded]
    for c in there:
        c["near"] = any(abs(c["time"] - moment) <= wave_us for moment in core[c["stratum"]])
    hours = defaultdict(list)
    for c in there:
        hours[c["stratum"], c["time"] // HOUR].append(c)
    near, expected = Counter(), Counter()
    for c in there:
        others = [o for o in hours[c["stratum"], c["time"] // HOUR] if o["account"] not in tied | {c["account"]}]
        near[c["account"]] += c["near"]
        expected[c["account"]] += (sum(o["near"] for o in others) + 1) / (len(others) + 2)
    return near, expected
