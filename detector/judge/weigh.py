"""How much a measured fact weighs, in bits, and what kind of statement it supports."""

from dataclasses import dataclass

import polars as pl

from detector.judge.weights import SignalWeight, Weights


@dataclass(frozen=True)
class Signal:
    """A signal: its kind, its cap in bits, and the least effect that counts whatever its p value."""

    name: str
    kind: str
    """copying, coordination or inauthenticity."""
    cap_bits: float
    observed_min: float = 0.0
    excess_min: float = 1.0
    """The observed must be at least so many times the expected."""
    q_max: float = 1.0
    """A sign that is easily had in good faith must be surer than others."""
    is_weak: bool = False
    """A weak signal adds to a score inside a tier, and never moves one across."""


SIGNALS = {
    signal.name: signal
    for signal in (
        Signal("synchrony", "coordination", cap_bits=8.0, observed_min=2.0, excess_min=2.0),
        Signal("company", "coordination", cap_bits=12.0, observed_min=3.0, excess_min=2.0),
        Signal("linked_accounts", "coordination", cap_bits=12.0, observed_min=3.0, excess_min=0.0),
        # What speaks of addresses alone weighs half of what speaks of texts, and is low at most.
        Signal("shared_addresses", "coordination", cap_bits=6.0, observed_min=5.0, excess_min=3.0),
        Signal("fan_out", "coordination", cap_bits=6.0, observed_min=5.0, excess_min=2.0),
        Signal("creation_batch", "inauthenticity", cap_bits=12.0, observed_min=4.0, excess_min=3.0),
        # Order and ticket numbers come in a few forms: fewer than five ways to differ say nothing.
        Signal("disguise", "inauthenticity", cap_bits=10.0, observed_min=5.0, excess_min=2.0),
        # A form letter to every member reaches every member: this adds, and moves no tier.
        Signal("spread", "coordination", cap_bits=6.0, observed_min=4.0, excess_min=1.25),
        # People come back for an election: several accounts, and many times what is usual at the same targets.
        Signal("dormancy", "inauthenticity", cap_bits=10.0, observed_min=5.0, excess_min=3.0, q_max=1e-4),
        Signal("duplicate_profiles", "inauthenticity", cap_bits=10.0, observed_min=3.0, excess_min=3.0),
        # Names repeat inside a community far more than in a dump as a whole: doubling alone says little.
        Signal("same_name", "inauthenticity", cap_bits=1.0, observed_min=3.0, excess_min=3.0, is_weak=True),
        Signal("handle_shape", "inauthenticity", cap_bits=1.0, excess_min=1.5, is_weak=True),
        Signal("young_accounts", "inauthenticity", cap_bits=1.0, excess_min=1.5, is_weak=True),
        Signal("silent_accounts", "inauthenticity", cap_bits=1.0, excess_min=1.5, is_weak=True),
        Signal("serial_numbers", "inauthenticity", cap_bits=1.0, observed_min=4.0, excess_min=2.0, is_weak=True),
    )
}
ABOUT_ACCOUNTS = ("creation_batch", "dormancy", "duplicate_profiles")
"""Signals about the accounts themselves: without one of them nothing is high."""

DECLARED_BITS = -8.0
"""What the user's word that a text is innocent weighs."""
_ORDINARY_P = 0.2
_ORDINARY_BITS = {"company": -2.0, "creation_batch": -2.0, "synchrony": -1.0}


def unfitted(signal: Signal) -> SignalWeight:
    """Return what a signal weighs before any fit: its bound whole, and a small fixed weight where it saw nothing."""
    return SignalWeight(per_bit=1.0, cap=signal.cap_bits, against=_ORDINARY_BITS.get(signal.name, 0.0))


def weigh(tests: pl.DataFrame, q_max: float, weights: Weights) -> pl.DataFrame:
    """Add `is_found`, `is_ordinary` and `weight` (bits) to the facts in TESTS.

    Notes
    -----
    The weight of a fact found is a share of the most that its q value can be worth as a Bayes factor, -log2(-e q ln q)
    (Sellke, Bayarri, Berger 2001), up to the signal's cap. A test that had its chance and saw nothing speaks a little
    against. What could not be tested weighs nothing.
    """
    chosen = [weights.of_signal(name, unfitted(signal)) for name, signal in SIGNALS.items()]
    columns = pl.DataFrame(
        {
            "signal": list(SIGNALS),
            "kind": [signal.kind for signal in SIGNALS.values()],
            "cap": [weight.cap for weight in chosen],
            "per_bit": [weight.per_bit for weight in chosen],
            "ordinary": [weight.against for weight in chosen],
            "observed_min": [signal.observed_min for signal in SIGNALS.values()],
            "excess_min": [signal.excess_min for signal in SIGNALS.values()],
            "surely": [signal.q_max for signal in SIGNALS.values()],
            "is_weak": [signal.is_weak for signal in SIGNALS.values()],
        }
    )
    q = pl.col("q").clip(1e-300, 1.0)
    bits = pl.col("per_bit") * pl.min_horizontal("cap", -(-(q * q.log()) * 2.718281828459045).log(2))
    return (
        tests.join(columns, on="signal", how="left", maintain_order="left")
        .with_columns(
            is_found=(
                (pl.col("q") <= pl.min_horizontal("surely", pl.lit(q_max)))
                & (pl.col("observed") >= pl.col("observed_min"))
                & (pl.col("observed") >= pl.col("excess_min") * pl.col("expected"))
            ).fill_null(False),
            is_ordinary=(pl.col("p") > _ORDINARY_P).fill_null(False),
        )
        .with_columns(
            weight=pl.when("is_found").then(bits).when("is_ordinary").then("ordinary").otherwise(0.0).round(3)
        )
        .drop("surely", "cap", "per_bit", "observed_min", "excess_min", "ordinary")
    )
