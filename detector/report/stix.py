"""The flagged findings as a STIX 2.1 bundle: accounts, groupings, what was observed, and the reasons in notes.

A bundle goes into systems that act on names, so it says less than the report. Accounts and campaigns below tier
medium are not in it, nor are sources: who signed a petition must not end up in a database of threats. There is no
threat actor, no intrusion set, no attribution and no country, and no opinion either: in STIX that is what another
party thinks of an object, and here it is the analyst's to give.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import polars as pl

from detector.report.disarm import ACROSS_PLATFORMS, BY_SIGNAL, VERSION, VERSION_AT, Technique
from detector.report.escape import excerpt, visible
from detector.report.findings import Row, reasons
from detector.report.words import BITS, CAUTION, TIER_MEANINGS, WOULD_CHANGE, bits, counted, innocent

Object = dict[str, Any]

OBSERVABLES = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace that STIX 2.1 §2.9 keeps for observables: every tool gives one account the same id."""
OURS = uuid5(NAMESPACE_URL, "urn:spamouflage-detector:stix")
"""The namespace of all other objects, which must not be the one above. Their ids are made of their content."""
CONFIDENCE = {"medium": 50, "high": 85}
"""STIX 2.1 appendix A, the scale none, low, medium and high."""
ACCOUNT_TYPES = {"x": "twitter"}
"""Names in the vocabulary of STIX where ours differ; it is open, so that other platforms keep theirs."""
LINKS_MAX = 1000
"""Pairs of accounts of one campaign, the surest first: a database of findings needs no more to see them together."""
_LABELS = (("tier", "tier"), ("coordination", "coordination_tier"), ("inauthenticity", "inauthenticity_tier"))
_SENTENCE_CHARS = 400


