"""Files that are told by their first bytes and not read here: what they are, and what to do with them."""

import re

_AS_TABLE = "save or export the comments as CSV (UTF-8) or JSON"

_STARTS = {
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"PK\x05\x06": "an empty zip archive",
    b"PAR1": "a Parquet file: give the path of the file itself, unpacked, not through a pipe",
    b"SQLite format 3": "an SQLite database: export its table of comments, as by "
    "`sqlite3 -header -csv FILE 'select * from TABLE'`",
    b"%PDF": f"a PDF document: {_AS_TABLE}",
    b"\xd0\xcf\x11\xe0": f"an Office document (perhaps an old Excel workbook): {_AS_TABLE}",
    b"{\\rtf": f"an RTF document: {_AS_TABLE}",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"Rar!": "a rar archive: unpack it first",
    b"\x1f\x8b": "compressed twice: decompress it once",
    b"\x89PNG": "a picture: no comments are read from it",
    b"\xff\xd8\xff": "a picture: no comments are read from it",
}
_TAR_PLACE = slice(257, 262)
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.{0,200}-->\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\b")

LOOKED_AT_BYTES = 512


def what_is(head: bytes) -> str | None:
    """Return what a file is, and what to do with it; None if it may hold records.

    Parameters
    ----------
    head
        Its first `LOOKED_AT_BYTES`, or all of it.
    """
    known = next((what for start, what in _STARTS.items() if head.startswith(start)), None)
    if known:
        return known
    if head[_TAR_PLACE] == b"ustar":
        return "a tar archive: unpack it first"
    if _HTML.match(head):
        return "a web page (HTML): ask for the export as JSON or CSV instead"
    if _XML.match(head):
        return f"an XML document: {_AS_TABLE}"
    return None


def what_document(names: list[str]) -> str | None:
    """Return what a zip archive is that is a document of an office program, by the names of its members."""
    if "[Content_Types].xml" in names:
        if any(name.startswith("xl/") for name in names):
            return "an Excel workbook: save its sheet as CSV (UTF-8)"
        return f"an Office document: {_AS_TABLE}"
    if "mimetype" in names and "content.xml" in names:
        return f"an OpenDocument file: {_AS_TABLE}"
    return None
