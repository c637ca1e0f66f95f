"""Pieces of a source to roots: the JSON objects and table rows that stand in it, each with its place."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from detector.config import IngestConfig
from detector.errors import RejectReason
from detector.ingest.decode import Refused, decode_value, is_cut
from detector.ingest.lines import HEAD_BYTES, Fault

_JSON_NAMES = {list: "array", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


@dataclass
class Roots:
    """Objects as they stand in a piece of a source: `values` with their lines and places.

    `repaired` holds positions among them. `faults` are what could not be read, and `n_blank` counts lines without
    anything.
    """

    values: list[Mapping[str, Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    repaired: set[int] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    n_blank: int = 0


def decode_roots(
    parts: Sequence[bytes],
    numbers: Sequence[int],
    offsets: Sequence[int],
    config: IngestConfig,
    *,
    wanted: Iterable[int] | None = None,
    max_bytes: int | None = None,
    is_open: bool = False,
) -> Roots:
    """Decode parts of JSON, each of which should be one object, or a list of them.

    Parameters
    ----------
    parts
        Lines or items.
    numbers, offsets
        Line and first byte of each.
    config
        Limit of depth.
    wanted
        Positions of those to decode; all by default.
    max_bytes
        Refuse longer ones; items have been looked at already, and pages may hold long ones.
    is_open
        Whether the last part ends where the source does, and may have been cut.

    Returns
    -------
    Roots
        Every wanted part as a value, a fault or blank.
    """
    roots = Roots()
    for i in range(len(parts)) if wanted is None else wanted:
        part = parts[i]
        if not part.strip(b" \t\r\n"):
            roots.n_blank += 1
            continue
        try:
            if max_bytes is not None and len(part) > max_bytes:
                raise Refused(RejectReason.LINE_TOO_LONG, f"longer than {max_bytes} bytes")
            value, is_repaired = decode_value(part, config)
            found = value if _is_list_of_objects(value) else [value]
            if not isinstance(found[0], dict):
                detail = f"a JSON {_JSON_NAMES[type(value)]}, not an object"
                raise Refused(RejectReason.NOT_AN_OBJECT, detail)
        except Refused as refusal:
            is_torn = is_open and i == len(parts) - 1 and is_cut(part)
            reason = RejectReason.TRUNCATED if is_torn else refusal.reason
            length = len(part) - part.endswith(b"\r")
            head = part[: min(length, HEAD_BYTES)]
            roots.faults.append(Fault(numbers[i], offsets[i], length, reason, refusal.detail, head))
            continue
        if is_repaired:
            roots.repaired.update(range(len(roots.values), len(roots.values) + len(found)))
        roots.values += found
        roots.numbers += [numbers[i]] * len(found)
        roots.places += [i] * len(found)
    return roots


def _is_list_of_objects(value: object) -> bool:
    """Tell whether a value is a page without a name, as when lists were put into one file."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
