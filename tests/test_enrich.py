"""A scanned file comes back as it was, with what was found of each record."""

import csv
import gzip
import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from detector.enrich import FIELDS, enrich
from detector.errors import InputError
from detector.lab.simulate import simulate
from detector.pipeline import scan

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "fixtures/formats"


@pytest.fixture(scope="module")
def comments():
    """Generated comments with a campaign in them, as records."""
    frame = simulate(next(ROOT.glob("seeds/0001-*.toml")), scale=0.05).comments
    return [{name: value for name, value in row.items() if value is not None} for row in frame.to_dicts()]


def lines_of(records):
    return b"".join(json.dumps(record, default=str, ensure_ascii=False).encode() + b"\n" for record in records)


def enriched(path, folder, **kwargs):
    result = scan(path, **kwargs)
    return result, enrich(path, result, folder)


def without_ours(line):
    """Return a line of JSON without our member: the last of its object."""
    return re.sub(rb',?"_detector":(?:\{[^{}]*\}|\[[^\]]*\])(?=\}\s*$)', b"", line)


def test_lines_get_what_was_found_and_keep_every_byte(comments, tmp_path):
    odd = [
        b"not json",
        b"",
        b'{"text": "no id at all"}  ',
        b"{}",
        b'{"id":"9","text":"RT @a_b: again","platform":"x"}\r',
    ]
    data = b"\xef\xbb\xbf" + lines_of(comments) + b"\n".join(odd)
    path = tmp_path / "dump.jsonl"
    path.write_bytes(data)
    result, (written,) = enriched(path, tmp_path / "out")
    lines = written.path.read_bytes().split(b"\n")
    assert b"\n".join(map(without_ours, lines)) == data
    assert written.n_left_out == 0
    records = map(json.loads, lines[1 : len(comments)])
    found = {(record["platform"], record["id"]): record["_detector"] for record in records}
    expected = {(row["platform"], row["id"]): row for row in result.comments.to_dicts()}
    assert all(finding == {name: expected[key][name] for name in ("id", *FIELDS)} for key, finding in found.items())
    assert {finding["flagged"] for finding in found.values()} == {True, False}
    tail = [json.loads(line)["_detector"] for line in lines[-3:]]
    assert tail[0]["tier"] == "none"
    assert tail[1:] == [{"not_judged": "no_text_field"}, {"not_judged": "repost"}]


@pytest.mark.parametrize("name", ["x-v2/pages.jsonl", "youtube-api/pages.json", "weibo/comments.jsonl"])
def test_pages_get_a_list_of_what_was_found(name, tmp_path):
    paths = sorted((FIXTURES / name.partition("/")[0]).glob("*.json*"))
    path = next(path for path in paths if ".expected." not in path.name)
    result, (written,) = enriched(path, tmp_path)
    data = written.path.read_bytes()
    members = re.findall(rb',?"_detector":(\{[^{}]*\}|\[[^\]]*\])(?=\})', data)
    findings = [
        item for member in members for item in (json.loads(member) if member[:1] == b"[" else [json.loads(member)])
    ]
    assert len(findings) + written.n_left_out == result.run["counts"]["records_read"] - result.run["counts"]["rejected"]
    assert re.sub(rb',?"_detector":(?:\{[^{}]*\}|\[[^\]]*\])(?=\})', b"", data) == path.read_bytes()


def test_rows_of_a_table_get_columns_and_rows_that_are_none_stay(comments, tmp_path):
    table = io.StringIO()
    names = ["id", "text", "platform", "author_id", "created_at", "target"]
    rows = [[record.get(name, "") for name in names] for record in comments]
    writer = csv.writer(table)
    writer.writerow(names)
    writer.writerows(rows)
    data = table.getvalue().encode() + b"too,few\r\n" + b'"quoted","and ""so"" on,\nover lines",x,1,,\r\n'
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(data))
    result, (written,) = enriched(path, tmp_path / "out")
    assert written.path.name == "1-table.csv"
    found = list(csv.reader(io.StringIO(written.path.read_text(), newline="")))
    assert found[0] == [*names, *(f"detector_{name}" for name in FIELDS), "detector_not_judged"]
    assert [row[: len(names)] for row in found] == list(csv.reader(io.StringIO(data.decode(), newline="")))
    tiers = dict(result.comments.select("id", "tier").rows())
    judged = [row for row in found[1:] if len(row) > len(names)]
    assert len(judged) == len(comments) + 1
    assert all(row[len(names) + FIELDS.index("tier")] == tiers[row[0]] for row in judged)


def test_members_of_an_archive_and_files_of_one_name_are_told_apart(comments, tmp_path):
    (tmp_path / "a").mkdir()
    one, two = tmp_path / "dump.zip", tmp_path / "a/dump.zip"
    for path, part in ((one, comments[:300]), (two, comments[300:600])):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("in/first.jsonl", lines_of(part[:100]))
            archive.writestr("in/second.json", json.dumps(part[100:], default=str))
    _, written = enriched([one, two], tmp_path / "out")
    assert [file.path.name for file in written] == [
        f"{place}-dump.zip_in_{name}" for place in (1, 2) for name in ("first.jsonl", "second.json")
    ]
    items = json.loads(written[3].path.read_bytes())
    assert [item["id"] for item in items] == [record["id"] for record in comments[400:600]]
    assert all("tier" in item["_detector"] for item in items)


def test_what_cannot_be_read_twice_is_refused_before_anything_is_written(tmp_path):
    result = scan([{"text": "a"}])
    for source in ("-", io.BytesIO(b""), tmp_path / "none.jsonl"):
        with pytest.raises(InputError):
            enrich(source, result, tmp_path / "out")
    assert not (tmp_path / "out").exists()
