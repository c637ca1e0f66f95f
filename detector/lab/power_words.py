"""What the figures of a power estimate say, in sentences for the person who must rely on a scan."""

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import polars as pl

from detector.lab.evaluate import wilson
from detector.lab.trials import ANY_TIME, WAYS, Way

if TYPE_CHECKING:
    from detector.lab.power import Dump, Power

_WIDTH = 80
_KNOWN_SHARE = 0.95
_PERCENT_FROM = 100
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def tell(power: "Power") -> str:
    """Write the whole answer: what was done, what it says, the figures, and their limits."""
    return "\n".join(
        [
            "WHAT SIZE OF CAMPAIGN WOULD BE SEEN HERE",
            "",
            _paragraph(_what_was_done(power)),
            "",
            "Seen          reported at all, if only at tier low",
            "Flagged       at tier medium or high, with at least half of its accounts",
            f"8 or more     8 accounts were found in at least {_needed(power)} of {power.repeats} trials",
            f"(5: 3 of {power.repeats})".ljust(14) + "but 5 accounts in 3 trials only",
            "",
            *(_paragraph(sentence, "- ") for sentence in conclude(power)),
            "",
            *_table(power),
            "",
            "WHAT THIS DOES NOT SAY",
            "",
            *(_paragraph(sentence, "- ") for sentence in _limits(power)),
            "",
        ]
    )


def conclude(power: "Power") -> list[str]:
    """Say for every way of acting how many accounts would be seen, and flagged, at which spreads."""
    return [
        _conclude_way(power.cells.filter(pl.col("way") == way.name), way)
        for way in WAYS
        if way.name in set(power.cells["way"])
    ]


def _conclude_way(cells: pl.DataFrame, way: Way) -> str:
    if cells["n_seen"].equals(cells["n_flagged"]) and cells["n_seen"].sum():
        return f"{way.words}. Seen and flagged: {_outcome(cells, 'n_seen')}."
    flagged = _outcome(cells, "n_flagged")
    if way.name == "one_text" and not cells["n_flagged"].sum():
        flagged += ", and this is by rule: copying is one kind of evidence, and one kind flags nobody"
    return f"{way.words}. Seen: {_outcome(cells, 'n_seen')}. Flagged: {flagged}."


def _outcome(cells: pl.DataFrame, column: str) -> str:
    """Say from how many accounts on something would happen, spreads with the same number together."""
    if not cells[column].sum():
        return "never, at any size or spread tried"
    spreads = cells["spread"].unique(maintain_order=True).to_list()
    least = {spread: _least(cells.filter(pl.col("spread") == spread), column) for spread in spreads}
    told = []
    for n in dict.fromkeys(least.values()):
        alike = [spread for spread in spreads if least[spread] == n]
        here = cells.filter(pl.col("spread").is_in(alike))
        where = _within(alike, len(spreads), found=n is not None)
        if not here[column].sum():
            told.append(f"never{where}")
        elif n is None:
            told.append(f"no size reliably{where} (at best {_best(here, column)})")
        else:
            fewest = " (the fewest tried)" if n == cells["n_accounts"].min() else ""
            told.append(f"{n}{fewest} or more{where}{_exceptions(here, column, n)}")
    return "; ".join(told)


def _least(cells: pl.DataFrame, column: str) -> int | None:
    """Return the smallest size that is found reliably, and all from it on taken together."""
    rows = cells.sort("n_accounts").select("n_accounts", column, "repeats").rows()
    for place, (n, hits, repeats) in enumerate(rows):
        further = sum(row[1] for row in rows[place:])
        if _is_reliable(hits, repeats) and _is_reliable(further, repeats * (len(rows) - place)):
            return int(n)
    return None


def _is_reliable(hits: int, trials: int) -> bool:
    """Tell whether something was found in at least nine of ten trials."""
    return 10 * hits >= 9 * trials


def _exceptions(cells: pl.DataFrame, column: str, least: int) -> str:
    """Name the next smaller size, and larger ones that were found less often, with their figures."""
    sizes = sorted(cells["n_accounts"].unique())
    named = sizes[max(sizes.index(least) - 1, 0) :]
    repeats = cells["repeats"][0]
    counts = [(n, cells.filter(pl.col("n_accounts") == n)[column]) for n in named if n != least]
    told = [
        f"{n}: {_range(hits)} of {repeats}"
        for n, hits in counts
        if n < least or not _is_reliable(hits.sort()[0], repeats)
    ]
    return f" ({', '.join(told)})" if told else ""


