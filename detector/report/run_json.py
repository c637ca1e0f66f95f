"""The content of `run.json`, as types: what its published schema is made from."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

_Count = Annotated[int, Meta(ge=0)]
_Time = Annotated[str, Meta(description="RFC 3339, in UTC, to the second", extra_json_schema={"format": "date-time"})]


class Weights(Struct, forbid_unknown_fields=True):
    """The weights of evidence that order the scores inside a tier."""

    name: Annotated[str, Meta(description="`fitted` or `unfitted`")]
    digest: Annotated[str | None, Meta(description="digest of the fitted weights")]


class Campaigns(Struct, forbid_unknown_fields=True):
    """How many campaigns there are, by tier."""

    high: _Count
    medium: _Count
    low: _Count


class Counts(Struct, forbid_unknown_fields=True):
    """What became of every record, and what was found: `records_read = accepted + skipped + rejected + blank`."""

    records_read: Annotated[_Count, Meta(description="lines of line formats, items of containers")]
    accepted: Annotated[_Count, Meta(description="comments that were judged")]
    skipped: Annotated[_Count, Meta(description="lawful records that are no comments to judge")]
    rejected: Annotated[_Count, Meta(description="broken records; rejects.jsonl names them")]
    blank: Annotated[_Count, Meta(description="empty lines")]
    repaired: Annotated[_Count, Meta(description="accepted or skipped records with characters that had to be replaced")]
    skipped_by_reason: Annotated[dict[str, int], Meta(description="repeated, repost, deleted, not_a_comment")]
    rejected_by_reason: Annotated[dict[str, int], Meta(description="by `RejectReason`")]
    unreadable_by_field: Annotated[dict[str, int], Meta(description="values that could not be used and became null")]
    noted: Annotated[dict[str, int], Meta(description="comments in which something is not what it seems")]
    accounts: Annotated[_Count, Meta(description="accounts in accounts.parquet")]
    clusters: Annotated[_Count, Meta(description="clusters in clusters.parquet")]
    campaigns: Campaigns
    flagged_accounts: Annotated[_Count, Meta(description="accounts of tier medium or high")]
    flagged_comments: Annotated[_Count, Meta(description="comments of tier medium or high")]


class Span(Struct, forbid_unknown_fields=True):
    """The time between the first and the last comment; null without times."""

    start: _Time | None
    end: _Time | None


class Available(Struct, forbid_unknown_fields=True):
    """A signal that could run."""

    signal: Annotated[str, Meta(description="name of the signal")]
    title: Annotated[str, Meta(description="the signal in words")]


class Abstained(Struct, forbid_unknown_fields=True):
    """A signal that the dump cannot carry: it weighs nothing."""

    signal: Annotated[str, Meta(description="name of the signal")]
    title: Annotated[str, Meta(description="the signal in words")]
    why: Annotated[str, Meta(description="what is missing")]
    needs: Annotated[str, Meta(description="the column that it needs")]


class Signals(Struct, forbid_unknown_fields=True):
    """Which signals could run on this dump."""

    available: list[Available]
    abstained: list[Abstained]


class ControlKind(Struct, forbid_unknown_fields=True):
    """What was found in one kind of copy in which nobody coordinates."""

    name: Annotated[str, Meta(description="times or authors")]
    title: Annotated[str, Meta(description="what was shuffled, in words")]
    campaigns_flagged: _Count
    campaigns_low: _Count
    comments_flagged: _Count
    comments_low: _Count


class Control(Struct, forbid_unknown_fields=True):
    """The negative control: the same stages on copies of the data."""

    comments: Annotated[_Count, Meta(description="comments in the copy")]
    of_comments: Annotated[_Count, Meta(description="comments in the dump")]
    kinds: list[ControlKind]


class Run(Struct, forbid_unknown_fields=True):
    """How a result was made: version, settings, counts, and what could not be tested."""

    version: Annotated[str, Meta(description="version of the detector")]
    sources: Annotated[list[str], Meta(description="names of what was read")]
    formats: Annotated[list[str], Meta(description="kinds of export that were recognised")]
    settings: Annotated[dict[str, Any], Meta(description="all settings, as `detector config` prints them")]
    settings_digest: Annotated[str, Meta(description="digest of the settings")]
    weights: Weights
    counts: Counts
    span: Span
    too_many_rejects: Annotated[bool, Meta(description="more than the settings allow were refused (exit code 3)")]
    signals: Signals
    warnings: Annotated[list[str], Meta(description="what in the dump limits what can be found, in sentences")]
    negative_control: Control
    threshold: Annotated[
        float | UnsetType, Meta(description="lowest score that stays flagged, where a stricter one was chosen")
    ] = UNSET
