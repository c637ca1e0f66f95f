"""Where results go: JSON and Markdown in `benchmarks/results/`, tables also into the README."""

import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
_PACKAGES = ("spamouflage-detector", "numpy", "polars", "scipy", "msgspec")
_PEERS = ("rensa", "gaoya", "datasketch", "text-dedup", "coordination-network-toolkit")


def machine(*, peers: bool = False) -> dict[str, object]:
    """Return what the figures depend on beside the code: machine, Python, packages."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
        "machine": platform.machine(),
        "processor": _processor(),
        "python": platform.python_version(),
        **{package: _version(package) for package in (*_PACKAGES, *(_PEERS if peers else ()))},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def save(name: str, content: Mapping[str, object]) -> None:
    """Write results as JSON."""
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def publish(name: str, table: str) -> None:
    """Write a table as Markdown, and into the README where that has a place for it."""
    (RESULTS / f"{name}.md").write_text(table, encoding="utf-8")
    readme = ROOT / "README.md"
    before, start, rest = readme.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    readme.write_text(before + start + (table + end + after if start else rest), encoding="utf-8")
