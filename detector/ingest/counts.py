"""What became of every record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Counts:
    """What became of every record: a line of a file, or an item of an iterable or frame.

    `repaired` records are among those accepted or skipped. `unreadable_by_field` counts values that were there but
    could not be used, and became null. `noted` counts comments in which something is not what it seems: `hashed_names`
    and `masked_names` of authors and `share_texts` that a button wrote, which are left out, and `times_without_zone`.
    """

    records_read: int
    accepted: int
    skipped: int
    rejected: int
    blank: int
    repaired: int
    skipped_by_reason: Mapping[str, int] = field(default_factory=dict)
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)
    unreadable_by_field: Mapping[str, int] = field(default_factory=dict)
    noted: Mapping[str, int] = field(default_factory=dict)

    def check(self) -> "Counts":
        """Return itself if every record is accounted for.

        Raises
        ------
        AssertionError
            Records were lost or counted twice: a defect of this program.
        """
        assert self.records_read == self.accepted + self.skipped + self.rejected + self.blank, self
        assert self.skipped == sum(self.skipped_by_reason.values()), self
        assert self.rejected == sum(self.rejected_by_reason.values()), self
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return all counts as `run.json` keeps them."""
        return {
            "records_read": self.records_read,
            "accepted": self.accepted,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "blank": self.blank,
            "repaired": self.repaired,
            "skipped_by_reason": dict(sorted(self.skipped_by_reason.items())),
            "rejected_by_reason": dict(sorted(self.rejected_by_reason.items())),
            "unreadable_by_field": dict(sorted(self.unreadable_by_field.items())),
            "noted": dict(sorted(self.noted.items())),
        }
