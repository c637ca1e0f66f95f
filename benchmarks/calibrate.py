"""Fit the weights of evidence again: `make calibrate`, or one of its two steps.

`python -m benchmarks.calibrate measure` scans all labelled dumps and stores what was measured;
`python -m benchmarks.calibrate fit` makes `detector/judge/weights.json` and the figures of `docs/model-card.md` of it.
"""

import sys
from pathlib import Path

from benchmarks.calibration.card import CARD, write_card
from benchmarks.calibration.fit import fit_all, write_weights
from benchmarks.calibration.measure import Tables, measure_all

WEIGHTS = Path(__file__).parent.parent / "detector/judge/weights.json"


def main(steps: list[str]) -> None:
    """Run the steps named, both by default."""
    if not steps or "measure" in steps:
        measure_all().write()
    if not steps or "fit" in steps:
        fit = fit_all(Tables.read())
        WEIGHTS.write_bytes(write_weights(fit))
        CARD.write_text(write_card(fit), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
