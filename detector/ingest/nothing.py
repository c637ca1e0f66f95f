"""What to say, and what to do, where a source gave no comment at all."""

from detector.errors import RejectReason
from detector.ingest.excerpt import excerpt
from detector.ingest.read import Ingested

_NAMES_SHOWN = 12


def why_nothing(found: Ingested) -> str | None:
    """Return why a source gave no comment, and what to do; None if it gave some.

    Parameters
    ----------
    found
        What `read_comments` found.
    """
    counts = found.counts
    if counts.accepted:
        return None
    if not counts.records_read - counts.blank:
        return "a header without rows" if found.containers == ("table",) else "the source is empty"
    if counts.skipped:
        return "all that could be read are no comments to judge, as reposts, deleted ones and empty texts"
    if found.unknown_names and RejectReason.NO_TEXT_FIELD in counts.rejected_by_reason:
        names = ", ".join(f"`{excerpt(name.encode())}`" for name in found.unknown_names[:_NAMES_SHOWN])
        n_more = len(found.unknown_names) - _NAMES_SHOWN
        names += f" and {n_more} more" if n_more > 0 else ""
        return (
            f"no field is known to hold the text; found are {names}: name it with --map FILE.toml, in which stands "
            'text = "FIELD"'
        )
    if counts.rejected == counts.rejected_by_reason.get(RejectReason.INVALID_JSON):
        return "neither JSON nor a table with a header: export the comments as CSV, JSON or JSON Lines"
    return None
