"""How well a time is known that a scraper reckoned from what a page showed: "2 years ago" is no second."""

import re

_WORDS = {
    word: precision
    for precision, words in {
        "s": "s sec secs second seconds seconde secondes segundo segundos sekunde sekunden 秒",
        "min": "m min mins minute minutes minuto minutos minuten 分 分钟 分鐘",
        "hour": "h hr hrs hour hours heure heures hora horas std stunde stunden 小时 小時",
        "day": "d day days j jour jours día días dia dias tag tage tagen t 天 日",
        # Rounded down to whole weeks, which no precision of ours says: coarser then.
        "month": "w wk wks week weeks sem semaine semaines semana semanas woche wochen 周 週 星期 "
        "mo mos month months mois mes meses mês monat monate monaten 月",
    }.items()
    for word in words.split()
}
_AMOUNT = re.compile(r"(?:\d+|\b(?:an?|une?|una|eine[mr]?))[\s\u202f]*[个個]?([^\W\d_]+)")
_CLOCK = re.compile(r"\d:\d\d")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NOW = re.compile(r"now|刚刚|剛剛|à l'instant")
_DAYS = re.compile(r"today|yesterday|aujourd'hui|hier|ayer|gestern|昨天|今天")


def precision_of(shown: object) -> str | None:
    """Return the precision of a time that was shown so; None where nothing is known of how it was shown.

    Words of unknown languages are taken for the coarsest unit.

    Examples
    --------
    >>> [precision_of(shown) for shown in ("2 años", "3w", "5 d", "il y a 4 h", "10 mins", "March 4 at 5:30 PM")]
    ['year', 'month', 'day', 'hour', 'min', 'min']
    """
    if not isinstance(shown, str) or not shown.strip():
        return None
    text = shown.strip().lower()
    if _CLOCK.search(text) or _NOW.search(text):
        return "min"
    if _YEAR.search(text) or _DAYS.search(text):
        return "day"
    found = _AMOUNT.search(text)
    return _WORDS.get(found[1].removesuffix("前"), "year") if found else "year"