def write_stix(frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any], path: Path) -> None:
    """Write the flagged campaigns as a STIX 2.1 bundle; equal input gives equal bytes.

    Parameters
    ----------
    frames
        The published frames.
    run
        The content of `run.json`. The end of its span is when the objects were created: clocks are not asked.
    path
        The file.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    objects = {found["id"]: found for found in _objects(frames, run)}
    bundle = f"bundle--{uuid5(OURS, ' '.join(objects))}"
    # Only ASCII: no character of the file can turn the text around in an editor or a terminal.
    lines = ",\n".join(json.dumps(found) for found in objects.values())
    path.write_text(
        f'{{"type": "bundle", "id": "{bundle}", "objects": [\n{lines}\n]}}\n', encoding="ascii", newline="\n"
    )


def _objects(frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any]) -> Iterator[Object]:
    author = _made(
        "identity",
        VERSION_AT,
        name="spamouflage-detector",
        identity_class="system",
        description=f"A program that finds coordinated comment campaigns in exports of comments. {CAUTION}",
    )
    yield author
    # The identity and the techniques are the same in every bundle; all else is as old as the youngest comment.
    made = {"moment": _moment(run["span"]["end"]) or VERSION_AT, "created_by_ref": author["id"]}
    for campaign in frames["campaigns"].filter(pl.col("tier").is_in(list(CONFIDENCE))).iter_rows(named=True):
        yield from _campaign(frames, run, campaign, made)


def _campaign(
    frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any], campaign: Row, made: Mapping[str, Any]
) -> Iterator[Object]:
    members = frames["accounts"].filter(
        pl.col("campaign_id") == campaign["campaign_id"], pl.col("flagged"), pl.col("role").ne_missing("source")
    )
    if members.is_empty():
        return
    made = {**made, "confidence": CONFIDENCE[campaign["tier"]], "lang": "en"}
    supporting, opposing = reasons(frames["evidence"], "campaign", campaign["campaign_id"])
    accounts = {row["account"]: _user_account(row) for row in members.sort("account").iter_rows(named=True)}
    refs = list(dict.fromkeys(account["id"] for account in accounts.values()))
    observed = _observed(frames["comments"], members, campaign, refs, made)
    techniques = [(_attack_pattern(found), why) for found, why in _techniques(supporting, members)]
    held = [
        *accounts.values(),
        *_links(frames["links"], accounts, made),
        *observed,
        *(pattern for pattern, _ in techniques),
    ]
    yield from held
    grouping = _grouping(run, campaign, held, made)
    yield grouping
    for pattern, why in techniques:
        yield _related(grouping["id"], pattern["id"], why, made)
    yield _made(
        "note",
        **made,
        abstract=f"Evidence for and against campaign {campaign['campaign_id']}",
        content=_evidence(campaign, supporting, opposing),
        object_refs=[grouping["id"]],
    )


def _grouping(run: Mapping[str, Any], campaign: Row, held: list[Object], made: Mapping[str, Any]) -> Object:
    n_accounts = sum(found["type"] == "user-account" for found in held)
    from_scan = {
        "source_name": "spamouflage-detector",
        "external_id": campaign["campaign_id"],
        "description": f"Version {run['version']}, settings {run['settings_digest']}.",
    }
    return _made(
        "grouping",
        **made,
        name=f"Campaign {campaign['campaign_id']}",
        context="suspicious-activity",
        description=_describe(campaign, n_accounts),
        labels=[f"{kind}:{campaign[column]}" for kind, column in _LABELS],
        external_references=[from_scan],
        object_refs=list(dict.fromkeys(found["id"] for found in held)),
    )


def _made(kind: str, moment: str, **properties: Any) -> Object:  # noqa: ANN401
    """Return an object whose id is made of its content: equal objects have equal ids, others have others."""
    content = {"type": kind, "spec_version": "2.1", "created": moment, "modified": moment, **properties}
    made_of = json.dumps(content, sort_keys=True)
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid5(OURS, made_of)}", **content}


def _user_account(row: Row) -> Object:
    """Return an account; its id is made as STIX 2.1 §6.16 says, where the export tells more than a display name."""
    kind = ACCOUNT_TYPES.get(row["platform"], row["platform"])
    named = {"account_login": row["author_handle"], "account_type": kind, "user_id": row["author_id"]}
    given = {key: value for key, value in named.items() if value}
    is_known = len(given) > 1
    made_of = json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    uuid = uuid5(OBSERVABLES, made_of) if is_known else uuid5(OURS, f"user-account {row['account']}")
    more = {"display_name": visible(row["author_name"] or ""), "account_created": _moment(row["created_at"])}
    shown = {key: value for key, value in more.items() if value}
    return {"type": "user-account", "spec_version": "2.1", "id": f"user-account--{uuid}", **given, **shown}


def _observed(
    comments: pl.DataFrame, members: pl.DataFrame, campaign: Row, refs: list[str], made: Mapping[str, Any]
) -> Iterator[Object]:
    """Yield when the accounts were seen and how often; nothing where the export has no times."""
    seen = comments.filter(
        pl.col("campaign_id") == campaign["campaign_id"], pl.col("account").is_in(members["account"].implode())
    )
    first, last = _moment(seen["created_at"].min()), _moment(seen["created_at"].max())
    if first and last:
        yield _made(
            "observed-data",
            **made,
            first_observed=first,
            last_observed=last,
            number_observed=seen.height,
            object_refs=refs,
        )


def _links(links: pl.DataFrame, accounts: Mapping[str, Object], made: Mapping[str, Any]) -> Iterator[Object]:
    both = links.filter(pl.all_horizontal(pl.col("account_a", "account_b").is_in(list(accounts))))
    for row in both.sort("p", "account_a", "account_b").head(LINKS_MAX).iter_rows(named=True):
        one, other = (accounts[row[end]]["id"] for end in ("account_a", "account_b"))
        shared = f"Both posted near copies of {counted(row['n_shared_clusters'], 'text')}"
        if one != other:
            yield _related(one, other, f"{shared}; chance gives {row['expected']:.2g}.", made)


def _techniques(supporting: list[Row], members: pl.DataFrame) -> Iterator[tuple[Technique, str]]:
    """Yield what was observed, with the sentence that says so."""
    for row in supporting:
        if row["signal"] in BY_SIGNAL and (row["weight"] or 0) > 0:
            yield BY_SIGNAL[row["signal"]], excerpt(row["sentence"], _SENTENCE_CHARS)
    platforms = members["platform"].unique().sort().to_list()
    if len(platforms) > 1:
        yield ACROSS_PLATFORMS, f"Its accounts stand on {len(platforms)} platforms: {', '.join(platforms)}."


def _attack_pattern(technique: Technique) -> Object:
    return _made(
        "attack-pattern",
        VERSION_AT,
        name=technique.name,
        labels=[f"disarm-framework-version:{VERSION}"],
        external_references=[
            {
                "source_name": "DISARM",
                "external_id": technique.id,
                "url": technique.url,
                "description": f"DISARM framework, framework_version {VERSION}",
            }
        ],
    )


def _related(source: str, target: str, why: str, made: Mapping[str, Any]) -> Object:
    return _made(
        "relationship",
        **made,
        relationship_type="related-to",
        source_ref=source,
        target_ref=target,
        description=why,
    )


def _describe(campaign: Row, n_members: int) -> str:
    of = counted(campaign["n_accounts"], "account")
    return (
        f"{visible(campaign['label']).capitalize()}: {of}, {counted(campaign['n_comments'], 'comment')}. Tier "
        f"{campaign['tier']}: {TIER_MEANINGS[campaign['tier']]}. The {n_members:,} accounts that are flagged "
        f"themselves are listed. {CAUTION}"
    )


def _evidence(campaign: Row, supporting: list[Row], opposing: list[Row]) -> str:
    """Return the reasons as text, one a line: for, with what else could explain each, and against."""
    lines = ["Evidence for:"]
    for row in supporting:
        other = innocent(row["signal"], row["kind"])
        lines.append(f"- {_said(row)}{f' What else it could be: {other}' if other else ''}")
    lines += ["Evidence against:", *(f"- {_said(row)}" for row in opposing)]
    if not opposing:
        lines.append("- None was measured, which is not the same as none.")
    lines += ["What would change the verdict:", f"- {WOULD_CHANGE[campaign['tier']]}", f"{BITS} {CAUTION}"]
    return "\n".join(lines)


def _said(row: Row) -> str:
    return f"{excerpt(row['sentence'], _SENTENCE_CHARS)} ({bits(row['weight'])})"


def _moment(time: object) -> str:
    """Return a time as STIX writes it, to the millisecond; empty where it is unknown."""
    time = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{time.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z" if isinstance(time, datetime) else ""
