"""Times as pages show them, reckoned from now: "2 days ago", "hace 3 semanas", "3周前"."""

import re
from typing import NamedTuple

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Span(NamedTuple):
    """How long ago something was, and how well that says when."""

    seconds: int
    precision: str


_UNITS = {
    word: unit
    for unit, words in {
        Span(1, "s"): "s sec secs second seconds seconde secondes segundo segundos sekunde sekunden 秒 秒钟 秒鐘",
        Span(MINUTE, "min"): "m min mins minute minutes minuto minutos minuten 分 分钟 分鐘",
        Span(HOUR, "hour"): "h hr hrs hour hours heure heures hora horas std stunde stunden 小时 小時",
        Span(DAY, "day"): "d day days j jour jours día días dia dias tag tage tagen 天 日",
        # Rounded down to whole weeks, which no precision of ours says: coarser then.
        Span(7 * DAY, "month"): "w wk wks week weeks sem semaine semaines semana semanas woche wochen 周 週 星期",
        Span(30 * DAY, "month"): "mo mos month months mois mes meses mês monat monate monaten 月",
        Span(365 * DAY, "year"): "y yr yrs year years a an ans année années año años ano anos jahr jahre jahren 年",
    }.items()
    for word in words.split()
}
_ONE = "an?|une?|una?|uma?|eine[mnr]?"
_SPAN = re.compile(
    rf"(?:(?:il y a|hace|há|vor) )?(?:(?P<n>[0-9]{{1,4}}) ?|(?:{_ONE}) )(?P<unit>[a-zà-ÿ]+)(?: ago| atrás)?"
    r"|(?:(?P<n_zh>[0-9]{1,4})|(?P<half>半)) ?[个個]?(?P<unit_zh>[^\W\d_]{1,2})前"
)
_ANYWHERE = re.compile(rf"(?:\d+|半|\b(?:{_ONE})\b)\s?[个個]?([^\W\d_]+)")
_TO_THE_SECOND = re.compile(r"\d:\d\d:\d\d")
_CLOCK = re.compile(r"\d:\d\d")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DAYS = re.compile(r"today|yesterday|aujourd'hui|hier|ayer|hoy|gestern|heute|hoje|ontem|昨天|今天|前天")
_MONTH_DAY = re.compile(r"\d\d?月\d\d?日?")
_NOW = re.compile(r"\bnow\b|刚刚|剛剛|à l'instant")
# What else stands around: "Streamed 2 days ago", "2 days ago (edited)".
_AROUND = re.compile(r"^(?:streamed|premiered|diffusé|直播于|直播於)\s?|\s?[(（].{1,16}[)）]$")
_MAX_CHARS = 64


def plain(text: str) -> str:
    """Return the words of a time without what stands around them, in lower case with single spaces."""
    return _AROUND.sub("", " ".join(text.lower().split()))


def is_now(words: str) -> bool:
    """Tell whether words of `plain` say that something was at the moment of reading."""
    return _NOW.fullmatch(words.removeprefix("just ")) is not None


def span_of(words: str) -> Span | None:
    """Read how long ago words of `plain` say that something was.

    Examples
    --------
    >>> span_of("an hour ago"), span_of("hace 3 días"), span_of("soon")
    (Span(seconds=3600, precision='hour'), Span(seconds=259200, precision='day'), None)
    """
    match = _SPAN.fullmatch(words)
    unit = _UNITS.get(match["unit"] or match["unit_zh"]) if match else None
    if match is None or unit is None:
        return None
    n = 0.5 if match["half"] else int(match["n"] or match["n_zh"] or 1)
    return Span(int(n * unit.seconds), unit.precision)


def precision_of(shown: object) -> str | None:
    """Tell how well a time is known that was shown so, wherever it was reckoned from.

    Times that a scraper has computed back from words look exact to the second and are known no better than these.

    Returns
    -------
    str or None
        One of `schema.PRECISIONS`, the coarsest for words of unknown languages; None for what is none: a
        number, a date in digits, a clock with seconds.

    Examples
    --------
    >>> [precision_of(shown) for shown in ("2 años", "Streamed 3 weeks ago", "il y a 4 h", "March 4 at 5:30 PM")]
    ['year', 'month', 'hour', 'min']
    """
    words = plain(shown[:_MAX_CHARS]) if isinstance(shown, str) else ""
    if not any(map(str.isalpha, words)) or _TO_THE_SECOND.search(words):
        return None
    if _CLOCK.search(words) or _NOW.search(words):
        return "min"
    if _YEAR.search(words) or _DAYS.search(words) or _MONTH_DAY.fullmatch(words):
        return "day"
    found = _ANYWHERE.search(words)
    unit = _UNITS.get(found[1].removesuffix("前")) if found else None
    return unit.precision if unit else "year"
