"""What would change what was said of a comment, an account, a cluster or a campaign."""

from collections.abc import Mapping

import polars as pl

from detector.config import EvidenceConfig, JudgeConfig, TextConfig
from detector.report.findings import Row
from detector.report.footing import find_footing, say_footing
from detector.report.subjects import Subject
from detector.report.words import WOULD_CHANGE, counted
from detector.schema import TIERS

SIGNS = ("company", "linked_accounts", "creation_batch", "dormancy", "duplicate_profiles", "disguise")
"""What an account may carry in its own right, beside the texts that it copies."""
_SIGN_NAMES = {
    "company": "it meets the same accounts again",
    "linked_accounts": "it shares more texts with another account than chance gives",
    "creation_batch": "it was created together with others",
    "dormancy": "it came back changed from a long silence",
    "duplicate_profiles": "it shares its name and a further field with another",
    "disguise": "its copies are disguised in their own way",
}
# Settings are no part of the frames: what is said names the usual value, and the setting that may have changed it.
_INFORMATION_BITS = TextConfig().information_min_bits
_ACCOUNTS_MIN = EvidenceConfig().min_cluster_accounts
_COPY_SHARE = (
    f"{JudgeConfig().account_copy_share_min:.0%}, unless the setting judge.account_copy_share_min says otherwise"
)
_Frames = Mapping[str, pl.DataFrame]


def what_would_change(frames: _Frames, subject: Subject) -> list[str]:
    """Say what the verdict on a subject rests on, what is missing, and what would change it, in sentences.

    Parameters
    ----------
    frames
        The published frames.
    subject
        As `find_subjects` found it.
    """
    say = {"campaign": _campaign, "cluster": _cluster, "account": _account, "comment": _comment}
    lines = say[subject.kind](frames, subject.row)
    if subject.row.get("flagged") is False and subject.row["tier"] in ("medium", "high"):
        lines.append("It is not flagged here because a stricter threshold was chosen than its score.")
    return lines


def _campaign(frames: _Frames, row: Row) -> list[str]:
    return say_footing(find_footing(frames, row)) or [WOULD_CHANGE[row["tier"]]]


def _holder(frames: _Frames, row: Row) -> Row | None:
    """Return the campaign that holds a subject."""
    return _row_of(frames["campaigns"], "campaign_id", row["campaign_id"])


def _row_of(frame: pl.DataFrame, column: str, name: str | None) -> Row | None:
    found = frame.filter(pl.col(column) == name).to_dicts() if name is not None else []
    return found[0] if found else None


def _cluster(frames: _Frames, row: Row) -> list[str]:
    campaign = _holder(frames, row)
    if not campaign:
        return _unjudged_family(row)
    return [f"A text family is judged with its campaign, {row['campaign_id']}.", *_campaign(frames, campaign)]


def _unjudged_family(family: Row) -> list[str]:
    """Say what a family of near copies lacks to be a campaign."""
    lines = []
    if family["n_accounts"] < _ACCOUNTS_MIN:
        lines.append(
            f"Its copies are by {counted(family['n_accounts'], 'known account')}; a campaign has at least "
            f"{_ACCOUNTS_MIN}, unless the settings say otherwise."
        )
    information = family["information_bits"]
    if information is not None and information < _INFORMATION_BITS:
        lines.append(
            f"Its text carries {information:.0f} bits: too little to be judged, however often it is repeated (under "
            f"{_INFORMATION_BITS:.0f}, unless the setting text.information_min_bits says otherwise)."
        )
    if not lines:
        lines.append("It is copied, and copying alone is no campaign: petitions, quotes and slogans are copied too.")
    lines.append(
        "Missing is evidence that the copying was coordinated: copies closer in time than the traffic around them, or "
        "the same accounts together again on other texts, for low; disguise that differs from copy to copy, or signs "
        "about the accounts, for more."
    )
    return lines


def _account(frames: _Frames, row: Row) -> list[str]:
    campaign = _holder(frames, row)
    if not campaign:
        return _outside(row)
    told = frames["evidence"].filter(pl.col("subject_kind") == "account", pl.col("subject_id") == row["account"])
    signals = set(told["signal"])
    n, of = row["n_campaign_comments"], row["n_comments"]
    held = f"Of its {counted(of, 'comment')} here, {n:,} ({n / max(of, 1):.0%}) in campaign {row['campaign_id']}"
    lines = [f"{held}, of tier {campaign['tier']}; its role there: {row['role'] or 'unknown'}."]
    if row["role"] == "source":
        return [*lines, _SOURCE, f"With such a sign it could rise to {campaign['tier']} at most, as its campaign."]
    if row["role"] == "grown":
        ties = counted(sum(signal.startswith("tie_") for signal in signals), "tie")
        lines.append(f"It is in the campaign by {ties}, and not by copying its texts: medium is the most for that.")
        lines.append("Were fewer than two of them left, for the others had an ordinary cause, it would be out of it.")
    else:
        lines += _member(row, campaign, signals)
    return [*lines, _with_campaign(row, campaign)]


