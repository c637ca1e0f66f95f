import gzip
import io
import os
import subprocess
import sys
import threading
import zipfile

import pytest

from detector.errors import InputError
from detector.ingest import allowance
from detector.ingest.containers.archives import open_streams


def zipped(members, **settings):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **settings) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def contents(source, **settings):
    return {stream.name: b"".join(stream.chunks()) for stream in open_streams(source, **settings)}


def test_members_come_by_name_and_what_is_no_record_is_passed_over(tmp_path):
    path = tmp_path / "dump.json"  # a wrong suffix is no fault
    members = {
        "b.jsonl": b"2\n",
        "folder/": b"",
        "folder/a.jsonl": b"3\n",
        "a.jsonl.gz": gzip.compress(b"1\n"),
        "__MACOSX/._a.jsonl": b"junk",
        "folder/.hidden": b"junk",
        "photos/one.JPG": b"\xff\xd8\xff",
        "empty.json": b"",
    }
    path.write_bytes(zipped(members))
    expected = {"dump.json/a.jsonl.gz": b"1\n", "dump.json/b.jsonl": b"2\n", "dump.json/folder/a.jsonl": b"3\n"}
    assert contents(path) == expected
    assert list(contents(path)) == list(expected)


def test_what_is_no_archive_is_one_stream(tmp_path):
    path = tmp_path / "dump.zip"
    path.write_bytes(gzip.compress(b"a\n"))
    assert contents(path) == {"dump.zip": b"a\n"}
    assert contents(io.BytesIO(b"a\nb\n")) == {"<stream>": b"a\nb\n"}
    assert contents(io.BytesIO(b"")) == {"<stream>": b""}


def test_an_archive_is_read_from_an_open_file_and_from_a_pipe():
    data = zipped({"a": b"1" * 100_000, "b": b"2"})
    expected = {"<stream>/a": b"1" * 100_000, "<stream>/b": b"2"}
    assert contents(io.BytesIO(data)) == expected
    out, into = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(into, data), os.close(into)))
    writer.start()
    with os.fdopen(out, "rb") as file:
        assert contents(file) == expected
    writer.join()


def test_progress_reaches_the_size_of_the_members():
    data = zipped({"a": os.urandom(50_000), "b": b"2" * 50_000})
    sizes = []
    for stream in open_streams(io.BytesIO(data)):
        list(stream.chunks())
        sizes.append(stream.consumed_bytes)
    packed = [member.compress_size for member in zipfile.ZipFile(io.BytesIO(data)).infolist()]
    assert sizes == pytest.approx(packed, abs=2)


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda data: data[:-30], "damaged"),
        (lambda data: zipped({"photo.png": b"x"}), "without a file of records"),
        (lambda data: data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"), "encrypted"),
        (lambda data: zipped({"inner.zip": data}), "zip archive: unpack it first"),
    ],
    ids=["torn", "no records", "encrypted", "archive in archive"],
)
def test_archives_that_cannot_be_read_say_so(spoil, word):
    data = zipped({"a.jsonl": b"1\n" * 50})
    assert spoil(data) != data
    with pytest.raises(InputError, match=word) as caught:
        contents(io.BytesIO(spoil(data)))
    assert "\n" not in str(caught.value)


def test_a_spoilt_member_keeps_what_decoded():
    text = b"".join(b"%d\n" % i for i in range(50_000))
    data = bytearray(zipped({"a": text, "b": b"2\n"}))
    data[60_000] ^= 0xFF
    (first, fault), last = [(b"".join(stream.chunks()), stream.fault) for stream in open_streams(io.BytesIO(data))]
    assert fault
    assert text.startswith(first[:10_000])
    assert last == (b"2\n", None)


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda data: zipped({"a": data[: len(data) // 2], "b": data[len(data) // 2 :]})]
)
def test_a_source_that_grows_beyond_measure_is_refused(monkeypatch, pack):
    packed = pack(bytes(4_000_000))
    assert sum(map(len, contents(io.BytesIO(packed)).values())) == 4_000_000  # below the size from which it matters
    monkeypatch.setattr(allowance, "BOMB_BYTES", 3_000_000)
    with pytest.raises(InputError, match="200 times"):
        contents(io.BytesIO(packed))


def test_a_source_longer_than_allowed_is_refused():
    data = b"a\n" * 1_000
    assert contents(io.BytesIO(data), max_bytes=2_000) == {"<stream>": data}
    for packed in (data, gzip.compress(data), zipped({"a": data[:1_000], "b": data[1_000:] + b"b"})):
        with pytest.raises(InputError, match="max_input_bytes"):
            contents(io.BytesIO(packed), max_bytes=1_999)


def test_a_bomb_takes_little_memory(tmp_path):
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(160):
            file.write(bytes(2**20))
    script = (
        "import resource, sys\n"
        "from detector.errors import InputError\n"
        "from detector.ingest import allowance\n"
        "from detector.ingest.containers.archives import open_streams\n"
        "allowance.BOMB_BYTES = 150 * 2**20\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    for stream in open_streams(sys.argv[1]):\n"
        "        for chunk in stream.chunks(): pass\n"
        "except InputError: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    run = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 64 * 1024
