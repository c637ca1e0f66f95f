"""The techniques of the DISARM framework that a scan observes, and no other.

Observed is what the evidence itself says. Left out is whatever names an intent or an author (flooding, swarming,
harassment, inauthentic comments, automation): a person may add it. Left out too is T0049.004, the disguise of spam:
its name, "Utilise Spamoflauge", reads like that of a network, and nothing here says who is behind a campaign.
"""

from dataclasses import dataclass

VERSION = "1.7"
"""Of the framework. Later ones give the same numbers to other techniques: the version stands beside every number."""
VERSION_AT = "2026-01-21T00:00:00.000Z"
"""When that version came out."""
_PAGES = "https://github.com/DISARMFoundation/DISARMframeworks/blob/main/generated_pages/techniques"


@dataclass(frozen=True)
class Technique:
    """A technique, by number and name (CC BY-SA 4.0, the DISARM Foundation)."""

    id: str
    name: str

    @property
    def url(self) -> str:
        """The page of the technique."""
        return f"{_PAGES}/{self.id}.md"


BY_SIGNAL = {
    "copying": Technique("T0084.001", "Use Copypasta"),
    "creation_batch": Technique("T0150.008", "Bulk Created Asset"),
    "young_accounts": Technique("T0150.001", "Newly Created Asset"),
    "dormancy": Technique("T0150.002", "Dormant Asset"),
}
"""What a signal, where it speaks for a campaign, is an observation of."""
ACROSS_PLATFORMS = Technique("T0119.002", "Post across Platform")
