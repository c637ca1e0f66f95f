"""How a table is written: what stands between its cells, around them, and for its characters."""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence

from detector.ingest.tables import Dialect

_DELIMITERS = ",;\t|"
_NO_DELIMITER = "\x1f"
_MAX_NAME_CHARS = 100
_SHARE_MIN = 0.6
_ONLY_COLUMNS = frozenset(("text", "body", "comment", "comment_text", "content", "message", "tweet", "full_text"))

_SEPARATOR = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
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
    best: tuple[tuple[float, int], Dialect] | None = None
    for dialect in _candidates(delimiters, "\n".join(rest), encoding, n_preamble):
        fit = _fit(dialect, rest)
        if fit is not None and (best is None or fit > best[0]):
            best = fit, dialect
    return best[1] if best else _one_column(rest, encoding, n_preamble)


def _candidates(delimiters: str, text: str, encoding: str, n_preamble: int) -> Iterator[Dialect]:
    """Yield ways to write a table, the likelier ones first: a later one must do better."""
    for delimiter in delimiters:
        if delimiter not in text:
            continue
        escaped = Dialect(delimiter, escape="\\", encoding=encoding, n_preamble=n_preamble)
        # Where quotes are doubled, a quote behind a backslash ends the cell or is followed by another.
        is_escaped = re.search(rf'\\"[^"\n{re.escape(delimiter)}]', text) is not None
        doubled = Dialect(delimiter, encoding=encoding, n_preamble=n_preamble)
        yield from (escaped, doubled) if is_escaped else (doubled,)
        if delimiter != ",":
            yield Dialect(delimiter, quote=None, encoding=encoding, n_preamble=n_preamble)


def _fit(dialect: Dialect, texts: Sequence[str]) -> tuple[float, int] | None:
    """Return the share of rows with as many cells as the header, and how many; None if that is no table."""
    rows = _rows(dialect, texts)
    if not rows or len(rows[0]) < 2 or not _are_names(rows[0]):
        return None
    header, others = rows[0], rows[1:]
    if not others:
        return (1.0, len(header)) if all(name == name.strip() for name in header) else None
    share = sum(len(row) == len(header) for row in others) / len(others)
    return (share, len(header)) if share >= _SHARE_MIN else None


def _rows(dialect: Dialect, texts: Sequence[str]) -> list[list[str]]:
    """Return the rows of a sample that are not blank, without one that its end has cut."""
    rows: list[list[str]] = []
    reader = dialect.reader([*(f"{text}\n" for text in texts), ""])
    try:
        for row in reader:
            if reader.line_num > len(texts):
                break
            rows.append(row)
    except csv.Error:
        pass
    return [row for row in rows if any(cell.strip() for cell in row)]


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


def _one_column(texts: Sequence[str], encoding: str, n_preamble: int) -> Dialect | None:
    """Return the dialect of a table that has texts and nothing else."""
    header = next((text for text in texts if text.strip()), "").lstrip("\ufeff").strip().strip('"').casefold()
    if header not in _ONLY_COLUMNS:
        return None
    quoted = Dialect(encoding=encoding, n_preamble=n_preamble)
    rows = _rows(quoted, texts)
    if all(len(row) == 1 for row in rows):
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
    for encoding in ("gb18030", "cp1252") if is_paired else ("cp1252",):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "utf-8"
