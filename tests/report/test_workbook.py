"""The workbook as another program reads it: text is text, ids are whole, and what was left out is said."""

import json
import zipfile
from datetime import datetime
from xml.etree import ElementTree

import openpyxl
import polars as pl
import pytest

from detector.report import sheets
from detector.report.escape import sheet_cell
from detector.report.words import CAUTION, INNOCENT_BY_SIGNAL
from detector.report.workbook import write_workbook
from tests.report.test_csv_tables import NAUGHTY, PAYLOADS

TABLES = ("Campaigns", "Accounts", "Clusters", "Evidence", "Comments")


def write(path, frames, run):
    write_workbook(frames, run, path)
    return openpyxl.load_workbook(path)


def table(sheet):
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def shown(value):
    """Return what a sheet shows of a value of a frame."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, list):
        return " ".join(value)
    return value


def test_the_sheets_hold_the_tables(tmp_path, frames, run):
    book = write(tmp_path / "findings.xlsx", frames, run)
    assert book.sheetnames == ["Summary", *TABLES, "Limits"]
    for title in TABLES:
        sheet, frame = book[title], frames[title.lower()]
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        key = frame.columns[0] if title != "Evidence" else "sentence"
        rows = sorted(table(sheet), key=lambda row: (row[key], row.get("subject_id")))
        expected = frame.sort(key, *(["subject_id"] if title == "Evidence" else [])).to_dicts()
        for row, wanted in zip(rows, expected, strict=True):
            for name, value in wanted.items():
                held = pytest.approx(value, rel=1e-12) if isinstance(value, float) else shown(value)
                assert row[name] == held, (title, name)


def test_what_was_found_comes_first_and_evidence_has_its_innocent_explanation(tmp_path, frames, run):
    book = write(tmp_path / "findings.xlsx", frames, run)
    for title in ("Accounts", "Comments"):
        flags = [row["flagged"] for row in table(book[title])]
        assert flags == sorted(flags, reverse=True)
        inside = [row["campaign_id"] is not None for row in table(book[title])]
        assert inside == sorted(inside, reverse=True)
    told = {row["signal"]: row["what else could explain it"] for row in table(book["Evidence"])}
    assert told["synchrony"] == INNOCENT_BY_SIGNAL["synchrony"]
    assert not told["public_wording"]


def test_summary_and_limits_say_what_a_reader_must_know(tmp_path, frames, run):
    run = run | {"warnings": ["Times are known to the hour at best."]}
    book = write(tmp_path / "findings.xlsx", frames, run)
    said = {row["what"]: row["in words"] for row in table(book["Summary"])}
    assert said["Before you act on it"] == CAUTION
    assert said["Campaigns found"] == "1 low, 1 high"
    limits = table(book["Limits"])
    assert {
        "kind": "Not tested",
        "what": "dormancy",
        "in words": "the dump holds no earlier activity (author_posts)",
    } in limits
    assert {"kind": "Count", "what": "rejected", "in words": "1"} in limits
    assert [row["in words"] for row in limits if row["kind"] == "Note"] == run["warnings"]
    assert any("nobody coordinates" in row["in words"] for row in limits if row["kind"] == "Negative control")


def test_long_ids_are_whole(tmp_path, frames, run):
    ids = [f"{1698765432101234567 + i}" for i in range(frames["comments"].height)]
    authors = [f"{10**17 + i}" for i in range(frames["accounts"].height)]
    frames = frames | {
        "comments": frames["comments"].with_columns(id=pl.Series(ids)),
        "accounts": frames["accounts"].with_columns(author_id=pl.Series(authors), followers=pl.lit(2**62)),
    }
    book = write(tmp_path / "findings.xlsx", frames, run)
    assert sorted(row["id"] for row in table(book["Comments"])) == sorted(ids)
    accounts = table(book["Accounts"])
    assert sorted(row["author_id"] for row in accounts) == authors
    assert {row["followers"] for row in accounts} == {str(2**62)}


def unescaped(text):
    """Return a cell as spreadsheets do, who know codes for what XML would not hold."""
    return text.replace("_x005F_", "_") if isinstance(text, str) else text


def test_hostile_text_is_text(tmp_path, build):
    naughty = json.loads(NAUGHTY.read_text(encoding="utf-8")) if NAUGHTY.is_file() else []
    texts = [*PAYLOADS, *naughty, "<r><t>x</t></r>", "<r></t></is></c><c><f>1+1</f></c></r>", "_x0041_", "http://a.example",
             "{=1+1}", "\ufffe\uffff", "a\nb\r\nc", " x "]  # fmt: skip
    frames, run = build(word=lambda text: text)
    accounts = frames["accounts"].head(1)
    accounts = pl.concat([accounts.with_columns(author_name=pl.lit(text)) for text in texts if text])
    accounts = accounts.with_columns(account=pl.Series([f"x:{i:05d}" for i in range(accounts.height)]))
    book = write(tmp_path / "findings.xlsx", frames | {"accounts": accounts}, run)
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b", "d"}
    names = [unescaped(row["author_name"]) for row in table(book["Accounts"])]
    for name, text in zip(names, (text for text in texts if text), strict=True):
        # What could be taken for rich text has one more space at its end.
        assert (name or "").rstrip(" ") == sheet_cell(text).rstrip(" ")


def test_nothing_in_the_file_computes_links_or_names_a_date_of_writing(tmp_path, hostile):
    for text in ("=1+1", "https://evil.example/", "<r><f>1</f></r>"):
        write_workbook(*hostile(text), tmp_path / "findings.xlsx")
        with zipfile.ZipFile(tmp_path / "findings.xlsx") as file:
            trees = [ElementTree.fromstring(file.read(name)) for name in file.namelist()]
            tags = {element.tag.rpartition("}")[2] for tree in trees for element in tree.iter()}
            assert not tags & {"f", "hyperlink", "hyperlinks", "externalLink"}
            assert b"1980-01-01T00:00:00Z" in file.read("docProps/core.xml")
            assert b'quotePrefix="1"' in file.read("xl/styles.xml")


def test_rows_beyond_the_end_of_a_sheet_are_told(tmp_path, frames, run, monkeypatch):
    monkeypatch.setattr(sheets, "ROWS_MAX", 100)
    book = write(tmp_path / "findings.xlsx", frames, run)
    assert [book[title].max_row for title in ("Accounts", "Comments")] == [101, 101]
    assert all(row["flagged"] for row in table(book["Comments"]))
    said = {row["what"]: row["in words"] for row in table(book["Limits"]) if row["kind"] == "Left out"}
    assert said == {
        "accounts": "40 rows that a sheet has no room for; accounts.parquet has all",
        "comments": "200 rows that a sheet has no room for; comments.parquet has all",
    }


def test_values_that_a_sheet_cannot_hold_do_not_stop_it(tmp_path, frames, run):
    odd = frames["campaigns"].with_columns(
        score=pl.Series([float("nan"), float("inf")]),
        start=pl.Series([datetime(1066, 10, 14), datetime(9999, 12, 31)]).dt.replace_time_zone("UTC"),
    )
    first, second = table(write(tmp_path / "findings.xlsx", frames | {"campaigns": odd}, run)["Campaigns"])
    assert (first["score"], second["score"]) == ("nan", "inf")
    assert first["start"] == "1066-10-14 00:00:00+00:00"
    assert second["start"] == datetime(9999, 12, 31)


def test_an_empty_result_is_a_workbook(tmp_path, empty):
    book = write(tmp_path / "findings.xlsx", *empty)
    assert [book[title].max_row for title in TABLES] == [1] * 5
    assert any("not a clearance" in row["in words"] for row in table(book["Summary"]))
