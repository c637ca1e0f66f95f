"""Processes run to their end, alternating, with the clock and the memory watched from outside."""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_SAMPLE_S = 0.02
NO_LIMIT_S = 86_400.0
# The command tells Polars' allocator to give memory back soon; a process that uses the library is told the same.
_ENVIRONMENT = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:300,muzzy_decay_ms:300", "PYTHONPATH": str(ROOT)}


@dataclass
class Measured:
    """What one process took: seconds from start to end, peak MiB, and the figures it noted itself.

    `samples` are (time, MiB) of it and all it started, every 20 ms; `why` says why it did not end well.
    """

    seconds: float
    peak_mib: float
    figures: dict[str, object] = field(default_factory=dict)
    samples: list[tuple[float, float]] = field(default_factory=list)
    found: dict[str, object] = field(default_factory=dict)
    why: str = ""


def run(command: Sequence[str], limit_s: float) -> Measured:
    """Run a command in a process group of its own, to its end or to the end of its time.

    Notes
    -----
    The peak is the kernel's own high-water mark of the process, or the highest sum over it and its children if that is
    more. What `wait4` tells is of no use: it counts the memory of the parent at the moment of the fork.
    """
    # An installation has bytecode, whatever the environment of a build says.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**environment, **_ENVIRONMENT}, stdout=subprocess.DEVNULL, stderr=errors,
            start_new_session=True,
        )  # fmt: skip
        samples: list[tuple[float, float]] = []
        peak = [0.0]
        late = threading.Event()
        timer = threading.Timer(limit_s, lambda: (late.set(), os.killpg(process.pid, signal.SIGKILL)))
        timer.start()
        watcher = threading.Thread(target=_watch, args=(process.pid, samples, peak))
        watcher.start()
        try:
            process.wait()
        finally:
            timer.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            watcher.join()
        seconds = time.monotonic() - started
        errors.seek(0)
        last = errors.read().decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
    why = f"not done after {limit_s:.0f} s" if late.is_set() else last[0] if process.returncode else ""
    return Measured(seconds, peak[0], samples=samples, why=why)


def contender(name: str, paths: Sequence[Path], limit_s: float) -> Measured:
    """Run a contender of `benchmarks.speed.child` in a process of its own."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "figures.json"
        command = [sys.executable, "-m", "benchmarks.speed.child", name, *map(str, paths), "-o", str(output)]
        measured = run(command, limit_s)
        if not measured.why:
            measured.figures = json.loads(output.read_text(encoding="utf-8"))
        if (output.with_name("found.npz")).exists():
            with np.load(output.with_name("found.npz")) as arrays:
                measured.found = dict(arrays)
    return measured


def scan(paths: Sequence[Path], limit_s: float, judge: Callable[[Path], dict[str, object]] | None = None) -> Measured:
    """Run `detector scan` as a user would, start to written report; `judge` may look at the result."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "result"
        command = [sys.executable, "-m", "detector", "scan", "--quiet", *map(str, paths), "-o", str(output)]
        measured = run(command, limit_s)
        if not measured.why:
            counts = json.loads((output / "run.json").read_text(encoding="utf-8"))["counts"]
            measured.figures = {"comments": counts["accepted"], "campaigns": counts["campaigns"]}
            measured.figures |= judge(output) if judge else {}
    return measured


def alternate(runs: dict[str, Callable[[], Measured]], repeats: int) -> dict[str, list[Measured]]:
    """Run A, B, A, B …, so that a slow minute of the machine falls on all; what failed is not tried again."""
    done: dict[str, list[Measured]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, once in runs.items():
            if not any(measured.why for measured in done[name]):
                done[name].append(once())
    return done


def median(values: Sequence[float]) -> float:
    """Return the median, to three significant decimals."""
    return round(statistics.median(values), 3)


def _watch(pid: int, samples: list[tuple[float, float]], peak: list[float]) -> None:
    """Note the resident memory of a process and its children until it is gone."""
    while memory := _memory(pid):
        resident, highest = memory
        resident += sum((_memory(child) or (0.0, 0.0))[0] for child in _family(pid)[1:])
        samples.append((time.monotonic(), resident))
        peak[0] = max(peak[0], resident, highest)
        time.sleep(_SAMPLE_S)


def _family(pid: int) -> list[int]:
    family = [pid]
    for parent in family:
        with contextlib.suppress(OSError):
            family += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    return family


def _memory(pid: int) -> tuple[float, float] | None:
    """Return the resident memory of a process and its high-water mark in MiB; None of one that is gone."""
    with contextlib.suppress(OSError):
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        if "VmRSS" in fields:
            return int(fields["VmRSS"].split()[0]) / 1024, int(fields["VmHWM"].split()[0]) / 1024
    return None
