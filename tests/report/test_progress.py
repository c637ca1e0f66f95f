"""How far a run has come, and how long it will last."""

import io
import sys

import pytest

from detector.report.progress import POWER, SCAN, Pace, shown

SHARES = {"reading": 0.25, "comparing": 0.5, "writing": 0.25}


@pytest.mark.parametrize("shares", [SCAN, POWER])
def test_shares_are_of_one_whole(shares):
    assert sum(shares.values()) == pytest.approx(1)


def test_what_is_done_of_a_stage_counts_with_its_share():
    pace = Pace(SHARES)
    pace.tell("reading", 50, 100, 2.0)
    assert pace.share(2.0) == pytest.approx(0.125)
    assert pace.left_s(2.0) == pytest.approx(14.0)
    pace.tell("comparing", 0, 10, 4.0)
    pace.tell("comparing", 5, 10, 8.0)
    assert pace.share(8.0) == pytest.approx(0.5)
    assert pace.left_s(8.0) == pytest.approx(8.0)


def test_a_silent_stage_goes_on_at_the_pace_so_far_and_never_arrives_early():
    pace = Pace(SHARES)
    pace.tell("reading", 100, 100, 4.0)
    pace.tell("comparing", 0, None, 4.0)
    shares = [pace.share(now) for now in (4.0, 6.0, 12.0, 1e6)]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(0.25)
    # Half of it when it has lasted as long as it should in all.
    assert shares[2] == pytest.approx(0.5)
    assert shares[-1] < 0.75


def test_nothing_is_said_before_anything_is_known():
    pace = Pace(SHARES)
    assert pace.left_s(5.0) is None
    pace.tell("reading", 0, None, 0.0)
    assert pace.left_s(5.0) is None
    pace.tell("reading", 50, 100, 1.0)
    assert pace.left_s(1.0) is None
    assert pace.left_s(4.0) is not None


def test_a_stage_that_is_not_listed_is_no_fault():
    pace = Pace(SHARES)
    pace.tell("dreaming", 1, 2, 1.0)
    assert pace.share(1.0) == pytest.approx(1.0)
    assert pace.left_s(3.0) == pytest.approx(0.0)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_line_names_the_stage_and_ends_with_the_whole(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with shown(SCAN) as tell:
        tell("reading", 1, 2)
        tell("judging", 0, None)
    said = screen.getvalue()
    assert said.index("Reading") < said.index("Judging") < said.index("Done")
    assert f"{SCAN['reading'] / 2:.0%}" in said
    assert said.rstrip("\x1b[?25h\n").endswith("0:00")
    assert "100%" in said


def test_a_run_that_fails_is_not_shown_as_done(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)

    def fail():
        with shown(SCAN) as tell:
            tell("reading", 1, 2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert "Done" not in screen.getvalue()
