"""Run the command on generated comments, and write what it took and what it found to `benchmarks/results/`.

`python -m benchmarks.run` runs every scenario, `python -m benchmarks.run speed` or `accuracy` a part.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
COMMAND = [sys.executable, "-m", "detector"]


@dataclass(frozen=True)
class Scenario:
    """A measurement with a permanent id."""

    id: str
    question: str
    recipe: str | None
    scale: float = 1.0


SPEED = (
    Scenario("speed-200k", "200,000 diverse comments, a tenth in campaigns", "0017-volume.toml", 2.0),
    Scenario("speed-same-1m", "1,000,000 identical comments", None),
)
ACCURACY = (
    Scenario("A-0.05", "reply flood, 100 accounts", "0001-mp-reply-flood-2023.toml", 0.05),
    Scenario("A-1.0", "reply flood, 2,000 accounts", "0001-mp-reply-flood-2023.toml", 1.0),
    Scenario("B", "article amplification (never above medium)", "0002-wechat-articles-2023.toml"),
    Scenario("B2", "article amplification, second variant", "0003-wechat-articles-2025.toml"),
    Scenario("B3", "article amplification, two spikes", "0004-wechat-two-spikes-2025.toml"),
    Scenario("C", "paraphrased slow drip", "0005-slow-drip-2025.toml"),
    Scenario("D1", "form letter (organic)", "0006-form-letter.toml"),
    Scenario("D2", "diaspora surge (organic)", "0007-diaspora-surge.toml"),
    Scenario("D3", "holiday greetings (organic)", "0008-holiday-greetings.toml"),
    Scenario("D4", "headline quotes (organic)", "0009-headline-quotes.toml"),
    Scenario("D5", "fans (organic)", "0010-fans.toml"),
    Scenario("D6", "returning voters (organic)", "0011-returning-voters.toml"),
    Scenario("D7", "crypto botnet", "0012-crypto-botnet.toml"),
    Scenario("D8", "an innocent comment copied by a campaign", "0013-joe-job.toml"),
    Scenario("evasions", "every disguise", "0018-evasions.toml"),
    Scenario("quiet", "nobody coordinates", "0019-quiet.toml"),
)


def main(parts: list[str]) -> None:
    """Run the parts named, all by default; write JSON and a Markdown table for each, the table also into the README."""
    RESULTS.mkdir(exist_ok=True)
    if not parts or "speed" in parts:
        _write("speed", [_measure(scenario) for scenario in SPEED])
    if not parts or "accuracy" in parts:
        _write("accuracy", [_measure(scenario) for scenario in ACCURACY])


def _measure(scenario: Scenario) -> dict[str, object]:
    """Generate, scan in a process of its own, and compare with the truth."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "comments.jsonl", Path(folder) / "result"
        truth = _generate(scenario, source)
        seconds, peak_mib = _run([*COMMAND, "scan", "--quiet", str(source), "-o", str(out)])
        run = json.loads((out / "run.json").read_text())
        row: dict[str, object] = {
            "id": scenario.id,
            "question": scenario.question,
            "comments": run["counts"]["accepted"],
            "seconds": round(seconds, 1),
            "peak_mib": round(peak_mib),
            "campaigns": run["counts"]["campaigns"],
            "control_found": sum(kind["campaigns_flagged"] for kind in run["negative_control"]["kinds"]),
        }
        if truth:
            _run([*COMMAND, "evaluate", str(out), "--truth", str(truth)])
            row["evaluation"] = json.loads((out / "evaluation.json").read_text())
    print(f"{scenario.id:14} {row['comments']:>9,} comments {row['seconds']:>6} s {row['peak_mib']:>6} MiB", flush=True)
    return row


def _generate(scenario: Scenario, source: Path) -> Path | None:
    if scenario.recipe:
        recipe = ROOT / "seeds" / scenario.recipe
        _run([*COMMAND, "simulate", str(recipe), "-o", str(source), "--scale", str(scenario.scale)])
        return source.with_suffix(".truth.jsonl")
    with source.open("w", encoding="utf-8") as file:
        file.writelines(_identical(1_000_000))
    return None


def _identical(n: int) -> Iterator[str]:
    text = "He misused the office funds, and everyone in the riding knows it by now."
    for i in range(n):
        when = f"2023-09-{i % 28 + 1:02d}T{i % 24:02d}:{i % 60:02d}:00Z"
        record = {"id": str(i), "platform": "x", "text": text, "created_at": when, "author_id": f"u{i % 400_000}"}
        yield json.dumps({**record, "target": f"x:MP-{i % 50:03d}"}) + "\n"


def _run(command: list[str]) -> tuple[float, float]:
    """Run a command to its end; return seconds and the peak of its resident memory in MiB."""
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


def _write(name: str, rows: list[dict[str, object]]) -> None:
    machine = {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        **{package: version(package) for package in ("spamouflage-detector", "numpy", "polars", "msgspec")},
    }
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    lines = ["| scenario | comments | seconds | peak MiB | campaigns high / medium / low | comment recall | "
             "comment precision | accounts flagged wrongly |", "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    lines += [_line(row) for row in rows]
    table = "\n".join(lines) + "\n"
    (RESULTS / f"{name}.md").write_text(table)
    readme = ROOT / "README.md"
    before, start, rest = readme.read_text().partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    readme.write_text(before + start + table + end + after)


def _line(row: dict[str, object]) -> str:
    campaigns = row["campaigns"]
    assert isinstance(campaigns, dict)
    tiers = " / ".join(str(campaigns[tier]) for tier in ("high", "medium", "low"))
    cells = [
        f"{row['id']}: {row['question']}",
        f"{row['comments']:,}",
        f"{row['seconds']}",
        f"{row['peak_mib']}",
        tiers,
    ]
    cells += _figures(row.get("evaluation"))
    return f"| {' | '.join(cells)} |"


def _figures(evaluation: object) -> tuple[str, str, str]:
    if not isinstance(evaluation, dict):
        return "", "", ""
    comments = evaluation["comments"]
    organic = [share for share in evaluation["by_kind"] if share["level"] == "account" and share["label"] == 0]
    wrong = sum(share["flagged"] for share in organic), sum(share["n"] for share in organic)
    return _share(comments["recall"]), _share(comments["precision"]), f"{wrong[0]:,} of {wrong[1]:,}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main(sys.argv[1:])
