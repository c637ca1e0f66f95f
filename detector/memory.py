"""How much memory a scan may take, how much it will, and what then goes to disk."""

import ctypes
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from detector.errors import ConfigError, InputError
from detector.ingest.estimate import Amount
from detector.spill import Spill

_MIB = 1 << 20
_UNITS = {"": 1, "k": 1 << 10, "m": _MIB, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", re.IGNORECASE)

# Measured by `python -m benchmarks.profile` (docs: Memory): a program that has read nothing, and what a comment takes
# beside the characters of its fields and the signature of its text, which can lie on disk.
_FIXED_BYTES = 300 * _MIB
_COMMENT_BYTES = 750
_SIGNATURE_BYTES = 256
_SHARE_OF_AVAILABLE = 0.8


def parse_size(text: str) -> int:
    """Read a size in bytes, as people write it: `6GiB`, `800 MB`, `1.5g`; a kilobyte is 1,024 bytes throughout.

    Raises
    ------
    ConfigError
        This is no size.
    """
    match = _SIZE.fullmatch(text)
    if not match or not (size := int(float(match[1]) * _UNITS[match[2].lower()])):
        raise ConfigError(f"{text!r} is no amount of memory: write it like 6GiB or 800MiB")
    return size


def available_bytes() -> int | None:
    """Return the memory that this process may still take, in bytes; None where the system does not say."""
    found = [_free_in_system(), *_free_in_groups()]
    return min((free for free in found if free is not None), default=None)


def _free_in_system() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _free_in_groups() -> list[int]:
    """Return what the control groups of a container leave, of either version."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    free = []
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if controllers == "":
            root, most, taken = Path("/sys/fs/cgroup"), "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            root, most, taken = Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        # Inside a container the group's own folder is often mounted as the root.
        for folder in (root / path.lstrip("/"), root):
            try:
                limit, used, stat = ((folder / name).read_text() for name in (most, taken, "memory.stat"))
            except OSError:
                continue
            if limit.strip() != "max":
                # Pages of files that nobody has looked at for a while are given back for the asking.
                idle = re.search(r"^(?:total_)?inactive_file (\d+)$", stat, re.MULTILINE)
                free.append(max(int(limit) - int(used) + int(idle[1] if idle else 0), 0))
    return free


def give_back() -> None:
    """Hand freed memory back to the system, where its C library keeps it (glibc: several hundred MiB a million)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is not None:
        trim(0)


def plan_memory(amount: Amount | None, limit_bytes: int | None, folder: str | Path | None = None) -> Spill:
    """Decide what may stay in memory.

    Parameters
    ----------
    amount
        What there is to read; None if nobody knows.
    limit_bytes
        The most that the scan may take; four fifths of what is available by default.
    folder
        Where to spill.

    Returns
    -------
    Spill
        The room for characters and signatures; what goes beyond it is put on disk.

    Raises
    ------
    InputError
        It cannot fit, or the disk is too small for the rest: the message says what to do.
    """
    if limit_bytes is None:
        available = available_bytes()
        if available is None:
            return Spill(None, folder)
        limit_bytes = int(available * _SHARE_OF_AVAILABLE)
    if amount is None:
        # Each comment takes about as much for itself as its characters and signature do.
        return Spill(max(limit_bytes - _FIXED_BYTES, 0) // 2, folder)
    least = check_fit(amount.n_records, limit_bytes)
    room = limit_bytes - least
    beyond = amount.n_bytes + amount.n_records * _SIGNATURE_BYTES - room
    if beyond <= 0:
        return Spill(None, folder)
    free = shutil.disk_usage(folder or tempfile.gettempdir()).free
    if beyond > free:
        raise InputError(
            f"about {_gib(beyond)} do not fit into {_gib(limit_bytes)} of memory, and the disk has {_gib(free)} free: "
            "make room on it, or scan the comments in parts (by month, or by target)"
        )
    return Spill(room, folder)


def check_fit(n_comments: int, limit_bytes: int) -> int:
    """Return the least memory, in bytes, that a scan of so many comments takes, with the rest on disk.

    Raises
    ------
    InputError
        That is more than the limit.
    """
    least = _FIXED_BYTES + n_comments * _COMMENT_BYTES
    if least <= limit_bytes:
        return least
    n_parts = -(-n_comments * _COMMENT_BYTES // (limit_bytes - _FIXED_BYTES)) if limit_bytes > _FIXED_BYTES else 0
    parts = f"scan them in {n_parts} parts (by month, or by target), or " if n_parts else ""
    raise InputError(
        f"about {n_comments:,} comments need at least {_gib(least)} of memory, and {_gib(limit_bytes)} are allowed: "
        f"{parts}allow more with --memory-limit on a machine that has it"
    )


def _gib(n_bytes: float) -> str:
    return f"{n_bytes / (1 << 30):,.1f} GiB"
