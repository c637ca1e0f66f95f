"""What a campaign's tier rests on: without which evidence it would fall, and with which it would rise.

The rules are those of `detector.judge.tiers`, read from the published evidence: a tier counts independent kinds. A test
holds the two together. Where they disagree, as in a result of another version, nothing is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from detector.report.findings import Row
from detector.schema import TIERS

TOGETHER = ("company", "linked_accounts")
ABOUT_ACCOUNTS = ("creation_batch", "dormancy", "duplicate_profiles")
_MOVING = frozenset({*TOGETHER, *ABOUT_ACCOUNTS, "synchrony", "shared_addresses", "fan_out", "disguise"})
_NAMES = {
    "company": "the same accounts together again on other texts",
    "linked_accounts": "pairs of accounts that share more texts than chance gives",
    "synchrony": "copies closer in time than the traffic around them",
    "shared_addresses": "the same accounts behind the same addresses",
    "fan_out": "one address carried from target to target",
    "creation_batch": "accounts created together",
    "dormancy": "accounts back from a long silence, changed",
    "duplicate_profiles": "namesakes with a second field in common",
    "disguise": "disguise that differs from copy to copy",
}
_AGAIN, _DISGUISED, _ABOUT = "again", "disguise", "accounts"


@dataclass(frozen=True)
class Footing:
    """The facts about a campaign that can move its tier."""

    tier: str
    """As published."""
    found: frozenset[str]
    """Signals found, but for those that move no tier."""
    quiet: tuple[str, ...]
    """Signals found that move no tier, by name."""
    untested: tuple[str, ...]
    """Signals that the data could not carry for this campaign."""
    holds_texts: bool
    """Whether texts are copied; otherwise addresses alone are shared, and medium is the most."""
    has_profiles: bool
    """Whether the export says anything about accounts; otherwise nothing is high."""
    is_declared: bool
    """Whether the user has declared the wording innocent; then low is the most."""

    def tier_with(self, found: frozenset[str], *, is_declared: bool | None = None) -> str:
        """Return the tier that a campaign like this would have with these signals found."""
        is_capped = self.is_declared if is_declared is None else is_declared
        rank = _rank(found, holds_texts=self.holds_texts, has_profiles=self.has_profiles)
        return TIERS[min(rank, 1) if is_capped else rank]

    @property
    def is_understood(self) -> bool:
        """Whether the evidence gives the published tier by the rules known here."""
        return self.tier_with(self.found) == self.tier


def find_footing(frames: Mapping[str, pl.DataFrame], campaign: Row) -> Footing:
    """Read the footing of a row of CAMPAIGNS from the published frames."""
    name = campaign["campaign_id"]
    told = frames["evidence"].filter(pl.col("subject_kind") == "campaign", pl.col("subject_id") == name)
    against = pl.col("kind") == "against"
    found = told.filter(~against)["signal"].unique().sort().to_list()
    untested = told.filter(against, pl.col("weight") == 0)["signal"].unique().sort().to_list()
    copied = frames["clusters"].filter(pl.col("campaign_id") == name, ~pl.col("cluster_id").str.starts_with("u"))
    profiles = frames["accounts"].select(pl.col("created_at", "followers").is_not_null().any())
    return Footing(
        tier=campaign["tier"],
        found=frozenset(found) & _MOVING,
        quiet=tuple(signal for signal in found if signal not in _MOVING),
        untested=tuple(signal for signal in untested if signal in _MOVING),
        holds_texts=not copied.is_empty(),
        # What else an export may say of accounts is not published; but where something is high, it said something.
        has_profiles=campaign["tier"] == "high" or any(profiles.row(0)),
        is_declared="declared" in told["signal"],
    )


def say_footing(footing: Footing) -> list[str]:
    """Say what the tier rests on, what would lower it and what would raise it; nothing if not understood."""
    if not footing.is_understood:
        return []
    lines = [_rests(footing), *_falls(footing), *_rises(footing)]
    if footing.untested:
        lines.append(f"Not testable here, and so neither for nor against: {_listed(footing.untested, 'and')}.")
    if footing.quiet:
        quiet = ", ".join(signal.replace("_", " ") for signal in footing.quiet)
        lines.append(f"These facts move no tier, and only order the scores inside it: {quiet}.")
    return lines


def _rank(found: frozenset[str], *, holds_texts: bool, has_profiles: bool) -> int:
    kinds = _kinds(found)
    is_carried = {"shared_addresses", "fan_out"} <= found
    if not holds_texts:
        return (1 + min(len(kinds), 1)) if is_carried else 0
    if len(kinds) >= 2 and _ABOUT in kinds and has_profiles:
        return 3
    return 2 if kinds else int(is_carried or "synchrony" in found or bool(found & {*TOGETHER}))


def _kinds(found: frozenset[str]) -> dict[str, list[str]]:
    """Return the independent kinds of evidence beside copying, each with the signals found that make it."""
    kinds = {
        _AGAIN: [*TOGETHER, "synchrony"] if found & {*TOGETHER} and "synchrony" in found else [],
        _DISGUISED: ["disguise"],
        _ABOUT: [*ABOUT_ACCOUNTS],
    }
    held = {kind: [signal for signal in signals if signal in found] for kind, signals in kinds.items()}
    return {kind: signals for kind, signals in held.items() if signals}


def _rests(footing: Footing) -> str:
    kinds = _kinds(footing.found)
    if footing.tier == "low" and not footing.is_declared:
        base = _listed(sorted(footing.found), "and")
        return f"It is low by {base}, and by nothing independent beside it: nobody is flagged for this."
    named = [_listed(signals, "and") for signals in kinds.values()]
    count = {1: "one independent kind", 2: "two independent kinds", 3: "three independent kinds"}
    beside = "copying" if footing.holds_texts else "shared addresses"
    if not named:
        return "The wording was declared innocent, and nothing independent speaks against that."
    return f"Beside {beside} there is evidence of {count[len(named)]}: {'; '.join(named)}."


def _falls(footing: Footing) -> list[str]:
    """Say which evidence carries the tier, so that without it the tier would fall."""
    kinds = _kinds(footing.found)
    if footing.is_declared:
        rank = footing.tier_with(footing.found, is_declared=False)
        return [f"Without the declaration that its wording is innocent it would be {rank}."]
    lines, spare = [], []
    for kind, signals in kinds.items():
        lost = frozenset({"synchrony"} if kind == _AGAIN else signals)
        tier = footing.tier_with(footing.found - lost)
        if tier == footing.tier:
            spare.append(_listed(signals, "and"))
            continue
        what = "the timing, or the meeting again," if kind == _AGAIN else _listed(signals, "and")
        together = " (either is enough)" if kind == _ABOUT and len(signals) == 2 else ""
        together = " (any one of them is enough)" if kind == _ABOUT and len(signals) > 2 else together
        then = "not be reported" if tier == "none" else f"fall to {tier}"
        lines.append(f"Without {what}{together} it would {then}.")
    counted = {signal for signals in kinds.values() for signal in signals}
    needed = [name for name in sorted(footing.found - counted) if footing.tier_with(footing.found - {name}) == "none"]
    if needed:
        lines.append(f"Without {_listed(needed, 'or')} it would not be reported.")
    elif footing.tier == "low":
        lines.append("It would keep its tier without any one of these.")
    if spare:
        lines.append(f"It would keep its tier without any one of these: {'; '.join(spare)}.")
    if footing.tier in ("medium", "high"):
        lines.append(
            "It would fall to low if its wording turned out to be public (a petition, a quote, a headline) and were "
            "declared so with --allow; and a fact falls if what else it could be, as said beside it, is what it is."
        )
    return lines


def _rises(footing: Footing) -> list[str]:
    """Say which further kind of evidence would raise the tier."""
    if footing.tier == "high" or footing.is_declared:
        return []
    kinds, by_tier = _kinds(footing.found), dict[str, list[str]]()
    told = replace(footing, has_profiles=True)
    for kind, (signals, words) in _missing(footing).items():
        tier = told.tier_with(footing.found | signals)
        if kind not in kinds and TIERS.index(tier) > TIERS.index(told.tier_with(footing.found)):
            by_tier.setdefault(tier, []).append(words)
    lines = [f"It would rise to {tier} with {'; or with '.join(words)}." for tier, words in by_tier.items()]
    if footing.tier == "medium" and not footing.holds_texts:
        lines.append("It cannot rise: where words differ and only addresses are shared, medium is the most.")
    elif footing.tier == "medium" and not footing.has_profiles:
        lines.append(
            "It would be high only in an export that says something of accounts; here no account's creation date or "
            "followers are known."
        )
    return lines


def _missing(footing: Footing) -> dict[str, tuple[frozenset[str], str]]:
    """Return what would add each kind: signals, and words for them."""
    again = "copies closer in time than the traffic around them, by accounts that meet again on other texts"
    if footing.found & {*TOGETHER}:
        again = "timing: copies closer together than the traffic around them, beside the accounts that meet again"
    elif "synchrony" in footing.found:
        again = "company: the same accounts together again on other texts, beside the timing"
    about = "a sign about the accounts: made in batches, copied profiles, or a return, changed, from a long silence"
    return {
        _AGAIN: (frozenset({"company", "synchrony"}), again),
        _DISGUISED: (frozenset({"disguise"}), "disguise that differs from copy to copy"),
        _ABOUT: (frozenset({"creation_batch"}), about),
    }


def _listed(signals: list[str] | tuple[str, ...], last: str) -> str:
    names = [_NAMES[signal] for signal in signals]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
