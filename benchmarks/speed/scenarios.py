"""What is measured: scenarios with permanent ids."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.speed import cores, coshare, hostile, reading, scans
from benchmarks.speed.outcome import Effort, Outcome
from benchmarks.speed.volume import PART


@dataclass(frozen=True)
class Scenario:
    """A measurement with a permanent id, and the table that it stands in."""

    id: str
    question: str
    measure: Callable[[Effort], Outcome]
    table: str = "speed"
    only_full: bool = False


SCENARIOS = (
    Scenario("scan-1k", "1,000 comments, cold", scans.cold),
    Scenario("scan-1m", "1,000,000 comments", scans.beside_reading),
    Scenario("scan-10m", "10,000,000 comments", scans.growth(10 * PART), only_full=True),
    Scenario("scan-30m", "30,000,000 comments", scans.growth(30 * PART), only_full=True),
    Scenario("read-canonical", "reading 200,000 canonical lines", reading.beside_decoding("canonical"), "reading"),
    Scenario("read-x-v2", "reading 50,000 posts of X's API", reading.beside_decoding("x-v2"), "reading"),
    Scenario("core-1m", "near copies among 1,000,000 texts of about 83 characters", cores.beside_others),
    Scenario("coshare-1m", "copies in step among 1,000,000 comments", coshare.beside_toolkit),
    Scenario("hostile-same-1m", "1,000,000 identical comments", scans.under_attack(hostile.same, PART)),
    Scenario("hostile-band-100k", "100,000 strangers in one bucket", scans.under_attack(hostile.band, 100_000)),
    Scenario("hostile-chains-100k", "100,000 texts in chains of 12", scans.under_attack(hostile.chained, 100_000)),
    Scenario(
        "hostile-long", "1,000 comments and one of 10 MB", scans.under_attack(hostile.long, 1_000, n_benign=45_000)
    ),
    Scenario("quality-20k", "near copies of every similarity among 20,000 texts", cores.quality, "quality"),
    Scenario("profile-100k", "100,000 comments", scans.profile(100_000), "profile"),
    Scenario("profile-1m", "1,000,000 comments", scans.profile(PART), "profile"),
    Scenario("profile-10m", "10,000,000 comments", scans.profile(10 * PART), "profile", only_full=True),
)
