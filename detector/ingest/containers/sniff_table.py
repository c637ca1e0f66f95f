"""How a table is written: what stands between its cells, around them, and for its characters."""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from detector.ingest.containers.dialect import Dialect
from detector.ingest.containers.tables import try_rows

_DELIMITERS = ",;\t|"
_NO_DELIMITER = "\x1f"
_MAX_NAME_CHARS = 200
_MAX_TITLE_LINES = 20
_SHARE_MIN = 0.6
_TEXT_COLUMNS = frozenset(
    ("text", "body", "comment", "comment_text", "commenttext", "content", "message", "tweet", "tweet_text", "full_text",
     "textoriginal", "text_original", "评论", "评论内容", "内容", "正文", "微博正文")
)  # fmt: skip

_SEPARATOR = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
_COMMON = "的是不我一有了人在，。"
"""Characters that no text of some length is without: bytes that are read in another code do not give them."""
_NUMBER = re.compile(r"[-+]?[\d.,:/ -]+")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")


def find_dialect(lines: Sequence[bytes]) -> Dialect | None:
    """Find out how a table is written.

    Parameters
    ----------
    lines
        Its first ones.

    Returns
    -------
    Dialect or None
        None if this is no table: a first row of names, and most others with as many cells.
    """
    encoding = _encoding(b"\n".join(lines))
    texts = [line.decode(encoding, "replace").rstrip("\r").replace("\r", " ") for line in lines]
    n_blank = next((i for i, text in enumerate(texts) if text.strip("\ufeff \t")), len(texts))
    separator = _SEPARATOR.fullmatch(texts[n_blank]) if n_blank < len(texts) else None
    n_preamble = n_blank + 1 if separator else 0
    rest = texts[n_preamble:]
    delimiters = separator[1] if separator else _DELIMITERS
    return (
        _best(delimiters, rest, encoding, n_preamble)
        or _one_column(rest, encoding, n_preamble)
        or _below_title(delimiters, rest, encoding, n_preamble)
    )


def _best(delimiters: str, texts: Sequence[str], encoding: str, n_preamble: int) -> Dialect | None:
    best: tuple[_Fit, Dialect] | None = None
    for dialect in _candidates(delimiters, "\n".join(texts), encoding, n_preamble):
        fit = _fit(dialect, texts)
        if fit is not None and (best is None or fit > best[0]):
            best = fit, dialect
    return best[1] if best else None


def _below_title(delimiters: str, texts: Sequence[str], encoding: str, n_preamble: int) -> Dialect | None:
    """Return the dialect of a table below some lines that say what it is: its header names a text."""
    for n_title, text in enumerate(texts[1:_MAX_TITLE_LINES], 1):
        names = (_plain(name) for name in re.split(f"[{re.escape(delimiters)}]", text))
        if _TEXT_COLUMNS.isdisjoint(names):
            continue
        if dialect := _best(delimiters, texts[n_title:], encoding, n_preamble + n_title):
            return dialect
    return None


def _candidates(delimiters: str, text: str, encoding: str, n_preamble: int) -> Iterator[Dialect]:
    """Yield ways to write a table, the likelier ones first: a later one must do better."""
    for delimiter in delimiters:
        if delimiter not in text:
            continue
        escaped = Dialect(delimiter, escape="\\", encoding=encoding, n_preamble=n_preamble)
        # Where quotes are doubled, a quote behind a backslash ends the cell or is followed by another.
        is_escaped = re.search(rf'\\"[^"\n{re.escape(delimiter)}]', text) is not None
        doubled = Dialect(delimiter, encoding=encoding, n_preamble=n_preamble)
        ways = (escaped, doubled) if is_escaped else (doubled,)
        if re.search(rf'{re.escape(delimiter)} +"', text):
            spaced = replace(doubled, skips_space=True)
            ways = (spaced, *ways) if f"{delimiter} " in text.partition("\n")[0] else (*ways, spaced)
        yield from ways
        if delimiter != ",":
            yield Dialect(delimiter, quote=None, encoding=encoding, n_preamble=n_preamble)


_Fit = tuple[float, bool, int]
"""Share of rows with as many cells as the header, whether the last row ends, and how many cells."""


def _fit(dialect: Dialect, texts: Sequence[str]) -> _Fit | None:
    """Return how well a dialect fits; None if that is no table."""
    header, n_rows, n_spoilt, is_closed = try_rows(texts, dialect)
    if len(header) < 2 or not _are_names(header):
        return None
    has_text = any(_plain(name) in _TEXT_COLUMNS for name in header)
    if dialect.skips_space and not has_text:
        return None  # values with commas between them are no table yet
    if not n_rows + n_spoilt:
        return (1.0, is_closed, len(header)) if all(name == name.strip() for name in header) else None
    share = n_rows / (n_rows + n_spoilt)
    return (share, is_closed, len(header)) if has_text or share >= _SHARE_MIN else None


def _are_names(cells: Sequence[str]) -> bool:
    """Tell whether the cells of a first row can be the names of columns."""
    names = [cell.lstrip("\ufeff").strip() for cell in cells]
    given = [name for name in names if name]
    return (
        len(given) >= max(2, len(names) - 1)
        and len(set(given)) >= len(given) - 1
        and all(len(name) <= _MAX_NAME_CHARS and name.isprintable() and name[0] not in "{[<" for name in given)
        and sum(_NUMBER.fullmatch(name) is not None for name in given) * 2 < len(given)
    )


def _plain(name: str) -> str:
    return name.lstrip("\ufeff").strip().strip('"').casefold()


def _one_column(texts: Sequence[str], encoding: str, n_preamble: int) -> Dialect | None:
    """Return the dialect of a table that has texts and nothing else."""
    if _plain(next((text for text in texts if text.strip()), "")) not in _TEXT_COLUMNS:
        return None
    quoted = Dialect(encoding=encoding, n_preamble=n_preamble)
    _, _, n_spoilt, is_closed = try_rows(texts, quoted)
    if is_closed and not n_spoilt:
        return quoted
    return Dialect(_NO_DELIMITER, encoding=encoding, n_preamble=n_preamble)


def _encoding(data: bytes) -> str:
    """Tell UTF-8, also with some bytes that are none, from GB 18030 and Windows-1252."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        n_spoilt = text.count("\ufffd")
        if sum(character > "\x7f" for character in text) - n_spoilt > n_spoilt:
            return "utf-8"
    else:
        return "utf-8"
    runs = [len(run) for run in _HIGH_BYTES.findall(data)]
    # Letters with accents stand alone among others, the bytes of Chinese characters come in pairs.
    is_paired = sum(length for length in runs if length > 1) > 0.8 * sum(runs)
    # Small Cyrillic letters are all above, bytes of Chinese characters anywhere.
    is_cyrillic = is_paired and sum(byte >= 0xE0 for byte in data) > 0.75 * sum(runs)
    found = {}
    for encoding in ("cp1251",) if is_cyrillic else ("gb18030", "cp950") if is_paired else ():
        try:
            found[encoding] = data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return max(found, key=lambda encoding: sum(map(found[encoding].count, _COMMON)), default=_western(data))


def _western(data: bytes) -> str:
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return "utf-8"
    return "cp1252"
