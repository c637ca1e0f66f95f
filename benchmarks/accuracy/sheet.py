"""The tables of the mixtures: JSON, all methods, and the short table that the README shows, from the same rows."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = ("spamouflage-detector", "coordination-network-toolkit", "datasketch", "numpy", "polars", "scikit-learn")


def write(rows: list[dict[str, Any]], methods: dict[str, str], root: Path = ROOT) -> None:
    """Write rows into `mixtures.json`, in place of those of the same id, and the tables.

    Parameters
    ----------
    rows
        As `benchmarks.accuracy.__main__` makes them. Rows of an earlier run with other ids stay: those of real dumps,
        which not everybody has.
    methods
        Titles by name, in the order of the columns.
    root
        Of the project.
    """
    results = root / "benchmarks" / "results"
    path = results / "mixtures.json"
    earlier = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    new = {row["id"] for row in rows}
    rows = sorted(
        [*rows, *(row for row in earlier if row["id"] not in new)], key=lambda row: row["id"].startswith("real")
    )
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    machine |= {package: _version(package) for package in PACKAGES}
    path.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    summary = to_summary(rows, methods)
    (results / "mixtures.md").write_text(summary, encoding="utf-8")
    (results / "mixtures-all.md").write_text(to_markdown(rows, methods), encoding="utf-8")
    readme = root / "README.md"
    before, start, rest = readme.read_text(encoding="utf-8").partition("<!-- mixtures -->\n")
    _, end, after = rest.partition("<!-- /mixtures -->")
    readme.write_text(before + start + summary + end + after, encoding="utf-8")


def to_markdown(rows: list[dict[str, Any]], methods: dict[str, str]) -> str:
    """Return the table: a row per mixture; average precision of every method, the best in bold."""
    others = [f"AP {title}" for name, title in methods.items() if name != "ours"]
    heads = ["mixture (share of accounts)", "accounts: campaign / organic", "AP ours", "AUC", "precision", "recall",
             "organic flagged", *others]  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join(lines + [_line(row, methods) for row in rows]) + "\n"


def to_summary(rows: list[dict[str, Any]], methods: dict[str, str]) -> str:
    """Return the short table of the README: our figures beside the best of the others, whichever that is each time."""
    heads = ["mixture (share of accounts)", "AP ours", "AP best other", "precision", "recall", "organic flagged"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row in rows:
        ours = row["methods"]["ours"]
        others = {name: found for name, found in row["methods"].items() if name != "ours" and "skipped" not in found}
        name, other = max(others.items(), key=lambda item: item[1]["average_precision"][0], default=("", None))
        best = max(found["average_precision"][0] for found in [ours, *others.values()])
        cells = [
            row["id"],
            _precision(ours, best),
            f"{_precision(other, best)} {methods[name]}" if other else "–",
            *(_share(ours.get(figure, [None])[0]) for figure in ("precision", "recall")),
            f"{ours['flagged_wrongly']:,} of {row['organic_accounts']:,}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _line(row: dict[str, Any], methods: dict[str, str]) -> str:
    found = row["methods"]
    ours = found["ours"]
    best = max((value["average_precision"][0] for value in found.values() if "skipped" not in value), default=None)
    cells = [
        row["id"],
        f"{row['campaign_accounts']:,} / {row['organic_accounts']:,}",
        _precision(ours, best),
        *(_share(ours.get(name, [None])[0]) for name in ("roc_auc", "precision", "recall")),
        f"{ours['flagged_wrongly']:,}",
        *(_precision(found.get(name, {"skipped": "not run"}), best) for name in methods if name != "ours"),
    ]
    return f"| {' | '.join(cells)} |"


def _precision(found: dict[str, Any], best: float | None) -> str:
    if "skipped" in found:
        return f"({found['skipped']})"
    value, low, high = found["average_precision"]
    shown = f"{value:.2f}"
    return f"{f'**{shown}**' if value == best else shown} ({low:.2f}–{high:.2f})"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
