"""Two hundred thousand lines damaged as files are: each is judged or refused, and none spoils its neighbours."""

import io
import random
from pathlib import Path

import pytest

from detector.config import IngestConfig
from detector.errors import RejectReason
from detector.ingest.excerpt import excerpt
from detector.ingest.read import read_comments

CANONICAL = Path(__file__).parents[2] / "fixtures/canonical/comments.jsonl"
N_LINES = 50_000
SOUND_EVERY = 100


def flip(line, spot, dice, _):
    return line[:spot] + bytes([line[spot] ^ 1 << dice.randrange(8)]) + line[spot + 1 :]


def cut(line, spot, _dice, _other):
    return line[:spot]


def splice(line, spot, dice, other):
    return line[:spot] + other[dice.randrange(len(other)) :]


def insert(line, spot, dice, _):
    return line[:spot] + dice.randbytes(dice.randrange(1, 5)) + line[spot:]


def swap(line, spot, dice, _):
    at, to = sorted((spot, dice.randrange(len(line))))
    return line[:at] + line[to:] + line[at:to]


def damaged_stream(seed):
    """Return a stream of damaged lines, with a sound one at the start and every so often, told by its id."""
    dice = random.Random(seed)
    seeds = [line for line in CANONICAL.read_bytes().split(b"\n") if line]
    damages = (flip, cut, splice, insert, swap)
    lines = []
    for number in range(1, N_LINES + 1):
        if number % SOUND_EVERY == 1:
            lines.append(b'{"id": "sound %d", "platform": "vk", "text": "a sound line"}' % number)
            continue
        line = dice.choice(seeds)
        for _ in range(dice.choice((1, 1, 1, 2, 5))):
            line = dice.choice(damages)(line, dice.randrange(len(line)), dice, dice.choice(seeds)) or b" "
        lines.append(line.replace(b"\n", b" "))
    return lines


@pytest.mark.parametrize("seed", range(4))
def test_mutated_lines_are_all_accounted_for(seed):
    lines = damaged_stream(seed)
    data = b"\n".join(lines) + b"\n"
    found = read_comments([io.BytesIO(data)], IngestConfig(rejects_kept=N_LINES))
    counts = found.counts.check()
    assert counts.records_read == N_LINES
    assert 0.5 < counts.rejected / N_LINES < 0.9
    assert counts.rejected == found.rejects.height
    assert found.rejects["line"].is_sorted()
    for row in found.rejects.iter_rows(named=True):
        refused = lines[row["line"] - 1].removesuffix(b"\r")
        assert data[row["offset"] : row["offset"] + row["length"]] == refused
        assert row["excerpt"] == excerpt(refused)
        assert row["reason"] in set(RejectReason)
    sound = found.comments.filter(text="a sound line", platform="vk").select("id", "source_line").rows()
    assert dict(sound) == {f"sound {number}": number for number in range(1, N_LINES + 1, SOUND_EVERY)}
