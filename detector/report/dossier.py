"""Everything that a result says about one id, for and against, as plain text."""

from collections.abc import Iterator, Mapping

import polars as pl

from detector.report.escape import excerpt, trim, visible
from detector.report.findings import Row, examples, reasons
from detector.report.subjects import Subject, find_subjects
from detector.report.terminal import wrap
from detector.report.verdict import what_would_change
from detector.report.words import BITS, CAUTION, TIER_MEANINGS, bits, counted, innocent

EXAMPLES_SHOWN = 8
REASONS_SHOWN = 20
_BITS_COLUMN = " " * 11


def dossier(frames: Mapping[str, pl.DataFrame], subject_id: str, *, width: int = 100) -> str:
    """Return what is known about a comment, an account, a cluster or a campaign.

    Parameters
    ----------
    frames
        The published frames.
    subject_id
        A comment id, an account key, author id or handle, a cluster id or a campaign id. An id that means several
        things gives a list of them.
    width
        Cells per line.

    Returns
    -------
    str
        Text that is safe in a terminal: no control character but the line feed.

    Raises
    ------
    InputError
        Nothing has this id; the message names the closest ids.
    """
    subjects = find_subjects(frames, subject_id)
    width = min(max(width, 40), 110)
    lines = _one(frames, subjects[0], width) if len(subjects) == 1 else _several(subjects, subject_id, width)
    return "\n".join(lines) + "\n"


def _several(subjects: list[Subject], subject_id: str, width: int) -> Iterator[str]:
    yield from wrap(f"“{excerpt(subject_id, 60)}” means several things here. Ask for one of them:", width)
    for subject in subjects:
        yield from wrap(f"{subject.kind}:{_name(subject.id)}  {subject.facts[0]}", width, first="  ", rest="      ")


def _one(frames: Mapping[str, pl.DataFrame], subject: Subject, width: int) -> Iterator[str]:
    evidence = frames["evidence"]
    label = f": {excerpt(subject.row['label'], 120)}" if subject.row.get("label") else ""
    yield from wrap(f"{subject.kind.capitalize()} {_name(subject.id)}{label}", width)
    yield from wrap(_verdict(subject.row), width)
    for fact in subject.facts:
        yield from wrap(fact, width, first="  ")
    supporting, opposing = _own_reasons(evidence, subject)
    yield from _section("Evidence for, strongest first", _weighed(supporting, width) or ["  None about it alone."])
    for kind, held_by in subject.within:
        there, against = reasons(evidence, kind, held_by)
        yield from _section(f"Evidence about its {kind}, {_name(held_by)}", _weighed(there, width))
        opposing += against
    nothing = wrap("None was measured, which is not the same as none.", width, first="  ")
    yield from _section("Evidence against", _weighed(opposing, width) or nothing)
    changes = [line for said in what_would_change(frames, subject) for line in wrap(said, width, first="  - ")]
    yield from _section("What would change the verdict", changes)
    yield from _proof(subject, width)
    yield ""
    yield from wrap(f"{BITS} {CAUTION}", width)


def _verdict(row: Row) -> str:
    tier = row["tier"]
    parts = [f"Tier {tier}: {TIER_MEANINGS[tier]}."]
    if "coordination_tier" in row:
        parts.append(f"Coordination: {row['coordination_tier']}.")
        parts.append(f"Signs of inauthenticity: {row['inauthenticity_tier']}.")
    if row["score"] is not None:
        parts.append(f"Score {row['score']:.2f} of 1.")
    return " ".join(parts)


def _own_reasons(evidence: pl.DataFrame, subject: Subject) -> tuple[list[Row], list[Row]]:
    """Return the evidence on the subject itself; evidence on a comment may name it with or without its platform."""
    ids = {subject.id, subject.row["id"]} if subject.kind == "comment" else {subject.id}
    found = [reasons(evidence, subject.kind, name) for name in sorted(ids)]
    return [row for supporting, _ in found for row in supporting], [row for _, opposing in found for row in opposing]


def _weighed(rows: list[Row], width: int) -> list[str]:
    lines = []
    for row in rows[:REASONS_SHOWN]:
        lines += wrap(trim(visible(row["sentence"]), 400), width, first=f"{bits(row['weight']):>9}  ")
        if row["q"] is not None and row["observed"] is not None and row["expected"] is not None:
            lines += wrap(_measured(row), width, first=_BITS_COLUMN)
        other = innocent(row["signal"], row["kind"])
        if other:
            lines += wrap(f"What else it could be: {other}", width, first=_BITS_COLUMN)
    if len(rows) > REASONS_SHOWN:
        lines.append(f"{_BITS_COLUMN}and {counted(len(rows) - REASONS_SHOWN, 'weaker fact')}")
    return lines


def _measured(row: Row) -> str:
    return f"Measured: {row['observed']:,.4g}; by chance {row['expected']:,.2g}; false discovery rate {row['q']:.1g}."


def _proof(subject: Subject, width: int) -> Iterator[str]:
    """Show comments: who wrote what to whom, when, and the id to look it up."""
    shown = examples(subject.comments, EXAMPLES_SHOWN, one_per_account=subject.kind != "account")
    lines = []
    for comment in shown:
        at = f"{comment['created_at']:%Y-%m-%d %H:%M:%S}" if comment["created_at"] else "time unknown"
        by = excerpt(comment["account"], 40) if comment["account"] else "unknown author"
        to = f" to {excerpt(comment['target'], 40)}" if comment["target"] else ""
        head = f"{at}  {by}{to}  (comment {excerpt(comment['platform'], 20)}:{excerpt(comment['id'], 40)})"
        lines += wrap(head, width, first="  ", rest="    ")
        lines += wrap(f"“{excerpt(comment['excerpt'], 160)}”", width, first="    ")
    title = "The comment among its copies" if subject.kind == "comment" else "Comments that show it"
    yield from _section(f"{title} ({len(shown)} of {subject.comments.height:,})", lines)


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _name(identifier: str) -> str:
    return excerpt(identifier, 80)
