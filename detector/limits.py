"""What in a dump itself limits what can be found in it, in plain sentences."""

import polars as pl

from detector.evidence import Measured
from detector.ingest.formats.registry import format_called
from detector.ingest.read import Ingested
from detector.report.words import counted
from detector.text import Clustered

_ONE_TEXT_SHARE = 0.9
_ONE_TEXT_COMMENTS = 20


_NOTED = {
    "hashed_names": "Hashes stand in place of handles or names in {}: no shape of a handle is looked at there.",
    "masked_names": "Names are masked by stars in {}: they tell nobody from anybody.",
    "share_texts": "The words of a share button, in {}, count as shares of their link only.",
    "times_without_zone": "Times without a zone, in {}, are taken for UTC; --assume-tz says otherwise.",
}


def find_reading_limits(ingested: Ingested) -> list[str]:
    """Warn of what in an export is not what it seems, and of what its formats never hold."""
    noted = [_NOTED[name].format(counted(n, "comment")) for name, n in ingested.counts.noted.items()]
    return noted + [note for name in ingested.formats for note in format_called(name).notes]


def find_limits(comments: pl.DataFrame, clustered: Clustered, measured: Measured) -> list[str]:
    """Warn of live chats, of a dump that is all one text, and of times without a clock."""
    warnings = []
    if chats := measured.live_chats:
        n, gap_s = chats[0]
        pace = f"one every {max(gap_s, 1):.0f} s" if gap_s >= 1 else "several a second"
        which = "1 thread looks like a live chat" if len(chats) == 1 else f"{len(chats):,} threads look like live chats"
        largest = "" if len(chats) == 1 else "the largest: "
        warnings.append(
            f"{which} ({largest}{n:,} comments, {pace}): closeness in time and meeting again were not tested there."
        )
    sizes = clustered.members.group_by("cluster_id").len()["len"].to_list()
    share = max(sizes, default=0) / comments.height
    if share >= _ONE_TEXT_SHARE and comments.height >= _ONE_TEXT_COMMENTS:
        warnings.append(
            f"{share:.0%} of the comments are near copies of one text: there is hardly any other traffic to compare "
            "them with, so that little can be told from chance."
        )
    if measured.precision_s >= 3_600:
        unit = {3_600: "hour", 86_400: "day"}.get(measured.precision_s, "month")
        warnings.append(
            f"Times are known to the {unit} at best: copies that follow each other within minutes cannot be told from "
            "others."
        )
    return warnings