def _best(cells: pl.DataFrame, column: str) -> str:
    """Say how often the size was found that was found most often, and which larger one spoils that."""
    best = cells.sort(column, "n_accounts", descending=[True, False]).row(0, named=True)
    told = f"{best['n_accounts']}: {best[column]} of {best['repeats']}"
    if not _is_reliable(best[column], best["repeats"]):
        return told
    larger = cells.filter((pl.col("spread") == best["spread"]) & (pl.col("n_accounts") > best["n_accounts"]))
    worst = larger.sort(column, "n_accounts").row(0, named=True)
    return f"{told}, but {worst['n_accounts']}: {worst[column]} of {best['repeats']}"


def _range(hits: pl.Series) -> str:
    least, most = (hits.sort()[end] for end in (0, -1))
    return f"{most}" if least == most else f"{least}-{most}"


def _within(spreads: Sequence[str], n_tried: int, *, found: bool) -> str:
    if list(spreads) == [ANY_TIME]:
        return ""
    if len(spreads) == n_tried:
        return f" at {'every' if found else 'any'} spread tried"
    return f" within {' or '.join(', '.join(spreads).rsplit(', ', 1))}"


def _needed(power: "Power") -> int:
    return next(hits for hits in range(power.repeats + 1) if _is_reliable(hits, power.repeats))


def _what_was_done(power: "Power") -> str:
    dump = power.dump
    when = f", {dump.start[:10]} to {dump.end[:10]}" if dump.start and dump.end else ""
    sampled = (
        f" They are a sample of {dump.n_read:,}: whole {dump.unit}s drawn by chance, the largest targets by whole days."
        if dump.unit
        else ""
    )
    return (
        f"Invented campaigns were planted into these {dump.n_comments:,} comments by {dump.n_accounts:,} accounts"
        f"{when}, one at a time, and looked for with the rules of `detector scan`: {power.repeats} trials of each kind "
        f"and size, {int(power.cells['repeats'].sum()):,} in all.{sampled}"
    )


def _table(power: "Power") -> list[str]:
    """Lay the figures out: a block per way, a row per spread, a column per size."""
    percent = power.repeats >= _PERCENT_FROM
    unit = "in 100 trials" if percent else f"in {power.repeats} trials"
    sizes = sorted(power.cells["n_accounts"].unique())
    lines = [
        f"Times seen / flagged {unit}, by number of accounts",
        "",
        " " * 22 + "".join(f"{n:>9}" for n in sizes),
    ]
    for way in (way for way in WAYS if way.name in set(power.cells["way"])):
        cells = power.cells.filter(pl.col("way") == way.name)
        lines.append(way.words)
        for spread in cells["spread"].unique(maintain_order=True):
            found = cells.filter(pl.col("spread") == spread).sort("n_accounts")
            scale = 100 / power.repeats if percent else 1
            pairs = found.select("n_seen", "n_flagged").rows()
            figures = "".join(f"{f'{seen * scale:.0f} / {flagged * scale:.0f}':>9}" for seen, flagged in pairs)
            lines.append(f"{'  at any time' if spread == ANY_TIME else f'  within {spread}':<22}{figures}")
    return lines


def _limits(power: "Power") -> Iterator[str]:
    dump = power.dump
    for item in power.left_out:
        remedy = f" With the field {item['needs']} it could be tried." if item["needs"] else ""
        yield f"Not tried: {item['what']}, for {item['why']}.{remedy}"
    yield from _thin_fields(dump)
    if dump.unit:
        yield (
            "Of a large dump a sample was tried, with a threshold as strict as that of the whole. For the whole the "
            "figures are estimates."
        )
    low, high = wilson(_needed(power), power.repeats)
    yield (
        f"The figures are rough: what was found {_needed(power)} times in {power.repeats} may in truth be found "
        f"anywhere between {100 * low:.0f} and {100 * high:.0f} times in 100. More --repeats narrow that."
    )
    yield (
        "Only these ways of acting, sizes and spreads were tried, by accounts that post nothing else. Nothing follows "
        "from this for others, such as campaigns that write every comment anew."
    )
    yield "A report without findings is therefore no proof that there was no campaign."


def _thin_fields(dump: "Dump") -> Iterator[str]:
    """Say which fields are there in part, or too coarse, and what that costs."""
    if 0 < dump.dated_share < _KNOWN_SHARE:
        yield (
            f"Creation dates (author_created_at) are known for {dump.dated_share:.0%} of the accounts. Among the "
            "others, accounts created together cannot be told; with their dates, they could."
        )
    if dump.authored_share < _KNOWN_SHARE:
        yield (
            f"Authors are known for {dump.authored_share:.0%} of the comments. Planted accounts are always known; "
            "unknown ones would not be counted."
        )
    unit = next((name for seconds, name in _UNITS if (dump.precision_s or 0) >= seconds), "")
    if unit:
        yield f"Times are known to the {unit} only. With exact times, closer copies could be told from chance."
    if not dump.n_targets:
        yield "No comment says whom it addresses (target): all comments of one day are compared with each other."


def _paragraph(text: str, bullet: str = "") -> str:
    return fill(
        text,
        _WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )
