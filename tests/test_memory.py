"""What a scan may take, and what it says where that is not enough."""

import gzip

import pytest

from detector.errors import ConfigError, InputError
from detector.ingest.estimate import Amount, estimate_amount
from detector.memory import available_bytes, check_fit, parse_size, plan_memory

GIB = 1 << 30


@pytest.mark.parametrize(
    ("written", "size"),
    [("6GiB", 6 * GIB), ("6g", 6 * GIB), ("1.5 GB", 3 * GIB // 2), ("800 MiB", 800 << 20), ("7", 7)],
)
def test_sizes_are_read_as_people_write_them(written, size):
    assert parse_size(written) == size


@pytest.mark.parametrize("written", ["", "much", "-1GiB", "0", "6 Gigs", "GiB", "1e9"])
def test_other_sizes_are_refused(written):
    with pytest.raises(ConfigError, match="write it like"):
        parse_size(written)


def test_more_comments_need_more_and_are_refused_from_the_limit_on():
    few, many = check_fit(1_000, 64 * GIB), check_fit(10_000_000, 64 * GIB)
    assert few < many <= 8 * GIB
    assert check_fit(10_000_000, many) == many
    with pytest.raises(InputError, match=r"10,000,000 comments need at least .* in 2 parts .*--memory-limit"):
        check_fit(10_000_000, many - 1)
    with pytest.raises(InputError, match="need at least"):
        check_fit(10, 1)


def test_a_scan_that_fits_spills_nothing_and_one_that_does_not_spills(tmp_path):
    amount = Amount(1_000_000, 500_000_000)
    assert not plan_memory(amount, 8 * GIB, tmp_path).is_bounded
    assert plan_memory(amount, 1 * GIB, tmp_path).is_bounded
    # Where nobody knows how much will come, room is left for both.
    assert plan_memory(None, 8 * GIB, tmp_path).is_bounded
    with pytest.raises(InputError, match="the disk has"):
        plan_memory(Amount(1_000_000, 1 << 60), 1 * GIB, tmp_path)


def test_the_system_says_how_much_memory_there_is():
    free = available_bytes()
    assert free is None or 1 << 20 < free < 1 << 50


def test_the_amount_is_estimated_from_the_beginning(tmp_path):
    lines = b'{"text": "one of the comments"}\n' * 400_000
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    plain.write_bytes(lines)
    packed.write_bytes(gzip.compress(lines))
    for paths in (str(plain), [plain], (packed,)):
        amount = estimate_amount(paths)
        assert amount is not None
        assert amount.n_records == pytest.approx(400_000, rel=0.2)
        assert amount.n_bytes == pytest.approx(len(lines), rel=0.2)
    assert estimate_amount([plain, packed]).n_records == pytest.approx(800_000, rel=0.2)
    assert estimate_amount("-") is None
    assert estimate_amount([{"text": "a"}]) is None
    assert estimate_amount([]) is None
