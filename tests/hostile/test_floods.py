"""A million bad lines: all are counted, the first are kept, and the run says so at once and at its end."""

import json
from collections import Counter

from click.testing import CliRunner

from detector.cli import main

BAD = (
    (b'{"text": 5}', "text_not_a_string"),
    (b'{"like_count": 1}', "no_text_field"),
    (b"[1]", "not_an_object"),
    (b"no json at all", "invalid_json"),
)
N_BAD = 1_000_000
KEPT = 10_000


def test_a_million_bad_lines_are_counted_and_the_first_ten_thousand_kept(tmp_path):
    few, many = b"\n".join(line for line, _ in BAD) + b"\n", b"\n".join([BAD[1][0]] * 996) + b"\n"
    good = b'{"id": "%d", "platform": "x", "text": "a good line", "author_id": "a"}\n'
    (tmp_path / "flood.jsonl").write_bytes(good % 1 + (few + many) * (N_BAD // 1_000) + good % 2)
    done = CliRunner().invoke(main, ["scan", str(tmp_path / "flood.jsonl"), "-o", str(tmp_path / "out")])
    assert done.exit_code == 3
    assert done.stderr.startswith("Warning: 1,000,000 of 1,000,002 records were refused")
    counts = json.loads((tmp_path / "out/run.json").read_text())["counts"]
    assert (counts["records_read"], counts["accepted"], counts["rejected"]) == (N_BAD + 2, 2, N_BAD)
    expected = Counter({reason: N_BAD // 1_000 for _, reason in BAD})
    expected["no_text_field"] += 996 * N_BAD // 1_000
    assert counts["rejected_by_reason"] == expected
    kept = [json.loads(line) for line in (tmp_path / "out/rejects.jsonl").read_text().splitlines()]
    assert [row["line"] for row in kept] == list(range(2, KEPT + 2))
    assert [row["reason"] for row in kept[:4]] == [reason for _, reason in BAD]
