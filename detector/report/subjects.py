"""Find what an id means in a result: a comment, an account, a cluster or a campaign."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from detector.errors import InputError
from detector.report.escape import excerpt
from detector.report.findings import Row, addresses
from detector.report.words import counted, period, size_of

SUGGESTIONS = 3
_SUGGEST_AT = 60
"""Similarity, 0-100, from which an id is worth suggesting."""


@dataclass(frozen=True)
class Subject:
    """What a dossier is about."""

    kind: str
    """comment, account, cluster or campaign."""
    id: str
    """As in EVIDENCE; for a comment with its platform in front, for that is unique."""
    row: Row
    facts: tuple[str, ...]
    """What is known about it, in sentences."""
    comments: pl.DataFrame
    """The comments that belong to it; for a comment, its cluster's."""
    within: tuple[tuple[str, str], ...]
    """Kind and id of the cluster and campaign that hold it, nearest first."""


def find_subjects(frames: Mapping[str, pl.DataFrame], wanted: str) -> list[Subject]:
    """Return everything that an id may mean.

    Parameters
    ----------
    frames
        The published frames.
    wanted
        A comment id (with or without `platform:`), an account key, author id or handle, a cluster id or a campaign
        id; `comment:`, `account:`, `cluster:` or `campaign:` in front says which is meant.

    Raises
    ------
    InputError
        Nothing has this id; the message names the closest ids.
    """
    kinds = {"campaign": _campaigns, "cluster": _clusters, "account": _accounts, "comment": _comments}
    subjects = [subject for find in kinds.values() for subject in find(frames, wanted)]
    kind, _, rest = wanted.partition(":")
    if not subjects and kind in kinds:
        subjects = list(kinds[kind](frames, rest))
    if not subjects:
        raise InputError(_unknown(frames, wanted))
    return subjects


def _campaigns(frames: Mapping[str, pl.DataFrame], wanted: str) -> Iterator[Subject]:
    for row in frames["campaigns"].filter(pl.col("campaign_id") == wanted).iter_rows(named=True):
        comments = frames["comments"].filter(pl.col("campaign_id") == wanted)
        n_addresses = addresses(frames["clusters"], wanted).height
        families = counted(row["n_clusters"] - n_addresses, "text family", "text families")
        if n_addresses:
            families += f" and {counted(n_addresses, 'address', 'addresses')} in words that differ"
        languages = ", ".join(excerpt(language, 20) for language in (row["languages"] or [])[:6])
        facts = (f"{size_of(row)}.", _when(row), f"{families}{f', in {languages}' if languages else ''}.", _quote(row))
        yield Subject("campaign", wanted, row, facts, comments, ())


def _clusters(frames: Mapping[str, pl.DataFrame], wanted: str) -> Iterator[Subject]:
    for row in frames["clusters"].filter(pl.col("cluster_id") == wanted).iter_rows(named=True):
        comments = frames["comments"].filter(pl.col("cluster_id") == wanted)
        texts = (
            "An address, carried in words that differ." if wanted.startswith("u")
            else f"{counted(row['n_texts'], 'distinct text')} after folding away disguise and names."
        )  # fmt: skip
        yield Subject(
            "cluster", wanted, row, (f"{size_of(row)}.", _when(row), texts, _quote(row)), comments, _within(row)
        )


def _accounts(frames: Mapping[str, pl.DataFrame], wanted: str) -> Iterator[Subject]:
    handle = pl.col("author_handle").str.to_lowercase() == wanted.removeprefix("@").lower()
    found = frames["accounts"].filter((pl.col("account") == wanted) | (pl.col("author_id") == wanted) | handle)
    for row in found.iter_rows(named=True):
        comments = frames["comments"].filter(pl.col("account") == row["account"])
        name = " ".join(
            part
            for part in (
                f"@{excerpt(row['author_handle'], 40)}" if row["author_handle"] else "",
                f"({excerpt(row['author_name'], 40)})" if row["author_name"] else "",
            )
            if part
        )
        in_campaign = f", {row['n_campaign_comments']:,} of them in its campaign" if row["campaign_id"] else ""
        created = row["created_at"]
        facts = (
            f"{name + ', ' if name else ''}{counted(row['n_comments'], 'comment')} in this export{in_campaign}.",
            f"Account created: {created:%Y-%m-%d}." if created else "Creation date unknown.",
            _role(row),
        )
        yield Subject("account", row["account"], row, tuple(filter(None, facts)), comments, _within(row))


def _comments(frames: Mapping[str, pl.DataFrame], wanted: str) -> Iterator[Subject]:
    found = frames["comments"].filter(
        (pl.col("id") == wanted) | (pl.concat_str("platform", pl.lit(":"), "id") == wanted)
    )
    for row in found.iter_rows(named=True):
        comments, family = frames["comments"], row["cluster_id"]
        copies = comments.filter(pl.col("cluster_id") == family) if family else comments.clear()
        by = excerpt(row["account"], 60) if row["account"] else "an unknown author"
        to = f" to {excerpt(row['target'], 60)}" if row["target"] else ""
        at = f" at {row['created_at']:%Y-%m-%d %H:%M:%S} UTC" if row["created_at"] else ", time unknown"
        similarity = row["similarity"]
        facts = (
            f"By {by}{to}{at}.",
            _quote(row) if row["excerpt"] else "",
            f"Similarity to the typical text of its family: {similarity:.2f}." if similarity is not None else "",
            _role(row),
        )
        yield Subject(
            "comment", f"{row['platform']}:{row['id']}", row, tuple(filter(None, facts)), copies, _within(row)
        )


def _when(row: Row) -> str:
    return f"{period(row['start'], row['end']) or 'Times unknown'}."


def _quote(row: Row) -> str:
    return f"“{excerpt(row['excerpt'] or '', 160)}”"


def _role(row: Row) -> str:
    is_source = row["role"] == "source"
    return "Role: source. It wrote first what others copied, and is not counted as a member." if is_source else ""


def _within(row: Row) -> tuple[tuple[str, str], ...]:
    is_cluster = "n_texts" in row
    pairs = (("cluster", None if is_cluster else row.get("cluster_id")), ("campaign", row["campaign_id"]))
    return tuple((kind, held_by) for kind, held_by in pairs if held_by)


def _unknown(frames: Mapping[str, pl.DataFrame], wanted: str) -> str:
    # Loaded only for a mistyped id.
    from rapidfuzz import fuzz, process

    columns: tuple[tuple[str, str], ...] = (
        *(("campaigns", "campaign_id"), ("clusters", "cluster_id"), ("accounts", "account")),
        *(("accounts", "author_handle"), ("accounts", "author_id"), ("comments", "id")),
    )
    ids = pl.concat([frames[frame][column].alias("id") for frame, column in columns]).drop_nulls().unique().sort()
    close = process.extract(wanted, ids.to_list(), scorer=fuzz.ratio, limit=SUGGESTIONS, score_cutoff=_SUGGEST_AT)
    hint = f"close to it: {', '.join(excerpt(name, 60) for name, *_ in close)}" if close else "nothing is close to it"
    return f"{excerpt(wanted, 60)}: no comment, account, cluster or campaign has this id; {hint}"
