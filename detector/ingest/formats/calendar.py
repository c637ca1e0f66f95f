"""Days and clocks that stand in columns of their own, and days written first."""

import re
from collections.abc import Sequence
from typing import Any

_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")
_ONLY_DAY = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}")
_DAY_FIRST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:,?\s+(.*))?")


def join_time(values: Sequence[Any], *, is_day_first: bool) -> Any:  # noqa: ANN401
    """Return one time of what a record says of its own: the first that is no clock alone, with a clock if it has none.

    Parameters
    ----------
    values
        What stands in the columns of times.
    is_day_first
        Whether a date like 02/01/2024 begins with the day; with dots, every one does.

    Examples
    --------
    >>> join_time(["2.1.2024", "10:30"], is_day_first=False)
    '2024-01-02 10:30'
    """
    time = next((value for value in values if not _CLOCK.fullmatch(str(value))), None)
    if not isinstance(time, str):
        return time
    if _ONLY_DAY.fullmatch(time.strip()):
        clock = next((str(value) for value in values if _CLOCK.fullmatch(str(value))), "")
        time = f"{time.strip()} {clock}".strip()
    match = _DAY_FIRST.fullmatch(time.strip())
    if match and (match[2] == "." or is_day_first):
        return f"{match[4]}-{match[3]:0>2}-{match[1]:0>2} {match[5] or ''}".strip()
    return time
