"""Numbers at and beyond the edges of what machines hold: exact as ids, honest as counts and times, never a crash."""

import io

import pytest

from detector.ingest.read import read_comments

ID_FIELDS, COUNT_FIELDS = ("author_id", "conversation_id"), ("like_count", "author_followers")
NO = None
"""Unreadable: null and counted."""
SECOND = "2023-10-20T02:14:07+00:00"

# as it is written           as an id                as a count         as a time
NUMBERS = [
    ("0",                    "0",                    0,                 NO),
    ("-0",                   "0",                    0,                 NO),
    ("-0.0",                 "0",                    0,                 NO),
    ("7.0",                  "7",                    7,                 NO),
    ("1e3",                  "1000",                 1_000,             NO),
    ("7.5",                  NO,                     NO,                NO),
    ("1697768047",           "1697768047",           1_697_768_047,     SECOND),
    ("1.697768047e9",        "1697768047",           1_697_768_047,     SECOND),
    ("1697768047000",        "1697768047000",        1_697_768_047_000, SECOND),
    ("-1697768047",          "-1697768047",          -1_697_768_047,    NO),
    ("9007199254740993",     "9007199254740993",     2**53 + 1,         NO),
    ("9007199254740993.0",   "9007199254740992",     2**53,             NO),
    ("12345678901234567.0",  NO,                     NO,                NO),
    ("9223372036854775807",  "9223372036854775807",  2**63 - 1,         NO),
    ("-9223372036854775808", "-9223372036854775808", -(2**63),          NO),
    ("9223372036854775808",  "9223372036854775808",  NO,                NO),
    ("-9223372036854775809", "-9223372036854775809", NO,                NO),
    ("18446744073709551615", "18446744073709551615", NO,                NO),
    ("18446744073709551616", "18446744073709551616", NO,                NO),
    ("1" + "0" * 18,         "1" + "0" * 18,         10**18,            NO),
    ("1" + "0" * 30,         "1" + "0" * 30,         NO,                NO),
    ("9" * 39,               "9" * 39,               NO,                NO),
    ("-" + "9" * 4_300,      "-" + "9" * 4_300,      NO,                NO),
    ("9" * 4_301,            "9" * 4_301,            NO,                NO),
    ("1e18",                 NO,                     NO,                NO),
    ("1e30",                 NO,                     NO,                NO),
    ("1e400",                NO,                     NO,                NO),
    ("-1e400",               NO,                     NO,                NO),
    ("1e-400",               "0",                    0,                 NO),
    ("0." + "0" * 5_000,     "0",                    0,                 NO),
]  # fmt: skip
PLAIN = b'{"id": "%d", "text": "plain", "author_id": "a", "like_count": 3, "created_at": "2023-01-01T00:00:00Z"}'


def read_beside(line, n_plain):
    """Read a line alone, or after plain ones of its like, which take the fast way."""
    found = read_comments([io.BytesIO(b"\n".join([*(PLAIN % i for i in range(n_plain)), line]))])
    assert found.counts.check().accepted == n_plain + 1
    return found


@pytest.mark.parametrize("n_plain", [0, 40])
@pytest.mark.parametrize("case", NUMBERS, ids=lambda case: case[0][:24])
def test_numbers_are_exact_or_unreadable(case, n_plain):
    number, as_id, as_count, as_time = case
    expected = dict.fromkeys(ID_FIELDS, as_id) | dict.fromkeys(COUNT_FIELDS, as_count) | {"created_at": as_time}
    values = "".join(f', "{name}": {number}' for name in expected)
    found = read_beside(f'{{"text": "odd"{values}, "extra": {number}}}'.encode(), n_plain)
    [comment] = found.comments.filter(text="odd").select(list(expected)).to_dicts()
    comment["created_at"] = comment["created_at"] and comment["created_at"].isoformat()
    assert comment == expected
    assert found.counts.unreadable_by_field == {name: 1 for name, value in expected.items() if value is NO}


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "+1", ".5", "5.", "01", "0x10", "1_000", "１", "--1"])
def test_what_is_no_number_makes_its_line_no_json(word):
    line = f'{{"text": "odd", "like_count": {word}}}\n'.encode()
    found = read_comments([io.BytesIO(PLAIN % 0 + b"\n" + line + PLAIN % 1)])
    assert found.rejects.select("line", "reason").rows() == [(2, "invalid_json")]
    assert found.counts.check().accepted == 2


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'], ids=["arrays", "objects", "both"])
@pytest.mark.parametrize("levels", [511, 512, 100_000])
def test_nesting_has_one_limit_whatever_it_is_made_of(opening, levels):
    times, left = divmod(levels, opening.count("[") + opening.count("{"))
    opened = opening * times + "[" * left
    closing = "".join({"[": "]", "{": "}"}.get(char, "") for char in reversed(opened))
    value = f"{opened}{'' if opened[-1] == '[' else 1}{closing}"
    lines = [f'{{"text": "deep", "extra": {whole}}}'.encode() for whole in (value, opened)]
    found = read_comments([io.BytesIO(b"\n".join([PLAIN % 0, *lines, PLAIN % 1]))])
    # The record itself is the first of 512 levels.
    expected = [(3, "invalid_json")] if levels == 511 else [(2, "too_deep"), (3, "too_deep")]
    assert found.rejects.select("line", "reason").rows() == expected
    assert found.counts.check().records_read == 4
