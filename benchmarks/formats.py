"""The table of input formats: what is recognised, what is read, what survives `detector convert`.

``python -m benchmarks.formats`` writes it into `docs/formats.md` and `benchmarks/results/formats.md`.
"""

import tempfile
from pathlib import Path

from benchmarks.publish import RESULTS, ROOT
from detector.ingest.convert import write_comments
from detector.ingest.decode import FIELDS
from detector.ingest.formats.canonical import CANONICAL
from detector.ingest.formats.format import Format
from detector.ingest.formats.generic import GENERIC
from detector.ingest.formats.registry import known_formats
from detector.ingest.read import read_comments

FIXTURES = ROOT / "fixtures" / "formats"
_PAGE = ROOT / "docs" / "formats.md"
_PLACE = ("source_file", "source_line")


def main() -> None:
    """Write the table."""
    table = make_table()
    (RESULTS / "formats.md").write_text(table, encoding="utf-8")
    page = _PAGE.read_text(encoding="utf-8")
    before, start, rest = page.partition("<!-- formats -->\n")
    _, end, after = rest.partition("<!-- /formats -->")
    _PAGE.write_text(before + start + table + end + after, encoding="utf-8")


def make_table() -> str:
    """Return the table as Markdown, one row a format."""
    lines = [
        "| `--input-format` | export | fixtures | records | recognised | fields read | after `convert` |",
        "|---|---|---|---|---|---|---|",
    ]
    forms = [CANONICAL, *known_formats(), GENERIC]
    with tempfile.TemporaryDirectory() as folder:
        return "\n".join([*lines, *(_row(form, Path(folder)) for form in forms)]) + "\n"


def _row(form: Format, folder: Path) -> str:
    paths = sorted(path for path in (FIXTURES / form.name).glob("*") if ".expected." not in path.name)
    found = [read_comments(path) for path in paths]
    names = ", ".join(path.name for path in paths)
    recognised = sum(ingested.formats == (form.name,) for ingested in found)
    equal = sum(_survives(path, folder) for path in paths)
    cells = [
        f"`{form.name}`",
        form.title,
        names,
        str(sum(ingested.counts.records_read for ingested in found)),
        f"{recognised} of {len(paths)}",
        f"{len(form.fields)} of {len(FIELDS)}",
        "equal" if equal == len(paths) else f"{equal} of {len(paths)} equal",
    ]
    return f"| {' | '.join(cells)} |"


def _survives(path: Path, folder: Path) -> bool:
    """Tell whether comments are the same after they have been written as canonical ones, in both kinds of file."""
    comments = read_comments(path).comments
    for name in ("converted.jsonl", "converted.parquet"):
        write_comments(comments, folder / name, force=True)
        if not read_comments(folder / name).comments.drop(_PLACE).equals(comments.drop(_PLACE)):
            return False
    return True


if __name__ == "__main__":
    main()
