"""HTML to what a reader sees."""

import html
import re
from html.parser import HTMLParser

_MAYBE_MARKUP = re.compile(r"[<&]")
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4"})
_UNSEEN = frozenset({"script", "style", "template", "title"})
_QUOTE = "quote-inline"
"""The address of a quoted post, for readers who are not shown the post itself."""

_MAX_CHARS = 1_000_000


class _Reader(HTMLParser):
    """Collects what is shown: text, line breaks, and the words that stand for pictures."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._unseen:
            self._depth += tag == self._unseen
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "img":
            self.parts.append(dict(attrs).get("alt") or "")
        elif tag in _UNSEEN or ("class", _QUOTE) in attrs:
            self._unseen, self._depth = tag, 1

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._depth -= tag == self._unseen
            if not self._depth:
                self._unseen = ""
        elif tag in _BREAKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def visible(markup: str) -> str:
    r"""Return the text of HTML as a reader sees it.

    Tags go, ``<br>`` and the ends of paragraphs become line feeds, entities their characters, pictures their `alt`
    (Weibo writes emoji so).

    Examples
    --------
    >>> visible('<p>Shame&nbsp;&amp; lies<br>again <img alt="[angry]" src="x"></p>')
    'Shame\xa0& lies\nagain [angry]'
    """
    if not _MAYBE_MARKUP.search(markup):
        return markup
    if "<" not in markup or len(markup) > _MAX_CHARS:
        return html.unescape(markup)
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts).strip("\n")
