"""How much each kind of evidence weighs: fitted on labelled data, or the plain bounds of before any fit.

The fitted weights are a file to read, `weights.json`; `docs/model-card.md` says what they were fitted on and how well
they hold. They decide how much a fact adds to a score inside its tier, and never which tier it is.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

UNFITTED = "unfitted"
FITTED = "fitted"


@dataclass(frozen=True)
class SignalWeight:
    """What a signal of a candidate weighs.

    Attributes
    ----------
    per_bit
        Bits for each bit of the bound of its q value, 0-1: no fact weighs more than its q value can be worth.
    cap
        The bound counts up to so many bits.
    against
        Bits, 0 or less, where the test had its chance and saw nothing.
    """

    per_bit: float
    cap: float
    against: float


@dataclass(frozen=True)
class Weights:
    """A set of weights by name; what it does not name keeps the unfitted rule."""

    name: str
    digest: str = ""
    copying: float = 1.0
    """Bits of the copying itself. Every candidate copies, so that no fit can tell it: it is stated."""
    signals: Mapping[str, SignalWeight] = field(default_factory=dict)
    accounts: Mapping[str, float] = field(default_factory=dict)

    def of_signal(self, signal: str, unfitted: SignalWeight) -> SignalWeight:
        """Return what a signal of a candidate weighs."""
        return self.signals.get(signal, unfitted)

    def of_account(self, signal: str, unfitted: float) -> float:
        """Return what one unit of a fact about an account weighs, in bits."""
        return self.accounts.get(signal, unfitted)

    def to_run(self) -> dict[str, str | None]:
        """Return what `run.json` says of the weights used."""
        return {"name": self.name, "digest": self.digest or None}


@cache
def load_weights(name: str) -> Weights:
    """Return the weights called `fitted` or `unfitted`."""
    if name == UNFITTED:
        return Weights(UNFITTED)
    return read_weights((files("detector.judge") / "weights.json").read_bytes())


def read_weights(data: bytes) -> Weights:
    """Read weights from the bytes of a `weights.json`."""
    tree: dict[str, Any] = msgspec.json.decode(data)
    return Weights(
        FITTED,
        digest=hashlib.blake2b(data, digest_size=8).hexdigest(),
        copying=tree["candidate"]["copying"],
        signals=msgspec.convert(tree["candidate"]["signals"], dict[str, SignalWeight]),
        accounts=msgspec.convert(tree["account"]["weights"] | tree["account"]["stated"], dict[str, float]),
    )
