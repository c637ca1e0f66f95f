"""What is in a dump, in plain words at the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from detector.report.escape import excerpt
from detector.report.terminal import wrap
from detector.report.words import counted, fates, period

_COLUMN = 11
_WIDTH_MIN, _WIDTH_MAX = 40, 110

EXPORTS = {
    "created_at": "export when each comment was posted, to the second if the platform gives it",
    "account": "export who wrote each comment: an id, or at least a handle",
    "author_id": "export the authors' ids beside their names",
    "author_name": "export the authors' display names beside their ids",
    "author_handle": "export the authors' handles",
    "author_created_at": "export when the accounts were created (X: user.fields=created_at; Bluesky: profiles)",
    "author_posts": "export how much each account has posted (X: user.fields=public_metrics)",
    "target": "export whom or which post each comment answers (in_reply_to, video or post id, page)",
}
"""What to ask of an export so that a signal can run, by the column that it needs."""


def describe(figures: Mapping[str, Any], width: int) -> str:
    """Return what `inspection` found, in lines of at most `width` cells."""
    width = min(max(width, _WIDTH_MIN), _WIDTH_MAX)
    lines: list[str] = []
    for title, paragraphs in _sections(figures):
        for i, paragraph in enumerate(paragraphs):
            lines += wrap(paragraph, width, first=f"{title if i == 0 else '':<{_COLUMN}}")
    return "\n".join(lines) + "\n"


def _sections(figures: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    files = ", ".join(excerpt(source, 60) for source in figures["sources"])
    yield "File", [f"{files} ({', '.join(figures['containers'])})" if files else "nothing"]
    yield "Format", [*map(_format, figures["formats"])] or ["none that is known"]
    yield "Records", [f"{counted(figures['counts']['records_read'], 'record')}: {fates(figures['counts'])}"]
    unreadable = figures["counts"]["unreadable_by_field"]
    if unreadable:
        yield "Unreadable", [", ".join(f"{n:,} values of {name}" for name, n in unreadable.items())]
    if not figures["counts"]["accepted"]:
        if figures["notes"]:
            yield "Mind", figures["notes"]
        return
    yield "Authors", [f"{counted(figures['accounts'], 'account')}, {figures['distinct_texts']:,} different texts"]
    yield "Times", [_times(figures["times"])]
    yield "Languages", [_shares(figures["languages"]) or "the export names none"]
    yield "Scripts", [_shares(figures["scripts"])]
    yield "Targets", [_targets(figures["targets"])]
    yield "Filled", [_filled(figures["filled"])]
    yield "Can run", ["; ".join(signal["title"] for signal in figures["signals"]["available"])]
    cannot = figures["signals"]["abstained"]
    if cannot:
        yield "Cannot run", [f"{signal['title']}: {signal['why']}" for signal in cannot]
        wanted = dict.fromkeys(signal["needs"] for signal in cannot if figures["filled"].get(signal["needs"], 0) == 0)
        asked = [EXPORTS[name] for name in wanted if name in EXPORTS]
        if asked:
            yield "To enable", asked
    if figures["notes"]:
        yield "Mind", figures["notes"]


def _format(form: Mapping[str, Any]) -> str:
    keys = " or by ".join(", ".join(known) for known in form["known_by"][:2])
    return f"{form['name']} ({form['title']})" + (f", known by {keys}" if keys else "")


def _times(times: Mapping[str, Any]) -> str:
    span = period(times["start"], times["end"]) or "unknown"
    known = ", ".join(f"{n:,} to the {_UNITS[unit]}" for unit, n in times["precision"].items())
    unknown = f"; {times['unknown']:,} without a time" if times["unknown"] and known else ""
    return f"{span}; {known}{unknown}" if known else span


_UNITS = {"us": "microsecond", "s": "second", "min": "minute"} | {
    unit: unit for unit in ("hour", "day", "month", "year")
}


def _shares(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{excerpt(name, 20)} {n:,}" for name, n in numbers.items())


def _targets(targets: Mapping[str, Any]) -> str:
    if not targets["n"]:
        return "none known"
    most = ", ".join(f"{excerpt(name, 40)} ({n:,})" for name, n in list(targets["top"].items())[:5])
    return f"{targets['n']:,}, most often {most}"


def _filled(filled: Mapping[str, float]) -> str:
    given = [f"{name} {_percent(share)}" for name, share in filled.items() if share]
    lacking = [name for name, share in filled.items() if not share]
    return ", ".join(given) + (f"; never: {', '.join(lacking)}" if lacking else "")


def _percent(share: float) -> str:
    """Return a share in per cent that says neither 0 nor 100 % of what is neither."""
    return f"{min(max(share, 0.001), 0.999):.1%}" if 0 < share < 1 else f"{share:.0%}"