_SOURCE = (
    "It wrote or carried first what others took from it, which accuses nobody. It would count as a member only with a "
    "sign of its own beside the company of those who copy it: made in a batch, a copied profile, a return, changed, "
    "from a long silence, or disguise."
)


def _member(row: Row, campaign: Row, signals: set[str]) -> list[str]:
    """Say what the tier of a member rests on: signs of its own, or those of the accounts around it."""
    lines = []
    signs = [_SIGN_NAMES[sign] for sign in SIGNS if sign in signals]
    if "own_words" in signals:
        lines.append(f"Most of its comments are its own: a flag needs a larger share in the campaign ({_COPY_SHARE}).")
        lines.append("With a larger share it would be judged by the signs below, up to the tier of the campaign.")
    if signs:
        lines.append(f"{'One sign' if len(signs) == 1 else f'{len(signs)} signs'} of its own: {'; '.join(signs)}.")
        if "own_words" not in signals and row["tier"] in ("medium", "high"):
            it = "them (any one of them is enough)" if len(signs) > 1 else "it"
            lines.append(
                f"Without {it} the account would stay flagged, as medium, only where at least half of the accounts "
                "that copy these texts carry a sign, and it copies them itself; else it would be low."
            )
    elif "no_sign" in signals:
        lines += _unsigned(row, campaign, is_own="own_words" in signals)
    return lines or [WOULD_CHANGE[row["tier"]]]


def _unsigned(row: Row, campaign: Row, *, is_own: bool) -> list[str]:
    lines = ["It carries no sign of its own."]
    if row["tier"] == "medium":
        lines.append(
            "It is flagged because at least half of the accounts that copy these texts carry one; were they fewer, it "
            "would fall to low."
        )
    if TIERS.index(campaign["tier"]) > TIERS.index(row["tier"]):
        also = " and a larger share of its comments in the campaign" if is_own else ""
        lines.append(f"With a sign of its own{also} it could rise to {campaign['tier']}, the tier of its campaign.")
    return lines


def _with_campaign(row: Row, campaign: Row) -> str:
    is_same = row["tier"] == campaign["tier"]
    stands = "It stands and falls" if is_same else "It falls"
    return f"{stands} with its campaign, above which no account ranks: ask for {row['campaign_id']} to see what would."


def _outside(row: Row) -> list[str]:
    """Say what an account outside every campaign lacks."""
    n, share = row["n_clusters"], row["copy_share"]
    if not n:
        lines = ["None of its comments is a near copy of another account's in this export."]
    else:
        part = f"{share:.0%}" if share is not None else "Some"
        families = counted(n, "text family", "text families")
        lines = [
            f"{part} of its comments are near copies of another account's, in {families}; none of those is a campaign."
        ]
    lines.append(
        "It would be judged only if comments of it stood in a campaign: text copied from account to account, with "
        "evidence that this was coordinated; and flagged only with a sign of its own, or among accounts most of which "
        "carry one."
    )
    return [*lines, "That nothing was found is no clearance: the export may not hold what would show it."]


def _comment(frames: _Frames, row: Row) -> list[str]:
    if row["campaign_id"] is None:
        return _loose(frames, row)
    if row["role"] == "source":
        return ["It came first, and others took it up: a source is not counted as a member, whatever its copies are."]
    if row["account"] is None:
        return ["Its author is unknown, so that it accuses nobody: such a comment is medium at most."]
    lines = ["A comment is judged by the standing of its author in the campaign, never by what it says."]
    if row["role"] == "grown":
        lines.append("It is no copy of the campaign's texts: without what ties it to them, as said above, it is none.")
    author = _row_of(frames["accounts"], "account", row["account"])
    if author and author["campaign_id"] == row["campaign_id"]:
        return [*lines, "Of its author, then, this is to be said.", *_account(frames, author)]
    return [*lines, "Its author stands in another campaign as well, and more firmly: ask for the account."]


def _loose(frames: _Frames, row: Row) -> list[str]:
    """Say what a comment outside every campaign lacks."""
    family = _row_of(frames["clusters"], "cluster_id", row["cluster_id"])
    if family:
        return [f"It stands in a text family, {row['cluster_id']}, that is no campaign.", *_unjudged_family(family)]
    return [
        "No near copy of it by another account is in this export, so that nothing can be compared.",
        "It would be judged if copies of it by other accounts came into the data, with evidence that they were "
        "coordinated, or if its author were flagged for other comments and it carried the campaign's address.",
    ]
