import itertools
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from detector.ingest.containers.structure import Scanner

VALUES = st.recursive(
    st.none() | st.integers() | st.text(alphabet='ab"\\[]{},\n\u2028é', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='k"\\{', max_size=3), inner, max_size=4)
    ),
    max_leaves=30,
)
JUNK = st.lists(st.sampled_from([b'"', b"\\", b"[", b"]", b"{", b"}", b",", b"\n", b"a", b'\\"']), max_size=40)


def twin(data):
    """Byte by byte."""
    depth, in_string, escaped = 0, False, False
    found = []
    for position, byte in enumerate(data):
        if byte == 0x0A:
            in_string = escaped = False
        elif escaped:
            escaped = False
        elif byte == ord("\\"):
            escaped = True
        elif byte == ord('"'):
            in_string = not in_string
        elif not in_string and byte in b"[{":
            depth += 1
            found.append((position, byte, depth))
        elif not in_string and byte in b"]}":
            if depth:
                depth -= 1
                found.append((position, byte, depth))
        elif not in_string and byte == ord(","):
            found.append((position, byte, depth))
    return found


def scanned(data, cuts):
    scanner = Scanner()
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    found = []
    for start, end in itertools.pairwise(edges):
        marks = scanner.feed(data[start:end])
        positions = (marks.positions + start).tolist()
        found += zip(positions, marks.kinds.tolist(), marks.depths.tolist(), strict=True)
    return found


@settings(deadline=None)
@given(VALUES, st.sampled_from([None, 1]), st.booleans(), st.lists(st.integers(0, 2000), max_size=6))
def test_json_is_scanned_like_byte_by_byte(value, indent, is_ascii, cuts):
    data = json.dumps(value, indent=indent, ensure_ascii=is_ascii).encode()
    assert scanned(data, cuts) == twin(data)


@settings(deadline=None, max_examples=300)
@given(JUNK, st.lists(st.integers(0, 100), max_size=6))
def test_what_is_no_json_is_scanned_like_byte_by_byte(parts, cuts):
    data = b"".join(parts)
    assert scanned(data, cuts) == twin(data)


def test_marks_cut_a_document_where_the_parser_would():
    value = {"a": ['x,"]', {"b": "\\"}], "c": [[], {}]}
    data = json.dumps(value).encode()
    commas = [position for position, byte, depth in scanned(data, range(len(data))) if byte == ord(",") and depth == 1]
    assert len(commas) == 1
    assert json.loads(data[: commas[0]] + b"}") == {"a": value["a"]}
