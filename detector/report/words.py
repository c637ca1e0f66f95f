"""The sentences that every report says: what a tier means, what else could explain a signal, who must decide.

One place, so that the terminal, the page and the dossier say the same, and so that another language is another file.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

TIER_MEANINGS = {
    "high": "several independent kinds of evidence, at least one of them about the accounts",
    "medium": "two independent kinds of evidence",
    "low": "copying, synchrony or shared addresses alone: organised or synchronised, authenticity not judged",
    "none": "no more than chance gives",
}
"""What each tier rests on."""

CAUTION = (
    "A person must decide. The score says how much evidence of inauthentic coordination there is; "
    "it is not the probability that an account is fake, and nothing here says who is behind a campaign."
)

BITS = "Evidence is weighed in bits: each doubles, at most, the odds against mere chance."

SHORT_CAUTION = "These are leads with reasons, not verdicts: a person must decide."

NOT_A_CLEARANCE = (
    "That is not a clearance: campaigns that reword every comment, or that are too small to tell from chance, "
    "leave no such trace."
)

CONTEST = (
    "Anyone named here may ask for the reasons: each finding keeps its id, its evidence, the version and the settings "
    "that made it, and the same input gives the same finding again. To contest one, quote its id and say which fact is "
    "wrong or what explains it (a petition, a quote, an event). Known innocent wordings go into a file for --allow, or "
    "the setting judge.allow_texts; the scan is then repeated, and both results are kept."
)

INNOCENT_BY_KIND = {
    "copying": "Petitions, form letters, slogans, quotes, lyrics, prayers and headlines are copied in good faith.",
    "coordination": "News, live events, push alerts and announced days of action bring people together in time.",
    "inauthenticity": "Newcomers, shared computers, scheduling apps and a platform's own defaults can look like this.",
}
"""What else could explain evidence of a kind."""

INNOCENT_BY_SIGNAL = {
    "synchrony": "A live event, a push alert or an announced moment makes people post the same words within minutes.",
    "company": "Members of a club, a newsroom or a fandom meet again and again under the same posts.",
    "linked_accounts": "Friends, families and people who follow the same page share the same texts in good faith.",
    "addresses": "Viral clips, campaign pages and news are passed on by many people who mean it.",
    "shared_addresses": "Readers of one newspaper, fans of a channel and supporters of a cause share the same links.",
    "fan_out": "Supporters of a cause, volunteers and fans bring their link to everybody who might listen.",
    "creation_batch": "News, a move from another platform or a school class brings many sign-ups within days.",
    "spread": "A form letter goes to every member of a parliament, a question to every shop, in good faith.",
    "dormancy": "People return for an election or a crisis, and not always in the language they used before. "
    "An account that changed hands may be compromised: its owner is then a victim.",
    "duplicate_profiles": "One person may keep several accounts openly; shops, clubs and stations have one a branch.",
    "silent_accounts": "Most people read and hardly ever post, for years, until something concerns them.",
    "serial_numbers": "Petitions, tickets and orders are numbered; people sign with postcodes and telephone numbers.",
    "same_name": "Popular names repeat, and so do the names that fans, families and jokers take.",
    "disguise": "Apps add tracking codes; copying from documents and keyboards of other scripts leave odd characters.",
    "handle_shape": "Platforms assign such handles, and random ones where a name is not written in Latin letters.",
    "young_accounts": "Everybody is new once: people join for an election, a crisis, or in a new country.",
    "tie_created": "News, a move from another platform or a school class brings many sign-ups within days.",
    "tie_waves": "A live event or a push alert makes people who know nothing of each other comment at once.",
    "tie_content": "Who follows the same cause or page shares its links and hashtags in good faith.",
    "tie_wording": "People who speak of the same thing, or the same language, use the same words.",
    "growth": "One of the ties alone is common; it is their meeting in one account that chance seldom gives.",
    "bursts": "Breaking news and widely shared posts draw the same kind of rush.",
}
"""What else could explain a signal, where there is more to say than for its kind."""

INNOCENT_TARGETS = (
    "People who comment of their own accord mostly go where the subject is: a few targets draw nearly all, and the "
    "bars fall off steeply. Bars of nearly equal length mean that a list was worked through; a form letter to every "
    "member of a parliament does that in good faith."
)
"""How to read whom a campaign addresses."""

WOULD_CHANGE = {
    "high": "It would fall if the copied wording turned out to be public (a petition, a quote), or if the account "
    "evidence had an ordinary cause such as a news-driven wave of sign-ups.",
    "medium": "It would rise with a further independent kind of evidence, about the accounts above all; it would fall "
    "if the copied wording turned out to be public, or if an event explained the timing.",
    "low": "It would rise only with a second, independent kind of evidence: the same accounts together again on other "
    "texts, disguise that differs from copy to copy, timing that people do not reach, or accounts made in batches.",
    "none": "It would rise only if near copies by other accounts, and further evidence about them, came into the data.",
}
"""What would change the verdict, by tier."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def innocent(signal: str, kind: str) -> str:
    """Return what else could explain a piece of evidence; empty for evidence against."""
    return "" if kind == "against" else INNOCENT_BY_SIGNAL.get(signal, INNOCENT_BY_KIND.get(kind, ""))


