"""Times as exports write them, to UTC microseconds with the precision that the writing has.

A time outside 1990 to 2099 is no time of a comment (year 1, the epoch and the like stand for "unknown"): it becomes
null.
"""

import re
from datetime import UTC, datetime, timedelta

from detector.ingest.shown_times import is_now, plain, span_of

SECOND = 1_000_000
EARLIEST = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()) * SECOND
LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * SECOND
_EPOCH = datetime(1970, 1, 1)
_MAX_CHARS = 64

_ZONE = r"(?P<zone>[zZ]|[A-Z]{2,4}|[+-]\d\d:?\d\d|[+-]\d\d)"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# Forms with a year, most frequent first.
_DATES = tuple(
    re.compile(pattern, re.ASCII)  # the digits of other scripts are not read
    for pattern in (
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)(?:[Tt\s]{_CLOCK}\s?{_ZONE}?)?",
        rf"(?:[A-Z][a-z][a-z] )?(?P<name>[A-Z][a-z][a-z]) +(?P<day>\d\d?) {_CLOCK} {_ZONE} (?P<year>\d{{4}})",
        rf"(?:[A-Z][a-z][a-z], )?(?P<day>\d\d?) (?P<name>[A-Z][a-z][a-z]) (?P<year>\d{{4}}) {_CLOCK}(?: {_ZONE})?",
        rf"(?P<year>\d{{4}})年(?P<month>\d\d?)月(?P<day>\d\d?)日(?:\s?{_CLOCK})?",
        rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)[Tt ](?P<hour>\d\d)\s?{_ZONE}?",
        r"(?P<year>\d{4})[-/](?P<month>\d\d?)",
        r"(?P<year>\d{4})年(?P<month>\d\d?)月",
        r"(?P<year>\d{4})年?",
    )
)
_EPOCH_NUMBER = re.compile(r"\d{9,17}(?:\.\d{1,9})?|\d\.\d{1,16}[eE]\+?\d\d", re.ASCII)

# Forms that need the time of capture, beside spans.
_DAYS_BACK = {"今天": 0, "today": 0, "aujourd'hui": 0, "昨天": 1, "yesterday": 1, "hier": 1, "前天": 2}
_DAY_CLOCK = re.compile(rf"(?P<word>{'|'.join(_DAYS_BACK)})(?:,?\s?(?:at |à )?{_CLOCK})?", re.ASCII)
_MONTH_DAY = re.compile(rf"(?P<month>\d\d?)(?:月|-)(?P<day>\d\d?)日?(?:\s?{_CLOCK})?", re.ASCII)

# Hours east of UTC, as RFC 2822 has them where a name has several meanings: CST is Chicago, not Beijing.
_ZONES_H = {"Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6}
_ZONES_H |= {"PST": -8, "PDT": -7, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "HKT": 8, "JST": 9}


def parse_time(text: str, collected_us: int | None = None, utc_offset_min: int = 0) -> tuple[int, str] | None:
    """Read one time.

    Parameters
    ----------
    text
        ISO 8601 and its variants, X's and RFC 2822's dates, Unix time (s, ms or µs), dates in Chinese, or a relative
        time as `shown_times` knows them.
    collected_us
        When the record was captured, µs since 1970 UTC; without it a relative time has no meaning.
    utc_offset_min
        Minutes east of UTC of a time that names no zone.

    Returns
    -------
    tuple of (int, str) or None
        µs since 1970 UTC and one of `schema.PRECISIONS`; None for what is no time of a comment.

    Examples
    --------
    >>> parse_time("Wed Oct 10 20:19:24 +0000 2018")
    (1539202764000000, 's')
    >>> parse_time("2 days ago (edited)", collected_us=1539202764000000)
    (1539029964000000, 'day')
    """
    text = text.strip()
    if not text or len(text) > _MAX_CHARS:
        return None
    try:
        found = _absolute(text, utc_offset_min)
        if found is None and collected_us is not None:
            found = _relative(text, collected_us, utc_offset_min)
    except (ValueError, OverflowError):  # 30 February, second 60, year 0
        return None
    return found if found is not None and EARLIEST <= found[0] < LATEST else None


def _absolute(text: str, utc_offset_min: int) -> tuple[int, str] | None:
    if _EPOCH_NUMBER.fullmatch(text):
        return _from_epoch(float(text) if "." in text or "e" in text.lower() else int(text))
    for form in _DATES:
        if match := form.fullmatch(text):
            return _from_parts(match.groupdict(), utc_offset_min)
    return None


def _from_epoch(value: int | float) -> tuple[int, str] | None:
    """Take a number for seconds, milliseconds or microseconds, whichever gives a year that comments have."""
    for scale in (SECOND, 1_000, 1):
        micros = value * scale if isinstance(value, int) else round(value * scale)
        if EARLIEST <= micros < LATEST:
            return micros, "us" if micros % SECOND else "s"
    return None


def _from_parts(parts: dict[str, str | None], utc_offset_min: int) -> tuple[int, str] | None:
    month = _MONTH_NAMES.index(name.lower()) + 1 if (name := parts.get("name")) else int(parts.get("month") or 1)
    hour, minute, second = (int(parts.get(unit) or 0) for unit in ("hour", "minute", "second"))
    moment = datetime(int(parts["year"] or 0), month, int(parts.get("day") or 1), hour, minute, second)
    offset_min = _offset_min(parts.get("zone"), utc_offset_min)
    if offset_min is None:
        return None
    fraction = int((parts.get("fraction") or "").ljust(6, "0")[:6])
    micros = (moment - _EPOCH) // timedelta(microseconds=1) + fraction - offset_min * 60 * SECOND
    finest = next(
        (
            unit
            for unit in ("second", "minute", "hour", "day", "month")
            if parts.get(unit) or (unit == "month" and name)
        ),
        "year",
    )
    return micros, "us" if fraction else {"second": "s", "minute": "min"}.get(finest, finest)


def _offset_min(zone: str | None, default: int) -> int | None:
    if not zone:
        return default
    if zone[0] not in "+-":
        hours = _ZONES_H.get(zone.upper())
        return None if hours is None else hours * 60
    ahead, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if ahead > 23 or minutes > 59:
        return None
    return (ahead * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def _relative(text: str, collected_us: int, utc_offset_min: int) -> tuple[int, str] | None:
    text = plain(text)
    if is_now(text):
        return collected_us, "min"
    if span := span_of(text):
        return collected_us - span.seconds * SECOND, span.precision
    local = _EPOCH + timedelta(microseconds=collected_us, minutes=utc_offset_min)
    if match := _DAY_CLOCK.fullmatch(text):
        day = local - timedelta(days=_DAYS_BACK[match["word"]])
        parts = match.groupdict() | {"year": str(day.year), "month": str(day.month), "day": str(day.day)}
        return _from_parts(parts, utc_offset_min)
    if match := _MONTH_DAY.fullmatch(text):
        found = _from_parts(match.groupdict() | {"year": str(local.year)}, utc_offset_min)
        if found is not None and found[0] > collected_us + 86_400 * SECOND:
            found = _from_parts(match.groupdict() | {"year": str(local.year - 1)}, utc_offset_min)
        return found
    return None
