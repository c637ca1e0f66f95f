"""A scan as one page that needs no network and no script, and on which nothing from a comment can act."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from detector.report import words
from detector.report.cards import cards
from detector.report.escape import excerpt

CAMPAIGNS_WHOLE = 12
"""Campaigns shown with everything; the page must stay small enough to send by mail."""
CAMPAIGNS_PICTURED = 8
"""Campaigns shown with pictures, which take most of the time of a page."""
CAMPAIGNS_LISTED = 300
"""Further campaigns named in a table."""
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


def render(frames: Mapping[str, pl.DataFrame], run: Mapping[str, Any]) -> str:
    """Return `report.html`: a self-contained page of bounded size.

    Parameters
    ----------
    frames
        The published frames.
    run
        The content of `run.json`.

    Returns
    -------
    str
        The page; equal input gives an equal page. Text from the dump is trimmed, escaped and isolated, its links dead.
    """
    campaigns = frames["campaigns"]
    whole = campaigns.head(CAMPAIGNS_WHOLE).to_dicts()
    listed = campaigns.slice(CAMPAIGNS_WHOLE, CAMPAIGNS_LISTED).to_dicts()
    return environment().get_template("report.html.jinja").render(
        run=run,
        counts=run["counts"],
        cards=cards(whole, frames, CAMPAIGNS_PICTURED),
        listed=listed,
        n_unlisted=campaigns.height - len(whole) - len(listed),
        n_campaigns=campaigns.height,
    )  # fmt: skip


@cache
def environment() -> Environment:
    """Return the templates and what they may call; all that they set is escaped."""
    environment = Environment(
        loader=PackageLoader("detector.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "said": _said,
        "counted": words.counted,
        "number": lambda n: f"{n:,}",
        "bits": words.bits,
        "score": lambda score: "" if score is None else f"{score:.2f}",
        "moment": _moment,
        "reason_counts": words.reason_counts,
        "language_tag": _language_tag,
    }
    environment.globals |= {"words": words, "period": words.period}
    return environment


def _said(text: str | None, limit: int = 140) -> Markup:
    """Set text that a stranger may have written: visible, trimmed, dead, and isolated from the text around it."""
    return Markup('<bdi dir="auto">{}</bdi>').format(excerpt(text or "", limit))


def _moment(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time else ""


def _language_tag(language: str | None) -> str:
    """Return a tag that helps browsers choose a font; empty, which means unknown, for anything that is no tag."""
    language = {"han": "und-Hani", "latin": "und-Latn", "cyrillic": "und-Cyrl", "arabic": "und-Arab"}.get(
        language or "", language or ""
    )
    return language if _LANGUAGE_TAG.fullmatch(language) else ""