def negative_control(control: Mapping[str, Any]) -> str:
    """Say what the same stages found in copies of the data with the coordination shuffled out."""
    n, of = control["comments"], control["of_comments"]
    whole = "copies of your data" if n == of else f"copies of a sample of your data ({n:,} of {of:,} comments)"
    found = "; ".join(f"with {kind['title']}, {_controlled(kind)}" for kind in control["kinds"])
    more = " Expect as many false ones here." if any(kind["campaigns_flagged"] for kind in control["kinds"]) else ""
    return f"On {whole}, in which nobody coordinates, the same stages found, {found}.{more}"


def _controlled(kind: Mapping[str, Any]) -> str:
    flagged, low = kind["campaigns_flagged"], kind["campaigns_low"]
    told = f"{counted(flagged, 'campaign')} to flag" if flagged else "no campaign to flag"
    told += f" ({counted(kind['comments_flagged'], 'comment')})" if flagged else ""
    return told + (f" and {low:,} of tier low ({counted(kind['comments_low'], 'comment')})" if low else "")


def counted(n: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "account"), counted(1200, "reply", "replies")
    ('1 account', '1,200 replies')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def bits(weight: float | None) -> str:
    """Return the size of a weight of evidence in words.

    Examples
    --------
    >>> bits(11.6), bits(-1.0), bits(0.5), bits(0.0)
    ('12 bits', '1 bit', '0.5 bits', 'no weight')
    """
    size = abs(weight or 0.0)
    if not size:
        return "no weight"
    shown = f"{size:.0f}" if size >= 1 else f"{size:.1f}"
    return f"{shown} bit{'' if shown == '1' else 's'}"


def size_of(row: Mapping[str, Any]) -> str:
    """Return how large a campaign or cluster is; targets only where the dump names them."""
    parts = (("n_accounts", "account"), ("n_comments", "comment"), ("n_targets", "target"))
    return ", ".join(counted(row[name], noun) for name, noun in parts if row[name] or noun != "target")


def reason_counts(by_reason: Mapping[str, int]) -> str:
    """Return counts by reason in words, the largest first.

    Examples
    --------
    >>> reason_counts({"repost": 2, "not_a_comment": 7})
    '7 not a comment, 2 repost'
    """
    ordered = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in ordered if n)


def fates(counts: Mapping[str, Any]) -> str:
    """Return what became of the records that were read, by the `counts` of `run.json`."""
    refused = counts["rejected"]
    parts = [f"{counted(counts['accepted'], 'comment')} accepted"]
    if counts["skipped"]:
        parts.append(f"{counts['skipped']:,} skipped ({reason_counts(counts['skipped_by_reason'])})")
    parts.append(f"{refused:,} refused ({reason_counts(counts['rejected_by_reason'])})" if refused else "none refused")
    if counts["blank"]:
        parts.append(f"{counts['blank']:,} blank")
    if counts["repaired"]:
        parts.append(f"{counts['repaired']:,} repaired")
    return ", ".join(parts)


def day(time: datetime) -> str:
    """Return a date as `30 Aug 2023`, in every locale."""
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}"


def period(start: datetime | str | None, end: datetime | str | None) -> str:
    """Return a span of time in words, in UTC; empty where it is unknown.

    Examples
    --------
    >>> period("2023-08-30T09:00:00Z", "2023-08-30T10:05:00Z")
    '30 Aug 2023 09:00 to 10:05 UTC'
    >>> period("2023-08-30T09:00:00Z", "2023-09-03T10:05:00Z")
    '30 Aug to 3 Sep 2023'
    """
    if start is None or end is None:
        return ""
    first, last = (datetime.fromisoformat(time) if isinstance(time, str) else time for time in (start, end))
    if first.date() != last.date():
        return f"{day(first).removesuffix(f' {last.year}')} to {day(last)}"
    if f"{first:%H:%M}" == f"{last:%H:%M}":
        return f"{day(first)} {first:%H:%M} UTC"
    return f"{day(first)} {first:%H:%M} to {last:%H:%M} UTC"
