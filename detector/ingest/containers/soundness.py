"""Whether bytes are JSON, the beginning of some, or broken; and where the next value begins behind a broken one."""

import re

import msgspec

from detector.errors import RejectReason

_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_FIRST_KEY = re.compile(rb'\s*\{\s*("(?:[^"\\\n]|\\.){0,200}"\s*:)')


def problem_of(value: bytes) -> RejectReason | None:
    """Return why bytes are not one JSON value; bytes that are no UTF-8, and lone surrogates, are no problem here."""
    try:
        msgspec.json.decode(value, type=msgspec.Raw)
    except RecursionError:
        return RejectReason.TOO_DEEP
    except msgspec.DecodeError:
        if _LONE_SURROGATE.search(value):
            return problem_of(_LONE_SURROGATE.sub(rb"\\ufffd", value))
        return RejectReason.INVALID_JSON
    return None


def is_json(value: bytes) -> bool:
    """Tell whether bytes are one JSON value."""
    return problem_of(value) is None


def is_broken(data: bytes) -> bool:
    """Tell whether bytes are no JSON, and no beginning of any."""
    try:
        msgspec.json.decode(_LONE_SURROGATE.sub(rb"\\ufffd", data), type=msgspec.Raw)
    except msgspec.DecodeError as error:
        return "truncated" not in str(error)
    except RecursionError:
        return False
    return False


def find_beginnings(data: bytes, *, in_list: bool) -> list[tuple[int, int]]:
    """Return where a broken object probably ends, and the next begins: with the same key, behind a comma or a line."""
    first = _FIRST_KEY.match(data)
    if first is None:
        return []
    between = rb",\s*" if in_list else rb"\n"
    cuts = re.finditer(between + rb"(\{\s*" + re.escape(first[1]) + rb")", memoryview(data)[first.end() :])
    return [(cut.start() + first.end(), cut.start(1) + first.end()) for cut in cuts]
